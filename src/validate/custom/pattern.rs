//! Regular expressions as the API server reads them: RE2, in the syntax of Go.

use std::ops::Range;
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

    /// Whether the pattern is found in a text; `None` when it is no regular expression, or too
    /// large for gen.
    #[must_use]
    pub fn is_match(&self, text: &str) -> Option<bool> {
        match self.compiled()? {
            Compiled::Ascii(pattern) => Some(pattern.is_match(text)),
            Compiled::Unicode(pattern) => Some(pattern.is_match(text)),
        }
    }

    /// Where the pattern is first found at or behind a byte of a text.
    #[must_use]
    pub fn find_at(&self, text: &str, start: usize) -> Option<Range<usize>> {
        match self.compiled()? {
            Compiled::Ascii(pattern) => pattern.find_at(text, start).map(|found| found.range()),
            Compiled::Unicode(pattern) => pattern.find_at(text, start).map(|found| found.range()),
        }
    }

    /// What it takes to compile it, in steps as a `cel::Budget` counts
    /// them.
    #[must_use]
    pub fn cost_to_compile(&self) -> u64 {
        weight(&self.text, OF_UNICODE).saturating_mul(TO_COMPILE)
    }

    /// What it takes to look for it in a text: for each byte all states, of which four are a step.
    #[must_use]
    pub fn cost(&self, text: &str) -> u64 {
        // Of a class of Unicode few are ever looked at.
        weight(&self.text, 4).saturating_mul(text.len() as u64) / 4
    }

    /// Whether it is so large that gen does not compile it.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        weight(&self.text, OF_UNICODE) > MOST
    }

    /// Whether it takes longer to compile than to look for.
    #[must_use]
    pub fn is_large(&self) -> bool {
        weight(&self.text, OF_UNICODE) > LARGE
    }

    /// Whether this is a regular expression.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.compiled().is_some()
    }

    fn compiled(&self) -> Option<&Compiled> {
        let compile = || {
            if self.is_too_large() {
                return None;
            }
            let text = from_go(&self.text);
            let ascii = regex_lite::RegexBuilder::new(&text).size_limit(MOST_BYTES).build();
            let unicode = || regex::RegexBuilder::new(&text).size_limit(MOST_BYTES).build();
            let unicode = || unicode().ok().map(Compiled::Unicode);
            ascii.ok().map(Compiled::Ascii).or_else(unicode)
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

/// How many steps a state takes to compile.
const TO_COMPILE: u64 = 10;
/// How many states gen compiles, and about how many bytes they take.
const MOST: u64 = 300_000;
const MOST_BYTES: usize = 32 << 20;
/// How many states are no more those of a pattern that somebody wrote by hand.
const LARGE: u64 = 2_000;
/// About how many states a class of Unicode has.
const OF_UNICODE: u64 = 3_000;

/// About how many states an engine has for a pattern, or more: some for each part, as often as it
/// is repeated. A class of Unicode has as many as is said.
fn weight(pattern: &str, of_unicode: u64) -> u64 {
    let mut outer: Vec<u64> = Vec::new();
    // What stands in the innermost group, and the last part of it, which may be repeated.
    let (mut sum, mut last) = (1_u64, 0_u64);
    let mut rest = pattern;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(part(rest));
        rest = after;
        match part.as_bytes()[0] {
            b'(' => {
                outer.push(sum);
                (sum, last) = (1, 0);
                continue;
            }
            b')' => {
                last = sum;
                sum = outer.pop().unwrap_or_default();
            }
            b'{' if repeats(part).is_some() => {
                sum = sum.saturating_sub(last);
                last = last.saturating_mul(repeats(part).unwrap_or(1).max(1));
            }
            b'*' | b'+' | b'?' => {
                last = last.saturating_add(1);
                sum = sum.saturating_add(1);
                continue;
            }
            _ => {
                let is_unicode = part.contains("\\p") || part.contains("\\P");
                last = 2 + part.len() as u64 / 4 + if is_unicode { of_unicode } else { 0 };
            }
        }
        sum = sum.saturating_add(last);
    }
    outer.into_iter().fold(sum, u64::saturating_add)
}

/// The length of the part at the start of a pattern: a class, an escape, how often something is
/// repeated, or a letter.
fn part(pattern: &str) -> usize {
    let first = pattern.chars().next().map_or(0, char::len_utf8);
    let through = |end: char| pattern.find(end).map(|at| at + end.len_utf8());
    let length = match pattern.as_bytes().first() {
        Some(b'[') => class(pattern),
        Some(b'{') => through('}'),
        Some(b'\\') if pattern[1..].starts_with(['p', 'P']) && pattern[2..].starts_with('{') => {
            through('}')
        }
        Some(b'\\') => pattern[1..].chars().next().map(|escaped| 1 + escaped.len_utf8()),
        _ => None,
    };
    length.unwrap_or(first)
}

/// The length of the class at the start of a pattern, if it ends.
fn class(pattern: &str) -> Option<usize> {
    let inner = pattern.strip_prefix("[^").or_else(|| pattern.strip_prefix('['))?;
    let mut is_escaped = false;
    // A bracket that closes at once stands for itself.
    let end = inner.char_indices().skip(1).find(|(_, letter)| {
        let ends = *letter == ']' && !is_escaped;
        is_escaped = *letter == '\\' && !is_escaped;
        ends
    });
    end.map(|(at, _)| pattern.len() - inner.len() + at + 1)
}

/// How often at most a part is repeated: `{2,5}`.
fn repeats(part: &str) -> Option<u64> {
    let numbers = part.strip_prefix('{')?.strip_suffix('}')?;
    let (least, most) = numbers.split_once(',').unwrap_or((numbers, ""));
    let least = least.parse().ok()?;
    if most.is_empty() { Some(least) } else { most.parse().ok().map(|most: u64| most.max(least)) }
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
    fn repetitions_multiply_the_weight() {
        let weight = |pattern| super::weight(pattern, 1_000);
        assert_eq!(weight("ab*"), 1 + 2 + 2 + 1);
        assert_eq!(weight("(a{10}b){10}"), 1 + 10 * (1 + 20 + 2));
        assert_eq!(weight(r"[(]{3}\("), 1 + 3 * 2 + 2);
        assert_eq!(weight(r"\p{Lu}{2}"), 1 + 2 * (2 + 1 + 1_000));
        assert_eq!(weight("{a}b{2,"), 1 + 2 + 2 + 3 * 2);
        assert_eq!(weight(&"{9}(".repeat(1_000)), 1_001);
        assert!(Pattern::new("((a{1000}){1000}){1000}").is_too_large());
        assert!(!Pattern::new(r"^[\p{L}\p{N} ]{1,64}$").is_too_large());
        assert_eq!(found("(a{1000}){1000}", "a"), None);
        assert_eq!(found(r"^[\p{L}\p{N} ]{1,64}$", "é 1"), Some(true));
    }

    #[test]
    fn what_is_no_pattern_matches_neither_way() {
        assert_eq!(found("(", "a"), None);
        assert!(!Pattern::new(r"(?=a)").is_sound());
    }
}
