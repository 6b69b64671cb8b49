//! `${{ path | filter }}`: the grammar of expressions inside strings.
//!
//! ```text
//! text       = { literal | "$${{" | expression }
//! expression = "${{" path { "|" filter } "}}"
//! path       = name { "." name | "[" '"' any '"' "]" }
//! name       = letter, digit or "_", then letters, digits, "_" and "-"
//! ```
//!
//! There are no operators, loops or conditions. `$${{` stands for `${{` itself.

use std::fmt;

use crate::source::Span;

/// How many names a path may have, and how many filters may follow it: more than any says, and
/// so few that what filters make of a text stays bounded.
const MAX_PARTS: usize = 20;

/// A string of a file, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Literal text and expressions, in order; empty for the empty string.
    pub segments: Vec<Segment>,
    /// The whole value in its file.
    pub span: Span,
}

impl Text {
    /// The text itself, where it holds no expression.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text as it is.
    Literal(String),
    /// Something to look up.
    Expression(Expression),
}

/// One `${{ ... }}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The names of the path, at least one.
    pub path: Vec<Name>,
    /// The filters, in the order applied.
    pub filters: Vec<(Filter, Span)>,
    /// From `${{` to `}}`.
    pub span: Span,
}

/// A name in a path, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name without quotes or brackets.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Expression {
    /// The path as its author would write it.
    #[must_use]
    pub fn path_text(&self) -> String {
        let mut text = String::new();
        for (index, Name { name, .. }) in self.path.iter().enumerate() {
            if is_name(name) {
                if index > 0 {
                    text.push('.');
                }
                text.push_str(name);
            } else {
                text.push_str("[\"");
                text.push_str(name);
                text.push_str("\"]");
            }
        }
        text
    }
}

macro_rules! filters {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// What an expression's value may be passed through.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Filter { $($(#[doc = $doc])+ $name,)+ }

        impl Filter {
            /// Every filter, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in an expression.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// What it does, for the reference.
            #[must_use]
            pub fn doc(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc, "\n"),+)),+ }
            }
        }
    };
}

filters! {
    /// Percent-encodes everything but letters, digits, `-`, `.`, `_` and `~` (RFC 3986).
    UrlEncode = "urlencode",
    /// Turns letters into lower case.
    Lower = "lower",
    /// Turns letters into upper case.
    Upper = "upper",
    /// Standard base64 of the UTF-8 bytes.
    Base64 = "base64",
    /// A JSON string, in its quotes.
    Json = "json",
}

/// Why a text is not well formed, and where, in bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The first byte concerned.
    pub start: usize,
    /// The byte after the last one concerned.
    pub end: usize,
    /// What is wrong there.
    pub message: String,
    /// What to write.
    pub help: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Takes a string apart. `place` maps a range of bytes of `text` to its span in the file; it is
/// asked from the first byte to the last, so that it need not begin anew each time.
///
/// # Errors
///
/// The first mistake in an expression; texts are short and one line mends one mistake.
pub fn parse(
    text: &str,
    span: Span,
    place: &mut dyn FnMut(usize, usize) -> Span,
) -> Result<Text, SyntaxError> {
    let mut segments = Vec::new();
    let mut literal = String::new();
    let mut rest = 0;
    while let Some(found) = text[rest..].find("${{") {
        let start = rest + found;
        if text[..start].ends_with('$') && start > rest {
            literal.push_str(&text[rest..start - 1]);
            literal.push_str("${{");
            rest = start + 3;
            continue;
        }
        literal.push_str(&text[rest..start]);
        let mut parser = Parser { text, at: start + 3, start, place: &mut *place };
        let expression = parser.expression()?;
        rest = parser.at;
        if !literal.is_empty() {
            segments.push(Segment::Literal(std::mem::take(&mut literal)));
        }
        segments.push(Segment::Expression(expression));
    }
    literal.push_str(&text[rest..]);
    if !literal.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    Ok(Text { segments, span })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Where the expression's `${{` stands.
    start: usize,
    place: &'a mut dyn FnMut(usize, usize) -> Span,
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        let open = (self.place)(self.start, self.at);
        let mut path = vec![self.name()?];
        loop {
            self.space();
            self.bounded(path.len(), "names")?;
            if self.eat(".") {
                path.push(self.name()?);
            } else if self.rest().starts_with('[') {
                path.push(self.bracketed()?);
            } else {
                break;
            }
        }
        let mut filters = Vec::new();
        while self.eat("|") {
            self.bounded(filters.len() + 1, "filters")?;
            let Name { name, span } = self.name()?;
            let Some(filter) = Filter::ALL.iter().find(|filter| filter.word() == name) else {
                let start = self.at - name.len();
                let words: Vec<&str> = Filter::ALL.iter().map(|filter| filter.word()).collect();
                return Err(SyntaxError {
                    start,
                    end: self.at,
                    message: format!("there is no filter `{name}`"),
                    help: match crate::diagnostic::nearest(&name, words.iter().copied()) {
                        Some(near) => format!("write `{near}`"),
                        None => format!("the filters are `{}`", words.join("`, `")),
                    },
                });
            };
            filters.push((*filter, span));
            self.space();
        }
        if self.eat("}}") {
            let close = (self.place)(self.at - 2, self.at);
            return Ok(Expression { path, filters, span: Span { end: close.end, ..open } });
        }
        if !self.rest().contains("}}") {
            return Err(self.error_to_end("this expression is not closed", "end it with `}}`"));
        }
        let found = self.rest().chars().next().unwrap_or(' ');
        Err(self.error_here(
            found.len_utf8(),
            format!("`{found}` means nothing in an expression"),
            "an expression is a path and filters, `${{ database.url | urlencode }}`; it has no operators".to_owned(),
        ))
    }

    /// Refuses more parts than an expression may have.
    fn bounded(&self, count: usize, parts: &str) -> Result<(), SyntaxError> {
        if count <= MAX_PARTS {
            return Ok(());
        }
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        Err(self.error_here(
            width,
            format!("an expression has at most {MAX_PARTS} {parts}"),
            "end it before".to_owned(),
        ))
    }

    fn name(&mut self) -> Result<Name, SyntaxError> {
        self.space();
        let length = name_length(self.rest());
        if length == 0 {
            if self.rest().is_empty() {
                return Err(self.error_to_end("this expression is not closed", "end it with `}}`"));
            }
            let width = self.rest().chars().next().map_or(0, char::len_utf8);
            return Err(self.error_here(
                width,
                "a name is missing here".to_owned(),
                "a path is names joined by dots, `${{ database.host }}`; odd keys stand in brackets, `[\"app.properties\"]`".to_owned(),
            ));
        }
        let name = self.rest()[..length].to_owned();
        let span = (self.place)(self.at, self.at + length);
        self.at += length;
        Ok(Name { name, span })
    }

    fn bracketed(&mut self) -> Result<Name, SyntaxError> {
        let start = self.at;
        let inner = self.rest().strip_prefix("[\"").and_then(|rest| rest.split_once("\"]"));
        let Some((name, _)) = inner else {
            return Err(self.error_here(
                1,
                "a key in brackets must be quoted and closed".to_owned(),
                "write `[\"key\"]`".to_owned(),
            ));
        };
        let name = name.to_owned();
        self.at += name.len() + 4;
        Ok(Name { span: (self.place)(start + 2, start + 2 + name.len()), name })
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn error_here(&self, width: usize, message: String, help: String) -> SyntaxError {
        SyntaxError { start: self.at, end: self.at + width, message, help }
    }

    fn error_to_end(&self, message: &str, help: &str) -> SyntaxError {
        let end = self.text[self.start..].find('\n').map_or(self.text.len(), |at| self.start + at);
        SyntaxError { start: self.start, end, message: message.to_owned(), help: help.to_owned() }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && name_length(text) == text.len()
}

fn name_length(text: &str) -> usize {
    let mut characters = text.char_indices();
    match characters.next() {
        Some((_, first)) if first.is_ascii_alphanumeric() || first == '_' => {}
        _ => return 0,
    }
    characters
        .find(|(_, next)| !(next.is_ascii_alphanumeric() || *next == '_' || *next == '-'))
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::Sources;

    /// Parses a text, with each range of bytes as its span.
    fn parsed(text: &str) -> Result<Text, SyntaxError> {
        let file = Sources::default().add("text", "");
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = |start, end| Span { file, start: offset(start), end: offset(end) };
        parse(text, span(0, text.len()), &mut |start, end| span(start, end))
    }

    fn written(text: &str, span: Span) -> &str {
        &text[span.start as usize..span.end as usize]
    }

    #[test]
    fn an_expression_has_a_bounded_number_of_parts() {
        let message = |text: String| parsed(&text).map_err(|error| error.message);
        let names = |count: usize| format!("${{{{ a{} }}}}", ".a".repeat(count - 1));
        let filters = |count: usize| format!("${{{{ a{} }}}}", " | json".repeat(count));
        assert!(message(names(MAX_PARTS)).is_ok() && message(filters(MAX_PARTS)).is_ok());
        let too_many = |parts: &str| Err(format!("an expression has at most 20 {parts}"));
        for count in [MAX_PARTS + 1, 100_000] {
            assert_eq!(message(names(count)), too_many("names"));
            assert_eq!(message(filters(count)), too_many("filters"));
        }
    }

    #[test]
    fn places_are_asked_for_in_order() {
        let text = "${{ a.b }}".repeat(50_000);
        let file = Sources::default().add("text", "");
        let whole = Span { file, start: 0, end: 0 };
        let mut last = 0;
        let parsed = parse(&text, whole, &mut |start, end| {
            assert!(last <= start && start < end);
            last = end;
            whole
        });
        assert_eq!(parsed.map(|text| text.segments.len()), Ok(50_000));
    }

    proptest! {
        #[test]
        fn any_text_has_expressions_where_they_stand_or_a_mistake(
            text in r#"(\$\{\{|\$|\}\}| |\.|\||\[|"|\]|[a-c]|lower|json|\$\$\{\{|é|\n){0,20}"#,
        ) {
            match parsed(&text) {
                Ok(parsed) => for segment in &parsed.segments {
                    let Segment::Expression(expression) = segment else { continue };
                    let whole = written(&text, expression.span);
                    prop_assert!(whole.starts_with("${{") && whole.ends_with("}}"));
                    for name in &expression.path {
                        prop_assert_eq!(written(&text, name.span), &name.name);
                    }
                    for (filter, span) in &expression.filters {
                        prop_assert_eq!(written(&text, *span), filter.word());
                    }
                },
                Err(error) => prop_assert!(text.get(error.start..error.end).is_some()),
            }
        }
    }
}
