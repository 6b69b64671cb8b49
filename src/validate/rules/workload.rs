//! Deployments, StatefulSets, DaemonSets, ReplicaSets and ReplicationControllers:
//! `k8s.io/kubernetes/pkg/apis/apps/validation` and `ValidateReplicationControllerSpec` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Amount, Report, claim, field, items, metadata, number, text};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm};
use crate::source::{Kind, NodeRef};
use crate::validate::selector::Form;
use crate::validate::{Author, pods};

const MOST: i64 = i64::MAX;

pub fn check<'t>(spec: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let kind = text(root, "kind");
    for number in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
        report.range(field(spec, number), 0, MOST);
    }
    if kind == "ReplicationController" {
        replication_selector(spec, report);
    } else {
        selection(spec, report);
    }
    if let Some(template) = field(spec, "template") {
        template_of(kind, template, report);
    } else {
        let help = "add the pods, `template: { metadata: ..., spec: ... }`";
        let path = match kind {
            "ReplicationController" => ".template",
            _ => ".template.spec.containers",
        };
        report.missing_as(spec, "template", path, help);
    }
    match kind {
        "Deployment" => deployment(spec, report),
        "DaemonSet" => daemon_set(spec, report),
        "StatefulSet" => stateful_set(spec, report),
        _ => {}
    }
}

/// What the pods of these kinds cannot have.
fn template_of<'t>(kind: &str, template: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(pod) = field(template, "spec") else { return };
    if let Some(policy) = field(pod, "restartPolicy")
        && !matches!(policy.text(), "Always" | "")
    {
        let message = format!("the pods of a {kind} restart always");
        report.error(Code::Contradiction, policy, message, "delete `restartPolicy`");
    }
    let message = format!("the pods of a {kind} have no deadline");
    let help = "delete `activeDeadlineSeconds`; a Job has one";
    report.forbidden(pod, "activeDeadlineSeconds", message, help);
}

fn selection<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(selector) = field(spec, "selector") else {
        let help = "add `selector: { matchLabels: ... }` with labels of the template";
        let path = match text(report.root, "kind") {
            "DaemonSet" => ".template.metadata.labels",
            _ => ".selector",
        };
        return report.missing_as(spec, "selector", path, help);
    };
    let found = report.findings.len();
    metadata::selector(Some(selector), report);
    let asks = |name| field(selector, name).is_some_and(|asked| !asked.is_empty());
    if !asks("matchLabels") && !asks("matchExpressions") {
        let message = "the selector selects every pod";
        return report.error(Code::Selection, selector, message, "add `matchLabels`");
    }
    // What cannot be read selects nothing, and that has been said.
    if report.findings.len() == found {
        selects_its_own(spec, selector, Form::LabelSelector, report);
    }
}

/// The selector of a ReplicationController is a map of labels; it is that of the template where
/// nothing is said.
fn replication_selector<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let labels = field(spec, "template").and_then(pods::labels);
    match field(spec, "selector").filter(|selector| !selector.is_empty()) {
        Some(selector) => selects_its_own(spec, selector, Form::Labels, report),
        None if labels.is_some_and(|labels| !labels.is_empty()) => {}
        None => report.missing(spec, "selector", "add labels of the template"),
    }
}

fn selects_its_own<'t>(
    spec: NodeRef<'t>,
    selector: NodeRef<'t>,
    form: Form,
    report: &mut Report<'t, '_>,
) {
    let template = field(spec, "template");
    let labels = template.and_then(pods::labels);
    if form.selects(selector, labels) {
        return;
    }
    let message = "the selector does not select the pods of the template";
    let finding = report.at(Code::Selection, selector, message);
    let finding = finding.as_server(report.root, spec, ".template.metadata.labels");
    let at = labels.or(template).unwrap_or(spec).at();
    report.push(
        finding
            .also(at, "the labels of the pods")
            .help("let the pods have every label that the selector asks for"),
    );
}

fn deployment<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(strategy) = field(spec, "strategy") {
        let rolling = field(strategy, "rollingUpdate");
        match text(strategy, "type") {
            "Recreate" => {
                let message = "the strategy Recreate does not roll";
                let help = "delete `rollingUpdate`, or write `type: RollingUpdate`";
                report.forbidden(strategy, "rollingUpdate", message, help);
            }
            "RollingUpdate" | "" => {
                if let Some(rolling) = rolling {
                    rolling_deployment(rolling, report);
                }
            }
            _ => strategy_type(strategy, &["Recreate", "RollingUpdate"], report),
        }
    }
    let ready = number(spec, "minReadySeconds").unwrap_or(0);
    match field(spec, "progressDeadlineSeconds") {
        Some(deadline) => {
            report.range(Some(deadline), 0, MOST);
            if deadline.as_i64().is_some_and(|seconds| seconds <= ready) {
                let message = "the deadline is over before a pod counts as ready";
                let help = "write more seconds than `minReadySeconds`";
                report.error(Code::Contradiction, deadline, message, help);
            }
        }
        // The server's default is 600.
        None if ready >= 600 => {
            let node = field(spec, "minReadySeconds").unwrap_or(spec);
            let message = "the deadline of 600 seconds is over before a pod counts as ready";
            let finding = report.at(Code::Contradiction, node, message);
            let finding = finding.as_server(report.root, spec, ".progressDeadlineSeconds");
            report.push(finding.help("add `progressDeadlineSeconds` with more seconds"));
        }
        None => {}
    }
}

/// The server names the strategy where its type is wrong.
fn strategy_type<'t>(strategy: NodeRef<'t>, words: &[&str], report: &mut Report<'t, '_>) {
    let found = report.findings.len();
    report.word(field(strategy, "type"), words);
    report.as_server(found, strategy);
}

fn rolling_deployment<'t>(rolling: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let unavailable = report.amount(field(rolling, "maxUnavailable"), 100);
    let surge = report.amount(field(rolling, "maxSurge"), MOST);
    // The server's default of both is a quarter.
    if let (Some(unavailable), Some(surge)) = (unavailable, surge)
        && unavailable.is_zero()
        && surge.is_zero()
    {
        let node = field(rolling, "maxUnavailable").unwrap_or(rolling);
        let message = "with maxSurge and maxUnavailable both 0 nothing can roll";
        report.error(Code::Contradiction, node, message, "let one of the two be 1");
    }
}

fn daemon_set<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(strategy) = field(spec, "updateStrategy") else { return };
    match text(strategy, "type") {
        "RollingUpdate" | "" => {}
        "OnDelete" => return,
        _ => return strategy_type(strategy, &["OnDelete", "RollingUpdate"], report),
    }
    let Some(rolling) = field(strategy, "rollingUpdate") else { return };
    let unavailable = report.amount(field(rolling, "maxUnavailable"), 100);
    let surge = report.amount(field(rolling, "maxSurge"), 100);
    let unavailable = unavailable.unwrap_or(Amount::Number(1));
    let surge = surge.unwrap_or(Amount::Number(0));
    match (unavailable.is_zero(), surge.is_zero()) {
        (true, true) => {
            let node = field(rolling, "maxUnavailable").unwrap_or(rolling);
            let message = "with maxSurge and maxUnavailable both 0 nothing can roll";
            report.error(Code::Contradiction, node, message, "let one of the two be 1");
        }
        (false, false) => {
            let node = field(rolling, "maxSurge").unwrap_or(rolling);
            let message = "a node has either one pod more or one less, and maxUnavailable is 1 \
                           where nothing is said";
            report.error(Code::Contradiction, node, message, "write `maxUnavailable: 0`");
        }
        _ => {}
    }
}

fn stateful_set<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.name(NameForm::DnsLabel, field(spec, "serviceName"));
    report.word(field(spec, "podManagementPolicy"), &["OrderedReady", "Parallel"]);
    if let Some(retention) = field(spec, "persistentVolumeClaimRetentionPolicy") {
        for name in ["whenDeleted", "whenScaled"] {
            report.word(field(retention, name), &["Delete", "Retain"]);
        }
    }
    if let Some(ordinals) = field(spec, "ordinals") {
        report.range(field(ordinals, "start"), 0, MOST);
    }
    if let Some(strategy) = field(spec, "updateStrategy") {
        match text(strategy, "type") {
            "OnDelete" => {
                let message = "the strategy OnDelete does not roll";
                let help = "delete `rollingUpdate`, or write `type: RollingUpdate`";
                report.forbidden(strategy, "rollingUpdate", message, help);
            }
            "RollingUpdate" | "" => rolling_stateful_set(strategy, report),
            _ => strategy_type(strategy, &["OnDelete", "RollingUpdate"], report),
        }
    }
    if report.author == Author::Other && !report.version.has(Feature::StatefulSetTemplates) {
        return;
    }
    for claim in items(spec, "volumeClaimTemplates") {
        if let Some(spec) = field(claim, "spec") {
            claim::check(spec, report);
        } else {
            let help = "say what the claim asks for";
            report.missing_as(claim, "spec", ".spec.accessModes", help);
        }
    }
}

fn rolling_stateful_set<'t>(strategy: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(rolling) = field(strategy, "rollingUpdate") else { return };
    report.range(field(rolling, "partition"), 0, MOST);
    // Without a feature gate the server drops `maxUnavailable`; that it is written wrongly is
    // said all the same where it is gen's own.
    if let Some(unavailable) = field(rolling, "maxUnavailable")
        && unavailable.kind() == Kind::Int
        && report.author == Author::Gen
    {
        report.range(Some(unavailable), 1, MOST);
    }
}

/// Checks what a controller keeps of an earlier version: `ValidateControllerRevisionCreate`.
pub fn revision<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.range(field(root, "revision"), 0, i64::MAX);
    match field(root, "data") {
        None => report.missing(root, "data", "write a map"),
        Some(data) if data.kind() != Kind::Map => {
            let message = "the data is no map";
            report.error(Code::WrongObjectType, data, message, "write a map");
        }
        Some(_) => {}
    }
}
