//! Ingresses: `k8s.io/kubernetes/pkg/apis/networking/validation`.

use super::{Report, field, items, text};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm};
use crate::source::NodeRef;

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if items(spec, "rules").next().is_none() && field(spec, "defaultBackend").is_none() {
        let message = "an Ingress needs a rule or a default backend";
        report.error(Code::MissingObjectField, spec, message, "add `rules`");
    }
    report.set_name(NameForm::DnsSubdomain, field(spec, "ingressClassName"));
    backend(field(spec, "defaultBackend"), report);
    for rule in items(spec, "rules") {
        host(field(rule, "host"), report);
        let Some(http) = field(rule, "http") else { continue };
        if field(http, "paths").is_some_and(NodeRef::is_empty) {
            let node = field(http, "paths").unwrap_or(http);
            report.error(Code::MissingObjectField, node, "there is no path", "add one");
        }
        for path in items(http, "paths") {
            check_path(path, report);
            backend(field(path, "backend"), report);
        }
    }
    for tls in items(spec, "tls") {
        for name in items(tls, "hosts") {
            host(Some(name), report);
            report.not_empty(name);
        }
        report.name(NameForm::DnsSubdomain, field(tls, "secretName"));
    }
}

fn host<'t>(host: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(host) = host else { return };
    let name = host.text();
    if name.parse::<std::net::IpAddr>().is_ok() {
        let message = format!("`{name}` is an address, not a DNS name");
        return report.error(Code::NameNotAllowed, host, message, "write a DNS name");
    }
    report.name(NameForm::WildcardSubdomain, Some(host));
}

fn check_path<'t>(path: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (of, value) = (text(path, "pathType"), text(path, "path"));
    let strict = matches!(of, "Exact" | "Prefix");
    if !strict && (of != "ImplementationSpecific" || value.is_empty()) {
        return;
    }
    let node = field(path, "path").unwrap_or(path);
    let parts = ["//", "/./", "/../", "%2f", "%2F"];
    if !value.starts_with('/') {
        let message = format!("the path `{value}` does not start with `/`");
        let finding = report.at(Code::ValueNotAllowed, node, message);
        let finding = finding.as_server(report.root, path, ".path");
        report.push(finding.help("write an absolute path"));
    } else if strict
        && (parts.iter().any(|part| value.contains(part))
            || value.ends_with("/..")
            || value.ends_with("/."))
    {
        let message = format!("the path `{value}` is not in its shortest form");
        report.error(Code::ValueNotAllowed, node, message, "leave out `//`, `.` and `..`");
    }
}

fn backend<'t>(backend: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(backend) = backend else { return };
    let found = report.findings.len();
    report.exactly_one(backend, &["resource", "service"], "a backend");
    report.as_server(found, backend);
    if let Some(resource) = field(backend, "resource") {
        report.set_name(NameForm::DnsSubdomain, field(resource, "apiGroup"));
        report.required_name(NameForm::PathSegment, resource, "kind");
        report.required_name(NameForm::PathSegment, resource, "name");
    }
    let Some(service) = field(backend, "service") else { return };
    // The form follows that of the names of Services, which has changed.
    let is_relaxed = report.version.has(Feature::RelaxedServiceNameValidation);
    let form = if is_relaxed { NameForm::DnsLabel } else { NameForm::Dns1035Label };
    report.required_name(form, service, "name");
    let Some(port) = field(service, "port") else {
        let message = "a backend needs the port of the Service";
        let finding = report.at(Code::MissingObjectField, service, message);
        let finding = finding.as_server(report.root, backend, "");
        return report.push(finding.help("add `port`"));
    };
    let name = field(port, "name").filter(|name| name.as_str() != Some(""));
    let number = field(port, "number").filter(|number| number.text() != "0");
    let finding = match (name, number) {
        (Some(name), Some(number)) => {
            let message = "the port of a backend has both `name` and `number`";
            let finding = report.at(Code::Contradiction, number, message);
            finding.also(name.at(), "the name").help("write one of the two")
        }
        (None, None) => {
            let message = "the port of a backend has neither `name` nor `number`";
            report.at(Code::MissingObjectField, port, message).help("write one of the two")
        }
        (name, number) => {
            report.range(number, 1, 65_535);
            return report.name(NameForm::PortName, name);
        }
    };
    report.push(finding.as_server(report.root, backend, ""));
}
