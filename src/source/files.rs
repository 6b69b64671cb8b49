//! The input files and positions in them.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::words::{bytes_before, lanes_that_are};
use crate::diagnostic::{Code, Diagnostic};

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
    /// Its name among the others.
    pub id: FileId,
    /// The path below the project's root, with `/` between its parts on every system.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Where each line starts, found when a position is first asked for.
    line_starts: OnceLock<Vec<usize>>,
}

impl Source {
    /// A text in the place of a file, such as what is made of a template.
    #[must_use]
    pub fn new(id: FileId, path: String, text: String) -> Self {
        Self { id, path, text, line_starts: OnceLock::new() }
    }

    /// Where each line starts; the first one after a byte order mark, which no editor shows.
    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let first = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            let mut starts = vec![first];
            // Lines are so short that eight bytes at a time is faster than a search for each.
            let (words, rest) = self.text.as_bytes().as_chunks();
            for (index, word) in words.iter().enumerate() {
                let mut ends = lanes_that_are(u64::from_le_bytes(*word), b'\n');
                while ends != 0 {
                    starts.push(index * word.len() + bytes_before(ends) + 1);
                    ends &= ends - 1;
                }
            }
            let ends = (0..).zip(rest).filter(|(_, byte)| **byte == b'\n');
            starts.extend(ends.map(|(at, _)| self.text.len() - rest.len() + at + 1));
            starts
        })
    }

    /// The number of the line (from 1) that holds a byte offset; past the end, the last one.
    #[must_use]
    pub fn line_at(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|&start| start <= offset).max(1)
    }

    /// The bytes of a line (from 1) without its line break; past the end, an empty range.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let starts = self.line_starts();
        let Some(&start) = starts.get(line.saturating_sub(1)) else {
            return self.text.len()..self.text.len();
        };
        let end = starts.get(line).map_or(self.text.len(), |&next| next - 1);
        let line = &self.text[start..end];
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// The line (from 1) and the column (from 1, in characters) of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_at(offset);
        let start = self.line_starts()[line - 1];
        let before = self.text.get(start..offset).unwrap_or("");
        (line, before.chars().count() + 1)
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
        let number = u32::try_from(files.len() + 1).expect("fewer than 2^32 files");
        let id = FileId(NonZeroU32::new(number).expect("one more than a length is not 0"));
        let (path, text) = (path.into(), text.into());
        files.push(Arc::new(Source::new(id, path, text)));
        id
    }

    /// Keeps a file as it was read from disk, and names it.
    ///
    /// # Errors
    ///
    /// When the bytes are not UTF-8. The file is kept all the same, with U+FFFD for what is no
    /// text, so that the diagnostic can show the line.
    ///
    /// # Panics
    ///
    /// Past 2^32 files.
    pub fn add_bytes(
        &self,
        path: impl Into<String>,
        bytes: Vec<u8>,
    ) -> Result<FileId, Box<Diagnostic>> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(self.add(path, text)),
            Err(error) => error,
        };
        // Up to the first bad byte the replaced text equals the bytes, so offsets agree.
        let start = error.utf8_error().valid_up_to();
        let byte = error.as_bytes()[start];
        let file = self.add(path, String::from_utf8_lossy(error.as_bytes()));
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let replacement = u32::try_from(char::REPLACEMENT_CHARACTER.len_utf8()).unwrap_or(1);
        let span = Span { file, start, end: start.saturating_add(replacement) };
        Err(Box::new(
            Diagnostic::error(
                Code::NotUtf8,
                span,
                format!("the file is not UTF-8: the byte 0x{byte:02X} is no part of a character"),
            )
            .help("save the file with the encoding UTF-8"),
        ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_utf_8_are_kept() -> Result<(), Box<Diagnostic>> {
        let sources = Sources::default();
        let file = sources.add_bytes("a.yaml", "é: 1\n".into())?;
        assert_eq!(sources.get(file).text, "é: 1\n");
        Ok(())
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_shown_where_they_are() {
        let sources = Sources::default();
        let result = sources.add_bytes("a.yaml", b"\xc3\xa9: 1\nname: Andr\xe9\n".into());
        let file = FileId(NonZeroU32::MIN);
        let expected = Diagnostic::error(
            Code::NotUtf8,
            Span { file, start: 16, end: 19 },
            "the file is not UTF-8: the byte 0xE9 is no part of a character",
        )
        .help("save the file with the encoding UTF-8");
        assert_eq!(result, Err(Box::new(expected)));
        let source = sources.get(file);
        assert_eq!(source.line_column(16), (2, 11));
        assert_eq!(source.text, "é: 1\nname: Andr\u{fffd}\n");
    }

    #[test]
    fn a_character_cut_off_at_the_end_is_not_utf_8() {
        let result = Sources::default().add_bytes("a.yaml", b"a: \xe2\x82".into());
        let message = "the file is not UTF-8: the byte 0xE2 is no part of a character";
        assert!(matches!(result, Err(diagnostic) if diagnostic.message == message));
    }
}
