//! A review as text for people: a plan, then a unified diff an object.

use std::fmt::{self, Write as _};

use anstyle::{AnsiColor, Style};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, group_diff_ops};

use super::comparison::{Action, ObjectChange};
use super::impact::{Class, Impact};
use super::lines;
use super::origin::ChangedBy;
use super::review::{PlaceChange, Review};
use crate::diagnostic::{on_one_line, visible};
use crate::parallel;

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// How many of the fields that cause an impact are listed.
pub(super) const FIELDS: usize = 3;

/// How many columns a terminal must have for lines to be broken to fit it.
const NARROWEST: usize = 40;

/// How much further a line's continuation is indented.
const FURTHER: usize = 4;

/// How a review is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Show {
    /// Whether ANSI escape sequences colour it. What the manifests themselves hold of them is
    /// shown, not sent.
    pub color: bool,
    /// Whether objects are shown that only their spelling tells apart.
    pub spelling: bool,
    /// How many columns the terminal has: the lines of the plan are broken to fit. Those of diffs
    /// never are.
    pub width: Option<usize>,
}

/// The whole review: the plan, then each object that differs, with a heading and a unified diff.
/// Empty when nothing differs.
#[must_use]
pub fn text(review: &Review<'_>, show: Show) -> String {
    let mut out = plan(review, show);
    let diffs = parallel::map(review.changes(), |(change, impacts)| {
        let mut out = String::from("\n");
        styled(&heading(change, impacts), style_of(change.action()).bold(), show, &mut out);
        let (old, new) = change.texts();
        unified(&old, &new, show, &mut out);
        out
    });
    out.extend(diffs);
    for respelled in review.comparison.respelled.iter().filter(|_| show.spelling) {
        let heading = format!("= {}", on_one_line(&respelled.subject.to_string()));
        out.push('\n');
        styled(&heading, Style::new().bold(), show, &mut out);
        let [old, new] = [respelled.old, respelled.new].map(|text| format!("{text}\n"));
        unified(&old, &new, show, &mut out);
    }
    out
}

/// The plan alone: a line an object with its sign, what its change does, who reaches whom, and
/// the counts. Empty when nothing differs.
#[must_use]
pub fn plan(review: &Review<'_>, show: Show) -> String {
    let mut out = String::new();
    for (change, impacts) in review.changes() {
        let mut line = heading(change, impacts);
        let by: Vec<String> = change.by().iter().map(ToString::to_string).collect();
        // That an author changes the input goes without saying.
        if !matches!(change.by(), [] | [ChangedBy::Input]) {
            // Writing to a string cannot fail.
            let _ = write!(line, "  ({})", by.join(", "));
        }
        told(&line, style_of(change.action()), show, &mut out);
        for impact in impacts {
            self::impact(impact, show, &mut out);
        }
    }
    for (object, impact) in &review.impacts.elsewhere {
        told(&format!("  {}", on_one_line(object)), Style::new(), show, &mut out);
        self::impact(impact, show, &mut out);
    }
    for respelled in review.comparison.respelled.iter().filter(|_| show.spelling) {
        let line = format!("= {}", on_one_line(&respelled.subject.to_string()));
        told(&line, Style::new(), show, &mut out);
    }
    if !review.network.is_empty() {
        told("network:", Style::new().bold(), show, &mut out);
        for edge in &review.network {
            let color = if edge.is_wider { AnsiColor::Yellow } else { AnsiColor::Green };
            let line = format!("  {}", on_one_line(&edge.text));
            told(&line, color.on_default(), show, &mut out);
        }
    }
    if !review.of_place.is_empty() {
        told("from the environments themselves:", Style::new().bold(), show, &mut out);
        for place in &review.of_place {
            told(&format!("  {}", place_line(place)), Style::new(), show, &mut out);
        }
    }
    if !out.is_empty() {
        told(&Counts(review).to_string(), Style::new().bold(), show, &mut out);
    }
    out
}

/// How many objects change, and how many each class concerns, in a line.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'r, 'a>(pub &'r Review<'a>);

impl fmt::Display for Counts<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = self.0.comparison.tally();
        write!(
            f,
            "{} to create, {} to change, {} to delete, {} unchanged",
            tally.created, tally.changed, tally.deleted, tally.unchanged
        )?;
        let classes = self.0.classes().into_iter().filter(|(class, _)| *class > Class::None);
        for (place, (class, count)) in classes.enumerate() {
            let start = if place == 0 { ": " } else { ", " };
            write!(f, "{start}{count} {class}")?;
        }
        Ok(())
    }
}

/// What differs in an object because of its place, in a line.
pub(super) fn place_line(place: &PlaceChange) -> String {
    let subject = place.subject.to_string();
    let mut line = format!("{} {}", place.action.sign(), on_one_line(&subject));
    for (number, path) in place.fields.iter().enumerate() {
        line += if number == 0 { ": " } else { ", " };
        line += &on_one_line(&path.to_string());
    }
    line
}

/// The line of an object in the plan.
pub(super) fn heading(change: &ObjectChange, impacts: &[Impact]) -> String {
    let is_refused = impacts.iter().any(|impact| impact.class == Class::Recreate);
    let sign = if is_refused { '!' } else { change.action().sign() };
    let subject = change.subject().to_string();
    match (change.action(), change.old_object()) {
        (Action::Rename, Some(old)) => {
            format!("{sign} {} (was {})", on_one_line(&subject), on_one_line(&old.identity().name))
        }
        _ => format!("{sign} {}", on_one_line(&subject)),
    }
}

fn impact(impact: &Impact, show: Show, out: &mut String) {
    let faint = AnsiColor::BrightBlack.on_default();
    let style = match impact.class {
        Class::None | Class::InPlace => faint,
        Class::Restart => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Red.on_default(),
    };
    told(&format!("    {}: {}", impact.class, on_one_line(&impact.reason)), style, show, out);
    if impact.class >= Class::Restart {
        for cause in impact.causes.iter().take(FIELDS) {
            let at = cause.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
            told(&format!("      {}{at}", on_one_line(&cause.field)), faint, show, out);
        }
        if impact.causes.len() > FIELDS {
            let more = impact.causes.len() - FIELDS;
            told(&format!("      and {more} more"), faint, show, out);
        }
        if let Some(help) = &impact.help {
            told(&format!("      help: {}", on_one_line(help)), faint, show, out);
        }
    }
    if let Some(reason) = &impact.allowed {
        told(&format!("      allowed: {}", on_one_line(reason)), faint, show, out);
    }
}

/// The hunks of a unified diff.
fn unified(old: &str, new: &str, show: Show, out: &mut String) {
    let [old, new] = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    for hunk in group_diff_ops(lines::changes(&old, &new), CONTEXT) {
        let header = UnifiedHunkHeader::new(&hunk).to_string();
        styled(&header, AnsiColor::Cyan.on_default(), show, out);
        for line in hunk.iter().flat_map(|op| op.iter_changes(&old, &new)) {
            let (sign, style) = match line.tag() {
                ChangeTag::Equal => (' ', Style::new()),
                ChangeTag::Delete => ('-', AnsiColor::Red.on_default()),
                ChangeTag::Insert => ('+', AnsiColor::Green.on_default()),
            };
            let text = line.value().strip_suffix('\n').unwrap_or(line.value());
            styled(&format!("{sign}{}", visible(text)), style, show, out);
        }
    }
}

/// The unified diff of a change, without colours.
pub(super) fn unified_diff(change: &ObjectChange) -> String {
    let (old, new) = change.texts();
    let mut out = String::new();
    unified(&old, &new, Show::default(), &mut out);
    out
}

fn style_of(action: Action) -> Style {
    match action {
        Action::Create => AnsiColor::Green.on_default(),
        Action::Change | Action::Rename => AnsiColor::Yellow.on_default(),
        Action::Delete => AnsiColor::Red.on_default(),
    }
}

/// A line of the plan, on as many lines as it takes.
fn told(line: &str, style: Style, show: Show, out: &mut String) {
    for line in fitted(line, show.width) {
        styled(&line, style, show, out);
    }
}

/// A line broken at its blanks so that each part has at most so many characters, if its words
/// allow; all parts but the first are indented further than it.
fn fitted(line: &str, width: Option<usize>) -> Vec<String> {
    let length = |text: &str| text.chars().count();
    let Some(width) = width.filter(|width| (NARROWEST..length(line)).contains(width)) else {
        return vec![line.to_owned()];
    };
    let words = line.trim_start();
    let indent = line.len() - words.len();
    let mut lines = Vec::new();
    let mut current = " ".repeat(indent);
    let mut is_empty = true;
    for word in words.split(' ') {
        if !is_empty && length(&current) + 1 + length(word) > width {
            lines.push(std::mem::replace(&mut current, " ".repeat(indent + FURTHER)));
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
        }
        current.push_str(word);
        is_empty = false;
    }
    lines.push(current);
    lines
}

fn styled(line: &str, style: Style, show: Show, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = if show.color && style != Style::new() {
        writeln!(out, "{style}{line}{style:#}")
    } else {
        writeln!(out, "{line}")
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_broken_where_the_terminal_ends() {
        let line = "    recreate: the field is immutable, so that the object has to be made anew";
        assert_eq!(
            fitted(line, Some(40)),
            [
                "    recreate: the field is immutable, so",
                "        that the object has to be made",
                "        anew"
            ]
        );
        assert_eq!(fitted(line, Some(line.len())), [line]);
        assert_eq!(fitted(line, Some(NARROWEST - 1)), [line]);
        assert_eq!(fitted(line, None), [line]);
    }

    proptest! {
        #[test]
        fn broken_lines_say_what_the_line_says(
            words in prop::collection::vec("[a-z\u{e9}]{1,30}", 1..20), indent in 0..8_usize,
        ) {
            let line = " ".repeat(indent) + &words.join(" ");
            let parts = fitted(&line, Some(60));
            prop_assert!(parts.iter().all(|part| part.chars().count() <= 60), "{parts:?}");
            let again: Vec<&str> = parts.iter().flat_map(|part| part.split_whitespace()).collect();
            prop_assert_eq!(again, words);
        }
    }
}
