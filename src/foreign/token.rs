//! The words and signs inside of a template's tag, as the lexer of the engine tells them apart.

use std::ops::Range;

/// A word or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'s> {
    pub kind: TokenKind,
    pub text: &'s str,
    /// Its bytes in the template.
    pub at: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword.
    Name,
    Number,
    /// A string in its quotes.
    Text,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// Anything else.
    Sign,
}

/// Takes a range of a template apart, up to a string that is not closed.
pub(super) fn tokens(source: &str, range: Range<usize>) -> Tokens<'_> {
    Tokens { source: &source[..range.end], at: range.start, after_dot: false }
}

/// The tokens of a range.
pub(super) struct Tokens<'s> {
    source: &'s str,
    at: usize,
    /// An item's number, `list.1.0`, has no fraction.
    after_dot: bool,
}

impl<'s> Iterator for Tokens<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        self.at += self.source.as_bytes()[self.at..].iter().take_while(|byte| blank(byte)).count();
        let (kind, length) = self.token(&self.source[self.at..])?;
        let at = self.at..self.at + length;
        self.at = at.end;
        let text = &self.source[at.clone()];
        self.after_dot = text == ".";
        Some(Token { kind, text, at })
    }
}

impl Tokens<'_> {
    fn token(&self, rest: &str) -> Option<(TokenKind, usize)> {
        let first = rest.chars().next()?;
        Some(match first {
            '0'..='9' => (TokenKind::Number, self.number(rest)),
            'a'..='z' | 'A'..='Z' | '_' => (TokenKind::Name, word(rest)),
            '\'' | '"' => (TokenKind::Text, string_end(rest, 0)?),
            '(' | '[' | '{' => (TokenKind::Open, 1),
            ')' | ']' | '}' => (TokenKind::Close, 1),
            _ => (TokenKind::Sign, sign(rest).unwrap_or(first.len_utf8())),
        })
    }

    fn number(&self, rest: &str) -> usize {
        let whole = word(rest);
        match rest[whole..].strip_prefix('.') {
            Some(fraction) if !self.after_dot => {
                let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 { whole } else { whole + 1 + word(fraction) }
            }
            _ => whole,
        }
    }
}

fn word(rest: &str) -> usize {
    rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// The length of a sign of two characters.
fn sign(rest: &str) -> Option<usize> {
    ["**", "//", "==", "!=", ">=", "<="].iter().find(|sign| rest.starts_with(**sign)).map(|_| 2)
}

/// The byte after a string literal that starts at `at`.
pub(super) fn string_end(source: &str, at: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut next = at + 1;
    while next < bytes.len() {
        match bytes[next] {
            b'\\' => next += 2,
            byte if byte == bytes[at] => return Some(next + 1),
            _ => next += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source, 0..source.len()).map(|token| token.text).collect()
    }

    #[test]
    fn takes_a_tag_apart() {
        assert_eq!(
            texts("not a.b[-1:]|f('}\\'', x=1.5)**2 // 3 <= 0x1F"),
            [
                "not", "a", ".", "b", "[", "-", "1", ":", "]", "|", "f", "(", "'}\\''", ",", "x",
                "=", "1.5", ")", "**", "2", "//", "3", "<=", "0x1F"
            ]
        );
        assert_eq!(texts("a.1.0 ~ 1. ~ é"), ["a", ".", "1", ".", "0", "~", "1", ".", "~", "é"]);
        assert_eq!(texts("a ~ 'b"), ["a", "~"]);
        assert_eq!(texts("a ~ 'b\\"), ["a", "~"]);
    }
}
