//! The input files and positions in them.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use memchr::{memchr, memchr_iter, memrchr};

use crate::diagnostic::{Code, Diagnostic};

/// Lines are looked for from the start of one of these, in bytes.
const BLOCK: usize = 4 << 10;

const BYTE_ORDER_MARK: char = '\u{feff}';

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
    /// How many line breaks there are before each block, found when a position is first asked for.
    breaks_before: OnceLock<Vec<usize>>,
}

impl Source {
    /// A text in the place of a file, such as what is made of a template.
    #[must_use]
    pub fn new(id: FileId, path: String, text: String) -> Self {
        Self { id, path, text, breaks_before: OnceLock::new() }
    }

    /// How many line breaks there are before each block of [`BLOCK`] bytes, and in the whole text.
    fn breaks_before(&self) -> &[usize] {
        self.breaks_before.get_or_init(|| {
            let blocks = self.text.as_bytes().chunks(BLOCK);
            let sums = blocks.scan(0, |sum, block| {
                *sum += memchr_iter(b'\n', block).count();
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        })
    }

    /// The number of the line (from 1) that holds a byte offset; past the end, the last one.
    #[must_use]
    pub fn line_at(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let block = offset / BLOCK;
        let rest = &self.text.as_bytes()[block * BLOCK..offset];
        self.breaks_before()[block] + memchr_iter(b'\n', rest).count() + 1
    }

    /// Where the line starts that holds a byte offset; the first one after a byte order mark,
    /// which no editor shows.
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        let is_marked = self.text.starts_with(BYTE_ORDER_MARK);
        let first = if is_marked { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        memrchr(b'\n', &self.text.as_bytes()[..offset]).map_or(first, |at| at + 1)
    }

    /// The bytes of a line (from 1) without its line break; past the end, an empty range.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let text = self.text.as_bytes();
        let start = match line.saturating_sub(1) {
            0 => Some(self.line_start(0)),
            breaks => {
                let sums = self.breaks_before();
                let block = sums.partition_point(|&before| before < breaks) - 1;
                let nth = breaks - sums[block] - 1;
                let block = (block * BLOCK).min(text.len());
                memchr_iter(b'\n', &text[block..]).nth(nth).map(|at| block + at + 1)
            }
        };
        let Some(start) = start else { return text.len()..text.len() };
        let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
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
        let before = self.text.get(self.line_start(offset)..offset).unwrap_or("");
        (self.line_at(offset), before.chars().count() + 1)
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
    fn lines_are_those_between_line_breaks() {
        // Blocks that end in, before and after a line break, and have one, many and none.
        let texts = [
            String::new(),
            "\u{feff}a\r\nb".to_owned(),
            "\n".repeat(2 * BLOCK),
            "a".repeat(3 * BLOCK) + "\nb\n",
            format!("{}\n", "a".repeat(BLOCK - 1)).repeat(2),
            format!("{}\n\né", "a".repeat(BLOCK - 2)).repeat(3),
            "one\r\ntwo, and three\n\n".repeat(BLOCK / 5),
        ];
        for text in texts {
            let shown = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
            let mut start = text.len() - shown.len();
            let source = Source::new(FileId(NonZeroU32::MIN), String::new(), text.clone());
            for (index, line) in shown.split('\n').enumerate() {
                let (number, content) = (index + 1, line.strip_suffix('\r').unwrap_or(line));
                assert_eq!(source.line_range(number), start..start + content.len());
                for (column, (at, _)) in line.char_indices().enumerate().step_by(97) {
                    let offset = u32::try_from(start + at).expect("a short text");
                    assert_eq!(source.line_column(offset), (number, column + 1));
                }
                assert_eq!(source.line_at(start + line.len()), number);
                start += line.len() + 1;
            }
            let last = shown.split('\n').count();
            assert_eq!(source.line_range(last + 1), text.len()..text.len());
            assert_eq!(source.line_at(text.len() + 1), last);
        }
    }

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
