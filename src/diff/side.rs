//! One side of a comparison: files of manifests, taken apart into documents.

use std::borrow::Cow;
use std::collections::BTreeSet;

use memchr::memmem;

use super::origin::Provenance;
use crate::emit::{Digest, FileUpdate, Index, Maker, Record, Update};
use crate::k8s;

/// One side of a comparison.
#[derive(Debug, Default)]
pub struct Side<'a> {
    pub(super) documents: Vec<Document<'a>>,
    /// Files that gen wrote and that are no longer there.
    pub(super) removed: BTreeSet<String>,
}

/// A part of a file that can be read for itself.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// The file, by whose path objects are ordered.
    pub path: String,
    /// The YAML or JSON, without the line that separates it from others.
    pub text: Cow<'a, str>,
    /// What it says, where gen made it: the same, with an origin for each value.
    pub rendered: Option<&'a k8s::Object>,
    /// How the file came to be, where that is known.
    pub provenance: Option<Provenance>,
}

impl<'a> Side<'a> {
    /// Adds a file with any number of documents.
    pub fn file(&mut self, path: &str, bytes: &'a [u8], provenance: Option<&Provenance>) {
        let mut add = |text: Cow<'a, str>| {
            if !text.trim_ascii().is_empty() {
                let (path, provenance) = (path.to_owned(), provenance.cloned());
                self.documents.push(Document { path, text, rendered: None, provenance });
            }
        };
        match str::from_utf8(bytes) {
            Ok(text) => documents(text).for_each(|text| add(Cow::Borrowed(text))),
            Err(_) => add(String::from_utf8_lossy(bytes)),
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Adds a file of a folder that gen wrote into, which has this index.
    pub fn file_of(&mut self, index: Option<&Index>, folder: &str, name: &str, bytes: &'a [u8]) {
        let record = index.and_then(|index| Some((index.files.get(name)?, &index.maker)));
        let provenance = record.map(|(record, maker)| recorded(record, bytes, maker));
        self.file(&format!("{folder}/{name}"), bytes, provenance.as_ref());
    }

    /// Adds a file that gen just made of an object.
    pub fn rendered(
        &mut self,
        path: &str,
        bytes: &'a [u8],
        object: &'a k8s::Object,
        provenance: Option<Provenance>,
    ) {
        self.documents.push(Document {
            path: path.to_owned(),
            text: trimmed(String::from_utf8_lossy(bytes)),
            rendered: Some(object),
            provenance,
        });
    }
}

/// The two sides of an update: what lies on the disk, and what gen made of the objects, by their
/// folders and file names.
#[must_use]
pub fn sides_of<'a>(
    update: &'a Update,
    maker: &Maker,
    object: impl Fn(&str, &str) -> Option<&'a k8s::Object>,
) -> (Side<'a>, Side<'a>) {
    let (mut old_side, mut new_side) = (Side::default(), Side::default());
    for folder in &update.folders {
        for (name, file) in &folder.files {
            let path = format!("{}/{name}", folder.name);
            let record = folder.records.get(name);
            let (old, new) = match file {
                FileUpdate::Create { new } => (None, Some(new)),
                FileUpdate::Change { old, new } => (Some(old), Some(new)),
                FileUpdate::Delete { old } => (Some(old), None),
                FileUpdate::Keep { new } => (Some(&new.bytes), Some(new)),
            };
            // Nobody asks who changed what did not change, and digests take their time.
            let is_change = !matches!(file, FileUpdate::Keep { .. });
            if let Some(bytes) = old {
                let record = record.zip(folder.made_by.as_ref()).filter(|_| is_change);
                let provenance = record.map(|(record, maker)| recorded(record, bytes, maker));
                old_side.file(&path, bytes, provenance.as_ref());
            } else if record.is_some() {
                old_side.removed.insert(path.clone());
            }
            let Some(new) = new else { continue };
            let provenance = is_change.then(|| Provenance {
                is_edited: false,
                input: new.input,
                maker: maker.clone(),
            });
            match object(&folder.name, name) {
                Some(object) => new_side.rendered(&path, &new.bytes, object, provenance),
                None => new_side.file(&path, &new.bytes, provenance.as_ref()),
            }
        }
    }
    (old_side, new_side)
}

/// How a file came to be that gen recorded and that has these bytes now.
fn recorded(record: &Record, bytes: &[u8], maker: &Maker) -> Provenance {
    let is_edited = record.content != Digest::of(bytes);
    Provenance { is_edited, input: record.input, maker: maker.clone() }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii_end()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii_end().to_owned()),
    }
}

/// The documents of a stream. A line that starts with `---` and a space, or is nothing else,
/// separates them wherever it stands: no scalar can hold one.
/// <https://yaml.org/spec/1.2.2/#912-document-markers>
fn documents(text: &str) -> impl Iterator<Item = &str> {
    // Directives belong to the document behind the next separator.
    let has_directives = text.starts_with('%') || memmem::find(text.as_bytes(), b"\n%").is_some();
    let mut markers = memmem::find_iter(text.as_bytes(), b"\n---").filter(move |at| {
        !has_directives && matches!(text.as_bytes().get(at + 4), None | Some(b' ' | b'\n' | b'\r'))
    });
    let mut start = 0;
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let end = markers.next();
        is_done = end.is_none();
        let document = &text[start..end.map_or(text.len(), |at| at + 1)];
        start = end.map_or(text.len(), |at| at + 1);
        // What else stands on the line of a separator belongs to the document.
        let line = document.split_once('\n');
        let document = match line {
            Some((first, rest)) if first.trim_ascii_end() == "---" => rest,
            None if document.trim_ascii_end() == "---" => "",
            _ => document,
        };
        Some(document.trim_ascii_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_part_documents() {
        let found = |text| documents(text).collect::<Vec<_>>();
        assert_eq!(found("a: 1\n"), ["a: 1"]);
        assert_eq!(found("---\na: 1\n---\nb: 2\n---\n"), ["a: 1", "b: 2", ""]);
        assert_eq!(found("a: 1\n--- # next\nb: 2"), ["a: 1", "--- # next\nb: 2"]);
        assert_eq!(
            found("a: |\n  x\n  ---\n  y\nb:\n---- 1"),
            ["a: |\n  x\n  ---\n  y\nb:\n---- 1"]
        );
        assert_eq!(found("%YAML 1.2\n---\na: 1\n"), ["%YAML 1.2\n---\na: 1"]);
        assert_eq!(found(""), [""]);
    }
}
