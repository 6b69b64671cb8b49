//! A custom resource as the API server completes it before it looks at it: nulls dropped,
//! defaults filled in.
//!
//! Source: `pkg/apiserver/schema/defaulting` of `k8s.io/apiextensions-apiserver`.

use super::budget::{self, Budget};
use super::schema::Schema;
use crate::source::{Kind, NodeRef, Origin, Rule, Tree, TreeBuilder};

/// The object without the nulls of fields that are not nullable, and with the schema's
/// defaults, as long as the budget lasts. What it says itself keeps its origins.
#[must_use]
pub fn complete(root: NodeRef<'_>, schema: &Schema, budget: &Budget) -> Tree {
    let mut writer = Writer { budget, out: TreeBuilder::default() };
    writer.write(root, Some(schema), None);
    writer.out.finish()
}

struct Writer<'b> {
    budget: &'b Budget,
    out: TreeBuilder,
}

impl Writer<'_> {
    /// Writes a value; `at` is the origin of all of it where it is a default.
    fn write(&mut self, node: NodeRef<'_>, schema: Option<&Schema>, at: Option<Origin>) {
        let origin = at.unwrap_or(node.at());
        match node.kind() {
            Kind::Map => {
                self.out.map(origin);
                for entry in node.entries() {
                    self.entry(entry, schema, at);
                }
                self.missing(node, schema, origin);
                self.out.close();
            }
            Kind::List => {
                let of = schema.and_then(|schema| schema.items.as_deref());
                self.out.list(origin);
                for item in node.items() {
                    match of.and_then(|of| of.default.as_ref()).filter(|_| is_dropped(item, of)) {
                        Some(default) => {
                            self.default(default, of, item.at().derive(Rule::CustomDefault));
                        }
                        None => self.write(item, of, at),
                    }
                }
                self.out.close();
            }
            kind => self.out.styled_scalar(kind, node.style(), node.text(), origin),
        }
    }

    fn entry(&mut self, entry: NodeRef<'_>, schema: Option<&Schema>, at: Option<Origin>) {
        let key = entry.key().unwrap_or_default();
        let of = schema.and_then(|schema| schema.child(key));
        if !is_dropped(entry, of) {
            self.out.key(key, at.unwrap_or(entry.key_at()));
            self.write(entry, of, at);
        } else if let Some(default) = of.and_then(|of| of.default.as_ref()) {
            let at = entry.at().derive(Rule::CustomDefault);
            self.out.key(key, at);
            self.default(default, of, at);
        }
    }

    /// Writes the defaults of the fields that a map does not have.
    fn missing(&mut self, map: NodeRef<'_>, schema: Option<&Schema>, origin: Origin) {
        let Some(properties) = schema.map(|schema| &schema.properties) else { return };
        if !self.budget.spend(budget::FIELD * properties.len() as u64) {
            return;
        }
        let missing =
            properties.iter().filter(|(key, of)| of.may_have_default() && map.get(key).is_none());
        for (key, of) in missing {
            if let Some(default) = &of.default
                && !self.budget.is_empty()
            {
                let at = origin.derive(Rule::CustomDefault);
                self.out.key(key, at);
                self.default(default, Some(of), at);
            }
        }
    }

    fn default(&mut self, default: &Tree, of: Option<&Schema>, at: Origin) {
        default.root().walk(&mut |_, node| {
            self.budget.spend(budget::MADE + node.text().len() as u64 / budget::BYTES);
        });
        self.write(default.root(), of, Some(at));
    }
}

/// Whether it is a null where none may be: a known field that is not nullable.
fn is_dropped(node: NodeRef<'_>, schema: Option<&Schema>) -> bool {
    node.kind() == Kind::Null && schema.is_some_and(|schema| !schema.nullable)
}
