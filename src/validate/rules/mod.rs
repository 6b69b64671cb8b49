//! What the API server asks of an object beyond the types of its fields.
//!
//! One file for each kind, or for what kinds share. A rule reads the object through its
//! [`NodeRef`] and may meet anything there: what the schema has found already, it passes over
//! in silence. Each rule is one of the server's own validation packages.

mod address;
mod admission_policy;
mod affinity;
mod api_service;
mod autoscaler;
mod budget;
mod claim;
mod config;
mod container;
mod cron;
mod csi;
mod definition;
mod definition_schema;
mod device;
mod dns;
mod endpoint_slice;
mod env;
mod event;
mod expression;
mod flow_control;
mod ingress;
mod ingress_class;
mod job;
mod lease;
mod limit_range;
mod metadata;
mod mount;
mod namespace;
mod network_policy;
mod node;
mod persistent_volume;
mod pod;
mod pod_annotations;
mod pod_resources;
mod probe;
mod projection;
mod quota;
mod rbac;
mod resources;
mod runtime_class;
mod security_context;
mod service;
mod service_address;
mod signing_request;
mod spread;
mod storage_class;
mod toleration;
mod volume;
mod webhook;
mod workload;

pub(super) use expression::Environment;

use super::cel::Budget;
use super::fields::{field, item, items, text};
use super::finding::Finding;
use super::repeated::repeated;
use super::{Author, Cluster, pods, sound};
use crate::diagnostic::{Code, nearest};
use crate::k8s::schema::Resource;
use crate::k8s::{NameForm, Version};
use crate::source::{Kind, NodeRef};

/// Checks an object.
pub fn check(root: NodeRef<'_>, author: Author, cluster: &Cluster, out: &mut Vec<Finding>) {
    let budget = Budget::of(root);
    let mut report = Report { root, author, version: cluster.version, budget, findings: out };
    let report = &mut report;
    metadata::check(root, report);
    // Others have kinds of these names, too.
    let (api_version, kind) = (text(root, "apiVersion"), text(root, "kind"));
    let resource = Resource::find(cluster.version, api_version, kind);
    let Some(resource) = resource.filter(|resource| !resource.is_custom()) else { return };
    match field(root, "spec") {
        // The type of the whole object stands for its rules.
        Some(spec) if spec.is_again() && OF_SPEC_ALONE.contains(&kind) => {
            sound::once(spec, resource.root(), author, || {
                let before = report.findings.len();
                beyond_metadata(kind, Some(spec), root, report);
                report.findings.len() == before
            });
        }
        spec => beyond_metadata(kind, spec, root, report),
    }
}

/// The kinds of whose spec the rules say the same wherever it stands: they look at nothing else
/// but the kind.
const OF_SPEC_ALONE: [&str; 14] = [
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "LimitRange",
    "NetworkPolicy",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "ReplicaSet",
    "ReplicationController",
    "ResourceClaim",
    "ResourceQuota",
    "Service",
];

/// Checks all of an object but its metadata.
fn beyond_metadata<'t>(
    kind: &str,
    spec: Option<NodeRef<'t>>,
    root: NodeRef<'t>,
    report: &mut Report<'t, '_>,
) {
    if let Some(template) = pods::pod_template(root) {
        pod::check(template, root, report);
    }
    if spec.is_none() {
        no_spec(root, report);
    }
    match (kind, spec) {
        ("ConfigMap", _) => config::config_map(root, report),
        ("Secret", _) => config::secret(root, report),
        ("Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding", _) => {
            rbac::check(root, report);
        }
        (
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController",
            Some(spec),
        ) => {
            workload::check(spec, root, report);
        }
        ("Job", Some(spec)) => job::check(spec, root, report),
        ("CronJob", Some(spec)) => job::cron_job(spec, report),
        ("Service", Some(spec)) => service::check(spec, report),
        ("Ingress", Some(spec)) => ingress::check(spec, report),
        ("NetworkPolicy", Some(spec)) => network_policy::check(spec, report),
        ("PersistentVolumeClaim", Some(spec)) => claim::check(spec, report),
        ("HorizontalPodAutoscaler", Some(spec)) => autoscaler::check(spec, report),
        ("PodDisruptionBudget", Some(spec)) => budget::check(spec, report),
        ("PersistentVolume", Some(spec)) => persistent_volume::check(spec, false, report),
        ("LimitRange", Some(spec)) => limit_range::check(spec, report),
        ("ResourceQuota", Some(spec)) => quota::check(spec, report),
        ("ResourceClaim", Some(spec)) => device::check(spec, report),
        (kind, _) => whole_object(kind, root, report),
    }
}

/// The kinds that have more to check than their spec, or no spec.
fn whole_object<'t>(kind: &str, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match kind {
        "APIService" => api_service::check(root, report),
        "CSIDriver" => csi::driver(root, report),
        "CSINode" => csi::node(root, report),
        "CSIStorageCapacity" => csi::capacity(root, report),
        "CertificateSigningRequest" => signing_request::check(root, report),
        "ControllerRevision" => workload::revision(root, report),
        "CustomResourceDefinition" => definition::check(root, report),
        "DeviceClass" => device::class(root, report),
        "EndpointSlice" => endpoint_slice::check(root, report),
        "Event" => event::check(root, report),
        "FlowSchema" => flow_control::schema(root, report),
        "IPAddress" => service_address::address(root, report),
        "IngressClass" => ingress_class::check(root, report),
        "MutatingAdmissionPolicy" | "ValidatingAdmissionPolicy" => {
            admission_policy::policy(root, report);
        }
        "MutatingAdmissionPolicyBinding" | "ValidatingAdmissionPolicyBinding" => {
            admission_policy::binding(root, report);
        }
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            webhook::check(root, report);
        }
        "Lease" => lease::check(root, report),
        "Namespace" => namespace::check(root, report),
        "Node" => node::check(root, report),
        "PriorityClass" => {
            report.set_word(field(root, "preemptionPolicy"), &["Never", "PreemptLowerPriority"]);
            // Above are those of the cluster itself.
            let name = root.at_path(&["metadata", "name"]).map_or("", NodeRef::text);
            if !name.starts_with("system-") {
                report.range(field(root, "value"), i64::from(i32::MIN), 1_000_000_000);
            }
        }
        "PriorityLevelConfiguration" => flow_control::level(root, report),
        "ResourceClaimTemplate" => device::template(root, report),
        "RuntimeClass" => runtime_class::check(root, report),
        "ServiceCIDR" => service_address::cidrs(root, report),
        "StorageClass" => storage_class::check(root, report),
        "VolumeAttachment" => csi::attachment(root, report),
        "VolumeAttributesClass" => storage_class::attributes(root, report),
        _ => {}
    }
}

/// Says of an object without a spec which field the server misses in it.
fn no_spec<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (name, path) = match text(root, "kind") {
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" => {
            ("spec", ".spec.selector")
        }
        "DaemonSet" | "Job" => ("spec", ".spec.template.spec.containers"),
        "CronJob" => ("spec", ".spec.schedule"),
        "FlowSchema" => ("spec", ".spec.priorityLevelConfiguration.name"),
        "HorizontalPodAutoscaler" => ("spec", ".spec.maxReplicas"),
        "IPAddress" => ("spec", ".spec.parentRef"),
        "Ingress" => ("spec", ".spec"),
        "MutatingAdmissionPolicy" | "ValidatingAdmissionPolicy" => {
            ("spec", ".spec.matchConstraints")
        }
        "MutatingAdmissionPolicyBinding" | "ValidatingAdmissionPolicyBinding" => {
            ("spec", ".spec.policyName")
        }
        "PersistentVolume" | "PersistentVolumeClaim" => ("spec", ".spec.accessModes"),
        "PodTemplate" if field(root, "template").is_none() => {
            ("template", ".template.spec.containers")
        }
        "PriorityLevelConfiguration" => ("spec", ".spec.type"),
        "Service" => ("spec", ".spec.ports"),
        _ => return,
    };
    report.missing_as(root, name, path, format!("add `{name}`"));
}

/// Where the rules write what they find in one object.
struct Report<'t, 'o> {
    root: NodeRef<'t>,
    author: Author,
    version: Version,
    /// What it may take to compile patterns.
    budget: Budget,
    findings: &'o mut Vec<Finding>,
}

impl<'t> Report<'t, '_> {
    #[cold]
    fn error(
        &mut self,
        code: Code,
        node: NodeRef<'t>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let finding = Finding::error(code, self.root, node, message.into());
        self.findings.push(finding.help(help));
    }

    /// A finding at a node, for the caller to complete.
    #[cold]
    fn at(&self, code: Code, node: NodeRef<'t>, message: impl Into<String>) -> Finding {
        Finding::error(code, self.root, node, message.into())
    }

    #[cold]
    fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Reports that a map lacks a field, or has it empty.
    #[cold]
    fn missing(&mut self, holder: NodeRef<'t>, name: &str, help: impl Into<String>) {
        let finding = match field(holder, name) {
            Some(node) => self.at(Code::MissingObjectField, node, format!("`{name}` is empty")),
            None => Finding::missing(self.root, holder, name),
        };
        self.push(finding.help(help));
    }

    /// Reports that a map lacks a field, of which the server names what it would hold.
    #[cold]
    fn missing_as(&mut self, holder: NodeRef<'t>, name: &str, path: &str, help: impl Into<String>) {
        let finding = Finding::missing(self.root, holder, name);
        self.push(finding.as_server(self.root, holder, path).help(help));
    }

    /// Requires a text that is not empty, and hands it on.
    fn required(&mut self, holder: NodeRef<'t>, name: &str) -> Option<NodeRef<'t>> {
        let node = field(holder, name).filter(|node| !node.text().is_empty());
        // A map or a list there is the schema's to report.
        if node.is_none() && field(holder, name).is_none_or(|node| node.kind() == Kind::Str) {
            self.missing(holder, name, format!("add `{name}`"));
        }
        node
    }

    /// Checks the form of a name that must not be empty where it is set.
    fn set_name(&mut self, form: NameForm, node: Option<NodeRef<'t>>) {
        match node {
            Some(node)
                if node.text().is_empty() && matches!(node.kind(), Kind::Str | Kind::Null) =>
            {
                let message = "the name is empty";
                self.error(Code::NameNotAllowed, node, message, "write a name, or delete it");
            }
            _ => self.name(form, node),
        }
    }

    /// Checks that a field is there and has the form of a label's key.
    fn qualified_name(&mut self, holder: NodeRef<'t>, name: &str) {
        self.required_name(NameForm::QualifiedName, holder, name);
    }

    /// Requires a name of a form.
    fn required_name(&mut self, form: NameForm, holder: NodeRef<'t>, name: &str) {
        let node = self.required(holder, name);
        self.name(form, node);
    }

    /// Reports a field that has no place there.
    fn forbidden(
        &mut self,
        holder: NodeRef<'t>,
        name: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if let Some(node) = field(holder, name) {
            self.error(Code::Contradiction, node, message, help);
        }
    }

    /// Checks that a text is one of some words. An empty one is none.
    fn word(&mut self, node: Option<NodeRef<'t>>, words: &[&str]) {
        let Some((node, text)) = node.and_then(|node| Some((node, node.as_str()?))) else { return };
        if text.is_empty() || words.contains(&text) {
            return;
        }
        let finding = self.at(
            Code::ValueNotAllowed,
            node,
            format!("`{text}` is none of `{}`", words.join("`, `")),
        );
        self.push(match nearest(text, words.iter().copied()) {
            Some(near) => finding.help(format!("write `{near}`")).replace(near),
            None => finding.help(format!("write `{}`", words.join("` or `"))),
        });
    }

    /// Reports a text that is there and empty.
    fn not_empty(&mut self, node: NodeRef<'t>) {
        if node.as_str() == Some("") || node.kind() == Kind::Null {
            self.error(Code::ValueNotAllowed, node, "the text is empty", "write it, or delete it");
        }
    }

    /// Checks that a text that is set is one of some words.
    fn set_word(&mut self, node: Option<NodeRef<'t>>, words: &[&str]) {
        match node {
            Some(node) if node.as_str() == Some("") || node.kind() == Kind::Null => {
                let help = format!("write `{}`, or delete the field", words.join("` or `"));
                self.error(Code::ValueNotAllowed, node, "the value is empty", help);
            }
            _ => self.word(node, words),
        }
    }

    /// Requires a field that is one of some words.
    fn required_word(&mut self, holder: NodeRef<'t>, name: &str, words: &[&str]) {
        match field(holder, name).filter(|node| node.as_str() != Some("")) {
            None => self.missing(holder, name, format!("write `{}`", words.join("` or `"))),
            node => self.word(node, words),
        }
    }

    /// Requires a list with an item.
    fn required_items(&mut self, holder: NodeRef<'t>, name: &str, help: &str) {
        if items(holder, name).next().is_none() {
            self.missing(holder, name, help);
        }
    }

    /// Checks how long a list is.
    fn at_most(&mut self, list: NodeRef<'t>, most: usize) {
        let count = list.items().count();
        if count > most {
            let message = format!("the list has {count} items, more than {most}");
            self.error(Code::ValueNotAllowed, list, message, "make it shorter");
        }
    }

    /// The path of a finding below a node, with its dot.
    #[cold]
    fn path_below(&self, node: NodeRef<'t>, index: usize) -> String {
        let finding = &self.findings[index];
        let above = self.at(Code::ValueNotAllowed, node, "").path;
        let below = |path: &str| path.strip_prefix(&above).map(str::to_owned);
        below(finding.server_path()).or_else(|| below(&finding.path)).unwrap_or_default()
    }

    /// Says of the findings from the one numbered `from` on that the server names `node`.
    fn as_server(&mut self, from: usize, node: NodeRef<'t>) {
        for finding in &mut self.findings[from..] {
            finding.name_for_server(self.root, node, "");
        }
    }

    /// Reports an item that stands for the same as an earlier one of its list.
    #[cold]
    fn repeated(&mut self, code: Code, first: NodeRef<'t>, again: NodeRef<'t>, message: String) {
        let finding = Finding::error(code, self.root, again, message);
        self.findings.push(finding.also(first.at(), "first here").help("change one of the two"));
    }

    /// Checks the form of a name. An empty one is none: where a name is required, the schema
    /// has said so.
    fn name(&mut self, form: NameForm, node: Option<NodeRef<'t>>) {
        let named = |node: NodeRef<'t>| node.as_str().filter(|text| !text.is_empty());
        let Some((node, text)) = node.and_then(|node| Some((node, named(node)?))) else {
            return;
        };
        if let Err(error) = form.check(text) {
            let finding = Finding::error(
                Code::NameNotAllowed,
                self.root,
                node,
                format!("the name `{text}` {error}"),
            );
            self.findings.push(finding);
        }
    }

    /// Checks that an integer lies in a range.
    fn range(&mut self, node: Option<NodeRef<'t>>, least: i64, most: i64) {
        let Some((node, number)) = node.and_then(|node| Some((node, node.as_i64()?))) else {
            return;
        };
        if !(least..=most).contains(&number) {
            let help = match most {
                i64::MAX => format!("write {least} or more"),
                _ => format!("write a number from {least} to {most}"),
            };
            self.error(Code::ValueNotAllowed, node, format!("{number} is out of range"), help);
        }
    }

    /// Checks that exactly one of some fields is set.
    fn exactly_one(&mut self, node: NodeRef<'t>, fields: &[&str], of: &str) {
        let set: Vec<NodeRef<'t>> = fields.iter().filter_map(|name| field(node, name)).collect();
        match set[..] {
            [_] => {}
            [] => {
                let message = format!("{of} needs one of `{}`", fields.join("`, `"));
                self.error(Code::Contradiction, node, message, "write exactly one of them");
            }
            [first, second, ..] => {
                let (a, b) = (first.key().unwrap_or_default(), second.key().unwrap_or_default());
                let message = format!("{of} has both `{a}` and `{b}`");
                self.error(Code::Contradiction, second, message, "write exactly one of them");
            }
        }
    }
}

/// The fields that are there.
fn fields(node: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    node.entries().filter(|entry| entry.kind() != Kind::Null)
}

/// The value of an integer field.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the symbol of a constant name is a constant")]
fn number(node: NodeRef<'_>, name: &str) -> Option<i64> {
    node.get(name).and_then(NodeRef::as_i64)
}

/// Whether a field is true.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the symbol of a constant name is a constant")]
fn flag(node: NodeRef<'_>, name: &str) -> bool {
    node.get(name).and_then(NodeRef::as_bool) == Some(true)
}

/// An amount that is a number or a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Number(i64),
    Percent(i64),
}

impl Amount {
    fn of(node: NodeRef<'_>) -> Option<Self> {
        match node.kind() {
            Kind::Int => node.as_i64().map(Self::Number),
            Kind::Str => {
                let digits = node.text().strip_suffix('%')?;
                let number = digits.bytes().all(|byte| byte.is_ascii_digit());
                number.then(|| digits.parse().ok().map(Self::Percent)).flatten()
            }
            _ => None,
        }
    }

    fn is_zero(self) -> bool {
        matches!(self, Self::Number(0) | Self::Percent(0))
    }
}

impl<'t> Report<'t, '_> {
    /// Checks a number of pods: not negative, or a percentage of at most `most`.
    fn amount(&mut self, node: Option<NodeRef<'t>>, most: i64) -> Option<Amount> {
        let node = node?;
        let amount = Amount::of(node);
        let good = match amount {
            Some(Amount::Number(number)) => number >= 0,
            Some(Amount::Percent(percent)) => percent <= most,
            None => !matches!(node.kind(), Kind::Int | Kind::Str),
        };
        if !good {
            let message = format!("`{}` is no number of pods", node.text());
            let help = "write a number such as 1 or a percentage such as 25%";
            self.error(Code::ValueNotAllowed, node, message, help);
        }
        amount
    }
}

#[cfg(test)]
mod tests;
