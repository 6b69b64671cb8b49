//! Workflow commands of GitHub Actions, which show each diagnostic at its line of a pull request.
//!
//! The form and its escapes are those of GitHub's "Workflow commands" page and of
//! `actions/toolkit`.

use std::fmt::Write;

use super::{Finding, Report, visible};

/// Renders a report as one workflow command a diagnostic:
/// `::error file=...,line=...,col=...,title=...::message`.
#[must_use]
pub fn github(report: &Report) -> String {
    let mut out = String::new();
    for finding in report {
        workflow_command(finding.level(), &properties(finding), &text(finding), &mut out);
    }
    out
}

/// Writes a workflow command of a level (`notice`, `warning` or `error`), with properties such as
/// `file` and `title`.
pub fn workflow_command(
    level: &str,
    properties: &[(&str, String)],
    message: &str,
    out: &mut String,
) {
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", escape_property(value)))
        .collect();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "::{level} {}::{}", properties.join(","), escape(message));
}

/// Columns are given only where the region lies on one line: GitHub refuses them otherwise.
fn properties(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut properties = Vec::new();
    if let Some(path) = finding.path() {
        properties.push(("file", path.to_owned()));
    }
    if let Some(region) = &finding.region {
        let (from, to) = (region.from(), region.to());
        properties.push(("line", from.line.to_string()));
        properties.push(("endLine", to.line.to_string()));
        if from.line == to.line {
            properties.push(("col", from.column.to_string()));
            properties.push(("endColumn", to.column.to_string()));
        }
    }
    let code = finding.diagnostic.code;
    properties.push(("title", format!("{}: {}", code.id(), code.title())));
    properties
}

fn text(finding: &Finding) -> String {
    let mut lines = vec![finding.diagnostic.message.clone()];
    lines.extend(finding.diagnostic.label.clone());
    let related = finding.secondary.iter();
    lines.extend(related.map(|(region, text)| format!("{}: {text}", region.location())));
    lines.extend(finding.diagnostic.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

fn escape(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
