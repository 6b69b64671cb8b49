//! What the API server fills in where an object of a built-in kind says nothing.
//!
//! Source: `SetDefaults_*` of `pkg/apis/*/v1/defaults.go` of Kubernetes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::source::{Kind, NodeRef, Origin, Rule, Tree, TreeBuilder};

/// A field, by its path from the object or the pod, `[]` for every item of a list, and its
/// default:
///
/// | text | means |
/// |---|---|
/// | JSON: a number, a boolean, a list, a map | that value |
/// | `=name` | the value of the field `name` beside it, where there is one |
/// | `+name` | the same, entry by entry: what the map `name` beside it has and it has not |
/// | `!name` | the value of the field `name` beside it, whatever is written |
/// | `!"text"` | that text, whatever is written |
/// | `lower(name)`, `list(name)` | the text of that field in lower case, or with `List` behind it |
/// | other | that text |
///
/// Where a third part is given, only if the field beside it that it names has that value, is
/// there (`*`), is not (an empty text), or is the only one (`only`). Of two defaults of a field the first that fits counts.
type Default = (&'static str, &'static str, Option<Beside>);

/// A field beside another, and the value it must have.
type Beside = (&'static str, &'static str);

const POD: &[Default] = &[
    ("dnsPolicy", "ClusterFirst", None),
    ("restartPolicy", "Always", None),
    ("schedulerName", "default-scheduler", None),
    ("securityContext", "{}", None),
    ("serviceAccountName", "=serviceAccount", None),
    ("serviceAccount", "!serviceAccountName", None),
    ("terminationGracePeriodSeconds", "30", None),
    ("volumes[].configMap.defaultMode", "420", None),
    ("volumes[].downwardAPI.defaultMode", "420", None),
    ("volumes[].downwardAPI.items[].fieldRef.apiVersion", "v1", None),
    ("volumes[].downwardAPI.items[].resourceFieldRef.divisor", "0", None),
    ("volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode", "Filesystem", None),
    ("volumes[].emptyDir", "{}", Some(("name", "only"))),
    ("volumes[].image.pullPolicy", "", None),
    ("volumes[].projected.defaultMode", "420", None),
    ("volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion", "v1", None),
    ("volumes[].projected.sources[].downwardAPI.items[].resourceFieldRef.divisor", "0", None),
    ("volumes[].projected.sources[].serviceAccountToken.expirationSeconds", "3600", None),
    ("volumes[].secret.defaultMode", "420", None),
];

/// Sources of volumes that a pod and a `PersistentVolume` share.
const VOLUME_SOURCE: &[Default] = &[
    ("azureDisk.cachingMode", "ReadWrite", None),
    ("azureDisk.fsType", "ext4", None),
    ("azureDisk.kind", "Shared", None),
    ("azureDisk.readOnly", "false", None),
    ("hostPath.type", "", None),
    ("iscsi.iscsiInterface", "default", None),
    ("iscsi.lun", "0", None),
    ("rbd.keyring", "/etc/ceph/keyring", None),
    ("rbd.pool", "rbd", None),
    ("rbd.user", "admin", None),
    ("scaleIO.fsType", "xfs", None),
    ("scaleIO.storageMode", "ThinProvisioned", None),
];

const CONTAINER: &[Default] = &[
    ("imagePullPolicy", "", None),
    ("resources", "{}", None),
    ("terminationMessagePath", "/dev/termination-log", None),
    ("terminationMessagePolicy", "File", None),
    ("ports[].protocol", "TCP", None),
    ("env[].valueFrom.fieldRef.apiVersion", "v1", None),
    ("env[].valueFrom.fileKeyRef.optional", "false", None),
    ("env[].valueFrom.resourceFieldRef.divisor", "0", None),
    ("lifecycle.postStart.httpGet.path", "/", None),
    ("lifecycle.postStart.httpGet.scheme", "HTTP", None),
    ("lifecycle.preStop.httpGet.path", "/", None),
    ("lifecycle.preStop.httpGet.scheme", "HTTP", None),
];

const PROBE: &[Default] = &[
    ("failureThreshold", "3", None),
    ("periodSeconds", "10", None),
    ("successThreshold", "1", None),
    ("timeoutSeconds", "1", None),
    ("grpc.service", "", None),
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
    ("spec.updateStrategy.rollingUpdate", "{}", Some(("type", ""))),
    ("spec.updateStrategy.type", "RollingUpdate", None),
    ("spec.updateStrategy.rollingUpdate.partition", "0", None),
    ("spec.volumeClaimTemplates[].apiVersion", "!\"v1\"", None),
    ("spec.volumeClaimTemplates[].kind", "!\"PersistentVolumeClaim\"", None),
    ("spec.volumeClaimTemplates[].spec.volumeMode", "Filesystem", None),
    ("spec.volumeClaimTemplates[].status", "{}", None),
    ("spec.volumeClaimTemplates[].status.phase", "Pending", None),
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

/// What the specification of a Job gets, from there.
const JOB_SPEC: &[Default] = &[
    ("podFailurePolicy.rules[].onPodConditions[].status", "True", None),
    ("template.spec.restartPolicy", "Always", None),
];

/// What a Job gets, and the template of a `CronJob` does not.
const JOB: &[Default] = &[
    ("spec.backoffLimit", "2147483647", Some(("backoffLimitPerIndex", "*"))),
    ("spec.backoffLimit", "6", None),
    ("spec.completionMode", "NonIndexed", None),
    ("spec.completions", "1", Some(("parallelism", ""))),
    ("spec.parallelism", "1", None),
    ("spec.manualSelector", "false", None),
    ("spec.podReplacementPolicy", "Failed", Some(("podFailurePolicy", "*"))),
    ("spec.podReplacementPolicy", "TerminatingOrFailed", None),
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
    ("spec.sessionAffinityConfig", "{}", Some(("sessionAffinity", "ClientIP"))),
    ("spec.sessionAffinityConfig.clientIP", "{}", None),
    ("spec.sessionAffinityConfig.clientIP.timeoutSeconds", "10800", None),
    ("spec.type", "ClusterIP", None),
    ("spec.internalTrafficPolicy", "Cluster", Some(("type", "ClusterIP"))),
    ("spec.internalTrafficPolicy", "Cluster", Some(("type", "NodePort"))),
    ("spec.internalTrafficPolicy", "Cluster", Some(("type", "LoadBalancer"))),
    ("spec.externalTrafficPolicy", "Cluster", Some(("type", "NodePort"))),
    ("spec.externalTrafficPolicy", "Cluster", Some(("type", "LoadBalancer"))),
    ("spec.externalTrafficPolicy", "Cluster", Some(("externalIPs", "*"))),
    ("spec.allocateLoadBalancerNodePorts", "true", Some(("type", "LoadBalancer"))),
    ("spec.ports[].protocol", "TCP", None),
    ("spec.ports[].targetPort", "=port", None),
    ("status", "{}", None),
];

const POD_OBJECT: &[Default] = &[
    ("spec.containers[].resources.requests", "+limits", None),
    ("spec.enableServiceLinks", "true", None),
    ("spec.initContainers[].resources.requests", "+limits", None),
    ("status", "{}", None),
];
/// The ports of a Pod in the network of its node.
const HOST_NETWORK: &[Default] = &[("hostPort", "=containerPort", None)];
const CLAIM: &[Default] = &[
    ("spec.dataSourceRef", "=dataSource", None),
    ("spec.dataSource", "=dataSourceRef", None),
    ("spec.volumeMode", "Filesystem", None),
    ("status", "{}", None),
];
const VOLUME: &[Default] = &[
    ("spec.persistentVolumeReclaimPolicy", "Retain", None),
    ("spec.volumeMode", "Filesystem", None),
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
    ("spec.volumeLifecycleModes", "[\"Persistent\"]", None),
];
const ENDPOINT_SLICE: &[Default] = &[("ports[].name", "", None), ("ports[].protocol", "TCP", None)];
const INGRESS_CLASS: &[Default] = &[("spec.parameters.scope", "Cluster", None)];
const SECRET: &[Default] = &[("type", "Opaque", None)];
const STORAGE_CLASS: &[Default] =
    &[("reclaimPolicy", "Delete", None), ("volumeBindingMode", "Immediate", None)];
const AUTOSCALER: &[Default] = &[
    ("spec.behavior.scaleDown", "{}", None),
    (
        "spec.behavior.scaleDown.policies",
        r#"[{"periodSeconds": 15, "type": "Percent", "value": 100}]"#,
        None,
    ),
    ("spec.behavior.scaleDown.selectPolicy", "Max", None),
    ("spec.behavior.scaleUp", "{}", None),
    (
        "spec.behavior.scaleUp.policies",
        r#"[{"periodSeconds": 15, "type": "Pods", "value": 4}, {"periodSeconds": 15, "type": "Percent", "value": 100}]"#,
        None,
    ),
    ("spec.behavior.scaleUp.selectPolicy", "Max", None),
    ("spec.behavior.scaleUp.stabilizationWindowSeconds", "0", None),
    ("spec.minReplicas", "1", None),
    ("status", "{}", None),
];
const NETWORK_POLICY: &[Default] = &[
    ("spec.ingress[].ports[].protocol", "TCP", None),
    ("spec.egress[].ports[].protocol", "TCP", None),
    ("spec.podSelector", "{}", None),
    ("spec.policyTypes", r#"["Ingress", "Egress"]"#, Some(("egress", "*"))),
    ("spec.policyTypes", r#"["Ingress"]"#, None),
];
const BINDING: &[Default] = &[
    ("roleRef.apiGroup", "rbac.authorization.k8s.io", None),
    ("subjects[].apiGroup", "rbac.authorization.k8s.io", Some(("kind", "User"))),
    ("subjects[].apiGroup", "rbac.authorization.k8s.io", Some(("kind", "Group"))),
];
const ONLY_STATUS: &[Default] = &[("status", "{}", None)];
const LIMIT_RANGE: &[Default] = &[
    ("spec.limits[].default", "+max", Some(("type", "Container"))),
    ("spec.limits[].defaultRequest", "+default", Some(("type", "Container"))),
    ("spec.limits[].defaultRequest", "+min", Some(("type", "Container"))),
];
const WEBHOOKS: &[Default] = &[
    ("webhooks[].clientConfig.service.port", "443", None),
    ("webhooks[].failurePolicy", "Fail", None),
    ("webhooks[].matchPolicy", "Equivalent", None),
    ("webhooks[].namespaceSelector", "{}", None),
    ("webhooks[].objectSelector", "{}", None),
    ("webhooks[].rules[].scope", "*", None),
    ("webhooks[].timeoutSeconds", "10", None),
];
const MUTATING_WEBHOOKS: &[Default] = &[("webhooks[].reinvocationPolicy", "Never", None)];
const POLICY: &[Default] = &[
    ("spec.failurePolicy", "Fail", None),
    ("spec.matchConstraints.excludeResourceRules[].scope", "*", None),
    ("spec.matchConstraints.matchPolicy", "Equivalent", None),
    ("spec.matchConstraints.namespaceSelector", "{}", None),
    ("spec.matchConstraints.objectSelector", "{}", None),
    ("spec.matchConstraints.resourceRules[].scope", "*", None),
    ("status", "{}", None),
];
const POLICY_BINDING: &[Default] = &[
    ("spec.matchResources.excludeResourceRules[].scope", "*", None),
    ("spec.matchResources.matchPolicy", "Equivalent", None),
    ("spec.matchResources.namespaceSelector", "{}", None),
    ("spec.matchResources.objectSelector", "{}", None),
    ("spec.matchResources.resourceRules[].scope", "*", None),
];
const DEFINITION: &[Default] = &[
    ("spec.conversion", "{}", None),
    ("spec.conversion.strategy", "None", None),
    ("spec.conversion.webhook.clientConfig.service.port", "443", None),
    ("spec.names.listKind", "list(kind)", None),
    ("spec.names.singular", "lower(kind)", None),
    ("status", "{}", None),
];
const API_SERVICE: &[Default] = &[("spec.service.port", "443", None), ("status", "{}", None)];
const FLOW_SCHEMA: &[Default] =
    &[("spec.matchingPrecedence", "1000", None), ("status", "{}", None)];
const PRIORITY_LEVEL: &[Default] = &[
    ("spec.exempt.lendablePercent", "0", None),
    ("spec.exempt.nominalConcurrencyShares", "0", None),
    ("spec.limited.lendablePercent", "0", None),
    ("spec.limited.limitResponse.queuing.handSize", "8", None),
    ("spec.limited.limitResponse.queuing.queueLengthLimit", "50", None),
    ("spec.limited.limitResponse.queuing.queues", "64", None),
    ("spec.limited.nominalConcurrencyShares", "30", None),
    ("status", "{}", None),
];
/// What the requests of a claim for devices get, from the specification of the claim.
const DEVICE_REQUESTS: &[Default] = &[
    ("devices.requests[].exactly.allocationMode", "ExactCount", None),
    ("devices.requests[].exactly.count", "1", Some(("allocationMode", "ExactCount"))),
    ("devices.requests[].exactly.tolerations[].operator", "Equal", None),
    ("devices.requests[].firstAvailable[].allocationMode", "ExactCount", None),
    ("devices.requests[].firstAvailable[].count", "1", Some(("allocationMode", "ExactCount"))),
    ("devices.requests[].firstAvailable[].tolerations[].operator", "Equal", None),
];

/// Fields of which a 0 is as good as nothing: no pointers in Go.
const NOT_ZERO: &[&str] = &[
    "count",
    "failureThreshold",
    "handSize",
    "hostPort",
    "matchingPrecedence",
    "periodSeconds",
    "queueLengthLimit",
    "queues",
    "successThreshold",
    "targetPort",
    "timeoutSeconds",
];

/// Defaults whose paths count from the same place.
type Table = &'static [Default];

/// Tables, and the path from which each counts.
type Tables = Vec<(&'static str, Table)>;

/// Where the pods of a kind are, and what else it fills in.
fn of_kind(kind: &str) -> Option<(Option<&'static str>, Tables)> {
    let own = |table| vec![("", table)];
    Some(match kind {
        "Pod" => (Some("spec"), own(POD_OBJECT)),
        "Deployment" => (Some("spec.template.spec"), own(DEPLOYMENT)),
        "StatefulSet" => (Some("spec.template.spec"), own(STATEFUL_SET)),
        "DaemonSet" => (Some("spec.template.spec"), own(DAEMON_SET)),
        "Job" => (Some("spec.template.spec"), vec![("", JOB), ("spec", JOB_SPEC)]),
        "CronJob" => (
            Some("spec.jobTemplate.spec.template.spec"),
            vec![("", CRON_JOB), ("spec.jobTemplate.spec", JOB_SPEC)],
        ),
        "ReplicaSet" | "ReplicationController" => (Some("spec.template.spec"), own(REPLICATED)),
        "PodTemplate" => (Some("template.spec"), Vec::new()),
        "Service" => (None, own(SERVICE)),
        "PersistentVolume" => (None, vec![("", VOLUME), ("spec", VOLUME_SOURCE)]),
        "PriorityClass" => (None, own(PRIORITY_CLASS)),
        "CSIDriver" => (None, own(CSI_DRIVER)),
        "EndpointSlice" => (None, own(ENDPOINT_SLICE)),
        "IngressClass" => (None, own(INGRESS_CLASS)),
        "PersistentVolumeClaim" => (None, own(CLAIM)),
        "Secret" => (None, own(SECRET)),
        "StorageClass" => (None, own(STORAGE_CLASS)),
        "HorizontalPodAutoscaler" => (None, own(AUTOSCALER)),
        "NetworkPolicy" => (None, own(NETWORK_POLICY)),
        "RoleBinding" | "ClusterRoleBinding" => (None, own(BINDING)),
        "LimitRange" => (None, own(LIMIT_RANGE)),
        "ValidatingWebhookConfiguration" => (None, own(WEBHOOKS)),
        "MutatingWebhookConfiguration" => (None, vec![("", WEBHOOKS), ("", MUTATING_WEBHOOKS)]),
        "ValidatingAdmissionPolicy" => (None, own(POLICY)),
        "ValidatingAdmissionPolicyBinding" => (None, own(POLICY_BINDING)),
        "CustomResourceDefinition" => (None, own(DEFINITION)),
        "APIService" => (None, own(API_SERVICE)),
        "FlowSchema" => (None, own(FLOW_SCHEMA)),
        "PriorityLevelConfiguration" => (None, own(PRIORITY_LEVEL)),
        "ResourceClaim" => (None, vec![("", ONLY_STATUS), ("spec", DEVICE_REQUESTS)]),
        "ResourceClaimTemplate" => (None, vec![("spec.spec", DEVICE_REQUESTS)]),
        "Ingress" | "PodDisruptionBudget" => (None, own(ONLY_STATUS)),
        "ClusterRole"
        | "ConfigMap"
        | "ControllerRevision"
        | "CSINode"
        | "CSIStorageCapacity"
        | "DeviceClass"
        | "IPAddress"
        | "Lease"
        | "Namespace"
        | "Node"
        | "ResourceQuota"
        | "Role"
        | "RuntimeClass"
        | "ServiceAccount"
        | "ServiceCIDR"
        | "VolumeAttachment"
        | "VolumeAttributesClass" => (None, Vec::new()),
        _ => return None,
    })
}

/// An object of a built-in kind as the server completes it; `None` for kinds of which gen does
/// not know what the server fills in.
///
/// Left out is what only the cluster knows, such as addresses and ports that it allocates, what
/// admission plugins add, and what a Job and a `ReplicationController` take from their template.
#[must_use]
pub fn complete(root: NodeRef<'_>) -> Option<Tree> {
    let kind = root.get("kind").map_or("", NodeRef::text);
    let (pod, own) = of_kind(kind)?;
    let mut tables: Vec<(Cow<'_, str>, Table)> =
        own.into_iter().map(|(path, table)| (path.into(), table)).collect();
    if let Some(pod) = pod {
        tables.push((pod.into(), POD));
        tables.push((format!("{pod}.volumes[]").into(), VOLUME_SOURCE));
        for list in ["containers", "initContainers"] {
            let container = format!("{pod}.{list}[]");
            tables.push((container.clone().into(), CONTAINER));
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                tables.push((format!("{container}.{probe}").into(), PROBE));
            }
        }
    }
    let in_host_network = root.at_path(&["spec", "hostNetwork"]).and_then(NodeRef::as_bool);
    if kind == "Pod" && in_host_network == Some(true) {
        for list in ["containers", "initContainers"] {
            tables.push((format!("spec.{list}[].ports[]").into(), HOST_NETWORK));
        }
    }
    let mut pending = Pending::default();
    for (path, table) in &tables {
        pending.add(path, table);
    }
    let mut out = TreeBuilder::default();
    if kind == "Secret" && root.get("stringData").is_some() {
        let encoded = encoded(root);
        write(Some(encoded.root()), root.at(), &pending, &mut out);
    } else {
        write(Some(root), root.at(), &pending, &mut out);
    }
    Some(out.finish())
}

/// A Secret with what it says in clear in its `data`.
///
/// Source: `Convert_v1_Secret_To_core_Secret` of `pkg/apis/core/v1/conversion.go`.
fn encoded(root: NodeRef<'_>) -> Tree {
    let clear = root.get("stringData");
    let mut out = TreeBuilder::default();
    out.map(root.at());
    for entry in root.entries().filter(|entry| !matches!(entry.key(), Some("data" | "stringData")))
    {
        out.copy_entry(entry);
    }
    out.key("data", clear.map_or(root.at(), NodeRef::key_at));
    out.map(clear.map_or(root.at(), NodeRef::at));
    let is_clear = |entry: &NodeRef<'_>| {
        clear.is_some_and(|clear| clear.get(entry.key().unwrap_or_default()).is_some())
    };
    let kept = root.get("data").into_iter().flat_map(NodeRef::entries);
    for entry in kept.filter(|entry| !is_clear(entry)) {
        out.copy_entry(entry);
    }
    for entry in clear.into_iter().flat_map(NodeRef::entries) {
        out.key(entry.key().unwrap_or_default(), entry.key_at());
        out.scalar(Kind::Str, &STANDARD.encode(entry.text()), entry.at());
    }
    out.close();
    out.close();
    out.finish()
}

/// The defaults that are yet to be placed within a value.
#[derive(Default)]
struct Pending<'d> {
    /// Each by the rest of its path.
    defaults: Vec<Default>,
    /// Tables that count from further inside, by the rest of the path to there.
    tables: Vec<(&'d str, Table)>,
}

impl<'d> Pending<'d> {
    /// Adds a table that counts from a path.
    fn add(&mut self, path: &'d str, table: Table) {
        if path.is_empty() {
            self.defaults.extend(table);
        } else {
            self.tables.push((path, table));
        }
    }

    fn is_empty(&self) -> bool {
        self.defaults.is_empty() && self.tables.is_empty()
    }

    /// The defaults within a field or, for `[]`, within the items of a list.
    fn within(&self, part: &str) -> Self {
        let mut inner = Self::default();
        for (path, value, when) in &self.defaults {
            if let Some(path) = behind(path, part).filter(|path| !path.is_empty()) {
                inner.defaults.push((path, value, *when));
            }
        }
        for (path, table) in &self.tables {
            if let Some(path) = behind(path, part) {
                inner.add(path, table);
            }
        }
        inner
    }

    /// The defaults of a field itself.
    fn of(&self, key: &str) -> impl Iterator<Item = &Default> {
        self.defaults.iter().filter(move |(path, ..)| *path == key)
    }
}

/// What of a path is left behind its first part.
fn behind<'p>(path: &'p str, part: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(part)?;
    let is_whole = rest.is_empty() || rest.starts_with('[');
    rest.strip_prefix('.').or_else(|| is_whole.then_some(rest))
}

/// Writes a value, or the empty map where there is none, with its defaults.
fn write(node: Option<NodeRef<'_>>, at: Origin, defaults: &Pending<'_>, out: &mut TreeBuilder) {
    if let Some(node) = node.filter(|_| defaults.is_empty()) {
        return out.copy(node);
    }
    match node.map(NodeRef::kind) {
        None | Some(Kind::Map) => write_map(node, at, defaults, out),
        Some(Kind::List) => {
            let inner = defaults.within("[]");
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

fn write_map(node: Option<NodeRef<'_>>, at: Origin, pending: &Pending<'_>, out: &mut TreeBuilder) {
    let derived = at.derive(Rule::ServerDefault);
    out.map(node.map_or(derived, NodeRef::at));
    let said = |key: &str| node.and_then(|node| node.get(key)).filter(|value| !is_nothing(*value));
    // A field that says something else than the server makes of it is written below.
    let is_overruled = |key: &str| {
        let differs = |text: &str| said(key).is_some_and(|value| value.text() != text);
        pending.of(key).filter_map(|(_, value, _)| value.strip_prefix('!')).any(
            |value| match fixed(value) {
                Some(text) => differs(text),
                None => said(value).is_some_and(|other| differs(other.text())),
            },
        )
    };
    for entry in node.into_iter().flat_map(NodeRef::entries) {
        let key = entry.key().unwrap_or_default();
        let has_default = pending.of(key).next().is_some();
        let gets_entries = pending.of(key).any(|(_, value, _)| value.starts_with('+'));
        if has_default && (is_nothing(entry) || gets_entries || is_overruled(key)) {
            continue;
        }
        out.key(key, entry.key_at());
        write(Some(entry), entry.at(), &pending.within(key), out);
    }
    let mut made: Vec<(&str, &str)> = Vec::new();
    let is_here = |(path, ..): &&Default| !path.contains(['.', '[']);
    for (key, value, when) in pending.defaults.iter().filter(is_here).copied() {
        let text = |key: &str| {
            let made = made.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
            said(key).map(NodeRef::text).or(made)
        };
        let fits = match when {
            None => true,
            Some((other, "*")) => said(other).is_some(),
            Some((other, "")) => text(other).is_none(),
            Some((other, "only")) => {
                let mut others = node.into_iter().flat_map(NodeRef::entries);
                others.all(|entry| is_nothing(entry) || entry.key() == Some(other))
            }
            Some((other, value)) => text(other) == Some(value),
        };
        let is_made = made.iter().any(|(name, _)| *name == key);
        if value.starts_with('+') {
            // All defaults of such a field are of this form: they are written together.
            if !is_made {
                let others: Vec<NodeRef<'_>> = pending
                    .of(key)
                    .filter(|_| fits)
                    .filter_map(|(_, value, _)| said(value.trim_start_matches('+')))
                    .collect();
                write_union(key, said(key), &others, derived, out);
                made.push((key, ""));
            }
            continue;
        }
        if !fits || is_made || said(key).is_some() && !is_overruled(key) {
            continue;
        }
        if let Some(value) = value.strip_prefix('!').and_then(fixed) {
            out.key(key, derived);
            out.scalar(Kind::Str, value, derived);
            made.push((key, value));
            continue;
        }
        if let Some(other) = value.strip_prefix(['=', '!']) {
            if let Some(other) = said(other) {
                out.key(key, derived);
                copy_as(derived, other, out);
                made.push((key, other.text()));
            }
            continue;
        }
        out.key(key, derived);
        let named = |name: &str| text(name).unwrap_or_default();
        match (key, value) {
            ("imagePullPolicy", _) => out.scalar(Kind::Str, pull_policy(named("image")), derived),
            ("pullPolicy", _) => out.scalar(Kind::Str, pull_policy(named("reference")), derived),
            (_, "lower(kind)") => out.scalar(Kind::Str, &named("kind").to_lowercase(), derived),
            (_, "list(kind)") => out.scalar(Kind::Str, &format!("{}List", named("kind")), derived),
            (key, "{}") => write(None, at, &pending.within(key), out),
            // A quantity, which is a text.
            ("divisor", value) => out.scalar(Kind::Str, value, derived),
            (_, value) => match serde_json::from_str(value) {
                Ok(json) => write_json(&json, derived, out),
                Err(_) => out.scalar(Kind::Str, value, derived),
            },
        }
        made.push((key, value));
    }
    out.close();
}

/// The text in quotes.
fn fixed(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

/// Whether a value is as good as none for a field that has a default.
fn is_nothing(value: NodeRef<'_>) -> bool {
    let is_zero = value.kind() == Kind::Int
        && value.text() == "0"
        && value.key().is_some_and(|key| NOT_ZERO.contains(&key));
    value.kind() == Kind::Null
        || value.as_str() == Some("")
        || value.kind() == Kind::List && value.is_empty()
        || is_zero
}

/// Writes a map with what it lacks of others, unless nothing is there at all.
fn write_union(
    key: &str,
    own: Option<NodeRef<'_>>,
    others: &[NodeRef<'_>],
    derived: Origin,
    out: &mut TreeBuilder,
) {
    if own.is_none() && others.is_empty() {
        return;
    }
    out.key(key, own.map_or(derived, NodeRef::key_at));
    out.map(own.map_or(derived, NodeRef::at));
    let mut written: BTreeSet<&str> = BTreeSet::new();
    for entry in own.into_iter().flat_map(NodeRef::entries) {
        out.copy_entry(entry);
        written.extend(entry.key());
    }
    for entry in others.iter().flat_map(|map| map.entries()) {
        let name = entry.key().unwrap_or_default();
        if written.insert(name) {
            out.key(name, derived);
            copy_as(derived, entry, out);
        }
    }
    out.close();
}

/// Copies a value as what the server fills in elsewhere.
fn copy_as(derived: Origin, node: NodeRef<'_>, out: &mut TreeBuilder) {
    match node.kind() {
        Kind::Map => {
            out.map(derived);
            node.entries().for_each(|entry| out.copy_entry(entry));
            out.close();
        }
        Kind::List => {
            out.list(derived);
            node.items().for_each(|item| out.copy(item));
            out.close();
        }
        kind => out.styled_scalar(kind, node.style(), node.text(), derived),
    }
}

fn write_json(value: &serde_json::Value, at: Origin, out: &mut TreeBuilder) {
    use serde_json::Value;
    match value {
        Value::Null => out.scalar(Kind::Null, "", at),
        Value::Bool(value) => out.scalar(Kind::Bool, &value.to_string(), at),
        Value::Number(value) => out.scalar(Kind::Int, &value.to_string(), at),
        Value::String(value) => out.scalar(Kind::Str, value, at),
        Value::Array(items) => {
            out.list(at);
            for item in items {
                write_json(item, at, out);
            }
            out.close();
        }
        Value::Object(entries) => {
            out.map(at);
            for (key, value) in entries {
                out.key(key, at);
                write_json(value, at, out);
            }
            out.close();
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
