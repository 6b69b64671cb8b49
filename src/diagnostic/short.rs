//! One line a diagnostic, as compilers and editors have it: `path:line:column: error[L010]: ...`.

use std::fmt::Write;

use super::{Finding, Report, on_one_line};

/// How long most lines are at most, in bytes.
pub(super) const USUAL_LINE: usize = 256;

/// Renders a report as one line a diagnostic.
#[must_use]
pub fn short(report: &Report) -> String {
    let mut out = String::with_capacity(report.iter().len() * USUAL_LINE);
    for finding in report {
        line(finding, &mut out);
    }
    out
}

/// Adds the line of a diagnostic.
pub(super) fn line(finding: &Finding, out: &mut String) {
    if let Some(location) = finding.location() {
        *out += &location;
        *out += ": ";
    }
    let (level, code) = (finding.level(), finding.diagnostic.code.id());
    let message = on_one_line(&finding.diagnostic.message);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{level}[{code}]: {message}");
}
