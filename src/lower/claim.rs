//! Claims for volumes, and volumes that are folders on a node.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    LocalVolumeSource, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, ObjectReference,
    PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeSpec,
    VolumeNodeAffinity, VolumeResourceRequirements,
};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Built;
use super::joining::Joining;
use super::metadata::Owner;
use crate::diagnostic::Diagnostics;
use crate::k8s;
use crate::k8s::{Object, fit};
use crate::plan::{Plan, Program, Reclaim, Storage, Val, Volume};
use crate::source::{Origin, Rule};
use crate::spec::{AccessMode, ReclaimPolicy};

/// The name of the claim that each pod of a StatefulSet has, before the pod's own name.
pub(super) const POD_CLAIM: &str = "data";

/// The longest name of a volume and a class.
const LONGEST: usize = 253;

/// A claim of the stack's own, with the volume and the class that a folder on a node needs.
pub(super) fn lower(
    plan: &Plan,
    volume: &Volume,
    objects: &mut Vec<Object>,
    diagnostics: &mut Diagnostics,
) {
    let Volume { component, name, storage, labels, annotations, extra, at } = volume;
    let owner = Owner { plan, component: Some(component), labels, annotations, at: *at };
    let mut out = Joining::new(plan, component, &[], objects, diagnostics);
    let class = local_class(owner, name, storage);
    let claim = k8s!(*at; PersistentVolumeClaim {
        metadata: owner.metadata(name), spec: claim_spec(storage, class.as_ref()),
    });
    out.push_with(claim.object(), extra.as_ref());
    if let (Some(path), Some(class)) = (&storage.local, class) {
        out.push(storage_class(owner, storage, &class).object());
        out.push(local_volume(owner, storage, path.clone(), &class, name).object());
    }
}

/// The template of the claims that the pods of a StatefulSet have. It carries no labels: a
/// template cannot change, and the StatefulSet's selector labels its claims anyway.
pub(super) fn template(
    owner: Owner<'_>,
    program: &Program,
    storage: &Storage,
) -> Built<PersistentVolumeClaim> {
    let name = Val::new(POD_CLAIM, storage.at.derive(Rule::ClaimOfPod));
    let class = local_class(owner, &program.name, storage);
    k8s!(storage.at; PersistentVolumeClaim {
        metadata: k8s!(storage.at; ObjectMeta { name }),
        spec: claim_spec(storage, class.as_ref()),
    })
}

/// The volumes and the class that the claims of a StatefulSet's pods need where they are
/// folders on a node: the folder itself is the first pod's, the others' end in their numbers.
pub(super) fn pod_volumes(
    owner: Owner<'_>,
    program: &Program,
    pods: u32,
    storage: &Storage,
    out: &mut Joining<'_>,
) {
    let class = local_class(owner, &program.name, storage);
    let (Some(path), Some(class)) = (&storage.local, class) else { return };
    out.push(storage_class(owner, storage, &class).object());
    for pod in 0..pods {
        let name = &program.name;
        let claim =
            Val::new(format!("{POD_CLAIM}-{}-{pod}", name.v), name.at.derive(Rule::ClaimOfPod));
        let folder = path.clone().map(|path| if pod == 0 { path } else { format!("{path}-{pod}") });
        out.push(local_volume(owner, storage, folder, &class, &claim).object());
    }
}

/// What a claim asks for.
fn claim_spec(
    storage: &Storage,
    local_class: Option<&Val<String>>,
) -> Built<PersistentVolumeClaimSpec> {
    k8s!(storage.at; PersistentVolumeClaimSpec {
        access_modes: access_modes(storage),
        storage_class_name: local_class.or(storage.class.as_ref()),
        resources: k8s!(storage.at; VolumeResourceRequirements {
            requests: BTreeMap::from([("storage", &storage.size)]),
        }),
    })
}

fn access_modes(storage: &Storage) -> Vec<Val<&'static str>> {
    let default = [Val::new(AccessMode::ReadWriteOnce, storage.at.derive(Rule::OneNodeVolume))];
    let modes = &storage.access_modes;
    let modes = if modes.is_empty() { &default[..] } else { modes };
    modes.iter().map(|mode| mode.map(AccessMode::word)).collect()
}

/// The class of a folder on a node, which no other claim has.
fn local_class(owner: Owner<'_>, claim: &Val<String>, storage: &Storage) -> Option<Val<String>> {
    let local = storage.local.as_ref()?;
    let name = format!("{}-{}-local", owner.plan.namespace.v, claim.v);
    Some(Val::new(fit(name, LONGEST), local.at.derive(Rule::LocalVolume)))
}

fn storage_class(owner: Owner<'_>, storage: &Storage, name: &Val<String>) -> Built<StorageClass> {
    k8s!(name.at; StorageClass {
        metadata: owner.cluster_metadata(name),
        provisioner: "kubernetes.io/no-provisioner",
        reclaim_policy: reclaim_policy(storage, name.at),
        volume_binding_mode: "WaitForFirstConsumer",
    })
}

fn local_volume(
    owner: Owner<'_>,
    storage: &Storage,
    path: Val<String>,
    class: &Val<String>,
    claim: &Val<String>,
) -> Built<PersistentVolume> {
    let at = class.at;
    let name = fit(format!("{}-{}", owner.plan.namespace.v, claim.v), LONGEST);
    // A local volume must say on which nodes it is: on any, since only one has the folder.
    let any_node = k8s!(at; NodeSelectorTerm {
        match_expressions: [k8s!(at; NodeSelectorRequirement {
            key: "kubernetes.io/os", operator: "In", values: ["linux"],
        })],
    });
    k8s!(at; PersistentVolume {
        metadata: owner.cluster_metadata(&Val::new(name, at)),
        spec: k8s!(at; PersistentVolumeSpec {
            access_modes: access_modes(storage),
            capacity: BTreeMap::from([("storage", &storage.size)]),
            storage_class_name: class,
            persistent_volume_reclaim_policy: reclaim_policy(storage, at),
            local: k8s!(path.at; LocalVolumeSource { path }),
            node_affinity: k8s!(at; VolumeNodeAffinity {
                required: k8s!(at; NodeSelector { node_selector_terms: [any_node] }),
            }),
            claim_ref: k8s!(at; ObjectReference {
                api_version: "v1",
                kind: "PersistentVolumeClaim",
                namespace: owner.namespace(),
                name: claim,
            }),
        }),
    })
}

fn reclaim_policy(storage: &Storage, default: Origin) -> Val<&'static str> {
    match &storage.reclaim {
        Reclaim::Policy(policy) => policy.map(ReclaimPolicy::word),
        Reclaim::ByClass => Val::new(ReclaimPolicy::Retain.word(), default),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{
        controller, lowered, map, object, part, plan, program, storage, text, val,
    };
    use super::*;
    use crate::plan::{ProgramKind, Replicas};
    use crate::source::listing::{at, tree};

    fn with(storage: Storage) -> Plan {
        let mut plan = plan();
        plan.owns_namespace = false;
        plan.volumes.push(Volume {
            component: "files".to_owned(),
            name: text("files", 30),
            storage,
            labels: map([("tier", "data", 31)]),
            annotations: map([("note", "n", 32)]),
            extra: Some(tree(&json!({ "spec": { "volumeMode": "Block" } }), at(33))),
            at: at(30),
        });
        plan
    }

    fn local() -> Storage {
        let mut storage = storage(40);
        storage.local = Some(text("/mnt/files", 41));
        storage
    }

    #[test]
    fn a_volume_is_a_claim() {
        let mut storage = storage(40);
        storage.class = Some(text("fast", 41));
        let plan = with(storage);
        assert_eq!(lowered(&plan).into_keys().collect::<Vec<_>>(), ["PersistentVolumeClaim/files"]);
        assert_eq!(
            object(&plan, "PersistentVolumeClaim/files"),
            "\
apiVersion: v1 @object-identity:30
kind: PersistentVolumeClaim @object-identity:30
metadata:
  name: files
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: files @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    tier: data @31
  annotations:
    note: n @32
spec: @40
  accessModes:
    - ReadWriteOnce @one-node-volume:40
  storageClassName: fast @41
  volumeMode: Block @33
  resources:
    requests:
      storage: 1Gi
"
        );
    }

    #[test]
    fn a_folder_on_a_node_is_a_volume() {
        assert_eq!(
            object(&with(local()), "PersistentVolume/shop-files"),
            "\
apiVersion: v1 @object-identity:41
kind: PersistentVolume @object-identity:41
metadata: @30
  name: shop-files @local-volume:41
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: files @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    tier: data @31
  annotations:
    note: n @32
spec:
  accessModes:
    - ReadWriteOnce @one-node-volume:40
  storageClassName: shop-files-local
  capacity:
    storage: 1Gi @40
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    name: files @30
    namespace: shop @stack-namespace:11
  local: @41
    path: /mnt/files
  nodeAffinity:
    required:
      nodeSelectorTerms:
        -
          matchExpressions:
            -
              key: kubernetes.io/os
              operator: In
              values:
                - linux
  persistentVolumeReclaimPolicy: Retain
"
        );
    }

    #[test]
    fn with_a_class_that_makes_none() {
        assert_eq!(
            object(&with(local()), "StorageClass/shop-files-local"),
            "\
apiVersion: storage.k8s.io/v1 @object-identity:41
kind: StorageClass @object-identity:41
metadata: @30
  name: shop-files-local @local-volume:41
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: files @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    tier: data @31
  annotations:
    note: n @32
provisioner: kubernetes.io/no-provisioner
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
"
        );
    }

    #[test]
    fn which_the_claim_asks_for() {
        let class = part(&with(local()), "PersistentVolumeClaim/files", "storageClassName");
        assert_eq!(class, "storageClassName: shop-files-local @local-volume:41\n");
    }

    #[test]
    fn what_becomes_of_the_data_can_be_said() {
        let mut storage = local();
        storage.reclaim = Reclaim::Policy(val(ReclaimPolicy::Delete, 42));
        let plan = with(storage);
        let volume = object(&plan, "PersistentVolume/shop-files");
        assert!(volume.contains("persistentVolumeReclaimPolicy: Delete @42"), "{volume}");
        let class = object(&plan, "StorageClass/shop-files-local");
        assert!(class.contains("reclaimPolicy: Delete @42"), "{class}");
    }

    #[test]
    fn each_pod_of_a_stateful_set_has_a_folder_of_its_own() {
        let mut plan = plan();
        let mut running = controller(30);
        running.storage = Some((local(), text("/data", 50)));
        running.replicas = Replicas::Count(val(2, 31));
        plan.programs.push(program("db", 30, ProgramKind::Worker(running)));
        let class = part(&plan, "StatefulSet/db", "storageClassName");
        assert_eq!(class, "storageClassName: shop-db-local @local-volume:41\n");
        let folder =
            |volume: &str| part(&plan, volume, "path:") + &part(&plan, volume, "claimRef:");
        assert_eq!(
            folder("PersistentVolume/shop-data-db-0"),
            "\
path: /mnt/files
claimRef:
  apiVersion: v1
  kind: PersistentVolumeClaim
  name: data-db-0 @claim-of-pod:30
  namespace: shop @stack-namespace:11
"
        );
        assert_eq!(
            folder("PersistentVolume/shop-data-db-1"),
            "\
path: /mnt/files-1
claimRef:
  apiVersion: v1
  kind: PersistentVolumeClaim
  name: data-db-1 @claim-of-pod:30
  namespace: shop @stack-namespace:11
"
        );
    }
}
