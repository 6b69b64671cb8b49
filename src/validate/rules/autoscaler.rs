//! Autoscalers: `k8s.io/kubernetes/pkg/apis/autoscaling/validation`.

use super::{Report, field, items, resources, text};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm, Quantity};
use crate::source::{Kind, NodeRef};
use crate::validate::finding::Finding;

/// The types of metrics and the field of each.
const SOURCES: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (least, most) = (field(spec, "minReplicas"), field(spec, "maxReplicas"));
    report.range(least, 1, i64::from(i32::MAX));
    match most {
        None => report.missing(spec, "maxReplicas", "write the most replicas to run"),
        most => report.range(most, 1, i64::from(i32::MAX)),
    }
    if let (Some(least), Some(most)) = (least, most)
        && least.as_i64() > most.as_i64()
    {
        let message = format!("the maximum of {} is below the minimum", most.text());
        let finding = Finding::error(Code::Contradiction, report.root, most, message);
        report.findings.push(
            finding.also(least.at(), "the minimum").help(format!("write {} or more", least.text())),
        );
    }
    if let Some(target) = field(spec, "scaleTargetRef") {
        reference(target, false, report);
    }
    report.range(field(spec, "targetCPUUtilizationPercentage"), 1, i64::from(i32::MAX));
    for metric in items(spec, "metrics") {
        check_metric(metric, report);
    }
    for direction in ["scaleUp", "scaleDown"] {
        let rules = field(spec, "behavior").and_then(|behavior| field(behavior, direction));
        let Some(rules) = rules else { continue };
        report.range(field(rules, "stabilizationWindowSeconds"), 0, 3600);
        if let Some(select) = field(rules, "selectPolicy") {
            report.not_empty(select);
            report.word(Some(select), &["Disabled", "Max", "Min"]);
        }
        // Without the field the server writes policies of its own.
        if field(rules, "policies").is_some_and(NodeRef::is_empty) {
            report.missing(rules, "policies", "add one, or delete the field");
        }
        for policy in items(rules, "policies") {
            report.required_word(policy, "type", &["Percent", "Pods"]);
            for (name, most) in [("value", i64::from(i32::MAX)), ("periodSeconds", 1800)] {
                match field(policy, name) {
                    None => report.missing(policy, name, "write a number above 0"),
                    number => report.range(number, 1, most),
                }
            }
        }
        if let Some(tolerance) = field(rules, "tolerance")
            && resources::quantity(tolerance).is_some_and(Quantity::is_negative)
        {
            let message = format!("{} is less than 0", tolerance.text());
            report.error(Code::ValueNotAllowed, tolerance, message, "write 0 or more");
        }
    }
}

/// `ValidateCrossVersionObjectReference`. What is scaled is in a group, unless it is a
/// ReplicationController; of what is described the server does not ask it.
fn reference<'t>(node: NodeRef<'t>, core: bool, report: &mut Report<'t, '_>) {
    report.required_name(NameForm::PathSegment, node, "kind");
    report.required_name(NameForm::PathSegment, node, "name");
    if !report.version.has(Feature::VersionsOfScaledObjects) {
        return;
    }
    let core = core || text(node, "kind") == "ReplicationController";
    let version = text(node, "apiVersion");
    let parts = version.split('/').count();
    let message = if parts > 2 {
        format!("`{version}` is no version of a group")
    } else if !core && (parts < 2 || version.starts_with('/')) {
        "nothing of the core group is scaled so".to_owned()
    } else {
        return;
    };
    let at = field(node, "apiVersion").unwrap_or(node);
    let finding = report.at(Code::ValueNotAllowed, at, message);
    let finding = finding.as_server(report.root, node, ".apiVersion");
    report.push(finding.help("write one such as `apiVersion: apps/v1`"));
}

/// Each type of metric has its own field, and exactly that one is set.
fn check_metric<'t>(metric: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let of = text(metric, "type");
    let wanted = SOURCES.iter().find(|(known, _)| *known == of).map(|(_, name)| *name);
    if wanted.is_none() {
        let types = SOURCES.map(|(known, _)| known);
        report.required_word(metric, "type", &types);
    }
    let set: Vec<NodeRef<'t>> = metric
        .entries()
        .filter(|entry| entry.key() != Some("type") && entry.kind() != Kind::Null)
        .collect();
    if let Some(wanted) = wanted {
        if field(metric, wanted).is_none() {
            let help = format!("a metric of the type {of} is described there");
            report.missing(metric, wanted, help);
        }
        for extra in set.iter().filter(|entry| entry.key() != Some(wanted)) {
            let message = format!("a metric of this type has only `{wanted}`");
            report.error(Code::Contradiction, *extra, message, "delete it, or change the type");
        }
    }
    for (_, name) in SOURCES {
        if let Some(node) = field(metric, name) {
            source(node, name, report);
        }
    }
}

fn source<'t>(node: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    if let Some(object) = field(node, "describedObject") {
        reference(object, true, report);
    }
    if let Some(metric) = field(node, "metric") {
        report.required_name(NameForm::PathSegment, metric, "name");
    }
    if name == "containerResource" {
        if let Some(resource) = report.required(node, "name")
            && !resources::is_of_container(resource.text())
        {
            let message = format!("a container has no resource `{}`", resource.text());
            report.error(Code::Resources, resource, message, "write `cpu` or `memory`");
        }
        report.required_name(NameForm::DnsLabel, node, "container");
    } else if name == "resource" {
        report.required(node, "name");
    }
    let Some(target) = field(node, "target") else { return };
    report.required_word(target, "type", &["AverageValue", "Utilization", "Value"]);
    for value in ["value", "averageValue"].iter().filter_map(|name| field(target, name)) {
        if resources::quantity(value).is_some_and(|value| value <= Quantity::default()) {
            let message = format!("{} is no target above 0", value.text());
            report.error(Code::ValueNotAllowed, value, message, "write more than 0");
        }
    }
    report.range(field(target, "averageUtilization"), 1, i64::from(i32::MAX));
    let (allowed, both): (&[&str], bool) = match name {
        "pods" => (&["averageValue"], true),
        "object" => (&["averageValue", "value"], true),
        "external" => (&["averageValue", "value"], false),
        _ => (&["averageUtilization", "averageValue"], false),
    };
    let set: Vec<NodeRef<'t>> = allowed.iter().filter_map(|name| field(target, name)).collect();
    match set[..] {
        [] => report.missing(target, allowed[0], format!("add `{}`", allowed.join("` or `"))),
        [first, second] if !both => {
            let message = "a metric has one target";
            let finding = report.at(Code::Contradiction, second, message);
            report.push(finding.also(first.at(), "the other").help("delete one of the two"));
        }
        _ => {}
    }
}
