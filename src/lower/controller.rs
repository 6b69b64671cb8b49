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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{mount, object, part, plan, service, storage, text, val};
    use super::*;
    use crate::plan::{Map, ProgramKind, Volume};
    use crate::source::listing::{at, tree};

    fn controller(program: &mut Program) -> &mut Controller {
        match &mut program.kind {
            ProgramKind::Service(controller) | ProgramKind::Worker(controller) => controller,
            _ => unreachable!("a service has one"),
        }
    }

    fn with_storage() -> Plan {
        let mut plan = plan();
        let mut web = service("web", 30);
        let mut storage = storage(40);
        storage.class = Some(text("fast", 41));
        storage.access_modes = vec![val(AccessMode::ReadWriteOncePod, 42)];
        controller(&mut web).storage = Some((storage, text("/data", 43)));
        plan.programs.push(web);
        plan
    }

    #[test]
    fn with_storage_it_is_a_stateful_set() {
        assert_eq!(
            object(&with_storage(), "StatefulSet/web"),
            "\
apiVersion: apps/v1 @object-identity:30
kind: StatefulSet @object-identity:30
metadata:
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    app.kubernetes.io/version: 1.4.0 @recommended-labels:32
spec:
  serviceName: web-headless @headless-service:30
  replicas: 1 @31
  selector:
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: web @stable-selector:30
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-acme @stable-selector:10
        app.kubernetes.io/managed-by: gen @recommended-labels:30
        app.kubernetes.io/name: web @stable-selector:30
        app.kubernetes.io/part-of: shop @recommended-labels:10
        app.kubernetes.io/version: 1.4.0 @recommended-labels:32
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      enableServiceLinks: false @no-service-links:30
      securityContext: @secure-pods:30
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        -
          name: web
          image: example/web:1.4.0 @32
          ports:
            - @33
              name: http
              containerPort: 8080
          volumeMounts:
            - @43
              name: data @claim-of-pod:43
              mountPath: /data
          securityContext: @secure-containers:30
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
  volumeClaimTemplates:
    - @40
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data @claim-of-pod:40
      spec:
        accessModes:
          - ReadWriteOncePod @42
        storageClassName: fast @41
        resources:
          requests:
            storage: 1Gi
"
        );
    }

    #[test]
    fn whose_pods_find_each_other() {
        assert_eq!(
            object(&with_storage(), "Service/web-headless"),
            "\
apiVersion: v1 @object-identity:30
kind: Service @object-identity:30
metadata: @30
  name: web-headless @headless-service:30
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    app.kubernetes.io/instance: shop-acme @stable-selector:10
    app.kubernetes.io/name: web @stable-selector:30
  ports:
    - @34
      name: http @33
      port: 80
      targetPort: http @service-of-ports:33
"
        );
    }

    #[test]
    fn per_node_it_is_a_daemon_set() {
        let mut plan = plan();
        let mut web = service("web", 30);
        let all = json!({ "type": "OnDelete" });
        *controller(&mut web) = Controller {
            per_node: true,
            strategy: Some(tree(&all, at(50))),
            ..controller(&mut web).clone()
        };
        plan.programs.push(web);
        let daemon_set = object(&plan, "DaemonSet/web");
        assert!(!daemon_set.contains("replicas"), "{daemon_set}");
        assert_eq!(
            part(&plan, "DaemonSet/web", "updateStrategy"),
            "\
updateStrategy: @50
  type: OnDelete
"
        );
    }

    #[test]
    fn a_strategy_replaces_the_default_as_a_whole() {
        let mut plan = plan();
        let mut web = service("web", 30);
        let said = json!({ "rollingUpdate": { "maxSurge": "50%" } });
        controller(&mut web).strategy = Some(tree(&said, at(50)));
        plan.programs.push(web);
        assert_eq!(
            part(&plan, "Deployment/web", "strategy"),
            "\
strategy: @50
  rollingUpdate:
    maxSurge: 50%
"
        );
    }

    fn strategy_with_volume(modes: Vec<AccessMode>) -> String {
        let mut plan = plan();
        let mut storage = storage(60);
        storage.access_modes = modes.into_iter().map(|mode| val(mode, 61)).collect();
        plan.volumes.push(Volume {
            component: "files".to_owned(),
            name: text("files", 60),
            storage,
            labels: Map::new(),
            annotations: Map::new(),
            extra: None,
            at: at(60),
        });
        let mut web = service("web", 30);
        web.container.mounts = vec![mount("/files", 40, MountSource::Claim(text("files", 41)))];
        plan.programs.push(web);
        part(&plan, "Deployment/web", "strategy")
    }

    #[test]
    fn a_volume_for_one_node_is_let_go_first() {
        let recreate = "strategy: @recreate-for-volume:40\n  type: Recreate\n";
        assert_eq!(strategy_with_volume(vec![]), recreate);
        assert_eq!(strategy_with_volume(vec![AccessMode::ReadWriteOncePod]), recreate);
    }

    #[test]
    fn a_volume_for_many_nodes_is_shared_during_an_update() {
        let shared = strategy_with_volume(vec![AccessMode::ReadWriteMany]);
        assert_eq!(shared.lines().next(), Some("strategy: @keep-capacity:30"));
    }
}
