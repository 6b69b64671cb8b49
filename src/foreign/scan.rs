//! A template's text, taken apart into what is copied and what is computed.
//!
//! The template engine says where an error stands, but not which piece of the output came from
//! which piece of the template; that needs the pieces. The rules are the lexer's of Jinja, with
//! `trim_blocks` and `lstrip_blocks` on.

use std::ops::Range;

use super::token::{TokenKind, string_end, tokens};

/// A piece of a template. The ranges are bytes of the template; what lies between the ranges of
/// two pieces is white space that the tags take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that is copied.
    Text(Range<usize>),
    /// `{{ ... }}`.
    Output(Range<usize>),
    /// `{% ... %}`.
    Block(Range<usize>, Effect),
    /// `{# ... #}`.
    Comment(Range<usize>),
    /// The rest of a template that ends inside of a tag.
    Broken(Range<usize>),
}

/// What a block does to the output between it and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// A variable takes it: `{% set x %}`.
    Capture,
    /// A filter takes it and gives it back: `{% filter x %}`.
    Filter,
    /// The end of either.
    End,
}

/// Takes a template apart.
pub(super) fn scan(source: &str) -> Vec<Piece> {
    let mut scanner = Scanner { source, at: 0, pieces: Vec::new(), tail: Space::Keep };
    while scanner.at < source.len() {
        scanner.next();
    }
    scanner.pieces
}

/// The names that a tag looks up, with their places; parts of strings are none, nor is what
/// follows a dot.
pub(super) fn names(source: &str, tag: Range<usize>) -> Vec<Range<usize>> {
    let mut after_dot = false;
    let mut names = Vec::new();
    for token in tokens(source, tag) {
        if token.kind == TokenKind::Name && !after_dot {
            names.push(token.at);
        }
        after_dot = token.text == ".";
    }
    names
}

/// What becomes of white space beside a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Keep,
    /// A block's or comment's own way: its indentation and its line break go.
    Line,
    /// All of it goes.
    Remove,
}

struct Scanner<'s> {
    source: &'s str,
    at: usize,
    pieces: Vec<Piece>,
    /// What the last tag does to the text after it.
    tail: Space,
}

impl Scanner<'_> {
    fn next(&mut self) {
        let start = self.at;
        let Some(open) = find_open(self.source, start) else {
            self.text(start..self.source.len(), Space::Keep);
            self.at = self.source.len();
            return;
        };
        let kind = self.source.as_bytes()[open + 1];
        let lead = match self.source.as_bytes().get(open + 2) {
            Some(b'-') => Space::Remove,
            Some(b'+') => Space::Keep,
            _ if kind == b'{' => Space::Keep,
            _ => Space::Line,
        };
        self.text(start..open, lead);
        match kind {
            b'{' => self.output(open),
            b'#' => self.comment(open),
            _ if self.raw(open) => {}
            _ => self.block(open),
        }
    }

    /// Keeps the part of a text that the tags beside it leave.
    fn text(&mut self, range: Range<usize>, lead: Space) {
        let mut start = range.start;
        let mut end = range.end;
        match self.tail {
            Space::Keep => {}
            Space::Remove => start = end - self.source[start..end].trim_start().len(),
            Space::Line => start += line_break(&self.source[start..end]),
        }
        match lead {
            Space::Keep => {}
            Space::Remove => end = start + self.source[start..end].trim_end().len(),
            Space::Line => end = self.without_indentation(start..end),
        }
        if start < end {
            self.pieces.push(Piece::Text(start..end));
        }
        self.tail = Space::Keep;
    }

    /// Where a text ends without the indentation of the block that follows it, if that stands
    /// first in its line.
    fn without_indentation(&self, range: Range<usize>) -> usize {
        let blank = |character: char| character.is_whitespace() && !is_break(character);
        let line = self.source[..range.end].trim_end_matches(blank);
        if line.is_empty() || line.ends_with(is_break) {
            let text = &self.source[range.clone()];
            let trimmed = text.trim_end_matches(blank);
            if trimmed.is_empty() || trimmed.ends_with('\n') {
                return range.start + trimmed.len();
            }
        }
        range.end
    }

    fn output(&mut self, open: usize) {
        let Some((end, tail)) = tag_end(self.source, open + 2, "}}") else {
            return self.broken(open);
        };
        self.pieces.push(Piece::Output(open..end));
        // A line break after an output stays.
        self.tail = if tail == Space::Remove { tail } else { Space::Keep };
        self.at = end;
    }

    fn block(&mut self, open: usize) {
        let Some((end, tail)) = tag_end(self.source, open + 2, "%}") else {
            return self.broken(open);
        };
        let effect = effect(&self.source[open + 2..end - 2]);
        self.pieces.push(Piece::Block(open..end, effect));
        self.tail = tail;
        self.at = end;
    }

    fn comment(&mut self, open: usize) {
        let signed = matches!(self.source.as_bytes().get(open + 2), Some(b'-' | b'+'));
        let inner = open + 2 + usize::from(signed);
        let Some(length) = self.source.get(inner..).and_then(|rest| rest.find("#}")) else {
            return self.broken(open);
        };
        let end = inner + length + 2;
        self.tail = tail(self.source.as_bytes()[end - 3]);
        self.pieces.push(Piece::Comment(open..end));
        self.at = end;
    }

    /// Reads a raw block whole, if one starts here: its inside is text.
    fn raw(&mut self, open: usize) -> bool {
        let signed = matches!(self.source.as_bytes().get(open + 2), Some(b'-' | b'+'));
        let name = open + 2 + usize::from(signed);
        let Some((inner, head)) = word_tag(self.source, name, "raw") else { return false };
        let mut from = inner;
        while let Some(found) = self.source[from..].find("{%") {
            let close = from + found;
            let sign = self.source.as_bytes().get(close + 2).copied();
            let signed = matches!(sign, Some(b'-' | b'+'));
            let name = close + 2 + usize::from(signed);
            let Some((end, after)) = word_tag(self.source, name, "endraw") else {
                from = close + 2;
                continue;
            };
            self.pieces.push(Piece::Block(open..inner, Effect::None));
            self.tail = head;
            self.raw_text(inner..close, sign);
            self.pieces.push(Piece::Block(close..end, Effect::None));
            self.tail = after;
            self.at = end;
            return true;
        }
        self.broken(open);
        true
    }

    /// The text of a raw block, whose indentation the lexer measures inside of the block only.
    fn raw_text(&mut self, range: Range<usize>, sign: Option<u8>) {
        let mut end = range.end;
        if !matches!(sign, Some(b'-' | b'+')) {
            let text = &self.source[range.clone()];
            let trimmed =
                text.trim_end_matches(|blank: char| blank.is_whitespace() && !is_break(blank));
            if trimmed.is_empty() || trimmed.ends_with('\n') {
                end = range.start + trimmed.len();
            }
        }
        let lead = if sign == Some(b'-') { Space::Remove } else { Space::Keep };
        self.text(range.start..end, lead);
    }

    fn broken(&mut self, open: usize) {
        self.pieces.push(Piece::Broken(open..self.source.len()));
        self.at = self.source.len();
    }
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n')
}

/// How long the line break is that a text starts with.
fn line_break(text: &str) -> usize {
    let after = text.strip_prefix('\r').unwrap_or(text);
    let after = after.strip_prefix('\n').unwrap_or(after);
    text.len() - after.len()
}

/// What the sign before the end of a block or comment does to the text after it.
fn tail(sign: u8) -> Space {
    match sign {
        b'-' => Space::Remove,
        b'+' => Space::Keep,
        _ => Space::Line,
    }
}

/// Where the next tag opens.
fn find_open(source: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let open = at + source[at..].find('{')?;
        if matches!(source.as_bytes().get(open + 1), Some(b'{' | b'%' | b'#')) {
            return Some(open);
        }
        at = open + 1;
    }
}

/// Where a tag ends whose inside starts at `at`, and what it does to the text after it.
fn tag_end(source: &str, mut at: usize, close: &str) -> Option<(usize, Space)> {
    let bytes = source.as_bytes();
    // The sign of the opening is not that of the end.
    at += usize::from(matches!(bytes.get(at), Some(b'-' | b'+')));
    let mut depth = 0_i32;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if depth == 0 && rest.starts_with(close.as_bytes()) {
            return Some((at + 2, Space::Line));
        }
        if depth == 0 && matches!(rest[0], b'-' | b'+') && rest[1..].starts_with(close.as_bytes()) {
            return Some((at + 3, tail(rest[0])));
        }
        match rest[0] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'\'' | b'"' => {
                at = string_end(source, at)?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The end of a tag that holds one word alone.
fn word_tag(source: &str, at: usize, word: &str) -> Option<(usize, Space)> {
    let blank = |character: char| character.is_ascii_whitespace();
    let rest = source.get(at..)?.trim_start_matches(blank).strip_prefix(word)?;
    let rest = rest.trim_start_matches(blank);
    let (rest, space) = match rest.as_bytes().first() {
        Some(sign @ (b'-' | b'+')) => (&rest[1..], tail(*sign)),
        _ => (rest, Space::Line),
    };
    let rest = rest.strip_prefix("%}")?;
    Some((source.len() - rest.len(), space))
}

/// What lies between the signs of a tag, or after the first sign of a broken one.
pub(super) fn inside(source: &str, tag: &Piece) -> Range<usize> {
    let (Piece::Text(range)
    | Piece::Output(range)
    | Piece::Block(range, _)
    | Piece::Comment(range)
    | Piece::Broken(range)) = tag;
    let signed = |at: usize| usize::from(matches!(source.as_bytes().get(at), Some(b'-' | b'+')));
    let start = range.start + 2 + signed(range.start + 2);
    let end = match tag {
        Piece::Broken(_) => range.end,
        _ => range.end - 2 - signed(range.end - 3),
    };
    start.min(end)..end
}

/// The word that a block starts with, and the rest of it.
pub(super) fn word(inside: &str) -> (&str, &str) {
    let inside = inside.trim_start();
    let length = inside.bytes().take_while(u8::is_ascii_alphanumeric).count();
    inside.split_at(length)
}

/// What a block does, told from its inside.
fn effect(inside: &str) -> Effect {
    let (word, rest) = word(inside.trim_start_matches(['-', '+']));
    match word {
        "filter" => Effect::Filter,
        "set" if !assigns(rest) => Effect::Capture,
        "endset" | "endfilter" => Effect::End,
        _ => Effect::None,
    }
}

/// Whether the rest of a `set` names its value: `=` outside of parentheses and strings.
fn assigns(rest: &str) -> bool {
    let mut depth = 0_i32;
    let mut at = 0;
    while let Some(&byte) = rest.as_bytes().get(at) {
        match byte {
            b'=' if depth == 0 => return true,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'\'' | b'"' => match string_end(rest, at) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => return false,
            },
            _ => {}
        }
        at += 1;
    }
    false
}
