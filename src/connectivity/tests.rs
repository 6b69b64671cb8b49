//! What a relation says of small clusters. `tests/relation.rs` holds it against other rules.

use crate::source::{Dialect, Sources, Tree, parse};

use super::{Difference, Relation, difference, relation, text};

fn trees(yaml: &str) -> Vec<Tree> {
    let sources = Sources::default();
    let id = sources.add_bytes("all.yaml".to_owned(), yaml.as_bytes().to_vec());
    let id = id.unwrap_or_else(|diagnostic| panic!("{diagnostic:?}"));
    let (trees, diagnostics) = parse(&sources.get(id), Dialect::Kubectl);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    trees
}

fn of(trees: &[Tree]) -> Relation<'_> {
    relation(trees.iter().map(Tree::root))
}

/// What is listed of objects.
fn listed(yaml: &str) -> String {
    text(&of(&trees(yaml)).listing())
}

/// The lines of a difference, those that widen something marked with `!`.
fn changes(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (trees(old), trees(new));
    let Difference { edges, ways_in, is_whole } = difference(&of(&old), &of(&new));
    assert!(is_whole);
    let mark = |line: String, is_wider| if is_wider { format!("{line} !") } else { line };
    let edges = edges.iter().map(|edge| mark(edge.to_string(), edge.is_wider()));
    let ways_in = ways_in.iter().map(|way| mark(way.to_string(), way.is_wider()));
    ways_in.chain(edges).collect()
}

/// A Deployment in the namespace `shop` with a label `app` and a port `http`, 8080.
fn deployment(name: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name}, namespace: shop }}
spec:
  template:
    metadata: {{ labels: {{ app: {name} }} }}
    spec:
      containers: [{{ name: main, ports: [{{ name: http, containerPort: 8080 }}] }}]
---
"
    )
}

fn policy(namespace: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{ name: policy, namespace: {namespace} }}
spec: {spec}
---
"
    )
}

const DENY: &str = "{ podSelector: {}, policyTypes: [Ingress, Egress] }";
const FROM_NGINX: &str =
    "{ podSelector: { matchLabels: { app: web } }, ingress: [{ ports: [{ port: http }],
  from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: nginx } } }] }] }";
const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: web, port: 80, targetPort: http }] }
---
";
const INGRESS: &str = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
    - host: shop.example.com
      http:
        paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }]
---
";

#[test]
fn without_policies_all_is_open_and_said_once() {
    let names = ["a", "b", "c", "d", "e"];
    let all: String = names.iter().map(|name| deployment(name)).collect();
    assert_eq!(
        listed(&all),
        "between pods
  group 1 (5 alike) -> group 1 (5 alike)  all ports
  group 1 (5 alike) -> any pod elsewhere  all ports
  any pod elsewhere -> group 1 (5 alike)  all ports

from and to addresses
  any address       -> group 1 (5 alike)  all ports
  group 1 (5 alike) -> any address        all ports

alike
  group 1: shop/a, shop/b, shop/c, shop/d, shop/e
"
    );
}

#[test]
fn what_is_denied_is_not_listed() {
    assert_eq!(listed(&(deployment("web") + &policy("shop", DENY))), "");
    // Without types it is about what goes out only where it has such rules.
    let ingress =
        listed(&(deployment("web") + &policy("shop", "{ podSelector: {}, policyTypes: [] }")));
    assert_eq!(
        ingress,
        "between pods
  shop/web, any pod in shop -> any pod elsewhere  all ports

from and to addresses
  shop/web, any pod in shop -> any address  all ports
"
    );
}

#[test]
fn a_way_in_goes_through_a_service_and_the_policies() {
    let open = deployment("web") + SERVICE + INGRESS;
    let denied = open.clone() + &policy("shop", DENY);
    let through = denied.clone() + &policy("shop", FROM_NGINX);
    let first = |yaml: &str| listed(yaml).lines().take(3).collect::<Vec<_>>().join("\n");
    let way =
        "from outside\n  internet -> shop.example.com/ -> Service shop/web:80 -> shop/web 8080/TCP";
    assert_eq!(first(&open), format!("{way}\n"));
    assert_eq!(first(&denied), format!("{way} (closed by policies)"));
    assert_eq!(first(&through), format!("{way}\n      (through any pod in nginx)"));
    assert_eq!(
        changes(&denied, &through),
        [
            "~ internet -> shop.example.com/ -> Service shop/web:80 -> shop/web 8080/TCP (through any pod in nginx) !",
            "+ any pod in nginx -> shop/web 8080/TCP !",
        ]
    );
    assert_eq!(
        changes(&through, &denied),
        [
            "~ internet -> shop.example.com/ -> Service shop/web:80 -> shop/web 8080/TCP (closed by policies)",
            "- any pod in nginx -> shop/web 8080/TCP",
        ]
    );
}

#[test]
fn routes_lead_from_each_of_their_hosts_and_paths() {
    let route = "apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: public }
spec:
  hostnames: [a.example.com, b.example.com]
  rules:
    - matches: [{ path: { type: PathPrefix, value: /x } }]
      backendRefs: [{ name: web, namespace: shop, port: 80 }, { name: web, port: 80 }]
";
    let listed = listed(&(deployment("web") + SERVICE + route));
    let ways: Vec<&str> = listed.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(
        ways,
        [
            "  internet -> a.example.com/x -> Service public/web:80 -> nothing here",
            "  internet -> a.example.com/x -> Service shop/web:80 -> shop/web 8080/TCP",
            "  internet -> b.example.com/x -> Service public/web:80 -> nothing here",
            "  internet -> b.example.com/x -> Service shop/web:80 -> shop/web 8080/TCP",
        ]
    );
}

#[test]
fn services_and_nodes_are_doors_too() {
    let service = |spec: &str| {
        format!(
            "apiVersion: v1
kind: Service
metadata: {{ name: web, namespace: shop }}
spec: {{ selector: {{ app: web }}, ports: [{{ port: 80, targetPort: 8080, nodePort: 30080 }}], {spec} }}
---
"
        )
    };
    let only_ten = policy(
        "shop",
        "{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }] }",
    );
    let way = |spec: &str, policy: &str| {
        let listed = listed(&(deployment("web") + &service(spec) + policy));
        listed.lines().nth(1).map(str::to_owned)
    };
    for (spec, policy, line) in [
        (
            "type: NodePort",
            "",
            "internet -> port 30080/TCP of every node -> Service shop/web:80 -> shop/web 8080/TCP",
        ),
        (
            "type: LoadBalancer",
            "",
            "internet -> load balancer 80/TCP -> Service shop/web:80 -> shop/web 8080/TCP",
        ),
        (
            "type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24]",
            "",
            "192.0.2.0/24 -> load balancer 80/TCP -> Service shop/web:80 -> shop/web 8080/TCP",
        ),
        (
            "externalIPs: [192.0.2.1]",
            &only_ten,
            "internet -> 192.0.2.1 80/TCP -> Service shop/web:80 -> shop/web 8080/TCP (through 10.0.0.0/8)",
        ),
    ] {
        assert_eq!(way(spec, policy), Some(format!("  {line}")));
    }
    let host_port = "apiVersion: v1
kind: Pod
metadata: { name: dns, namespace: shop }
spec: { containers: [{ name: main, ports: [{ containerPort: 53, hostPort: 5353, protocol: UDP }] }] }
";
    assert!(
        listed(host_port).starts_with(
            "from outside\n  internet -> port 5353/UDP of its node -> shop/dns 53/UDP\n"
        )
    );
}

#[test]
fn no_policy_holds_in_the_network_of_a_node() {
    let agent = "apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: shop }
spec: { template: { metadata: { labels: { app: agent } }, spec: { hostNetwork: true } } }
---
";
    let from_agent = "{ podSelector: { matchLabels: { app: web } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: agent } } }] }] }";
    let all = deployment("web") + agent + &policy("shop", DENY) + &policy("shop", from_agent);
    let listed = listed(&all);
    assert!(
        listed.ends_with("\nin the network of their node, where no policy holds\n  shop/agent\n")
    );
    assert!(listed.contains("any address -> shop/agent   all ports"), "{listed}");
    assert!(!listed.contains("shop/agent -> shop/web"), "{listed}");
}

#[test]
fn pods_that_nobody_makes_are_named_as_policies_name_them() {
    let to_dns = "{ podSelector: {}, policyTypes: [Egress], egress: [{
        to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: dns } } }],
        ports: [{ port: dns, protocol: UDP }] }] }";
    let deny = policy("shop", "{ podSelector: {}, policyTypes: [Ingress] }");
    assert_eq!(
        listed(&(deployment("web") + &deny + &policy("shop", to_dns))),
        "between pods
  shop/web, any pod in shop -> pods k8s-app=dns elsewhere  dns/UDP
"
    );
}

#[test]
fn what_a_workload_made_is_not_listed_beside_it() {
    let made = "apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-1
  namespace: shop
  ownerReferences: [{ kind: Deployment, name: web, controller: true }]
spec: { template: { metadata: { labels: { app: web } }, spec: {} } }
---
apiVersion: v1
kind: Pod
metadata:
  name: web-1-a
  namespace: shop
  ownerReferences: [{ kind: ReplicaSet, name: web-1, controller: true }]
---
apiVersion: v1
kind: Pod
metadata:
  name: orphan
  namespace: shop
  ownerReferences: [{ kind: ReplicaSet, name: gone, controller: true }]
";
    let trees = trees(&(deployment("web") + made));
    let names: Vec<String> = of(&trees).workloads().map(|one| one.to_string()).collect();
    assert_eq!(names, ["shop/orphan", "shop/web"]);
}

#[test]
fn a_difference_says_which_ports_come_and_go() {
    let from_api = |ports: &str| {
        format!(
            "{{ podSelector: {{ matchLabels: {{ app: web }} }}, ingress: [{{ ports: {ports},
            from: [{{ podSelector: {{ matchLabels: {{ app: api }} }} }}] }}] }}"
        )
    };
    let with = |policies: &[&str]| {
        let policies: String = policies.iter().map(|spec| policy("shop", spec)).collect();
        deployment("web") + &deployment("api") + &policies
    };
    let deny = "{ podSelector: {}, policyTypes: [Ingress] }";
    let (one, two) = (from_api("[{ port: 80 }]"), from_api("[{ port: 81 }, { port: 82 }]"));
    let closed = with(&[deny]);
    let (old, new) = (with(&[deny, &one]), with(&[deny, &two]));
    assert_eq!(changes(&closed, &old), ["+ shop/api -> shop/web 80/TCP !"]);
    assert_eq!(changes(&old, &new), ["~ shop/api -> shop/web +81-82/TCP -80/TCP !"]);
    assert_eq!(changes(&new, &closed), ["- shop/api -> shop/web 81-82/TCP"]);
}

#[test]
fn the_same_written_otherwise_is_no_difference() {
    let with = |rules: &str| {
        let spec = format!("{{ podSelector: {{ matchLabels: {{ app: web }} }}, {rules} }}");
        trees(&(deployment("web") + &policy("shop", &spec)))
    };
    let one = with("ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }]");
    let two = with(
        "policyTypes: [Ingress], ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/9 } }] },
            { ports: [{ protocol: TCP }], from: [{ ipBlock: { cidr: 10.128.0.0/9 } }] },
            { ports: [{ port: 1, endPort: 65535, protocol: UDP }, { protocol: SCTP }],
              from: [{ ipBlock: { cidr: 10.128.0.0/9 } }] }]",
    );
    let other = with("ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/9 } }] }]");
    assert!(of(&one) == of(&two));
    assert!(of(&one) != of(&other));
}

/// What was open to everybody and is now open to some is no wider for these.
#[test]
fn those_whom_only_one_side_speaks_of_are_held_against_both() {
    let open = deployment("web");
    let some = deployment("web") + &policy("shop", FROM_NGINX);
    let lines = changes(&open, &some);
    assert!(lines.iter().all(|line| line.starts_with('-') || line.starts_with('~')), "{lines:?}");
    assert!(lines.iter().all(|line| !line.ends_with('!')), "{lines:?}");
    assert!(
        lines.contains(
            &"~ any pod in nginx -> shop/web -1-8079/TCP, 8081-65535/TCP, all UDP, all SCTP"
                .to_owned()
        ),
        "{lines:?}"
    );
}

/// A policy for all pods of a namespace is one change, not one for each pair of them.
#[test]
fn the_same_change_of_many_is_one_line() {
    let many: String = ["a", "b", "c"].iter().map(|name| deployment(name)).collect();
    let own = many.clone()
        + &policy("shop", "{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }");
    assert_eq!(
        changes(&own, &many),
        [
            "+ any address -> shop/a, shop/b, shop/c, any pod in shop all ports !",
            "+ any pod elsewhere -> shop/a, shop/b, shop/c, any pod in shop all ports !",
        ]
    );
    let some = own.clone()
        + &policy("shop", FROM_NGINX)
        + &policy("shop", &FROM_NGINX.replace("web", "a"))
        + &policy("shop", &FROM_NGINX.replace("web", "b"));
    assert_eq!(
        changes(&own, &some),
        [
            "+ any pod in nginx -> shop/a, shop/b 8080/TCP !",
            "+ any pod in nginx -> pods app=web in shop http/TCP !",
        ]
    );
}
