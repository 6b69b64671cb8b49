//! What storage drivers say of themselves: `ValidateCSIDriver`, `ValidateCSINode`,
//! `ValidateCSIStorageCapacity` and `ValidateVolumeAttachment` of
//! `k8s.io/kubernetes/pkg/apis/storage/validation`.

use super::{
    Report, field, flag, items, metadata, persistent_volume, repeated, resources, text, volume,
};
use crate::diagnostic::Code;
use crate::k8s::{NameForm, Quantity};
use crate::source::NodeRef;

pub fn driver<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    volume::driver(root.at_path(&["metadata", "name"]), report);
    let Some(spec) = field(root, "spec") else { return };
    for mode in items(spec, "volumeLifecycleModes") {
        let found = report.findings.len();
        report.not_empty(mode);
        report.word(Some(mode), &["Persistent", "Ephemeral"]);
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, spec, ".volumeLifecycleModes");
        }
    }
    report.word(field(spec, "fsGroupPolicy"), &["File", "None", "ReadWriteOnceWithFSType"]);
    if let Some(policy) = field(spec, "fsGroupPolicy") {
        report.not_empty(policy);
    }
    let requests = items(spec, "tokenRequests");
    for (first, again) in repeated(&requests, |request| Some(text(request, "audience"))) {
        let message = format!("the audience `{}` is there already", text(again, "audience"));
        let finding = report.at(Code::RepeatedItem, again, message);
        let finding = finding.as_server(report.root, again, ".audience");
        report.push(finding.also(first.at(), "first here").help("delete one of the two"));
    }
    for request in requests.clone() {
        report.range(field(request, "expirationSeconds"), 600, 1 << 32);
    }
    report.range(field(spec, "nodeAllocatableUpdatePeriodSeconds"), 10, i64::MAX);
    if flag(spec, "serviceAccountTokenInSecrets") && requests.clone().next().is_none() {
        let message = "the driver asks for no tokens";
        let help = "add `tokenRequests`, or delete it";
        report.forbidden(spec, "serviceAccountTokenInSecrets", message, help);
    }
}

pub fn node<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    let drivers = items(spec, "drivers");
    for one in drivers.clone() {
        report.required(one, "name");
        volume::driver(field(one, "name"), report);
        if let Some(id) = report.required(one, "nodeID").filter(|id| id.text().len() > 256) {
            let message = "the ID of the node is longer than 256 bytes";
            report.error(Code::ValueNotAllowed, id, message, "make it shorter");
        }
        if let Some(allocatable) = field(one, "allocatable") {
            report.range(field(allocatable, "count"), 0, i64::from(i32::MAX));
        }
        let keys = items(one, "topologyKeys");
        for key in keys.clone() {
            let found = report.findings.len();
            metadata::label_key(Some(key), report);
            report.as_server(found, one);
        }
        for (first, again) in repeated(&keys, NodeRef::as_str) {
            let message = format!("`{}` is there already", again.text());
            let finding = report.at(Code::RepeatedItem, again, message);
            let finding = finding.as_server(report.root, one, "");
            report.push(finding.also(first.at(), "first here").help("delete one of the two"));
        }
    }
    for (first, again) in repeated(&drivers, |one| field(one, "name").map(NodeRef::text)) {
        let node = field(again, "name").unwrap_or(again);
        let message = format!("another driver is named `{}`, too", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
}

pub fn capacity<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match field(root, "storageClassName") {
        None => report.missing(root, "storageClassName", "name the class"),
        name => report.set_name(NameForm::DnsSubdomain, name),
    }
    // Of `maximumVolumeSize` the server asks nothing.
    if let Some(node) = field(root, "capacity")
        && resources::quantity(node).is_some_and(Quantity::is_negative)
    {
        let message = format!("{} is less than 0", node.text());
        report.error(Code::Resources, node, message, "write 0 or more");
    }
    metadata::selector(field(root, "nodeTopology"), report);
}

pub fn attachment<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    report.required(spec, "attacher");
    volume::driver(field(spec, "attacher"), report);
    match field(spec, "nodeName") {
        None => report.missing(spec, "nodeName", "name the node"),
        name => report.set_name(NameForm::DnsSubdomain, name),
    }
    let Some(source) = field(spec, "source") else { return };
    match (field(source, "persistentVolumeName"), field(source, "inlineVolumeSpec")) {
        (None, None) => {
            let message = "there is neither `persistentVolumeName` nor `inlineVolumeSpec`";
            report.error(Code::MissingObjectField, source, message, "write one of the two");
        }
        (Some(_), Some(inline)) => {
            let message = "there is a `persistentVolumeName`, too";
            let finding = report.at(Code::Contradiction, inline, message);
            let finding = finding.as_server(report.root, source, "");
            report.push(finding.help("write one of the two"));
        }
        (Some(name), None) => report.set_name(NameForm::DnsSubdomain, Some(name)),
        (None, Some(inline)) => persistent_volume::check(inline, true, report),
    }
}
