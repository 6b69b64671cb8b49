//! Objects as they are compared: without what no author writes, and with what the API server
//! fills in.

use super::pairing::is_default;
use super::path::Path;
use crate::k8s::schema::{Resource, Type};
use crate::k8s::{self, Identity, NotAnObject, Version, defaults};
use crate::source::{Kind, NodeRef, Origin, Rule, Span, Tree, TreeBuilder};

/// An object on one side of a comparison.
#[derive(Debug, Clone)]
pub struct Object {
    identity: Identity,
    /// The file that holds it.
    path: String,
    /// Whether it was rendered just now, so that its values know the input.
    is_rendered: bool,
    tree: Tree,
}

impl Object {
    /// Takes over an object from anywhere: a rendered file, a manifest, or what a server says
    /// of it. Fields without a value are left out, and so is what the server alone writes. What
    /// the server fills in is there, with the origin of [`Rule::ServerDefault`].
    ///
    /// # Errors
    ///
    /// When it has no `apiVersion`, no `kind` or no name.
    pub fn read(root: NodeRef<'_>, path: &str) -> Result<Self, NotAnObject> {
        let identity = Identity::of(root)?;
        let is_live = IS_LIVE.iter().any(|field| root.at_path(&["metadata", field]).is_some());
        let mut out = TreeBuilder::default();
        Copy { is_live, kind: &identity.kind, out: &mut out }.node(root, &mut Vec::new());
        let tree = out.finish();
        let tree = defaults::complete(tree.root()).unwrap_or(tree);
        Ok(Self { identity, path: path.to_owned(), is_rendered: false, tree })
    }

    /// Takes over an object that was rendered just now; see [`read`](Self::read).
    pub(super) fn rendered(object: &k8s::Object, path: &str) -> Result<Self, NotAnObject> {
        Ok(Self { is_rendered: true, ..Self::read(object.root(), path)? })
    }

    /// The same object with another tree, such as one without secrets.
    pub(super) fn with_tree(self, tree: Tree) -> Self {
        Self { tree, ..self }
    }

    /// What tells it from all others.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The file that holds it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole object, completed.
    #[must_use]
    pub fn root(&self) -> NodeRef<'_> {
        self.tree.root()
    }

    /// The object as its author wrote it: without what the API server fills in.
    #[must_use]
    pub fn manifest(&self) -> Tree {
        let mut out = TreeBuilder::default();
        written(self.root(), &mut out);
        out.finish()
    }

    /// The place in the input that a node of the object or of its manifest comes from. Only an
    /// object that was rendered just now knows.
    pub(super) fn input_at(&self, node: NodeRef<'_>) -> Option<Span> {
        node.key_at().span().filter(|_| self.is_rendered)
    }

    /// The place in the input that a field comes from, or else the nearest of its parents that
    /// the object has. Only an object that was rendered just now knows.
    #[must_use]
    pub fn input_of(&self, path: &Path) -> Option<Span> {
        if !self.is_rendered {
            return None;
        }
        let mut node = self.root();
        let mut at = node.at().span();
        for step in &path.0 {
            let Some(next) = step.of(node) else { break };
            node = next;
            at = node.key_at().span().or(at);
        }
        at
    }

    /// Whether the object itself, or the value of a field of it, comes from a file for which
    /// `is_wanted` holds. Only an object that was rendered just now knows.
    pub(super) fn comes_from(&self, node: NodeRef<'_>, is_wanted: impl Fn(Span) -> bool) -> bool {
        self.is_rendered && node.at().span().is_some_and(is_wanted)
    }

    /// The type that a version of Kubernetes gives it, if it knows the kind.
    #[must_use]
    pub fn type_in(&self, version: Version) -> Option<Type> {
        let api_version = self.root().get("apiVersion").map_or("", NodeRef::text);
        Resource::find(version, api_version, &self.identity.kind).map(Resource::root)
    }
}

/// Fields of `metadata` that only objects from a server have.
const IS_LIVE: [&str; 3] = ["uid", "resourceVersion", "managedFields"];

/// Fields that the server writes, and nobody else; `*` stands for the rest of a name.
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>
const WRITTEN_BY_SERVER: &[&[&str]] = &[
    &["status"],
    &["metadata", "creationTimestamp"],
    &["metadata", "deletionGracePeriodSeconds"],
    &["metadata", "deletionTimestamp"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "annotations", "deployment.kubernetes.io/*"],
    &["metadata", "annotations", "deprecated.daemonset.template.generation"],
    &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
    &["metadata", "annotations", "pv.kubernetes.io/*"],
    &["metadata", "annotations", "volume.beta.kubernetes.io/storage-provisioner"],
    &["metadata", "annotations", "volume.kubernetes.io/*"],
];

/// Fields that the server chooses where nobody does, by the kind that has them.
const CHOSEN_BY_SERVER: &[(&str, &[&str])] = &[
    ("Job", &["spec", "selector"]),
    ("Job", &["spec", "template", "metadata", "labels", "batch.kubernetes.io/*"]),
    ("Job", &["spec", "template", "metadata", "labels", "controller-uid"]),
    ("Job", &["spec", "template", "metadata", "labels", "job-name"]),
    ("Namespace", &["metadata", "labels", "kubernetes.io/metadata.name"]),
    ("Namespace", &["spec"]),
    ("PersistentVolume", &["metadata", "finalizers"]),
    ("PersistentVolume", &["spec", "claimRef"]),
    ("PersistentVolumeClaim", &["metadata", "finalizers"]),
    ("PersistentVolumeClaim", &["spec", "storageClassName"]),
    ("PersistentVolumeClaim", &["spec", "volumeName"]),
    ("Service", &["metadata", "finalizers"]),
    ("Service", &["spec", "clusterIP"]),
    ("Service", &["spec", "clusterIPs"]),
    ("Service", &["spec", "healthCheckNodePort"]),
    ("Service", &["spec", "ipFamilies"]),
    ("Service", &["spec", "ipFamilyPolicy"]),
    ("Service", &["spec", "ports", "nodePort"]),
    ("ServiceAccount", &["secrets"]),
];

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(pattern, name)| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => pattern == name,
        })
}

/// Copies what was written, and not what the server fills in.
pub(super) fn written(node: NodeRef<'_>, out: &mut TreeBuilder) {
    match node.kind() {
        Kind::Map => {
            out.map(node.at());
            for entry in node.entries().filter(|entry| !is_default(*entry)) {
                out.key(entry.key().unwrap_or_default(), entry.key_at());
                written(entry, out);
            }
            out.close();
        }
        Kind::List => {
            out.list(node.at());
            node.items().for_each(|item| written(item, out));
            out.close();
        }
        _ => out.copy(node),
    }
}

struct Copy<'o> {
    /// Whether a server said what the object is like.
    is_live: bool,
    kind: &'o str,
    out: &'o mut TreeBuilder,
}

impl Copy<'_> {
    fn node<'t>(&mut self, node: NodeRef<'t>, path: &mut Vec<&'t str>) {
        let chosen = self.is_live
            && CHOSEN_BY_SERVER
                .iter()
                .any(|(kind, pattern)| *kind == self.kind && matches(pattern, path));
        let at = if chosen {
            Origin::Derived { rule: Rule::ServerDefault, from: node.at().span() }
        } else {
            node.at()
        };
        match node.kind() {
            Kind::Map => {
                self.out.map(at);
                for entry in node.entries().filter(|entry| entry.kind() != Kind::Null) {
                    let key = entry.key().unwrap_or_default();
                    path.push(key);
                    if !self.is_left_out(path) {
                        self.out.key(key, entry.key_at());
                        self.node(entry, path);
                    }
                    path.pop();
                }
                self.out.close();
            }
            Kind::List => {
                self.out.list(at);
                node.items().for_each(|item| self.node(item, path));
                self.out.close();
            }
            kind => self.out.styled_scalar(kind, node.style(), node.text(), at),
        }
    }

    fn is_left_out(&self, path: &[&str]) -> bool {
        // Templates of other tools have an empty status, which no apply sends.
        self.is_live && WRITTEN_BY_SERVER.iter().any(|pattern| matches(pattern, path))
            || path == ["status"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::write_document;
    use crate::source::{Dialect, Sources, parse};

    #[test]
    fn what_only_a_server_writes_is_left_out() -> Result<(), NotAnObject> {
        let text = "\
apiVersion: v1
kind: Service
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{}'
    mine: kept
  creationTimestamp: 2026-01-01T00:00:00Z
  labels: null
  name: web
  uid: 0a
spec:
  clusterIP: 10.0.0.1
  ports:
  - port: 80
    nodePort: 30080
    protocol: TCP
  selector:
    app: web
status:
  loadBalancer: {}
";
        let sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let (trees, _) = parse(&sources.get(file), Dialect::Kubectl);
        let objects: Result<Vec<Object>, NotAnObject> =
            trees.iter().map(|tree| Object::read(tree.root(), "a.yaml")).collect();
        let objects = objects?;
        let mut shown = String::new();
        write_document(objects[0].root(), &mut shown);
        assert_eq!(
            shown,
            "apiVersion: v1
kind: Service
metadata:
  annotations:
    mine: kept
  name: web
spec:
  clusterIP: 10.0.0.1
  ports:
  - port: 80
    nodePort: 30080
    protocol: TCP
    targetPort: 80
  selector:
    app: web
  sessionAffinity: None
  type: ClusterIP
  internalTrafficPolicy: Cluster
status: {}
"
        );
        Ok(())
    }
}
