//! Who reaches whom, before and after.

use super::comparison::{Comparison, Subject};
use super::impact::{Class, Impact, Impacts, World, Worlds};
use crate::connectivity::{self, Difference, EdgeChange, End, Pods, Relation};
use crate::k8s::Identity;

const SOURCE: &str = "https://kubernetes.io/docs/concepts/services-networking/network-policies/";

/// A way between pods, or into or out of the cluster, that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkChange {
    /// Whether more gets through than before.
    pub is_wider: bool,
    /// What changes, in a line with its sign.
    pub text: String,
}

/// How the network differs, in lines; each way that is wider is added to the impacts of a change
/// that makes it so.
pub fn check(
    comparison: &Comparison<'_>,
    worlds: &Worlds<'_>,
    impacts: &mut Impacts,
) -> Vec<NetworkChange> {
    let Difference { edges, ways_in } =
        connectivity::difference(&relation(&worlds.old), &relation(&worlds.new));
    for edge in edges.iter().filter(|edge| edge.is_wider()) {
        let EdgeChange { from, to, gained, .. } = edge;
        let reason = format!("lets {from} reach {to} on {gained}");
        let impact = Impact::new(Class::Exposure, reason, SOURCE);
        match cause(comparison, edge) {
            Some(place) => {
                let fields = comparison.changes[place].fields();
                let spec = fields.iter().filter(|field| field.path.starts_with(&["spec"]));
                impacts.of_changes[place].push(impact.by(spec));
            }
            None => impacts.elsewhere.push((to.to_string(), impact)),
        }
    }
    let edges = edges
        .iter()
        .map(|edge| NetworkChange { is_wider: edge.is_wider(), text: edge.to_string() });
    let ways_in =
        ways_in.iter().map(|way| NetworkChange { is_wider: way.is_wider(), text: way.to_string() });
    edges.chain(ways_in).collect()
}

fn relation<'c>(world: &World<'c>) -> Relation<'c> {
    connectivity::relation(world.roots.iter().copied())
}

/// The change that most likely opens a way: that of a policy of the pods at its ends, or else of
/// these pods themselves, or of their namespace.
fn cause(comparison: &Comparison<'_>, edge: &EdgeChange<'_>) -> Option<usize> {
    let ends: Vec<&Pods<'_>> = [&edge.to, &edge.from]
        .into_iter()
        .flat_map(|end| match end {
            End::Addresses(_) => &[][..],
            End::Pods(pods) => pods,
        })
        .collect();
    let likeliness = |identity: &Identity| {
        let namespace = identity.namespace.as_deref();
        let is_near = ends.iter().any(|pods| namespace.is_some() && pods.namespace() == namespace);
        let is_end = |pods: &&Pods<'_>| match pods {
            // The name of a Job ends in a digest.
            Pods::Workload(workload) => {
                let rest = workload.name.strip_prefix(identity.name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                    && Some(workload.namespace) == namespace
            }
            Pods::Others(_) => false,
        };
        let is_named = ends.iter().any(is_end);
        match identity.kind.as_str() {
            "NetworkPolicy" if is_named => 5,
            "NetworkPolicy" if is_near => 4,
            _ if is_named => 3,
            "Namespace" if ends.iter().any(|pods| pods.namespace() == Some(&identity.name)) => 2,
            _ if is_near => 1,
            _ => 0,
        }
    };
    let places = comparison.changes.iter().enumerate().map(|(place, change)| {
        let likeliness = match change.subject() {
            Subject::Object(identity) => likeliness(&identity),
            Subject::File(_) => 0,
        };
        (likeliness, place)
    });
    // Of several that are equally likely, the first.
    let best = places.max_by_key(|(likeliness, place)| (*likeliness, usize::MAX - place));
    best.filter(|(likeliness, _)| *likeliness > 0).map(|(_, place)| place)
}
