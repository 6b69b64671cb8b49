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

#[cfg(test)]
mod tests {
    use super::super::testing::{object, part, plan, program, task, text, val};
    use super::*;
    use crate::plan::ProgramKind;

    #[test]
    fn a_job_keeps_its_failed_pods() {
        let mut plan = plan();
        let task =
            Task { backoff_limit: Some(val(2, 40)), completions: Some(val(3, 41)), ..task() };
        plan.programs.push(program("migrate", 30, ProgramKind::Job(task)));
        assert_eq!(
            object(&plan, "Job/migrate"),
            "\
apiVersion: batch/v1 @object-identity:30
kind: Job @object-identity:30
metadata:
  name: migrate
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: migrate @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    app.kubernetes.io/version: 1.4.0 @recommended-labels:32
spec:
  completions: 3 @41
  backoffLimit: 2 @40
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @stable-selector:10
        app.kubernetes.io/managed-by: gen @recommended-labels:30
        app.kubernetes.io/name: migrate @stable-selector:30
        app.kubernetes.io/part-of: shop @recommended-labels:10
        app.kubernetes.io/version: 1.4.0 @recommended-labels:32
    spec:
      restartPolicy: Never @keep-failed-pods:30
      serviceAccountName: migrate
      automountServiceAccountToken: false
      enableServiceLinks: false @no-service-links:30
      securityContext: @secure-pods:30
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        -
          name: migrate
          image: example/migrate:1.4.0 @32
          securityContext: @secure-containers:30
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
"
        );
    }

    #[test]
    fn a_cron_job_runs_one_at_a_time() {
        let mut plan = plan();
        let when = CronSchedule {
            schedule: text("0 2 * * *", 40),
            time_zone: Some(text("Europe/Zurich", 41)),
            concurrency_policy: None,
            starting_deadline_seconds: Some(val(600, 42)),
            successful_jobs_history_limit: Some(val(1, 43)),
            failed_jobs_history_limit: Some(val(5, 44)),
            suspend: Some(val(true, 45)),
        };
        let task = Task {
            restart_policy: Some(val(RestartPolicy::OnFailure, 46)),
            ttl_seconds_after_finished: Some(val(60, 47)),
            ..task()
        };
        plan.programs.push(program("report", 30, ProgramKind::CronJob(task, when)));
        assert_eq!(
            object(&plan, "CronJob/report"),
            "\
apiVersion: batch/v1 @object-identity:30
kind: CronJob @object-identity:30
metadata:
  name: report
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: report @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    app.kubernetes.io/version: 1.4.0 @recommended-labels:32
spec:
  schedule: 0 2 * * * @40
  timeZone: Europe/Zurich @41
  suspend: true @45
  concurrencyPolicy: Forbid @one-run-at-a-time:30
  startingDeadlineSeconds: 600 @42
  successfulJobsHistoryLimit: 1 @43
  failedJobsHistoryLimit: 5 @44
  jobTemplate:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @recommended-labels:10
        app.kubernetes.io/managed-by: gen @recommended-labels:30
        app.kubernetes.io/name: report @recommended-labels:30
        app.kubernetes.io/part-of: shop @recommended-labels:10
    spec:
      ttlSecondsAfterFinished: 60 @47
      template:
        metadata:
          labels:
            app.kubernetes.io/instance: shop-acme @stable-selector:10
            app.kubernetes.io/managed-by: gen @recommended-labels:30
            app.kubernetes.io/name: report @stable-selector:30
            app.kubernetes.io/part-of: shop @recommended-labels:10
            app.kubernetes.io/version: 1.4.0 @recommended-labels:32
        spec:
          restartPolicy: OnFailure @46
          serviceAccountName: report
          automountServiceAccountToken: false
          enableServiceLinks: false @no-service-links:30
          securityContext: @secure-pods:30
            runAsNonRoot: true
            seccompProfile:
              type: RuntimeDefault
          containers:
            -
              name: report
              image: example/report:1.4.0 @32
              securityContext: @secure-containers:30
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop:
                    - ALL
"
        );
        assert_eq!(
            part(&plan, "CronJob/report", "restartPolicy"),
            "restartPolicy: OnFailure @46\n"
        );
    }
}
