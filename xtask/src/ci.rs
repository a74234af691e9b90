// SPDX-License-Identifier: Apache-2.0

//! Everything that decides whether a change lands, cheapest first.

use crate::process::{command, exec, root, status};
use crate::{crds, tidy};

pub(crate) fn run() -> Result<(), String> {
    exec("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    exec("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    exec("cargo", &["test", "--workspace"])?;
    features()?;
    status(command("cargo", &["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    crds::run(true)?;
    package()
}

/// Each feature alone and none, for every published crate that has features.
///
/// Libraries leave the Kubernetes version to the program that uses them; here it comes from the environment.
fn features() -> Result<(), String> {
    let check = |package: &str, more: &[&str]| {
        let mut args = vec!["check", "--quiet", "-p", package, "--no-default-features"];
        args.extend(more);
        status(command("cargo", &args).env("K8S_OPENAPI_ENABLED_VERSION", "1.37"))
    };
    for package in tidy::metadata()?.published() {
        let features: Vec<&str> = package.features().filter(|name| *name != "default").collect();
        if features.is_empty() {
            continue;
        }
        check(package.name(), &[])?;
        for feature in features {
            check(package.name(), &["--features", feature])?;
        }
    }
    Ok(())
}

/// Every published crate can be packed: manifest, README, licence and no file outside its folder.
fn package() -> Result<(), String> {
    let metadata = tidy::metadata()?;
    let mut args = vec!["package", "--no-verify", "--allow-dirty", "--quiet"];
    let names: Vec<String> = metadata.published().map(|package| package.name().to_owned()).collect();
    for name in &names {
        args.extend(["-p", name]);
    }
    exec("cargo", &args)?;
    for package in metadata.published() {
        let dir = package.dir();
        for file in ["README.md", "LICENSE"] {
            if !root().join(&dir).join(file).exists() {
                return Err(format!("{}: {file} is missing", package.name()));
            }
        }
    }
    Ok(())
}
