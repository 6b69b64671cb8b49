//! The secrets of all files of a run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::document::{Concealed, document_starts};
use super::{Words, joined};
use crate::source::{FileId, Made, Source, Sources, Span};

/// What must not be shown of the files of a run, found when something of them is first shown.
#[derive(Debug)]
pub(crate) struct Secrets {
    files: RefCell<BTreeMap<FileId, File>>,
    made: Made,
    of_made: RefCell<BTreeMap<Span, Arc<Words>>>,
}

/// The documents of a file, as far as they were asked for.
#[derive(Debug)]
struct File {
    starts: Vec<usize>,
    documents: BTreeMap<usize, Arc<Concealed>>,
}

impl Secrets {
    pub(crate) fn new(sources: &Sources) -> Self {
        Self { files: RefCell::default(), made: sources.made(), of_made: RefCell::default() }
    }

    /// What a message about a part of a file must not show: the secrets of the document in which
    /// it starts, and those of what was made of it.
    pub(crate) fn of_part(&self, source: &Source, part: &Range<usize>) -> Vec<Arc<Words>> {
        let made = self.made_of(source, part).map(|(_, words)| words);
        let own = Arc::clone(&self.document(source, part.start).words);
        std::iter::once(own).chain(made).filter(|words| !words.is_empty()).collect()
    }

    /// The parts of a range of a file that must not be shown, in order.
    pub(crate) fn within(&self, source: &Source, range: &Range<usize>) -> Vec<Range<usize>> {
        let made = self.made_of(source, range).flat_map(|(part, words)| {
            let part = part.start.max(range.start)..part.end.min(range.end);
            let found = words.found_in(source.text.get(part.clone()).unwrap_or_default());
            found.into_iter().map(move |at| part.start + at.start..part.start + at.end)
        });
        joined(made.chain(self.written_in(source, range)))
    }

    fn written_in(&self, source: &Source, range: &Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        for concealed in self.documents(source, range) {
            let first = concealed.ranges.partition_point(|part| part.end <= range.start);
            let inside = concealed.ranges[first..].iter().take_while(|part| part.start < range.end);
            parts.extend(inside.map(|part| part.start.max(range.start)..part.end.min(range.end)));
        }
        parts
    }

    /// The documents that a range of a file touches.
    fn documents(&self, source: &Source, range: &Range<usize>) -> Vec<Arc<Concealed>> {
        let mut found = vec![self.document(source, range.start)];
        let files = self.files.borrow();
        let starts = files.get(&source.id).map_or(&[][..], |file| &file.starts);
        let next = starts.partition_point(|start| *start <= range.start);
        let later: Vec<_> =
            starts[next..].iter().copied().take_while(|start| *start < range.end).collect();
        drop(files);
        found.extend(later.into_iter().map(|start| self.document(source, start)));
        found
    }

    /// The document of a file that holds a byte offset.
    fn document(&self, source: &Source, offset: usize) -> Arc<Concealed> {
        let mut files = self.files.borrow_mut();
        let file = files.entry(source.id).or_insert_with(|| File {
            starts: document_starts(&source.text),
            documents: BTreeMap::new(),
        });
        let number = file.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let end = file.starts.get(number + 1).copied().unwrap_or(source.text.len());
        let range = file.starts[number]..end;
        let read = || Arc::new(Concealed::of(source.id, &source.text, range));
        Arc::clone(file.documents.entry(number).or_insert_with(read))
    }

    /// The parts of a file that a range touches and something was made of, with the secrets of
    /// what was made.
    fn made_of(
        &self,
        source: &Source,
        range: &Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, Arc<Words>)> {
        let (file, start, end) = (source.id, range.start, range.end);
        let point = |start: usize| {
            let start = u32::try_from(start).unwrap_or(u32::MAX);
            Span { file, start, end: 0 }
        };
        let parts = self.made.range(point(0)..point(end.max(start + 1)));
        let touching = parts.filter(move |(part, _)| start <= part.end as usize);
        touching.map(|(part, texts)| {
            let mut of_made = self.of_made.borrow_mut();
            let words = of_made.entry(*part).or_insert_with(|| Arc::new(words_of(*part, texts)));
            (part.start as usize..part.end as usize, Arc::clone(words))
        })
    }
}

/// The secrets of the documents that were made of a part of a file.
fn words_of<'t>(part: Span, texts: impl IntoIterator<Item = &'t Arc<str>>) -> Words {
    let mut all = Words::default();
    for text in texts {
        let starts = document_starts(text);
        let ends = starts[1..].iter().copied().chain([text.len()]);
        for (start, end) in starts.iter().zip(ends) {
            all.add(&Concealed::of(part.file, text, *start..end).words);
        }
    }
    all
}
