//! Limits of a namespace: `ValidateLimitRange` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use std::collections::BTreeMap;

use super::{Report, field, items, repeated, resources, text};
use crate::diagnostic::Code;
use crate::k8s::{NameForm, Quantity};
use crate::source::NodeRef;

const AMOUNTS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let limits = items(spec, "limits");
    for (first, again) in repeated(&limits, |limit| Some(text(limit, "type"))) {
        let node = field(again, "type").unwrap_or(again);
        let message = format!("another limit is of the type `{}`, too", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
    for limit in limits {
        one(limit, report);
    }
}

fn one<'t>(limit: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(of) = report.required(limit, "type") else { return };
    let standard = ["Container", "PersistentVolumeClaim", "Pod"].contains(&of.text());
    report.name(NameForm::QualifiedName, Some(of));
    if !standard && !of.text().contains('/') {
        let found = report.findings.len();
        report.word(Some(of), &["Container", "PersistentVolumeClaim", "Pod"]);
        report.findings.truncate(found + 1);
    }
    for name in AMOUNTS {
        for entry in field(limit, name).into_iter().flat_map(NodeRef::entries) {
            let key = entry.key().unwrap_or_default();
            if !is_limited(of.text(), key) {
                let message = format!("{} has no resource `{key}`", of.text());
                let help = "write `cpu`, `memory` or another resource by its full name";
                report.error(Code::Resources, entry, message, help);
            }
        }
    }
    if of.text() == "Pod" {
        for name in ["default", "defaultRequest"] {
            let set = field(limit, name).is_some_and(|map| !map.is_empty());
            if set {
                let message = format!("a limit of Pods has no `{name}`");
                report.forbidden(limit, name, message, "write it for `type: Container`");
            }
        }
    }
    let storage = |name: &str| field(limit, name).is_some_and(|map| map.get("storage").is_some());
    if of.text() == "PersistentVolumeClaim" && !storage("min") && !storage("max") {
        let message = "a limit of claims has a `min` or a `max` of `storage`";
        let finding = report.at(Code::MissingObjectField, limit, message);
        let finding = finding.as_server(report.root, limit, ".limits");
        report.push(finding.help("add `max: { storage: ... }`"));
    }
    order(limit, of.text(), report);
}

/// Whether a type of limit may limit a resource: `ValidateLimitRangeResourceName`.
fn is_limited(of: &str, resource: &str) -> bool {
    if NameForm::QualifiedName.check(resource).is_err() {
        return false;
    }
    if matches!(of, "Container" | "Pod") {
        return resources::is_of_container(resource);
    }
    let quota = ["cpu", "memory", "ephemeral-storage", "storage"];
    let counted = super::quota::is_known(resource);
    quota.contains(&resource) || resource.contains('/') || counted || resources::is_huge(resource)
}

/// `min`, `defaultRequest`, `default` and `max` grow in this order.
fn order<'t>(limit: NodeRef<'t>, of: &str, report: &mut Report<'t, '_>) {
    let amounts = |name: &str| -> BTreeMap<&'t str, (NodeRef<'t>, Quantity)> {
        let entries = field(limit, name).into_iter().flat_map(NodeRef::entries);
        entries
            .filter_map(|entry| Some((entry.key()?, (entry, resources::quantity(entry)?))))
            .collect()
    };
    let (min, max) = (amounts("min"), amounts("max"));
    let (requests, defaults) = match of {
        "Pod" => (BTreeMap::new(), BTreeMap::new()),
        _ => (amounts("defaultRequest"), amounts("default")),
    };
    // The server names the field that it looks at, which is not always the wrong one.
    let pairs = [
        ("min", &min, "max", &max, "min"),
        ("min", &min, "defaultRequest", &requests, "defaultRequest"),
        ("defaultRequest", &requests, "max", &max, "defaultRequest"),
        ("defaultRequest", &requests, "default", &defaults, "defaultRequest"),
        ("min", &min, "default", &defaults, "default"),
        ("default", &defaults, "max", &max, "default"),
    ];
    for (low_name, low, high_name, high, named) in pairs {
        for (key, (low, amount)) in low {
            let Some((high, most)) = high.get(key) else { continue };
            if amount <= most {
                continue;
            }
            let (node, other) = if named == low_name { (*low, *high) } else { (*high, *low) };
            let message = format!(
                "the {low_name} {key} of {} is above the {high_name} of {}",
                low.text(),
                high.text()
            );
            let finding = report.at(Code::Resources, node, message);
            report.push(
                finding.also(other.at(), "the other").help("lower the one or raise the other"),
            );
        }
    }
    ratios(limit, &min, &max, report);
}

fn ratios<'t>(
    limit: NodeRef<'t>,
    min: &BTreeMap<&str, (NodeRef<'t>, Quantity)>,
    max: &BTreeMap<&str, (NodeRef<'t>, Quantity)>,
    report: &mut Report<'t, '_>,
) {
    for entry in field(limit, "maxLimitRequestRatio").into_iter().flat_map(NodeRef::entries) {
        let key = entry.key().unwrap_or_default();
        let Some(ratio) = resources::quantity(entry) else { continue };
        if ratio.nanos() < 1_000_000_000 {
            let message = format!("a ratio of {} is less than 1", entry.text());
            report.error(Code::Resources, entry, message, "write 1 or more");
            continue;
        }
        let (Some((_, min)), Some((_, max))) = (min.get(key), max.get(key)) else { continue };
        // The ratio is compared with max / min, without the division.
        let product = (ratio.nanos() / 1_000_000_000).saturating_mul(min.nanos());
        let above = if min.is_negative() {
            product < max.nanos()
        } else {
            !min.is_zero() && product > max.nanos()
        };
        if above {
            let message = format!("the ratio of {} is above that of max to min", entry.text());
            report.error(Code::Resources, entry, message, "lower it");
        }
    }
}
