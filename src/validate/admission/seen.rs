//! Objects as expressions see them: completed by the server. Where it puts what gen cannot know,
//! such as the time, stands a value that is known to be unknown.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::text;
use crate::k8s::Quantity;
use crate::k8s::defaults;
use crate::k8s::schema::{Resource, Shape, Type};
use crate::source::{Kind, NodeRef, Origin, Tree, TreeBuilder};
use crate::validate::Cluster;
use crate::validate::cel::{self, Value};

/// The label by which every namespace says its name.
pub(super) const NAME_OF_NAMESPACE: &str = "kubernetes.io/metadata.name";

/// An object that is being made.
pub(super) fn new_object(root: NodeRef<'_>, namespace: &str, cluster: &Cluster) -> Value {
    let mut value = completed(root, namespace, cluster);
    let mut set = |path: &[&str], new: Value| value = cel::with(&value, path, new);
    if text(root, &["metadata", "name"]).is_empty() {
        set(&["metadata", "name"], given());
    }
    // What plugins of the server fill in that a cluster may do without, or that ask what is in it.
    let (given_fields, possible_fields): (&[&str], &[&str]) =
        match (text(root, &["apiVersion"]), text(root, &["kind"])) {
            ("v1", "Service") if text(root, &["spec", "type"]) != "ExternalName" => (
                &["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"],
                &["healthCheckNodePort"],
            ),
            ("v1", "Pod") => (
                &["priority", "preemptionPolicy", "serviceAccountName", "serviceAccount"],
                &["tolerations", "overhead"],
            ),
            ("batch/v1", "Job") => (&["selector"], &[]),
            ("v1", "PersistentVolumeClaim") => (&[], &["storageClassName"]),
            (_, "Ingress") => (&[], &["ingressClassName"]),
            _ => (&[], &[]),
        };
    let lacks =
        |field: &str| root.at_path(&["spec", field]).is_none_or(|node| node.kind() == Kind::Null);
    for field in given_fields.iter().filter(|field| lacks(field)) {
        set(&["spec", field], given());
    }
    for field in possible_fields.iter().filter(|field| lacks(field)) {
        set(&["spec", field], cel::unknown("the cluster may fill it in", false));
    }
    value
}

/// An object that is in the cluster already.
pub(super) fn stored(root: NodeRef<'_>, namespace: &str, cluster: &Cluster) -> Value {
    let value = completed(root, namespace, cluster);
    cel::with(&value, &["metadata", "resourceVersion"], given())
}

fn given() -> Value {
    cel::unknown("the cluster fills it in", true)
}

fn completed(root: NodeRef<'_>, namespace: &str, cluster: &Cluster) -> Value {
    let (api_version, kind) = (text(root, &["apiVersion"]), text(root, &["kind"]));
    let completed = match cluster.custom.find(api_version, kind) {
        Some(custom) => Some(custom.complete(root)),
        None => defaults::complete(root),
    };
    let of = Resource::find(cluster.version, api_version, kind);
    let of = of.filter(|of| !of.is_custom()).map(Resource::root);
    let root = completed.as_ref().map_or(root, Tree::root);
    let mut value = typed(root, of);
    let mut set = |path: &[&str], new: Value| value = cel::with(&value, path, new);
    if !namespace.is_empty() {
        set(&["metadata", "namespace"], cel::text(namespace));
    }
    for field in ["uid", "creationTimestamp", "managedFields", "generation"] {
        set(&["metadata", field], given());
    }
    let lacks = |path: &[&str]| {
        root.at_path(path).is_none_or(|it| it.kind() == Kind::Null || it.is_empty())
    };
    match (api_version, kind) {
        ("v1", "Namespace") => {
            let name = cel::text(text(root, &["metadata", "name"]));
            set(&["metadata", "labels", NAME_OF_NAMESPACE], name);
            set(&["spec", "finalizers"], Value::List(Arc::new(vec![cel::text("kubernetes")])));
            set(&["status", "phase"], cel::text("Active"));
        }
        ("v1", "Secret") => {
            for entry in root.get("stringData").into_iter().flat_map(NodeRef::entries) {
                let content = STANDARD.encode(entry.text());
                set(&["data", entry.key().unwrap_or_default()], cel::text(&content));
            }
        }
        // They write it even if it is empty.
        ("rbac.authorization.k8s.io/v1", "Role" | "ClusterRole") if lacks(&["rules"]) => {
            let rules = root.get("rules").filter(|rules| rules.kind() == Kind::List);
            set(&["rules"], rules.map_or(Value::Null, cel::dynamic));
        }
        ("v1", "Pod") => {
            for list in ["containers", "initContainers"] {
                let containers = root.at_path(&["spec", list]);
                let Some(containers) = containers.filter(|it| it.kind() == Kind::List) else {
                    continue;
                };
                let of = of.and_then(|of| of.at_path(&["spec", list])?.item());
                let containers = containers.items().map(|it| with_requests(it, of)).collect();
                set(&["spec", list], Value::List(Arc::new(containers)));
            }
        }
        ("v1", "ReplicationController") => {
            let labels = root.at_path(&["spec", "template", "metadata", "labels"]);
            if let Some(labels) = labels.filter(|labels| !labels.is_empty()) {
                for path in [&["metadata", "labels"], &["spec", "selector"]] {
                    if lacks(path) {
                        set(path, cel::dynamic(labels));
                    }
                }
            }
        }
        ("autoscaling/v2", "HorizontalPodAutoscaler") if lacks(&["spec", "metrics"]) => {
            let mut metric = cel::map([]);
            let mut say = |path: &[&str], value| metric = cel::with(&metric, path, value);
            say(&["type"], cel::text("Resource"));
            say(&["resource", "name"], cel::text("cpu"));
            say(&["resource", "target", "type"], cel::text("Utilization"));
            say(&["resource", "target", "averageUtilization"], Value::Int(80));
            set(&["spec", "metrics"], Value::List(Arc::new(vec![metric])));
        }
        _ => {}
    }
    value
}

/// A container of a Pod, which requests what it is limited to unless it says how much.
fn with_requests(container: NodeRef<'_>, of: Option<Type>) -> Value {
    let mut value = typed(container, of);
    let limits = container.at_path(&["resources", "limits"]);
    for limit in limits.into_iter().flat_map(NodeRef::entries) {
        let name = limit.key().unwrap_or_default();
        if container.at_path(&["resources", "requests", name]).is_none() {
            let amount = quantity(limit);
            value = cel::with(&value, &["resources", "requests", name], amount);
        }
    }
    value
}

fn quantity(node: NodeRef<'_>) -> Value {
    match node.text().parse::<Quantity>() {
        Ok(quantity) => cel::text(&quantity.to_string()),
        Err(_) => cel::text(node.text()),
    }
}

/// A value as the server's own types write it: an empty list or map with free keys is left out,
/// or null where the field is always written.
fn typed(node: NodeRef<'_>, of: Option<Type>) -> Value {
    let is_bare = |of: Type| matches!(of.shape(), Shape::List(_) | Shape::Map(_));
    match (node.kind(), of.map(Type::shape)) {
        (Kind::Map, Some(Shape::Object(object))) => {
            let mut entries = Vec::new();
            for entry in node.entries() {
                let key = entry.key().unwrap_or_default();
                let field = object.field(key);
                let is_left_out = field
                    .is_some_and(|field| !field.required && is_bare(field.of) && entry.is_empty());
                // The server moves `stringData` to `data`.
                if !is_left_out && key != "stringData" && entry.kind() != Kind::Null {
                    let value = typed(entry, field.map(|field| field.of));
                    entries.push((key.to_owned(), value));
                }
            }
            for field in object.fields().filter(|field| field.required && is_bare(field.of)) {
                if node.get(field.name).is_none() {
                    entries.push((field.name.to_owned(), Value::Null));
                }
            }
            cel::map(entries)
        }
        (Kind::Map, Some(Shape::Map(of))) => {
            let entry = |entry: NodeRef<'_>| {
                let key = entry.key().unwrap_or_default().to_owned();
                match (entry.kind(), of.shape()) {
                    (Kind::Null, Shape::Str | Shape::Bytes) => (key, cel::text("")),
                    _ => (key, typed(entry, Some(of))),
                }
            };
            cel::map(node.entries().map(entry))
        }
        (Kind::List, Some(Shape::List(list))) => {
            Value::List(Arc::new(node.items().map(|item| typed(item, Some(list.item))).collect()))
        }
        (Kind::Str | Kind::Int | Kind::Float, Some(Shape::Quantity)) => quantity(node),
        _ => cel::dynamic(node),
    }
}

/// The labels of a namespace, of which no more than the name may be known.
pub(super) fn labels_of_namespace(object: Option<NodeRef<'_>>, name: &str, at: Origin) -> Tree {
    let mut labels = TreeBuilder::default();
    labels.map(at);
    labels.key(NAME_OF_NAMESPACE, at);
    labels.scalar(Kind::Str, name, at);
    let own = object.and_then(|object| object.at_path(&["metadata", "labels"]));
    for label in own.into_iter().flat_map(NodeRef::entries) {
        if label.key() != Some(NAME_OF_NAMESPACE) {
            labels.copy_entry(label);
        }
    }
    labels.close();
    labels.finish()
}
