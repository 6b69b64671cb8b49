//! A review as workflow commands of GitHub Actions, which show what a change does at the line
//! of the input that causes it.

use super::impact::{Class, Impact};
use super::review::Review;
use crate::diagnostic::workflow_command;

/// A command for each thing that a change does from a restart on, at the line of the input where
/// that is known.
#[must_use]
pub fn github(reviews: &[Review<'_>]) -> String {
    let mut out = String::new();
    for review in reviews {
        for (change, impacts) in review.changes() {
            let subject = change.subject().to_string();
            for impact in impacts {
                command(&subject, impact, &mut out);
            }
        }
        for (object, impact) in &review.impacts.elsewhere {
            command(object, impact, &mut out);
        }
    }
    out
}

fn command(subject: &str, impact: &Impact, out: &mut String) {
    let level = match impact.class {
        Class::None | Class::InPlace => return,
        _ if impact.allowed.is_some() => "notice",
        Class::Restart => "notice",
        Class::Recreate | Class::Exposure | Class::Breaks | Class::DataLoss => "warning",
    };
    let mut properties = Vec::new();
    if let Some(at) = impact.causes.iter().find_map(|cause| cause.at.as_ref()) {
        properties.push(("file", at.file.clone()));
        properties.push(("line", at.line.to_string()));
        properties.push(("col", at.column.to_string()));
    }
    properties.push(("title", format!("{}: {subject}", impact.class)));
    let mut lines = vec![impact.reason.clone()];
    lines.extend(impact.help.iter().map(|help| format!("help: {help}")));
    lines.extend(impact.allowed.iter().map(|reason| format!("allowed: {reason}")));
    workflow_command(level, &properties, &lines.join("\n"), out);
}
