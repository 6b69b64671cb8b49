//! Runtimes of containers: `ValidateRuntimeClass` of
//! `k8s.io/kubernetes/pkg/apis/node/validation`.

use super::{Report, field, metadata, repeated, resources, toleration};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm};
use crate::source::NodeRef;
use crate::validate::repeated::Value;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match field(root, "handler") {
        None => report.missing(root, "handler", "name the handler of the container runtime"),
        handler => report.set_name(NameForm::DnsLabel, handler),
    }
    if let Some(fixed) = root.at_path(&["overhead", "podFixed"]) {
        let found = report.findings.len();
        resources::overhead(fixed, report);
        let Some(overhead) = field(root, "overhead") else { return };
        for index in found..report.findings.len() {
            let below = report.path_below(fixed, index);
            report.findings[index].name_for_server(report.root, overhead, &below);
        }
    }
    let Some(scheduling) = field(root, "scheduling") else { return };
    metadata::labels(field(scheduling, "nodeSelector"), report);
    let Some(tolerations) = field(scheduling, "tolerations") else { return };
    let found = report.findings.len();
    toleration::check(tolerations, report);
    // The server named the list twice.
    if !report.version.has(Feature::PlacesOfTolerations) {
        for finding in &mut report.findings[found..] {
            let path = finding.server_path().replacen("tolerations", "tolerations.tolerations", 1);
            finding.server_path = Some(path);
        }
    }
    for (first, again) in repeated(&tolerations.items(), |one| Some(Value(one))) {
        let message = "the list has this toleration already".to_owned();
        report.repeated(Code::RepeatedItem, first, again, message);
    }
}
