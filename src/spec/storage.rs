//! Volumes that outlive pods.

use super::expression::Text;
use super::macros::{spec, words};
use super::map::Open;
use super::raw::Raw;
use super::value::{List, Value};

spec! {
    /// A volume to ask for. A quantity alone is its size.
    pub struct Storage (short size) {
        /// How much it holds.
        size: Text,
        /// One of the environment's `storage` names; without it, the environment's default.
        class: Text,
        /// How it may be mounted; `ReadWriteOnce` where nothing is said.
        access_modes: List<Value<AccessMode>>,
        /// A folder on a node that holds it, for clusters without a provisioner: also makes
        /// the PersistentVolume and its StorageClass.
        local: Text,
        /// What becomes of the data when the claim goes. With `local` only: elsewhere it is
        /// the storage class's.
        reclaim_policy: Value<ReclaimPolicy>,
    }
}

spec! {
    /// A claim of the stack's own that programs mount by name.
    pub struct Volume {
        ..storage: Storage,
        /// The claim's name, where a live system has another one already.
        name: Text,
        /// Labels of the claim.
        labels: Open<Text>,
        /// Annotations of the claim.
        annotations: Open<Text>,
        /// Fields of Kubernetes that the language has no word for, under `claim`.
        extra: Open<Raw>,
    }
}

words! {
    /// How a volume may be mounted.
    pub enum AccessMode {
        /// By the pods of one node.
        ReadWriteOnce = "ReadWriteOnce",
        /// By one pod.
        ReadWriteOncePod = "ReadWriteOncePod",
        /// By many nodes, to read.
        ReadOnlyMany = "ReadOnlyMany",
        /// By many nodes.
        ReadWriteMany = "ReadWriteMany",
    }
}

words! {
    /// What becomes of a volume when its claim goes.
    pub enum ReclaimPolicy {
        /// It stays, for somebody to look after.
        Retain = "Retain",
        /// It is deleted with its data.
        Delete = "Delete",
    }
}
