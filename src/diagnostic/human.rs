//! Diagnostics for people: the line as it was written, what is wrong there, what to write.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet,
};
use indexmap::IndexMap;

use super::visible::is_hidden;
use super::{Finding, Region, Report, Severity, on_one_line, visible};
use crate::source::Source;

/// The most bytes of lines that are shown with a replacement made: they are shown whole, twice.
const LONGEST_PATCH: usize = 500;

/// How diagnostics for people look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours (ANSI escape sequences).
    pub color: bool,
    /// Lines of source that are longer are cut around what is pointed at.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: DEFAULT_TERM_WIDTH }
    }
}

impl Style {
    fn renderer(self) -> Renderer {
        let renderer = if self.color { Renderer::styled() } else { Renderer::plain() };
        renderer.term_width(self.width)
    }
}

/// Renders a report for people, a blank line after each diagnostic.
#[must_use]
pub fn human(report: &Report, style: Style) -> String {
    let renderer = style.renderer();
    let mut out = String::new();
    for finding in report {
        out += &renderer.render(&groups(finding));
        out += "\n\n";
    }
    out
}

/// The lines after all diagnostics: what errors prevented (`failure`, such as
/// `could not render prod`), how many there are, and how to read more. Empty without any.
#[must_use]
pub fn closing(report: &Report, failure: &str, style: Style) -> String {
    let tally = report.tally();
    if tally.errors == 0 && tally.warnings == 0 {
        return String::new();
    }
    if tally.errors == 0 {
        return line(Severity::Warning, &tally.to_string(), style);
    }
    let codes: BTreeSet<_> = report.iter().map(|finding| finding.diagnostic.code.id()).collect();
    let more = match codes.first() {
        Some(code) if codes.len() == 1 => format!("`gen explain {code}` says more"),
        _ => "`gen explain CODE` says more about each".to_owned(),
    };
    let group = Group::with_title(Level::HELP.secondary_title(more));
    let help = style.renderer().render(&[group]);
    line(Severity::Error, &format!("{failure}: {tally}"), style) + &help + "\n"
}

/// A message that has no code and no place, as a line.
#[must_use]
pub fn line(severity: Severity, text: &str, style: Style) -> String {
    let group = Group::with_title(level(severity).primary_title(visible(text)));
    style.renderer().render(&[group]) + "\n"
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    }
}

fn groups<'f>(finding: &'f Finding) -> Vec<Group<'f>> {
    let diagnostic = finding.diagnostic;
    let title = level(diagnostic.severity).primary_title(on_one_line(&diagnostic.message));
    let title = title.id(diagnostic.code.id());
    let mut group = Group::with_title(title).elements(snippets(finding));
    if let (None, Some(path)) = (&finding.region, finding.path()) {
        group = group.element(Origin::path(on_one_line(path)));
    }
    // A replacement needs a title of its own: the help that was given first says what it does.
    let suggestion = finding.suggestion.as_ref().filter(|(region, _)| {
        let range = region.start..region.end;
        Excerpt::new(&region.source, std::slice::from_ref(&range)).lines.len() <= LONGEST_PATCH
    });
    let (title, help) = match (suggestion, diagnostic.help.split_first()) {
        (Some(_), Some((first, others))) => (first.as_str(), others),
        (Some(_), None) => ("write this instead", &[][..]),
        (None, _) => ("", diagnostic.help.as_slice()),
    };
    group = group.elements(help.iter().map(|help| Level::HELP.message(visible(help))));
    let mut groups = vec![group];
    if let Some((region, text)) = suggestion {
        let range = region.start..region.end;
        let excerpt = Excerpt::new(&region.source, std::slice::from_ref(&range));
        let patch = Patch::new(excerpt.within(&range), *text);
        let title = Level::HELP.secondary_title(visible(title));
        groups.push(title.element(excerpt.snippet().patch(patch)));
    }
    groups
}

/// A snippet a file: first that of the diagnostic itself, then the others as they were named.
fn snippets<'f>(finding: &'f Finding) -> Vec<Snippet<'f, Annotation<'f>>> {
    let primary = finding
        .region
        .iter()
        .map(|region| (region, AnnotationKind::Primary, finding.diagnostic.label.as_deref()));
    let secondary = finding
        .secondary
        .iter()
        .map(|(region, text)| (region, AnnotationKind::Context, Some(*text)));
    let mut files: IndexMap<&str, Vec<_>> = IndexMap::new();
    for mark in primary.chain(secondary) {
        files.entry(mark.0.source.path.as_str()).or_default().push(mark);
    }
    files
        .into_values()
        .map(|marks| {
            let ranges: Vec<_> = marks.iter().map(|(region, ..)| first_line(region)).collect();
            let excerpt = Excerpt::new(&marks[0].0.source, &ranges);
            let annotations = marks.iter().zip(&ranges).map(|((_, kind, label), range)| {
                kind.span(excerpt.within(range)).label(label.map(on_one_line))
            });
            let annotations: Vec<_> = annotations.collect();
            excerpt.snippet().annotations(annotations)
        })
        .collect()
}

/// The part of a region that lies on its first line. A map's or a list's region runs to its
/// last entry; its start is what there is to see.
fn first_line(region: &Region) -> Range<usize> {
    let line = region.source.line_range(region.source.line_at(region.start));
    let start = region.start.clamp(line.start, line.end);
    start..region.end.clamp(start, line.end)
}

/// Whole lines of a file, no more than there is something to point at: what the renderer
/// costs grows with the text that it is given.
struct Excerpt<'f> {
    source: &'f Source,
    line: usize,
    lines: Range<usize>,
}

impl<'f> Excerpt<'f> {
    fn new(source: &'f Source, ranges: &[Range<usize>]) -> Self {
        let start = ranges.iter().map(|range| range.start).min().unwrap_or(0);
        let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
        let (first, last) = (source.line_at(start), source.line_at(end));
        let lines = source.line_range(first).start..source.line_range(last).end;
        Self { source, line: first, lines }
    }

    /// A range of the file as a range of the excerpt.
    fn within(&self, range: &Range<usize>) -> Range<usize> {
        let at = |offset: usize| offset.clamp(self.lines.start, self.lines.end) - self.lines.start;
        at(range.start)..at(range.end)
    }

    fn snippet<T: Clone>(&self) -> Snippet<'f, T> {
        Snippet::source(same_length(&self.source.text[self.lines.clone()]))
            .path(on_one_line(&self.source.path))
            .line_start(self.line)
    }
}

/// Shows the control characters that the renderer lets through as something else of as many
/// bytes, so that positions stay. (It takes care of those of one byte itself.)
fn same_length(text: &str) -> Cow<'_, str> {
    let hidden = |character: char| !character.is_ascii() && is_hidden(character);
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |character: char| match character {
        _ if !hidden(character) => character,
        _ if character.len_utf8() == '¿'.len_utf8() => '¿',
        _ => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(shown).collect())
}
