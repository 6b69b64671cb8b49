//! What is between pods, once for all that are alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::addresses::Addresses;
use super::pods::Pods;
use super::policy::Direction;

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum End<'t> {
    /// Addresses that are no pod's.
    Addresses(Addresses),
    /// Pods, each alike.
    Pods(Vec<Pods<'t>>),
}

impl fmt::Display for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(addresses) => addresses.fmt(f),
            Self::Pods(all) => {
                // A line is for people: who needs the rest asks for JSON.
                let shown = if all.len() > MANY { MANY - 1 } else { all.len() };
                for (index, pods) in all.iter().take(shown).enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    pods.fmt(f)?;
                }
                match all.len() - shown {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

/// How many names a line may have.
const MANY: usize = 4;

/// What is between pods, and between pods and addresses. `P` says what is there: ports, or how
/// they differ.
#[derive(Debug, Clone)]
pub(super) struct Table<'t, P> {
    /// Pods that are alike: to and from everybody there is the same for each.
    pub groups: Vec<Group<'t, P>>,
    /// What is there from one group to another, or to itself; nothing where nothing is there.
    pub between: BTreeMap<(usize, usize), P>,
}

#[derive(Debug, Clone)]
pub(super) struct Group<'t, P> {
    pub pods: Vec<Pods<'t>>,
    /// What comes from addresses, and what goes to them.
    pub addresses: [BTreeMap<Addresses, P>; 2],
}

impl<P> Default for Table<'_, P> {
    fn default() -> Self {
        Self { groups: Vec::new(), between: BTreeMap::new() }
    }
}

impl<'t, P: Clone + Ord> Table<'t, P> {
    /// Puts groups that turn out to be alike together, and all in order: equal tables have equal
    /// groups.
    pub fn new(groups: &[Group<'t, P>], between: &BTreeMap<(usize, usize), P>) -> Self {
        let mut from: Vec<Vec<(usize, &P)>> = vec![Vec::new(); groups.len()];
        let mut to = from.clone();
        for ((caller, callee), what) in between {
            from[*caller].push((*callee, what));
            to[*callee].push((*caller, what));
        }
        let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, (from, to)) in from.iter().zip(&to).enumerate() {
            alike.entry((from, to, &groups[index].addresses)).or_default().push(index);
        }
        let mut merged: Vec<(Vec<Pods<'t>>, Vec<usize>)> = alike
            .into_values()
            .map(|members| {
                let pods = members.iter().flat_map(|index| &groups[*index].pods).cloned();
                let mut pods: Vec<Pods<'t>> = pods.collect();
                pods.sort_unstable();
                (pods, members)
            })
            .collect();
        merged.sort_unstable();
        let mut place = vec![0; groups.len()];
        for (index, (_, members)) in merged.iter().enumerate() {
            for member in members {
                place[*member] = index;
            }
        }
        let between = between
            .iter()
            .map(|((caller, callee), what)| ((place[*caller], place[*callee]), what.clone()))
            .collect();
        let groups = merged
            .into_iter()
            .map(|(pods, members)| Group { pods, addresses: groups[members[0]].addresses.clone() })
            .collect();
        Self { groups, between }
    }

    /// The group of some pods.
    pub fn group_of(&self, pods: &Pods<'_>) -> Option<usize> {
        self.groups
            .iter()
            .position(|group| group.pods.binary_search_by(|one| one.cmp(pods)).is_ok())
    }

    /// All that is there, in order. What holds for any pod elsewhere is not repeated for
    /// such of which something is known: pods outside of the namespaces that are `own`.
    pub fn edges(&self, own: &BTreeSet<&str>) -> Vec<(End<'t>, End<'t>, &P)> {
        let elsewhere = self.group_of(&Pods::Others(super::pods::Others::default()));
        let members = |group: usize, what: &P, to_elsewhere: Option<&P>| {
            let is_said = to_elsewhere == Some(what);
            let is_foreign = |pods: &&Pods<'t>| match pods {
                Pods::Workload(_) => false,
                Pods::Others(others) => !others.is_anyone() && !others.is_own(own),
            };
            let pods = self.groups[group].pods.iter();
            pods.filter(|pods| !(is_said && is_foreign(pods))).cloned().collect::<Vec<_>>()
        };
        let mut edges = Vec::new();
        for ((caller, callee), what) in &self.between {
            let like = |from: Option<usize>, to: Option<usize>| {
                from.zip(to).and_then(|pair| self.between.get(&pair))
            };
            let from = members(*caller, what, like(elsewhere, Some(*callee)));
            let to = members(*callee, what, like(Some(*caller), elsewhere));
            if !from.is_empty() && !to.is_empty() {
                edges.push((End::Pods(from), End::Pods(to), what));
            }
        }
        for group in &self.groups {
            for direction in Direction::BOTH {
                for (addresses, what) in &group.addresses[direction as usize] {
                    let (pods, addresses) =
                        (End::Pods(group.pods.clone()), End::Addresses(addresses.clone()));
                    edges.push(match direction {
                        Direction::Ingress => (addresses, pods, what),
                        Direction::Egress => (pods, addresses, what),
                    });
                }
            }
        }
        edges.sort_unstable();
        edges
    }
}
