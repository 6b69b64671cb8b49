//! Environments: the places where stacks run.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::decode::{Decode, Decoder};
use super::expression::Text;
use super::macros::{spec, words};
use super::map::Open;
use super::merge::{Layer, Merge, Merger, Removal};
use super::secret::Backend;
use super::stack::Defaults;
use super::storage::ReclaimPolicy;
use super::value::{List, Placed, Setting, Value};
use crate::source::{Kind, NodeRef, Span};

spec! {
    /// `environments/NAME.yaml`: a place, or a family of places.
    pub struct Environment {
        /// The environment whose every word holds here too, where this one says nothing else.
        extends: Text,
        /// A family: nothing is rendered for it, only for those that extend it.
        r#abstract: Value<bool>,
        /// The Kubernetes version, in quotes, such as "1.34".
        kubernetes: Text,
        /// The namespace of a stack that names none; `${{ stack.name }}` where nothing is said.
        namespace: Text,
        /// The Pod Security Standard that every namespace enforces.
        policy: Value<Policy>,
        /// The domain below which hosts stand, `${{ env.domain }}`.
        domain: Text,
        /// Values for expressions, `${{ env.vars.NAME }}`.
        vars: Open<Setting>,
        /// The processor architectures of the nodes; any, where nothing is said.
        arch: List<Text>,
        /// Where the cluster's DNS runs.
        dns: Dns,
        /// The address of the API server, for programs that may call it.
        api_server: ApiServer,
        /// Addresses of the cluster itself (nodes, pods, services), which no external includes.
        cluster_cidrs: List<Text>,
        /// What reads metrics.
        metrics: Scraper,
        /// How traffic comes in.
        routing: Routing,
        /// Storage classes by what stacks call them; `default` is for those that name none.
        storage: Open<Text>,
        /// Where the values of secrets are kept.
        secrets: SecretBackends,
        /// Labels on every object.
        labels: Open<Text>,
        /// Annotations on every object.
        annotations: Open<Text>,
        /// cert-manager ClusterIssuers that gen renders.
        cluster_issuers: Open<Issuer>,
        /// StorageClasses that gen renders.
        storage_classes: Open<StorageClass>,
        /// PriorityClasses that gen renders.
        priority_classes: Open<PriorityClass>,
        /// Names of cluster-wide things that exist there and that gen does not render.
        existing: Existing,
        /// Changes of its own objects that are meant, by the objects as `Kind/name` and by what
        /// they do (`recreate`, `data-loss`, `exposure`, `breaks` or `restart`), each with the
        /// reason.
        allow_changes: Open<Open<Text>>,
        /// What all components of a kind have in common there, below what stacks say.
        defaults: Defaults,
        /// What all components of a kind have in common there, above what stacks say.
        overrides: Defaults,
    }
}

spec! {
    /// Where the cluster's DNS runs.
    pub struct Dns {
        /// Its namespace.
        namespace: Text,
        /// The labels of its pods.
        labels: Open<Text>,
        /// Its addresses, where it is outside of the cluster or on the node, as CIDR blocks.
        cidrs: List<Text>,
    }
}

spec! {
    /// The address of the API server.
    pub struct ApiServer {
        /// As CIDR blocks; any address, where nothing is said.
        cidrs: List<Text>,
        /// Its ports; 443 and 6443 where nothing is said.
        ports: List<Value<u16>>,
    }
}

spec! {
    /// What reads metrics.
    pub struct Scraper {
        /// Its namespace.
        namespace: Text,
        /// The labels of its pods.
        labels: Open<Text>,
        /// Renders a ServiceMonitor or PodMonitor for each component with metrics.
        monitors: Value<bool>,
    }
}

/// How traffic comes in: not through gen, or as the fields say.
#[derive(Debug, Clone)]
pub enum Routing {
    /// The word `none`: routes are not rendered there.
    None(Span),
    /// Through a controller.
    Through(Box<RoutingFields>),
}

spec! {
    /// How traffic comes in: exactly one of `ingress` and `gateway`.
    pub struct RoutingFields {
        /// An ingress controller.
        ingress: IngressController,
        /// A Gateway of the Gateway API.
        gateway: Gateway,
        /// How certificates are had; without it routes are HTTP only.
        tls: RoutingTls,
        /// Redirects HTTP to HTTPS.
        https_only: Value<bool>,
    }
}

spec! {
    /// An ingress controller.
    pub struct IngressController {
        /// The IngressClass.
        class: Text,
        /// Where the controller runs.
        controller: ControllerPods,
        /// Which controller it is, for what only annotations can say; told from the class
        /// where nothing is said.
        kind: Value<IngressKind>,
    }
}

spec! {
    /// A Gateway that somebody runs.
    pub struct Gateway {
        /// Its name.
        name: Text,
        /// Its namespace.
        namespace: Text,
        /// The name of its listener for HTTPS.
        https_listener: Text,
        /// The name of its listener for HTTP.
        http_listener: Text,
        /// Where its proxies run.
        controller: ControllerPods,
    }
}

spec! {
    /// The pods through which traffic comes in.
    pub struct ControllerPods {
        /// Their namespace.
        namespace: Text,
        /// Their labels; every pod of the namespace, where nothing is said.
        labels: Open<Text>,
    }
}

spec! {
    /// How certificates are had: from a ClusterIssuer or from an Issuer that each stack gets.
    pub struct RoutingTls {
        /// The ClusterIssuer.
        cluster_issuer: Text,
        /// Gives each stack a self-signed Issuer of its own.
        self_signed: Value<bool>,
    }
}

spec! {
    /// Where the values of secrets are kept.
    pub struct SecretBackends {
        /// The back-end of a stack that names none.
        default: Value<Backend>,
        /// Whether keys without a value are rendered as placeholders.
        placeholders: Value<Placeholders>,
        /// The Sealed Secrets controller.
        sealed: SealedBackend,
        /// The External Secrets operator.
        external: ExternalBackend,
        /// Secrets that exist there: the keys of each by its name.
        existing: Open<List<Text>>,
        /// Names of Secrets that templates and manifests may bring with their values in plain
        /// sight. For clusters to throw away.
        plain: List<Text>,
    }
}

spec! {
    /// The Sealed Secrets controller.
    pub struct SealedBackend {
        /// The file beside the environment with the controller's certificate.
        certificate: Text,
        /// What a sealed value is bound to.
        scope: Value<SealScope>,
    }
}

spec! {
    /// A store of the External Secrets operator.
    pub struct ExternalBackend {
        /// The store's name.
        store: Text,
        /// The store's kind.
        kind: Value<StoreKind>,
        /// Where a secret lies in the store, with `${{ stack.name }}` and `${{ secret.name }}`.
        path: Text,
        /// How often it is read again, such as `1h0m0s`.
        refresh_interval: Text,
    }
}

spec! {
    /// A cert-manager issuer: exactly one of its fields.
    pub struct Issuer {
        /// By ACME.
        acme: Acme,
        /// Self-signed certificates.
        self_signed: Value<bool>,
        /// By the authority whose certificate lies in this Secret.
        ca: Text,
    }
}

spec! {
    /// ACME, with HTTP-01 challenges through the environment's routing.
    pub struct Acme {
        /// The server's address; Let's Encrypt's where nothing is said.
        server: Text,
        /// Whom it writes to.
        email: Text,
        /// The Secret with the account's key; `NAME-account-key` where nothing is said.
        account_key_secret: Text,
    }
}

spec! {
    /// A StorageClass.
    pub struct StorageClass {
        /// The provisioner.
        provisioner: Text,
        /// The provisioner's parameters.
        parameters: Open<Text>,
        /// What becomes of the data when a claim goes.
        reclaim_policy: Value<ReclaimPolicy>,
        /// When a volume is made.
        volume_binding_mode: Value<VolumeBindingMode>,
        /// Lets claims grow.
        allow_volume_expansion: Value<bool>,
    }
}

spec! {
    /// A PriorityClass. A number is its value.
    pub struct PriorityClass (short value) {
        /// Its value.
        value: Value<i32>,
        /// For pods that name none.
        global_default: Value<bool>,
        /// What it is for.
        description: Text,
    }
}

spec! {
    /// Names of things that exist there and that gen does not render.
    pub struct Existing {
        /// StorageClasses.
        storage_classes: List<Text>,
        /// PriorityClasses.
        priority_classes: List<Text>,
        /// ClusterIssuers.
        cluster_issuers: List<Text>,
        /// Kinds without a schema that templates and manifests may use, `group/version/Kind`.
        kinds: List<Text>,
        /// Objects that references may lead to, `Kind/namespace/name`.
        objects: List<Text>,
    }
}

impl Decode for Routing {
    fn decode(node: NodeRef<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.kind() {
            Kind::Str if node.text() == "none" => Some(Self::None(decoder.span(node))),
            Kind::Map => Box::decode(node, decoder).map(Self::Through),
            _ => {
                decoder.expected_words(
                    node,
                    "`none`, or a map with `ingress` or `gateway`",
                    &["none"],
                );
                None
            }
        }
    }
}

impl Placed for Routing {
    fn place(&self) -> Option<Span> {
        match self {
            Self::None(span) => Some(*span),
            Self::Through(fields) => fields.span,
        }
    }
}

impl Merge for Routing {
    fn merge(&mut self, over: Self, layer: Layer, merger: &mut Merger<'_>) {
        match (self, over) {
            (Self::Through(low), Self::Through(over)) => {
                // Of the two ways in, the later replaces the earlier.
                if over.gateway.is_some() {
                    low.ingress = None;
                } else if over.ingress.is_some() {
                    low.gateway = None;
                }
                low.merge(over, layer, merger);
            }
            (low, over) => *low = over,
        }
    }

    fn remove(&mut self, removal: &Removal, merger: &mut Merger<'_>) {
        match self {
            Self::Through(fields) => fields.remove(removal, merger),
            Self::None(_) => merger.nothing_inside(removal),
        }
    }
}

impl JsonSchema for Routing {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Routing".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<RoutingFields>();
        json_schema!({ "anyOf": [{ "const": "none" }, fields] })
    }
}

words! {
    /// A Pod Security Standard.
    pub enum Policy {
        /// Everything is allowed.
        Privileged = "privileged",
        /// Known ways out of a container are closed.
        Baseline = "baseline",
        /// Hardened pods only.
        Restricted = "restricted",
    }
}

words! {
    /// Whether keys without a value are rendered as placeholders.
    pub enum Placeholders {
        /// They are.
        Allowed = "allowed",
        /// A key without a value is an error.
        Refused = "refused",
    }
}

words! {
    /// What a sealed value is bound to.
    pub enum SealScope {
        /// To its namespace and name.
        Strict = "strict",
        /// To its namespace.
        NamespaceWide = "namespace-wide",
        /// To the cluster.
        ClusterWide = "cluster-wide",
    }
}

words! {
    /// The kind of a store.
    pub enum StoreKind {
        /// For the whole cluster.
        ClusterSecretStore = "ClusterSecretStore",
        /// For one namespace.
        SecretStore = "SecretStore",
    }
}

words! {
    /// An ingress controller whose annotations gen knows.
    pub enum IngressKind {
        /// ingress-nginx.
        Nginx = "nginx",
        /// Traefik.
        Traefik = "traefik",
        /// Another one: what only annotations can say is an error there.
        Other = "other",
    }
}

words! {
    /// When a volume is made.
    pub enum VolumeBindingMode {
        /// With its claim.
        Immediate = "Immediate",
        /// With the first pod that mounts it.
        WaitForFirstConsumer = "WaitForFirstConsumer",
    }
}
