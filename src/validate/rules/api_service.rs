//! Extension API servers: `ValidateAPIService` of
//! `k8s.io/kube-aggregator/pkg/apis/apiregistration/validation`.

use super::{Report, field, flag, number, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let spec = field(root, "spec");
    let of = |name| spec.map_or("", |spec| text(spec, name));
    let (group, version) = (of("group"), of("version"));
    let wanted = format!("{version}.{group}");
    for name in ["name", "generateName"] {
        let node = root.at_path(&["metadata", name]).filter(|node| !node.text().is_empty());
        if let Some(node) = node.filter(|node| node.text() != wanted) {
            let message = "an APIService is named after its version and group";
            let finding = report.at(Code::NameNotAllowed, node, message);
            report.push(finding.help(format!("write `{wanted}`")));
        }
    }
    let Some(spec) = spec else { return };
    if group.is_empty() && version != "v1" {
        report.missing(spec, "group", "write the group that the server serves");
    }
    report.name(NameForm::DnsSubdomain, field(spec, "group"));
    match field(spec, "version") {
        None => report.missing(spec, "version", "write a version such as `v1`"),
        version => report.set_name(NameForm::Dns1035Label, version),
    }
    for (name, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        match number(spec, name) {
            None => report.missing(spec, name, format!("write a number from 1 to {most}")),
            Some(_) => report.range(field(spec, name), 1, most),
        }
    }
    let bundle = field(spec, "caBundle").filter(|bundle| !bundle.text().is_empty());
    let insecure = flag(spec, "insecureSkipTLSVerify");
    match field(spec, "service") {
        None => {
            if let Some(bundle) = bundle {
                let message = "a local APIService has no certificate to check";
                report.error(Code::Contradiction, bundle, message, "delete it, or add `service`");
            }
            if insecure {
                let message = "a local APIService has no certificate to check";
                report.forbidden(spec, "insecureSkipTLSVerify", message, "delete it");
            }
        }
        Some(service) => {
            report.required(service, "namespace");
            report.required(service, "name");
            report.range(field(service, "port"), 1, 65_535);
            if insecure && bundle.is_some() {
                let message = "`caBundle` says how to check the certificate";
                report.forbidden(spec, "insecureSkipTLSVerify", message, "delete one of the two");
            }
        }
    }
}
