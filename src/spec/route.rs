//! Ways in from outside of the cluster.

use super::expression::Text;
use super::macros::{spec, words};
use super::map::{Closed, Open};
use super::value::{List, Value};

spec! {
    /// A host and its paths (an Ingress or an HTTPRoute, as the environment routes), or a load
    /// balancer of its own.
    ///
    /// Others read `host` and `url` of it.
    pub struct Route {
        /// The host name.
        host: Text,
        /// Paths and the components behind them.
        paths: Closed<RoutePath>,
        /// A component to put behind a load balancer of its own instead.
        load_balancer: LoadBalancer,
        /// Tells browsers to use HTTPS only (HSTS).
        hsts: Value<bool>,
        /// Redirects HTTP to HTTPS, where the environment does not say.
        https_only: Value<bool>,
        /// Serves HTTPS; off, the route is HTTP only.
        tls: Value<bool>,
        /// The name of the Secret with the certificate.
        tls_secret: Text,
        /// The name of its object, where it is not the name it has in the stack.
        name: Text,
        /// Labels of its object.
        labels: Open<Text>,
        /// Annotations of its object, for what the controller alone understands.
        annotations: Open<Text>,
    }
}

spec! {
    /// What stands behind a path. A name alone is the component's.
    pub struct RoutePath (short to) {
        /// The component.
        to: Text,
        /// The name of its port, where it has several.
        port: Text,
        /// How the path matches.
        path_type: Value<PathType>,
        /// How many requests an address may make, such as `20/s` or `600/m`.
        rate_limit: Text,
    }
}

spec! {
    /// A Service of type LoadBalancer. A name alone is the component's.
    pub struct LoadBalancer (short to) {
        /// The component.
        to: Text,
        /// The addresses that may call it; without them every address may.
        source_ranges: List<Text>,
        /// Annotations of the Service, for what the cloud alone understands.
        annotations: Open<Text>,
    }
}

words! {
    /// How a path of a route matches.
    pub enum PathType {
        /// The path and everything below it.
        Prefix = "Prefix",
        /// The path alone.
        Exact = "Exact",
    }
}
