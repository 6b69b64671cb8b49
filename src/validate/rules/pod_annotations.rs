//! Annotations that mean something to a pod: `ValidatePodSpecificAnnotations` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`, and what must agree with the fields that
//! replaced them.

use super::pod::Pod;
use super::{Report, field, item, text};
use crate::diagnostic::Code;
use crate::source::NodeRef;

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

pub fn check<'t>(pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let Some(annotations) = pod.template.at_path(&["metadata", "annotations"]) else { return };
    for annotation in annotations.entries() {
        let (key, value) = (annotation.key().unwrap_or_default(), annotation.text());
        if key == MIRROR && text(pod.spec, "nodeName").is_empty() {
            let help = "add `nodeName`, or delete the annotation, which is the kubelet's";
            reject(annotations, annotation, "a mirror pod is on a node", help, report);
        } else if key == DELETION_COST && !is_cost(value) {
            let message = format!("`{value}` is no cost of a deletion");
            reject(annotations, annotation, &message, "write a whole number, such as 100", report);
        } else if key == SECCOMP || key.starts_with(SECCOMP_CONTAINER) {
            seccomp(pod, annotation, report);
        } else if let Some(name) = key.strip_prefix(APP_ARMOR) {
            app_armor(pod, annotations, annotation, name, report);
        }
    }
}

fn reject<'t>(
    annotations: NodeRef<'t>,
    annotation: NodeRef<'t>,
    message: &str,
    help: &str,
    report: &mut Report<'t, '_>,
) {
    let key = annotation.key().unwrap_or_default();
    let finding = report.at(Code::ValueNotAllowed, annotation, message);
    let finding = finding.as_server(report.root, annotations, &format!("[{key}]"));
    report.push(finding.help(help));
}

/// `GetDeletionCostFromPodAnnotations`: an integer of 32 bits without a plus or leading zeros.
fn is_cost(value: &str) -> bool {
    value.parse::<i32>().is_ok_and(|cost| cost.to_string() == value)
        || value.strip_prefix('-').is_some_and(|digits| digits.parse::<u32>().is_ok())
            && value.parse::<i32>().is_ok()
}

const RUNTIME_DEFAULT: [&str; 2] = ["runtime/default", "docker/default"];

fn seccomp<'t>(pod: Pod<'t>, annotation: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (key, value) = (annotation.key().unwrap_or_default(), annotation.text());
    let local = value.strip_prefix("localhost/");
    let known = RUNTIME_DEFAULT.contains(&value) || value == "unconfined";
    if local.map_or(!known, |path| !is_descending(path)) {
        let message = format!("`{value}` is no seccomp profile");
        let help = "delete the annotation and write `seccompProfile` in the `securityContext`";
        return report.error(Code::ValueNotAllowed, annotation, message, help);
    }
    let holder = match key.strip_prefix(SECCOMP_CONTAINER) {
        Some(name) => container(pod, name),
        None => Some(pod.spec),
    };
    let profile = holder.and_then(|holder| holder.at_path(&["securityContext", "seccompProfile"]));
    if let Some(profile) = profile {
        let agrees = match text(profile, "type") {
            "Unconfined" => value == "unconfined",
            "RuntimeDefault" => RUNTIME_DEFAULT.contains(&value),
            "Localhost" => local == Some(text(profile, "localhostProfile")),
            _ => true,
        };
        disagreement(agrees, local.is_some(), annotation, profile, report);
    }
}

fn app_armor<'t>(
    pod: Pod<'t>,
    annotations: NodeRef<'t>,
    annotation: NodeRef<'t>,
    name: &str,
    report: &mut Report<'t, '_>,
) {
    let value = annotation.text();
    let local = value.strip_prefix("localhost/");
    let Some(container) = container(pod, name) else {
        let message = format!("the pod has no container `{name}`");
        return reject(annotations, annotation, &message, "delete the annotation", report);
    };
    if !matches!(value, "" | "runtime/default" | "unconfined") && local.is_none() {
        let message = format!("`{value}` is no AppArmor profile");
        let help = "delete the annotation and write `appArmorProfile` in the `securityContext`";
        return reject(annotations, annotation, &message, help, report);
    }
    let profile = |holder: NodeRef<'t>| holder.at_path(&["securityContext", "appArmorProfile"]);
    if let Some(profile) = profile(container).or_else(|| profile(pod.spec))
        && pod.os() != "windows"
    {
        let agrees = match text(profile, "type") {
            "Unconfined" => value == "unconfined",
            "RuntimeDefault" => value == "runtime/default",
            "Localhost" => local == Some(text(profile, "localhostProfile")),
            _ => true,
        };
        disagreement(agrees, local.is_some(), annotation, profile, report);
    }
}

fn disagreement<'t>(
    agrees: bool,
    local: bool,
    annotation: NodeRef<'t>,
    profile: NodeRef<'t>,
    report: &mut Report<'t, '_>,
) {
    if agrees {
        return;
    }
    let part =
        if local && text(profile, "type") == "Localhost" { "localhostProfile" } else { "type" };
    let node = field(profile, part).unwrap_or(profile);
    let finding =
        report.at(Code::Contradiction, node, format!("an annotation says `{}`", annotation.text()));
    let finding = finding.also(annotation.at(), "the annotation");
    report.push(finding.help("delete the annotation; the field has replaced it"));
}

fn container<'t>(pod: Pod<'t>, name: &str) -> Option<NodeRef<'t>> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().find_map(|list| item(pod.spec, list, &["name"], name))
}

/// `validateLocalDescendingPath`: relative, and never upwards.
pub fn is_descending(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|part| part != "..")
}
