//! Classes of Ingresses: `ValidateIngressClass` of
//! `k8s.io/kubernetes/pkg/apis/networking/validation`.

use super::{Report, field};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else {
        let finding = report.at(Code::MissingObjectField, root, "there is no `spec`");
        let finding = finding.as_server(report.root, root, "spec.controller");
        return report.push(finding.help("add `spec: { controller: ... }`"));
    };
    if let Some(controller) = report.required(spec, "controller") {
        if controller.text().len() > 250 {
            let message = "the name of the controller is longer than 250 bytes";
            report.error(Code::NameNotAllowed, controller, message, "make it shorter");
        }
        domain_path(controller, report);
    }
    let Some(parameters) = field(spec, "parameters") else { return };
    report.set_name(NameForm::DnsSubdomain, field(parameters, "apiGroup"));
    report.required_name(NameForm::PathSegment, parameters, "kind");
    report.required_name(NameForm::PathSegment, parameters, "name");
    report.set_word(field(parameters, "scope"), &["Cluster", "Namespace"]);
    let namespace = field(parameters, "namespace");
    // Without a scope the server writes Cluster.
    let scope = field(parameters, "scope").map_or("Cluster", NodeRef::text);
    match (scope, namespace) {
        ("Namespace", None) => report.missing(parameters, "namespace", "say where they are"),
        ("Namespace", namespace) => report.set_name(NameForm::DnsLabel, namespace),
        ("Cluster", Some(_)) => {
            let message = "parameters of the scope Cluster are in no namespace";
            let help = "delete it, or write `scope: Namespace`";
            report.forbidden(parameters, "namespace", message, help);
        }
        _ => {}
    }
}

/// Checks a path after a domain: `IsDomainPrefixedPath`.
fn domain_path<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    let good = node.text().split_once('/').is_some_and(|(domain, rest)| {
        NameForm::DnsSubdomain.check(domain).is_ok() && !rest.is_empty() && rest.bytes().all(path)
    });
    if !good {
        let message = format!("`{}` is no path after a domain", node.text());
        report.error(
            Code::NameNotAllowed,
            node,
            message,
            "write one such as `k8s.io/ingress-nginx`",
        );
    }
}
