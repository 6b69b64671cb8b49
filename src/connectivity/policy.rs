//! NetworkPolicies.
//! <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/>

use std::collections::BTreeSet;

use super::addresses::Addresses;
use super::budget::Budget;
use super::pods::{Cluster, Namespaces, Others, Pod, Pods, namespace, number};
use super::ports::{Ports, Protocol};
use crate::k8s::Cidr;
use crate::source::{Kind, NodeRef};
use crate::validate::fields::{field, items, text};

/// A policy: whom it selects, and what it lets them do in the directions that it is about.
#[derive(Debug, Clone)]
pub(super) struct Policy<'t> {
    /// The object that it is.
    pub object: NodeRef<'t>,
    pub namespace: &'t str,
    pub subject: Option<NodeRef<'t>>,
    /// The rules for what comes in and for what goes out; none where it is not about that.
    pub rules: [Option<Vec<Rule<'t>>>; 2],
}

/// Which way a connection is opened, seen from the pods that a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    pub const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];
}

/// Some that may be called or may call, and the ports.
#[derive(Debug, Clone)]
pub(super) struct Rule<'t> {
    /// None for everybody.
    pub peers: Option<Vec<Peer<'t>>>,
    /// None for all.
    ports: Option<Vec<PolicyPort<'t>>>,
}

#[derive(Debug, Clone)]
pub(super) enum Peer<'t> {
    Pods { namespaces: Option<NodeRef<'t>>, pods: Option<NodeRef<'t>> },
    Block(Addresses),
}

#[derive(Debug, Clone)]
enum PolicyPort<'t> {
    Numbers(Ports<'t>),
    Name(Protocol, &'t str),
}

/// Who is called, as far as the names of ports are concerned.
#[derive(Clone, Copy)]
pub(super) enum Callee<'p, 't> {
    Pod(&'p Pod<'t>),
    Address,
}

impl<'t> Policy<'t> {
    /// The policy that an object is, if it is one.
    pub fn of(object: NodeRef<'t>) -> Option<Self> {
        let is_policy = text(object, "kind") == "NetworkPolicy"
            && text(object, "apiVersion").starts_with("networking.k8s.io/");
        let spec = field(object, "spec").filter(|_| is_policy)?;
        let types: Vec<&str> = items(spec, "policyTypes").map(NodeRef::text).collect();
        // `SetDefaults_NetworkPolicy` of pkg/apis/networking/v1/defaults.go.
        let has_egress = items(spec, "egress").next().is_some();
        let is_about = |direction, default| {
            if types.is_empty() { default } else { types.contains(&direction) }
        };
        let rules = |name, peers| items(spec, name).map(|rule| Rule::of(rule, peers)).collect();
        Some(Self {
            object,
            namespace: namespace(object),
            subject: field(spec, "podSelector"),
            rules: [
                is_about("Ingress", true).then(|| rules("ingress", "from")),
                is_about("Egress", has_egress).then(|| rules("egress", "to")),
            ],
        })
    }

    /// Its rules for a direction.
    pub fn rules(&self, direction: Direction) -> Option<&[Rule<'t>]> {
        self.rules[direction as usize].as_deref()
    }

    /// All of its rules that hold.
    pub fn all_rules(&self) -> impl Iterator<Item = &Rule<'t>> {
        self.rules.iter().flatten().flatten()
    }

    /// The pods that it speaks of and that are not in the cluster.
    pub fn others(&self, cluster: &Cluster<'t>, budget: &Budget) -> BTreeSet<Others<'t>> {
        let mut all = cluster.others(Namespaces::Own(self.namespace), self.subject, budget);
        for (namespaces, pods) in self.all_rules().flat_map(Rule::pods) {
            let places = namespaces.map_or(Namespaces::Own(self.namespace), Namespaces::Selected);
            all.extend(cluster.others(places, pods, budget));
        }
        all
    }
}

impl<'t> Rule<'t> {
    fn of(rule: NodeRef<'t>, peers: &str) -> Self {
        let is_some = |name| items(rule, name).next().is_some();
        Self {
            peers: is_some(peers).then(|| items(rule, peers).map(Peer::of).collect()),
            ports: is_some("ports")
                .then(|| items(rule, "ports").filter_map(PolicyPort::of).collect()),
        }
    }

    /// The ports on which it lets one be called.
    pub fn ports(&self, callee: Callee<'_, 't>) -> Ports<'t> {
        self.ports.as_ref().map_or_else(Ports::all, |ports| {
            Ports::of_all(&ports.iter().map(|port| port.on(callee)).collect::<Vec<_>>())
        })
    }

    /// The selectors of namespaces and of pods by which it names peers.
    pub fn pods(&self) -> impl Iterator<Item = (Option<NodeRef<'t>>, Option<NodeRef<'t>>)> + '_ {
        self.peers.iter().flatten().filter_map(|peer| match peer {
            Peer::Pods { namespaces, pods } => Some((*namespaces, *pods)),
            Peer::Block(_) => None,
        })
    }

    /// The names of ports in it.
    pub fn names(&self) -> impl Iterator<Item = (Protocol, &'t str)> + '_ {
        self.ports.iter().flatten().filter_map(|port| match port {
            PolicyPort::Name(protocol, name) => Some((*protocol, *name)),
            PolicyPort::Numbers(_) => None,
        })
    }
}

impl<'t> Peer<'t> {
    fn of(peer: NodeRef<'t>) -> Self {
        let Some(block) = field(peer, "ipBlock") else {
            let [namespaces, pods] =
                ["namespaceSelector", "podSelector"].map(|name| field(peer, name));
            return Self::Pods { namespaces, pods };
        };
        let addresses = |node: NodeRef<'_>| {
            Cidr::parse(node.text(), false).map_or_else(Addresses::default, Addresses::of)
        };
        let whole = block.get("cidr").map_or_else(Addresses::default, addresses);
        let holes: Vec<Addresses> = items(block, "except").map(addresses).collect();
        Self::Block(whole.difference(&Addresses::of_all(holes.iter())))
    }
}

impl<'t> PolicyPort<'t> {
    /// `None` for a protocol that there is not, which opens nothing.
    fn of(port: NodeRef<'t>) -> Option<Self> {
        let protocol = Protocol::named(text(port, "protocol"))?;
        let Some(value) = field(port, "port") else {
            return Some(Self::Numbers(Ports::all_of(protocol)));
        };
        if value.kind() == Kind::Str {
            return Some(Self::Name(protocol, value.text()));
        }
        let first = number(value)?;
        let last = match field(port, "endPort") {
            Some(end) => number(end)?,
            None => first,
        };
        Some(Self::Numbers(Ports::range(protocol, first, last)))
    }

    /// The ports of one that is called. A name means what its containers declare.
    fn on(&self, callee: Callee<'_, 't>) -> Ports<'t> {
        match (self, callee) {
            (Self::Numbers(ports), _) => ports.clone(),
            (Self::Name(..), Callee::Address) => Ports::default(),
            (Self::Name(protocol, name), Callee::Pod(pod)) => match pod.pods {
                Pods::Others(_) => Ports::name(*protocol, name),
                Pods::Workload(_) => {
                    pod.named(*protocol, name).fold(Ports::default(), |all, number| {
                        all.union(&Ports::range(*protocol, number, number))
                    })
                }
            },
        }
    }
}
