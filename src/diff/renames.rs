//! Which objects that only one side has are most likely the same under another name.

#![expect(clippy::disallowed_types, reason = "these maps are looked up, never walked")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::FixedState;

use super::comparison::differing;
use super::conceal;
use super::object::Object;
use super::pairing::is_default;
use crate::k8s::{Identity, Version};
use crate::source::{Kind, NodeRef, Step};

/// Of a hundred values, how many two objects must share to be taken for one that was renamed.
const LIKELY: usize = 70;
/// So many pairs of objects are compared in full.
const FEW_PAIRS: usize = 40_000;
/// A value that more objects have tells nothing of which is which.
const RARE: usize = 16;
/// Of many, with how many that share the most rare values an object is compared.
const CANDIDATES: usize = 3;

/// For each of the new objects the place of the old one that it was, if there is one that shares
/// most values with it and none before it was the same. Of several that are equally likely it is
/// the first.
pub fn pairs(old: &[&Object], new: &[&Object], version: Version) -> Vec<Option<usize>> {
    let mut classes: BTreeMap<Place<'_>, [Vec<usize>; 2]> = BTreeMap::new();
    for (side, objects) in [old, new].into_iter().enumerate() {
        for (index, object) in objects.iter().enumerate() {
            // What is secret says nothing of whose it is.
            if !conceal::is_secret(object.identity()) {
                classes.entry(place(object)).or_default()[side].push(index);
            }
        }
    }
    let mut found = vec![None; new.len()];
    for [of_old, of_new] in classes.into_values() {
        let class = Class { old: compared(old, &of_old), new: compared(new, &of_new), version };
        for (place, paired) in of_new.iter().zip(class.pairs()) {
            found[*place] = paired.map(|paired| of_old[paired]);
        }
    }
    found
}

type Place<'o> = (&'o str, &'o str, Option<&'o str>);

fn place(object: &Object) -> Place<'_> {
    let Identity { group, kind, namespace, .. } = object.identity();
    (group, kind, namespace.as_deref())
}

/// An object, and how many values it has.
struct Compared<'o> {
    object: &'o Object,
    size: usize,
}

fn compared<'o>(objects: &[&'o Object], places: &[usize]) -> Vec<Compared<'o>> {
    places.iter().map(|place| Compared::of(objects[*place])).collect()
}

impl<'o> Compared<'o> {
    fn of(object: &'o Object) -> Self {
        Self { object, size: size(object.root()) }
    }

    /// A number for each of its values and where it stands.
    fn prints(&self) -> Vec<u64> {
        let mut prints = Vec::with_capacity(self.size);
        values(self.object.root(), &mut |path, node| {
            let mut hasher = FixedState::default().build_hasher();
            for step in path {
                match step {
                    Step::Key(key) => key.hash(&mut hasher),
                    Step::Index(index) => index.hash(&mut hasher),
                }
            }
            node.text().hash(&mut hasher);
            prints.push(hasher.finish());
        });
        prints
    }
}

/// Calls `each` with the values of an object but for its metadata and what the server fills in.
fn values<'t>(root: NodeRef<'t>, each: &mut impl FnMut(&[Step<'t>], NodeRef<'t>)) {
    root.walk(&mut |path, node| {
        let is_metadata = matches!(path.first(), Some(Step::Key("metadata")));
        let is_leaf = !matches!(node.kind(), Kind::Map | Kind::List) || node.is_empty();
        if is_leaf && !is_metadata && !is_default(node) {
            each(path, node);
        }
    });
}

fn size(node: NodeRef<'_>) -> usize {
    let mut size = 0;
    values(node, &mut |_, _| size += 1);
    size
}

/// The objects of one kind and namespace.
struct Class<'o> {
    old: Vec<Compared<'o>>,
    new: Vec<Compared<'o>>,
    version: Version,
}

impl Class<'_> {
    fn pairs(&self) -> Vec<Option<usize>> {
        let mut taken = vec![false; self.old.len()];
        let near = (self.old.len() * self.new.len() > FEW_PAIRS).then(|| Near::of(&self.old));
        let mut first_free = 0;
        let best = |(rank, new): (usize, &Compared<'_>)| {
            while taken.get(first_free).is_some_and(|taken| *taken) {
                first_free += 1;
            }
            let candidates = match &near {
                None => (first_free..self.old.len()).collect(),
                Some(near) => near.to(new, [first_free, rank]),
            };
            let free = candidates.into_iter().filter(|old| *old < taken.len() && !taken[*old]);
            let likely = free.map(|old| (self.likeness(&self.old[old], new), Reverse(old)));
            let (_, Reverse(old)) = likely.max().filter(|(likeness, _)| *likeness >= LIKELY)?;
            taken[old] = true;
            Some(old)
        };
        self.new.iter().enumerate().map(best).collect()
    }

    /// Of a hundred values, how many two objects share, but for their names.
    fn likeness(&self, old: &Compared<'_>, new: &Compared<'_>) -> usize {
        // `apiVersion` and `kind` are the same in any case.
        let total = old.size.max(new.size).saturating_sub(2);
        let share = |common: usize| (100 * common).checked_div(total).unwrap_or(0);
        if share(old.size.min(new.size)) < LIKELY {
            return 0;
        }
        let leaves = |node: Option<NodeRef<'_>>| node.map_or(0, size);
        let changed: usize = differing(old.object, new.object, self.version)
            .iter()
            .filter(|change| !change.path.starts_with(&["metadata"]))
            .map(|change| leaves(change.edit.old()).max(leaves(change.edit.new())))
            .sum();
        share(total.saturating_sub(changed))
    }
}

/// The objects that have each value.
struct Near(HashMap<u64, Vec<usize>, FixedState>);

impl Near {
    fn of(objects: &[Compared<'_>]) -> Self {
        let mut by_print: HashMap<u64, Vec<usize>, FixedState> = HashMap::default();
        for (place, object) in objects.iter().enumerate() {
            for print in object.prints() {
                let places = by_print.entry(print).or_default();
                if places.len() <= RARE {
                    places.push(place);
                }
            }
        }
        by_print.retain(|_, places| places.len() <= RARE);
        Self(by_print)
    }

    /// The places of those that share the most rare values with an object, and some others.
    fn to(&self, object: &Compared<'_>, others: [usize; 2]) -> Vec<usize> {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for place in object.prints().iter().filter_map(|print| self.0.get(print)).flatten() {
            *shared.entry(*place).or_default() += 1;
        }
        let mut places: Vec<usize> = shared.keys().copied().collect();
        places.sort_by_key(|place| Reverse(shared[place]));
        places.truncate(CANDIDATES);
        places.extend(others);
        places
    }
}
