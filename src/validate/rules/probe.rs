//! Probes and the other handlers of a container: `validateProbe` and `validateHandler` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};
use crate::validate::pods::Role;

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

pub fn check<'t>(container: NodeRef<'t>, role: Role, report: &mut Report<'t, '_>) {
    for name in PROBES {
        let Some(probe) = field(container, name) else { continue };
        if role == Role::Init {
            report.error(
                Code::Probe,
                probe,
                format!("an init container has no `{name}`"),
                "delete it, or make the container a sidecar with `restartPolicy: Always`",
            );
            continue;
        }
        report.exactly_one(probe, &["exec", "grpc", "httpGet", "tcpSocket"], "a probe");
        handler(probe, report);
        for number in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds"] {
            report.range(field(probe, number), 0, i64::MAX);
        }
        for number in ["successThreshold", "failureThreshold"] {
            report.range(field(probe, number), 0, i64::MAX);
        }
        if let Some(threshold) = field(probe, "successThreshold")
            && name != "readinessProbe"
            && !matches!(threshold.as_i64(), Some(0 | 1) | None)
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
    let Some(lifecycle) = field(container, "lifecycle") else { return };
    if role == Role::Init {
        let message = "an init container has no `lifecycle`";
        return report.error(Code::Probe, lifecycle, message, "delete it");
    }
    for name in ["postStart", "preStop"] {
        if let Some(hook) = field(lifecycle, name) {
            report.exactly_one(hook, &["exec", "httpGet", "sleep", "tcpSocket"], "a hook");
            handler(hook, report);
        }
    }
}

fn handler<'t>(probe: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for name in ["grpc", "httpGet", "tcpSocket"] {
        if let Some(port) = field(probe, name).and_then(|handler| field(handler, "port")) {
            match port.kind() {
                Kind::Int => report.range(Some(port), 1, 65_535),
                _ => report.name(NameForm::PortName, Some(port)),
            }
        }
    }
    let command = field(probe, "exec").map(|exec| (exec, field(exec, "command")));
    if let Some((exec, command)) = command
        && command.is_none_or(NodeRef::is_empty)
    {
        report.error(Code::Probe, exec, "there is no command to run", "add `command`");
    }
}
