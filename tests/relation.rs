//! `connectivity::relation` and `connectivity::difference` against the rules for network policies
//! as `connectivity/policies.rs` has them, on random clusters.
//!
//! `GEN_SEED=NUMBER` makes other clusters than the usual ones; what fails says its seed.

#![allow(clippy::disallowed_methods, reason = "a test reads a variable")]
#![allow(clippy::similar_names, reason = "a caller and its callee are named so everywhere")]

#[path = "connectivity/policies.rs"]
mod policies;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gen_compiler::connectivity::{self, End, Pods, Ports, Relation};
use gen_compiler::source::{Dialect, Sources, Tree, parse};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::{Value, json};

use policies::{ContainerPort, Labels, Pod, Policies, Protocol};

const NAMESPACES: [&str; 3] = ["alpha", "beta", "gamma"];
/// One that never has pods.
const ABROAD: &str = "abroad";
const PORTS: [u16; 4] = [1, 80, 81, 65535];
const NAMES: [&str; 2] = ["web", "dns"];
const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
const BLOCKS: [&str; 7] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.1.2.3/32",
    "255.255.255.255/32",
    "::/0",
    "fd00::/8",
    "fd00::1/128",
];

/// Runs a test on as many random inputs as are asked for.
fn check<T: std::fmt::Debug>(
    cases: u32,
    inputs: impl Strategy<Value = T>,
    test: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let seed: u64 = match std::env::var("GEN_SEED") {
        Ok(seed) => seed.parse().unwrap_or_else(|error| panic!("GEN_SEED: {error}")),
        Err(_) => 0,
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    match TestRunner::new_with_rng(config, rng).run(&inputs, test) {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => panic!("{why}\nGEN_SEED={seed}\n{input:#?}"),
        Err(TestError::Abort(why)) => panic!("{why}\nGEN_SEED={seed}"),
    }
}

fn labels() -> impl Strategy<Value = Value> {
    let app = option::weighted(0.9, select(vec!["x", "y", "z"]));
    let tier = option::weighted(0.5, select(vec!["front", "back"]));
    (app, tier).prop_map(|(app, tier)| {
        let pairs = [("app", app), ("tier", tier)];
        pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?))))
            .collect()
    })
}

fn requirement(
    keys: &'static [&'static str],
    values: &'static [&'static str],
) -> BoxedStrategy<Value> {
    (select(keys), 0..4, subsequence(values, 1..=2))
        .prop_map(|(key, operator, values)| match operator {
            0 => json!({ "key": key, "operator": "In", "values": values }),
            1 => json!({ "key": key, "operator": "NotIn", "values": values }),
            2 => json!({ "key": key, "operator": "Exists" }),
            _ => json!({ "key": key, "operator": "DoesNotExist" }),
        })
        .boxed()
}

fn pod_selector() -> BoxedStrategy<Value> {
    let requirements = || vec(requirement(&["app", "tier"], &["x", "y", "front", "back"]), 1..3);
    prop_oneof![
        2 => Just(json!({})),
        4 => labels().prop_map(|labels| json!({ "matchLabels": labels })),
        2 => requirements().prop_map(|all| json!({ "matchExpressions": all })),
        1 => (labels(), requirements())
            .prop_map(|(labels, all)| json!({ "matchLabels": labels, "matchExpressions": all })),
    ]
    .boxed()
}

fn namespace_selector() -> BoxedStrategy<Value> {
    let names = [NAMESPACES[0], NAMESPACES[1], NAMESPACES[2], ABROAD];
    let requirement = requirement(
        &["kubernetes.io/metadata.name", "team"],
        &["alpha", "beta", "abroad", "red", "blue"],
    );
    prop_oneof![
        1 => Just(json!({})),
        3 => select(names.to_vec())
            .prop_map(|name| json!({ "matchLabels": { "kubernetes.io/metadata.name": name } })),
        2 => select(vec!["red", "blue"])
            .prop_map(|team| json!({ "matchLabels": { "team": team } })),
        1 => (select(names.to_vec()), select(vec!["red", "blue"])).prop_map(|(name, team)| {
            json!({ "matchLabels": { "kubernetes.io/metadata.name": name, "team": team } })
        }),
        2 => vec(requirement, 1..3).prop_map(|all| json!({ "matchExpressions": all })),
    ]
    .boxed()
}

fn peer() -> BoxedStrategy<Value> {
    let block = (select(BLOCKS.to_vec()), subsequence(BLOCKS.to_vec(), 0..3));
    prop_oneof![
        2 => pod_selector().prop_map(|pods| json!({ "podSelector": pods })),
        2 => namespace_selector().prop_map(|all| json!({ "namespaceSelector": all })),
        2 => (namespace_selector(), pod_selector())
            .prop_map(|(all, pods)| json!({ "namespaceSelector": all, "podSelector": pods })),
        2 => block.prop_map(|(cidr, except)| {
            // The server wants holes inside of the block; what is outside leaves out nothing.
            json!({ "ipBlock": { "cidr": cidr, "except": except } })
        }),
    ]
    .boxed()
}

fn protocol() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.6, select(vec!["TCP", "UDP", "SCTP"]))
}

fn port() -> BoxedStrategy<Value> {
    let with = |protocol: Option<&str>, mut port: Value| {
        if let Some(protocol) = protocol {
            port["protocol"] = protocol.into();
        }
        port
    };
    prop_oneof![
        3 => (protocol(), select(PORTS.to_vec()))
            .prop_map(move |(protocol, port)| with(protocol, json!({ "port": port }))),
        2 => (protocol(), select(PORTS.to_vec()), 0_u16..9000).prop_map(
            move |(protocol, port, more)| {
                let end = port.saturating_add(more);
                with(protocol, json!({ "port": port, "endPort": end }))
            }
        ),
        2 => (protocol(), select(NAMES.to_vec()))
            .prop_map(move |(protocol, name)| with(protocol, json!({ "port": name }))),
        1 => protocol().prop_map(move |protocol| with(protocol, json!({}))),
    ]
    .boxed()
}

fn rule(peers: &'static str) -> BoxedStrategy<Value> {
    (option::weighted(0.8, vec(peer(), 0..3)), option::weighted(0.7, vec(port(), 0..3)))
        .prop_map(move |(to, ports)| {
            let mut rule = json!({});
            if let Some(to) = to {
                rule[peers] = to.into();
            }
            if let Some(ports) = ports {
                rule["ports"] = ports.into();
            }
            rule
        })
        .boxed()
}

fn policy() -> BoxedStrategy<Value> {
    let types = option::of(subsequence(vec!["Ingress", "Egress"], 1..=2));
    let rules = |peers| option::weighted(0.7, vec(rule(peers), 0..3));
    (select(NAMESPACES.to_vec()), pod_selector(), types, rules("from"), rules("to"))
        .prop_map(|(namespace, pods, types, ingress, egress)| {
            let mut spec = json!({ "podSelector": pods });
            for (name, value) in [
                ("policyTypes", types.map(Value::from)),
                ("ingress", ingress.map(Value::from)),
                ("egress", egress.map(Value::from)),
            ] {
                if let Some(value) = value {
                    spec[name] = value;
                }
            }
            json!({
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": { "name": "policy", "namespace": namespace },
                "spec": spec,
            })
        })
        .boxed()
}

fn container_port() -> impl Strategy<Value = Value> {
    (option::weighted(0.8, select(NAMES.to_vec())), select(PORTS.to_vec()), protocol()).prop_map(
        |(name, number, protocol)| {
            let mut port = json!({ "containerPort": number });
            if let Some(name) = name {
                port["name"] = name.into();
            }
            if let Some(protocol) = protocol {
                port["protocol"] = protocol.into();
            }
            port
        },
    )
}

fn workload() -> BoxedStrategy<(usize, &'static str, Value, Vec<Value>)> {
    let kind = select(vec!["Deployment", "StatefulSet", "CronJob", "Pod"]);
    (0..NAMESPACES.len(), kind, labels(), vec(container_port(), 0..3)).boxed()
}

/// Objects of a cluster: namespaces, of which some are not among them, workloads and policies.
fn cluster() -> BoxedStrategy<Vec<Value>> {
    let teams = vec(option::of(option::of(select(vec!["red", "blue"]))), NAMESPACES.len());
    (teams, vec(workload(), 1..6), vec(policy(), 0..6))
        .prop_map(|(teams, workloads, policies)| {
            let mut objects = Vec::new();
            for (name, team) in NAMESPACES.iter().zip(teams) {
                let Some(team) = team else { continue };
                let labels = team.map_or(json!({}), |team| json!({ "team": team }));
                objects.push(json!({
                    "apiVersion": "v1",
                    "kind": "Namespace",
                    "metadata": { "name": name, "labels": labels },
                }));
            }
            for (index, (namespace, kind, labels, ports)) in workloads.into_iter().enumerate() {
                let mut object = json!({
                    "apiVersion": "v1",
                    "kind": kind,
                    "metadata": { "name": format!("{}{index}", kind.to_lowercase()), "namespace": NAMESPACES[namespace] },
                });
                let spec = json!({ "containers": [{ "name": "main", "ports": ports }] });
                let template = json!({ "metadata": { "labels": labels }, "spec": spec });
                match kind {
                    "Pod" => {
                        object["metadata"]["labels"] = labels;
                        object["spec"] = spec;
                    }
                    "CronJob" => {
                        object["spec"] =
                            json!({ "jobTemplate": { "spec": { "template": template } } });
                    }
                    _ => object["spec"] = json!({ "template": template }),
                }
                objects.push(object);
            }
            objects.extend(policies);
            objects
        })
        .boxed()
}

/// The same objects as the judge reads them.
struct Judge {
    /// The pods of each workload, by namespace and name.
    pods: BTreeMap<String, Pod>,
    policies: Policies,
}

fn labels_of(value: &Value) -> Labels {
    let labels = value.as_object().into_iter().flatten();
    labels.map(|(key, value)| (key.clone(), text(value).to_owned())).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn yaml<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_yaml::from_str(&value.to_string()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

impl Judge {
    fn of(objects: &[Value]) -> Judge {
        let mut judge = Judge { pods: BTreeMap::new(), policies: Policies::default() };
        for name in NAMESPACES.into_iter().chain([ABROAD]) {
            judge.add_namespace(name, Labels::new());
        }
        for object in objects {
            let metadata = &object["metadata"];
            let name = text(&metadata["name"]);
            let template = match text(&object["kind"]) {
                "Namespace" => {
                    judge.add_namespace(name, labels_of(&metadata["labels"]));
                    continue;
                }
                "NetworkPolicy" => {
                    judge.policies.policies.push(yaml(object));
                    continue;
                }
                "Pod" => object,
                "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
                _ => &object["spec"]["template"],
            };
            let containers = template["spec"]["containers"].as_array().into_iter().flatten();
            let ports = containers.flat_map(|one| one["ports"].as_array().into_iter().flatten());
            let namespace = text(&metadata["namespace"]).to_owned();
            let pod = Pod {
                labels: labels_of(&template["metadata"]["labels"]),
                address: None,
                ports: ports.map(yaml::<ContainerPort>).collect(),
                namespace: namespace.clone(),
            };
            judge.pods.insert(format!("{namespace}/{name}"), pod);
        }
        judge
    }

    fn add_namespace(&mut self, name: &str, labels: Labels) {
        let all = self.policies.namespaces.entry(name.to_owned()).or_default();
        all.extend(labels);
        all.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
    }

    /// The first port of each stretch in which nothing changes.
    fn ports(&self) -> BTreeSet<u16> {
        let mut ports = self.policies.edges_of_ports();
        ports.extend(PORTS.iter().flat_map(|port| [*port, port.saturating_add(1)]));
        ports
    }

    /// Addresses likewise.
    fn addresses(&self) -> BTreeSet<IpAddr> {
        let mut addresses = self.policies.edges_of_addresses();
        addresses.extend([
            IpAddr::from(Ipv4Addr::UNSPECIFIED),
            Ipv4Addr::BROADCAST.into(),
            Ipv6Addr::UNSPECIFIED.into(),
            IpAddr::from([u16::MAX; 8]),
        ]);
        addresses
    }
}

/// The same ports with the last of each stretch.
fn with_last_ports(first: &BTreeSet<u16>) -> BTreeSet<u16> {
    first.iter().flat_map(|port| [*port, (port - 1).max(1)]).collect()
}

/// The same addresses with the last of each stretch.
fn with_last_addresses(first: &BTreeSet<IpAddr>) -> BTreeSet<IpAddr> {
    let before = |address: &IpAddr| match address {
        IpAddr::V4(a) => Ipv4Addr::from(u32::from(*a).saturating_sub(1)).into(),
        IpAddr::V6(a) => Ipv6Addr::from(u128::from(*a).saturating_sub(1)).into(),
    };
    first.iter().flat_map(|address| [*address, before(address)]).collect()
}

/// Each port with each protocol.
fn probes(ports: &BTreeSet<u16>) -> Vec<(u16, Protocol)> {
    ports.iter().flat_map(|port| PROTOCOLS.map(|protocol| (*port, protocol))).collect()
}

fn has(ports: &Ports<'_>, port: u16, protocol: Protocol) -> bool {
    ports.contains(
        port,
        match protocol {
            Protocol::Tcp => connectivity::Protocol::Tcp,
            Protocol::Udp => connectivity::Protocol::Udp,
            Protocol::Sctp => connectivity::Protocol::Sctp,
        },
    )
}

fn trees(objects: &[Value]) -> Vec<Tree> {
    let sources = Sources::default();
    let tree = |object: &Value| {
        let id = sources.add_bytes("object".to_owned(), object.to_string().into_bytes());
        let id = id.unwrap_or_else(|diagnostic| panic!("{diagnostic:?}"));
        let (trees, diagnostics) = parse(&sources.get(id), Dialect::Kubectl);
        assert!(!diagnostics.has_errors(), "{diagnostics:?}");
        trees
    };
    objects.iter().flat_map(tree).collect()
}

fn relation(trees: &[Tree]) -> Relation<'_> {
    connectivity::relation(trees.iter().map(Tree::root))
}

/// Who may call whom by name, as an end of a line says it.
fn names<'e>(end: &'e End<'_>) -> impl Iterator<Item = String> + 'e {
    let pods = match end {
        End::Pods(pods) => &pods[..],
        End::Addresses(_) => &[],
    };
    pods.iter().map(ToString::to_string)
}

/// All that is listed of workloads and addresses, by their names.
struct Listed<'r> {
    between: BTreeMap<(String, String), Vec<&'r Ports<'r>>>,
    /// By the pod, and whether it comes in.
    addresses: BTreeMap<(String, bool), Vec<(&'r connectivity::Addresses, &'r Ports<'r>)>>,
}

impl<'r> Listed<'r> {
    fn of(edges: impl Iterator<Item = (&'r End<'r>, &'r End<'r>, &'r Ports<'r>)>) -> Self {
        let mut all = Listed { between: BTreeMap::new(), addresses: BTreeMap::new() };
        for (from, to, ports) in edges {
            let (pods, addresses, comes_in) = match (from, to) {
                (End::Addresses(addresses), pods) => (pods, addresses, true),
                (pods, End::Addresses(addresses)) => (pods, addresses, false),
                (callers, callees) => {
                    for caller in names(callers) {
                        for callee in names(callees) {
                            all.between.entry((caller.clone(), callee)).or_default().push(ports);
                        }
                    }
                    continue;
                }
            };
            for name in names(pods) {
                all.addresses.entry((name, comes_in)).or_default().push((addresses, ports));
            }
        }
        all
    }

    fn between(&self, from: &str, to: &str) -> &[&'r Ports<'r>] {
        self.between.get(&(from.to_owned(), to.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The ports that are listed for one address.
    fn with(&self, pod: &str, comes_in: bool, address: IpAddr) -> Vec<&'r Ports<'r>> {
        let all = self.addresses.get(&(pod.to_owned(), comes_in)).into_iter().flatten();
        all.filter(|(addresses, _)| addresses.contains(address)).map(|(_, ports)| *ports).collect()
    }
}

/// How often a port is listed: once, or it is an error.
fn count(all: &[&Ports<'_>], port: u16, protocol: Protocol) -> usize {
    all.iter().filter(|ports| has(ports, port, protocol)).count()
}

#[test]
fn a_relation_says_what_the_policies_allow() {
    check(2000, cluster(), |objects| {
        let judge = Judge::of(&objects);
        let trees = trees(&objects);
        let relation = relation(&trees);
        let edges = relation.edges();
        let listed = Listed::of(edges.iter().map(|edge| (&edge.from, &edge.to, &edge.ports)));
        let probes = probes(&with_last_ports(&judge.ports()));
        for (name, pod) in &judge.pods {
            let pod = policies::End::Pod(pod);
            for (callee, other) in &judge.pods {
                let found = listed.between(name, callee);
                for (port, protocol) in &probes {
                    let allowed =
                        judge.policies.allow(pod, policies::End::Pod(other), *port, *protocol);
                    prop_assert_eq!(
                        count(found, *port, *protocol),
                        usize::from(allowed),
                        "{} -> {} {}/{:?}",
                        name,
                        callee,
                        port,
                        protocol
                    );
                }
            }
            for address in with_last_addresses(&judge.addresses()) {
                let end = policies::End::Address(address);
                for (comes_in, from, to) in [(true, end, pod), (false, pod, end)] {
                    let found = listed.with(name, comes_in, address);
                    for (port, protocol) in &probes {
                        let allowed = judge.policies.allow(from, to, *port, *protocol);
                        prop_assert_eq!(
                            count(&found, *port, *protocol),
                            usize::from(allowed),
                            "{} and {} {}/{:?}, in: {}",
                            name,
                            address,
                            port,
                            protocol,
                            comes_in
                        );
                    }
                }
            }
        }
        Ok(())
    });
}

/// Pods that only policies speak of are taken to be as these describe them.
#[test]
fn pods_that_are_not_there_are_judged_as_they_are_described() {
    check(2000, cluster(), |objects| {
        let mut judge = Judge::of(&objects);
        let trees = trees(&objects);
        let relation = relation(&trees);
        let probes = probes(&judge.ports());
        for pods in relation.pods() {
            let Pods::Others(others) = &pods else { continue };
            let own = |labels: &BTreeMap<&str, &str>| -> Labels {
                labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
            };
            let namespace = others.namespace.unwrap_or("nobody-knows");
            let mut labels = own(&others.namespace_labels);
            match others.namespace {
                Some(name) => {
                    judge.add_namespace(name, Labels::new());
                    labels.extend(judge.policies.namespaces[name].clone());
                }
                None => {
                    labels.insert("kubernetes.io/metadata.name".to_owned(), String::new());
                }
            }
            let saved = judge.policies.namespaces.insert(namespace.to_owned(), labels);
            let other = Pod {
                namespace: namespace.to_owned(),
                labels: own(&others.labels),
                address: None,
                ports: Vec::new(),
            };
            for workload in relation.workloads() {
                let pod = &judge.pods[&workload.to_string()];
                // Two namespaces of one name cannot be told apart here.
                if pod.namespace == namespace && !others.namespace_labels.is_empty() {
                    continue;
                }
                let workload = Pods::Workload(workload);
                let [other, pod] = [policies::End::Pod(&other), policies::End::Pod(pod)];
                for (from, to, ends) in
                    [(&pods, &workload, [other, pod]), (&workload, &pods, [pod, other])]
                {
                    let found = relation.ports(from, to);
                    for (port, protocol) in &probes {
                        prop_assert_eq!(
                            has(&found, *port, *protocol),
                            judge.policies.allow(ends[0], ends[1], *port, *protocol),
                            "{} -> {} {}/{:?}",
                            from,
                            to,
                            port,
                            protocol
                        );
                    }
                }
            }
            match saved {
                Some(saved) => judge.policies.namespaces.insert(namespace.to_owned(), saved),
                None => judge.policies.namespaces.remove(namespace),
            };
        }
        Ok(())
    });
}

/// A change of a cluster: some objects go, others come.
fn change() -> BoxedStrategy<(Vec<Value>, Vec<Value>)> {
    (cluster(), cluster(), vec(any::<bool>(), 20))
        .prop_map(|(old, other, keep)| {
            let mut new: Vec<Value> = Vec::new();
            for (index, object) in old.iter().enumerate() {
                if keep[index % keep.len()] {
                    new.push(object.clone());
                }
            }
            for (index, object) in other.into_iter().enumerate() {
                let name = |one: &Value| {
                    let metadata = &one["metadata"];
                    (one["kind"].clone(), metadata["namespace"].clone(), metadata["name"].clone())
                };
                let same =
                    |one: &Value| object["kind"] != "NetworkPolicy" && name(one) == name(&object);
                if !keep[index % keep.len()] && !new.iter().any(same) {
                    new.push(object);
                }
            }
            (old, new)
        })
        .boxed()
}

#[test]
fn a_difference_is_what_one_allows_and_the_other_does_not() {
    check(500, change(), |(old, new)| {
        let trees = [trees(&old), trees(&new)];
        let [before, after] = trees.each_ref().map(|trees| relation(trees));
        let judges = [Judge::of(&old), Judge::of(&new)];
        let difference = connectivity::difference(&before, &after);
        let edges = &difference.edges;
        let gained = Listed::of(edges.iter().map(|edge| (&edge.from, &edge.to, &edge.gained)));
        let lost = Listed::of(edges.iter().map(|edge| (&edge.from, &edge.to, &edge.lost)));
        let mut ports = judges[0].ports();
        ports.extend(judges[1].ports());
        let mut addresses = judges[0].addresses();
        addresses.extend(judges[1].addresses());
        let names: BTreeSet<&String> = judges.iter().flat_map(|judge| judge.pods.keys()).collect();
        let probes = probes(&ports);
        let mut differs = false;
        for name in &names {
            let pods = judges.each_ref().map(|judge| judge.pods.get(*name).map(policies::End::Pod));
            // What both sides say of one that may call another is held against what is listed.
            let mut compare = |what: String, ends: [_; 2], found: [&[&Ports<'_>]; 2]| {
                for (port, protocol) in &probes {
                    let [before, after] = [0, 1].map(|side: usize| {
                        let ends: Option<[policies::End<'_>; 2]> = ends[side];
                        ends.is_some_and(|[from, to]| {
                            judges[side].policies.allow(from, to, *port, *protocol)
                        })
                    });
                    differs |= before != after;
                    prop_assert_eq!(
                        found.map(|all| count(all, *port, *protocol)),
                        [usize::from(after && !before), usize::from(before && !after)],
                        "{} {}/{:?}",
                        what,
                        port,
                        protocol
                    );
                }
                Ok(())
            };
            for callee in &names {
                let ends = [0, 1].map(|side: usize| {
                    let other = judges[side].pods.get(*callee).map(policies::End::Pod);
                    pods[side].zip(other).map(|(from, to)| [from, to])
                });
                let found = [&gained, &lost].map(|all| all.between(name, callee));
                compare(format!("{name} -> {callee}"), ends, found)?;
            }
            for address in &addresses {
                let end = policies::End::Address(*address);
                for comes_in in [true, false] {
                    let ends = pods
                        .map(|pod| pod.map(|pod| if comes_in { [end, pod] } else { [pod, end] }));
                    let found = [&gained, &lost].map(|all| all.with(name, comes_in, *address));
                    let found = found.each_ref().map(Vec::as_slice);
                    compare(format!("{name} and {address}, in: {comes_in}"), ends, found)?;
                }
            }
        }
        prop_assert!(!differs || !difference.is_empty());
        prop_assert!(connectivity::difference(&before, &before).is_empty());
        Ok(())
    });
}
