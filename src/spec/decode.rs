//! From a file's tree to the language's types, with every mistake of the file reported.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::Schema;

use super::expression::{self, Text};
use super::merge::{Layer, Merger, Removal, only_in_overlays};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, nearest};
use crate::source::{Kind, NodeRef, Source, Span};

/// A type of the language that a file can hold.
pub trait Decode: Sized {
    /// Reads it. `None` after a mistake, which is in the decoder's diagnostics then.
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self>;

    /// The value that a name alone stands for, where a list of names may stand for a map;
    /// `None` where an entry must say something.
    #[must_use]
    fn bare() -> Option<Self> {
        None
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        T::decode(node, decoder).map(Self::new)
    }
}

/// A struct of the language, declared by `spec!`.
pub trait Fields: Default {
    /// Reads one entry of the struct's map; `false` when no field has that name.
    fn decode_field(&mut self, entry: NodeRef<'_>, decoder: &mut Decoder<'_>) -> bool;

    /// Adds the fields' names as files write them.
    fn field_names(names: &mut Vec<String>);

    /// Merges a higher layer into this one, field by field.
    fn merge_fields(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>);

    /// Clears a field or, with a removal, removes inside it. `None` when no field has that
    /// name, `Some(false)` when the field is not set.
    fn remove_field(
        &mut self,
        name: &str,
        removal: Option<&Removal>,
        merger: &mut Merger<'_>,
    ) -> Option<bool>;
}

/// Whether `key` is the name in camel case of a field whose Rust name is `field`.
#[must_use]
pub fn is_field(key: &str, field: &str) -> bool {
    let mut key = key.bytes();
    let mut upper = false;
    for byte in field.strip_prefix("r#").unwrap_or(field).bytes() {
        if byte == b'_' {
            upper = true;
            continue;
        }
        let expected = if upper { byte.to_ascii_uppercase() } else { byte };
        upper = false;
        if key.next() != Some(expected) {
            return false;
        }
    }
    key.next().is_none()
}

/// A field's name as files write it: `image_pull_policy` is `imagePullPolicy`.
#[must_use]
pub fn field_name(field: &str) -> String {
    let mut upper = false;
    let mut name = String::with_capacity(field.len());
    for character in field.strip_prefix("r#").unwrap_or(field).chars() {
        if character == '_' {
            upper = true;
        } else {
            name.push(if upper { character.to_ascii_uppercase() } else { character });
            upper = false;
        }
    }
    name
}

/// Lets a struct's schema take the bare value of one of its fields too.
pub(super) fn short_form(schema: &mut Schema, field: &str) {
    let long = std::mem::take(schema);
    let bare = long.pointer(&format!("/properties/{}", field_name(field))).cloned();
    let description = long.get("description").cloned();
    schema.insert("anyOf".to_owned(), serde_json::json!([bare, long]));
    if let Some(description) = description {
        schema.insert("description".to_owned(), description);
    }
}

/// What decoding one file needs and collects.
pub struct Decoder<'d> {
    source: Arc<Source>,
    whole: Span,
    /// Where parsing found values that it could only guess.
    guessed: BTreeSet<Span>,
    diagnostics: &'d mut Diagnostics,
}

impl<'d> Decoder<'d> {
    /// A decoder for one file, whose whole extent is `whole`. `diagnostics` holds what parsing
    /// found in it: a value that parsing objected to is not objected to again.
    pub fn new(source: Arc<Source>, whole: Span, diagnostics: &'d mut Diagnostics) -> Self {
        let guessed = diagnostics.iter().filter_map(|found| match found.place {
            Place::Span(span) if span.file == whole.file => Some(span),
            _ => None,
        });
        Self { source, whole, guessed: guessed.collect(), diagnostics }
    }

    /// Where a value stands in the file.
    #[must_use]
    pub fn span(&self, node: NodeRef<'_>) -> Span {
        node.at().span().unwrap_or(self.whole)
    }

    /// Where a value's key stands in the file.
    #[must_use]
    pub fn key_span(&self, node: NodeRef<'_>) -> Span {
        node.key_at().span().unwrap_or(self.whole)
    }

    /// Reports a mistake.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports a value of the wrong kind.
    pub fn expected(&mut self, node: NodeRef<'_>, expected: &str) {
        if self.is_guess(node) {
            return;
        }
        if node.kind() == Kind::Int && expected.starts_with("an integer") {
            let message = format!("`{}` is not {expected}", node.text());
            let help = match expected.split_once(" from ") {
                Some((_, range)) => format!("write a number from {range}"),
                None => format!("write {expected}, without a fraction or exponent"),
            };
            let diagnostic = Diagnostic::error(Code::WrongType, self.span(node), message);
            return self.push(diagnostic.help(help));
        }
        let found = match node.kind() {
            Kind::Null => "nothing",
            Kind::Bool => "a boolean",
            Kind::Int | Kind::Float => "a number",
            Kind::Str => "a string",
            Kind::List => "a list",
            Kind::Map => "a map",
        };
        let name = node.key().map(|key| format!("`{key}` is ")).unwrap_or_default();
        let mut diagnostic = Diagnostic::error(
            Code::WrongType,
            self.span(node),
            format!("{name}{found} where {expected} belongs"),
        );
        if node.kind() == Kind::Str && expected.contains("a list") {
            let words: Vec<&str> = node.text().split_whitespace().collect();
            let list = format!("[{}]", words.join(", "));
            diagnostic = diagnostic.help(format!("write a list, such as `{list}`"));
            if words.len() == 1 {
                diagnostic = diagnostic.suggest(self.span(node), list);
            }
        }
        if expected == "a map" {
            diagnostic = diagnostic.help(match node.kind() {
                Kind::List => "write a map, whose keys are the names: `NAME: ...`",
                _ => "write a map, such as `{ NAME: ... }`",
            });
        }
        let is_quoted_number = node.kind() == Kind::Str
            && expected.starts_with("an integer")
            && node.text().parse::<i64>().is_ok();
        if is_quoted_number {
            let number = node.text();
            diagnostic = diagnostic
                .help(format!("write it without quotes: `{number}`"))
                .suggest(self.span(node), number);
        }
        let scalar = matches!(node.kind(), Kind::Bool | Kind::Int | Kind::Float);
        if scalar && expected == "a string" {
            let quoted = format!("\"{}\"", self.source.slice(self.span(node)));
            diagnostic =
                diagnostic.help(format!("quote it: `{quoted}`")).suggest(self.span(node), quoted);
        }
        self.push(diagnostic);
    }

    /// Whether parsing has said already that this is no sound value. Null is none anywhere.
    fn is_guess(&self, node: NodeRef<'_>) -> bool {
        node.kind() == Kind::Null || self.guessed.contains(&self.span(node))
    }

    /// Reports a value that is not one of the few that it may be.
    pub fn expected_words(&mut self, node: NodeRef<'_>, expected: &str, words: &[&str]) {
        if self.is_guess(node) {
            return;
        }
        if words.is_empty() || node.kind() != Kind::Str {
            return self.expected(node, expected);
        }
        let text = node.text();
        let near = nearest(text, words.iter().copied());
        let mut diagnostic = Diagnostic::error(
            Code::WrongType,
            self.span(node),
            format!("`{text}` is not {expected}"),
        );
        if let Some(near) = near {
            diagnostic =
                diagnostic.help(format!("did you mean `{near}`?")).suggest(self.span(node), near);
        }
        self.push(diagnostic);
    }

    /// Takes a string apart; `None` after a mistake in an expression.
    pub fn text(&mut self, node: NodeRef<'_>) -> Option<Text> {
        let span = self.span(node);
        let source = Arc::clone(&self.source);
        let mut finder = Finder::new(&source, span, node.text());
        match expression::parse(node.text(), span, &mut |start, end| finder.find(start, end)) {
            Ok(text) => Some(text),
            Err(error) => {
                self.push(
                    Diagnostic::error(
                        Code::Expression,
                        Finder::new(&source, span, node.text()).find(error.start, error.end),
                        error.message,
                    )
                    .help(error.help),
                );
                None
            }
        }
    }

    /// Reads a map into a struct; unknown fields are reported with the nearest known.
    pub fn fields<T: Fields>(&mut self, node: NodeRef<'_>) -> Option<T> {
        if node.kind() != Kind::Map {
            self.expected(node, "a map");
            return None;
        }
        let mut value = T::default();
        // Unknown fields after a field without a value are what should be indented below it.
        let mut after_empty = false;
        for entry in node.entries() {
            let known = value.decode_field(entry, self);
            if known || !after_empty {
                after_empty = entry.kind() == Kind::Null;
            }
            if !known && !after_empty {
                let mut names = Vec::new();
                T::field_names(&mut names);
                self.unknown_field(entry, &names);
            }
        }
        Some(value)
    }

    /// Reports a field that does not exist at its place.
    pub fn unknown_field(&mut self, entry: NodeRef<'_>, known: &[String]) {
        let name = entry.key().unwrap_or_default();
        let span = self.key_span(entry);
        if matches!(name, "add" | "remove") {
            return self.push(only_in_overlays(span, name));
        }
        let diagnostic =
            Diagnostic::error(Code::UnknownField, span, format!("there is no field `{name}` here"));
        let diagnostic = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(span, near),
            None => diagnostic.help(format!("the fields are `{}`", known.join("`, `"))),
        };
        self.push(diagnostic);
    }
}

/// Finds parts of a scalar's value in its file. A value may differ from what is written (escapes,
/// folding, indentation), so a part is found by looking for the same text as often as it stands
/// since the part before.
struct Finder<'s> {
    /// What is written, and where.
    written: &'s str,
    span: Span,
    value: &'s str,
    /// Where the last part ended, in the value and in what is written; `None` once a part was
    /// not found, so that the rest is not searched again and again.
    after: Option<(usize, usize)>,
}

impl<'s> Finder<'s> {
    fn new(source: &'s Source, span: Span, value: &'s str) -> Self {
        Self { written: source.slice(span), span, value, after: Some((0, 0)) }
    }

    /// Where bytes of the value stand; the whole scalar, where that cannot be told. Parts are
    /// asked for in order.
    fn find(&mut self, start: usize, end: usize) -> Span {
        let found = self.after.and_then(|after| self.search(after, start, end));
        self.after = found.map(|at| (end, at + end - start));
        found.map_or(self.span, |at| self.span.slice(at, at + end - start))
    }

    fn search(&self, (value, written): (usize, usize), start: usize, end: usize) -> Option<usize> {
        let part = self.value.get(start..end).filter(|part| !part.is_empty())?;
        let nth = self.value.get(value..start)?.matches(part).count();
        let (at, _) = self.written[written..].match_indices(part).nth(nth)?;
        Some(written + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Dialect, Sources, parse};
    use crate::spec::expression::Segment;

    /// The lines and columns of the names in the string that a file holds.
    fn places(written: &str) -> Vec<String> {
        let sources = Sources::default();
        let source = sources.get(sources.add("text.yaml", written));
        let (trees, mut diagnostics) = parse(&source, Dialect::Strict);
        let whole = Span { file: source.id, start: 0, end: 0 };
        let node = trees[0].root().get("k").expect("a value");
        let text = Decoder::new(source.clone(), whole, &mut diagnostics).text(node);
        let segments = text.expect("a sound text").segments;
        let names = segments.iter().filter_map(|segment| match segment {
            Segment::Expression(expression) => Some(&expression.path[0]),
            Segment::Literal(_) => None,
        });
        names
            .map(|name| {
                let (line, column) = source.line_column(name.span.start);
                format!("{line}:{column} {}", source.slice(name.span).trim_end())
            })
            .collect()
    }

    #[test]
    fn parts_are_found_in_every_style() {
        for written in [
            "k: a ${{ a }}${{ a }} ${{ b }}\n",
            "k: \"a ${{ a }}${{ a }} ${{ b }}\"\n",
            "k: 'a ${{ a }}${{ a }} ${{ b }}'\n",
        ] {
            let quote = usize::from(!written.starts_with("k: a"));
            let expected = [(10, "a"), (18, "a"), (27, "b")];
            let expected = expected.map(|(at, name)| format!("1:{} {name}", at + quote));
            assert_eq!(places(written), expected, "{written}");
        }
        for head in ["|", ">-", "|2"] {
            let written = format!("k: {head}\n  a ${{{{ a }}}}\n  a ${{{{ b }}}} ${{{{ a }}}}\n");
            assert_eq!(places(&written), ["2:9 a", "3:9 b", "3:18 a"], "{written}");
        }
        // Escapes may hide a part; then the whole string is shown.
        assert_eq!(places("k: \"\\x24{{ a }} ${{ b }}\"\n").len(), 2);
    }

    #[test]
    fn many_parts_are_found_one_after_the_other() {
        let written = format!("k: \"{}\"\n", "${{ a }}".repeat(3000));
        let places = places(&written);
        assert_eq!(places.len(), 3000);
        assert_eq!(places.last().map(String::as_str), Some("1:24001 a"));
    }
}
