//! Where to find a child of a map or a list that has many.

use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::{NodeRef, Tree};

/// So many children are looked through one by one.
pub(super) const MANY: usize = 64;

type Map<K, V> = IndexMap<K, V, RandomState>;

/// The children of those maps and lists of a tree that have more than [`MANY`].
pub(super) struct Wide {
    siblings: Map<u32, Siblings>,
    /// The items of lists in the order of their texts at a path, once somebody has looked for one.
    by_text: RwLock<Map<Sorted, Arc<[u32]>>>,
}

/// The keys that lead from an item to a text.
type Path = &'static [&'static str];
/// A list, by its index, and what its items are sorted by.
type Sorted = (u32, Path);

/// The children of a map or a list by their indices.
struct Siblings {
    in_order: Vec<u32>,
    /// Those of a map in the order of their keys.
    by_key: Vec<u32>,
}

impl Wide {
    pub fn of(tree: &Tree) -> Self {
        let nodes = (0_u32..).take(tree.nodes.len()).map(|index| NodeRef { tree, index });
        let wide = nodes.filter(|node| node.children(!node.node().is_scalar()).nth(MANY).is_some());
        let siblings = wide.map(|node| (node.index, Siblings::of(node))).collect();
        Self { siblings, by_text: RwLock::default() }
    }

    /// The value under a key of a map.
    pub fn entry<'t>(&self, map: NodeRef<'t>, key: &str) -> Option<NodeRef<'t>> {
        let by_key = &self.siblings.get(&map.index)?.by_key;
        let at = |index: u32| NodeRef { index, ..map };
        let place = by_key.partition_point(|&index| at(index).key() < Some(key));
        by_key.get(place).map(|&index| at(index)).filter(|entry| entry.key() == Some(key))
    }

    /// The child of a map or a list that holds a node below it, and how many stand before it.
    pub fn child_with<'t>(&self, of: NodeRef<'t>, inner: u32) -> Option<(usize, NodeRef<'t>)> {
        let in_order = &self.siblings.get(&of.index)?.in_order;
        let place = in_order.partition_point(|&index| index <= inner).checked_sub(1)?;
        Some((place, NodeRef { index: in_order[place], ..of }))
    }

    /// The item of a list at a place.
    pub fn item<'t>(&self, list: NodeRef<'t>, place: usize) -> Option<NodeRef<'t>> {
        let siblings = self.siblings.get(&list.index).filter(|it| it.by_key.is_empty())?;
        siblings.in_order.get(place).map(|&index| NodeRef { index, ..list })
    }

    /// The first item of a list that has a text at a path of keys.
    pub fn item_with<'t>(&self, list: NodeRef<'t>, path: Path, text: &str) -> Option<NodeRef<'t>> {
        let by_text = self.by_text(list, path);
        let at = |index: u32| NodeRef { index, ..list };
        let place = by_text.partition_point(|&index| at(index).text_at(path) < Some(text));
        by_text.get(place).map(|&index| at(index)).filter(|item| item.text_at(path) == Some(text))
    }

    fn by_text(&self, list: NodeRef<'_>, path: Path) -> Arc<[u32]> {
        let key = (list.index, path);
        let known = self.by_text.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key) {
            return Arc::clone(known);
        }
        drop(known);
        let mut items: Vec<u32> = list.items().map(NodeRef::index).collect();
        // Stable, so that of several with one text the first comes first.
        items.sort_by_key(|&index| NodeRef { index, ..list }.text_at(path));
        let mut all = self.by_text.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(key).or_insert(items.into()))
    }
}

impl Siblings {
    fn of(parent: NodeRef<'_>) -> Self {
        let in_order: Vec<u32> = parent.children(true).map(NodeRef::index).collect();
        let mut by_key: Vec<u32> = parent.entries().map(NodeRef::index).collect();
        by_key.sort_by_key(|&index| NodeRef { index, ..parent }.key());
        Self { in_order, by_key }
    }
}
