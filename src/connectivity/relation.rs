//! The relation: all edges, and all ways in.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::budget::Budget;
use super::difference::difference;
use super::entry::{Entries, WayIn};
use super::pods::{Cluster, Others, Pods, Workload};
use super::policy::Policy;
use super::ports::Ports;
use super::reach::{Reach, reach};
use super::table::End;
use crate::source::NodeRef;

/// Who reaches whom in a set of objects.
///
/// Two relations are equal where [`difference`] finds nothing, however their policies are
/// written.
#[derive(Debug, Clone)]
pub struct Relation<'t> {
    pub(super) cluster: Cluster<'t>,
    pub(super) policies: Vec<Policy<'t>>,
    pub(super) entries: Entries<'t>,
    /// The pods that are not among the objects and of which these speak.
    pub(super) others: BTreeSet<Others<'t>>,
    /// The namespaces that the objects are about.
    pub(super) own: BTreeSet<&'t str>,
    /// Whether all of these others are here.
    pub(super) has_all_others: bool,
    /// What holds, once somebody has asked.
    held: OnceLock<Held<'t>>,
}

/// What holds.
#[derive(Debug, Clone)]
struct Held<'t> {
    reach: Reach<'t>,
    ways_in: Vec<WayIn<'t>>,
    /// Whether that is all.
    is_whole: bool,
}

/// Some that may open connections to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge<'t> {
    /// Who may call.
    pub from: End<'t>,
    /// Whom they may call.
    pub to: End<'t>,
    /// On which ports of those who are called.
    pub ports: Ports<'t>,
}

/// Works out who reaches whom from the objects of a cluster, given as their manifests.
#[must_use]
pub fn relation<'t>(objects: impl IntoIterator<Item = NodeRef<'t>>) -> Relation<'t> {
    let objects: Vec<NodeRef<'t>> = objects.into_iter().collect();
    let cluster = Cluster::of(&objects);
    let policies: Vec<Policy<'t>> =
        objects.iter().filter_map(|object| Policy::of(*object)).collect();
    let entries = Entries::of(&objects);
    let budget = Budget::default();
    let mut others = BTreeSet::from([Others::default()]);
    others.extend(policies.iter().flat_map(|policy| policy.others(&cluster, &budget)));
    others.extend(entries.others(&cluster, &budget));
    let mut own: BTreeSet<&'t str> = cluster.names_of_namespaces().collect();
    own.extend(policies.iter().map(|policy| policy.namespace));
    own.extend(entries.namespaces());
    let has_all_others = !budget.is_empty();
    Relation { cluster, policies, entries, others, own, has_all_others, held: OnceLock::new() }
}

impl<'t> Relation<'t> {
    /// Who reaches whom when there are these other pods, and these namespaces are looked at.
    pub(super) fn reach_with(
        &self,
        others: &BTreeSet<Others<'t>>,
        own: &BTreeSet<&'t str>,
        budget: &Budget,
    ) -> Reach<'t> {
        reach(&self.cluster.with(others), &self.policies, own, budget)
    }

    /// Whether the pods, their namespaces and the very policies are the same on both sides, so
    /// that with the same others the same pods reach each other.
    pub(super) fn has_same_rules(&self, other: &Self) -> bool {
        let mut policies = self.policies.iter().zip(&other.policies);
        self.policies.len() == other.policies.len()
            && policies.all(|(one, other)| one.object.is(other.object))
            && self.cluster == other.cluster
    }

    fn held(&self) -> &Held<'t> {
        self.held.get_or_init(|| {
            let budget = Budget::default();
            let reach = self.reach_with(&self.others, &self.own, &budget);
            let ways_in = self.entries.ways_in(&self.cluster, &reach, &budget);
            Held { reach, ways_in, is_whole: self.has_all_others && !budget.is_empty() }
        })
    }

    fn reach(&self) -> &Reach<'t> {
        &self.held().reach
    }

    /// Whether all is worked out; otherwise there is so much that gen does not, and what is said
    /// here is not to be relied on.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.held().is_whole
    }

    /// Who may call whom on which ports, ordered: between pods, and between pods and addresses.
    /// An edge that is not there is denied.
    #[must_use]
    pub fn edges(&self) -> Vec<Edge<'t>> {
        let edges = self.reach().edges(&self.own).into_iter();
        edges.map(|(from, to, ports)| Edge { from, to, ports: ports.clone() }).collect()
    }

    /// The ports on which some pods may call others, both of them among [`pods`](Self::pods).
    #[must_use]
    pub fn ports(&self, from: &Pods<'_>, to: &Pods<'_>) -> Ports<'t> {
        let reach = self.reach();
        let groups = reach.group_of(from).zip(reach.group_of(to));
        groups.and_then(|pair| reach.between.get(&pair)).cloned().unwrap_or_default()
    }

    /// All pods, those that no object makes too.
    #[must_use]
    pub fn pods(&self) -> Vec<Pods<'t>> {
        let mut all: Vec<Pods<'t>> =
            self.reach().groups.iter().flat_map(|group| &group.pods).cloned().collect();
        all.sort_unstable();
        all
    }

    /// The workloads among the objects.
    pub fn workloads(&self) -> impl Iterator<Item = Workload<'t>> + '_ {
        self.cluster.workloads().map(|(workload, _)| workload)
    }

    /// The workloads whose pods are in the network of their node, where no policy holds.
    pub fn host_network(&self) -> impl Iterator<Item = Workload<'t>> + '_ {
        let all = self.cluster.workloads();
        all.filter(|(_, pod)| pod.host_network).map(|(workload, _)| workload)
    }

    /// The ways by which traffic comes from outside, ordered.
    #[must_use]
    pub fn ways_in(&self) -> &[WayIn<'t>] {
        &self.held().ways_in
    }
}

impl PartialEq for Relation<'_> {
    fn eq(&self, other: &Self) -> bool {
        difference(self, other).is_empty()
    }
}
