//! What other stacks may know of one, and what its own expressions are made of: the names,
//! ports and hosts of its components.

use indexmap::IndexMap;

use super::declaration::{Declaration, Written, declarations};
use super::ground::{Ground, Grounded, ROOTS};
use super::log::Log;
use super::names::{self, CRON_JOB, JOB, STATEFUL_SET};
use super::read::Read;
use super::{Merged, Surroundings};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::k8s::NameForm;
use crate::plan::{Map, Place, Port, Val, ports_to_call};
use crate::source::{Origin, Rule, Span};
use crate::spec::expression::Text;
use crate::spec::map::{Closed, Open};
use crate::spec::{self, Protocol};

/// The port of PostgreSQL.
pub(super) const POSTGRES: u16 = 5432;
/// The port of Redis.
pub(super) const REDIS: u16 = 6379;

/// What other stacks may know of one: where its components are and whom they let in.
#[derive(Debug, Clone)]
pub struct Interface {
    /// The stack's name, its folder's.
    pub stack: String,
    /// The stack's name; of an instance `STACK-INSTANCE`.
    pub name: String,
    /// The namespace of its objects.
    pub namespace: Val<String>,
    /// Everything in it that runs or that it calls, by name.
    pub components: IndexMap<String, Component>,
    /// The names of its jobs that run on demand.
    pub on_demand: Vec<String>,
    /// The addresses of its routes, by name.
    pub(super) routes: IndexMap<String, Address>,
    pub(super) ground: Ground,
    /// Whether no mistake was found in what this is made of.
    pub(super) sound: bool,
}

/// A component as others see it.
#[derive(Debug, Clone)]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// The name of its objects, and the host name of its Service.
    pub name: Val<String>,
    /// The labels by which its pods are found, where the stack chose other ones than gen.
    pub selector: Map,
    /// Its ports, in the order declared.
    pub ports: Vec<Port>,
    /// The name of the port that serves metrics.
    pub metrics: Option<Val<String>>,
    /// The stacks that may call it.
    pub allow_from: Vec<Val<String>>,
    /// Where its name stands.
    pub declared: Span,
}

impl Component {
    /// The ports that somebody calls who names none of them.
    pub fn ports_to_call(&self) -> impl Iterator<Item = &Port> {
        ports_to_call(&self.ports, self.metrics.as_ref().map(|name| name.v.as_str()))
    }
}

/// What a component is.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the language's own words")]
pub enum ComponentKind {
    /// With the number of its pods, where each has a name of its own.
    Service {
        storage: bool,
        pods: Option<u32>,
    },
    Worker,
    Job,
    CronJob,
    Postgres {
        database: Val<String>,
        user: Val<String>,
        tls: Option<Val<bool>>,
    },
    Redis,
    External {
        host: Option<Val<String>>,
    },
}

impl ComponentKind {
    /// The kind in a sentence.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Service { .. } => "a service",
            Self::Worker => "a worker",
            Self::Job => "a job",
            Self::CronJob => "a cron job",
            Self::Postgres { .. } => "a PostgreSQL",
            Self::Redis => "a Redis",
            Self::External { .. } => "an external",
        }
    }

    /// Whether others can call it.
    pub(super) fn is_called(&self) -> bool {
        !matches!(self, Self::Worker | Self::Job | Self::CronJob)
    }
}

/// Where a route leads in from.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// The host name; a load balancer has none that is known when compiling.
    pub host: Option<Val<String>>,
    /// Whether it serves HTTPS.
    pub https: bool,
    /// What the route itself says of HTTPS.
    pub tls: Option<Val<bool>>,
}

impl Interface {
    /// The labels by which a component's pods are found.
    #[must_use]
    pub fn selector(&self, component: &str) -> Map {
        let Some(known) = self.components.get(component) else { return Map::new() };
        if !known.selector.is_empty() {
            return known.selector.clone();
        }
        let at = Origin::Written(known.declared).derive(Rule::StableSelector);
        let label = |key: &str, value: &str| (key.to_owned(), Val::new(value.to_owned(), at));
        Map::from([
            label("app.kubernetes.io/name", component),
            label("app.kubernetes.io/instance", &self.name),
        ])
    }
}

/// The interface of a stack, from its own words alone. Mistakes in them are reported here and
/// not again by [`plan`](super::plan()). `None` when nothing can be said of it.
#[must_use]
pub fn interface(
    merged: &Merged,
    surroundings: &Surroundings,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Option<Interface> {
    // The environment's own mistakes are reported with the place.
    let ground = Ground::of_environment(surroundings, &Log::default());
    let log = Log::default();
    let ground = ground.of_stack(merged, &log);
    let mut reader =
        Reader { ground: &ground, read: ground.with(&log), log: &log, components: IndexMap::new() };
    let namespace = reader.namespace(merged, surroundings);
    reader.declare(&merged.body);
    let routes = reader.routes(&merged.body, place);
    let components = reader.components;
    // What is wrong with a switch is reported with its job.
    let unheard = Log::default();
    let is_on_demand = |component: &Declaration<'_>| {
        let Written::Job(job) = component.written else { return false };
        ground.with(&unheard).value(job.on_demand.as_ref(), "a switch").is_some_and(|on| on.v)
    };
    let on_demand = declarations(&merged.body).filter(is_on_demand);
    let on_demand = on_demand.map(|component| component.name.to_owned()).collect();
    let sound = !log.has_errors();
    diagnostics.append(log.into_diagnostics());
    Some(Interface {
        stack: merged.stack.clone(),
        name: merged.name.clone(),
        namespace,
        components,
        on_demand,
        routes,
        ground,
        sound,
    })
}

struct Reader<'g> {
    ground: &'g Ground,
    read: Grounded<'g>,
    log: &'g Log,
    components: IndexMap<String, Component>,
}

impl Reader<'_> {
    fn namespace(&self, merged: &Merged, surroundings: &Surroundings) -> Val<String> {
        let text = merged.body.namespace.as_ref().or(surroundings.spec.namespace.as_ref());
        let default = || {
            let at = Origin::Written(merged.span.start_point()).derive(Rule::DefaultNamespace);
            Val::new(merged.name.clone(), at)
        };
        let namespace = self.read.option(text, "a namespace").unwrap_or_else(default);
        names::check(NameForm::DnsLabel, &namespace.v, namespace.at, "a namespace", self.log);
        namespace
    }

    fn declare(&mut self, body: &spec::StackBody) {
        for declared in declarations(body) {
            let component = self.component(declared);
            self.add(declared.name, component);
        }
    }

    fn component(&self, declared: Declaration<'_>) -> Component {
        let Declaration { name, at, written, .. } = declared;
        let (kind, pod) = match written {
            Written::Service(service) => {
                let controller = &service.controller;
                let storage = controller.storage.is_some();
                let pods = storage.then(|| self.pods(controller)).flatten();
                (ComponentKind::Service { storage, pods }, &controller.pod)
            }
            Written::Worker(worker) => (ComponentKind::Worker, &worker.controller.pod),
            Written::Job(job) => (ComponentKind::Job, &job.task.pod),
            Written::CronJob(job) => (ComponentKind::CronJob, &job.task.pod),
            Written::Postgres(postgres) => (self.postgres(name, at, postgres), &postgres.pod),
            Written::Redis(redis) => (ComponentKind::Redis, &redis.pod),
            Written::External(external) => return self.external(name, at, external),
        };
        let component = self.program(name, at, kind, pod);
        let own_port = |what, port: &str, number| {
            self.own_port(pod, what, number);
            vec![database_port(port, number, at)]
        };
        let ports = match component.kind {
            ComponentKind::Postgres { .. } => own_port("PostgreSQL", "postgres", POSTGRES),
            ComponentKind::Redis => own_port("Redis", "redis", REDIS),
            ComponentKind::Service { .. }
            | ComponentKind::Worker
            | ComponentKind::Job
            | ComponentKind::CronJob
            | ComponentKind::External { .. } => self.ports(pod.container.ports.as_ref()),
        };
        Component { ports, allow_from: self.allow_from(written.consent()), ..component }
    }

    fn postgres(&self, name: &str, at: Span, postgres: &spec::Postgres) -> ComponentKind {
        let text = |text: Option<&Text>, field: &str| {
            if text.is_none() {
                self.log.push(missing(at, &format!("`{name}`"), field));
            }
            let unsaid = || Val::new(String::new(), Origin::Written(at));
            self.read.option(text, "a name").unwrap_or_else(unsaid)
        };
        ComponentKind::Postgres {
            database: text(postgres.database.as_ref(), "database"),
            user: text(postgres.user.as_ref(), "user"),
            tls: self.read.value(postgres.tls.as_ref(), "a switch").filter(|tls| tls.v),
        }
    }

    /// Keeps a component under its name, which none of another kind may have.
    fn add(&mut self, name: &str, component: Component) {
        if RESERVED.contains(&name) || ROOTS.contains(&name) {
            self.log.push(
                Diagnostic::error(
                    Code::InvalidName,
                    component.declared,
                    format!("`{name}` means something else in expressions"),
                )
                .help("choose another name"),
            );
        }
        if let Some(first) = self.components.get(name) {
            self.log.push(
                Diagnostic::error(
                    Code::SameName,
                    component.declared,
                    format!("`{name}` is the name of {} already", first.kind.noun()),
                )
                .also(first.declared, "declared here")
                .help("names are unique over the kinds of a stack, so that `needs` can say them"),
            );
            return;
        }
        self.components.insert(name.to_owned(), component);
    }

    fn program(
        &self,
        key: &str,
        declared: Span,
        kind: ComponentKind,
        pod: &spec::Pod,
    ) -> Component {
        let name = self.read.option(pod.name.as_ref(), "a name").unwrap_or_else(|| {
            let at = Origin::Written(declared).derive(Rule::ComponentName);
            Val::new(key.to_owned(), at)
        });
        let (form, most) = match &kind {
            ComponentKind::Service { storage: false, .. } => (NameForm::Dns1035Label, 63),
            ComponentKind::Service { storage: true, .. }
            | ComponentKind::Postgres { .. }
            | ComponentKind::Redis => (NameForm::Dns1035Label, STATEFUL_SET),
            ComponentKind::Job => (NameForm::DnsLabel, JOB),
            ComponentKind::CronJob => (NameForm::DnsLabel, CRON_JOB),
            ComponentKind::Worker | ComponentKind::External { .. } => (NameForm::DnsLabel, 63),
        };
        let what = format!("the name of {}", kind.noun());
        names::check_length(form, most, &name, &what, self.log);
        if pod.name.is_some() {
            // It is also the name of a container and the value of a label.
            let at = Origin::Written(declared);
            names::check(NameForm::DnsLabel, key, at, "the name of a component", self.log);
        }
        let selector = self.read.map(pod.selector.as_ref(), "a label");
        names::check_labels(&selector, self.log);
        let metrics = pod.metrics.as_ref().and_then(|metrics| metrics.port.as_ref());
        let metrics = self.read.option(metrics, "the name of a port");
        let (ports, allow_from) = (Vec::new(), Vec::new());
        Component { kind, name, selector, ports, metrics, allow_from, declared }
    }

    fn external(&self, name: &str, declared: Span, external: &spec::External) -> Component {
        let written = external.ports.iter().flat_map(|ports| &ports.items);
        let ports: Vec<Port> = written
            .filter_map(|port| {
                let number = self.read.value(Some(port), "a port")?;
                self.port_number(&number);
                Some(Port {
                    name: Val::new(number.v.to_string(), number.at),
                    container: number,
                    service: number,
                    protocol: Val::new(Protocol::Tcp, number.at.derive(Rule::DefaultProtocol)),
                    app_protocol: None,
                })
            })
            .collect();
        if external.ports.as_ref().is_none_or(|ports| ports.items.is_empty()) {
            self.log.push(missing(declared, &format!("the external `{name}`"), "ports"));
        }
        let host = self.read.option(external.host.as_ref(), "a host name");
        if let Some(host) = &host {
            names::check(NameForm::DnsSubdomain, &host.v, host.at, "a host name", self.log);
        }
        let at = Origin::Written(declared).derive(Rule::ComponentName);
        names::check(NameForm::DnsLabel, name, at, "the name of an external", self.log);
        Component {
            kind: ComponentKind::External { host },
            name: Val::new(name.to_owned(), at),
            selector: Map::new(),
            ports,
            metrics: None,
            allow_from: Vec::new(),
            declared,
        }
    }

    /// How many pods there always are. What is wrong with the number is reported with the
    /// other fields of the program.
    fn pods(&self, controller: &spec::Controller) -> Option<u32> {
        let quiet = Log::default();
        match &controller.replicas {
            None => Some(1),
            Some(spec::Replicas::Count(count)) => {
                let read = self.ground.with(&quiet);
                read.value(Some(count), "a number").map(|count| count.v)
            }
            Some(spec::Replicas::Range(_)) => None,
        }
    }

    fn ports(&self, ports: Option<&Closed<spec::Port>>) -> Vec<Port> {
        ports_of(ports, &self.read, self.log)
    }

    fn port_number(&self, port: &Val<u16>) {
        check_port(port, self.log);
    }

    /// Reports ports of a component whose one port is known.
    fn own_port(&self, pod: &spec::Pod, kind: &str, port: u16) {
        if let Some((_, first)) = entries(pod.container.ports.as_ref()).next() {
            self.log.push(
                Diagnostic::error(
                    Code::Conflicting,
                    first.key,
                    format!("the port of a {kind} is {port}"),
                )
                .help("leave `ports` out; those of a sidecar stand in the sidecar"),
            );
        }
    }

    fn allow_from(&self, allow: Option<&spec::AllowFrom>) -> Vec<Val<String>> {
        let stacks = allow.and_then(|allow| allow.stacks.as_ref());
        self.read.list(stacks, "the name of a stack").unwrap_or_default()
    }

    fn routes(&self, body: &spec::StackBody, place: &Place) -> IndexMap<String, Address> {
        let place_https = place.routing.as_ref().is_some_and(|routing| routing.tls.is_some());
        entries(body.routes.as_ref())
            .map(|(name, entry)| {
                let route = &entry.value.body;
                let host = self.read.option(route.host.as_ref(), "a host name");
                if let Some(host) = &host {
                    let form = NameForm::WildcardSubdomain;
                    names::check(form, &host.v, host.at, "a host name", self.log);
                }
                let tls = self.read.value(route.tls.as_ref(), "a switch");
                let https = place_https && tls.is_none_or(|tls| tls.v);
                (name.clone(), Address { host, https, tls })
            })
            .collect()
    }
}

/// Names that expressions start with, besides those of the ground.
pub(super) const RESERVED: [&str; 7] =
    ["self", "secrets", "configs", "routes", "pod", "node", "secret"];

/// The entries of a map that may be unset.
pub(super) fn entries<T>(
    map: Option<&Closed<T>>,
) -> impl Iterator<Item = (&String, &spec::map::Entry<T>)> {
    map.into_iter().flat_map(|map| &map.entries)
}

/// The entries of a map that may be unset.
pub(super) fn open_entries<T>(
    map: Option<&Open<T>>,
) -> impl Iterator<Item = (&String, &spec::map::Entry<T>)> {
    map.into_iter().flat_map(|map| &map.entries)
}

/// A field that must be there and is not.
pub(super) fn missing(span: Span, what: &str, field: &str) -> Diagnostic {
    Diagnostic::error(Code::MissingField, span, format!("{what} has no `{field}`"))
        .help(format!("write `{field}: ...`"))
}

fn check_port(port: &Val<u16>, log: &Log) {
    if let (0, Some(span)) = (port.v, port.at.span()) {
        log.push(
            Diagnostic::error(Code::MalformedValue, span, "0 is not a port")
                .help("write a number from 1 to 65535"),
        );
    }
}

/// The ports of a container, in the order declared.
pub(super) fn ports_of(
    ports: Option<&Closed<spec::Port>>,
    read: &impl Read,
    log: &Log,
) -> Vec<Port> {
    let mut known: Vec<Port> = Vec::new();
    for (name, entry) in entries(ports) {
        let port = &entry.value;
        let at = Origin::Written(entry.key);
        names::check(NameForm::PortName, name, at, "the name of a port", log);
        let Some(container) = read.value(port.container.as_ref(), "a port") else {
            if port.container.is_none() {
                log.push(missing(entry.key, &format!("the port `{name}`"), "container"));
            }
            continue;
        };
        let service = read
            .value(port.service.as_ref(), "a port")
            .unwrap_or_else(|| Val::new(container.v, container.at.derive(Rule::ServicePort)));
        let protocol = read
            .value(port.protocol.as_ref(), "a protocol")
            .unwrap_or_else(|| Val::new(Protocol::Tcp, container.at.derive(Rule::DefaultProtocol)));
        check_port(&container, log);
        check_port(&service, log);
        let port = Port {
            name: Val::new(name.clone(), at),
            container,
            service,
            protocol,
            app_protocol: read.option(port.app_protocol.as_ref(), "a protocol"),
        };
        let twin = known.iter().find(|other| {
            other.protocol.v == port.protocol.v
                && (other.container.v == port.container.v || other.service.v == port.service.v)
        });
        if let Some(twin) = twin {
            let first = twin.name.at.span().unwrap_or(entry.key);
            log.push(
                Diagnostic::error(
                    Code::Conflicting,
                    entry.key,
                    format!("the ports `{}` and `{name}` have the same number", twin.name.v),
                )
                .also(first, "the other one")
                .help("give each port a number of its own"),
            );
        }
        known.push(port);
    }
    known
}

fn database_port(name: &str, number: u16, declared: Span) -> Port {
    let at = Origin::Written(declared).derive(Rule::DatabasePort);
    Port {
        name: Val::new(name.to_owned(), at),
        container: Val::new(number, at),
        service: Val::new(number, at),
        protocol: Val::new(Protocol::Tcp, at),
        app_protocol: None,
    }
}
