//! Containers that wait for what a program needs.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, EnvVar, EnvVarSource, ResourceRequirements, SecretKeySelector,
    SecurityContext,
};

use super::Built;
use crate::k8s;
use crate::k8s::fit;
use crate::plan::{Val, Wait, WaitFor};
use crate::source::{Origin, Rule};

/// The longest name of a container.
const LONGEST: usize = 63;

/// What opens a TCP connection: the smallest image with a shell and netcat.
const NETCAT: &str = "busybox:1.37";

/// User and group `nobody` of every image that waits here: they run as root where nothing is
/// said, and asking needs no user in particular.
const NOBODY: i64 = 65534;

/// An init container that ends once the other side accepts connections.
pub(super) fn container(wait: &Wait) -> Built<Container> {
    let at = wait.at.derive(Rule::WaitContainer);
    let resources = |cpu: &'static str, memory: &'static str| {
        BTreeMap::from([("cpu", cpu), ("memory", memory)])
    };
    k8s!(at; Container {
        name: fit(format!("wait-for-{}", wait.component), LONGEST),
        image: image(wait, at),
        command: ["sh", "-c", question(&wait.target)],
        env: env(&wait.target, at),
        resources: k8s!(at; ResourceRequirements {
            requests: resources("10m", "16Mi"),
            limits: resources("100m", "64Mi"),
        }),
        security_context: k8s!(at; SecurityContext {
            run_as_non_root: true,
            run_as_user: NOBODY,
            run_as_group: NOBODY,
            allow_privilege_escalation: false,
            read_only_root_filesystem: true,
            capabilities: k8s!(at; Capabilities { drop: ["ALL"] }),
        }),
    })
}

fn image(wait: &Wait, at: Origin) -> Val<String> {
    match &wait.target {
        WaitFor::Postgres { image, .. } | WaitFor::Redis { image, .. } => image.clone(),
        WaitFor::Tcp { .. } => Val::new(NETCAT.to_owned(), at),
    }
}

/// The loop. Names travel in the environment, where no shell can misread them.
fn question(target: &WaitFor) -> &'static str {
    match target {
        // It reads PGHOST, PGPORT, PGDATABASE and PGUSER by itself.
        WaitFor::Postgres { .. } => "until pg_isready --timeout=2; do sleep 2; done",
        // It reads REDISCLI_AUTH by itself, and ends well even when the answer is an error.
        WaitFor::Redis { .. } => {
            "until redis-cli -h \"$REDIS_HOST\" -p \"$REDIS_PORT\" ping | grep -q PONG; \
             do sleep 2; done"
        }
        WaitFor::Tcp { .. } => "until nc -z -w 2 \"$HOST\" \"$PORT\"; do sleep 2; done",
    }
}

fn env(target: &WaitFor, at: Origin) -> Vec<Built<EnvVar>> {
    let plain = |name: &'static str, value: &str| {
        // The kubelet would take `$(` for a variable.
        k8s!(at; EnvVar { name, value: value.replace("$(", "$$(") })
    };
    match target {
        WaitFor::Postgres { host, port, database, user, .. } => vec![
            plain("PGHOST", host),
            plain("PGPORT", &port.to_string()),
            plain("PGDATABASE", database),
            plain("PGUSER", user),
        ],
        WaitFor::Redis { host, port, secret, key, .. } => vec![
            plain("REDIS_HOST", host),
            plain("REDIS_PORT", &port.to_string()),
            k8s!(at; EnvVar {
                name: "REDISCLI_AUTH",
                value_from: k8s!(at; EnvVarSource {
                    secret_key_ref: k8s!(at; SecretKeySelector { name: secret, key: key }),
                }),
            }),
        ],
        WaitFor::Tcp { host, port } => {
            vec![plain("HOST", host), plain("PORT", &port.to_string())]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, part, plan, service, text};
    use super::*;
    use crate::source::listing::at;

    fn waits(targets: Vec<WaitFor>) -> String {
        let mut plan = plan();
        let mut web = service("web", 30);
        web.waits = targets
            .into_iter()
            .map(|target| Wait { component: "db".to_owned(), target, at: at(40) })
            .collect();
        plan.programs.push(web);
        part(&plan, "Deployment/web", "initContainers:")
    }

    #[test]
    fn postgres_is_asked_by_its_own_client() {
        let target = WaitFor::Postgres {
            image: text("postgres:17-alpine", 41),
            host: "db".to_owned(),
            port: 5432,
            database: "shop$(X)".to_owned(),
            user: "app".to_owned(),
        };
        assert_eq!(
            waits(vec![target]),
            "\
initContainers:
  - @wait-container:40
    name: wait-for-db
    image: postgres:17-alpine @41
    command:
      - sh
      - -c
      - until pg_isready --timeout=2; do sleep 2; done
    env:
      -
        name: PGHOST
        value: db
      -
        name: PGPORT
        value: \"5432\"
      -
        name: PGDATABASE
        value: shop$$(X)
      -
        name: PGUSER
        value: app
    resources:
      requests:
        cpu: 10m
        memory: 16Mi
      limits:
        cpu: 100m
        memory: 64Mi
    securityContext:
      runAsNonRoot: true
      runAsUser: 65534
      runAsGroup: 65534
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
"
        );
    }

    #[test]
    fn redis_is_asked_with_its_password() {
        let target = WaitFor::Redis {
            image: text("redis:7", 41),
            host: "cache".to_owned(),
            port: 6379,
            secret: "cache".to_owned(),
            key: "password".to_owned(),
        };
        assert_eq!(
            waits(vec![target]),
            "\
initContainers:
  - @wait-container:40
    name: wait-for-db
    image: redis:7 @41
    command:
      - sh
      - -c
      - until redis-cli -h \"$REDIS_HOST\" -p \"$REDIS_PORT\" ping | grep -q PONG; do sleep 2; done
    env:
      -
        name: REDIS_HOST
        value: cache
      -
        name: REDIS_PORT
        value: \"6379\"
      -
        name: REDISCLI_AUTH
        valueFrom:
          secretKeyRef:
            name: cache
            key: password
    resources:
      requests:
        cpu: 10m
        memory: 16Mi
      limits:
        cpu: 100m
        memory: 64Mi
    securityContext:
      runAsNonRoot: true
      runAsUser: 65534
      runAsGroup: 65534
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
"
        );
    }

    #[test]
    fn everything_else_is_asked_for_a_connection() {
        assert_eq!(
            waits(vec![WaitFor::Tcp { host: "api".to_owned(), port: 80 }]),
            "\
initContainers:
  - @wait-container:40
    name: wait-for-db
    image: busybox:1.37
    command:
      - sh
      - -c
      - until nc -z -w 2 \"$HOST\" \"$PORT\"; do sleep 2; done
    env:
      -
        name: HOST
        value: api
      -
        name: PORT
        value: \"80\"
    resources:
      requests:
        cpu: 10m
        memory: 16Mi
      limits:
        cpu: 100m
        memory: 64Mi
    securityContext:
      runAsNonRoot: true
      runAsUser: 65534
      runAsGroup: 65534
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
"
        );
    }

    #[test]
    fn waits_come_before_init_containers_and_these_before_sidecars() {
        let mut plan = plan();
        let mut web = service("web", 30);
        web.init.push(container("migrate", 50));
        web.sidecars.push(container("proxy", 60));
        let target = WaitFor::Tcp { host: "api".to_owned(), port: 80 };
        web.waits.push(Wait { component: "api".to_owned(), target, at: at(40) });
        plan.programs.push(web);
        let containers = part(&plan, "Deployment/web", "initContainers:");
        let names = containers.lines().filter(|line| line.starts_with("    name: "));
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["    name: wait-for-api", "    name: migrate", "    name: proxy"]
        );
        assert_eq!(containers.matches("restartPolicy: Always").count(), 1);
    }
}
