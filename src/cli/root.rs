//! Finds the project that a command works on.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};

/// The folders that make a folder a project.
const PARTS: [&str; 2] = ["environments", "stacks"];

/// The root of the project, without symbolic links: `given`, or the nearest folder from `current`
/// upwards that holds both `stacks/` and `environments/`.
///
/// # Errors
///
/// When there is none; says what is missing.
pub fn find(current: &Path, given: Option<&Path>) -> Result<PathBuf, Diagnostics> {
    let Some(given) = given else {
        let root = current.ancestors().find(|folder| missing(folder).is_empty());
        return root.map(without_links).ok_or_else(|| {
            let above = "neither this folder nor one above it holds environments/ and stacks/";
            let diagnostic = no_project(format!("there is no project here: {above}"));
            match missing(current).as_slice() {
                [part] => diagnostic.help(format!("this folder lacks only {part}/")),
                _ => diagnostic.help("change into a project, or name one with `--root`"),
            }
            .into()
        });
    };
    let root = current.join(given);
    match missing(&root).as_slice() {
        [] => Ok(without_links(&root)),
        missing => {
            let lacks = missing.join("/ and no ");
            let message = format!("there is no project in `{}`", given.display());
            let help = if root.is_dir() {
                format!("it holds no {lacks}/")
            } else {
                "there is no such folder".to_owned()
            };
            Err(no_project(message).help(help).into())
        }
    }
}

fn without_links(root: &Path) -> PathBuf {
    root.canonicalize().unwrap_or_else(|_| root.to_owned())
}

fn missing(folder: &Path) -> Vec<&'static str> {
    PARTS.into_iter().filter(|part| !folder.join(part).is_dir()).collect()
}

fn no_project(message: String) -> Diagnostic {
    Diagnostic::new(Code::NoProject, Severity::Error, Place::Nowhere, message)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What went wrong, as its message and its help.
    fn error(found: Result<PathBuf, Diagnostics>) -> Vec<(String, Vec<String>)> {
        let diagnostics = found.err().unwrap_or_default();
        diagnostics.iter().map(|error| (error.message.clone(), error.help.clone())).collect()
    }

    #[test]
    fn the_nearest_folder_upwards_with_both_parts_is_the_root() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let outer = folder.path().canonicalize()?;
        let inner = outer.join("stacks/inner");
        for folder in ["environments", "stacks/inner/environments", "stacks/inner/stacks/web"] {
            fs::create_dir_all(outer.join(folder))?;
        }
        assert_eq!(find(&outer, None).ok(), Some(outer.clone()));
        assert_eq!(find(&outer.join("stacks"), None).ok(), Some(outer.clone()));
        assert_eq!(find(&inner.join("stacks/web"), None).ok(), Some(inner.clone()));
        for given in ["stacks/inner", "environments/../stacks/./inner"] {
            assert_eq!(find(&outer, Some(Path::new(given))).ok(), Some(inner.clone()));
        }
        Ok(())
    }

    #[test]
    fn without_a_project_the_error_says_what_is_missing() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let none = "there is no project here: neither this folder nor one above it holds \
                    environments/ and stacks/";
        let change = "change into a project, or name one with `--root`";
        assert_eq!(error(find(folder.path(), None)), [(none.into(), vec![change.into()])]);
        fs::create_dir(folder.path().join("stacks"))?;
        let lacks = "this folder lacks only environments/";
        assert_eq!(error(find(folder.path(), None)), [(none.into(), vec![lacks.into()])]);
        Ok(())
    }

    #[test]
    fn a_root_that_was_given_is_the_only_one_looked_at() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        for part in ["stacks", "environments", "empty"] {
            fs::create_dir(folder.path().join(part))?;
        }
        let with = |given| error(find(folder.path(), Some(Path::new(given))));
        let no = |given| format!("there is no project in `{given}`");
        assert_eq!(with("gone"), [(no("gone"), vec!["there is no such folder".into()])]);
        let empty = "it holds no environments/ and no stacks/";
        assert_eq!(with("empty"), [(no("empty"), vec![empty.into()])]);
        Ok(())
    }
}
