//! Who reads a ConfigMap or a Secret, and when they see what changed.

use std::collections::{BTreeMap, BTreeSet};

use super::super::comparison::ObjectChange;
use super::super::fields::FieldChange;
use super::{Class, Impact, World};
use crate::source::NodeRef;
use crate::validate::fields::{items, name, text};
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

/// The objects of a kind that the pods of a workload read, by their names, and how.
pub fn read<'t>(workload: NodeRef<'t>, kind: &str) -> BTreeMap<&'t str, Way> {
    let mut all = BTreeMap::new();
    let spec = pods::pod_template(workload).and_then(|template| template.get("spec"));
    let Some(spec) = spec else { return all };
    let (volume, volume_name, env_from, key_ref) = match kind {
        "ConfigMap" => ("configMap", "name", "configMapRef", "configMapKeyRef"),
        "Secret" => ("secret", "secretName", "secretRef", "secretKeyRef"),
        _ => return all,
    };
    let mut add = |name: &'t str, way: Way| {
        let known = all.entry(name).or_insert(way);
        *known = way.max(*known);
    };
    let mut by_sub_path = BTreeSet::new();
    for (_, container) in pods::containers(spec) {
        let whole = items(container, "envFrom").filter_map(|from| from.get(env_from));
        let keys = items(container, "env").filter_map(|one| one.at_path(&["valueFrom", key_ref]));
        whole.chain(keys).for_each(|of| add(text(of, "name"), Way::AtStart));
        let is_part = |mount: &NodeRef<'t>| {
            mount.get("subPath").is_some() || mount.get("subPathExpr").is_some()
        };
        let parts = items(container, "volumeMounts").filter(is_part);
        by_sub_path.extend(parts.map(|mount| text(mount, "name")));
    }
    for of in items(spec, "volumes") {
        let is_part = by_sub_path.contains(text(of, "name"));
        let way = if is_part { Way::AtStart } else { Way::Files };
        let projected = of.get("projected").into_iter().flat_map(|it| items(it, "sources"));
        let projected = projected.filter_map(|source| source.get(volume));
        projected.for_each(|source| add(text(source, "name"), way));
        if let Some(source) = of.get(volume) {
            add(text(source, volume_name), way);
        }
    }
    all
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
    let readers = world.readers(kind, own, &identity.name);
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
