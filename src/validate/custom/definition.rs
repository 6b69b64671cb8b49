//! `CustomResourceDefinition`s: what they define, and what is wrong with them.

use std::sync::Arc;

use super::schema::{Additional, Schema};
use super::{CustomKind, CustomKinds};
use crate::diagnostic::{Code, nearest};
use crate::source::{Kind, NodeRef};
use crate::validate::Finding;
use crate::validate::cel::{self, Fault};

/// Whether an object defines a kind.
#[must_use]
pub fn is_definition(root: NodeRef<'_>) -> bool {
    let text = |name: &str| root.get(name).map_or("", NodeRef::text);
    text("kind") == "CustomResourceDefinition"
        && text("apiVersion").starts_with("apiextensions.k8s.io/")
}

/// Reads a definition into `kinds`, and reports what the API server would not take of it.
pub fn read(root: NodeRef<'_>, kinds: &mut CustomKinds, out: &mut Vec<Finding>) {
    let Some(spec) = root.get("spec") else { return };
    let text = |path: &[&str]| spec.at_path(path).map_or("", NodeRef::text).to_owned();
    let group = text(&["group"]);
    let plural = text(&["names", "plural"]);
    if let Some(name) = root.at_path(&["metadata", "name"]).filter(|name| name.kind() == Kind::Str)
    {
        let wanted = format!("{plural}.{group}");
        if name.text() != wanted && !plural.is_empty() && !group.is_empty() {
            let message = format!("`{}` is not the definition's plural and group", name.text());
            let finding = Finding::error(Code::Definition, root, name, message);
            out.push(finding.help(format!("write `name: {wanted}`")).replace(wanted));
        }
    }
    let versions = spec.get("versions");
    let stored = versions
        .into_iter()
        .flat_map(NodeRef::items)
        .filter(|version| version.get("storage").and_then(NodeRef::as_bool) == Some(true));
    if let Some(versions) = versions.filter(|_| stored.count() != 1) {
        let message = "exactly one version must have `storage: true`".to_owned();
        out.push(Finding::error(Code::Definition, root, versions, message));
    }
    for version in versions.into_iter().flat_map(NodeRef::items) {
        let Some(name) = version.get("name").and_then(NodeRef::as_str) else { continue };
        let schema_node = version.at_path(&["schema", "openAPIV3Schema"]);
        let schema = schema_node.map(Schema::read);
        if let (Some(schema), Some(node)) = (&schema, schema_node) {
            Check { root, out }.schema(schema, node);
        } else {
            let message = "the version has no `schema.openAPIV3Schema`".to_owned();
            let finding = Finding::error_at_key(Code::Definition, root, version, message);
            out.push(finding.help("every version of `apiextensions.k8s.io/v1` has a schema"));
        }
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

struct Check<'t, 'o> {
    root: NodeRef<'t>,
    out: &'o mut Vec<Finding>,
}

impl<'t> Check<'t, '_> {
    /// Looks for patterns and rules that the server would not compile.
    fn schema(&mut self, schema: &Schema, node: NodeRef<'t>) {
        if let (Some(pattern), Some(at)) = (&schema.limits.pattern, node.get("pattern"))
            && !pattern.is_sound()
        {
            let message = format!("`{}` is no regular expression of RE2", pattern.text());
            self.out.push(Finding::error(Code::Definition, self.root, at, message));
        }
        let rules = node.get("x-kubernetes-validations");
        for (rule, at) in schema.rules.iter().zip(rules.into_iter().flat_map(NodeRef::items)) {
            for (field, expression) in rule.expressions() {
                let Some(at) = at.get(field) else { continue };
                self.expression(expression, at, &["self", "oldSelf"]);
            }
        }
        for entry in node.get("properties").into_iter().flat_map(NodeRef::entries) {
            if let Some(property) = schema.properties.get(entry.key().unwrap_or_default()) {
                self.schema(property, entry);
            }
        }
        let additional = match &schema.additional {
            Additional::Fitting(schema) => Some(&**schema),
            _ => None,
        };
        let single = [
            (schema.items.as_deref(), "items"),
            (additional, "additionalProperties"),
            (schema.not.as_deref(), "not"),
        ];
        for (inner, name) in single {
            if let (Some(inner), Some(at)) = (inner, node.get(name)) {
                self.schema(inner, at);
            }
        }
        let several =
            [(&schema.all_of, "allOf"), (&schema.any_of, "anyOf"), (&schema.one_of, "oneOf")];
        for (inner, name) in several {
            for (inner, at) in inner.iter().zip(node.get(name).into_iter().flat_map(NodeRef::items))
            {
                self.schema(inner, at);
            }
        }
    }

    fn expression(&mut self, expression: &cel::Expression, at: NodeRef<'t>, known: &[&str]) {
        self.out.extend(compile_errors(self.root, at, expression, known));
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
