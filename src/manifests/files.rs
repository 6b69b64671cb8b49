//! Which files there are to check.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex_lite::Regex;

use super::Input;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::fs::{Confined, EntryKind, Error, FileSystem, walk_on};
use crate::load::unreadable;

/// How the names of files end that are read in folders, as for kubectl.
const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];

/// Whether a file of that name is read in a folder.
pub fn is_manifest(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether the manifests below a folder of that name are somebody else's: a program keeps there
/// what it needs itself.
fn is_skipped(name: &str) -> bool {
    name == "node_modules" || name.starts_with('.')
}

/// A file to check.
pub(super) struct File {
    /// As messages show it, with `/` between its parts.
    pub path: String,
    pub content: Content,
}

pub(super) enum Content {
    /// A file that was found in a folder.
    At(PathBuf),
    /// What was named itself, be it a file or a pipe.
    Named(PathBuf),
    Bytes(Vec<u8>),
}

impl Content {
    pub(super) fn read(self, fs: &dyn FileSystem) -> Result<Vec<u8>, Error> {
        match self {
            Self::At(path) => fs.read(&path),
            Self::Named(path) => fs.read_stream(&path),
            Self::Bytes(bytes) => Ok(bytes),
        }
    }
}

/// The files that the inputs name, each once even where several inputs or links lead to it, in
/// the order of the inputs, those of a folder sorted by their paths.
#[derive(Default)]
pub(super) struct Files {
    pub found: Vec<File>,
    /// What cannot be found or listed.
    pub diagnostics: Diagnostics,
    /// The folders without manifests.
    pub empty: Vec<String>,
}

impl Files {
    pub(super) fn find(fs: &dyn FileSystem, inputs: Vec<Input>, ignore: &[Regex]) -> Self {
        let mut files = Self::default();
        let mut several_paths = inputs.len() > 1;
        let mut seen = BTreeSet::new();
        for input in inputs {
            let (mut found, linked) = match input {
                Input::Bytes(path, bytes) => {
                    (vec![File { path, content: Content::Bytes(bytes) }], Vec::new())
                }
                Input::Path(path) => files.at(fs, &path),
            };
            several_paths |= !linked.is_empty();
            if several_paths {
                let mut is_new = |file: &File| match &file.content {
                    Content::At(path) | Content::Named(path) => {
                        // A pipe has no other path.
                        seen.insert(fs.canonical(path).unwrap_or_else(|_| path.clone()))
                    }
                    Content::Bytes(_) => true,
                };
                found.retain(&mut is_new);
                found.extend(linked.into_iter().filter(is_new));
                found.sort_by(|one, other| one.path.cmp(&other.path));
            }
            found.retain(|file| !ignore.iter().any(|pattern| pattern.is_match(&file.path)));
            files.found.append(&mut found);
        }
        files
    }

    /// What stands at a path, and what links in it lead to.
    fn at(&mut self, fs: &dyn FileSystem, path: &Path) -> (Vec<File>, Vec<File>) {
        let shown = shown(path);
        match fs.target_kind(path) {
            Ok(Some(EntryKind::Folder)) => {}
            Ok(Some(_)) => {
                let file = File { path: shown, content: Content::Named(path.to_owned()) };
                return (vec![file], Vec::new());
            }
            Ok(None) => {
                let message = "there is no such file or folder";
                self.diagnostics.push(Diagnostic::error_in(Code::Unreadable, shown, message));
                return (Vec::new(), Vec::new());
            }
            Err(error) => {
                self.diagnostics.push(unreadable(&shown, &error));
                return (Vec::new(), Vec::new());
            }
        }
        // What was named may lie anywhere, but a link in it may have come with a branch.
        let confined = Confined::new(fs, path, "the folder that was named");
        let mut walked = walk_on(&confined, path, is_skipped);
        let is_of_interest = |name: &str| {
            is_manifest(name)
                || matches!(fs.target_kind(&path.join(name)), Ok(Some(EntryKind::Folder)))
        };
        walked.linked.retain(|name| match confined.canonical(&path.join(name)) {
            Err(error) if error.leads_out().is_some() && is_of_interest(name) => {
                walked.errors.push(error);
                false
            }
            _ => true,
        });
        self.diagnostics
            .extend(walked.errors.iter().map(|error| unreadable(&self::shown(&error.path), error)));
        let below = match shown.trim_end_matches('/') {
            "." => String::new(),
            folder => format!("{folder}/"),
        };
        let files = |names: Vec<String>| -> Vec<File> {
            let file = |name| File {
                path: format!("{below}{name}"),
                content: Content::At(path.join(name)),
            };
            names.iter().filter(|name| is_manifest(name)).map(file).collect()
        };
        let (found, linked) = (files(walked.files), files(walked.linked));
        if found.is_empty() && linked.is_empty() && walked.errors.is_empty() {
            self.empty.push(shown);
        }
        (found, linked)
    }
}

/// A path with `/` between its parts on every system.
fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
