//! Custom resources, checked against the `CustomResourceDefinition`s that a project or the
//! command line brings.
//!
//! As the API server does it when an object is made: fields that the schema does not name are
//! refused, nulls dropped and defaults filled in (`complete`), values compared with the
//! schema (`value`), and if nothing stops it, the schema's rules are run (`rule`).

mod budget;
mod complete;
mod declared;
mod definition;
pub(super) mod format;
mod known;
mod pattern;
mod rule;
mod schema;
#[rustfmt::skip]
#[allow(clippy::needless_raw_string_hashes, reason = "made by a program")]
mod tables;
#[cfg(test)]
mod tests;
mod value;
mod values;

use std::collections::BTreeMap;

pub use definition::is_definition;
pub use pattern::Pattern;
pub use schema::{Schema, SchemaRef};
pub(super) use value::check_default;

use self::budget::Budget;
use super::Finding;
use super::cel;
use crate::diagnostic::Code;
use crate::k8s::Version;
use crate::source::{Kind, NodeRef, Origin, Tree};

/// One version of a kind that a definition brings.
#[derive(Debug, Clone)]
pub struct CustomKind {
    /// Group and version, such as `example.com/v1`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// Its name in URLs and in rules of RBAC.
    pub plural: String,
    /// Whether its objects live in a namespace.
    pub is_namespaced: bool,
    /// Whether the server offers this version.
    pub is_served: bool,
    /// What its objects may be.
    pub schema: SchemaRef,
    /// Where it is defined.
    pub at: Origin,
}

/// The kinds that definitions bring.
#[derive(Debug, Clone, Default)]
pub struct CustomKinds {
    kinds: BTreeMap<(String, String), CustomKind>,
}

impl CustomKinds {
    /// Reads a `CustomResourceDefinition`; of two of the same kind and version the later one
    /// stays. Other objects are passed over.
    pub fn read(&mut self, root: NodeRef<'_>) {
        if is_definition(root) {
            definition::read(root, self);
        }
    }

    /// The kind of that name, served or not: as it is defined here, or as gen knows it.
    #[must_use]
    pub fn find(&self, api_version: &str, kind: &str) -> Option<&CustomKind> {
        let defined = if self.kinds.is_empty() {
            None
        } else {
            self.kinds.get(&(api_version.to_owned(), kind.to_owned()))
        };
        defined.or_else(|| known::find(api_version, kind))
    }

    /// All that are defined, by apiVersion and kind.
    pub fn all(&self) -> impl Iterator<Item = &CustomKind> {
        self.kinds.values()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    fn add(&mut self, kind: CustomKind) {
        self.kinds.insert((kind.api_version.clone(), kind.kind.clone()), kind);
    }
}

impl CustomKind {
    /// An object of the kind as the server completes it: without the nulls that mean nothing,
    /// with the schema's defaults.
    #[must_use]
    pub fn complete(&self, root: NodeRef<'_>) -> Tree {
        complete::complete(root, &self.schema, &Budget::of(root))
    }

    /// Compares an object with the kind's schema and runs its rules; the object's metadata is
    /// looked at as that of every object.
    pub fn check(&self, root: NodeRef<'_>, version: Version, out: &mut Vec<Finding>) {
        let (budget, expressions) = (Budget::of(root), cel::Budget::of(root));
        let tree = complete::complete(root, &self.schema, &budget);
        let problems = value::check(tree.root(), &self.schema, version, &budget, &expressions);
        if budget.is_empty() {
            out.push(not_checked(root));
        }
        let stopped = budget.is_empty() || problems.iter().any(|problem| problem.stops_rules);
        out.extend(problems.into_iter().map(|problem| problem.finding));
        if !stopped {
            rule::check(tree.root(), &self.schema, &expressions, out);
        }
    }

    /// Compares an object with what was there before: runs the rules that speak of both, and
    /// looks for nulls that an update leaves where the manifest `applied` has an empty map, which
    /// the server takes of no field that is not nullable.
    pub fn check_update(
        &self,
        old: NodeRef<'_>,
        new: NodeRef<'_>,
        applied: NodeRef<'_>,
        out: &mut Vec<Finding>,
    ) {
        emptied(new, new, applied, &self.schema, out);
        let expressions = cel::Budget::of(new);
        let (old, new) = (self.complete(old), self.complete(new));
        rule::check_update(old.root(), new.root(), &self.schema, &expressions, out);
    }
}

fn not_checked(root: NodeRef<'_>) -> Finding {
    let message = "its kind's schema asks more of it than gen checks".to_owned();
    let finding = Finding::error(Code::RuleNotChecked, root, root, message).warning();
    finding.help("split the object, or try it with `kubectl apply --dry-run=server`")
}

fn emptied(
    root: NodeRef<'_>,
    node: NodeRef<'_>,
    applied: NodeRef<'_>,
    schema: &Schema,
    out: &mut Vec<Finding>,
) {
    let takes_null = schema.nullable || schema.atomic || schema.default.is_some();
    if node.kind() == Kind::Null && applied.kind() == Kind::Map && !takes_null {
        let message = "its last entry goes, and what is left is a null".to_owned();
        out.push(Finding::error(Code::WrongObjectType, root, node, message));
    }
    for entry in node.entries().filter(|_| !schema.atomic) {
        let key = entry.key().unwrap_or_default();
        if let (Some(applied), Some(of)) = (applied.get(key), schema.child(key)) {
            emptied(root, entry, applied, of, out);
        }
    }
    if let Some(of) = &schema.items {
        for (item, applied) in node.items().zip(applied.items()) {
            emptied(root, item, applied, of, out);
        }
    }
}
