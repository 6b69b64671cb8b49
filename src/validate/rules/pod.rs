//! Pods and what makes them: `ValidatePodSpec` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, items, metadata, probe, repeated, resources, text};
use crate::diagnostic::{Code, nearest};
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};
use crate::validate::finding::Finding;
use crate::validate::pods;

pub fn check<'t>(template: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    metadata::labels(pods::labels(template), report);
    let Some(spec) = field(template, "spec") else { return };
    metadata::labels(field(spec, "nodeSelector"), report);
    if field(spec, "containers").is_some_and(NodeRef::is_empty) {
        let node = field(spec, "containers").unwrap_or(spec);
        report.error(Code::MissingObjectField, node, "there is no container", "add one");
    }
    names_of_init_containers(spec, report);
    volumes(spec, report);
    let host_network = field(spec, "hostNetwork").is_some_and(|host| host.text() == "true");
    for (role, container) in pods::containers(spec) {
        report.name(NameForm::DnsLabel, field(container, "name"));
        if text(container, "image").trim().is_empty() {
            report.error(Code::MissingObjectField, container, "there is no `image`", "add one");
        }
        ports(container, host_network, report);
        env(container, report);
        mounts(container, spec, root, report);
        probe::check(container, role, report);
        resources::check(field(container, "resources"), report);
    }
    report.range(field(spec, "activeDeadlineSeconds"), 1, i64::from(i32::MAX));
    report.range(field(spec, "terminationGracePeriodSeconds"), 0, i64::MAX);
    tolerations(spec, report);
}

/// The names of one list are its keys, which the schema knows; here it is about both lists.
fn names_of_init_containers<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for container in items(spec, "containers") {
        let name = text(container, "name");
        let mut init = items(spec, "initContainers");
        if let Some(first) = init.find(|init| !name.is_empty() && text(*init, "name") == name) {
            let message = format!("an init container is named `{name}`, too");
            report.repeated(Code::RepeatedItem, first, container, message);
        }
    }
}

fn ports<'t>(container: NodeRef<'t>, host_network: bool, report: &mut Report<'t, '_>) {
    let ports = items(container, "ports");
    let name = |port: NodeRef<'t>| field(port, "name").map(NodeRef::text);
    for (first, again) in repeated(&ports, name) {
        let message = format!("another port is named `{}`, too", text(again, "name"));
        report.repeated(Code::Ports, first, again, message);
    }
    for port in ports {
        report.name(NameForm::PortName, field(port, "name"));
        let (own, host) = (field(port, "containerPort"), field(port, "hostPort"));
        report.range(own, 1, 65_535);
        report.range(host, 0, 65_535);
        if let (true, Some(own), Some(host)) = (host_network, own, host)
            && own.text() != host.text()
            && host.text() != "0"
        {
            let message = "in the host's network `hostPort` is `containerPort`";
            report.error(Code::Ports, host, message, "write the same number, or delete it");
        }
    }
}

fn env<'t>(container: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for variable in items(container, "env") {
        report.name(NameForm::EnvName, field(variable, "name"));
        let Some(from) = field(variable, "valueFrom") else { continue };
        let value = field(variable, "value").filter(|value| !value.text().is_empty());
        if let Some(value) = value {
            report.error(
                Code::Contradiction,
                value,
                "a variable has both `value` and `valueFrom`",
                "write one of the two",
            );
        }
        let sources =
            ["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"];
        report.exactly_one(from, &sources, "`valueFrom`");
        for name in ["configMapKeyRef", "secretKeyRef"] {
            reference(field(from, name), "name", report);
        }
    }
    for source in items(container, "envFrom") {
        report.exactly_one(source, &["configMapRef", "secretRef"], "`envFrom`");
        for name in ["configMapRef", "secretRef"] {
            reference(field(source, name), "name", report);
        }
    }
}

/// Requires that a reference has a name, which OpenAPI does not.
fn reference<'t>(source: Option<NodeRef<'t>>, name: &str, report: &mut Report<'t, '_>) {
    let Some(source) = source else { return };
    let node = field(source, name);
    report.name(NameForm::DnsSubdomain, node);
    if node.is_none() {
        let message = format!("there is no `{name}`");
        report.error(Code::MissingObjectField, source, message, format!("add `{name}`"));
    }
}

fn volumes<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for volume in items(spec, "volumes") {
        report.name(NameForm::DnsLabel, field(volume, "name"));
        let is_source =
            |entry: &NodeRef<'t>| entry.key() != Some("name") && entry.kind() == Kind::Map;
        if let Some(second) = volume.entries().filter(is_source).nth(1) {
            report.error(
                Code::Contradiction,
                second,
                "a volume has more than one source",
                "make it two volumes",
            );
        }
        let sources = [("configMap", "name"), ("secret", "secretName")];
        for (source, name) in sources {
            reference(field(volume, source), name, report);
            let Some(source) = field(volume, source) else { continue };
            report.range(field(source, "defaultMode"), 0, 0o777);
            for item in items(source, "items") {
                report.range(field(item, "mode"), 0, 0o777);
            }
        }
    }
}

fn mounts<'t>(
    container: NodeRef<'t>,
    spec: NodeRef<'t>,
    root: NodeRef<'t>,
    report: &mut Report<'t, '_>,
) {
    let mounts = items(container, "volumeMounts");
    let claims = root.at_path(&["spec", "volumeClaimTemplates"]);
    let claims = claims.into_iter().flat_map(NodeRef::items);
    let claims = claims.filter_map(|claim| claim.at_path(&["metadata", "name"]));
    let volumes = items(spec, "volumes").filter_map(|volume| field(volume, "name"));
    let names = volumes.chain(claims).map(NodeRef::text);
    for mount in mounts {
        if let Some(name) = field(mount, "name")
            && !names.clone().any(|known| known == name.text())
        {
            let message = format!("the pod has no volume `{}`", name.text());
            let finding = Finding::error(Code::Volumes, report.root, name, message);
            report.findings.push(match nearest(name.text(), names.clone()) {
                Some(near) => finding.help(format!("write `{near}`")),
                None => finding.help("add it to `volumes`"),
            });
        }
        let sub_path = text(mount, "subPath");
        if sub_path.starts_with('/') || sub_path.split('/').any(|part| part == "..") {
            let node = field(mount, "subPath").unwrap_or(mount);
            let message = format!("`{sub_path}` does not stay inside of the volume");
            report.error(Code::Volumes, node, message, "write a relative path without `..`");
        }
        if let Some(path) = field(mount, "mountPath")
            && path.text().is_empty()
        {
            let message = "there is no path to mount at";
            report.error(Code::Volumes, path, message, "write an absolute path");
        }
    }
}

fn tolerations<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for toleration in items(spec, "tolerations") {
        let exists = text(toleration, "operator") == "Exists";
        if let Some(value) = field(toleration, "value")
            && exists
            && !value.text().is_empty()
        {
            let message = "a toleration with the operator Exists has no value";
            report.error(Code::Contradiction, value, message, "delete `value`");
        }
        if !exists && text(toleration, "key").is_empty() {
            let message = "a toleration without a key tolerates everything";
            report.error(Code::Contradiction, toleration, message, "write `operator: Exists`");
        }
        if let Some(seconds) = field(toleration, "tolerationSeconds")
            && text(toleration, "effect") != "NoExecute"
        {
            let message = "`tolerationSeconds` is for the effect NoExecute";
            report.error(Code::Contradiction, seconds, message, "write `effect: NoExecute`");
        }
    }
}
