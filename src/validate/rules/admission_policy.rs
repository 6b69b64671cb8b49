//! Admission policies: `ValidateValidatingAdmissionPolicy`, its binding and their mutating
//! twins of `k8s.io/kubernetes/pkg/apis/admissionregistration/validation`.

use super::expression::Environment;
use super::{Report, field, items, metadata, repeated, text, webhook};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;
use crate::validate::cel::{self, Declared, Growing, Type};
use crate::validate::fields;

pub fn policy<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    report.set_word(field(spec, "failurePolicy"), &["Fail", "Ignore"]);
    if let Some(kind) = field(spec, "paramKind") {
        param_kind(kind, report);
    }
    match field(spec, "matchConstraints") {
        None => report.missing(spec, "matchConstraints", "say which requests it is about"),
        Some(constraints) => {
            match_resources(constraints, report);
            report.required_items(constraints, "resourceRules", "say which resources it is about");
        }
    }
    let mut environment = Environment::of_request();
    if field(spec, "paramKind").is_some() {
        environment = environment.with("params", Declared::Any);
    }
    webhook::conditions(field(spec, "matchConditions"), &environment, report);
    // A variable knows those before it.
    let variables = Growing::default();
    let known = environment.clone().with("variables", variables.declared()).giving(&[]);
    for variable in items(spec, "variables") {
        if let Some(name) =
            report.required(variable, "name").filter(|name| !is_identifier(name.text()))
        {
            let message = format!("`{}` is no name of a variable in CEL", name.text());
            report.error(Code::NameNotAllowed, name, message, "write letters, digits and `_`");
        }
        report.expression(variable, "expression", &known);
        variables.add(text(variable, "name"), Declared::Any);
    }
    if items(spec, "variables").next().is_some() {
        environment = environment.with("variables", variables.declared());
    }
    if text(root, "kind") == "MutatingAdmissionPolicy" {
        return;
    }
    if items(spec, "validations").next().is_none()
        && items(spec, "auditAnnotations").next().is_none()
    {
        report.missing(spec, "validations", "say what has to hold");
    }
    for validation in items(spec, "validations") {
        check_validation(validation, &environment, report);
    }
    annotations(root, spec, &environment, report);
}

fn param_kind<'t>(kind: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(version) = report.required(kind, "apiVersion") {
        let (group, number) = version.text().split_once('/').unwrap_or(("", version.text()));
        let good = (group.is_empty() || NameForm::DnsSubdomain.check(group).is_ok())
            && NameForm::Dns1035Label.check(number).is_ok();
        if !good {
            let message = format!("`{}` is no version of a group", version.text());
            report.error(Code::ValueNotAllowed, version, message, "write one such as `apps/v1`");
        }
    }
    if let Some(kind) = report.required(kind, "kind")
        && NameForm::Dns1035Label.check(&kind.text().to_ascii_lowercase()).is_err()
    {
        let message = format!("`{}` is no name of a kind", kind.text());
        report.error(Code::NameNotAllowed, kind, message, "write one such as `ConfigMap`");
    }
}

/// `validateMatchResources`.
fn match_resources<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.set_word(field(node, "matchPolicy"), &["Equivalent", "Exact"]);
    metadata::selector(field(node, "namespaceSelector"), report);
    metadata::selector(field(node, "objectSelector"), report);
    for list in ["resourceRules", "excludeResourceRules"] {
        for rule in items(node, list) {
            webhook::check_rule(rule, report);
            let names = items(rule, "resourceNames");
            for name in names.clone() {
                report.name(NameForm::PathSegment, Some(name));
            }
            for (first, again) in repeated(&names, NodeRef::as_str) {
                let message = format!("`{}` is there already", again.text());
                report.repeated(Code::RepeatedItem, first, again, message);
            }
        }
    }
}

fn check_validation<'t>(
    validation: NodeRef<'t>,
    environment: &Environment<'_>,
    report: &mut Report<'t, '_>,
) {
    report.expression(validation, "expression", environment);
    for name in ["message", "messageExpression"] {
        let Some(node) = field(validation, name).filter(|node| !node.text().is_empty()) else {
            continue;
        };
        if node.text().trim().is_empty() {
            report.error(
                Code::ValueNotAllowed,
                node,
                format!("`{name}` is blank"),
                "write it, or delete it",
            );
        } else if name == "message" && node.text().trim().contains(['\n', '\r']) {
            let message = "a message is one line";
            report.error(Code::ValueNotAllowed, node, message, "write it without line breaks");
        } else if name == "messageExpression" {
            let environment = environment.clone().without("authorizer").giving(&[Type::String]);
            report.compile(node, &environment);
        }
    }
    report.set_word(
        field(validation, "reason"),
        &["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"],
    );
}

fn annotations<'t>(
    root: NodeRef<'t>,
    spec: NodeRef<'t>,
    environment: &Environment<'_>,
    report: &mut Report<'t, '_>,
) {
    let Some(list) = field(spec, "auditAnnotations") else { return };
    report.at_most(list, 20);
    let policy = fields::name(root);
    for annotation in list.items() {
        let key = text(annotation, "key");
        if let Err(error) = NameForm::QualifiedName.check(&format!("{policy}/{key}")) {
            let message = format!("the key `{policy}/{key}` {error}");
            let node = field(annotation, "key").unwrap_or(annotation);
            let finding = report.at(Code::LabelNotAllowed, node, message);
            let finding = finding.as_server(report.root, annotation, ".key");
            report.push(finding.help("write a key such as `reason`"));
        }
        let environment = environment.clone().giving(&[Type::String, Type::Null]);
        report.expression(annotation, "valueExpression", &environment);
    }
    let annotations = list.items();
    for (first, again) in repeated(&annotations, |one| Some(text(one, "key"))) {
        let node = field(again, "key").unwrap_or(again);
        let message = format!("another annotation has the key `{}`, too", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !cel::RESERVED.contains(&name)
}

pub fn binding<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    report.required_name(NameForm::DnsSubdomain, spec, "policyName");
    if let Some(param) = field(spec, "paramRef") {
        param_reference(param, report);
    }
    if let Some(resources) = field(spec, "matchResources") {
        match_resources(resources, report);
    }
    if text(root, "kind") == "MutatingAdmissionPolicyBinding" {
        return;
    }
    report.required_items(spec, "validationActions", "write `[Deny]`");
    let actions = items(spec, "validationActions");
    for action in actions.clone() {
        report.not_empty(action);
        report.word(Some(action), &["Audit", "Deny", "Warn"]);
    }
    for (first, again) in repeated(&actions, NodeRef::as_str) {
        let message = format!("`{}` is there already", again.text());
        report.repeated(Code::RepeatedItem, first, again, message);
    }
    let has = |wanted: &str| actions.clone().any(|action| action.text() == wanted);
    if has("Deny") && has("Warn") {
        let node = field(spec, "validationActions").unwrap_or(spec);
        let message = "who is denied needs no warning";
        report.error(Code::Contradiction, node, message, "write `Deny` or `Warn`");
    }
}

fn param_reference<'t>(param: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let name = field(param, "name").filter(|name| !name.text().is_empty());
    report.name(NameForm::PathSegment, name);
    let selector = field(param, "selector");
    metadata::selector(selector, report);
    match (name, selector) {
        (Some(name), Some(selector)) => {
            let message = "there is a `name`, too";
            let finding = report.at(Code::Contradiction, selector, message);
            report.push(finding.also(name.at(), "the name").help("write one of the two"));
        }
        (None, None) => {
            let message = "there is neither `name` nor `selector`";
            report.error(Code::MissingObjectField, param, message, "say which parameters");
        }
        _ => {}
    }
    report.required_word(param, "parameterNotFoundAction", &["Allow", "Deny"]);
}
