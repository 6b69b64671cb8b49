//! Ways in from outside of the cluster.

use super::{Map, Val};
use crate::source::Origin;

/// A route that is rendered here; where the environment routes nothing there is none.
#[derive(Debug, Clone)]
pub struct Route {
    /// The route's name in the stack.
    pub component: String,
    /// The object's name.
    pub name: Val<String>,
    /// What it is.
    pub kind: RouteKind,
    /// Labels of its object.
    pub labels: Map,
    /// Annotations of its object.
    pub annotations: Map,
    /// Where it is declared.
    pub at: Origin,
}

impl Route {
    /// Whether it has a certificate.
    #[must_use]
    pub fn serves_tls(&self) -> bool {
        matches!(self.kind, RouteKind::Host { tls_secret: Some(_), .. })
    }
}

/// A host and its paths, or a load balancer.
#[derive(Debug, Clone)]
pub enum RouteKind {
    /// An Ingress or HTTPRoute, as the place routes.
    Host {
        /// The host name.
        host: Val<String>,
        /// The paths, in the order declared.
        paths: Vec<RoutePath>,
        /// The Secret with the certificate; `None` for HTTP only.
        tls_secret: Option<Val<String>>,
        /// Whether HTTP is redirected to HTTPS.
        https_only: Val<bool>,
        /// Whether browsers are told to use HTTPS only.
        hsts: Option<Val<bool>>,
    },
    /// A Service of type LoadBalancer in front of a component.
    LoadBalancer {
        /// The component's name in the stack.
        to: Val<String>,
        /// The addresses that may call; empty for all.
        source_ranges: Vec<Val<String>>,
    },
}

/// A path of a host.
#[derive(Debug, Clone)]
pub struct RoutePath {
    /// The path, with a leading `/`.
    pub path: Val<String>,
    /// How it matches.
    pub path_type: Val<crate::spec::PathType>,
    /// The component's name in the stack.
    pub component: Val<String>,
    /// The name of the component's Service.
    pub service: Val<String>,
    /// The name of the Service's port.
    pub port: Val<String>,
    /// The number of the Service's port.
    pub port_number: u16,
    /// How many requests an address may make.
    pub rate_limit: Option<Val<RateLimit>>,
}

/// How many requests an address may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// That many.
    pub requests: u32,
    /// In that time.
    pub per: RatePeriod,
}

/// The time of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatePeriod {
    /// A second.
    Second,
    /// A minute.
    Minute,
}
