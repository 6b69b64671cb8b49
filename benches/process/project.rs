//! Copies of this repository's project, for commands to work on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::timing::Subject;
use crate::{ENVIRONMENT, STACK};

/// gen as `cargo install` puts it in its place, which is to copy it. What the linker wrote here
/// and there of a file lies in smaller pieces in the system's cache, and takes a millisecond longer
/// to map.
static INSTALLED: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process/bin");
    let program = folder.join("gen");
    let installed =
        fs::create_dir_all(&folder).and_then(|()| fs::copy(env!("CARGO_BIN_EXE_gen"), &program));
    installed.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    program
});

/// gen, on a project.
pub fn gen_command(project: &Path, arguments: &[&str], exit: i32) -> Subject {
    Subject {
        name: format!("gen {}", arguments.join(" ")),
        program: INSTALLED.clone(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        variables: Vec::new(),
        folder: project.to_owned(),
        exit,
    }
}

/// A copy whose output is what it renders.
pub fn rendered(name: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process").join(name);
    // Left by an earlier run.
    let _ = fs::remove_dir_all(&folder);
    for part in ["environments", "stacks", "templates"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(part);
        copy(&from, &folder.join(part)).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    let render = gen_command(&folder, &["render", "--all"], 0);
    let done = render.command().output().map_err(|error| format!("{}: {error}", render.name))?;
    if !done.status.success() {
        return Err(format!("{}:\n{}", render.name, String::from_utf8_lossy(&done.stderr)));
    }
    Ok(folder)
}

/// Changes the stack, so that the output is no longer what it renders: other images and more
/// memory, as of a release.
pub fn change(project: &Path) -> Result<(), String> {
    let overlay = project.join(format!("stacks/{STACK}/{ENVIRONMENT}.yaml"));
    let text = fs::read_to_string(&overlay).map_err(|error| error.to_string())?;
    let changed = text.replace("memory: 512Mi", "memory: 768Mi")
        + "images: { wander/frontend: \"1.5.0\", wander/api: \"1.5.0\" }\n";
    fs::write(&overlay, changed).map_err(|error| error.to_string())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_file() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}
