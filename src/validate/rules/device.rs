//! Devices and claims of them: `ValidateResourceClaim`, its template and `ValidateDeviceClass`
//! of `k8s.io/kubernetes/pkg/apis/resource/validation`.

use std::collections::BTreeSet;

use super::expression::Environment;
use super::{Report, field, items, metadata, repeated, resources, text, volume};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm};
use crate::source::{Kind, NodeRef};
use crate::validate::finding::Finding;

pub fn template<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    if let Some(own) = field(spec, "metadata") {
        metadata::labels(field(own, "labels"), report);
        metadata::annotations(field(own, "annotations"), report);
        let refused = |entry: &NodeRef<'t>| {
            !matches!(entry.key(), Some("labels" | "annotations"))
                && entry.kind() != Kind::Null
                && !(entry.kind() == Kind::Str && entry.text().is_empty())
        };
        for entry in own.entries().filter(refused) {
            let message = "the claim gets this from its pod";
            report.error(Code::Contradiction, entry, message, "keep labels and annotations alone");
        }
    }
    if let Some(claim) = field(spec, "spec") {
        check(claim, report);
    }
}

/// Checks the spec of a claim.
pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(devices) = field(spec, "devices") else { return };
    let mut names = BTreeSet::new();
    let requests = items(devices, "requests");
    for request in requests.clone() {
        names.insert(text(request, "name").to_owned());
        let own = text(request, "name");
        let subs =
            items(request, "firstAvailable").map(|sub| format!("{own}/{}", text(sub, "name")));
        names.extend(subs);
        check_request(request, report);
    }
    twins(&requests, report);
    if let Some(list) = field(devices, "requests") {
        report.at_most(list, 32);
    }
    for constraint in items(devices, "constraints") {
        named(constraint, &names, report);
        // `distinctAttribute` is for nobody yet: the server drops it unread.
        if let Some(attribute) = field(constraint, "matchAttribute") {
            full_name(attribute, report);
        } else {
            let finding = Finding::missing(report.root, constraint, "matchAttribute");
            let finding = finding.as_server(report.root, constraint, "");
            report.push(finding.help("say in what the devices are alike"));
        }
    }
    for config in items(devices, "config") {
        named(config, &names, report);
        opaque(config, report);
    }
}

fn twins<'t>(list: &(impl Iterator<Item = NodeRef<'t>> + Clone), report: &mut Report<'t, '_>) {
    for (first, again) in repeated(list, |request| field(request, "name").map(NodeRef::text)) {
        let message = format!("another request is named `{}`, too", text(again, "name"));
        let found = report.findings.len();
        report.repeated(Code::RepeatedItem, first, again, message);
        if !report.version.has(Feature::TwinsOfRequests) {
            for finding in &mut report.findings[found..] {
                finding.name_for_server(report.root, again, ".name");
            }
        }
    }
}

fn check_request<'t>(request: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_name(NameForm::DnsLabel, request, "name");
    let exactly = field(request, "exactly");
    let first = field(request, "firstAvailable").filter(|list| !list.is_empty());
    match (exactly, first) {
        (None, None) => {
            let message = "there is neither `exactly` nor `firstAvailable`";
            report.error(Code::MissingObjectField, request, message, "say what is requested");
        }
        (Some(_), Some(first)) => {
            let message = "there is an `exactly`, too";
            let finding = report.at(Code::Contradiction, first, message);
            let finding = finding.as_server(report.root, request, "");
            report.push(finding.help("write one of the two"));
        }
        (Some(exactly), None) => wanted(exactly, report),
        (None, Some(first)) => {
            report.at_most(first, 8);
            for sub in first.items() {
                report.required_name(NameForm::DnsLabel, sub, "name");
                wanted(sub, report);
            }
            twins(&first.items(), report);
        }
    }
}

/// What a request asks for.
fn wanted<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_name(NameForm::DnsSubdomain, node, "deviceClassName");
    selectors(node, report);
    for toleration in items(node, "tolerations") {
        tolerates(toleration, report);
    }
    let mode = match text(node, "allocationMode") {
        "" => "ExactCount",
        mode => mode,
    };
    report.word(field(node, "allocationMode"), &["All", "ExactCount"]);
    let count = field(node, "count").filter(|count| count.text() != "0");
    match (mode, count) {
        ("All", Some(count)) => {
            let message = "who gets all devices counts none";
            report.error(Code::Contradiction, count, message, "delete `count`");
        }
        ("ExactCount", count) => report.range(count, 1, i64::MAX),
        _ => {}
    }
}

/// `validateDeviceToleration`.
fn tolerates<'t>(toleration: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let set = |name| field(toleration, name).filter(|node| !node.text().is_empty());
    if set("key").is_some() {
        metadata::label_key(set("key"), report);
    }
    report.word(field(toleration, "operator"), &["Equal", "Exists"]);
    report.word(field(toleration, "effect"), &["NoExecute", "NoSchedule", "None"]);
    match (text(toleration, "operator"), set("value")) {
        ("Exists", Some(value)) => {
            let message = "a toleration with the operator Exists has no value";
            report.error(Code::Contradiction, value, message, "delete `value`");
        }
        ("Equal" | "", Some(value)) => metadata::label_value(value, report),
        _ => {}
    }
}

fn selectors<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(list) = field(node, "selectors") {
        report.at_most(list, 32);
    }
    for selector in items(node, "selectors") {
        match field(selector, "cel") {
            None => report.missing(selector, "cel", "write `cel: { expression: ... }`"),
            Some(cel) => report.expression(cel, "expression", &Environment::of_device()),
        }
    }
}

/// Checks that the requests that something is about are there.
fn named<'t>(node: NodeRef<'t>, names: &BTreeSet<String>, report: &mut Report<'t, '_>) {
    let requests = items(node, "requests");
    for request in requests.clone() {
        if !names.contains(request.text()) {
            let message = format!("the claim has no request `{}`", request.text());
            report.error(Code::ValueNotAllowed, request, message, "name one of its requests");
        }
    }
    for (first, again) in repeated(&requests, NodeRef::as_str) {
        let message = format!("`{}` is there already", again.text());
        report.repeated(Code::RepeatedItem, first, again, message);
    }
}

fn full_name<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let identifier = |name: &str| {
        name.len() <= 32
            && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let good = node.text().split_once('/').is_some_and(|(domain, name)| {
        let domain = domain.to_ascii_lowercase();
        domain.len() <= 63 && NameForm::DnsSubdomain.check(&domain).is_ok() && identifier(name)
    });
    if !good {
        let message = format!("`{}` is no domain and name of an attribute", node.text());
        report.error(
            Code::NameNotAllowed,
            node,
            message,
            "write one such as `gpu.example.com/model`",
        );
    }
}

fn opaque<'t>(config: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(opaque) = field(config, "opaque") else {
        return report.missing(config, "opaque", "say what the driver is told");
    };
    if let Some(driver) = report.required(opaque, "driver") {
        volume::driver(Some(driver), report);
    }
    match field(opaque, "parameters") {
        None => report.missing(opaque, "parameters", "write a map"),
        Some(parameters) if parameters.kind() != Kind::Map => {
            let message = "the parameters are no map";
            report.error(Code::WrongObjectType, parameters, message, "write a map");
        }
        Some(_) => {}
    }
}

pub fn class<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    selectors(spec, report);
    if let Some(list) = field(spec, "config") {
        report.at_most(list, 32);
    }
    for config in items(spec, "config") {
        opaque(config, report);
    }
    let name = field(spec, "extendedResourceName");
    let name = name.filter(|_| report.version.has(Feature::DRAExtendedResource));
    if let Some(name) = name.filter(|name| !resources::is_extended(name.text())) {
        let message = format!("`{}` is no name of an extended resource", name.text());
        report.error(Code::Resources, name, message, "write one such as `example.com/gpu`");
    }
}
