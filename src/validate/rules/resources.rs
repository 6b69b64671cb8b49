//! Requests and limits: `ValidateResourceRequirements` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field};
use crate::diagnostic::Code;
use crate::k8s::Quantity;
use crate::source::NodeRef;
use crate::validate::finding::Finding;

/// The resources that any container may ask for; all others are `domain/name`.
const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

pub fn check<'t>(resources: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(resources) = resources else { return };
    let (requests, limits) = (field(resources, "requests"), field(resources, "limits"));
    for amount in [requests, limits].into_iter().flatten().flat_map(NodeRef::entries) {
        amount_of(amount, report);
    }
    let Some(limits) = limits else { return };
    for request in requests.into_iter().flat_map(NodeRef::entries) {
        let name = request.key().unwrap_or_default();
        let Some(limit) = limits.get(name) else { continue };
        let (Some(asked), Some(most)) = (quantity(request), quantity(limit)) else { continue };
        let shared = STANDARD.contains(&name);
        let message = if asked > most {
            format!("the request of {asked} {name} is above the limit of {most}")
        } else if !shared && asked != most {
            format!("the request of {asked} {name} is not the limit of {most}")
        } else {
            continue;
        };
        let help = if shared {
            "lower the request or raise the limit"
        } else {
            "this resource is not shared: write the same amount for both"
        };
        let finding = Finding::error(Code::Resources, report.root, request, message);
        report.findings.push(finding.also(limit.at(), "the limit").help(help));
    }
}

fn amount_of<'t>(amount: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let name = amount.key().unwrap_or_default();
    let known = STANDARD.contains(&name) || name.starts_with("hugepages-") || name.contains('/');
    if !known {
        let finding = Finding::error_at_key(
            Code::Resources,
            report.root,
            amount,
            format!("a container has no resource `{name}`"),
        );
        report.findings.push(finding.help(format!(
            "the resources are `{}`, and those of devices such as `nvidia.com/gpu`",
            STANDARD.join("`, `")
        )));
    }
    if quantity(amount).is_some_and(Quantity::is_negative) {
        let message = format!("{} is less than 0", amount.text());
        report.error(Code::Resources, amount, message, "write 0 or more");
    }
}

pub fn quantity(node: NodeRef<'_>) -> Option<Quantity> {
    node.text().trim().parse().ok()
}
