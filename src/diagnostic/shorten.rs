//! Keeps what an input holds from filling a message.

use std::borrow::Cow;

/// How many bytes a text of a message has at most.
const LONGEST: usize = 1024;
/// How many bytes of a longer one are kept, at its start and at its end.
const KEPT: [usize; 2] = [640, 320];

/// A text of a message: of a very long one, which quotes a very long value, its start and its end.
pub(crate) fn shortened(text: impl Into<String>) -> String {
    let text = text.into();
    match brief(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(short) => short,
    }
}

/// The same for what is to become part of a text.
pub(crate) fn brief(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let start = char_boundary(text, KEPT[0]);
    let end = char_boundary(text, text.len() - KEPT[1]);
    Cow::Owned([&text[..start], "…", &text[end..]].concat())
}

/// The offset itself, or the nearest place before it that lies in the text between characters.
pub(super) fn char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn start_and_end_of_a_long_text_are_kept(text in "[a-zé☃😀]{0,1500}") {
            let short = shortened(text.as_str());
            match short.split_once('…') {
                None => prop_assert_eq!(short, text),
                Some((start, end)) => {
                    prop_assert!(text.len() > LONGEST);
                    prop_assert!(text.starts_with(start) && text.ends_with(end));
                    prop_assert!((KEPT[0] - 3..=KEPT[0]).contains(&start.len()));
                    prop_assert!((KEPT[1]..KEPT[1] + 4).contains(&end.len()));
                }
            }
        }
    }
}
