//! One JSON object a line, for programs.

use serde_json::{Value, json};

use super::{Finding, Position, Region, Report, Signs, without_commands};

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
        out += &without_commands(&object(finding).to_string(), Signs::JSON);
        out.push('\n');
    }
    out
}

fn object(finding: &Finding) -> Value {
    let diagnostic = &*finding.diagnostic;
    let related = finding.secondary.iter().map(|(region, message)| {
        json!({ "path": region.source.path, "span": span(region), "message": message })
    });
    let suggestion = finding.suggestion.as_ref().map(
        |(region, text)| json!({ "path": region.source.path, "span": span(region), "text": text }),
    );
    json!({
        "code": diagnostic.code.id(),
        "title": diagnostic.code.title(),
        "severity": finding.level(),
        "message": diagnostic.message,
        "path": finding.path(),
        "span": finding.region.as_ref().map(span),
        "label": diagnostic.label,
        "related": related.collect::<Vec<_>>(),
        "help": diagnostic.help,
        "suggestion": suggestion,
    })
}

fn span(region: &Region) -> Value {
    let point = |Position { line, column }: Position, offset: usize| json!({ "line": line, "column": column, "offset": offset });
    json!({ "start": point(region.from(), region.start), "end": point(region.to(), region.end) })
}
