//! Who reaches whom: what the policies allow to the pods of a cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::Addresses;
use super::budget::{Budget, EDGE, RULE};
use super::pods::{Cluster, Others, Pods};
use super::policy::{Callee, Direction, Peer, Policy, Rule};
use super::ports::{Ports, Protocol};
use super::table::{Group, Table};

/// What the policies allow, by groups of pods.
pub(super) type Reach<'t> = Table<'t, Ports<'t>>;

/// Who is selected by the policies, and by whom they let themselves be called.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Signature<'t> {
    is_own: bool,
    host_network: bool,
    is_workload: bool,
    /// The policies for what comes in and for what goes out.
    policies: [Vec<usize>; 2],
    /// The peers of rules that select them.
    peers: Vec<usize>,
    /// The numbers of the ports that rules name.
    ports: Vec<(Protocol, &'t str, u16)>,
}

/// What the policies of some pods let through in one direction.
#[derive(Default)]
struct Side<'p, 't> {
    /// No policy is about them: everything.
    open: bool,
    /// Rules for everybody.
    anyone: Vec<&'p Rule<'t>>,
    /// Rules for groups of pods.
    groups: BTreeMap<usize, Vec<&'p Rule<'t>>>,
    /// Rules for blocks of addresses.
    blocks: Vec<(&'p Addresses, &'p Rule<'t>)>,
}

/// Works out who reaches whom. Of pods in namespaces that are not `own` only what is between
/// them and pods in those is worked out.
pub(super) fn reach<'t>(
    cluster: &Cluster<'t>,
    policies: &[Policy<'t>],
    own: &BTreeSet<&'t str>,
    budget: &Budget,
) -> Reach<'t> {
    let selected = select(cluster, policies, budget);
    let names: BTreeSet<(Protocol, &'t str)> =
        policies.iter().flat_map(Policy::all_rules).flat_map(Rule::names).collect();
    let mut by_signature: BTreeMap<Signature<'t>, Vec<usize>> = BTreeMap::new();
    for (index, pod) in cluster.pods.iter().enumerate() {
        let ports = names.iter().flat_map(|(protocol, name)| {
            pod.named(*protocol, name).map(|number| (*protocol, *name, number))
        });
        let signature = Signature {
            is_own: is_own(&pod.pods, own),
            host_network: pod.host_network,
            is_workload: matches!(pod.pods, Pods::Workload(_)),
            policies: selected.policies.each_ref().map(|by_pod| by_pod[index].clone()),
            peers: selected.peers_of[index].clone(),
            ports: ports.collect(),
        };
        by_signature.entry(signature).or_default().push(index);
    }
    let groups: Vec<(Signature<'t>, Vec<usize>)> = by_signature.into_iter().collect();
    let mut group_of = vec![0; cluster.pods.len()];
    for (index, (_, pods)) in groups.iter().enumerate() {
        for pod in pods {
            group_of[*pod] = index;
        }
    }
    // The peers are numbered in the order of `all_peers`.
    let groups_of_peers: Vec<BTreeSet<usize>> =
        selected.peers.iter().map(|pods| pods.iter().map(|pod| group_of[*pod]).collect()).collect();
    let sides = Direction::BOTH.map(|direction| {
        let of = |(signature, _): &(Signature<'t>, _)| {
            let peers = (&selected.first_peer[..], &groups_of_peers[..]);
            Side::of(signature, direction, policies, peers, budget)
        };
        groups.iter().map(of).collect::<Vec<_>>()
    });
    let [ingress, egress] = &sides;
    let first = |group: usize| &cluster.pods[groups[group].1[0]];
    let mut called_by: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    for (caller, side) in egress.iter().enumerate() {
        side.groups.keys().for_each(|callee| called_by[*callee].push(caller));
    }
    let is_own = |group: &usize| groups[*group].0.is_own;
    let to_all: Vec<usize> =
        (0..groups.len()).filter(|group| egress[*group].is_for_all()).collect();
    let own_to_all: Vec<usize> = to_all.iter().copied().filter(is_own).collect();
    let mut between = BTreeMap::new();
    for (callee, side) in ingress.iter().enumerate() {
        // What others are to each other is none of the question.
        let is_asked = |caller: &usize| is_own(&callee) || is_own(caller);
        let to_all = if is_own(&callee) { &to_all } else { &own_to_all };
        let callers: BTreeSet<usize> = if side.is_for_all() {
            to_all.iter().chain(&called_by[callee]).copied().filter(is_asked).collect()
        } else {
            side.groups.keys().copied().filter(is_asked).collect()
        };
        for caller in callers {
            let rules = side.rules(caller).count() + egress[caller].rules(callee).count();
            if !budget.spend(EDGE + rules) {
                break;
            }
            let on = Callee::Pod(first(callee));
            let ports = side.ports(caller, on).intersection(&egress[caller].ports(callee, on));
            if !ports.is_empty() {
                // What is said of an edge names the pods at its ends.
                budget.spend(groups[caller].1.len() + groups[callee].1.len());
                between.insert((caller, callee), ports);
            }
        }
    }
    let all = groups.iter().enumerate().map(|(index, (signature, pods))| Group {
        pods: pods.iter().map(|pod| cluster.pods[*pod].pods.clone()).collect(),
        addresses: Direction::BOTH.map(|direction| {
            if !signature.is_own {
                return BTreeMap::new();
            }
            let callee = match direction {
                Direction::Ingress => Callee::Pod(first(index)),
                Direction::Egress => Callee::Address,
            };
            by_addresses(&sides[direction as usize][index].addresses(callee), budget)
        }),
    });
    Table::new(&all.collect::<Vec<_>>(), &between)
}

/// Whether pods are in one of the namespaces that objects are about.
fn is_own(pods: &Pods<'_>, own: &BTreeSet<&str>) -> bool {
    match pods {
        Pods::Workload(_) => true,
        Pods::Others(others) => others.is_own(own),
    }
}

impl Others<'_> {
    /// Whether they are in one of some namespaces.
    pub(super) fn is_own(&self, own: &BTreeSet<&str>) -> bool {
        self.namespace.is_some_and(|namespace| own.contains(namespace))
    }
}

/// What selects which pods, by indices.
struct Selected {
    /// The policies that select each pod, by direction.
    policies: [Vec<Vec<usize>>; 2],
    /// The pods that each peer selects.
    peers: Vec<Vec<usize>>,
    /// The peers that select each pod.
    peers_of: Vec<Vec<usize>>,
    /// The number of the first peer of each policy, by direction.
    first_peer: Vec<[usize; 2]>,
}

fn select<'t>(cluster: &Cluster<'t>, policies: &[Policy<'t>], budget: &Budget) -> Selected {
    let pods = cluster.pods.len();
    let mut selected = Selected {
        policies: [vec![Vec::new(); pods], vec![Vec::new(); pods]],
        peers: Vec::new(),
        peers_of: vec![Vec::new(); pods],
        first_peer: Vec::new(),
    };
    // No policy holds for the network of a node, and none knows whose its traffic is.
    let ruled = |pod: &usize| !cluster.pods[*pod].host_network;
    for (index, policy) in policies.iter().enumerate() {
        let subjects = cluster.select(policy.namespace, policy.subject, budget);
        let first_peer = Direction::BOTH.map(|direction| {
            let first = selected.peers.len();
            if let Some(rules) = policy.rules(direction) {
                for pod in subjects.iter().copied().filter(ruled) {
                    selected.policies[direction as usize][pod].push(index);
                }
                selected.peers.extend(rules.iter().flat_map(Rule::pods).map(
                    |(namespaces, wanted)| {
                        let mut pods = match namespaces {
                            None => cluster.select(policy.namespace, wanted, budget),
                            Some(namespaces) => cluster.select_anywhere(namespaces, wanted, budget),
                        };
                        pods.retain(ruled);
                        pods
                    },
                ));
            }
            first
        });
        selected.first_peer.push(first_peer);
    }
    for (peer, pods) in selected.peers.iter().enumerate() {
        for pod in pods {
            selected.peers_of[*pod].push(peer);
        }
    }
    selected
}

impl<'p, 't> Side<'p, 't> {
    fn of(
        signature: &Signature<'t>,
        direction: Direction,
        policies: &'p [Policy<'t>],
        (first_peer, groups_of_peers): (&[[usize; 2]], &[BTreeSet<usize>]),
        budget: &Budget,
    ) -> Self {
        let by = &signature.policies[direction as usize];
        let mut side = Self { open: by.is_empty(), ..Self::default() };
        for policy in by {
            let mut peer = first_peer[*policy][direction as usize];
            for rule in policies[*policy].rules(direction).unwrap_or_default() {
                let Some(peers) = &rule.peers else {
                    side.anyone.push(rule);
                    continue;
                };
                for one in peers {
                    if !budget.spend(1) {
                        return side;
                    }
                    match one {
                        Peer::Block(block) => side.blocks.push((block, rule)),
                        Peer::Pods { .. } => {
                            budget.spend(RULE * groups_of_peers[peer].len());
                            for group in &groups_of_peers[peer] {
                                side.groups.entry(*group).or_default().push(rule);
                            }
                            peer += 1;
                        }
                    }
                }
            }
        }
        side
    }

    /// Whether something is let through for everybody.
    fn is_for_all(&self) -> bool {
        self.open || !self.anyone.is_empty()
    }

    /// The ports that are open between these and a group.
    fn ports(&self, group: usize, callee: Callee<'_, 't>) -> Ports<'t> {
        if self.open {
            return Ports::all();
        }
        let ports: Vec<Ports<'t>> = self.rules(group).map(|rule| rule.ports(callee)).collect();
        Ports::of_all(&ports)
    }

    /// The rules by which ports are open between these and a group.
    fn rules(&self, group: usize) -> impl Iterator<Item = &'p Rule<'t>> {
        let for_group = self.groups.get(&group).into_iter().flatten();
        self.anyone.iter().chain(for_group).copied()
    }

    /// The ports that are open between these and addresses.
    fn addresses(&self, callee: Callee<'_, 't>) -> Vec<(Addresses, Ports<'t>)> {
        if self.open {
            return vec![(Addresses::all(), Ports::all())];
        }
        let anyone = self.anyone.iter().map(|rule| (Addresses::all(), rule.ports(callee)));
        let blocks = self.blocks.iter().map(|(block, rule)| ((*block).clone(), rule.ports(callee)));
        anyone.chain(blocks).collect()
    }
}

/// For each set of addresses all ports that are open to exactly these: the same, however it is
/// cut into rules.
fn by_addresses<'t>(
    open: &[(Addresses, Ports<'t>)],
    budget: &Budget,
) -> BTreeMap<Addresses, Ports<'t>> {
    let mut all: BTreeMap<Addresses, Vec<Ports<'t>>> = BTreeMap::new();
    let pieces = Ports::pieces(open.iter().map(|(_, ports)| ports));
    if !budget.spend(pieces.len() * open.len()) {
        return BTreeMap::new();
    }
    for piece in pieces {
        let addresses = open_to(open.iter().map(|(addresses, ports)| (addresses, ports)), &piece);
        if !addresses.is_empty() {
            all.entry(addresses).or_default().push(piece);
        }
    }
    all.into_iter().map(|(addresses, pieces)| (addresses, Ports::of_all(&pieces))).collect()
}

/// The addresses to which a piece of the ports is open.
pub(super) fn open_to<'p, 't: 'p>(
    open: impl Iterator<Item = (&'p Addresses, &'p Ports<'t>)>,
    piece: &Ports<'t>,
) -> Addresses {
    let open = open.filter(|(_, ports)| ports.holds(piece)).map(|(addresses, _)| addresses);
    let open: Vec<&Addresses> = open.collect();
    Addresses::of_all(open.iter().copied())
}
