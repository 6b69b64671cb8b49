//! A concrete environment.

use std::collections::BTreeMap;

use super::{AllowedChange, Map, Val};
use crate::source::Origin;
use crate::spec::{
    IngressKind, Placeholders, Policy, ReclaimPolicy, SealScope, StoreKind, VolumeBindingMode,
};

/// A concrete environment, its family's words included.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its name and those of its families, from the root down.
    pub chain: Vec<String>,
    /// Where it is declared.
    pub at: Origin,
    /// The Kubernetes version.
    pub kubernetes: Val<crate::k8s::Version>,
    /// The domain below which hosts stand.
    pub domain: Option<Val<String>>,
    /// The Pod Security Standard that every namespace enforces.
    pub policy: Val<Policy>,
    /// The architectures of its nodes; empty for any.
    pub arch: Vec<Val<String>>,
    /// Where DNS runs.
    pub dns: Dns,
    /// The API server's addresses and ports.
    pub api_server: (Vec<Val<String>>, Vec<Val<u16>>),
    /// What reads metrics.
    pub scraper: Option<Scraper>,
    /// How traffic comes in; `None` where routes are not rendered.
    pub routing: Option<Routing>,
    /// The Sealed Secrets controller, where it is offered.
    pub sealed: Option<SealedSecrets>,
    /// The External Secrets store, where it is offered.
    pub external: Option<ExternalStore>,
    /// The keys of the Secrets that exist there.
    pub existing_secrets: BTreeMap<String, Vec<Val<String>>>,
    /// Names of Secrets that may come with plain values.
    pub plain_secrets: Vec<Val<String>>,
    /// Whether keys without a value are rendered as placeholders.
    pub placeholders: Val<Placeholders>,
    /// Labels on every object.
    pub labels: Map,
    /// Annotations on every object.
    pub annotations: Map,
    /// ClusterIssuers to render, by name.
    pub cluster_issuers: BTreeMap<String, ClusterIssuer>,
    /// StorageClasses to render, by name.
    pub storage_classes: BTreeMap<String, StorageClass>,
    /// PriorityClasses to render, by name.
    pub priority_classes: BTreeMap<String, PriorityClass>,
    /// Names of StorageClasses that exist there.
    pub known_storage_classes: Vec<Val<String>>,
    /// Names of PriorityClasses that exist there.
    pub known_priority_classes: Vec<Val<String>>,
    /// Names of ClusterIssuers that exist there.
    pub known_cluster_issuers: Vec<Val<String>>,
    /// Kinds without a schema that may appear, `group/version/Kind`.
    pub known_kinds: Vec<Val<String>>,
    /// Objects that references may lead to, `Kind/namespace/name`.
    pub known_objects: Vec<Val<String>>,
    /// The changes of its own objects that are meant.
    pub allowed_changes: Vec<AllowedChange>,
}

/// Where DNS runs.
#[derive(Debug, Clone)]
pub struct Dns {
    /// Its namespace.
    pub namespace: Val<String>,
    /// The labels of its pods.
    pub labels: Map,
    /// Further addresses of it.
    pub cidrs: Vec<Val<String>>,
}

/// What reads metrics.
#[derive(Debug, Clone)]
pub struct Scraper {
    /// Where its pods run.
    pub pods: ControllerPods,
    /// Whether monitors of the Prometheus operator are rendered.
    pub monitors: bool,
}

/// Pods in a namespace; all of them without labels.
#[derive(Debug, Clone)]
pub struct ControllerPods {
    /// Their namespace.
    pub namespace: Val<String>,
    /// Their labels.
    pub labels: Map,
}

/// How traffic comes in.
#[derive(Debug, Clone)]
pub struct Routing {
    /// Through what.
    pub kind: RoutingKind,
    /// The pods through which it comes.
    pub controller: ControllerPods,
    /// How certificates are had.
    pub tls: Option<TlsSource>,
    /// Whether HTTP is redirected to HTTPS where a route does not say.
    pub https_only: Option<Val<bool>>,
}

/// Through what traffic comes in.
#[derive(Debug, Clone)]
pub enum RoutingKind {
    /// An ingress controller.
    Ingress {
        /// The IngressClass.
        class: Val<String>,
        /// Which controller it is.
        kind: IngressKind,
    },
    /// A Gateway.
    Gateway {
        /// Its name.
        name: Val<String>,
        /// Its namespace.
        namespace: Val<String>,
        /// The name of its listener for HTTPS.
        https_listener: Option<Val<String>>,
        /// The name of its listener for HTTP.
        http_listener: Option<Val<String>>,
    },
}

/// How certificates are had.
#[derive(Debug, Clone)]
pub enum TlsSource {
    /// From a ClusterIssuer.
    ClusterIssuer(Val<String>),
    /// From a self-signed Issuer in each stack's namespace.
    SelfSigned(Origin),
}

/// The Sealed Secrets controller.
#[derive(Debug, Clone)]
pub struct SealedSecrets {
    /// The certificate's file, from the environments' folder.
    pub certificate: Option<Val<String>>,
    /// What a sealed value is bound to.
    pub scope: Val<SealScope>,
}

/// A store of the External Secrets operator.
#[derive(Debug, Clone)]
pub struct ExternalStore {
    /// The store's name.
    pub store: Val<String>,
    /// The store's kind.
    pub kind: Val<StoreKind>,
    /// How often a secret is read again, as Go prints a duration.
    pub refresh_interval: Val<String>,
}

/// A cert-manager ClusterIssuer.
#[derive(Debug, Clone)]
pub struct ClusterIssuer {
    /// What it does.
    pub kind: IssuerKind,
    /// Where it is declared.
    pub at: Origin,
}

/// What an issuer does.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are cert-manager's own")]
pub enum IssuerKind {
    /// ACME with HTTP-01 challenges through the place's routing.
    Acme { server: Val<String>, email: Option<Val<String>>, account_key_secret: Val<String> },
    /// Self-signed certificates.
    SelfSigned,
    /// By the authority whose certificate lies in this Secret.
    Ca(Val<String>),
}

/// A StorageClass.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are Kubernetes' own")]
pub struct StorageClass {
    pub provisioner: Val<String>,
    pub parameters: Map,
    pub reclaim_policy: Option<Val<ReclaimPolicy>>,
    pub volume_binding_mode: Option<Val<VolumeBindingMode>>,
    pub allow_volume_expansion: Option<Val<bool>>,
    /// Where it is declared.
    pub at: Origin,
}

/// A PriorityClass.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are Kubernetes' own")]
pub struct PriorityClass {
    pub value: Val<i32>,
    pub global_default: Option<Val<bool>>,
    pub description: Option<Val<String>>,
    /// Where it is declared.
    pub at: Origin,
}
