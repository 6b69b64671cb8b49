//! Items of a list that are the same as an earlier one.

use std::hash::{Hash, Hasher};
use std::mem;

use indexmap::map::Entry;

use super::Map;
use crate::source::NodeRef;

/// So many items are compared one with another, which needs no memory.
const FEW: usize = 8;

/// Pairs of items of which a key says that they are the same: the first and a later one, in the
/// order of the later ones.
pub(super) fn repeated<'t, K: Eq + Hash>(
    items: &(impl Iterator<Item = NodeRef<'t>> + Clone),
    key: impl Fn(NodeRef<'t>) -> Option<K>,
) -> Vec<(NodeRef<'t>, NodeRef<'t>)> {
    // Most lists have one item.
    if items.clone().nth(1).is_none() {
        return Vec::new();
    }
    if items.clone().nth(FEW).is_some() {
        return among_many(items.clone(), key);
    }
    let pair = |(index, item)| {
        let own = key(item)?;
        let mut earlier = items.clone().take(index);
        let first = earlier.find(|earlier| key(*earlier).as_ref() == Some(&own))?;
        Some((first, item))
    };
    items.clone().enumerate().filter_map(pair).collect()
}

fn among_many<'t, K: Eq + Hash>(
    items: impl Iterator<Item = NodeRef<'t>>,
    key: impl Fn(NodeRef<'t>) -> Option<K>,
) -> Vec<(NodeRef<'t>, NodeRef<'t>)> {
    let mut firsts = Map::default();
    let pair = |item| match firsts.entry(key(item)?) {
        Entry::Occupied(first) => Some((*first.get(), item)),
        Entry::Vacant(place) => {
            place.insert(item);
            None
        }
    };
    items.filter_map(pair).collect()
}

/// A value as the key of an item: equal to every other that [is the same](NodeRef::same).
#[derive(Clone, Copy)]
pub(super) struct Value<'t>(pub NodeRef<'t>);

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(other.0)
    }
}

impl Eq for Value<'_> {}

impl Hash for Value<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self(node) = *self;
        mem::discriminant(&node.kind()).hash(state);
        node.text().hash(state);
        // The keys of a map may stand in any order.
        let mut entries: Vec<_> = node.entries().map(|entry| (entry.key(), Self(entry))).collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries.hash(state);
        node.items().for_each(|item| Self(item).hash(state));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::validate::testing::tree;

    fn any_item() -> impl Strategy<Value = Json> {
        let leaf = || prop_oneof![Just(json!(1)), Just(json!("1")), Just(json!(null))];
        let map = (leaf(), leaf()).prop_flat_map(|(a, b)| {
            prop_oneof![Just(json!({ "a": a, "b": b })), Just(json!({ "b": b, "a": a }))]
        });
        prop_oneof![leaf(), prop::collection::vec(leaf(), 0..2).prop_map(Json::Array), map]
    }

    proptest! {
        #[test]
        fn the_first_and_each_later_one_are_found(items in prop::collection::vec(any_item(), 0..30)) {
            let tree = tree(&Json::Array(items.clone()));
            let found = repeated(&tree.root().items(), |item| Some(Value(item)));
            let place = |node: NodeRef<'_>| tree.root().items().position(|item| item.is(node));
            let found: Vec<_> =
                found.into_iter().map(|(first, again)| (place(first), place(again))).collect();
            let expected: Vec<_> = (0..items.len())
                .filter_map(|again| {
                    let first = items[..again].iter().position(|item| *item == items[again])?;
                    Some((Some(first), Some(again)))
                })
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn items_without_a_key_are_no_others_twins() {
        let tree = tree(&Json::Array(vec![json!({ "a": 1 }); 2 * FEW]));
        let found = repeated(&tree.root().items(), |item| item.get("b").map(NodeRef::text));
        assert!(found.is_empty());
    }
}
