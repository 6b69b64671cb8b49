//! Keeps what an input holds from controlling the terminal that shows it.

use std::borrow::Cow;

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
    fn only_one_of_them_keeps_line_feeds() {
        assert_eq!(visible("a\nb"), "a\nb");
        assert_eq!(on_one_line("a\nb"), "a\\nb");
    }
}
