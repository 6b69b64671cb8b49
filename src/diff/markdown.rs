//! A review as Markdown, for a comment on a pull request.

use std::fmt::Write as _;

use super::impact::{Class, Impact};
use super::review::Review;
use super::text::{Counts, FIELDS, heading, place_line, unified_diff};
use crate::diagnostic::on_one_line;

/// The most characters that a comment on GitHub takes.
const LIMIT: usize = 65_536;

/// Room for the line that says what was left out.
const RESERVED: usize = 200;

/// The reviews as one comment: for each a plan, then a collapsed section an object. Never longer
/// than a comment may be: sections that do not fit are left out whole, the last of them first, and
/// counted.
#[must_use]
pub fn markdown(reviews: &[Review<'_>]) -> String {
    let mut blocks = Vec::new();
    for review in reviews {
        let title = format!("### `{}` to `{}`\n\n", code(&review.from), code(&review.to));
        if review.comparison.is_empty() {
            blocks.push(format!("{title}Nothing changes.\n"));
            continue;
        }
        blocks.push(format!("{title}{}\n", Counts(review)));
        blocks.extend(review.changes().map(|(change, impacts)| {
            let mut out = format!("- `{}`\n", code(&heading(change, impacts)));
            list(impacts, &mut out);
            out
        }));
        for (object, impact) in &review.impacts.elsewhere {
            let mut out = format!("- `  {}`\n", code(object));
            list(std::slice::from_ref(impact), &mut out);
            blocks.push(out);
        }
        if !review.network.is_empty() {
            let lines =
                review.network.iter().map(|edge| on_one_line(&edge.text).into_owned() + "\n");
            blocks.push(format!("\nWho reaches whom:\n\n{}", fenced(&lines.collect::<String>())));
        }
        if !review.of_place.is_empty() {
            let lines = review.of_place.iter().map(|place| place_line(place) + "\n");
            let lines = fenced(&lines.collect::<String>());
            blocks.push(format!("\nFrom the environments themselves:\n\n{lines}"));
        }
    }
    for review in reviews {
        blocks.extend(review.changes().map(|(change, impacts)| {
            let heading = escaped(&heading(change, impacts));
            let diff = fenced(&unified_diff(change));
            format!("\n<details><summary><code>{heading}</code></summary>\n\n{diff}\n</details>\n")
        }));
    }
    let mut out = String::new();
    let mut size = 0;
    let mut left_out = 0;
    for block in &blocks {
        let length = block.chars().count();
        if left_out > 0 || size + length + RESERVED > LIMIT {
            left_out += 1;
            continue;
        }
        size += length;
        out.push_str(block);
    }
    if left_out > 0 {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "\n**{left_out} of {} parts did not fit here:** run `gen diff` to see them.",
            blocks.len()
        );
    }
    out
}

fn list(impacts: &[Impact], out: &mut String) {
    for impact in impacts {
        let reason = prose(&on_one_line(&impact.reason));
        // Writing to a string cannot fail.
        let _ = if impact.class >= Class::Restart {
            writeln!(out, "  - **[{}]({})**: {reason}", impact.class, impact.source)
        } else {
            writeln!(out, "  - {}: {reason}", impact.class)
        };
        if impact.class < Class::Restart {
            continue;
        }
        for cause in impact.causes.iter().take(FIELDS) {
            let at = cause.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
            let _ = writeln!(out, "    - `{}`{}", code(&cause.field), prose(&on_one_line(&at)));
        }
        if let Some(help) = &impact.help {
            let _ = writeln!(out, "    - {}", prose(&on_one_line(help)));
        }
        if let Some(reason) = &impact.allowed {
            let _ = writeln!(out, "    - allowed: {}", prose(&on_one_line(reason)));
        }
    }
}

/// Text that stands between backticks.
fn code(text: &str) -> String {
    on_one_line(text).replace('`', "'")
}

/// Text of which HTML makes nothing.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text of which Markdown makes nothing but code: what stands between backticks stays, and words
/// that would be more than words (mentions, references, addresses, markup) become code, which is
/// the only place where GitHub leaves them alone.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inner, next)) = after.split_once('`') else { break };
        out += &plain(before);
        if !inner.trim().is_empty() {
            out.extend(["`", inner, "`"]);
            // Code that touches other code would be read as one with longer fences.
            out += if next.starts_with('`') { " " } else { "" };
        }
        rest = next;
    }
    out + &plain(rest)
}

/// The same of text without code.
fn plain(text: &str) -> String {
    let word = |word: &str| {
        if is_word(word) {
            escaped(word).replace('*', "\\*").replace('_', "\\_")
        } else {
            format!("`{}`", code(word))
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Whether GitHub makes nothing of a word that is no code.
fn is_word(word: &str) -> bool {
    let acts = ['@', '#', '[', ']', '|', '<', '>', '&', '`', '\\', '~', '!', '$'];
    let digits = word.bytes().filter(u8::is_ascii_hexdigit).count();
    let is_commit = digits >= 7 && digits == word.len();
    let is_address = word.contains("://") || word.contains("www.") || word.contains("GH-");
    !word.contains(acts) && !is_commit && !is_address
}

/// A block of code, its fence longer than any in it.
fn fenced(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}diff\n{text}{fence}\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;

    const PIECES: [&str; 22] = [
        "`",
        "``",
        "```",
        "a",
        " ",
        "@org/team",
        "#12",
        "GH-3",
        "<b>",
        "&lt;",
        "[a](b)",
        "![a](b)",
        "https://a.example",
        "www.a.example",
        "*a*",
        "__a__",
        "~~a~~",
        "\\",
        "|",
        "$(a)",
        "0a1b2c3d",
        "- ",
    ];

    proptest! {
        /// Whatever it says, prose stays words and code of one line.
        #[test]
        fn prose_is_words_and_code(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..9)) {
            let text = prose(&on_one_line(&pieces.concat()));
            let line = format!("  - in-place: {text}");
            for event in Parser::new_ext(&line, Options::all()) {
                match event {
                    Event::Start(Tag::List(None) | Tag::Item | Tag::Paragraph)
                    | Event::End(TagEnd::List(_) | TagEnd::Item | TagEnd::Paragraph)
                    | Event::Code(_) => {}
                    Event::Text(words) => prop_assert!(
                        !words.contains(['@', '#', '<', '[']) && !words.contains("://") && !words.contains("GH-"),
                        "{words} in {line}"
                    ),
                    other => prop_assert!(false, "{other:?} in {line}"),
                }
            }
        }
    }

    #[test]
    fn ordinary_words_stay_as_they_are() {
        let text = "changes `spec.replicas` in place: 2 pods stay (of 3), see docs/review.md";
        assert_eq!(prose(text), text);
        assert_eq!(prose("ask @ops in #7 about a_b"), "ask `@ops` in `#7` about a\\_b");
        assert_eq!(prose("an ` alone <b>"), "an `'` alone `<b>`");
    }
}
