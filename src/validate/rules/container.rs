//! Containers: `validateContainerCommon` and its callers of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::pod::Pod;
use super::{
    Report, env, field, fields, item, items, mount, probe, repeated, resources, security_context,
    text,
};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm};
use crate::source::{Kind, NodeRef, Step};
use crate::validate::pods::{self, Role};

/// In the order in which the server looks for names that are taken.
const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

pub fn check<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    match field(pod.spec, "containers") {
        None => report.missing(pod.spec, "containers", "add a container"),
        Some(containers) if containers.is_empty() && containers.kind() == Kind::List => {
            let message = "there is no container";
            report.error(Code::MissingObjectField, containers, message, "add one");
        }
        Some(_) => {}
    }
    names(pod, report);
    for (role, container) in pods::containers(pod.spec) {
        common(pod, container, report);
        probe::check(pod, container, role, report);
        match role {
            Role::Ephemeral => ephemeral(pod, container, report),
            Role::Init | Role::Sidecar => {
                restart_policy(pod, role, container, report);
                resize_of_init(pod, role, container, report);
                host_ports(&items(container, "ports"), report);
            }
            Role::Regular => restart_policy(pod, role, container, report),
        }
    }
    let regular = items(pod.spec, "containers");
    host_ports(&regular.flat_map(|container| items(container, "ports")), report);
}

/// The name of a container is its own in all lists of the pod.
fn names<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let all = LISTS.into_iter().flat_map(|list| items(pod.spec, list));
    let name = |container: NodeRef<'t>| field(container, "name").filter(|name| name.text() != "");
    for (first, again) in repeated(&all, |container| name(container).map(NodeRef::text)) {
        if let Some(again) = name(again) {
            let message = format!("another container is named `{}`, too", again.text());
            report.repeated(Code::RepeatedItem, first, again, message);
        }
    }
}

fn common<'t>(pod: Pod<'t>, container: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_name(NameForm::DnsLabel, container, "name");
    let image = report.required(container, "image");
    if let Some(image) = image
        && pod.is_object()
        && image.text().trim().len() != image.text().len()
    {
        let message = "there is white space around the name of the image";
        let trimmed = image.text().trim();
        let finding = report.at(Code::ValueNotAllowed, image, message).replace(trimmed);
        report.push(finding.help(format!("write `{trimmed}`")));
    }
    for entry in fields(container) {
        match entry.key().unwrap_or_default() {
            "env" => env::check(entry, pod, report),
            "envFrom" => env::from(entry, report),
            "ports" => ports(entry, pod, report),
            "resizePolicy" => resize_policy(entry, pod, report),
            "resources" => resources::check(entry, pod, report),
            "securityContext" => security_context::of_container(entry, pod, report),
            "volumeDevices" => mount::devices(entry, container, pod, report),
            "volumeMounts" => mount::check(entry, container, pod, report),
            _ => {}
        }
    }
}

fn ports<'t>(list: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let named = |port: NodeRef<'t>| {
        field(port, "name").filter(|name| NameForm::PortName.check(name.text()).is_ok())
    };
    for (first, again) in repeated(&list.items(), |port| named(port).map(NodeRef::text)) {
        let message = format!("another port is named `{}`, too", text(again, "name"));
        report.repeated(Code::Ports, first, field(again, "name").unwrap_or(again), message);
    }
    for port in list.items() {
        report.name(NameForm::PortName, field(port, "name"));
        let (own, host) = (field(port, "containerPort"), field(port, "hostPort"));
        match own {
            None => report.missing(port, "containerPort", "add the port that the program opens"),
            Some(_) => report.range(own, 1, 65_535),
        }
        report.range(host, 0, 65_535);
        if let (true, Some(own), Some(host)) = (pod.host_network(), own, host)
            && own.text() != host.text()
            && host.text() != "0"
            && list_is_regular(pod, list)
        {
            let message = "in the host's network `hostPort` is `containerPort`";
            report.error(Code::Ports, host, message, "write the same number, or delete it");
        }
    }
}

/// Whether a list of ports is one of a regular container; the server looks at no other.
fn list_is_regular<'t>(pod: Pod<'t>, ports: NodeRef<'t>) -> bool {
    let steps = pod.spec.path_to(ports);
    steps.is_some_and(|steps| steps.first() == Some(&Step::Key("containers")))
}

/// `checkHostPortConflicts`: a port of the host is taken once.
fn host_ports<'t>(
    ports: &(impl Iterator<Item = NodeRef<'t>> + Clone),
    report: &mut Report<'t, '_>,
) {
    let taken = |port: NodeRef<'t>| {
        let host = field(port, "hostPort").filter(|host| host.text() != "0")?;
        let protocol = match text(port, "protocol") {
            "" => "TCP",
            protocol => protocol,
        };
        Some((host.text(), protocol, text(port, "hostIP")))
    };
    for (first, again) in repeated(ports, taken) {
        let node = field(again, "hostPort").unwrap_or(again);
        let message = format!("the port {} of the host is taken", node.text());
        report.repeated(Code::Ports, first, node, message);
    }
}

/// `validateResizePolicy`.
fn resize_policy<'t>(list: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    for policy in list.items() {
        for (name, words) in [
            ("resourceName", &["cpu", "memory"]),
            ("restartPolicy", &["NotRequired", "RestartContainer"]),
        ] {
            let found = report.findings.len();
            let node = report.required(policy, name);
            report.word(node, words);
            report.as_server(found, list);
        }
        if let Some(restart) = field(policy, "restartPolicy")
            && restart.text() == "RestartContainer"
            && pod.never_restarts()
        {
            let message = "the containers of this pod never restart";
            let finding = report.at(Code::Contradiction, restart, message);
            let finding = finding.as_server(report.root, list, "");
            report.push(finding.help("write `restartPolicy: NotRequired`"));
        }
    }
    let resource = |policy: NodeRef<'t>| field(policy, "resourceName").map(NodeRef::text);
    for (first, again) in repeated(&list.items(), resource) {
        let message = format!("there is a policy for {} already", text(again, "resourceName"));
        report.repeated(Code::RepeatedItem, first, again, message);
    }
}

fn resize_of_init<'t>(
    pod: Pod<'t>,
    role: Role,
    container: NodeRef<'t>,
    report: &mut Report<'t, '_>,
) {
    if role == Role::Sidecar || !pod.version.has(Feature::ResizeOfInitContainers) {
        return;
    }
    for policy in items(container, "resizePolicy") {
        if let Some(restart) = field(policy, "restartPolicy")
            && restart.text() == "RestartContainer"
        {
            let message = "an init container that runs once cannot restart to be resized";
            let help = "write `restartPolicy: NotRequired`";
            report.error(Code::Contradiction, restart, message, help);
        }
    }
}

/// `validateContainerRestartPolicy` and `validateInitContainerRestartPolicy`. Regular
/// containers have a policy of their own since [`Feature::ContainerRestartRules`].
fn restart_policy<'t>(
    pod: Pod<'t>,
    role: Role,
    container: NodeRef<'t>,
    report: &mut Report<'t, '_>,
) {
    let policy = field(container, "restartPolicy");
    let rules = field(container, "restartPolicyRules").filter(|rules| !rules.is_empty());
    if !pod.version.has(Feature::RestartPolicyOfContainers) {
        if let (Role::Regular, Some(policy)) = (role, policy) {
            let message = "only init containers have a restart policy of their own";
            let help = "delete it; regular containers follow the pod's, until 1.35";
            report.error(Code::Contradiction, policy, message, help);
        } else {
            report.word(policy, &["Always"]);
        }
        return;
    }
    // All but the sidecar's policy is dropped.
    if !pod.version.has(Feature::ContainerRestartRules) {
        return;
    }
    report.word(policy, &["Always", "Never", "OnFailure"]);
    let Some(rules) = rules else { return };
    if policy.is_none_or(|policy| policy.text().is_empty()) {
        let help = "say what happens where no rule applies, such as `restartPolicy: Never`";
        report.missing(container, "restartPolicy", help);
        if role != Role::Regular {
            return;
        }
    }
    let restarts_all = pod.version.has(Feature::RestartAllContainers);
    let actions: &[&str] =
        if restarts_all { &["Restart", "RestartAllContainers"] } else { &["Restart"] };
    if role == Role::Sidecar && !restarts_all {
        let message = "a container that always restarts has no rules for it";
        return report.error(Code::Contradiction, rules, message, "delete the rules");
    }
    report.at_most(rules, 20);
    for rule in rules.items() {
        if report.required(rule, "action").is_some() {
            report.word(field(rule, "action"), actions);
        }
        let Some(codes) = field(rule, "exitCodes") else {
            report.missing(rule, "exitCodes", "say for which exit codes the rule is");
            continue;
        };
        if report.required(codes, "operator").is_some() {
            report.word(field(codes, "operator"), &["In", "NotIn"]);
        }
        if let Some(values) = field(codes, "values") {
            report.at_most(values, 255);
        }
    }
}

/// What an ephemeral container may have: `allowedEphemeralContainerFields`.
fn ephemeral<'t>(pod: Pod<'t>, container: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let refused = [
        "lifecycle",
        "livenessProbe",
        "ports",
        "readinessProbe",
        "resizePolicy",
        "resources",
        "restartPolicy",
        "restartPolicyRules",
        "startupProbe",
    ];
    for name in refused {
        let filled = field(container, name).filter(|node| !node.is_empty());
        if let Some(node) = filled.or_else(|| field(container, name).filter(is_scalar)) {
            let message = format!("an ephemeral container has no `{name}`");
            report.error(Code::Contradiction, node, message, "delete it");
        }
    }
    for mount in items(container, "volumeMounts") {
        for name in ["subPath", "subPathExpr"] {
            if !text(mount, name).is_empty() {
                let message = "an ephemeral container mounts whole volumes";
                report.forbidden(mount, name, message, "delete it");
            }
        }
    }
    if let Some(target) = field(container, "targetContainerName")
        && !target.text().is_empty()
    {
        let is_there = |list| item(pod.spec, list, &["name"], target.text()).is_some();
        if !["containers", "initContainers"].into_iter().any(is_there) {
            let message = format!("the pod has no container `{}`", target.text());
            report.error(Code::ValueNotAllowed, target, message, "write the name of one");
        }
    }
}

fn is_scalar(node: &NodeRef<'_>) -> bool {
    !matches!(node.kind(), Kind::List | Kind::Map)
}
