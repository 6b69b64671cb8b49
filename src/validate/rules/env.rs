//! Environment variables, and the fields of a pod that they and volumes can tell: `ValidateEnv`,
//! `ValidateEnvFrom`, `validateObjectFieldSelector` and `validateContainerResourceFieldSelector`
//! of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::pod::Pod;
use super::{Report, field, fields, resources};
use crate::diagnostic::{Code, nearest};
use crate::k8s::{Feature, NameForm};
use crate::source::{Kind, NodeRef};

pub fn check<'t>(list: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for variable in list.items() {
        report.required_name(NameForm::EnvName, variable, "name");
        if let Some(from) = field(variable, "valueFrom") {
            value_from(variable, from, pod, report);
        }
    }
}

fn value_from<'t>(
    variable: NodeRef<'t>,
    from: NodeRef<'t>,
    pod: Pod<'t>,
    report: &mut Report<'t, '_>,
) {
    // Before, the server drops a reference to a file.
    let files = pod.version.has(Feature::EnvFiles);
    let sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
    let sources = if files { &sources[..] } else { &sources[..4] };
    let found = report.findings.len();
    report.exactly_one(from, sources, "`valueFrom`");
    if let Some(value) = field(variable, "value")
        && !value.text().is_empty()
        && report.findings.len() == found
    {
        let message = "a variable has both `value` and `valueFrom`";
        report.error(Code::Contradiction, value, message, "write one of the two");
    }
    report.as_server(found, from);
    for source in fields(from) {
        match source.key().unwrap_or_default() {
            "configMapKeyRef" | "secretKeyRef" => {
                report.required_name(NameForm::DnsSubdomain, source, "name");
                report.required_name(NameForm::ConfigKey, source, "key");
            }
            "fieldRef" => pod_field(source, &OF_VARIABLES, report),
            "resourceFieldRef" => container_resource(source, false, report),
            "fileKeyRef" if files => file_key(source, pod, report),
            _ => {}
        }
    }
}

/// `validateFileKeySelector` and `validateFileKeyRefVolumes`.
fn file_key<'t>(source: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    report.required_name(NameForm::EnvName, source, "key");
    if let Some(path) = report.required(source, "path") {
        report.no_backsteps(path);
    }
    let Some(name) = report.required(source, "volumeName") else { return };
    report.name(NameForm::DnsLabel, Some(name));
    match pod.volume(name.text()) {
        None => {
            let message = format!("the pod has no volume `{}`", name.text());
            report.error(Code::Volumes, name, message, "name one that is an `emptyDir`");
        }
        Some(volume) => {
            if volume.source.is_none_or(|volume| field(volume, "emptyDir").is_none()) {
                let message = "variables are read from the files of an `emptyDir` alone";
                report.error(Code::Volumes, name, message, "name a volume that is one");
            }
        }
    }
}

pub fn from<'t>(list: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for source in list.items() {
        let found = report.findings.len();
        report.exactly_one(source, &["configMapRef", "secretRef"], "`envFrom`");
        report.as_server(found, list);
        report.name(NameForm::EnvName, field(source, "prefix"));
        for name in ["configMapRef", "secretRef"] {
            if let Some(reference) = field(source, name) {
                source_name(reference, report);
            }
        }
    }
}

/// The server takes the name for the start of one, which may end in `-`.
fn source_name<'t>(reference: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(name) = report.required(reference, "name") else { return };
    let start = name.text().trim_end_matches('-');
    if NameForm::DnsSubdomain.check(start).is_err() {
        report.name(NameForm::DnsSubdomain, Some(name));
    }
}

/// The fields of a pod that a variable can hold.
const OF_VARIABLES: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The fields of a pod that a file can hold.
pub const OF_FILES: [&str; 5] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.labels",
    "metadata.annotations",
    "metadata.uid",
];

/// Checks a `fieldRef`.
pub fn pod_field<'t>(source: NodeRef<'t>, known: &[&str], report: &mut Report<'t, '_>) {
    if let Some(version) = field(source, "apiVersion")
        && !matches!(version.text(), "" | "v1")
    {
        let message = format!("there is no version `{}` of Pod", version.text());
        let field_path = field(source, "fieldPath").unwrap_or(source);
        let finding = report.at(Code::ValueNotAllowed, version, message);
        let finding = finding.as_server(report.root, field_path, "");
        return report.push(finding.help("delete `apiVersion`"));
    }
    let Some(path) = report.required(source, "fieldPath") else { return };
    let subscripted = path.text().strip_suffix("']").and_then(|text| text.split_once("['"));
    let (of, key) = match subscripted {
        Some((of, key)) if !of.is_empty() => (of, Some(key)),
        _ => (path.text(), None),
    };
    match (of, key) {
        ("metadata.annotations" | "metadata.labels", Some(key)) => {
            let lower = key.to_ascii_lowercase();
            let key = if of == "metadata.annotations" { lower.as_str() } else { key };
            if let Err(error) = NameForm::QualifiedName.check(key) {
                let message = format!("the key `{key}` {error}");
                let finding = report.at(Code::LabelNotAllowed, path, message);
                let finding = finding.as_server(report.root, source, "");
                report.push(finding.help(format!("write a path such as `{of}['example.com/a']`")));
            }
        }
        (_, None)
            if known.contains(&of) || (of == "spec.host" && known.contains(&"spec.nodeName")) => {}
        _ => {
            let message = format!("no field `{}` of a pod can be told here", path.text());
            let finding = report.at(Code::ValueNotAllowed, path, message);
            let last = |known: &&str| known.rsplit('.').next() == Some(path.text());
            let meant = known.iter().copied().find(last);
            report.push(match meant.or_else(|| nearest(path.text(), known.iter().copied())) {
                Some(near) => finding.help(format!("write `{near}`")).replace(near),
                None => finding.help(format!(
                    "the fields are `{}`, and `metadata.labels['KEY']`",
                    known.join("`, `")
                )),
            });
        }
    }
}

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];
const BINARY_DIVISORS: [&str; 13] =
    ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// Checks a `resourceFieldRef`; in a volume it names its container.
pub fn container_resource<'t>(source: NodeRef<'t>, volume: bool, report: &mut Report<'t, '_>) {
    if volume && report.required(source, "containerName").is_none() {
        return;
    }
    let Some(resource) = report.required(source, "resource") else { return };
    let huge = ["requests.hugepages-", "limits.hugepages-"]
        .iter()
        .any(|prefix| resource.text().starts_with(prefix));
    if !huge && !RESOURCES.contains(&resource.text()) {
        let message = format!("no resource `{}` of a container can be told", resource.text());
        let finding = report.at(Code::ValueNotAllowed, resource, message);
        return report.push(match nearest(resource.text(), RESOURCES) {
            Some(near) => finding.help(format!("write `{near}`")).replace(near),
            None => finding.help(format!("the resources are `{}`", RESOURCES.join("`, `"))),
        });
    }
    let Some(divisor) = field(source, "divisor") else { return };
    let Some(amount) = resources::quantity(divisor).filter(|amount| !amount.is_zero()) else {
        return;
    };
    let known: &[&str] = match resource.text() {
        "limits.cpu" | "requests.cpu" => &["1m", "1"],
        _ => &BINARY_DIVISORS,
    };
    // A sign that says nothing the server does not take.
    if divisor.text().starts_with('+') || !known.contains(&amount.to_string().as_str()) {
        let message = format!("`{}` is no divisor of {}", divisor.text(), resource.text());
        let help = format!("the divisors are `{}`", known.join("`, `"));
        report.error(Code::ValueNotAllowed, divisor, message, help);
    }
}

impl<'t> Report<'t, '_> {
    /// Checks that a path does not lead upwards: `validatePathNoBacksteps`.
    pub fn no_backsteps(&mut self, path: NodeRef<'t>) {
        if path.kind() == Kind::Str && path.text().split('/').any(|part| part == "..") {
            let message = format!("`{}` leads upwards", path.text());
            self.error(Code::Volumes, path, message, "write the path without `..`");
        }
    }

    /// Checks that a path stays below where it starts: `validateLocalDescendingPath`.
    pub fn descending(&mut self, path: NodeRef<'t>) {
        if path.text().starts_with('/') {
            let message = format!("`{}` does not stay inside of the volume", path.text());
            return self.error(Code::Volumes, path, message, "write a relative path without `..`");
        }
        self.no_backsteps(path);
    }

    /// Checks that a path stays below where it starts, and is none that the kubelet uses itself:
    /// `ValidateLocalNonReservedPath`.
    pub fn local(&mut self, path: NodeRef<'t>) {
        let text = path.text();
        if text.starts_with("..") && !text.starts_with("../") && text != ".." {
            let message = format!("`{text}` starts with `..`");
            return self.error(Code::Volumes, path, message, "write another name");
        }
        self.descending(path);
    }
}
