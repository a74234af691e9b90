// SPDX-License-Identifier: Apache-2.0

//! The judges: programs that hold ours against the recorded answers of real tools.
//!
//! They live beside the project, in `../shared`; where that folder is absent this says so and does nothing.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::process::{command, exec, root, target};

/// One judge with the figure that its last lines must reach.
struct Judge {
    name: &'static str,
    /// Arguments of `python3`; `{shared}` and `{bin}` are replaced.
    args: &'static [&'static str],
    needs_server: bool,
    /// Reads the whole output; says what is short of the mark.
    verdict: fn(&str) -> Result<(), String>,
}

const JUDGES: &[Judge] = &[
    Judge {
        name: "kustomize",
        args: &[
            "{shared}/tools/judge_kustomize.py",
            "--cases",
            "{shared}/corpus/kustomize",
            "--jobs",
            "2",
            "--build",
            "{bin}/gitops build {target}",
        ],
        needs_server: false,
        verdict: |out| at_least("bytes and value", numbers_after(out, &["bytes", "value"])?, KUSTOMIZE),
    },
    Judge {
        name: "kustomize-random",
        args: &[
            "{shared}/tools/judge_kustomize.py",
            "--cases",
            "{shared}/corpus/kustomize-random",
            "--jobs",
            "2",
            "--build",
            "{bin}/gitops build {target}",
        ],
        needs_server: false,
        verdict: |out| {
            at_least("bytes and value", numbers_after(out, &["bytes", "value"])?, KUSTOMIZE_RANDOM)
        },
    },
    Judge {
        name: "source-git",
        args: &[
            "{shared}/tools/judge_source_git.py",
            "--command",
            "{bin}/gitops pull git {url} {refargs} {ignoreargs} -o {out}",
        ],
        needs_server: false,
        verdict: |out| at_least("same", numbers_after(out, &["same"])?, SOURCE_GIT),
    },
    Judge {
        name: "crd-validation",
        args: &[
            "{shared}/tools/judge_crd_validation.py",
            "--cases",
            "{shared}/corpus/crd-validation",
            "--gitops",
            "{bin}/gitops",
        ],
        needs_server: false,
        verdict: |out| at_least("agree", numbers_after(out, &["agree"])?, CRD_VALIDATION),
    },
    Judge {
        name: "api-server",
        args: &[
            "{shared}/tools/replay_api.py",
            "--cases",
            "{shared}/corpus/api-server",
            "--server",
            "{server}",
            "--with",
            "none",
            "--jobs",
            "8",
            "--quiet",
        ],
        needs_server: true,
        verdict: api_server,
    },
];

/// No judge takes longer on two cores unless something hangs.
const DEADLINE_SECONDS: &str = "900";

// What the judges have shown; raised whenever they show more, never lowered.
const KUSTOMIZE: u64 = 154;
const KUSTOMIZE_RANDOM: u64 = 600;
const SOURCE_GIT: u64 = 114;
const CRD_VALIDATION: u64 = 2097;
const SSA_PERCENT: u64 = 98;
const CORE_PERCENT: u64 = 94;
const CORE_GROUPS: &[&str] = &["crud", "list", "watch", "crd", "status", "delete"];

pub(crate) fn run(names: &[String]) -> Result<(), String> {
    let shared = root().join("../shared");
    if !shared.join("tools").is_dir() {
        eprintln!("SKIPPED conformance: the recorded answers (../shared) are not here");
        return Ok(());
    }
    exec("cargo", &["build", "--release", "-p", "gitops", "-p", "apiserver"])?;
    let bin = target().join("release");
    let mut failures = Vec::new();
    for judge in JUDGES.iter().filter(|judge| names.is_empty() || names.iter().any(|name| name == judge.name))
    {
        let outcome = one(judge, &shared, &bin);
        match &outcome {
            Ok(()) => println!("conformance {}: ok", judge.name),
            Err(message) => failures.push(format!("{}: {message}", judge.name)),
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn one(judge: &Judge, shared: &std::path::Path, bin: &std::path::Path) -> Result<(), String> {
    let server = judge.needs_server.then(|| Server::start(bin)).transpose()?;
    let url = server.as_ref().map(|server| server.url.clone()).unwrap_or_default();
    let args: Vec<String> = judge
        .args
        .iter()
        .map(|arg| {
            arg.replace("{shared}", &shared.to_string_lossy())
                .replace("{bin}", &bin.to_string_lossy())
                .replace("{server}", &url)
        })
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    // The exit code says whether everything is equal; the figures decide here.
    let mut limited = vec![DEADLINE_SECONDS, "python3"];
    limited.extend(args);
    let output = command("timeout", &limited)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("timeout: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    println!("{}", lines[lines.len().saturating_sub(20)..].join("\n"));
    (judge.verdict)(&text)
}

/// `examples/apiserver` on a free port, ended when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(bin: &std::path::Path) -> Result<Self, String> {
        let kubeconfig: PathBuf = target().join("conformance-kubeconfig");
        let _ = std::fs::remove_file(&kubeconfig);
        let program = bin.join("apiserver").to_string_lossy().into_owned();
        let config = kubeconfig.to_string_lossy().into_owned();
        let child = command(&program, &["--port", "0", "--kubeconfig", &config, "--workloads", "off"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let mut server = Self { child, url: String::new() };
        for _ in 0..100 {
            let text = std::fs::read_to_string(&kubeconfig).unwrap_or_default();
            let url = text.lines().find_map(|line| line.trim().strip_prefix("server:"));
            if let Some(url) = url {
                server.url = url.trim().trim_matches('"').to_owned();
                return Ok(server);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err("the server wrote no kubeconfig".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sum of the numbers that follow `words` in the last line holding them all.
fn numbers_after(output: &str, words: &[&str]) -> Result<u64, String> {
    let line = output
        .lines()
        .rev()
        .find(|line| words.iter().all(|word| line.split_whitespace().any(|part| part == *word)))
        .ok_or_else(|| format!("no line with {words:?}"))?;
    let parts: Vec<&str> = line.split_whitespace().collect();
    words
        .iter()
        .map(|word| {
            let at = parts.iter().position(|part| part == word).unwrap_or_default();
            parts
                .get(at + 1)
                .and_then(|number| number.parse::<u64>().ok())
                .ok_or(format!("{word}: no number"))
        })
        .sum()
}

fn at_least(what: &str, got: u64, wanted: u64) -> Result<(), String> {
    if got >= wanted { Ok(()) } else { Err(format!("{what}: {got}, at least {wanted} wanted")) }
}

/// The table of the replay: `group same differs`.
fn api_server(output: &str) -> Result<(), String> {
    let group = |name: &str| -> (u64, u64) {
        let row = output.lines().find(|line| line.split_whitespace().next() == Some(name));
        let mut numbers =
            row.into_iter().flat_map(str::split_whitespace).skip(1).filter_map(|n| n.parse().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    };
    let (same, differs) = group("ssa");
    at_least("ssa, per cent", same * 100 / (same + differs).max(1), SSA_PERCENT)?;
    let (same, differs) =
        CORE_GROUPS.iter().map(|name| group(name)).fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    at_least("core groups, per cent", same * 100 / (same + differs).max(1), CORE_PERCENT)
}

#[cfg(test)]
mod tests {
    use super::{api_server, numbers_after};

    #[test]
    fn figures_are_read_from_the_last_line_of_a_judge() {
        let out = "bytes 1 value 2\nbytes 140 value 10 different 1 verdict 0 crash 0 of 154\n";
        assert_eq!(numbers_after(out, &["bytes", "value"]), Ok(150));
        assert!(numbers_after(out, &["agree"]).is_err());
    }

    #[test]
    fn a_group_below_its_share_is_refused() {
        assert!(api_server("ssa 98 2\ncrud 94 6\n").is_ok());
        assert!(api_server("ssa 97 3\ncrud 94 6\n").is_err());
        assert!(api_server("ssa 98 2\ncrud 93 7\n").is_err());
    }
}
