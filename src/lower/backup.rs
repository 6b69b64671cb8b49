//! Regular dumps of a PostgreSQL.

use super::{network, official, program};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Object, fit};
use crate::plan::{
    Backup, CronSchedule, Map, MountSource, Plan, Postgres, Program, ProgramKind, SecurityContext,
    Task, Val,
};
use crate::source::Rule;

/// Where the claim is mounted.
const BACKUPS: &str = "/backups";

/// Where the script is mounted.
const SCRIPTS: &str = "/etc/backup";

/// The longest name of a CronJob, whose Jobs add 11 characters.
const LONGEST: usize = 52;

/// Dumps, and removes the oldest dumps.
const SCRIPT: &str = include_str!("scripts/backup.sh");

/// The objects of a backup of a PostgreSQL that `server` runs. Its claim is one of the plan's
/// volumes.
pub(super) fn lower(
    plan: &Plan,
    postgres: &Postgres,
    server: &Program,
    backup: &Backup,
    objects: &mut Vec<Object>,
    diagnostics: &mut Diagnostics,
) {
    let job = job(postgres, server, backup);
    program::lower(plan, &job, objects, diagnostics);
    network::lower(plan, &job, objects);
    objects.push(official::files(plan, &job, &script_name(&job.name), &[("backup.sh", SCRIPT)]));
}

/// The name of the ConfigMap with the script.
fn script_name(job: &Val<String>) -> Val<String> {
    job.clone().map(|name| name + "-script")
}

/// The program that makes the dumps.
fn job(postgres: &Postgres, server: &Program, backup: &Backup) -> Program {
    let at = backup.at.derive(Rule::BackupJob);
    let text = |text: &str| Val::new(text.to_owned(), at);
    let name = Val::new(fit(format!("{}-backup", server.name.v), LONGEST), at);

    let mut container = official::container("backup", &server.container.image, at);
    container.image_pull_policy = server.container.image_pull_policy;
    container.command = Some(vec![text("sh"), text(&format!("{SCRIPTS}/backup.sh"))]);
    container.env = vec![
        official::variable("BACKUPS", &text(BACKUPS), at),
        official::variable("KEEP", &backup.keep.map(|keep| keep.to_string()), at),
        official::variable("PGHOST", &server.name, at),
        official::variable("PGPORT", &text(&postgres.port.to_string()), at),
        official::variable("PGDATABASE", &postgres.database, at),
        official::variable("PGUSER", &postgres.user, at),
        official::password("PGPASSWORD", &postgres.secret, at),
    ];
    if let Some(tls) = &postgres.tls {
        let require = Val::new("require".to_owned(), tls.at);
        container.env.push(official::variable("PGSSLMODE", &require, at));
    }
    official::add_mounts(
        &mut container,
        [
            official::mount(BACKUPS, MountSource::Claim(backup.claim.clone()), at),
            official::mount(SCRIPTS, MountSource::Config(script_name(&name)), at),
            official::empty_folder("/tmp", false, at),
        ],
    );
    container.requests = official::resources([("cpu", "50m"), ("memory", "64Mi")], at);
    container.limits = official::resources([("memory", "512Mi")], at);

    let mut service_account = server.service_account.clone();
    service_account.token = Val::new(false, at);
    service_account.render = false;
    Program {
        component: format!("{}-backup", server.component),
        name,
        selector: Map::new(),
        kind: ProgramKind::CronJob(task(), schedule(backup)),
        container,
        waits: Vec::new(),
        init: Vec::new(),
        sidecars: Vec::new(),
        service_account,
        rbac: Vec::new(),
        arch: server.arch.clone(),
        node_selector: server.node_selector.clone(),
        tolerations: server.tolerations.clone(),
        priority_class: None,
        image_pull_secrets: server.image_pull_secrets.clone(),
        termination_grace_period_seconds: None,
        security_context: SecurityContext {
            run_as_user: server.security_context.run_as_user,
            run_as_group: server.security_context.run_as_group,
            fs_group: server.security_context.fs_group,
            ..SecurityContext::default()
        },
        metrics: None,
        labels: server.labels.clone(),
        annotations: Map::new(),
        extra: backup.extra.clone(),
        at,
    }
}

fn task() -> Task {
    Task {
        backoff_limit: None,
        active_deadline_seconds: None,
        ttl_seconds_after_finished: None,
        completions: None,
        parallelism: None,
        restart_policy: None,
    }
}

fn schedule(backup: &Backup) -> CronSchedule {
    CronSchedule {
        schedule: backup.schedule.clone(),
        time_zone: backup.time_zone.clone(),
        concurrency_policy: None,
        starting_deadline_seconds: None,
        successful_jobs_history_limit: None,
        failed_jobs_history_limit: None,
        suspend: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{object, plan, postgres, text, val};
    use crate::plan::{Backup, Endpoint, Flow, FlowPort, Plan};
    use crate::source::listing::at;
    use crate::spec::Protocol;

    fn with_backup() -> Plan {
        let mut plan = plan();
        plan.owns_namespace = false;
        let mut database = postgres("database", 30);
        database.backup = Some(Backup {
            schedule: text("0 3 * * *", 51),
            time_zone: Some(text("Europe/Helsinki", 52)),
            keep: val(14, 53),
            claim: text("database-backup", 54),
            extra: Vec::new(),
            at: at(50),
        });
        plan.postgres.push(database);
        plan.flows.push(Flow {
            from: Endpoint::Component("database-backup".to_owned()),
            to: Endpoint::Component("database".to_owned()),
            ports: vec![FlowPort { port: val(5432, 50), protocol: Protocol::Tcp }],
            at: at(50),
        });
        plan
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a listing of a whole object")]
    fn a_backup_is_a_cron_job_with_its_script_and_its_way_to_the_database() {
        let plan = with_backup();
        assert_eq!(
            object(&plan, "CronJob/database-backup"),
            r#"apiVersion: batch/v1 @object-identity:50
kind: CronJob @object-identity:50
metadata:
  name: database-backup
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:50
    app.kubernetes.io/name: database-backup @recommended-labels:50
    app.kubernetes.io/part-of: shop @recommended-labels:10
    app.kubernetes.io/version: 17-alpine @recommended-labels:32
spec:
  schedule: 0 3 * * * @51
  timeZone: Europe/Helsinki @52
  concurrencyPolicy: Forbid @one-run-at-a-time:50
  jobTemplate:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @recommended-labels:10
        app.kubernetes.io/managed-by: gen @recommended-labels:50
        app.kubernetes.io/name: database-backup @recommended-labels:50
        app.kubernetes.io/part-of: shop @recommended-labels:10
    spec:
      template:
        metadata:
          labels:
            app.kubernetes.io/instance: shop-acme @stable-selector:10
            app.kubernetes.io/managed-by: gen @recommended-labels:50
            app.kubernetes.io/name: database-backup @stable-selector:50
            app.kubernetes.io/part-of: shop @recommended-labels:10
            app.kubernetes.io/version: 17-alpine @recommended-labels:32
        spec:
          restartPolicy: Never @keep-failed-pods:50
          serviceAccountName: database @30
          automountServiceAccountToken: false
          enableServiceLinks: false @no-service-links:50
          securityContext: @secure-pods:50
            runAsNonRoot: true
            runAsUser: 70 @official-image:30
            runAsGroup: 70 @official-image:30
            fsGroup: 70 @official-image:30
            fsGroupChangePolicy: OnRootMismatch @fs-group-once:30
            seccompProfile:
              type: RuntimeDefault
          containers:
            -
              name: backup
              image: postgres:17-alpine @32
              command:
                - sh
                - /etc/backup/backup.sh
              env:
                -
                  name: BACKUPS
                  value: /backups
                -
                  name: KEEP
                  value: "14" @53
                -
                  name: PGHOST
                  value: database @30
                -
                  name: PGPORT
                  value: "5432"
                -
                  name: PGDATABASE
                  value: shop_db @34
                -
                  name: PGUSER
                  value: shop_user @35
                -
                  name: PGPASSWORD
                  valueFrom: @37
                    secretKeyRef:
                      name: database-credentials
                      key: password
              resources:
                requests:
                  cpu: 50m
                  memory: 64Mi
                limits:
                  memory: 512Mi
              volumeMounts:
                -
                  name: database-backup @volume-of-mount:50
                  mountPath: /backups
                -
                  name: database-backup-script @volume-of-mount:50
                  mountPath: /etc/backup
                  readOnly: true @read-only-mount:50
                -
                  name: tmp @volume-of-mount:50
                  mountPath: /tmp
              securityContext: @secure-containers:50
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop:
                    - ALL
          volumes:
            -
              name: database-backup @volume-of-mount:50
              persistentVolumeClaim: @54
                claimName: database-backup
            -
              name: database-backup-script @volume-of-mount:50
              configMap:
                name: database-backup-script
            -
              name: tmp @volume-of-mount:50
              emptyDir:
"#
        );
        assert!(
            object(&plan, "ConfigMap/database-backup-script").contains("backup.sh: \"#!/bin/sh")
        );
        assert_eq!(
            object(&plan, "NetworkPolicy/database-backup"),
            "\
apiVersion: networking.k8s.io/v1 @object-identity:50
kind: NetworkPolicy @object-identity:50
metadata: @backup-job:50
  name: database-backup
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:50
    app.kubernetes.io/name: database-backup @recommended-labels:50
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  podSelector: @backup-job:50
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: database-backup @stable-selector:50
  policyTypes:
    - Ingress
    - Egress
  egress:
    - @50
      to:
        -
          podSelector: @30
            matchLabels:
              app.kubernetes.io/instance: shop-acme @stable-selector:10
              app.kubernetes.io/name: database @stable-selector:30
      ports:
        -
          port: 5432
          protocol: TCP
    - @dns-egress:50
      to:
        -
          podSelector:
            matchLabels:
              k8s-app: kube-dns @5
          namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system @4
      ports:
        -
          port: 53
          protocol: UDP
        -
          port: 53
          protocol: TCP
"
        );
    }
}
