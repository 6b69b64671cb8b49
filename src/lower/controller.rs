//! What keeps a program running: a Deployment, a StatefulSet or a DaemonSet.

use std::borrow::Cow;

use k8s_openapi::api::apps::v1::{
    DaemonSet, DaemonSetSpec, Deployment, DeploymentSpec, DeploymentStrategy,
    RollingUpdateDeployment, StatefulSet, StatefulSetSpec,
};

use super::Built;
use super::joining::{Joining, Overlay};
use super::metadata::{Owner, label_selector, of_workload};
use super::{claim, pod, service};
use crate::k8s;
use crate::k8s::graft::Under;
use crate::plan::{Controller, MountSource, Plan, Program, Replicas, Val};
use crate::source::{Origin, Rule};
use crate::spec::AccessMode;

/// Where these three have their pods.
const POD: &[&str] = &["spec", "template", "spec"];

/// The kind of workload that keeps a program running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Workload {
    Deployment,
    StatefulSet,
    DaemonSet,
}

impl Workload {
    /// The one that a program asks for.
    pub(super) fn of(controller: &Controller) -> Self {
        match controller {
            Controller { per_node: true, .. } => Self::DaemonSet,
            Controller { storage: Some(_), .. } => Self::StatefulSet,
            Controller { .. } => Self::Deployment,
        }
    }

    /// Its `kind`.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
        }
    }
}

/// The workload that a program asks for.
pub(super) fn lower(
    plan: &Plan,
    program: &Program,
    controller: &Controller,
    out: &mut Joining<'_>,
) {
    match Workload::of(controller) {
        Workload::Deployment => deployment(plan, program, controller, out),
        Workload::StatefulSet => stateful_set(plan, program, controller, out),
        Workload::DaemonSet => daemon_set(plan, program, controller, out),
    }
}

fn deployment(plan: &Plan, program: &Program, controller: &Controller, out: &mut Joining<'_>) {
    let at = program.at;
    let deployment = k8s!(at; Deployment {
        metadata: of_workload(plan, program),
        spec: k8s!(at; DeploymentSpec {
            replicas: replicas(controller),
            selector: label_selector(plan, program),
            strategy: controller.strategy.is_none().then(|| strategy(plan, program)),
            template: pod::template(plan, program, None),
        }),
    });
    let said = said(controller, "strategy");
    out.push_workload(deployment.object(), POD, program, said);
}

/// A StatefulSet with its headless Service, and with what claims of its pods need.
pub(super) fn stateful_set(
    plan: &Plan,
    program: &Program,
    controller: &Controller,
    out: &mut Joining<'_>,
) {
    let at = program.at;
    let owner = Owner::program(plan, program);
    out.push_plain(service::headless(plan, program).object());
    let storage = controller.storage.as_ref().map(|(storage, _)| storage);
    if let Some(storage) = storage {
        claim::pod_volumes(owner, program, controller.replicas.fewest(), storage, out);
    }
    let claims: Vec<_> =
        storage.map(|storage| claim::template(owner, program, storage)).into_iter().collect();
    let stateful_set = k8s!(at; StatefulSet {
        metadata: of_workload(plan, program),
        spec: k8s!(at; StatefulSetSpec {
            service_name: service::headless_name(program),
            replicas: replicas(controller),
            selector: label_selector(plan, program),
            template: pod::template(plan, program, None),
            volume_claim_templates: claims,
        }),
    });
    let said = said(controller, "updateStrategy");
    out.push_workload(stateful_set.object(), POD, program, said);
}

fn daemon_set(plan: &Plan, program: &Program, controller: &Controller, out: &mut Joining<'_>) {
    let at = program.at;
    let daemon_set = k8s!(at; DaemonSet {
        metadata: of_workload(plan, program),
        spec: k8s!(at; DaemonSetSpec {
            selector: label_selector(plan, program),
            template: pod::template(plan, program, None),
        }),
    });
    let said = said(controller, "updateStrategy");
    out.push_workload(daemon_set.object(), POD, program, said);
}

/// How many pods; an autoscaler decides it otherwise.
fn replicas(controller: &Controller) -> Option<Val<u32>> {
    match controller.replicas {
        Replicas::Count(count) => Some(count),
        Replicas::Range { .. } => None,
    }
}

/// What the stack says of the way pods are replaced, instead of what gen would.
fn said<'p>(controller: &'p Controller, field: &'static str) -> Vec<Overlay<'p>> {
    let place = vec![Under::Field("spec"), Under::Field(field)];
    let tree = controller.strategy.as_ref().map(Cow::Borrowed);
    tree.map(|tree| Overlay { place, tree }).into_iter().collect()
}

/// How a Deployment replaces its pods where the stack does not say.
fn strategy(plan: &Plan, program: &Program) -> Built<DeploymentStrategy> {
    if let Some(at) = exclusive_volume(plan, program) {
        return k8s!(at.derive(Rule::RecreateForVolume); DeploymentStrategy { type_: "Recreate" });
    }
    let at = program.at.derive(Rule::KeepCapacity);
    k8s!(at; DeploymentStrategy {
        type_: "RollingUpdate",
        rolling_update: k8s!(at; RollingUpdateDeployment { max_surge: 1, max_unavailable: 0 }),
    })
}

/// Where a program mounts a volume that only one node, or one pod, may mount.
fn exclusive_volume(plan: &Plan, program: &Program) -> Option<Origin> {
    let containers = std::iter::once(&program.container).chain(&program.init);
    let mounts = containers.chain(&program.sidecars).flat_map(|container| &container.mounts);
    let exclusive = |claim: &str| {
        let volume = plan.volumes.iter().find(|volume| volume.name.v == claim);
        volume.is_some_and(|volume| {
            let many = [AccessMode::ReadOnlyMany, AccessMode::ReadWriteMany];
            !volume.storage.access_modes.iter().any(|mode| many.contains(&mode.v))
        })
    };
    mounts.into_iter().find_map(|mount| match &mount.source {
        MountSource::Claim(claim) if exclusive(&claim.v) => Some(mount.path.at),
        _ => None,
    })
}
