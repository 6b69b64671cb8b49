//! Probes and the other handlers of a container: `validateProbe`, `validateHandler` and
//! `validateLifecycle` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::pod::Pod;
use super::{Report, field, items, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};
use crate::validate::pods::Role;

pub fn check<'t>(pod: Pod<'t>, container: NodeRef<'t>, role: Role, report: &mut Report<'t, '_>) {
    if role == Role::Ephemeral {
        return;
    }
    for entry in container.entries().filter(|entry| entry.kind() != Kind::Null) {
        let name = entry.key().unwrap_or_default();
        if !matches!(name, "lifecycle" | "livenessProbe" | "readinessProbe" | "startupProbe") {
            continue;
        }
        if role == Role::Init {
            let message = format!("an init container has no `{name}`");
            let help = "delete it, or make the container a sidecar with `restartPolicy: Always`";
            report.error(Code::Probe, entry, message, help);
        } else if name == "lifecycle" {
            lifecycle(pod, entry, report);
        } else {
            probe(entry, name, report);
        }
    }
}

fn probe<'t>(probe: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    report.exactly_one(probe, &["exec", "httpGet", "tcpSocket", "grpc"], "a probe");
    handler(probe, report);
    let numbers = [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ];
    for number in numbers {
        report.range(field(probe, number), 0, i64::MAX);
    }
    if let Some(threshold) = field(probe, "successThreshold")
        && name != "readinessProbe"
        && threshold.as_i64().is_some_and(|threshold| threshold > 1)
    {
        let message = format!("the successThreshold of a {name} is 1");
        report.error(Code::Probe, threshold, message, "delete it");
    }
    if let Some(grace) = field(probe, "terminationGracePeriodSeconds") {
        if name == "readinessProbe" {
            let message = "a readinessProbe has no terminationGracePeriodSeconds";
            report.error(Code::Probe, grace, message, "delete it");
        } else {
            report.range(Some(grace), 1, i64::MAX);
        }
    }
}

fn lifecycle<'t>(pod: Pod<'t>, lifecycle: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for name in ["postStart", "preStop"] {
        let Some(hook) = field(lifecycle, name) else { continue };
        report.exactly_one(hook, &["exec", "httpGet", "tcpSocket", "sleep"], "a hook");
        handler(hook, report);
        let Some(sleep) = field(hook, "sleep") else { continue };
        let longest = pod.grace_period();
        let seconds = field(sleep, "seconds").and_then(NodeRef::as_i64).unwrap_or(0);
        if seconds < 0 || seconds > longest {
            let node = field(sleep, "seconds").unwrap_or(sleep);
            let message = format!("the pod has ended after {longest} seconds");
            let finding = report.at(Code::Probe, node, message);
            let finding = finding.as_server(report.root, sleep, "");
            report.push(finding.help(format!(
                "sleep for at most {longest} seconds, or raise `terminationGracePeriodSeconds`"
            )));
        }
    }
}

fn handler<'t>(holder: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for entry in holder.entries().filter(|entry| entry.kind() == Kind::Map) {
        match entry.key().unwrap_or_default() {
            "exec" if items(entry, "command").next().is_none() => {
                report.missing(entry, "command", "add the command to run");
            }
            "grpc" | "tcpSocket" => port(entry, report),
            "httpGet" => {
                port(entry, report);
                headers(entry, report);
            }
            _ => {}
        }
    }
}

fn port<'t>(handler: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match field(handler, "port") {
        None => report.missing(handler, "port", "add the port to connect to"),
        Some(port) => port_or_name(port, report),
    }
}

/// Checks a port that is a number or the name of one: `ValidatePortNumOrName`.
pub fn port_or_name<'t>(port: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match port.kind() {
        Kind::Int => report.range(Some(port), 1, 65_535),
        Kind::Str => report.set_name(NameForm::PortName, Some(port)),
        _ => {}
    }
}

fn headers<'t>(handler: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(headers) = field(handler, "httpHeaders") else { return };
    for header in headers.items() {
        let name = text(header, "name");
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || !name.bytes().all(good) {
            let node = field(header, "name").unwrap_or(header);
            let message = format!("`{name}` is no name of an HTTP header");
            let finding = report.at(Code::Probe, node, message);
            let finding = finding.as_server(report.root, headers, "");
            report.push(finding.help("write letters, digits and `-`, such as `X-Probe`"));
        }
    }
}
