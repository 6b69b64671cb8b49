//! Who may reach whom: the ways that needs, consents, routes and the like open. Everything else
//! is denied.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::cidr::{self, LINK_LOCAL, LINK_LOCAL_6};
use super::declaration::{Written, declarations};
use super::interface::{ComponentKind, missing};
use super::names;
use super::needs::Need;
use super::planner::Planner;
use super::program::Running;
use super::read::Read;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::Cidr;
use crate::plan::{Endpoint, Flow, FlowPort, Map, Port, Postgres, Redis, Route, RouteKind, Val};
use crate::source::{Origin, Rule, Span};
use crate::spec::{self, Protocol};

const EVERYBODY: &str = "0.0.0.0/0";

/// The ways of a stack while they are collected.
pub(super) struct Ways<'a, 'p> {
    planner: &'p Planner<'a>,
    flows: Vec<Flow>,
    /// The ends of the externals, read when they are first needed.
    externals: RefCell<BTreeMap<String, Rc<Vec<Endpoint>>>>,
}

impl<'a, 'p> Ways<'a, 'p> {
    /// The ways of a stack; none yet, but every external is checked.
    pub fn new(planner: &'p Planner<'a>) -> Self {
        let ways = Self { planner, flows: Vec::new(), externals: RefCell::default() };
        for component in declarations(&planner.merged.body) {
            if let Written::External(_) = component.written {
                ways.external(component.name);
            }
        }
        ways
    }

    /// All that were collected.
    pub fn into_flows(self) -> Vec<Flow> {
        self.flows
    }

    fn push(&mut self, from: Endpoint, to: Endpoint, ports: Vec<FlowPort>, at: Origin) {
        if !ports.is_empty() {
            self.flows.push(Flow { from, to, ports, at });
        }
    }

    /// What a component calls: its needs, the API server; and who reads its metrics.
    pub fn of(&mut self, running: &Running<'_>) {
        let own = || Endpoint::Component(running.program.component.clone());
        for need in running.needs.found.values() {
            let at = Origin::Written(need.at);
            let ports: Vec<FlowPort> = need.ports.iter().map(|port| flow_port(port)).collect();
            for end in self.ends(need).iter() {
                self.push(own(), end.clone(), ports.clone(), at);
            }
        }
        self.api_server(running);
        self.scraper(running);
    }

    /// Where what is needed can be found.
    fn ends(&self, need: &Need<'_>) -> Rc<Vec<Endpoint>> {
        match (need.other, &need.component.kind) {
            (Some(other), _) => Rc::new(vec![Endpoint::Pods {
                namespace: other.namespace.clone(),
                labels: other.selector(need.name),
            }]),
            (None, ComponentKind::External { .. }) => self.external(need.name),
            (None, _) => Rc::new(vec![Endpoint::Component(need.name.to_owned())]),
        }
    }

    fn api_server(&mut self, running: &Running<'_>) {
        let program = &running.program;
        if !program.service_account.token.v {
            return;
        }
        let (cidrs, ports) = &self.planner.context.place.api_server;
        let why = program.rbac.first().map_or(program.service_account.token.at, |rule| rule.at);
        let at = why.derive(Rule::WayToApiServer);
        let ports: Vec<FlowPort> =
            ports.iter().map(|port| FlowPort { port: *port, protocol: Protocol::Tcp }).collect();
        let anywhere = [Val::new(EVERYBODY.to_owned(), at)];
        for block in if cidrs.is_empty() { &anywhere[..] } else { cidrs } {
            let from = Endpoint::Component(program.component.clone());
            let to = Endpoint::Cidr { block: block.clone(), except: Vec::new() };
            self.push(from, to, ports.clone(), at);
        }
    }

    fn scraper(&mut self, running: &Running<'_>) {
        let Some(scraper) = &self.planner.context.place.scraper else { return };
        let program = &running.program;
        let Some(metrics) = &program.metrics else { return };
        let containers = std::iter::once(&program.container).chain(&program.sidecars);
        let mut ports = containers.flat_map(|container| &container.ports);
        let Some(port) = ports.find(|port| port.name.v == metrics.port.v) else { return };
        let from = Endpoint::Pods {
            namespace: scraper.pods.namespace.clone(),
            labels: scraper.pods.labels.clone(),
        };
        let to = Endpoint::Component(program.component.clone());
        self.push(from, to, vec![flow_port(port)], metrics.port.at);
    }

    /// The ends of an external: blocks of addresses without what lies inside of the cluster, or
    /// pods in it.
    fn external(&self, name: &str) -> Rc<Vec<Endpoint>> {
        if let Some(known) = self.externals.borrow().get(name) {
            return Rc::clone(known);
        }
        let externals = self.planner.merged.body.externals.as_ref();
        let entry = externals.and_then(|externals| externals.entries.get(name));
        let ends = entry.map(|entry| self.read_external(name, entry.key, &entry.value.body));
        let ends = Rc::new(ends.unwrap_or_default());
        self.externals.borrow_mut().insert(name.to_owned(), Rc::clone(&ends));
        ends
    }

    fn read_external(&self, name: &str, at: Span, external: &spec::External) -> Vec<Endpoint> {
        let planner = self.planner;
        let scope = planner.scope(None);
        let one = scope.option(external.cidr.as_ref(), "an address");
        let several = scope.list(external.cidrs.as_ref(), "an address").unwrap_or_default();
        let blocks: Vec<Val<String>> = one.into_iter().chain(several).collect();
        let written = external.cidr.is_some() || external.cidrs.is_some();
        let Some(namespace) = &external.namespace else {
            if !written {
                planner.log.push(missing(at, &format!("the external `{name}`"), "cidr").help(
                    "network policies know addresses, not names: where they change too often, write `cidr: 0.0.0.0/0`; \
                     something in the cluster has a `namespace`",
                ));
            }
            if let Some(labels) =
                external.labels.as_ref().and_then(|labels| labels.entries.values().next())
            {
                planner.log.push(missing(labels.key, "an external with `labels`", "namespace"));
            }
            return blocks.iter().filter_map(|block| self.block(block)).collect();
        };
        if written {
            let cidr = external.cidr.as_ref().map(|cidr| cidr.span);
            let cidr = cidr.or(external.cidrs.as_ref().map(|cidrs| cidrs.span)).unwrap_or(at);
            planner.log.push(
                Diagnostic::error(
                    Code::Conflicting,
                    cidr,
                    format!("`{name}` cannot be out of the cluster and in it"),
                )
                .also(namespace.span, "its namespace in the cluster")
                .help("remove one of the two"),
            );
        }
        let labels = scope.map(external.labels.as_ref(), "a label");
        names::check_labels(&labels, planner.log);
        let namespace = scope.text(namespace, "a namespace");
        namespace.map(|namespace| Endpoint::Pods { namespace, labels }).into_iter().collect()
    }

    /// A block out of the cluster: without what the cluster itself has of it, and without the
    /// link-local addresses, where clouds hand out credentials.
    fn block(&self, block: &Val<String>) -> Option<Endpoint> {
        let planner = self.planner;
        let cidr = cidr::check(block, planner.log)?;
        let link_local = [LINK_LOCAL, LINK_LOCAL_6]
            .into_iter()
            .map(|inner| (inner, Val::new(inner.to_string(), block.at.derive(Rule::NoLinkLocal))));
        let own = self.cluster_blocks();
        if own.is_empty()
            && cidr.holds(LINK_LOCAL)
            && let Some(span) = block.at.span()
        {
            let environment = &planner.context.place.name;
            planner.log.push(
                Diagnostic::warning(
                    Code::UnknownClusterAddresses,
                    span,
                    format!("`{environment}` does not say which addresses are the cluster's own, so these are open too"),
                )
                .help("name those of pods, services and nodes in the environment: `clusterCidrs: [10.244.0.0/16, 10.96.0.0/12]`"),
            );
        }
        let mut except: Vec<(Cidr, Val<String>)> = Vec::new();
        for (inner, value) in link_local.chain(own) {
            let covered = |(known, _): &(Cidr, Val<String>)| *known == inner || known.holds(inner);
            if cidr.holds(inner) && !except.iter().any(covered) {
                except.retain(|(known, _)| !inner.holds(*known));
                except.push((inner, value));
            }
        }
        let except = except.into_iter().map(|(_, value)| value).collect();
        Some(Endpoint::Cidr { block: block.clone(), except })
    }

    /// The cluster's own addresses. Mistakes in them are reported once, since they are always
    /// the same.
    fn cluster_blocks(&self) -> Vec<(Cidr, Val<String>)> {
        let planner = self.planner;
        let cidrs = planner.context.surroundings.spec.cluster_cidrs.as_ref();
        let blocks =
            planner.own.ground.with(planner.log).list(cidrs, "an address").unwrap_or_default();
        blocks
            .into_iter()
            .filter_map(|block| {
                let cidr = cidr::check(&block, planner.log)?;
                Some((cidr, Val { at: block.at.derive(Rule::NoClusterAddresses), ..block }))
            })
            .collect()
    }

    /// Who outside of the stack may call its components.
    pub fn consents(&mut self) {
        for component in declarations(&self.planner.merged.body) {
            self.consent(component.name, component.written.consent());
        }
    }

    fn consent(&mut self, name: &str, allow: Option<&spec::AllowFrom>) {
        let Planner { own, context, log, .. } = *self.planner;
        let (Some(allow), Some(component)) = (allow, own.components.get(name)) else { return };
        let scope = self.planner.scope(None);
        let ports: Vec<FlowPort> = component.ports_to_call().map(flow_port).collect();
        let to = || Endpoint::Component(name.to_owned());
        // A stack that does not run in this environment calls nobody there.
        for stack in &component.allow_from {
            let callers = context.neighbours.values();
            for caller in callers.filter(|other| other.stack == stack.v || other.name == stack.v) {
                let at = stack.at.derive(Rule::StableSelector);
                let instance = Val::new(caller.name.clone(), at);
                let from = Endpoint::Pods {
                    namespace: caller.namespace.clone(),
                    labels: Map::from([("app.kubernetes.io/instance".to_owned(), instance)]),
                };
                self.push(from, to(), ports.clone(), stack.at);
            }
        }
        if let Some(namespaces) = &allow.namespaces {
            let labels = scope.map(Some(namespaces), "a label");
            names::check_labels(&labels, log);
            let at = labels.values().next().map(|label| label.at);
            if let Some(at) = at {
                self.push(Endpoint::Namespaces(labels), to(), ports.clone(), at);
            } else if let Some(span) = allow.span {
                log.push(
                    Diagnostic::error(
                        Code::MalformedValue,
                        span,
                        "no labels would let every namespace in",
                    )
                    .help("name the labels of the namespaces"),
                );
            }
        }
        for block in scope.list(allow.cidrs.as_ref(), "an address").unwrap_or_default() {
            if cidr::check(&block, log).is_some() {
                let at = block.at;
                self.push(Endpoint::Cidr { block, except: Vec::new() }, to(), ports.clone(), at);
            }
        }
    }

    /// What comes in by routes.
    pub fn routes(&mut self, routes: &[Route]) {
        let own = self.planner.own;
        for route in routes {
            match &route.kind {
                RouteKind::Host { paths, .. } => {
                    let Some(routing) = &self.planner.context.place.routing else { continue };
                    for path in paths {
                        let Some(component) = own.components.get(&path.component.v) else {
                            continue;
                        };
                        let port = component.ports.iter().find(|port| port.name.v == path.port.v);
                        let ports = port.map(flow_port).into_iter().collect();
                        let from = Endpoint::Pods {
                            namespace: routing.controller.namespace.clone(),
                            labels: routing.controller.labels.clone(),
                        };
                        let to = Endpoint::Component(path.component.v.clone());
                        self.push(from, to, ports, path.path.at);
                    }
                }
                RouteKind::LoadBalancer { to, source_ranges } => {
                    let Some(component) = own.components.get(&to.v) else { continue };
                    let everybody =
                        [Val::new(EVERYBODY.to_owned(), to.at.derive(Rule::OpenLoadBalancer))];
                    let ranges =
                        if source_ranges.is_empty() { &everybody[..] } else { source_ranges };
                    for block in ranges {
                        let ports = component.ports_to_call().map(flow_port).collect();
                        let from = Endpoint::Cidr { block: block.clone(), except: Vec::new() };
                        self.push(from, Endpoint::Component(to.v.clone()), ports, to.at);
                    }
                }
            }
        }
    }

    /// What databases need among themselves.
    pub fn databases(&mut self, postgres: &[Postgres], redis: &[Redis]) {
        for database in postgres {
            let Some(backup) = &database.backup else { continue };
            let component = &database.program.component;
            let at = backup.at.derive(Rule::WayOfBackup);
            let from = Endpoint::Component(format!("{component}-backup"));
            self.push(
                from,
                Endpoint::Component(component.clone()),
                vec![tcp(database.port, at)],
                at,
            );
        }
        for cache in redis.iter().filter(|cache| cache.replicas.v > 1) {
            let at = cache.replicas.at.derive(Rule::WayOfReplication);
            let own = || Endpoint::Component(cache.program.component.clone());
            self.push(own(), own(), vec![tcp(cache.port, at)], at);
        }
    }
}

fn flow_port(port: &Port) -> FlowPort {
    FlowPort { port: port.container, protocol: port.protocol.v }
}

fn tcp(port: u16, at: Origin) -> FlowPort {
    FlowPort { port: Val::new(port, at), protocol: Protocol::Tcp }
}
