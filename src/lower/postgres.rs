//! PostgreSQL from its official image, or one that is built on it.
//!
//! What that image reads is told by <https://github.com/docker-library/docs/tree/master/postgres>.

use std::fmt::Write;

use super::metadata::{Owner, tag};
use super::{backup, network, official, program, route};
use crate::diagnostic::Diagnostics;
use crate::k8s::Object;
use crate::plan::{
    Container, MountSource, Plan, Postgres, Program, ProgramKind, Tls, TlsSource, Val,
};
use crate::source::Rule;

/// Where the settings are mounted.
const SETTINGS: &str = "/etc/postgresql";

/// Where the certificate is mounted.
const CERTIFICATE: &str = "/etc/postgresql-tls";

/// Where the server makes its sockets.
const SOCKETS: &str = "/var/run/postgresql";

/// The folder in the volume that holds the data where nothing is said.
const DATA_FOLDER: &str = "pgdata";

/// Settings that the rest of the stack depends on, and what to write instead.
const DECIDED: &[(&str, &str)] = &[
    ("config_file", "leave it out"),
    ("data_directory", "say `dataFolder` instead"),
    ("listen_addresses", "leave it out: `needs` and `allowFrom` say who may connect"),
    ("port", "leave it out: whoever needs the database is told its port"),
    ("ssl", "say `tls: true` instead"),
    ("ssl_cert_file", "say `tls: true` instead"),
    ("ssl_key_file", "say `tls: true` instead"),
    ("unix_socket_directories", "leave it out"),
];

/// Makes PostgreSQL take up a renewed certificate.
/// <https://www.postgresql.org/docs/current/ssl-tcp.html>
const RELOAD: &str = include_str!("scripts/certificate-reload.sh");

/// Its name beside the settings.
const RELOAD_FILE: &str = "certificate-reload.sh";

/// All objects of a PostgreSQL and of its backup.
pub(super) fn lower(
    plan: &Plan,
    postgres: &Postgres,
    objects: &mut Vec<Object>,
    diagnostics: &mut Diagnostics,
) {
    let server = server(postgres);
    program::lower(plan, &server, objects, diagnostics);
    network::lower(plan, &server, objects);
    if has_settings(postgres) {
        let name = settings_name(postgres);
        let text = settings(postgres, diagnostics);
        let mut files = vec![("postgresql.conf", text.as_str())];
        files.extend(postgres.tls.as_ref().map(|_| (RELOAD_FILE, RELOAD)));
        objects.push(official::files(plan, &server, &name, &files));
    }
    if let (Some(tls), Some(source)) = (&postgres.tls, certificate_source(plan)) {
        let owner = Owner { at: tls.at, ..Owner::program(plan, &server) };
        let hosts: Vec<_> = tls.hosts.iter().map(|host| Val::new(host.clone(), tls.at)).collect();
        objects.push(route::certificate(owner, &tls.secret, &hosts, source));
    }
    if let Some(backup) = &postgres.backup {
        backup::lower(plan, postgres, &server, backup, objects, diagnostics);
    }
}

fn certificate_source(plan: &Plan) -> Option<&TlsSource> {
    plan.place.routing.as_ref()?.tls.as_ref()
}

/// The program that a PostgreSQL is.
fn server(postgres: &Postgres) -> Program {
    let mut server = postgres.program.clone();
    let image = postgres.at.derive(Rule::OfficialImage);
    let layout = Layout::of(postgres);
    let storage = (postgres.storage.clone(), Val::new(layout.volume.to_owned(), image));
    let one = Val::new(1, postgres.at);
    server.kind = ProgramKind::Service(official::controller(one, Some(storage)));
    let id = user(&server.container.image.v);
    official::run_as(&mut server, id, id, image);
    let stop = Val::new(90, postgres.at.derive(Rule::PostgresStop));
    server.termination_grace_period_seconds.get_or_insert(stop);

    let container = &mut server.container;
    let variables = [
        official::variable("POSTGRES_DB", &postgres.database, image),
        official::variable("POSTGRES_USER", &postgres.user, image),
        official::password("POSTGRES_PASSWORD", &postgres.secret, image),
        official::variable("PGDATA", &layout.data, layout.data.at),
    ];
    container.env.splice(0..0, variables);
    let shared = postgres.at.derive(Rule::SharedMemory);
    official::add_mounts(
        container,
        [
            official::empty_folder("/tmp", false, image),
            official::empty_folder(SOCKETS, false, image),
            official::empty_folder("/dev/shm", true, shared),
        ],
    );
    if let Some(scripts) = &postgres.init_scripts {
        let source = MountSource::Config(scripts.clone());
        let scripts = official::mount("/docker-entrypoint-initdb.d", source, scripts.at);
        official::add_mounts(container, [scripts]);
    }
    if has_settings(postgres) {
        let name = settings_name(postgres);
        let at = name.at;
        let argument = |text: String| Val::new(text, at);
        let file = format!("config_file={SETTINGS}/postgresql.conf");
        container
            .args
            .get_or_insert_default()
            .splice(0..0, [argument("-c".to_owned()), argument(file)]);
        official::add_mounts(container, [official::mount(SETTINGS, MountSource::Config(name), at)]);
    }
    // By TCP, on which the server does not listen while it runs the scripts of the first start.
    let (user, database) = (&postgres.user.v, &postgres.database.v);
    let question = ["pg_isready", "-h", "127.0.0.1", "-U", user, "-d", database];
    let at = postgres.at.derive(Rule::DatabaseProbes);
    official::ask(&mut container.probes, &question, &question, at);
    if let Some(tls) = &postgres.tls {
        let source = MountSource::Secret(tls.secret.clone());
        let mut certificate = official::mount(CERTIFICATE, source, tls.at);
        // PostgreSQL refuses a key that others can read; its group is the pods' own.
        certificate.mode = Some(Val::new(0o640, tls.at));
        official::add_mounts(container, [certificate]);
        let reload = reload(postgres, tls, &server.container);
        server.sidecars.push(reload);
    }
    server
}

/// The container that makes the server take up renewed certificates.
fn reload(postgres: &Postgres, tls: &Tls, server: &Container) -> Container {
    let at = tls.at.derive(Rule::CertificateReload);
    let text = |text: &str| Val::new(text.to_owned(), at);
    let mut reload = official::container("certificate-reload", &server.image, at);
    reload.image_pull_policy = server.image_pull_policy;
    reload.command = Some(vec![text("sh"), text(&format!("{SETTINGS}/{RELOAD_FILE}"))]);
    reload.env = vec![
        official::variable("PGDATABASE", &postgres.database, at),
        official::variable("PGUSER", &postgres.user, at),
        official::password("PGPASSWORD", &postgres.secret, at),
    ];
    let shared = |path: &str| server.mounts.iter().find(|mount| mount.path.v == path).cloned();
    reload.mounts.extend([SOCKETS, SETTINGS].into_iter().filter_map(shared));
    reload.requests = official::resources([("cpu", "5m"), ("memory", "16Mi")], at);
    reload.limits = official::resources([("memory", "64Mi")], at);
    reload
}

/// Where the image has its data.
struct Layout {
    /// Where the volume is mounted: where the image declares one, since a container runtime
    /// would otherwise put a volume there that goes with the pod.
    volume: &'static str,
    /// The folder with the data, inside of the volume.
    data: Val<String>,
}

impl Layout {
    /// Since version 18, the volume holds a folder for each major version.
    fn of(postgres: &Postgres) -> Self {
        let since_18 = major(postgres).is_none_or(|major| major >= 18);
        let volume = if since_18 { "/var/lib/postgresql" } else { "/var/lib/postgresql/data" };
        let default = match major(postgres) {
            Some(major) if since_18 => format!("{major}/docker"),
            _ => DATA_FOLDER.to_owned(),
        };
        let default = || Val::new(default, postgres.at.derive(Rule::DataFolder));
        let data = postgres.data_folder.clone().unwrap_or_else(default).map(|folder| match folder
            .trim_matches('/')
        {
            "" | "." => volume.to_owned(),
            folder => format!("{volume}/{folder}"),
        });
        Self { volume, data }
    }
}

/// The major version: what the image's tag says, or else the stack.
fn major(postgres: &Postgres) -> Option<u32> {
    let tag = tag(&postgres.program.container.image.v).unwrap_or_default();
    let leading = |text: &str| -> Option<u32> {
        text.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok())
    };
    leading(tag).or_else(|| leading(&postgres.version.as_ref()?.v))
}

/// The number of the user and of the group `postgres` in the image.
fn user(image: &str) -> i64 {
    if tag(image).is_some_and(|tag| tag.contains("alpine")) { 70 } else { 999 }
}

fn has_settings(postgres: &Postgres) -> bool {
    !postgres.settings.is_empty() || postgres.tls.is_some()
}

fn settings_name(postgres: &Postgres) -> Val<String> {
    let at = match (&postgres.tls, postgres.settings.values().next()) {
        (_, Some(setting)) => setting.at,
        (Some(tls), None) => tls.at,
        (None, None) => postgres.at,
    };
    official::settings_name(&postgres.program, at.derive(Rule::DatabaseSettings))
}

/// The text of `postgresql.conf`: what `initdb` found out about the machine, then what gen
/// decides, then what the stack says. Of settings that appear twice the last one counts.
fn settings(postgres: &Postgres, diagnostics: &mut Diagnostics) -> String {
    let usable = official::usable(&postgres.settings, DECIDED, is_name, diagnostics);
    let mut lines = vec![("include", format!("{}/postgresql.conf", Layout::of(postgres).data.v))];
    if postgres.tls.is_some() {
        lines.extend([
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", format!("{CERTIFICATE}/tls.crt")),
            ("ssl_key_file", format!("{CERTIFICATE}/tls.key")),
        ]);
    }
    lines.extend([("listen_addresses", "*".to_owned())]);
    lines.extend(usable.into_iter().map(|(name, value)| (name, value.to_owned())));
    lines.into_iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name} = {}", quoted(&value));
        text
    })
}

/// A value as PostgreSQL's configuration file has it; every type of setting may be quoted.
/// <https://www.postgresql.org/docs/current/config-setting.html>
fn quoted(value: &str) -> String {
    let mut quoted = String::from("'");
    for c in value.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// Whether PostgreSQL takes that for the name of a setting; an extension's has a dot.
fn is_name(name: &str) -> bool {
    name.split('.').all(|part| {
        let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && part.chars().all(rest)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::testing::{
        self, changes, lowered, lowered_with, map, object, plan, text, val,
    };
    use super::*;
    use crate::diagnostic::Code;
    use crate::plan::{ControllerPods, Map, Routing, RoutingKind, SecurityContext};
    use crate::source::listing::{at, tree};
    use crate::spec::IngressKind;

    fn with(change: impl FnOnce(&mut Postgres)) -> Plan {
        let mut plan = plan();
        plan.owns_namespace = false;
        let mut postgres = testing::postgres("database", 30);
        change(&mut postgres);
        plan.postgres.push(postgres);
        plan
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a listing of a whole object")]
    fn it_is_a_stateful_set_with_two_services() {
        let plan = with(|_| {});
        let names: Vec<_> = lowered(&plan).into_keys().collect();
        assert_eq!(
            names,
            [
                "NetworkPolicy/database",
                "Service/database",
                "Service/database-headless",
                "ServiceAccount/database",
                "StatefulSet/database",
            ]
        );
        assert_eq!(
            object(&plan, "Service/database"),
            "\
apiVersion: v1 @object-identity:30
kind: Service @object-identity:30
metadata:
  name: database
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: database @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  selector:
    app.kubernetes.io/instance: shop-acme @stable-selector:10
    app.kubernetes.io/name: database @stable-selector:30
  ports:
    - @34
      name: postgres @33
      port: 5432
      targetPort: postgres @service-of-ports:33
"
        );
        assert_eq!(
            object(&plan, "StatefulSet/database"),
            "\
apiVersion: apps/v1 @object-identity:30
kind: StatefulSet @object-identity:30
metadata:
  name: database
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: database @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    app.kubernetes.io/version: 17-alpine @recommended-labels:32
spec:
  serviceName: database-headless @headless-service:30
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: database @stable-selector:30
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @stable-selector:10
        app.kubernetes.io/managed-by: gen @recommended-labels:30
        app.kubernetes.io/name: database @stable-selector:30
        app.kubernetes.io/part-of: shop @recommended-labels:10
        app.kubernetes.io/version: 17-alpine @recommended-labels:32
    spec:
      terminationGracePeriodSeconds: 90 @postgres-stop:30
      serviceAccountName: database
      automountServiceAccountToken: false
      enableServiceLinks: false @no-service-links:30
      securityContext: @secure-pods:30
        runAsNonRoot: true
        runAsUser: 70 @official-image:30
        runAsGroup: 70 @official-image:30
        fsGroup: 70 @official-image:30
        fsGroupChangePolicy: OnRootMismatch @fs-group-once:30
        seccompProfile:
          type: RuntimeDefault
      containers:
        -
          name: database
          image: postgres:17-alpine @32
          ports:
            - @33
              name: postgres
              containerPort: 5432
          env:
            - @official-image:30
              name: POSTGRES_DB
              value: shop_db @34
            - @official-image:30
              name: POSTGRES_USER
              value: shop_user @35
            - @official-image:30
              name: POSTGRES_PASSWORD
              valueFrom: @37
                secretKeyRef:
                  name: database-credentials
                  key: password
            - @data-folder:30
              name: PGDATA
              value: /var/lib/postgresql/data/pgdata
          volumeMounts:
            - @official-image:30
              name: tmp @volume-of-mount:30
              mountPath: /tmp
            - @official-image:30
              name: var-run-postgresql @volume-of-mount:30
              mountPath: /var/run/postgresql
            - @shared-memory:30
              name: dev-shm @volume-of-mount:30
              mountPath: /dev/shm
            - @official-image:30
              name: data @claim-of-pod:30
              mountPath: /var/lib/postgresql/data
          startupProbe: @database-probes:30
            exec:
              command:
                - pg_isready
                - -h
                - 127.0.0.1
                - -U
                - shop_user
                - -d
                - shop_db
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 120
          readinessProbe: @database-probes:30
            exec:
              command:
                - pg_isready
                - -h
                - 127.0.0.1
                - -U
                - shop_user
                - -d
                - shop_db
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
          livenessProbe: @database-probes:30
            exec:
              command:
                - pg_isready
                - -h
                - 127.0.0.1
                - -U
                - shop_user
                - -d
                - shop_db
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          securityContext: @secure-containers:30
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
      volumes:
        - @official-image:30
          name: tmp @volume-of-mount:30
          emptyDir:
        - @official-image:30
          name: var-run-postgresql @volume-of-mount:30
          emptyDir:
        - @shared-memory:30
          name: dev-shm @volume-of-mount:30
          emptyDir:
            medium: Memory
  volumeClaimTemplates:
    - @36
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data @claim-of-pod:36
      spec:
        accessModes:
          - ReadWriteOnce @one-node-volume:36
        resources:
          requests:
            storage: 1Gi
"
        );
    }

    #[test]
    fn its_settings_come_after_those_of_initdb_and_of_gen() {
        let plan = with(|postgres| {
            postgres.settings =
                map([("max_connections", "200", 51), ("log_line_prefix", "it's %m ", 52)]);
        });
        assert_eq!(
            object(&plan, "ConfigMap/database-settings"),
            r#"apiVersion: v1 @object-identity:52
kind: ConfigMap @object-identity:52
metadata:
  name: database-settings
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:52
    app.kubernetes.io/name: database @recommended-labels:52
    app.kubernetes.io/part-of: shop @recommended-labels:10
data:
  postgresql.conf: "include = '/var/lib/postgresql/data/pgdata/postgresql.conf'\nlisten_addresses = '*'\nlog_line_prefix = 'it''s %m '\nmax_connections = '200'\n"
"#
        );
        assert_eq!(
            changes(&with(|_| {}), &plan, "StatefulSet/database"),
            "\
+          args:
+            - -c @database-settings:52
+            - config_file=/etc/postgresql/postgresql.conf @database-settings:52
+            - @database-settings:52
+              name: database-settings @volume-of-mount:52
+              mountPath: /etc/postgresql
+              readOnly: true @read-only-mount:52
+        - @database-settings:52
+          name: database-settings @volume-of-mount:52
+          configMap:
+            name: database-settings
"
        );
    }

    #[test]
    fn settings_that_others_depend_on_are_refused() {
        let plan = with(|postgres| {
            postgres.settings = map([("Port", "5433", 51), ("shared-buffers", "1GB", 52)]);
        });
        let (_, diagnostics) = lowered_with(&plan);
        let shown: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.code, diagnostic.message.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (Code::SettingNotAllowed, "gen decides `Port` itself"),
                (Code::SettingNotAllowed, "`shared-buffers` cannot be the name of a setting"),
            ]
        );
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a listing of a whole object")]
    fn with_tls_it_serves_a_certificate_and_reloads_it() {
        let mut plan = with(|postgres| {
            postgres.tls = Some(Tls {
                secret: text("database-tls", 61),
                hosts: vec!["database".to_owned(), "database.shop.svc".to_owned()],
                at: at(60),
            });
        });
        let place = std::sync::Arc::make_mut(&mut plan.place);
        place.routing = Some(Routing {
            kind: RoutingKind::Ingress { class: text("nginx", 8), kind: IngressKind::Nginx },
            controller: ControllerPods { namespace: text("ingress", 8), labels: Map::new() },
            tls: Some(TlsSource::SelfSigned(at(9))),
            https_only: None,
        });
        assert_eq!(
            object(&plan, "Certificate/database-tls"),
            "\
apiVersion: cert-manager.io/v1 @object-identity:60
kind: Certificate @object-identity:60
metadata: @60
  name: database-tls @61
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:60
    app.kubernetes.io/name: database @recommended-labels:60
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  issuerRef: @self-signed-issuer:9
    group: cert-manager.io
    kind: Issuer
    name: self-signed
  secretName: database-tls @61
  dnsNames:
    - database @60
    - database.shop.svc @60
"
        );
        assert_eq!(
            object(&plan, "ConfigMap/database-settings"),
            r##"apiVersion: v1 @object-identity:60
kind: ConfigMap @object-identity:60
metadata:
  name: database-settings
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:60
    app.kubernetes.io/name: database @recommended-labels:60
    app.kubernetes.io/part-of: shop @recommended-labels:10
data:
  certificate-reload.sh: "#!/bin/sh\n# Has PostgreSQL read its certificate again every hour.\nset -eu\ntrap 'exit 0' TERM # the first process of a container has no default for it\n\nwhile :; do\n    sleep 3600 &\n    wait \"$!\"\n    psql --no-psqlrc --quiet --output=/dev/null --command='SELECT pg_reload_conf()' || true\ndone\n"
  postgresql.conf: "include = '/var/lib/postgresql/data/pgdata/postgresql.conf'\nssl = 'on'\nssl_cert_file = '/etc/postgresql-tls/tls.crt'\nssl_key_file = '/etc/postgresql-tls/tls.key'\nlisten_addresses = '*'\n"
"##
        );
        assert_eq!(
            changes(&with(|_| {}), &plan, "StatefulSet/database"),
            "\
+      initContainers:
+        - @certificate-reload:60
+          name: certificate-reload
+          restartPolicy: Always
+          image: postgres:17-alpine @32
+          command:
+            - sh
+            - /etc/postgresql/certificate-reload.sh
+          env:
+            -
+              name: PGDATABASE
+              value: shop_db @34
+            -
+              name: PGUSER
+              value: shop_user @35
+            -
+              name: PGPASSWORD
+              valueFrom: @37
+                secretKeyRef:
+                  name: database-credentials
+                  key: password
+          resources:
+            requests:
+              cpu: 5m
+              memory: 16Mi
+            limits:
+              memory: 64Mi
+          volumeMounts:
+            - @official-image:30
+              name: var-run-postgresql @volume-of-mount:30
+              mountPath: /var/run/postgresql
+            - @database-settings:60
+              name: database-settings @volume-of-mount:60
+              mountPath: /etc/postgresql
+              readOnly: true @read-only-mount:60
+          securityContext: @secure-containers:60
+            allowPrivilegeEscalation: false
+            readOnlyRootFilesystem: true
+            capabilities:
+              drop:
+                - ALL
+          args:
+            - -c @database-settings:60
+            - config_file=/etc/postgresql/postgresql.conf @database-settings:60
+            - @database-settings:60
+              name: database-settings @volume-of-mount:60
+              mountPath: /etc/postgresql
+              readOnly: true @read-only-mount:60
+            - @60
+              name: database-tls @volume-of-mount:60
+              mountPath: /etc/postgresql-tls
+              readOnly: true @read-only-mount:60
+        - @database-settings:60
+          name: database-settings @volume-of-mount:60
+          configMap:
+            name: database-settings
+        - @60
+          name: database-tls @volume-of-mount:60
+          secret: @61
+            secretName: database-tls
+            defaultMode: 416 @60
"
        );
        assert!(lowered(&plan).contains_key("Issuer/self-signed"));
    }

    #[test]
    fn what_the_stack_says_stands() {
        let plan = with(|postgres| {
            let program = &mut postgres.program;
            program.container.security_context = SecurityContext {
                run_as_user: Some(val(1000, 41)),
                run_as_group: Some(val(1000, 42)),
                ..SecurityContext::default()
            };
            program.container.args = Some(vec![text("-d", 43), text("1", 43)]);
            program.termination_grace_period_seconds = Some(val(300, 44));
            program.container.mounts.push(official::empty_folder("/tmp/", true, at(45)));
            program.container.probes.liveness =
                Some(tree(&json!({ "initialDelaySeconds": 30, "periodSeconds": 10 }), at(46)));
            program.container.probes.readiness =
                Some(tree(&json!({ "tcpSocket": { "port": 5432 } }), at(47)));
            postgres.data_folder = Some(text("live", 48));
            postgres.init_scripts = Some(text("database-init", 49));
        });
        assert_eq!(
            changes(&with(|_| {}), &plan, "StatefulSet/database"),
            r#"-      terminationGracePeriodSeconds: 90 @postgres-stop:30
+      terminationGracePeriodSeconds: 300 @44
-        runAsUser: 70 @official-image:30
-        runAsGroup: 70 @official-image:30
-        fsGroup: 70 @official-image:30
+        runAsUser: 1000 @41
+        runAsGroup: 1000 @42
+        fsGroup: 1000 @official-image:30
+          args:
+            - -d @43
+            - "1" @43
-            - @data-folder:30
+            - @48
-              value: /var/lib/postgresql/data/pgdata
+              value: /var/lib/postgresql/data/live
+            - @45
+              name: tmp @volume-of-mount:45
+              mountPath: /tmp/
-              name: tmp @volume-of-mount:30
-              mountPath: /tmp
-            - @official-image:30
+            - @49
+              name: database-init @volume-of-mount:49
+              mountPath: /docker-entrypoint-initdb.d
+              readOnly: true @read-only-mount:49
-            exec:
-              command:
-                - pg_isready
-                - -h
-                - 127.0.0.1
-                - -U
-                - shop_user
-                - -d
-                - shop_db
+            tcpSocket: @47
+              port: 5432
-            periodSeconds: 10
+            initialDelaySeconds: 30 @46
+            periodSeconds: 10 @46
-        - @official-image:30
-          name: tmp @volume-of-mount:30
+        - @45
+          name: tmp @volume-of-mount:45
+            medium: Memory
+        - @49
+          name: database-init @volume-of-mount:49
+          configMap:
+            name: database-init
"#
        );
    }

    #[test]
    fn its_data_lie_where_its_version_has_them() {
        let layout = |image: &str, version: Option<&str>, folder: Option<&str>| {
            let mut postgres = testing::postgres("database", 30);
            image.clone_into(&mut postgres.program.container.image.v);
            postgres.version = version.map(|version| text(version, 51));
            postgres.data_folder = folder.map(|folder| text(folder, 52));
            let Layout { volume, data } = Layout::of(&postgres);
            (volume, data.v)
        };
        let up_to_17 = "/var/lib/postgresql/data";
        let since_18 = "/var/lib/postgresql";
        for (image, version, folder, expected, data) in [
            ("postgres:17-alpine", None, None, up_to_17, "/var/lib/postgresql/data/pgdata"),
            ("postgres:17.6", Some("18"), Some("db/"), up_to_17, "/var/lib/postgresql/data/db"),
            ("postgres:9.6", None, Some("."), up_to_17, up_to_17),
            ("postgres:18", None, None, since_18, "/var/lib/postgresql/18/docker"),
            ("postgres:18", None, Some("db"), since_18, "/var/lib/postgresql/db"),
            ("postgres@sha256:00", Some("17"), None, up_to_17, "/var/lib/postgresql/data/pgdata"),
            ("postgres:latest", None, None, since_18, "/var/lib/postgresql/pgdata"),
        ] {
            assert_eq!(layout(image, version, folder), (expected, data.to_owned()), "{image}");
        }
    }

    #[test]
    fn the_user_is_that_of_the_images_distribution() {
        assert_eq!(user("postgres:17-alpine3.22"), 70);
        assert_eq!(user("postgres:17"), 999);
        assert_eq!(user("alpine/postgres@sha256:00"), 999);
    }

    #[test]
    fn names_of_settings_are_identifiers_with_dots() {
        for name in ["max_connections", "pg_stat_statements.max", "_x", "a$1"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "shared-buffers", "a.", ".a", "1a", "a b", "a\nb"] {
            assert!(!is_name(name), "{name}");
        }
    }

    /// Reads a quoted value as PostgreSQL's own scanner does.
    fn unquoted(quoted: &str) -> Option<String> {
        let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
        let mut text = String::new();
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            text.push(match letter {
                '\\' => match letters.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                },
                '\'' if letters.next() == Some('\'') => '\'',
                '\'' | '\n' => return None,
                letter => letter,
            });
        }
        Some(text)
    }

    proptest! {
        #[test]
        fn a_quoted_value_is_read_as_it_was(value in "[a-z'\\\\\n\r ]{0,12}|\\PC{0,12}") {
            prop_assert_eq!(unquoted(&quoted(&value)), Some(value));
        }
    }
}
