//! What the paths of expressions lead to inside of a stack.

use super::config::ConfigNames;
use super::evaluate::{Found, Plain, url_encode};
use super::ground::ROOTS;
use super::interface::{Address, Component, ComponentKind, Interface, RESERVED};
use super::log::Log;
use super::needs::Needs;
use super::read::{Read, undefined};
use super::secrets::{Kept, Secrets};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Piece, Port, Val, headless_name};
use crate::source::Span;
use crate::spec::expression::{Expression, Name};

/// What the kubelet knows of a pod, with the fields of the downward API.
/// <https://kubernetes.io/docs/concepts/workloads/pods/downward-api/>
const POD: [(&str, &str); 4] = [
    ("ip", "status.podIP"),
    ("name", "metadata.name"),
    ("namespace", "metadata.namespace"),
    ("uid", "metadata.uid"),
];
const NODE: [(&str, &str); 2] = [("ip", "status.hostIP"), ("name", "spec.nodeName")];

/// Everything that expressions of a stack can name.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub own: &'a Interface,
    pub secrets: &'a Secrets,
    pub configs: &'a ConfigNames,
    /// In which component the expression stands, if in any.
    pub viewer: Option<Viewer<'a>>,
    pub log: &'a Log,
}

/// A component whose texts are read.
#[derive(Clone, Copy)]
pub(super) struct Viewer<'a> {
    pub name: &'a str,
    pub needs: &'a Needs<'a>,
}

/// A component as an expression sees it.
struct Seen<'a> {
    name: &'a str,
    component: &'a Component,
    other: Option<&'a Interface>,
}

impl Read for Scope<'_> {
    fn log(&self) -> &Log {
        self.log
    }

    fn look_up(&self, expression: &Expression) -> Option<Found> {
        let ground = &self.own.ground;
        if ground.knows(expression) {
            return ground.look_up(expression, self.log);
        }
        let (root, rest) = expression.path.split_first()?;
        match root.name.as_str() {
            "self" => match self.viewer {
                Some(viewer) => self.component(viewer.name, expression, rest),
                None => self.fail(
                    Diagnostic::error(
                        Code::NotKnownHere,
                        root.span,
                        "`self` is the component that an expression stands in, and this stands in none",
                    )
                    .help("name the component"),
                ),
            },
            "secrets" => self.secret(expression, rest),
            "configs" => self.config(expression, rest),
            "routes" => self.route(expression, rest),
            "pod" => self.runtime(expression, rest, "a field of the pod", &POD),
            "node" => self.runtime(expression, rest, "a field of the node", &NODE),
            "secret" => self.fail(
                Diagnostic::error(
                    Code::NotKnownHere,
                    expression.span,
                    "`secret` is known in an environment's `secrets.external.path` alone",
                )
                .help("a secret of the stack is `secrets.NAME.KEY`"),
            ),
            name => self.component(name, expression, rest),
        }
    }
}

impl<'a> Scope<'a> {
    fn fail(&self, diagnostic: Diagnostic) -> Option<Found> {
        self.log.push(diagnostic);
        None
    }

    /// Reports a path that names a map where it should name a value in it.
    fn not_whole(&self, expression: &Expression, members: &[&str]) -> Option<Found> {
        let path = expression.path_text();
        self.fail(
            Diagnostic::error(
                Code::UndefinedName,
                expression.span,
                format!("`{path}` is not a value"),
            )
            .help(match members.first() {
                Some(first) => format!(
                    "name what it has, such as `{path}.{first}`: `{}`",
                    members.join("`, `")
                ),
                None => "there is nothing in it".to_owned(),
            }),
        )
    }

    /// Reports names after a value that has none.
    fn nothing_below(&self, rest: &[Name]) -> Option<()> {
        let Some(extra) = rest.first() else { return Some(()) };
        self.log.push(
            Diagnostic::error(Code::UndefinedName, extra.span, "there is nothing below this value")
                .help("end the path before it"),
        );
        None
    }

    fn runtime(
        &self,
        expression: &Expression,
        rest: &[Name],
        what: &str,
        fields: &[(&str, &str)],
    ) -> Option<Found> {
        let known: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let Some((name, rest)) = rest.split_first() else {
            return self.not_whole(expression, &known);
        };
        let Some((_, field)) = fields.iter().find(|(known, _)| *known == name.name) else {
            return self.fail(undefined(name, what, known));
        };
        self.nothing_below(rest)?;
        let pieces = vec![Piece::Runtime((*field).to_owned())];
        Some(Found::Staged { pieces, key: None })
    }

    fn secret(&self, expression: &Expression, rest: &[Name]) -> Option<Found> {
        let Some((name, rest)) = rest.split_first() else {
            let known: Vec<&str> = self.secrets.names().collect();
            return self.not_whole(expression, &known);
        };
        let Some(kept) = self.secrets.secret(&name.name) else {
            return self.fail(
                undefined(name, "a secret of this stack", self.secrets.names().collect())
                    .help("declare it: `secrets: { NAME: { keys: [KEY] } }`"),
            );
        };
        let Some((key, rest)) = rest.split_first() else {
            let known: Vec<&str> = kept.keys().collect();
            return self.not_whole(expression, &known);
        };
        self.nothing_below(rest)?;
        if kept.has(&key.name) {
            return Some(kept.whole(&key.name));
        }
        if key.name == "name" {
            return Some(Found::Plain(Plain::string(&*kept.object().v)));
        }
        self.fail(
            undefined(key, &format!("a key of the secret `{}`", name.name), kept.keys().collect())
                .also(kept.declared, "the secret is declared here"),
        )
    }

    fn config(&self, expression: &Expression, rest: &[Name]) -> Option<Found> {
        let known = || self.configs.objects.keys().map(String::as_str).collect::<Vec<_>>();
        let Some((name, rest)) = rest.split_first() else {
            return self.not_whole(expression, &known());
        };
        if !self.configs.objects.contains_key(&name.name) {
            return self.fail(undefined(name, "a config of this stack", known()));
        }
        let Some((field, rest)) = rest.split_first() else {
            return self.not_whole(expression, &["name"]);
        };
        if field.name != "name" {
            return self.fail(undefined(field, "something that a config tells", vec!["name"]).help(
                "a program reads a config's keys with `envFrom` or `mounts`; a value for several places is one of `vars`",
            ));
        }
        self.nothing_below(rest)?;
        let object = self.configs.name(&name.name, expression.span)?;
        Some(Found::Plain(Plain::string(&*object.v)))
    }

    fn route(&self, expression: &Expression, rest: &[Name]) -> Option<Found> {
        let known = || self.own.routes.keys().map(String::as_str).collect::<Vec<_>>();
        let Some((name, rest)) = rest.split_first() else {
            return self.not_whole(expression, &known());
        };
        let Some(Address { host, https, .. }) = self.own.routes.get(&name.name) else {
            return self.fail(undefined(name, "a route of this stack", known()));
        };
        let Some((field, rest)) = rest.split_first() else {
            return self.not_whole(expression, &["url", "host"]);
        };
        if !["host", "url"].contains(&field.name.as_str()) {
            return self.fail(undefined(
                field,
                "something that a route tells",
                vec!["host", "url"],
            ));
        }
        self.nothing_below(rest)?;
        let Some(host) = host else {
            return self.fail(
                Diagnostic::error(
                    Code::UndefinedName,
                    expression.span,
                    format!("the route `{}` has no host that is known when compiling", name.name),
                )
                .help("write `host: ...` in the route"),
            );
        };
        let scheme = if *https { "https" } else { "http" };
        Some(Found::Plain(Plain::string(match field.name.as_str() {
            "url" => format!("{scheme}://{}", host.v),
            _ => host.v.clone(),
        })))
    }

    /// What a component has to say under the name that the path starts with.
    fn component(&self, name: &str, expression: &Expression, rest: &[Name]) -> Option<Found> {
        let seen = self.see(name, expression, rest)?;
        let offers = self.offers(&seen);
        let Some((field, below)) = rest.split_first() else {
            return self.not_whole(expression, &offers);
        };
        if !offers.contains(&field.name.as_str()) {
            return self.fail(not_offered(field, &seen, offers));
        }
        // A key of its Secret goes before what gen would work out.
        if let Some(kept) = self.kept(&seen).filter(|kept| kept.has(&field.name)) {
            self.nothing_below(below)?;
            return Some(kept.whole(&field.name));
        }
        if field.name == "ports" {
            return self.port_named(expression, below, &seen);
        }
        self.nothing_below(below)?;
        self.offered(field, &seen)
    }

    /// The component that a path starts with, when it may be seen from here.
    fn see(&self, name: &str, expression: &Expression, rest: &[Name]) -> Option<Seen<'a>> {
        if let Some(viewer) = self.viewer {
            if let Some(need) = viewer.needs.found.get(name) {
                let (name, component, other) = (need.name, need.component, need.other);
                return Some(Seen { name, component, other });
            }
            if viewer.needs.lost.contains(name) {
                return None;
            }
        }
        let root = &expression.path[0];
        let Some((known, component)) = self.own.components.get_key_value(name) else {
            let needs = self.viewer.iter().flat_map(|viewer| viewer.needs.found.keys());
            let components = self.own.components.keys().chain(needs).map(String::as_str);
            let known = components.chain(ROOTS).chain(RESERVED).filter(|name| *name != "secret");
            self.log.push(undefined(
                root,
                "a component of this stack or anything else that expressions know",
                known.collect(),
            ));
            return None;
        };
        let seen = Seen { name: known, component, other: None };
        if let Some(viewer) = self.viewer {
            let field = rest.first().map(|field| field.name.as_str());
            // To know a Secret's name is not to call anybody.
            let calls =
                field != Some("secretName") && (viewer.name != name || field == Some("peers"));
            if calls && component.kind.is_called() {
                self.log.push(
                    Diagnostic::error(
                        Code::MissingNeed,
                        root.span,
                        format!("`{}` uses `{name}` without a need for it", viewer.name),
                    )
                    .also(component.declared, "declared here")
                    .help(format!(
                        "add `{name}` to what `{}` needs: `needs: [{name}]`",
                        viewer.name
                    )),
                );
                return None;
            }
        }
        Some(seen)
    }

    fn kept(&self, seen: &Seen<'_>) -> Option<&'a Kept> {
        seen.other.is_none().then(|| self.secrets.credentials(seen.name)).flatten()
    }

    /// The names that may follow a component's.
    fn offers(&self, seen: &Seen<'a>) -> Vec<&'a str> {
        let mut offers: Vec<&str> = match &seen.component.kind {
            ComponentKind::Service { pods, .. } => {
                let peers = pods.is_some() && seen.other.is_none();
                let common = ["host", "port", "ports", "address", "url"];
                common.into_iter().chain(peers.then_some("peers")).collect()
            }
            ComponentKind::Worker | ComponentKind::Job | ComponentKind::CronJob => {
                vec!["port", "ports"]
            }
            ComponentKind::Postgres { .. } if seen.other.is_none() => {
                vec!["host", "port", "ports", "address", "url", "jdbcUrl", "user", "database"]
            }
            ComponentKind::Redis if seen.other.is_none() => {
                vec!["host", "port", "ports", "address", "url"]
            }
            ComponentKind::Postgres { .. } | ComponentKind::Redis => {
                vec!["host", "port", "ports", "address"]
            }
            ComponentKind::External { host: Some(_) } => {
                vec!["host", "port", "ports", "address", "url"]
            }
            ComponentKind::External { host: None } => vec!["port", "ports"],
        };
        if let Some(kept) = self.kept(seen) {
            offers.push("secretName");
            let own: Vec<&str> = kept.keys().filter(|key| !offers.contains(key)).collect();
            offers.extend(own);
        }
        offers
    }

    fn port_named(&self, expression: &Expression, rest: &[Name], seen: &Seen<'a>) -> Option<Found> {
        let ports = &seen.component.ports;
        let known: Vec<&str> = ports.iter().map(|port| port.name.v.as_str()).collect();
        let Some((name, rest)) = rest.split_first() else {
            return self.not_whole(expression, &known);
        };
        let Some(port) = ports.iter().find(|port| port.name.v == name.name) else {
            return self.fail(undefined(name, &format!("a port of `{}`", seen.name), known));
        };
        self.nothing_below(rest)?;
        Some(Found::Plain(Plain::number(self.number(port, seen))))
    }

    /// The number of a port: of its own container for the component itself, of the Service for
    /// everybody else.
    fn number(&self, port: &Port, seen: &Seen<'_>) -> u16 {
        let own =
            self.viewer.is_some_and(|viewer| viewer.name == seen.name) && seen.other.is_none();
        if own { port.container.v } else { port.service.v }
    }

    fn offered(&self, field: &Name, seen: &Seen<'a>) -> Option<Found> {
        let Seen { name, component, .. } = seen;
        let host = self.host(seen);
        let port = component.ports.first();
        let plain = |text: String| Some(Found::Plain(Plain::string(text)));
        match field.name.as_str() {
            "host" => return plain(host),
            "secretName" => {
                return plain(
                    self.kept(seen).map(|kept| kept.object().v.clone()).unwrap_or_default(),
                );
            }
            "user" | "database" => {
                if let ComponentKind::Postgres { database, user, .. } = &component.kind {
                    let said = if field.name == "user" { user } else { database };
                    return plain(said.v.clone());
                }
            }
            "peers" => {
                if let ComponentKind::Service { pods: Some(pods), .. } = &component.kind {
                    let service = headless_name(&component.name.v);
                    let peer = |number| format!("{}-{number}.{service}", component.name.v);
                    let peers: Vec<String> = (0..*pods).map(peer).collect();
                    return plain(peers.join(","));
                }
            }
            _ => {}
        }
        let Some(port) = port else {
            return self.fail(
                Diagnostic::error(Code::UnknownPort, field.span, format!("`{name}` has no ports"))
                    .also(component.declared, "declared here")
                    .help("declare them there, such as `ports: { http: 8080 }`"),
            );
        };
        let number = self.number(port, seen);
        match (field.name.as_str(), &component.kind) {
            ("port", _) => Some(Found::Plain(Plain::number(number))),
            ("address", _) => plain(format!("{host}:{number}")),
            ("jdbcUrl", ComponentKind::Postgres { database, tls, .. }) => {
                let database = url_encode(&database.v);
                let mode = if tls.is_some() { SSL_MODE } else { "" };
                plain(format!("jdbc:postgresql://{host}:{number}/{database}{mode}"))
            }
            ("url", ComponentKind::Postgres { database, user, tls }) => {
                let (user, database) = (url_encode(&user.v), url_encode(&database.v));
                let mode = if tls.is_some() { SSL_MODE } else { "" };
                let before = format!("postgresql://{user}:");
                let after = format!("@{host}:{number}/{database}{mode}");
                Some(self.with_password(seen, before, after))
            }
            ("url", ComponentKind::Redis) => {
                let after = format!("@{host}:{number}/0");
                Some(self.with_password(seen, "redis://:".to_owned(), after))
            }
            ("url", kind) => {
                let protocol = port.app_protocol.as_ref().map(|protocol| protocol.v.as_str());
                let external = matches!(kind, ComponentKind::External { .. });
                plain(match (number, protocol) {
                    (443, _) if external => format!("https://{host}"),
                    (_, Some("https")) => format!("https://{host}:{number}"),
                    _ => format!("http://{host}:{number}"),
                })
            }
            _ => self.fail(undefined(field, &format!("something that `{name}` tells"), Vec::new())),
        }
    }

    fn with_password(&self, seen: &Seen<'a>, before: String, after: String) -> Found {
        let password = Piece::Secret {
            secret: self.kept(seen).map(|kept| kept.object().v.clone()).unwrap_or_default(),
            key: PASSWORD.to_owned(),
            url_encode: true,
        };
        let pieces = vec![Piece::Plain(before), password, Piece::Plain(after)];
        Found::Staged { pieces, key: Some("url") }
    }

    /// The name by which a component is called from this stack's pods.
    fn host(&self, seen: &Seen<'_>) -> String {
        host(self.own, seen.component, seen.other)
    }
}

/// A name after a component's that means nothing.
fn not_offered(field: &Name, seen: &Seen<'_>, offers: Vec<&str>) -> Diagnostic {
    let Seen { name, component, other } = seen;
    let diagnostic = undefined(field, &format!("something that `{name}` tells"), offers)
        .also(component.declared, "declared here");
    match (&component.kind, other) {
        (ComponentKind::Postgres { .. } | ComponentKind::Redis, Some(_)) => diagnostic.help(
            "of another stack's component only host and port are known; credentials are keys of a secret of your own",
        ),
        (ComponentKind::External { .. }, _) if field.name == "host" || field.name == "address" => {
            diagnostic.help("give the external a `host`")
        }
        (ComponentKind::External { .. }, _) => diagnostic.help(format!(
            "a secret that belongs to an external is one of its keys: `keys: {{ {}: {{}} }}`",
            field.name
        )),
        _ => diagnostic,
    }
}

/// The key of the password in the credentials of a database or cache.
pub(super) const PASSWORD: &str = "password";

/// What a URL says of a PostgreSQL that serves over TLS.
const SSL_MODE: &str = "?sslmode=require";

/// The name by which a stack's pods call a component. In the same namespace that is the name of
/// its Service; across namespaces the shortest name that also stands in certificates.
pub(super) fn host(own: &Interface, component: &Component, other: Option<&Interface>) -> String {
    match (&component.kind, other) {
        (ComponentKind::External { host: Some(host) }, _) => host.v.clone(),
        (_, Some(other)) if other.namespace.v != own.namespace.v => {
            format!("{}.{}.svc", component.name.v, other.namespace.v)
        }
        _ => component.name.v.clone(),
    }
}

/// A component that a field of the language names, such as the target of a route.
pub(super) fn component_named<'a>(
    name: &Val<String>,
    own: &'a Interface,
    code: Code,
    what: &str,
    fits: impl Fn(&ComponentKind) -> bool,
    log: &Log,
) -> Option<(&'a str, &'a Component)> {
    let span: Span = name.at.span()?;
    match own.components.get_key_value(&name.v) {
        Some((known, component)) if fits(&component.kind) => Some((known, component)),
        Some((_, component)) => {
            log.push(
                Diagnostic::error(
                    code,
                    span,
                    format!("`{}` is {}, not {what}", name.v, component.kind.noun()),
                )
                .also(component.declared, "declared here"),
            );
            None
        }
        None => {
            let fitting = own.components.iter().filter(|(_, component)| fits(&component.kind));
            let known = fitting.map(|(name, _)| name.as_str());
            log.push(super::read::unknown(
                code,
                &name.v,
                span,
                &format!("{what} of this stack"),
                known,
            ));
            None
        }
    }
}
