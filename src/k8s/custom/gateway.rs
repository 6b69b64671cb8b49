use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Serialize;

use super::custom_kind;

custom_kind! {
    /// Where requests enter a cluster.
    Gateway(GatewaySpec) = "gateway.networking.k8s.io" / "v1", "gateways", NamespaceResourceScope
}

/// What a [`Gateway`] listens to.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewaySpec {
    /// Which implementation runs it.
    pub gateway_class_name: String,
    /// Its listeners.
    pub listeners: Vec<GatewayListener>,
    /// What the implementation's own objects carry.
    pub infrastructure: Option<GatewayInfrastructure>,
}

/// A port that a [`Gateway`] listens to.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayListener {
    /// Its name.
    pub name: String,
    /// The host that it answers for; every host where unset.
    pub hostname: Option<String>,
    /// The port.
    pub port: i32,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`.
    pub protocol: String,
    /// How TLS is ended.
    pub tls: Option<GatewayTls>,
    /// Which routes may attach.
    pub allowed_routes: Option<AllowedRoutes>,
}

/// How a listener ends TLS.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayTls {
    /// `Terminate` or `Passthrough`.
    pub mode: Option<String>,
    /// The Secrets that hold the certificates.
    pub certificate_refs: Option<Vec<CertificateRef>>,
}

/// A Secret that holds a certificate.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateRef {
    /// `Secret` where unset.
    pub kind: Option<String>,
    /// Its name.
    pub name: String,
    /// Its namespace, where it is another.
    pub namespace: Option<String>,
}

/// Which routes may attach to a listener.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedRoutes {
    /// Of which namespaces.
    pub namespaces: Option<RouteNamespaces>,
}

/// Of which namespaces routes may attach.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteNamespaces {
    /// `All`, `Selector` or `Same`.
    pub from: Option<String>,
    /// Of those with these labels.
    pub selector: Option<LabelSelector>,
}

/// What the implementation's own objects carry.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayInfrastructure {
    /// Their labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Their annotations.
    pub annotations: Option<BTreeMap<String, String>>,
}
