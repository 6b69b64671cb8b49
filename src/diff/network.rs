//! Who reaches whom, before and after.

use super::comparison::{Comparison, Subject};
use super::impact::{Class, Impact, Impacts, World, Worlds};
use crate::connectivity::{self, Difference, EdgeChange, End, Pods, Relation};
use crate::k8s::Identity;
use crate::validate::Map;

const SOURCE: &str = "https://kubernetes.io/docs/concepts/services-networking/network-policies/";

/// How many fields stand for an impact at most.
const MOST_CAUSES: usize = 10;

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
    let Difference { edges, ways_in, is_whole } =
        connectivity::difference(&relation(&worlds.old), &relation(&worlds.new));
    if !is_whole {
        return vec![not_compared(impacts)];
    }
    let causes = Causes::of(comparison);
    let mut fields: Map<usize, Impact> = Map::default();
    for edge in edges.iter().filter(|edge| edge.is_wider()) {
        let EdgeChange { from, to, gained, .. } = edge;
        let reason = format!("lets {from} reach {to} on {gained}");
        let impact = Impact::new(Class::Exposure, reason, SOURCE);
        match causes.cause(edge) {
            Some(place) => {
                let by = fields.entry(place).or_insert_with(|| {
                    let fields = comparison.changes[place].fields();
                    let spec = fields.iter().filter(|field| field.path.starts_with(&["spec"]));
                    Impact::new(Class::Exposure, "", SOURCE).by(spec.take(MOST_CAUSES))
                });
                impacts.of_changes[place].push(Impact { reason: impact.reason, ..by.clone() });
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

/// What gen does not work out may be wider.
fn not_compared(impacts: &mut Impacts) -> NetworkChange {
    let text = "not compared: there is too much to say about who reaches whom".to_owned();
    let impact = Impact::new(Class::Exposure, text.clone(), SOURCE);
    impacts.elsewhere.push(("the network".to_owned(), impact));
    NetworkChange { is_wider: true, text }
}

fn relation<'c>(world: &World<'c>) -> Relation<'c> {
    connectivity::relation(world.roots.iter().copied())
}

/// The changes that may open ways, by what tells which do.
#[derive(Default)]
struct Causes {
    /// The first change of each name in a namespace, of a policy and of anything.
    named: Map<(String, String), [Option<usize>; 2]>,
    /// The same of each namespace.
    near: Map<String, [Option<usize>; 2]>,
    namespaces: Map<String, usize>,
}

impl Causes {
    fn of(comparison: &Comparison<'_>) -> Self {
        let mut causes = Self::default();
        for (place, change) in comparison.changes.iter().enumerate() {
            let Subject::Object(Identity { kind, namespace, name, .. }) = change.subject() else {
                continue;
            };
            let is_policy = kind == "NetworkPolicy";
            if kind == "Namespace" {
                causes.namespaces.entry(name.clone()).or_insert(place);
            }
            if let Some(namespace) = namespace {
                let named = causes.named.entry((namespace.clone(), name)).or_default();
                let near = causes.near.entry(namespace).or_default();
                for firsts in [named, near] {
                    firsts[0] = firsts[0].or(is_policy.then_some(place));
                    firsts[1] = firsts[1].or(Some(place));
                }
            }
        }
        causes
    }

    /// The change that most likely opens a way: that of a policy of the pods at its ends, or else
    /// of these pods themselves, or of their namespace. Of several that are equally likely, the
    /// first.
    fn cause(&self, edge: &EdgeChange<'_>) -> Option<usize> {
        let ends = [&edge.to, &edge.from].into_iter().flat_map(|end| match end {
            End::Addresses(_) => &[][..],
            End::Pods(pods) => pods,
        });
        // By likeliness, the likeliest first.
        let mut firsts: [Option<usize>; 5] = [None; 5];
        let mut add = |rank: usize, place: Option<usize>| {
            firsts[rank] = [firsts[rank], place].into_iter().flatten().min();
        };
        for pods in ends {
            let Some(namespace) = pods.namespace() else { continue };
            if let Pods::Workload(workload) = pods {
                for name in beginnings(workload.name) {
                    let key = (namespace.to_owned(), name.to_owned());
                    let [policy, any] = self.named.get(&key).copied().unwrap_or_default();
                    add(0, policy);
                    add(2, any);
                }
            }
            let [policy, any] = self.near.get(namespace).copied().unwrap_or_default();
            add(1, policy);
            add(3, self.namespaces.get(namespace).copied());
            add(4, any);
        }
        firsts.into_iter().flatten().next()
    }
}

/// A name, and what it starts with: the name of a Job ends in a digest.
fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('-').map(|(at, _)| &name[..at]).chain([name])
}
