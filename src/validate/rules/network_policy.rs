//! Network policies: `k8s.io/kubernetes/pkg/apis/networking/validation`.

use super::{Report, field, items, metadata};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(types) = field(spec, "policyTypes") {
        report.at_most(types, 2);
        for of in types.items() {
            report.set_word(Some(of), &["Ingress", "Egress"]);
        }
    }
    metadata::selector(field(spec, "podSelector"), report);
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in items(spec, rules) {
            for port in items(rule, "ports") {
                check_port(port, report);
            }
            for peer in items(rule, peers) {
                check_peer(peer, report);
            }
        }
    }
}

fn check_port<'t>(port: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.set_word(field(port, "protocol"), &["TCP", "UDP", "SCTP"]);
    let number = field(port, "port");
    match number {
        Some(number) if number.kind() == Kind::Int => report.range(Some(number), 1, 65_535),
        number => report.set_name(NameForm::PortName, number),
    }
    let Some(end) = field(port, "endPort") else { return };
    report.range(Some(end), 1, 65_535);
    match number.and_then(NodeRef::as_i64) {
        None => {
            let message = "`endPort` needs a `port` that is a number";
            report.error(Code::Ports, end, message, "write the first port of the range");
        }
        Some(start) if end.as_i64().is_some_and(|end| end < start) => {
            let message = "the range of ports ends before it starts";
            report.error(Code::Ports, end, message, format!("write {start} or more"));
        }
        Some(_) => {}
    }
}

fn check_peer<'t>(peer: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let selectors = [field(peer, "podSelector"), field(peer, "namespaceSelector")];
    for selector in selectors {
        metadata::selector(selector, report);
    }
    let selects = selectors.iter().any(Option::is_some);
    match field(peer, "ipBlock") {
        None if !selects => {
            let message = "the peer is nobody";
            let help = "write `podSelector`, `namespaceSelector` or `ipBlock`";
            report.error(Code::Contradiction, peer, message, help);
        }
        Some(block) if selects => {
            let message = "a peer is either pods or addresses";
            let finding = report.at(Code::Contradiction, block, message);
            let finding = finding.as_server(report.root, peer, "");
            report.push(finding.help("make it two peers"));
        }
        Some(block) => check_block(block, report),
        None => {}
    }
}

fn check_block<'t>(block: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(node) = report.required(block, "cidr") else { return };
    let cidr = report.block(node);
    for except in items(block, "except") {
        if let (Some(inner), Some(cidr)) = (report.block(except), cidr)
            && !cidr.holds(inner)
        {
            let message = format!("`{}` is not strictly inside of the block", except.text());
            let help = format!("write a part of {}", node.text());
            report.error(Code::ValueNotAllowed, except, message, help);
        }
    }
}
