//! Keeps what an input holds from controlling what shows it: the terminal, and the runner of a
//! pipeline that reads it.

use std::borrow::Cow;

use memchr::memmem;

/// Text in which every character that could move a cursor, end a line early or turn the
/// direction of writing is written as an escape such as `\u{1b}`. Line feeds stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |character| character != '\n' && is_hidden(character))
}

/// The same, with line feeds escaped too: text that surely stays on one line.
#[must_use]
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    escape(text, is_hidden)
}

/// Whether a character acts instead of showing: controls (C0, DEL, C1), line and paragraph
/// separators, the marks, embeddings and isolates that reorder bidirectional text, and the
/// two numbers that are never characters (XML cannot hold them).
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// How a format writes the two characters that start a command to a runner, so that they mean
/// themselves to whoever reads the format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs {
    /// `:`
    pub(crate) colon: &'static str,
    /// `#`
    pub(crate) hash: &'static str,
}

impl Signs {
    /// Those of texts for people, as other characters that act are written.
    pub(crate) const TEXT: Self = Self { colon: "\\u{3a}", hash: "\\u{23}" };
    /// Those inside of the strings of JSON.
    pub(crate) const JSON: Self = Self { colon: "\\u003a", hash: "\\u0023" };
    /// Those of XML.
    pub(crate) const XML: Self = Self { colon: "&#58;", hash: "&#35;" };
}

/// A text of which no line is a command to the runner of a pipeline: for that of GitHub, a line
/// that starts with `::` behind any blanks, and `##[` anywhere in a line.
/// <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>
#[must_use]
pub(crate) fn without_commands(text: &str, signs: Signs) -> Cow<'_, str> {
    let has = |sign: &str| memmem::find(text.as_bytes(), sign.as_bytes()).is_some();
    if !has("::") && !has("##[") {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let bare = line.trim_start();
        let (blank, rest) = line.split_at(line.len() - bare.len());
        // With a third colon, as before the place of an excerpt, no command has that name.
        let (colon, rest) = match rest.strip_prefix("::") {
            Some(after) if !after.starts_with(':') => (signs.colon, [":", after].concat()),
            _ => ("", rest.to_owned()),
        };
        [blank, colon, &rest.replace("##[", &[signs.hash, "#["].concat())].concat()
    });
    Cow::Owned(lines.collect())
}

/// A text for people in which no line is a command to the runner of a pipeline, such as
/// `::error::x`.
#[must_use]
pub fn framed(text: &str) -> Cow<'_, str> {
    without_commands(text, Signs::TEXT)
}

fn escape(text: &str, escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Nearly all texts are plain ASCII, which is told many bytes at a time where none ends it.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    if is_plain || !text.chars().any(&escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if escaped(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_borrowed() {
        assert!(matches!(visible("日本語, naïve: \"x\"\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_controls_is_escaped() {
        assert_eq!(visible("a\u{1b}[31mb\r\u{9b}c\td"), "a\\u{1b}[31mb\\r\\u{9b}c\\td");
        assert_eq!(
            visible("\u{202e}txt.exe\u{2066}\u{feff}"),
            "\\u{202e}txt.exe\\u{2066}\\u{feff}"
        );
    }

    #[test]
    fn what_commands_a_runner_is_escaped() {
        assert_eq!(
            framed("a::b\n::error::c\n \u{a0}\t::debug::d\n1 | ::e\nf ##[group]g\n###[h\n:: "),
            "a::b\n\\u{3a}:error::c\n \u{a0}\t\\u{3a}:debug::d\n1 | ::e\nf \\u{23}#[group]g\n#\\u{23}#[h\n\\u{3a}: "
        );
        assert!(matches!(framed("a: b\n# c ::\n"), Cow::Owned(_)));
        assert!(matches!(framed("a: b\n## [c]\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn only_one_of_them_keeps_line_feeds() {
        assert_eq!(visible("a\nb"), "a\nb");
        assert_eq!(on_one_line("a\nb"), "a\\nb");
    }
}
