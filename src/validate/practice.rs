//! Good practice: what the API server takes and somebody will regret. Each finding is a warning
//! of one of [`CODES`], which an [`Allowance`](super::Allowance) lets go.
//!
//! A practice is here when most clusters have been hurt by its lack, and when a sound manifest
//! keeps it already.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::fields::{field, items, text};
use super::finding::Finding;
use super::pods::{self, Role};
use super::security::{Level, Standards};
use super::selector::Form;
use super::{Author, Cluster, Map, Member};
use crate::conceal::{is_secret_variable, is_value_of_secret};
use crate::diagnostic::Code;
use crate::source::{Kind, NodeRef, Origin};

/// The warnings that can be allowed.
pub const CODES: [Code; 9] = [
    Code::MovingImage,
    Code::NoReadiness,
    Code::NoResources,
    Code::BlockingBudget,
    Code::HostAccess,
    Code::RunsAsRoot,
    Code::VolumeOfOneNode,
    Code::AllRights,
    Code::SecretInEnvironment,
];

/// Looks for what is no good practice, each finding with the index of its object.
#[must_use]
pub fn check(members: &[Member<'_>], cluster: &Cluster) -> Vec<(usize, Finding)> {
    let standards = Standards::of(members, cluster);
    let neighbours = Neighbours::of(members);
    let mut all = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let Member { root, author, .. } = *member;
        let near = neighbours.near(member);
        let mut check = Check { root, author, near, out: Vec::new() };
        check.object(member, standards.level(member));
        all.extend(check.out.into_iter().map(|finding| (index, finding.warning())));
    }
    all
}

type ByLabel<'t> = Map<(&'t str, &'t str), Vec<NodeRef<'t>>>;

/// What matters to others of a namespace.
#[derive(Default)]
struct Near<'t> {
    /// By one of the labels that the Service asks for.
    services: ByLabel<'t>,
    claims: Map<&'t str, NodeRef<'t>>,
    /// What makes pods, by each of their labels; read where there is a budget.
    workloads: ByLabel<'t>,
    /// The specs of autoscalers by the kind and the name of what they scale.
    autoscalers: Map<(&'t str, &'t str), NodeRef<'t>>,
    /// The fields of LimitRanges that give containers a resource, each with the resource.
    given: BTreeSet<(&'static str, &'t str)>,
}

impl<'t> Near<'t> {
    fn autoscaler(&mut self, root: NodeRef<'t>) {
        let Some(spec) = root.get("spec") else { return };
        if let Some(of) = spec.get("scaleTargetRef") {
            self.autoscalers.entry((text(of, "kind"), text(of, "name"))).or_insert(spec);
        }
    }

    fn limit_range(&mut self, root: NodeRef<'t>) {
        let limits = root.get("spec").into_iter().flat_map(|spec| items(spec, "limits"));
        for limit in limits.filter(|limit| text(*limit, "type") == "Container") {
            for name in ["default", "defaultRequest"] {
                let resources = limit.get(name).into_iter().flat_map(NodeRef::entries);
                self.given.extend(resources.filter_map(NodeRef::key).map(|key| (name, key)));
            }
        }
    }
}

struct Neighbours<'t> {
    namespaces: Map<&'t str, Near<'t>>,
    nobody: Near<'t>,
}

impl<'t> Neighbours<'t> {
    fn of(members: &[Member<'t>]) -> Self {
        let mut all = Self { namespaces: Map::default(), nobody: Near::default() };
        let budgets = members.iter().any(|member| member.kind == "PodDisruptionBudget");
        for Member { root, kind, namespace, name, pod, .. } in members {
            let near = all.namespaces.entry(namespace).or_default();
            match *kind {
                "Service" => {
                    let asked = root.at_path(&["spec", "selector"]);
                    if let Some(label) = asked.and_then(|asked| Form::Labels.demanded(asked).next())
                    {
                        near.services.entry(label).or_default().push(*root);
                    }
                }
                "PersistentVolumeClaim" => {
                    near.claims.insert(name, *root);
                }
                "HorizontalPodAutoscaler" => near.autoscaler(*root),
                "LimitRange" => near.limit_range(*root),
                _ if budgets => {
                    for label in pod.iter().copied().flat_map(labels) {
                        near.workloads.entry(label).or_default().push(*root);
                    }
                }
                _ => {}
            }
        }
        all
    }

    fn near(&self, member: &Member<'_>) -> &Near<'t> {
        self.namespaces.get(member.namespace).unwrap_or(&self.nobody)
    }
}

fn labels(template: NodeRef<'_>) -> impl Iterator<Item = (&str, &str)> {
    let all = pods::labels(template).into_iter().flat_map(NodeRef::entries);
    all.map(|entry| (entry.key().unwrap_or_default(), entry.text()))
}

/// Where the name of an object stands.
fn named_at(root: NodeRef<'_>) -> Origin {
    root.at_path(&["metadata", "name"]).unwrap_or(root).at()
}

fn kind(root: NodeRef<'_>) -> &str {
    root.get("kind").map_or("", NodeRef::text)
}

struct Check<'t, 'n> {
    root: NodeRef<'t>,
    author: Author,
    near: &'n Near<'t>,
    out: Vec<Finding>,
}

impl<'t> Check<'t, '_> {
    fn object(&mut self, member: &Member<'t>, level: Level) {
        match member.kind {
            "PodDisruptionBudget" => self.budget(),
            "Role" | "ClusterRole" => self.rights(),
            "ClusterRoleBinding" => self.administrators(),
            _ => {}
        }
        let Some(template) = member.pod else { return };
        let Some(spec) = field(template, "spec") else { return };
        self.images(spec);
        self.variables(spec);
        self.resources(spec);
        self.readiness(template, spec);
        self.volumes(spec);
        // What the standard of the namespace forbids is an error already.
        if level < Level::Baseline {
            self.host_access(spec);
        }
        if level < Level::Restricted {
            self.root_user(spec);
        }
    }

    fn found(&mut self, code: Code, node: NodeRef<'t>, message: String, help: &str) {
        self.out.push(Finding::error(code, self.root, node, message).help(help));
    }

    /// Something that a map lacks, in the place where it would stand.
    fn missing(
        &mut self,
        code: Code,
        holder: NodeRef<'t>,
        name: &str,
        message: String,
    ) -> &mut Finding {
        let mut finding = Finding::missing(self.root, holder, name);
        finding.code = code;
        finding.message = message;
        self.out.push(finding);
        let last = self.out.len() - 1;
        &mut self.out[last]
    }

    fn images(&mut self, spec: NodeRef<'t>) {
        for (_, container) in lasting(spec, true) {
            let Some(image) = field(container, "image") else { continue };
            let message = match tag(image.text()) {
                Tag::Fixed => continue,
                Tag::None => "the image has no tag, so that what runs depends on the day",
                Tag::Latest => "`latest` is another image from day to day",
            };
            let help = "name a version, so that a rollout is a change that somebody sees and \
                        that can be rolled back";
            self.found(Code::MovingImage, image, message.to_owned(), help);
        }
    }

    fn variables(&mut self, spec: NodeRef<'t>) {
        let containers = lasting(spec, true).map(|(_, container)| container);
        for variable in containers.flat_map(|container| items(container, "env")) {
            let Some(name) = field(variable, "name").filter(|name| is_secret_variable(name.text()))
            else {
                continue;
            };
            if is_value_of_secret(text(variable, "value")) {
                let message = format!("everybody who sees this object can read `{}`", name.text());
                let help = match self.author {
                    Author::Gen => {
                        "declare a key under `secrets` and write `${{ secrets.NAME.KEY }}` here"
                    }
                    Author::Other => {
                        "keep it in a Secret and read it with `valueFrom: { secretKeyRef: ... }`"
                    }
                };
                self.found(Code::SecretInEnvironment, name, message, help);
            }
        }
    }

    fn resources(&mut self, spec: NodeRef<'t>) {
        for (_, container) in lasting(spec, false) {
            let has = |list: &str, resource: &str| {
                [container, spec].iter().any(|holder| {
                    holder.at_path(&["resources", list, resource]).is_some_and(is_set)
                })
            };
            // A limit alone is the request too.
            let requested = |resource| has("requests", resource) || has("limits", resource);
            let lacks = [
                ("requests", "cpu", requested("cpu")),
                ("requests", "memory", requested("memory")),
                ("limits", "memory", has("limits", "memory")),
            ];
            let lacks: Vec<(&str, &str)> = lacks
                .into_iter()
                .filter(|(list, resource, said)| !said && !self.is_given(list, resource))
                .map(|(list, resource, _)| (list, resource))
                .collect();
            if lacks.is_empty() {
                continue;
            }
            let of = |list: &str| {
                let of_list = lacks.iter().filter(|(of, _)| *of == list);
                of_list.map(|(_, resource)| *resource).collect::<Vec<_>>()
            };
            let (requests, limits) = (of("requests"), of("limits"));
            let mut said = Vec::new();
            if !requests.is_empty() {
                said.push(format!(
                    "requests no {}",
                    requests.join(" and no ").replace("cpu", "CPU")
                ));
            }
            if !limits.is_empty() {
                said.push("has no limit of memory".to_owned());
            }
            let message = format!("the container {}", said.join(" and "));
            let mut parts = Vec::new();
            for (name, list) in [("requests", &requests), ("limits", &limits)] {
                let sample = |resource: &&str| match *resource {
                    "cpu" => "cpu: 100m",
                    _ if name == "limits" => "memory: 256Mi",
                    _ => "memory: 128Mi",
                };
                if !list.is_empty() {
                    let samples: Vec<_> = list.iter().map(sample).collect();
                    parts.push(format!("{name}: {{ {} }}", samples.join(", ")));
                }
            }
            let help = format!("measure it, and add `resources: {{ {} }}`", parts.join(", "));
            let finding = self.missing(Code::NoResources, container, "resources", message);
            finding.help.push(help);
        }
    }

    /// Whether a LimitRange of the namespace gives a resource to containers that say nothing.
    fn is_given(&self, list: &str, resource: &str) -> bool {
        let fields: &[&str] = match list {
            "requests" => &["defaultRequest", "default"],
            _ => &["default"],
        };
        fields.iter().any(|field| self.near.given.contains(&(*field, resource)))
    }

    fn readiness(&mut self, template: NodeRef<'t>, spec: NodeRef<'t>) {
        let lasting: Vec<NodeRef<'t>> =
            lasting(spec, false).map(|(_, container)| container).collect();
        let has_probe = |container: &NodeRef<'t>| field(*container, "readinessProbe").is_some();
        if ["Job", "CronJob"].contains(&kind(self.root))
            || lasting.iter().any(has_probe)
            || items(spec, "readinessGates").next().is_some()
        {
            return;
        }
        let leads_here = |service: &NodeRef<'t>| {
            let Some(spec) = service.get("spec") else { return false };
            field(spec, "selector")
                .is_some_and(|asked| Form::Labels.selects(asked, pods::labels(template)))
                && spec.get("publishNotReadyAddresses").and_then(NodeRef::as_bool) != Some(true)
        };
        let mut services =
            labels(template).filter_map(|label| self.near.services.get(&label)).flatten().copied();
        let Some(service) = services.find(leads_here) else { return };
        let Some(container) = items(spec, "containers").next() else { return };
        let Some(name) = service.at_path(&["metadata", "name"]) else { return };
        let message = format!(
            "the Service `{}` sends requests to pods that have started but not said they are ready",
            name.text()
        );
        let (author, at) = (self.author, name.at());
        let finding = self.missing(Code::NoReadiness, container, "readinessProbe", message);
        match author {
            Author::Gen => finding.help.push(
                "let the program say when it can serve: `health: /PATH`, or, without HTTP, \
                 `health: { readiness: { tcpSocket: { port: NAME } } }`"
                    .to_owned(),
            ),
            Author::Other => {
                finding.help.push("add a `readinessProbe` that asks the program".to_owned());
                finding.also.extend(at.span().map(|span| (span, "the Service".to_owned())));
            }
        }
    }

    fn volumes(&mut self, spec: NodeRef<'t>) {
        let Some(deployment) = self.root.get("spec").filter(|_| kind(self.root) == "Deployment")
        else {
            return;
        };
        let replicas = deployment.get("replicas").and_then(NodeRef::as_i64).unwrap_or(1);
        let strategy = deployment.get("strategy");
        let recreates = strategy.is_some_and(|strategy| text(strategy, "type") == "Recreate");
        let surge = strategy.and_then(|strategy| strategy.at_path(&["rollingUpdate", "maxSurge"]));
        let surges = surge.is_none_or(|surge| !["0", "0%"].contains(&surge.text()));
        if replicas == 0 || (replicas == 1 && (recreates || !surges)) {
            return;
        }
        for volume in items(spec, "volumes") {
            let Some(name) = volume.at_path(&["persistentVolumeClaim", "claimName"]) else {
                continue;
            };
            let Some(claim) = self.near.claims.get(name.text()).copied() else { continue };
            let modes = claim.get("spec").into_iter().flat_map(|spec| items(spec, "accessModes"));
            let modes: Vec<&str> = modes.map(NodeRef::text).collect();
            let of_one = |mode: &&str| ["ReadWriteOnce", "ReadWriteOncePod"].contains(mode);
            if modes.is_empty() || !modes.iter().all(of_one) {
                continue;
            }
            let what = if replicas > 1 {
                format!("{replicas} pods share the claim `{}`", name.text())
            } else {
                format!("a rollout starts a second pod on the claim `{}`", name.text())
            };
            let message = format!("{what}, which one node can mount at a time");
            let help = if replicas > 1 {
                "give each pod a claim of its own in a StatefulSet, or use a class of storage \
                 with `ReadWriteMany`"
            } else {
                "write `strategy: { type: Recreate }`, so that the old pod lets go first"
            };
            let finding = Finding::error(Code::VolumeOfOneNode, self.root, name, message);
            self.out.push(finding.help(help).also(named_at(claim), "the claim"));
        }
    }

    fn host_access(&mut self, spec: NodeRef<'t>) {
        let is_on = |node: Option<NodeRef<'t>>| node.filter(|on| on.as_bool() == Some(true));
        for (name, what) in [
            ("hostNetwork", "the pod is in its node's network, where no NetworkPolicy holds"),
            ("hostPID", "the pod sees and may stop every process of its node"),
            ("hostIPC", "the pod shares memory with the processes of its node"),
        ] {
            if let Some(node) = is_on(field(spec, name)) {
                self.found(Code::HostAccess, node, what.to_owned(), &format!("delete `{name}`"));
            }
        }
        for (_, container) in lasting(spec, true) {
            if let Some(node) = is_on(
                container.get("securityContext").and_then(|context| context.get("privileged")),
            ) {
                let message = "the container has all rights of its node's root".to_owned();
                let help = "delete it, and add the capabilities that the program needs";
                self.found(Code::HostAccess, node, message, help);
            }
        }
        let written = LazyCell::new(|| written_volumes(spec));
        for volume in items(spec, "volumes") {
            let Some(path) = volume.at_path(&["hostPath", "path"]) else { continue };
            if kind(self.root) == "DaemonSet" && !written.contains(text(volume, "name")) {
                continue;
            }
            let message = format!("the pod mounts `{}` of whichever node it runs on", path.text());
            let help = "keep data in a PersistentVolumeClaim; an agent of nodes is a DaemonSet \
                        and mounts it with `readOnly: true`";
            self.found(Code::HostAccess, path, message, help);
        }
    }

    fn root_user(&mut self, spec: NodeRef<'t>) {
        let windows = field(spec, "os").is_some_and(|os| text(os, "name") == "windows");
        if windows || spec.get("hostUsers").and_then(NodeRef::as_bool) == Some(false) {
            return;
        }
        let mut may_be_root = Vec::new();
        for (_, container) in lasting(spec, true) {
            let said = |name: &str| {
                let of = |holder: NodeRef<'t>| holder.at_path(&["securityContext", name]);
                of(container).filter(|node| is_set(*node)).or_else(|| of(spec))
            };
            let privileged =
                container.get("securityContext").and_then(|context| context.get("privileged"));
            let (user, non_root) = (said("runAsUser"), said("runAsNonRoot"));
            if non_root.and_then(NodeRef::as_bool) == Some(true)
                || user.and_then(NodeRef::as_i64).is_some_and(|user| user != 0)
                || privileged.and_then(NodeRef::as_bool) == Some(true)
            {
                continue;
            }
            let node = user.or(non_root).filter(|node| is_set(*node));
            may_be_root.push((text(container, "name"), node));
        }
        if may_be_root.is_empty() {
            return;
        }
        let written = may_be_root.iter().find_map(|(_, node)| *node);
        let names: Vec<&str> = may_be_root.iter().map(|(name, _)| *name).collect();
        let message = format!("nothing keeps `{}` from running as root", names.join("`, `"));
        let help = "write `securityContext: { runAsNonRoot: true }`; where the image names no \
                    user by number, `runAsUser` too";
        if let Some(node) = written {
            self.found(Code::RunsAsRoot, node, message, help);
        } else {
            let finding = self.missing(Code::RunsAsRoot, spec, "securityContext", message);
            finding.help.push(help.to_owned());
        }
    }

    fn budget(&mut self) {
        let Some(spec) = self.root.get("spec") else { return };
        let Some(asked) = field(spec, "selector") else { return };
        let mut pods: i64 = 0;
        let mut first = None;
        let form = Form::LabelSelector;
        let with = |label| self.near.workloads.get(&label).map_or(&[][..], Vec::as_slice);
        // One that asks for no label by its value is left alone.
        let fewest = form.demanded(asked).map(with).min_by_key(|workloads| workloads.len());
        for workload in fewest.unwrap_or_default() {
            let Some(template) = pods::pod_template(*workload) else { continue };
            if !form.selects(asked, pods::labels(template)) {
                continue;
            }
            let Some(replicas) = self.replicas(*workload) else { return };
            pods = replicas.saturating_add(pods);
            first = first.or(Some(*workload));
        }
        let Some(workload) = first.filter(|_| pods > 0) else { return };
        let (node, may_go) = match (field(spec, "minAvailable"), field(spec, "maxUnavailable")) {
            (Some(node), None) => (node, share(node, pods).map(|stay| pods.saturating_sub(stay))),
            (None, Some(node)) => (node, share(node, pods)),
            _ => return,
        };
        if may_go.is_none_or(|may_go| may_go > 0) {
            return;
        }
        let message = format!(
            "of {} this lets none go, so that no node with one can be drained",
            if pods == 1 { "1 pod".to_owned() } else { format!("{pods} pods") }
        );
        let help = if pods == 1 {
            "run more pods, or write `maxUnavailable: 1` and live with the gap"
        } else {
            "write `maxUnavailable: 1`"
        };
        let finding = Finding::error(Code::BlockingBudget, self.root, node, message);
        self.out.push(finding.help(help).also(named_at(workload), "the pods"));
    }

    /// The fewest pods that a workload has, where that can be told.
    fn replicas(&self, workload: NodeRef<'t>) -> Option<i64> {
        let kind = kind(workload);
        if !["Deployment", "StatefulSet", "ReplicaSet"].contains(&kind) {
            return None;
        }
        let name = workload.at_path(&["metadata", "name"])?.text();
        let (holder, key) = match self.near.autoscalers.get(&(kind, name)) {
            Some(autoscaler) => (*autoscaler, "minReplicas"),
            None => (workload.get("spec")?, "replicas"),
        };
        field(holder, key).map_or(Some(1), NodeRef::as_i64)
    }

    fn rights(&mut self) {
        for rule in items(self.root, "rules") {
            let star = |name| items(rule, name).find(|item| item.text() == "*");
            if let (Some(verb), Some(_), Some(_)) =
                (star("verbs"), star("resources"), star("apiGroups"))
            {
                let message = "this allows everything, Secrets and roles included".to_owned();
                let help = "name the groups, resources and verbs that the program needs";
                self.found(Code::AllRights, verb, message, help);
            }
        }
    }

    fn administrators(&mut self) {
        let Some(name) = self.root.at_path(&["roleRef", "name"]) else { return };
        let mut accounts = items(self.root, "subjects")
            .filter(|subject| text(*subject, "kind") == "ServiceAccount");
        if name.text() == "cluster-admin"
            && let Some(account) = accounts.next()
        {
            let message = format!(
                "pods with the ServiceAccount `{}` may do everything in the whole cluster",
                text(account, "name")
            );
            let help = "bind a role that names what the program needs";
            self.found(Code::AllRights, name, message, help);
        }
    }
}

/// The containers that somebody wrote for good, those that end before the others included or not.
fn lasting(spec: NodeRef<'_>, with_init: bool) -> impl Iterator<Item = (Role, NodeRef<'_>)> {
    pods::containers(spec).filter(move |(role, _)| match role {
        Role::Regular | Role::Sidecar => true,
        Role::Init => with_init,
        Role::Ephemeral => false,
    })
}

fn is_set(node: NodeRef<'_>) -> bool {
    node.kind() != Kind::Null
}

/// The volumes that a container does not mount read-only.
fn written_volumes(spec: NodeRef<'_>) -> BTreeSet<&str> {
    let mounts = pods::containers(spec).flat_map(|(_, container)| items(container, "volumeMounts"));
    let is_written =
        |mount: &NodeRef<'_>| mount.get("readOnly").and_then(NodeRef::as_bool) != Some(true);
    mounts.filter(is_written).map(|mount| text(mount, "name")).collect()
}

/// A number of pods, or a percentage of them, which the server rounds up.
fn share(node: NodeRef<'_>, of: i64) -> Option<i64> {
    match node.text().strip_suffix('%') {
        Some(percent) => {
            let percent: i64 =
                percent.parse().ok().filter(|percent| (0..=100).contains(percent))?;
            Some(percent.checked_mul(of)?.checked_add(99)? / 100)
        }
        None => node.as_i64(),
    }
}

enum Tag {
    /// A version or a digest.
    Fixed,
    Latest,
    None,
}

fn tag(image: &str) -> Tag {
    let name = image.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once(':') {
        _ if image.contains('@') || image.is_empty() => Tag::Fixed,
        Some((_, "latest")) => Tag::Latest,
        Some(_) => Tag::Fixed,
        None => Tag::None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::source::Tree;
    use crate::validate::Extent;
    use crate::validate::testing::tree;

    /// What is said of objects, each as `CODE path`.
    fn said(objects: &[Value]) -> Vec<String> {
        said_at(objects, Level::Privileged)
    }

    fn said_at(objects: &[Value], level: Level) -> Vec<String> {
        let trees: Vec<Tree> = objects.iter().map(tree).collect();
        let member = |tree| Member::new(Tree::root(tree), Author::Other, "");
        let members: Vec<Member<'_>> = trees.iter().map(member).collect();
        let cluster = Cluster { extent: Extent::Files, pod_security: level, ..Cluster::default() };
        let line =
            |(_, finding): &(usize, Finding)| format!("{} {}", finding.code.id(), finding.path);
        check(&members, &cluster).iter().map(line).collect()
    }

    fn workload(kind: &str, spec: &Value, pod: &Value) -> Value {
        let mut whole = json!({ "containers": [{
            "name": "web",
            "image": "web:1",
            "readinessProbe": {},
            "resources": { "limits": { "cpu": 1, "memory": "1Gi" } },
        }], "securityContext": { "runAsNonRoot": true } });
        let mut all = json!({ "template": { "metadata": { "labels": { "app": "web" } } } });
        for (target, source) in [(&mut whole, pod), (&mut all, spec)] {
            for (key, value) in source.as_object().into_iter().flatten() {
                target[key] = value.clone();
            }
        }
        all["template"]["spec"] = whole;
        json!({ "kind": kind, "metadata": { "name": "web" }, "spec": all })
    }

    fn deployment(spec: &Value, pod: &Value) -> Value {
        workload("Deployment", spec, pod)
    }

    #[test]
    fn a_tag_may_follow_the_port_of_a_registry() {
        for (image, moves) in [
            ("web", true),
            ("web:latest", true),
            ("example.com:5000/web", true),
            ("example.com:5000/web:1", false),
            ("web:latest@sha256:00", false),
            ("", false),
        ] {
            let pod = json!({ "initContainers": [{ "name": "a", "image": image }] });
            let path = "V050 spec.template.spec.initContainers[0].image";
            let found = said(&[deployment(&json!({}), &pod)]);
            assert_eq!(found, if moves { vec![path] } else { vec![] }, "{image}");
        }
    }

    #[test]
    fn a_secret_is_told_by_the_last_words_of_its_name() {
        for (name, value, is_plain) in [
            ("PASSWORD", "hunter2", true),
            ("DB_PASSWORD", "hunter2", true),
            ("db.password", "hunter2", true),
            ("STRIPE_API_KEY", "sk_1", true),
            ("API_KEY", "sk_1", true),
            ("KEY", "sk_1", false),
            ("PUBLIC_KEY", "sk_1", false),
            ("PASSWORD_FILE", "hunter2", false),
            ("TOKEN_LIFETIME", "60", false),
            ("NOPASSWORD", "hunter2", false),
            ("PASSWORD", "", false),
            ("REQUIRE_PASSWORD", "true", false),
            ("PASSWORD", "/run/secrets/password", false),
            ("TOKEN", "$(USER):x", false),
        ] {
            let pod = json!({ "initContainers": [{
                "name": "a", "image": "a:1", "env": [{ "name": name, "value": value }],
            }] });
            let path = "V060 spec.template.spec.initContainers[0].env[0].name";
            let found = said(&[deployment(&json!({}), &pod)]);
            assert_eq!(found, if is_plain { vec![path] } else { vec![] }, "{name}: {value}");
        }
        let of_secret = json!({ "secretKeyRef": { "name": "a", "key": "b" } });
        let pod = json!({ "initContainers": [{
            "name": "a", "image": "a:1", "env": [{ "name": "TOKEN", "valueFrom": of_secret }],
        }] });
        assert_eq!(said(&[deployment(&json!({}), &pod)]), [""; 0]);
    }

    #[test]
    fn requests_may_come_from_the_pod_and_from_the_namespace() {
        let container = json!([{ "name": "web", "image": "web:1" }]);
        let bare = deployment(&json!({}), &json!({ "containers": container }));
        let path = "V052 spec.template.spec.containers[0].resources";
        assert_eq!(said(std::slice::from_ref(&bare)), [path]);
        let range = |default: Value| {
            json!({ "kind": "LimitRange", "metadata": { "name": "usual" },
                "spec": { "limits": [{ "type": "Container", "default": default }] } })
        };
        assert_eq!(said(&[bare.clone(), range(json!({ "memory": 1 }))]), [path]);
        assert!(said(&[bare, range(json!({ "cpu": 1, "memory": 1 }))]).is_empty());
        let whole = json!({ "requests": { "cpu": 1 }, "limits": { "memory": 1 } });
        let pod = json!({ "containers": container, "resources": whole });
        assert!(said(&[deployment(&json!({}), &pod)]).is_empty());
    }

    #[test]
    fn only_a_service_makes_readiness_matter() {
        let resources = json!({ "limits": { "cpu": 1, "memory": "1Gi" } });
        let container = json!([{ "name": "web", "image": "web:1", "resources": resources }]);
        let web = deployment(&json!({}), &json!({ "containers": container }));
        let service =
            |spec: Value| json!({ "kind": "Service", "metadata": { "name": "web" }, "spec": spec });
        assert!(said(std::slice::from_ref(&web)).is_empty());
        for (spec, matters) in [
            (json!({ "selector": { "app": "web" } }), true),
            (json!({ "selector": { "app": "api" } }), false),
            (json!({ "selector": {} }), false),
            (json!({ "selector": { "app": "web" }, "publishNotReadyAddresses": true }), false),
        ] {
            let found = said(&[service(spec.clone()), web.clone()]);
            assert_eq!(found.len(), usize::from(matters), "{spec}");
        }
        let job = workload("Job", &json!({}), &json!({ "containers": container }));
        assert!(said(&[service(json!({ "selector": { "app": "web" } })), job]).is_empty());
    }

    #[test]
    fn a_budget_counts_the_fewest_pods() {
        let budget = |spec: Value| {
            let mut spec = spec;
            spec["selector"] = json!({ "matchLabels": { "app": "web" } });
            json!({ "kind": "PodDisruptionBudget", "metadata": { "name": "web" }, "spec": spec })
        };
        let autoscaler = json!({ "kind": "HorizontalPodAutoscaler", "metadata": { "name": "web" },
            "spec": { "minReplicas": 3, "scaleTargetRef": { "kind": "Deployment", "name": "web" } } });
        for (spec, replicas, blocks) in [
            (json!({ "minAvailable": 1 }), 1, true),
            (json!({ "minAvailable": 1 }), 2, false),
            (json!({ "minAvailable": 1 }), 0, false),
            (json!({ "minAvailable": "51%" }), 2, true),
            (json!({ "minAvailable": "50%" }), 2, false),
            (json!({ "maxUnavailable": 0 }), 5, true),
            (json!({ "maxUnavailable": "1%" }), 5, false),
        ] {
            let web = deployment(&json!({ "replicas": replicas }), &json!({}));
            let found = said(&[web.clone(), budget(spec.clone())]);
            assert_eq!(found.len(), usize::from(blocks), "{spec} of {replicas}");
            let scaled = said(&[web, budget(spec.clone()), autoscaler.clone()]);
            let blocks = spec == json!({ "maxUnavailable": 0 });
            assert_eq!(scaled.len(), usize::from(blocks), "{spec} of 3");
        }
        let agent = workload("DaemonSet", &json!({}), &json!({}));
        assert!(said(&[agent, budget(json!({ "minAvailable": 1 }))]).is_empty());
    }

    #[test]
    fn the_standard_of_the_namespace_says_it_first() {
        let pod = json!({ "hostPID": true, "securityContext": {} });
        let web = [deployment(&json!({}), &pod)];
        let (host, root) =
            ("V054 spec.template.spec.hostPID", "V055 spec.template.spec.securityContext");
        assert_eq!(said(&web), [host, root]);
        assert_eq!(said_at(&web, Level::Baseline), [root]);
        assert!(said_at(&web, Level::Restricted).is_empty());
    }

    #[test]
    fn agents_of_nodes_may_read_them() {
        let pod = |read_only: bool| {
            let container = json!({ "name": "a", "image": "a:1", "volumeMounts": [
                { "name": "logs", "mountPath": "/logs", "readOnly": read_only },
            ], "resources": { "limits": { "cpu": 1, "memory": 1 } } });
            json!({ "containers": [container], "volumes": [
                { "name": "logs", "hostPath": { "path": "/var/log" } },
            ] })
        };
        for (kind, read_only, said_of) in
            [("DaemonSet", true, 0), ("DaemonSet", false, 1), ("Deployment", true, 1)]
        {
            let found = said(&[workload(kind, &json!({}), &pod(read_only))]);
            assert_eq!(found.len(), said_of, "{kind} {read_only}");
        }
    }

    #[test]
    fn whoever_is_not_root_is_told_by_container_and_pod() {
        let container = |context: Value| {
            json!({ "name": "a", "image": "a:1", "securityContext": context,
                "resources": { "limits": { "cpu": 1, "memory": 1 } } })
        };
        for (of_pod, of_container, path) in [
            (json!({}), json!({ "runAsUser": 1000 }), None),
            (json!({ "runAsUser": 1000 }), json!({}), None),
            (
                json!({ "runAsUser": 1000 }),
                json!({ "runAsUser": 0 }),
                Some("containers[0].securityContext.runAsUser"),
            ),
            (
                json!({ "runAsNonRoot": true }),
                json!({ "runAsNonRoot": false }),
                Some("containers[0].securityContext.runAsNonRoot"),
            ),
            (json!({}), json!({ "privileged": true }), Some("V054")),
            (json!({}), json!({}), Some("securityContext")),
        ] {
            let pod = json!({ "securityContext": of_pod, "containers": [container(of_container.clone())] });
            let found = said(&[deployment(&json!({}), &pod)]);
            let wanted: Vec<String> = match path {
                None => vec![],
                Some("V054") => vec![
                    "V054 spec.template.spec.containers[0].securityContext.privileged".to_owned(),
                ],
                Some(path) => vec![format!("V055 spec.template.spec.{path}")],
            };
            assert_eq!(found, wanted, "{of_pod} {of_container}");
        }
    }

    #[test]
    fn a_volume_of_one_node_is_for_one_pod_at_a_time() {
        let claim = |mode: &str| {
            json!({ "kind": "PersistentVolumeClaim", "metadata": { "name": "data" },
                "spec": { "accessModes": [mode] } })
        };
        let pod = json!({ "volumes": [{ "name": "d", "persistentVolumeClaim": { "claimName": "data" } }] });
        let path = "V056 spec.template.spec.volumes[0].persistentVolumeClaim.claimName";
        for (spec, mode, shared) in [
            (json!({}), "ReadWriteOnce", true),
            (json!({}), "ReadWriteMany", false),
            (json!({ "strategy": { "type": "Recreate" } }), "ReadWriteOnce", false),
            (json!({ "strategy": { "rollingUpdate": { "maxSurge": 0 } } }), "ReadWriteOnce", false),
            (
                json!({ "replicas": 2, "strategy": { "type": "Recreate" } }),
                "ReadWriteOncePod",
                true,
            ),
            (json!({ "replicas": 0 }), "ReadWriteOnce", false),
        ] {
            let found = said(&[deployment(&spec, &pod), claim(mode)]);
            assert_eq!(found, if shared { vec![path] } else { vec![] }, "{spec} {mode}");
        }
    }

    #[test]
    fn all_rights_are_those_on_everything() {
        let role = |verbs: &str, resources: &str| {
            json!({ "kind": "ClusterRole", "metadata": { "name": "a" }, "rules": [
                { "apiGroups": ["*"], "resources": [resources], "verbs": ["get", verbs] },
            ] })
        };
        assert_eq!(said(&[role("*", "*")]), ["V057 rules[0].verbs[1]"]);
        assert!(said(&[role("*", "pods"), role("list", "*")]).is_empty());
        let binding = |role: &str, subject: &str| {
            json!({ "kind": "ClusterRoleBinding", "metadata": { "name": "a" },
                "roleRef": { "name": role }, "subjects": [{ "kind": subject, "name": "a" }] })
        };
        assert_eq!(said(&[binding("cluster-admin", "ServiceAccount")]), ["V057 roleRef.name"]);
        assert!(
            said(&[binding("cluster-admin", "User"), binding("view", "ServiceAccount")]).is_empty()
        );
    }
}
