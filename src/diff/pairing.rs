//! Which parts of two versions of a value are the same part: entries by their keys, items of
//! lists by the fields that the API server merges them by, or else by their order.

use std::collections::BTreeMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::meaning;
use super::path::Step;
use crate::k8s::schema::{ItemIdentity, Shape, Type};
use crate::source::{Kind, NodeRef, Origin, Rule};

/// Lists whose middles are longer than this are compared item by item.
const LONG: usize = 400;

/// A part that at least one of two versions has.
#[derive(Debug, Clone)]
pub struct Pair<'t> {
    /// How it is told from its siblings.
    pub step: Step,
    /// The old version of it.
    pub old: Option<NodeRef<'t>>,
    /// The new version of it.
    pub new: Option<NodeRef<'t>>,
    /// What the schema says of it.
    pub of: Option<Type>,
}

/// The parts of two maps or two lists, in the order of the new one; what only the old one has
/// follows what it followed there.
#[derive(Debug, Default)]
pub struct Pairs<'t> {
    /// The parts.
    pub all: Vec<Pair<'t>>,
    /// Whether those that both versions have stand in another order.
    pub reordered: bool,
}

/// Whether the API server filled a value in, that is to say nobody wrote it.
pub fn is_default(node: NodeRef<'_>) -> bool {
    matches!(node.at(), Origin::Derived { rule: Rule::ServerDefault, .. })
}

/// Whether a value means the same as none, where the other side has none.
pub fn is_nothing(node: NodeRef<'_>, of: Option<Type>) -> bool {
    is_default(node) || meaning::is_absent(node, of)
}

/// Pairs the entries of two maps; a key that holds nothing counts as missing.
pub fn entries<'t>(old: NodeRef<'t>, new: NodeRef<'t>, of: Option<Type>) -> Pairs<'t> {
    let there = |node: NodeRef<'t>| {
        node.entries()
            .filter(|entry| entry.kind() != Kind::Null)
            .map(|entry| (Step::Field(entry.key().unwrap_or_default().to_owned()), entry))
            .collect::<Vec<_>>()
    };
    let type_of = |step: &Step| match (step, of.map(Type::shape)) {
        (Step::Field(name), Some(Shape::Object(object))) => object.field(name).map(|it| it.of),
        (_, Some(Shape::Map(value))) => Some(value),
        _ => None,
    };
    Pairs { reordered: false, ..merge(there(old), there(new), type_of) }
}

/// Pairs the items of two lists.
pub fn items<'t>(old: NodeRef<'t>, new: NodeRef<'t>, of: Option<Type>) -> Pairs<'t> {
    let (item, identity) = match of.map(Type::shape) {
        Some(Shape::List(list)) => (Some(list.item), list.identity),
        _ => (None, ItemIdentity::None),
    };
    let step = |node: NodeRef<'_>| match identity {
        ItemIdentity::Value if !matches!(node.kind(), Kind::Map | Kind::List) => {
            Some(Step::Value(node.text().to_owned()))
        }
        ItemIdentity::Keys(keys) if node.kind() == Kind::Map => {
            let value = |key: &&str| node.get(key).map_or("", NodeRef::text).to_owned();
            Some(Step::Keyed(keys.iter().map(|key| ((*key).to_owned(), value(key))).collect()))
        }
        _ => None,
    };
    let keyed = |node: NodeRef<'t>| {
        let steps: Option<Vec<_>> = node.items().map(|item| Some((step(item)?, item))).collect();
        steps.filter(|steps| {
            let mut seen: Vec<&Step> = steps.iter().map(|(step, _)| step).collect();
            seen.sort_unstable();
            seen.is_sorted_by(|a, b| a < b)
        })
    };
    match (keyed(old), keyed(new)) {
        (Some(old), Some(new)) => merge(old, new, |_| item),
        _ => in_order(old, new, item),
    }
}

type Stepped<'t> = Vec<(Step, NodeRef<'t>)>;

fn merge<'t>(
    old: Stepped<'t>,
    new: Stepped<'t>,
    type_of: impl Fn(&Step) -> Option<Type>,
) -> Pairs<'t> {
    let places: BTreeMap<Step, usize> =
        old.iter().enumerate().map(|(place, (step, _))| (step.clone(), place)).collect();
    let mut all = Vec::with_capacity(new.len());
    let mut taken = vec![false; old.len()];
    let (mut last, mut reordered) = (None, false);
    for (step, new) in new {
        let place = places.get(&step).copied();
        if let Some(place) = place {
            taken[place] = true;
            reordered |= last.is_some_and(|last| last > place);
            last = Some(place);
        }
        let of = type_of(&step);
        all.push(Pair { step, old: place.map(|place| old[place].1), new: Some(new), of });
    }
    Pairs { all: with_removed(all, old, &taken, type_of), reordered }
}

/// Puts each removed part behind the one that it stood behind.
fn with_removed<'t>(
    pairs: Vec<Pair<'t>>,
    old: Stepped<'t>,
    taken: &[bool],
    type_of: impl Fn(&Step) -> Option<Type>,
) -> Vec<Pair<'t>> {
    if taken.iter().all(|taken| *taken) {
        return pairs;
    }
    // By the part that is still there before them.
    let mut removed: BTreeMap<Option<u32>, Vec<Pair<'t>>> = BTreeMap::new();
    let mut before = None;
    for ((step, node), taken) in old.into_iter().zip(taken) {
        if *taken {
            before = Some(node.index());
        } else {
            let of = type_of(&step);
            let pair = Pair { step, old: Some(node), new: None, of };
            removed.entry(before).or_default().push(pair);
        }
    }
    let mut all = removed.remove(&None).unwrap_or_default();
    for pair in pairs {
        let behind = pair.old.and_then(|old| removed.remove(&Some(old.index())));
        all.push(pair);
        all.extend(behind.into_iter().flatten());
    }
    all
}

/// Pairs items that have nothing but their order: those that mean the same, as many of them as
/// stand in the same order, and between these the first with the first.
fn in_order<'t>(old: NodeRef<'t>, new: NodeRef<'t>, item: Option<Type>) -> Pairs<'t> {
    let (old, new): (Vec<_>, Vec<_>) = (old.items().collect(), new.items().collect());
    let same = |a: NodeRef<'_>, b: NodeRef<'_>| meaning::equal(a, b, item);
    let start = old.iter().zip(&new).take_while(|(a, b)| same(**a, **b)).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let reversed = old_rest.iter().rev().zip(new_rest.iter().rev());
    let end = reversed.take_while(|(a, b)| same(**a, **b)).count();
    let old_middle = &old_rest[..old_rest.len() - end];
    let new_middle = &new_rest[..new_rest.len() - end];
    let ops = if old_middle.len().max(new_middle.len()) > LONG {
        vec![DiffOp::Replace {
            old_index: 0,
            old_len: old_middle.len(),
            new_index: 0,
            new_len: new_middle.len(),
        }]
    } else {
        let mut kinds: Vec<NodeRef<'_>> = Vec::new();
        let mut number = |node: NodeRef<'t>| {
            let known = kinds.iter().position(|kind| same(*kind, node));
            known.unwrap_or_else(|| {
                kinds.push(node);
                kinds.len() - 1
            })
        };
        let old_numbers: Vec<usize> = old_middle.iter().map(|node| number(*node)).collect();
        let new_numbers: Vec<usize> = new_middle.iter().map(|node| number(*node)).collect();
        capture_diff_slices(Algorithm::Myers, &old_numbers, &new_numbers)
    };
    let mut all = Vec::new();
    let mut push = |old_place: Option<usize>, new_place: Option<usize>| {
        let step = Step::Index { old: old_place, new: new_place };
        let (old, new) = (old_place.map(|place| old[place]), new_place.map(|place| new[place]));
        all.push(Pair { step, old, new, of: item });
    };
    (0..start).for_each(|place| push(Some(place), Some(place)));
    for op in ops {
        let (before, after) = (op.old_range(), op.new_range());
        for place in 0..before.len().max(after.len()) {
            let at = |range: &std::ops::Range<usize>| {
                (place < range.len()).then(|| start + range.start + place)
            };
            push(at(&before), at(&after));
        }
    }
    for place in 0..end {
        push(Some(old.len() - end + place), Some(new.len() - end + place));
    }
    Pairs { all, reordered: false }
}
