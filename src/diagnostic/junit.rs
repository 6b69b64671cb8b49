//! `JUnit` XML, which build servers show as test results: a suite a file, a case a diagnostic.

use std::fmt::{self, Write};

use indexmap::IndexMap;

use super::{Finding, Report, Severity, Signs, visible, without_commands};

/// Renders a report as a `JUnit` document. An error is a failed case, a warning one that passed
/// with output; without any diagnostic there is one case that passed, since build servers take
/// a document without cases for a run that did not happen.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut suites: IndexMap<&str, Vec<&Finding>> = IndexMap::new();
    for finding in report {
        suites.entry(finding.path().unwrap_or("gen")).or_default().push(finding);
    }
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, &suites);
    without_commands(&out, Signs::XML).into_owned()
}

fn write(out: &mut String, suites: &IndexMap<&str, Vec<&Finding>>) -> fmt::Result {
    let all: Vec<_> = suites.values().flatten().copied().collect();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="gen" {}>"#, counts(&all))?;
    for (path, findings) in suites {
        writeln!(out, r#"  <testsuite name="{}" {}>"#, attribute(path), counts(findings))?;
        for finding in findings {
            case(out, path, finding)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    if suites.is_empty() {
        writeln!(out, r#"  <testsuite name="gen" {}>"#, counts(&all))?;
        writeln!(out, r#"    <testcase name="no diagnostics" classname="gen"/>"#)?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn counts(findings: &[&Finding]) -> String {
    let failures =
        findings.iter().filter(|finding| finding.diagnostic.severity == Severity::Error).count();
    format!(r#"tests="{}" failures="{failures}" errors="0""#, findings.len().max(1))
}

fn case(out: &mut String, path: &str, finding: &Finding) -> fmt::Result {
    let code = finding.diagnostic.code;
    let line = match &finding.region {
        Some(region) => format!(r#" file="{}" line="{}""#, attribute(path), region.from().line),
        None => String::new(),
    };
    let message = attribute(&finding.diagnostic.message);
    let text = escape(&text(finding));
    writeln!(
        out,
        r#"    <testcase name="{}: {message}" classname="{}"{line}>"#,
        code.id(),
        attribute(path),
    )?;
    match finding.diagnostic.severity {
        Severity::Error => writeln!(
            out,
            r#"      <failure type="{}" message="{message}">{text}</failure>"#,
            code.id(),
        )?,
        Severity::Warning => writeln!(out, "      <system-out>{text}</system-out>")?,
    }
    writeln!(out, "    </testcase>")
}

fn text(finding: &Finding) -> String {
    let place = finding.location().map_or(String::new(), |location| format!("{location}: "));
    let (level, diagnostic) = (finding.level(), &finding.diagnostic);
    let mut lines =
        vec![format!("{place}{level}[{}]: {}", diagnostic.code.id(), diagnostic.message)];
    lines.extend(diagnostic.label.clone());
    let related = finding.secondary.iter();
    lines.extend(related.map(|(region, text)| format!("{}: {text}", region.location())));
    lines.extend(diagnostic.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

/// XML has no form at all for most control characters, so they are made visible first.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            other => out.push(other),
        }
    }
    out
}

/// In an attribute's value, a line feed as it is would be read as a space.
fn attribute(text: &str) -> String {
    escape(text).replace('\n', "&#10;")
}
