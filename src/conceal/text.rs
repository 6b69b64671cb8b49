//! Which parts of a text are secrets that no tree was made of: a document that cannot be read, a
//! template, the lines of a file inside of a config.

use std::cell::OnceCell;
use std::ops::Range;

use super::names::{self, Carrier};

/// How many words of a kind are looked at, which should be one.
const MOST_WORDS: usize = 3;

/// What a private key ends its first line with.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// The parts of a text that must not be shown, in order: in a document that seems to carry
/// secrets all but the keys, elsewhere what names tell.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    if is_of_carrier(text) { all_values(text) } else { named(text) }
}

/// Whether a text that cannot be read may be a secret.
pub(crate) fn is_suspect(text: &str) -> bool {
    text.to_lowercase().contains("secret")
}

/// Whether a string of an object is itself the manifest of a Secret, or holds one.
pub(super) fn is_manifest_of_secret(text: &str) -> bool {
    let holds_values = || ["data", "stringData"].iter().any(|key| text.contains(key));
    kinds(text).any(|kind| Carrier::of_kind(kind) == Some(Carrier::Secret)) && holds_values()
}

/// Whether a document names a kind that carries secrets, as far as a text can tell. What is read
/// of an object of another kind, or of none, is a guess, as
/// [`each_secret`](super::objects::each_secret) has it.
fn is_of_carrier(text: &str) -> bool {
    let is_secret = |kind: &str| Carrier::of_kind(kind) == Some(Carrier::Secret);
    if ["stringData", "encryptedData"].iter().any(|key| text.contains(key))
        || kinds(text).any(|kind| Carrier::of_kind(kind).is_some())
    {
        return true;
    }
    let has = |key: &str| values_of(text, key).next().is_some();
    let mut versions = values_of(text, "apiVersion").peekable();
    let is_core = (versions.peek().is_none() || versions.any(names::is_core))
        && !has_key(text, |key| key == "spec");
    let has_data = || has("data") || has_key(text, names::is_data);
    if kinds(text).next().is_some() {
        return is_core && has_data() && !kinds(text).any(names::is_config);
    }
    let is_object = || text.contains("apiVersion") || has("metadata") || has_data();
    is_core && is_object() || lines(text).any(|(_, line)| words(line).last().is_some_and(is_secret))
}

/// Whether a text says of which kind it is.
pub(super) fn has_kind(text: &str) -> bool {
    kinds(text).next().is_some()
}

/// Whether a line starts with such a key, and is not indented.
fn has_key(text: &str, is_key: impl Fn(&str) -> bool) -> bool {
    let keys = lines(text).filter_map(|(_, line)| key_of_line(line).map(|(key, _)| (line, key)));
    keys.filter(|(line, _)| !line.starts_with([' ', '-'])).any(|(_, key)| is_key(key))
}

/// The words that stand as kinds, of which a slip makes more than one.
fn kinds(text: &str) -> impl Iterator<Item = &str> {
    behind(text, "kind").flat_map(|value| {
        let value = value.trim_start_matches(['"', '\'', ' ']);
        words(value.split([',', '}', '"', '\'', '#']).next().unwrap_or_default()).take(MOST_WORDS)
    })
}

/// The first words of what stands behind a key and a colon, wherever that is; no tags and anchors.
fn values_of<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    behind(text, key).filter_map(|value| {
        let plain = value.split_whitespace().find(|word| !word.starts_with(['!', '&']))?;
        words(plain).next()
    })
}

/// What stands behind a key and a colon on the same line, as far as it is looked at.
fn behind<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(key).filter_map(move |(at, _)| {
        if text[..at].ends_with(is_of_name) {
            return None;
        }
        let rest = text[at + key.len()..].trim_start_matches(['"', '\'', ' ']);
        beginning(rest.strip_prefix(':')?).lines().next()
    })
}

/// As much of a text as a word can start in: a line may be very long, and hold many keys.
fn beginning(text: &str) -> &str {
    const MOST: usize = 256;
    let end = (0..=MOST.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !is_of_name(character)).filter(|word| !word.is_empty())
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
}

/// The lines of a text with their places, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let start = *next;
        *next += line.len();
        Some((start, line.trim_end()))
    })
}

/// All but the keys at the starts of lines, and but for what identifies an object.
fn all_values(text: &str) -> Vec<Range<usize>> {
    lines(text)
        .filter_map(|(start, line)| value_of_line(line).map(|at| start + at.start..start + at.end))
        .collect()
}

fn value_of_line(line: &str) -> Option<Range<usize>> {
    let indent = line.len() - line.trim_start().len();
    let is_frame = |text: &str| text.bytes().all(|byte| b"{}[]()-.,:|> ".contains(&byte));
    let value = match key_of_line(&line[indent..]) {
        Some((key, length)) => {
            let value = line[indent + length..].trim_start();
            if matches!(key, "kind" | "apiVersion") && is_identifier(value) {
                return None;
            }
            line.len() - value.len()
        }
        None => indent,
    };
    (!is_frame(&line[value..])).then_some(value..line.len())
}

/// The key that a line starts with, and how long it is with its colon.
fn key_of_line(line: &str) -> Option<(&str, usize)> {
    let bare = line.trim_start_matches(['-', ' ', '"', '\'']);
    let length = bare.find(|character| !is_of_name(character)).filter(|length| *length > 0)?;
    let rest = bare[length..].trim_start_matches(['"', '\'', ' ']);
    let after = rest.strip_prefix(':')?;
    let is_key = after.is_empty() || after.starts_with([' ', '\t', '{', '[', '"', '\'']);
    is_key.then(|| (&bare[..length], line.len() - after.len()))
}

fn is_identifier(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', ',', ' ']);
    value.chars().all(|character| is_of_name(character) || character == '/')
}

/// What stands under names of secrets, line by line, and private keys.
pub(super) fn named(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut in_key = false;
    let mut block = None;
    let mut before = "";
    let mut all = lines(text).peekable();
    while let Some((start, line)) = all.next() {
        let after = all.peek().map_or("", |(_, line)| *line);
        let indent = line.len() - line.trim_start().len();
        block = block.filter(|of| indent > *of || line.is_empty());
        in_key |= line.contains(PRIVATE_KEY) && line.contains("BEGIN");
        let is_variable = OnceCell::new();
        let is_variable =
            || *is_variable.get_or_init(|| [before, line, after].into_iter().any(names_variable));
        let values = if in_key || block.is_some() {
            std::iter::once(indent..line.len()).collect()
        } else {
            named_in_line(line, is_variable)
        };
        found.extend(values.into_iter().map(|at| start + at.start..start + at.end));
        block = block.or_else(|| starts_named_block(line).then_some(indent));
        in_key &= !(line.contains(PRIVATE_KEY) && line.contains("END"));
        before = line;
    }
    found
}

/// Whether a line says that a variable has the name of a secret.
fn names_variable(line: &str) -> bool {
    values_of(line, "name").any(names::is_secret_field)
}

/// Whether the lines that follow are a block of text under the name of a secret.
fn starts_named_block(line: &str) -> bool {
    let key = key_of_line(line).filter(|(key, _)| names::is_secret_field(key));
    key.is_some_and(|(_, length)| line[length..].trim_start().starts_with(['|', '>']))
}

/// The values in a line under the names of secrets, each to the end of the line unless it is
/// quoted.
fn named_in_line(line: &str, is_variable: impl Fn() -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in line.match_indices([':', '=']) {
        if found.last().is_none_or(|last| last.end <= at) {
            found.extend(named_at(line, at, &is_variable));
        }
    }
    found.extend(line.match_indices("--").filter_map(|(at, _)| after_flag(line, at)));
    super::joined(found)
}

/// The word behind a flag that names a secret: `--password WORD`.
fn after_flag(line: &str, at: usize) -> Option<Range<usize>> {
    let flag = line[at..].split([' ', '"', '\'', ',', '=']).next().filter(|flag| is_flag(flag))?;
    let rest = line[at + flag.len()..].strip_prefix(' ')?;
    let start = line.len() - rest.trim_start().len();
    let word = line[start..].split([' ', '"', '\'', ',', ']']).next().unwrap_or_default();
    (!word.is_empty() && names::is_literal(word)).then_some(start..start + word.len())
}

/// Whether a word of a command says that the next one is a secret.
pub(super) fn is_flag(word: &str) -> bool {
    word.strip_prefix("--").is_some_and(names::is_secret_field)
}

/// The value behind a colon or a sign of equality, if what stands before it names a secret.
fn named_at(line: &str, at: usize, is_variable: impl Fn() -> bool) -> Option<Range<usize>> {
    let before = line[..at].trim_end_matches([' ', '"', '\'']);
    let name = before.rsplit(|one| !is_of_name(one)).next().unwrap_or_default();
    let name = name.trim_start_matches('-');
    if !names::is_secret_field(name) && (!names::is_value(name) || !is_variable()) {
        return None;
    }
    let value = line[at + 1..].trim_start_matches([' ', '\t', '=', '>']);
    let start = line.len() - value.len();
    let (start, end) = match quoted(value) {
        Some(length) => (start + 1, start + 1 + length),
        None => (start, line.len()),
    };
    (!is_structure(value) && names::is_literal(&line[start..end])).then_some(start..end)
}

/// How long the text in quotes is that a value starts with, if something ends it: a quote after
/// which the line, or what holds the value, goes on.
fn quoted(value: &str) -> Option<usize> {
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let ends = |at: usize| {
        let (text, rest) = (&value[1..at], &value[at + 1..]);
        let goes_on = rest.trim_start();
        let is_apart = goes_on.is_empty()
            || goes_on.starts_with([',', '}', ']', ';', ')'])
            || (goes_on.starts_with('#') && rest.starts_with(' '));
        is_apart && !text.ends_with('\\')
    };
    value[1..].match_indices(quote).map(|(at, _)| at + 1).find(|at| ends(*at)).map(|at| at - 1)
}

/// Whether something is no value but what opens a map, a list or a block, or a comment.
fn is_structure(value: &str) -> bool {
    let opens =
        |character| matches!(character, '{' | '[' | '|' | '>' | '-' | '+' | '0'..='9' | ' ');
    value.is_empty()
        || value.starts_with("# ")
        || value.starts_with(['{', '[', '|', '>', ',']) && value.chars().all(opens)
}

#[cfg(test)]
mod tests {
    use super::super::words::without;
    use super::*;

    fn shown(text: &str) -> String {
        without(text, &secrets(text)).into_owned()
    }

    #[test]
    fn a_broken_secret_shows_its_keys() {
        assert_eq!(
            shown(
                "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata:\n\
                 \x20 a: \"open\n  \"b\": c\n  d: |\n    text\n  # note\nstringDta: {x: y}\n"
            ),
            "apiVersion: v1\nkind: Secret\nmetadata: (hidden)\ndata:\n\
             \x20 a: (hidden)\n  \"b\": (hidden)\n  d: |\n    (hidden)\n  (hidden)\n\
             stringDta: (hidden)\n"
        );
        assert_eq!(shown("{\"kind\":\"Secret\",\"data\":{\"a\":\"b\"}"), "(hidden)");
        assert_eq!(shown("kind Secret\ndata: a\n"), "(hidden)\ndata: (hidden)\n");
    }

    #[test]
    fn other_texts_show_all_but_what_names_tell() {
        assert_eq!(
            shown(
                "kind: ConfigMap\nimage: a:1 # the Secret\nDB_PASSWORD: hunter2\n\
                 token = 'abc' # why\nargs: [--api-key=abc]\nsecretName: tls\n\
                 password: ${{ secrets.db.password }}\n"
            ),
            "kind: ConfigMap\nimage: a:1 # the Secret\nDB_PASSWORD: (hidden)\n\
             token = '(hidden)' # why\nargs: [--api-key=(hidden)\nsecretName: tls\n\
             password: ${{ secrets.db.password }}\n"
        );
        assert_eq!(
            shown("env:\n- name: MY_TOKEN\n  value: abc\n- {name: A, value: b}\n"),
            "env:\n- name: MY_TOKEN\n  value: (hidden)\n- {name: A, value: b}\n"
        );
        assert_eq!(
            shown(
                "a:\n  -----BEGIN RSA PRIVATE KEY-----\n  MII\n  -----END RSA PRIVATE KEY-----\nb"
            ),
            "a:\n  (hidden)\n  (hidden)\n  (hidden)\nb"
        );
    }
}
