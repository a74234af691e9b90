// SPDX-License-Identifier: Apache-2.0

//! Repositories made by the `git` program, and a small HTTP server in front of `git http-backend`.
//!
//! The first element of a path chooses how the server behaves:
//! `plain`; `v0`, `v1` (answers in that version of the protocol whatever is asked); `private` (basic auth `robot`, `s3cret:x`);
//! `bearer` (`token`); `redirect`, `elsewhere` (to another server); `status-NNN`; `stall` (never answers); `cut` (ends in the middle).

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub(crate) struct Server {
    root: tempfile::TempDir,
    address: String,
    scheme: &'static str,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Seen>>,
    elsewhere: Mutex<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// How many bytes the answer to a request for a pack had.
    pub(crate) pack: Option<usize>,
    pub(crate) authorization: Option<String>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::listen(None)
    }

    pub(crate) fn start_tls(config: ServerConfig) -> Self {
        Self::listen(Some(Arc::new(config)))
    }

    fn listen(tls: Option<Arc<ServerConfig>>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (dir, state) = (root.path().to_path_buf(), shared.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (dir, state, tls) = (dir.clone(), state.clone(), tls.clone());
                thread::spawn(move || match tls {
                    None => answer(stream, &dir, &state),
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        answer(StreamOwned::new(connection, stream), &dir, &state)
                    }
                });
            }
        });
        Self { root, address, scheme, shared }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}/{path}", self.scheme, self.address)
    }

    pub(crate) fn url_with(&self, user: &str, path: &str) -> String {
        format!("{}://{user}@{}/{path}", self.scheme, self.address)
    }

    pub(crate) fn redirect_to(&self, other: &Server) {
        *self.shared.elsewhere.lock().unwrap() = other.url("plain");
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn repository(&self, name: &str) -> Repository {
        Repository::create(self.root.path().join(name))
    }
}

fn answer<S: Read + Write>(stream: S, root: &Path, shared: &Shared) {
    // A client that goes away in the middle is part of some tests.
    let _ = respond(stream, root, shared);
}

fn respond<S: Read + Write>(stream: S, root: &Path, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let (method, target) = (method.to_owned(), target.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let authorization = headers.get("authorization").cloned();
    shared.requests.lock().unwrap().push(Seen { authorization: authorization.clone(), pack: None });

    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (mode, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    let stream = stream.get_mut();
    let basic = format!("Basic {}", BASE64_STANDARD.encode("robot:s3cret:x"));
    let (mut protocol, mut cut) = (headers.get("git-protocol").cloned(), false);
    match mode {
        "private" if authorization.as_deref() != Some(basic.as_str()) => {
            return reply(stream, "401 Unauthorized", "", b"authentication required\n");
        }
        "bearer" if authorization.as_deref() != Some("Bearer token") => {
            return reply(stream, "403 Forbidden", "", b"no token, no code\n");
        }
        "redirect" => {
            return reply(stream, "302 Found", &format!("Location: /private/{rest}?{query}\r\n"), b"");
        }
        "elsewhere" => {
            let other = shared.elsewhere.lock().unwrap().clone();
            return reply(stream, "302 Found", &format!("Location: {other}/{rest}?{query}\r\n"), b"");
        }
        "stall" => return stream.read(&mut [0]).map(|_| ()),
        "v0" => protocol = None,
        "v1" => protocol = Some("version=1".into()),
        "cut" => cut = method == "POST" && body.windows(5).any(|w| w == b"fetch"),
        _ => {}
    }
    if let Some(code) = mode.strip_prefix("status-") {
        return reply(stream, &format!("{code} Status"), "", b"no\n");
    }
    let mut backend = Command::new("git");
    backend
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("PATH_INFO", format!("/{rest}"))
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &method)
        .env("CONTENT_TYPE", headers.get("content-type").map_or("", String::as_str))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(protocol) = protocol {
        backend.env("GIT_PROTOCOL", protocol);
    }
    let mut child = backend.spawn()?;
    let mut input = child.stdin.take().unwrap();
    let feeding = thread::spawn(move || input.write_all(&body));
    let output = child.wait_with_output()?.stdout;
    feeding.join().unwrap().ok();
    let end = output.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(0);
    let (head, mut content) = (String::from_utf8_lossy(&output[..end]).into_owned(), &output[end + 4..]);
    let mut status = "200 OK".to_owned();
    let mut kept = String::new();
    for line in head.lines() {
        match line.strip_prefix("Status: ") {
            Some(code) => status = code.to_owned(),
            None => kept.push_str(&format!("{line}\r\n")),
        }
    }
    if method == "POST" && content.windows(4).any(|w| w == b"PACK") {
        shared.requests.lock().unwrap().push(Seen { authorization, pack: Some(content.len()) });
    }
    if cut {
        content = &content[..content.len() / 2];
    }
    reply(stream, &status, &kept, content)
}

fn reply(stream: &mut impl Write, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(body)?;
    stream.flush()
}

/// A bare repository that the `git` program fills.
pub(crate) struct Repository {
    pub(crate) path: PathBuf,
}

impl Repository {
    fn create(path: PathBuf) -> Self {
        git(None, &["init", "-q", "--bare", "-b", "main", path.to_str().unwrap()], b"");
        Self { path }
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.feed(args, b"")
    }

    pub(crate) fn feed(&self, args: &[&str], input: &[u8]) -> String {
        String::from_utf8(git(Some(&self.path), args, input)).unwrap().trim_end().to_owned()
    }

    pub(crate) fn raw(&self, args: &[&str]) -> Vec<u8> {
        git(Some(&self.path), args, b"")
    }

    pub(crate) fn blob(&self, content: &str) -> String {
        self.feed(&["hash-object", "-w", "--stdin"], content.as_bytes())
    }

    /// Commits a tree of `(mode, path, content)` on a branch; the content of a submodule is a commit id.
    pub(crate) fn commit(&self, branch: &str, files: &[(&str, &str, &str)]) -> String {
        let index = self.path.join("index");
        fs::remove_file(&index).ok();
        for (mode, path, content) in files {
            let id = if *mode == "160000" { (*content).to_owned() } else { self.blob(content) };
            self.git(&["update-index", "--add", "--cacheinfo", &format!("{mode},{id},{path}")]);
        }
        let tree = self.git(&["write-tree"]);
        self.commit_tree(branch, &tree)
    }

    pub(crate) fn commit_tree(&self, branch: &str, tree: &str) -> String {
        let name = format!("refs/heads/{branch}");
        let parent =
            String::from_utf8(git_status(Some(&self.path), &["rev-parse", "-q", "--verify", &name], b"").1)
                .unwrap();
        let mut args = vec!["commit-tree", "-m", "a commit", tree];
        if !parent.is_empty() {
            args.extend(["-p", parent.trim_end()]);
        }
        let commit = self.git(&args);
        self.git(&["update-ref", &name, &commit]);
        commit
    }

    /// A tree object with exactly these entries, whatever Git thinks of them. Their content is `x`, and that of directories a file.
    pub(crate) fn odd_tree(&self, entries: &[(&str, &[u8])]) -> String {
        let blob = self.blob("x");
        let dir = self.feed(&["mktree"], format!("100644 blob {blob}\tx\n").as_bytes());
        let bytes = |id: &str| -> Vec<u8> {
            (0..20).map(|i| u8::from_str_radix(&id[2 * i..2 * i + 2], 16).unwrap()).collect()
        };
        let mut tree = Vec::new();
        for (mode, name) in entries {
            tree.extend_from_slice(mode.as_bytes());
            tree.push(b' ');
            tree.extend_from_slice(name);
            tree.push(0);
            tree.extend_from_slice(&bytes(if *mode == "40000" { &dir } else { &blob }));
        }
        self.feed(&["hash-object", "-w", "--literally", "-t", "tree", "--stdin"], &tree)
    }
}

fn git(dir: Option<&Path>, args: &[&str], input: &[u8]) -> Vec<u8> {
    let (ok, out) = git_status(dir, args, input);
    assert!(ok, "git {args:?} failed");
    out
}

fn git_status(dir: Option<&Path>, args: &[&str], input: &[u8]) -> (bool, Vec<u8>) {
    let mut command = Command::new("git");
    if let Some(dir) = dir {
        command.arg("--git-dir").arg(dir);
    }
    command
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.org")])
        .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.org")])
        .envs([("GIT_AUTHOR_DATE", "1704067200 +0000"), ("GIT_COMMITTER_DATE", "1704067200 +0000")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("these tests need the git program");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), output.stdout)
}

/// A connection to a port that nobody listens on.
pub(crate) fn dead_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert!(TcpStream::connect(address).is_err());
    address.to_string()
}
