//! What is shown of a relation: all of it, or the part that is asked for.

use super::entry::WayIn;
use super::pods::{Pods, Workload};
use super::relation::{Edge, Relation};
use super::table::End;

/// The parts of a relation, each ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<'t> {
    /// The ways in from outside.
    pub ways_in: Vec<WayIn<'t>>,
    /// Who may call whom.
    pub edges: Vec<Edge<'t>>,
    /// The workloads in the network of their nodes, where no policy holds.
    pub host_network: Vec<Workload<'t>>,
}

impl<'t> Relation<'t> {
    /// All of it.
    #[must_use]
    pub fn listing(&self) -> Listing<'t> {
        Listing {
            ways_in: self.ways_in().to_vec(),
            edges: self.edges(),
            host_network: self.host_network().collect(),
        }
    }
}

impl<'t> Listing<'t> {
    /// Only where traffic from some workloads may go.
    #[must_use]
    pub fn from(mut self, workloads: &[Workload<'t>]) -> Self {
        self.ways_in.clear();
        self.edges.retain_mut(|edge| narrow(&mut edge.from, workloads));
        self.host_network.retain(|one| workloads.contains(one));
        self
    }

    /// Only where traffic to some workloads may come from.
    #[must_use]
    pub fn to(mut self, workloads: &[Workload<'t>]) -> Self {
        self.ways_in.retain(|way| way.to.as_ref().is_some_and(|pods| is_one_of(pods, workloads)));
        self.edges.retain_mut(|edge| narrow(&mut edge.to, workloads));
        self.host_network.retain(|one| workloads.contains(one));
        self
    }
}

/// Leaves only some workloads at an end; whether one of them is there.
fn narrow(end: &mut End<'_>, workloads: &[Workload<'_>]) -> bool {
    let End::Pods(pods) = end else { return false };
    pods.retain(|one| is_one_of(one, workloads));
    !pods.is_empty()
}

fn is_one_of(pods: &Pods<'_>, workloads: &[Workload<'_>]) -> bool {
    matches!(pods, Pods::Workload(workload) if workloads.contains(workload))
}
