//! Claims of volumes: `ValidatePersistentVolumeClaimSpec` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, items, metadata, resources, text};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm, Quantity};
use crate::source::NodeRef;

const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    access_modes(spec, report);
    metadata::selector(field(spec, "selector"), report);
    let resources = field(spec, "resources");
    match resources.and_then(|resources| resources.at_path(&["requests", "storage"])) {
        None => {
            let message = "a claim says how much it needs";
            let holder = resources.unwrap_or(spec);
            let finding = report.at(Code::MissingObjectField, holder, message);
            let finding = finding.as_server(report.root, spec, ".resources[storage]");
            report.push(finding.help("add `resources: { requests: { storage: ... } }`"));
        }
        Some(storage) => {
            let amount = resources::quantity(storage);
            if amount.is_some_and(|amount| amount <= Quantity::default()) {
                let message = format!("a volume of {} holds nothing", storage.text());
                let finding = report.at(Code::Resources, storage, message);
                let finding = finding.as_server(report.root, spec, ".resources[storage]");
                report.push(finding.help("write an amount such as 1Gi"));
            }
        }
    }
    report.name(NameForm::DnsSubdomain, field(spec, "storageClassName"));
    report.set_word(field(spec, "volumeMode"), &["Block", "Filesystem"]);
    // Before, the server drops the field unread.
    let class = field(spec, "volumeAttributesClassName");
    let class = class.filter(|_| report.version.has(Feature::VolumeAttributesClass));
    report.name(NameForm::DnsSubdomain, class);
    data_sources(spec, report);
}

/// The server drops unread what is in another namespace, and what is neither a claim nor a
/// snapshot where it stands in `dataSource` alone.
fn data_sources<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let reference = field(spec, "dataSourceRef");
    let namespace = reference.and_then(|reference| field(reference, "namespace"));
    // What is read of a claim to be made later it drops only then.
    let drops = text(report.root, "kind") == "PersistentVolumeClaim";
    if !drops {
        report.name(NameForm::DnsLabel, namespace);
    }
    let reference = reference.filter(|_| namespace.is_none_or(|name| name.text().is_empty()));
    let known = |source: &NodeRef<'t>| {
        let of = (text(*source, "apiGroup"), text(*source, "kind"));
        matches!(of, ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot"))
    };
    let both = field(spec, "dataSourceRef").is_some();
    let source = field(spec, "dataSource").filter(|source| !drops || both || known(source));
    for source in [source, reference].into_iter().flatten() {
        data_source(source, report);
    }
    let (Some(source), Some(reference)) = (source, reference) else { return };
    let differs = |name: &&str| text(source, name) != text(reference, name);
    if ["apiGroup", "kind", "name"].iter().any(differs) {
        let message = "`dataSource` and `dataSourceRef` name different things";
        let finding = report.at(Code::Contradiction, source, message);
        let finding = finding.as_server(report.root, spec, "");
        report.push(finding.also(reference.at(), "the other").help("delete `dataSource`"));
    }
}

/// Checks how volumes are reached, which claims and volumes say alike.
pub fn access_modes<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let modes = items(spec, "accessModes");
    let found = report.findings.len();
    if modes.clone().next().is_none() {
        report.missing(spec, "accessModes", "say how it is mounted, such as `[ReadWriteOnce]`");
    }
    for mode in modes.clone() {
        report.not_empty(mode);
        report.word(Some(mode), &MODES);
    }
    let alone = modes.clone().find(|mode| mode.text() == "ReadWriteOncePod");
    let other =
        modes.clone().any(|mode| mode.text() != "ReadWriteOncePod" && MODES.contains(&mode.text()));
    if let Some(alone) = alone.filter(|_| other) {
        let message = "`ReadWriteOncePod` stands alone";
        report.error(Code::Contradiction, alone, message, "delete the other modes");
    }
    for finding in &mut report.findings[found..] {
        finding.name_for_server(report.root, spec, ".accessModes");
    }
}

fn data_source<'t>(source: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required(source, "name");
    report.required(source, "kind");
    if text(source, "apiGroup").is_empty() {
        if text(source, "kind") != "PersistentVolumeClaim" {
            let message = "the kind is none of the core group from which volumes are made";
            let help = "add `apiGroup`, or write `kind: PersistentVolumeClaim`";
            report.error(Code::ValueNotAllowed, source, message, help);
        }
    } else {
        report.name(NameForm::DnsSubdomain, field(source, "apiGroup"));
    }
}
