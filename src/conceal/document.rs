//! The secrets of one document of a file.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::{Words, joined, objects, text};
use crate::source::{Dialect, FileId, Kind, NodeRef, Source, Tree, parse};

/// What must not be shown of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Concealed {
    /// Its bytes in the file, in order.
    pub(super) ranges: Vec<Range<usize>>,
    /// The same, to be found in messages.
    pub(super) words: Arc<Words>,
}

/// Where the documents of a file start: at a line of `---` wherever that stands, so that what is
/// broken in one of them says nothing of the others. One without a kind belongs to that before it,
/// of which it may be the end: a line of dashes in a text that nobody indented parts nothing.
pub(super) fn document_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = |at: &usize| matches!(bytes.get(at + 4), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
    let separators: Vec<usize> =
        memmem::find_iter(bytes, b"\n---").filter(ends).map(|at| at + 1).collect();
    let next = separators.iter().skip(1).copied().chain([text.len()]);
    let documents = separators.iter().zip(next);
    let starts = documents.filter(|(start, end)| text::has_kind(&text[**start..*end]));
    std::iter::once(0).chain(starts.map(|(start, _)| *start)).collect()
}

impl Concealed {
    /// The secrets of the document that stands in a text at `range`.
    pub(super) fn of(file: FileId, text: &str, range: Range<usize>) -> Self {
        let document = &text[range.clone()];
        let source = Arc::new(Source::new(file, String::new(), document.to_owned()));
        let (trees, found) = parse(&source, Dialect::Kubectl);
        let mut secrets = Secrets { text: document, ranges: Vec::new(), values: Vec::new() };
        for tree in &trees {
            secrets.tree(tree);
        }
        // What could not be read as it is meant may be anything.
        if trees.is_empty() || !found.is_empty() {
            secrets.ranges.extend(text::secrets(document));
        }
        secrets.concealed(range.start)
    }
}

struct Secrets<'t> {
    text: &'t str,
    ranges: Vec<Range<usize>>,
    values: Vec<String>,
}

impl Secrets<'_> {
    fn tree(&mut self, tree: &Tree) {
        let root = tree.root();
        let (mut secrets, mut scalars) = (Vec::new(), Vec::new());
        objects::each_secret(root, &mut |secret| secrets.push(secret));
        root.walk(&mut |_, node| {
            scalars
                .extend(Some(node).filter(|node| !matches!(node.kind(), Kind::Map | Kind::List)));
        });
        for secret in secrets {
            let mut texts = Vec::new();
            objects::texts(secret, &mut texts);
            self.values.extend(texts.into_iter().map(str::to_owned));
            self.ranges.extend(written(secret));
        }
        let mut scalars: Vec<_> = scalars.into_iter().filter_map(written).collect();
        for range in &scalars {
            let lines = text::named(&self.text[range.clone()]);
            self.ranges.extend(lines.iter().map(|at| range.start + at.start..range.start + at.end));
        }
        if objects::holds_carrier(root) {
            scalars.sort_unstable_by_key(|range| range.start);
            self.comments(&scalars);
        }
    }

    /// All comments, of which one may be a value of yesterday: what starts with `#` outside of
    /// scalars.
    fn comments(&mut self, scalars: &[Range<usize>]) {
        let is_outside = |at: usize| {
            let next = scalars.partition_point(|scalar| scalar.start <= at);
            next.checked_sub(1).is_none_or(|last| scalars[last].end <= at)
        };
        let comments = text::lines(self.text).filter_map(|(start, line)| {
            let is_comment = |at: &usize| {
                !line[..*at].ends_with(|before| !matches!(before, ' ' | '\t'))
                    && is_outside(start + at)
            };
            let at = line.match_indices('#').map(|(at, _)| at).find(is_comment)?;
            Some(start + at..start + line.len())
        });
        self.ranges.extend(comments);
    }

    /// All that was found, at their places in the file.
    fn concealed(self, start: usize) -> Concealed {
        let ranges = joined(self.ranges);
        if ranges.is_empty() {
            return Concealed::default();
        }
        let written = ranges.iter().map(|range| &self.text[range.clone()]);
        let secrets = self.values.iter().map(String::as_str).chain(written);
        let ends = ranges.iter().map(|range| range.start).chain([self.text.len()]);
        let starts = std::iter::once(0).chain(ranges.iter().map(|range| range.end));
        let visible: Vec<&str> = starts.zip(ends).map(|(from, to)| &self.text[from..to]).collect();
        let words = Arc::new(Words::of(secrets, &visible));
        let moved = |range: &Range<usize>| range.start + start..range.end + start;
        Concealed { ranges: ranges.iter().map(moved).collect(), words }
    }
}

/// The bytes of its text that a value stands in.
fn written(node: NodeRef<'_>) -> Option<Range<usize>> {
    let span = node.at().span()?;
    Some(span.start as usize..span.end as usize)
}
