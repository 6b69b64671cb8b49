//! Regular expressions as the API server reads them: RE2, in the syntax of Go.

use std::sync::OnceLock;

/// A regular expression, compiled when it is first asked for.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Compiled>>,
}

/// Go's `\d`, `\w` and `\s` know ASCII alone, as those of `regex-lite` do; only the classes of
/// Unicode need the larger engine.
#[derive(Debug)]
enum Compiled {
    Ascii(regex_lite::Regex),
    Unicode(regex::Regex),
}

impl Pattern {
    /// A pattern in Go's syntax.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), compiled: OnceLock::new() }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the pattern is found in a text; `None` when it is no regular expression.
    #[must_use]
    pub fn is_match(&self, text: &str) -> Option<bool> {
        match self.compiled()? {
            Compiled::Ascii(pattern) => Some(pattern.is_match(text)),
            Compiled::Unicode(pattern) => Some(pattern.is_match(text)),
        }
    }

    /// Whether this is a regular expression.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.compiled().is_some()
    }

    fn compiled(&self) -> Option<&Compiled> {
        let compile = || {
            let text = from_go(&self.text);
            let ascii = regex_lite::Regex::new(&text).ok().map(Compiled::Ascii);
            ascii.or_else(|| regex::Regex::new(&text).ok().map(Compiled::Unicode))
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

/// The same pattern in the syntax of Rust's engines, where `[`, `&`, `~` and `-` have a meaning
/// of their own inside a class and `\<` and `\>` are edges of words; `\Q` to `\E` is text.
fn from_go(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(letter) = rest.chars().next() {
        let tail = &rest[letter.len_utf8()..];
        rest = tail;
        match letter {
            '\\' => match tail.chars().next() {
                Some('Q') => {
                    let text = &tail[1..];
                    let (literal, after) = text.split_once("\\E").unwrap_or((text, ""));
                    out.push_str(&regex_lite::escape(literal));
                    rest = after;
                }
                Some(angle @ ('<' | '>')) => {
                    out.push(angle);
                    rest = &tail[1..];
                }
                Some(escaped) => {
                    out.push('\\');
                    out.push(escaped);
                    rest = &tail[escaped.len_utf8()..];
                }
                None => out.push('\\'),
            },
            '[' if in_class => match tail.find(":]") {
                Some(end) if tail.starts_with(':') => {
                    out.push('[');
                    out.push_str(&tail[..end + 2]);
                    rest = &tail[end + 2..];
                }
                _ => out.push_str("\\["),
            },
            '[' => {
                in_class = true;
                out.push('[');
                if let Some(after) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = after;
                }
                // A bracket that closes at once stands for itself.
                if let Some(after) = rest.strip_prefix(']') {
                    out.push_str("\\]");
                    rest = after;
                }
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Option<bool> {
        Pattern::new(pattern).is_match(text)
    }

    #[test]
    fn classes_are_those_of_ascii() {
        assert_eq!(found(r"^\d+$", "12"), Some(true));
        assert_eq!(found(r"^\d+$", "١"), Some(false));
        assert_eq!(found(r"^\p{L}+$", "é"), Some(true));
        assert_eq!(found(r"^[[:alpha:]_]+$", "a_b"), Some(true));
    }

    #[test]
    fn what_rust_reads_otherwise_means_what_it_means_to_go() {
        assert_eq!(found("^[[]$", "["), Some(true));
        assert_eq!(found("^[]a]$", "]"), Some(true));
        assert_eq!(found("^[a&&b]+$", "a&b"), Some(true));
        assert_eq!(found(r"^\<\>$", "<>"), Some(true));
        assert_eq!(found(r"^\Qa.b\E$", "a.b"), Some(true));
        assert_eq!(found(r"^\Qa.b\E$", "axb"), Some(false));
    }

    #[test]
    fn what_is_no_pattern_matches_neither_way() {
        assert_eq!(found("(", "a"), None);
        assert!(!Pattern::new(r"(?=a)").is_sound());
    }
}
