//! Services: `ValidateService` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use std::net::IpAddr;

use super::{Report, field, items, metadata, number, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm};
use crate::source::{Kind, NodeRef};

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    metadata::labels(field(spec, "selector"), report);
    let kind = match text(spec, "type") {
        "" => "ClusterIP",
        kind => kind,
    };
    let headless = text(spec, "clusterIP") == "None";
    if kind == "ExternalName" {
        external_name(spec, report);
    } else if items(spec, "ports").next().is_none() && !headless {
        let help = "add a port; only a headless Service (`clusterIP: None`) has none";
        report.missing(spec, "ports", help);
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        let node = field(spec, "clusterIP").unwrap_or(spec);
        let message = format!("a Service of type {kind} cannot be headless");
        let finding = report.at(Code::Contradiction, node, message);
        let finding = finding.as_server(report.root, spec, ".clusterIPs[0]");
        report.push(finding.help("delete `clusterIP`, or write `type: ClusterIP`"));
    }
    ports(spec, kind, report);
    cluster_addresses(spec, kind, report);
    families(spec, kind, report);
    affinity(spec, report);
    outside(spec, kind, report);
    if let Some(distribution) = field(spec, "trafficDistribution") {
        report.not_empty(distribution);
        let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
        let is_new = report.version.has(Feature::PreferSameTrafficDistribution);
        let known = if is_new { &known[..] } else { &known[..1] };
        report.word(Some(distribution), known);
    }
}

fn external_name<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let name = text(spec, "externalName").trim_end_matches('.');
    match field(spec, "externalName") {
        None => report.missing(spec, "externalName", "write the DNS name that it stands for"),
        Some(node) => {
            if let Err(error) = NameForm::DnsSubdomain.check(name) {
                let message = format!("the external name `{name}` {error}");
                report.error(Code::NameNotAllowed, node, message, "write a DNS name");
            }
        }
    }
    for name in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        let set =
            field(spec, name).is_some_and(|node| !(node.kind() == Kind::List && node.is_empty()));
        if set {
            let message = format!("a Service of type ExternalName has no `{name}`");
            report.forbidden(spec, name, message, "delete it");
        }
    }
    if field(spec, "clusterIPs").is_none() && !text(spec, "clusterIP").is_empty() {
        let message = "a Service of type ExternalName has no address";
        let node = field(spec, "clusterIP").unwrap_or(spec);
        let finding = report.at(Code::Contradiction, node, message);
        let finding = finding.as_server(report.root, spec, ".clusterIPs");
        report.push(finding.help("delete `clusterIP`"));
    }
}

fn ports<'t>(spec: NodeRef<'t>, kind: &str, report: &mut Report<'t, '_>) {
    let ports = items(spec, "ports");
    let count = ports.clone().count();
    let name =
        |port: NodeRef<'t>| field(port, "name").map(NodeRef::text).filter(|name| !name.is_empty());
    for (first, again) in repeated(&ports, name) {
        let node = field(again, "name").unwrap_or(again);
        let message = format!("another port is named `{}`, too", node.text());
        report.repeated(Code::Ports, first, node, message);
    }
    let protocol = |port: NodeRef<'t>| match text(port, "protocol") {
        "" => "TCP",
        protocol => protocol,
    };
    let key = |port| number(port, "port").map(|number| (protocol(port), number));
    for (first, again) in repeated(&ports, key) {
        let message =
            format!("another port is {}/{}, too", text_of(again, "port"), protocol(again));
        report.repeated(Code::Ports, first, again, message);
    }
    let on_nodes = |port| {
        number(port, "nodePort").filter(|port| *port != 0).map(|number| (protocol(port), number))
    };
    for (first, again) in repeated(&ports, on_nodes) {
        let node = field(again, "nodePort").unwrap_or(again);
        let message = format!("another port has the port {} on the nodes, too", node.text());
        report.repeated(Code::Ports, first, node, message);
    }
    for port in ports {
        if count > 1 && text(port, "name").is_empty() {
            report.missing(port, "name", "where a Service has several ports, each has a name");
        }
        report.name(NameForm::DnsLabel, field(port, "name"));
        match field(port, "port") {
            None => report.missing(port, "port", "write the port of the Service"),
            port => report.range(port, 1, 65_535),
        }
        report.word(field(port, "protocol"), &["TCP", "UDP", "SCTP"]);
        report.set_name(NameForm::QualifiedName, field(port, "appProtocol"));
        match field(port, "targetPort") {
            Some(target) if target.kind() == Kind::Int => {
                // The server takes 0 for none.
                if target.text() != "0" {
                    report.range(Some(target), 1, 65_535);
                }
            }
            target => report.name(NameForm::PortName, target),
        }
        if let Some(node) = field(port, "nodePort").filter(|node| node.text() != "0") {
            if kind == "ClusterIP" {
                let message = "a Service of type ClusterIP has no port on the nodes";
                report.error(Code::Ports, node, message, "delete `nodePort`");
            } else {
                report.range(Some(node), 1, 65_535);
            }
        }
    }
}

fn text_of<'t>(node: NodeRef<'t>, name: &str) -> &'t str {
    field(node, name).map_or("", NodeRef::text)
}

/// `ValidateServiceClusterIPsRelatedFields`.
fn cluster_addresses<'t>(spec: NodeRef<'t>, kind: &str, report: &mut Report<'t, '_>) {
    if kind == "ExternalName" {
        return;
    }
    let first = field(spec, "clusterIP").filter(|node| !node.text().is_empty());
    let list = field(spec, "clusterIPs").filter(|list| !list.is_empty());
    if let Some(list) = list {
        let leading = list.items().next().map_or("", NodeRef::text);
        match first {
            None => {
                let message = "`clusterIPs` goes with `clusterIP`, and there is none";
                let help = format!("add `clusterIP: {leading}`");
                report.error(Code::Contradiction, list, message, help);
            }
            Some(first) if first.text() != leading => {
                let message = format!("the first of `clusterIPs` is not `{}`", first.text());
                let finding = report.at(Code::Contradiction, list, message);
                let finding = finding.also(first.at(), "the `clusterIP`");
                report.push(finding.help("write the same address in both"));
            }
            Some(_) => {}
        }
        report.at_most(list, 2);
        if list.items().count() > 1 && leading == "None" {
            let message = "`None` stands alone";
            report.error(Code::Contradiction, list, message, "delete the other addresses");
        }
        let read = |address: NodeRef<'t>| match address.text() {
            "None" => None,
            _ => report.address(address),
        };
        let addresses: Vec<IpAddr> = list.items().filter_map(read).collect();
        if let [first, second] = addresses[..]
            && first.is_ipv4() == second.is_ipv4()
        {
            let message = "there are two addresses of the same IP family";
            report.error(Code::Contradiction, list, message, "write one of IPv4 and one of IPv6");
        }
    } else if let Some(address) = first.filter(|address| address.text() != "None") {
        let found = report.findings.len();
        report.address(address);
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, spec, ".clusterIPs[0]");
        }
    }
}

fn families<'t>(spec: NodeRef<'t>, kind: &str, report: &mut Report<'t, '_>) {
    if kind == "ExternalName" {
        return;
    }
    if let Some(policy) = field(spec, "ipFamilyPolicy") {
        report.not_empty(policy);
        report.word(Some(policy), &["PreferDualStack", "RequireDualStack", "SingleStack"]);
    }
    let Some(list) = field(spec, "ipFamilies") else { return };
    agree(spec, list, report);
    report.at_most(list, 2);
    for family in list.items() {
        report.not_empty(family);
        report.word(Some(family), &["IPv4", "IPv6"]);
    }
    for (first, again) in repeated(&list.items(), NodeRef::as_str) {
        let message = format!("`{}` is there already", again.text());
        report.repeated(Code::RepeatedItem, first, again, message);
    }
}

/// Each address is of the family in the same place.
fn agree<'t>(spec: NodeRef<'t>, families: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let first = field(spec, "clusterIP").into_iter();
    let listed = field(spec, "clusterIPs").filter(|list| !list.is_empty());
    let addresses: Vec<NodeRef<'t>> =
        listed.map_or_else(|| first.collect(), |list| list.items().collect());
    for (index, (address, family)) in addresses.into_iter().zip(families.items()).enumerate() {
        let Ok(ip) = address.text().parse::<IpAddr>() else { continue };
        let own = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
        if own != family.text() && matches!(family.text(), "IPv4" | "IPv6") {
            let message = format!("{ip} is no {} address", family.text());
            let finding = report.at(Code::Contradiction, address, message);
            let finding = finding.as_server(report.root, spec, &format!(".clusterIPs[{index}]"));
            report.push(
                finding
                    .also(family.at(), "the family of the address")
                    .help("write an address and a family that go together"),
            );
        }
    }
}

fn affinity<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.word(field(spec, "sessionAffinity"), &["ClientIP", "None"]);
    // Without session affinity the server drops its configuration unread.
    let config = field(spec, "sessionAffinityConfig")
        .filter(|_| text(spec, "sessionAffinity") == "ClientIP");
    if let Some(client) = config.and_then(|config| field(config, "clientIP")) {
        report.range(field(client, "timeoutSeconds"), 1, 86_400);
    }
}

/// What concerns those who come from outside of the cluster.
fn outside<'t>(spec: NodeRef<'t>, kind: &str, report: &mut Report<'t, '_>) {
    let balanced = kind == "LoadBalancer";
    let only_balanced = |report: &mut Report<'t, '_>, name: &str, path: &str| {
        let set = field(spec, name).filter(|node| !(node.kind() == Kind::List && node.is_empty()));
        let Some(node) = set.filter(|_| !balanced) else { return };
        let message = format!("only a Service of type LoadBalancer has `{name}`");
        let finding = report.at(Code::Contradiction, node, message);
        let finding = finding.as_server(report.root, spec, path);
        report.push(finding.help("delete it, or write `type: LoadBalancer`"));
    };
    only_balanced(report, "allocateLoadBalancerNodePorts", ".allocateLoadBalancerNodePorts");
    only_balanced(report, "loadBalancerClass", ".loadBalancerClass");
    only_balanced(report, "loadBalancerSourceRanges", ".LoadBalancerSourceRanges");
    report.set_name(NameForm::QualifiedName, field(spec, "loadBalancerClass").filter(|_| balanced));
    for (index, range) in items(spec, "loadBalancerSourceRanges").enumerate().filter(|_| balanced) {
        let found = report.findings.len();
        report.spaced_block(range);
        for finding in &mut report.findings[found..] {
            finding.name_for_server(
                report.root,
                spec,
                &format!(".LoadBalancerSourceRanges[{index}]"),
            );
        }
    }
    for address in items(spec, "externalIPs") {
        if let Some(ip) = report.address(address).filter(|ip| is_special(*ip)) {
            let message = format!("{ip} is no address that others can reach");
            report.error(Code::ValueNotAllowed, address, message, "write a routable address");
        }
    }
    report.set_word(field(spec, "internalTrafficPolicy"), &["Cluster", "Local"]);
    let reachable = balanced || kind == "NodePort" || items(spec, "externalIPs").next().is_some();
    let policy = field(spec, "externalTrafficPolicy").filter(|policy| policy.as_str() != Some(""));
    match policy {
        Some(policy) if !reachable => {
            let message = "nobody outside of the cluster reaches this Service";
            let help = "delete `externalTrafficPolicy`, or change the type";
            report.error(Code::Contradiction, policy, message, help);
        }
        policy => report.word(policy, &["Cluster", "Local"]),
    }
    let Some(port) = field(spec, "healthCheckNodePort").filter(|port| port.text() != "0") else {
        return;
    };
    if balanced && text(spec, "externalTrafficPolicy") == "Local" {
        report.range(Some(port), 1, 65_535);
    } else {
        let message =
            "only a LoadBalancer with `externalTrafficPolicy: Local` is asked for its health";
        report.error(Code::Contradiction, port, message, "delete `healthCheckNodePort`");
    }
}

/// `ValidateNonSpecialIP`.
fn is_special(address: IpAddr) -> bool {
    let local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    address.is_unspecified() || address.is_loopback() || address.is_multicast() || local
}
