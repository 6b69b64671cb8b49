//! Environments on their own.

use super::{EVERYTHING, World};
use crate::plan::{IssuerKind, RoutingKind};
use crate::spec::IngressKind;

fn placed(environment: &'static str) -> super::Outcome {
    World { environment, ..World::default() }.resolve()
}

#[test]
fn an_environment_that_says_nothing_has_safe_defaults() {
    let outcome = placed("{ domain: example.com }");
    let place = outcome.place.as_ref().expect("it is sound");
    assert_eq!(place.policy.v.word(), "restricted");
    assert_eq!(place.placeholders.v.word(), "refused");
    assert_eq!(place.dns.namespace.v, "kube-system");
    assert_eq!(place.dns.labels["k8s-app"].v, "kube-dns");
    assert_eq!(place.api_server.1.iter().map(|port| port.v).collect::<Vec<_>>(), [443, 6443]);
    assert!(place.routing.is_none() && place.sealed.is_none());
}

#[test]
fn an_environment_is_read_in_full() {
    let outcome = placed(EVERYTHING);
    let place = outcome.place.as_ref().expect("it is sound");
    let routing = place.routing.as_ref().expect("it routes");
    assert!(matches!(&routing.kind, RoutingKind::Ingress { kind: IngressKind::Nginx, .. }));
    assert_eq!(
        place.external.as_ref().map(|store| store.refresh_interval.v.as_str()),
        Some("1h0m0s")
    );
    assert_eq!(place.existing_secrets["by-hand"].len(), 2);
    let classes: Vec<&str> =
        place.known_storage_classes.iter().map(|class| class.v.as_str()).collect();
    assert_eq!(classes, ["standard", "ssd"]);
}

#[test]
fn issuers_and_classes_are_the_environments_to_render() {
    let outcome = placed(
        "
clusterIssuers:
  letsencrypt: { acme: { email: ops@example.com } }
  own: { ca: own-ca }
storageClasses: { fast: { provisioner: disk.example.com } }
priorityClasses: { high: 1000 }
",
    );
    let place = outcome.place.as_ref().expect("it is sound");
    let IssuerKind::Acme { server, account_key_secret, .. } =
        &place.cluster_issuers["letsencrypt"].kind
    else {
        panic!("it is ACME")
    };
    assert_eq!(server.v, "https://acme-v02.api.letsencrypt.org/directory");
    assert_eq!(outcome.origin(account_key_secret.at).rsplit(' ').next(), Some("<account-key>"));
    assert_eq!(place.priority_classes["high"].value.v, 1000);
}

#[test]
fn what_is_wrong_with_an_environment_is_reported_at_once() {
    let outcome = placed(
        r#"
kubernetes: "1.12"
clusterCidrs: [10.0.0.0/8]
dns: { cidrs: [10.0.0.1] }
apiServer: { cidrs: [10.0.0.1/8] }
metrics: { labels: { a: b } }
routing: { gateway: { name: x }, tls: { clusterIssuer: a, selfSigned: true } }
secrets: { external: { refreshInterval: 1h } }
clusterIssuers: { none: {}, two: { ca: x, selfSigned: true } }
storageClasses: { fast: {} }
priorityClasses: { high: {} }
labels: { "a b": c }
"#,
    );
    assert!(outcome.place.is_none());
    assert_eq!(
        outcome.reports,
        [
            "R026 [1h] `1h` is not a duration as Go prints it",
            "R022 [{ refreshInterval: 1h }] `external` has no `store`",
            "R023 [c] `a b` cannot be the key of a label",
            "R026 [\"1.12\"] `1.12` is no version of Kubernetes that gen knows",
            "R026 [10.0.0.1] `10.0.0.1` is not a CIDR block",
            "R026 [10.0.0.1/8] `10.0.0.1/8` names an address inside of its block",
            "R022 [{ labels: { a: b } }] `metrics` has no `namespace`",
            "R022 [{ name: x }] `gateway` has no `namespace`",
            "R022 [{ name: x }] `gateway` has no `controller`",
            "R025 [a] certificates come from `clusterIssuer` or are `selfSigned`, not both",
            "R025 [none] the issuer `none` must be exactly one of `acme`, `selfSigned` and `ca`",
            "R025 [two] the issuer `two` must be exactly one of `acme`, `selfSigned` and `ca`",
            "R022 [fast] the storage class `fast` has no `provisioner`",
            "R022 [high] the priority class `high` has no `value`",
        ]
    );
    assert!(outcome.help.contains(&"write `1h0m0s`".to_owned()));
}
