//! Disruption budgets: `k8s.io/kubernetes/pkg/apis/policy/validation`.

use super::{Report, field, metadata};
use crate::diagnostic::Code;
use crate::source::NodeRef;

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (least, most) = (field(spec, "minAvailable"), field(spec, "maxUnavailable"));
    if let (Some(_), Some(most)) = (least, most) {
        let message = "a budget has both `minAvailable` and `maxUnavailable`";
        let finding = report.at(Code::Contradiction, most, message);
        report.push(finding.as_server(report.root, spec, "").help("write one of the two"));
    }
    report.amount(least, 100);
    report.amount(most, 100);
    report.set_word(field(spec, "unhealthyPodEvictionPolicy"), &["AlwaysAllow", "IfHealthyBudget"]);
    metadata::selector(field(spec, "selector"), report);
}
