// SPDX-License-Identifier: Apache-2.0

use std::{fs, path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use gitops_artifact::{Archive, IgnoreRules, PackOptions};
use gitops_git::{Auth, Reference, ReferenceFields, Request, Tls, fetch, resolve};

use crate::Failed;

/// Fetches a source and writes its archive.
#[derive(Debug, Args)]
pub(crate) struct Pull {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    Git(Box<Git>),
}

/// Takes a commit from a Git repository and prints its revision, and the digest and size of the archive, as JSON.
#[derive(Debug, Args)]
struct Git {
    /// The address of the repository, http or https.
    url: String,
    /// Take the head of this branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Take this tag, even if a branch is given.
    #[arg(long, value_name = "NAME")]
    tag: Option<String>,
    /// Take the highest version tag in this range.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    semver: Option<String>,
    /// Take this reference, by its full name such as refs/pull/7/head.
    #[arg(long, value_name = "REF")]
    name: Option<String>,
    /// Take this commit.
    #[arg(long, value_name = "ID")]
    commit: Option<String>,
    /// Leave out what the rules in this file say, beside those in the repository.
    #[arg(long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// Take only this directory or file; may be repeated.
    #[arg(long, value_name = "DIR")]
    sparse: Vec<String>,
    /// Take the files of submodules too.
    #[arg(long)]
    recurse_submodules: bool,
    /// Log in as this user.
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password or token from this file.
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,
    /// Trust the certificates in this PEM file too.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    timeout: u64,
    /// Write the archive to this file.
    #[arg(short, long, value_name = "FILE.tar.gz")]
    output: PathBuf,
}

pub(crate) fn run(pull: &Pull) -> Result<(), Failed> {
    match &pull.source {
        Source::Git(args) => git(args),
    }
}

fn git(args: &Git) -> Result<(), Failed> {
    let request = request(args)?;
    let extra = args.ignore_file.as_ref().map(fs::read).transpose()?;
    let rules = IgnoreRules::default().extra(extra.map(|text| String::from_utf8_lossy(&text).into_owned()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let staging = tempfile::tempdir()?;
    let (revision, tree) = runtime.block_on(async {
        let revision = resolve(&request).await?;
        let tree = fetch(&request, &revision, staging.path()).await?;
        Ok::<_, gitops_git::Error>((revision, tree))
    })?;
    let parent = args.output.parent().filter(|p| !p.as_os_str().is_empty());
    let beside = parent.map_or_else(|| PathBuf::from("."), PathBuf::from);
    let archive = Archive::create(&tree, &rules, &PackOptions::default(), &beside)?;
    let printed = serde_json::json!({
        "revision": revision.to_string(),
        "digest": archive.digest().to_string(),
        "size": archive.size(),
        "files": archive.files(),
    });
    archive.persist(&args.output)?;
    println!("{printed}");
    Ok(())
}

fn request(args: &Git) -> Result<Request, Failed> {
    let reference = Reference::choose(&ReferenceFields {
        branch: args.branch.as_deref(),
        tag: args.tag.as_deref(),
        semver: args.semver.as_deref(),
        name: args.name.as_deref(),
        commit: args.commit.as_deref(),
    });
    let mut request = Request::new(&args.url)
        .reference(reference)
        .timeout(Duration::from_secs(args.timeout))
        .sparse(&args.sparse)
        .submodules(args.recurse_submodules);
    if let Some(username) = &args.username {
        let password = args.password_file.as_ref().map(fs::read_to_string).transpose()?.unwrap_or_default();
        request = request.auth(Auth::basic(username, password.trim_end_matches(['\r', '\n'])));
    }
    if let Some(file) = &args.ca_file {
        request = request.tls(Tls::default().ca(fs::read(file)?));
    }
    Ok(request)
}
