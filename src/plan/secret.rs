//! Secrets, and strings that hold parts of them.

use super::{Map, Val};
use crate::source::Origin;

/// A Secret that exists in the cluster, and who puts it there.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The component or secret of the stack that it belongs to.
    pub component: String,
    /// The object's name.
    pub name: Val<String>,
    /// Who puts it there.
    pub backend: SecretBackend,
    /// Where it lies in an external store; `None` under the other back-ends.
    pub path: Option<Val<String>>,
    /// Its keys, in the order declared.
    pub keys: Vec<SecretKey>,
    /// Keys whose values are composed in the cluster from the other keys.
    pub composed: Vec<Composed>,
    /// The Secret's type; `Opaque` where nothing is said.
    pub kind: Option<Val<String>>,
    /// After how long its values are due for a change, as written.
    pub rotate: Option<Val<String>>,
    /// Labels of the object.
    pub labels: Map,
    /// Annotations of the object.
    pub annotations: Map,
    /// Where it is declared.
    pub at: Origin,
}

/// Who puts a Secret into the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretBackend {
    /// The Sealed Secrets controller.
    Sealed,
    /// The External Secrets operator.
    External,
    /// Somebody, by hand; nothing is rendered.
    Existing,
}

/// A key whose value a back-end keeps.
#[derive(Debug, Clone)]
pub struct SecretKey {
    /// The key.
    pub name: Val<String>,
    /// The name of the value in an external store.
    pub remote: Val<String>,
    /// The length of the value when gen makes it.
    pub generate: Option<Val<u32>>,
}

/// A key whose value is composed from other keys of its Secret, by the back-end's template.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The key.
    pub name: String,
    /// Its value; the secret pieces are keys of the same Secret, and no piece is runtime.
    pub pieces: Vec<Piece>,
    /// What it is composed for.
    pub at: Origin,
}

/// A value that a key of a Secret holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretValue {
    /// The Secret object's name.
    pub secret: String,
    /// The key in it.
    pub key: String,
}

/// A part of a string, by the stage at which it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Known when compiling.
    Plain(String),
    /// Known only inside of a Secret.
    Secret {
        /// The Secret object's name.
        secret: String,
        /// The key in it.
        key: String,
        /// Whether the value is percent-encoded on its way.
        url_encode: bool,
    },
    /// Known to the kubelet: a path of the downward API, such as `status.podIP`.
    Runtime(String),
}
