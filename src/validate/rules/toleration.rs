//! Tolerations: `ValidateTolerations` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, metadata, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

pub fn check<'t>(list: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for toleration in list.items() {
        one(toleration, report);
    }
}

fn one<'t>(toleration: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let operator = text(toleration, "operator");
    if text(toleration, "key").is_empty() {
        if operator != "Exists" {
            let message = "a toleration without a key tolerates everything";
            let finding = report.at(Code::Contradiction, toleration, message);
            let finding = finding.as_server(report.root, toleration, ".operator");
            report.push(finding.help("write `operator: Exists`"));
        }
    } else {
        metadata::label_key(field(toleration, "key"), report);
    }
    if let Some(seconds) = field(toleration, "tolerationSeconds")
        && text(toleration, "effect") != "NoExecute"
    {
        let message = "`tolerationSeconds` is for the effect NoExecute";
        let finding = report.at(Code::Contradiction, seconds, message);
        let finding = finding.as_server(report.root, toleration, ".effect");
        report.push(finding.help("write `effect: NoExecute`"));
    }
    let value = field(toleration, "value").filter(|value| !value.text().is_empty());
    match (operator, value) {
        ("Exists", Some(value)) => {
            let message = "a toleration with the operator Exists has no value";
            let finding = report.at(Code::Contradiction, value, message);
            let finding = finding.as_server(report.root, toleration, ".operator");
            report.push(finding.help("delete `value`"));
        }
        ("Equal" | "", Some(value)) => {
            if let Err(error) = NameForm::LabelValue.check(value.text()) {
                let message = format!("the value `{}` of a taint {error}", value.text());
                let finding = report.at(Code::LabelNotAllowed, value, message);
                let finding = finding.as_server(report.root, toleration, ".operator");
                report.push(finding.help("no taint has such a value"));
            }
        }
        // Comparing with a number is not for everybody yet.
        _ => report.word(field(toleration, "operator"), &["Equal", "Exists"]),
    }
    let effects = ["NoExecute", "NoSchedule", "PreferNoSchedule"];
    report.word(field(toleration, "effect"), &effects);
}
