//! Programs: their defaults, and what they cannot say.

use super::{EVERYTHING, World, shop};
use crate::plan::{EnvFrom, MountSource, ProgramKind, Replicas};

#[test]
fn defaults_say_which_rule_made_them() {
    let outcome =
        shop("services: { web: { image: nginx:1.29, ports: { http: 8080 }, health: /health } }");
    let web = outcome.program("web");
    assert_eq!(web.name.v, "web");
    assert_eq!(outcome.origin(web.name.at), "web <component-name>");
    assert_eq!(web.container.ports[0].service.v, 8080);
    assert_eq!(outcome.origin(web.container.ports[0].service.at), "8080 <service-port>");
    let ProgramKind::Service(controller) = &web.kind else { panic!("it is a service") };
    assert!(matches!(&controller.replicas, Replicas::Count(one) if one.v == 1));
    let http =
        web.container.probes.http.as_ref().map(|(path, port)| (path.v.as_str(), port.v.as_str()));
    assert_eq!(http, Some(("/health", "http")));
    assert_eq!(web.service_account.name.v, "web");
    assert!(!web.service_account.token.v && web.service_account.render);
    assert_eq!(outcome.plan().namespace.v, "shop");
    assert!(outcome.plan().owns_namespace);
    assert!(web.selector.is_empty());
}

#[test]
fn an_image_gets_its_version_from_the_stack() {
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let text = format!(
        r#"
images: {{ r.io/web: "1.4", r.io/api: {{ tag: "2", digest: {digest} }}, r.io/old: "1" }}
services:
  web: {{ image: r.io/web }}
  api: {{ image: r.io/api }}
"#
    );
    let outcome = shop(text.leak());
    assert_eq!(outcome.reports, ["R042 [r.io/old] no container uses the image `r.io/old`"]);
    let plan = &outcome.plans["shop"];
    assert_eq!(plan.programs[0].container.image.v, "r.io/web:1.4");
    assert_eq!(outcome.origin(plan.programs[0].container.image.at), "\"1.4\"");
    assert_eq!(plan.programs[1].container.image.v, format!("r.io/api:2@{digest}"));
}

#[test]
fn an_image_has_exactly_one_version() {
    let outcome = shop(
        r#"
images: { web: "1.4" }
services:
  a: { image: nginx }
  b: { image: web:1.3 }
  c: { image: "Nginx:1" }
  d: {}
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R041 [nginx] the image `nginx` has neither tag nor digest",
            "R025 [web:1.3] the version of `web` is said twice",
            "R040 [\"Nginx:1\"] `Nginx:1` is not an image",
            "R022 [d] `d` has no `image`",
        ]
    );
}

#[test]
fn mounts_have_one_source_each() {
    let outcome = shop(
        r#"
services:
  web:
    image: nginx:1.29
    needs: [database]
    envFrom: [settings, app]
    mounts:
      /tmp: emptyDir
      /data: { volume: data, subPath: web }
      /etc/app: { config: settings, mode: "0440" }
      /etc/key: { secret: app, subPath: key, readOnly: true }
      /etc/db: { secret: database }
volumes: { data: { size: 5Gi, class: premium, accessModes: [ReadWriteMany], name: old-data } }
configs: { settings: { data: { A: b }, name: web-settings } }
secrets: { app: { keys: [key] } }
postgres: { database: { version: "17", database: a, user: b, storage: 1Gi, credentials: db } }
"#,
    );
    let container = &outcome.program("web").container;
    let mounts: Vec<String> = container
        .mounts
        .iter()
        .map(|mount| {
            let source = match &mount.source {
                MountSource::Claim(name) => format!("claim {}", name.v),
                MountSource::Config(name) => format!("config {}", name.v),
                MountSource::Secret(name) => format!("secret {}", name.v),
                MountSource::Projected { name, .. } => format!("projected {}", name.v),
                MountSource::EmptyDir { .. } => "empty".to_owned(),
                MountSource::PodStorage => "pod".to_owned(),
            };
            format!("{} {source} {:?}", mount.path.v, mount.sub_path.as_ref().map(|path| &path.v))
        })
        .collect();
    assert_eq!(
        mounts,
        [
            "/tmp empty None",
            "/data claim old-data Some(\"web\")",
            "/etc/app config web-settings None",
            "/etc/key secret app Some(\"key\")",
            "/etc/db secret db None",
        ]
    );
    assert_eq!(container.mounts[2].mode.map(|mode| mode.v), Some(0o440));
    let from: Vec<&str> = container
        .env_from
        .iter()
        .map(|from| match from {
            EnvFrom::Config(name) | EnvFrom::Secret(name) => name.v.as_str(),
        })
        .collect();
    assert_eq!(from, ["web-settings", "app"]);
    let volume = &outcome.plan().volumes[0];
    assert_eq!(volume.storage.class.as_ref().map(|class| class.v.as_str()), Some("ssd"));
}

#[test]
fn references_lead_somewhere() {
    let outcome = shop(
        r#"
services:
  web:
    image: nginx:1.29
    envFrom: [setings, both]
    mounts:
      data: { volume: dat }
      /a: { config: nothing }
      /b: { secret: ap }
      /c: { volume: data, config: settings }
      /d: { readOnly: true }
      /e: { config: settings, mode: "999" }
    metrics: metrics
    health: { path: health, port: web }
    workingDir: app
volumes: { data: { size: lots, class: premum } }
configs: { settings: { data: {} }, both: { data: {} } }
secrets: { app: { keys: [key] }, both: { keys: [key] } }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R026 [app] the path `app` does not start with `/`",
            "R027 [setings] `setings` is not a config or secret of this stack",
            "R024 [both] `both` is a config and a secret, and either could be meant",
            "R026 [health] the path `health` does not start with `/`",
            "R032 [web] `web` is not a port that is declared here",
            "R026 [data] the path `data` does not start with `/`",
            "R027 [dat] `dat` is not a volume of this stack",
            "R027 [nothing] `nothing` is not a config of this stack",
            "R027 [ap] `ap` is not a secret of this stack, or a component with credentials",
            "R043 [{ volume: data, config: settings }] this mount has several sources, `volume` and `config`",
            "R043 [{ readOnly: true }] this mount has no source",
            "R026 [\"999\"] `999` is not a mode of files",
            "R032 [metrics] `metrics` is not a port that is declared here",
            "R026 [lots] `lots` is not a quantity",
            "R049 [premum] `premum` is not a storage class that `prod` names",
        ]
    );
}

#[test]
fn words_that_exclude_each_other_are_shown_together() {
    let outcome = shop(
        r#"
services:
  agent: { image: nginx:1.29, perNode: true, replicas: 3, storage: { size: 1Gi, path: /data } }
  range: { image: nginx:1.29, replicas: { min: 5, max: 2, cpu: 70 } }
  idle: { image: nginx:1.29, replicas: { min: 1, max: 2 } }
  safe: { image: nginx:1.29, replicas: 2, budget: { minAvailable: "2" } }
  half: { image: nginx:1.29, replicas: 2, budget: { minAvailable: "50%" } }
  none: { image: nginx:1.29, replicas: 2, budget: { maxUnavailable: "0%" } }
  lots: { image: nginx:1.29, replicas: 2, budget: { maxUnavailable: many } }
  big: { image: nginx:1.29, resources: { requests: { cpu: 2 cores, memory: 2Gi }, limits: { memory: 1Gi } } }
  bound: { image: nginx:1.29, serviceAccount: { token: false }, rbac: [{ resources: [pods], verbs: [get] }] }
postgres:
  database: { version: "17", database: a, user: b, storage: { size: 1Gi, class: premium, local: /mnt }, ports: { x: 1 } }
volumes:
  data: { size: 1Gi, reclaimPolicy: Retain }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R025 [x] the port of a PostgreSQL is 5432",
            "R025 [3] `replicas` and `perNode` cannot both be: one pod runs on every node",
            "R025 [{ size: 1Gi, path: /data }] `storage` and `perNode` cannot both be: one pod runs on every node",
            "R025 [5] the fewest pods are more than the most",
            "R052 [70] the autoscaler holds a percentage of the cpu that `range` requests, and nobody says how much that is",
            "R022 [{ min: 1, max: 2 }] this range names no load to hold",
            "R053 [\"2\"] this budget lets no pod of 2 go, so that no node could ever be drained",
            "R053 [\"0%\"] this budget lets no pod of 2 go, so that no node could ever be drained",
            "R026 [many] `many` is not a number of pods",
            "R026 [2 cores] `2 cores` is not a quantity",
            "R025 [2Gi] more memory is requested than the limit allows: 2Gi of 1Gi",
            "R025 [false] rules of `rbac` mean nothing without the token",
            "R025 [premium] `class` and `local` cannot both be: a folder on a node has a class of its own",
            "R025 [Retain] the storage class says what becomes of the data",
        ]
    );
}

#[test]
fn jobs_on_demand_are_checked_and_left_out() {
    let text = r#"
jobs:
  migrate: { image: nginx:1.29 }
  verify: { image: nginx:1.29, onDemand: true, needs: [database], env: { URL: "${{ database.url }}" } }
cronjobs:
  clean: { image: nginx:1.29, schedule: "0 4 * * *" }
postgres: { database: { version: "17", database: a, user: b, storage: 1Gi } }
"#;
    let names = |outcome: &super::Outcome| -> Vec<String> {
        outcome.plan().programs.iter().map(|program| program.component.clone()).collect()
    };
    let outcome = shop(text);
    assert_eq!(names(&outcome), ["migrate", "clean"]);
    assert!(outcome.plan().flows.is_empty());
    // What it reads stays, so that asking for the job changes no Secret.
    assert_eq!(outcome.plan().secrets[0].composed.len(), 1);
    let asked = World {
        environment: EVERYTHING,
        stacks: vec![("shop", text)],
        on_demand: vec!["verify".to_owned()],
        ..World::default()
    };
    let outcome = asked.resolve();
    assert_eq!(names(&outcome), ["migrate", "verify", "clean"]);
    assert_eq!(outcome.plan().flows.len(), 1);
}

#[test]
fn names_have_the_forms_of_kubernetes() {
    let outcome = shop(
        r#"
services:
  Web_Server: { image: nginx:1.29, ports: { HTTP: 80, http: 80, none: 0 } }
  a-name-that-is-longer-than-a-stateful-set-can-bear-for-its-pods: { image: nginx:1.29, storage: { size: 1Gi, path: /d } }
  web:
    image: nginx:1.29
    labels: { "a b": c, d: "e f" }
    init: { web: { image: nginx:1.29 }, one: { image: nginx:1.29 } }
    sidecars: { one: { image: nginx:1.29, securityContext: { fsGroup: 1 } } }
    env: { "A=B": c }
cronjobs:
  clean: { image: nginx:1.29, schedule: every day }
configs: { app: { data: { a/b: c } } }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R023 [Web_Server] `Web_Server` cannot be the name of a service",
            "R023 [HTTP] `HTTP` cannot be the name of a port",
            "R025 [http] the ports `HTTP` and `http` have the same number",
            "R026 [0] 0 is not a port",
            "R023 [a-name-that-is-longer-than-a-stateful-set-can-bear-for-its-pods] `a-name-that-is-longer-than-a-stateful-set-can-bear-for-its-pods` cannot be the name of a service",
            "R023 [\"A=B\"] `A=B` cannot be an environment variable",
            "R024 [web] `web` is the name of the component's own container",
            "R025 [1] `fsGroup` is the whole pod's, not one container's",
            "R024 [one] two containers of `web` are called `one`",
            "R023 [c] `a b` cannot be the key of a label",
            "R023 [\"e f\"] `e f` cannot be the value of a label",
            "R026 [every day] `every day` is not a schedule of cron",
            "R023 [a/b] `a/b` cannot be the key of a ConfigMap",
        ]
    );
    assert!(outcome.help.contains(&"`web-server` would do".to_owned()));
}

#[test]
fn an_architecture_needs_a_node() {
    let outcome = World {
        environment: "arch: [arm64]",
        stacks: vec![("shop", "services: { web: { image: nginx:1.29, arch: amd64 } }")],
        ..World::default()
    }
    .resolve();
    assert_eq!(outcome.reports, ["R054 [amd64] `prod` has no node of the architecture `amd64`"]);
}

#[test]
fn the_security_context_is_split_where_kubernetes_splits_it() {
    let outcome = shop(
        "
services:
  web:
    image: nginx:1.29
    securityContext: { runAsUser: 1000, fsGroup: 2000, readOnlyRootFilesystem: false }
    init: { setup: { image: nginx:1.29, securityContext: { runAsUser: 7 } } }
",
    );
    let web = outcome.program("web");
    assert_eq!(web.security_context.run_as_user.map(|user| user.v), Some(1000));
    assert_eq!(web.security_context.fs_group.map(|group| group.v), Some(2000));
    assert_eq!(web.container.security_context.run_as_user, None);
    assert_eq!(
        web.container.security_context.read_only_root_filesystem.map(|yes| yes.v),
        Some(false)
    );
    assert_eq!(web.init[0].security_context.run_as_user.map(|user| user.v), Some(7));
}

#[test]
fn programs_that_share_an_account_render_it_once() {
    let outcome = shop(
        "
services:
  a: { image: nginx:1.29, serviceAccount: { name: shared } }
  b: { image: nginx:1.29, serviceAccount: { name: shared } }
",
    );
    assert!(outcome.program("a").service_account.render);
    assert!(!outcome.program("b").service_account.render);
}

#[test]
fn stacks_that_share_a_namespace_do_not_own_it() {
    let outcome = World {
        environment: EVERYTHING,
        stacks: vec![
            ("one", "{ namespace: shared, services: { web: { image: nginx:1.29 } } }"),
            ("two", "{ namespace: shared, services: { api: { image: nginx:1.29 } } }"),
        ],
        ..World::default()
    }
    .resolve();
    assert_eq!(outcome.reports, [""; 0]);
    assert!(!outcome.plans["one"].owns_namespace && !outcome.plans["two"].owns_namespace);
}
