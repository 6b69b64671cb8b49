//! Folders of objects at the project's root that are there to check with, not to render.

use std::collections::BTreeSet;

use super::manifest;
use crate::diagnostic::Diagnostics;
use crate::fs::{self, EntryKind, FileSystem as _};
use crate::load::{Project, unreadable};
use crate::manifests::is_manifest;
use crate::source::{Dialect, Tree, parse};

/// The objects of every file below a folder of the project that ends in `.yaml`, `.yml` or
/// `.json`, read as kubectl reads them, in the order of their paths. None when there is no such
/// folder.
#[must_use]
pub fn folder(path: &str, project: &Project<'_>, diagnostics: &mut Diagnostics) -> Vec<Tree> {
    let root = project.root.join(path);
    if !matches!(project.fs.kind(&root), Ok(Some(EntryKind::Folder | EntryKind::Link))) {
        return Vec::new();
    }
    let names = match fs::walk(&project.fs, &root) {
        Ok(names) => names,
        Err(error) => {
            diagnostics.push(unreadable(path, &error));
            return Vec::new();
        }
    };
    let mut objects = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        if !is_manifest(&name) {
            continue;
        }
        // However many links lead to a file, it is one.
        let place = root.join(&name);
        if !seen.insert(project.fs.canonical(&place).unwrap_or(place)) {
            continue;
        }
        let Some((file, _)) = project.read(&format!("{path}/{name}"), diagnostics) else {
            continue;
        };
        let (documents, found) = parse(&project.sources.get(file), Dialect::Kubectl);
        diagnostics.append(found);
        for tree in &documents {
            manifest::objects(tree, &mut objects, diagnostics);
        }
    }
    objects
}
