//! Affinities: `validateAffinity` and what it calls of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use std::collections::BTreeMap;

use super::{Report, field, item, items, metadata, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub fn check<'t>(affinity: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(nodes) = field(affinity, "nodeAffinity") {
        if let Some(required) = field(nodes, REQUIRED) {
            node_selector(required, report);
        }
        for term in items(nodes, PREFERRED) {
            weight(term, report);
            if let Some(preference) = field(term, "preference") {
                node_term(preference, false, report);
            }
        }
    }
    for name in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = field(affinity, name) else { continue };
        for term in items(pods, REQUIRED) {
            pod_term(term, report);
        }
        for weighted in items(pods, PREFERRED) {
            weight(weighted, report);
            if let Some(term) = field(weighted, "podAffinityTerm") {
                pod_term(term, report);
            } else {
                let path = ".podAffinityTerm.topologyKey";
                let help = "say which pods it is about";
                report.missing_as(weighted, "podAffinityTerm", path, help);
            }
        }
    }
}

fn weight<'t>(term: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match field(term, "weight") {
        None => report.missing(term, "weight", "write a number from 1 to 100"),
        weight => report.range(weight, 1, 100),
    }
}

/// Checks a selector of nodes: `ValidateNodeSelector`.
pub fn node_selector<'t>(selector: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if items(selector, "nodeSelectorTerms").next().is_none() {
        let help = "add a term, such as `matchExpressions` over the labels of nodes";
        report.missing(selector, "nodeSelectorTerms", help);
    }
    for term in items(selector, "nodeSelectorTerms") {
        node_term(term, true, report);
    }
}

/// `ValidateNodeSelectorTerm`. What is preferred may compare with what no label can be.
fn node_term<'t>(term: NodeRef<'t>, values: bool, report: &mut Report<'t, '_>) {
    let operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
    for expression in items(term, "matchExpressions") {
        metadata::requirement(expression, &operators, values, report);
    }
    for requirement in items(term, "matchFields") {
        let operator = text(requirement, "operator");
        match operator {
            "In" | "NotIn" if items(requirement, "values").count() != 1 => {
                report.missing(requirement, "values", "write one name of a node");
            }
            "In" | "NotIn" => {}
            "" => report.missing(requirement, "operator", "write `In` or `NotIn`"),
            _ => report.word(field(requirement, "operator"), &["In", "NotIn"]),
        }
        match field(requirement, "key") {
            Some(key) if key.text() == "metadata.name" => {
                for value in items(requirement, "values") {
                    report.set_name(NameForm::DnsSubdomain, Some(value));
                }
            }
            Some(key) => {
                let message = format!("nodes are not selected by their field `{}`", key.text());
                report.error(Code::ValueNotAllowed, key, message, "write `metadata.name`");
            }
            None => report.missing(requirement, "key", "write `key: metadata.name`"),
        }
    }
}

/// `validatePodAffinityTerm`.
fn pod_term<'t>(term: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let selector = field(term, "labelSelector");
    metadata::selector(selector, report);
    metadata::selector(field(term, "namespaceSelector"), report);
    for namespace in items(term, "namespaces") {
        let found = report.findings.len();
        report.set_name(NameForm::DnsLabel, Some(namespace));
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, term, ".namespace");
        }
    }
    label_keys(term, selector, report);
    if report.required(term, "topologyKey").is_some() {
        metadata::label_key(field(term, "topologyKey"), report);
    }
}

/// `ValidateMatchLabelKeysAndMismatchLabelKeys`: keys whose values come from the pod.
pub fn label_keys<'t>(
    holder: NodeRef<'t>,
    selector: Option<NodeRef<'t>>,
    report: &mut Report<'t, '_>,
) {
    for name in ["matchLabelKeys", "mismatchLabelKeys"] {
        let Some(keys) = field(holder, name).filter(|keys| !keys.is_empty()) else { continue };
        if selector.is_none() {
            let message = format!("`{name}` adds to a `labelSelector`, and there is none");
            report.error(Code::Contradiction, keys, message, "add `labelSelector`");
            continue;
        }
        for key in keys.items() {
            metadata::label_key(Some(key), report);
        }
    }
    for key in items(holder, "matchLabelKeys") {
        if let Some(other) = item(holder, "mismatchLabelKeys", &[], key.text()) {
            let message = "a label cannot both match and not match";
            let finding = report.at(Code::Contradiction, key, message);
            report.push(finding.also(other.at(), "not to match").help("delete one of the two"));
        }
    }
    let Some(selector) = selector else { return };
    // The server merges these keys into the selector, where they would stand twice.
    let mut expressions: BTreeMap<&str, usize> = BTreeMap::new();
    for one in items(selector, "matchExpressions") {
        *expressions.entry(text(one, "key")).or_default() += 1;
    }
    // Of a Pod the server has merged them before it looks.
    let own_labels = match text(report.root, "kind") {
        "Pod" => report.root.at_path(&["metadata", "labels"]),
        _ => None,
    };
    for (index, key) in items(holder, "matchLabelKeys").enumerate() {
        let merged = own_labels.is_some_and(|labels| labels.get(key.text()).is_some());
        let labelled = selector.at_path(&["matchLabels", key.text()]).is_some();
        let times = expressions.get(key.text()).copied().unwrap_or(0);
        let expressed = times + usize::from(merged);
        if expressed > 1 || (expressed == 1 && labelled) {
            let message = "the `labelSelector` has this key already";
            let finding = report.at(Code::Contradiction, key, message);
            let finding = finding.as_server(report.root, holder, &format!("[{index}]"));
            report.push(finding.help("delete one of the two"));
        }
    }
}
