//! How checks read the fields of an object, which may hold anything.

#![expect(clippy::inline_always, reason = "the symbol of a constant name is a constant")]

use crate::source::{Kind, NodeRef};

/// A field that is there: null is not.
#[inline(always)]
pub fn field<'t>(node: NodeRef<'t>, name: &str) -> Option<NodeRef<'t>> {
    node.get(name).filter(|value| value.kind() != Kind::Null)
}

/// The text of a string field, or nothing.
#[inline(always)]
pub fn text<'t>(node: NodeRef<'t>, name: &str) -> &'t str {
    node.get(name).and_then(NodeRef::as_str).unwrap_or_default()
}

/// The items of a list field.
#[inline(always)]
pub fn items<'t>(
    node: NodeRef<'t>,
    name: &str,
) -> impl Iterator<Item = NodeRef<'t>> + Clone + use<'t> {
    node.get(name).into_iter().flat_map(NodeRef::items)
}

/// The first item of a list field that has a text at a path of keys. However long the list is, it
/// is found at once.
pub fn item<'t>(
    node: NodeRef<'t>,
    list: &str,
    path: &'static [&'static str],
    text: &str,
) -> Option<NodeRef<'t>> {
    node.get(list)?.item_with(path, text)
}

/// The namespace that an object names, or nothing.
pub fn namespace(root: NodeRef<'_>) -> &str {
    root.get("metadata").and_then(|metadata| metadata.get("namespace")).map_or("", NodeRef::text)
}

/// The name of an object, or nothing.
pub fn name(root: NodeRef<'_>) -> &str {
    root.get("metadata").and_then(|metadata| metadata.get("name")).map_or("", NodeRef::text)
}
