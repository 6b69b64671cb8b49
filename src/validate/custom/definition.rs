//! `CustomResourceDefinition`s: what they define.

use std::sync::Arc;

use super::schema::Schema;
use super::{CustomKind, CustomKinds};
use crate::diagnostic::{Code, nearest};
use crate::source::NodeRef;
use crate::validate::Finding;
use crate::validate::cel::{self, Fault};

/// Whether an object defines a kind.
#[must_use]
pub fn is_definition(root: NodeRef<'_>) -> bool {
    let text = |name: &str| root.get(name).map_or("", NodeRef::text);
    text("kind") == "CustomResourceDefinition"
        && text("apiVersion").starts_with("apiextensions.k8s.io/")
}

/// Reads a definition into `kinds`; what is wrong with it, the rules of its kind say.
pub fn read(root: NodeRef<'_>, kinds: &mut CustomKinds) {
    let Some(spec) = root.get("spec") else { return };
    let text = |path: &[&str]| spec.at_path(path).map_or("", NodeRef::text).to_owned();
    let group = text(&["group"]);
    let plural = text(&["names", "plural"]);
    let versions = spec.get("versions");
    for version in versions.into_iter().flat_map(NodeRef::items) {
        let Some(name) = version.get("name").and_then(NodeRef::as_str) else { continue };
        let schema = version.at_path(&["schema", "openAPIV3Schema"]).map(Schema::read);
        kinds.add(CustomKind {
            api_version: format!("{group}/{name}"),
            kind: text(&["names", "kind"]),
            plural: plural.clone(),
            is_namespaced: text(&["scope"]) != "Cluster",
            is_served: version.get("served").and_then(NodeRef::as_bool) != Some(false),
            schema: Arc::new(schema.unwrap_or_default()),
            at: root.at(),
        });
    }
}

/// What the server would not compile of an expression, each at `at`.
pub(in crate::validate) fn compile_errors(
    root: NodeRef<'_>,
    at: NodeRef<'_>,
    expression: &cel::Expression,
    known: &[&str],
) -> Vec<Finding> {
    match expression.syntax() {
        Err(Fault::Error(error)) => {
            let message = format!("the expression does not compile: {error}");
            vec![Finding::error(Code::ExpressionOfRule, root, at, message)]
        }
        Err(Fault::Unknown(reason)) => {
            let message = format!("the expression cannot be checked: {reason}");
            vec![Finding::error(Code::RuleNotChecked, root, at, message).warning()]
        }
        Ok(_) => cel::unknown_names(expression, known)
            .into_iter()
            .map(|name| {
                let message = format!("the expression names `{name}`, which is no variable here");
                let finding = Finding::error(Code::ExpressionOfRule, root, at, message);
                match nearest(&name, known.iter().copied()) {
                    Some(near) => finding.help(format!("write `{near}`")),
                    None => finding.help(format!("there is `{}`", known.join("`, `"))),
                }
            })
            .collect(),
    }
}
