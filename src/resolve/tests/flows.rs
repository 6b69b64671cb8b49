//! Who may reach whom.

use super::{EVERYTHING, Outcome, World, shop};
use crate::plan::{Endpoint, Plan};

/// Each way as `from -> to: ports`.
fn ways(plan: &Plan) -> Vec<String> {
    let end = |end: &Endpoint| match end {
        Endpoint::Component(name) => name.clone(),
        Endpoint::Pods { namespace, labels } => {
            let labels: Vec<String> =
                labels.iter().map(|(key, value)| format!("{key}={}", value.v)).collect();
            format!("{}({})", namespace.v, labels.join(","))
        }
        Endpoint::Namespaces(labels) => {
            let labels: Vec<String> =
                labels.iter().map(|(key, value)| format!("{key}={}", value.v)).collect();
            format!("namespaces({})", labels.join(","))
        }
        Endpoint::Cidr { block, except } => {
            let without = except.iter().flat_map(|block| [" -", &block.v]);
            std::iter::once(block.v.as_str()).chain(without).collect()
        }
    };
    plan.flows
        .iter()
        .map(|flow| {
            let ports: Vec<String> = flow
                .ports
                .iter()
                .map(|port| {
                    format!(
                        "{}{}",
                        port.port.v,
                        match port.protocol {
                            crate::spec::Protocol::Tcp => "",
                            crate::spec::Protocol::Udp => "/udp",
                            crate::spec::Protocol::Sctp => "/sctp",
                        }
                    )
                })
                .collect();
            format!("{} -> {}: {}", end(&flow.from), end(&flow.to), ports.join(" "))
        })
        .collect()
}

#[test]
fn every_need_is_a_way_to_the_pods_own_port() {
    let outcome = shop(
        r#"
services:
  web: { image: nginx:1.29, needs: { api: { ports: [http] }, database: {}, internet: {}, mail: {} } }
  api:
    image: nginx:1.29
    ports: { http: { container: 3000, service: 80 }, admin: 9000, gossip: { container: 7946, protocol: UDP } }
  admin: { image: nginx:1.29, needs: [api] }
postgres: { database: { version: "17", database: shop, user: app, storage: 1Gi } }
externals:
  internet: { cidr: 0.0.0.0/0, ports: [443] }
  mail: { namespace: mail, labels: { app: postfix }, ports: [25, 587] }
"#,
    );
    assert_eq!(
        ways(outcome.plan()),
        [
            "web -> api: 3000",
            "web -> database: 5432",
            "web -> 0.0.0.0/0 -169.254.0.0/16 -10.0.0.0/8: 443",
            "web -> mail(app=postfix): 25 587",
            "admin -> api: 3000 9000 7946/udp",
        ]
    );
    let need = outcome.plan().flows[0].at;
    assert_eq!(outcome.origin(need), "api");
}

#[test]
fn routes_metrics_and_rules_open_ways() {
    let outcome = World {
        environment: "
metrics: { namespace: monitoring, labels: { app: prometheus } }
apiServer: { cidrs: [192.0.2.10/32], ports: [6443] }
routing: { ingress: { class: nginx, controller: { namespace: ingress-nginx, labels: { app: nginx } } } }
",
        stacks: vec![(
            "shop",
            "
services:
  web:
    image: nginx:1.29
    ports: { http: { container: 8080, service: 80 }, metrics: 9090 }
    metrics: metrics
    rbac: [{ resources: [configmaps], verbs: [get] }]
routes:
  public: { host: shop.example.com, paths: { /: { to: web, port: http } } }
  direct: { loadBalancer: { to: web, sourceRanges: [198.51.100.0/24] } }
  open: { loadBalancer: web }
",
        )],
        ..World::default()
    }
    .resolve();
    assert_eq!(
        ways(outcome.plan()),
        [
            "web -> 192.0.2.10/32: 6443",
            "monitoring(app=prometheus) -> web: 9090",
            "ingress-nginx(app=nginx) -> web: 8080",
            "198.51.100.0/24 -> web: 8080",
            "0.0.0.0/0 -> web: 8080",
        ]
    );
    let account = &outcome.program("web").service_account;
    assert!(account.token.v && account.render);
}

#[test]
fn consents_let_stacks_namespaces_and_addresses_in() {
    let caller = "services: { web: { image: nginx:1.29, needs: { db: { from: shop/database } } } }";
    let outcome = World {
        environment: EVERYTHING,
        stacks: vec![
            (
                "shop",
                r#"
postgres:
  database:
    { version: "17", database: a, user: b, storage: 1Gi, backup: { schedule: "0 2 * * *", storage: 1Gi },
      allowFrom: { stacks: [caller, elsewhere], namespaces: { team: backend }, cidrs: [203.0.113.0/24] } }
redis: { cache: { version: "7", replicas: 2 } }
"#,
            ),
            ("caller", caller),
        ],
        ..World::default()
    }
    .resolve();
    assert_eq!(outcome.reports, [""; 0]);
    assert_eq!(
        ways(&outcome.plans["shop"]),
        [
            "caller(app.kubernetes.io/instance=caller) -> database: 5432",
            "namespaces(team=backend) -> database: 5432",
            "203.0.113.0/24 -> database: 5432",
            "database-backup -> database: 5432",
            "cache -> cache: 6379",
        ]
    );
    assert_eq!(
        ways(&outcome.plans["caller"]),
        ["web -> shop(app.kubernetes.io/instance=shop,app.kubernetes.io/name=database): 5432"]
    );
}

#[test]
fn an_external_says_where_it_is() {
    let outcome: Outcome = shop(
        "
externals:
  nowhere: { host: a.example.com, ports: [443] }
  portless: { cidr: 192.0.2.0/24 }
  both: { cidr: 192.0.2.0/24, namespace: mail, ports: [25] }
  crooked: { cidr: 192.0.2.7/24, ports: [25] }
  lone: { labels: { a: b }, ports: [25] }
",
    );
    assert_eq!(
        outcome.reports,
        [
            "R022 [portless] the external `portless` has no `ports`",
            "R022 [nowhere] the external `nowhere` has no `cidr`",
            "R025 [192.0.2.0/24] `both` cannot be out of the cluster and in it",
            "R026 [192.0.2.7/24] `192.0.2.7/24` names an address inside of its block",
            "R022 [lone] the external `lone` has no `cidr`",
            "R022 [a] an external with `labels` has no `namespace`",
        ]
    );
    assert!(outcome.help.contains(&"write `192.0.2.0/24`".to_owned()));
}

#[test]
fn an_open_external_wants_to_know_the_clusters_addresses() {
    let outcome = World {
        environment: "{ domain: example.com }",
        stacks: vec![("shop", "externals: { internet: { cidr: 0.0.0.0/0, ports: [443] } }")],
        ..World::default()
    }
    .resolve();
    assert_eq!(
        outcome.reports,
        [
            "R055 [0.0.0.0/0] `prod` does not say which addresses are the cluster's own, so these are open too"
        ]
    );
    assert!(outcome.plans.contains_key("shop"));
}
