//! The addresses of Services: `ValidateIPAddress` and `ValidateServiceCIDR` of
//! `k8s.io/kubernetes/pkg/apis/networking/validation`.

use super::{Report, field};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

pub fn address<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(name) = root.at_path(&["metadata", "name"]) {
        report.strict_address(name);
    }
    let Some(parent) = root.at_path(&["spec", "parentRef"]) else { return };
    report.name(NameForm::DnsSubdomain, field(parent, "group"));
    report.required_name(NameForm::PathSegment, parent, "resource");
    report.required_name(NameForm::PathSegment, parent, "name");
    report.name(NameForm::PathSegment, field(parent, "namespace"));
}

pub fn cidrs<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let list = root.at_path(&["spec", "cidrs"]).filter(|list| !list.is_empty());
    let Some(list) = list else {
        let holder = field(root, "spec").unwrap_or(root);
        let finding = report.at(Code::MissingObjectField, holder, "there is no `cidrs`");
        let finding = finding.as_server(report.root, root, ".spec.cidrs");
        return report.push(finding.help("add a block of addresses such as 10.96.0.0/16"));
    };
    report.at_most(list, 2);
    let blocks: Vec<_> = list.items().filter_map(|node| report.strict_block(node)).collect();
    if let [first, second] = blocks[..]
        && first.is_v4() == second.is_v4()
    {
        let message = "there are two blocks of the same IP family";
        report.error(Code::Contradiction, list, message, "write one of IPv4 and one of IPv6");
    }
}
