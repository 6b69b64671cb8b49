//! A custom resource as the API server completes it before it looks at it: nulls dropped,
//! defaults filled in.
//!
//! Source: `pkg/apiserver/schema/defaulting` of `k8s.io/apiextensions-apiserver`.

use super::schema::Schema;
use crate::source::{Kind, NodeRef, Origin, Rule, Tree, TreeBuilder};

/// The object without the nulls of fields that are not nullable, and with the schema's
/// defaults. What it says itself keeps its origins.
#[must_use]
pub fn complete(root: NodeRef<'_>, schema: &Schema) -> Tree {
    let mut out = TreeBuilder::default();
    write(root, Some(schema), None, &mut out);
    out.finish()
}

/// Writes a value; `at` is the origin of all of it where it is a default.
fn write(node: NodeRef<'_>, schema: Option<&Schema>, at: Option<Origin>, out: &mut TreeBuilder) {
    let origin = at.unwrap_or(node.at());
    match node.kind() {
        Kind::Map => {
            out.map(origin);
            for entry in node.entries() {
                let key = entry.key().unwrap_or_default();
                let of = schema.and_then(|schema| schema.child(key));
                let value = if is_dropped(entry, of) {
                    of.and_then(|of| of.default.as_ref()).map(|default| {
                        (default.root(), Some(entry.at().derive(Rule::CustomDefault)))
                    })
                } else {
                    Some((entry, at))
                };
                if let Some((value, at)) = value {
                    out.key(key, at.unwrap_or(entry.key_at()));
                    write(value, of, at, out);
                }
            }
            let properties = schema.into_iter().flat_map(|schema| &schema.properties);
            let missing =
                properties.filter(|(key, of)| of.may_have_default() && node.get(key).is_none());
            for (key, of) in missing {
                if let Some(default) = &of.default {
                    let at = origin.derive(Rule::CustomDefault);
                    out.key(key, at);
                    write(default.root(), Some(of), Some(at), out);
                }
            }
            out.close();
        }
        Kind::List => {
            let of = schema.and_then(|schema| schema.items.as_deref());
            out.list(origin);
            for item in node.items() {
                match of.and_then(|of| of.default.as_ref()).filter(|_| is_dropped(item, of)) {
                    Some(default) => {
                        let at = item.at().derive(Rule::CustomDefault);
                        write(default.root(), of, Some(at), out);
                    }
                    None => write(item, of, at, out),
                }
            }
            out.close();
        }
        kind => out.styled_scalar(kind, node.style(), node.text(), origin),
    }
}

/// Whether it is a null where none may be: a known field that is not nullable.
fn is_dropped(node: NodeRef<'_>, schema: Option<&Schema>) -> bool {
    node.kind() == Kind::Null && schema.is_some_and(|schema| !schema.nullable)
}
