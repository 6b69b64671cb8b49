//! Names, namespaces, labels and annotations: `ValidateObjectMeta` of
//! `k8s.io/apimachinery/pkg/api/validation`, with the forms of names that each kind's own
//! strategy asks for.

use super::{Report, field};
use crate::diagnostic::Code;
use crate::k8s::schema::Resource;
use crate::k8s::{NameError, NameForm, Version};
use crate::source::NodeRef;
use crate::validate::Author;
use crate::validate::finding::Finding;

/// `TotalAnnotationSizeLimitB` of the server.
const ANNOTATIONS_BYTES: usize = 256 * 1024;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let kind = root.get("kind").map_or("", NodeRef::text);
    let api_version = root.get("apiVersion").map_or("", NodeRef::text);
    let Some(metadata) = field(root, "metadata") else {
        return report.error(
            Code::MissingObjectField,
            root,
            "there is no `metadata`",
            "an object needs at least `metadata: { name: ... }`",
        );
    };
    match field(metadata, "name") {
        Some(name) => {
            object_name(name, api_version, kind, report);
        }
        None if field(metadata, "generateName").is_some() => {}
        None => report.error(
            Code::MissingObjectField,
            metadata,
            "there is no `name`",
            "give the object a name",
        ),
    }
    namespace(metadata, api_version, kind, report);
    labels(field(metadata, "labels"), report);
    annotations(field(metadata, "annotations"), report);
}

/// The form of the names of a kind and their greatest length, where it is less than that of
/// the form.
fn name_form(version: Version, api_version: &str, kind: &str) -> (NameForm, Option<usize>) {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "Service") if version.minor() < 36 => (NameForm::Dns1035Label, None),
        ("", "Namespace" | "Service") | ("apps", "StatefulSet") => (NameForm::DnsLabel, None),
        // The controller adds up to 11 characters to name a Job, and a Job's name becomes
        // the value of a label on its pods.
        ("batch", "CronJob") => (NameForm::DnsSubdomain, Some(52)),
        ("batch", "Job") => (NameForm::DnsSubdomain, Some(63)),
        ("rbac.authorization.k8s.io", _) => (NameForm::PathSegment, None),
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
        None if resource.is_namespaced() && report.author == Author::Gen => report.error(
            Code::MissingObjectField,
            metadata,
            "there is no `namespace`",
            "without one the object lands wherever kubectl happens to point",
        ),
        _ => {}
    }
}

/// Checks a map of labels, on an object or in a selector.
pub fn labels<'t>(labels: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    for label in labels.into_iter().flat_map(NodeRef::entries) {
        key(label, label.key().unwrap_or_default(), report);
        let Some(value) = label.as_str() else { continue };
        if let Err(error) = NameForm::LabelValue.check(value) {
            report.error(
                Code::LabelNotAllowed,
                label,
                format!("the value `{value}` of a label {error}"),
                "long or free text belongs in an annotation",
            );
        }
    }
}

fn annotations<'t>(annotations: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(annotations) = annotations else { return };
    let mut bytes = 0;
    for annotation in annotations.entries() {
        let name = annotation.key().unwrap_or_default();
        bytes += name.len() + annotation.text().len();
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            // The server takes capitals in the domain of an annotation, and only there.
            key(annotation, &name.to_ascii_lowercase(), report);
        } else {
            key(annotation, name, report);
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

fn key<'t>(entry: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    if let Err(error) = NameForm::QualifiedName.check(name) {
        let message = format!("the key `{}` {error}", entry.key().unwrap_or_default());
        let finding = Finding::error_at_key(Code::LabelNotAllowed, report.root, entry, message);
        report.findings.push(finding.help("write a key such as `example.com/name`"));
    }
}

/// Checks a selector of pods: its labels and its expressions.
pub fn selector<'t>(selector: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(selector) = selector else { return };
    labels(field(selector, "matchLabels"), report);
    for expression in super::items(selector, "matchExpressions") {
        let values = super::items(expression, "values").count();
        match (super::text(expression, "operator"), values) {
            ("In" | "NotIn", 0) => report.error(
                Code::Contradiction,
                expression,
                "the operators In and NotIn need values",
                "add `values`",
            ),
            ("Exists" | "DoesNotExist", 1..) => report.error(
                Code::Contradiction,
                expression,
                "the operators Exists and DoesNotExist have no values",
                "delete `values`",
            ),
            _ => {}
        }
    }
}
