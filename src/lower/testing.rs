//! Small plans for the tests of lowering. Every value says by a number where it came from, as
//! [`listing::at`](crate::source::listing::at) makes it: the place has 1 to 9, the stack 10 to
//! 19, a component its own number and those that follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::{Object, Version};
use crate::plan::{
    Container, Controller, Dns, Map, Mount, MountSource, Place, Plan, Port, Postgres, Probes,
    Program, ProgramKind, Reclaim, Redis, Replicas, SecurityContext, ServiceAccount, Storage, Task,
    Val,
};
use crate::source::listing::{at, outline};
use crate::spec::{Placeholders, Policy, Protocol};
use crate::validate::{Author, Cluster, rules, schema};

pub(super) fn val<T>(value: T, number: u32) -> Val<T> {
    Val::new(value, at(number))
}

pub(super) fn text(value: &str, number: u32) -> Val<String> {
    val(value.to_owned(), number)
}

pub(super) fn map<const N: usize>(entries: [(&str, &str, u32); N]) -> Map {
    entries.into_iter().map(|(key, value, at)| (key.to_owned(), text(value, at))).collect()
}

/// A place with nothing but what every place has.
pub(super) fn place() -> Place {
    Place {
        name: "prod".to_owned(),
        chain: vec!["base".to_owned(), "prod".to_owned()],
        at: at(1),
        kubernetes: val(Version::newest(), 2),
        policy: val(Policy::Restricted, 3),
        arch: Vec::new(),
        dns: Dns {
            namespace: text("kube-system", 4),
            labels: map([("k8s-app", "kube-dns", 5)]),
            cidrs: Vec::new(),
        },
        api_server: (Vec::new(), vec![val(443, 6)]),
        scraper: None,
        routing: None,
        sealed: None,
        external: None,
        existing_secrets: BTreeMap::new(),
        plain_secrets: Vec::new(),
        domain: None,
        placeholders: val(Placeholders::Allowed, 7),
        labels: Map::new(),
        annotations: Map::new(),
        cluster_issuers: BTreeMap::new(),
        storage_classes: BTreeMap::new(),
        priority_classes: BTreeMap::new(),
        known_storage_classes: Vec::new(),
        known_priority_classes: Vec::new(),
        known_cluster_issuers: Vec::new(),
        known_kinds: Vec::new(),
        known_objects: Vec::new(),
        allowed_changes: Vec::new(),
    }
}

/// The instance `acme` of a stack `shop`, without components.
pub(super) fn plan() -> Plan {
    Plan {
        place: Arc::new(place()),
        name: "shop-acme".to_owned(),
        stack: "shop".to_owned(),
        at: at(10),
        namespace: text("shop", 11),
        owns_namespace: true,
        labels: Map::new(),
        annotations: Map::new(),
        programs: Vec::new(),
        postgres: Vec::new(),
        redis: Vec::new(),
        volumes: Vec::new(),
        configs: Vec::new(),
        secrets: Vec::new(),
        routes: Vec::new(),
        flows: Vec::new(),
        templates: Vec::new(),
        manifests: Vec::new(),
        patches: Vec::new(),
        allowances: Vec::new(),
        allowed_changes: Vec::new(),
    }
}

/// A container without ports, declared at `number`; its image stands two further.
pub(super) fn container(name: &str, number: u32) -> Container {
    Container {
        name: text(name, number),
        image: text(&format!("example/{name}:1.4.0"), number + 2),
        image_pull_policy: None,
        command: None,
        args: None,
        working_dir: None,
        env: Vec::new(),
        env_from: Vec::new(),
        ports: Vec::new(),
        probes: Probes::default(),
        mounts: Vec::new(),
        requests: Map::new(),
        limits: Map::new(),
        security_context: SecurityContext::default(),
        extra: None,
        at: at(number),
    }
}

/// A program of that kind, declared at `number`.
pub(super) fn program(name: &str, number: u32, kind: ProgramKind) -> Program {
    Program {
        component: name.to_owned(),
        name: text(name, number),
        selector: Map::new(),
        kind,
        container: container(name, number),
        waits: Vec::new(),
        init: Vec::new(),
        sidecars: Vec::new(),
        service_account: ServiceAccount {
            name: text(name, number),
            token: val(false, number),
            annotations: Map::new(),
            render: true,
        },
        rbac: Vec::new(),
        arch: None,
        node_selector: Map::new(),
        tolerations: Vec::new(),
        priority_class: None,
        image_pull_secrets: Vec::new(),
        termination_grace_period_seconds: None,
        security_context: SecurityContext::default(),
        metrics: None,
        labels: Map::new(),
        annotations: Map::new(),
        extra: Vec::new(),
        at: at(number),
    }
}

/// A service of one pod with a port 8080 `http`, declared at `number`.
pub(super) fn service(name: &str, number: u32) -> Program {
    let mut service = program(name, number, ProgramKind::Service(controller(number)));
    service.container.ports.push(Port {
        name: text("http", number + 3),
        container: val(8080, number + 3),
        service: val(80, number + 4),
        protocol: val(Protocol::Tcp, number + 3),
        app_protocol: None,
    });
    service
}

/// A PostgreSQL 17, declared at `number`: its image stands two further, its database 4, its user
/// 5, its volume 6 and its Secret 7.
pub(super) fn postgres(name: &str, number: u32) -> Postgres {
    let mut program = service(name, number);
    program.container.image.v = "postgres:17-alpine".to_owned();
    set_port(&mut program.container, "postgres", 5432);
    Postgres {
        program,
        version: None,
        database: text("shop_db", number + 4),
        user: text("shop_user", number + 5),
        port: 5432,
        storage: storage(number + 6),
        data_folder: None,
        settings: Map::new(),
        init_scripts: None,
        secret: text(&format!("{name}-credentials"), number + 7),
        tls: None,
        backup: None,
        at: at(number),
    }
}

/// A Redis 7 of one pod with a volume, declared at `number`: the number of pods stands one
/// further, its image 2, its volume 6 and its Secret 7.
pub(super) fn redis(name: &str, number: u32) -> Redis {
    let mut program = service(name, number);
    program.container.image.v = "redis:7".to_owned();
    set_port(&mut program.container, "redis", 6379);
    Redis {
        program,
        replicas: val(1, number + 1),
        port: 6379,
        storage: Some(storage(number + 6)),
        settings: Map::new(),
        secret: text(&format!("{name}-credentials"), number + 7),
        at: at(number),
    }
}

fn set_port(container: &mut Container, name: &str, port: u16) {
    for known in &mut container.ports {
        name.clone_into(&mut known.name.v);
        known.container.v = port;
        known.service.v = port;
    }
}

/// A controller of one pod.
pub(super) fn controller(number: u32) -> Controller {
    Controller {
        replicas: Replicas::Count(val(1, number + 1)),
        per_node: false,
        storage: None,
        strategy: None,
        budget: None,
        spread: None,
    }
}

/// A task of which nothing is said.
pub(super) fn task() -> Task {
    Task {
        backoff_limit: None,
        active_deadline_seconds: None,
        ttl_seconds_after_finished: None,
        completions: None,
        parallelism: None,
        restart_policy: None,
    }
}

/// Something mounted at a path, which is said at `number`.
pub(super) fn mount(path: &str, number: u32, source: MountSource) -> Mount {
    Mount {
        path: text(path, number),
        source,
        sub_path: None,
        read_only: None,
        mode: None,
        items: Vec::new(),
    }
}

/// A volume of 1Gi, asked for at `number`.
pub(super) fn storage(number: u32) -> Storage {
    Storage {
        size: text("1Gi", number),
        class: None,
        access_modes: Vec::new(),
        local: None,
        reclaim: Reclaim::ByClass,
        at: at(number),
    }
}

/// All objects of a plan, which has nothing wrong with it, each as an outline by its kind and
/// name. That every value leads to an input, and that the API server of every version would
/// take the objects, is checked on the way.
pub(super) fn lowered(plan: &Plan) -> BTreeMap<String, String> {
    let (objects, diagnostics) = lowered_with(plan);
    assert_eq!(diagnostics, []);
    let mut findings = Vec::new();
    for object in &objects {
        object.root().walk(&mut |path, node| {
            assert!(node.at().span().is_some(), "{path:?} of {} has no cause", object.identity());
        });
    }
    for version in Version::all() {
        let cluster = Cluster { version, ..Cluster::default() };
        for object in &objects {
            schema::check(object.root(), Author::Gen, &cluster, &mut findings);
            rules::check(object.root(), Author::Gen, &cluster, &mut findings);
        }
    }
    assert!(findings.is_empty(), "{findings:?}");
    let outlines: BTreeMap<_, _> = objects
        .iter()
        .map(|object| {
            let identity = object.identity();
            (format!("{}/{}", identity.kind, identity.name), outline(object.root()))
        })
        .collect();
    assert_eq!(outlines.len(), objects.len(), "an object was built twice");
    outlines
}

/// One object of a plan as [`lowered`] shows it.
pub(super) fn object(plan: &Plan, name: &str) -> String {
    let mut objects = lowered(plan);
    let known: Vec<_> = objects.keys().cloned().collect();
    objects.remove(name).unwrap_or_else(|| panic!("{name} is not in {known:?}"))
}

/// The lines of one object from the first that starts with `from`, all below it, to the next
/// of the same depth; the depth is taken away.
pub(super) fn part(plan: &Plan, name: &str, from: &str) -> String {
    let object = object(plan, name);
    let mut lines = object.lines().skip_while(|line| !line.trim_start().starts_with(from));
    let first = lines.next().unwrap_or_else(|| panic!("no {from} in {object}"));
    let depth = first.len() - first.trim_start().len();
    let below = lines.take_while(|line| line[..=depth].trim().is_empty());
    std::iter::once(first)
        .chain(below)
        .fold(String::new(), |text, line| text + &line[depth..] + "\n")
}

/// All objects of a plan and what is wrong with it.
pub(super) fn lowered_with(plan: &Plan) -> (Vec<Object>, Vec<Diagnostic>) {
    let mut diagnostics = Diagnostics::default();
    let objects = super::lower(plan, &mut diagnostics);
    (objects, diagnostics.iter().cloned().collect())
}

/// The lines by which an object of one plan differs from that of another.
pub(super) fn changes(from: &Plan, to: &Plan, name: &str) -> String {
    let (from, to) = (object(from, name), object(to, name));
    let diff = similar::TextDiff::from_lines(&from, &to);
    let changed =
        diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    changed.flat_map(|change| [change.tag().to_string(), change.to_string()]).collect()
}
