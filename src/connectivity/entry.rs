//! Ways in from outside of the cluster: Services, Ingresses, routes and ports of nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::addresses::Addresses;
use super::budget::{Budget, EDGE};
use super::pods::{Cluster, Others, Pod, Pods, Workload, labels, namespace, number};
use super::policy::Direction;
use super::ports::{Ports, Protocol};
use super::reach::Reach;
use super::table::End;
use crate::k8s::Cidr;
use crate::source::{Kind, NodeRef};
use crate::validate::fields::{field, items, name, text};

/// Where traffic from outside comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door<'t> {
    /// A host and a path, by an Ingress or a route of the Gateway API.
    Host {
        /// The host; `*` for any.
        host: &'t str,
        /// The path; `/` for all.
        path: &'t str,
        /// The kind of the object that says so.
        kind: &'t str,
        /// Its namespace.
        namespace: &'t str,
        /// Its name.
        name: &'t str,
    },
    /// A load balancer.
    LoadBalancer {
        /// Its protocol.
        protocol: Protocol,
        /// Its port.
        port: u16,
    },
    /// A port of every node.
    NodePort {
        /// Its protocol.
        protocol: Protocol,
        /// Its number, where it is chosen.
        port: Option<u16>,
    },
    /// An address that somebody routes to the nodes.
    ExternalIp {
        /// The address.
        address: &'t str,
        /// The protocol.
        protocol: Protocol,
        /// The port.
        port: u16,
    },
    /// A port of the nodes where the pods are.
    HostPort {
        /// Its protocol.
        protocol: Protocol,
        /// Its number.
        port: u16,
    },
}

impl fmt::Display for Door<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, path, .. } => write!(f, "{host}{path}"),
            Self::LoadBalancer { protocol, port } => {
                write!(f, "load balancer {port}/{protocol}")
            }
            Self::NodePort { protocol, port: Some(port) } => {
                write!(f, "port {port}/{protocol} of every node")
            }
            Self::NodePort { protocol, port: None } => {
                write!(f, "a {protocol} port of every node")
            }
            Self::ExternalIp { address, protocol, port } => {
                write!(f, "{address} {port}/{protocol}")
            }
            Self::HostPort { protocol, port } => write!(f, "port {port}/{protocol} of its node"),
        }
    }
}

/// A port of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServicePort<'t> {
    /// The namespace of the Service.
    pub namespace: &'t str,
    /// Its name.
    pub name: &'t str,
    /// The port's number, or its name where that is all that a route says.
    pub port: &'t str,
}

impl fmt::Display for ServicePort<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service {}/{}:{}", self.namespace, self.name, self.port)
    }
}

/// A way by which traffic comes from outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WayIn<'t> {
    /// Where it comes in.
    pub door: Door<'t>,
    /// The Service that leads on, if there is one.
    pub service: Option<ServicePort<'t>>,
    /// The pods that it leads to; none where the Service is not there or selects none.
    pub to: Option<Pods<'t>>,
    /// The addresses that the door itself lets in.
    pub sources: Addresses,
    /// The ports of the pods.
    pub ports: Ports<'t>,
    /// Whom the policies of the pods let through to these ports: addresses, and for a host, where
    /// some pod passes it on, pods of other namespaces. Empty where the way is closed.
    pub through: Vec<End<'t>>,
}

/// `internet -> shop.example.com/ -> Service shop/web:80 -> shop/web 8080/TCP`
impl fmt::Display for WayIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sources == Addresses::all() {
            f.write_str("internet")?;
        } else {
            self.sources.fmt(f)?;
        }
        write!(f, " -> {}", self.door)?;
        if let Some(service) = &self.service {
            write!(f, " -> {service}")?;
        }
        match &self.to {
            Some(pods) => write!(f, " -> {pods} {}", self.ports)?,
            None => return f.write_str(" -> nothing here"),
        }
        let is_open = |end: &End<'_>| *end == End::Addresses(self.sources.clone());
        if self.through.is_empty() {
            f.write_str(" (closed by policies)")
        } else if self.through.iter().any(is_open) {
            Ok(())
        } else {
            let through: Vec<String> = self.through.iter().map(ToString::to_string).collect();
            write!(f, " (through {})", through.join(" and "))
        }
    }
}

/// What in a set of objects leads in from outside.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries<'t> {
    services: BTreeMap<(&'t str, &'t str), NodeRef<'t>>,
    /// Ingresses and routes.
    hosts: Vec<NodeRef<'t>>,
}

/// A backend that a host's path leads to.
struct Backend<'t> {
    door: Door<'t>,
    namespace: &'t str,
    service: &'t str,
    port: &'t str,
}

impl<'t> Entries<'t> {
    pub fn of(objects: &[NodeRef<'t>]) -> Self {
        let mut all = Self::default();
        for object in objects {
            let (kind, group) = (text(*object, "kind"), text(*object, "apiVersion"));
            match (kind, group.split_once('/').map_or("", |(group, _)| group)) {
                ("Service", "") => {
                    all.services.insert((namespace(*object), name(*object)), *object);
                }
                ("Ingress", "networking.k8s.io" | "extensions") => all.hosts.push(*object),
                (kind, "gateway.networking.k8s.io") if kind.ends_with("Route") => {
                    all.hosts.push(*object);
                }
                _ => {}
            }
        }
        all
    }

    /// The namespaces with a Service.
    pub fn namespaces(&self) -> impl Iterator<Item = &'t str> + '_ {
        self.services.keys().map(|(namespace, _)| *namespace)
    }

    /// The pods that Services select and that are not in the cluster.
    pub fn others(&self, cluster: &Cluster<'t>, budget: &Budget) -> Vec<Others<'t>> {
        let all = self
            .services
            .values()
            .filter_map(|service| selector(*service).map(|by| (*service, by)));
        let is_here = |service: NodeRef<'t>, by: NodeRef<'t>| {
            cluster.with_labels(namespace(service), by, budget).next().is_some()
        };
        all.filter(|(service, by)| !is_here(*service, *by))
            .map(|(service, by)| others(namespace(service), by))
            .collect()
    }

    /// All ways in, ordered.
    pub fn ways_in(
        &self,
        cluster: &Cluster<'t>,
        reach: &Reach<'t>,
        budget: &Budget,
    ) -> Vec<WayIn<'t>> {
        let callers = &Callers::of(reach, budget);
        let mut all = BTreeSet::new();
        for service in self.services.values() {
            for (door, sources, port) in doors(*service) {
                for (to, ports) in targets(*service, port, cluster, budget) {
                    let through = callers.let_in(&to, &ports, &sources);
                    let service = Some(service_port(*service, port));
                    let to = Some(to);
                    let sources = sources.clone();
                    all.insert(WayIn { door, service, to, sources, ports, through });
                }
            }
        }
        for backend in self.hosts.iter().flat_map(|object| backends(*object)) {
            all.extend(self.of_backend(&backend, cluster, callers));
        }
        for (workload, pod) in cluster.workloads() {
            all.extend(of_host_ports(workload, pod, callers));
        }
        all.into_iter().collect()
    }

    fn of_backend(
        &self,
        backend: &Backend<'t>,
        cluster: &Cluster<'t>,
        callers: &Callers<'_, 't>,
    ) -> Vec<WayIn<'t>> {
        let Backend { door, namespace, service: name, port } = *backend;
        let service = self.services.get(&(namespace, name));
        let wanted = service.and_then(|service| {
            let mut ports = service_ports(*service);
            ports.find(|one| {
                callers.budget.spend(1);
                text_of(*one, "port") == port || text(*one, "name") == port
            })
        });
        let way = |to, ports, through| WayIn {
            door,
            service: Some(ServicePort { namespace, name, port }),
            to,
            sources: Addresses::all(),
            ports,
            through,
        };
        let targets = service
            .zip(wanted)
            .map(|(service, port)| targets(*service, port, cluster, callers.budget));
        let targets = targets.unwrap_or_default();
        if targets.is_empty() {
            return vec![way(None, Ports::default(), Vec::new())];
        }
        let passed_on = |(to, ports): (Pods<'t>, Ports<'t>)| {
            let through = callers.passed_on(&to, &ports);
            way(Some(to), ports, through)
        };
        targets.into_iter().map(passed_on).collect()
    }
}

fn text_of<'t>(node: NodeRef<'t>, name: &str) -> &'t str {
    node.get(name).map_or("", NodeRef::text)
}

fn selector(service: NodeRef<'_>) -> Option<NodeRef<'_>> {
    service.at_path(&["spec", "selector"]).filter(|by| !by.is_empty())
}

fn others<'t>(namespace: &'t str, by: NodeRef<'t>) -> Others<'t> {
    Others { namespace: Some(namespace), labels: labels(Some(by)), ..Others::default() }
}

fn service_ports(service: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    field(service, "spec").into_iter().flat_map(|spec| items(spec, "ports"))
}

fn service_port<'t>(service: NodeRef<'t>, port: NodeRef<'t>) -> ServicePort<'t> {
    let (namespace, name) = (namespace(service), name(service));
    ServicePort { namespace, name, port: text_of(port, "port") }
}

/// Where a Service lets traffic in from outside, whose, and to which of its ports.
/// <https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types>
fn doors(service: NodeRef<'_>) -> Vec<(Door<'_>, Addresses, NodeRef<'_>)> {
    let Some(spec) = field(service, "spec") else { return Vec::new() };
    let mut all = Vec::new();
    for node in items(spec, "ports") {
        let protocol = Protocol::named(text(node, "protocol"));
        let Some((protocol, port)) = protocol.zip(node.get("port").and_then(number)) else {
            continue;
        };
        match text(spec, "type") {
            "LoadBalancer" => {
                let sources = sources(spec);
                all.push((Door::LoadBalancer { protocol, port }, sources, node));
            }
            "NodePort" => {
                let port = node.get("nodePort").and_then(number);
                all.push((Door::NodePort { protocol, port }, Addresses::all(), node));
            }
            _ => {}
        }
        for address in items(spec, "externalIPs") {
            let door = Door::ExternalIp { address: address.text(), protocol, port };
            all.push((door, Addresses::all(), node));
        }
    }
    all
}

/// The addresses that a load balancer lets in.
fn sources(spec: NodeRef<'_>) -> Addresses {
    let blocks = items(spec, "loadBalancerSourceRanges");
    if blocks.clone().next().is_none() {
        return Addresses::all();
    }
    let blocks = blocks.filter_map(|block| Cidr::parse(block.text().trim(), false));
    let blocks: Vec<Addresses> = blocks.map(Addresses::of).collect();
    Addresses::of_all(blocks.iter())
}

/// The pods behind a port of a Service, and their ports.
fn targets<'t>(
    service: NodeRef<'t>,
    port: NodeRef<'t>,
    cluster: &Cluster<'t>,
    budget: &Budget,
) -> Vec<(Pods<'t>, Ports<'t>)> {
    let Some(by) = selector(service) else { return Vec::new() };
    let Some(protocol) = Protocol::named(text(port, "protocol")) else { return Vec::new() };
    let target = field(port, "targetPort").or_else(|| port.get("port"));
    let named = target.filter(|target| target.kind() == Kind::Str);
    let single = |number| Ports::range(protocol, number, number);
    let numbered = target.and_then(number).map(single).unwrap_or_default();
    let of_pod = |pod: &Pod<'t>| {
        let ports = match named {
            Some(name) => pod
                .named(protocol, name.text())
                .map(single)
                .fold(Ports::default(), |all, one| all.union(&one)),
            None => numbered.clone(),
        };
        (pod.pods.clone(), ports)
    };
    let here = cluster.with_labels(namespace(service), by, budget);
    let here: Vec<_> = here.take_while(|_| budget.spend(EDGE)).map(of_pod).collect();
    if here.is_empty() {
        let ports = named.map_or(numbered, |name| Ports::name(protocol, name.text()));
        return vec![(Pods::Others(others(namespace(service), by)), ports)];
    }
    here
}

/// The paths of an Ingress or a route, and where they lead.
fn backends(object: NodeRef<'_>) -> Vec<Backend<'_>> {
    let Some(spec) = field(object, "spec") else { return Vec::new() };
    let (kind, namespace, name) = (text(object, "kind"), namespace(object), name(object));
    let door =
        |host, path| Door::Host { host: or(host, "*"), path: or(path, "/"), kind, namespace, name };
    let all = if kind == "Ingress" { of_ingress(spec) } else { of_route(spec) };
    all.into_iter()
        .map(|(host, path, service, port)| Backend {
            door: door(host, path),
            namespace: or(text(service, "namespace"), namespace),
            service: text(service, "name"),
            port: port.map_or("", NodeRef::text),
        })
        .collect()
}

fn or<'t>(text: &'t str, default: &'t str) -> &'t str {
    if text.is_empty() { default } else { text }
}

/// A host, a path, the reference to a Service, and the port of it.
type Leading<'t> = (&'t str, &'t str, NodeRef<'t>, Option<NodeRef<'t>>);

fn of_ingress(spec: NodeRef<'_>) -> Vec<Leading<'_>> {
    let rules = items(spec, "rules").flat_map(|rule| {
        let host = text(rule, "host");
        let paths = rule.get("http").into_iter().flat_map(|http| items(http, "paths"));
        paths.filter_map(move |path| Some((host, text(path, "path"), path.get("backend")?)))
    });
    let default = field(spec, "defaultBackend").map(|backend| ("", "", backend));
    rules
        .chain(default)
        .filter_map(|(host, path, backend)| {
            let service = field(backend, "service")?;
            let port = field(service, "port");
            let port = port.and_then(|port| field(port, "number").or_else(|| field(port, "name")));
            Some((host, path, service, port))
        })
        .collect()
}

fn of_route<'t>(spec: NodeRef<'t>) -> Vec<Leading<'t>> {
    let or_any = |found: Vec<_>| if found.is_empty() { vec![""] } else { found };
    let hosts = or_any(items(spec, "hostnames").map(NodeRef::text).collect());
    let mut all = Vec::new();
    for rule in items(spec, "rules") {
        let path = |one: NodeRef<'t>| one.get("path").map_or("", |path| text(path, "value"));
        let paths = or_any(items(rule, "matches").map(path).collect());
        let is_service = |one: &NodeRef<'_>| {
            matches!(text(*one, "kind"), "" | "Service") && text_of(*one, "weight") != "0"
        };
        for service in items(rule, "backendRefs").filter(is_service) {
            for host in &hosts {
                all.extend(
                    paths.iter().map(|path| (*host, *path, service, field(service, "port"))),
                );
            }
        }
    }
    all
}

/// The ports of the nodes that lead to a workload's pods.
fn of_host_ports<'t>(
    workload: Workload<'t>,
    pod: &Pod<'t>,
    callers: &Callers<'_, 't>,
) -> Vec<WayIn<'t>> {
    let way = |door, number, protocol| {
        let (to, sources) = (Pods::Workload(workload), Addresses::all());
        let ports = Ports::range(protocol, number, number);
        let through = callers.let_in(&to, &ports, &sources);
        WayIn { door, service: None, to: Some(to), sources, ports, through }
    };
    let ports = pod.ports.iter();
    ports
        .filter_map(|port| {
            let door = Door::HostPort { protocol: port.protocol, port: port.host_port? };
            Some(way(door, port.number, port.protocol))
        })
        .collect()
}

/// Who calls whom, by those who are called.
struct Callers<'r, 't> {
    budget: &'r Budget,
    reach: &'r Reach<'t>,
    group_of: BTreeMap<&'r Pods<'t>, usize>,
    /// The groups that call each group.
    of_group: Vec<Vec<(usize, &'r Ports<'t>)>>,
}

impl<'r, 't> Callers<'r, 't> {
    fn of(reach: &'r Reach<'t>, budget: &'r Budget) -> Self {
        let groups = reach.groups.iter().enumerate();
        let group_of =
            groups.flat_map(|(index, group)| group.pods.iter().map(move |pods| (pods, index)));
        let mut of_group = vec![Vec::new(); reach.groups.len()];
        for ((caller, callee), ports) in &reach.between {
            of_group[*callee].push((*caller, ports));
        }
        Self { budget, reach, group_of: group_of.collect(), of_group }
    }

    /// Whom of the addresses that a door lets in the policies let through to the pods.
    fn let_in(&self, to: &Pods<'t>, ports: &Ports<'t>, sources: &Addresses) -> Vec<End<'t>> {
        let group = self.group_of.get(to).map(|group| &self.reach.groups[*group]);
        let open =
            group.into_iter().flat_map(|group| &group.addresses[Direction::Ingress as usize]);
        let open = open.filter(|(addresses, open)| {
            self.budget.spend(1 + addresses.size()) && open.meets(ports)
        });
        let open = open.map(|(addresses, _)| addresses);
        let through = Addresses::of_all(open).intersection(sources);
        if through.is_empty() { Vec::new() } else { vec![End::Addresses(through)] }
    }

    /// Who can be the controller that passes on what comes for a host: nothing says where it is,
    /// so all that the policies let through from outside of the namespace.
    fn passed_on(&self, to: &Pods<'t>, ports: &Ports<'t>) -> Vec<End<'t>> {
        let mut through = self.let_in(to, ports, &Addresses::all());
        let Some(group) = self.group_of.get(to) else { return through };
        let callers = self.of_group[*group].iter();
        let callers = callers.filter(|(_, open)| self.budget.spend(1) && open.meets(ports));
        let callers: BTreeSet<usize> = callers.map(|(caller, _)| *caller).collect();
        let elsewhere = Pods::Others(Others::default());
        if self.group_of.get(&elsewhere).is_some_and(|group| callers.contains(group)) {
            through.push(End::Pods(vec![elsewhere]));
            return through;
        }
        let pods = callers.iter().flat_map(|caller| &self.reach.groups[*caller].pods);
        let is_outside =
            |pods: &&Pods<'t>| self.budget.spend(2) && pods.namespace() != to.namespace();
        let mut pods: Vec<Pods<'t>> = pods.filter(is_outside).cloned().collect();
        pods.sort_unstable();
        if !pods.is_empty() {
            through.push(End::Pods(pods));
        }
        through
    }
}
