//! Jobs and CronJobs: `k8s.io/kubernetes/pkg/apis/batch/validation`.

use super::{Report, cron, field, text};
use crate::diagnostic::Code;
use crate::source::NodeRef;

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let numbers = [
        "parallelism",
        "completions",
        "backoffLimit",
        "backoffLimitPerIndex",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
    ];
    for number in numbers {
        report.range(field(spec, number), 0, i64::MAX);
    }
    let template = field(spec, "template");
    let pod = template.and_then(|template| field(template, "spec"));
    let policy = pod.map(|pod| text(pod, "restartPolicy"));
    if let (Some(pod), Some("" | "Always")) = (pod, policy) {
        report.error(
            Code::Contradiction,
            field(pod, "restartPolicy").unwrap_or(pod),
            "the pods of a Job do not restart always",
            "write `restartPolicy: OnFailure` or `restartPolicy: Never`",
        );
    }
    let indexed = text(spec, "completionMode") == "Indexed";
    if let Some(mode) = field(spec, "completionMode")
        && indexed
        && field(spec, "completions").is_none()
    {
        let message = "an indexed Job needs to know how many indices there are";
        report.error(Code::Contradiction, mode, message, "add `completions`");
    }
    if let Some(limit) = field(spec, "backoffLimitPerIndex")
        && !indexed
    {
        let message = "`backoffLimitPerIndex` is for indexed Jobs";
        report.error(Code::Contradiction, limit, message, "write `completionMode: Indexed`");
    }
    if let Some(failure) = field(spec, "podFailurePolicy")
        && policy != Some("Never")
    {
        let message = "`podFailurePolicy` is for pods that never restart";
        report.error(Code::Contradiction, failure, message, "write `restartPolicy: Never`");
    }
}

pub fn cron_job<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(schedule) = field(spec, "schedule")
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
    if let Some(zone) = field(spec, "timeZone")
        && (zone.text().is_empty() || zone.text().eq_ignore_ascii_case("local"))
    {
        let message = format!("`{}` is no time zone", zone.text());
        report.error(Code::Schedule, zone, message, "write a zone such as `Europe/Berlin`");
    }
    for number in
        ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"]
    {
        report.range(field(spec, number), 0, i64::MAX);
    }
    let Some(job) = spec.at_path(&["jobTemplate", "spec"]) else { return };
    check(job, report);
    if let Some(selector) = field(job, "selector") {
        let message = "a CronJob's jobs have no selector of their own";
        report.error(Code::Contradiction, selector, message, "delete `selector`");
    }
}
