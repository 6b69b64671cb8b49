//! What becomes of an object in the cluster when a new manifest of it is applied.
//!
//! Server-side apply by the one manager that applied the old manifest: what the old one said and
//! the new one does not goes away, and what the server filled in stays, unless the structure that
//! it stands in goes away as a whole.
//!
//! Source: `merge` and `merge.Updater` of `sigs.k8s.io/structured-merge-diff`.

use super::meaning;
use crate::k8s::Version;
use crate::k8s::schema::{ItemIdentity, List, Resource, Shape, Type};
use crate::k8s::{defaults, dropped};
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};
use crate::validate::{CustomKinds, Map, fields, pods};

/// An object as the server has it, and as it would have it after a new manifest is applied.
#[derive(Debug)]
pub struct Update {
    live: Tree,
    after: Tree,
    of: Option<Type>,
    version: Version,
}

impl Update {
    /// The update that applying `new` over the applied `old` is: two manifests of one object.
    #[must_use]
    pub fn of(old: NodeRef<'_>, new: NodeRef<'_>, version: Version) -> Self {
        let text = |root, name| fields::text(root, name);
        let kept = |root, before| {
            let pod = pods::pod_template(root).and_then(|template| template.get("spec"));
            dropped::without(root, pod, before, version)
        };
        let old = kept(old, None);
        let new = kept(new, Some(old.root()));
        let (old, new) = (old.root(), new.root());
        let (api_version, kind) = (text(new, "apiVersion"), text(new, "kind"));
        let of = Resource::find(version, api_version, kind);
        let custom = CustomKinds::default();
        let custom = custom.find(api_version, kind);
        let live = custom.map_or_else(|| complete(old), |custom| custom.complete(old));
        // An object of another version of its API is converted, which gen does not do.
        let after = if text(old, "apiVersion") == api_version {
            let mut merged = TreeBuilder::default();
            apply(live.root(), Some(old), new, of.map(Resource::root), &mut merged);
            complete(merged.finish().root())
        } else {
            complete(new)
        };
        Self { live, after, of: of.filter(|of| !of.is_custom()).map(Resource::root), version }
    }

    /// The object as the server has it.
    #[must_use]
    pub fn live(&self) -> NodeRef<'_> {
        self.live.root()
    }

    /// The object as the server would have it afterwards; of a custom resource, before the
    /// defaults of its definition.
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

    /// The version of Kubernetes of the server.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
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
            let (of_live, of_old) = (by_keys(Some(live), keys), by_keys(old, keys));
            for item in new.items() {
                let own = values(item, keys);
                let before = of_old.get(&own).copied();
                match of_live.get(&own) {
                    Some(live) => apply(*live, before, item, Some(of), out),
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

/// The items of a list by the values of their keys; of those with the same, the first.
fn by_keys<'t>(list: Option<NodeRef<'t>>, keys: &[&str]) -> Map<Vec<Option<&'t str>>, NodeRef<'t>> {
    let mut all = Map::default();
    for item in list.into_iter().flat_map(NodeRef::items) {
        all.entry(values(item, keys)).or_insert(item);
    }
    all
}

/// What tells an item from others. Of the keys of lists, only `protocol` has a default.
fn values<'t>(item: NodeRef<'t>, keys: &[&str]) -> Vec<Option<&'t str>> {
    let value = |key: &&str| {
        let value = fields::field(item, key).map(NodeRef::text);
        value.or_else(|| (*key == "protocol").then_some("TCP"))
    };
    keys.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::validate::testing::tree;

    fn deployment(spec: &Value, container: &Value) -> Value {
        let mut object = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "web", "namespace": "shop" },
            "spec": {
                "selector": { "matchLabels": { "app": "web" } },
                "template": {
                    "metadata": { "labels": { "app": "web" } },
                    "spec": { "containers": [{ "name": "web", "image": "web" }] },
                },
            },
        });
        let merge = |into: &mut Value, from: &Value| {
            for (key, value) in from.as_object().into_iter().flatten() {
                into[key] = value.clone();
            }
        };
        merge(&mut object["spec"], spec);
        merge(&mut object["spec"]["template"]["spec"]["containers"][0], container);
        object
    }

    fn update(old: &Value, new: &Value) -> Update {
        Update::of(tree(old).root(), tree(new).root(), Version::newest())
    }

    fn of_container(old: &Value, new: &Value) -> Update {
        update(&deployment(&json!({}), old), &deployment(&json!({}), new))
    }

    fn container<'u>(update: &'u Update, path: &[&str]) -> Option<NodeRef<'u>> {
        let containers = update.after().at_path(&["spec", "template", "spec", "containers"])?;
        containers.items().next()?.at_path(path)
    }

    #[test]
    fn what_the_server_filled_in_stays() {
        let strategy =
            |strategy: &str| deployment(&json!({ "strategy": { "type": strategy } }), &json!({}));
        let changed = update(&strategy("RollingUpdate"), &strategy("Recreate"));
        let surge = changed.after().at_path(&["spec", "strategy", "rollingUpdate", "maxSurge"]);
        assert_eq!(surge.map(NodeRef::text), Some("25%"));
        let tagged = of_container(&json!({ "image": "web:latest" }), &json!({ "image": "web:1" }));
        let policy = container(&tagged, &["imagePullPolicy"]);
        assert_eq!(policy.map(NodeRef::text), Some("Always"));
    }

    #[test]
    fn what_only_the_old_manifest_said_goes_with_all_that_is_in_it() {
        let http = json!({ "readinessProbe": { "httpGet": { "path": "/", "port": 80 }, "periodSeconds": 5 } });
        let socket = json!({ "readinessProbe": { "tcpSocket": { "port": 80 } } });
        let changed = of_container(&http, &socket);
        assert!(container(&changed, &["readinessProbe", "httpGet"]).is_none());
        let period = container(&changed, &["readinessProbe", "periodSeconds"]);
        assert_eq!(period.map(NodeRef::text), Some("10"));
        assert!(container(&of_container(&http, &json!({})), &["readinessProbe"]).is_none());
    }

    #[test]
    fn items_are_those_of_the_new_manifest_in_its_order() {
        let env = |names: &[&str]| {
            let env: Vec<Value> =
                names.iter().map(|name| json!({ "name": name, "value": "1" })).collect();
            json!({ "env": env })
        };
        let changed = of_container(&env(&["A", "B", "C"]), &env(&["C", "A"]));
        let names = container(&changed, &["env"]).into_iter().flat_map(NodeRef::items);
        let names: Vec<&str> = names.filter_map(|one| one.get("name")).map(NodeRef::text).collect();
        assert_eq!(names, ["C", "A"]);
    }

    #[test]
    fn a_map_of_which_nothing_is_left_is_null() {
        let context = |context: Value| json!({ "securityContext": context });
        let changed = of_container(&context(json!({ "privileged": true })), &context(json!({})));
        assert_eq!(container(&changed, &["securityContext"]).map(NodeRef::kind), Some(Kind::Null));
        let kept = of_container(&context(json!({})), &context(json!({})));
        assert_eq!(container(&kept, &["securityContext"]).map(NodeRef::kind), Some(Kind::Map));
    }

    #[test]
    fn pods_are_replaced_when_their_template_means_something_else() {
        let replaces = |old: &Value, new: &Value| of_container(old, new).replaces_pods();
        let cpu = |cpu: &str| json!({ "resources": { "requests": { "cpu": cpu } } });
        assert!(!replaces(&cpu("1"), &cpu("1000m")));
        assert!(replaces(&cpu("1"), &cpu("1001m")));
        assert!(!replaces(&json!({}), &json!({ "terminationMessagePolicy": "File" })));
        assert!(replaces(&json!({ "args": ["a", "b"] }), &json!({ "args": ["b", "a"] })));
        let scaled = |replicas: u8| deployment(&json!({ "replicas": replicas }), &json!({}));
        assert!(!update(&scaled(1), &scaled(2)).replaces_pods());
    }
}
