//! Claims of volumes: `ValidatePersistentVolumeClaimSpec` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, items, metadata, resources, text};
use crate::diagnostic::Code;
use crate::k8s::{NameForm, Quantity};
use crate::source::NodeRef;

const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let modes = items(spec, "accessModes");
    if modes.clone().next().is_none() {
        report.missing(spec, "accessModes", "say how it is mounted, such as `[ReadWriteOnce]`");
    }
    for mode in modes.clone().filter(|mode| !MODES.contains(&mode.text())) {
        let message = format!("`{}` is no access mode", mode.text());
        let help = format!("the modes are `{}`", MODES.join("`, `"));
        report.error(Code::ValueNotAllowed, mode, message, help);
    }
    if modes.clone().any(|mode| MODES[..3].contains(&mode.text()))
        && let Some(alone) = modes.clone().find(|mode| mode.text() == "ReadWriteOncePod")
    {
        let message = "`ReadWriteOncePod` stands alone";
        report.error(Code::Contradiction, alone, message, "delete the other modes");
    }
    match spec.at_path(&["resources", "requests", "storage"]) {
        None => {
            let finding =
                report.at(Code::MissingObjectField, spec, "a claim says how much it needs");
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
    for name in ["storageClassName", "volumeAttributesClassName"] {
        report.name(NameForm::DnsSubdomain, field(spec, name));
    }
    report.set_word(field(spec, "volumeMode"), &["Block", "Filesystem"]);
    metadata::selector(field(spec, "selector"), report);
    sources(spec, report);
}

/// What the volume is filled from: `validateDataSource` and `validateDataSourceRef`.
fn sources<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (old, new) = (field(spec, "dataSource"), field(spec, "dataSourceRef"));
    for source in [old, new].into_iter().flatten() {
        report.required(source, "name");
        report.required(source, "kind");
        report.name(NameForm::DnsSubdomain, field(source, "apiGroup"));
        report.name(NameForm::DnsLabel, field(source, "namespace"));
        if text(source, "apiGroup").is_empty() && text(source, "kind") != "PersistentVolumeClaim" {
            let message = "of the core group, volumes are filled from claims alone";
            report.error(Code::Contradiction, source, message, "add `apiGroup`");
        }
    }
    let (Some(old), Some(new)) = (old, new) else { return };
    let differ = |name: &str| text(old, name) != text(new, name);
    if !text(new, "namespace").is_empty() || ["apiGroup", "kind", "name"].into_iter().any(differ) {
        let message = "`dataSource` and `dataSourceRef` name two sources";
        let finding = report.at(Code::Contradiction, old, message);
        let finding = finding.as_server(report.root, spec, "").also(new.at(), "the other");
        report.push(finding.help("delete `dataSource`"));
    }
}
