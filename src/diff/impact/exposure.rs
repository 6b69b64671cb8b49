//! New and wider ways in and out, and more rights. Who reaches whom over the network is a matter
//! of all objects together; see [`crate::connectivity`].

use super::super::comparison::{Action, ObjectChange};
use super::super::fields::{Edit, FieldChange};
use super::super::object::Object;
use super::readers;
use super::{Class, Impact};
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
            let hosts = |object: &Object| -> Vec<String> {
                let spec = object.root().get("spec");
                let hosts = spec.into_iter().flat_map(|spec| items(spec, "hostnames"));
                hosts.map(|host| host.text().to_owned()).collect()
            };
            new_hosts(old.map(hosts), hosts(new), &mut found);
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
        let causes: Vec<&FieldChange<'_>> =
            fields.iter().filter(|field| !field.path.starts_with(&["metadata"])).collect();
        for impact in found.iter_mut().filter(|impact| impact.causes.is_empty()) {
            *impact = impact.clone().by(causes.iter().copied());
        }
    }
    found
}

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
    let list = |object: &Object, field: &str| -> Vec<String> {
        let items = object.root().at_path(&["spec", field]).into_iter().flat_map(NodeRef::items);
        items.map(|item| item.text().to_owned()).collect()
    };
    for address in list(new, "externalIPs") {
        if old.is_none_or(|old| !list(old, "externalIPs").contains(&address)) {
            found.push(exposure(format!("is reached at `{address}`"), SERVICES));
        }
    }
    if let Some(old) = old {
        let (before, after) =
            (list(old, "loadBalancerSourceRanges"), list(new, "loadBalancerSourceRanges"));
        if !before.is_empty() && after.is_empty() {
            found.push(exposure("lets every address in, no longer some ranges", SERVICES));
        }
        let added = after.iter().filter(|range| !before.is_empty() && !before.contains(range));
        found.extend(added.map(|range| exposure(format!("lets `{range}` in"), SERVICES)));
    }
}

fn ingress(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    let hosts = |object: &Object| -> Vec<String> {
        let rules = object.root().get("spec").into_iter().flat_map(|spec| items(spec, "rules"));
        let mut ways = Vec::new();
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
    new_hosts(old.map(hosts), hosts(new), found);
    let tls = |object: &Object| -> Vec<String> {
        let tls = object.root().get("spec").into_iter().flat_map(|spec| items(spec, "tls"));
        tls.flat_map(|tls| items(tls, "hosts")).map(|host| host.text().to_owned()).collect()
    };
    let kept = tls(new);
    for host in old.map(tls).unwrap_or_default() {
        let is_served = hosts(new).iter().any(|way| way.split('/').next() == Some(host.as_str()));
        if is_served && !kept.contains(&host) {
            found.push(exposure(format!("serves `{host}` without TLS"), TLS));
        }
    }
}

fn new_hosts(before: Option<Vec<String>>, after: Vec<String>, found: &mut Vec<Impact>) {
    const SOURCE: &str = "https://kubernetes.io/docs/concepts/services-networking/ingress/";
    let before = before.unwrap_or_default();
    for host in after.into_iter().filter(|host| !before.contains(host)) {
        found.push(exposure(format!("answers `{host}` from outside of the cluster"), SOURCE));
    }
}

/// What the rules of a role allow, each verb of each resource for itself.
fn rights(object: &Object) -> Vec<String> {
    let mut rights = Vec::new();
    let texts = |rule: NodeRef<'_>, field: &str| -> Vec<String> {
        items(rule, field).map(|item| item.text().to_owned()).collect()
    };
    for rule in object.root().get("rules").into_iter().flat_map(NodeRef::items) {
        let names = texts(rule, "resourceNames");
        let names = if names.is_empty() { String::new() } else { format!(" {}", names.join(", ")) };
        for verb in texts(rule, "verbs") {
            for resource in texts(rule, "resources") {
                for group in texts(rule, "apiGroups") {
                    let dot = if group.is_empty() { "" } else { "." };
                    rights.push(format!("{verb} {resource}{dot}{group}{names}"));
                }
            }
            rights.extend(texts(rule, "nonResourceURLs").iter().map(|url| format!("{verb} {url}")));
        }
    }
    rights
}

fn role(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    // Alone, a role gives nobody anything.
    let Some(old) = old else { return };
    let before = rights(old);
    let added: Vec<String> =
        rights(new).into_iter().filter(|right| !before.contains(right)).collect();
    if !added.is_empty() {
        found.push(exposure(format!("allows more: {}", added.join(", ")), RBAC));
    }
}

fn binding(old: Option<&Object>, new: &Object, found: &mut Vec<Impact>) {
    let subjects = |object: &Object| -> Vec<String> {
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
    let role = |object: &Object| {
        let role = object.root().get("roleRef");
        let field = |name: &str| role.map_or("", |role| text(role, name)).to_owned();
        format!("{} {}", field("kind"), field("name"))
    };
    let before = old.map(subjects).unwrap_or_default();
    for subject in subjects(new).into_iter().filter(|subject| !before.contains(subject)) {
        found.push(exposure(format!("gives {subject} the rights of {}", role(new)), RBAC));
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
    let is_new = |name: &String| readers::reads(old.root(), "Secret", name).is_none();
    let added = secrets(new).into_iter().filter(is_new);
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
