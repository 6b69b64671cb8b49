//! Events: `ValidateEventCreate` of `k8s.io/kubernetes/pkg/apis/core/validation`. The server
//! names the fields of events.k8s.io by those of the core group.

use super::{Report, field, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};
use crate::validate::fields::namespace;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let modern = text(root, "apiVersion") == "events.k8s.io/v1";
    let about = if modern { "regarding" } else { "involvedObject" };
    let own = namespace(root);
    let regarded = field(root, about).and_then(|object| field(object, "namespace"));
    let named = regarded.map_or("", NodeRef::text);
    let timed = field(root, "eventTime").is_some();
    // What has no namespace has its events in one of these.
    let system = own == "default" || (timed && own == "kube-system");
    let fits = if named.is_empty() { system } else { timed || named == own };
    if !fits && !own.is_empty() {
        let message = format!("an Event in `{own}` is about an object in `{own}`");
        let node = regarded.or_else(|| field(root, about)).unwrap_or(root);
        let finding = report.at(Code::Contradiction, node, message);
        let finding = finding.as_server(report.root, root, "involvedObject.namespace");
        report.push(finding.help(format!("write `namespace: {own}` under `{about}`")));
    }
    report.micro_time(field(root, "eventTime"));
    let series = field(root, "series");
    report.micro_time(series.and_then(|series| field(series, "lastObservedTime")));
    if !modern || field(root, "eventTime").is_none() {
        return;
    }
    if report.required(root, "reportingController").is_some() {
        report.name(NameForm::QualifiedName, field(root, "reportingController"));
    }
    let longest = |report: &mut Report<'t, '_>, name: &str, most: usize| {
        if let Some(node) = field(root, name).filter(|node| node.text().len() > most) {
            let message = format!("`{name}` is longer than {most} bytes");
            let path = if name == "note" { "message" } else { name };
            let finding = report.at(Code::ValueNotAllowed, node, message);
            let finding = finding.as_server(report.root, root, path);
            report.push(finding.help("make it shorter"));
        }
    };
    for (name, most) in [("reportingInstance", 128), ("action", 128), ("reason", 128)] {
        report.required(root, name);
        longest(report, name, most);
    }
    longest(report, "note", 1024);
    report.range(series.and_then(|series| field(series, "count")), 2, i64::MAX);
    match field(root, "type").filter(|node| !node.text().is_empty()) {
        None => report.missing(root, "type", "write `Normal` or `Warning`"),
        of => report.word(of, &["Normal", "Warning"]),
    }
    let old = [
        ("deprecatedCount", "count"),
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedSource", "source"),
    ];
    for (name, path) in old {
        let set = |node: &NodeRef<'t>| match node.kind() {
            Kind::Map => !node.is_empty(),
            _ => node.text() != "0" && !node.text().is_empty(),
        };
        if let Some(node) = field(root, name).filter(set) {
            let message = format!("an Event of events.k8s.io/v1 has no `{name}`");
            let finding = report.at(Code::Contradiction, node, message);
            let finding = finding.as_server(report.root, root, path);
            report.push(finding.help("delete it"));
        }
    }
}
