//! New and wider ways in and out, and more rights. Who reaches whom over the network is a matter
//! of all objects together; see [`crate::connectivity`].

use std::collections::BTreeSet;

use super::super::comparison::{Action, ObjectChange};
use super::super::fields::{Edit, FieldChange};
use super::super::object::Object;
use super::readers;
use super::{Class, Impact};
use crate::diagnostic::counted;
use crate::source::NodeRef;
use crate::validate::fields::{items, text};
use crate::validate::pods;

const SERVICES: &str = "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types";
const RBAC: &str = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/";
const STANDARDS: &str = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";
const ADMISSION: &str = "https://kubernetes.io/docs/concepts/security/pod-security-admission/";
const SECRETS: &str =
    "https://kubernetes.io/docs/concepts/configuration/secret/#information-security-for-secrets";
const TLS: &str = "https://kubernetes.io/docs/concepts/services-networking/ingress/#tls";

/// What a change opens.
pub fn widened(change: &ObjectChange, fields: &[FieldChange<'_>]) -> Vec<Impact> {
    let Some(new) = change.new_object() else { return Vec::new() };
    let old = change.old_object().filter(|_| change.action() == Action::Change);
    let mut found = Vec::new();
    match new.identity().kind.as_str() {
        "Service" => service(old, new, &mut found),
        "Ingress" => ingress(old, new, &mut found),
        "HTTPRoute" | "GRPCRoute" | "TLSRoute" => {
            let hosts = |object: &Object| -> BTreeSet<String> {
                let spec = object.root().get("spec");
                let hosts = spec.into_iter().flat_map(|spec| items(spec, "hostnames"));
                hosts.map(|host| host.text().to_owned()).collect()
            };
            new_hosts(&old.map(hosts).unwrap_or_default(), &hosts(new), &mut found);
        }
        "Role" | "ClusterRole" => role(old, new, &mut found),
        "RoleBinding" | "ClusterRoleBinding" => binding(old, new, &mut found),
        "Namespace" => namespace(old, new, &mut found),
        _ => {}
    }
    if old.is_some() && pods::pod_template(new.root()).is_some() {
        relaxed_pods(fields, &mut found);
    }
    // A way in that a whole object is has no field to point at.
    if change.action() == Action::Change {
        let causes = fields.iter().filter(|field| !field.path.starts_with(&["metadata"]));
        let causes: Vec<&FieldChange<'_>> = causes.take(MOST_CAUSES).collect();
        for impact in found.iter_mut().filter(|impact| impact.causes.is_empty()) {
            *impact = impact.clone().by(causes.iter().copied());
        }
    }
    found
}

/// How many fields stand for an impact of a whole object at most.
const MOST_CAUSES: usize = 10;

fn exposure(reason: impl Into<String>, source: &'static str) -> Impact {
    Impact::new(Class::Exposure, reason, source)
}

fn service(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    let spec = |object: &Object, field: &str| {
        object.root().at_path(&["spec", field]).map_or("", NodeRef::text).to_owned()
    };
    let kind = spec(new, "type");
    if matches!(kind.as_str(), "LoadBalancer" | "NodePort")
        && old.is_none_or(|old| spec(old, "type") != kind)
    {
        let reach = if kind == "LoadBalancer" {
            "gets an address that is reached from outside of the cluster"
        } else {
            "listens on a port of every node"
        };
        found.push(exposure(format!("{reach} (`type: {kind}`)"), SERVICES));
    }
    let list = |object: &Object, field: &str| -> BTreeSet<String> {
        let items = object.root().at_path(&["spec", field]).into_iter().flat_map(NodeRef::items);
        items.map(|item| item.text().to_owned()).collect()
    };
    let before = old.map(|old| list(old, "externalIPs")).unwrap_or_default();
    for address in list(new, "externalIPs").difference(&before) {
        found.push(exposure(format!("is reached at `{address}`"), SERVICES));
    }
    if let Some(old) = old {
        let (before, after) =
            (list(old, "loadBalancerSourceRanges"), list(new, "loadBalancerSourceRanges"));
        if !before.is_empty() && after.is_empty() {
            found.push(exposure("lets every address in, no longer some ranges", SERVICES));
        }
        let added = after.difference(&before).filter(|_| !before.is_empty());
        found.extend(added.map(|range| exposure(format!("lets `{range}` in"), SERVICES)));
    }
}

fn ingress(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    let hosts = |object: &Object| -> BTreeSet<String> {
        let rules = object.root().get("spec").into_iter().flat_map(|spec| items(spec, "rules"));
        let mut ways = BTreeSet::new();
        for rule in rules {
            let host = match text(rule, "host") {
                "" => "*",
                host => host,
            };
            let paths = rule.get("http").into_iter().flat_map(|http| items(http, "paths"));
            ways.extend(paths.map(|path| {
                let path = text(path, "path");
                format!("{host}{}", if path.is_empty() { "/" } else { path })
            }));
        }
        ways
    };
    let ways = hosts(new);
    new_hosts(&old.map(hosts).unwrap_or_default(), &ways, found);
    let tls = |object: &Object| -> BTreeSet<String> {
        let tls = object.root().get("spec").into_iter().flat_map(|spec| items(spec, "tls"));
        tls.flat_map(|tls| items(tls, "hosts")).map(|host| host.text().to_owned()).collect()
    };
    let served: BTreeSet<&str> = ways.iter().filter_map(|way| way.split('/').next()).collect();
    for host in old.map(tls).unwrap_or_default().difference(&tls(new)) {
        if served.contains(host.as_str()) {
            found.push(exposure(format!("serves `{host}` without TLS"), TLS));
        }
    }
}

fn new_hosts(before: &BTreeSet<String>, after: &BTreeSet<String>, found: &mut Vec<Impact>) {
    const SOURCE: &str = "https://kubernetes.io/docs/concepts/services-networking/ingress/";
    for host in after.difference(before) {
        found.push(exposure(format!("answers `{host}` from outside of the cluster"), SOURCE));
    }
}

/// How many rights of a role are told apart.
const MOST_RIGHTS: usize = 10_000;
/// How many of them are named.
const NAMED_RIGHTS: usize = 50;

/// What the rules of a role allow, each verb of each resource for itself; `None` where that is too
/// much.
fn rights(object: &Object) -> Option<BTreeSet<String>> {
    let mut rights = BTreeSet::new();
    for rule in object.root().get("rules").into_iter().flat_map(NodeRef::items) {
        let [verbs, resources, groups, urls] =
            ["verbs", "resources", "apiGroups", "nonResourceURLs"]
                .map(|field| items(rule, field).map(NodeRef::text).collect::<Vec<_>>());
        let what = resources.len().checked_mul(groups.len())?.checked_add(urls.len())?;
        let count = verbs.len().checked_mul(what)?.checked_add(rights.len())?;
        if count > MOST_RIGHTS {
            return None;
        }
        let names: Vec<&str> = items(rule, "resourceNames").map(NodeRef::text).collect();
        let names = if names.is_empty() { String::new() } else { format!(" {}", names.join(", ")) };
        for verb in verbs {
            for resource in &resources {
                rights.extend(groups.iter().map(|group| {
                    let dot = if group.is_empty() { "" } else { "." };
                    format!("{verb} {resource}{dot}{group}{names}")
                }));
            }
            rights.extend(urls.iter().map(|url| format!("{verb} {url}")));
        }
    }
    Some(rights)
}

fn role(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    // Alone, a role gives nobody anything.
    let Some(old) = old else { return };
    let (Some(before), Some(after)) = (rights(old), rights(new)) else {
        return many_rights(old, new, found);
    };
    let mut added = after.difference(&before);
    let named: Vec<&str> = added.by_ref().take(NAMED_RIGHTS).map(String::as_str).collect();
    let more = match added.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if !named.is_empty() {
        found.push(exposure(format!("allows more: {}{more}", named.join(", ")), RBAC));
    }
}

/// Of a role with very many rights a rule that it did not have is taken to allow more.
fn many_rights(old: &Object, new: &Object, found: &mut Vec<Impact>) {
    let rules = |object: &'_ Object| -> BTreeSet<String> {
        let rules = object.root().get("rules").into_iter().flat_map(NodeRef::items);
        rules.map(|rule| format!("{rule:?}")).collect()
    };
    let added = rules(new).difference(&rules(old)).count();
    if added > 0 {
        let rules = counted(added, "rule");
        found.push(exposure(format!("may allow more: {rules} that it did not have"), RBAC));
    }
}

fn binding(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    let subjects = |object: &Object| -> BTreeSet<String> {
        let own = object.identity().namespace.clone().unwrap_or_default();
        let list = object.root().get("subjects").into_iter().flat_map(NodeRef::items);
        list.map(|subject| {
            let namespace = match text(subject, "namespace") {
                "" => own.as_str(),
                namespace => namespace,
            };
            let name = text(subject, "name");
            match text(subject, "kind") {
                "ServiceAccount" => format!("ServiceAccount {namespace}/{name}"),
                kind => format!("{kind} {name}"),
            }
        })
        .collect()
    };
    let role = new.root().get("roleRef");
    let field = |name: &str| role.map_or("", |role| text(role, name));
    let role = format!("{} {}", field("kind"), field("name"));
    let before = old.map(subjects).unwrap_or_default();
    for subject in subjects(new).difference(&before) {
        found.push(exposure(format!("gives {subject} the rights of {role}"), RBAC));
    }
}

fn namespace(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    const LEVELS: [&str; 3] = ["restricted", "baseline", "privileged"];
    let Some(old) = old else { return };
    let label = "pod-security.kubernetes.io/enforce";
    let level = |object: &Object| {
        let label = object.root().at_path(&["metadata", "labels", label]);
        // A namespace without the label enforces nothing, unless the cluster says otherwise.
        let level = label.map_or("privileged", NodeRef::text).to_owned();
        LEVELS.iter().position(|known| *known == level).unwrap_or(2)
    };
    let (before, after) = (level(old), level(new));
    if after > before {
        let reason = format!(
            "takes pods that it refused so far (from {} to {})",
            LEVELS[before], LEVELS[after]
        );
        found.push(exposure(reason, ADMISSION));
    }
}

/// Fields of pods and containers, the value that opens something, and what that is.
const RELAXED: [(&str, &str, &str); 9] = [
    ("allowPrivilegeEscalation", "true", "programs can gain rights"),
    ("automountServiceAccountToken", "true", "programs get a token for the API server"),
    ("hostIPC", "true", "shares the memory of the node's processes"),
    ("hostNetwork", "true", "uses the network of the node, past all network policies"),
    ("hostPID", "true", "sees the processes of the node"),
    ("privileged", "true", "can do all that the node can"),
    ("readOnlyRootFilesystem", "false", "programs can change their own files"),
    ("runAsNonRoot", "false", "programs may run as root"),
    ("runAsUser", "0", "programs run as root"),
];

fn relaxed_pods(fields: &[FieldChange<'_>], found: &mut Vec<Impact>) {
    let is_in_pod = |field: &FieldChange<'_>| {
        ["securityContext", "spec"].iter().any(|part| field.path.fields().any(|own| own == *part))
    };
    for field in fields.iter().filter(|field| is_in_pod(field)) {
        let name = field.path.last_field();
        for (relaxed, value, what) in RELAXED {
            // What goes away may have held others back.
            let is_relaxed = match field.edit {
                Edit::Added(new) | Edit::Changed(_, new) => new.text() == value,
                Edit::Removed(old) => {
                    matches!(relaxed, "readOnlyRootFilesystem" | "runAsNonRoot")
                        && old.text() == "true"
                        || relaxed == "allowPrivilegeEscalation" && old.text() == "false"
                }
                Edit::Reordered(..) => false,
            };
            if name == relaxed && is_relaxed {
                found.push(exposure(what, STANDARDS).by([field]));
            }
        }
        let mut fields = field.path.fields().rev();
        let (last, parent) = (fields.next(), fields.next());
        match (parent, last, field.edit) {
            (Some("capabilities"), Some("add"), Edit::Added(added)) => {
                let added = match added.items().next() {
                    Some(_) => added.items().map(NodeRef::text).collect::<Vec<_>>().join(", "),
                    None => added.text().to_owned(),
                };
                found
                    .push(exposure(format!("gains the capability {added}"), STANDARDS).by([field]));
            }
            (Some("capabilities"), Some("drop"), Edit::Removed(_)) => {
                let reason = "keeps capabilities that it dropped so far";
                found.push(exposure(reason, STANDARDS).by([field]));
            }
            (_, Some("hostPath"), Edit::Added(_)) => {
                found.push(exposure("reads files of the node", STANDARDS).by([field]));
            }
            (_, Some("volumes"), Edit::Added(volume)) if volume.get("hostPath").is_some() => {
                found.push(exposure("reads files of the node", STANDARDS).by([field]));
            }
            (_, Some("hostPort"), Edit::Added(_) | Edit::Changed(..)) => {
                found.push(exposure("listens on a port of the node", STANDARDS).by([field]));
            }
            (Some("seccompProfile"), Some("type"), Edit::Changed(_, new))
                if new.text() == "Unconfined" =>
            {
                found.push(exposure("may make every system call", STANDARDS).by([field]));
            }
            _ => {}
        }
    }
}

/// Secrets that one more workload reads.
pub fn readable_secrets(change: &ObjectChange) -> Vec<Impact> {
    let (Some(old), Some(new)) = (change.old_object(), change.new_object()) else {
        return Vec::new();
    };
    if change.action() != Action::Change {
        return Vec::new();
    }
    let before = readers::read(old.root(), "Secret");
    let added = secrets(new).into_iter().filter(|name| !before.contains_key(name.as_str()));
    added.map(|name| exposure(format!("reads the Secret `{name}`"), SECRETS)).collect()
}

/// The Secrets that a pod template names, sorted.
fn secrets(object: &Object) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(template) = pods::pod_template(object.root()) {
        template.walk(&mut |path, node| {
            use crate::source::Step::Key;
            let name = match path {
                [.., Key("secretRef" | "secretKeyRef"), Key("name")]
                | [.., Key("secret"), Key("secretName" | "name")] => node.as_str(),
                _ => None,
            };
            names.extend(name.map(str::to_owned));
        });
    }
    names.sort_unstable();
    names.dedup();
    names
}
