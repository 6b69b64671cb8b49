//! The block subset of YAML that manifests are written in, straight to a tree.
//!
//! Block maps and lists, plain and quoted scalars on one line, literal blocks, flow collections
//! of such scalars, comments and document markers: that is nearly all of nearly every manifest,
//! and read here more than ten times as fast as through the events of the full parser. It
//! answers only where it is sure to answer as the full parser would, to the last byte of every
//! span; at anything else, a mistake included, it gives up ([`Beyond`]), and the full parser
//! reads the document from its start. It never reports anything itself.

mod blocks;
mod lines;

use std::cell::Cell;
use std::mem;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;

use blocks::{Block, Blocks};
use lines::{Line, LineKey, LineValue, Lines};

use super::{Dialect, MAX_DEPTH, offset};
use crate::source::scalar::{self, Scalar};
use crate::source::words::{bytes_before, lanes};
use crate::source::{FileId, Kind, Origin, Source, Span, Style, Tree, TreeBuilder};

/// The document is none of the subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    /// This document, whose content starts there: after its `---` if it has one.
    Document { content: usize },
    /// The way in which documents follow each other.
    File,
}

/// The longest key that YAML allows without `?`, with room for how it is counted.
const LONGEST_KEY: usize = 1000;
/// Keys are compared one by one: with more of them in one map the full parser is faster.
const MANY_KEYS: usize = 256;

/// What a byte does to a plain scalar: bits of the two below.
static CLASSES: [u8; 256] = classes();
/// May end one in a flow collection.
const IN_FLOW: u8 = 1;
/// Starts none.
const NO_START: u8 = 2;

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let sets: [(u8, &[u8]); 2] = [(IN_FLOW, b"\n:#\t,[]{}"), (NO_START, b"\n\t ,[]{}#&*!|>'\"%@`")];
    let mut set = 0;
    while set < sets.len() {
        let (class, bytes) = sets[set];
        let mut byte = 0;
        while byte < bytes.len() {
            classes[bytes[byte] as usize] |= class;
            byte += 1;
        }
        set += 1;
    }
    classes
}

thread_local! {
    /// What lines of manifests say, which is the same in all files. In files of gen's own language
    /// some lines say something else, and no file is so long that it would pay to keep them.
    static LINES: Cell<Lines> = Cell::default();
    /// What blocks of the manifests of one file say.
    static BLOCKS: Cell<Blocks> = Cell::default();
}

/// Reads documents of one file.
pub(super) struct BlockReader<'t> {
    file: FileId,
    dialect: Dialect,
    /// The file up to the end of the document.
    text: &'t str,
    whole: &'t str,
    /// The next byte to read; between lines, the first one of a line.
    at: usize,
    builder: TreeBuilder,
    frames: Vec<Frame>,
    /// Where the colon stands after a key that ends its line: the value comes next.
    pending: Option<u32>,
    /// Where the last value ended.
    end: u32,
    /// A scalar that is not written as it reads.
    scratch: String,
    lines: Lines,
    /// Where the first character of the line stands that is being read.
    first: usize,
    /// What that line says; `None` where it is not to be kept.
    said: Option<Line>,
    blocks: Blocks,
    /// The open ones that are to be kept.
    unfinished: Vec<Block>,
}

/// An open block map or list.
#[derive(Debug, Clone, Copy)]
struct Frame {
    kind: Kind,
    /// The column of its keys or dashes.
    indent: usize,
}

impl Frame {
    /// Whether a line at a column, an item of a list or not, is no longer part of it.
    fn is_over(self, column: usize, is_item: bool) -> bool {
        // A list may stand at the column of its key.
        self.indent > column || (self.indent == column && self.kind == Kind::List && !is_item)
    }
}

/// What a line cannot be read as; the reader turns it into [`Beyond`].
struct Unsure;

type Sure<T> = Result<T, Unsure>;

/// A text as it was written, `start..end`.
#[derive(Clone, Copy)]
struct Written {
    start: usize,
    end: usize,
}

/// What a scalar of one line turned out to be.
enum Piece {
    /// A key; the colon stands at the end.
    Key,
    /// A value.
    Value,
}

impl Drop for BlockReader<'_> {
    fn drop(&mut self) {
        if self.dialect == Dialect::Kubectl {
            LINES.set(mem::take(&mut self.lines));
            BLOCKS.set(mem::take(&mut self.blocks));
        }
    }
}

impl<'t> BlockReader<'t> {
    /// The text has neither carriage returns nor byte order marks nor characters that YAML does
    /// not allow.
    pub(super) fn new(source: &'t Arc<Source>, dialect: Dialect) -> Self {
        let (mut lines, mut blocks) = (Lines::default(), Blocks::default());
        if dialect == Dialect::Kubectl {
            (lines, blocks) = (LINES.take(), BLOCKS.take());
            lines.expect(source.text.len());
            blocks.prepare(source);
        }
        Self {
            file: source.id,
            dialect,
            text: &source.text,
            whole: &source.text,
            at: 0,
            builder: TreeBuilder::of(source),
            frames: Vec::new(),
            pending: None,
            end: 0,
            scratch: String::new(),
            lines,
            first: 0,
            said: None,
            blocks,
            unfinished: Vec::new(),
        }
    }

    /// Reads the document that starts at a line, and says where the next one does. There is no
    /// tree of a document without content.
    pub(super) fn document(&mut self, start: usize) -> Result<(Option<Tree>, usize), Beyond> {
        (self.text, self.at) = (self.whole, start);
        let mut content = None;
        let beyond =
            |content: Option<usize>| Beyond::Document { content: content.unwrap_or(start) };
        let first_line = loop {
            let Some((line, first)) = self.next_line() else {
                return Ok((None, self.whole.len()));
            };
            if line != first || !is_marker(self.text, line) {
                break line;
            }
            if content.is_some() {
                return Ok((None, line));
            }
            self.at = first + 3;
            content = Some(self.at);
            self.end_of_line().map_err(|Unsure| beyond(content))?;
        };
        let next = next_document(self.whole, first_line);
        (self.text, self.at) = (&self.whole[..next], first_line);
        self.builder.clear();
        self.frames.clear();
        self.unfinished.clear();
        self.pending = None;
        self.end = offset(first_line);
        while let Some((line, first)) = self.next_line() {
            if line == first && self.is_directive_or_end(first) {
                return Err(Beyond::File);
            }
            self.line(first, first - line).map_err(|Unsure| beyond(content))?;
        }
        self.close_all().map_err(|Unsure| beyond(content))?;
        Ok((Some(self.builder.take()), next))
    }

    /// The byte at a position; at the end of the text a line end.
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b'\n')
    }

    /// Goes to the next line that is neither blank nor a comment: where it starts, and where its
    /// first character stands that is no space. `None` at the end of the text.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        let next = self.line_from(self.at);
        self.at = next.map_or(self.text.len(), |(line, _)| line);
        next
    }

    /// The first line that is neither blank nor a comment from the start of a line on.
    fn line_from(&self, start: usize) -> Option<(usize, usize)> {
        let bytes = self.text.as_bytes();
        let mut line = start;
        loop {
            let first = self.after_spaces(line);
            match bytes.get(first)? {
                b'\n' => line = first + 1,
                b'#' => line = self.after_line(first),
                _ => return Some((line, first)),
            }
        }
    }

    /// The start of the line after that of a position.
    fn after_line(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.text.as_bytes()[at..])
            .map_or(self.text.len(), |length| at + length + 1)
    }

    /// Whether the line starts with a directive or ends a document.
    fn is_directive_or_end(&self, line: usize) -> bool {
        match self.byte(line) {
            b'%' => true,
            b'.' => self.text[line..].starts_with("..."),
            _ => false,
        }
    }

    fn line(&mut self, first: usize, column: usize) -> Sure<()> {
        self.first = first;
        let is_item = self.is_dash(first);
        if let Some(colon) = self.pending.take() {
            let map = self.frames.last().ok_or(Unsure)?;
            if column > map.indent || (column == map.indent && is_item) {
                let kind = if is_item { Kind::List } else { Kind::Map };
                if self.block(Frame { kind, indent: column }, first)? {
                    return Ok(());
                }
            } else {
                self.null(colon)?;
            }
        }
        while self.frames.last().is_some_and(|frame| frame.is_over(column, is_item)) {
            self.close();
        }
        let frame = match self.frames.last() {
            Some(frame) => *frame,
            // What follows the end of the root.
            None if self.builder.next_index() > 0 => return Err(Unsure),
            None => match self.byte(first) {
                b'{' => return self.root_flow(first),
                _ if is_item => return Err(Unsure),
                _ => self.open(Kind::Map, column, first)?,
            },
        };
        if frame.indent != column {
            return Err(Unsure);
        }
        let Some(words) = self.lines.words(&self.whole.as_bytes()[first..]) else {
            self.said = None;
            return self.content(frame, first);
        };
        if let Some(line) = self.lines.find(&words) {
            self.at = first + words.length + 1;
            return self.repeat(line, frame, first);
        }
        self.said = Some(Line::EMPTY);
        self.content(frame, first)?;
        if let Some(line) = self.said {
            self.lines.keep(&words, line);
        }
        Ok(())
    }

    /// The block below a key: whether it was read as a whole, since it is known.
    fn block(&mut self, frame: Frame, first: usize) -> Sure<bool> {
        let Frame { kind, indent } = frame;
        let (key, text) = (self.builder.key_symbol(), &self.whole.as_bytes()[first..]);
        let (print, depth) = (self.blocks.print(key, indent, text), self.frames.len());
        let known = print.and_then(|print| self.blocks.find(print));
        let known = known.filter(|known| known.column == indent && known.depth >= depth);
        if let Some(known) = known
            && let Some(says) = &known.says
            && let Some(end) = known.end_in(self.whole, first..self.text.len())
            && let next = self.line_from(end)
            && next.is_none_or(|(line, at)| frame.is_over(at - line, self.is_dash(at)))
        {
            self.at = end;
            self.end = self.builder.written_subtree(says, offset(first));
            return Ok(true);
        }
        self.open(kind, indent, first)?;
        self.unfinished.extend(print.map(|print| Block::new(print, offset(first), indent, depth)));
        Ok(false)
    }

    /// A line of a map or a list.
    fn content(&mut self, frame: Frame, first: usize) -> Sure<()> {
        match frame.kind {
            Kind::List => self.item(first, frame.indent),
            _ => self.entry(first, frame.indent),
        }
    }

    /// A line that is known.
    fn repeat(&mut self, line: Line, frame: Frame, first: usize) -> Sure<()> {
        let at = |place: u8| first + usize::from(place);
        if (line.item > 0) != (frame.kind == Kind::List) {
            return Err(Unsure);
        }
        if let Some(LineKey { symbol, end, is_quoted }) = line.key {
            if line.item > 0 {
                self.open(Kind::Map, frame.indent + usize::from(line.item), at(line.item))?;
            }
            let end = offset(at(end));
            self.builder.known_key(symbol, offset(at(line.item)), end, is_quoted);
            if !self.builder.is_new_key(MANY_KEYS) {
                return Err(Unsure);
            }
            if line.value.is_none() {
                self.pending = Some(end);
            }
        }
        if let Some(LineValue { kind, style, start, end }) = line.value {
            self.end = offset(at(end));
            self.builder.written_scalar(kind, style, offset(at(start)), self.end);
        }
        Ok(())
    }

    /// Where in the line a position stands, if the line is to be kept.
    fn place(&self, at: usize) -> u8 {
        // Lines that are kept are short.
        u8::try_from(at - self.first).unwrap_or(u8::MAX)
    }

    /// A whole document in braces, such as JSON.
    fn root_flow(&mut self, first: usize) -> Sure<()> {
        self.at = first;
        self.flow(None, 0)?;
        self.end_of_line()
    }

    /// Whether a dash stands there that starts an item of a list.
    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && matches!(self.byte(at + 1), b' ' | b'\n')
    }

    fn open(&mut self, kind: Kind, indent: usize, start: usize) -> Sure<Frame> {
        if self.frames.len() == MAX_DEPTH {
            return Err(Unsure);
        }
        let frame = Frame { kind, indent };
        self.builder.open_written(kind, offset(start));
        self.frames.push(frame);
        Ok(frame)
    }

    fn close(&mut self) {
        self.frames.pop();
        let index = self.builder.innermost();
        self.builder.close_written(self.end);
        let depth = self.frames.len();
        if let Some(block) = self.unfinished.pop_if(|block| block.depth == depth) {
            let end = offset(self.after_line(self.end as usize));
            let says = || self.builder.subtree(index?);
            self.blocks.keep(self.whole, block, end, says);
        }
    }

    fn close_all(&mut self) -> Sure<()> {
        if let Some(colon) = self.pending.take() {
            self.null(colon)?;
        }
        while !self.frames.is_empty() {
            self.close();
        }
        Ok(())
    }

    /// What the file holds there.
    fn origin(&self, start: usize, end: usize) -> Origin {
        Origin::Written(Span { file: self.file, start: offset(start), end: offset(end) })
    }

    fn null(&mut self, colon: u32) -> Sure<()> {
        if self.dialect == Dialect::Strict {
            return Err(Unsure);
        }
        self.builder.written_scalar(Kind::Null, Style::Plain, colon, colon);
        self.end = colon;
        Ok(())
    }

    /// An item of a list, from its dash.
    fn item(&mut self, dash: usize, column: usize) -> Sure<()> {
        let (mut dash, mut column) = (dash, column);
        loop {
            let start = self.after_spaces(dash + 1);
            let inner = column + start - dash;
            let place = self.place(start);
            if let Some(said) = &mut self.said {
                said.item = place;
            }
            match self.byte(start) {
                b'\n' | b'#' | b'\t' => return Err(Unsure),
                b'{' | b'[' => {
                    self.at = start;
                    self.flow(Some(column), 0)?;
                    return self.end_of_line();
                }
                b'|' => return self.literal(start, column),
                b'-' if self.is_dash(start) => {
                    self.said = None;
                    self.open(Kind::List, inner, start)?;
                    (dash, column) = (start, inner);
                }
                _ => {
                    let (written, style, piece) = self.scalar(start)?;
                    if matches!(piece, Piece::Key) {
                        self.open(Kind::Map, inner, start)?;
                        return self.keyed(written, style, inner);
                    }
                    self.value(written, style)?;
                    return self.end_of_line();
                }
            }
        }
    }

    /// An entry of a map, from its key.
    fn entry(&mut self, first: usize, column: usize) -> Sure<()> {
        let (written, style, piece) = self.scalar(first)?;
        match piece {
            Piece::Key => self.keyed(written, style, column),
            Piece::Value => Err(Unsure),
        }
    }

    /// A key that was read, and what follows its colon.
    fn keyed(&mut self, key: Written, style: Style, column: usize) -> Sure<()> {
        let colon = self.at;
        self.key(key, style)?;
        let start = self.after_spaces(colon + 1);
        match self.byte(start) {
            first @ (b'\n' | b'#') => {
                let is_over = first == b'\n' && start < self.text.len();
                self.at = if is_over { start + 1 } else { self.after_line(start) };
                self.pending = Some(offset(colon));
                Ok(())
            }
            b'{' | b'[' => {
                self.at = start;
                self.flow(Some(column), 0)?;
                self.end_of_line()
            }
            b'|' => self.literal(start, column),
            _ => {
                let (written, style, piece) = self.scalar(start)?;
                if matches!(piece, Piece::Key) {
                    return Err(Unsure);
                }
                self.value(written, style)?;
                self.end_of_line()
            }
        }
    }

    /// The first byte from a position on that is no space.
    fn after_spaces(&self, at: usize) -> usize {
        self.after_at_most(at, usize::MAX)
    }

    /// Goes to the next line, where nothing but a comment stands on the rest of this one.
    fn end_of_line(&mut self) -> Sure<()> {
        if self.text.as_bytes().get(self.at) == Some(&b'\n') {
            self.at += 1;
            return Ok(());
        }
        let rest = self.after_spaces(self.at);
        match self.byte(rest) {
            b'\n' => self.at = (rest + 1).min(self.text.len()),
            b'#' if rest > self.at => self.at = self.after_line(rest),
            _ => return Err(Unsure),
        }
        Ok(())
    }

    /// A plain or quoted scalar on one line of a block. Afterwards the reader stands at the
    /// colon of a key, or behind a value.
    fn scalar(&mut self, start: usize) -> Sure<(Written, Style, Piece)> {
        if matches!(self.byte(start), b'"' | b'\'') {
            let written = self.quoted(start)?;
            let is_key = self.byte(self.at) == b':' && is_blank(self.byte(self.at + 1));
            return Ok((written, Style::Quoted, if is_key { Piece::Key } else { Piece::Value }));
        }
        if !self.starts_plain(start) {
            return Err(Unsure);
        }
        let mut at = start;
        let piece = loop {
            at += self.text.as_bytes().get(at..).map_or(0, plain_run);
            match self.byte(at) {
                b'\n' => break Piece::Value,
                b':' if is_blank(self.byte(at + 1)) => break Piece::Key,
                // A comment is told from the text by the space before it.
                b'#' if self.byte(at - 1) == b' ' => break Piece::Value,
                b'\t' => return Err(Unsure),
                _ => at += 1,
            }
        };
        self.plain(start, at, piece)
    }

    /// A plain scalar that ends before a position. Afterwards the reader stands there, without
    /// the spaces in between.
    fn plain(&mut self, start: usize, at: usize, piece: Piece) -> Sure<(Written, Style, Piece)> {
        let mut end = at;
        while self.byte(end - 1) == b' ' {
            end -= 1;
        }
        if matches!(piece, Piece::Key) && (end < at || end - start > LONGEST_KEY) {
            return Err(Unsure);
        }
        self.at = end;
        Ok((Written { start, end }, Style::Plain, piece))
    }

    /// Whether a plain scalar can start there.
    fn starts_plain(&self, at: usize) -> bool {
        match self.byte(at) {
            b'-' | b'?' | b':' => !is_blank(self.byte(at + 1)) && self.byte(at + 1) != b'\t',
            first => CLASSES[first as usize] & NO_START == 0,
        }
    }

    /// A quoted scalar on one line; what it says lies in `scratch` if it has escapes. Afterwards
    /// the reader stands behind the closing quote.
    fn quoted(&mut self, start: usize) -> Sure<Written> {
        let bytes = self.text.as_bytes();
        let quote = bytes[start];
        self.scratch.clear();
        let mut kept = start + 1;
        let mut at = kept;
        loop {
            match *bytes.get(at).ok_or(Unsure)? {
                b'\n' => return Err(Unsure),
                byte if byte == quote => {
                    if quote == b'"' || bytes.get(at + 1) != Some(&b'\'') {
                        break;
                    }
                    self.scratch.push_str(&self.text[kept..=at]);
                    at += 2;
                    kept = at;
                }
                b'\\' if quote == b'"' => {
                    self.scratch.push_str(&self.text[kept..at]);
                    at += self.escape(at + 1)?;
                    kept = at;
                }
                _ => at += 1,
            }
        }
        if kept > start + 1 {
            self.scratch.push_str(&self.text[kept..at]);
        }
        self.at = at + 1;
        Ok(Written { start, end: at + 1 })
    }

    /// Adds what the escape after a backslash stands for: how long both are.
    fn escape(&mut self, at: usize) -> Sure<usize> {
        let character = match self.byte(at) {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            same @ (b'"' | b'\\' | b'/') => char::from(same),
            b'u' => {
                let digits = self.text.get(at + 1..at + 5).ok_or(Unsure)?;
                if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(Unsure);
                }
                let code = u32::from_str_radix(digits, 16).map_err(|_| Unsure)?;
                self.scratch.push(char::from_u32(code).ok_or(Unsure)?);
                return Ok("\\uXXXX".len());
            }
            _ => return Err(Unsure),
        };
        self.scratch.push(character);
        Ok("\\n".len())
    }

    fn key(&mut self, key: Written, style: Style) -> Sure<()> {
        let is_quoted = style == Style::Quoted;
        if is_quoted && key.end - key.start > LONGEST_KEY {
            return Err(Unsure);
        }
        self.builder.written_key(offset(key.start), offset(key.end), is_quoted);
        if is_quoted {
            if !self.scratch.is_empty() {
                self.said = None;
                self.builder.key(&self.scratch, self.origin(key.start, key.end));
            }
        } else if !self.builder.key_symbol().is_name() {
            let text = &self.text[key.start..key.end];
            if text == "<<" {
                return Err(Unsure);
            }
            if !scalar::is_text_to_all(text) {
                if self.dialect == Dialect::Strict {
                    return Err(Unsure);
                }
                let text = scalar::kubectl_key(text).ok_or(Unsure)?;
                self.said = None;
                self.builder.key(&text, self.origin(key.start, key.end));
            }
        }
        let end = self.place(key.end);
        if let Some(said) = &mut self.said {
            said.key = Some(LineKey { symbol: self.builder.key_symbol(), end, is_quoted });
        }
        if self.builder.is_new_key(MANY_KEYS) { Ok(()) } else { Err(Unsure) }
    }

    fn value(&mut self, value: Written, style: Style) -> Sure<()> {
        self.end = offset(value.end);
        if style == Style::Quoted {
            if self.scratch.is_empty() {
                self.value_as_written(Kind::Str, value, style);
            } else {
                self.said = None;
                let at = self.origin(value.start, value.end);
                self.builder.styled_scalar(Kind::Str, style, &self.scratch, at);
            }
            return Ok(());
        }
        let written = &self.text[value.start..value.end];
        if scalar::is_text_to_all(written) {
            self.value_as_written(Kind::Str, value, style);
            return Ok(());
        }
        let Scalar { kind, text, objection } = match self.dialect {
            Dialect::Strict => scalar::strict(written),
            Dialect::Kubectl => scalar::kubectl(written),
        };
        if objection.is_some() || (kind == Kind::Null && self.dialect == Dialect::Strict) {
            return Err(Unsure);
        }
        if text == written {
            self.value_as_written(kind, value, style);
        } else {
            self.said = None;
            self.builder.styled_scalar(kind, style, &text, self.origin(value.start, value.end));
        }
        Ok(())
    }

    /// A value that stands there as it reads.
    fn value_as_written(&mut self, kind: Kind, Written { start, end }: Written, style: Style) {
        self.builder.written_scalar(kind, style, offset(start), offset(end));
        let (start, end) = (self.place(start), self.place(end));
        if let Some(said) = &mut self.said {
            said.value = Some(LineValue { kind, style, start, end });
        }
    }

    /// A flow map or list, from its bracket. In a block at a column its lines are indented
    /// further; where it is the whole document they are not.
    fn flow(&mut self, column: Option<usize>, depth: usize) -> Sure<()> {
        if self.frames.len() + depth >= MAX_DEPTH {
            return Err(Unsure);
        }
        self.said = None;
        let start = self.at;
        let is_map = self.byte(start) == b'{';
        let (kind, end) = if is_map { (Kind::Map, b'}') } else { (Kind::List, b']') };
        self.builder.open_written(kind, offset(start));
        self.at += 1;
        self.flow_space(column)?;
        let mut is_over = self.byte(self.at) == end;
        while !is_over {
            if is_map {
                let (written, style, piece) = self.flow_scalar(self.at)?;
                if !matches!(piece, Piece::Key) {
                    return Err(Unsure);
                }
                self.key(written, style)?;
                self.at += 1;
                self.flow_space(column)?;
            }
            if matches!(self.byte(self.at), b'{' | b'[') {
                self.flow(column, depth + 1)?;
            } else {
                let (written, style, piece) = self.flow_scalar(self.at)?;
                if matches!(piece, Piece::Key) {
                    return Err(Unsure);
                }
                self.value(written, style)?;
            }
            self.flow_space(column)?;
            is_over = self.byte(self.at) == end;
            if !is_over {
                if self.byte(self.at) != b',' {
                    return Err(Unsure);
                }
                self.at += 1;
                self.flow_space(column)?;
            }
        }
        self.at += 1;
        self.end = offset(self.at);
        self.builder.close_written(self.end);
        Ok(())
    }

    /// A plain or quoted scalar on one line of a flow collection, as [`scalar`](Self::scalar).
    fn flow_scalar(&mut self, start: usize) -> Sure<(Written, Style, Piece)> {
        if matches!(self.byte(start), b'"' | b'\'') {
            let written = self.quoted(start)?;
            // After quotes a colon needs no space.
            let is_key = self.byte(self.at) == b':';
            return Ok((written, Style::Quoted, if is_key { Piece::Key } else { Piece::Value }));
        }
        let is_flow = |byte| matches!(byte, b',' | b'[' | b']' | b'{' | b'}');
        let first = self.byte(start);
        if !self.starts_plain(start)
            || matches!(first, b'?' | b':')
            || (first == b'-' && is_flow(self.byte(start + 1)))
        {
            return Err(Unsure);
        }
        let mut at = start;
        let piece = loop {
            let rest = self.text.as_bytes().get(at..).unwrap_or_default();
            let ends = |byte: &u8| CLASSES[usize::from(*byte)] & IN_FLOW != 0;
            at += rest.iter().position(ends).unwrap_or(rest.len());
            match self.byte(at) {
                b'\n' | b',' | b']' | b'}' => break Piece::Value,
                b':' if is_blank(self.byte(at + 1)) => break Piece::Key,
                b':' if is_flow(self.byte(at + 1)) => return Err(Unsure),
                b'#' if self.byte(at - 1) == b' ' => return Err(Unsure),
                b'\t' | b'[' | b'{' => return Err(Unsure),
                _ => at += 1,
            }
        };
        self.plain(start, at, piece)
    }

    /// Goes to what follows spaces and line ends in a flow collection.
    fn flow_space(&mut self, column: Option<usize>) -> Sure<()> {
        let bytes = self.text.as_bytes();
        let mut line = None;
        loop {
            match bytes.get(self.at) {
                Some(b' ') => self.at += 1,
                Some(b'\t') if column.is_none() => self.at += 1,
                Some(b'\n') => {
                    self.at += 1;
                    line = Some(self.at);
                }
                None | Some(b'\t' | b'#') => return Err(Unsure),
                Some(_) => break,
            }
        }
        match (line, column) {
            (Some(line), Some(column)) if self.at - line <= column => Err(Unsure),
            (Some(line), None) if self.is_directive_or_end(line) => Err(Unsure),
            _ => Ok(()),
        }
    }

    /// A literal block, from its `|`, as a value in a block at a column.
    fn literal(&mut self, bar: usize, column: usize) -> Sure<()> {
        self.said = None;
        let bytes = self.text.as_bytes();
        let keep = self.byte(bar + 1);
        self.at = if matches!(keep, b'-' | b'+') { bar + 2 } else { bar + 1 };
        self.end_of_line()?;
        // Blank lines before the first line count, but cannot say how far the text is indented.
        let mut at = self.at;
        let (mut widest, mut ends) = (0, 0);
        let first = loop {
            let first = self.after_spaces(at);
            match bytes.get(first) {
                None | Some(b'\t') => return Err(Unsure),
                Some(b'\n') => {
                    widest = widest.max(first - at);
                    ends += 1;
                    at = first + 1;
                }
                Some(_) => break first,
            }
        };
        let indent = first - at;
        if indent <= column || widest > indent {
            return Err(Unsure);
        }
        self.scratch.clear();
        let mut last = first;
        // Line ends after the last line of text are kept by `+` alone.
        while at < bytes.len() {
            let start = self.after_at_most(at, indent);
            if bytes.get(start) == Some(&b'\n') {
                ends += 1;
                at = start + 1;
                continue;
            }
            if start - at < indent {
                // A tab would have to be told from a line of text.
                if bytes.get(start) == Some(&b'\t') {
                    return Err(Unsure);
                }
                break;
            }
            let after = self.after_line(start);
            if bytes[after - 1] != b'\n' {
                return Err(Unsure);
            }
            self.scratch.extend(std::iter::repeat_n('\n', ends));
            self.scratch.push_str(&self.text[start..after - 1]);
            last = after - 1;
            ends = 1;
            at = after;
        }
        match keep {
            b'-' => {}
            b'+' => self.scratch.extend(std::iter::repeat_n('\n', ends)),
            _ => self.scratch.push('\n'),
        }
        let end = first + self.text[first..last].trim_end().len();
        let origin = self.origin(first, end);
        self.builder.styled_scalar(Kind::Str, Style::Block, &self.scratch, origin);
        self.end = offset(end);
        self.at = at;
        Ok(())
    }

    /// The first byte from a position on that is no space, but at most so many bytes further.
    fn after_at_most(&self, at: usize, most: usize) -> usize {
        let bytes = self.text.as_bytes().get(at..).unwrap_or_default();
        at + spaces(bytes).min(most)
    }
}

/// How many spaces bytes start with, looked for eight at a time.
fn spaces(bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Some(word) = bytes[count..].first_chunk() {
        let others = u64::from_le_bytes(*word) ^ lanes(b' ');
        if others != 0 {
            return count + bytes_before(others);
        }
        count += 8;
    }
    count + bytes[count..].iter().take_while(|byte| **byte == b' ').count()
}

/// How many bytes come before the first that may end a plain scalar in a block: a colon, a hash,
/// a tab or the end of the line.
fn plain_run(bytes: &[u8]) -> usize {
    // The highest bit of the lowest lane that is below a bound, and perhaps of some above it. The
    // text has no other control characters than tabs and line ends.
    let below = |word: u64, bound: u8| word.wrapping_sub(lanes(bound)) & !word & lanes(0x80);
    let mut at = 0;
    while let Some(word) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*word);
        let ends = below(word, b' ') | below(word ^ lanes(b':'), 1) | below(word ^ lanes(b'#'), 1);
        if ends != 0 {
            return at + bytes_before(ends);
        }
        at += 8;
    }
    let ends = |byte: &u8| matches!(byte, b':' | b'#' | ..b' ');
    bytes[at..].iter().position(ends).map_or(bytes.len(), |end| at + end)
}

/// What a document other than the first starts with.
static LINE_OF_DASHES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\n---"));

/// Where the next document after a position starts: at its `---`, or else at the end.
pub(super) fn next_document(text: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(found) = LINE_OF_DASHES.find(&text.as_bytes()[at..]) {
        at += found + 1;
        if is_marker(text, at) {
            return at;
        }
    }
    text.len()
}

/// What ends a key after its colon.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n')
}

/// Whether the line that starts there separates documents.
fn is_marker(text: &str, line: usize) -> bool {
    let rest = &text.as_bytes()[line..];
    rest.starts_with(b"---") && rest.get(3).is_none_or(|byte| matches!(byte, b' ' | b'\n' | b'\t'))
}

#[cfg(test)]
mod tests;
