//! What no longer finds what it refers to.

use std::collections::{BTreeMap, BTreeSet};

use super::super::comparison::Comparison;
use super::{Class, Impact, Impacts, World, Worlds};
use crate::source::Step;
use crate::validate::references;
use crate::validate::{Author, Cluster, Extent, Finding, Member};

/// Adds what refers to nothing on the new side and did not on the old one, to the change of that
/// object if it has one.
pub fn check(comparison: &Comparison<'_>, worlds: &Worlds<'_>, impacts: &mut Impacts) {
    let key =
        |finding: &Finding| (finding.object.clone(), finding.path.clone(), finding.message.clone());
    let found = findings(&worlds.new, worlds, comparison);
    if found.is_empty() {
        return;
    }
    let before: BTreeSet<_> = findings(&worlds.old, worlds, comparison).iter().map(key).collect();
    let mut places = BTreeMap::new();
    for (place, change) in comparison.changes.iter().enumerate() {
        places.entry(change.subject().to_string()).or_insert(place);
    }
    for finding in found {
        if before.contains(&key(&finding)) {
            continue;
        }
        let Finding { object, path, message, .. } = finding;
        let reason = if path.is_empty() { message } else { format!("`{path}`: {message}") };
        let source = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/";
        let impact = Impact::new(Class::Breaks, reason, source);
        match places.get(&object) {
            Some(place) => impacts.of_changes[*place].push(impact),
            None => impacts.elsewhere.push((object, impact)),
        }
    }
}

/// What refers to nothing on a side.
fn findings(world: &World<'_>, worlds: &Worlds<'_>, comparison: &Comparison<'_>) -> Vec<Finding> {
    let members: Vec<Member<'_>> =
        world.roots.iter().map(|root| Member::new(*root, Author::Gen, "")).collect();
    let mut cluster =
        Cluster { version: comparison.version, extent: Extent::Files, ..Cluster::default() };
    let mut found = Vec::new();
    references::check(&members, &cluster, &mut found);
    if found.is_empty() {
        return found;
    }
    // What a cluster brings is known to no side, unless it had the object itself.
    let brought = |kind: &'static str, field: &'static str| {
        let is_ours = |name: &String| worlds.old.find(kind, name).is_some();
        named(world, field).into_iter().filter(|name| !is_ours(name)).collect::<Vec<_>>()
    };
    cluster.storage_classes = brought("StorageClass", "storageClassName");
    cluster.priority_classes = brought("PriorityClass", "priorityClassName");
    cluster.cluster_issuers = brought("ClusterIssuer", "issuerRef");
    found.clear();
    references::check(&members, &cluster, &mut found);
    found
}

/// The names that the objects of a side have in a field, as the field itself or in it.
fn named(world: &World<'_>, field: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for root in &world.roots {
        root.walk(&mut |path, node| match path {
            [.., Step::Key(last)] if *last == field => {
                let name = node.as_str().or_else(|| node.get("name")?.as_str());
                names.extend(name.map(str::to_owned));
            }
            _ => {}
        });
    }
    names
}
