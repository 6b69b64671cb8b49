//! What stands where in files: objects around mistakes, and mistakes in objects.

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::source::{NodeRef, Span};

/// Documents or objects by the place where they stand, each with its number. What stands inside of
/// another, as the value of an alias may, is left out.
pub(super) struct Places(Vec<(Span, usize)>);

impl Places {
    pub fn of<'t>(roots: impl Iterator<Item = NodeRef<'t>>) -> Self {
        let placed = |(number, root): (usize, NodeRef<'t>)| Some((root.at().span()?, number));
        let mut all: Vec<(Span, usize)> = roots.enumerate().filter_map(placed).collect();
        all.sort_by_key(|(span, number)| (span.file, span.start, u32::MAX - span.end, *number));
        all.dedup_by(|(inner, _), (outer, _)| holds(*outer, *inner));
        Self(all)
    }

    /// The number of what holds a span.
    pub fn around(&self, span: Span) -> Option<usize> {
        let Self(all) = self;
        let behind = all.partition_point(|(at, _)| (at.file, at.start) <= (span.file, span.start));
        let (at, number) = *all.get(behind.checked_sub(1)?)?;
        holds(at, span).then_some(number)
    }
}

/// Where a file cannot be read, in order.
#[derive(Default)]
pub(super) struct Misread(Vec<Span>);

impl Misread {
    pub fn of(diagnostics: &Diagnostics) -> Self {
        let mut spans: Vec<Span> = errors(diagnostics).filter_map(span_of).collect();
        spans.sort_unstable();
        Self(spans)
    }

    /// Adds what comes later in the file.
    pub fn append(&mut self, Self(mut later): Self) {
        self.0.append(&mut later);
    }

    /// Whether an object cannot be read, or not wholly.
    pub fn is_in(&self, object: Span) -> bool {
        let Self(all) = self;
        let first = all.partition_point(|at| (at.file, at.start) < (object.file, object.start));
        let inside =
            all[first..].iter().take_while(|at| at.file == object.file && at.start <= object.end);
        inside.into_iter().any(|span| holds(object, *span))
    }
}

pub(super) fn errors(diagnostics: &Diagnostics) -> impl Iterator<Item = &Diagnostic> {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
}

pub(super) fn span_of(diagnostic: &Diagnostic) -> Option<Span> {
    match diagnostic.place {
        Place::Span(span) => Some(span),
        Place::Path(_) | Place::Nowhere => None,
    }
}

fn holds(object: Span, span: Span) -> bool {
    span.file == object.file && object.start <= span.start && span.end <= object.end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Code;
    use crate::source::{Kind, Origin, Sources, Tree, TreeBuilder};

    fn tree(span: Span) -> Tree {
        let mut out = TreeBuilder::default();
        out.scalar(Kind::Str, "", Origin::Written(span));
        out.finish()
    }

    /// Spans of two files, each apart from the others or wholly inside of another.
    fn spans() -> impl Strategy<Value = Vec<Span>> {
        let sources = Sources::default();
        let files = [sources.add("a.yaml", ""), sources.add("b.yaml", "")];
        let span =
            (0..2_usize, 0..5_u32, 0..3_u32, 0..3_u32).prop_map(move |(file, tens, a, b)| {
                let start = tens * 10 + a;
                Span { file: files[file], start, end: tens * 10 + 9 - b.max(a) }
            });
        let nested = |span: &Span, other: &Span| {
            span.file != other.file
                || span.end <= other.start
                || other.end <= span.start
                || holds(*span, *other)
                || holds(*other, *span)
        };
        prop::collection::vec(span, 0..12).prop_map(move |spans| {
            let mut kept: Vec<Span> = Vec::new();
            for span in spans {
                if kept.iter().all(|other| nested(&span, other)) {
                    kept.push(span);
                }
            }
            kept
        })
    }

    proptest! {
        #[test]
        fn what_is_around_a_span_holds_it((objects, asked) in (spans(), spans())) {
            let trees: Vec<Tree> = objects.iter().copied().map(tree).collect();
            let places = Places::of(trees.iter().map(Tree::root));
            for span in asked {
                let around = places.around(span);
                prop_assert_eq!(around.is_some(), objects.iter().any(|object| holds(*object, span)));
                prop_assert!(around.is_none_or(|number| holds(objects[number], span)));
            }
        }

        #[test]
        fn an_object_is_misread_where_an_error_is_in_it((objects, errors) in (spans(), spans())) {
            let mut diagnostics = Diagnostics::default();
            diagnostics.extend(errors.iter().map(|at| Diagnostic::error(Code::Syntax, *at, "")));
            let misread = Misread::of(&diagnostics);
            for object in objects {
                let expected = errors.iter().any(|error| holds(object, *error));
                prop_assert_eq!(misread.is_in(object), expected);
            }
        }
    }
}
