//! Programs in Go to compare with, built below `target/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;

/// A program of a Go module, built if it is not there yet. `package` is its path, whose last
/// part is its name.
pub fn built(name: &str, package: &str, version: &str) -> Result<PathBuf, String> {
    let program = package.rsplit('/').next().unwrap_or(package);
    let folder = tools().join(program).join(version);
    let path = folder.join(program);
    if !path.is_file() {
        println!("building {name} {version}, which takes some minutes once");
        let mut command = Command::new("go");
        command.args(["install", &format!("{package}@{version}")]);
        run(command.env("GOFLAGS", "-mod=mod").env("GOBIN", &folder))?;
    }
    Ok(path)
}

/// The folder of a Go module's sources, downloaded if they are not there yet.
pub fn sources(module: &str, version: &str) -> Result<PathBuf, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Module {
        dir: PathBuf,
    }
    let module = format!("{module}@{version}");
    let done = run(Command::new("go").args(["mod", "download", "-json", &module]))?;
    let module: Module = serde_json::from_slice(&done.stdout).map_err(|error| error.to_string())?;
    Ok(module.dir)
}

/// Where such programs and what they need are kept.
pub fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools")
}

fn run(command: &mut Command) -> Result<Output, String> {
    match command.output() {
        Ok(done) if done.status.success() => Ok(done),
        Ok(done) => Err(format!("{command:?}:\n{}", String::from_utf8_lossy(&done.stderr))),
        Err(error) => Err(format!(
            "this is built with Go, which cannot be started here ({error}): install Go from https://go.dev/dl/ and try again"
        )),
    }
}
