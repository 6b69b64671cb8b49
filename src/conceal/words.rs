//! Finding again, in any text, what must not be shown.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::HIDDEN;

/// So many bytes in a row that a text shares with a secret are a part of it.
const PART: usize = 8;

/// Shorter than this, a secret is only known by the quotes around it: it may be any word.
const SHORT: usize = 4;

/// Secrets by which parts of them are known in other texts, whole or cut off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Words {
    /// Every part of the long ones, sorted.
    parts: Vec<u64>,
    /// Those that are no longer than a part.
    short: BTreeSet<String>,
}

impl Words {
    /// Those of some texts, but for what `visible` shows in any case.
    pub(crate) fn of<'t>(secrets: impl IntoIterator<Item = &'t str>, visible: &[&str]) -> Self {
        let mut words = Self::default();
        for secret in secrets.into_iter().map(str::trim) {
            if secret.len() < PART {
                words.short.insert(secret.to_owned());
            } else {
                words.parts.extend(parts(secret).filter(|part| tells(*part)));
            }
        }
        words.short.remove("");
        words.parts.sort_unstable();
        words.parts.dedup();
        words.forget(visible);
        words
    }

    /// Forgets what some texts show.
    fn forget(&mut self, visible: &[&str]) {
        if self.is_empty() {
            return;
        }
        for text in visible {
            for range in self.short_in(text).collect::<Vec<_>>() {
                self.short.remove(&text[range]);
            }
        }
        let mut shown: Vec<u64> = visible.iter().flat_map(|text| parts(text)).collect();
        shown.sort_unstable();
        self.parts.retain(|part| shown.binary_search(part).is_err());
    }

    /// Adds those of others.
    pub(super) fn add(&mut self, other: &Self) {
        self.parts.extend(&other.parts);
        self.parts.sort_unstable();
        self.parts.dedup();
        self.short.extend(other.short.iter().cloned());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.short.is_empty()
    }

    /// Where a text holds a secret or a part of one, in order.
    pub(crate) fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (start, part) in parts(text).enumerate() {
            if self.parts.binary_search(&part).is_ok() {
                let end = start + PART;
                match found.last_mut() {
                    Some(last) if start <= last.end => last.end = end,
                    _ => found.push(start..end),
                }
            }
        }
        let long = found.into_iter().map(|range| {
            let is_boundary = |at: &usize| text.is_char_boundary(*at);
            let start = (0..=range.start).rev().find(is_boundary).unwrap_or(0);
            start..(range.end..text.len()).find(is_boundary).unwrap_or(text.len())
        });
        let short = self.short_in(text).filter(|range| is_telling(text, range));
        super::joined(long.chain(short))
    }

    /// Where a text holds a short one with nothing that belongs to it before and after. One pass:
    /// at each place where one can start, there are only so many ends.
    fn short_in<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let starts = text.char_indices().scan(None, |before, (start, character)| {
            let before = before.replace(character);
            Some((start, is_apart(before)))
        });
        let starts = starts.filter(|(_, is_start)| *is_start && !self.short.is_empty());
        starts.flat_map(move |(start, _)| {
            let ends = (start + 1..=text.len().min(start + PART - 1)).rev();
            let is_known = move |end: &usize| {
                text.get(start..*end).is_some_and(|word| self.short.contains(word))
                    && is_apart(text[*end..].chars().next())
            };
            ends.filter(is_known).map(move |end| start..end)
        })
    }
}

/// A text without some of its parts, which are in order.
pub(crate) fn without<'t>(text: &'t str, ranges: &[Range<usize>]) -> Cow<'t, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for range in ranges {
        out += &text[end..range.start];
        out += HIDDEN;
        end = range.end;
    }
    Cow::Owned(out + &text[end..])
}

/// Every part of a text, each a byte further.
fn parts(text: &str) -> impl Iterator<Item = u64> {
    text.as_bytes()
        .windows(PART)
        .map(|part| part.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Whether a part is more than one character again and again, such as an indentation.
fn tells(part: u64) -> bool {
    part != part.rotate_left(8)
}

/// Whether what stands beside a word is no part of it.
fn is_apart(character: Option<char>) -> bool {
    !character.is_some_and(char::is_alphanumeric)
}

/// Whether a short word is more than any word.
fn is_telling(text: &str, range: &Range<usize>) -> bool {
    let is_number = text[range.clone()].bytes().all(|byte| byte.is_ascii_digit());
    range.len() >= SHORT || is_number || is_quoted(text, range)
}

fn is_quoted(text: &str, range: &Range<usize>) -> bool {
    let is_quote = |character: Option<char>| matches!(character, Some('"' | '\'' | '`'));
    is_quote(text[..range.start].chars().next_back()) && is_quote(text[range.end..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_whole_and_cut_off() {
        let words = Words::of(["correct horse battery", "hunter2", "42", "é-é-é-é"], &[]);
        let hidden = |text| without(text, &words.found_in(text));
        assert_eq!(hidden("found \"correct horse batt…\" there"), "found \"(hidden)…\" there");
        assert_eq!(hidden("`hunter2` is not hunter22"), "`(hidden)` is not hunter22");
        assert_eq!(hidden("the integer 42 in 420"), "the integer (hidden) in 420");
        assert_eq!(hidden("aé-é-é-éa"), "a(hidden)a");
        assert_eq!(hidden("nothing is correct"), "nothing is correct");
    }

    #[test]
    fn what_shows_anyway_is_no_secret() {
        let words = Words::of(["postgres", "postgres-of-shop", "x"], &["name: postgres\n"]);
        let hidden = |text| without(text, &words.found_in(text));
        assert_eq!(hidden("Secret postgres"), "Secret postgres");
        assert_eq!(hidden("found \"postgres-of-shop\""), "found \"p(hidden)\"");
        assert_eq!(hidden("a box of `x`"), "a box of `(hidden)`");
    }
}
