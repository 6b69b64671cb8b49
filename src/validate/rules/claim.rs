//! Claims of volumes: `ValidatePersistentVolumeClaimSpec` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, items, resources};
use crate::diagnostic::Code;
use crate::k8s::{NameForm, Quantity};
use crate::source::NodeRef;

const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let modes = items(spec, "accessModes");
    if modes.clone().next().is_none() {
        let node = field(spec, "accessModes").unwrap_or(spec);
        let message = "a claim needs an access mode";
        report.error(Code::MissingObjectField, node, message, "add `accessModes`");
    }
    for mode in modes.clone().filter(|mode| !MODES.contains(&mode.text())) {
        let message = format!("`{}` is no access mode", mode.text());
        let help = format!("the modes are `{}`", MODES.join("`, `"));
        report.error(Code::ValueNotAllowed, mode, message, help);
    }
    if modes.clone().count() > 1
        && let Some(alone) = modes.clone().find(|mode| mode.text() == "ReadWriteOncePod")
    {
        let message = "`ReadWriteOncePod` stands alone";
        report.error(Code::Contradiction, alone, message, "delete the other modes");
    }
    match spec.at_path(&["resources", "requests", "storage"]) {
        None => {
            let message = "a claim says how much it needs";
            let help = "add `resources: { requests: { storage: ... } }`";
            report.error(Code::MissingObjectField, spec, message, help);
        }
        Some(storage) => {
            let amount = resources::quantity(storage);
            if amount.is_some_and(|amount| amount <= Quantity::default()) {
                let message = format!("a volume of {} holds nothing", storage.text());
                report.error(Code::Resources, storage, message, "write an amount such as 1Gi");
            }
        }
    }
    report.name(NameForm::DnsSubdomain, field(spec, "storageClassName"));
}
