//! Secrets: which keys exist and how they are made, never a value.

use super::decode::{Decode, Decoder};
use super::expression::Text;
use super::macros::{spec, words};
use super::map::{Closed, Open};
use super::merge::{Layer, Merge, Merger, Removal};
use super::value::Value;
use crate::source::NodeRef;

spec! {
    /// A Secret whose keys an environment's back-end keeps.
    pub struct Secret {
        /// Its keys. A list of names is short for keys without options.
        keys: Closed<SecretKey>,
        /// The back-end that keeps it, where it is not the stack's.
        backend: Text,
        /// The Secret's name, where it is not the name it has in the stack.
        name: Text,
        /// The Secret's type, such as `kubernetes.io/tls`.
        r#type: Text,
        /// After how long its values are due for a change, such as `90d`.
        rotate: Text,
        /// Labels of the Secret.
        labels: Open<Text>,
        /// Annotations of the Secret.
        annotations: Open<Text>,
    }
}

spec! {
    /// How the value of a key comes to be.
    pub struct SecretKeyFields {
        /// Made by gen, of this many random characters, when nobody provides it.
        generate: Value<u32>,
        /// What it is, for whoever has to provide it.
        description: Text,
        /// The name of the value in the external store, where it is not the key's.
        remote: Text,
    }
}

/// A key of a secret.
#[derive(Debug, Clone, Default, schemars::JsonSchema)]
#[schemars(transparent)]
pub struct SecretKey {
    /// How its value comes to be.
    pub fields: SecretKeyFields,
}

impl Decode for SecretKey {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        SecretKeyFields::decode(node, decoder).map(|fields| Self { fields })
    }

    fn bare() -> Option<Self> {
        Some(Self::default())
    }
}

impl Merge for SecretKey {
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        self.fields.merge(over.fields, layer, merger);
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        self.fields.remove(removal, merger);
    }

    fn missing() -> Option<Self> {
        Some(Self::default())
    }
}

words! {
    /// Where the values of secrets are kept.
    pub enum Backend {
        /// Encrypted in files, opened in the cluster by the Sealed Secrets controller.
        Sealed = "sealed",
        /// In a store that the External Secrets operator reads.
        External = "external",
        /// In Secrets that somebody made by hand.
        Existing = "existing",
    }
}
