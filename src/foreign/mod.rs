//! Whole objects that gen does not build: from the project's templates and from manifests that
//! somebody else wrote; and which rendered object a patch is for.
//!
//! A template's output and a vendored manifest become trees like everything else, so that they
//! are validated, ordered and compared alike. Every node's origin is the line that a person can
//! change: of the template, not of what came out of it.

mod budget;
mod charge;
mod engine;
mod folder;
mod manifest;
mod marks;
mod parameters;
mod patch;
mod scan;
mod template;
mod token;
mod vendored;

pub use folder::folder;
pub use patch::target;
pub use template::Templates;
pub use vendored::vendored;

use crate::plan::TemplateUse;
use crate::source::{Origin, Span, Tree};

/// What a template sees besides its parameters: plain facts, never a secret or a value that
/// only the cluster knows.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// The stack's name, of an instance `STACK-INSTANCE`: `stack.name`.
    pub stack: &'f str,
    /// The namespace of the stack's objects: `namespace`.
    pub namespace: &'f str,
    /// The environment's name: `env.name`.
    pub environment: &'f str,
    /// The environment's domain, where it has one: `env.domain`.
    pub domain: Option<&'f str>,
}

/// An object that gen did not build.
#[derive(Debug, Clone)]
pub struct ForeignObject {
    /// The object.
    pub tree: Tree,
    /// Whether it is gen's to label and to place in the namespace: so for a template's
    /// output, not for a vendored manifest.
    pub adopt: bool,
    /// Where the stack asks for it.
    pub at: Origin,
}

/// Where a template is named, or else where its use is declared.
fn place(usage: &TemplateUse) -> Span {
    usage.template.at.span().unwrap_or(usage.at)
}

#[cfg(test)]
mod tests;
