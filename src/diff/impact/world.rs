//! The objects that surround a change.

use std::sync::OnceLock;

use super::readers::{self, Way};
use crate::k8s::Identity;
use crate::source::NodeRef;
use crate::validate::Map;
use crate::validate::fields::{self, namespace, text};

/// All objects of one side, as somebody wrote them or as the API server completes them.
#[derive(Debug, Default)]
pub struct World<'c> {
    /// The objects.
    pub roots: Vec<NodeRef<'c>>,
    index: OnceLock<Index<'c>>,
}

/// A kind, a namespace and a name.
type Named<'c> = (&'c str, &'c str, &'c str);

/// What is looked up for each of many changes.
#[derive(Debug, Default)]
struct Index<'c> {
    by_name: Map<(&'c str, &'c str), NodeRef<'c>>,
    /// By what they scale.
    autoscalers: Map<Named<'c>, NodeRef<'c>>,
    /// Those who read a ConfigMap or a Secret, and how.
    readers: Map<Named<'c>, Vec<(Way, NodeRef<'c>)>>,
}

impl<'c> Index<'c> {
    fn of(roots: &[NodeRef<'c>]) -> Self {
        let mut index = Self::default();
        for root in roots {
            let kind = text(*root, "kind");
            index.by_name.entry((kind, fields::name(*root))).or_insert(*root);
            if let ("HorizontalPodAutoscaler", Some(target)) =
                (kind, root.at_path(&["spec", "scaleTargetRef"]))
            {
                let scaled = (text(target, "kind"), namespace(*root), text(target, "name"));
                index.autoscalers.entry(scaled).or_insert(*root);
            }
            for read in ["ConfigMap", "Secret"] {
                for (name, way) in readers::read(*root, read) {
                    let read = (read, namespace(*root), name);
                    index.readers.entry(read).or_default().push((way, *root));
                }
            }
        }
        index
    }
}

impl<'c> World<'c> {
    /// A side with these objects.
    #[must_use]
    pub fn new(roots: Vec<NodeRef<'c>>) -> Self {
        Self { roots, index: OnceLock::new() }
    }

    fn index(&self) -> &Index<'c> {
        self.index.get_or_init(|| Index::of(&self.roots))
    }

    /// The object of a kind that lies in no namespace, by its name.
    #[must_use]
    pub fn find<'w>(&'w self, kind: &'w str, name: &'w str) -> Option<NodeRef<'w>> {
        self.index().by_name.get(&(kind, name)).copied()
    }

    /// The autoscaler that says how many pods a workload has.
    #[must_use]
    pub fn autoscaler<'w>(&'w self, workload: &'w Identity) -> Option<NodeRef<'w>> {
        let Identity { kind, namespace, name, .. } = workload;
        let scaled = (kind.as_str(), namespace.as_deref().unwrap_or_default(), name.as_str());
        self.index().autoscalers.get(&scaled).copied()
    }

    /// Those who read a ConfigMap or a Secret, and how.
    pub(super) fn readers<'w>(
        &'w self,
        kind: &'w str,
        namespace: &'w str,
        name: &'w str,
    ) -> &'w [(Way, NodeRef<'w>)] {
        self.index().readers.get(&(kind, namespace, name)).map_or(&[], Vec::as_slice)
    }
}
