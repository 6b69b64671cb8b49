//! Programs that run to their end: Jobs and CronJobs.

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::joining::Joining;
use super::metadata::{Owner, of_workload};
use super::{Built, pod};
use crate::k8s;
use crate::plan::{CronSchedule, Plan, Program, Task, Val};
use crate::source::Rule;
use crate::spec::{ConcurrencyPolicy, RestartPolicy};

/// A program that runs once. Its name is yet without the digest of its template, which linking
/// adds when the template is complete.
pub(super) fn job(plan: &Plan, program: &Program, task: &Task, out: &mut Joining<'_>) {
    let job = k8s!(program.at; Job {
        metadata: of_workload(plan, program), spec: spec(plan, program, task),
    });
    out.push_workload(job.object(), &["spec", "template", "spec"], program, Vec::new());
}

/// A program that runs at set times.
pub(super) fn cron_job(
    plan: &Plan,
    program: &Program,
    task: &Task,
    when: &CronSchedule,
    out: &mut Joining<'_>,
) {
    let at = program.at;
    let one = Val::new(ConcurrencyPolicy::Forbid, at.derive(Rule::OneRunAtATime));
    let cron_job = k8s!(at; CronJob {
        metadata: of_workload(plan, program),
        spec: k8s!(at; CronJobSpec {
            schedule: &when.schedule,
            time_zone: &when.time_zone,
            suspend: when.suspend,
            concurrency_policy: when.concurrency_policy.unwrap_or(one).map(ConcurrencyPolicy::word),
            starting_deadline_seconds: when.starting_deadline_seconds,
            successful_jobs_history_limit: when.successful_jobs_history_limit,
            failed_jobs_history_limit: when.failed_jobs_history_limit,
            job_template: k8s!(at; JobTemplateSpec {
                metadata: k8s!(at; ObjectMeta { labels: Owner::program(plan, program).labels() }),
                spec: spec(plan, program, task),
            }),
        }),
    });
    let pod = ["spec", "jobTemplate", "spec", "template", "spec"];
    out.push_workload(cron_job.object(), &pod, program, Vec::new());
}

fn spec(plan: &Plan, program: &Program, task: &Task) -> Built<JobSpec> {
    let at = program.at;
    let keep = Val::new(RestartPolicy::Never, at.derive(Rule::KeepFailedPods));
    let restart = task.restart_policy.unwrap_or(keep).map(RestartPolicy::word);
    k8s!(at; JobSpec {
        parallelism: task.parallelism,
        completions: task.completions,
        backoff_limit: task.backoff_limit,
        active_deadline_seconds: task.active_deadline_seconds,
        ttl_seconds_after_finished: task.ttl_seconds_after_finished,
        template: pod::template(plan, program, Some(restart)),
    })
}
