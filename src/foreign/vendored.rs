//! Manifests from elsewhere, pinned by a digest and included as they are.
//!
//! The digest of a file is the SHA-256 of its bytes, as `sha256sum FILE` prints it. The digest
//! of a folder is the SHA-256 of a text with a line for each file below it, in the order of the
//! bytes of their paths: the file's digest, two spaces, its path from the folder. That is what
//!
//! ```text
//! find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum
//! ```
//!
//! prints in the folder. All of its files count, those whose names end in `.yaml`, `.yml` or
//! `.json` are read.

use sha2::{Digest, Sha256};

use super::ForeignObject;
use super::manifest::{self, PlainSecrets};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::fs::{self, EntryKind, FileSystem as _};
use crate::load::{Project, unreadable};
use crate::manifests::is_manifest;
use crate::plan::{Val, Vendored};
use crate::source::{Dialect, Origin, Span, parse};

/// The objects of vendored manifests, untouched, with their origins in the files. `folder` is
/// the stack's, such as `stacks/shop`.
pub fn vendored(
    vendored: &Vendored,
    folder: &str,
    plain_secrets: &[Val<String>],
    project: &Project<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<ForeignObject> {
    let place = vendored.file.at.span().unwrap_or(vendored.at);
    let Some(path) = below(folder, &vendored.file.v) else {
        diagnostics.push(
            Diagnostic::error(
                Code::LeadsOut,
                place,
                format!("`{}` does not lie in the stack's folder", vendored.file.v),
            )
            .help(format!("move it below `{folder}/`, and write its path from there")),
        );
        return Vec::new();
    };
    let Some(manifests) = read(&path, place, project, diagnostics) else { return Vec::new() };
    if !check_digest(vendored, place, &manifests.digest, diagnostics) {
        return Vec::new();
    }
    let mut trees = Vec::new();
    for (path, bytes) in manifests.files {
        let file = match project.sources.add_bytes(path, bytes) {
            Ok(file) => file,
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                continue;
            }
        };
        let source = project.sources.get(file);
        let (documents, found) = parse(&source, Dialect::Kubectl);
        if documents.is_empty() && !found.has_errors() {
            let start = Span { file, start: 0, end: 0 };
            diagnostics.push(
                Diagnostic::error(Code::EmptyFile, start, "the file holds no object")
                    .help("name a file with manifests"),
            );
        }
        diagnostics.append(found);
        for tree in &documents {
            manifest::objects(tree, &mut trees, diagnostics);
        }
    }
    manifest::refuse_secrets(&trees, PlainSecrets(plain_secrets), diagnostics);
    let at = Origin::Written(vendored.at);
    trees.into_iter().map(|tree| ForeignObject { tree, adopt: false, at }).collect()
}

/// A path from the project's root; `None` when `file` leads out of the stack's folder.
fn below(folder: &str, file: &str) -> Option<String> {
    let mut path = folder.to_owned();
    for part in file.trim_end_matches('/').split('/') {
        match part {
            "" | ".." => return None,
            "." => {}
            part if part.contains('\\') => return None,
            part => {
                path.push('/');
                path.push_str(part);
            }
        }
    }
    Some(path)
}

/// What was read: the files to parse, and the digest of all.
struct Manifests {
    files: Vec<(String, Vec<u8>)>,
    digest: String,
}

fn read(
    path: &str,
    place: Span,
    project: &Project<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Manifests> {
    let at = project.root.join(path);
    let kind = match project.fs.canonical(&at).and_then(|at| project.fs.kind(&at)) {
        Ok(kind) => kind,
        Err(error) if error.is_not_found() => None,
        Err(error) => {
            diagnostics.push(unreadable(path, &error));
            return None;
        }
    };
    match kind {
        None => {
            diagnostics.push(
                Diagnostic::error(Code::MissingFile, place, format!("there is no `{path}`"))
                    .help("name a file or a folder, by its path from the stack's folder"),
            );
            None
        }
        Some(EntryKind::Folder) => read_folder(path, place, project, diagnostics),
        Some(_) => match project.fs.read(&at) {
            Ok(bytes) => {
                let digest = hex(&bytes);
                Some(Manifests { files: vec![(path.to_owned(), bytes)], digest })
            }
            Err(error) => {
                diagnostics.push(unreadable(path, &error));
                None
            }
        },
    }
}

fn read_folder(
    path: &str,
    place: Span,
    project: &Project<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Manifests> {
    let names = match fs::walk(&project.fs, &project.root.join(path)) {
        Ok(names) => names,
        Err(error) => {
            diagnostics.push(unreadable(path, &error));
            return None;
        }
    };
    let mut manifests = Vec::new();
    let mut listing = String::new();
    let mut sound = true;
    for name in names {
        let file = format!("{path}/{name}");
        match project.fs.read(&project.root.join(&file)) {
            Ok(bytes) => {
                listing.extend([&hex(&bytes), "  ", &name, "\n"]);
                if is_manifest(&name) {
                    manifests.push((file, bytes));
                }
            }
            Err(error) => {
                diagnostics.push(unreadable(&file, &error));
                sound = false;
            }
        }
    }
    if sound && manifests.is_empty() {
        diagnostics.push(
            Diagnostic::error(
                Code::MissingFile,
                place,
                format!("no file of `{path}` ends in `.yaml`, `.yml` or `.json`"),
            )
            .help("name a folder with manifests"),
        );
        return None;
    }
    sound.then(|| Manifests { files: manifests, digest: hex(listing.as_bytes()) })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn check_digest(
    vendored: &Vendored,
    place: Span,
    actual: &str,
    diagnostics: &mut Diagnostics,
) -> bool {
    let Some(stated) = &vendored.sha256 else {
        diagnostics.push(
            Diagnostic::error(
                Code::MissingDigest,
                place,
                format!("no digest pins `{}`", vendored.file.v),
            )
            .help(format!("when you have read it, write `sha256: {actual}`")),
        );
        return false;
    };
    if stated.v == actual {
        return true;
    }
    let at = stated.at.span().unwrap_or(vendored.at);
    diagnostics.push(
        Diagnostic::error(
            Code::OtherDigest,
            at,
            format!("`{}` has another digest than the one written here", vendored.file.v),
        )
        .label(format!("the digest is `{actual}`"))
        .help(format!("when you have read what changed, write `sha256: {actual}`"))
        .suggest(at, actual),
    );
    false
}
