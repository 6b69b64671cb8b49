//! Where the pods are in each kind of object.

use super::fields::items;
use crate::source::NodeRef;

/// The pod that an object is or makes: a map with the pod's `metadata` and `spec`.
pub fn pod_template(root: NodeRef<'_>) -> Option<NodeRef<'_>> {
    match root.get("kind").map_or("", NodeRef::text) {
        "Pod" => Some(root),
        "PodTemplate" => root.get("template"),
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job" => root.get("spec")?.get("template"),
        "CronJob" => root.get("spec")?.get("jobTemplate")?.get("spec")?.get("template"),
        _ => None,
    }
}

/// The labels of a pod template.
pub fn labels(template: NodeRef<'_>) -> Option<NodeRef<'_>> {
    template.get("metadata")?.get("labels")
}

/// Which list of a pod a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It runs to its end before the others start.
    Init,
    /// An init container that keeps running (`restartPolicy: Always`).
    Sidecar,
    /// It runs.
    Regular,
    /// It was added to a running pod.
    Ephemeral,
}

/// All containers of a pod, init containers first.
pub fn containers(spec: NodeRef<'_>) -> impl Iterator<Item = (Role, NodeRef<'_>)> {
    let init = items(spec, "initContainers").map(|container| {
        let sidecar =
            container.get("restartPolicy").is_some_and(|policy| policy.text() == "Always");
        (if sidecar { Role::Sidecar } else { Role::Init }, container)
    });
    let regular = items(spec, "containers").map(|container| (Role::Regular, container));
    let ephemeral =
        items(spec, "ephemeralContainers").map(|container| (Role::Ephemeral, container));
    init.chain(regular).chain(ephemeral)
}
