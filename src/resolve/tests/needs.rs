//! Needs, waits and consents.

use super::{EVERYTHING, Outcome, World, shop};
use crate::plan::WaitFor;

fn two(shop: &'static str, data: &'static str) -> Outcome {
    let stacks = vec![("shop", shop), ("data", data)];
    World { environment: EVERYTHING, stacks, ..World::default() }.resolve()
}

#[test]
fn a_use_without_a_need_names_the_line_to_add() {
    let outcome = shop(
        r#"
services:
  web: { image: nginx:1.29, env: { API: "${{ api.url }}", NAME: "${{ database.secretName }}" } }
  api: { image: nginx:1.29, ports: { http: 80 } }
postgres:
  database: { version: "17", database: shop, user: shop, storage: 1Gi }
"#,
    );
    assert_eq!(outcome.reports, ["R031 [api] `web` uses `api` without a need for it"]);
    assert_eq!(outcome.help, ["add `api` to what `web` needs: `needs: [api]`"]);
}

#[test]
fn what_is_needed_must_exist_and_be_callable() {
    let outcome = shop(
        r#"
services:
  web:
    image: nginx:1.29
    needs: { ap: {}, mailer: {}, migrate: {}, portless: {}, api: { ports: [htp] }, other: { from: data }, far: { from: data/db } }
    env: { LOST: "${{ ap.url }}" }
  api: { image: nginx:1.29, ports: { http: 80 } }
  portless: { image: nginx:1.29 }
workers: { mailer: { image: nginx:1.29 } }
jobs: { migrate: { image: nginx:1.29 } }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R030 [ap] `ap` is not a component or external of this stack",
            "R030 [mailer] `mailer` is a worker, which nobody can call",
            "R030 [migrate] `migrate` is a job, which nobody can call",
            "R032 [portless] `web` needs `portless`, which has no ports",
            "R032 [htp] `htp` is not a port of `api`",
            "R030 [data] `data` does not name a component of another stack",
            "R030 [data/db] `data` is not a stack that runs in `prod`",
        ]
    );
    assert!(outcome.help.contains(&"did you mean `api`?".to_owned()));
    assert!(outcome.help.contains(&"did you mean `http`?".to_owned()));
}

#[test]
fn only_waits_must_be_free_of_circles() {
    let outcome = shop(
        "
services:
  a: { image: nginx:1.29, ports: { http: 80 }, needs: { b: { wait: true } } }
  b: { image: nginx:1.29, ports: { http: 80 }, needs: { c: { wait: true }, a: {} } }
  c: { image: nginx:1.29, ports: { http: 80 }, needs: { a: { wait: true } } }
",
    );
    assert_eq!(
        outcome.reports,
        ["R033 [true] each waits for the next and none can start: `a` → `b` → `c` → `a`"]
    );
    let outcome = shop(
        "
services:
  a: { image: nginx:1.29, ports: { http: 80 }, needs: [b] }
  b: { image: nginx:1.29, ports: { http: 80 }, needs: [a] }
",
    );
    assert_eq!(outcome.plan().flows.len(), 2);
}

#[test]
fn waits_ask_in_the_way_of_what_they_wait_for() {
    let outcome = shop(
        r#"
services:
  web:
    image: nginx:1.29
    needs: { database: { wait: true }, cache: { wait: true }, api: { wait: true }, mail: { wait: true } }
  api: { image: nginx:1.29, ports: { http: { container: 3000, service: 80 } } }
postgres: { database: { version: "17", database: shop, user: app, storage: 1Gi } }
redis: { cache: { image: "example/redis:7" } }
externals: { mail: { host: mail.example.com, cidr: 192.0.2.1/32, ports: [25] } }
"#,
    );
    let waits: Vec<String> = outcome
        .program("web")
        .waits
        .iter()
        .map(|wait| match &wait.target {
            WaitFor::Postgres { image, host, port, database, user } => {
                format!("{} {host}:{port} {database} {user}", image.v)
            }
            WaitFor::Redis { image, host, port, secret, key } => {
                format!("{} {host}:{port} {secret}/{key}", image.v)
            }
            WaitFor::Tcp { host, port } => format!("{host}:{port}"),
        })
        .collect();
    assert_eq!(
        waits,
        [
            "postgres:17 database:5432 shop app",
            "example/redis:7 cache:6379 cache-credentials/password",
            "api:80",
            "mail.example.com:25",
        ]
    );
}

#[test]
fn across_stacks_host_and_port_are_known_and_nothing_else() {
    let outcome = two(
        r#"
services:
  web:
    image: nginx:1.29
    needs: { db: { from: data/postgres } }
    env: { HOST: "${{ db.host }}", ADDRESS: "${{ db.address }}" }
"#,
        r#"
namespace: databases
postgres:
  postgres: { version: "17", database: a, user: b, storage: 1Gi, allowFrom: { stacks: [shop] } }
"#,
    );
    assert_eq!(outcome.reports, [""; 0]);
    let shop = outcome.plans["shop"].program("web").map(|web| super::env(&web.container));
    assert_eq!(
        shop,
        Some(vec![
            "HOST=postgres.databases.svc".to_owned(),
            "ADDRESS=postgres.databases.svc:5432".to_owned()
        ])
    );
    let outcome = two(
        r#"
services:
  web: { image: nginx:1.29, needs: { db: { from: data/postgres } }, env: { URL: "${{ db.url }}" } }
"#,
        r#"
postgres:
  postgres: { version: "17", database: a, user: b, storage: 1Gi, allowFrom: { stacks: [shop] } }
"#,
    );
    assert_eq!(outcome.reports, ["R010 [url] `url` is not something that `postgres` tells"]);
    assert!(
        outcome
            .help
            .iter()
            .any(|help| help.contains("credentials are keys of a secret of your own"))
    );
}

#[test]
fn both_stacks_must_consent() {
    let outcome = two(
        "services: { web: { image: nginx:1.29, needs: { db: { from: data/postgres } } } }",
        "postgres: { postgres: { version: \"17\", database: a, user: b, storage: 1Gi } }",
    );
    assert_eq!(
        outcome.reports,
        ["R034 [data/postgres] `data/postgres` does not let the stack `shop` in"]
    );
    assert_eq!(outcome.also, ["postgres"]);
    assert_eq!(outcome.help, ["its owner writes `postgres: { allowFrom: { stacks: [shop] } }`"]);
}

#[test]
fn a_name_means_one_thing() {
    let outcome = two(
        r#"
services:
  web: { image: nginx:1.29, ports: { http: 80 }, needs: { api: { from: data/postgres } } }
  api: { image: nginx:1.29 }
  env: { image: nginx:1.29 }
postgres: { web: { version: "17", database: shop, user: app, storage: 1Gi } }
"#,
        r#"
postgres:
  postgres: { version: "17", database: a, user: b, storage: 1Gi, allowFrom: { stacks: [shop] } }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R023 [env] `env` means something else in expressions",
            "R024 [web] `web` is the name of a service already",
            "R024 [api] `api` is the name of a service of this stack already",
        ]
    );
}

#[test]
fn peers_are_the_pods_of_a_stateful_set() {
    let outcome = shop(
        r#"
services:
  member:
    image: nginx:1.29
    replicas: 3
    ports: { raft: 7000 }
    storage: { size: 1Gi, path: /data }
    needs: [member]
    env: { PEERS: "${{ self.peers }}" }
"#,
    );
    assert_eq!(
        outcome.env("member"),
        ["PEERS=member-0.member-headless,member-1.member-headless,member-2.member-headless"]
    );
}
