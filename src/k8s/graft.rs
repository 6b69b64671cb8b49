//! Merging a partial manifest into a whole one, as the API server merges a strategic patch.
//!
//! Maps merge by key. A list that the server merges by keys merges by these: an item of the
//! patch joins the item with the same keys, or comes after all. Everything else is replaced.
//! Nothing can be taken away. Each node keeps the origin that it had on its side.
//!
//! What the server merges by is told by the schema of the manifest's type. In a place without
//! one (a kind that gen does not know) lists are replaced, as the server does for custom
//! resources whose schema names no keys.

use std::fmt::Write;

use super::field_order;
use super::schema::{ItemIdentity, List, Shape, Type};
use crate::source::{Kind, NodeRef, Origin, Tree, TreeBuilder};

/// A field that both sides set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The path of the field, such as `spec.template.spec.containers[web].image`.
    pub path: String,
    /// What set it first.
    pub base: Origin,
    /// What would set it again.
    pub added: Origin,
}

/// Merges `patch` into `base`; where both set a field, the patch wins.
#[must_use]
pub fn patch(base: NodeRef<'_>, patch: NodeRef<'_>, of: Option<Type>) -> Tree {
    Graft::default().merge(base, patch, of).0
}

/// Merges `extra` into `base`, where it may only add.
///
/// # Errors
///
/// All fields that `base` sets already, even to the same value.
pub fn extend(
    base: NodeRef<'_>,
    extra: NodeRef<'_>,
    of: Option<Type>,
) -> Result<Tree, Vec<Conflict>> {
    let (tree, conflicts) = Graft::default().merge(base, extra, of);
    if conflicts.is_empty() { Ok(tree) } else { Err(conflicts) }
}

/// A step down to the place where a partial manifest belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under<'p> {
    /// Into a field.
    Field(&'p str),
    /// Into the item of a list whose field has a value.
    Item {
        /// The field, a merge key of the list.
        key: &'p str,
        /// Its value.
        value: &'p str,
    },
}

/// Wraps a partial manifest of some inner place, so that it can be merged into a whole object.
/// What is put around it takes its origin.
///
/// ```
/// use gen_compiler::k8s::graft::{Under, under};
/// use gen_compiler::source::{Origin, Rule, TreeBuilder};
///
/// let at = Origin::Derived { rule: Rule::ObjectIdentity, from: None };
/// let mut extra = TreeBuilder::default();
/// extra.map(at);
/// extra.close();
/// let place = [Under::Field("containers"), Under::Item { key: "name", value: "web" }];
/// let whole = under(&place, extra.finish().root());
/// assert_eq!(format!("{whole:?}"), r#"{"containers": [{"name": "web"}]}"#);
/// ```
#[must_use]
pub fn under(place: &[Under<'_>], inner: NodeRef<'_>) -> Tree {
    let at = inner.at();
    let mut out = TreeBuilder::default();
    let mut item = None;
    for step in place {
        match *step {
            Under::Field(name) => {
                open_map(&mut out, at, item.take());
                out.key(name, at);
            }
            Under::Item { key, value } => {
                out.list(at);
                item = Some((key, value));
            }
        }
    }
    if item.is_some() {
        open_map(&mut out, at, item);
        for entry in inner.entries() {
            out.copy_entry(entry);
        }
        out.close();
    } else {
        out.copy(inner);
    }
    for _ in place {
        out.close();
    }
    out.finish()
}

fn open_map(out: &mut TreeBuilder, at: Origin, item: Option<(&str, &str)>) {
    out.map(at);
    if let Some((key, value)) = item {
        out.key(key, at);
        out.scalar(Kind::Str, value, at);
    }
}

/// One merge under way.
#[derive(Default)]
struct Graft {
    out: TreeBuilder,
    path: String,
    conflicts: Vec<Conflict>,
}

impl Graft {
    fn merge(
        mut self,
        base: NodeRef<'_>,
        patch: NodeRef<'_>,
        of: Option<Type>,
    ) -> (Tree, Vec<Conflict>) {
        self.value(base, patch, of);
        (self.out.finish(), self.conflicts)
    }

    fn value(&mut self, base: NodeRef<'_>, patch: NodeRef<'_>, of: Option<Type>) {
        let shape = of.map(Type::shape);
        match (base.kind(), patch.kind(), shape) {
            (Kind::Map, Kind::Map, _) => self.map(base, patch, of, &[]),
            (Kind::List, Kind::List, Some(Shape::List(list))) if has_keys(list) => {
                self.list(base, patch, list);
            }
            (Kind::Null, ..) => self.out.copy(patch),
            _ => {
                self.conflicts.push(Conflict {
                    path: self.path.clone(),
                    base: base.at(),
                    added: patch.at(),
                });
                self.out.copy(patch);
            }
        }
    }

    /// Merges two maps; the fields `same` are known to be the same on both sides.
    fn map(&mut self, base: NodeRef<'_>, patch: NodeRef<'_>, of: Option<Type>, same: &[&str]) {
        self.out.map(base.at());
        for entry in base.entries() {
            let key = entry.key().unwrap_or_default();
            match patch.get(key) {
                Some(other) if !same.contains(&key) => {
                    self.out.key(key, entry.key_at());
                    let outer = self.enter_field(key);
                    self.value(entry, other, inside(of, key));
                    self.path.truncate(outer);
                }
                _ => self.out.copy_entry(entry),
            }
        }
        for entry in patch.entries() {
            if entry.key().is_none_or(|key| base.get(key).is_none()) {
                self.out.copy_entry(entry);
            }
        }
        match of.map(Type::shape) {
            Some(Shape::Object(_)) => self.out.close_sorted(field_order::rank),
            Some(Shape::Map(_)) => self.out.close_sorted(|_| 0),
            // What every object has is known, of whatever kind it is.
            None if matches!(self.path.as_str(), "" | "metadata") => {
                self.out.close_sorted(field_order::rank);
            }
            _ => self.out.close(),
        }
    }

    /// Merges two lists by the keys of their items.
    fn list(&mut self, base: NodeRef<'_>, patch: NodeRef<'_>, of: List) {
        let keys = keys(of);
        let mut rest: Vec<NodeRef<'_>> = patch.items().collect();
        self.out.list(base.at());
        for item in base.items() {
            match rest.iter().position(|other| is_same_item(item, *other, keys)) {
                Some(index) => {
                    let other = rest.remove(index);
                    let outer = self.enter_item(item, keys);
                    self.map(item, other, Some(of.item), keys);
                    self.path.truncate(outer);
                }
                None => self.out.copy(item),
            }
        }
        for item in rest {
            self.out.copy(item);
        }
        self.out.close();
    }

    /// Makes the path one field longer; gives its length before.
    fn enter_field(&mut self, name: &str) -> usize {
        let outer = self.path.len();
        if name.contains(['.', '/']) {
            let _ = write!(self.path, "[{name:?}]");
        } else {
            if outer > 0 {
                self.path.push('.');
            }
            self.path.push_str(name);
        }
        outer
    }

    /// Makes the path one item longer; gives its length before.
    fn enter_item(&mut self, item: NodeRef<'_>, keys: &[&str]) -> usize {
        let outer = self.path.len();
        let name = keys.iter().find_map(|key| item.get(key)).map_or("", NodeRef::text);
        let _ = write!(self.path, "[{name}]");
        outer
    }
}

/// The type of a field, or of an entry of an open map.
fn inside(of: Option<Type>, name: &str) -> Option<Type> {
    match of?.shape() {
        Shape::Object(object) => object.field(name).map(|field| field.of),
        Shape::Map(value) => Some(value),
        _ => None,
    }
}

/// The fields that tell the items of a list apart; none where the list is one value.
fn keys(of: List) -> &'static [&'static str] {
    match of.identity {
        ItemIdentity::Keys(keys) => keys,
        ItemIdentity::None | ItemIdentity::Value => &[],
    }
}

fn has_keys(of: List) -> bool {
    !keys(of).is_empty()
}

/// Whether two items of a list are the same to the server: maps that agree in every key, and
/// have one.
fn is_same_item(a: NodeRef<'_>, b: NodeRef<'_>, keys: &[&str]) -> bool {
    keys.iter().any(|key| a.get(key).is_some())
        && keys.iter().all(|key| key_of(a, key) == key_of(b, key))
}

/// The value of a merge key. The protocol of a port is the one such key with a default.
fn key_of<'t>(item: NodeRef<'t>, key: &str) -> Option<&'t str> {
    item.get(key).map(NodeRef::text).or((key == "protocol").then_some("TCP"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::k8s::Version;
    use crate::k8s::schema::Resource;
    use crate::source::listing::{at, lines};

    fn pod() -> Option<Type> {
        Resource::find(Version::newest(), "v1", "Pod").map(Resource::root)
    }

    fn container() -> Option<Type> {
        match pod()?.at_path(&["spec", "containers"])?.shape() {
            Shape::List(list) => Some(list.item),
            _ => None,
        }
    }

    fn tree(value: &Value, origin: u32) -> Tree {
        fn write(out: &mut TreeBuilder, value: &Value, at: Origin) {
            match value {
                Value::Object(entries) => {
                    out.map(at);
                    for (key, value) in entries {
                        out.key(key, at);
                        write(out, value, at);
                    }
                    out.close();
                }
                Value::Array(items) => {
                    out.list(at);
                    for item in items {
                        write(out, item, at);
                    }
                    out.close();
                }
                Value::String(text) => out.scalar(Kind::Str, text, at),
                Value::Number(number) => out.scalar(Kind::Int, &number.to_string(), at),
                Value::Bool(yes) => out.scalar(Kind::Bool, &yes.to_string(), at),
                Value::Null => out.scalar(Kind::Null, "", at),
            }
        }
        let mut out = TreeBuilder::default();
        write(&mut out, value, at(origin));
        out.finish()
    }

    fn base() -> Tree {
        tree(
            &json!({
                "metadata": { "name": "web", "labels": { "name": "web", "tier": "front" } },
                "spec": { "containers": [
                    { "name": "web", "image": "nginx", "args": ["-q"],
                      "ports": [{ "name": "http", "containerPort": 80 }] },
                    { "name": "side", "image": "busybox" },
                ] },
            }),
            1,
        )
    }

    #[test]
    fn a_patch_merges_maps_and_keyed_lists_and_replaces_the_rest() {
        let patched = tree(
            &json!({
                "metadata": { "labels": { "app": "web", "tier": "back" } },
                "spec": {
                    "hostNetwork": true,
                    "containers": [
                        { "name": "web", "args": ["-v"], "command": ["run"], "ports": [
                            { "containerPort": 80, "protocol": "TCP" },
                            { "containerPort": 80, "protocol": "UDP" },
                        ] },
                        { "name": "new", "image": "redis" },
                    ],
                },
            }),
            2,
        );
        assert_eq!(
            lines(patch(base().root(), patched.root(), pod()).root()),
            [
                ": map @1",
                "metadata: map @1",
                "metadata.name: web @1",
                "metadata.labels: map @1",
                "metadata.labels.app: web @2",
                "metadata.labels.name: web @1",
                "metadata.labels.tier: back @2",
                "spec: map @1",
                "spec.hostNetwork: true @2",
                "spec.containers: list @1",
                "spec.containers[0]: map @1",
                "spec.containers[0].name: web @1",
                "spec.containers[0].image: nginx @1",
                "spec.containers[0].command: list @2",
                "spec.containers[0].command[0]: run @2",
                "spec.containers[0].args: list @2",
                "spec.containers[0].args[0]: -v @2",
                "spec.containers[0].ports: list @1",
                "spec.containers[0].ports[0]: map @1",
                "spec.containers[0].ports[0].name: http @1",
                "spec.containers[0].ports[0].containerPort: 80 @1",
                "spec.containers[0].ports[0].protocol: TCP @2",
                "spec.containers[0].ports[1]: map @2",
                "spec.containers[0].ports[1].containerPort: 80 @2",
                "spec.containers[0].ports[1].protocol: UDP @2",
                "spec.containers[1]: map @1",
                "spec.containers[1].name: side @1",
                "spec.containers[1].image: busybox @1",
                "spec.containers[2]: map @2",
                "spec.containers[2].name: new @2",
                "spec.containers[2].image: redis @2",
            ]
        );
    }

    #[test]
    fn an_extra_adds() -> Result<(), Vec<Conflict>> {
        let inner = tree(&json!({ "tty": true, "ports": [{ "containerPort": 81 }] }), 2);
        let place = [
            Under::Field("spec"),
            Under::Field("containers"),
            Under::Item { key: "name", value: "side" },
        ];
        let extended = extend(base().root(), under(&place, inner.root()).root(), pod())?;
        let side =
            extended.root().at_path(&["spec", "containers"]).and_then(|all| all.items().nth(1));
        assert_eq!(
            side.map(lines),
            Some(
                [
                    ": map @1",
                    "name: side @1",
                    "image: busybox @1",
                    "ports: list @2",
                    "ports[0]: map @2",
                    "ports[0].containerPort: 81 @2",
                    "tty: true @2",
                ]
                .map(str::to_owned)
                .to_vec()
            )
        );
        Ok(())
    }

    #[test]
    fn an_extra_that_sets_what_is_set_is_refused_even_where_it_agrees() {
        let extra = tree(
            &json!({
                "metadata": { "labels": { "tier": "front", "x.io/y": "new" } },
                "spec": { "containers": [
                    { "name": "web", "args": ["-v"], "ports": [{ "containerPort": 80, "name": "web" }] },
                ] },
            }),
            2,
        );
        let conflicts = extend(base().root(), extra.root(), pod()).err().unwrap_or_default();
        let paths: Vec<&str> = conflicts.iter().map(|conflict| conflict.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "metadata.labels.tier",
                "spec.containers[web].args",
                "spec.containers[web].ports[80].name",
            ]
        );
        assert!(conflicts.iter().all(|conflict| conflict.base == at(1) && conflict.added == at(2)));
    }

    #[test]
    fn items_that_a_patch_repeats_are_all_kept() {
        let one = tree(&json!({ "env": [{ "name": "A", "value": "1" }] }), 1);
        let two = tree(
            &json!({ "env": [{ "name": "A", "value": "2" }, { "name": "A", "value": "3" }] }),
            2,
        );
        assert_eq!(
            format!("{:?}", patch(one.root(), two.root(), container())),
            r#"{"env": [{"name": "A", "value": "2"}, {"name": "A", "value": "3"}]}"#
        );
    }

    #[test]
    fn items_without_their_keys_never_meet() {
        let one = tree(&json!({ "env": [{ "value": "1" }] }), 1);
        let two = tree(&json!({ "env": [{ "value": "2" }] }), 2);
        assert_eq!(
            format!("{:?}", patch(one.root(), two.root(), container())),
            r#"{"env": [{"value": "1"}, {"value": "2"}]}"#
        );
    }

    #[test]
    fn without_a_schema_maps_merge_and_lists_are_replaced() {
        let one = tree(&json!({ "spec": { "b": 1, "a": [{ "name": "x" }] } }), 1);
        let two = tree(&json!({ "spec": { "a": [{ "name": "y" }], "0": 2 } }), 2);
        assert_eq!(
            format!("{:?}", patch(one.root(), two.root(), None)),
            r#"{"spec": {"b": 1, "a": [{"name": "y"}], "0": 2}}"#
        );
    }
}
