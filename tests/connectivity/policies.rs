//! Kubernetes' rules for network policies, written from its documentation and not from gen's code:
//! <https://kubernetes.io/docs/concepts/services-networking/network-policies/>.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

pub type Labels = BTreeMap<String, String>;

/// A pod, as far as a policy can tell it from others.
#[derive(Clone, Debug)]
pub struct Pod {
    pub namespace: String,
    pub labels: Labels,
    /// Some network plugins hold blocks of addresses against pods too: the address for these.
    pub address: Option<IpAddr>,
    pub ports: Vec<ContainerPort>,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    Pod(&'a Pod),
    /// Something that is no pod of the cluster.
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Default)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
    Sctp,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerPort {
    pub name: Option<String>,
    #[serde(rename = "containerPort")]
    pub number: u16,
    #[serde(default)]
    pub protocol: Protocol,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkPolicy {
    #[serde(rename = "apiVersion")]
    _api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    namespace: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    pod_selector: Selector,
    policy_types: Option<Vec<Direction>>,
    #[serde(default)]
    ingress: Vec<IngressRule>,
    #[serde(default)]
    egress: Vec<EgressRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Direction {
    Ingress,
    Egress,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IngressRule {
    #[serde(default)]
    from: Vec<Peer>,
    #[serde(default)]
    ports: Vec<PolicyPort>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EgressRule {
    #[serde(default)]
    to: Vec<Peer>,
    #[serde(default)]
    ports: Vec<PolicyPort>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Peer {
    pod_selector: Option<Selector>,
    namespace_selector: Option<Selector>,
    ip_block: Option<Block>,
}

/// A block of addresses with holes in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub cidr: Cidr,
    #[serde(default)]
    pub except: Vec<Cidr>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicyPort {
    port: Option<PortRef>,
    end_port: Option<u16>,
    #[serde(default)]
    protocol: Protocol,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PortRef {
    Number(u16),
    Name(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Selector {
    #[serde(default)]
    match_labels: Labels,
    #[serde(default)]
    match_expressions: Vec<Requirement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    key: String,
    operator: Operator,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// The addresses from `first` to `last`. Those of IPv4 are all before those of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidr {
    first: IpAddr,
    last: IpAddr,
}

impl TryFrom<String> for Cidr {
    type Error = String;

    fn try_from(text: String) -> Result<Cidr, String> {
        let bad = || format!("`{text}` is no block of addresses");
        let (address, length) = text.split_once('/').ok_or_else(bad)?;
        let length: u32 = length.parse().map_err(|_| bad())?;
        match address.parse().map_err(|_| bad())? {
            IpAddr::V4(address) => {
                let host = u32::MAX.checked_shr(length).unwrap_or(0);
                let first = u32::from(address) & !host;
                (length <= 32).then_some(()).ok_or_else(bad)?;
                let [first, last] = [first, first | host].map(|n| Ipv4Addr::from(n).into());
                Ok(Cidr { first, last })
            }
            IpAddr::V6(address) => {
                let host = u128::MAX.checked_shr(length).unwrap_or(0);
                let first = u128::from(address) & !host;
                (length <= 128).then_some(()).ok_or_else(bad)?;
                let [first, last] = [first, first | host].map(|n| Ipv6Addr::from(n).into());
                Ok(Cidr { first, last })
            }
        }
    }
}

impl Cidr {
    pub fn contains(self, address: IpAddr) -> bool {
        self.first <= address && address <= self.last
    }

    /// The first address of the block, and the first one behind it.
    fn edges(self) -> impl Iterator<Item = IpAddr> {
        let behind = match self.last {
            IpAddr::V4(last) => u32::from(last).checked_add(1).map(|n| Ipv4Addr::from(n).into()),
            IpAddr::V6(last) => u128::from(last).checked_add(1).map(|n| Ipv6Addr::from(n).into()),
        };
        [Some(self.first), behind].into_iter().flatten()
    }
}

impl Block {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.cidr.contains(address) && !self.except.iter().any(|hole| hole.contains(address))
    }

    /// Where it begins and ends, holes too.
    pub fn edges(&self) -> impl Iterator<Item = IpAddr> {
        [self.cidr].into_iter().chain(self.except.iter().copied()).flat_map(Cidr::edges)
    }
}

impl Selector {
    fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

impl PolicyPort {
    /// A name is that of a port of the pod that is called.
    fn matches(&self, callee: End<'_>, port: u16, protocol: Protocol) -> bool {
        if self.protocol != protocol {
            return false;
        }
        match &self.port {
            None => true,
            Some(PortRef::Number(first)) => {
                (*first..=self.end_port.unwrap_or(*first)).contains(&port)
            }
            Some(PortRef::Name(name)) => match callee {
                End::Address(_) => false,
                End::Pod(pod) => pod.ports.iter().any(|declared| {
                    declared.name.as_ref() == Some(name)
                        && declared.number == port
                        && declared.protocol == protocol
                }),
            },
        }
    }
}

impl NetworkPolicy {
    fn concerns(&self, pod: &Pod, direction: Direction) -> bool {
        let types = self.spec.policy_types.as_deref();
        let of_type = match direction {
            Direction::Ingress => types.is_none_or(|types| types.contains(&direction)),
            Direction::Egress => {
                types.map_or(!self.spec.egress.is_empty(), |types| types.contains(&direction))
            }
        };
        of_type
            && self.metadata.namespace == pod.namespace
            && self.spec.pod_selector.matches(&pod.labels)
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> {
        let from = self.spec.ingress.iter().flat_map(|rule| &rule.from);
        let to = self.spec.egress.iter().flat_map(|rule| &rule.to);
        from.chain(to).filter_map(|peer| peer.ip_block.as_ref())
    }

    fn ports(&self) -> impl Iterator<Item = &PolicyPort> {
        let ingress = self.spec.ingress.iter().flat_map(|rule| &rule.ports);
        ingress.chain(self.spec.egress.iter().flat_map(|rule| &rule.ports))
    }
}

/// The policies of a cluster, and the labels of its namespaces by their names.
#[derive(Debug, Default)]
pub struct Policies {
    pub policies: Vec<NetworkPolicy>,
    pub namespaces: BTreeMap<String, Labels>,
}

impl Policies {
    /// Whether a connection can be opened: the caller must be let out, and let in.
    pub fn allow(&self, caller: End<'_>, callee: End<'_>, port: u16, protocol: Protocol) -> bool {
        self.allow_one_side(Direction::Egress, caller, callee, port, protocol)
            && self.allow_one_side(Direction::Ingress, caller, callee, port, protocol)
    }

    /// What selects a pod adds up; a pod that nothing selects is open.
    fn allow_one_side(
        &self,
        direction: Direction,
        caller: End<'_>,
        callee: End<'_>,
        port: u16,
        protocol: Protocol,
    ) -> bool {
        let (own, other) = match direction {
            Direction::Ingress => (callee, caller),
            Direction::Egress => (caller, callee),
        };
        let End::Pod(own) = own else { return true };
        let mut open = true;
        for policy in self.policies.iter().filter(|policy| policy.concerns(own, direction)) {
            open = false;
            let rules: Vec<(&[Peer], &[PolicyPort])> = match direction {
                Direction::Ingress => {
                    policy.spec.ingress.iter().map(|rule| (&*rule.from, &*rule.ports)).collect()
                }
                Direction::Egress => {
                    policy.spec.egress.iter().map(|rule| (&*rule.to, &*rule.ports)).collect()
                }
            };
            for (peers, ports) in rules {
                let peer = peers.is_empty()
                    || peers.iter().any(|peer| self.peer(peer, &policy.metadata.namespace, other));
                let port = ports.is_empty()
                    || ports.iter().any(|allowed| allowed.matches(callee, port, protocol));
                if peer && port {
                    return true;
                }
            }
        }
        open
    }

    fn peer(&self, peer: &Peer, own_namespace: &str, other: End<'_>) -> bool {
        if let Some(block) = &peer.ip_block {
            let address = match other {
                End::Pod(pod) => pod.address,
                End::Address(address) => Some(address),
            };
            return address.is_some_and(|address| block.contains(address));
        }
        let End::Pod(pod) = other else { return false };
        let namespace = match &peer.namespace_selector {
            None => pod.namespace == own_namespace,
            Some(selector) => {
                let labels = self.namespaces.get(&pod.namespace);
                labels.is_some_and(|labels| selector.matches(labels))
            }
        };
        namespace && peer.pod_selector.as_ref().is_none_or(|pods| pods.matches(&pod.labels))
    }

    /// The addresses at which what is allowed can change.
    pub fn edges_of_addresses(&self) -> BTreeSet<IpAddr> {
        self.policies.iter().flat_map(NetworkPolicy::blocks).flat_map(Block::edges).collect()
    }

    /// The ports at which what is allowed can change, those with names aside.
    pub fn edges_of_ports(&self) -> BTreeSet<u16> {
        let ports = self.policies.iter().flat_map(NetworkPolicy::ports);
        ports
            .filter_map(|allowed| match allowed.port {
                Some(PortRef::Number(port)) => Some((port, allowed.end_port.unwrap_or(port))),
                _ => None,
            })
            .flat_map(|(first, last)| [Some(first), last.checked_add(1)])
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn pod(namespace: &str, app: &str, last: u8) -> Pod {
        Pod {
            namespace: namespace.to_owned(),
            labels: labels(&[("app", app)]),
            address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))),
            ports: vec![ContainerPort {
                name: Some("web".to_owned()),
                number: 8080,
                protocol: Protocol::Tcp,
            }],
        }
    }

    /// A cluster with the namespaces `shop` and `other`, and a policy in `shop` for each spec.
    fn policies(specs: &[&str]) -> Policies {
        let policies = specs.iter().map(|spec| {
            let text = format!(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                 metadata: {{ namespace: shop }}\nspec: {spec}"
            );
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
        });
        let namespaces = ["shop", "other"].map(|name| {
            (name.to_owned(), labels(&[("kubernetes.io/metadata.name", name), ("team", name)]))
        });
        Policies { policies: policies.collect(), namespaces: namespaces.into() }
    }

    /// Which of `a` and `b` in `shop`, `a` in `other` and an address may call `b` in `shop`.
    fn callers(specs: &[&str], port: u16, protocol: Protocol) -> Vec<&'static str> {
        let policies = policies(specs);
        let (a, b, stranger) = (pod("shop", "a", 1), pod("shop", "b", 2), pod("other", "a", 3));
        let outside = End::Address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
        [
            ("a", End::Pod(&a)),
            ("b", End::Pod(&b)),
            ("other", End::Pod(&stranger)),
            ("outside", outside),
        ]
        .into_iter()
        .filter(|(_, caller)| policies.allow(*caller, End::Pod(&b), port, protocol))
        .map(|(name, _)| name)
        .collect()
    }

    const ALL: [&str; 4] = ["a", "b", "other", "outside"];

    #[test]
    fn all_is_open_until_a_policy_selects_the_pod() {
        assert_eq!(callers(&[], 80, Protocol::Tcp), ALL);
        let of_a = "{ podSelector: { matchLabels: { app: a } }, policyTypes: [Ingress] }";
        assert_eq!(callers(&[of_a], 80, Protocol::Tcp), ALL);
        let of_all = "{ podSelector: {}, policyTypes: [Ingress] }";
        assert_eq!(callers(&[of_all], 80, Protocol::Tcp), [""; 0]);
    }

    #[test]
    fn without_types_a_policy_is_of_ingress_and_of_egress_if_it_has_such_rules() {
        assert_eq!(callers(&["{ podSelector: {} }"], 80, Protocol::Tcp), [""; 0]);
        let open = "{ podSelector: {}, ingress: [{}] }";
        assert_eq!(callers(&[open], 80, Protocol::Tcp), ALL);
        let out_on_443 = "{ podSelector: {}, ingress: [{}], egress: [{ ports: [{ port: 443 }] }] }";
        assert_eq!(callers(&[out_on_443], 80, Protocol::Tcp), ["other", "outside"]);
    }

    #[test]
    fn both_sides_must_allow_a_connection() {
        let deny = "{ podSelector: {}, policyTypes: [Ingress, Egress] }";
        let into_b = "{ podSelector: { matchLabels: { app: b } }, policyTypes: [Ingress],
            ingress: [{ from: [{ podSelector: { matchLabels: { app: a } } }] }] }";
        assert_eq!(callers(&[deny, into_b], 80, Protocol::Tcp), [""; 0]);
        let out_of_a = "{ podSelector: { matchLabels: { app: a } }, policyTypes: [Egress],
            egress: [{ to: [{ podSelector: { matchLabels: { app: b } } }] }] }";
        assert_eq!(callers(&[deny, out_of_a], 80, Protocol::Tcp), [""; 0]);
        assert_eq!(callers(&[deny, into_b, out_of_a], 80, Protocol::Tcp), ["a"]);
    }

    #[test]
    fn the_rules_of_all_policies_add_up() {
        let a = "{ podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: a } } }] }] }";
        let b = "{ podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: b } } }] }] }";
        assert_eq!(callers(&[a, b], 80, Protocol::Tcp), ["a", "b"]);
    }

    #[test]
    fn a_selector_of_pods_alone_means_the_namespace_of_the_policy() {
        let own = "{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }";
        assert_eq!(callers(&[own], 80, Protocol::Tcp), ["a", "b"]);
        let all = "{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] }";
        assert_eq!(callers(&[all], 80, Protocol::Tcp), ["a", "b", "other"]);
        let both = "{ podSelector: {}, ingress: [{ from: [{
            namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: other } },
            podSelector: { matchLabels: { app: a } } }] }] }";
        assert_eq!(callers(&[both], 80, Protocol::Tcp), ["other"]);
        let either = "{ podSelector: {}, ingress: [{ from: [
            { namespaceSelector: { matchLabels: { team: other } } },
            { podSelector: { matchLabels: { app: b } } }] }] }";
        assert_eq!(callers(&[either], 80, Protocol::Tcp), ["b", "other"]);
    }

    #[test]
    fn expressions_select_as_the_four_operators_say() {
        for (expression, expected) in [
            ("{ key: app, operator: In, values: [a, c] }", vec!["a"]),
            ("{ key: app, operator: NotIn, values: [a] }", vec!["b"]),
            ("{ key: app, operator: Exists }", vec!["a", "b"]),
            ("{ key: app, operator: DoesNotExist }", vec![]),
            ("{ key: tier, operator: NotIn, values: [a] }", vec!["a", "b"]),
            ("{ key: tier, operator: DoesNotExist }", vec!["a", "b"]),
        ] {
            let spec = format!(
                "{{ podSelector: {{}}, ingress: [{{ from: [{{ podSelector: {{ matchExpressions: [{expression}] }} }}] }}] }}"
            );
            assert_eq!(callers(&[&spec], 80, Protocol::Tcp), expected, "{expression}");
        }
    }

    #[test]
    fn blocks_of_addresses_have_holes_and_hold_pods_too() {
        let all = "{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }";
        assert_eq!(callers(&[all], 80, Protocol::Tcp), ALL);
        let outside = "{ podSelector: {}, ingress: [{ from: [{ ipBlock:
            { cidr: 0.0.0.0/0, except: [10.0.0.0/30] } }] }] }";
        assert_eq!(callers(&[outside], 80, Protocol::Tcp), ["outside"]);
        let part = "{ podSelector: {}, ingress: [{ from: [{ ipBlock:
            { cidr: 10.0.0.2/31, except: [10.0.0.2/32] } }] }] }";
        assert_eq!(callers(&[part], 80, Protocol::Tcp), ["other"]);
        let v6 = "{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '::/0' } }] }] }";
        assert_eq!(callers(&[v6], 80, Protocol::Tcp), [""; 0]);
    }

    #[test]
    fn ports_are_numbers_names_or_ranges_of_a_protocol() {
        for (ports, allowed) in [
            ("[]", [true; 4]),
            ("[{ port: 8080 }]", [false, true, false, false]),
            ("[{ port: web }]", [false, true, false, false]),
            ("[{ port: metrics }]", [false; 4]),
            ("[{ port: 80, endPort: 8080 }]", [true, true, false, false]),
            ("[{ port: 8080, endPort: 8090, protocol: UDP }]", [false, false, false, true]),
            ("[{ protocol: UDP }]", [false, false, false, true]),
            ("[{ port: 8081 }, { port: 80 }]", [true, false, true, false]),
        ] {
            let spec = format!("{{ podSelector: {{}}, ingress: [{{ ports: {ports} }}] }}");
            let probes = [
                (80, Protocol::Tcp),
                (8080, Protocol::Tcp),
                (8081, Protocol::Tcp),
                (8080, Protocol::Udp),
            ];
            for ((port, protocol), expected) in probes.into_iter().zip(allowed) {
                let found = !callers(&[&spec], port, protocol).is_empty();
                assert_eq!(found, expected, "{ports} and {port}/{protocol:?}");
            }
        }
    }

    #[test]
    fn a_named_port_of_egress_is_that_of_the_pod_called() {
        let policies = policies(&[
            "{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [{ port: web }] }] }",
        ]);
        let (a, b) = (pod("shop", "a", 1), pod("other", "b", 2));
        assert!(policies.allow(End::Pod(&a), End::Pod(&b), 8080, Protocol::Tcp));
        assert!(!policies.allow(End::Pod(&a), End::Pod(&b), 80, Protocol::Tcp));
        let outside = End::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(!policies.allow(End::Pod(&a), outside, 8080, Protocol::Tcp));
    }

    #[test]
    fn blocks_end_where_their_length_says() {
        let cidr = |text: &str| Cidr::try_from(text.to_owned()).unwrap_or_else(|e| panic!("{e}"));
        let edges = |text: &str| cidr(text).edges().map(|a| a.to_string()).collect::<Vec<_>>();
        assert_eq!(edges("10.96.0.0/12"), ["10.96.0.0", "10.112.0.0"]);
        assert_eq!(edges("0.0.0.0/0"), ["0.0.0.0"]);
        assert_eq!(edges("192.0.2.7/32"), ["192.0.2.7", "192.0.2.8"]);
        assert_eq!(edges("fd00::/8"), ["fd00::", "fe00::"]);
        assert!(Cidr::try_from("10.0.0.0/33".to_owned()).is_err());
        assert!(Cidr::try_from("10.0.0.0".to_owned()).is_err());
    }
}
