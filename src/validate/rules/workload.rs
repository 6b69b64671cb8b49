//! Deployments, StatefulSets, DaemonSets and ReplicaSets:
//! `k8s.io/kubernetes/pkg/apis/apps/validation`.

use super::{Report, claim, field, items, metadata, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;
use crate::validate::finding::Finding;
use crate::validate::{pods, selector};

pub fn check<'t>(spec: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let kind = root.get("kind").map_or("", NodeRef::text);
    for number in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
        report.range(field(spec, number), 0, i64::from(i32::MAX));
    }
    selection(spec, report);
    let pod = spec.at_path(&["template", "spec"]);
    if let Some(policy) = pod.and_then(|pod| field(pod, "restartPolicy"))
        && policy.text() != "Always"
    {
        let message = format!("the pods of a {kind} restart always");
        report.error(Code::Contradiction, policy, message, "delete `restartPolicy`");
    }
    if let Some(deadline) = pod.and_then(|pod| field(pod, "activeDeadlineSeconds")) {
        let message = format!("the pods of a {kind} have no deadline");
        report.error(Code::Contradiction, deadline, message, "delete `activeDeadlineSeconds`");
    }
    match kind {
        "Deployment" => deployment(spec, report),
        "DaemonSet" => rolling_update(field(spec, "updateStrategy"), 0, 1, report),
        "StatefulSet" => {
            report.name(NameForm::DnsLabel, field(spec, "serviceName"));
            for claim in items(spec, "volumeClaimTemplates") {
                if let Some(spec) = field(claim, "spec") {
                    claim::check(spec, report);
                }
            }
        }
        _ => {}
    }
}

fn selection<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(selector) = field(spec, "selector") else { return };
    metadata::selector(Some(selector), report);
    let asks = |name| field(selector, name).is_some_and(|asked| !asked.is_empty());
    if !asks("matchLabels") && !asks("matchExpressions") {
        let message = "the selector selects every pod";
        return report.error(Code::Selection, selector, message, "add `matchLabels`");
    }
    let Some(template) = field(spec, "template") else { return };
    let labels = pods::labels(template);
    if !selector::selects(selector, labels) {
        let message = "the selector does not select the pods of the template";
        let finding = Finding::error(Code::Selection, report.root, selector, message.to_owned());
        let at = labels.unwrap_or(template).at();
        report.findings.push(
            finding
                .also(at, "the labels of the pods")
                .help("let the pods have every label that the selector asks for"),
        );
    }
}

fn deployment<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let strategy = field(spec, "strategy");
    rolling_update(strategy, 1, 1, report);
    if let Some(rolling) = strategy.and_then(|strategy| field(strategy, "rollingUpdate"))
        && strategy.is_some_and(|strategy| text(strategy, "type") == "Recreate")
    {
        let message = "the strategy Recreate does not roll";
        report.error(Code::Contradiction, rolling, message, "delete `rollingUpdate`");
    }
    let number = |name| field(spec, name).and_then(NodeRef::as_i64);
    if let Some(deadline) = field(spec, "progressDeadlineSeconds")
        && deadline
            .as_i64()
            .is_some_and(|seconds| seconds <= number("minReadySeconds").unwrap_or(0))
    {
        report.error(
            Code::Contradiction,
            deadline,
            "the deadline is over before a pod counts as ready",
            "write more seconds than `minReadySeconds`",
        );
    }
}

/// `surge` and `unavailable` are the server's defaults, here only whether they are 0.
fn rolling_update<'t>(
    strategy: Option<NodeRef<'t>>,
    surge: i64,
    unavailable: i64,
    report: &mut Report<'t, '_>,
) {
    let Some(rolling) = strategy.and_then(|strategy| field(strategy, "rollingUpdate")) else {
        return;
    };
    let mut zero = |name, default| match field(rolling, name) {
        None => default == 0,
        Some(node) => report.amount(Some(node), 100).is_some_and(super::Amount::is_zero),
    };
    if zero("maxSurge", surge) && zero("maxUnavailable", unavailable) {
        report.error(
            Code::Contradiction,
            rolling,
            "with maxSurge and maxUnavailable both 0 nothing can roll",
            "let one of the two be 1",
        );
    }
}
