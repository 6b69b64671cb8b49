//! Which pods a change replaces or stops, and how many stay ready meanwhile.

use super::super::comparison::{Action, ObjectChange};
use super::super::fields::FieldChange;
use super::super::object::Object;
use super::super::pairing::is_default;
use super::super::update::Update;
use super::{Class, Impact, World, spec};
use crate::diagnostic::counted;
use crate::source::NodeRef;

const DEPLOYMENT: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy";
const STATEFUL_SET: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies";
const DAEMON_SET: &str = "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/";
const CRON_JOB: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#modifying-a-cronjob";
const REPLICA_SET: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#template";

/// Where the pod template of a kind is whose controller replaces pods that are not like it.
fn template(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "CronJob" => &["spec", "jobTemplate"],
        "DaemonSet" | "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" => {
            &["spec", "template"]
        }
        _ => return None,
    })
}

/// What a changed pod template does to the pods that run.
pub fn replaced_pods(
    new: &Object,
    fields: &[FieldChange<'_>],
    update: &Update,
    world: &World<'_>,
) -> Option<Impact> {
    let kind = new.identity().kind.as_str();
    let template = template(kind)?;
    let causes: Vec<&FieldChange<'_>> =
        fields.iter().filter(|field| field.path.starts_with(template)).collect();
    let replaces_pods = match kind {
        "DaemonSet" | "Deployment" | "StatefulSet" => update.replaces_pods(),
        _ => !causes.is_empty(),
    };
    if !replaces_pods {
        return None;
    }
    let impact = match kind {
        "Deployment" => deployment(new, replicas(new, world)),
        "StatefulSet" => stateful_set(new, replicas(new, world)),
        "DaemonSet" => daemon_set(new),
        "CronJob" => {
            Impact::new(Class::InPlace, "the next run is the first with the change", CRON_JOB)
        }
        _ => {
            let reason = "pods that run stay as they are; those made from now on have the change";
            Impact::new(Class::InPlace, reason, REPLICA_SET)
        }
    };
    Some(impact.by(causes))
}

/// More pods or fewer.
pub fn scaled(change: &ObjectChange, fields: &[FieldChange<'_>]) -> Option<Impact> {
    const SOURCE: &str = "https://kubernetes.io/docs/concepts/workloads/autoscaling/";
    let kind = change.new_object()?.identity().kind.as_str();
    if !matches!(kind, "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet") {
        return None;
    }
    let field = fields.iter().find(|field| field.path.to_string() == "spec.replicas")?;
    let count = |node: Option<NodeRef<'_>>| node.and_then(NodeRef::as_i64);
    let (old, new) = (count(field.edit.old())?, count(field.edit.new())?);
    let reason = format!("runs {}, no longer {old}", counted(new, "pod"));
    Some(Impact::new(Class::InPlace, reason, SOURCE).by([field]))
}

/// How many pods a workload has at least.
fn replicas(object: &Object, world: &World<'_>) -> i64 {
    let root = object.root();
    let written = spec(root, "replicas").filter(|replicas| !is_default(*replicas));
    let scaled = || {
        let autoscaler = world.autoscaler(object.identity())?;
        spec(autoscaler, "minReplicas")?.as_i64()
    };
    written.and_then(NodeRef::as_i64).or_else(scaled).unwrap_or(1).max(0)
}

/// A number, or a percentage of all that is rounded one way or the other.
fn share(value: Option<NodeRef<'_>>, all: i64, up: bool) -> i64 {
    let Some(value) = value else { return 0 };
    let Some(percent) = value.text().strip_suffix('%') else {
        return value.text().parse().unwrap_or(0);
    };
    let share = percent.parse::<i64>().unwrap_or(0).saturating_mul(all);
    if up { share.saturating_add(99) / 100 } else { share / 100 }
}

fn ready(least: i64, all: i64) -> String {
    match least {
        0 => "none is ready meanwhile".to_owned(),
        1 => format!("at least 1 of {all} stays ready"),
        _ => format!("at least {least} of {all} stay ready"),
    }
}

fn deployment(new: &Object, all: i64) -> Impact {
    let restart = |reason: String| Impact::new(Class::Restart, reason, DEPLOYMENT);
    if all == 0 {
        return Impact::new(Class::InPlace, "there are no pods to replace", DEPLOYMENT);
    }
    let strategy = spec(new.root(), "strategy");
    let text = |field: &str| strategy.and_then(|it| it.get(field)).map_or("", NodeRef::text);
    if text("type") == "Recreate" {
        let pods = counted(all, "pod");
        return restart(format!("stops {pods} before new ones start: none is ready meanwhile"));
    }
    let rolling = |field| strategy.and_then(|it| it.at_path(&["rollingUpdate", field]));
    // `ResolveFenceposts` of k8s.io/kubernetes/pkg/controller/deployment/util.
    let surge = share(rolling("maxSurge"), all, true);
    let unavailable = share(rolling("maxUnavailable"), all, false);
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    let pods = counted(all, "pod");
    restart(format!("replaces {pods}; {}", ready((all - unavailable).max(0), all)))
}

fn stateful_set(new: &Object, all: i64) -> Impact {
    let impact = |class, reason: String| Impact::new(class, reason, STATEFUL_SET);
    let strategy = spec(new.root(), "updateStrategy");
    let kind = strategy.and_then(|it| it.get("type")).map_or("", NodeRef::text);
    if kind == "OnDelete" {
        let reason = "pods keep running as they are until somebody deletes them";
        return impact(Class::InPlace, reason.to_owned());
    }
    let rolling = |field| strategy.and_then(|it| it.at_path(&["rollingUpdate", field]));
    let partition = rolling("partition").and_then(NodeRef::as_i64).unwrap_or(0);
    let replaced = (all - partition).max(0);
    if replaced == 0 {
        return impact(Class::InPlace, "there are no pods to replace".to_owned());
    }
    let at_once = share(rolling("maxUnavailable"), all, true).max(1);
    let pods = if replaced == all {
        counted(all, "pod")
    } else {
        format!("{replaced} of {}", counted(all, "pod"))
    };
    let least = (all - at_once.min(replaced)).max(0);
    let order = if replaced > 1 && at_once == 1 { ", one after the other" } else { "" };
    impact(Class::Restart, format!("replaces {pods}{order}; {}", ready(least, all)))
}

fn daemon_set(new: &Object) -> Impact {
    let strategy = spec(new.root(), "updateStrategy");
    let kind = strategy.and_then(|it| it.get("type")).map_or("", NodeRef::text);
    if kind == "OnDelete" {
        let reason = "pods keep running as they are until somebody deletes them";
        return Impact::new(Class::InPlace, reason, DAEMON_SET);
    }
    let rolling = |field| {
        let value = strategy.and_then(|it| it.at_path(&["rollingUpdate", field]));
        value.map_or("0", NodeRef::text)
    };
    let reason = match (rolling("maxSurge"), rolling("maxUnavailable")) {
        ("0" | "0%", "1") => {
            "replaces the pod of each node, one node after the other; none is ready there meanwhile"
                .to_owned()
        }
        ("0" | "0%", many) => format!(
            "replaces the pod of each node, {many} nodes at a time; none is ready there meanwhile"
        ),
        _ => {
            "replaces the pod of each node; the old one stays until the new one is ready".to_owned()
        }
    };
    Impact::new(Class::Restart, reason, DAEMON_SET)
}

/// The pods that stop because their workload goes.
pub fn stopped_pods(change: &ObjectChange) -> Option<Impact> {
    if !matches!(change.action(), Action::Delete | Action::Rename) {
        return None;
    }
    let old = change.old_object()?;
    let reason = match old.identity().kind.as_str() {
        "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" => {
            let all = spec(old.root(), "replicas").and_then(NodeRef::as_i64).unwrap_or(1);
            let verb = if all == 1 { "stops" } else { "stop" };
            match change.action() {
                Action::Rename => format!("its {} {verb}, and others start", counted(all, "pod")),
                _ => format!("its {} {verb}", counted(all, "pod")),
            }
        }
        "DaemonSet" => "its pods stop on every node".to_owned(),
        "CronJob" => "it no longer runs; what runs of it stops".to_owned(),
        "Job" => "its pods stop".to_owned(),
        "Pod" => "it stops".to_owned(),
        _ => return None,
    };
    let source = "https://kubernetes.io/docs/concepts/architecture/garbage-collection/";
    Some(Impact::new(Class::InPlace, reason, source))
}
