use std::collections::BTreeMap;

use serde::Serialize;

use super::{ParentReference, custom_kind};
use crate::k8s::duration::GoDuration;

custom_kind! {
    /// A certificate that cert-manager keeps in a Secret.
    Certificate(CertificateSpec) = "cert-manager.io" / "v1", "certificates", NamespaceResourceScope
}

custom_kind! {
    /// Who signs certificates for a whole cluster.
    ClusterIssuer(IssuerSpec) = "cert-manager.io" / "v1", "clusterissuers", ClusterResourceScope
}

custom_kind! {
    /// Who signs certificates in one namespace.
    Issuer(IssuerSpec) = "cert-manager.io" / "v1", "issuers", NamespaceResourceScope
}

/// What a [`Certificate`] certifies.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSpec {
    /// Who signs it.
    pub issuer_ref: IssuerRef,
    /// The Secret that holds it.
    pub secret_name: String,
    /// What that Secret carries besides.
    pub secret_template: Option<CertificateSecretTemplate>,
    /// The common name.
    pub common_name: Option<String>,
    /// The host names that it stands for.
    pub dns_names: Option<Vec<String>>,
    /// Whether it may sign others.
    #[serde(rename = "isCA")]
    pub is_ca: Option<bool>,
    /// How long it is valid.
    pub duration: Option<GoDuration>,
    /// How long before its end it is renewed.
    pub renew_before: Option<GoDuration>,
    /// The key behind it.
    pub private_key: Option<CertificatePrivateKey>,
    /// What it may be used for.
    pub usages: Option<Vec<String>>,
}

/// An issuer by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerRef {
    /// `cert-manager.io` where unset.
    pub group: Option<String>,
    /// `Issuer` or `ClusterIssuer`.
    pub kind: Option<String>,
    /// Its name.
    pub name: String,
}

/// What the Secret of a [`Certificate`] carries besides.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSecretTemplate {
    /// Its labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Its annotations.
    pub annotations: Option<BTreeMap<String, String>>,
}

/// The key behind a [`Certificate`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatePrivateKey {
    /// `RSA`, `ECDSA` or `Ed25519`.
    pub algorithm: Option<String>,
    /// `Never` or `Always`.
    pub rotation_policy: Option<String>,
    /// Its size in bits.
    pub size: Option<i32>,
}

/// How certificates are signed: one of the three.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerSpec {
    /// By a public authority.
    pub acme: Option<AcmeIssuer>,
    /// By an authority whose key lies in a Secret.
    pub ca: Option<CaIssuer>,
    /// By themselves.
    pub self_signed: Option<SelfSignedIssuer>,
}

/// A public authority that speaks ACME.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcmeIssuer {
    /// The URL of its directory.
    pub server: String,
    /// Whom it writes to.
    pub email: Option<String>,
    /// The Secret that cert-manager keeps the account's key in.
    pub private_key_secret_ref: SecretKeySelector,
    /// How the ownership of a host is proven.
    pub solvers: Option<Vec<AcmeSolver>>,
}

/// A Secret, and one of its keys.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeySelector {
    /// The Secret's name.
    pub name: String,
    /// Its key, where it is not the usual one.
    pub key: Option<String>,
}

/// How the ownership of a host is proven.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcmeSolver {
    /// By an answer over HTTP.
    pub http01: Option<AcmeHttp01>,
    /// For which hosts; all where unset.
    pub selector: Option<AcmeSolverSelector>,
}

/// Which hosts a solver is for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcmeSolverSelector {
    /// These names.
    pub dns_names: Option<Vec<String>>,
    /// All names in these zones.
    pub dns_zones: Option<Vec<String>>,
}

/// How the answer over HTTP is routed: one of the two.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcmeHttp01 {
    /// By an Ingress.
    pub ingress: Option<AcmeHttp01Ingress>,
    /// By an `HTTPRoute`.
    #[serde(rename = "gatewayHTTPRoute")]
    pub gateway_http_route: Option<AcmeHttp01GatewayHttpRoute>,
}

/// The Ingress that routes the answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcmeHttp01Ingress {
    /// Its class.
    pub ingress_class_name: Option<String>,
}

/// The `HTTPRoute` that routes the answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcmeHttp01GatewayHttpRoute {
    /// The gateways that it attaches to.
    pub parent_refs: Option<Vec<ParentReference>>,
    /// Its labels.
    pub labels: Option<BTreeMap<String, String>>,
}

/// An authority whose key lies in a Secret.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaIssuer {
    /// The Secret's name.
    pub secret_name: String,
}

/// Certificates that sign themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SelfSignedIssuer {}
