//! What a stack calls but does not run.

use super::expression::Text;
use super::macros::spec;
use super::map::{Closed, Open};
use super::secret::SecretKey;
use super::value::{List, Value};

spec! {
    /// Something outside of the stack: out of the cluster by `cidr` and perhaps `host`, or in
    /// it by `namespace` and `labels`.
    pub struct External {
        /// The addresses, as a CIDR block. Of a block that holds the cluster's own addresses
        /// those are left out.
        cidr: Text,
        /// The addresses, as several CIDR blocks.
        cidrs: List<Text>,
        /// The host name that programs call.
        host: Text,
        /// The namespace, for something in the cluster.
        namespace: Text,
        /// The labels of its pods there; without them every pod of the namespace is meant.
        labels: Open<Text>,
        /// The ports to call.
        ports: List<Value<u16>>,
        /// Secret keys that belong to it, such as the `url` of a database.
        keys: Closed<SecretKey>,
        /// The back-end that keeps the keys, where it is not the stack's.
        backend: Text,
        /// The name of the Secret with the keys.
        credentials: Text,
    }
}
