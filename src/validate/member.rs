//! An object among those that are checked together.

use super::{Author, fields, pods};
use crate::source::{NodeRef, Symbol};

/// An object, whose it is, and what every check asks of it. That is read once: of thousands of
/// objects the processor keeps only a few at hand.
#[derive(Debug, Clone, Copy)]
pub struct Member<'t> {
    /// The object.
    pub root: NodeRef<'t>,
    /// Who wrote it.
    pub author: Author,
    /// The stack that it belongs to, empty for the environment's own objects.
    pub stack: &'t str,
    /// The group of its `apiVersion`, empty for the core group.
    pub(super) group: &'t str,
    pub(super) kind: &'t str,
    /// The namespace that it names, or nothing.
    pub(super) namespace: &'t str,
    pub(super) name: &'t str,
    /// The pod that it is or makes.
    pub(super) pod: Option<NodeRef<'t>>,
}

impl<'t> Member<'t> {
    /// An object of a stack; `stack` is empty for those of the environment and of no stack.
    #[must_use]
    pub fn new(root: NodeRef<'t>, author: Author, stack: &'t str) -> Self {
        let text = |name: &str| root.get(name).map_or("", NodeRef::text);
        let kind = text("kind");
        Self {
            root,
            author,
            stack,
            group: text("apiVersion").split_once('/').map_or("", |(group, _)| group),
            // The same text for all objects of a kind.
            kind: Symbol::of(kind).name().unwrap_or(kind),
            namespace: fields::namespace(root),
            name: fields::name(root),
            pod: pods::pod_template(root),
        }
    }
}
