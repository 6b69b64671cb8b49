use std::collections::BTreeMap;

use serde::Serialize;

use super::custom_kind;
use crate::k8s::duration::GoDuration;

custom_kind! {
    /// A Secret whose values an operator reads from a store.
    ExternalSecret(ExternalSecretSpec) = "external-secrets.io" / "v1", "externalsecrets", NamespaceResourceScope
}

/// What an [`ExternalSecret`] reads and makes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretSpec {
    /// How often the store is read again.
    pub refresh_interval: Option<GoDuration>,
    /// The store.
    pub secret_store_ref: Option<SecretStoreRef>,
    /// The Secret to make.
    pub target: Option<ExternalSecretTarget>,
    /// Which values to read.
    pub data: Option<Vec<ExternalSecretData>>,
}

/// A store by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretStoreRef {
    /// `SecretStore` or `ClusterSecretStore`.
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// The Secret that an [`ExternalSecret`] makes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretTarget {
    /// Its name; that of the `ExternalSecret` where unset.
    pub name: Option<String>,
    /// `Owner`, `Orphan`, `Merge` or `None`.
    pub creation_policy: Option<String>,
    /// `Delete`, `Merge` or `Retain`.
    pub deletion_policy: Option<String>,
    /// Whether its data can no longer change.
    pub immutable: Option<bool>,
    /// Its shape.
    pub template: Option<ExternalSecretTemplate>,
}

/// The shape of the Secret that an [`ExternalSecret`] makes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretTemplate {
    /// Its labels and annotations; where unset, the operator copies those of the
    /// `ExternalSecret`.
    pub metadata: Option<ExternalSecretTemplateMetadata>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// `v2`.
    pub engine_version: Option<String>,
    /// `Replace`, or `Merge` to keep the values that no template mentions.
    pub merge_policy: Option<String>,
    /// Its keys: Go templates over the values read.
    pub data: Option<BTreeMap<String, String>>,
}

/// The metadata of the Secret that an [`ExternalSecret`] makes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretTemplateMetadata {
    /// Its labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Its annotations.
    pub annotations: Option<BTreeMap<String, String>>,
}

/// One value that an [`ExternalSecret`] reads.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretData {
    /// The key in the Secret.
    pub secret_key: String,
    /// Where the value stands in the store.
    pub remote_ref: ExternalSecretRemoteRef,
}

/// A value in a store. The operator fills the three policies in where they are unset.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretRemoteRef {
    /// The entry.
    pub key: String,
    /// The property of the entry, where it has several.
    pub property: Option<String>,
    /// The entry's version.
    pub version: Option<String>,
    /// `Default` or `Unicode`.
    pub conversion_strategy: Option<String>,
    /// `Auto`, `Base64`, `Base64URL` or `None`.
    pub decoding_strategy: Option<String>,
    /// `None` or `Fetch`.
    pub metadata_policy: Option<String>,
}
