//! Services: `ValidateService` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, items, metadata, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    metadata::labels(field(spec, "selector"), report);
    let kind = match text(spec, "type") {
        "" => "ClusterIP",
        kind => kind,
    };
    let ports = items(spec, "ports");
    let count = ports.clone().count();
    if kind == "ExternalName" {
        let name = text(spec, "externalName").trim_end_matches('.');
        let node = field(spec, "externalName").unwrap_or(spec);
        if let Err(error) = NameForm::DnsSubdomain.check(name) {
            let message = format!("the external name `{name}` {error}");
            report.error(Code::NameNotAllowed, node, message, "write a DNS name");
        }
    } else if count == 0 && text(spec, "clusterIP") != "None" {
        let message = "a Service that is not headless needs a port";
        report.error(Code::Ports, field(spec, "ports").unwrap_or(spec), message, "add `ports`");
    }
    let name = |port: NodeRef<'t>| field(port, "name").map(NodeRef::text);
    for (first, again) in repeated(&ports, name) {
        let message = format!("another port is named `{}`, too", text(again, "name"));
        report.repeated(Code::Ports, first, again, message);
    }
    for port in ports {
        if count > 1 && text(port, "name").is_empty() {
            let message = "where a Service has several ports, each has a name";
            report.error(Code::Ports, port, message, "add `name`");
        }
        report.name(NameForm::DnsLabel, field(port, "name"));
        report.range(field(port, "port"), 1, 65_535);
        match field(port, "targetPort") {
            Some(target) if target.kind() == Kind::Int => report.range(Some(target), 1, 65_535),
            target => report.name(NameForm::PortName, target),
        }
        if let Some(node) = field(port, "nodePort")
            && kind == "ClusterIP"
            && node.text() != "0"
        {
            let message = "a Service of type ClusterIP has no port on the nodes";
            report.error(Code::Ports, node, message, "delete `nodePort`");
        }
    }
}
