//! Requests and limits: `ValidateContainerResourceRequirements` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`, with the names of resources from
//! `pkg/apis/core/helper`.

use std::collections::BTreeMap;

use super::pod::Pod;
use super::{Report, field, item, items, text};
use crate::diagnostic::{Code, nearest};
use crate::k8s::{Feature, NameForm, Quantity};
use crate::source::{Kind, NodeRef};
use crate::validate::finding::Finding;

/// The resources that any container may ask for, shared between containers.
pub const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

pub fn check<'t>(resources: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    amounts(resources, &is_of_container, "a container", report);
    let claims = field(resources, "claims");
    if let Some(claims) = claims.filter(|_| pod.version.has(Feature::DynamicResourceAllocation)) {
        claims_of(claims, pod, report);
    }
}

/// Checks the overhead of a pod, which the server reads as limits.
pub fn overhead<'t>(overhead: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for entry in overhead.entries() {
        let found = report.findings.len();
        amount(entry, &is_of_container, "a container", report);
        let key = entry.key().unwrap_or_default();
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, overhead, &format!(".limits[{key}]"));
        }
    }
}

/// Checks `requests` and `limits`, each for itself and against the other.
pub fn amounts<'t>(
    resources: NodeRef<'t>,
    known: &dyn Fn(&str) -> bool,
    of: &str,
    report: &mut Report<'t, '_>,
) {
    let (requests, limits) = (field(resources, "requests"), field(resources, "limits"));
    for map in [limits, requests].into_iter().flatten() {
        for entry in map.entries() {
            let found = report.findings.len();
            amount(entry, known, of, report);
            let key = entry.key().unwrap_or_default();
            for finding in &mut report.findings[found..] {
                finding.name_for_server(report.root, map, &format!("[{key}]"));
            }
        }
    }
    for request in requests.into_iter().flat_map(NodeRef::entries) {
        compare(resources, request, limits, report);
    }
    let asks = |wanted: &dyn Fn(&str) -> bool| {
        let all = [limits, requests].into_iter().flatten().flat_map(NodeRef::entries);
        all.filter_map(NodeRef::key).any(wanted)
    };
    if asks(&is_huge) && !asks(&|name| matches!(name, "cpu" | "memory")) {
        let message = "huge pages come with cpu or memory";
        let help = "add a request or a limit of `cpu` or `memory`";
        report.error(Code::Resources, resources, message, help);
    }
}

fn compare<'t>(
    resources: NodeRef<'t>,
    request: NodeRef<'t>,
    limits: Option<NodeRef<'t>>,
    report: &mut Report<'t, '_>,
) {
    let name = request.key().unwrap_or_default();
    let shared = is_native(name) && !is_huge(name);
    let Some(limit) = limits.and_then(|limits| limits.get(name)) else {
        if !shared && name.contains(['/', '-']) {
            let message = format!("there is no limit of {name}, which containers do not share");
            let finding = report.at(Code::Resources, request, message);
            let finding = finding.as_server(report.root, resources, ".limits");
            report.push(finding.help("write the same amount under `limits`"));
        }
        return;
    };
    let (Some(asked), Some(most)) = (quantity(request), quantity(limit)) else { return };
    let message = if !shared && asked != most {
        format!("the request of {asked} {name} is not the limit of {most}")
    } else if asked > most {
        format!("the request of {asked} {name} is above the limit of {most}")
    } else {
        return;
    };
    let help = if shared {
        "lower the request or raise the limit"
    } else {
        "this resource is not shared: write the same amount for both"
    };
    let finding = report.at(Code::Resources, request, message);
    let finding = finding.as_server(report.root, resources, ".requests");
    report.push(finding.also(limit.at(), "the limit").help(help));
}

fn amount<'t>(
    entry: NodeRef<'t>,
    known: &dyn Fn(&str) -> bool,
    of: &str,
    report: &mut Report<'t, '_>,
) {
    let name = entry.key().unwrap_or_default();
    if !known(name) {
        let message = format!("{of} has no resource `{name}`");
        let finding = Finding::error_at_key(Code::Resources, report.root, entry, message);
        report.push(match nearest(name, STANDARD) {
            Some(near) => finding.help(format!("write `{near}`")),
            None => finding.help(format!(
                "the resources are `{}`, and those of devices such as `nvidia.com/gpu`",
                STANDARD.join("`, `")
            )),
        });
    }
    let Some(quantity) = quantity(entry) else { return };
    if quantity.is_negative() {
        let message = format!("{} is less than 0", entry.text());
        report.error(Code::Resources, entry, message, "write 0 or more");
    }
    if !is_native(name) && !quantity.is_whole() {
        let message = format!("{} is no number of whole devices", entry.text());
        report.error(Code::Resources, entry, message, "write a whole number");
    }
    if let Some(size) = name.strip_prefix("hugepages-") {
        let size: Option<Quantity> = size.parse().ok();
        let size = size.filter(|size| *size > Quantity::default() && size.is_whole());
        if size.is_none_or(|size| quantity.nanos() % size.nanos() != 0) {
            let message = format!("{} is no number of pages of that size", entry.text());
            report.error(Code::Resources, entry, message, "write a multiple of the page's size");
        }
    }
}

/// `validateResourceClaimNames`.
fn claims_of<'t>(claims: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for claim in claims.items() {
        let found = report.findings.len();
        if let Some(name) = report.required(claim, "name")
            && item(pod.spec, "resourceClaims", &["name"], name.text()).is_none()
        {
            let message = format!("the pod has no claim `{}`", name.text());
            let finding = report.at(Code::Resources, name, message);
            let own = items(pod.spec, "resourceClaims").map(|claim| text(claim, "name"));
            report.push(match nearest(name.text(), own) {
                Some(near) => finding.help(format!("write `{near}`")).replace(near),
                None => finding.help("add it to `resourceClaims` of the pod"),
            });
        }
        report.as_server(found, claim);
        report.name(NameForm::DnsLabel, field(claim, "request"));
    }
    clashes(claims, report);
}

/// A claim as a whole clashes with each of its requests.
fn clashes<'t>(claims: NodeRef<'t>, report: &mut Report<'t, '_>) {
    // The first of each claim and request, and of each claim with whichever request.
    let mut firsts: BTreeMap<(&str, Option<&str>), NodeRef<'t>> = BTreeMap::new();
    for claim in claims.items().filter(|claim| !text(*claim, "name").is_empty()) {
        let (name, request) = (text(claim, "name"), text(claim, "request"));
        let clashing: &[_] = if request.is_empty() { &[None] } else { &[Some(request), Some("")] };
        let earlier = clashing.iter().filter_map(|request| firsts.get(&(name, *request)));
        if let Some(first) = earlier.copied().min_by_key(|earlier| earlier.index()) {
            let message = format!("the claim `{name}` is there already");
            report.repeated(Code::RepeatedItem, first, claim, message);
        }
        for key in [None, Some(request)] {
            firsts.entry((name, key)).or_insert(claim);
        }
    }
}

/// Whether a container may ask for a resource: `validateContainerResourceName`.
pub fn is_of_container(name: &str) -> bool {
    let is_added = || {
        if name.contains('/') { is_native(name) || is_extended(name) } else { is_huge(name) }
    };
    STANDARD.contains(&name) || NameForm::QualifiedName.check(name).is_ok() && is_added()
}

/// Whether a resource is one of Kubernetes' own: `IsNativeResource`.
pub fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

pub fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Whether a resource is one that a cluster adds: `IsExtendedResourceName`.
pub fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && NameForm::QualifiedName.check(&format!("requests.{name}")).is_ok()
}

/// The amount that a node says. The server reads null as 0.
pub fn quantity(node: NodeRef<'_>) -> Option<Quantity> {
    if node.kind() == Kind::Null {
        return Some(Quantity::default());
    }
    Quantity::of_server(node.text().trim()).ok()
}
