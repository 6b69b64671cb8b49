//! Services, workers, jobs and cron jobs.

use super::joining::Joining;
use super::{account, autoscaler, budget, controller, monitor, service, task};
use crate::diagnostic::Diagnostics;
use crate::k8s::Object;
use crate::plan::{Controller, Plan, Program, ProgramKind};

/// All objects of a program.
pub(super) fn lower(
    plan: &Plan,
    program: &Program,
    objects: &mut Vec<Object>,
    diagnostics: &mut Diagnostics,
) {
    let mut out = Joining::new(plan, &program.component, &program.extra, objects, diagnostics);
    account::lower(plan, program, &mut out);
    match &program.kind {
        ProgramKind::Service(running) => {
            out.push(service::of_program(plan, program).object());
            keep_running(plan, program, running, &mut out);
        }
        ProgramKind::Worker(running) => keep_running(plan, program, running, &mut out),
        ProgramKind::Job(running) => task::job(plan, program, running, &mut out),
        ProgramKind::CronJob(running, when) => {
            task::cron_job(plan, program, running, when, &mut out);
        }
    }
    monitor::lower(plan, program, &mut out);
    out.finish();
}

/// All objects of a server whose pods have names and an order, whether they keep data or not.
pub(super) fn stateful(
    plan: &Plan,
    program: &Program,
    running: &Controller,
    objects: &mut Vec<Object>,
    diagnostics: &mut Diagnostics,
) {
    let mut out = Joining::new(plan, &program.component, &program.extra, objects, diagnostics);
    account::lower(plan, program, &mut out);
    out.push(service::of_program(plan, program).object());
    controller::stateful_set(plan, program, running, &mut out);
    budget::lower(plan, program, running, &mut out);
    monitor::lower(plan, program, &mut out);
    out.finish();
}

fn keep_running(plan: &Plan, program: &Program, running: &Controller, out: &mut Joining<'_>) {
    controller::lower(plan, program, running, out);
    if !running.per_node {
        autoscaler::lower(plan, program, running, out);
    }
    budget::lower(plan, program, running, out);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{controller, lowered, object, plan, service, task, val};
    use crate::plan::{CronSchedule, ProgramKind, Replicas};

    fn kinds(kind: ProgramKind) -> Vec<String> {
        let mut plan = plan();
        plan.owns_namespace = false;
        let mut web = service("web", 30);
        web.kind = kind;
        plan.programs.push(web);
        let names = lowered(&plan).into_keys().filter(|name| !name.starts_with("NetworkPolicy/"));
        names.map(|name| name.replace("/web", "")).collect()
    }

    #[test]
    fn each_kind_of_program_has_its_objects() {
        assert_eq!(kinds(ProgramKind::Worker(controller(30))), ["Deployment", "ServiceAccount"]);
        let mut many = controller(30);
        many.replicas = Replicas::Count(val(2, 31));
        assert_eq!(
            kinds(ProgramKind::Service(many.clone())),
            ["Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"]
        );
        many.per_node = true;
        assert_eq!(kinds(ProgramKind::Service(many)), ["DaemonSet", "Service", "ServiceAccount"]);
        assert_eq!(kinds(ProgramKind::Job(task())), ["Job", "ServiceAccount"]);
        let when = CronSchedule {
            schedule: val("0 2 * * *".to_owned(), 31),
            time_zone: None,
            concurrency_policy: None,
            starting_deadline_seconds: None,
            successful_jobs_history_limit: None,
            failed_jobs_history_limit: None,
            suspend: None,
        };
        assert_eq!(kinds(ProgramKind::CronJob(task(), when)), ["CronJob", "ServiceAccount"]);
    }

    #[test]
    fn a_service_is_a_deployment() {
        let mut plan = plan();
        plan.programs.push(service("web", 30));
        assert_eq!(
            object(&plan, "Deployment/web"),
            "\
apiVersion: apps/v1 @object-identity:30
kind: Deployment @object-identity:30
metadata:
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    app.kubernetes.io/version: 1.4.0 @recommended-labels:32
spec:
  replicas: 1 @31
  selector:
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: web @stable-selector:30
  strategy: @keep-capacity:30
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @stable-selector:10
        app.kubernetes.io/managed-by: gen @recommended-labels:30
        app.kubernetes.io/name: web @stable-selector:30
        app.kubernetes.io/part-of: shop @recommended-labels:10
        app.kubernetes.io/version: 1.4.0 @recommended-labels:32
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      enableServiceLinks: false @no-service-links:30
      securityContext: @secure-pods:30
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        -
          name: web
          image: example/web:1.4.0 @32
          ports:
            - @33
              name: http
              containerPort: 8080
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
    fn with_a_service_in_front_of_it() {
        let mut plan = plan();
        plan.programs.push(service("web", 30));
        assert_eq!(
            object(&plan, "Service/web"),
            "\
apiVersion: v1 @object-identity:30
kind: Service @object-identity:30
metadata:
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  selector:
    app.kubernetes.io/instance: shop-acme @stable-selector:10
    app.kubernetes.io/name: web @stable-selector:30
  ports:
    - @34
      name: http @33
      port: 80
      targetPort: http @service-of-ports:33
"
        );
    }

    #[test]
    fn and_an_identity_without_a_token() {
        let mut plan = plan();
        plan.programs.push(service("web", 30));
        assert_eq!(
            object(&plan, "ServiceAccount/web"),
            "\
apiVersion: v1 @object-identity:30
kind: ServiceAccount @object-identity:30
metadata: @30
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
automountServiceAccountToken: false @30
"
        );
    }
}
