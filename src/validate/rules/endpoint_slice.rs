//! Endpoints by the slice: `ValidateEndpointSlice` of
//! `k8s.io/kubernetes/pkg/apis/discovery/validation`.

use std::net::IpAddr;

use super::{Report, field, items, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_word(root, "addressType", &["FQDN", "IPv4", "IPv6"]);
    for endpoint in items(root, "endpoints") {
        addresses(endpoint, text(root, "addressType"), report);
        report.set_name(NameForm::DnsLabel, field(endpoint, "hostname"));
        report.set_name(NameForm::DnsSubdomain, field(endpoint, "nodeName"));
        let Some(hints) = field(endpoint, "hints") else { continue };
        for (list, form) in
            [("forZones", NameForm::LabelValue), ("forNodes", NameForm::DnsSubdomain)]
        {
            let targets = items(hints, list);
            for target in targets.clone() {
                report.name(form, field(target, "name"));
            }
            for (first, again) in repeated(&targets, |target| Some(text(target, "name"))) {
                let node = field(again, "name").unwrap_or(again);
                let message = format!("`{}` is there already", node.text());
                report.repeated(Code::RepeatedItem, first, node, message);
            }
        }
    }
    let ports = items(root, "ports");
    for port in ports.clone() {
        report.name(NameForm::DnsLabel, field(port, "name"));
        report.set_word(field(port, "protocol"), &["TCP", "UDP", "SCTP"]);
        report.set_name(NameForm::QualifiedName, field(port, "appProtocol"));
    }
    for (first, again) in repeated(&ports, |port| Some(text(port, "name"))) {
        let message = match text(again, "name") {
            "" => "another port has no name, either".to_owned(),
            name => format!("another port is named `{name}`, too"),
        };
        let finding = report.at(Code::Ports, field(again, "name").unwrap_or(again), message);
        let finding = finding.as_server(report.root, again, ".name");
        report.push(finding.also(first.at(), "first here").help("give each port its own name"));
    }
}

fn addresses<'t>(endpoint: NodeRef<'t>, of: &str, report: &mut Report<'t, '_>) {
    let addresses = items(endpoint, "addresses");
    let count = addresses.clone().count();
    match field(endpoint, "addresses") {
        Some(list) if count > 100 => report.at_most(list, 100),
        _ if count == 0 => report.missing(endpoint, "addresses", "add an address"),
        _ => {}
    }
    for address in addresses {
        match of {
            "FQDN" => report.set_name(NameForm::DnsSubdomain, Some(address)),
            "IPv4" | "IPv6" => {
                let ip = match of {
                    "IPv6" => report.strict_address(address),
                    _ => report.address(address),
                };
                let Some(ip) = ip else { continue };
                if ip.is_ipv4() != (of == "IPv4") {
                    let message = format!("{ip} is no {of} address");
                    let finding = report.at(Code::ValueNotAllowed, address, message);
                    let finding = finding.as_server(report.root, endpoint, ".addresses");
                    report.push(finding.help("put it into a slice of its own addressType"));
                }
                if is_special(ip) {
                    let message = format!("{ip} is no address of an endpoint");
                    report.error(Code::ValueNotAllowed, address, message, "write its address");
                }
            }
            _ => {}
        }
    }
}

/// `ValidateEndpointIP`.
fn is_special(address: IpAddr) -> bool {
    let local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    address.is_unspecified() || address.is_loopback() || address.is_multicast() || local
}
