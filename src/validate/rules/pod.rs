//! Pods and what makes them: `ValidatePodSpec`, `ValidatePodTemplateSpec` and
//! `ValidatePodCreate` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{
    Report, affinity, container, dns, field, flag, item, items, metadata, number, pod_annotations,
    pod_resources, repeated, security_context, spread, text, toleration, volume,
};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm, Version};
use crate::source::NodeRef;
use crate::validate::Author;

/// What the rules of one part of a pod ask of another part.
#[derive(Clone, Copy)]
pub struct Pod<'t> {
    /// The object that the pod is, or that makes it.
    pub root: NodeRef<'t>,
    /// The pod's own metadata and spec.
    pub template: NodeRef<'t>,
    /// Its spec.
    pub spec: NodeRef<'t>,
    /// The version of Kubernetes.
    pub version: Version,
}

impl<'t> Pod<'t> {
    /// Whether the object is the pod itself.
    pub fn is_object(self) -> bool {
        text(self.root, "kind") == "Pod"
    }

    /// The operating system that it says it is for.
    pub fn os(self) -> &'t str {
        field(self.spec, "os").map_or("", |os| text(os, "name"))
    }

    /// Whether it runs in the host's network.
    pub fn host_network(self) -> bool {
        flag(self.spec, "hostNetwork")
    }

    /// Whether it has users of its own, apart from the host's.
    pub fn own_users(self) -> bool {
        self.spec.get("hostUsers").and_then(NodeRef::as_bool) == Some(false)
    }

    /// The seconds that it gets to end, with the server's default.
    pub fn grace_period(self) -> i64 {
        number(self.spec, "terminationGracePeriodSeconds").unwrap_or(30)
    }

    /// Whether nothing in it ever restarts.
    pub fn never_restarts(self) -> bool {
        text(self.spec, "restartPolicy") == "Never"
    }

    /// The volumes that containers may mount: those that a StatefulSet claims for each of its
    /// pods stand for those of the same name.
    pub fn volumes(self) -> impl Iterator<Item = Volume<'t>> + Clone {
        let claims = self.claims().into_iter().flat_map(NodeRef::items);
        let claims = claims.filter_map(|claim| claim.at_path(NAME));
        let claimed = claims.map(|name| Volume { name: name.text(), source: None });
        let own = items(self.spec, "volumes");
        let own = own.map(|volume| Volume { name: text(volume, "name"), source: Some(volume) });
        claimed.chain(own)
    }

    /// The volume of that name that containers may mount.
    pub fn volume(self, name: &str) -> Option<Volume<'t>> {
        let claim = self.claims().and_then(|claims| claims.item_with(NAME, name));
        let volume = |of| Volume { name: text(of, "name"), source: Some(of) };
        match claim.and_then(|claim| claim.at_path(NAME)) {
            Some(claimed) => Some(Volume { name: claimed.text(), source: None }),
            None => item(self.spec, "volumes", &["name"], name).map(volume),
        }
    }

    /// The claims that a StatefulSet makes for each of its pods.
    fn claims(self) -> Option<NodeRef<'t>> {
        let is_set = text(self.root, "kind") == "StatefulSet";
        self.root.at_path(&["spec", "volumeClaimTemplates"]).filter(|_| is_set)
    }
}

/// Where the name of an object stands.
const NAME: &[&str] = &["metadata", "name"];

/// Something that a container can mount.
#[derive(Clone, Copy)]
pub struct Volume<'t> {
    /// Its name.
    pub name: &'t str,
    /// The volume; none for a claim of a StatefulSet.
    pub source: Option<NodeRef<'t>>,
}

impl Volume<'_> {
    /// Whether it is a claim, which can be used as a block device.
    pub fn is_claim(self) -> bool {
        self.source.is_none_or(|volume| {
            ["persistentVolumeClaim", "ephemeral"].iter().any(|kind| field(volume, kind).is_some())
        })
    }
}

pub fn check<'t>(template: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let is_object = text(root, "kind") == "Pod";
    if !is_object && let Some(metadata) = field(template, "metadata") {
        metadata::of_template(metadata, template, report);
    }
    let spec = field(template, "spec");
    // The controller can make no pod of a wrong template, but that is not for the server to say.
    if report.author == Author::Other
        && !report.version.has(Feature::StatefulSetTemplates)
        && text(root, "kind") == "StatefulSet"
    {
        return;
    }
    let Some(spec) = spec else {
        let help = "add `spec: { containers: [...] }`";
        return report.missing_as(template, "spec", ".spec.containers", help);
    };
    let pod = Pod { root, template, spec, version: report.version };
    pod_annotations::check(pod, report);
    fields(pod, report);
    container::check(pod, report);
    security_context::hosts(pod, report);
    if is_object {
        created(pod, report);
    } else if let Some(ephemeral) = field(spec, "ephemeralContainers")
        && !ephemeral.is_empty()
    {
        let message = "a template has no ephemeral containers";
        report.error(Code::Contradiction, ephemeral, message, "delete `ephemeralContainers`");
    }
}

/// The fields of a pod, each for itself.
fn fields<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let spec = pod.spec;
    // A StatefulSet's controller writes both over.
    let named_by_controller = text(pod.root, "kind") == "StatefulSet";
    for entry in super::fields(spec) {
        let node = Some(entry);
        match entry.key().unwrap_or_default() {
            "activeDeadlineSeconds" => report.range(node, 1, i64::from(i32::MAX)),
            "affinity" => affinity::check(entry, report),
            "dnsConfig" | "dnsPolicy" | "hostAliases" | "hostnameOverride" => {
                dns::check(entry, pod, report);
            }
            "hostname" | "subdomain" if !named_by_controller => {
                report.name(NameForm::DnsLabel, node);
            }
            "nodeName" | "priorityClassName" | "serviceAccountName" => {
                report.name(NameForm::DnsSubdomain, node);
            }
            // The old name of the field counts where the new one says nothing.
            "serviceAccount" if text(spec, "serviceAccountName").is_empty() => {
                let found = report.findings.len();
                report.name(NameForm::DnsSubdomain, node);
                for finding in &mut report.findings[found..] {
                    finding.name_for_server(report.root, spec, ".serviceAccountName");
                }
            }
            "runtimeClassName" => report.set_name(NameForm::DnsSubdomain, node),
            "nodeSelector" => metadata::labels(node, report),
            "os" => os(entry, report),
            "overhead" => super::resources::overhead(entry, report),
            "readinessGates" => {
                for gate in entry.items() {
                    report.qualified_name(gate, "conditionType");
                }
            }
            "resources" if pod.version.has(Feature::PodLevelResources) => {
                pod_resources::check(entry, pod, report);
            }
            "resourceClaims" if pod.version.has(Feature::DynamicResourceAllocation) => {
                resource_claims(entry, report);
            }
            "schedulingGates" => scheduling_gates(entry, report),
            "securityContext" => security_context::of_pod(entry, pod, report),
            "tolerations" => toleration::check(entry, report),
            "topologySpreadConstraints" => spread::check(entry, report),
            "volumes" => volume::check(entry, pod, report),
            _ => {}
        }
    }
}

fn os<'t>(os: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match text(os, "name") {
        "" => report.missing(os, "name", "write `linux` or `windows`"),
        "linux" | "windows" => {}
        other => {
            let name = field(os, "name").unwrap_or(os);
            let message = format!("`{other}` is no operating system that pods run on");
            let finding = report.at(Code::ValueNotAllowed, name, message);
            let finding = finding.as_server(report.root, os, "");
            report.push(finding.help("write `linux` or `windows`"));
        }
    }
}

fn scheduling_gates<'t>(gates: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for gate in gates.items() {
        if let Err(error) = NameForm::QualifiedName.check(text(gate, "name")) {
            let node = field(gate, "name").unwrap_or(gate);
            let finding = report.at(
                Code::NameNotAllowed,
                node,
                format!("the name `{}` of a scheduling gate {error}", text(gate, "name")),
            );
            let finding = finding.as_server(report.root, gate, "");
            report.push(finding.help("write a name such as `example.com/quota`"));
        }
    }
    for (first, again) in repeated(&gates.items(), |gate| Some(text(gate, "name"))) {
        let message = format!("the gate `{}` is there already", text(again, "name"));
        report.repeated(Code::RepeatedItem, first, again, message);
    }
}

/// `validatePodResourceClaims`.
fn resource_claims<'t>(claims: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for claim in claims.items() {
        report.required_name(NameForm::DnsLabel, claim, "name");
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        match sources.map(|name| field(claim, name)) {
            [Some(_), Some(template)] => {
                let message = "a claim has both a name and a template";
                let finding = report.at(Code::Contradiction, template, message);
                let finding = finding.as_server(report.root, claim, "");
                report.push(finding.help(
                    "keep `resourceClaimName` to share a claim, or `resourceClaimTemplateName` \
                     to give each pod its own",
                ));
            }
            [None, None] => report.error(
                Code::Contradiction,
                claim,
                "the claim says neither a ResourceClaim nor a template of one",
                "add `resourceClaimName` or `resourceClaimTemplateName`",
            ),
            _ => {}
        }
        for name in sources {
            report.set_name(NameForm::DnsSubdomain, field(claim, name));
        }
    }
    for (first, again) in repeated(&claims.items(), |claim| field(claim, "name").map(NodeRef::text))
    {
        let message = format!("another claim is named `{}`, too", text(again, "name"));
        let again = field(again, "name").unwrap_or(again);
        report.repeated(Code::RepeatedItem, first, again, message);
    }
}

/// What is asked of a Pod that is created, and not of a template: `ValidatePodCreate`, and the
/// admission plugins `Priority` and `RuntimeClass`.
fn created<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let spec = pod.spec;
    if let Some(ephemeral) = field(spec, "ephemeralContainers")
        && !ephemeral.is_empty()
    {
        let message = "a new Pod has no ephemeral containers";
        let help = "delete `ephemeralContainers`; `kubectl debug` adds them to a running Pod";
        report.error(Code::Contradiction, ephemeral, message, help);
    }
    let gated = field(spec, "schedulingGates").is_some_and(|gates| !gates.is_empty());
    if let Some(node) = field(spec, "nodeName")
        && gated
        && !node.text().is_empty()
    {
        let message = "a Pod that waits behind scheduling gates is on no node yet";
        report.error(Code::Contradiction, node, message, "delete `nodeName`, or the gates");
    }
    if text(spec, "priorityClassName").is_empty()
        && let Some(priority) = field(spec, "priority")
        && priority.as_i64().is_some_and(|priority| priority != 0)
    {
        let message = "the priority of a Pod comes from its PriorityClass";
        report.error(Code::Contradiction, priority, message, "write `priorityClassName` instead");
    }
    if text(spec, "runtimeClassName").is_empty()
        && let Some(overhead) = field(spec, "overhead")
        && !overhead.is_empty()
    {
        let message = "the overhead of a Pod comes from its RuntimeClass";
        report.error(Code::Contradiction, overhead, message, "delete it");
    }
}
