//! What the API server refuses to change in an object that is there.
//!
//! `RULES` is the table: a kind, a field, what may become of it, what to do about it, and the
//! function of Kubernetes that says so. [`refusals`] compares what the server has with what it
//! would have after the new manifest is applied: see [`Update`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::meaning;
use super::update::Update;
use crate::diagnostic::Severity;
use crate::k8s::schema::{Shape, Type};
use crate::k8s::{Feature, Version};
use crate::source::NodeRef;
use crate::validate::fields::{field, items, text};
use crate::validate::{self, Author, Cluster, CustomKinds, Finding};

/// A change that the API server refuses.
#[derive(Debug, Clone)]
pub struct Refusal<'t> {
    /// The field that changes, such as `spec.serviceName`.
    pub path: String,
    /// The field that the server names, such as `spec`.
    pub server_path: String,
    /// The field in the new manifest or, where it is not there, the nearest one around it.
    pub at: NodeRef<'t>,
    /// Why it is refused.
    pub reason: Cow<'static, str>,
    /// What to do.
    pub help: &'static str,
    /// The function of Kubernetes that refuses it.
    pub source: &'static str,
}

/// A rule of the table.
struct Rule {
    group: &'static str,
    kind: &'static str,
    /// The field, from the object.
    path: &'static str,
    /// The field that the server names, where that is another.
    named: Option<&'static str>,
    may: May,
    reason: &'static str,
    help: &'static str,
    source: &'static str,
}

/// What may become of a field.
enum May {
    /// Nothing.
    Never,
    /// Nothing but a change of these fields in it.
    Within(&'static [&'static str]),
    /// A first value, and nothing after it.
    Once,
    /// What a function does not object to.
    Unless(fn(&Case<'_>) -> Vec<Objection>),
}

/// What a function of the table looks at: the object before and after.
struct Case<'u> {
    live: NodeRef<'u>,
    after: NodeRef<'u>,
    of: Type,
    version: Version,
}

/// A field that may not change as it does, and how the server names it, where not so.
struct Objection {
    path: String,
    named: Option<&'static str>,
}

const IMMUTABLE: &str = "the field is immutable";
const DELETE: &str = "delete the object first, then apply";
const NEW_NAME: &str = "give it another name, or delete the object first";

const JOB: &str = "delete the Job first, its pods go with it; or give it another name";
const WORKLOAD: &str = "give it another name, move what depends on it, then remove this one; or delete it first, \
    and its pods go with it";
const STATEFUL_SET: &str = "delete the StatefulSet with `kubectl delete --cascade=orphan`, which keeps its pods and claims, \
    then apply";
const BINDING: &str =
    "delete the binding first: until the new one is there, its subjects have no access";
const CLAIM: &str =
    "make a claim of another name and copy the data: deleting this one may delete its volume";
const VOLUME: &str =
    "make a PersistentVolume of another name: a claim that is bound to this one keeps it";
const CLASS: &str = "make a class of another name: what exists keeps its class, so deleting this one is safe only \
    when nothing names it";
const IMMUTABLE_DATA: &str =
    "give it another name and change the references: kubelets do not watch immutable ones";

/// A rule for a field that never changes.
const fn never(
    group: &'static str,
    kind: &'static str,
    path: &'static str,
    help: &'static str,
    source: &'static str,
) -> Rule {
    Rule { group, kind, path, named: None, may: May::Never, reason: IMMUTABLE, help, source }
}

/// The table. The sources are functions below `pkg/apis/*/validation` of Kubernetes.
const RULES: &[Rule] = &[
    never("apps", "Deployment", "spec.selector", WORKLOAD, "ValidateDeploymentUpdate"),
    never("apps", "ReplicaSet", "spec.selector", WORKLOAD, "ValidateReplicaSetUpdate"),
    never("apps", "DaemonSet", "spec.selector", WORKLOAD, "ValidateDaemonSetSpecUpdate"),
    Rule {
        may: May::Within(&[
            "replicas",
            "template",
            "updateStrategy",
            "minReadySeconds",
            "ordinals",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
        ]),
        named: Some("spec"),
        ..never("apps", "StatefulSet", "spec", STATEFUL_SET, "ValidateStatefulSetUpdate")
    },
    never("apps", "ControllerRevision", "data", NEW_NAME, "ValidateControllerRevisionUpdate"),
    never("batch", "Job", "spec.selector", JOB, "ValidateJobSpecUpdate"),
    never("batch", "Job", "spec.completionMode", JOB, "ValidateJobSpecUpdate"),
    never("batch", "Job", "spec.podFailurePolicy", JOB, "ValidateJobSpecUpdate"),
    never("batch", "Job", "spec.backoffLimitPerIndex", JOB, "ValidateJobSpecUpdate"),
    never("batch", "Job", "spec.managedBy", JOB, "ValidateJobSpecUpdate"),
    never("batch", "Job", "spec.successPolicy", JOB, "ValidateJobSpecUpdate"),
    Rule {
        may: May::Unless(job_completions),
        reason: "only an Indexed Job may change it, together with `parallelism`",
        ..never("batch", "Job", "spec.completions", JOB, "validateCompletions")
    },
    Rule {
        may: May::Unless(job_template),
        reason: "the template of a Job is immutable, but for what decides where the pods of a suspended one go",
        ..never("batch", "Job", "spec.template", JOB, "validatePodTemplateUpdate")
    },
    Rule {
        may: May::Unless(pod),
        reason: "of a Pod only images, tolerations that are added, scheduling gates that go and a shorter \
            `activeDeadlineSeconds` may change",
        ..never("", "Pod", "spec", "delete the Pod first, then apply", "ValidatePodUpdate")
    },
    Rule {
        may: May::Unless(claim),
        reason: "a bound claim may ask for more storage and another VolumeAttributesClass, nothing else",
        ..never("", "PersistentVolumeClaim", "spec", CLAIM, "ValidatePersistentVolumeClaimUpdate")
    },
    Rule {
        may: May::Unless(smaller_claim),
        reason: "a claim cannot become smaller",
        ..never(
            "",
            "PersistentVolumeClaim",
            "spec.resources.requests.storage",
            CLAIM,
            "ValidatePersistentVolumeClaimUpdate",
        )
    },
    Rule {
        may: May::Unless(volume_source),
        ..never("", "PersistentVolume", "spec", VOLUME, "ValidatePersistentVolumeUpdate")
    },
    Rule {
        named: Some("volumeMode"),
        ..never("", "PersistentVolume", "spec.volumeMode", VOLUME, "ValidatePersistentVolumeUpdate")
    },
    Rule {
        may: May::Once,
        named: Some("nodeAffinity"),
        ..never("", "PersistentVolume", "spec.nodeAffinity", VOLUME, "validatePvNodeAffinity")
    },
    Rule {
        may: May::Unless(no_attributes_class),
        reason: "it may change, not go away",
        ..never(
            "",
            "PersistentVolume",
            "spec.volumeAttributesClassName",
            "name another VolumeAttributesClass",
            "ValidatePersistentVolumeUpdate",
        )
    },
    Rule {
        may: May::Unless(immutable_data),
        reason: "the object is marked as immutable",
        ..never("", "ConfigMap", "data", IMMUTABLE_DATA, "ValidateConfigMapUpdate")
    },
    Rule {
        may: May::Unless(immutable_data),
        reason: "the object is marked as immutable",
        ..never("", "Secret", "data", IMMUTABLE_DATA, "ValidateSecretUpdate")
    },
    never("", "Secret", "type", NEW_NAME, "ValidateSecretUpdate"),
    Rule {
        may: May::Unless(cluster_ips),
        reason: "the address of a Service may not change once it is set",
        ..never("", "Service", "spec.clusterIP", DELETE, "validateUpgradeDowngradeClusterIPs")
    },
    Rule {
        may: May::Unless(ip_families),
        reason: "the first IP family of a Service may not change",
        ..never("", "Service", "spec.ipFamilies", DELETE, "validateUpgradeDowngradeIPFamilies")
    },
    Rule {
        may: May::Unless(load_balancer_class),
        reason: "it may not change as long as the Service is a LoadBalancer",
        ..never("", "Service", "spec.loadBalancerClass", DELETE, "validateLoadBalancerClassField")
    },
    Rule {
        may: May::Unless(health_check_port),
        ..never(
            "",
            "Service",
            "spec.healthCheckNodePort",
            DELETE,
            "validateServiceExternalTrafficFieldsUpdate",
        )
    },
    Rule {
        may: May::Unless(quota_scopes),
        ..never("", "ResourceQuota", "spec.scopes", DELETE, "ValidateResourceQuotaUpdate")
    },
    Rule {
        may: May::Unless(node_networks),
        ..never("", "Node", "spec.podCIDRs", DELETE, "ValidateNodeUpdate")
    },
    never("", "Node", "spec.externalID", DELETE, "ValidateNodeUpdate"),
    Rule { may: May::Once, ..never("", "Node", "spec.providerID", DELETE, "ValidateNodeUpdate") },
    never(
        "rbac.authorization.k8s.io",
        "RoleBinding",
        "roleRef",
        BINDING,
        "ValidateRoleBindingUpdate",
    ),
    never(
        "rbac.authorization.k8s.io",
        "ClusterRoleBinding",
        "roleRef",
        BINDING,
        "ValidateClusterRoleBindingUpdate",
    ),
    never("storage.k8s.io", "StorageClass", "provisioner", CLASS, "ValidateStorageClassUpdate"),
    never("storage.k8s.io", "StorageClass", "parameters", CLASS, "ValidateStorageClassUpdate"),
    never("storage.k8s.io", "StorageClass", "reclaimPolicy", CLASS, "ValidateStorageClassUpdate"),
    never(
        "storage.k8s.io",
        "StorageClass",
        "volumeBindingMode",
        CLASS,
        "ValidateStorageClassUpdate",
    ),
    never(
        "storage.k8s.io",
        "VolumeAttributesClass",
        "driverName",
        CLASS,
        "ValidateVolumeAttributesClassUpdate",
    ),
    never(
        "storage.k8s.io",
        "VolumeAttributesClass",
        "parameters",
        CLASS,
        "ValidateVolumeAttributesClassUpdate",
    ),
    never("storage.k8s.io", "VolumeAttachment", "spec", DELETE, "ValidateVolumeAttachmentUpdate"),
    Rule {
        may: May::Unless(node_drivers),
        reason: "what is registered of a driver is immutable",
        ..never("storage.k8s.io", "CSINode", "spec.drivers", DELETE, "ValidateCSINodeUpdate")
    },
    Rule {
        named: Some("spec.attachedRequired"),
        ..never(
            "storage.k8s.io",
            "CSIDriver",
            "spec.attachRequired",
            DELETE,
            "ValidateCSIDriverUpdate",
        )
    },
    never(
        "storage.k8s.io",
        "CSIDriver",
        "spec.volumeLifecycleModes",
        DELETE,
        "ValidateCSIDriverUpdate",
    ),
    never(
        "storage.k8s.io",
        "CSIStorageCapacity",
        "nodeTopology",
        DELETE,
        "ValidateCSIStorageCapacityUpdate",
    ),
    never(
        "storage.k8s.io",
        "CSIStorageCapacity",
        "storageClassName",
        DELETE,
        "ValidateCSIStorageCapacityUpdate",
    ),
    never(
        "networking.k8s.io",
        "IngressClass",
        "spec.controller",
        CLASS,
        "validateIngressClassSpecUpdate",
    ),
    never("networking.k8s.io", "IPAddress", "spec.parentRef", DELETE, "ValidateIPAddressUpdate"),
    Rule {
        may: May::Unless(service_networks),
        reason: "a second network may be added, the first one may not change",
        ..never(
            "networking.k8s.io",
            "ServiceCIDR",
            "spec.cidrs",
            DELETE,
            "ValidateServiceCIDRUpdate",
        )
    },
    never("node.k8s.io", "RuntimeClass", "handler", CLASS, "ValidateRuntimeClassUpdate"),
    never("scheduling.k8s.io", "PriorityClass", "value", CLASS, "ValidatePriorityClassUpdate"),
    never(
        "scheduling.k8s.io",
        "PriorityClass",
        "preemptionPolicy",
        CLASS,
        "ValidatePriorityClassUpdate",
    ),
    never(
        "discovery.k8s.io",
        "EndpointSlice",
        "addressType",
        DELETE,
        "ValidateEndpointSliceUpdate",
    ),
    never("resource.k8s.io", "ResourceClaim", "spec", DELETE, "ValidateResourceClaimUpdate"),
    never(
        "resource.k8s.io",
        "ResourceClaimTemplate",
        "spec",
        NEW_NAME,
        "ValidateResourceClaimTemplateUpdate",
    ),
    never("resource.k8s.io", "ResourceSlice", "spec.driver", DELETE, "validateResourceSliceSpec"),
    never("resource.k8s.io", "ResourceSlice", "spec.nodeName", DELETE, "validateResourceSliceSpec"),
    never(
        "resource.k8s.io",
        "ResourceSlice",
        "spec.pool.name",
        DELETE,
        "validateResourceSliceSpec",
    ),
    never(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec.group",
        DEFINITION,
        DEFINITION_UPDATE,
    ),
    never(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec.scope",
        DEFINITION,
        DEFINITION_UPDATE,
    ),
    never(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec.names.kind",
        DEFINITION,
        DEFINITION_UPDATE,
    ),
    never(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec.names.plural",
        DEFINITION,
        DEFINITION_UPDATE,
    ),
    Rule {
        may: May::Unless(stored_versions),
        reason: "objects may still be stored in this version",
        ..never(
            "apiextensions.k8s.io",
            "CustomResourceDefinition",
            "spec.versions",
            "keep the version with `served: false`, migrate what is stored, take it out of `status.storedVersions`, \
                then remove it",
            "ValidateCustomResourceDefinitionStoredVersions",
        )
    },
    Rule {
        group: "events.k8s.io",
        kind: "Event",
        path: "",
        named: None,
        may: May::Unless(event),
        reason: IMMUTABLE,
        help: NEW_NAME,
        source: "ValidateEventUpdate",
    },
];

const DEFINITION: &str = "delete the definition first: all its custom resources go with it";
const DEFINITION_UPDATE: &str = "validateCustomResourceDefinitionSpecUpdate";

/// What the server refuses of an update, whose new manifest is `new`. A manifest that the server
/// would not take as a new object is no matter of updates: nothing is said of it.
#[must_use]
pub fn refusals<'t>(update: &Update, new: NodeRef<'t>) -> Vec<Refusal<'t>> {
    let mut out = Vec::new();
    if let Some(of) = update.type_of() {
        let (live, after, version) = (update.live(), update.after(), update.version());
        let case = Case { live, after, of, version };
        let api_version = text(new, "apiVersion");
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let kind = text(new, "kind");
        for rule in RULES.iter().filter(|rule| rule.group == group && rule.kind == kind) {
            out.extend(rule.objections(&case).into_iter().map(|objection| Refusal {
                server_path: objection.named.unwrap_or(&objection.path).to_owned(),
                at: nearest(new, &objection.path),
                path: objection.path,
                reason: Cow::Borrowed(rule.reason),
                help: rule.help,
                source: rule.source,
            }));
        }
        metadata(&case, new, &mut out);
        if out.is_empty() {
            leftovers(&case, new, &mut out);
        }
    } else {
        custom(update, new, &mut out);
    }
    out
}

impl Rule {
    fn objections(&self, case: &Case<'_>) -> Vec<Objection> {
        let object = |path: String| Objection { path, named: self.named };
        match &self.may {
            May::Never => {
                case.changes(self.path).then(|| object(self.path.to_owned())).into_iter().collect()
            }
            May::Within(free) => {
                case.changed_fields(self.path, free).into_iter().map(object).collect()
            }
            May::Once => {
                let is_set = at(case.live, self.path)
                    .is_some_and(|value| !meaning::is_absent(value, case.type_at(self.path)));
                (is_set && case.changes(self.path))
                    .then(|| object(self.path.to_owned()))
                    .into_iter()
                    .collect()
            }
            May::Unless(objections) => objections(case),
        }
    }
}

impl Case<'_> {
    fn type_at(&self, path: &str) -> Option<Type> {
        type_at(self.of, path)
    }

    /// Whether a field does not mean the same before and after.
    fn changes(&self, path: &str) -> bool {
        !same(at(self.live, path), at(self.after, path), self.type_at(path))
    }

    /// The paths of the fields of a structure that change, but for some.
    fn changed_fields(&self, path: &str, free: &[&str]) -> Vec<String> {
        let fields_of = |root| at(root, path).into_iter().flat_map(NodeRef::entries);
        let mut keys: Vec<&str> = fields_of(self.live)
            .chain(fields_of(self.after))
            .filter_map(NodeRef::key)
            .filter(|key| !free.contains(key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let paths = keys.into_iter().map(|key| format!("{path}.{key}"));
        paths.filter(|path| self.changes(path)).collect()
    }
}

/// The type of a field, or of an entry of a map with free keys.
fn type_at(of: Type, path: &str) -> Option<Type> {
    path.split('.').filter(|step| !step.is_empty()).try_fold(of, |of, step| match of.shape() {
        Shape::Map(value) => Some(value),
        _ => of.field(step).map(|field| field.of),
    })
}

fn at<'t>(root: NodeRef<'t>, path: &str) -> Option<NodeRef<'t>> {
    path.split('.').try_fold(root, field)
}

/// Whether two values, each there or not, mean the same.
fn same(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>, of: Option<Type>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => meaning::equal(old, new, of),
        (Some(one), None) | (None, Some(one)) => meaning::is_absent(one, of),
        (None, None) => true,
    }
}

/// The node at a path such as `spec.containers[0].image`, or the last one on the way to it.
fn nearest<'t>(root: NodeRef<'t>, path: &str) -> NodeRef<'t> {
    let mut node = root;
    for step in path.split(['.', '[']) {
        let inner = match step.strip_suffix(']') {
            Some(index) => index.parse().ok().and_then(|index| node.item(index)),
            None => node.get(step),
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

fn objection(path: impl Into<String>) -> Objection {
    Objection { path: path.into(), named: None }
}

fn named(path: impl Into<String>, named: &'static str) -> Objection {
    Objection { path: path.into(), named: Some(named) }
}

/// One objection to a field, or none.
fn only(objects: bool, path: &str) -> Vec<Objection> {
    objects.then(|| objection(path)).into_iter().collect()
}

/// What the definition of a custom resource refuses, of those that gen knows by itself.
fn custom<'t>(update: &Update, new: NodeRef<'t>, out: &mut Vec<Refusal<'t>>) {
    let kinds = CustomKinds::default();
    let Some(kind) = kinds.find(text(new, "apiVersion"), text(new, "kind")) else { return };
    let mut found = Vec::new();
    kind.check_update(update.live(), update.after(), new, &mut found);
    found.retain(|finding| finding.severity == Severity::Error);
    out.extend(found.into_iter().map(|finding| Refusal {
        server_path: finding.server_path().to_owned(),
        at: nearest(new, &finding.path),
        path: finding.path,
        reason: Cow::Owned(finding.message),
        help: "delete the object first, then apply; a map that gets empty may be left out",
        source: "CustomResourceDefinition",
    }));
}

/// Fields of the metadata that only the server sets.
///
/// Source: `ValidateObjectMetaAccessorUpdate` of `k8s.io/apimachinery/pkg/api/validation`.
fn metadata<'t>(case: &Case<'_>, new: NodeRef<'t>, out: &mut Vec<Refusal<'t>>) {
    for path in ["metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds"] {
        if case.changes(path) {
            out.push(Refusal {
                path: path.to_owned(),
                server_path: path.to_owned(),
                at: nearest(new, path),
                reason: Cow::Borrowed(IMMUTABLE),
                help: "leave it out: it is the server's",
                source: "ValidateObjectMetaAccessorUpdate",
            });
        }
    }
}

/// What the server filled in for the old manifest and keeps may not fit the new one.
fn leftovers<'t>(case: &Case<'_>, new: NodeRef<'t>, out: &mut Vec<Refusal<'t>>) {
    let Some(complete) = crate::k8s::defaults::complete(new) else { return };
    if complete.root().same(case.after) {
        return;
    }
    let cluster = Cluster { version: case.version, ..Cluster::default() };
    let errors = |root: NodeRef<'_>| -> Vec<Finding> {
        let mut found = Vec::new();
        validate::object(root, Author::Other, &cluster, &mut found);
        found.retain(|finding| finding.severity == Severity::Error);
        found
    };
    let found = errors(case.after);
    if found.is_empty() || !errors(complete.root()).is_empty() {
        return;
    }
    out.extend(found.into_iter().map(|finding| Refusal {
        server_path: finding.server_path().to_owned(),
        at: nearest(new, &finding.path),
        path: finding.path,
        reason: Cow::Owned(format!("{}, with what the server filled in before", finding.message)),
        help: "apply keeps what the server filled in for the old manifest: state that field, too, or delete the \
            object first",
        source: "server-side apply",
    }));
}

fn job_completions(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.completions";
    if !case.changes(path) {
        return Vec::new();
    }
    let value = |path: &str| at(case.after, path).map(NodeRef::text);
    let is_indexed = value("spec.completionMode") == Some("Indexed");
    let objects =
        !is_indexed || value(path).is_some_and(|_| value(path) != value("spec.parallelism"));
    only(objects, path)
}

/// Of a suspended Job, labels, annotations, node selectors, node affinity, tolerations and
/// scheduling gates of its pods may change, and since
/// [`Feature::MutablePodResourcesForSuspendedJobs`] the resources of its containers, too.
fn job_template(case: &Case<'_>) -> Vec<Objection> {
    let template = "spec.template";
    if !case.changes(template) {
        return Vec::new();
    }
    let is_suspended = at(case.live, "spec.suspend").and_then(NodeRef::as_bool) == Some(true);
    if !is_suspended {
        return vec![objection(template)];
    }
    let has_resources = case.version.has(Feature::MutablePodResourcesForSuspendedJobs);
    let server_path = if has_resources { "spec.template.spec" } else { template };
    let mut paths = if has_resources {
        Vec::new()
    } else {
        case.changed_fields("spec.template.metadata", &["labels", "annotations"])
    };
    let mut free = vec!["affinity", "nodeSelector", "tolerations", "schedulingGates"];
    if has_resources {
        free.extend(["containers", "initContainers"]);
    }
    paths.extend(case.changed_fields("spec.template.spec", &free));
    paths.extend(case.changed_fields("spec.template.spec.affinity", &["nodeAffinity"]));
    if has_resources {
        for list in ["containers", "initContainers"] {
            paths.extend(
                case.changed_containers(&format!("spec.template.spec.{list}"), "resources"),
            );
        }
    }
    paths.into_iter().map(|path| named(path, server_path)).collect()
}

impl Case<'_> {
    /// The paths of containers, or of the fields of containers, that change, but for one field.
    fn changed_containers(&self, path: &str, free: &str) -> Vec<String> {
        let list = |root| at(root, path).into_iter().flat_map(NodeRef::items);
        if list(self.live).count() != list(self.after).count() {
            return vec![path.to_owned()];
        }
        let of = self.type_at(path).and_then(Type::item);
        let mut out = Vec::new();
        for (index, (old, new)) in list(self.live).zip(list(self.after)).enumerate() {
            let keys = old.entries().chain(
                new.entries().filter(|entry| old.get(entry.key().unwrap_or_default()).is_none()),
            );
            for key in keys.filter_map(NodeRef::key).filter(|key| *key != free) {
                let of = of.and_then(|of| of.at_path(&[key]));
                if !same(field(old, key), field(new, key), of) {
                    out.push(format!("{path}[{index}].{key}"));
                }
            }
        }
        out
    }
}

fn pod(case: &Case<'_>) -> Vec<Objection> {
    let mut out = Vec::new();
    for list in ["spec.containers", "spec.initContainers"] {
        let count = |root| at(root, list).map_or(0, |list| list.items().count());
        if count(case.live) != count(case.after) {
            return vec![objection(list)];
        }
        out.extend(
            case.changed_containers(list, "image").into_iter().map(|path| named(path, "spec")),
        );
    }
    let deadline = "spec.activeDeadlineSeconds";
    let seconds = |root| at(root, deadline).and_then(NodeRef::as_i64);
    match (seconds(case.live), seconds(case.after)) {
        (Some(old), Some(new)) if new <= old => {}
        (Some(_), _) => out.push(objection(deadline)),
        (None, _) => {}
    }
    let tolerations = "spec.tolerations";
    let of = case.type_at(tolerations).and_then(Type::item);
    let kept = |old: NodeRef<'_>| {
        at(case.after, tolerations).into_iter().flat_map(NodeRef::items).any(|new| {
            let keys = old.entries().chain(new.entries());
            keys.filter_map(NodeRef::key).filter(|key| *key != "tolerationSeconds").all(|key| {
                same(field(old, key), field(new, key), of.and_then(|of| of.at_path(&[key])))
            })
        })
    };
    let loses_default = DEFAULT_TOLERATIONS.iter().any(|key| {
        let states = items_at(case.after, tolerations).any(|one| {
            text(one, "key") == *key
                && text(one, "operator") == "Exists"
                && text(one, "effect") == "NoExecute"
        });
        !tolerates(case.live, key) && tolerates(case.after, key) && !states
    });
    // Nearly all are there in the same words.
    let same: BTreeSet<String> = items_at(case.after, tolerations).map(words).collect();
    let kept = |old: NodeRef<'_>| same.contains(&words(old)) || kept(old);
    if loses_default || !items_at(case.live, tolerations).all(kept) {
        out.push(objection(tolerations));
    }
    let gates = "spec.schedulingGates";
    let live = at(case.live, gates);
    for (index, new) in items_at(case.after, gates).enumerate() {
        if live.and_then(|live| live.item_with(&["name"], text(new, "name"))).is_none() {
            out.push(objection(format!("{gates}[{index}].name")));
        }
    }
    let is_gated = items_at(case.live, gates).next().is_some();
    let mut free = vec![
        "containers",
        "initContainers",
        "activeDeadlineSeconds",
        "tolerations",
        "schedulingGates",
    ];
    if is_gated {
        free.extend(["nodeSelector", "affinity"]);
        let selector = "spec.nodeSelector";
        let lost = |entry: NodeRef<'_>| {
            let twin =
                at(case.after, selector).and_then(|new| new.get(entry.key().unwrap_or_default()));
            twin.is_none_or(|twin| !twin.same(entry))
        };
        if at(case.live, selector).into_iter().flat_map(NodeRef::entries).any(lost) {
            out.push(objection(selector));
        }
        out.extend(node_affinity(case));
        let inner = case.changed_fields("spec.affinity", &["nodeAffinity"]);
        out.extend(inner.into_iter().map(|path| named(path, "spec")));
    }
    // Where nothing is stated, the server takes these from the PriorityClass.
    let is_stated = |key: &&str| {
        [case.live, case.after]
            .into_iter()
            .all(|root| field(root, "spec").is_some_and(|spec| field(spec, key).is_some()))
    };
    free.extend(["preemptionPolicy", "priority"].into_iter().filter(|key| !is_stated(key)));
    out.extend(case.changed_fields("spec", &free).into_iter().map(|path| named(path, "spec")));
    out.extend(pod_annotations(case));
    out
}

/// What a toleration says, but for how long.
fn words(toleration: NodeRef<'_>) -> String {
    let said =
        |entry: &NodeRef<'_>| !entry.text().is_empty() && entry.key() != Some("tolerationSeconds");
    let entries: BTreeMap<&str, NodeRef<'_>> = toleration
        .entries()
        .filter(said)
        .map(|entry| (entry.key().unwrap_or_default(), entry))
        .collect();
    format!("{entries:?}")
}

/// What every Pod tolerates for a while that does not say otherwise.
///
/// Source: `plugin/pkg/admission/defaulttolerationseconds`.
const DEFAULT_TOLERATIONS: [&str; 2] =
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// Whether a Pod itself tolerates nodes that have a taint of this key and do not run.
fn tolerates(root: NodeRef<'_>, key: &str) -> bool {
    items_at(root, "spec.tolerations").any(|one| {
        ["", key].contains(&text(one, "key")) && ["", "NoExecute"].contains(&text(one, "effect"))
    })
}

/// Of a Pod that waits behind a gate, what its required node affinity asks for may only grow.
///
/// Source: `validateNodeAffinityMutation`.
fn node_affinity(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let (old, new) = (|| items_at(case.live, path), || items_at(case.after, path));
    if old().next().is_none() {
        return Vec::new();
    }
    if old().count() != new().count() {
        return vec![objection(path)];
    }
    let begins = |old: NodeRef<'_>, new: NodeRef<'_>, list: &str| {
        let of = case.type_at(path).and_then(|of| of.at_path(&[list])).and_then(Type::item);
        items(old, list).count() <= items(new, list).count()
            && items(old, list).zip(items(new, list)).all(|(old, new)| meaning::equal(old, new, of))
    };
    let lists = ["matchExpressions", "matchFields"];
    let is_empty = |term: NodeRef<'_>| lists.iter().all(|list| items(term, list).next().is_none());
    let terms = old().zip(new()).enumerate();
    let changed = terms.filter(|(_, (old, new))| {
        is_empty(*old) && !is_empty(*new) || !lists.iter().all(|list| begins(*old, *new, list))
    });
    changed.map(|(index, _)| objection(format!("{path}[{index}]"))).collect()
}

/// Source: `ValidatePodSpecificAnnotationUpdates`.
fn pod_annotations(case: &Case<'_>) -> Vec<Objection> {
    let annotations =
        |root| at(root, "metadata.annotations").into_iter().flat_map(NodeRef::entries);
    let is_fixed = |key: &str| {
        key.starts_with("container.apparmor.security.beta.kubernetes.io/")
            || key == "kubernetes.io/config.mirror"
    };
    let value = |root, key: &str| {
        annotations(root).find(|entry| entry.key() == Some(key)).map(NodeRef::text)
    };
    let mut keys: Vec<&str> =
        annotations(case.live).chain(annotations(case.after)).filter_map(NodeRef::key).collect();
    keys.sort_unstable();
    keys.dedup();
    let changed = keys
        .into_iter()
        .filter(|key| is_fixed(key) && value(case.live, key) != value(case.after, key));
    changed.map(|key| objection(format!("metadata.annotations[{key}]"))).collect()
}

fn items_at<'t>(root: NodeRef<'t>, path: &str) -> impl Iterator<Item = NodeRef<'t>> + use<'t> {
    at(root, path).into_iter().flat_map(NodeRef::items)
}

/// A claim that matters is bound: see `ClaimBound` in the source. A class may be named where none
/// was, and a volume.
fn claim(case: &Case<'_>) -> Vec<Objection> {
    let mut free = vec!["resources", "volumeAttributesClassName"];
    free.extend(["storageClassName", "volumeName"].into_iter().filter(|key| {
        at(case.live, "spec").is_none_or(|spec| {
            field(spec, key).is_none_or(|value| *key == "volumeName" && value.text().is_empty())
        })
    }));
    let mut paths = case.changed_fields("spec", &free);
    paths.extend(case.changed_fields("spec.resources", &["requests"]));
    paths.extend(case.changed_fields("spec.resources.requests", &["storage"]));
    paths.into_iter().map(|path| named(path, "spec")).collect()
}

fn smaller_claim(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.resources.requests.storage";
    let size =
        |root| at(root, path).and_then(|size| crate::k8s::Quantity::of_server(size.text()).ok());
    only(size(case.after) < size(case.live), path)
}

/// The source of a volume may get a `controllerExpandSecretRef`, nothing else.
fn volume_source(case: &Case<'_>) -> Vec<Objection> {
    const OTHERS: &[&str] = &[
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let mut paths = case.changed_fields("spec", OTHERS);
    let expand = "spec.csi.controllerExpandSecretRef";
    if paths == ["spec.csi"]
        && at(case.live, "spec.csi").is_some()
        && at(case.after, "spec.csi").is_some()
        && at(case.live, expand).is_none()
    {
        paths = case.changed_fields("spec.csi", &["controllerExpandSecretRef"]);
    }
    paths.into_iter().map(|path| named(path, "spec.persistentvolumesource")).collect()
}

fn no_attributes_class(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.volumeAttributesClassName";
    only(at(case.live, path).is_some() && at(case.after, path).is_none(), path)
}

fn immutable_data(case: &Case<'_>) -> Vec<Objection> {
    let is_immutable = |root| field(root, "immutable").and_then(NodeRef::as_bool) == Some(true);
    if !is_immutable(case.live) {
        return Vec::new();
    }
    let mut out = only(!is_immutable(case.after), "immutable");
    let data = ["data", "binaryData"].into_iter().filter(|path| case.changes(path));
    out.extend(data.map(objection));
    out
}

fn service_type(root: NodeRef<'_>) -> &str {
    at(root, "spec.type").map_or("", NodeRef::text)
}

/// The addresses that a Service states; where it states none, the server has chosen some, and
/// keeps them.
fn cluster_ips(case: &Case<'_>) -> Vec<Objection> {
    let has_address = |root| service_type(root) != "ExternalName";
    if !has_address(case.live) || !has_address(case.after) {
        return Vec::new();
    }
    let stated = |root| {
        let first = items_at(root, "spec.clusterIPs").next();
        let address =
            at(root, "spec.clusterIP").filter(|address| !address.text().is_empty()).or(first);
        address.map(NodeRef::text)
    };
    let takes_none = !["NodePort", "LoadBalancer"].contains(&service_type(case.after));
    match (stated(case.live), stated(case.after)) {
        (Some("None"), None) if !takes_none => vec![named("spec.clusterIP", "spec.clusterIPs[0]")],
        (_, None) => Vec::new(),
        (old, new) if old == new => Vec::new(),
        _ => vec![named("spec.clusterIP", "spec.clusterIPs[0]")],
    }
}

fn ip_families(case: &Case<'_>) -> Vec<Objection> {
    let first = |root| items_at(root, "spec.ipFamilies").next().map(NodeRef::text);
    let is_headless = |root| at(root, "spec.clusterIP").map(NodeRef::text) == Some("None");
    let is_free = |root| service_type(root) == "ExternalName" || is_headless(root);
    if is_free(case.live) || is_free(case.after) {
        return Vec::new();
    }
    match (first(case.live), first(case.after)) {
        (Some(old), Some(new)) if old != new => {
            vec![named("spec.ipFamilies", "spec.ipFamilies[0]")]
        }
        _ => Vec::new(),
    }
}

fn load_balancer_class(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.loadBalancerClass";
    let both = [case.live, case.after].into_iter().all(|root| service_type(root) == "LoadBalancer");
    only(both && case.changes(path), path)
}

fn health_check_port(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.healthCheckNodePort";
    let is_checked = |root| {
        service_type(root) == "LoadBalancer"
            && at(root, "spec.externalTrafficPolicy").map(NodeRef::text) == Some("Local")
    };
    let port = |root| at(root, path).and_then(NodeRef::as_i64).filter(|port| *port != 0);
    let both = [case.live, case.after].into_iter().all(is_checked);
    only(both && port(case.after).is_some_and(|new| port(case.live) != Some(new)), path)
}

fn quota_scopes(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.scopes";
    let scopes = |root| {
        let mut scopes: Vec<&str> = items_at(root, path).map(NodeRef::text).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    };
    only(scopes(case.live) != scopes(case.after), path)
}

/// The networks of a Node, of which `podCIDR` is the first, may be set once.
fn node_networks(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.podCIDRs";
    let networks = |root| -> Vec<&str> {
        let first = at(root, "spec.podCIDR").map(NodeRef::text).filter(|first| !first.is_empty());
        let rest = items_at(root, path).map(NodeRef::text).skip(usize::from(first.is_some()));
        first.into_iter().chain(rest).collect()
    };
    let old = networks(case.live);
    only(!old.is_empty() && old != networks(case.after), path)
}

fn node_drivers(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.drivers";
    let of = case.type_at(path).and_then(Type::item);
    let mut out = Vec::new();
    for (index, new) in items_at(case.after, path).enumerate() {
        let live = at(case.live, path);
        let twin = live.and_then(|live| live.item_with(&["name"], text(new, "name")));
        let counts = !case.version.has(Feature::MutableCSINodeAllocatableCount);
        let keys = ["nodeID", "topologyKeys"].into_iter().chain(counts.then_some("allocatable"));
        let changed = twin.and_then(|old| {
            keys.clone().find(|key| {
                !same(field(old, key), field(new, key), of.and_then(|of| of.at_path(&[key])))
            })
        });
        out.extend(changed.map(|key| named(format!("{path}[{index}].{key}"), "spec.drivers")));
    }
    out
}

fn service_networks(case: &Case<'_>) -> Vec<Objection> {
    let path = "spec.cidrs";
    let networks = |root| -> Vec<&str> { items_at(root, path).map(NodeRef::text).collect() };
    let (old, new) = (networks(case.live), networks(case.after));
    match (old.len(), new.len()) {
        (a, b) if a == b || (a, b) == (1, 2) => {
            let changed = old.iter().zip(&new).enumerate().filter(|(_, (old, new))| old != new);
            changed.map(|(index, _)| objection(format!("{path}[{index}]"))).collect()
        }
        _ => vec![objection(path)],
    }
}

/// The version in which objects are stored stays in `status.storedVersions`, so it may not go.
fn stored_versions(case: &Case<'_>) -> Vec<Objection> {
    let versions = "spec.versions";
    let stored = items_at(case.live, versions)
        .find(|version| field(*version, "storage").and_then(NodeRef::as_bool) == Some(true));
    let gone = stored.is_some_and(|stored| {
        !items_at(case.after, versions).any(|version| text(version, "name") == text(stored, "name"))
    });
    gone.then(|| named(versions, "status.storedVersions[0]")).into_iter().collect()
}

/// An event says what was; only its series and annotations go on.
fn event(case: &Case<'_>) -> Vec<Objection> {
    const FIXED: &[(&str, &str)] = &[
        ("regarding", "involvedObject"),
        ("reason", "reason"),
        ("note", "message"),
        ("deprecatedSource", "source"),
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"),
        ("type", "type"),
        ("eventTime", "eventTime"),
        ("action", "action"),
        ("related", "related"),
        ("reportingController", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ];
    let changed = FIXED.iter().filter(|(path, _)| case.changes(path));
    changed.map(|(path, server)| named(*path, server)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::validate::testing::tree;

    fn refused(old: &Value, new: &Value) -> Vec<(String, String)> {
        let (old, new) = (tree(old), tree(new));
        let update = Update::of(old.root(), new.root(), Version::newest());
        let found = refusals(&update, new.root());
        found.into_iter().map(|refusal| (refusal.path, refusal.server_path)).collect()
    }

    /// What is refused of a change of one field of an object.
    fn of_change(object: &Value, pointer: &str, value: Value) -> Vec<String> {
        let mut new = object.clone();
        match new.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => panic!("there is no {pointer}"),
        }
        refused(object, &new).into_iter().map(|(path, _)| path).collect()
    }

    fn stateful_set() -> Value {
        json!({
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": { "name": "db", "namespace": "shop" },
            "spec": {
                "serviceName": "db",
                "replicas": 1,
                "selector": { "matchLabels": { "app": "db" } },
                "template": {
                    "metadata": { "labels": { "app": "db" } },
                    "spec": { "containers": [{ "name": "db", "image": "postgres:18" }] },
                },
                "volumeClaimTemplates": [{
                    "metadata": { "name": "data" },
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": { "requests": { "storage": "1Gi" } },
                    },
                }],
            },
        })
    }

    #[test]
    fn of_a_stateful_set_few_fields_may_change() {
        let set = stateful_set();
        let storage = "/spec/volumeClaimTemplates/0/spec/resources/requests/storage";
        assert_eq!(of_change(&set, "/spec/replicas", json!(3)), [""; 0]);
        assert_eq!(
            of_change(&set, "/spec/template/spec/containers/0/image", json!("b:1")),
            [""; 0]
        );
        assert_eq!(of_change(&set, storage, json!("1024Mi")), [""; 0]);
        assert_eq!(of_change(&set, storage, json!("2Gi")), ["spec.volumeClaimTemplates"]);
        let mut new = set.clone();
        new["spec"]["serviceName"] = json!("other");
        let expected = ("spec.serviceName".to_owned(), "spec".to_owned());
        assert_eq!(refused(&set, &new), [expected]);
    }

    #[test]
    fn a_refusal_says_what_to_do_and_points_at_the_new_manifest() {
        let mut new = stateful_set();
        if let Some(spec) = new["spec"].as_object_mut() {
            spec.remove("serviceName");
        }
        let (old, new) = (tree(&stateful_set()), tree(&new));
        let update = Update::of(old.root(), new.root(), Version::newest());
        let found = refusals(&update, new.root());
        let [refusal] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(refusal.source, "ValidateStatefulSetUpdate");
        assert!(refusal.help.contains("--cascade=orphan"));
        assert!(new.root().get("spec").is_some_and(|spec| spec.is(refusal.at)));
    }

    #[test]
    fn a_claim_may_grow_and_not_shrink() {
        let claim = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": { "name": "data", "namespace": "shop" },
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": { "requests": { "storage": "2Gi" } },
            },
        });
        let storage = "/spec/resources/requests/storage";
        assert_eq!(of_change(&claim, storage, json!("3Gi")), [""; 0]);
        assert_eq!(of_change(&claim, storage, json!("1Gi")), ["spec.resources.requests.storage"]);
        let modes = json!(["ReadOnlyMany"]);
        assert_eq!(of_change(&claim, "/spec/accessModes", modes), ["spec.accessModes"]);
    }

    #[test]
    fn of_a_suspended_job_the_place_of_the_pods_may_change() {
        let job = |suspend: bool| {
            json!({
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": { "name": "a", "namespace": "shop" },
                "spec": { "suspend": suspend, "template": { "spec": {
                    "restartPolicy": "Never",
                    "nodeSelector": { "disk": "ssd" },
                    "containers": [{ "name": "a", "image": "a:1" }],
                } } },
            })
        };
        let selector = "/spec/template/spec/nodeSelector/disk";
        assert_eq!(of_change(&job(false), selector, json!("hdd")), ["spec.template"]);
        assert_eq!(of_change(&job(true), selector, json!("hdd")), [""; 0]);
        let image = "/spec/template/spec/containers/0/image";
        assert_eq!(
            of_change(&job(true), image, json!("a:2")),
            ["spec.template.spec.containers[0].image"]
        );
    }

    #[test]
    fn what_is_marked_as_immutable_stays() {
        let config = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "a", "namespace": "shop" },
            "immutable": true,
            "data": { "a": "1" },
        });
        assert_eq!(of_change(&config, "/data/a", json!("2")), ["data"]);
        assert_eq!(of_change(&config, "/immutable", json!(false)), ["immutable"]);
        let secret = |data: Value| {
            let object = json!({
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": { "name": "a", "namespace": "shop" },
                "immutable": true,
            });
            let mut object = object;
            object["data"] = data["data"].clone();
            object["stringData"] = data["stringData"].clone();
            object
        };
        let encoded = secret(json!({ "data": { "a": "MQ==" }, "stringData": {} }));
        let clear = secret(json!({ "data": {}, "stringData": { "a": "1" } }));
        assert_eq!(refused(&encoded, &clear), []);
    }

    #[test]
    fn what_the_server_filled_in_may_not_fit_the_new_manifest() {
        let mut old = stateful_set();
        old["kind"] = json!("Deployment");
        for field in ["serviceName", "volumeClaimTemplates"] {
            old["spec"].as_object_mut().map(|spec| spec.remove(field));
        }
        let mut new = old.clone();
        new["spec"]["strategy"] = json!({ "type": "Recreate" });
        old["spec"]["strategy"] = json!({ "type": "RollingUpdate" });
        let expected = "spec.strategy.rollingUpdate".to_owned();
        assert_eq!(refused(&old, &new), [(expected.clone(), expected)]);
    }

    #[test]
    fn rules_of_a_definition_compare_with_what_was_there() {
        let class = json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": { "name": "a" },
            "spec": { "controllerName": "example.com/a" },
        });
        let name = "/spec/controllerName";
        assert_eq!(of_change(&class, name, json!("example.com/b")), ["spec.controllerName"]);
        assert_eq!(of_change(&class, name, json!("example.com/a")), [""; 0]);
    }

    #[test]
    fn every_rule_of_the_table_is_about_a_field_that_there_is() {
        for rule in RULES {
            let kinds = crate::k8s::schema::Resource::all(Version::newest()).filter(|resource| {
                let (group, _) = resource.api_version().rsplit_once('/').unwrap_or_default();
                (group, resource.kind()) == (rule.group, rule.kind)
            });
            let found: Vec<bool> =
                kinds.map(|resource| type_at(resource.root(), rule.path).is_some()).collect();
            assert!(found.contains(&true), "{} {}", rule.kind, rule.path);
        }
    }
}
