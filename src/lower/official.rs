//! What databases from official images have in common.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, ExecAction, Probe};

use super::metadata::Owner;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
use crate::k8s;
use crate::k8s::schema::{Resource, Type};
use crate::k8s::{Object, Version, graft};
use crate::plan::{
    Container, Controller, EnvSource, EnvVar, Map, Mount, MountSource, Plan, Probes, Program,
    Replicas, SecurityContext, Storage, Val,
};
use crate::source::{Origin, Rule, Tree};
use crate::spec::Spread;

/// The key of the Secret with a database's password.
pub(super) const PASSWORD: &str = "password";

/// What keeps that many pods of a database running, each with its volume and where that is
/// mounted.
pub(super) fn controller(
    replicas: Val<u32>,
    storage: Option<(Storage, Val<String>)>,
) -> Controller {
    let apart = || Val::new(Spread::Nodes, replicas.at.derive(Rule::SpreadReplicas));
    Controller {
        replicas: Replicas::Count(replicas),
        per_node: false,
        storage,
        strategy: None,
        budget: None,
        spread: (replicas.v > 1).then(apart),
    }
}

/// A container of gen's own that works for a database.
pub(super) fn container(name: &str, image: &Val<String>, at: Origin) -> Container {
    Container {
        name: Val::new(name.to_owned(), at),
        image: image.clone(),
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
        at,
    }
}

/// Resources by name.
pub(super) fn resources<const N: usize>(amounts: [(&str, &str); N], at: Origin) -> Map {
    let amount = |(name, amount): (&str, &str)| (name.to_owned(), Val::new(amount.to_owned(), at));
    amounts.into_iter().map(amount).collect()
}

/// An environment variable that is this text and refers to no other.
pub(super) fn variable(name: &str, value: &Val<String>, at: Origin) -> EnvVar {
    // The kubelet would take `$(` for the name of a variable.
    let source = value.as_ref().map(|value| EnvSource::Value(value.replace("$(", "$$(")));
    EnvVar { name: Val::new(name.to_owned(), at), source }
}

/// An environment variable that is a database's password.
pub(super) fn password(name: &str, secret: &Val<String>, at: Origin) -> EnvVar {
    let source = EnvSource::Secret { secret: secret.v.clone(), key: PASSWORD.to_owned() };
    EnvVar { name: Val::new(name.to_owned(), at), source: Val::new(source, secret.at) }
}

/// Something mounted whole.
pub(super) fn mount(path: &str, source: MountSource, at: Origin) -> Mount {
    let path = Val::new(path.to_owned(), at);
    Mount { path, source, sub_path: None, read_only: None, mode: None, items: Vec::new() }
}

/// A folder that is empty when the pod starts, kept in memory where asked for.
pub(super) fn empty_folder(path: &str, memory: bool, at: Origin) -> Mount {
    let memory = memory.then_some(Val::new(true, at));
    mount(path, MountSource::EmptyDir { size_limit: None, memory, at }, at)
}

/// Adds mounts, but where the stack mounts something of its own.
pub(super) fn add_mounts(container: &mut Container, mounts: impl IntoIterator<Item = Mount>) {
    for mount in mounts {
        let path = |mount: &Mount| mount.path.v.trim_end_matches('/').to_owned();
        if container.mounts.iter().all(|own| path(own) != path(&mount)) {
            container.mounts.push(mount);
        }
    }
}

/// Lets the pods run as the image's user and group, where the stack does not say whom as. The
/// volumes are that group's.
pub(super) fn run_as(program: &mut Program, user: i64, group: i64, at: Origin) {
    let main = &program.container.security_context;
    let pods = &mut program.security_context;
    let or = |pods: Option<Val<i64>>, main: Option<Val<i64>>, id| {
        pods.or(main).unwrap_or(Val::new(id, at))
    };
    let group = or(pods.run_as_group, main.run_as_group, group);
    pods.run_as_user = Some(or(pods.run_as_user, main.run_as_user, user));
    pods.run_as_group = Some(group);
    pods.fs_group = pods.fs_group.or(main.fs_group).or(Some(Val::new(group.v, at)));
}

/// The probes that ask a database with its own client, under what the stack says of them.
/// `alive` asks less than `ready`: a server that only loads its data needs no new start.
pub(super) fn ask(probes: &mut Probes, ready: &[&str], alive: &[&str], at: Origin) {
    if probes.http.is_some() {
        return;
    }
    // Seconds between two tries, and how many must fail.
    let asks = [
        (&mut probes.startup, ready, 5, 120),
        (&mut probes.readiness, ready, 5, 3),
        (&mut probes.liveness, alive, 10, 6),
    ];
    for (said, command, period_seconds, failure_threshold) in asks {
        let exec = (!has_handler(said.as_ref()))
            .then(|| k8s!(at; ExecAction { command: command.to_vec() }));
        let own = k8s!(at; Probe { exec, period_seconds, failure_threshold, timeout_seconds: 5 });
        *said = Some(match said.take() {
            Some(said) => graft::patch(own.tree().root(), said.root(), probe_type()),
            None => own.tree(),
        });
    }
}

fn probe_type() -> Option<Type> {
    let pod = Resource::find(Version::newest(), "v1", "Pod")?.root();
    let way = ["spec", "containers", "livenessProbe"];
    way.into_iter().try_fold(pod, |of, field| Some(of.field(field)?.of))
}

/// Whether a probe says how to ask: a probe asks in one way only.
fn has_handler(said: Option<&Tree>) -> bool {
    let handlers = ["exec", "grpc", "httpGet", "tcpSocket"];
    said.is_some_and(|said| handlers.iter().any(|handler| said.root().get(handler).is_some()))
}

/// The name of the ConfigMap with the settings of a database.
pub(super) fn settings_name(program: &Program, at: Origin) -> Val<String> {
    Val::new(format!("{}-settings", program.name.v), at)
}

/// A ConfigMap of a database's own with these files.
pub(super) fn files(
    plan: &Plan,
    program: &Program,
    name: &Val<String>,
    files: &[(&str, &str)],
) -> Object {
    let at = name.at;
    let data: BTreeMap<_, _> = files.iter().copied().collect();
    let metadata = Owner { at, ..Owner::program(plan, program) }.metadata(name);
    k8s!(at; ConfigMap { metadata, data }).object()
}

/// Reports the settings that gen decides itself, and those whose names are not `well_formed`;
/// gives the others.
pub(super) fn usable<'s>(
    settings: &'s Map,
    decided: &'s [(&str, &str)],
    well_formed: impl Fn(&str) -> bool + 's,
    diagnostics: &mut Diagnostics,
) -> Vec<(&'s str, &'s str)> {
    let mut usable = Vec::new();
    for (name, value) in settings {
        let folded = name.to_ascii_lowercase();
        let (message, help) = match decided.iter().find(|(known, _)| **known == folded) {
            Some((_, help)) => (format!("gen decides `{name}` itself"), *help),
            None if !well_formed(name) => {
                (format!("`{name}` cannot be the name of a setting"), "write it as the manual does")
            }
            None => {
                usable.push((name.as_str(), value.v.as_str()));
                continue;
            }
        };
        let place = value.at.span().map_or(Place::Nowhere, Place::Span);
        let diagnostic =
            Diagnostic::new(Code::SettingNotAllowed, Severity::Error, place, message).help(help);
        diagnostics.push(diagnostic);
    }
    usable
}
