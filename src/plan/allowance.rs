//! Warnings that a stack lives with.

use super::Val;
use crate::source::Span;

/// A warning of good practice that holds for none of some objects.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// The code of the warning, as written.
    pub code: String,
    /// Why.
    pub reason: Val<String>,
    /// Where the code stands.
    pub at: Span,
    /// The objects.
    pub scope: Scope,
}

/// A change that a stack or an environment means to make.
#[derive(Debug, Clone)]
pub struct AllowedChange {
    /// The object as `Kind/name`.
    pub object: String,
    /// What the change does, as written.
    pub class: String,
    /// Why.
    pub reason: Val<String>,
    /// Where the class stands.
    pub at: Span,
}

/// Which objects of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    Stack,
    /// Those that gen makes of what stands at these places: of a component.
    Component(Vec<Span>),
    /// Those of the template or the manifests that the stack names there.
    Foreign(Span),
}
