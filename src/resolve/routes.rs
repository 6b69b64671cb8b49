//! Ways in from outside of the cluster.

use std::collections::BTreeMap;

use super::interface::{Address, Component, ComponentKind, entries, missing};
use super::names;
use super::planner::{Planner, own_name};
use super::read::Read;
use super::scope::{Scope, component_named};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::k8s::NameForm;
use crate::plan::{
    Plan, Port, RateLimit, RatePeriod, Route, RouteKind, RoutePath, Routing, RoutingKind, Val,
};
use crate::source::{Origin, Rule, Span};
use crate::spec;
use crate::spec::map::Entry;
use crate::spec::{IngressKind, PathType};

impl Planner<'_> {
    /// The stack's routes. Where the environment routes nothing they are checked and left out.
    pub fn routes(&self) -> Vec<Route> {
        let spec = &self.context.surroundings.spec;
        let rendered = matches!(spec.routing, Some(spec::Routing::Through(_)));
        let mut routes = Vec::new();
        for (name, entry) in entries(self.merged.body.routes.as_ref()) {
            let routing = self.context.place.routing.as_ref();
            if routing.is_none() && spec.routing.is_none() {
                let environment = &self.context.place.name;
                self.log.push(
                    Diagnostic::error(
                        Code::RoutingCannot,
                        entry.key,
                        format!("`{environment}` does not say how traffic comes in"),
                    )
                    .also(self.context.surroundings.span, "the environment is declared here")
                    .help("write `routing: { ingress: ... }` or `{ gateway: ... }` there, or `routing: none` to leave routes out"),
                );
            }
            let route = self.route(name, entry.key, &entry.value.body, routing);
            if rendered {
                routes.extend(route);
            }
        }
        routes
    }

    fn route(
        &self,
        name: &str,
        at: Span,
        written: &spec::Route,
        routing: Option<&Routing>,
    ) -> Option<Route> {
        let scope = self.scope(None);
        let object =
            scope.option(written.name.as_ref(), "a name").unwrap_or_else(|| own_name(name, at));
        let labels = scope.map(written.labels.as_ref(), "a label");
        names::check_labels(&labels, self.log);
        let mut annotations = scope.map(written.annotations.as_ref(), "an annotation");
        let kind = match (&written.paths, &written.load_balancer) {
            (Some(_), None) => {
                names::check(
                    NameForm::DnsSubdomain,
                    &object.v,
                    object.at,
                    "the name of a route",
                    self.log,
                );
                self.host(name, at, written, routing, &scope)
            }
            (None, Some(balancer)) => {
                names::check(
                    NameForm::Dns1035Label,
                    &object.v,
                    object.at,
                    "the name of a Service",
                    self.log,
                );
                annotations.extend(scope.map(balancer.annotations.as_ref(), "an annotation"));
                self.load_balancer(balancer, at, &scope)
            }
            (paths, balancer) => {
                let message = if paths.is_some() && balancer.is_some() {
                    "a route has `paths` or a `loadBalancer`, not both"
                } else {
                    "this route leads nowhere"
                };
                self.log.push(
                    Diagnostic::error(Code::Conflicting, at, message)
                        .help("write `host` and `paths`, or `loadBalancer`"),
                );
                None
            }
        };
        names::check_annotations(&annotations, self.log);
        let (name, at) = (name.to_owned(), Origin::Written(at));
        Some(Route { component: name, name: object, kind: kind?, labels, annotations, at })
    }

    fn load_balancer(
        &self,
        balancer: &spec::LoadBalancer,
        at: Span,
        scope: &Scope<'_>,
    ) -> Option<RouteKind> {
        if balancer.to.is_none() {
            self.log.push(missing(balancer.span.unwrap_or(at), "the load balancer", "to"));
        }
        let to = scope.option(balancer.to.as_ref(), "the name of a component")?;
        let fits = |kind: &ComponentKind| {
            matches!(
                kind,
                ComponentKind::Service { .. }
                    | ComponentKind::Postgres { .. }
                    | ComponentKind::Redis
            )
        };
        let what = "a component with a Service";
        component_named(&to, self.own, Code::UnknownReference, what, fits, self.log)?;
        let source_ranges =
            scope.list(balancer.source_ranges.as_ref(), "an address").unwrap_or_default();
        for range in &source_ranges {
            super::cidr::check(range, self.log);
        }
        Some(RouteKind::LoadBalancer { to, source_ranges })
    }

    fn host(
        &self,
        name: &str,
        at: Span,
        written: &spec::Route,
        routing: Option<&Routing>,
        scope: &Scope<'_>,
    ) -> Option<RouteKind> {
        let address = self.own.routes.get(name)?;
        if written.host.is_none() {
            self.log.push(missing(at, &format!("the route `{name}`"), "host"));
        }
        let secret = scope.option(written.tls_secret.as_ref(), "a name");
        if let Some(secret) = &secret {
            names::check(
                NameForm::DnsSubdomain,
                &secret.v,
                secret.at,
                "the name of a Secret",
                self.log,
            );
        }
        let paths: Vec<RoutePath> = entries(written.paths.as_ref())
            .filter_map(|(path, entry)| self.path(path, entry, scope))
            .collect();
        let hsts = scope.value(written.hsts.as_ref(), "a switch");
        let https_only = self.https_only(written, address, at, routing, scope);
        if let (Some(routing), Some(Val { v: true, at })) = (routing, &hsts)
            && !can_say_headers(&routing.kind)
        {
            self.cannot(*at, "tell browsers to use HTTPS only");
        }
        if let (false, Some(Val { v: true, at }), Some(_)) = (address.https, &hsts, routing)
            && let Some(span) = at.span()
        {
            self.log.push(self.without_https(span, "hsts", address.tls));
        }
        if routing.is_some_and(|routing| !can_limit(&routing.kind)) {
            for limit in paths.iter().filter_map(|path| path.rate_limit.as_ref()) {
                self.cannot(limit.at, "limit how many requests an address makes");
            }
        }
        let tls_secret = address.https.then(|| {
            secret.unwrap_or_else(|| {
                let at = Origin::Written(at).derive(Rule::CertificateName);
                Val::new(format!("{name}-tls"), at)
            })
        });
        Some(RouteKind::Host { host: address.host.clone()?, paths, tls_secret, https_only, hsts })
    }

    /// Whether HTTP is redirected: the environment's word, the route's where it says none.
    fn https_only(
        &self,
        written: &spec::Route,
        address: &Address,
        at: Span,
        routing: Option<&Routing>,
        scope: &Scope<'_>,
    ) -> Val<bool> {
        let https = address.https;
        let own = scope.value(written.https_only.as_ref(), "a switch");
        let place = routing.and_then(|routing| routing.https_only);
        if let (Some(own), Some(place)) = (own, place)
            && own.v != place.v
            && let (Some(span), Some(other)) = (own.at.span(), place.at.span())
        {
            self.log.push(
                Diagnostic::error(
                    Code::Conflicting,
                    span,
                    "the environment says otherwise of `httpsOnly`",
                )
                .also(other, "for all of its routes")
                .help("leave it out here: it is the environment's to say, where it does"),
            );
        }
        if let (false, Some(Val { v: true, at }), Some(_)) = (https, own, routing)
            && let Some(span) = at.span()
        {
            self.log.push(self.without_https(span, "httpsOnly", address.tls));
        }
        let redirect = place
            .or(own)
            .unwrap_or_else(|| Val::new(https, Origin::Written(at).derive(Rule::HttpsOnly)));
        // Without HTTPS there is nothing to redirect to.
        let redirect = Val { v: redirect.v && https, ..redirect };
        if let (true, Some(routing)) = (redirect.v, routing) {
            let explicit = place.is_some() || own.is_some();
            let can = can_redirect(&routing.kind);
            if explicit && !can {
                self.cannot(redirect.at, "redirect HTTP to HTTPS");
            }
            return Val { v: can, ..redirect };
        }
        redirect
    }

    fn without_https(&self, span: Span, field: &str, tls: Option<Val<bool>>) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            Code::Conflicting,
            span,
            format!("`{field}` means nothing for a route without HTTPS"),
        )
        .help("serve HTTPS, or remove this");
        match tls.and_then(|tls| tls.at.span()) {
            Some(tls) => diagnostic.also(tls, "HTTPS is turned off here"),
            None => diagnostic.also(
                self.context.surroundings.span,
                "the environment says nothing of certificates, `routing: { tls: ... }`",
            ),
        }
    }

    fn cannot(&self, at: Origin, what: &str) {
        let Some(span) = at.span() else { return };
        let place = self.context.place;
        let routing = place.routing.as_ref().map(|routing| match &routing.kind {
            RoutingKind::Ingress { class, .. } => format!("the ingress class `{}`", class.v),
            RoutingKind::Gateway { name, .. } => format!("the Gateway `{}`", name.v),
        });
        let routing = routing.unwrap_or_default();
        self.log.push(
            Diagnostic::error(
                Code::RoutingCannot,
                span,
                format!("in `{}`, {routing} gives gen no way to {what}", place.name),
            )
            .help("remove it there with an overlay, or let the environment route through something that can"),
        );
    }

    fn path(
        &self,
        path: &str,
        entry: &Entry<spec::RoutePath>,
        scope: &Scope<'_>,
    ) -> Option<RoutePath> {
        let written = &entry.value;
        let sound = path.starts_with('/')
            && !path.contains("//")
            && !path.contains("/./")
            && !path.contains("/../");
        if !sound {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    entry.key,
                    format!("`{path}` is not the path of a URL"),
                )
                .help("a path starts with `/` and has neither `//` nor `..`"),
            );
        }
        let at = Origin::Written(entry.key);
        let rate_limit =
            scope.option(written.rate_limit.as_ref(), "a rate").and_then(|rate| self.rate(&rate));
        let path_type = scope
            .value(written.path_type.as_ref(), "a path type")
            .unwrap_or_else(|| Val::new(PathType::Prefix, at.derive(Rule::PrefixPath)));
        if written.to.is_none() {
            self.log.push(missing(entry.key, &format!("the path `{path}`"), "to"));
        }
        let to = scope.option(written.to.as_ref(), "the name of a component")?;
        let fits = |kind: &ComponentKind| matches!(kind, ComponentKind::Service { .. });
        let code = Code::UnknownReference;
        let (_, component) = component_named(&to, self.own, code, "a service", fits, self.log)?;
        let port = self.path_port(&to, component, written, scope)?;
        Some(RoutePath {
            path: Val::new(path.to_owned(), at),
            path_type,
            service: Val::new(component.name.v.clone(), to.at),
            port: Val::new(
                port.name.v.clone(),
                written.port.as_ref().map_or(to.at, |port| Origin::Written(port.span)),
            ),
            port_number: port.service.v,
            rate_limit,
            component: to,
        })
    }

    fn path_port<'c>(
        &self,
        to: &Val<String>,
        component: &'c Component,
        written: &spec::RoutePath,
        scope: &Scope<'_>,
    ) -> Option<&'c Port> {
        if let Some(port) = &written.port {
            return self.known_port(&scope.text(port, "the name of a port")?, &component.ports);
        }
        let span = to.at.span()?;
        let message = match component.ports.as_slice() {
            [port] => return Some(port),
            [] => format!("`{}` has no ports", to.v),
            _ => format!("`{}` has several ports", to.v),
        };
        let names: Vec<&str> = component.ports.iter().map(|port| port.name.v.as_str()).collect();
        self.log.push(
            Diagnostic::error(Code::UnknownPort, span, message)
                .also(component.declared, "declared here")
                .help(if names.is_empty() {
                    "declare one there, such as `ports: { http: 8080 }`".to_owned()
                } else {
                    let choice = |name| format!("`{{ to: {}, port: {name} }}`", to.v);
                    let choices: Vec<String> = names.into_iter().map(choice).collect();
                    format!("say which: {}", choices.join(" or "))
                }),
        );
        None
    }

    fn rate(&self, rate: &Val<String>) -> Option<Val<RateLimit>> {
        let read = |text: &str| {
            let (requests, per) = text.split_once('/')?;
            let per = match per {
                "s" => RatePeriod::Second,
                "m" => RatePeriod::Minute,
                _ => return None,
            };
            let requests = requests.parse().ok().filter(|requests| *requests > 0)?;
            Some(RateLimit { requests, per })
        };
        let limit = read(&rate.v);
        if let (None, Some(span)) = (limit, rate.at.span()) {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    format!("`{}` is not a rate of requests", rate.v),
                )
                .help("write a number and a time, a second or a minute: `20/s` or `600/m`"),
            );
        }
        Some(Val::new(limit?, rate.at))
    }
}

/// Whether a place's routing can limit the requests of an address.
fn can_limit(kind: &RoutingKind) -> bool {
    matches!(kind, RoutingKind::Ingress { kind: IngressKind::Nginx, .. })
}

/// Whether a place's routing can add headers to responses.
fn can_say_headers(kind: &RoutingKind) -> bool {
    match kind {
        RoutingKind::Ingress { kind, .. } => *kind == IngressKind::Nginx,
        RoutingKind::Gateway { .. } => true,
    }
}

/// Whether a place's routing can redirect HTTP to HTTPS: a Gateway by a route on the listener
/// for HTTP alone, whose name must be known.
fn can_redirect(kind: &RoutingKind) -> bool {
    match kind {
        RoutingKind::Ingress { kind, .. } => *kind == IngressKind::Nginx,
        RoutingKind::Gateway { http_listener, https_listener, .. } => {
            http_listener.is_some() && https_listener.is_some()
        }
    }
}

/// Reports routes of an environment's stacks that claim the same path of the same host.
pub fn check_routes<'p>(plans: impl IntoIterator<Item = &'p Plan>, diagnostics: &mut Diagnostics) {
    let mut known: BTreeMap<(String, &str, PathType), (Span, &str)> = BTreeMap::new();
    for plan in plans {
        for route in &plan.routes {
            let RouteKind::Host { host, paths, .. } = &route.kind else { continue };
            for path in paths {
                let Some(span) = path.path.at.span() else { continue };
                let claim = (host.v.to_ascii_lowercase(), path.path.v.as_str(), path.path_type.v);
                if let Some((first, stack)) = known.insert(claim, (span, &plan.name)) {
                    diagnostics.push(
                        Diagnostic::error(
                            Code::RoutesAlike,
                            span,
                            format!("`{}{}` leads to `{}` already", host.v, path.path.v, stack),
                        )
                        .also(first, "the same path of the same host")
                        .help("give one of the two another host or another path"),
                    );
                }
            }
        }
    }
}
