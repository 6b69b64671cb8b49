//! Restart on change: the kubelet does not start a pod again when a ConfigMap or Secret that
//! it reads changes, so the pod template carries a digest of their content.

use std::collections::{BTreeMap, BTreeSet};

use super::digest::ContentDigest;
use crate::k8s::graft;
use crate::k8s::schema::Resource;
use crate::k8s::{Object, Version};
use crate::source::{Kind, NodeRef, Origin, Rule, TreeBuilder};

/// The annotations on pod templates, by what they are the digest of.
const CONFIG: &str = "checksum/config";
const SECRET: &str = "checksum/secret";

/// Hexadecimal digits of a digest in an annotation.
const DIGITS: usize = 16;

/// The digest of each ConfigMap's and Secret's content, by namespace and name.
pub(super) struct Digests {
    configs: BTreeMap<(String, String), (String, Origin)>,
    secrets: BTreeMap<(String, String), (String, Origin)>,
}

impl Digests {
    /// Reads the objects. Of a Secret gen sees what makes it: ciphertext, or where a store has
    /// the value, and the template around it.
    pub(super) fn of<'o>(objects: impl Iterator<Item = &'o Object>) -> Self {
        let mut digests = Self { configs: BTreeMap::new(), secrets: BTreeMap::new() };
        for object in objects {
            let identity = object.identity();
            let (into, fields) = match identity.kind.as_str() {
                "ConfigMap" => (&mut digests.configs, ["data", "binaryData"].as_slice()),
                "SealedSecret" | "ExternalSecret" => (&mut digests.secrets, ["spec"].as_slice()),
                _ => continue,
            };
            let mut digest = ContentDigest::default();
            for field in fields {
                digest.text(field);
                if let Some(content) = object.root().get(field) {
                    digest.add(content);
                }
            }
            let key = (identity.namespace.clone().unwrap_or_default(), identity.name.clone());
            into.insert(key, (digest.hex(64), object.at()));
        }
        digests
    }

    /// Annotates the pod template of a workload with the digests of what its pods read.
    pub(super) fn mark(&self, object: &mut Object, version: Version) {
        // A CronJob's pods read anew at every run.
        let path: &[&str] = match object.identity().kind.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => &["spec", "template"],
            _ => return,
        };
        let root = object.root();
        let Some(pod) = root.at_path(path).and_then(|template| template.get("spec")) else {
            return;
        };
        let (configs, secrets) = read_by(pod);
        let namespace = object.identity().namespace.clone().unwrap_or_default();
        let annotations: Vec<(&str, String, Origin)> =
            [(CONFIG, configs, &self.configs), (SECRET, secrets, &self.secrets)]
                .into_iter()
                .filter_map(|(annotation, names, known)| {
                    let (digest, at) = combined(&names, &namespace, known)?;
                    Some((annotation, digest, at))
                })
                .collect();
        let Some((_, _, first)) = annotations.first() else { return };
        let mut partial = TreeBuilder::default();
        let at = first.derive(Rule::RestartOnChange);
        partial.map(at);
        for key in path.iter().chain(&["metadata", "annotations"]) {
            partial.key(key, at);
            partial.map(at);
        }
        for (annotation, digest, at) in &annotations {
            let at = at.derive(Rule::RestartOnChange);
            partial.key(annotation, at);
            partial.scalar(Kind::Str, digest, at);
        }
        for _ in 0..path.len() + 3 {
            partial.close();
        }
        let of = Resource::find(version, object.api_version(), &object.identity().kind);
        let tree = graft::patch(root, partial.finish().root(), of.map(Resource::root));
        *object = Object::new(tree).expect("an annotated template leaves an object");
    }
}

/// One digest for all that pods read of a kind, and the origin of the first; `None` when they
/// read nothing that gen renders.
fn combined(
    names: &BTreeSet<&str>,
    namespace: &str,
    known: &BTreeMap<(String, String), (String, Origin)>,
) -> Option<(String, Origin)> {
    let mut all = ContentDigest::default();
    let mut origin = None;
    for name in names {
        if let Some((digest, at)) = known.get(&(namespace.to_owned(), (*name).to_owned())) {
            all.text(name);
            all.text(digest);
            origin.get_or_insert(*at);
        }
    }
    origin.map(|at| (all.hex(DIGITS), at))
}

/// The names of the ConfigMaps and of the Secrets that a pod reads.
fn read_by<'t>(pod: NodeRef<'t>) -> (BTreeSet<&'t str>, BTreeSet<&'t str>) {
    let mut configs = BTreeSet::new();
    let mut secrets = BTreeSet::new();
    let name = |names: &mut BTreeSet<&'t str>, node: Option<NodeRef<'t>>| {
        names.extend(node.and_then(NodeRef::as_str));
    };
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| pod.get(list));
    for container in lists.flat_map(NodeRef::items) {
        for variable in container.get("env").into_iter().flat_map(NodeRef::items) {
            name(&mut configs, variable.at_path(&["valueFrom", "configMapKeyRef", "name"]));
            name(&mut secrets, variable.at_path(&["valueFrom", "secretKeyRef", "name"]));
        }
        for source in container.get("envFrom").into_iter().flat_map(NodeRef::items) {
            name(&mut configs, source.at_path(&["configMapRef", "name"]));
            name(&mut secrets, source.at_path(&["secretRef", "name"]));
        }
    }
    for volume in pod.get("volumes").into_iter().flat_map(NodeRef::items) {
        name(&mut configs, volume.at_path(&["configMap", "name"]));
        name(&mut secrets, volume.at_path(&["secret", "secretName"]));
        let projected = volume.at_path(&["projected", "sources"]);
        for source in projected.into_iter().flat_map(NodeRef::items) {
            name(&mut configs, source.at_path(&["configMap", "name"]));
            name(&mut secrets, source.at_path(&["secret", "name"]));
        }
    }
    (configs, secrets)
}
