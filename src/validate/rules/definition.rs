//! Definitions of custom resources: `ValidateCustomResourceDefinition` of
//! `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation`.
//!
//! What all versions have alike the server moves out of them before it looks, and names it there.

use std::iter;

use super::{Report, definition_schema, field, flag, items, text, webhook};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};
use crate::validate::schema;

/// What a version has that the server moves where all have the same, and where it moves it.
const MOVED: [(&str, &str); 4] = [
    ("schema", "validation"),
    ("subresources", "subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns"),
    ("selectableFields", "selectableFields"),
];

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    group(root, spec, report);
    names(spec, report);
    object_name(root, spec, report);
    report.required_word(spec, "scope", &["Cluster", "Namespaced"]);
    if flag(spec, "preserveUnknownFields") {
        let message = "a definition of this version of the API prunes unknown fields";
        let help = "write `x-kubernetes-preserve-unknown-fields: true` into the schemas";
        report.forbidden(spec, "preserveUnknownFields", message, help);
    }
    versions(spec, report);
    if let Some(conversion) = field(spec, "conversion") {
        check_conversion(conversion, report);
    }
}

fn group<'t>(root: NodeRef<'t>, spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(group) = report.required(spec, "group") else { return };
    report.name(NameForm::DnsSubdomain, Some(group));
    if !group.text().contains('.') {
        let message = format!("the group `{}` is no domain", group.text());
        report.error(Code::Definition, group, message, "write one such as `example.com`");
    }
    approval(root, group, report);
}

/// The groups of Kubernetes itself ask for an approval: `validateAPIApproval`.
fn approval<'t>(root: NodeRef<'t>, group: NodeRef<'t>, report: &mut Report<'t, '_>) {
    const ANNOTATION: &str = "api-approved.kubernetes.io";
    let own = |domain: &str| {
        group.text() == domain
            || group.text().strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    if !own("k8s.io") && !own("kubernetes.io") {
        return;
    }
    let approval = root.at_path(&["metadata", "annotations", ANNOTATION]);
    let said = approval.map_or("", NodeRef::text);
    let is_url =
        said.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    if is_url || said.starts_with("unapproved") {
        return;
    }
    let message = format!("the group `{}` belongs to Kubernetes", group.text());
    let finding = report.at(Code::Definition, approval.unwrap_or(group), message);
    let path = format!("metadata.annotations[{ANNOTATION}]");
    let finding = finding.as_server(report.root, root, &path);
    report.push(finding.help("take a group of your own domain"));
}

/// `ValidateCustomResourceDefinitionNames`.
fn names<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(names) = field(spec, "names") else { return };
    let label = NameForm::Dns1035Label;
    report.required_name(label, names, "plural");
    report.name(label, field(names, "singular"));
    report.required(names, "kind");
    for name in ["kind", "listKind"] {
        let Some(node) = field(names, name) else { continue };
        if let Err(error) = label.check(&node.text().to_ascii_lowercase())
            && !node.text().is_empty()
        {
            let message = format!("the name `{}` of a kind {error}", node.text());
            report.error(Code::NameNotAllowed, node, message, "write one such as `Widget`");
        }
    }
    let kind = text(names, "kind");
    if let Some(list) = field(names, "listKind").filter(|list| list.text() == kind)
        && !kind.is_empty()
    {
        let message = "a kind and its lists have different names";
        report.error(Code::Definition, list, message, format!("write `{kind}List`"));
    }
    for list in ["shortNames", "categories"] {
        for name in items(names, list) {
            report.set_name(label, Some(name));
        }
    }
}

fn object_name<'t>(root: NodeRef<'t>, spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let plural = field(spec, "names").map_or("", |names| text(names, "plural"));
    let wanted = format!("{plural}.{}", text(spec, "group"));
    let name = root.at_path(&["metadata", "name"]).filter(|name| name.kind() == Kind::Str);
    if let Some(name) = name.filter(|name| name.text() != wanted) {
        let message = format!("`{}` is not the definition's plural and group", name.text());
        let finding = report.at(Code::Definition, name, message);
        report.push(finding.help(format!("write `name: {wanted}`")).replace(wanted));
    }
}

fn versions<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let all = items(spec, "versions");
    let list = field(spec, "versions").unwrap_or(spec);
    if all.clone().filter(|version| flag(*version, "storage")).count() != 1 {
        let finding =
            report.at(Code::Definition, list, "exactly one version must have `storage: true`");
        report.push(finding.as_server(report.root, spec, ".versions"));
    }
    for (first, again) in super::repeated(&all, |version| Some(text(version, "name"))) {
        let found = report.findings.len();
        let message = format!("another version is named `{}`, too", text(again, "name"));
        report.repeated(Code::RepeatedItem, first, again, message);
        report.as_server(found, list);
    }
    let alike = |name: &str| {
        let mut values = all.clone().map(|version| field(version, name));
        let first = values.next().flatten();
        values.all(|value| match (first, value) {
            (Some(a), Some(b)) => a.same(b),
            (a, b) => a.is_none() && b.is_none(),
        })
    };
    let moved = MOVED.map(|(name, to)| (name, to, alike(name)));
    for version in all.clone() {
        let found = report.findings.len();
        let own_schema = !moved[0].2;
        let own_fields = !moved[3].2;
        one(version, own_schema == own_fields, report);
        for (name, to, _) in moved.iter().filter(|(.., alike)| *alike) {
            let above = report.at(Code::Definition, version, "").path;
            let before = format!("{above}.{name}");
            for finding in &mut report.findings[found..] {
                if let Some(rest) = finding.server_path().strip_prefix(&before) {
                    finding.server_path = Some(format!("spec.{to}{rest}"));
                }
            }
        }
        report.required_name(NameForm::Dns1035Label, version, "name");
        schema_is_there(version, report);
    }
}

fn schema_is_there<'t>(version: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let schema = field(version, "schema");
    if schema.and_then(|schema| field(schema, "openAPIV3Schema")).is_none() {
        let message = "the version has no `schema.openAPIV3Schema`";
        let finding = report.at(Code::Definition, schema.unwrap_or(version), message);
        let finding = finding.as_server(report.root, version, ".schema.openAPIV3Schema");
        report.push(finding.help("every version of `apiextensions.k8s.io/v1` has a schema"));
    }
}

/// Checks a version; `together` says whether its schema and its selectable fields are both
/// those of all versions, or both its own.
fn one<'t>(version: NodeRef<'t>, together: bool, report: &mut Report<'t, '_>) {
    if let Some(warning) = field(version, "deprecationWarning") {
        deprecation(version, warning, report);
    }
    let schema = field(version, "schema").and_then(|schema| field(schema, "openAPIV3Schema"));
    let subresources = field(version, "subresources");
    let status = subresources.and_then(|all| field(all, "status"));
    if let Some(status) = status.filter(|status| status.kind() != Kind::Map) {
        let message = "this is no map";
        report.error(Code::WrongObjectType, status, message, "write `status: {}`");
    }
    for entry in status.into_iter().flat_map(NodeRef::entries) {
        report.push(schema::unknown_field(report.root, entry, iter::empty()));
    }
    if let Some(schema) = schema {
        definition_schema::check(schema, status.is_some(), report);
    }
    if let Some(scale) = subresources.and_then(|all| field(all, "scale")) {
        check_scale(scale, report);
    }
    for column in items(version, "additionalPrinterColumns") {
        check_column(column, report);
    }
    let selectable = field(version, "selectableFields").filter(|list| !list.is_empty());
    match (selectable, schema) {
        (Some(list), Some(schema)) if together => selectable_fields(list, schema, report),
        (Some(list), Some(_)) => {
            let message = "the server takes selectable fields and a schema either both from each \
                           version or both from all alike";
            let help = "make the schemas of the versions differ where their `selectableFields` do";
            report.error(Code::Definition, list, message, help);
        }
        (Some(list), None) => {
            let message = "there is no schema in which to select a field";
            report.error(Code::Definition, list, message, "add `schema`");
        }
        (None, _) => {}
    }
}

fn deprecation<'t>(version: NodeRef<'t>, warning: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let text = warning.text();
    let (message, help) = if !flag(version, "deprecated") {
        ("the version is not deprecated", "add `deprecated: true`, or delete the warning")
    } else if text.is_empty() {
        ("the warning is empty", "write it, or delete it")
    } else if text.len() > 256 {
        ("the warning is longer than 256 bytes", "make it shorter")
    } else if text.chars().any(char::is_control) {
        ("the warning has characters that cannot be printed", "write it in one line")
    } else {
        return;
    };
    report.error(Code::Definition, warning, message, help);
}

/// `ValidateCustomResourceDefinitionSubresources`.
fn check_scale<'t>(scale: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for (name, below) in [
        ("specReplicasPath", &[".spec."][..]),
        ("statusReplicasPath", &[".status."]),
        ("labelSelectorPath", &[".spec.", ".status."]),
    ] {
        let node = match name {
            "labelSelectorPath" => field(scale, name).filter(|path| !path.text().is_empty()),
            _ => report.required(scale, name),
        };
        if let Some(node) = node
            && !below.iter().any(|start| node.text().starts_with(start))
        {
            let message = format!("`{}` is no path below `{}`", node.text(), below.join("` or `"));
            let help = format!("write one such as `{}replicas`", below[0]);
            report.error(Code::Definition, node, message, help);
        }
    }
}

/// `ValidateCustomResourceColumnDefinition`.
fn check_column<'t>(column: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required(column, "name");
    report.required_word(column, "type", &["boolean", "date", "integer", "number", "string"]);
    let formats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
    report.word(field(column, "format"), &formats);
    let found = report.findings.len();
    if let Some(path) =
        report.required(column, "jsonPath").filter(|path| !path.text().starts_with('.'))
    {
        let message = format!("the path `{}` does not start with `.`", path.text());
        report.error(Code::Definition, path, message, "write one such as `.spec.size`");
    }
    for finding in &mut report.findings[found..] {
        finding.name_for_server(report.root, column, ".JSONPath");
    }
}

/// `ValidateCustomResourceSelectableFields`.
fn selectable_fields<'t>(list: NodeRef<'t>, schema: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.at_most(list, 8);
    for one in list.items() {
        let Some(path) = report.required(one, "jsonPath") else { continue };
        let (message, help) = match definition_schema::field_at(path.text(), schema, false) {
            None => ("the path names no field of the schema", "write one such as `.spec.color`"),
            Some(_)
                if path.text().trim_start_matches('.').split('.').next() == Some("metadata") =>
            {
                ("metadata can be selected anyway", "delete it")
            }
            Some(of) if !matches!(text(of, "type"), "string" | "boolean" | "integer") => (
                "what is selected is a string, an integer or true or false",
                "name a field of such a type",
            ),
            Some(_) => continue,
        };
        report.error(Code::Definition, path, message, help);
    }
    for (first, again) in
        super::repeated(&list.items(), |one| field(one, "jsonPath").map(NodeRef::text))
    {
        let node = field(again, "jsonPath").unwrap_or(again);
        let message = format!("`{}` is there already", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
}

/// `validateCustomResourceConversion`. The server names the webhook as an earlier version of the
/// API did.
fn check_conversion<'t>(conversion: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_word(conversion, "strategy", &["None", "Webhook"]);
    let hook = field(conversion, "webhook");
    let found = report.findings.len();
    if text(conversion, "strategy") == "Webhook" {
        if let Some(config) = hook.and_then(|hook| field(hook, "clientConfig")) {
            webhook::client(config, report);
        } else {
            let help = "say where the webhook is";
            report.missing(hook.unwrap_or(conversion), "clientConfig", help);
        }
        webhook::reviews(hook.unwrap_or(conversion), "conversionReviewVersions", report);
    } else if let Some(hook) = hook {
        let message = "only the strategy Webhook has a webhook";
        let help = "delete it, or write `strategy: Webhook`";
        for (name, path) in [
            ("clientConfig", "webhookClientConfig"),
            ("conversionReviewVersions", "conversionReviewVersions"),
        ] {
            let set =
                field(hook, name).filter(|node| !(node.kind() == Kind::List && node.is_empty()));
            if let Some(node) = set {
                let finding = report.at(Code::Contradiction, node, message);
                let finding = finding.as_server(report.root, conversion, &format!(".{path}"));
                report.push(finding.help(help));
            }
        }
        return;
    }
    let above = report.at(Code::Definition, conversion, "").path;
    for finding in &mut report.findings[found..] {
        let path = finding.server_path().to_owned();
        let rest = path.strip_prefix(&above).unwrap_or_default();
        let rest = rest.strip_prefix(".webhook").unwrap_or(rest);
        let rest = match rest.strip_prefix(".clientConfig") {
            Some(rest) => format!(".webhookClientConfig{rest}"),
            None => rest.to_owned(),
        };
        finding.name_for_server(report.root, conversion, &rest);
    }
}
