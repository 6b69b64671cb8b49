//! What a change does to a relation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::addresses::Addresses;
use super::budget::{Budget, EDGE};
use super::entry::{Door, ServicePort, WayIn};
use super::pods::{Others, Pods};
use super::policy::Direction;
use super::ports::Ports;
use super::reach::{Reach, open_to};
use super::relation::Relation;
use super::table::{End, Group, Table};

/// How two relations differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'t> {
    /// What pods and addresses may do that they could not, and what no longer, ordered.
    pub edges: Vec<EdgeChange<'t>>,
    /// The ways in from outside that come, go or change, ordered.
    pub ways_in: Vec<WayInChange<'t>>,
    /// Whether all is worked out; otherwise there is so much that gen does not, and what is said
    /// here is not to be relied on.
    pub is_whole: bool,
}

impl Difference<'_> {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty() && self.ways_in.is_empty()
    }

    /// Whether anything is reached by more than before.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        self.edges.iter().any(EdgeChange::is_wider)
            || self.ways_in.iter().any(WayInChange::is_wider)
    }
}

/// How it differs on which ports some may call others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeChange<'t> {
    /// Who may call.
    pub from: End<'t>,
    /// Whom they may call.
    pub to: End<'t>,
    /// On which ports they could not.
    pub gained: Ports<'t>,
    /// On which ports they no longer may.
    pub lost: Ports<'t>,
    /// Whether they could call on some port, and whether they may now.
    connected: (bool, bool),
}

impl EdgeChange<'_> {
    /// Whether somebody is reached on more ports than before.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        !self.gained.is_empty()
    }

    /// `+` for an edge that was not there, `-` for one that no longer is, `~` for one with other
    /// ports.
    #[must_use]
    pub fn sign(&self) -> char {
        match self.connected {
            (false, _) => '+',
            (_, false) => '-',
            (true, true) => '~',
        }
    }
}

/// `+ shop/web -> shop/api 8000/TCP`; where only ports differ,
/// `~ shop/web -> shop/api +8000/TCP -9000/TCP`.
impl fmt::Display for EdgeChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, gained, lost, .. } = self;
        write!(f, "{} {from} -> {to}", self.sign())?;
        match self.sign() {
            '+' => write!(f, " {gained}"),
            '-' => write!(f, " {lost}"),
            _ => {
                if !gained.is_empty() {
                    write!(f, " +{gained}")?;
                }
                if !lost.is_empty() {
                    write!(f, " -{lost}")?;
                }
                Ok(())
            }
        }
    }
}

/// How a way in from outside differs. At least one side is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayInChange<'t> {
    /// How it was; none where it is new.
    pub old: Option<WayIn<'t>>,
    /// How it is; none where it is gone.
    pub new: Option<WayIn<'t>>,
}

impl WayInChange<'_> {
    /// Whether more comes in than before: the way is new and not closed, or it leads to more
    /// ports or lets more through.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        let Some(new) = self.new.as_ref().filter(|new| !new.through.is_empty()) else {
            return false;
        };
        let Some(old) = &self.old else { return true };
        let addresses = |way: &WayIn<'_>| {
            let ends = way.through.iter().filter_map(|end| match end {
                End::Addresses(addresses) => Some(addresses.clone()),
                End::Pods(_) => None,
            });
            ends.fold(Addresses::default(), |all, one| all.union(&one))
        };
        let pods = |way: &WayIn<'_>| -> BTreeSet<String> {
            let ends = way.through.iter().flat_map(|end| match end {
                End::Addresses(_) => &[][..],
                End::Pods(pods) => pods,
            });
            ends.map(ToString::to_string).collect()
        };
        !old.ports.holds(&new.ports)
            || !addresses(new).difference(&addresses(old)).is_empty()
            || !pods(new).is_subset(&pods(old))
    }

    /// `+`, `-` or `~`, as [`EdgeChange::sign`].
    #[must_use]
    pub fn sign(&self) -> char {
        match (&self.old, &self.new) {
            (None, _) => '+',
            (_, None) => '-',
            _ => '~',
        }
    }
}

/// The way with its sign; as it is now, where it still is.
impl fmt::Display for WayInChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.new
            .iter()
            .chain(&self.old)
            .take(1)
            .try_for_each(|way| write!(f, "{} {way}", self.sign()))
    }
}

/// Says how two relations differ, whatever their policies look like.
///
/// Pods that neither side's objects make and that one side speaks of are held against both.
#[must_use]
pub fn difference<'t>(old: &Relation<'t>, new: &Relation<'t>) -> Difference<'t> {
    let others: BTreeSet<Others<'t>> = old.others.union(&new.others).cloned().collect();
    let own: BTreeSet<&'t str> = old.own.union(&new.own).copied().collect();
    let budget = &Budget::default();
    let before = old.reach_with(&others, &own, budget);
    let after = (!old.has_same_rules(new)).then(|| new.reach_with(&others, &own, budget));
    let edges = after.as_ref().map(|after| edges(&before, after, &own, budget));
    let edges = edges.unwrap_or_default();
    let ways_before = old.entries.ways_in(&old.cluster, &before, budget);
    let ways_after = new.entries.ways_in(&new.cluster, after.as_ref().unwrap_or(&before), budget);
    let is_whole = old.has_all_others && new.has_all_others && !budget.is_empty();
    Difference { edges, ways_in: ways_in(ways_before, ways_after), is_whole }
}

fn edges<'t>(
    before: &Reach<'t>,
    after: &Reach<'t>,
    own: &BTreeSet<&'t str>,
    budget: &Budget,
) -> Vec<EdgeChange<'t>> {
    let changes = table(before, after, budget);
    if budget.is_empty() {
        return Vec::new();
    }
    let edges = together(changes.edges(own)).into_iter().map(|(from, to, change)| {
        let Change { gained, lost, connected } = change.clone();
        EdgeChange { from, to, gained, lost, connected }
    });
    edges.collect()
}

/// Who calls, who is called, and how that differs.
type Changed<'c, 't> = (End<'t>, End<'t>, &'c Change<'t>);

/// Puts all together to whom the same happens with the same others, first those who call and
/// then those who are called: a policy for a whole namespace is one change and not one for each
/// pair of its pods.
fn together<'c, 't>(changes: Vec<Changed<'c, 't>>) -> Vec<Changed<'c, 't>> {
    let mut callers: BTreeMap<(End<'t>, &Change<'t>), Ends<'t>> = BTreeMap::new();
    for (from, to, change) in changes {
        callers.entry((to, change)).or_default().add(from);
    }
    let mut called: BTreeMap<(End<'t>, &Change<'t>), Ends<'t>> = BTreeMap::new();
    for ((to, change), from) in callers {
        for from in from.all() {
            called.entry((from, change)).or_default().add(to.clone());
        }
    }
    let each = |((from, change), to): ((End<'t>, &'c Change<'t>), Ends<'t>)| {
        to.all().map(move |to| (from.clone(), to, change)).collect::<Vec<_>>()
    };
    let mut all: Vec<Changed<'c, 't>> = called.into_iter().flat_map(each).collect();
    all.sort_unstable();
    all
}

/// Some ends: pods together, sets of addresses each for itself.
#[derive(Default)]
struct Ends<'t> {
    pods: Vec<Pods<'t>>,
    addresses: Vec<End<'t>>,
}

impl<'t> Ends<'t> {
    fn add(&mut self, end: End<'t>) {
        match end {
            End::Pods(mut pods) => self.pods.append(&mut pods),
            addresses @ End::Addresses(_) => self.addresses.push(addresses),
        }
    }

    fn all(mut self) -> impl Iterator<Item = End<'t>> {
        self.pods.sort_unstable();
        let pods = (!self.pods.is_empty()).then_some(End::Pods(self.pods));
        self.addresses.into_iter().chain(pods)
    }
}

/// How the ports differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Change<'t> {
    gained: Ports<'t>,
    lost: Ports<'t>,
    connected: (bool, bool),
}

impl<'t> Change<'t> {
    fn of(old: &Ports<'t>, new: &Ports<'t>) -> Option<Self> {
        (old != new).then(|| Self {
            gained: new.difference(old),
            lost: old.difference(new),
            connected: (!old.is_empty(), !new.is_empty()),
        })
    }
}

/// All that differs, by pods that are alike on both sides.
fn table<'t>(old: &Reach<'t>, new: &Reach<'t>, budget: &Budget) -> Table<'t, Change<'t>> {
    let cells = Cells::of(old, new);
    let none = Ports::default();
    let mut ports: BTreeMap<(usize, usize), [&Ports<'t>; 2]> = BTreeMap::new();
    for (side, reach) in [old, new].into_iter().enumerate() {
        for ((caller, callee), open) in &reach.between {
            for from in &cells.of_group[side][*caller] {
                for to in &cells.of_group[side][*callee] {
                    if !budget.spend(EDGE + cells.all[*from].1.len() + cells.all[*to].1.len()) {
                        break;
                    }
                    ports.entry((*from, *to)).or_insert([&none; 2])[side] = open;
                }
            }
        }
    }
    let changes =
        ports.into_iter().filter_map(|(pair, [old, new])| Some((pair, Change::of(old, new)?)));
    let groups = cells.all.into_iter().map(|(sides, pods)| Group {
        pods,
        addresses: Direction::BOTH.map(|direction| {
            let none = BTreeMap::new();
            let of = |reach: &'_ Reach<'t>, group: Option<usize>| {
                group.map(|group| reach.groups[group].addresses[direction as usize].clone())
            };
            let old = of(old, sides[0]).unwrap_or(none.clone());
            addresses(&old, &of(new, sides[1]).unwrap_or(none), budget)
        }),
    });
    Table::new(&groups.collect::<Vec<_>>(), &changes.collect())
}

/// Pods that are in one group on each side.
struct Cells<'t> {
    /// Each with its groups, which are none where a side does not have these pods.
    all: Vec<([Option<usize>; 2], Vec<Pods<'t>>)>,
    /// The cells of each group, by side.
    of_group: [Vec<Vec<usize>>; 2],
}

impl<'t> Cells<'t> {
    fn of(old: &Reach<'t>, new: &Reach<'t>) -> Self {
        let mut sides: BTreeMap<&Pods<'t>, [Option<usize>; 2]> = BTreeMap::new();
        for (side, reach) in [old, new].into_iter().enumerate() {
            for (index, group) in reach.groups.iter().enumerate() {
                for pods in &group.pods {
                    sides.entry(pods).or_default()[side] = Some(index);
                }
            }
        }
        let mut cells: BTreeMap<[Option<usize>; 2], Vec<Pods<'t>>> = BTreeMap::new();
        for (pods, sides) in sides {
            cells.entry(sides).or_default().push(pods.clone());
        }
        let all: Vec<_> = cells.into_iter().collect();
        let mut of_group = [old, new].map(|reach| vec![Vec::new(); reach.groups.len()]);
        for (cell, (sides, _)) in all.iter().enumerate() {
            for (side, group) in sides.iter().enumerate() {
                if let Some(group) = group {
                    of_group[side][*group].push(cell);
                }
            }
        }
        Self { all, of_group }
    }
}

/// How what is open to addresses differs: by sets of addresses, each port in one of those that
/// gain and in one of those that lose.
fn addresses<'t>(
    old: &BTreeMap<Addresses, Ports<'t>>,
    new: &BTreeMap<Addresses, Ports<'t>>,
    budget: &Budget,
) -> BTreeMap<Addresses, Change<'t>> {
    let mut all: BTreeMap<Addresses, Pieces<'t>> = BTreeMap::new();
    let sizes = old.keys().chain(new.keys()).map(|addresses| 1 + addresses.size());
    let pieces = Ports::pieces(old.values().chain(new.values()));
    if !budget.spend(pieces.len() * sizes.sum::<usize>()) {
        return BTreeMap::new();
    }
    for piece in pieces {
        let (before, after) = (open_to(old.iter(), &piece), open_to(new.iter(), &piece));
        for (addresses, is_gain) in
            [(after.difference(&before), true), (before.difference(&after), false)]
        {
            if addresses.is_empty() {
                continue;
            }
            let connected = |side: &BTreeMap<Addresses, Ports<'t>>| {
                side.keys().any(|open| !open.intersection(&addresses).is_empty())
            };
            let connected = (connected(old), connected(new));
            let (lost, gained) = (Vec::new(), Vec::new());
            let pieces = all.entry(addresses).or_insert(Pieces { gained, lost, connected });
            let pieces = if is_gain { &mut pieces.gained } else { &mut pieces.lost };
            pieces.push(piece.clone());
        }
    }
    all.into_iter().map(|(addresses, pieces)| (addresses, pieces.whole())).collect()
}

/// How the ports differ, piece by piece.
struct Pieces<'t> {
    gained: Vec<Ports<'t>>,
    lost: Vec<Ports<'t>>,
    connected: (bool, bool),
}

impl<'t> Pieces<'t> {
    fn whole(self) -> Change<'t> {
        let Self { gained, lost, connected } = self;
        Change { gained: Ports::of_all(&gained), lost: Ports::of_all(&lost), connected }
    }
}

/// What tells a way in from others.
type WayInKey<'t> = (Door<'t>, Option<ServicePort<'t>>, Option<Pods<'t>>);

fn ways_in<'t>(old: Vec<WayIn<'t>>, new: Vec<WayIn<'t>>) -> Vec<WayInChange<'t>> {
    let mut all: BTreeMap<WayInKey<'t>, WayInChange<'t>> = BTreeMap::new();
    for (ways, is_new) in [(old, false), (new, true)] {
        for way in ways {
            let key = (way.door, way.service, way.to.clone());
            let change = all.entry(key).or_insert(WayInChange { old: None, new: None });
            *(if is_new { &mut change.new } else { &mut change.old }) = Some(way);
        }
    }
    all.into_values().filter(|change| change.old != change.new).collect()
}
