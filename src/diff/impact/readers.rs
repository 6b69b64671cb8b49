//! Who reads a ConfigMap or a Secret, and when they see what changed.

use super::super::comparison::ObjectChange;
use super::super::fields::FieldChange;
use super::{Class, Impact, World};
use crate::source::NodeRef;
use crate::validate::fields::{items, name, namespace, text};
use crate::validate::pods;

const CONFIG_MAPS: &str = "https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically";

/// How a pod reads a ConfigMap or a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// As files that follow the object.
    Files,
    /// As environment variables, or as files mounted by a `subPath`: once, at the start.
    AtStart,
}

/// How the pods of a workload read an object, if they do.
pub fn reads(workload: NodeRef<'_>, kind: &str, name: &str) -> Option<Way> {
    let spec = pods::pod_template(workload)?.get("spec")?;
    let (volume, volume_name, env_from, key_ref) = match kind {
        "ConfigMap" => ("configMap", "name", "configMapRef", "configMapKeyRef"),
        "Secret" => ("secret", "secretName", "secretRef", "secretKeyRef"),
        _ => return None,
    };
    let is_named =
        |node: Option<NodeRef<'_>>, field: &str| node.is_some_and(|node| text(node, field) == name);
    let in_env = pods::containers(spec).any(|(_, container)| {
        items(container, "envFrom").any(|from| is_named(from.get(env_from), "name"))
            || items(container, "env")
                .any(|one| is_named(one.at_path(&["valueFrom", key_ref]), "name"))
    });
    if in_env {
        return Some(Way::AtStart);
    }
    let holds = |of: NodeRef<'_>| {
        is_named(of.get(volume), volume_name)
            || of.get("projected").is_some_and(|projected| {
                items(projected, "sources").any(|source| is_named(source.get(volume), "name"))
            })
    };
    let volumes: Vec<&str> =
        items(spec, "volumes").filter(|of| holds(*of)).map(|of| text(of, "name")).collect();
    if volumes.is_empty() {
        return None;
    }
    let by_sub_path = pods::containers(spec).any(|(_, container)| {
        items(container, "volumeMounts").any(|mount| {
            volumes.contains(&text(mount, "name"))
                && (mount.get("subPath").is_some() || mount.get("subPathExpr").is_some())
        })
    });
    Some(if by_sub_path { Way::AtStart } else { Way::Files })
}

/// What changed content of a ConfigMap or a Secret does to those who read it.
pub fn of_content(
    change: &ObjectChange,
    fields: &[FieldChange<'_>],
    world: &World<'_>,
) -> Option<Impact> {
    let new = change.new_object()?;
    let identity = new.identity();
    // The controllers make a Secret of the same name of these.
    let kind = match identity.kind.as_str() {
        "SealedSecret" | "ExternalSecret" => "Secret",
        kind @ ("ConfigMap" | "Secret") => kind,
        _ => return None,
    };
    let content: Vec<&FieldChange<'_>> =
        fields.iter().filter(|field| !field.path.starts_with(&["metadata"])).collect();
    if content.is_empty() {
        return None;
    }
    let own = identity.namespace.as_deref().unwrap_or_default();
    let near = world.roots.iter().copied().filter(|root| namespace(*root) == own);
    let readers: Vec<(Way, NodeRef<'_>)> =
        near.filter_map(|one| Some((reads(one, kind, &identity.name)?, one))).collect();
    if readers.is_empty() {
        let reason = "no pod here reads it";
        return Some(Impact::new(Class::None, reason, CONFIG_MAPS).by(content));
    }
    let named = |way: Way| -> Vec<String> {
        let found = readers.iter().filter(|(own, _)| *own == way);
        found.map(|(_, one)| format!("{} {}", text(*one, "kind"), name(*one))).collect()
    };
    let (files, at_start) = (named(Way::Files), named(Way::AtStart));
    let mut parts = Vec::new();
    if !files.is_empty() {
        parts.push(format!("the files in {} follow within minutes", files.join(", ")));
    }
    if !at_start.is_empty() {
        parts.push(format!("seen at the next start of the pods of {}", at_start.join(", ")));
    }
    let impact = Impact::new(Class::InPlace, parts.join("; "), CONFIG_MAPS).by(content);
    Some(if at_start.is_empty() {
        impact
    } else {
        impact.help("restart them with `kubectl rollout restart`, unless their own change does it")
    })
}
