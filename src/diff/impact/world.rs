//! The objects that surround a change.

use super::super::object::Object;
use crate::k8s::Identity;
use crate::source::NodeRef;

/// All objects of one side.
#[derive(Debug, Default)]
pub struct World<'c> {
    /// The objects.
    pub objects: Vec<&'c Object>,
}

impl<'c> World<'c> {
    /// The objects of a kind, whatever its group.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &'c Object> {
        self.objects.iter().copied().filter(move |object| object.identity().kind == kind)
    }

    /// The object of a kind, in a namespace if it lies in one, with a name.
    #[must_use]
    pub fn find(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<&'c Object> {
        self.of_kind(kind).find(|object| {
            let identity = object.identity();
            identity.namespace.as_deref() == namespace && identity.name == name
        })
    }

    /// The autoscaler that says how many pods a workload has.
    #[must_use]
    pub fn autoscaler(&self, workload: &Identity) -> Option<NodeRef<'c>> {
        let scales = |object: &&Object| {
            let target = object.root().at_path(&["spec", "scaleTargetRef"]);
            let text = |field: &str| target.and_then(|it| it.get(field)).map_or("", NodeRef::text);
            object.identity().namespace == workload.namespace
                && text("kind") == workload.kind
                && text("name") == workload.name
        };
        self.of_kind("HorizontalPodAutoscaler").find(scales).map(Object::root)
    }
}
