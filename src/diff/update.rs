//! What becomes of an object in the cluster when a new manifest of it is applied.
//!
//! Server-side apply by the one manager that applied the old manifest: what the old one said and
//! the new one does not goes away, and what the server filled in stays, unless the structure that
//! it stands in goes away as a whole.
//!
//! Source: `merge` and `merge.Updater` of `sigs.k8s.io/structured-merge-diff`.

use super::meaning;
use crate::k8s::Version;
use crate::k8s::defaults;
use crate::k8s::schema::{ItemIdentity, List, Resource, Shape, Type};
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};
use crate::validate::fields;

/// An object as the server has it, and as it would have it after a new manifest is applied.
#[derive(Debug)]
pub struct Update {
    live: Tree,
    after: Tree,
    of: Option<Type>,
}

impl Update {
    /// The update that applying `new` over the applied `old` is: two manifests of one object.
    #[must_use]
    pub fn of(old: NodeRef<'_>, new: NodeRef<'_>, version: Version) -> Self {
        let text = |root, name| fields::text(root, name);
        let of = Resource::find(version, text(new, "apiVersion"), text(new, "kind"));
        let of = of.filter(|of| !of.is_custom()).map(Resource::root);
        let live = complete(old);
        // An object of another version of its API is converted, which gen does not do.
        let after = if text(old, "apiVersion") == text(new, "apiVersion") {
            let mut merged = TreeBuilder::default();
            apply(live.root(), Some(old), new, of, &mut merged);
            complete(merged.finish().root())
        } else {
            complete(new)
        };
        Self { live, after, of }
    }

    /// The object as the server has it.
    #[must_use]
    pub fn live(&self) -> NodeRef<'_> {
        self.live.root()
    }

    /// The object as the server would have it afterwards.
    #[must_use]
    pub fn after(&self) -> NodeRef<'_> {
        self.after.root()
    }

    /// Whether its pods are replaced: its pod template does not mean the same before and after.
    ///
    /// Source: `EqualIgnoreHash` of `pkg/controller/deployment/util` of Kubernetes, for a
    /// Deployment; a `StatefulSet` and a `DaemonSet` make a new revision just so.
    #[must_use]
    pub fn replaces_pods(&self) -> bool {
        const TEMPLATE: [&str; 2] = ["spec", "template"];
        let kind = fields::text(self.after(), "kind");
        let of = self.of.and_then(|of| of.at_path(&TEMPLATE));
        ["Deployment", "StatefulSet", "DaemonSet"].contains(&kind)
            && match (self.live().at_path(&TEMPLATE), self.after().at_path(&TEMPLATE)) {
                (Some(live), Some(after)) => !meaning::equal(live, after, of),
                (live, after) => live.is_some() || after.is_some(),
            }
    }

    /// The type of the object, of a built-in kind.
    #[must_use]
    pub fn type_of(&self) -> Option<Type> {
        self.of
    }
}

fn complete(root: NodeRef<'_>) -> Tree {
    defaults::complete(root).unwrap_or_else(|| {
        let mut copy = TreeBuilder::default();
        copy.copy(root);
        copy.finish()
    })
}

/// Writes what `live` becomes when `new` is applied by the manager that applied `old` before.
fn apply(
    live: NodeRef<'_>,
    old: Option<NodeRef<'_>>,
    new: NodeRef<'_>,
    of: Option<Type>,
    out: &mut TreeBuilder,
) {
    let shape = of.map(Type::shape);
    match (live.kind(), new.kind()) {
        (Kind::Map, Kind::Map | Kind::Null) if !live.is_empty() => {
            let goes = |key: &str| old.is_some_and(|old| old.get(key).is_some());
            if new.is_empty() && live.entries().all(|entry| entry.key().is_some_and(goes)) {
                // A map of which nothing is left becomes a null, even where the new one is empty.
                out.scalar(Kind::Null, "", new.at());
            } else {
                map(live, old, new, shape, out);
            }
        }
        (Kind::List, Kind::List) => {
            let Some(Shape::List(List { item: of, identity: ItemIdentity::Keys(keys) })) = shape
            else {
                return out.copy(new);
            };
            out.list(new.at());
            for item in new.items() {
                let twin = |other: &NodeRef<'_>| same_keys(*other, item, keys);
                let before = old.and_then(|old| old.items().find(twin));
                match live.items().find(twin) {
                    Some(live) => apply(live, before, item, Some(of), out),
                    None => out.copy(item),
                }
            }
            out.close();
        }
        _ => out.copy(new),
    }
}

fn map(
    live: NodeRef<'_>,
    old: Option<NodeRef<'_>>,
    new: NodeRef<'_>,
    of: Option<Shape>,
    out: &mut TreeBuilder,
) {
    out.map(new.at());
    for entry in live.entries() {
        let key = entry.key().unwrap_or_default();
        let before = old.and_then(|old| old.get(key));
        match new.get(key) {
            Some(value) => {
                out.key(key, value.key_at());
                apply(entry, before, value, field(of, key), out);
            }
            None if before.is_none() => out.copy_entry(entry),
            None => {}
        }
    }
    for entry in new.entries() {
        if live.get(entry.key().unwrap_or_default()).is_none() {
            out.copy_entry(entry);
        }
    }
    out.close();
}

fn field(of: Option<Shape>, key: &str) -> Option<Type> {
    match of? {
        Shape::Object(object) => object.field(key).map(|field| field.of),
        Shape::Map(value) => Some(value),
        _ => None,
    }
}

/// Whether two items of a list are the same one. Of the keys of lists, only `protocol` has a
/// default.
fn same_keys(a: NodeRef<'_>, b: NodeRef<'_>, keys: &[&str]) -> bool {
    let value = |item: NodeRef<'_>, key: &str| {
        let value = fields::field(item, key).map(|value| value.text().to_owned());
        value.or_else(|| (key == "protocol").then(|| "TCP".to_owned()))
    };
    keys.iter().all(|key| value(a, key) == value(b, key))
}
