//! Fields of pods and claims that the API server drops unread, because the feature that they
//! belong to is off.
//!
//! Source: `dropDisabledFields` of `pkg/api/pod/util.go` and `DropDisabledFields` of
//! `pkg/api/persistentvolumeclaim/util.go` of Kubernetes.

use super::{Feature, Version};
use crate::source::{Kind, NodeRef, Tree, TreeBuilder};

/// An object without what the server drops of a claim or of the pod whose specification is `pod`.
/// Of a claim that had a source `before`, as the server has it, nothing is dropped.
#[must_use]
pub fn without(
    root: NodeRef<'_>,
    pod: Option<NodeRef<'_>>,
    before: Option<NodeRef<'_>>,
    version: Version,
) -> Tree {
    let here: Vec<&str> = Feature::fields_dropped(version).collect();
    let mut out = TreeBuilder::default();
    match root.get("spec") {
        Some(spec) if root.get("kind").map(NodeRef::text) == Some("PersistentVolumeClaim") => {
            let had = |name| before.is_some_and(|root| root.at_path(&["spec", name]).is_some());
            if had("dataSource") || had("dataSourceRef") {
                out.copy(root);
            } else {
                write_claim(root, spec, &mut out);
            }
        }
        _ => write(root, pod, None, &here, &mut out),
    }
    out.finish()
}

/// Writes a claim without a source in another namespace, or one in `dataSource` that is neither a
/// claim nor a snapshot.
fn write_claim(root: NodeRef<'_>, spec: NodeRef<'_>, out: &mut TreeBuilder) {
    let is_dropped = |entry: &NodeRef<'_>| {
        let text = |name: &str| entry.get(name).map_or("", NodeRef::text);
        match entry.key() {
            Some("dataSource") if !entry.is_empty() => {
                let known =
                    [("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot")];
                !known.contains(&(text("apiGroup"), text("kind")))
            }
            Some("dataSourceRef") => !text("namespace").is_empty(),
            _ => false,
        }
    };
    out.map(root.at());
    for entry in root.entries() {
        if entry.is(spec) {
            out.key("spec", entry.key_at());
            out.map(entry.at());
            for field in entry.entries().filter(|field| !is_dropped(field)) {
                out.copy_entry(field);
            }
            out.close();
        } else {
            out.copy_entry(entry);
        }
    }
    out.close();
}

/// Writes a value. `path` is where it is in the specification of the pod.
fn write(
    node: NodeRef<'_>,
    pod: Option<NodeRef<'_>>,
    path: Option<&str>,
    dropped: &[&str],
    out: &mut TreeBuilder,
) {
    let path = if pod.is_some_and(|pod| pod.is(node)) { Some("") } else { path };
    let leads_to_some = |path: &str| dropped.iter().any(|one| one.starts_with(path));
    match node.kind() {
        Kind::Map | Kind::List if path.is_some_and(|path| !leads_to_some(path)) => out.copy(node),
        Kind::Map => {
            out.map(node.at());
            for entry in node.entries() {
                let key = entry.key().unwrap_or_default();
                let inner = path.map(|path| join(path, key));
                let is_dropped = |path: &str| dropped.contains(&path);
                // With all that it holds, a map goes as well.
                let is_emptied = |path: &str| {
                    let mut keys = entry.entries().filter_map(NodeRef::key).peekable();
                    keys.peek().is_some() && keys.all(|key| is_dropped(&join(path, key)))
                };
                let goes =
                    |path: &str| leads_to_some(path) && (is_dropped(path) || is_emptied(path));
                if inner.as_deref().is_some_and(goes) {
                    continue;
                }
                out.key(key, entry.key_at());
                write(entry, pod, inner.as_deref(), dropped, out);
            }
            out.close();
        }
        Kind::List => {
            let inner = path.map(|path| format!("{path}[]"));
            out.list(node.at());
            for item in node.items() {
                write(item, pod, inner.as_deref(), dropped, out);
            }
            out.close();
        }
        _ => out.copy(node),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::tree;

    #[test]
    fn what_belongs_to_a_feature_that_is_off_is_dropped() {
        let version = |minor: u8| format!("1.{minor}").parse::<Version>().unwrap_or_default();
        let pod = tree(&json!({ "kind": "Pod", "spec": {
            "hostnameOverride": "a",
            "containers": [{ "name": "a", "restartPolicy": "Never", "resources": {} }],
            "initContainers": [{ "name": "b", "restartPolicy": "Always" }],
        } }));
        let kept = |minor, path: &[&str]| {
            let tree = without(pod.root(), pod.root().get("spec"), None, version(minor));
            let spec = tree.root().get("spec");
            let first = |list: &str| {
                spec.and_then(|spec| spec.get(list)).and_then(|list| list.items().next())
            };
            match path {
                [list, field] => first(list).is_some_and(|item| item.get(field).is_some()),
                [field] => spec.is_some_and(|spec| spec.get(field).is_some()),
                _ => false,
            }
        };
        assert!(!kept(34, &["hostnameOverride"]));
        assert!(kept(35, &["hostnameOverride"]));
        assert!(!kept(34, &["containers", "restartPolicy"]));
        assert!(kept(35, &["containers", "restartPolicy"]));
        assert!(kept(34, &["initContainers", "restartPolicy"]));
        assert!(kept(33, &["containers", "resources"]));
    }
}
