//! NetworkPolicies: in each namespace everything is denied, and each component's policy allows
//! exactly the declared ways to and from its pods.

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::Built;
use super::metadata::{self, Owner};
use crate::k8s;
use crate::k8s::Object;
use crate::plan::{
    Endpoint, Flow, FlowPort, IssuerKind, Map, Place, Plan, Program, TlsSource, Val,
};
use crate::source::{Origin, Rule};
use crate::spec::Protocol;

/// The name of the policy that denies everything in a namespace.
const DEFAULT_DENY: &str = "default-deny";

/// The label that every namespace carries with its own name.
/// <https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name>
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The port of DNS.
const DNS: u16 = 53;

/// The name of the policy that lets ACME's challenges in.
const ACME_SOLVER: &str = "acme-solver";

/// The label of the pods that cert-manager answers HTTP-01 challenges with, and their port.
/// <https://cert-manager.io/docs/configuration/acme/http01/>
const SOLVER_LABEL: &str = "acme.cert-manager.io/http01-solver";
const SOLVER_PORT: u16 = 8089;

/// The policy of a program's pods.
pub(super) fn lower(plan: &Plan, program: &Program, objects: &mut Vec<Object>) {
    let own =
        |end: &Endpoint| matches!(end, Endpoint::Component(name) if *name == program.component);
    let ingress = rules(plan, plan.flows.iter().filter(|flow| own(&flow.to)), |flow| &flow.from);
    let mut egress = rules(plan, plan.flows.iter().filter(|flow| own(&flow.from)), |flow| &flow.to);
    if !egress.is_empty() {
        egress.push(dns(plan, program.at));
    }
    let ingress: Vec<_> = ingress
        .into_iter()
        .map(|Way { peers, ports, at }| k8s!(at; NetworkPolicyIngressRule { from: peers, ports }))
        .collect();
    let egress: Vec<_> = egress
        .into_iter()
        .map(|Way { peers, ports, at }| k8s!(at; NetworkPolicyEgressRule { to: peers, ports }))
        .collect();
    let at = program.at.derive(Rule::DeclaredNetwork);
    let policy = k8s!(at; NetworkPolicy {
        metadata: Owner::program(plan, program).metadata(&program.name),
        spec: k8s!(at; NetworkPolicySpec {
            pod_selector: metadata::label_selector(plan, program),
            policy_types: ["Ingress", "Egress"],
            ingress,
            egress,
        }),
    });
    objects.push(policy.object());
}

/// The policy that denies everything in a namespace, in both directions. `metadata` makes the
/// metadata of an object of that name.
pub(super) fn default_deny(
    at: Origin,
    metadata: impl FnOnce(&Val<String>) -> Built<ObjectMeta>,
) -> Object {
    let at = at.derive(Rule::DefaultDeny);
    let everyone: Built<LabelSelector> = k8s!(at; LabelSelector {});
    let policy = k8s!(at; NetworkPolicy {
        metadata: metadata(&Val::new(DEFAULT_DENY.to_owned(), at)),
        spec: k8s!(at; NetworkPolicySpec {
            pod_selector: everyone,
            policy_types: ["Ingress", "Egress"],
        }),
    });
    policy.object()
}

/// The policy that lets the routes' controller reach the pods with which cert-manager answers
/// HTTP-01 challenges; `None` where certificates do not come by ACME.
pub(super) fn acme_solver(
    place: &Place,
    metadata: impl FnOnce(&Val<String>) -> Built<ObjectMeta>,
) -> Option<Object> {
    let routing = place.routing.as_ref()?;
    let Some(TlsSource::ClusterIssuer(issuer)) = &routing.tls else { return None };
    // An issuer that gen does not render may be of any kind.
    let known = place.cluster_issuers.get(&issuer.v).map(|issuer| &issuer.kind);
    if !matches!(known, None | Some(IssuerKind::Acme { .. })) {
        return None;
    }
    let at = issuer.at.derive(Rule::AcmeSolverIngress);
    let solver = Map::from([(SOLVER_LABEL.to_owned(), Val::new("true".to_owned(), at))]);
    let controller = &routing.controller;
    let policy = k8s!(at; NetworkPolicy {
        metadata: metadata(&Val::new(ACME_SOLVER.to_owned(), at)),
        spec: k8s!(at; NetworkPolicySpec {
            pod_selector: k8s!(at; LabelSelector { match_labels: solver }),
            policy_types: ["Ingress"],
            ingress: vec![k8s!(at; NetworkPolicyIngressRule {
                from: vec![in_namespace(&controller.namespace, &controller.labels, at)],
                ports: vec![k8s!(at; NetworkPolicyPort {
                    port: SOLVER_PORT, protocol: Protocol::Tcp.word(),
                })],
            })],
        }),
    });
    Some(policy.object())
}

/// A rule of a policy in either direction.
struct Way {
    peers: Vec<Built<NetworkPolicyPeer>>,
    ports: Vec<Built<NetworkPolicyPort>>,
    at: Origin,
}

/// One rule for each other end, in the order of the flows, with the ports of all flows to it.
fn rules<'f>(
    plan: &Plan,
    flows: impl Iterator<Item = &'f Flow>,
    other: impl Fn(&'f Flow) -> &'f Endpoint,
) -> Vec<Way> {
    let mut grouped: Vec<(&Endpoint, Vec<&FlowPort>, Origin)> = Vec::new();
    for flow in flows {
        let end = other(flow);
        let index = grouped.iter().position(|(known, ..)| same_endpoint(known, end));
        let index = index.unwrap_or_else(|| {
            grouped.push((end, Vec::new(), flow.at));
            grouped.len() - 1
        });
        for port in &flow.ports {
            let ports = &mut grouped[index].1;
            let same =
                |known: &&FlowPort| known.port.v == port.port.v && known.protocol == port.protocol;
            if !ports.iter().any(same) {
                ports.push(port);
            }
        }
    }
    grouped
        .into_iter()
        .map(|(end, ports, at)| Way {
            peers: vec![peer(plan, end, at)],
            ports: ports.into_iter().map(port).collect(),
            at,
        })
        .collect()
}

/// Whether two ends are the same whatever made them.
fn same_endpoint(one: &Endpoint, other: &Endpoint) -> bool {
    let values = |map: &Map| -> Vec<(String, String)> {
        map.iter().map(|(key, value)| (key.clone(), value.v.clone())).collect()
    };
    match (one, other) {
        (Endpoint::Component(one), Endpoint::Component(other)) => one == other,
        (
            Endpoint::Pods { namespace, labels },
            Endpoint::Pods { namespace: other, labels: other_labels },
        ) => namespace.v == other.v && values(labels) == values(other_labels),
        (Endpoint::Namespaces(one), Endpoint::Namespaces(other)) => values(one) == values(other),
        (
            Endpoint::Cidr { block, except },
            Endpoint::Cidr { block: other, except: other_except },
        ) => {
            block.v == other.v
                && except.iter().map(|block| &block.v).eq(other_except.iter().map(|block| &block.v))
        }
        _ => false,
    }
}

fn peer(plan: &Plan, endpoint: &Endpoint, at: Origin) -> Built<NetworkPolicyPeer> {
    match endpoint {
        Endpoint::Component(name) => {
            let pods = match plan.program(name) {
                Some(program) => metadata::label_selector(plan, program),
                None => {
                    k8s!(at; LabelSelector { match_labels: metadata::stable_labels(plan, name, at) })
                }
            };
            k8s!(at; NetworkPolicyPeer { pod_selector: pods })
        }
        Endpoint::Pods { namespace, labels } => in_namespace(namespace, labels, at),
        Endpoint::Namespaces(labels) => {
            let namespaces = k8s!(at; LabelSelector { match_labels: labels });
            k8s!(at; NetworkPolicyPeer { namespace_selector: namespaces })
        }
        Endpoint::Cidr { block, except } => cidr(block, except, at),
    }
}

fn in_namespace(namespace: &Val<String>, labels: &Map, at: Origin) -> Built<NetworkPolicyPeer> {
    let name = Map::from([(NAMESPACE_NAME.to_owned(), namespace.clone())]);
    let namespace = k8s!(at; LabelSelector { match_labels: name });
    let pods = (!labels.is_empty()).then(|| k8s!(at; LabelSelector { match_labels: labels }));
    k8s!(at; NetworkPolicyPeer { namespace_selector: namespace, pod_selector: pods })
}

fn cidr(block: &Val<String>, except: &[Val<String>], at: Origin) -> Built<NetworkPolicyPeer> {
    let except = except.to_vec();
    k8s!(at; NetworkPolicyPeer { ip_block: k8s!(at; IPBlock { cidr: block, except }) })
}

fn port(port: &FlowPort) -> Built<NetworkPolicyPort> {
    k8s!(port.port.at; NetworkPolicyPort { port: port.port, protocol: port.protocol.word() })
}

/// The way to the cluster's DNS, without which a name leads nowhere.
fn dns(plan: &Plan, at: Origin) -> Way {
    let at = at.derive(Rule::DnsEgress);
    let dns = &plan.place.dns;
    let mut peers = vec![in_namespace(&dns.namespace, &dns.labels, at)];
    peers.extend(dns.cidrs.iter().map(|block| cidr(block, &[], at)));
    let ports = [Protocol::Udp, Protocol::Tcp]
        .into_iter()
        .map(|protocol| k8s!(at; NetworkPolicyPort { port: DNS, protocol: protocol.word() }))
        .collect();
    Way { peers, ports, at }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::lower::testing::{map, place, text};
    use crate::plan::{ClusterIssuer, ControllerPods, Routing, RoutingKind};
    use crate::source::listing::at;
    use crate::spec::IngressKind;

    fn routed_place(issuer: &str, kind: Option<IssuerKind>) -> Place {
        let routing = Routing {
            kind: RoutingKind::Ingress { class: text("nginx", 6), kind: IngressKind::Nginx },
            controller: ControllerPods {
                namespace: text("ingress", 7),
                labels: map([("app", "controller", 8)]),
            },
            tls: Some(TlsSource::ClusterIssuer(text(issuer, 9))),
            https_only: None,
        };
        let issuers = kind.map(|kind| (issuer.to_owned(), ClusterIssuer { kind, at: at(5) }));
        let cluster_issuers: BTreeMap<_, _> = issuers.into_iter().collect();
        Place { routing: Some(routing), cluster_issuers, ..place() }
    }

    fn solver_policy(place: &Place) -> Option<String> {
        let policy = acme_solver(place, |name| k8s!(name.at; ObjectMeta { name }));
        policy.map(|policy| format!("{:?}", policy.root()))
    }

    #[test]
    fn acme_challenges_are_let_in() {
        let acme = IssuerKind::Acme {
            server: text("https://acme.example.com", 5),
            email: None,
            account_key_secret: text("key", 5),
        };
        let expected = r#"{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "acme-solver"}, "spec": {"podSelector": {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "controller"}}, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}], "ports": [{"port": 8089, "protocol": "TCP"}]}]}}"#;
        for kind in [Some(acme), None] {
            let policy = solver_policy(&routed_place("letsencrypt", kind));
            assert_eq!(policy.as_deref(), Some(expected));
        }
    }

    #[test]
    fn no_other_issuer_is_challenged() {
        let authority = Some(IssuerKind::Ca(text("authority", 5)));
        assert_eq!(solver_policy(&routed_place("internal", authority)), None);
        assert_eq!(solver_policy(&place()), None);
    }
}
