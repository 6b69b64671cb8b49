//! Pods: the template that a program's workload makes them from.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::{
    Container, LocalObjectReference, PodSpec, PodTemplateSpec, VolumeMount,
};

use super::Built;
use super::claim::POD_CLAIM;
use super::container::{Role, container};
use super::joining::Overlay;
use super::mount::Volumes;
use super::probe::Check;
use super::{metadata, security, spread, wait};
use crate::k8s;
use crate::k8s::graft::Under;
use crate::plan::{self, Map, Plan, Program, ProgramKind, Val};
use crate::source::{Rule, Tree, TreeBuilder};

/// The label of a node with its processor architecture.
const ARCH: &str = "kubernetes.io/arch";

/// The pods of a program. What waits comes first, then the init containers, then what runs
/// beside the program: what prepares the pod is done before anything keeps running in it.
pub(super) fn template(
    plan: &Plan,
    program: &Program,
    restart_policy: Option<Val<&'static str>>,
) -> Built<PodTemplateSpec> {
    let at = program.at;
    let account = &program.service_account;
    let mut volumes = Volumes::default();
    let mut mounts = volumes.mount(&program.container.mounts);
    mounts.extend(pod_storage(program));
    let main = container(&program.container, Role::Main, mounts);
    let init_containers: Vec<Built<Container>> = program
        .waits
        .iter()
        .map(wait::container)
        .chain(
            program
                .init
                .iter()
                .map(|init| container(init, Role::Init, volumes.mount(&init.mounts))),
        )
        .collect();
    let sidecars = program
        .sidecars
        .iter()
        .map(|sidecar| container(sidecar, Role::Sidecar, volumes.mount(&sidecar.mounts)));
    let init_containers = init_containers.into_iter().chain(sidecars).collect::<Vec<_>>();
    k8s!(at; PodTemplateSpec {
        metadata: metadata::of_pods(plan, program),
        spec: k8s!(at; PodSpec {
            restart_policy,
            termination_grace_period_seconds: program.termination_grace_period_seconds,
            service_account_name: &account.name,
            automount_service_account_token: account.token,
            enable_service_links: Val::new(false, at.derive(Rule::NoServiceLinks)),
            image_pull_secrets: program.image_pull_secrets.iter().map(|secret| {
                k8s!(secret.at; LocalObjectReference { name: secret })
            }).collect::<Vec<_>>(),
            priority_class_name: &program.priority_class,
            node_selector: node_selector(program),
            affinity: spread::affinity(plan, program),
            topology_spread_constraints: spread::constraints(plan, program),
            security_context: security::of_pods(program),
            init_containers,
            containers: [main],
            volumes: volumes.into_volumes(),
        }),
    })
}

/// Where the volume of each pod of a StatefulSet is mounted.
fn pod_storage(program: &Program) -> Option<Built<VolumeMount>> {
    let (ProgramKind::Service(controller) | ProgramKind::Worker(controller)) = &program.kind else {
        return None;
    };
    let (_, path) = controller.storage.as_ref()?;
    let name = Val::new(POD_CLAIM, path.at.derive(Rule::ClaimOfPod));
    Some(k8s!(path.at; VolumeMount { name, mount_path: path }))
}

fn node_selector(program: &Program) -> Map {
    let mut labels = program.node_selector.clone();
    if let Some(Val { v, at }) = &program.arch {
        labels.insert(ARCH.to_owned(), Val::new(v.clone(), at.derive(Rule::ArchNodes)));
    }
    labels
}

/// What the stack says of a program's pods in Kubernetes' own shape, each with its place below
/// the pod.
pub(super) fn overlays(program: &Program) -> Vec<Overlay<'_>> {
    let mut overlays = Vec::new();
    if !program.tolerations.is_empty() {
        let place = vec![Under::Field("tolerations")];
        overlays.push(Overlay { place, tree: Cow::Owned(list(&program.tolerations)) });
    }
    if let Some(profile) = security::pod_seccomp(program) {
        let place = vec![Under::Field("securityContext"), Under::Field("seccompProfile")];
        overlays.push(Overlay { place, tree: Cow::Borrowed(profile) });
    }
    overlays.extend(probes("containers", &program.container));
    for container in program.init.iter().chain(&program.sidecars) {
        overlays.extend(probes("initContainers", container));
        if let Some(profile) = &container.security_context.seccomp_profile {
            let mut place = in_container("initContainers", container);
            place.extend([Under::Field("securityContext"), Under::Field("seccompProfile")]);
            overlays.push(Overlay { place, tree: Cow::Borrowed(profile) });
        }
    }
    overlays
}

/// The way from a pod to one of its containers.
pub(super) fn in_container<'p>(
    list: &'static str,
    container: &'p plan::Container,
) -> Vec<Under<'p>> {
    vec![Under::Field(list), Under::Item { key: "name", value: &container.name.v }]
}

fn probes<'p>(
    list: &'static str,
    container: &'p plan::Container,
) -> impl Iterator<Item = Overlay<'p>> {
    Check::ALL.into_iter().filter_map(move |check| {
        let tree = Cow::Borrowed(check.said(&container.probes)?);
        let mut place = in_container(list, container);
        place.push(Under::Field(check.field()));
        Some(Overlay { place, tree })
    })
}

/// A list of trees, at least one, which comes from where the first does.
fn list(items: &[Tree]) -> Tree {
    let mut out = TreeBuilder::default();
    out.list(items[0].root().at());
    for item in items {
        out.copy(item.root());
    }
    out.close();
    out.finish()
}
