//! From documents to objects: a list is no object of its own, its items are.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
use crate::source::{Kind, NodeRef, Rule, Tree, TreeBuilder};

/// Calls `each` with the objects of a document: the items of a list (a kind that ends in
/// `List`, with `items`), also of lists in lists, or else the document itself.
pub fn of<'t>(
    root: NodeRef<'t>,
    each: &mut impl FnMut(NodeRef<'t>),
    diagnostics: &mut Diagnostics,
) {
    let Some(items) = items(root) else { return each(root) };
    for item in items.items() {
        if item.kind() == Kind::Map {
            of(item, each, diagnostics);
        } else if let Some(at) = item.at().span() {
            diagnostics.push(
                Diagnostic::error(Code::NotAnObject, at, "this item of the list is no object")
                    .help("every object has `apiVersion`, `kind` and `metadata: { name: ... }`"),
            );
        }
    }
}

/// The items of a list.
fn items(root: NodeRef<'_>) -> Option<NodeRef<'_>> {
    let kind = root.get("kind").and_then(NodeRef::as_str)?;
    let items = root.get("items").filter(|_| kind.ends_with("List"))?;
    // `kubectl get` writes a list of nothing with `items: null`, too.
    matches!(items.kind(), Kind::List | Kind::Null).then_some(items)
}

/// Refuses what is not meant to be an object at all, so that one error says so instead of one
/// for each field that objects have.
pub(super) fn check(root: NodeRef<'_>) -> Result<(), Box<Diagnostic>> {
    let error = |node: NodeRef<'_>, message| {
        let place = node.key_at().span().map_or(Place::Nowhere, Place::Span);
        Diagnostic::new(Code::NotAnObject, Severity::Error, place, message)
    };
    // A whole document says less than its first key.
    let first = root.entries().next().unwrap_or(root);
    let text = |name| root.get(name).and_then(NodeRef::as_str);
    if text("apiVersion") == Some("v1") && text("kind") == Some("List") {
        let error = error(root.get("items").unwrap_or(first), "a list needs its `items`");
        return Err(error.help("write `items: []` for none").into());
    }
    if root.get("apiVersion").or_else(|| root.get("kind")).is_some() {
        return Ok(());
    }
    let message = "this is no Kubernetes object: it has neither `apiVersion` nor `kind`";
    Err(error(first, message).into())
}

/// A document of which every object says its kind: the API server leaves that out in the items
/// of a list of one kind, such as a `PodList`, and kubectl fills it in.
pub fn with_kinds_of_lists(tree: Tree) -> Tree {
    let root = tree.root();
    let text = |name| root.get(name).filter(|node| node.as_str().is_some());
    let (Some(kind), Some(api_version), Some(list)) =
        (text("kind"), text("apiVersion"), items(root))
    else {
        return tree;
    };
    let is_bare =
        |item: &NodeRef<'_>| item.get("kind").is_none() && item.get("apiVersion").is_none();
    let Some(kind_of_items) = kind.text().strip_suffix("List").filter(|name| !name.is_empty())
    else {
        return tree;
    };
    if !list.items().any(|item| item.kind() == Kind::Map && is_bare(&item)) {
        return tree;
    }
    let mut out = TreeBuilder::default();
    out.map(root.at());
    for entry in root.entries() {
        if entry.index() != list.index() {
            out.copy_entry(entry);
            continue;
        }
        out.key("items", list.key_at());
        out.list(list.at());
        for item in list.items() {
            if item.kind() != Kind::Map {
                out.copy(item);
                continue;
            }
            out.map(item.at());
            if is_bare(&item) {
                for (key, from, text) in
                    [("apiVersion", api_version, api_version.text()), ("kind", kind, kind_of_items)]
                {
                    let at = from.at().derive(Rule::KindOfList);
                    out.key(key, at);
                    out.scalar(Kind::Str, text, at);
                }
            }
            item.entries().for_each(|entry| out.copy_entry(entry));
            out.close();
        }
        out.close();
    }
    out.close();
    out.finish()
}
