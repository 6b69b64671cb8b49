//! What the API server fills in where an object of a built-in kind says nothing.
//!
//! Source: `SetDefaults_*` of `pkg/apis/*/v1/defaults.go` of Kubernetes.

use crate::source::{Kind, NodeRef, Origin, Rule, Tree, TreeBuilder};

/// A field, by its path from the object or the pod, `[]` for every item of a list, and its
/// default; where a third part is given, only if that field beside it has that value.
type Default = (&'static str, &'static str, Option<Beside>);

/// A field beside another, and the value it must have.
type Beside = (&'static str, &'static str);

const POD: &[Default] = &[
    ("dnsPolicy", "ClusterFirst", None),
    ("restartPolicy", "Always", None),
    ("schedulerName", "default-scheduler", None),
    ("securityContext", "{}", None),
    ("terminationGracePeriodSeconds", "30", None),
    ("volumes[].configMap.defaultMode", "420", None),
    ("volumes[].downwardAPI.defaultMode", "420", None),
    ("volumes[].hostPath.type", "", None),
    ("volumes[].projected.defaultMode", "420", None),
    ("volumes[].projected.sources[].serviceAccountToken.expirationSeconds", "3600", None),
    ("volumes[].secret.defaultMode", "420", None),
];

const CONTAINER: &[Default] = &[
    ("imagePullPolicy", "", None),
    ("resources", "{}", None),
    ("terminationMessagePath", "/dev/termination-log", None),
    ("terminationMessagePolicy", "File", None),
    ("ports[].protocol", "TCP", None),
    ("env[].valueFrom.fieldRef.apiVersion", "v1", None),
];

const PROBE: &[Default] = &[
    ("failureThreshold", "3", None),
    ("periodSeconds", "10", None),
    ("successThreshold", "1", None),
    ("timeoutSeconds", "1", None),
    ("httpGet.path", "/", None),
    ("httpGet.scheme", "HTTP", None),
];

const DEPLOYMENT: &[Default] = &[
    ("spec.progressDeadlineSeconds", "600", None),
    ("spec.replicas", "1", None),
    ("spec.revisionHistoryLimit", "10", None),
    ("spec.strategy", "{}", None),
    ("spec.strategy.type", "RollingUpdate", None),
    ("spec.strategy.rollingUpdate", "{}", Some(("type", "RollingUpdate"))),
    ("spec.strategy.rollingUpdate.maxSurge", "25%", None),
    ("spec.strategy.rollingUpdate.maxUnavailable", "25%", None),
    ("status", "{}", None),
];

const STATEFUL_SET: &[Default] = &[
    ("spec.persistentVolumeClaimRetentionPolicy", "{}", None),
    ("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Retain", None),
    ("spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Retain", None),
    ("spec.podManagementPolicy", "OrderedReady", None),
    ("spec.replicas", "1", None),
    ("spec.revisionHistoryLimit", "10", None),
    ("spec.updateStrategy", "{}", None),
    ("spec.updateStrategy.type", "RollingUpdate", None),
    ("spec.updateStrategy.rollingUpdate", "{}", Some(("type", "RollingUpdate"))),
    ("spec.updateStrategy.rollingUpdate.partition", "0", None),
    ("spec.volumeClaimTemplates[].spec.volumeMode", "Filesystem", None),
    ("status", "{}", None),
];

const DAEMON_SET: &[Default] = &[
    ("spec.revisionHistoryLimit", "10", None),
    ("spec.updateStrategy", "{}", None),
    ("spec.updateStrategy.type", "RollingUpdate", None),
    ("spec.updateStrategy.rollingUpdate", "{}", Some(("type", "RollingUpdate"))),
    ("spec.updateStrategy.rollingUpdate.maxSurge", "0", None),
    ("spec.updateStrategy.rollingUpdate.maxUnavailable", "1", None),
    ("status", "{}", None),
];

const JOB: &[Default] = &[
    ("spec.backoffLimit", "6", None),
    ("spec.completionMode", "NonIndexed", None),
    ("spec.parallelism", "1", None),
    ("spec.manualSelector", "false", None),
    ("spec.suspend", "false", None),
    ("status", "{}", None),
];

const CRON_JOB: &[Default] = &[
    ("spec.concurrencyPolicy", "Allow", None),
    ("spec.failedJobsHistoryLimit", "1", None),
    ("spec.successfulJobsHistoryLimit", "3", None),
    ("spec.suspend", "false", None),
    ("status", "{}", None),
];

const SERVICE: &[Default] = &[
    ("spec.sessionAffinity", "None", None),
    ("spec.type", "ClusterIP", None),
    ("spec.internalTrafficPolicy", "Cluster", Some(("type", "ClusterIP"))),
    ("spec.internalTrafficPolicy", "Cluster", Some(("type", "NodePort"))),
    ("spec.internalTrafficPolicy", "Cluster", Some(("type", "LoadBalancer"))),
    ("spec.externalTrafficPolicy", "Cluster", Some(("type", "NodePort"))),
    ("spec.externalTrafficPolicy", "Cluster", Some(("type", "LoadBalancer"))),
    ("spec.allocateLoadBalancerNodePorts", "true", Some(("type", "LoadBalancer"))),
    ("spec.ports[].protocol", "TCP", None),
    ("status", "{}", None),
];

const POD_OBJECT: &[Default] = &[("spec.enableServiceLinks", "true", None), ("status", "{}", None)];
const CLAIM: &[Default] = &[("spec.volumeMode", "Filesystem", None), ("status", "{}", None)];
const VOLUME: &[Default] = &[
    ("spec.persistentVolumeReclaimPolicy", "Retain", None),
    ("spec.volumeMode", "Filesystem", None),
    ("spec.hostPath.type", "", None),
    ("status", "{}", None),
];
const REPLICATED: &[Default] = &[("spec.replicas", "1", None), ("status", "{}", None)];
const PRIORITY_CLASS: &[Default] = &[("preemptionPolicy", "PreemptLowerPriority", None)];
const CSI_DRIVER: &[Default] = &[
    ("spec.attachRequired", "true", None),
    ("spec.fsGroupPolicy", "ReadWriteOnceWithFSType", None),
    ("spec.podInfoOnMount", "false", None),
    ("spec.requiresRepublish", "false", None),
    ("spec.seLinuxMount", "false", None),
    ("spec.storageCapacity", "false", None),
];
const ENDPOINT_SLICE: &[Default] = &[("ports[].name", "", None), ("ports[].protocol", "TCP", None)];
const INGRESS_CLASS: &[Default] = &[("spec.parameters.scope", "Cluster", None)];
const SECRET: &[Default] = &[("type", "Opaque", None)];
const STORAGE_CLASS: &[Default] =
    &[("reclaimPolicy", "Delete", None), ("volumeBindingMode", "Immediate", None)];
const AUTOSCALER: &[Default] = &[("spec.minReplicas", "1", None), ("status", "{}", None)];
const NETWORK_POLICY: &[Default] = &[
    ("spec.ingress[].ports[].protocol", "TCP", None),
    ("spec.egress[].ports[].protocol", "TCP", None),
];
const BINDING: &[Default] = &[
    ("roleRef.apiGroup", "rbac.authorization.k8s.io", None),
    ("subjects[].apiGroup", "rbac.authorization.k8s.io", Some(("kind", "User"))),
    ("subjects[].apiGroup", "rbac.authorization.k8s.io", Some(("kind", "Group"))),
];
const INGRESS: &[Default] = &[("status", "{}", None)];

/// Where the pods of a kind are, and what else it fills in.
fn of_kind(kind: &str) -> Option<(Option<&'static str>, &'static [Default])> {
    Some(match kind {
        "Pod" => (Some("spec"), POD_OBJECT),
        "Deployment" => (Some("spec.template.spec"), DEPLOYMENT),
        "StatefulSet" => (Some("spec.template.spec"), STATEFUL_SET),
        "DaemonSet" => (Some("spec.template.spec"), DAEMON_SET),
        "Job" => (Some("spec.template.spec"), JOB),
        "CronJob" => (Some("spec.jobTemplate.spec.template.spec"), CRON_JOB),
        "ReplicaSet" | "ReplicationController" => (Some("spec.template.spec"), REPLICATED),
        "PodTemplate" => (Some("template.spec"), &[]),
        "Service" => (None, SERVICE),
        "PersistentVolume" => (None, VOLUME),
        "PriorityClass" => (None, PRIORITY_CLASS),
        "CSIDriver" => (None, CSI_DRIVER),
        "EndpointSlice" => (None, ENDPOINT_SLICE),
        "IngressClass" => (None, INGRESS_CLASS),
        "PersistentVolumeClaim" => (None, CLAIM),
        "Secret" => (None, SECRET),
        "StorageClass" => (None, STORAGE_CLASS),
        "HorizontalPodAutoscaler" => (None, AUTOSCALER),
        "NetworkPolicy" => (None, NETWORK_POLICY),
        "RoleBinding" | "ClusterRoleBinding" => (None, BINDING),
        "Ingress" | "PodDisruptionBudget" => (None, INGRESS),
        "ConfigMap" | "ServiceAccount" | "Role" | "ClusterRole" | "Namespace" | "ResourceQuota" => {
            (None, &[])
        }
        _ => return None,
    })
}

/// An object of a built-in kind as the server completes it; `None` for kinds of which gen does
/// not know what the server fills in.
#[must_use]
pub fn complete(root: NodeRef<'_>) -> Option<Tree> {
    let (pod, own) = of_kind(root.get("kind").map_or("", NodeRef::text))?;
    let mut defaults: Vec<(String, &str, Option<Beside>)> = Vec::new();
    let mut add = |prefix: &str, table: &[Default]| {
        defaults.extend(table.iter().map(|(path, value, when)| {
            (
                if prefix.is_empty() { (*path).to_owned() } else { format!("{prefix}.{path}") },
                *value,
                *when,
            )
        }));
    };
    add("", own);
    if let Some(pod) = pod {
        add(pod, POD);
        for list in ["containers", "initContainers"] {
            let container = format!("{pod}.{list}[]");
            add(&container, CONTAINER);
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                add(&format!("{container}.{probe}"), PROBE);
            }
        }
    }
    let rules: Vec<Pending<'_>> =
        defaults.iter().map(|(path, value, when)| Pending { path, value, when: *when }).collect();
    let mut out = TreeBuilder::default();
    write(Some(root), root.at(), &rules, &mut out);
    Some(out.finish())
}

/// A default that is yet to be placed, by the rest of its path.
#[derive(Clone, Copy)]
struct Pending<'d> {
    path: &'d str,
    value: &'d str,
    when: Option<Beside>,
}

impl Pending<'_> {
    /// The default within the field `key`, if it lies there.
    fn within(self, key: &str) -> Option<Self> {
        let path = self.path.strip_prefix(key)?;
        let path = path.strip_prefix('.').or_else(|| path.starts_with('[').then_some(path))?;
        Some(Self { path, ..self })
    }

    fn in_item(self) -> Option<Self> {
        Some(Self { path: self.path.strip_prefix("[].")?, ..self })
    }
}

/// Writes a value, or the empty map where there is none, with its defaults.
fn write(node: Option<NodeRef<'_>>, at: Origin, defaults: &[Pending<'_>], out: &mut TreeBuilder) {
    let derived = at.derive(Rule::ServerDefault);
    match node.map(NodeRef::kind) {
        None | Some(Kind::Map) => {
            out.map(node.map_or(derived, NodeRef::at));
            let said = |key: &str| {
                let value = node.and_then(|node| node.get(key));
                value.filter(|value| value.kind() != Kind::Null && value.as_str() != Some(""))
            };
            let inner = |key: &str| -> Vec<Pending<'_>> {
                defaults.iter().filter_map(|default| default.within(key)).collect()
            };
            let entries = node.into_iter().flat_map(NodeRef::entries);
            for entry in entries {
                let key = entry.key().unwrap_or_default();
                let is_own = |default: &Pending<'_>| default.path == key;
                let is_nothing = entry.kind() == Kind::Null || entry.as_str() == Some("");
                if is_nothing && defaults.iter().any(is_own) {
                    continue;
                }
                out.key(key, entry.key_at());
                write(Some(entry), entry.at(), &inner(key), out);
            }
            let own = |default: &&Pending<'_>| !default.path.contains(['.', '[']);
            let mut made: Vec<(&str, &str)> = Vec::new();
            for default in defaults.iter().filter(own) {
                let text = |key: &str| {
                    let made = made.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
                    said(key).map(NodeRef::text).or(made)
                };
                let fits = default.when.is_none_or(|(key, value)| text(key) == Some(value));
                if said(default.path).is_some() || text(default.path).is_some() || !fits {
                    continue;
                }
                out.key(default.path, derived);
                match (default.path, default.value) {
                    ("imagePullPolicy", _) => {
                        let policy = pull_policy(text("image").unwrap_or_default());
                        out.scalar(Kind::Str, policy, derived);
                    }
                    (key, "{}") => write(None, at, &inner(key), out),
                    (_, value @ ("true" | "false")) => out.scalar(Kind::Bool, value, derived),
                    (_, value) if value.parse::<i64>().is_ok() => {
                        out.scalar(Kind::Int, value, derived);
                    }
                    (_, value) => out.scalar(Kind::Str, value, derived),
                }
                made.push((default.path, default.value));
            }
            out.close();
        }
        Some(Kind::List) => {
            let inner: Vec<Pending<'_>> =
                defaults.iter().filter_map(|default| default.in_item()).collect();
            out.list(at);
            for item in node.into_iter().flat_map(NodeRef::items) {
                write(Some(item), item.at(), &inner, out);
            }
            out.close();
        }
        Some(kind) => {
            let (style, text) =
                node.map_or((crate::source::Style::Plain, ""), |node| (node.style(), node.text()));
            out.styled_scalar(kind, style, text, at);
        }
    }
}

/// Always for the tag `latest` or none, unless a digest says which image it is.
fn pull_policy(image: &str) -> &'static str {
    if image.contains('@') {
        return "IfNotPresent";
    }
    let name = image.rsplit('/').next().unwrap_or_default();
    match name.split_once(':') {
        None | Some((_, "latest")) => "Always",
        Some(_) => "IfNotPresent",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::tree;

    #[test]
    fn what_an_object_leaves_out_is_filled_in() {
        let object = tree(&json!({
            "kind": "Deployment",
            "spec": {
                "strategy": { "type": "Recreate" },
                "replicas": null,
                "template": { "spec": { "containers": [
                    { "name": "a", "image": "web", "ports": [{ "containerPort": 80 }] },
                    { "name": "b", "image": "web:1", "livenessProbe": { "periodSeconds": 5 } },
                ] } },
            },
        }));
        let completed = complete(object.root());
        let at = |path: &[&str]| {
            let node = completed.as_ref().and_then(|tree| tree.root().at_path(path))?;
            Some((node.kind(), node.text().to_owned()))
        };
        assert_eq!(at(&["spec", "replicas"]), Some((Kind::Int, "1".to_owned())));
        assert_eq!(at(&["spec", "strategy", "rollingUpdate"]), None);
        assert_eq!(
            at(&["spec", "template", "spec", "dnsPolicy"]).map(|it| it.1).as_deref(),
            Some("ClusterFirst")
        );
        let containers: Vec<NodeRef<'_>> = completed
            .iter()
            .filter_map(|tree| tree.root().at_path(&["spec", "template", "spec", "containers"]))
            .flat_map(NodeRef::items)
            .collect();
        let text = |index: usize, path: &[&str]| {
            containers.get(index).and_then(|one| one.at_path(path)).map(NodeRef::text)
        };
        assert_eq!(text(0, &["imagePullPolicy"]), Some("Always"));
        assert_eq!(text(1, &["imagePullPolicy"]), Some("IfNotPresent"));
        assert_eq!(text(1, &["livenessProbe", "periodSeconds"]), Some("5"));
        assert_eq!(text(1, &["livenessProbe", "failureThreshold"]), Some("3"));
        let port = containers.first().and_then(|one| one.get("ports"));
        let port = port.and_then(|ports| ports.items().next());
        assert_eq!(port.and_then(|port| port.get("protocol")).map(NodeRef::text), Some("TCP"));
    }
}
