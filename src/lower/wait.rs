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
