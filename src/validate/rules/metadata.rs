//! Names, namespaces, labels and annotations: `ValidateObjectMeta` of
//! `k8s.io/apimachinery/pkg/api/validation`, with the forms of names that each kind's own
//! strategy asks for.

use super::{Report, field};
use crate::diagnostic::Code;
use crate::k8s::schema::Resource;
use crate::k8s::{Feature, NameError, NameForm, Version};
use crate::source::{Kind, NodeRef};
use crate::validate::Author;
use crate::validate::finding::Finding;

/// `TotalAnnotationSizeLimitB` of the server.
const ANNOTATIONS_BYTES: usize = 256 * 1024;

/// The kinds whose generation the server counts itself, whatever is written.
const NUMBERED: [&str; 26] = [
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "DeviceClass",
    "EndpointSlice",
    "FlowSchema",
    "Ingress",
    "IngressClass",
    "Job",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "Pod",
    "PodDisruptionBudget",
    "PodTemplate",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ReplicaSet",
    "ReplicationController",
    "ResourceSlice",
    "StatefulSet",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let kind = root.get("kind").map_or("", NodeRef::text);
    let api_version = root.get("apiVersion").map_or("", NodeRef::text);
    // The server names these itself.
    let is_named = (api_version, kind) == ("v1", "LimitRange");
    let Some(metadata) = field(root, "metadata") else {
        if is_named {
            return;
        }
        let help = "an object needs at least `metadata: { name: ... }`";
        return report.missing_as(root, "metadata", ".metadata.name", help);
    };
    match field(metadata, "name").filter(|name| !(is_named && name.text().is_empty())) {
        Some(name) => {
            object_name(name, api_version, kind, report);
        }
        None if field(metadata, "generateName").is_some_and(|name| !name.text().is_empty()) => {}
        None if is_named => {}
        None => report.missing(metadata, "name", "give the object a name"),
    }
    if let Some(prefix) = field(metadata, "generateName") {
        generated_name(prefix, api_version, kind, report);
    }
    namespace(metadata, api_version, kind, report);
    let resource = Resource::find(report.version, api_version, kind);
    if resource.is_some_and(|resource| !resource.is_custom()) && !NUMBERED.contains(&kind) {
        report.range(field(metadata, "generation"), 0, i64::MAX);
    }
    finalizers(metadata, api_version, report);
    owners(metadata, report);
    labels(field(metadata, "labels"), report);
    annotations(field(metadata, "annotations"), report);
}

/// The form of the names of a kind and their greatest length, where it is less than that of
/// the form.
fn name_form(version: Version, api_version: &str, kind: &str) -> (NameForm, Option<usize>) {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "Service") if !version.has(Feature::RelaxedServiceNameValidation) => {
            (NameForm::Dns1035Label, None)
        }
        ("", "Namespace" | "Service") | ("apps", "StatefulSet") => (NameForm::DnsLabel, None),
        // The controller adds up to 11 characters to name a Job, and a Job's name becomes
        // the value of a label on its pods.
        ("batch", "CronJob") => (NameForm::DnsSubdomain, Some(52)),
        ("batch", "Job") => (NameForm::DnsSubdomain, Some(63)),
        ("rbac.authorization.k8s.io", _)
        | ("policy", "PodDisruptionBudget")
        | ("certificates.k8s.io", "CertificateSigningRequest") => (NameForm::PathSegment, None),
        _ => (NameForm::DnsSubdomain, None),
    }
}

fn object_name<'t>(name: NodeRef<'t>, api_version: &str, kind: &str, report: &mut Report<'t, '_>) {
    let Some(text) = name.as_str() else { return };
    let (form, most) = name_form(report.version, api_version, kind);
    let checked = form.check(text).and(match most {
        Some(most) if text.len() > most => Err(NameError::TooLong(most)),
        _ => Ok(()),
    });
    if let Err(error) = checked {
        let message = format!("the name `{text}` of a {kind} {error}");
        report.findings.push(Finding::error(Code::NameNotAllowed, report.root, name, message));
    }
}

/// The start of a name may end in `-`; the server adds letters and digits.
fn generated_name<'t>(
    prefix: NodeRef<'t>,
    api_version: &str,
    kind: &str,
    report: &mut Report<'t, '_>,
) {
    let Some(text) = prefix.as_str().filter(|text| !text.is_empty()) else { return };
    let form = match kind {
        // Of these the server looks at the whole name alone.
        "DeviceClass" | "ReplicationController"
            if report.version.has(Feature::NamesByDeclaration) =>
        {
            NameForm::PathSegment
        }
        "IPAddress" => {
            report.strict_address(prefix);
            return;
        }
        _ => name_form(report.version, api_version, kind).0,
    };
    let masked = match text.strip_suffix('-') {
        Some(start) if !start.is_empty() => format!("{start}a"),
        _ => text.to_owned(),
    };
    // More letters make another name of these.
    if form == NameForm::PathSegment && matches!(text, "." | "..") {
        return;
    }
    if let Err(error) = form.check(&masked) {
        let message = format!("the names that start with `{text}` of a {kind} {error}");
        report.findings.push(Finding::error(Code::NameNotAllowed, report.root, prefix, message));
    }
}

/// Finalizers of the server itself, which have no domain.
const FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
/// Groups whose kinds may have other finalizers without a domain.
const OPEN_GROUPS: [&str; 6] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "coordination.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "node.k8s.io",
];

/// `ValidateFinalizerName` and `validateKubeFinalizerName`.
fn finalizers<'t>(metadata: NodeRef<'t>, api_version: &str, report: &mut Report<'t, '_>) {
    let Some(list) = field(metadata, "finalizers") else { return };
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    for one in list.items() {
        finalizer(one, list, !OPEN_GROUPS.contains(&group), report);
    }
    let has = |wanted: &str| list.items().any(|one| one.text() == wanted);
    if has("orphan") && has("foregroundDeletion") {
        let message = "what is owned is either orphaned or deleted first";
        report.error(Code::Contradiction, list, message, "write one of the two");
    }
}

/// Checks one of a list of finalizers; those of `closed` groups have a domain or are known.
pub fn finalizer<'t>(
    node: NodeRef<'t>,
    list: NodeRef<'t>,
    closed: bool,
    report: &mut Report<'t, '_>,
) {
    let text = node.text();
    if let Err(error) = NameForm::QualifiedName.check(text) {
        let message = format!("the name `{text}` of a finalizer {error}");
        let finding = report.at(Code::NameNotAllowed, node, message);
        let finding = finding.as_server(report.root, list, "");
        report.push(finding.help("write a name such as `example.com/cleanup`"));
    } else if closed && !text.contains('/') && !FINALIZERS.contains(&text) {
        let message = format!("the finalizer `{text}` has no domain");
        let help = "write a name such as `example.com/cleanup`";
        report.error(Code::NameNotAllowed, node, message, help);
    }
}

/// `ValidateOwnerReferences`.
fn owners<'t>(metadata: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(list) = field(metadata, "ownerReferences") else { return };
    let mut controller = None;
    for owner in list.items() {
        for name in ["apiVersion", "kind", "name", "uid"] {
            let found = report.findings.len();
            if let Some(node) = report.required(owner, name)
                && name == "apiVersion"
                && (node.text().ends_with('/') || node.text().split('/').count() > 2)
            {
                let message = format!("`{}` is no version of an API", node.text());
                report.error(Code::ValueNotAllowed, node, message, "write one such as `apps/v1`");
            }
            for finding in &mut report.findings[found..] {
                finding.name_for_server(report.root, list, &format!(".{name}"));
            }
        }
        let of = (super::text(owner, "apiVersion"), super::text(owner, "kind"));
        if of == ("v1", "Event") {
            let message = "an Event owns nothing";
            let finding = report.at(Code::Contradiction, owner, message);
            report.push(finding.as_server(report.root, list, "").help("delete it"));
        }
        if super::flag(owner, "controller") {
            // The server takes two that are alike for one.
            if let Some(first) = controller.replace(owner).filter(|first| !first.same(owner)) {
                let message = "an object has one controller".to_owned();
                let found = report.findings.len();
                report.repeated(Code::Contradiction, first, owner, message);
                report.as_server(found, list);
            }
        }
    }
}

fn namespace<'t>(
    metadata: NodeRef<'t>,
    api_version: &str,
    kind: &str,
    report: &mut Report<'t, '_>,
) {
    let namespace = field(metadata, "namespace");
    report.name(NameForm::DnsLabel, namespace);
    let Some(resource) = Resource::find(report.version, api_version, kind) else { return };
    match namespace {
        Some(namespace) if !resource.is_namespaced() => report.error(
            Code::Contradiction,
            namespace,
            format!("a {kind} has no namespace"),
            "delete the field",
        ),
        None if resource.is_namespaced() && report.author == Author::Gen => {
            let help = "without one the object lands wherever kubectl happens to point";
            report.missing(metadata, "namespace", help);
        }
        _ => {}
    }
}

/// Checks a map of labels, on an object or in a selector.
pub fn labels<'t>(labels: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(labels) = labels else { return };
    for label in labels.entries() {
        key(labels, label, label.key().unwrap_or_default(), report);
        let Some(value) = label.as_str() else { continue };
        if let Err(error) = NameForm::LabelValue.check(value) {
            let message = format!("the value `{value}` of a label {error}");
            let finding = report.at(Code::LabelNotAllowed, label, message);
            let finding = finding.as_server(report.root, labels, "");
            report.push(finding.help("long or free text belongs in an annotation"));
        }
    }
}

/// Checks a map of annotations.
pub fn annotations<'t>(annotations: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(annotations) = annotations else { return };
    let mut bytes = 0;
    for annotation in annotations.entries() {
        let name = annotation.key().unwrap_or_default();
        bytes += name.len() + annotation.text().len();
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            // The server takes capitals in the domain of an annotation, and only there.
            key(annotations, annotation, &name.to_ascii_lowercase(), report);
        } else {
            key(annotations, annotation, name, report);
        }
    }
    if bytes > ANNOTATIONS_BYTES {
        report.error(
            Code::LabelNotAllowed,
            annotations,
            format!("the annotations have {bytes} bytes, more than {ANNOTATIONS_BYTES}"),
            "put the text into a ConfigMap",
        );
    }
}

fn key<'t>(map: NodeRef<'t>, entry: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    if let Err(error) = NameForm::QualifiedName.check(name) {
        let message = format!("the key `{}` {error}", entry.key().unwrap_or_default());
        let finding = Finding::error_at_key(Code::LabelNotAllowed, report.root, entry, message);
        let finding = finding.as_server(report.root, map, "");
        report.push(finding.help("write a key such as `example.com/name`"));
    }
}

/// Checks the labels and annotations of a pod template. The server leaves `metadata` out of
/// their paths.
pub fn of_template<'t>(metadata: NodeRef<'t>, template: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for (name, check) in [("labels", labels as fn(_, &mut _)), ("annotations", annotations)] {
        let found = report.findings.len();
        check(field(metadata, name), report);
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, template, &format!(".{name}"));
        }
    }
}

/// Checks the key of a label where it stands as a text.
pub fn label_key<'t>(node: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(node) = node.filter(|node| matches!(node.kind(), Kind::Str | Kind::Null)) else {
        return;
    };
    let text = node.text();
    if let Err(error) = NameForm::QualifiedName.check(text) {
        let message = format!("the key `{text}` of a label {error}");
        let help = "write a key such as `example.com/name`";
        report.error(Code::LabelNotAllowed, node, message, help);
    }
}

/// Checks the value of a label where it stands as a text.
pub fn label_value<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(text) = node.as_str()
        && let Err(error) = NameForm::LabelValue.check(text)
    {
        let message = format!("the value `{text}` of a label {error}");
        let help = "no label has such a value";
        report.error(Code::LabelNotAllowed, node, message, help);
    }
}

/// Checks a `LabelSelector`: `ValidateLabelSelector` of
/// `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.
pub fn selector<'t>(selector: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(selector) = selector else { return };
    labels(field(selector, "matchLabels"), report);
    for expression in super::items(selector, "matchExpressions") {
        requirement(expression, &["In", "NotIn", "Exists", "DoesNotExist"], true, report);
    }
}

/// Checks that the values of a requirement are as many as its operator asks for, and that key
/// and, where `strict`, values can be those of a label.
pub fn requirement<'t>(
    expression: NodeRef<'t>,
    operators: &[&str],
    strict: bool,
    report: &mut Report<'t, '_>,
) {
    let operator = super::text(expression, "operator");
    let values = super::items(expression, "values").count();
    match operator {
        "In" | "NotIn" if values == 0 => {
            let help = format!("add `values`; {operator} compares with them");
            report.missing(expression, "values", help);
        }
        "Exists" | "DoesNotExist" if values > 0 => {
            let message = format!("the operator {operator} has no values");
            report.forbidden(expression, "values", message, "delete `values`, or write `In`");
        }
        "Gt" | "Lt" if operators.contains(&operator) && values != 1 => {
            let message = format!("the operator {operator} compares with one value");
            match field(expression, "values") {
                Some(node) => report.error(Code::Contradiction, node, message, "write one"),
                None => report.missing(expression, "values", "add `values` with one number"),
            }
        }
        "" => report.missing(expression, "operator", format!("write one of {operators:?}")),
        _ => report.word(field(expression, "operator"), operators),
    }
    match field(expression, "key") {
        Some(_) => label_key(field(expression, "key"), report),
        None => report.missing(expression, "key", "add the key of a label"),
    }
    for value in super::items(expression, "values").filter(|_| strict) {
        label_value(value, report);
    }
}
