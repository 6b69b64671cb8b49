//! Classes of storage: `ValidateStorageClass` and `ValidateVolumeAttributesClass` of
//! `k8s.io/kubernetes/pkg/apis/storage/validation`.

use std::collections::BTreeMap;

use super::{Report, field, items, metadata, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;
use crate::validate::finding::Finding;
use crate::validate::repeated::Value;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    provisioner(root, "provisioner", report);
    parameters(field(root, "parameters"), report);
    report.word(field(root, "reclaimPolicy"), &["Delete", "Retain"]);
    report.set_word(field(root, "volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"]);
    let terms = items(root, "allowedTopologies");
    for term in terms.clone() {
        let expressions = items(term, "matchLabelExpressions");
        for expression in expressions.clone() {
            metadata::label_key(field(expression, "key"), report);
            if field(expression, "key").is_none() {
                report.missing(expression, "key", "write the key of a label of nodes");
            }
            if items(expression, "values").next().is_none() {
                report.missing(expression, "values", "write a value of the label");
            }
            let values = items(expression, "values");
            for (first, again) in repeated(&values, NodeRef::as_str) {
                let message = format!("`{}` is there already", again.text());
                report.repeated(Code::RepeatedItem, first, again, message);
            }
        }
        for (first, again) in repeated(&expressions, |one| Some(text(one, "key"))) {
            let node = field(again, "key").unwrap_or(again);
            let message = format!("another expression is about `{}`, too", node.text());
            report.repeated(Code::RepeatedItem, first, node, message);
        }
    }
    let expressions =
        |term: NodeRef<'t>| field(term, "matchLabelExpressions").filter(|list| !list.is_empty());
    let twins = repeated(&terms, |term| expressions(term).map(Value));
    let firsts: BTreeMap<u32, NodeRef<'t>> =
        twins.into_iter().map(|(first, again)| (again.index(), first)).collect();
    for term in terms.clone() {
        let finding = if expressions(term).is_none() {
            report
                .at(Code::MissingObjectField, term, "the topology says nothing")
                .help("add `matchLabelExpressions`, or delete it")
        } else if let Some(first) = firsts.get(&term.index()) {
            report
                .at(Code::RepeatedItem, term, "the list has this topology already")
                .also(first.at(), "first here")
                .help("delete one of the two")
        } else {
            continue;
        };
        report.push(finding.as_server(report.root, term, ".matchLabelExpressions"));
    }
}

pub fn attributes<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    provisioner(root, "driverName", report);
    if field(root, "parameters").is_none_or(NodeRef::is_empty) {
        report.missing(root, "parameters", "add what the class is for");
    }
    parameters(field(root, "parameters"), report);
}

fn provisioner<'t>(root: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    let Some(node) = report.required(root, name) else { return };
    if let Err(error) = NameForm::QualifiedName.check(&node.text().to_ascii_lowercase()) {
        let message = format!("the name `{}` {error}", node.text());
        report.error(Code::NameNotAllowed, node, message, "write one such as `ebs.csi.aws.com`");
    }
}

fn parameters<'t>(parameters: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(parameters) = parameters else { return };
    let mut bytes = 0;
    for entry in parameters.entries() {
        let key = entry.key().unwrap_or_default();
        bytes += key.len() + entry.text().len();
        if key.is_empty() {
            let message = "a parameter has no name".to_owned();
            let finding = Finding::error_at_key(Code::NameNotAllowed, report.root, entry, message);
            let finding = finding.as_server(report.root, parameters, "");
            report.push(finding.help("write its name"));
        }
    }
    if parameters.entries().count() > 512 || bytes > 256 * 1024 {
        let message = "there are more than 512 parameters, or more than 262144 bytes of them";
        report.error(Code::ValueNotAllowed, parameters, message, "leave some out");
    }
}
