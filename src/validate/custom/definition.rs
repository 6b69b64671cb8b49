//! `CustomResourceDefinition`s: what they define.

use super::schema::Schema;
use super::{CustomKind, CustomKinds};
use crate::source::NodeRef;

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
            schema: schema.unwrap_or_default().into(),
            at: root.at(),
        });
    }
}
