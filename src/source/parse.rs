//! YAML text to trees.
//!
//! The grammar is granit-parser's, which yields events with byte offsets. This module builds
//! [`Tree`]s from them and refuses what is YAML but no sound input: duplicate keys, ambiguous
//! scalars, nulls, tags, bombs of aliases or of nesting.

#![expect(clippy::disallowed_types, reason = "these maps are looked up, never walked")]

mod block;

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{
    ErrorKind, Event, Parser, ScalarStyle, ScanError, StrInput, StructureStyle, Tag,
};
use indexmap::IndexMap;
use memchr::memmem;

use self::block::{Beyond, BlockReader};
use super::scalar::{self, Scalar};
use super::{FileId, Kind, NodeRef, Origin, Source, Span, Style, Tree, TreeBuilder};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// Largest size of a file in bytes. Nobody writes the language in files of that size; what a
/// cluster is asked for in one go (`kubectl get --all-namespaces`) can be far larger.
const fn max_bytes(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Strict => 32 << 20,
        Dialect::Kubectl => 512 << 20,
    }
}
/// How deep maps and lists may nest; Kubernetes' deepest types, schemas inside of CRDs, stay
/// well below.
const MAX_DEPTH: usize = 100;
/// How many values aliases may repeat in a file, or one for so many of its bytes.
const MAX_REPEATED: usize = 100_000;
const BYTES_TO_REPEAT_ONE: usize = 16;
/// How many bytes of keys and texts they may repeat, or as many as the file has.
const MAX_REPEATED_BYTES: usize = 8 << 20;
/// How many unquoted expressions are looked for in one file; each costs another pass.
const MAX_UNQUOTED: usize = 50;

/// Whose YAML it is: how plain scalars resolve, and what is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// gen's own files: one document, nothing that YAML readers disagree about, no nulls, tags
    /// or merge keys.
    Strict,
    /// Manifests from elsewhere, read as kubectl reads them: YAML 1.1 as go-yaml v2 does it,
    /// any number of documents, null means absent. What kubectl lets pass in silence, a
    /// duplicate key, is refused all the same.
    Kubectl,
}

/// Reads a file: a tree for each document whose syntax is sound, and all that is wrong.
///
/// Every value and key knows its bytes in the file; a map or list spans from its first byte to
/// the last byte of its last child. What an alias repeats keeps the place of its anchor. After a
/// syntax error reading goes on at the next document. Trees that come along with errors hold the
/// most likely meaning, so that later phases can look for more errors; [`Kind::Null`] appears in
/// a strict tree only together with an error.
#[must_use]
pub fn parse(source: &Arc<Source>, dialect: Dialect) -> (Vec<Tree>, Diagnostics) {
    parse_with(source, dialect, Way::Fast)
}

/// The same as [`parse`], by the full parser alone: what the fast way is compared with.
#[must_use]
pub fn parse_in_full(source: &Arc<Source>, dialect: Dialect) -> (Vec<Tree>, Diagnostics) {
    parse_with(source, dialect, Way::Full)
}

/// Some documents of a file of manifests, whole and one after another.
#[derive(Debug)]
pub struct Part {
    source: Arc<Source>,
    range: Range<usize>,
}

/// About how many bytes a part has: what comes of them stays in a processor's cache for a while.
const PART: usize = 64 << 10;

impl Part {
    /// The parts of a file, in order. A file whose documents depend on each other is one part.
    #[must_use]
    pub fn all(source: &Arc<Source>) -> Vec<Self> {
        let part = |range| Self { source: Arc::clone(source), range };
        let text = &source.text;
        if text.len() <= PART || !is_made_of_documents(source) {
            return vec![part(0..text.len())];
        }
        let mut parts = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = block::next_document(text, text.len().min(start + PART));
            parts.push(part(start..end));
            start = end;
        }
        parts
    }

    /// Reads its documents, as [`parse`] reads those of a whole file.
    #[must_use]
    pub fn parse(&self) -> (Vec<Tree>, Diagnostics) {
        let Self { source, range } = self;
        if *range == (0..source.text.len()) {
            return parse(source, Dialect::Kubectl);
        }
        let mut reader = Reader::new(source.id, &source.text, Dialect::Kubectl);
        reader.read_blocks(source, range.clone());
        (reader.trees, reader.diagnostics)
    }
}

/// Whether the documents of a file of manifests can be read one by one, each for itself.
fn is_made_of_documents(source: &Source) -> bool {
    let (text, dialect) = (source.text.as_str(), Dialect::Kubectl);
    let directives_and_ends = ["\n%", "\n..."];
    text.len() <= max_bytes(dialect)
        && is_common(text)
        && check_characters(source.id, text, dialect, &mut Diagnostics::default())
        && directives_and_ends.iter().all(|line| {
            !text.starts_with(line.trim_start())
                && memmem::find(text.as_bytes(), line.as_bytes()).is_none()
        })
}

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Documents of the block subset by [`BlockReader`], others by the full parser.
    Fast,
    /// All by the full parser.
    Full,
}

fn parse_with(source: &Arc<Source>, dialect: Dialect, way: Way) -> (Vec<Tree>, Diagnostics) {
    let (file, text) = (source.id, &source.text);
    let mut before = Diagnostics::default();
    let most = max_bytes(dialect);
    if text.len() > most {
        let message = format!("the file has {} bytes, more than {most}", text.len());
        let at = Span { file, start: 0, end: 0 };
        before.push(Diagnostic::error(Code::TooLarge, at, message).help("split the file"));
        return (Vec::new(), before);
    }
    let mut text = Cow::Borrowed(text.as_str());
    if !check_characters(file, &text, dialect, &mut before) {
        text = Cow::Owned(text.chars().map(blotted).collect());
    }
    for _ in 0..MAX_UNQUOTED {
        let mut reader = Reader::new(file, &text, dialect);
        let fast = way == Way::Fast && matches!(text, Cow::Borrowed(_)) && is_common(&text);
        if !fast || !reader.read_blocks(source, 0..text.len()) {
            reader.read();
        }
        let Reader { trees, diagnostics, unquoted, .. } = reader;
        let Some(span) = unquoted else {
            // The tree of a text that was blotted out in part would lead to more errors.
            let trees = if matches!(text, Cow::Borrowed(_)) { trees } else { Vec::new() };
            before.append(diagnostics);
            return (trees, before);
        };
        before.push(unquoted_expression(&text, span));
        let mut blotted = text.into_owned();
        let range = span.start as usize..span.end as usize;
        blotted.replace_range(range.clone(), &"x".repeat(range.len()));
        text = Cow::Owned(blotted);
    }
    (Vec::new(), before)
}

/// Whether the text has neither carriage returns nor byte order marks: to read it fast, nobody
/// has to think of them.
fn is_common(text: &str) -> bool {
    /// The first byte of a byte order mark, and of some rare characters.
    const FIRST_OF_MARK: u8 = 0xef;
    let bytes = text.as_bytes();
    let mut suspects = memchr::memchr2_iter(b'\r', FIRST_OF_MARK, bytes);
    !suspects.any(|at| bytes[at] == b'\r' || text[at..].starts_with('\u{feff}'))
}

/// Objects to characters that gen's own files do not allow, and to those that YAML allows
/// nowhere; `false` when there are some of the latter.
fn check_characters(
    file: FileId,
    text: &str,
    dialect: Dialect,
    diagnostics: &mut Diagnostics,
) -> bool {
    let at =
        |start: usize, len: usize| Span { file, start: offset(start), end: offset(start + len) };
    if dialect == Dialect::Strict && text.starts_with('\u{feff}') {
        let message = "the file starts with a byte order mark";
        diagnostics.push(
            Diagnostic::error(Code::ByteOrderMark, at(0, 3), message)
                .help("save the file as UTF-8 without a byte order mark")
                .suggest(at(0, 3), ""),
        );
    }
    let mut carriage_return = dialect == Dialect::Strict;
    let mut next = 0;
    while let Some(start) = next_uncommon(text.as_bytes(), next) {
        let Some(character) = text[start..].chars().next() else { break };
        next = start + character.len_utf8();
        match character {
            '\r' if carriage_return => {
                carriage_return = false;
                let message = "the line ends with a carriage return (CRLF)";
                diagnostics.push(
                    Diagnostic::error(Code::CarriageReturn, at(start, 1), message)
                        .help("save the file with LF as the end of each line"),
                );
            }
            _ if is_allowed(character) => {}
            _ => {
                let code = u32::from(character);
                let message = format!("the control character U+{code:04X} stands in the text");
                let span = at(start, character.len_utf8());
                diagnostics.push(
                    Diagnostic::error(Code::ControlCharacter, span, message)
                        .help(format!("write it as `\\u{code:04x}` in double quotes")),
                );
                return false;
            }
        }
    }
    true
}

/// Where the next byte stands, from a position on, that neither ends a line nor is a character of
/// ASCII to be seen. Those of the rest are few, so that the others are passed many at a time.
fn next_uncommon(bytes: &[u8], from: usize) -> Option<usize> {
    const STEP: usize = 64;
    let is_common = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
    let mut at = from;
    for step in bytes[from..].chunks(STEP) {
        // Without a way out of the loop the compiler compares many bytes at once.
        if !step.iter().fold(true, |all, byte| all & is_common(byte)) {
            return step.iter().position(|byte| !is_common(byte)).map(|first| at + first);
        }
        at += step.len();
    }
    None
}

/// Whether YAML allows the character; go-yaml and YAML 1.2 agree.
fn is_allowed(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..
    )
}

/// A character as it is, or one of as many bytes that YAML allows.
fn blotted(character: char) -> char {
    match character.len_utf8() {
        _ if is_allowed(character) => character,
        1 => 'x',
        2 => '\u{a1}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

fn unquoted_expression(text: &str, span: Span) -> Diagnostic {
    let value = &text[span.start as usize..span.end as usize];
    let quoted = if value.contains(['"', '\\']) {
        format!("'{}'", value.replace('\'', "''"))
    } else {
        format!("\"{value}\"")
    };
    Diagnostic::error(
        Code::UnquotedExpression,
        span,
        "an expression inside `{ }` or `[ ]` needs quotes",
    )
    .help(format!("write `{quoted}`"))
    .suggest(span, quoted)
}

/// An offset into a file whose size was checked.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    /// Where the parser started to read.
    base: usize,
    dialect: Dialect,
    diagnostics: Diagnostics,
    trees: Vec<Tree>,
    /// The value around an unquoted expression that stopped the parser.
    unquoted: Option<Span>,
    /// The last scalar, where an unquoted expression starts.
    last_scalar: Span,
    /// How many nodes aliases repeated.
    repeated: usize,
    /// How many bytes of keys and texts they repeated.
    repeated_bytes: usize,
}

/// Why a document ends before its end.
enum Stop {
    /// The parser could not go on; a diagnostic says why.
    Syntax,
    /// A budget is used up; a diagnostic says which.
    Budget,
}

impl<'t> Reader<'t> {
    fn new(file: FileId, text: &'t str, dialect: Dialect) -> Self {
        Self {
            file,
            text,
            base: 0,
            dialect,
            diagnostics: Diagnostics::default(),
            trees: Vec::new(),
            unquoted: None,
            last_scalar: Span { file, start: 0, end: 0 },
            repeated: 0,
            repeated_bytes: 0,
        }
    }

    fn read(&mut self) {
        let mut parser = self.parser();
        let mut documents = 0;
        loop {
            let stop = match parser.next_event() {
                None | Some(Ok((Event::StreamEnd, _))) => break,
                Some(Ok((Event::DocumentStart(..), span))) => {
                    documents += 1;
                    self.last_scalar = self.span(&span).start_point();
                    if self.dialect == Dialect::Strict && documents > 1 {
                        self.second_document(self.span(&span));
                        return;
                    }
                    self.document(&mut parser)
                }
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(self.syntax_error(&error)),
            };
            if stop.is_err() {
                match parser.proceed_next_document() {
                    Ok(true) if self.unquoted.is_none() => {}
                    _ => return,
                }
            }
        }
        let nothing = documents == 0 && self.diagnostics.is_empty();
        if nothing && self.dialect == Dialect::Strict {
            self.empty();
        }
    }

    /// Reads documents of the block subset, and others one by one with the full parser;
    /// `false` where that would not do, and nothing was read.
    fn read_blocks(&mut self, source: &Arc<Source>, range: Range<usize>) -> bool {
        let mut reader = BlockReader::new(source, self.dialect);
        if self.dialect == Dialect::Strict {
            let Ok((Some(tree), next)) = reader.document(0) else { return false };
            let is_all = next == self.text.len();
            self.trees.extend(is_all.then_some(tree));
            return is_all;
        }
        let mut at = range.start;
        while at < range.end {
            at = match reader.document(at) {
                Ok((tree, next)) => {
                    self.trees.extend(tree);
                    next
                }
                Err(Beyond::Document { content }) => {
                    let next = block::next_document(self.text, content);
                    let segment = &self.text[at..next];
                    if ["\n...", "\n%"].iter().any(|line| segment.contains(line)) {
                        return self.forget();
                    }
                    self.read_one(at, next);
                    next
                }
                Err(Beyond::File) => return self.forget(),
            };
        }
        true
    }

    fn forget(&mut self) -> bool {
        *self = Self::new(self.file, self.text, self.dialect);
        false
    }

    /// Reads the one document that starts at `start` and ends before `end`.
    fn read_one(&mut self, start: usize, end: usize) {
        self.base = start;
        // The parser sees all that follows, as it would have, had it come here by itself.
        let mut parser = self.parser();
        loop {
            match parser.next_event() {
                None | Some(Ok((Event::StreamEnd, _))) => return,
                Some(Ok((Event::DocumentStart(..), span))) => {
                    self.last_scalar = self.span(&span).start_point();
                    break;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    self.syntax_error(&error);
                    return;
                }
            }
        }
        if self.document(&mut parser).is_err() {
            return;
        }
        // Text may follow the end of the root; where it has no text, the next line shows it.
        if let Some(Err(error)) = parser.next_event()
            && self.position(&error) <= end
        {
            self.syntax_error(&error);
        }
    }

    fn parser(&self) -> Parser<'t, StrInput<'t>> {
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            disallow_directives: self.dialect == Dialect::Strict,
        };
        Parser::new_from_str_with_options(&self.text[self.base..], options)
    }

    /// Where an error is.
    fn position(&self, error: &ScanError) -> usize {
        let end = self.text.len();
        error.marker().byte_offset().map_or(end, |at| (at + self.base).min(end))
    }

    fn second_document(&mut self, marker: Span) {
        self.diagnostics.push(
            Diagnostic::error(Code::SeveralDocuments, marker, "a second document starts here")
                .help("move it to a file of its own, or remove the `---`"),
        );
    }

    fn empty(&mut self) {
        let start = Span { file: self.file, start: 0, end: 0 };
        self.diagnostics.push(
            Diagnostic::error(Code::EmptyFile, start, "the file has no content")
                .help("write at least one `key: value`, or remove the file"),
        );
    }

    fn document(&mut self, parser: &mut Parser<'t, StrInput<'t>>) -> Result<(), Stop> {
        let mut document = Document::default();
        loop {
            match parser.next_event() {
                None | Some(Ok((Event::DocumentEnd | Event::StreamEnd, _))) => break,
                Some(Ok((event, span))) => self.event(&mut document, event, &span)?,
                Some(Err(error)) => return Err(self.syntax_error(&error)),
            }
        }
        self.finish(document);
        Ok(())
    }

    fn finish(&mut self, document: Document<'t>) {
        if document.builder.next_index() == 0 || !document.frames.is_empty() {
            return;
        }
        let tree = document.builder.finish();
        let root = tree.root();
        if let (Kind::Null, Origin::Written(span)) = (root.kind(), root.at()) {
            if self.dialect == Dialect::Strict && span.start == span.end {
                self.empty();
            }
            return;
        }
        if root.kind() != Kind::Map {
            let what = if root.kind() == Kind::List { "a list" } else { "a single value" };
            if let Some(span) = root.at().span() {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::NotAMap,
                        span,
                        format!("the document is {what}, not a map"),
                    )
                    .help("write keys at the start of the line, such as `name: value`"),
                );
            }
            return;
        }
        let tree = if document.merges.is_empty() {
            tree
        } else {
            let mut merger =
                Merger { merges: &document.merges, diagnostics: &mut self.diagnostics };
            merger.merged(root)
        };
        self.trees.push(tree);
    }

    fn event(
        &mut self,
        document: &mut Document<'t>,
        event: Event<'t>,
        at: &granit_parser::Span,
    ) -> Result<(), Stop> {
        let span = self.span(at);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if span.start < span.end {
                    self.last_scalar = span;
                }
                let tag = self.tag(tag, at);
                let scalar = Written { text, style, tag, span: self.trimmed(span, style) };
                if document.awaits_key() {
                    self.key(document, scalar);
                } else {
                    self.value(document, &scalar, anchor);
                }
            }
            Event::MappingStart(style, anchor, tag) => {
                self.tag(tag, at);
                self.open(document, Kind::Map, style, anchor, span)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.tag(tag, at);
                self.open(document, Kind::List, style, anchor, span)?;
            }
            Event::MappingEnd | Event::SequenceEnd => document.close(span),
            Event::Alias(id) => self.alias(document, id, span)?,
            Event::UnresolvedAlias(name) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::Alias,
                        span,
                        format!("no anchor `&{name}` stands before the alias `*{name}`"),
                    )
                    .help(format!(
                        "write `\"*{name}\"` for the text, or `&{name}` before the value to repeat"
                    )),
                );
                document.no_value(span);
            }
            _ => {}
        }
        Ok(())
    }

    /// The tag of a node; reports it in the dialect that has none.
    fn tag(&mut self, tag: Option<Cow<'t, Tag>>, at: &granit_parser::Span) -> Option<Cow<'t, Tag>> {
        let tag = tag?;
        if self.dialect == Dialect::Kubectl {
            return Some(tag);
        }
        let span = at.tag_span().map_or_else(|| self.span(at), |span| self.span(&span));
        let message = format!("the tag `{}` is none of the language", tag.original());
        self.diagnostics.push(
            Diagnostic::error(Code::Tag, span, message)
                .help("leave it out; quotes make a value text"),
        );
        Some(tag)
    }

    fn key(&mut self, document: &mut Document<'t>, key: Written<'t>) {
        let span = key.span;
        let plain = key.style == ScalarStyle::Plain;
        let is_merge = plain && key.text == "<<" && key.yaml_tag().is_none_or(|tag| tag == "merge");
        if is_merge {
            if self.dialect == Dialect::Strict {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::MergeKey,
                        span,
                        "the merge key `<<` is none of the language",
                    )
                    .help("write the keys out, or use `defaults`"),
                );
                document.discard_entry();
            } else {
                document.merges.push(document.builder.next_index());
            }
            document.builder.key("<<", Origin::Written(span));
            document.expect_value(span);
            return;
        }
        let text = match self.key_text(&key) {
            Ok(text) => text,
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                if span.start == span.end {
                    document.discard_entry();
                    document.expect_value(span);
                    return;
                }
                key.text
            }
        };
        document.builder.key(&text, Origin::Written(span));
        if let Some(first) = document.first_of(text.clone(), span) {
            let message = format!("the key `{text}` stands twice in this map");
            self.diagnostics.push(
                Diagnostic::error(Code::DuplicateKey, span, message)
                    .label("again here")
                    .also(first, "first here")
                    .help("keep one of them"),
            );
            document.discard_entry();
        }
        document.expect_value(span);
    }

    fn key_text(&self, key: &Written<'t>) -> Result<Cow<'t, str>, Box<Diagnostic>> {
        if key.style != ScalarStyle::Plain || key.tag.is_some() {
            return Ok(key.text.clone());
        }
        let what = match self.dialect {
            Dialect::Strict => match scalar::strict(&key.text).kind {
                _ if scalar::is_text_to_all(&key.text) => return Ok(key.text.clone()),
                Kind::Null => "null, not text",
                Kind::Bool => "a boolean, not text",
                Kind::Int | Kind::Float => "a number, not text",
                _ => "not text to all YAML readers",
            },
            Dialect::Kubectl => match scalar::kubectl_key(&key.text) {
                Some(text) => return Ok(Cow::Owned(text.into_owned())),
                None if scalar::kubectl(&key.text).kind == Kind::Null => "null, not text",
                None => "a number that does not fit 64 bits",
            },
        };
        let written = self.slice(key.span);
        let message = if written.is_empty() {
            "a value without a key".to_owned()
        } else {
            format!("the key `{written}` is {what}")
        };
        let help = if written.is_empty() {
            "write the key before the `:`".to_owned()
        } else {
            format!("write `\"{written}\"`")
        };
        Err(Box::new(Diagnostic::error(Code::KeyNotText, key.span, message).help(help)))
    }

    fn value(&mut self, document: &mut Document<'t>, value: &Written<'t>, anchor: usize) {
        let span = value.span;
        let style = match value.style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
            _ => Style::Quoted,
        };
        let Scalar { kind, text, objection } = match (self.dialect, value.yaml_tag()) {
            (Dialect::Kubectl, Some(tag)) => scalar::kubectl_tagged(&value.text, &tag),
            // The tag is reported; the value is what it says.
            (Dialect::Strict, Some(tag)) => {
                Scalar { objection: None, ..scalar::kubectl_tagged(&value.text, &tag) }
            }
            _ if style != Style::Plain || value.tag.is_some() => Scalar::text(&*value.text),
            (Dialect::Strict, _) => scalar::strict(&value.text),
            (Dialect::Kubectl, _) => scalar::kubectl(&value.text),
        };
        if let Some(objection) = objection {
            let code = if value.tag.is_some() { Code::Tag } else { Code::AmbiguousScalar };
            let mut diagnostic =
                Diagnostic::error(code, span, objection.message).help(objection.help);
            if let Some(replacement) = objection.replacement {
                diagnostic = diagnostic.suggest(span, replacement);
            }
            self.diagnostics.push(diagnostic);
        }
        if kind == Kind::Null && self.dialect == Dialect::Strict {
            self.null(document, span);
        }
        let index = document.builder.next_index();
        document.builder.styled_scalar(kind, style, &text, Origin::Written(span));
        document.anchor(anchor, Anchor::Finished { index, height: 0 });
        document.finished(0, span.end);
    }

    fn null(&mut self, document: &Document<'t>, span: Span) {
        let written = self.slice(span);
        let key = document.frames.last().and_then(|frame| frame.key);
        let diagnostic = match (written.is_empty(), key) {
            // A whole document without a value is an empty file.
            (true, None) if document.frames.is_empty() => return,
            (true, Some(key)) => {
                let name = self.slice(key);
                Diagnostic::error(Code::NullValue, key, format!("`{name}` has no value"))
                    .help("write a value after the `:`, or leave the key out")
            }
            (true, None) => {
                let list = document.frames.last().map_or(0, |frame| frame.start.start);
                let dash = self.skip_blanks(document.end.max(list));
                let end = offset(self.text.len()).min(dash + 1);
                let dash = Span { start: dash, end, ..span };
                Diagnostic::error(Code::NullValue, dash, "the list item has no value")
                    .help("write a value after the `-`, or remove it")
            }
            (false, _) => Diagnostic::error(
                Code::NullValue,
                span,
                format!("`{written}` is null, not a value"),
            )
            .help("leave it out; empty text is `\"\"`, an empty map `{}`, an empty list `[]`"),
        };
        self.diagnostics.push(diagnostic);
    }

    fn open(
        &mut self,
        document: &mut Document<'t>,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), Stop> {
        if document.frames.len() == MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        if document.awaits_key() {
            let what = if kind == Kind::Map { "a map" } else { "a list" };
            self.diagnostics.push(
                Diagnostic::error(Code::KeyNotText, span, format!("{what} stands as a key"))
                    .help("write text as the key, in quotes if it starts with `{` or `[`"),
            );
            document.discard_entry();
        }
        if style == StructureStyle::Block {
            self.check_tab_before(span);
        }
        let key = document.frames.last().and_then(|frame| frame.key);
        let span = match key.filter(|_| kind == Kind::List && style == StructureStyle::Block) {
            Some(key) => Span { start: self.first_dash(key, span.start), ..span },
            None => span,
        };
        document.open(kind, style, anchor, span);
        Ok(())
    }

    /// Where a block list under a key starts: the parser names the first item where the dashes
    /// stand at the indentation of the key.
    fn first_dash(&self, key: Span, first_item: u32) -> u32 {
        let mut at = self.skip_blanks(key.end);
        loop {
            let rest = &self.text[at as usize..];
            let length = match rest.as_bytes().first() {
                Some(b':') => 1,
                // An anchor or a tag.
                Some(b'&' | b'!') => rest.find(char::is_whitespace).unwrap_or(rest.len()),
                Some(b'-') => return at.min(first_item),
                _ => return first_item,
            };
            at = self.skip_blanks(at + offset(length));
        }
    }

    /// The parser lets pass a tab before the first key of a block, where its width decides
    /// nothing.
    fn check_tab_before(&mut self, span: Span) {
        let before = &self.text[..span.start as usize];
        let line = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
        if line.trim().is_empty() && line.contains('\t') {
            let start = span.start - offset(line.len());
            self.tab(Span { start, end: span.start, ..span });
        }
    }

    fn alias(&mut self, document: &mut Document<'t>, id: usize, span: Span) -> Result<(), Stop> {
        let name = self.slice(span);
        if document.awaits_key() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::KeyNotText,
                    span,
                    format!("the alias `{name}` stands as a key"),
                )
                .help("write the key out, or quote it if it is text"),
            );
            document.discard_entry();
            document.expect_value(span);
            return Ok(());
        }
        let (index, height) = match document.anchors.get(&id) {
            Some(&Anchor::Finished { index, height }) => (index, height),
            Some(Anchor::Open { .. }) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::Alias,
                        span,
                        format!("the alias `{name}` stands inside the value that it repeats"),
                    )
                    .help("write the value out"),
                );
                document.no_value(span);
                return Ok(());
            }
            Some(Anchor::Discarded) => {
                document.no_value(span);
                return Ok(());
            }
            None => {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::Alias,
                        span,
                        format!("the alias `{name}` repeats a key, not a value"),
                    )
                    .help("write the text out"),
                );
                document.no_value(span);
                return Ok(());
            }
        };
        if document.frames.len() + height > MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        let size = document.builder.size(index);
        if let Err(message) = self.spend(size as usize, document.builder.bytes(index)) {
            self.diagnostics.push(
                Diagnostic::error(Code::TooLarge, span, message)
                    .help("write the values out, or repeat less"),
            );
            return Err(Stop::Budget);
        }
        document.repeat(index, size);
        document.finished(height, span.end);
        Ok(())
    }

    /// Counts what an alias repeats; an error says what is too much.
    fn spend(&mut self, values: usize, bytes: usize) -> Result<(), String> {
        let length = self.text.len();
        let most = MAX_REPEATED.max(length / BYTES_TO_REPEAT_ONE);
        self.repeated += values;
        if self.repeated > most {
            return Err(format!("aliases repeat more than {most} values"));
        }
        let most = MAX_REPEATED_BYTES.max(length);
        self.repeated_bytes += bytes;
        if self.repeated_bytes > most {
            return Err(format!("aliases repeat more than {most} bytes"));
        }
        Ok(())
    }

    fn too_deep(&mut self, span: Span) -> Stop {
        let message = format!("maps and lists nest deeper than {MAX_DEPTH} levels");
        self.diagnostics
            .push(Diagnostic::error(Code::TooLarge, span, message).help("nest less deeply"));
        Stop::Budget
    }

    fn syntax_error(&mut self, error: &ScanError) -> Stop {
        let start = self.position(error);
        if self.is_unquoted_expression(error.kind(), start) {
            self.unquoted = Some(self.around_expression(start));
            return Stop::Syntax;
        }
        let length = self.text[start..].chars().next().map_or(0, char::len_utf8);
        let span = Span { file: self.file, start: offset(start), end: offset(start + length) };
        if is_about_tabs(error.kind())
            && let Some(tab) = self.indenting_tab(start)
        {
            self.tab(tab);
            return Stop::Syntax;
        }
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return self.too_deep(span);
        }
        let (message, help) = explain(error);
        let unclosed = matches!(
            error.kind(),
            ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent
        );
        let mut diagnostic = match self.opening_quote().filter(|_| unclosed) {
            Some(quote) => Diagnostic::error(Code::Syntax, quote, message)
                .also(span, "the text runs on to here"),
            None => Diagnostic::error(Code::Syntax, span, message),
        };
        if let Some(help) = help {
            diagnostic = diagnostic.help(help);
        }
        self.diagnostics.push(diagnostic);
        Stop::Syntax
    }

    /// The quote that comes next after the last scalar.
    fn opening_quote(&self) -> Option<Span> {
        let mut start = self.skip_blanks(self.last_scalar.end);
        while self.text[start as usize..].starts_with(['-', ':', ',', '?', '[', '{']) {
            start = self.skip_blanks(start + 1);
        }
        self.text[start as usize..].starts_with(['\'', '"']).then_some(Span {
            file: self.file,
            start,
            end: start + 1,
        })
    }

    /// The first byte from `start` on that is neither blank nor part of a comment.
    fn skip_blanks(&self, start: u32) -> u32 {
        let mut rest = &self.text[start as usize..];
        loop {
            rest = rest.trim_start();
            let Some(comment) = rest.strip_prefix('#') else { break };
            rest = &comment[comment.find('\n').unwrap_or(comment.len())..];
        }
        offset(self.text.len() - rest.len())
    }

    fn tab(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(Code::TabIndentation, span, "a tab indents the line")
                .help("indent with spaces"),
        );
    }

    /// The indentation of the first line, from that of `start` on, that holds a tab.
    fn indenting_tab(&self, start: usize) -> Option<Span> {
        let mut line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        for line in self.text[line_start..].split_inclusive('\n') {
            let content = line.trim_start_matches([' ', '\t']);
            let indent = line.len() - content.len();
            if line[..indent].contains('\t') && !content.trim().is_empty() {
                let end = offset(line_start + indent);
                return Some(Span { file: self.file, start: offset(line_start), end });
            }
            line_start += line.len();
        }
        None
    }

    fn is_unquoted_expression(&self, kind: &ErrorKind, start: usize) -> bool {
        let separator_missing = matches!(
            kind,
            ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator
        );
        let line = self.text[start..].lines().next().unwrap_or_default();
        separator_missing
            && self.dialect == Dialect::Strict
            && self.last_scalar.end as usize == start
            && self.text[..start].ends_with('$')
            && line.starts_with("{{")
            && line.contains("}}")
    }

    /// The plain scalar with the expression at `brace` in it, as its writer saw it.
    fn around_expression(&self, brace: usize) -> Span {
        let line = self.text[brace..].lines().next().unwrap_or_default();
        let mut end = 0;
        while let Some(expression) = line[end..].find("}}") {
            end += expression + "}}".len();
            let rest = &line[end..];
            let stop = rest.find([',', '}', ']']).unwrap_or(rest.len());
            let stop = rest.find(": ").map_or(stop, |colon| colon.min(stop));
            let next = rest.find("${{").unwrap_or(rest.len());
            if next >= stop {
                end += rest[..stop].trim_end().len();
                break;
            }
        }
        Span { end: offset(brace + end), ..self.last_scalar }
    }

    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let (start, end) = (range.start + self.base, range.end + self.base);
        Span { file: self.file, start: offset(start), end: offset(end) }
    }

    /// A block scalar's span without the line ends and blanks after it.
    fn trimmed(&self, span: Span, style: ScalarStyle) -> Span {
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            span.slice(0, self.slice(span).trim_end().len())
        } else {
            span
        }
    }

    fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// A scalar as it was written.
struct Written<'t> {
    text: Cow<'t, str>,
    style: ScalarStyle,
    tag: Option<Cow<'t, Tag>>,
    span: Span,
}

impl Written<'_> {
    /// What follows `!!` in the tag.
    fn yaml_tag(&self) -> Option<Cow<'_, str>> {
        self.tag.as_ref().and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"))
    }
}

/// One document on its way to a tree.
#[derive(Default)]
struct Document<'t> {
    builder: TreeBuilder,
    /// The maps and lists that are open, outermost first.
    frames: Vec<Frame>,
    /// How many maps and lists there were, to number them.
    opened: u32,
    /// Where each key of each map was first seen.
    keys: HashMap<(u32, Cow<'t, str>), Span>,
    anchors: HashMap<usize, Anchor>,
    /// The anchors in the order of their nodes.
    anchored: Vec<usize>,
    /// The nodes that stand under a merge key, ascending.
    merges: Vec<u32>,
    /// Where the last value ended.
    end: u32,
}

/// An open map or list.
struct Frame {
    number: u32,
    index: u32,
    start: Span,
    kind: Kind,
    style: StructureStyle,
    anchor: usize,
    /// How many levels lie below.
    height: usize,
    /// In a map, the key whose value comes next.
    key: Option<Span>,
    /// The node from which the current entry is to be forgotten, because of an error.
    discard: Option<u32>,
    /// Whether this stands where a key should: it is forgotten together with its value.
    is_key: bool,
}

#[derive(Clone, Copy)]
enum Anchor {
    /// The value is not finished: it would contain itself.
    Open {
        index: u32,
    },
    Finished {
        index: u32,
        height: usize,
    },
    /// The value was forgotten because of an error.
    Discarded,
}

impl<'t> Document<'t> {
    /// Where the innermost map has the key already; otherwise keeps that it stands at `span`.
    fn first_of(&mut self, key: Cow<'t, str>, span: Span) -> Option<Span> {
        let map = self.frames.last()?.number;
        match self.keys.entry((map, key)) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(span);
                None
            }
        }
    }

    fn awaits_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.kind == Kind::Map && frame.key.is_none())
    }

    fn expect_value(&mut self, key: Span) {
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some(key);
        }
    }

    /// Forgets the current entry of the map, key and value, once the value is finished.
    fn discard_entry(&mut self) {
        let index = self.builder.next_index();
        if let Some(frame) = self.frames.last_mut() {
            frame.discard.get_or_insert(index);
        }
    }

    /// A place holder for a value that has an error already.
    fn no_value(&mut self, span: Span) {
        if self.awaits_key() {
            self.discard_entry();
            self.expect_value(span);
        } else {
            self.builder.scalar(Kind::Null, "", Origin::Written(span));
            self.finished(0, span.end);
        }
    }

    fn anchor(&mut self, id: usize, anchor: Anchor) {
        if id != 0 && self.anchors.insert(id, anchor).is_none() {
            self.anchored.push(id);
        }
    }

    fn open(&mut self, kind: Kind, style: StructureStyle, anchor: usize, start: Span) {
        let frame = Frame {
            number: self.opened,
            index: self.builder.next_index(),
            start,
            kind,
            style,
            anchor,
            height: 1,
            key: None,
            discard: None,
            is_key: self.awaits_key(),
        };
        self.opened += 1;
        let at = Origin::Written(start);
        if kind == Kind::Map {
            self.builder.map(at);
        } else {
            self.builder.list(at);
        }
        self.anchor(anchor, Anchor::Open { index: frame.index });
        self.frames.push(frame);
    }

    fn close(&mut self, end: Span) {
        let Some(frame) = self.frames.pop() else { return };
        let end = match frame.style {
            StructureStyle::Flow => end.end,
            StructureStyle::Block => self.end.max(frame.start.start),
        };
        self.builder.close_at(Span { end, ..frame.start });
        let Frame { index, height, .. } = frame;
        self.anchor(frame.anchor, Anchor::Finished { index, height });
        if frame.is_key {
            self.expect_value(frame.start);
        } else {
            self.finished(height, end);
        }
    }

    /// Notes that a value of the innermost open map or list is complete.
    fn finished(&mut self, height: usize, end: u32) {
        self.end = end;
        let Some(frame) = self.frames.last_mut() else { return };
        frame.height = frame.height.max(height + 1);
        frame.key = None;
        if let Some(from) = frame.discard.take() {
            self.builder.rewind(from);
            self.merges.truncate(self.merges.partition_point(|&merge| merge < from));
            while let Some(anchor) = self.anchored.last().and_then(|id| self.anchors.get_mut(id)) {
                match anchor {
                    Anchor::Open { index } | Anchor::Finished { index, .. } if *index < from => {
                        break;
                    }
                    _ => *anchor = Anchor::Discarded,
                }
                self.anchored.pop();
            }
        }
    }

    fn repeat(&mut self, index: u32, size: u32) {
        let moved = self.builder.next_index() - index;
        let inside = |merge: u32| self.merges.partition_point(|&other| other < merge);
        // The root of the subtree may itself stand under a merge key, its copy does not.
        let inside = inside(index + 1)..inside(index + size);
        self.merges.extend_from_within(inside.clone());
        let copies = self.merges.len() - inside.len();
        for merge in &mut self.merges[copies..] {
            *merge += moved;
        }
        self.builder.repeat(index);
    }
}

/// Writes a tree anew with its merge keys carried out, as go-yaml v2 does: in the order written,
/// so that a merged value replaces what stands before `<<` and gives way to what stands after.
struct Merger<'m> {
    merges: &'m [u32],
    diagnostics: &'m mut Diagnostics,
}

type Merged<'t> = IndexMap<&'t str, NodeRef<'t>>;

impl Merger<'_> {
    fn merged(&mut self, root: NodeRef<'_>) -> Tree {
        let mut builder = TreeBuilder::default();
        self.copy(root, &mut builder);
        builder.finish()
    }

    fn copy(&mut self, node: NodeRef<'_>, builder: &mut TreeBuilder) {
        match node.kind() {
            Kind::Map => {
                builder.map(node.at());
                let mut entries = Merged::new();
                self.collect(node, &mut entries);
                for (key, value) in entries {
                    builder.key(key, value.key_at());
                    self.copy(value, builder);
                }
                builder.close();
            }
            Kind::List => {
                builder.list(node.at());
                for item in node.items() {
                    self.copy(item, builder);
                }
                builder.close();
            }
            _ => builder.copy(node),
        }
    }

    fn collect<'t>(&mut self, map: NodeRef<'t>, into: &mut Merged<'t>) {
        for entry in map.entries() {
            if self.merges.binary_search(&entry.index()).is_err() {
                into.insert(entry.key().unwrap_or_default(), entry);
                continue;
            }
            let maps: Vec<_> = match entry.kind() {
                Kind::List => entry.items().collect(),
                _ => vec![entry],
            };
            // Of a list the earlier maps win, so they come last.
            for map in maps.into_iter().rev() {
                if map.kind() == Kind::Map {
                    self.collect(map, into);
                } else if let Some(span) = map.at().span() {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::MergeKey,
                            span,
                            "the merge key `<<` takes only maps",
                        )
                        .help("write an alias of a map, or a list of such aliases"),
                    );
                }
            }
        }
    }
}

fn is_about_tabs(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::InvalidMappingValueWhitespace
    )
}

/// The parser's error in words that say what to do.
fn explain(error: &ScanError) -> (Cow<'static, str>, Option<String>) {
    let (message, help) = match error.kind() {
        ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => (
            "a key cannot stand here",
            "indent the keys of one map alike, and quote text that contains `: `",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation => (
            "the line does not fit the lines before it",
            "indent what belongs together alike; keys need `:`, list items `-`",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("the line has no `:` after its key", "write `key: value`, with a blank after the `:`")
        }
        ErrorKind::BlockSequenceEntryNotAllowed => {
            ("a list cannot start here", "start the list on a line of its own, or quote the text")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("`,` or `}` is missing", "separate entries by `,`, close with `}`, or quote the text")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("`,` or `]` is missing", "separate items by `,`, close with `]`, or quote the text")
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            let close = if *open == '{' { '}' } else { ']' };
            return (format!("`{open}` is never closed").into(), Some(format!("add `{close}`")));
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            let right = if *open == '{' { '}' } else { ']' };
            let message = format!("`{open}` is closed by `{close}`");
            return (message.into(), Some(format!("close it by `{right}`")));
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("a bracket is closed that was not opened", "remove it, or quote the text")
        }
        ErrorKind::UnexpectedCharacter { character: '`' } => {
            ("text without quotes cannot start with a backtick", "quote the text")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("text without quotes cannot start with `{character}`");
            return (message.into(), Some("quote the text".to_owned()));
        }
        ErrorKind::CommentInterceptedScalar => (
            "a comment interrupts a text of several lines",
            "indent the keys of one map alike, or move the comment",
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => (
            "the quoted text is not closed",
            "add the closing quote, or indent the further lines of the text",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar => (
            "text follows the closing quote",
            "write a single quote inside of single quotes twice: `''`",
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text follows the closing quote",
            "write a double quote inside of double quotes as `\\\"`",
        ),
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape => (
            "the text in double quotes has an escape that YAML does not know",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        ErrorKind::InvalidBlockScalarHeader => {
            ("text follows `|` or `>` on its line", "start the text on the next line, indented")
        }
        ErrorKind::InvalidBlockScalarIndent => {
            ("the first lines of the text are indented unevenly", "indent its lines alike")
        }
        ErrorKind::MissingAnchorOrAliasName => {
            ("`*` and `&` must be followed by a name", "quote text that starts with `*` or `&`")
        }
        ErrorKind::ExpectedDocumentStart => (
            "text stands after the end of the document",
            "leave out the braces around the document, or write all of it inside them",
        ),
        ErrorKind::DirectiveDisallowed => {
            ("directives are none of the language", "remove the line, or quote text with `%`")
        }
        _ => return (Cow::Owned(error.info().clone()), None),
    };
    (Cow::Borrowed(message), Some(help.to_owned()))
}

#[cfg(test)]
mod tests;
