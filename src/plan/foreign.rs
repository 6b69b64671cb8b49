//! Whole objects that a stack asks for and gen does not build, and changes to those that it does.

use indexmap::IndexMap;

use super::Val;
use crate::source::{Span, Tree};

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

/// A partial object to merge over a rendered one.
#[derive(Debug, Clone)]
pub struct Patch {
    /// `Kind/name` of the object, and where it is named.
    pub target: Val<String>,
    /// What to merge over it.
    pub tree: Tree,
}
