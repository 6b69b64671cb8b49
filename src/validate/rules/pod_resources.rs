//! Resources of a pod as a whole: `validatePodResources` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`. Before 1.34 the server drops them.

use super::pod::Pod;
use super::{Report, field, items, resources, text};
use crate::diagnostic::Code;
use crate::k8s::Quantity;
use crate::source::NodeRef;

pub fn check<'t>(node: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    if pod.os() == "windows" {
        let message = "a Windows pod has no resources as a whole";
        return report.error(Code::Contradiction, node, message, "delete `resources`");
    }
    let message = "a pod as a whole has no claims";
    report.forbidden(node, "claims", message, "write them at a container");
    let known = |name: &str| matches!(name, "cpu" | "memory") || resources::is_huge(name);
    resources::amounts(node, &known, "a pod as a whole", report);
    for request in field(node, "requests").into_iter().flat_map(NodeRef::entries) {
        let name = request.key().unwrap_or_default();
        let asked = total(pod.spec, "requests", name);
        at_least(node, "requests", request, asked, report);
    }
    for limit in field(node, "limits").into_iter().flat_map(NodeRef::entries) {
        let name = limit.key().unwrap_or_default();
        if resources::is_huge(name) {
            at_least(node, "limits", limit, total(pod.spec, "limits", name), report);
        }
        for (index, container) in items(pod.spec, "containers").enumerate() {
            let own = container.at_path(&["resources", "limits", name]);
            let Some((own, most)) = own.zip(resources::quantity(limit)) else { continue };
            if resources::quantity(own).is_some_and(|own| own > most) {
                let message = format!("the limit of the pod is {most}");
                let finding = report.at(Code::Resources, own, message);
                let path = format!(".containers[{index}][{name}].limits");
                let finding = finding.as_server(report.root, node, &path);
                report.push(finding.also(limit.at(), "the limit of the pod").help("lower it"));
            }
        }
    }
}

fn at_least<'t>(
    node: NodeRef<'t>,
    map: &str,
    entry: NodeRef<'t>,
    asked: Quantity,
    report: &mut Report<'t, '_>,
) {
    if resources::quantity(entry).is_some_and(|own| own < asked) {
        let message = format!("the containers add up to {asked}");
        let finding = report.at(Code::Resources, entry, message);
        let name = entry.key().unwrap_or_default();
        let finding = finding.as_server(report.root, node, &format!(".{map}[{name}]"));
        report.push(finding.help(format!("write {asked} or more")));
    }
}

/// What the containers of a pod ask for together: the regular ones and the sidecars run at
/// once, each init container beside the sidecars before it (`AggregateContainerRequests`).
fn total(spec: NodeRef<'_>, map: &str, name: &str) -> Quantity {
    let of = |container: NodeRef<'_>| {
        let own = container.at_path(&["resources", map, name]);
        // The server's own default: a request is the limit where only that is set.
        let own = own.or_else(|| container.at_path(&["resources", "limits", name]));
        own.and_then(resources::quantity).unwrap_or_default()
    };
    let regular = items(spec, "containers").fold(Quantity::default(), |sum, one| sum + of(one));
    let mut sidecars = Quantity::default();
    let mut init = Quantity::default();
    for container in items(spec, "initContainers") {
        if text(container, "restartPolicy") == "Always" {
            sidecars = sidecars + of(container);
            init = init.max(sidecars);
        } else {
            init = init.max(sidecars + of(container));
        }
    }
    init.max(regular + sidecars)
}
