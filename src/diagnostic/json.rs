//! One JSON object a line, for programs.

use serde::Serialize;

use super::{Finding, Position, Region, Report};

/// Renders a report as JSON Lines, one object a diagnostic.
///
/// Every object has every field, in this order; a field without a value is null or empty.
/// Fields may be added, never renamed or removed.
///
/// | field | holds |
/// |---|---|
/// | `code` | the stable code, such as `L010` |
/// | `title` | what the code is about |
/// | `severity` | `error` or `warning` |
/// | `message` | what is wrong |
/// | `path` | the file or folder, below the project's root, or null |
/// | `span` | where in the file (see below), or null |
/// | `label` | what is to be seen there, or null |
/// | `related` | other places that belong to it: a list of `path`, `span` and `message` |
/// | `help` | what to write instead: a list of phrases |
/// | `suggestion` | a replacement that mends it: `path`, `span` and `text`, or null |
///
/// A span has a `start` and an `end`, each with `line` and `column` (from 1, columns in
/// characters) and `offset` (bytes from 0); its end is the place after its last character.
#[must_use]
pub fn json(report: &Report) -> String {
    let mut out = String::new();
    for finding in report {
        let line = serde_json::to_string(&Object::new(finding));
        out += &line.expect("strings, numbers and lists always have a JSON form");
        out.push('\n');
    }
    out
}

#[derive(Serialize)]
struct Object<'f> {
    code: &'f str,
    title: &'f str,
    severity: &'f str,
    message: &'f str,
    path: Option<&'f str>,
    span: Option<Span>,
    label: Option<&'f str>,
    related: Vec<Related<'f>>,
    help: &'f [String],
    suggestion: Option<Suggestion<'f>>,
}

#[derive(Serialize)]
struct Related<'f> {
    path: &'f str,
    span: Span,
    message: &'f str,
}

#[derive(Serialize)]
struct Suggestion<'f> {
    path: &'f str,
    span: Span,
    text: &'f str,
}

#[derive(Serialize)]
struct Span {
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    offset: usize,
}

impl<'f> Object<'f> {
    fn new(finding: &'f Finding) -> Self {
        let diagnostic = finding.diagnostic;
        Self {
            code: diagnostic.code.id(),
            title: diagnostic.code.title(),
            severity: finding.level(),
            message: &diagnostic.message,
            path: finding.path(),
            span: finding.region.as_ref().map(Span::from),
            label: diagnostic.label.as_deref(),
            related: finding
                .secondary
                .iter()
                .map(|(region, message)| Related {
                    path: &region.source.path,
                    span: Span::from(region),
                    message,
                })
                .collect(),
            help: &diagnostic.help,
            suggestion: finding.suggestion.as_ref().map(|(region, text)| Suggestion {
                path: &region.source.path,
                span: Span::from(region),
                text,
            }),
        }
    }
}

impl From<&Region> for Span {
    fn from(region: &Region) -> Self {
        let point = |Position { line, column }, offset| Point { line, column, offset };
        Self { start: point(region.from(), region.start), end: point(region.to(), region.end) }
    }
}
