use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::custom_kind;

custom_kind! {
    /// A Secret whose values only the controller in the cluster can decrypt.
    SealedSecret(SealedSecretSpec) = "bitnami.com" / "v1alpha1", "sealedsecrets", NamespaceResourceScope
}

/// What a [`SealedSecret`] holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedSecretSpec {
    /// Ciphertext in base64, by the Secret's key.
    pub encrypted_data: BTreeMap<String, String>,
    /// The Secret to make.
    pub template: Option<SecretTemplateSpec>,
}

/// The Secret that a [`SealedSecret`] becomes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretTemplateSpec {
    /// Its metadata; of these, labels and annotations are used.
    pub metadata: Option<ObjectMeta>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// Whether its data can no longer change.
    pub immutable: Option<bool>,
    /// Further keys: Go templates over the decrypted ones.
    pub data: Option<BTreeMap<String, String>>,
}
