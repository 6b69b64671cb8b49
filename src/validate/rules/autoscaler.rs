//! Autoscalers: `k8s.io/kubernetes/pkg/apis/autoscaling/validation`.

use super::{Report, field, items, text};
use crate::diagnostic::Code;
use crate::source::NodeRef;
use crate::validate::finding::Finding;

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (least, most) = (field(spec, "minReplicas"), field(spec, "maxReplicas"));
    report.range(least, 1, i64::from(i32::MAX));
    report.range(most, 1, i64::from(i32::MAX));
    if let (Some(least), Some(most)) = (least, most)
        && least.as_i64() > most.as_i64()
    {
        let message = format!("the maximum of {} is below the minimum", most.text());
        let finding = Finding::error(Code::Contradiction, report.root, most, message);
        report.findings.push(
            finding.also(least.at(), "the minimum").help(format!("write {} or more", least.text())),
        );
    }
    for metric in items(spec, "metrics") {
        source(metric, report);
    }
    for direction in ["scaleUp", "scaleDown"] {
        let rules = field(spec, "behavior").and_then(|behavior| field(behavior, direction));
        let Some(rules) = rules else { continue };
        report.range(field(rules, "stabilizationWindowSeconds"), 0, 3600);
        for policy in items(rules, "policies") {
            report.range(field(policy, "value"), 1, i64::from(i32::MAX));
            report.range(field(policy, "periodSeconds"), 1, 1800);
        }
    }
}

/// Each type of metric has its own field, and exactly that one is set.
fn source<'t>(metric: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let wanted = match text(metric, "type") {
        "ContainerResource" => "containerResource",
        "External" => "external",
        "Object" => "object",
        "Pods" => "pods",
        "Resource" => "resource",
        _ => return,
    };
    match field(metric, wanted) {
        None => {
            let message = format!("a metric of this type needs `{wanted}`");
            report.error(Code::Contradiction, metric, message, format!("add `{wanted}`"));
        }
        Some(source) => {
            let Some(target) = field(source, "target") else { return };
            let values = ["averageUtilization", "averageValue", "value"];
            if !values.iter().any(|name| field(target, name).is_some()) {
                let help = format!("add one of `{}`", values.join("`, `"));
                report.error(Code::MissingObjectField, target, "there is no target value", help);
            }
            report.range(field(target, "averageUtilization"), 1, i64::from(i32::MAX));
        }
    }
    let other =
        |entry: &NodeRef<'t>| !matches!(entry.key(), Some("type")) && entry.key() != Some(wanted);
    if let Some(extra) =
        metric.entries().find(other).filter(|extra| extra.kind() != crate::source::Kind::Null)
    {
        let message = format!("a metric of this type has only `{wanted}`");
        report.error(Code::Contradiction, extra, message, "delete it, or change the type");
    }
}
