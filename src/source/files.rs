//! The input files and positions in them.

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

/// Names one file of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(NonZeroU32);

/// A range of bytes in one file, `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file that holds the range.
    pub file: FileId,
    /// The first byte, counted from 0.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The part `start..end` of this span, in bytes from its own start, clamped to it.
    #[must_use]
    pub fn slice(self, start: usize, end: usize) -> Self {
        let at = |offset: usize| {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            self.start.saturating_add(offset).min(self.end)
        };
        Self { file: self.file, start: at(start), end: at(end) }
    }

    /// The empty span at the start of this one.
    #[must_use]
    pub fn start_point(self) -> Self {
        Self { end: self.start, ..self }
    }
}

/// One file of input: its path as a user would write it, and its text.
#[derive(Debug)]
pub struct Source {
    /// The path below the project's root, with `/` between its parts on every system.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// The line (from 1) and the column (from 1, in characters) of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The text of a span of this file, clamped to the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// Every file that was read, append-only, so that stacks can be loaded in parallel.
#[derive(Debug, Default)]
pub struct Sources {
    files: RwLock<Vec<Arc<Source>>>,
}

impl Sources {
    /// Keeps a file and names it.
    ///
    /// # Panics
    ///
    /// Past 2^32 files.
    pub fn add(&self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.push(Arc::new(Source { path: path.into(), text: text.into() }));
        let number = u32::try_from(files.len()).expect("fewer than 2^32 files");
        FileId(NonZeroU32::new(number).expect("a length after a push is not 0"))
    }

    /// The file of that name.
    ///
    /// # Panics
    ///
    /// When the id comes from another [`Sources`].
    #[must_use]
    pub fn get(&self, file: FileId) -> Arc<Source> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&files[file.0.get() as usize - 1])
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is no file yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
