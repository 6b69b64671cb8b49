//! The input files and positions in them.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use memchr::{memchr, memchr_iter, memrchr};

use crate::diagnostic::{Code, Diagnostic};

/// Lines and characters are counted from the start of one of these, in bytes.
const BLOCK: usize = 1 << 10;

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
    /// What comes before each block and before the end, found when a position is first asked for.
    before: OnceLock<Vec<Before>>,
}

/// What comes before a place in a text.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    /// How many line breaks.
    breaks: usize,
    /// How many characters.
    characters: usize,
}

impl Before {
    fn and(self, bytes: &[u8]) -> Self {
        Self {
            breaks: self.breaks + memchr_iter(b'\n', bytes).count(),
            characters: self.characters + characters(bytes),
        }
    }
}

/// How many characters start in some bytes.
fn characters(bytes: &[u8]) -> usize {
    // Each has one byte that does not go on with one.
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

impl Source {
    /// A text in the place of a file, such as what is made of a template.
    #[must_use]
    pub fn new(id: FileId, path: String, text: String) -> Self {
        Self { id, path, text, before: OnceLock::new() }
    }

    /// What comes before each block of [`BLOCK`] bytes, and before the end.
    fn blocks(&self) -> &[Before] {
        self.before.get_or_init(|| {
            let blocks = self.text.as_bytes().chunks(BLOCK);
            let sums = blocks.scan(Before::default(), |sum, block| {
                *sum = sum.and(block);
                Some(*sum)
            });
            std::iter::once(Before::default()).chain(sums).collect()
        })
    }

    /// The number of the line (from 1) that holds a byte offset; past the end, the last one.
    #[must_use]
    pub fn line_at(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let block = offset / BLOCK;
        let rest = &self.text.as_bytes()[block * BLOCK..offset];
        self.blocks()[block].breaks + memchr_iter(b'\n', rest).count() + 1
    }

    /// Where the line starts that holds a byte offset; the first one after a byte order mark,
    /// which no editor shows.
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        let text = self.text.as_bytes();
        let last_break = |block: usize, end: usize| {
            memrchr(b'\n', &text[block * BLOCK..end]).map(|at| block * BLOCK + at + 1)
        };
        let block = offset / BLOCK;
        if let Some(start) = last_break(block, offset) {
            return start;
        }
        // The block with the last break before this one.
        let blocks = self.blocks();
        let breaks = blocks[block].breaks;
        let next = blocks[..block].partition_point(|before| before.breaks < breaks);
        let start = next.checked_sub(1).and_then(|block| last_break(block, next * BLOCK));
        start.unwrap_or_else(|| self.first_line_start())
    }

    fn first_line_start(&self) -> usize {
        let is_marked = self.text.starts_with(BYTE_ORDER_MARK);
        if is_marked { BYTE_ORDER_MARK.len_utf8() } else { 0 }
    }

    /// How many characters lie between two byte offsets.
    fn characters(&self, start: usize, end: usize) -> usize {
        let text = self.text.as_bytes();
        if end.saturating_sub(start) <= BLOCK {
            return text.get(start..end).map_or(0, characters);
        }
        let before = |offset: usize| {
            let block = offset / BLOCK;
            self.blocks()[block].characters + characters(&text[block * BLOCK..offset])
        };
        before(end) - before(start)
    }

    /// The bytes of a line (from 1) without its line break; past the end, an empty range.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let text = self.text.as_bytes();
        let Some(start) = self.start_of(line) else { return text.len()..text.len() };
        let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let line = &self.text[start..end];
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Where a line (from 1) starts, if there are so many.
    fn start_of(&self, line: usize) -> Option<usize> {
        let breaks = line.saturating_sub(1);
        if breaks == 0 {
            return Some(self.first_line_start());
        }
        let blocks = self.blocks();
        let block = blocks.partition_point(|before| before.breaks < breaks) - 1;
        let nth = breaks - blocks[block].breaks - 1;
        let block = (block * BLOCK).min(self.text.len());
        memchr_iter(b'\n', &self.text.as_bytes()[block..]).nth(nth).map(|at| block + at + 1)
    }

    /// The line (from 1) and the column (from 1, in characters) of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let characters = self.characters(self.line_start(offset), offset);
        (self.line_at(offset), characters + 1)
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
    made: RwLock<Made>,
}

/// Texts that were made of parts of files, such as what a template rendered to, by these parts.
pub(crate) type Made = BTreeMap<Span, BTreeSet<Arc<str>>>;

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

    /// Keeps a text that was made of some parts of files.
    pub(crate) fn keep_made(&self, text: &str, of: impl IntoIterator<Item = Span>) {
        let text: Arc<str> = text.into();
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        for part in of {
            made.entry(part).or_default().insert(Arc::clone(&text));
        }
    }

    /// The texts that were made of parts of files.
    pub(crate) fn made(&self) -> Made {
        self.made.read().unwrap_or_else(PoisonError::into_inner).clone()
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
