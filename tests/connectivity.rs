//! Who may reach whom, for each stack in each of its environments: what the tables below say is
//! compared with what the network policies below `out/` allow, over all pods, ports and addresses.
//!
//! A line of a table reads `CALLERS -> CALLEES`. A caller is a component of the stack, one of the
//! [`bystanders`], or a block of addresses; a callee is the same with a port. What no line says
//! must be denied.

#![allow(clippy::disallowed_methods, reason = "a test reads the project from the disk")]
#![allow(clippy::similar_names, reason = "a caller and its callee are named so everywhere")]

#[path = "connectivity/policies.rs"]
mod policies;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_yaml::Value;

use policies::{Block, Cidr, ContainerPort, End, Labels, Pod, Policies, Protocol};

const DISCBABOONS_DEV: &str = "
    express -> database:5432
    express -> dns:53, dns:53/UDP
    express -> 0.0.0.0/0 except 169.254.0.0/16 10.244.0.0/16 10.96.0.0/12:443
";

// The last line is the API server: express has a Role. The copy of the address that lies outside
// of the cluster is in the block of the line before.
const DISCBABOONS_PROD: &str = "
    ingress-nginx -> express:3000, acme-solver:8089
    express, database-backup -> database:5432
    express, database-backup -> dns:53, dns:53/UDP
    express -> 0.0.0.0/0 except 169.254.0.0/16 10.244.0.0/16 10.245.0.0/16:443
    express -> 10.245.0.1/32:443
";

const WANDER_DEV: &str = "
    frontend -> api:8000
    api -> database:5432, cache:6379
    frontend, api -> dns:53, dns:53/UDP
";

const WANDER_STAGING: &str = "
    ingress-nginx -> frontend:3000, api:8000, acme-solver:8089
    frontend -> api:8000
    api -> database:5432, cache:6379
    frontend, api -> dns:53, dns:53/UDP
";

// The second cache follows the first.
const WANDER_PROD: &str = "
    ingress-nginx -> frontend:3000, api:8000, acme-solver:8089
    frontend -> api:8000
    api -> database:5432, cache:6379
    cache -> cache:6379
    frontend, api, cache -> dns:53, dns:53/UDP
";

// The database is outside of the cluster, nobody knows where; 443 is GitHub's.
const HACKYSTACK_BASIC: &str = "
    ingress-nginx -> web:3000
    web -> 0.0.0.0/0 except 169.254.0.0/16 10.244.0.0/16 10.96.0.0/12:443
    web -> 0.0.0.0/0 except 169.254.0.0/16 10.244.0.0/16 10.96.0.0/12:5432
    web -> dns:53, dns:53/UDP
";

const HACKYSTACK_INTERMEDIATE: &str = "
    ingress-nginx -> web:3000
    web -> database:5432
    web -> 0.0.0.0/0 except 169.254.0.0/16 10.244.0.0/16 10.96.0.0/12:443
    web -> dns:53, dns:53/UDP
";

const LEARNFLOW: &str = "
    migrate, postgres-backup -> postgres:5432
    migrate, postgres-backup -> dns:53, dns:53/UDP
    labelled-backend -> postgres:5432
";

/// With the jobs that are rendered only when asked for.
const LEARNFLOW_ON_DEMAND: &str = "
    migrate, postgres-backup, verify, restore -> postgres:5432
    migrate, postgres-backup, verify, restore -> dns:53, dns:53/UDP
    labelled-backend -> postgres:5432
";

/// The table of each stack in each of its environments.
const TABLES: [(&str, &str, &str); 11] = [
    ("discbaboons", "dev", DISCBABOONS_DEV),
    ("discbaboons", "prod", DISCBABOONS_PROD),
    ("hackystack", "basic", HACKYSTACK_BASIC),
    ("hackystack", "intermediate", HACKYSTACK_INTERMEDIATE),
    ("learnflow", "aks", LEARNFLOW),
    ("learnflow", "eks", LEARNFLOW),
    ("learnflow", "gke", LEARNFLOW),
    ("learnflow", "minikube", LEARNFLOW),
    ("wander", "dev", WANDER_DEV),
    ("wander", "prod", WANDER_PROD),
    ("wander", "staging", WANDER_STAGING),
];

#[test]
fn the_policies_allow_what_the_tables_say_and_nothing_else() {
    let mut differences = String::new();
    for (stack, environment, table) in TABLES {
        let found = rendered(environment).differences(stack, table);
        if !found.is_empty() {
            writeln!(differences, "{stack} in {environment}:\n{found}")
                .expect("a String takes all");
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn jobs_on_demand_reach_the_database_too() {
    let output = Command::new(env!("CARGO_BIN_EXE_gen"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "render",
            "minikube",
            "learnflow",
            "--stdout",
            "--with",
            "verify",
            "--with",
            "restore",
        ])
        .output()
        .expect("gen can be started");
    let text = String::from_utf8(output.stdout).expect("YAML is UTF-8");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cluster = Cluster::of(&documents(&text));
    assert_eq!(cluster.differences("learnflow", LEARNFLOW_ON_DEMAND), "");
}

#[test]
fn every_pair_has_a_table() {
    let mut pairs = Vec::new();
    for environment in folders(&root().join("out")) {
        for stack in folders(&root().join("out").join(&environment)) {
            if !stack.starts_with('_') {
                pairs.push(format!("{stack} {environment}"));
            }
        }
    }
    pairs.sort();
    let tables = TABLES.map(|(stack, environment, _)| format!("{stack} {environment}"));
    assert_eq!(pairs, tables);
}

#[test]
fn nobody_reaches_the_metadata_of_the_cloud() {
    for environment in folders(&root().join("out")) {
        let cluster = rendered(&environment);
        for pod in cluster.pods.iter().filter(|pod| pod.stack.is_some()) {
            for address in ["169.254.169.254", "fd00:ec2::254"] {
                let metadata = End::Address(address.parse().expect("an address"));
                for port in [80, 443, 5432] {
                    let allowed =
                        cluster.policies.allow(End::Pod(&pod.pod), metadata, port, Protocol::Tcp);
                    assert!(!allowed, "{environment}: {} reaches {address}:{port}", pod.name);
                }
            }
        }
    }
}

#[test]
fn a_table_that_says_too_little_or_too_much_is_noticed() {
    let cluster = rendered("basic");
    let differences = |from: &str, to: &str| {
        assert!(HACKYSTACK_BASIC.contains(from), "`{from}` is in the table");
        cluster.differences("hackystack", &HACKYSTACK_BASIC.replace(from, to))
    };
    assert_eq!(
        differences("ingress-nginx -> web:3000", ""),
        "allowed, but not in the table: ingress-nginx -> web:3000/TCP\n"
    );
    assert_eq!(
        differences("web:3000", "web:3000, web:3001"),
        "in the table, but not allowed: ingress-nginx -> web:3001/TCP\n"
    );
    assert_eq!(
        differences("10.244.0.0/16 10.96.0.0/12:443", "10.244.0.0/16:443"),
        "in the table, but not allowed: web -> 10.96.0.0:443/TCP\n"
    );
    assert_eq!(
        differences("dns:53/UDP", "labelled-backend:53/UDP"),
        "allowed, but not in the table: web -> dns:53/UDP\n\
         in the table, but not allowed: web -> labelled-backend:53/UDP\n"
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folders(path: &Path) -> Vec<String> {
    let entries =
        std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{error}")))
        .filter(|document| !document.is_null())
        .collect()
}

/// What lies in `out/` for an environment.
fn rendered(environment: &str) -> Cluster {
    let folder = root().join("out").join(environment);
    let mut objects = Vec::new();
    for stack in folders(&folder) {
        let path = folder.join(stack);
        for entry in
            std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        {
            let path = entry.unwrap_or_else(|error| panic!("{error}")).path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path);
                objects.extend(documents(&text.unwrap_or_else(|error| panic!("{error}"))));
            }
        }
    }
    Cluster::of(&objects)
}

/// The pods of an environment and those around them, and what holds for them.
struct Cluster {
    pods: Vec<NamedPod>,
    policies: Policies,
}

struct NamedPod {
    /// The name of the component, behind that of its stack where another stack's table names it.
    name: String,
    /// The stack whose component it is.
    stack: Option<String>,
    pod: Pod,
}

/// Namespaces and pods that no stack renders but that a cluster has, or that could sneak in.
fn bystanders() -> [(&'static str, &'static str, Labels, Labels); 8] {
    let labels = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let none = || labels(&[]);
    [
        ("ingress-nginx", "ingress-nginx", none(), none()),
        ("impostor-of-nginx", "impostor", labels(&[("name", "ingress-nginx")]), none()),
        ("dns", "kube-system", none(), labels(&[("k8s-app", "kube-dns")])),
        ("kube-proxy", "kube-system", none(), labels(&[("k8s-app", "kube-proxy")])),
        ("impostor-of-dns", "default", none(), labels(&[("k8s-app", "kube-dns")])),
        ("labelled-backend", "learning", labels(&[("name", "backend")]), none()),
        ("named-backend", "backend", none(), none()),
        ("prometheus", "monitoring", none(), labels(&[("app", "prometheus")])),
    ]
}

fn labels_of(value: &Value) -> Labels {
    let labels = value.as_mapping().into_iter().flatten();
    labels
        .map(|(key, value)| match (key.as_str(), value.as_str()) {
            (Some(key), Some(value)) => (key.to_owned(), value.to_owned()),
            _ => panic!("{key:?}: {value:?} is no label"),
        })
        .collect()
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value:?} is no text"))
}

impl Cluster {
    fn of(objects: &[Value]) -> Cluster {
        let mut cluster = Cluster { pods: Vec::new(), policies: Policies::default() };
        for object in objects {
            let kind = text_of(&object["kind"]);
            let template = match kind {
                "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => &object["spec"]["template"],
                "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
                "Namespace" => {
                    let name = text_of(&object["metadata"]["name"]);
                    cluster.add_namespace(name, labels_of(&object["metadata"]["labels"]));
                    continue;
                }
                "NetworkPolicy" => {
                    let policy = serde_yaml::from_value(object.clone());
                    let policy = policy.unwrap_or_else(|error| panic!("{error}: {object:?}"));
                    cluster.policies.policies.push(policy);
                    continue;
                }
                _ => continue,
            };
            let labels = labels_of(&template["metadata"]["labels"]);
            let stack = labels["app.kubernetes.io/part-of"].clone();
            let name = labels["app.kubernetes.io/name"].clone();
            let containers = template["spec"]["containers"].as_sequence().into_iter().flatten();
            let ports = containers.filter_map(|c| c["ports"].as_sequence()).flatten().map(|port| {
                serde_yaml::from_value::<ContainerPort>(port.clone())
                    .unwrap_or_else(|error| panic!("{error}: {port:?}"))
            });
            let ports = ports.collect();
            let namespace = text_of(&object["metadata"]["namespace"]);
            let twice =
                cluster.pods.iter().any(|p| p.stack.as_ref() == Some(&stack) && p.name == name);
            assert!(!twice, "two workloads of {stack} are called {name}");
            cluster.add_pod(name, Some(stack), namespace, labels, ports);
        }
        cluster.surround();
        cluster
    }

    fn add_namespace(&mut self, name: &str, labels: Labels) {
        let all = self.policies.namespaces.entry(name.to_owned()).or_default();
        all.extend(labels);
        // The API server sets it on every namespace.
        all.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
    }

    fn add_pod(
        &mut self,
        name: String,
        stack: Option<String>,
        namespace: &str,
        labels: Labels,
        ports: Vec<ContainerPort>,
    ) {
        // In the range that the environments with blocks of addresses call their pods'.
        let number = u8::try_from(self.pods.len() + 1).expect("at most 255 pods");
        let address = Some(IpAddr::V4(Ipv4Addr::new(10, 244, 0, number)));
        let pod = Pod { namespace: namespace.to_owned(), labels, address, ports };
        self.pods.push(NamedPod { name, stack, pod });
    }

    /// Adds the bystanders, and to each component one of another namespace that looks like it.
    fn surround(&mut self) {
        for (name, namespace, namespace_labels, labels) in bystanders() {
            self.add_namespace(namespace, namespace_labels);
            self.add_pod(name.to_owned(), None, namespace, labels, Vec::new());
        }
        let components: Vec<(String, Pod)> = (self.pods.iter())
            .filter(|pod| pod.stack.is_some())
            .map(|pod| (pod.name.clone(), pod.pod.clone()))
            .collect();
        for (name, pod) in components {
            self.add_pod(format!("impostor-of-{name}"), None, "default", pod.labels, pod.ports);
        }
        let namespaces: BTreeSet<(String, String)> = (self.pods.iter())
            .filter_map(|pod| Some((pod.stack.clone()?, pod.pod.namespace.clone())))
            .collect();
        for (stack, namespace) in namespaces {
            let solver = [("acme.cert-manager.io/http01-solver".to_owned(), "true".to_owned())];
            let (own, labels) = (Some(stack), Labels::from(solver));
            self.add_pod("acme-solver".to_owned(), own.clone(), &namespace, labels, Vec::new());
            self.add_pod("stray".to_owned(), own, &namespace, Labels::new(), Vec::new());
        }
    }

    /// How what is allowed to and from the pods of a stack differs from a table, a line each.
    fn differences(&self, stack: &str, table: &str) -> String {
        let lines = parse(table);
        let own = |pod: &NamedPod| pod.stack.as_deref() == Some(stack);
        assert!(self.pods.iter().any(own), "{stack} has no pods");
        let name = |pod: &NamedPod| match &pod.stack {
            Some(other) if other != stack => format!("{other}/{}", pod.name),
            _ => pod.name.clone(),
        };

        // Between two neighbouring edges nothing changes, so one probe of each stretch shows all.
        let mut addresses = self.policies.edges_of_addresses();
        addresses.extend([IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]);
        let mut ports = self.policies.edges_of_ports();
        ports.insert(1);
        for pod in &self.pods {
            ports.extend(pod.pod.ports.iter().flat_map(|p| [p.number, p.number + 1]));
        }
        for line in &lines {
            ports.extend([line.port, line.port + 1]);
            for place in [&line.caller, &line.callee] {
                if let Place::Outside(block) = place {
                    addresses.extend(block.edges());
                }
            }
        }

        let mut ends: Vec<(String, bool, End<'_>)> =
            self.pods.iter().map(|pod| (name(pod), own(pod), End::Pod(&pod.pod))).collect();
        for line in &lines {
            for place in [&line.caller, &line.callee] {
                if let Place::Named(wanted) = place {
                    assert!(
                        ends.iter().any(|(name, ..)| name == wanted),
                        "nothing is called {wanted}"
                    );
                }
            }
        }
        ends.extend(addresses.iter().map(|a| (a.to_string(), false, End::Address(*a))));

        let mut differences = String::new();
        for (caller_name, caller_is_own, caller) in &ends {
            for (callee_name, callee_is_own, callee) in &ends {
                if !caller_is_own && !callee_is_own {
                    continue;
                }
                for &port in &ports {
                    for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
                        let said = lines.iter().any(|line| {
                            (line.port, line.protocol) == (port, protocol)
                                && line.caller.is(caller_name, *caller)
                                && line.callee.is(callee_name, *callee)
                        });
                        let allowed = self.policies.allow(*caller, *callee, port, protocol);
                        if said != allowed {
                            let what = if said {
                                "in the table, but not allowed"
                            } else {
                                "allowed, but not in the table"
                            };
                            let protocol = format!("{protocol:?}").to_uppercase();
                            writeln!(
                                differences,
                                "{what}: {caller_name} -> {callee_name}:{port}/{protocol}"
                            )
                            .expect("a String takes all");
                        }
                    }
                }
            }
        }
        differences
    }
}

/// What a line of a table says of one caller and one callee.
struct Line {
    caller: Place,
    callee: Place,
    port: u16,
    protocol: Protocol,
}

enum Place {
    Named(String),
    Outside(Block),
}

impl Place {
    fn parse(text: &str) -> Place {
        let cidr = |text: &str| Cidr::try_from(text.to_owned()).unwrap_or_else(|e| panic!("{e}"));
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        if !first.contains('/') || first.starts_with(char::is_alphabetic) {
            assert!(words.next().is_none(), "`{text}` is no name");
            return Place::Named(first.to_owned());
        }
        let except = match words.next() {
            None => Vec::new(),
            Some(word) => {
                assert_eq!(word, "except", "in `{text}`");
                words.map(cidr).collect()
            }
        };
        Place::Outside(Block { cidr: cidr(first), except })
    }

    /// Blocks of addresses mean what is outside of the cluster, never its pods.
    fn is(&self, name: &str, end: End<'_>) -> bool {
        match (self, end) {
            (Place::Named(wanted), _) => wanted == name,
            (Place::Outside(block), End::Address(address)) => block.contains(address),
            (Place::Outside(_), End::Pod(_)) => false,
        }
    }
}

fn parse(table: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (from, to) = line.split_once(" -> ").unwrap_or_else(|| panic!("`{line}` has no arrow"));
        for caller in from.split(',') {
            for callee in to.split(',') {
                let (place, port) =
                    callee.rsplit_once(':').unwrap_or_else(|| panic!("`{callee}` has no port"));
                let (port, protocol) = match port.split_once('/') {
                    None => (port, Protocol::Tcp),
                    Some((port, "UDP")) => (port, Protocol::Udp),
                    Some((_, protocol)) => panic!("`{protocol}` is written for UDP alone"),
                };
                lines.push(Line {
                    caller: Place::parse(caller),
                    callee: Place::parse(place),
                    port: port.parse().unwrap_or_else(|_| panic!("`{port}` is no port")),
                    protocol,
                });
            }
        }
    }
    lines
}
