//! The objects that surround a change.

use crate::k8s::Identity;
use crate::source::NodeRef;
use crate::validate::fields::{self, namespace, text};

/// All objects of one side, as somebody wrote them or as the API server completes them.
#[derive(Debug, Default)]
pub struct World<'c> {
    /// The objects.
    pub roots: Vec<NodeRef<'c>>,
}

impl<'c> World<'c> {
    /// The objects of a kind, whatever its group.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = NodeRef<'c>> {
        self.roots.iter().copied().filter(move |root| text(*root, "kind") == kind)
    }

    /// The object of a kind that lies in no namespace, by its name.
    #[must_use]
    pub fn find(&self, kind: &str, name: &str) -> Option<NodeRef<'c>> {
        self.of_kind(kind).find(|root| fields::name(*root) == name)
    }

    /// The autoscaler that says how many pods a workload has.
    #[must_use]
    pub fn autoscaler(&self, workload: &Identity) -> Option<NodeRef<'c>> {
        let scales = |root: &NodeRef<'_>| {
            let target = root.at_path(&["spec", "scaleTargetRef"]);
            let field = |name: &str| target.map_or("", |target| text(target, name));
            namespace(*root) == workload.namespace.as_deref().unwrap_or_default()
                && field("kind") == workload.kind
                && field("name") == workload.name
        };
        self.of_kind("HorizontalPodAutoscaler").find(scales)
    }
}
