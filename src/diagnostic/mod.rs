//! What is wrong with an input: one model, several renderers.
//!
//! Phases collect [`Diagnostics`]; a [`Report`] puts them in order and finds the lines; a
//! function a format ([`human()`], [`short()`], [`json()`], [`github()`], [`junit()`]) makes it text.

mod code;
mod count;
mod github;
mod human;
mod json;
mod junit;
mod nearest;
mod report;
mod short;
mod shorten;
#[cfg(test)]
mod tests;
mod visible;

pub use code::Code;
pub(crate) use count::counted;
pub use github::github;
pub(crate) use github::workflow_command;
pub use human::{Style, closing, human, line};
pub use json::json;
pub use junit::junit;
pub use nearest::{MOST_COMPARED, nearest};
pub use report::{Finding, Position, Region, Report, Shown, Tally};
pub use short::short;
pub(crate) use shorten::{brief, shortened};
pub(crate) use visible::{Signs, without_commands};
pub use visible::{framed, on_one_line, visible};

use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; nothing is stopped.
    Warning,
    /// Stops the stack that it concerns.
    Error,
}

/// Where a diagnostic points.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// At bytes of an input file.
    Span(Span),
    /// At a file or folder as a whole, by its path below the project's root.
    Path(String),
    /// At nothing in particular, such as the command line.
    Nowhere,
}

/// A second place that belongs to the same mistake, with what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there, a lower-case phrase.
    pub text: String,
}

/// A replacement that mends the mistake.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Suggestion {
    /// What to replace.
    pub span: Span,
    /// With what.
    pub text: String,
}

/// One mistake, or one thing worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: a lower-case phrase without a full stop.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What is to be seen at the place itself, where the message alone does not say it.
    pub label: Option<String>,
    /// The other places that belong to it.
    pub secondary: Vec<Label>,
    /// What to write instead, each a lower-case phrase.
    pub help: Vec<String>,
    /// A mechanical mend.
    pub suggestion: Option<Suggestion>,
}

impl Diagnostic {
    /// An error at a span.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Place::Span(span), message)
    }

    /// A warning at a span.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Place::Span(span), message)
    }

    /// An error about a file or folder as a whole.
    #[must_use]
    pub fn error_in(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Place::Path(path.into()), message)
    }

    /// A diagnostic with nothing but the message.
    #[must_use]
    pub fn new(code: Code, severity: Severity, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: shortened(message),
            place,
            label: None,
            secondary: Vec::new(),
            help: Vec::new(),
            suggestion: None,
        }
    }

    /// Says what is to be seen at the place itself.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(shortened(text));
        self
    }

    /// Adds another place that belongs to the mistake.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: shortened(text) });
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.reserve_exact(1);
        self.help.push(shortened(text));
        self
    }

    /// Offers a replacement.
    #[must_use]
    pub fn suggest(mut self, span: Span, text: impl Into<String>) -> Self {
        self.suggestion = Some(Suggestion { span, text: text.into() });
        self
    }
}

/// The diagnostics of a phase, collected: a phase reports all that it finds.
#[derive(Debug, Default, Clone)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.all.push(diagnostic);
    }

    /// Adds all of another collection.
    pub fn append(&mut self, mut other: Self) {
        self.all.append(&mut other.all);
    }

    /// The same, each a warning: for what stops one command but not another.
    #[must_use]
    pub fn into_warnings(mut self) -> Self {
        for diagnostic in &mut self.all {
            diagnostic.severity = Severity::Warning;
        }
        self
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.all.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: T) {
        self.all.extend(diagnostics);
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { all: vec![diagnostic] }
    }
}

/// How many names a message lists at most.
const LISTED: usize = 30;

/// Names for a message, each in backticks; of many, the first. Nothing without any.
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<_> =
        names.by_ref().take(LISTED).map(|name| format!("`{}`", brief(name))).collect();
    let more = if names.next().is_some() { " and others" } else { "" };
    shown.join(", ") + more
}
