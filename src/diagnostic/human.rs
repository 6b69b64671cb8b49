//! Diagnostics for people: the line as it was written, what is wrong there, what to write.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet,
};
use indexmap::IndexMap;

use super::shorten::char_boundary;
use super::visible::is_hidden;
use super::{Finding, Region, Report, Severity, on_one_line, short, visible};
use crate::conceal::HIDDEN;
use crate::source::Source;

/// The most bytes of lines that are shown with a replacement made: they are shown whole, twice.
const LONGEST_PATCH: usize = 500;

/// How many diagnostics are shown with the lines that they are about. Nobody reads the lines of
/// those that follow, which take most of the time.
const WITH_LINES: usize = 2000;

/// How many bytes of a line are looked at before and after what is pointed at, and how many of
/// that itself: more than there is room for on any terminal.
const WIDEST: usize = 1024;

/// How many bytes may lie between two places that are shown in one piece.
const FAR: usize = 4096;

/// Stands around the place of what is pointed at, in a path; in all that is shown it is escaped.
const MARK: char = '\u{feff}';

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

/// Renders a report for people, a blank line after each diagnostic. Of very many, those that come
/// after the first are a line each.
#[must_use]
pub fn human(report: &Report, style: Style) -> String {
    let renderer = style.renderer();
    let mut out = String::new();
    for finding in report.iter().take(WITH_LINES) {
        out += &placed(&renderer.render(&groups(report, finding)));
        out += "\n\n";
    }
    out.reserve(report.iter().len().saturating_sub(WITH_LINES) * short::USUAL_LINE);
    for finding in report.iter().skip(WITH_LINES) {
        short::line(finding, &mut out);
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

fn groups<'f>(report: &Report, finding: &'f Finding) -> Vec<Group<'f>> {
    let diagnostic = &*finding.diagnostic;
    let title = level(diagnostic.severity).primary_title(on_one_line(&diagnostic.message));
    let title = title.id(diagnostic.code.id());
    let mut group = Group::with_title(title).elements(snippets(report, finding));
    if let (None, Some(path)) = (&finding.region, finding.path()) {
        group = group.element(Origin::path(on_one_line(path)));
    }
    // A replacement needs a title of its own: the help that was given first says what it does.
    let suggestion = finding
        .suggestion
        .as_ref()
        .filter(|(region, _)| lines_of(&region.source, &[region.range()]).0.len() <= LONGEST_PATCH);
    let (title, help) = match (suggestion, diagnostic.help.split_first()) {
        (Some(_), Some((first, others))) => (first.as_str(), others),
        (Some(_), None) => ("write this instead", &[][..]),
        (None, _) => ("", diagnostic.help.as_slice()),
    };
    group = group.elements(help.iter().map(|help| Level::HELP.message(visible(help))));
    let mut groups = vec![group];
    if let Some((region, text)) = suggestion {
        let range = region.range();
        let excerpt = Excerpt::new(report, finding, &region.source, std::slice::from_ref(&range));
        let patch = Patch::new(excerpt.within(&range), *text);
        let title = Level::HELP.secondary_title(visible(title));
        groups.push(title.element(excerpt.snippet(&range).patch(patch)));
    }
    groups
}

/// Some bytes of a file with what there is to be seen there.
type Mark<'f> = (Range<usize>, AnnotationKind, Option<&'f str>);

/// The snippets of each file: first that of the diagnostic itself, then the others as they were
/// named.
fn snippets<'f>(report: &Report, finding: &'f Finding) -> Vec<Snippet<'f, Annotation<'f>>> {
    let primary = finding
        .region
        .iter()
        .map(|region| (region, AnnotationKind::Primary, finding.diagnostic.label.as_deref()));
    let secondary = finding
        .secondary
        .iter()
        .map(|(region, text)| (region, AnnotationKind::Context, Some(&**text)));
    let mut files: IndexMap<&str, (&Source, Vec<Mark<'f>>)> = IndexMap::new();
    for (region, kind, label) in primary.chain(secondary) {
        let source = region.source.as_ref();
        let (_, marks) = files.entry(&source.path).or_insert((source, Vec::new()));
        marks.push((first_line(region), kind, label));
    }
    let pieces = files
        .into_values()
        .flat_map(|(source, marks)| pieces(marks).into_iter().map(move |marks| (source, marks)));
    pieces.map(|(source, marks)| snippet(report, finding, source, &marks)).collect()
}

fn snippet<'f>(
    report: &Report,
    finding: &'f Finding,
    source: &'f Source,
    marks: &[Mark<'f>],
) -> Snippet<'f, Annotation<'f>> {
    let ranges: Vec<_> = marks.iter().map(|(range, ..)| range.clone()).collect();
    let excerpt = Excerpt::new(report, finding, source, &ranges);
    let annotations = marks
        .iter()
        .map(|(range, kind, label)| kind.span(excerpt.within(range)).label(label.map(on_one_line)));
    let annotations: Vec<_> = annotations.collect();
    excerpt.snippet(&ranges[0]).annotations(annotations)
}

/// The marks of a file, apart where they are far apart; the first one's piece stays the first.
fn pieces(marks: Vec<Mark<'_>>) -> Vec<Vec<Mark<'_>>> {
    let mut pieces: Vec<Vec<Mark<'_>>> = Vec::new();
    for mark in marks {
        let is_near = |(range, ..): &Mark<'_>| {
            mark.0.start < range.end + FAR && range.start < mark.0.end + FAR
        };
        // No more than two marks of a piece can be far apart from each other.
        match pieces.iter_mut().find(|piece| piece.iter().all(is_near)) {
            Some(piece) => piece.push(mark),
            None => pieces.push(vec![mark]),
        }
    }
    pieces
}

/// The part of a region that lies on its first line. A map's or a list's region runs to its
/// last entry; its start is what there is to see.
fn first_line(region: &Region) -> Range<usize> {
    let text = &region.source.text;
    let most = char_boundary(text, region.start + WIDEST).min(region.end);
    let part = &text[region.start..most];
    let line = &part[..part.find('\n').unwrap_or(part.len())];
    region.start..region.start + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Lines of a file, no more than there is something to point at, nor of very long ones: what the
/// renderer costs grows with the text that it is given. What must not be shown is not.
struct Excerpt<'f> {
    source: &'f Source,
    lines: Range<usize>,
    /// Whether the first line starts further to the left.
    is_cut: bool,
    text: Cow<'f, str>,
    hidden: Vec<Hidden>,
}

/// A part of an excerpt that is not shown.
struct Hidden {
    /// Its bytes in the file.
    written: Range<usize>,
    /// The bytes of the excerpt that stand for it.
    shown: Range<usize>,
    /// Whether a character stands for each of it.
    keeps_length: bool,
}

/// The bytes of the lines that some ranges of a file touch, and whether the first of them starts
/// further to the left.
fn lines_of(source: &Source, ranges: &[Range<usize>]) -> (Range<usize>, bool) {
    let text = &source.text;
    // No editor shows a byte order mark.
    let first = source.line_start(0);
    let start = ranges.iter().map(|range| range.start).min().unwrap_or(0).max(first);
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(0).max(start);
    let (from, to) = (start.saturating_sub(WIDEST), char_boundary(text, end + WIDEST));
    let from = char_boundary(text, from).max(first);
    let left = text[from..start].rfind('\n').map(|at| from + at + 1);
    let right = text[end..to].find('\n').map_or(to, |at| end + at);
    let is_cut = left.is_none() && from > first;
    let start = left.unwrap_or(from);
    let lines = &text[start..right];
    (start..start + lines.strip_suffix('\r').unwrap_or(lines).len(), is_cut)
}

impl<'f> Excerpt<'f> {
    fn new(
        report: &Report,
        finding: &Finding,
        source: &'f Source,
        ranges: &[Range<usize>],
    ) -> Self {
        let (lines, is_cut) = lines_of(source, ranges);
        let concealed = report.hidden_in(finding, source, &lines);
        if concealed.is_empty() {
            let text = same_length(&source.text[lines.clone()]);
            return Self { source, lines, is_cut, text, hidden: Vec::new() };
        }
        let (mut text, mut hidden) = (String::new(), Vec::new());
        let mut end = lines.start;
        for written in concealed.iter().flat_map(|part| line_by_line(source, part)) {
            text += &same_length(&source.text[end..written.start]);
            end = written.end;
            let start = text.len();
            // The column of what follows on the line tells how long it is in any case.
            let rest = &source.text[written.start..lines.end];
            let line_end = rest.find('\n').map_or(lines.end, |at| written.start + at);
            let is_in_front =
                |range: &Range<usize>| written.start < range.start && range.start <= line_end;
            let keeps_length = ranges.iter().any(is_in_front);
            if keeps_length {
                text.extend(source.text[written.clone()].chars().map(|_| '*'));
            } else {
                text += HIDDEN;
            }
            hidden.push(Hidden { written, shown: start..text.len(), keeps_length });
        }
        text += &same_length(&source.text[end..lines.end]);
        Self { source, lines, is_cut, text: text.into(), hidden }
    }

    /// A range of the file as a range of the excerpt.
    fn within(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.at(range.start, |hidden| hidden.start);
        start..self.at(range.end, |hidden| hidden.end).max(start)
    }

    /// A place of the file as one of the excerpt; what lies inside of a hidden part goes to an
    /// end of it.
    fn at(&self, offset: usize, end_of: impl Fn(&Range<usize>) -> usize) -> usize {
        let offset = offset.clamp(self.lines.start, self.lines.end);
        let before = self.hidden.partition_point(|hidden| hidden.written.start < offset);
        match before.checked_sub(1).map(|last| &self.hidden[last]) {
            None => offset - self.lines.start,
            Some(last) if offset < last.written.end && last.keeps_length => {
                last.shown.start + self.source.text[last.written.start..offset].chars().count()
            }
            Some(last) if offset < last.written.end => end_of(&last.shown),
            Some(last) => last.shown.end + offset - last.written.end,
        }
    }

    /// A snippet whose place is that of `first`.
    fn snippet<T: Clone>(&self, first: &Range<usize>) -> Snippet<'f, T> {
        let path = on_one_line(&self.source.path);
        let path = if self.is_cut {
            // The renderer counts columns from where the text starts that it is given.
            let (line, column) = self.source.line_column(offset(first.start));
            Cow::Owned(format!("{path}{MARK}:{line}:{column}{MARK}"))
        } else {
            path
        };
        Snippet::source(self.text.clone())
            .path(path)
            .line_start(self.source.line_at(self.lines.start))
    }
}

/// The parts of a range on its lines, without the blanks around them.
fn line_by_line<'f>(
    source: &'f Source,
    range: &Range<usize>,
) -> impl Iterator<Item = Range<usize>> + use<'f> {
    let lines = source.text[range.clone()].split_inclusive('\n').scan(range.start, |next, line| {
        let start = *next + line.len() - line.trim_start().len();
        *next += line.len();
        Some(start..start + line.trim().len())
    });
    lines.filter(|line| !line.is_empty())
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A rendered diagnostic with the marked places instead of those that the renderer counted.
fn placed(rendered: &str) -> Cow<'_, str> {
    if !rendered.contains(MARK) {
        return Cow::Borrowed(rendered);
    }
    let mut parts = rendered.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let (Some(place), Some(rest)) = (parts.next(), parts.next()) {
        out += place;
        out += rest
            .trim_start_matches(|character: char| character == ':' || character.is_ascii_digit());
    }
    Cow::Owned(out)
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
