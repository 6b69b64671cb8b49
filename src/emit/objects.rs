//! From objects to the files that hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Digest, File, FileSet, write_document};
use crate::k8s::Object;
use crate::source::{FileId, Kind, NodeRef, Origin, Sources, Span, Step};

/// The files of one output folder: one object a file, by the names given.
#[must_use]
pub fn file_set<'o>(
    folder: &str,
    objects: impl IntoIterator<Item = (&'o str, &'o Object)>,
    sources: &Sources,
) -> FileSet {
    let files = objects
        .into_iter()
        .map(|(name, object)| {
            let mut text = String::new();
            write_document(object.root(), &mut text);
            let file = File { bytes: text.into_bytes(), input: input(object.root(), sources) };
            (name.to_owned(), file)
        })
        .collect();
    FileSet { folder: folder.to_owned(), files }
}

/// The digest of the resolved input that made an object: the values that inputs wrote into
/// it, each with its path, and the text of the inputs that gen's own rules followed.
///
/// It tells a change by an author from one by a new gen. Places do not count, so that a comment
/// or a moved line changes nothing.
fn input(root: NodeRef<'_>, sources: &Sources) -> Digest {
    let mut lines = String::new();
    let mut causes = BTreeSet::new();
    root.walk(&mut |path, node| match node.at() {
        Origin::Written(_) if !matches!(node.kind(), Kind::Map | Kind::List) => {
            for step in path {
                match step {
                    Step::Key(key) => lines.push_str(key),
                    Step::Index(index) => {
                        let _ = write!(lines, "[{index}]");
                    }
                }
                lines.push('.');
            }
            let _ = writeln!(lines, " {:?} {:?}", node.kind(), node.text());
        }
        Origin::Derived { from: Some(span), .. } => {
            causes.insert(span);
        }
        Origin::Written(_) | Origin::Derived { from: None, .. } => {}
    });
    lines.extend(cause_texts(&causes, sources));
    Digest::of(lines.as_bytes())
}

/// The texts of these places, sorted. A place of several lines is a block whose values have
/// places of their own; it may hold comments, so it says nothing here.
fn cause_texts(causes: &BTreeSet<Span>, sources: &Sources) -> BTreeSet<String> {
    let mut files: BTreeMap<FileId, _> = BTreeMap::new();
    causes
        .iter()
        .filter_map(|span| {
            let source = files.entry(span.file).or_insert_with(|| sources.get(span.file));
            let text = source.slice(*span);
            (!text.contains('\n')).then(|| format!("{text}\n"))
        })
        .collect()
}
