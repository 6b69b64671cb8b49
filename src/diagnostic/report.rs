//! Diagnostics ready to be shown: in one order, each once, as bad as it is anywhere, with lines
//! and columns.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::shorten::char_boundary;
use super::{Diagnostic, Diagnostics, Place, Severity, counted, on_one_line};
use crate::conceal::{Secrets, Words, joined, without};
use crate::source::{Source, Sources, Span};

/// Diagnostics in the order that every format keeps: by path, position and code, each once,
/// whichever thread or environment found it first.
#[derive(Debug)]
pub struct Report<'d> {
    findings: Vec<Finding<'d>>,
    secrets: Secrets,
}

/// One diagnostic, with its spans found in their files.
#[derive(Debug)]
pub struct Finding<'d> {
    /// The diagnostic, without secrets in its texts.
    pub diagnostic: Shown<'d>,
    /// Where it points, when it points at bytes of a file.
    pub region: Option<Region>,
    /// The other places that belong to it, each with what is to be seen there.
    pub secondary: Vec<(Region, Cow<'d, str>)>,
    /// What to replace, and with what.
    pub suggestion: Option<(Region, &'d str)>,
    /// What must not be shown with it.
    hidden: Hidden,
}

/// A diagnostic as it may be shown.
#[derive(Debug)]
pub enum Shown<'d> {
    /// It holds no secret.
    Whole(&'d Diagnostic),
    /// Without its secrets. In a box, since few have any and a report may have very many.
    Without(Box<Diagnostic>),
}

impl Deref for Shown<'_> {
    type Target = Diagnostic;

    fn deref(&self) -> &Diagnostic {
        match self {
            Self::Whole(diagnostic) => diagnostic,
            Self::Without(diagnostic) => diagnostic,
        }
    }
}

/// A span in its file, clamped to the text and to whole characters.
#[derive(Debug, Clone)]
pub struct Region {
    /// The file.
    pub source: Arc<Source>,
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// A place in a file, as editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// How many there are of what. Displays as `2 errors and 1 warning in 3 files`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// In how many files or folders they lie.
    pub files: usize,
}

impl<'d> Report<'d> {
    /// Orders the diagnostics and finds their lines in the files that they were made from.
    #[must_use]
    pub fn new(diagnostics: &'d Diagnostics, sources: &Sources) -> Self {
        let secrets = Secrets::new(sources);
        let found = diagnostics.iter();
        let mut findings: Vec<_> =
            found.map(|diagnostic| Finding::new(diagnostic, sources, &secrets)).collect();
        let worst_first = |a: &Finding<'_>, b: &Finding<'_>| {
            a.compare(b).then(b.diagnostic.severity.cmp(&a.diagnostic.severity))
        };
        // Those that are equal are alike in all that shows.
        findings.sort_unstable_by(worst_first);
        findings.dedup_by(|a, b| a.compare(b).is_eq());
        Self { findings, secrets }
    }

    /// The parts of a range of a file that must not be shown with one of them, in order.
    pub(super) fn hidden_in(
        &self,
        finding: &Finding<'_>,
        source: &Source,
        range: &Range<usize>,
    ) -> Vec<Range<usize>> {
        let again = finding.hidden.found_in(&source.text[range.clone()]);
        let again = again.into_iter().map(|part| part.start + range.start..part.end + range.start);
        joined(again.chain(self.secrets.within(source, range)))
    }

    /// Each in turn.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding<'d>> {
        self.findings.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let count = |severity| {
            self.findings.iter().filter(|finding| finding.diagnostic.severity == severity).count()
        };
        let files: BTreeSet<_> = self.findings.iter().filter_map(Finding::path).collect();
        Tally {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            files: files.len(),
        }
    }
}

impl<'r, 'd> IntoIterator for &'r Report<'d> {
    type Item = &'r Finding<'d>;
    type IntoIter = std::slice::Iter<'r, Finding<'d>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A region as far as order and sameness go: the path, not which reading of the file it was.
type RegionKey<'f> = (&'f str, usize, usize);

/// The path, the bytes, the code and the message of a finding.
type First<'f> = (Option<&'f str>, Option<(usize, usize)>, &'f str, &'f str);

/// The label, the other places, the help and the suggestion of a finding.
type Rest<'f> = (
    Option<&'f str>,
    Vec<(RegionKey<'f>, &'f str)>,
    &'f [String],
    Option<(RegionKey<'f>, &'f str)>,
);

impl<'d> Finding<'d> {
    fn new(diagnostic: &'d Diagnostic, sources: &Sources, secrets: &Secrets) -> Self {
        let region = match diagnostic.place {
            Place::Span(span) => Some(Region::new(span, sources)),
            Place::Path(_) | Place::Nowhere => None,
        };
        let labels = diagnostic.secondary.iter();
        let others: Vec<_> =
            labels.map(|label| (Region::new(label.span, sources), label.text.as_str())).collect();
        let suggestion = diagnostic.suggestion.as_ref();
        let suggestion =
            suggestion.map(|mend| (Region::new(mend.span, sources), mend.text.as_str()));
        let regions = region.iter().chain(others.iter().map(|(region, _)| region));
        let hidden = Hidden::of(regions, secrets);
        let is_shown = |(region, text): &(Region, &str)| {
            secrets.within(&region.source, &region.range()).is_empty()
                && hidden.found_in(text).is_empty()
        };
        Self {
            diagnostic: hidden.out_of(diagnostic),
            region,
            secondary: others
                .into_iter()
                .map(|(at, text)| (at, hidden.out_of_text(text)))
                .collect(),
            suggestion: suggestion.filter(is_shown),
            hidden,
        }
    }

    /// The file or folder that it is about, if any.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match (&self.region, &self.diagnostic.place) {
            (Some(region), _) => Some(&region.source.path),
            (None, Place::Path(path)) => Some(path),
            (None, _) => None,
        }
    }

    /// Where it is, as far as that is known: `path:line:column`, or `path`, or nothing.
    #[must_use]
    pub fn location(&self) -> Option<String> {
        match &self.region {
            Some(region) => Some(region.location()),
            None => self.path().map(|path| on_one_line(path).into_owned()),
        }
    }

    /// The word for how bad it is.
    #[must_use]
    pub fn level(&self) -> &'static str {
        match self.diagnostic.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The order of findings; equal are those that nothing tells apart but how bad they are.
    fn compare(&self, other: &Self) -> Ordering {
        self.first().cmp(&other.first()).then_with(|| self.rest().cmp(&other.rest()))
    }

    /// What orders nearly all.
    fn first(&self) -> First<'_> {
        let Diagnostic { code, message, .. } = &*self.diagnostic;
        let range = self.region.as_ref().map(|region| (region.start, region.end));
        (self.path(), range, code.id(), message)
    }

    /// What else tells them apart.
    fn rest(&self) -> Rest<'_> {
        let Diagnostic { label, help, .. } = &*self.diagnostic;
        let secondary = self.secondary.iter().map(|(region, text)| (region.key(), &**text));
        let suggestion = self.suggestion.as_ref().map(|(region, text)| (region.key(), *text));
        (label.as_deref(), secondary.collect(), help, suggestion)
    }
}

/// What must not be shown with a diagnostic: the secrets of what it points at.
#[derive(Debug)]
struct Hidden(Vec<Arc<Words>>);

impl Hidden {
    fn of<'r>(regions: impl Iterator<Item = &'r Region>, secrets: &Secrets) -> Self {
        let mut all: Vec<Arc<Words>> = Vec::new();
        for words in regions.flat_map(|region| secrets.of_part(&region.source, &region.range())) {
            if !all.iter().any(|known| Arc::ptr_eq(known, &words)) {
                all.push(words);
            }
        }
        Self(all)
    }

    fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        joined(self.0.iter().flat_map(|words| words.found_in(text)))
    }

    fn out_of_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, &self.found_in(text))
    }

    /// A diagnostic without them in its message, its label and its help.
    fn out_of<'d>(&self, diagnostic: &'d Diagnostic) -> Shown<'d> {
        if self.0.is_empty() {
            return Shown::Whole(diagnostic);
        }
        let hide = |text: &String| self.out_of_text(text).into_owned();
        Shown::Without(Box::new(Diagnostic {
            message: hide(&diagnostic.message),
            label: diagnostic.label.as_ref().map(hide),
            help: diagnostic.help.iter().map(hide).collect(),
            ..diagnostic.clone()
        }))
    }
}

impl Region {
    fn new(span: Span, sources: &Sources) -> Self {
        let source = sources.get(span.file);
        let start = char_boundary(&source.text, span.start as usize);
        let end = char_boundary(&source.text, span.end as usize).max(start);
        Self { source, start, end }
    }

    /// Its bytes in the file.
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Where it starts.
    #[must_use]
    pub fn from(&self) -> Position {
        self.position(self.start)
    }

    /// Where it ends: the place after its last character.
    #[must_use]
    pub fn to(&self) -> Position {
        self.position(self.end)
    }

    /// Where it starts, as `path:line:column`.
    #[must_use]
    pub fn location(&self) -> String {
        let Position { line, column } = self.from();
        format!("{}:{line}:{column}", on_one_line(&self.source.path))
    }

    fn position(&self, offset: usize) -> Position {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let (line, column) = self.source.line_column(offset);
        Position { line, column }
    }

    fn key(&self) -> RegionKey<'_> {
        (&self.source.path, self.start, self.end)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { errors, warnings, files } = *self;
        if errors > 0 || warnings == 0 {
            f.write_str(&counted(errors, "error"))?;
        }
        if errors > 0 && warnings > 0 {
            f.write_str(" and ")?;
        }
        if warnings > 0 {
            f.write_str(&counted(warnings, "warning"))?;
        }
        if files > 0 {
            write!(f, " in {}", counted(files, "file"))?;
        }
        Ok(())
    }
}
