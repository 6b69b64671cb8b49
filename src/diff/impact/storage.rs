//! What holds data and goes away or shrinks, and what keeps the data.

use super::super::comparison::{Action, ObjectChange};
use super::super::fields::{Edit, FieldChange};
use super::super::object::Object;
use super::{Class, Impact, Worlds, spec};
use crate::diagnostic::counted;
use crate::k8s::Quantity;
use crate::source::NodeRef;
use crate::validate::pods;

const RECLAIMING: &str =
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming";
const RETENTION: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention";
const NAMESPACES: &str =
    "https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace";
const DEFINITIONS: &str = "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#delete-a-customresourcedefinition";

/// The data that a change loses, or may lose.
pub fn lost(change: &ObjectChange, fields: &[FieldChange<'_>], worlds: &Worlds<'_>) -> Vec<Impact> {
    let Some(old) = change.old_object() else { return Vec::new() };
    match (change.action(), change.new_object()) {
        (Action::Delete | Action::Rename, _) => gone(old, worlds).into_iter().collect(),
        (Action::Change, Some(new)) => changed(old, new, fields),
        _ => Vec::new(),
    }
}

fn gone(old: &Object, worlds: &Worlds<'_>) -> Option<Impact> {
    let root = old.root();
    let name = &old.identity().name;
    let loss = |reason: String, source| Impact::new(Class::DataLoss, reason, source);
    Some(match old.identity().kind.as_str() {
        "PersistentVolumeClaim" => claim(old, worlds),
        "StatefulSet" => {
            let claims = claims(root);
            if claims.is_empty() {
                return None;
            }
            let claims = claims.join("`, `");
            if retention(root, "whenDeleted") == "Delete" {
                let reason = format!(
                    "goes away with the claims of `{claims}` and their data (`whenDeleted: Delete`)"
                );
                loss(reason, RETENTION).help("back the data up before this is applied")
            } else {
                let reason = format!(
                    "goes away; its claims of `{claims}` stay with their data until somebody deletes them (`whenDeleted: Retain`)"
                );
                loss(reason, RETENTION)
                    .help("back the data up, and delete the claims when nobody wants it any more")
            }
        }
        "PersistentVolume" => {
            let policy = spec(root, "persistentVolumeReclaimPolicy").map_or("", NodeRef::text);
            let reason = match policy {
                "Delete" => {
                    "goes away, and the storage behind it may go with it (`persistentVolumeReclaimPolicy: Delete`)"
                }
                _ => {
                    "goes away; the storage behind it stays, and nothing in the cluster knows of it"
                }
            };
            loss(reason.to_owned(), RECLAIMING)
        }
        "Namespace" => loss(
            format!("goes away with every object in `{name}`, its claims included"),
            NAMESPACES,
        )
        .help("look at `kubectl get all,pvc --namespace` before this is applied"),
        "CustomResourceDefinition" => {
            loss("goes away with every object of its kind in the cluster".to_owned(), DEFINITIONS)
        }
        _ => return None,
    })
}

fn claim(old: &Object, worlds: &Worlds<'_>) -> Impact {
    let class = spec(old.root(), "storageClassName").map_or("", NodeRef::text);
    let size = old.root().at_path(&["spec", "resources", "requests", "storage"]);
    let size = size.map_or("its data", NodeRef::text);
    let policy = worlds
        .new
        .find("StorageClass", class)
        .map(|class| class.get("reclaimPolicy").map_or("Delete", NodeRef::text));
    let (fate, help) = match policy {
        Some("Retain") => (
            format!("the volume stays, without a claim (`reclaimPolicy: Retain` of `{class}`)"),
            "to use its data again, take `claimRef` off the PersistentVolume",
        ),
        Some(_) => (
            format!("the volume goes with it (`reclaimPolicy: Delete` of `{class}`)"),
            "back the data up before this is applied",
        ),
        None => (
            "the volume goes with it, unless its reclaim policy is `Retain`".to_owned(),
            "back the data up, or set `persistentVolumeReclaimPolicy: Retain` on the volume first",
        ),
    };
    Impact::new(Class::DataLoss, format!("the claim of {size} goes away; {fate}"), RECLAIMING)
        .help(help)
}

/// A claim that must be deleted and made again, which gives it another volume.
pub fn made_anew(new: &Object) -> Option<Impact> {
    if new.identity().kind != "PersistentVolumeClaim" {
        return None;
    }
    let reason = "made anew, the claim has another volume, without the data of this one";
    let help = "make a claim with another name and copy the data to it";
    Some(Impact::new(Class::DataLoss, reason, RECLAIMING).help(help))
}

fn claims(root: NodeRef<'_>) -> Vec<&str> {
    let templates = spec(root, "volumeClaimTemplates").into_iter().flat_map(NodeRef::items);
    templates.filter_map(|claim| claim.at_path(&["metadata", "name"])).map(NodeRef::text).collect()
}

fn retention<'t>(root: NodeRef<'t>, when: &str) -> &'t str {
    let policy = spec(root, "persistentVolumeClaimRetentionPolicy");
    policy.and_then(|policy| policy.get(when)).map_or("Retain", NodeRef::text)
}

fn changed(old: &Object, new: &Object, fields: &[FieldChange<'_>]) -> Vec<Impact> {
    let mut found = Vec::new();
    for field in fields {
        let impact = match old.identity().kind.as_str() {
            "StatefulSet" if field.path.last_field() == "replicas" => scaled_down(new, field),
            "StatefulSet" | "PersistentVolumeClaim" => shrunk(field),
            _ => None,
        };
        found.extend(impact.map(|impact| impact.by([field])));
        found.extend(emptied(new, field).map(|impact| impact.by([field])));
    }
    found
}

fn scaled_down(new: &Object, field: &FieldChange<'_>) -> Option<Impact> {
    let Edit::Changed(before, after) = field.edit else { return None };
    let fewer = before.as_i64()? - after.as_i64()?;
    let claims = claims(new.root());
    if fewer <= 0 || claims.is_empty() || retention(new.root(), "whenScaled") != "Delete" {
        return None;
    }
    let reason = format!(
        "the claims of `{}` of its last {} go away with their data (`whenScaled: Delete`)",
        claims.join("`, `"),
        counted(fewer, "pod")
    );
    Some(Impact::new(Class::DataLoss, reason, RETENTION).help("back the data up first"))
}

/// A smaller volume: no driver can do that.
fn shrunk(field: &FieldChange<'_>) -> Option<Impact> {
    let Edit::Changed(before, after) = field.edit else { return None };
    let path: Vec<&str> = field.path.fields().collect();
    if !matches!(path[..], [.., "resources", "requests", "storage"]) {
        return None;
    }
    let amount = |node: NodeRef<'_>| node.text().parse::<Quantity>().ok();
    if amount(after)?.nanos() >= amount(before)?.nanos() {
        return None;
    }
    let reason = format!(
        "the volume would shrink from {} to {}, which only a new and empty one can do",
        before.text(),
        after.text()
    );
    let source = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims";
    let help = "copy the data to a claim with another name, or keep the size";
    Some(Impact::new(Class::DataLoss, reason, source).help(help))
}

/// A volume of a pod that kept data and no longer does.
fn emptied(new: &Object, field: &FieldChange<'_>) -> Option<Impact> {
    pods::pod_template(new.root())?;
    let Edit::Removed(before) = field.edit else { return None };
    let path: Vec<&str> = field.path.fields().collect();
    let claim = match path[..] {
        [.., "volumes", "persistentVolumeClaim"] => before.get("claimName"),
        [.., "volumes"] => before.at_path(&["persistentVolumeClaim", "claimName"]),
        _ => None,
    }?;
    let reason = format!("its pods no longer see what is in the claim `{}`", claim.text());
    let source = "https://kubernetes.io/docs/concepts/storage/volumes/#persistentvolumeclaim";
    Some(Impact::new(Class::DataLoss, reason, source))
}
