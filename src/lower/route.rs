//! Ways in from outside: a route as Ingress objects or as HTTPRoutes, with its certificate, or
//! as a Service of type LoadBalancer.

use k8s_openapi::api::core::v1::{ConfigMap, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
    IngressServiceBackend, IngressSpec, IngressTLS, ServiceBackendPort,
};

use super::Built;
use super::metadata::{self, Owner};
use crate::k8s;
use crate::k8s::Object;
use crate::k8s::custom::{
    Certificate, CertificateSpec, HTTPRoute, HttpBackendRef, HttpHeader, HttpHeaderFilter,
    HttpPathMatch, HttpRequestRedirect, HttpRouteFilter, HttpRouteMatch, HttpRouteRule,
    HttpRouteSpec, Issuer, IssuerRef, IssuerSpec, ParentReference, SelfSignedIssuer,
};
use crate::plan::{
    Map, Plan, Program, RateLimit, RatePeriod, Route, RouteKind, RoutePath, Routing, RoutingKind,
    TlsSource, Val,
};
use crate::source::{Origin, Rule};
use crate::spec::{IngressKind, PathType};

/// What browsers are told with HSTS: for a year.
const HSTS: &str = "max-age=31536000";

/// The name of a stack's self-signed issuer.
const SELF_SIGNED: &str = "self-signed";

/// The objects of all routes of a stack.
pub(super) fn lower(plan: &Plan, objects: &mut Vec<Object>) {
    for route in &plan.routes {
        match &route.kind {
            RouteKind::LoadBalancer { to, source_ranges } => {
                objects.push(load_balancer(plan, route, to, source_ranges));
            }
            RouteKind::Host { .. } => {
                let Some(routing) = &plan.place.routing else { continue };
                host(plan, route, routing, objects);
            }
        }
    }
    let routes = plan.routes.iter().map(|route| &route.kind);
    let mut routes_with_tls =
        routes.filter(|kind| matches!(kind, RouteKind::Host { tls_secret: Some(_), .. }));
    let mut databases_with_tls = plan.postgres.iter().filter(|database| database.tls.is_some());
    let source = plan.place.routing.as_ref().and_then(|routing| routing.tls.as_ref());
    if let Some(TlsSource::SelfSigned(at)) = source
        && (routes_with_tls.next().is_some() || databases_with_tls.next().is_some())
    {
        let at = at.derive(Rule::SelfSignedIssuer);
        let issuer = k8s!(at; Issuer {
            metadata: Owner::stack(plan).metadata(&Val::new(SELF_SIGNED.to_owned(), at)),
            spec: k8s!(at; IssuerSpec { self_signed: k8s!(at; SelfSignedIssuer {}) }),
        });
        objects.push(issuer.object());
    }
}

fn owner<'p>(plan: &'p Plan, route: &'p Route) -> Owner<'p> {
    Owner {
        plan,
        component: Some(&route.component),
        labels: &route.labels,
        annotations: &route.annotations,
        at: route.at,
    }
}

/// A certificate for a host name, kept in a Secret of the stack's namespace.
pub(super) fn certificate(
    owner: Owner<'_>,
    secret: &Val<String>,
    hosts: &[Val<String>],
    source: &TlsSource,
) -> Object {
    let at = owner.at.derive(Rule::Certificate);
    let issuer = match source {
        TlsSource::ClusterIssuer(name) => {
            k8s!(at; IssuerRef { name, kind: "ClusterIssuer", group: "cert-manager.io" })
        }
        TlsSource::SelfSigned(origin) => k8s!(origin.derive(Rule::SelfSignedIssuer); IssuerRef {
            name: SELF_SIGNED, kind: "Issuer", group: "cert-manager.io",
        }),
    };
    let certificate = k8s!(at; Certificate {
        metadata: owner.metadata(secret),
        spec: k8s!(at; CertificateSpec {
            secret_name: secret,
            dns_names: hosts.to_vec(),
            issuer_ref: issuer,
        }),
    });
    certificate.object()
}

fn host(plan: &Plan, route: &Route, routing: &Routing, objects: &mut Vec<Object>) {
    let RouteKind::Host { host, tls_secret, .. } = &route.kind else { return };
    match &routing.kind {
        RoutingKind::Ingress { class, kind } => {
            if let (Some(secret), Some(source)) = (tls_secret, &routing.tls) {
                let hosts = [host.clone()];
                objects.push(certificate(owner(plan, route), secret, &hosts, source));
            }
            ingresses(plan, route, class, *kind, objects);
        }
        RoutingKind::Gateway { name, namespace, https_listener, http_listener } => {
            let gateway = |listener: &Option<Val<String>>| k8s!(route.at; ParentReference { name, namespace, section_name: listener });
            http_routes(plan, route, gateway(https_listener), gateway(http_listener), objects);
        }
    }
}

/// One Ingress for each rate limit, since a controller's annotations are the whole Ingress's.
fn ingresses(
    plan: &Plan,
    route: &Route,
    class: &Val<String>,
    kind: IngressKind,
    objects: &mut Vec<Object>,
) {
    let RouteKind::Host { host, paths, tls_secret, https_only, hsts } = &route.kind else { return };
    let mut annotations = Map::new();
    if kind == IngressKind::Nginx {
        let redirect = Val::new(https_only.v.to_string(), https_only.at);
        annotations.insert("nginx.ingress.kubernetes.io/ssl-redirect".to_owned(), redirect);
        if let Some(hsts) = hsts.filter(|hsts| hsts.v) {
            let (headers, reference) = response_headers(plan, route, hsts.at);
            objects.push(headers);
            annotations.insert("nginx.ingress.kubernetes.io/custom-headers".to_owned(), reference);
        }
    }
    let mut limits: Vec<Option<RateLimit>> = Vec::new();
    for limit in paths.iter().map(|path| path.rate_limit.map(|limit| limit.v)) {
        if !limits.contains(&limit) {
            limits.push(limit);
        }
    }
    for limit in limits {
        let paths: Vec<&RoutePath> =
            paths.iter().filter(|path| path.rate_limit.map(|limit| limit.v) == limit).collect();
        let mut annotations = annotations.clone();
        let mut name = route.name.clone();
        if let Some(limit) = paths.iter().find_map(|path| path.rate_limit) {
            let (suffix, annotation) = rate_limit(limit.v);
            // The paths without a limit keep the route's own name.
            name = Val::new(format!("{}-{suffix}", name.v), limit.at);
            let requests = Val::new(limit.v.requests.to_string(), limit.at);
            annotations.insert(annotation.to_owned(), requests);
        }
        let at = route.at;
        let rule = k8s!(at; IngressRule {
            host,
            http: k8s!(at; HTTPIngressRuleValue { paths: paths.iter().map(|path| ingress_path(path)).collect::<Vec<_>>() }),
        });
        let tls = tls_secret.as_ref().map(|secret| {
            vec![k8s!(secret.at; IngressTLS { hosts: vec![host.clone()], secret_name: secret })]
        });
        let ingress = k8s!(at; Ingress {
            metadata: owner(plan, route).metadata_with(&name, &Map::new(), &annotations),
            spec: k8s!(at; IngressSpec { ingress_class_name: class, rules: vec![rule], tls }),
        });
        objects.push(ingress.object());
    }
}

/// The ConfigMap of response headers that ingress-nginx adds, and the reference to it.
/// <https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#custom-headers>
fn response_headers(plan: &Plan, route: &Route, at: Origin) -> (Object, Val<String>) {
    let at = at.derive(Rule::Hsts);
    let name = Val::new(format!("{}-headers", route.name.v), at);
    let header =
        Map::from([("Strict-Transport-Security".to_owned(), Val::new(HSTS.to_owned(), at))]);
    let reference = Val::new(format!("{}/{}", plan.namespace.v, name.v), at);
    let headers =
        k8s!(at; ConfigMap { metadata: owner(plan, route).metadata(&name), data: header });
    (headers.object(), reference)
}

/// The end of the name of an Ingress with a limit, and ingress-nginx's annotation for it.
/// <https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#rate-limiting>
fn rate_limit(limit: RateLimit) -> (String, &'static str) {
    match limit.per {
        RatePeriod::Second => (
            format!("limit-{}-per-second", limit.requests),
            "nginx.ingress.kubernetes.io/limit-rps",
        ),
        RatePeriod::Minute => (
            format!("limit-{}-per-minute", limit.requests),
            "nginx.ingress.kubernetes.io/limit-rpm",
        ),
    }
}

fn ingress_path(path: &RoutePath) -> Built<HTTPIngressPath> {
    let at = path.component.at;
    let port = k8s!(path.port.at; ServiceBackendPort { name: &path.port });
    let service = k8s!(at; IngressServiceBackend { name: &path.service, port });
    k8s!(at; HTTPIngressPath {
        path: &path.path,
        path_type: path.path_type.map(PathType::word),
        backend: k8s!(at; IngressBackend { service }),
    })
}

/// The HTTPRoute that serves the host, and one that redirects HTTP to it.
fn http_routes(
    plan: &Plan,
    route: &Route,
    https: Built<ParentReference>,
    http: Built<ParentReference>,
    objects: &mut Vec<Object>,
) {
    let RouteKind::Host { host, paths, tls_secret, https_only, hsts } = &route.kind else { return };
    let at = route.at;
    let filters: Vec<Built<HttpRouteFilter>> = hsts
        .filter(|hsts| hsts.v)
        .map(|hsts| {
            let at = hsts.at.derive(Rule::Hsts);
            let header = k8s!(at; HttpHeader { name: "Strict-Transport-Security", value: HSTS });
            k8s!(at; HttpRouteFilter {
                type_: "ResponseHeaderModifier",
                response_header_modifier: k8s!(at; HttpHeaderFilter { set: vec![header] }),
            })
        })
        .into_iter()
        .collect();
    let rules: Vec<_> = paths
        .iter()
        .map(|path| {
            let at = path.component.at;
            let kind = path.path_type.map(|kind| match kind {
                PathType::Prefix => "PathPrefix",
                PathType::Exact => "Exact",
            });
            let matched = k8s!(path.path.at; HttpPathMatch { type_: kind, value: &path.path });
            k8s!(at; HttpRouteRule {
                matches: vec![k8s!(at; HttpRouteMatch { path: matched })],
                filters: filters.clone(),
                backend_refs: vec![k8s!(at; HttpBackendRef {
                    name: &path.service, port: Val::new(path.port_number, path.port.at),
                })],
            })
        })
        .collect();
    let redirects = tls_secret.is_some() && https_only.v;
    let mut parents = vec![if tls_secret.is_some() { https } else { http.clone() }];
    if tls_secret.is_some() && !redirects {
        parents.push(http.clone());
    }
    let metadata = |name: &Val<String>| owner(plan, route).metadata(name);
    let served = k8s!(at; HTTPRoute {
        metadata: metadata(&route.name),
        spec: k8s!(at; HttpRouteSpec { parent_refs: parents, hostnames: vec![host.clone()], rules }),
    });
    objects.push(served.object());
    if redirects {
        let at = https_only.at;
        let name = Val::new(format!("{}-redirect", route.name.v), at);
        let redirect = k8s!(at; HttpRouteFilter {
            type_: "RequestRedirect",
            request_redirect: k8s!(at; HttpRequestRedirect { scheme: "https", status_code: 301_i32 }),
        });
        let redirected = k8s!(at; HTTPRoute {
            metadata: metadata(&name),
            spec: k8s!(at; HttpRouteSpec {
                parent_refs: vec![http],
                hostnames: vec![host.clone()],
                rules: vec![k8s!(at; HttpRouteRule { filters: vec![redirect] })],
            }),
        });
        objects.push(redirected.object());
    }
}

fn load_balancer(
    plan: &Plan,
    route: &Route,
    to: &Val<String>,
    source_ranges: &[Val<String>],
) -> Object {
    let at = route.at;
    let program = plan.program(&to.v);
    let selector = match program {
        Some(program) => metadata::selector(plan, program),
        None => metadata::stable_labels(plan, &to.v, to.at),
    };
    let ports: Vec<_> = program
        .into_iter()
        .flat_map(Program::ports_to_call)
        .map(|port| {
            k8s!(port.name.at; ServicePort {
                name: &port.name,
                port: port.service,
                target_port: &port.name,
                protocol: port.protocol.map(crate::spec::Protocol::word),
                app_protocol: &port.app_protocol,
            })
        })
        .collect();
    let service = k8s!(at; Service {
        metadata: owner(plan, route).metadata(&route.name),
        spec: k8s!(at; ServiceSpec {
            type_: "LoadBalancer",
            selector,
            ports,
            load_balancer_source_ranges: source_ranges.to_vec(),
        }),
    });
    service.object()
}
