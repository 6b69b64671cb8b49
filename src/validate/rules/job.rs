//! Jobs and CronJobs: `k8s.io/kubernetes/pkg/apis/batch/validation`.

use super::{Report, cron, field, flag, item, items, metadata, number, text};
use crate::diagnostic::{Code, nearest};
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};
use crate::validate::fields;
use crate::validate::{pods, selector};

/// The greatest parallelism and number of failed indices of an indexed Job.
const MOST_INDEXED: i64 = 100_000;
/// The same, of one with more completions than that.
const MOST_OF_MANY: i64 = 10_000;

pub fn check<'t>(spec: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    job(spec, report);
    host_names(spec, root, report);
    let manual = flag(spec, "manualSelector");
    if !manual {
        generated_labels(spec, root, report);
    }
    match field(spec, "selector") {
        None if manual => {
            let help = "add labels of the template, or delete `manualSelector`";
            report.missing(spec, "selector", help);
        }
        Some(selector) => {
            metadata::selector(Some(selector), report);
            let labels = field(spec, "template").and_then(pods::labels);
            if !manual {
                generated(selector, root, report);
            } else if !selector::selects(selector, labels) {
                let message = "the selector does not select the pods of the template";
                let finding = report.at(Code::Selection, selector, message);
                let finding = finding.as_server(report.root, spec, ".template.metadata.labels");
                report.push(finding.help("let the pods have every label that it asks for"));
            }
        }
        None => {}
    }
}

/// The labels with which a Job finds its pods, where nobody asks for others.
const GENERATED: [&str; 4] = [
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
];

/// Whether the server would put this value on the pods of a Job; the UID nobody can know.
fn is_generated(label: NodeRef<'_>, root: NodeRef<'_>) -> bool {
    let own = fields::name(root);
    label.key().is_some_and(|key| key.ends_with("job-name")) && label.text() == own
}

/// `validateGeneratedSelector`.
fn generated<'t>(selector: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let asked = field(selector, "matchLabels").into_iter().flat_map(NodeRef::entries);
    let known = |label: NodeRef<'t>| {
        label.key().is_some_and(|key| GENERATED.contains(&key)) && is_generated(label, root)
    };
    let expressions = items(selector, "matchExpressions").next().is_some();
    if expressions || !asked.into_iter().all(known) {
        let message = "the server makes the selector of a Job";
        let help = "delete `selector`, or add `manualSelector: true`";
        report.error(Code::Contradiction, selector, message, help);
    }
}

/// The labels of a Job's pods by which it finds them are the server's to write.
fn generated_labels<'t>(spec: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(labels) = field(spec, "template").and_then(pods::labels) else { return };
    for label in labels.entries() {
        let key = label.key().unwrap_or_default();
        if GENERATED.contains(&key) && !is_generated(label, root) {
            let message = format!("the server writes the label `{key}` itself");
            let finding = report.at(Code::Contradiction, label, message);
            let finding = finding.as_server(report.root, labels, &format!("[{key}]"));
            report.push(finding.help("delete it, or add `manualSelector: true`"));
        }
    }
}

/// The pods of an indexed Job are named after it and their index.
fn host_names<'t>(spec: NodeRef<'t>, root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let completions = completions(spec, root).filter(|completions| *completions > 0);
    let name = root.at_path(&["metadata", "name"]).filter(|name| !name.text().is_empty());
    if let (true, Some(completions), Some(name)) = (is_indexed(spec), completions, name) {
        let host = format!("{}-{}", name.text(), completions - 1);
        if let Err(error) = NameForm::DnsLabel.check(&host) {
            let message = format!("the host name `{host}` of its last pod {error}");
            report.error(Code::NameNotAllowed, name, message, "give the Job another name");
        }
    }
}

fn is_indexed(spec: NodeRef<'_>) -> bool {
    text(spec, "completionMode") == "Indexed"
}

/// The completions, with the server's default, which the template of a CronJob does not get.
fn completions(spec: NodeRef<'_>, root: NodeRef<'_>) -> Option<i64> {
    let alone = text(root, "kind") == "Job" && field(spec, "parallelism").is_none();
    number(spec, "completions").or(alone.then_some(1))
}

/// What a Job and the template of a CronJob share: `validateJobSpec`.
fn job<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let numbers = [
        "parallelism",
        "completions",
        "backoffLimit",
        "backoffLimitPerIndex",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
        "maxFailedIndexes",
    ];
    for number in numbers {
        report.range(field(spec, number), 0, i64::MAX);
    }
    if field(spec, "maxFailedIndexes").is_some() && field(spec, "backoffLimitPerIndex").is_none() {
        let help = "an index fails after that many tries; add it, or delete `maxFailedIndexes`";
        report.missing(spec, "backoffLimitPerIndex", help);
    }
    if let Some(manager) = field(spec, "managedBy") {
        managed_by(manager, report);
    }
    report.set_word(field(spec, "completionMode"), &["Indexed", "NonIndexed"]);
    if is_indexed(spec) {
        indexed(spec, report);
    } else {
        for name in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
            let message = format!("`{name}` is for indexed Jobs");
            report.forbidden(spec, name, message, "write `completionMode: Indexed`");
        }
    }
    let template = field(spec, "template");
    let pod = template.and_then(|template| field(template, "spec"));
    let policy = field(spec, "podFailurePolicy");
    if let Some(policy) = policy {
        failure_policy(spec, policy, report);
    }
    let words = ["Failed", "TerminatingOrFailed"];
    let words = if policy.is_some() { &words[..1] } else { &words[..] };
    report.set_word(field(spec, "podReplacementPolicy"), words);
    if let Some(pod) = pod {
        restart_policy(spec, pod, report);
    } else if template.is_none() {
        let help = "add the pods, `template: { spec: ... }`";
        report.missing_as(spec, "template", ".template.spec.containers", help);
    }
}

fn restart_policy<'t>(spec: NodeRef<'t>, pod: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let policy = field(pod, "restartPolicy").filter(|policy| !policy.text().is_empty());
    match (policy.map(NodeRef::text), policy) {
        (None, _) => {
            let help = "write `restartPolicy: OnFailure` or `restartPolicy: Never`";
            report.missing(pod, "restartPolicy", help);
        }
        (Some("Always"), Some(policy)) => report.error(
            Code::Contradiction,
            policy,
            "the pods of a Job do not restart always",
            "write `restartPolicy: OnFailure` or `restartPolicy: Never`",
        ),
        (Some("OnFailure"), Some(policy)) if field(spec, "podFailurePolicy").is_some() => {
            let message = "`podFailurePolicy` is for pods that never restart";
            report.error(Code::Contradiction, policy, message, "write `restartPolicy: Never`");
        }
        _ => {}
    }
}

/// `IsDomainPrefixedPath`, and its length.
fn managed_by<'t>(manager: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let name = manager.text();
    let good = name.split_once('/').is_some_and(|(domain, path)| {
        let in_path =
            |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
        NameForm::DnsSubdomain.check(domain).is_ok()
            && !path.is_empty()
            && path.bytes().all(in_path)
    });
    if !good || name.len() > 63 {
        let message = format!("`{name}` is no name of a controller");
        let help = "write a domain and a path of at most 63 characters, such as `example.com/jobs`";
        report.error(Code::NameNotAllowed, manager, message, help);
    }
}

fn indexed<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let completions = completions(spec, report.root);
    if completions.is_none() {
        report.missing(spec, "completions", "an indexed Job has as many indices");
    }
    let many = completions.is_some_and(|completions| completions > MOST_INDEXED)
        && field(spec, "backoffLimitPerIndex").is_some();
    let most = if many { MOST_OF_MANY } else { MOST_INDEXED };
    for name in ["parallelism", "maxFailedIndexes"] {
        if let Some(node) = field(spec, name)
            && node.as_i64().is_some_and(|number| number > most)
        {
            let message = format!("{} is more than {most}", node.text());
            let help = format!("write {most} or less, the most of such a Job");
            report.error(Code::ValueNotAllowed, node, message, help);
        }
    }
    if let (Some(node), Some(completions)) = (field(spec, "maxFailedIndexes"), completions)
        && node.as_i64().is_some_and(|number| number > completions)
    {
        let message = format!("the Job has {completions} indices");
        report.error(Code::Contradiction, node, message, format!("write {completions} or less"));
    }
    if many && field(spec, "maxFailedIndexes").is_none() {
        let help =
            format!("a Job with more than {MOST_INDEXED} completions says how many may fail");
        report.missing(spec, "maxFailedIndexes", help);
    }
    if let Some(policy) = field(spec, "successPolicy") {
        success_policy(policy, completions, report);
    }
}

fn failure_policy<'t>(spec: NodeRef<'t>, policy: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(rules) = field(policy, "rules") else { return };
    report.at_most(rules, 20);
    for rule in rules.items() {
        if let Some(action) = report.required(rule, "action") {
            report.word(Some(action), &["Count", "FailIndex", "FailJob", "Ignore"]);
            if action.text() == "FailIndex" && field(spec, "backoffLimitPerIndex").is_none() {
                let message = "an index fails alone only with `backoffLimitPerIndex`";
                report.error(Code::Contradiction, action, message, "add it, or write `FailJob`");
            }
        }
        let codes = field(rule, "onExitCodes");
        let conditions = field(rule, "onPodConditions").filter(|list| !list.is_empty());
        match (codes, conditions) {
            (Some(_), Some(_)) => report.error(
                Code::Contradiction,
                rule,
                "a rule has both `onExitCodes` and `onPodConditions`",
                "make it two rules",
            ),
            (None, None) => report.error(
                Code::MissingObjectField,
                rule,
                "the rule does not say when it applies",
                "add `onExitCodes` or `onPodConditions`",
            ),
            _ => {}
        }
        if let Some(codes) = codes {
            exit_codes(spec, codes, report);
        }
        if let Some(conditions) = conditions {
            report.at_most(conditions, 20);
            for condition in conditions.items() {
                report.qualified_name(condition, "type");
                report.word(field(condition, "status"), &["False", "True", "Unknown"]);
            }
        }
    }
}

fn exit_codes<'t>(spec: NodeRef<'t>, codes: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if report.required(codes, "operator").is_some() {
        report.word(field(codes, "operator"), &["In", "NotIn"]);
    }
    let pod = spec.at_path(&["template", "spec"]);
    let lists = ["containers", "initContainers"];
    let names = || {
        let all = pod
            .into_iter()
            .flat_map(|pod| lists.into_iter().flat_map(move |list| items(pod, list)));
        all.map(|container| text(container, "name"))
    };
    if let Some(name) = field(codes, "containerName")
        && !lists
            .into_iter()
            .any(|list| pod.is_some_and(|pod| item(pod, list, &["name"], name.text()).is_some()))
    {
        let message = format!("the pod has no container `{}`", name.text());
        let finding = report.at(Code::ValueNotAllowed, name, message);
        report.push(match nearest(name.text(), names()) {
            Some(near) => finding.help(format!("write `{near}`")).replace(near),
            None => finding.help("write the name of one, or delete the field"),
        });
    }
    let Some(values) = field(codes, "values").filter(|values| !values.is_empty()) else {
        return report.missing(codes, "values", "add the exit codes");
    };
    report.at_most(values, 255);
    let mut last: Option<i64> = None;
    let mut ordered = true;
    for value in values.items() {
        // The server reads null as 0.
        let code = value.as_i64().or((value.kind() == Kind::Null).then_some(0));
        if code == Some(0) && text(codes, "operator") == "In" {
            let message = "0 is success, which is no failure";
            report.error(Code::ValueNotAllowed, value, message, "delete it");
        }
        ordered &= last <= code;
        last = code;
    }
    for (first, again) in super::repeated(&values.items(), NodeRef::as_i64) {
        let message = format!("the exit code {} is there already", again.text());
        report.repeated(Code::RepeatedItem, first, again, message);
    }
    if !ordered {
        let message = "the exit codes are not in order";
        report.error(Code::ValueNotAllowed, values, message, "write them from low to high");
    }
}

fn success_policy<'t>(policy: NodeRef<'t>, completions: Option<i64>, report: &mut Report<'t, '_>) {
    let Some(rules) = field(policy, "rules").filter(|rules| !rules.is_empty()) else {
        return report.missing(policy, "rules", "add a rule that says when the Job has succeeded");
    };
    report.at_most(rules, 20);
    let completions = completions.unwrap_or(0);
    for rule in rules.items() {
        let (count, indices) = (field(rule, "succeededCount"), field(rule, "succeededIndexes"));
        if count.is_none() && indices.is_none() {
            let message = "the rule does not say when the Job has succeeded";
            let help = "add `succeededCount` or `succeededIndexes`";
            report.error(Code::MissingObjectField, rule, message, help);
        }
        let mut total = None;
        if let Some(indices) = indices {
            match count_indices(indices.text(), completions) {
                Ok(number) if indices.text().len() <= 64 * 1024 => total = Some(number),
                Ok(_) => {
                    let message = "the indices have more than 65536 characters";
                    report.error(Code::ValueNotAllowed, indices, message, "write ranges");
                }
                Err(reason) => {
                    let message = format!("`{}` are no indices: {reason}", indices.text());
                    let help = "write numbers and ranges in order, such as `0,2-4`";
                    report.error(Code::ValueNotAllowed, indices, message, help);
                }
            }
        }
        report.range(count, 0, i64::MAX);
        let most = total.map_or(completions, |total| total.min(completions));
        if let Some(count) = count
            && count.as_i64().is_some_and(|count| count > most)
        {
            let message = format!("no more than {most} indices can succeed");
            report.error(Code::Contradiction, count, message, format!("write {most} or less"));
        }
    }
}

/// How many indices a text such as `0,2-4` names: `validateIndexesFormat`.
fn count_indices(text: &str, completions: i64) -> Result<i64, String> {
    let index = |text: &str| match text.parse::<i64>() {
        Ok(number) if number >= completions => Err(format!("there are {completions} indices")),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("`{text}` is no number")),
    };
    let (mut total, mut last) = (0, None);
    for range in text.split(',').filter(|_| !text.is_empty()) {
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (index(from)?, index(to)?),
            None => (index(range)?, index(range)?),
        };
        if last.is_some_and(|last| last >= from) || (range.contains('-') && from >= to) {
            return Err(format!("`{range}` is not in order"));
        }
        total += to - from + 1;
        last = Some(to);
    }
    Ok(total)
}

pub fn cron_job<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(schedule) = report.required(spec, "schedule")
        && let Some(line) = schedule.as_str()
        && let Err(error) = cron::check(line)
    {
        report.error(
            Code::Schedule,
            schedule,
            format!("`{line}` is no schedule: {error}"),
            "write minute, hour, day of the month, month, day of the week, such as `30 4 * * 1-5`",
        );
    }
    if let Some(zone) = field(spec, "timeZone") {
        time_zone(zone, report);
    }
    report.word(field(spec, "concurrencyPolicy"), &["Allow", "Forbid", "Replace"]);
    for number in
        ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"]
    {
        report.range(field(spec, number), 0, i64::MAX);
    }
    let Some(template) = field(spec, "jobTemplate") else {
        let help = "add the Job, `jobTemplate: { spec: ... }`";
        let path = ".jobTemplate.spec.template.spec.containers";
        return report.missing_as(spec, "jobTemplate", path, help);
    };
    let Some(job) = field(template, "spec") else {
        let path = ".spec.template.spec.containers";
        return report.missing_as(template, "spec", path, "add the Job");
    };
    self::job(job, report);
    let message = "a CronJob's jobs have no selector of their own";
    report.forbidden(job, "selector", message, "delete `selector`");
    if flag(job, "manualSelector") {
        report.forbidden(job, "manualSelector", message, "delete `manualSelector`");
    }
}

/// The zones of the IANA, one a line.
const TIME_ZONES: &str = include_str!("time_zones.txt");

fn is_time_zone(name: &str) -> bool {
    // Some hundred lines: to find where one of them may start is faster than to compare each.
    let is_line = |start: usize| {
        let end = start + name.len();
        let before = TIME_ZONES.as_bytes()[..start].last();
        let after = TIME_ZONES.as_bytes().get(end);
        [before, after].into_iter().flatten().all(|byte| *byte == b'\n')
    };
    !name.is_empty()
        && !name.contains('\n')
        && memchr::memmem::find_iter(TIME_ZONES.as_bytes(), name).any(is_line)
}

/// `validateTimeZone`.
fn time_zone<'t>(zone: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let name = zone.text();
    if !is_time_zone(name) {
        let finding = report.at(Code::Schedule, zone, format!("`{name}` is no time zone"));
        report.push(match nearest(name, TIME_ZONES.lines()) {
            Some(near) => finding.help(format!("write `{near}`")).replace(near),
            None => finding.help("write a zone such as `Europe/Berlin`"),
        });
    }
}
