//! Redis from its official image, or one that is built on it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ServiceSpec;

use super::metadata::tag;
use super::{network, official, program};
use crate::diagnostic::Diagnostics;
use crate::k8s;
use crate::k8s::Object;
use crate::k8s::graft::{self, Under};
use crate::plan::{
    Controller, EnvSource, EnvVar, Extra, MountSource, Plan, Program, ProgramKind, Redis, Val,
};
use crate::source::{Origin, Rule};

/// Where the settings are mounted.
const SETTINGS: &str = "/etc/redis";

/// Where the data lies.
const DATA: &str = "/data";

/// The label of a StatefulSet's pod with the pod's own name.
/// <https://kubernetes.io/docs/reference/labels-annotations-taints/#statefulset-kubernetes-io-pod-name>
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// Starts the server.
const START: &str = include_str!("scripts/redis.sh");

/// Settings that the rest of the stack depends on, and what to write instead.
const DECIDED: &[(&str, &str)] = &[
    ("bind", "leave it out: `needs` and `allowFrom` say who may connect"),
    ("daemonize", "leave it out"),
    ("dir", "leave it out: `storage` says where the data lies"),
    ("masterauth", "leave it out: the password comes from the Secret"),
    ("port", "leave it out: whoever needs the cache is told its port"),
    ("protected-mode", "leave it out: there is a password"),
    ("replicaof", "say `replicas` instead"),
    ("requirepass", "leave it out: the password comes from the Secret"),
    ("slaveof", "say `replicas` instead"),
];

/// All objects of a Redis.
pub(super) fn lower(
    plan: &Plan,
    redis: &Redis,
    objects: &mut Vec<Object>,
    diagnostics: &mut Diagnostics,
) {
    let server = server(redis);
    program::stateful(plan, &server, &controller(redis), objects, diagnostics);
    network::lower(plan, &server, objects);
    let text = settings(redis, diagnostics);
    let files = [("redis.conf", text.as_str()), ("start.sh", START)];
    objects.push(official::files(plan, &server, &settings_name(redis), &files));
}

/// The program that a Redis is.
fn server(redis: &Redis) -> Program {
    let mut server = redis.program.clone();
    let image = redis.at.derive(Rule::OfficialImage);
    server.kind = ProgramKind::Service(controller(redis));
    let (user, group) = user(&server.container.image.v);
    official::run_as(&mut server, user, group, image);

    let container = &mut server.container;
    let name = settings_name(redis);
    if container.command.is_none() {
        let text = |text: &str| Val::new(text.to_owned(), name.at);
        container.command = Some(vec![text("sh"), text(&format!("{SETTINGS}/start.sh"))]);
    }
    // redis-cli reads the password by that name.
    let mut variables = vec![official::password("REDISCLI_AUTH", &redis.secret, image)];
    if let Some(at) = follows(redis) {
        let at = at.derive(Rule::FirstTakesWrites);
        let source = Val::new(EnvSource::Field("metadata.name".to_owned()), at);
        variables.push(EnvVar { name: Val::new("POD_NAME".to_owned(), at), source });
        let leader = format!("{}.{} {}", first(redis), redis.program.headless_name(), redis.port);
        variables.push(official::variable("LEADER", &Val::new(leader, at), at));
    }
    container.env.splice(0..0, variables);
    let at = name.at;
    official::add_mounts(container, [official::mount(SETTINGS, MountSource::Config(name), at)]);
    if redis.storage.is_none() {
        official::add_mounts(container, [official::empty_folder(DATA, false, image)]);
    }
    // redis-cli ends well even when the answer is an error.
    let port = redis.port;
    let ready = format!("redis-cli -p {port} ping | grep -q PONG");
    let alive = format!("redis-cli -p {port} ping | grep -qE 'PONG|LOADING|MASTERDOWN'");
    let at = redis.at.derive(Rule::DatabaseProbes);
    official::ask(&mut container.probes, &["sh", "-c", &ready], &["sh", "-c", &alive], at);

    if let Some(at) = follows(redis) {
        let at = at.derive(Rule::FirstTakesWrites);
        let selector = BTreeMap::from([(POD_NAME, first(redis))]);
        let spec = k8s!(at; ServiceSpec { selector }).tree();
        let tree = graft::under(&[Under::Field("spec")], spec.root());
        server.extra.push(Extra { place: Val::new("service".to_owned(), at), tree });
    }
    server
}

fn controller(redis: &Redis) -> Controller {
    let path = Val::new(DATA.to_owned(), redis.at.derive(Rule::OfficialImage));
    official::controller(redis.replicas, redis.storage.clone().map(|storage| (storage, path)))
}

/// Where the number of pods is written, when there are pods that follow the first.
fn follows(redis: &Redis) -> Option<Origin> {
    (redis.replicas.v > 1).then_some(redis.replicas.at)
}

/// The name of the pod that takes writes.
fn first(redis: &Redis) -> String {
    format!("{}-0", redis.program.name.v)
}

/// The numbers of the user and the group `redis` in the image.
fn user(image: &str) -> (i64, i64) {
    // Alpine has a group 999 of its own.
    if tag(image).is_some_and(|tag| tag.contains("alpine")) { (999, 1000) } else { (999, 999) }
}

fn settings_name(redis: &Redis) -> Val<String> {
    official::settings_name(&redis.program, redis.at.derive(Rule::DatabaseSettings))
}

/// The text of `redis.conf`: what gen decides, then what the stack says. A setting that may
/// stand there several times has a line for each.
fn settings(redis: &Redis, diagnostics: &mut Diagnostics) -> String {
    let usable = official::usable(&redis.settings, DECIDED, is_name, diagnostics);
    let port = redis.port.to_string();
    let append = if redis.storage.is_some() { "yes" } else { "no" };
    let decided = [("port", port.as_str()), ("dir", DATA)];
    let defaults = [("appendonly", append), ("save", "")];
    let defaults = defaults
        .into_iter()
        .filter(|(name, _)| !usable.iter().any(|(said, _)| said.eq_ignore_ascii_case(name)));
    let mut text = String::new();
    for (name, value) in decided.into_iter().chain(defaults).chain(usable.iter().copied()) {
        let value = if value.trim().is_empty() { "\"\"" } else { value };
        for line in value.lines().map(str::trim).filter(|line| !line.is_empty()) {
            text.extend([name, " ", line, "\n"]);
        }
    }
    text
}

/// Whether Redis takes that for the name of a setting.
fn is_name(name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(part)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, changes, lowered, lowered_with, map, object, plan, val};
    use super::*;
    use crate::diagnostic::Code;

    fn with(change: impl FnOnce(&mut Redis)) -> Plan {
        let mut plan = plan();
        plan.owns_namespace = false;
        let mut redis = testing::redis("cache", 30);
        change(&mut redis);
        plan.redis.push(redis);
        plan
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a listing of a whole object")]
    fn one_redis_is_a_stateful_set_with_two_services() {
        let plan = with(|_| {});
        let names: Vec<_> = lowered(&plan).into_keys().collect();
        assert_eq!(
            names,
            [
                "ConfigMap/cache-settings",
                "NetworkPolicy/cache",
                "Service/cache",
                "Service/cache-headless",
                "ServiceAccount/cache",
                "StatefulSet/cache",
            ]
        );
        assert_eq!(
            object(&plan, "Service/cache"),
            "\
apiVersion: v1 @object-identity:30
kind: Service @object-identity:30
metadata:
  name: cache
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: cache @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  selector:
    app.kubernetes.io/instance: shop-acme @stable-selector:10
    app.kubernetes.io/name: cache @stable-selector:30
  ports:
    - @34
      name: redis @33
      port: 6379
      targetPort: redis @service-of-ports:33
"
        );
        assert_eq!(
            object(&plan, "ConfigMap/cache-settings"),
            r##"apiVersion: v1 @object-identity:30
kind: ConfigMap @object-identity:30
metadata:
  name: cache-settings
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: cache @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
data:
  redis.conf: "port 6379\ndir /data\nappendonly yes\nsave \"\"\n"
  start.sh: "#!/bin/sh\n# Starts the server. The password travels by standard input, so that it is neither on a disk\n# nor in the list of processes. LEADER is set where pods follow the first: its host and port.\nset -eu\npassword=$(printf %s \"$REDISCLI_AUTH\" | sed 's/[\"\\\\]/\\\\&/g')\n\ncase ${LEADER:-} in\n'' | \"${POD_NAME:-}\".*) follow= ;;\n*) follow=\"replicaof $LEADER\" ;;\nesac\n\nexec redis-server /etc/redis/redis.conf \"$@\" - <<END\nrequirepass \"$password\"\nmasterauth \"$password\"\n$follow\nEND\n"
"##
        );
        assert_eq!(
            object(&plan, "StatefulSet/cache"),
            r#"apiVersion: apps/v1 @object-identity:30
kind: StatefulSet @object-identity:30
metadata:
  name: cache
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: cache @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    app.kubernetes.io/version: "7" @recommended-labels:32
spec:
  serviceName: cache-headless @headless-service:30
  replicas: 1 @31
  selector:
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: cache @stable-selector:30
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @stable-selector:10
        app.kubernetes.io/managed-by: gen @recommended-labels:30
        app.kubernetes.io/name: cache @stable-selector:30
        app.kubernetes.io/part-of: shop @recommended-labels:10
        app.kubernetes.io/version: "7" @recommended-labels:32
    spec:
      serviceAccountName: cache
      automountServiceAccountToken: false
      enableServiceLinks: false @no-service-links:30
      securityContext: @secure-pods:30
        runAsNonRoot: true
        runAsUser: 999 @official-image:30
        runAsGroup: 999 @official-image:30
        fsGroup: 999 @official-image:30
        fsGroupChangePolicy: OnRootMismatch @fs-group-once:30
        seccompProfile:
          type: RuntimeDefault
      containers:
        -
          name: cache
          image: redis:7 @32
          command:
            - sh @database-settings:30
            - /etc/redis/start.sh @database-settings:30
          ports:
            - @33
              name: redis
              containerPort: 6379
          env:
            - @official-image:30
              name: REDISCLI_AUTH
              valueFrom: @37
                secretKeyRef:
                  name: cache-credentials
                  key: password
          volumeMounts:
            - @database-settings:30
              name: cache-settings @volume-of-mount:30
              mountPath: /etc/redis
              readOnly: true @read-only-mount:30
            - @official-image:30
              name: data @claim-of-pod:30
              mountPath: /data
          startupProbe: @database-probes:30
            exec:
              command:
                - sh
                - -c
                - redis-cli -p 6379 ping | grep -q PONG
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 120
          readinessProbe: @database-probes:30
            exec:
              command:
                - sh
                - -c
                - redis-cli -p 6379 ping | grep -q PONG
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
          livenessProbe: @database-probes:30
            exec:
              command:
                - sh
                - -c
                - redis-cli -p 6379 ping | grep -qE 'PONG|LOADING|MASTERDOWN'
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
        - @database-settings:30
          name: cache-settings @volume-of-mount:30
          configMap:
            name: cache-settings
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
"#
        );
    }

    #[test]
    fn of_several_the_first_takes_writes() {
        let one = with(|_| {});
        let several = with(|redis| redis.replicas = val(3, 51));
        assert_eq!(
            changes(&one, &several, "StatefulSet/cache"),
            "\
-  replicas: 1 @31
+  replicas: 3 @51
+      affinity: @spread-nodes:51
+        podAntiAffinity:
+          preferredDuringSchedulingIgnoredDuringExecution:
+            -
+              weight: 100
+              podAffinityTerm:
+                topologyKey: kubernetes.io/hostname
+                labelSelector:
+                  matchLabels:
+                    app.kubernetes.io/instance: shop-acme @stable-selector:10
+                    app.kubernetes.io/name: cache @stable-selector:30
+            - @first-takes-writes:51
+              name: POD_NAME
+              valueFrom:
+                fieldRef:
+                  fieldPath: metadata.name
+            - @first-takes-writes:51
+              name: LEADER
+              value: cache-0.cache-headless 6379
"
        );
        assert_eq!(
            changes(&one, &several, "Service/cache"),
            "\
+    statefulset.kubernetes.io/pod-name: cache-0 @first-takes-writes:51
"
        );
        assert_eq!(changes(&one, &several, "Service/cache-headless"), String::new());
        assert_eq!(
            object(&several, "PodDisruptionBudget/cache"),
            "\
apiVersion: policy/v1 @object-identity:30
kind: PodDisruptionBudget @object-identity:30
metadata: @30
  name: cache
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: cache @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: @30
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: cache @stable-selector:30
"
        );
    }

    #[test]
    fn without_a_volume_nothing_is_kept() {
        let kept = with(|_| {});
        let forgotten = with(|redis| redis.storage = None);
        assert_eq!(
            changes(&kept, &forgotten, "StatefulSet/cache"),
            "\
-              name: data @claim-of-pod:30
+              name: data-2 @volume-of-mount:30
-  volumeClaimTemplates:
-    - @36
-      apiVersion: v1
-      kind: PersistentVolumeClaim
-      metadata:
-        name: data @claim-of-pod:36
-      spec:
-        accessModes:
-          - ReadWriteOnce @one-node-volume:36
-        resources:
-          requests:
-            storage: 1Gi
+        - @official-image:30
+          name: data-2 @volume-of-mount:30
+          emptyDir:
"
        );
        assert_eq!(
            changes(&kept, &forgotten, "ConfigMap/cache-settings"),
            r#"-  redis.conf: "port 6379\ndir /data\nappendonly yes\nsave \"\"\n"
+  redis.conf: "port 6379\ndir /data\nappendonly no\nsave \"\"\n"
"#
        );
    }

    #[test]
    fn what_the_stack_says_comes_last_and_a_setting_may_have_several_lines() {
        let silent = with(|_| {});
        let says = with(|redis| {
            redis.settings = map([
                ("maxmemory-policy", "allkeys-lru", 51),
                ("save", "3600 1\n300 100\n", 52),
                ("notify-keyspace-events", "", 53),
            ]);
        });
        assert_eq!(
            changes(&silent, &says, "ConfigMap/cache-settings"),
            r#"-  redis.conf: "port 6379\ndir /data\nappendonly yes\nsave \"\"\n"
+  redis.conf: "port 6379\ndir /data\nappendonly yes\nmaxmemory-policy allkeys-lru\nnotify-keyspace-events \"\"\nsave 3600 1\nsave 300 100\n"
"#
        );
    }

    #[test]
    fn settings_that_others_depend_on_are_refused() {
        let plan = with(|redis| {
            redis.settings = map([("requirepass", "secret", 51), ("max memory", "1gb", 52)]);
        });
        let (_, diagnostics) = lowered_with(&plan);
        let shown: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.code, diagnostic.message.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (Code::SettingNotAllowed, "`max memory` cannot be the name of a setting"),
                (Code::SettingNotAllowed, "gen decides `requirepass` itself"),
            ]
        );
    }

    #[test]
    fn the_user_is_that_of_the_images_distribution() {
        assert_eq!(user("redis:7-alpine"), (999, 1000));
        assert_eq!(user("redis:7"), (999, 999));
    }
}
