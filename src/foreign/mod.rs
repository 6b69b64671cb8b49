//! Whole objects that gen does not build: from the project's templates and from manifests that
//! somebody else wrote; and which rendered object a patch is for.
//!
//! A template's output and a vendored manifest become trees like everything else, so that they
//! are validated, ordered and compared alike. Every node's origin is the line that a person can
//! change: of the template, not of what came out of it.

mod engine;
mod manifest;
mod marks;
mod parameters;
mod patch;
mod scan;
mod template;
mod vendored;

use indexmap::IndexMap;

pub use patch::target;
pub use template::Templates;
pub use vendored::vendored;

use crate::plan::Val;
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

/// A use of a template in a stack, with its expressions evaluated.
#[derive(Debug, Clone)]
pub struct TemplateUse {
    /// The template's name, and where the stack states it.
    pub template: Val<String>,
    /// The values of its parameters.
    pub with: IndexMap<String, Argument>,
    /// Where the stack declares the use.
    pub at: Span,
}

/// The value of a template's parameter.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Where the parameter is named.
    pub key: Span,
    /// Its value.
    pub value: Tree,
}

/// Manifests that a stack includes as they are, with their expressions evaluated.
#[derive(Debug, Clone)]
pub struct Vendored {
    /// The file or folder, as a path from the stack's folder.
    pub file: Val<String>,
    /// The digest that the stack states.
    pub sha256: Option<Val<String>>,
    /// Where the stack names the manifests.
    pub at: Span,
}

impl TemplateUse {
    /// Where the template is named, or else where the use is declared.
    fn place(&self) -> Span {
        match self.template.at {
            Origin::Written(span) => span,
            Origin::Derived { from, .. } => from.unwrap_or(self.at),
        }
    }
}

#[cfg(test)]
mod tests;
