//! The fields in which two versions of an object differ in meaning.

use super::meaning;
use super::pairing::{self, Pair, is_nothing};
use super::path::Path;
use crate::k8s::schema::Type;
use crate::source::{Kind, NodeRef};
use crate::validate::pods;

/// A field that differs.
#[derive(Debug, Clone)]
pub struct FieldChange<'t> {
    /// Where it is.
    pub path: Path,
    /// How it differs.
    pub edit: Edit<'t>,
}

/// How a field differs.
#[derive(Debug, Clone, Copy)]
pub enum Edit<'t> {
    /// Only the new side has it.
    Added(NodeRef<'t>),
    /// Only the old side has it.
    Removed(NodeRef<'t>),
    /// Both sides have it, with values that mean something else. One of the two may be what the
    /// API server fills in.
    Changed(NodeRef<'t>, NodeRef<'t>),
    /// Both sides have the same items of a list in another order, where that means something.
    Reordered(NodeRef<'t>, NodeRef<'t>),
}

impl<'t> Edit<'t> {
    /// The value on the old side.
    #[must_use]
    pub fn old(self) -> Option<NodeRef<'t>> {
        match self {
            Self::Added(_) => None,
            Self::Removed(old) | Self::Changed(old, _) | Self::Reordered(old, _) => Some(old),
        }
    }

    /// The value on the new side.
    #[must_use]
    #[expect(clippy::new_ret_no_self, reason = "new is a side here")]
    pub fn new(self) -> Option<NodeRef<'t>> {
        match self {
            Self::Removed(_) => None,
            Self::Added(new) | Self::Changed(_, new) | Self::Reordered(_, new) => Some(new),
        }
    }
}

/// The fields in which two versions of an object differ, in the order of the new version. Both
/// are whole objects as the API server completes them; `of` is the type that the schema gives
/// them, without which lists are compared by their order.
///
/// What the server fills in on one side only, because of what is written beside it, is no
/// difference by itself.
#[must_use]
pub fn fields<'t>(old: NodeRef<'t>, new: NodeRef<'t>, of: Option<Type>) -> Vec<FieldChange<'t>> {
    let mut found = Vec::new();
    let templates = [old, new].map(pods::pod_template);
    Walk { templates, found: &mut found }.node(old, new, of, &mut Path::default(), false);
    found
}

struct Walk<'t, 'f> {
    /// The pod templates of the two sides.
    templates: [Option<NodeRef<'t>>; 2],
    found: &'f mut Vec<FieldChange<'t>>,
}

impl<'t> Walk<'t, '_> {
    fn node(
        &mut self,
        old: NodeRef<'t>,
        new: NodeRef<'t>,
        of: Option<Type>,
        path: &mut Path,
        in_pod: bool,
    ) {
        // Most of an object is the same, of which no pairs need be made.
        if old.same(new) {
            return;
        }
        let in_pod = in_pod || self.templates.iter().flatten().any(|template| template.is(new));
        let pairs = match (old.kind(), new.kind()) {
            (Kind::Map, Kind::Map) => pairing::entries(old, new, of),
            (Kind::List, Kind::List) => pairing::items(old, new, of),
            _ => {
                if !meaning::equal(old, new, of) {
                    self.push(path, Edit::Changed(old, new));
                }
                return;
            }
        };
        for Pair { step, old, new, of } in pairs.all {
            path.0.push(step);
            match (old, new) {
                (Some(old), Some(new)) => self.node(old, new, of, path, in_pod),
                (Some(node), None) if !is_nothing(node, of) => {
                    self.push(path, Edit::Removed(node));
                }
                (None, Some(node)) if !is_nothing(node, of) => self.push(path, Edit::Added(node)),
                _ => {}
            }
            path.0.pop();
        }
        // Elsewhere the server treats the items that it tells apart as a set.
        if pairs.reordered && in_pod {
            self.push(path, Edit::Reordered(old, new));
        }
    }

    fn push(&mut self, path: &Path, edit: Edit<'t>) {
        self.found.push(FieldChange { path: path.clone(), edit });
    }
}
