//! Where a render is written.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};

use crate::emit::Output;
use crate::fs::{Disk, FileSystem};
use crate::load::{INPUT_FOLDERS, Project};

/// The folder that renders of a project go to: `out` in it, or the one that `-o` names.
///
/// In the project, no link leads there, since a branch may have brought it. Elsewhere the folder
/// is the caller's own word.
///
/// # Errors
///
/// When one of the environments would be written where input lies.
pub(super) fn output<'p>(
    project: &'p Project<'_>,
    named: Option<&Path>,
    environments: &[String],
) -> anyhow::Result<Output<'p>> {
    let Some(named) = named else {
        return Ok(Output::new(&project.fs, project.root.join("out"), "out"));
    };
    let current = std::env::current_dir().context("cannot tell the current folder")?;
    let folder = plain(&current.join(named));
    let Some(folder) = in_project(&folder, &project.root) else {
        let shown = folder.display().to_string().replace('\\', "/");
        let folder = Disk.canonical(&folder).unwrap_or(folder);
        return Ok(Output::new(&Disk, folder, shown));
    };
    let below = folder.strip_prefix(&project.root).unwrap_or(&folder);
    for environment in environments {
        let target = below.join(environment);
        if let Some(input) = INPUT_FOLDERS.iter().find(|input| target.starts_with(input)) {
            let named = named.display();
            bail!("`-o {named}` would write {environment} into {input}/, which holds input");
        }
    }
    let shown = below.display().to_string().replace('\\', "/");
    Ok(Output::new(&project.fs, &folder, shown))
}

/// The folder as a path below the project's root, where it lies there by any name.
fn in_project(folder: &Path, root: &Path) -> Option<PathBuf> {
    if folder.starts_with(root) {
        return Some(folder.to_owned());
    }
    let above = Disk.canonical(folder.parent()?).ok()?;
    let folder = above.join(folder.file_name()?);
    folder.starts_with(root).then_some(folder)
}

/// An absolute path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // Above the root there is the root.
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_path_names_the_same_folder_in_one_way() {
        for (path, expected) in [
            ("/p/out", "/p/out"),
            ("/p/./out/.", "/p/out"),
            ("/p/stacks/../out", "/p/out"),
            ("/p/..", "/"),
            ("/../..", "/"),
        ] {
            assert_eq!(plain(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
