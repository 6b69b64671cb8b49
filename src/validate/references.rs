//! What objects say of each other, over all objects of an environment.
//!
//! The API server takes an object that names a Secret nobody made; the pod then waits for
//! ever. Here everything named must be there: among the objects, made by one of them (a
//! SealedSecret makes a Secret), or in the cluster already.

mod index;

use index::{Index, Keys};

use super::fields::{item, items};
use super::finding::{Finding, object_name};
use super::selector::{self, Form};
use super::{Author, Cluster, Extent, Map, Member, pods};
use crate::diagnostic::{Code, Severity, listed, nearest};
use crate::source::{Kind, NodeRef};

/// Checks all objects of an environment, or of some files, together.
pub fn check(members: &[Member<'_>], cluster: &Cluster, out: &mut Vec<Finding>) {
    let before = out.len();
    let index = Index::of(members, cluster);
    if index.has_namesakes {
        twins(members, out);
    }
    // Namespaces mostly lie apart from what lives in them.
    let namespaces = match cluster.extent {
        Extent::Environment => true,
        Extent::Files => members.iter().any(|member| member.kind == "Namespace"),
    };
    for member in members {
        let Member { root, author, namespace, .. } = *member;
        let mut check =
            Check { root, author, namespace, index: &index, extent: cluster.extent, out };
        if namespaces {
            check.namespace();
        }
        check.object(member);
    }
    if cluster.extent == Extent::Files {
        out[before..].iter_mut().for_each(|finding| finding.severity = Severity::Warning);
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the symbol of a constant name is a constant")]
fn text<'t>(node: NodeRef<'t>, name: &str) -> &'t str {
    node.get(name).map_or("", NodeRef::text)
}

/// Reports objects that are one and the same to the cluster.
fn twins(members: &[Member<'_>], out: &mut Vec<Finding>) {
    let mut seen = Map::default();
    // Of a component that two stacks have, every object is a twin: one of them says it.
    let mut reported = std::collections::BTreeSet::new();
    for member in members {
        let Member { group, kind, namespace, name, .. } = *member;
        if name.is_empty() {
            continue;
        }
        let first: &Member<'_> = seen.entry([group, kind, namespace, name]).or_insert(member);
        if first.root.is(member.root) {
            continue;
        }
        let spans = (first.root.at().span(), member.root.at().span());
        if first.stack != member.stack && !reported.insert(spans) {
            continue;
        }
        let message = if first.stack == member.stack {
            "the object is there already".to_owned()
        } else {
            format!("{} and {} both define this object", owner(first), owner(member))
        };
        let finding = Finding::error(Code::DefinedTwice, member.root, member.root, message);
        out.push(finding.also(first.root.at(), "first here").help("rename one of the two"));
    }
}

fn owner(member: &Member<'_>) -> String {
    match member.stack {
        "" => "the environment".to_owned(),
        stack => format!("the stack `{stack}`"),
    }
}

struct Check<'t, 'i, 'o> {
    root: NodeRef<'t>,
    author: Author,
    namespace: &'t str,
    index: &'i Index<'t>,
    extent: Extent,
    out: &'o mut Vec<Finding>,
}

impl<'t> Check<'t, '_, '_> {
    fn namespace(&mut self) {
        if !self.namespace.is_empty() {
            let node = self.root.at_path(&["metadata", "namespace"]);
            self.exists("Namespace", "", node);
        }
    }

    fn object(&mut self, member: &Member<'t>) {
        if let Some(template) = member.pod {
            self.pod(template);
        }
        match (member.kind, member.root.get("spec")) {
            ("StatefulSet", Some(spec)) => self.stateful_set(spec),
            ("PersistentVolumeClaim", Some(spec)) => self.claim(spec),
            ("Service", Some(spec)) => self.service(spec),
            ("Ingress", Some(spec)) => self.ingress(spec),
            ("HTTPRoute" | "GRPCRoute", Some(spec)) => self.route(spec),
            ("HorizontalPodAutoscaler", Some(spec)) => self.autoscaler(spec),
            ("PodDisruptionBudget", Some(spec)) => {
                self.selects_pods(spec.get("selector"), Form::LabelSelector);
            }
            // gen's own policies may be for pods that controllers make, such as ACME's solvers.
            ("NetworkPolicy", Some(spec)) if self.author == Author::Other => {
                self.selects_pods(spec.get("podSelector"), Form::LabelSelector);
            }
            ("ServiceMonitor", Some(spec)) => self.service_monitor(spec),
            ("PodMonitor", Some(spec)) if spec.get("namespaceSelector").is_none() => {
                self.selects_pods(spec.get("selector"), Form::LabelSelector);
            }
            ("Certificate", Some(spec)) => self.certificate(spec),
            ("RoleBinding" | "ClusterRoleBinding", _) => self.binding(),
            ("ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration", _) => {
                self.webhooks();
            }
            _ => {}
        }
    }

    /// Requires an object of a kind, named by a node. An empty name is the schema's business.
    fn exists(&mut self, kind: &str, namespace: &str, name: Option<NodeRef<'t>>) -> bool {
        let Some(node) = name.filter(|name| !name.text().is_empty()) else { return false };
        if self.index.has(kind, namespace, node.text()) {
            return true;
        }
        let there = match namespace {
            "" => String::new(),
            namespace => format!(" in the namespace `{namespace}`"),
        };
        let message = format!("there is no {kind} `{}`{there}", node.text());
        let finding = Finding::error(Code::DanglingReference, self.root, node, message);
        let finding = match nearest(node.text(), self.index.names(kind, namespace)) {
            Some(near) => finding.help(format!("write `{near}`")),
            None => finding.help(missing_help(kind, self.extent)),
        };
        self.out.push(finding);
        false
    }

    fn pod(&mut self, template: NodeRef<'t>) {
        let Some(spec) = template.get("spec") else { return };
        let namespace = self.namespace;
        if text(spec, "serviceAccountName") != "default" {
            self.exists("ServiceAccount", namespace, spec.get("serviceAccountName"));
        }
        self.exists("PriorityClass", "", spec.get("priorityClassName"));
        for secret in items(spec, "imagePullSecrets") {
            self.exists("Secret", namespace, secret.get("name"));
        }
        for volume in items(spec, "volumes") {
            self.volume(volume);
        }
        for (_, container) in pods::containers(spec) {
            for source in items(container, "envFrom") {
                for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                    if let Some(source) = source.get(field).filter(|source| !optional(*source)) {
                        self.exists(kind, namespace, source.get("name"));
                    }
                }
            }
            for variable in items(container, "env") {
                let Some(from) = variable.get("valueFrom") else { continue };
                for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")]
                {
                    if let Some(source) = from.get(field) {
                        self.keys(kind, source, source.get("name"), source.get("key").into_iter());
                    }
                }
            }
            self.probes(container);
        }
    }

    fn volume(&mut self, volume: NodeRef<'t>) {
        let namespace = self.namespace;
        if let Some(claim) = volume.get("persistentVolumeClaim") {
            self.exists("PersistentVolumeClaim", namespace, claim.get("claimName"));
        }
        if let Some(config) = volume.get("configMap") {
            self.keys("ConfigMap", config, config.get("name"), chosen(config));
        }
        if let Some(secret) = volume.get("secret") {
            self.keys("Secret", secret, secret.get("secretName"), chosen(secret));
        }
        for source in volume.get("projected").into_iter().flat_map(|of| items(of, "sources")) {
            for (field, kind) in [("configMap", "ConfigMap"), ("secret", "Secret")] {
                if let Some(source) = source.get(field) {
                    self.keys(kind, source, source.get("name"), chosen(source));
                }
            }
        }
    }

    /// Requires a ConfigMap or Secret and some of its keys.
    fn keys(
        &mut self,
        kind: &str,
        source: NodeRef<'t>,
        name: Option<NodeRef<'t>>,
        wanted: impl Iterator<Item = NodeRef<'t>>,
    ) {
        let namespace = self.namespace;
        if optional(source) || !self.exists(kind, namespace, name) {
            return;
        }
        let Some(name) = name.map(NodeRef::text) else { return };
        let Some(Keys::Known(keys)) = self.index.keys(kind, namespace, name) else { return };
        for key in wanted.filter(|key| !keys.contains(key.text())) {
            let message = format!("the {kind} `{name}` has no key `{}`", key.text());
            let finding = Finding::error(Code::DanglingKey, self.root, key, message);
            self.out.push(match nearest(key.text(), keys.iter().copied()) {
                Some(near) => finding.help(format!("write `{near}`")),
                None if keys.is_empty() => finding.help("it has no keys"),
                None => finding.help(format!("the keys are {}", listed(keys.iter().copied()))),
            });
        }
    }

    /// A probe may name a port, which the container then has.
    fn probes(&mut self, container: NodeRef<'t>) {
        let names = || items(container, "ports").filter_map(|port| port.get("name"));
        let has = |name: &str| item(container, "ports", &["name"], name).is_some();
        let probes = [
            container.get("livenessProbe"),
            container.get("readinessProbe"),
            container.get("startupProbe"),
        ];
        for probe in probes.into_iter().flatten() {
            let handlers = [probe.get("httpGet"), probe.get("tcpSocket")];
            for port in handlers.into_iter().flatten().filter_map(|handler| handler.get("port")) {
                if port.kind() == Kind::Str && !has(port.text()) {
                    let message = format!("the container has no port `{}`", port.text());
                    self.no_port(port, message, names().map(NodeRef::text));
                }
            }
        }
    }

    fn no_port<'n>(
        &mut self,
        node: NodeRef<'t>,
        message: String,
        known: impl Iterator<Item = &'n str>,
    ) {
        let finding = Finding::error(Code::DanglingPort, self.root, node, message);
        let known = listed(known);
        self.out.push(match known.as_str() {
            "" => finding.help("it has no ports"),
            known => finding.help(format!("the ports are {known}")),
        });
    }

    fn stateful_set(&mut self, spec: NodeRef<'t>) {
        self.exists("Service", self.namespace, spec.get("serviceName"));
        for claim in items(spec, "volumeClaimTemplates") {
            if let Some(spec) = claim.get("spec") {
                self.claim(spec);
            }
        }
    }

    fn claim(&mut self, spec: NodeRef<'t>) {
        self.exists("StorageClass", "", spec.get("storageClassName"));
    }

    fn service(&mut self, spec: NodeRef<'t>) {
        let Some(wanted) = spec.get("selector").filter(|wanted| !wanted.is_empty()) else { return };
        self.selects_pods(Some(wanted), Form::Labels);
        let (index, namespace) = (self.index, self.namespace);
        if index.selected(namespace, wanted, Form::Labels).next().is_none() {
            return;
        }
        let is_selected = |pod: &NodeRef<'t>| Form::Labels.selects(wanted, pods::labels(*pod));
        let targets = items(spec, "ports").filter_map(|port| port.get("targetPort"));
        for target in targets.filter(|target| target.kind() == Kind::Str) {
            if index.with_port(namespace, target.text()).find(is_selected).is_none() {
                let message = format!("the pods have no port `{}`", target.text());
                let pods = index.with_ports(namespace).filter(is_selected);
                self.no_port(target, message, pods.flat_map(port_names));
            }
        }
    }

    /// Requires that a selector selects a pod of the namespace; one that asks for nothing may.
    fn selects_pods(&mut self, wanted: Option<NodeRef<'t>>, form: Form) {
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else { return };
        if self.index.selected(self.namespace, wanted, form).next().is_none() {
            self.selects_nothing(wanted, "no pod of the namespace has these labels");
        }
    }

    fn selects_nothing(&mut self, wanted: NodeRef<'t>, message: &str) {
        let finding = Finding::error(Code::SelectsNothing, self.root, wanted, message.to_owned())
            .help("write labels that the pods have");
        // An operator of somebody else's may make the pods.
        self.out.push(match self.author {
            Author::Gen => finding,
            Author::Other => finding.warning(),
        });
    }

    /// Requires a port of a Service, by name or by number.
    fn service_port(&mut self, namespace: &str, service: NodeRef<'t>, port: Option<NodeRef<'t>>) {
        if !self.exists("Service", namespace, Some(service)) {
            return;
        }
        let Some(port) = port else { return };
        let Some(root) = self.index.object("Service", namespace, service.text()) else { return };
        let Some(ports) = root.at_path(&["spec", "ports"]) else { return };
        let path: &[&str] = if port.kind() == Kind::Int { &["port"] } else { &["name"] };
        if text(root, "kind") == "Service" && ports.item_with(path, port.text()).is_none() {
            let message = format!("{} has no port `{}`", object_name(root), port.text());
            let values = ports.items().filter_map(|port| port.at_path(path)).map(NodeRef::text);
            self.no_port(port, message, values);
        }
    }

    fn ingress(&mut self, spec: NodeRef<'t>) {
        let namespace = self.namespace;
        let rules = items(spec, "rules").filter_map(|rule| rule.get("http"));
        let paths = rules.flat_map(|http| items(http, "paths"));
        let backends = paths.filter_map(|path| path.get("backend"));
        for backend in backends.chain(spec.get("defaultBackend")) {
            let Some(service) = backend.get("service") else { continue };
            let port = service.get("port");
            let port = port.and_then(|port| port.get("number").or_else(|| port.get("name")));
            if let Some(name) = service.get("name") {
                self.service_port(namespace, name, port);
            }
        }
        for tls in items(spec, "tls") {
            self.exists("Secret", namespace, tls.get("secretName"));
        }
        let annotations = self.root.at_path(&["metadata", "annotations"]);
        let annotation = |name| annotations.and_then(|all| all.get(name));
        self.exists("ClusterIssuer", "", annotation("cert-manager.io/cluster-issuer"));
        self.exists("Issuer", namespace, annotation("cert-manager.io/issuer"));
    }

    fn route(&mut self, spec: NodeRef<'t>) {
        for rule in items(spec, "rules") {
            for backend in items(rule, "backendRefs") {
                if !matches!(text(backend, "kind"), "" | "Service") {
                    continue;
                }
                let namespace = match text(backend, "namespace") {
                    "" => self.namespace,
                    namespace => namespace,
                };
                if let Some(name) = backend.get("name") {
                    self.service_port(namespace, name, backend.get("port"));
                }
            }
        }
    }

    fn autoscaler(&mut self, spec: NodeRef<'t>) {
        if let Some(target) = spec.get("scaleTargetRef") {
            let kind = text(target, "kind");
            if matches!(kind, "Deployment" | "StatefulSet" | "ReplicaSet") {
                self.exists(kind, self.namespace, target.get("name"));
            }
        }
    }

    fn service_monitor(&mut self, spec: NodeRef<'t>) {
        if spec.get("namespaceSelector").is_some_and(|all| !all.is_empty()) {
            return;
        }
        let Some(wanted) = spec.get("selector") else { return };
        let labels = |service: NodeRef<'t>| service.at_path(&["metadata", "labels"]);
        let services: Vec<NodeRef<'t>> = self
            .index
            .objects("Service", self.namespace)
            .filter(|service| selector::selects(wanted, labels(*service)))
            .collect();
        if services.is_empty() {
            return self.selects_nothing(wanted, "no Service of the namespace has these labels");
        }
        let names = || {
            let specs = services.iter().filter_map(|service| service.get("spec"));
            let ports = specs.flat_map(|spec| items(spec, "ports"));
            ports.filter_map(|port| port.get("name")).map(NodeRef::text)
        };
        for port in items(spec, "endpoints").filter_map(|endpoint| endpoint.get("port")) {
            if !names().any(|name| name == port.text()) {
                let message = format!("no selected Service has a port `{}`", port.text());
                self.no_port(port, message, names());
            }
        }
    }

    fn certificate(&mut self, spec: NodeRef<'t>) {
        let Some(issuer) = spec.get("issuerRef") else { return };
        match text(issuer, "kind") {
            "ClusterIssuer" => self.exists("ClusterIssuer", "", issuer.get("name")),
            "" | "Issuer" => self.exists("Issuer", self.namespace, issuer.get("name")),
            _ => true,
        };
    }

    fn webhooks(&mut self) {
        for hook in items(self.root, "webhooks") {
            let service = hook.get("clientConfig").and_then(|config| config.get("service"));
            if let Some(service) = service
                && let Some(name) = service.get("name")
            {
                self.service_port(text(service, "namespace"), name, service.get("port"));
            }
        }
    }

    fn binding(&mut self) {
        let role = self.root.get("roleRef");
        match role.map_or("", |role| text(role, "kind")) {
            "Role" => self.exists("Role", self.namespace, role.and_then(|role| role.get("name"))),
            "ClusterRole" => self.exists("ClusterRole", "", role.and_then(|role| role.get("name"))),
            _ => true,
        };
        for subject in items(self.root, "subjects") {
            if text(subject, "kind") == "ServiceAccount" && text(subject, "name") != "default" {
                let namespace = match text(subject, "namespace") {
                    "" => self.namespace,
                    namespace => namespace,
                };
                self.exists("ServiceAccount", namespace, subject.get("name"));
            }
        }
    }
}

/// The names of the ports of a pod.
fn port_names(template: NodeRef<'_>) -> impl Iterator<Item = &str> {
    let containers = template.get("spec").into_iter().flat_map(pods::containers);
    let ports = containers.flat_map(|(_, container)| items(container, "ports"));
    ports.filter_map(|port| port.get("name")).map(NodeRef::text)
}

fn optional(source: NodeRef<'_>) -> bool {
    source.get("optional").is_some_and(|optional| optional.text() == "true")
}

/// The keys that a volume takes out of its source.
fn chosen(source: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    items(source, "items").filter_map(|item| item.get("key"))
}

pub(super) fn missing_help(kind: &str, extent: Extent) -> String {
    if extent == Extent::Files {
        return "make sure that the cluster has it, or check its file along with these".to_owned();
    }
    let list = match kind {
        "StorageClass" => "storageClasses",
        "PriorityClass" => "priorityClasses",
        "ClusterIssuer" => "clusterIssuers",
        _ => "objects",
    };
    format!("if the cluster has it, list it under `existing: {{ {list} }}` of the environment")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::source::Tree;
    use crate::validate::testing::{found, tree};

    fn object(kind: &str, name: &str, rest: Value) -> Value {
        let api_version = match kind {
            "Deployment" | "StatefulSet" => "apps/v1",
            "Ingress" | "NetworkPolicy" => "networking.k8s.io/v1",
            "RoleBinding" | "Role" => "rbac.authorization.k8s.io/v1",
            _ => "v1",
        };
        let mut object = json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": { "name": name, "namespace": "shop" },
        });
        if let Value::Object(rest) = rest {
            object.as_object_mut().into_iter().for_each(|object| object.extend(rest.clone()));
        }
        object
    }

    fn check_all(objects: &[Value], cluster: &Cluster) -> Vec<String> {
        check_all_by(Author::Gen, objects, cluster)
    }

    fn check_all_by(author: Author, objects: &[Value], cluster: &Cluster) -> Vec<String> {
        let trees: Vec<Tree> = objects.iter().map(tree).collect();
        let member = |tree| Member::new(Tree::root(tree), author, "shop");
        let members: Vec<Member<'_>> = trees.iter().map(member).collect();
        let mut out = Vec::new();
        check(&members, cluster, &mut out);
        found(&out)
    }

    /// Objects in the namespace `shop`, which the cluster has.
    fn found_in(objects: &[Value]) -> Vec<String> {
        let objects_there = vec!["Namespace/shop".to_owned()];
        check_all(objects, &Cluster { objects: objects_there, ..Cluster::default() })
    }

    fn pods(kind: &str, labels: &Value, spec: &Value) -> Value {
        let template = json!({ "metadata": { "labels": labels }, "spec": spec });
        object(kind, "web", json!({ "spec": { "template": template } }))
    }

    fn web(spec: &Value) -> Value {
        pods("Deployment", &json!({ "app": "web" }), spec)
    }

    const NOTHING: [&str; 0] = [];
    const LIST: &str = "[if the cluster has it, list it under `existing: { objects }` of the \
                        environment]";

    #[test]
    fn namespaces_exist() {
        let config = object("ConfigMap", "a", Value::Null);
        assert_eq!(
            check_all(std::slice::from_ref(&config), &Cluster::default()),
            [format!("V030 metadata.namespace: there is no Namespace `shop` {LIST}")]
        );
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop" },
        });
        assert_eq!(check_all(&[namespace, config], &Cluster::default()), NOTHING);
    }

    #[test]
    fn pods_name_what_exists() {
        let spec = json!({
            "serviceAccountName": "web",
            "priorityClassName": "high",
            "imagePullSecrets": [{ "name": "pull" }],
            "volumes": [
                { "name": "a", "persistentVolumeClaim": { "claimName": "data" } },
                { "name": "b", "configMap": { "name": "settigns" } },
                { "name": "c", "secret": { "secretName": "gone", "optional": true } },
                { "name": "d", "projected": { "sources": [{ "secret": { "name": "no" } }] } },
            ],
            "containers": [{ "name": "web", "envFrom": [{ "secretRef": { "name": "env" } }] }],
        });
        let settings = object("ConfigMap", "settings", Value::Null);
        let at = "spec.template.spec";
        let shop = "in the namespace `shop`";
        assert_eq!(
            found_in(&[web(&spec), settings]),
            [
                format!(
                    "V030 {at}.serviceAccountName: there is no ServiceAccount `web` {shop} {LIST}"
                ),
                format!(
                    "V030 {at}.priorityClassName: there is no PriorityClass `high` {}",
                    LIST.replace("objects", "priorityClasses")
                ),
                format!(
                    "V030 {at}.imagePullSecrets[0].name: there is no Secret `pull` {shop} {LIST}"
                ),
                format!(
                    "V030 {at}.volumes[0].persistentVolumeClaim.claimName: there is no \
                     PersistentVolumeClaim `data` {shop} {LIST}"
                ),
                format!(
                    "V030 {at}.volumes[1].configMap.name: there is no ConfigMap `settigns` \
                     {shop} [write `settings`]"
                ),
                format!(
                    "V030 {at}.volumes[3].projected.sources[0].secret.name: there is no Secret \
                     `no` {shop} {LIST}"
                ),
                format!(
                    "V030 {at}.containers[0].envFrom[0].secretRef.name: there is no Secret `env` \
                     {shop} {LIST}"
                ),
            ]
        );
    }

    #[test]
    fn keys_are_those_of_what_makes_the_secret() {
        let env = |name: &str, key: &str| {
            let from = json!({ "secretKeyRef": { "name": name, "key": key } });
            json!({ "name": "A", "valueFrom": from })
        };
        let missing = |makers: &[Value], name: &str, key: &str| {
            let container = json!({ "name": "web", "env": [env(name, key)] });
            let mut objects = makers.to_vec();
            objects.push(web(&json!({ "containers": [container] })));
            let of_deployment = |line: &String| line.contains("spec.containers[0].env");
            found_in(&objects).iter().filter(|line| of_deployment(line)).count()
        };
        let template = json!({ "data": { "url": "" } });
        let makers = [
            object("Secret", "plain", json!({ "data": { "a": "" }, "stringData": { "b": "" } })),
            object(
                "SealedSecret",
                "sealed",
                json!({ "spec": { "encryptedData": { "a": "" }, "template": template } }),
            ),
            object(
                "ExternalSecret",
                "read",
                json!({ "spec": {
                    "target": { "name": "external" },
                    "data": [{ "secretKey": "a", "remoteRef": { "key": "x" } }],
                } }),
            ),
            object(
                "ExternalSecret",
                "written",
                json!({ "spec": {
                    "target": { "template": template },
                    "data": [{ "secretKey": "a", "remoteRef": { "key": "x" } }],
                } }),
            ),
            object("ExternalSecret", "open", json!({ "spec": { "dataFrom": [{}] } })),
            object("Certificate", "c", json!({ "spec": { "secretName": "tls" } })),
        ];
        for (name, key, wanted) in [
            ("plain", "a", 0),
            ("plain", "b", 0),
            ("plain", "c", 1),
            ("sealed", "a", 0),
            ("sealed", "url", 0),
            ("sealed", "b", 1),
            ("external", "a", 0),
            ("external", "b", 1),
            ("read", "a", 1),
            ("written", "url", 0),
            ("written", "a", 1),
            ("open", "anything", 0),
            ("tls", "tls.crt", 0),
            ("tls", "crt", 1),
        ] {
            assert_eq!(missing(&makers, name, key), wanted, "{name} {key}");
        }
    }

    #[test]
    fn a_missing_key_names_those_that_are_there() {
        let config =
            object("ConfigMap", "settings", json!({ "data": { "level": "", "port": "" } }));
        let volume = json!({ "name": "a", "configMap": {
            "name": "settings", "items": [{ "key": "levle", "path": "x" }, { "key": "zzz", "path": "y" }],
        } });
        let at = "spec.template.spec.volumes[0].configMap.items";
        assert_eq!(
            found_in(&[config, web(&json!({ "volumes": [volume] }))]),
            [
                format!(
                    "V031 {at}[0].key: the ConfigMap `settings` has no key `levle` [write `level`]"
                ),
                format!(
                    "V031 {at}[1].key: the ConfigMap `settings` has no key `zzz` \
                     [the keys are `level`, `port`]"
                ),
            ]
        );
    }

    fn container(port: &str) -> Value {
        json!({ "containers": [{ "name": "web", "ports": [{ "name": port, "containerPort": 1 }] }] })
    }

    #[test]
    fn services_select_pods_and_their_ports() {
        let service = |selector: &Value, target: &str| {
            let ports = json!([{ "name": "http", "port": 80, "targetPort": target }]);
            object("Service", "web", json!({ "spec": { "selector": selector, "ports": ports } }))
        };
        let of = |selector: Value, target: &str| {
            found_in(&[web(&container("http")), service(&selector, target)])
        };
        assert_eq!(of(json!({ "app": "web" }), "http"), NOTHING);
        assert_eq!(of(json!({}), "http"), NOTHING);
        assert_eq!(
            of(json!({ "app": "web" }), "https"),
            ["V032 spec.ports[0].targetPort: the pods have no port `https` [the ports are `http`]"]
        );
        assert_eq!(
            of(json!({ "app": "wbe" }), "http"),
            ["V033 spec.selector: no pod of the namespace has these labels \
              [write labels that the pods have]"]
        );
    }

    #[test]
    fn ways_in_lead_to_ports_of_services() {
        let ports = json!([{ "name": "http", "port": 80 }]);
        let service = object("Service", "web", json!({ "spec": { "ports": ports } }));
        let backend = |port: Value| {
            let service = json!({ "name": "web", "port": port });
            json!({ "path": "/", "backend": { "service": service } })
        };
        let paths = [backend(json!({ "number": 80 })), backend(json!({ "number": 8080 }))];
        let ingress = object(
            "Ingress",
            "in",
            json!({ "spec": {
                "rules": [{ "http": { "paths": paths } }], "tls": [{ "secretName": "tls" }],
            } }),
        );
        let route = object(
            "HTTPRoute",
            "in",
            json!({ "spec": { "rules": [{ "backendRefs": [
                { "name": "web", "port": 80 }, { "name": "web", "port": 81 }, { "name": "wbe" },
            ] }] } }),
        );
        assert_eq!(
            found_in(&[service.clone(), ingress.clone(), route]),
            [
                "V032 spec.rules[0].http.paths[1].backend.service.port.number: Service shop/web \
                 has no port `8080` [the ports are `80`]"
                    .to_owned(),
                format!(
                    "V030 spec.tls[0].secretName: there is no Secret `tls` in the namespace \
                     `shop` {LIST}"
                ),
                "V032 spec.rules[0].backendRefs[1].port: Service shop/web has no port `81` \
                 [the ports are `80`]"
                    .to_owned(),
                "V030 spec.rules[0].backendRefs[2].name: there is no Service `wbe` in the \
                 namespace `shop` [write `web`]"
                    .to_owned(),
            ]
        );
        let mut shim = ingress;
        shim["metadata"]["annotations"] = json!({ "cert-manager.io/cluster-issuer": "le" });
        shim["spec"]["rules"] = json!([]);
        let cluster = Cluster {
            cluster_issuers: vec!["le".to_owned()],
            objects: vec!["Namespace/shop".to_owned()],
            ..Cluster::default()
        };
        assert_eq!(check_all(&[service, shim], &cluster), NOTHING);
    }

    #[test]
    fn probes_name_ports_of_their_container() {
        let mut spec = container("http");
        spec["containers"][0]["livenessProbe"] = json!({ "httpGet": { "port": "htpt" } });
        assert_eq!(
            found_in(&[web(&spec)]),
            ["V032 spec.template.spec.containers[0].livenessProbe.httpGet.port: the container \
              has no port `htpt` [the ports are `http`]"]
        );
    }

    #[test]
    fn policies_written_elsewhere_select_pods() {
        let labels = json!({ "matchLabels": { "app": "gone" } });
        let objects = [
            web(&json!({})),
            object("NetworkPolicy", "a", json!({ "spec": { "podSelector": labels } })),
            object("NetworkPolicy", "all", json!({ "spec": { "podSelector": {} } })),
        ];
        let there = vec!["Namespace/shop".to_owned()];
        let cluster = Cluster { objects: there, ..Cluster::default() };
        assert_eq!(
            check_all_by(Author::Other, &objects, &cluster),
            ["V033 spec.podSelector: no pod of the namespace has these labels [write labels \
                 that the pods have]"]
        );
        // Gen's own also select pods that controllers make.
        assert_eq!(check_all_by(Author::Gen, &objects, &cluster), NOTHING);
    }

    #[test]
    fn scaling_budgets_monitors_and_bindings_have_targets() {
        let labels = json!({ "matchLabels": { "app": "gone" } });
        let target = json!({ "kind": "Deployment", "name": "wbe" });
        let objects = [
            web(&json!({})),
            object("HorizontalPodAutoscaler", "a", json!({ "spec": { "scaleTargetRef": target } })),
            object("PodDisruptionBudget", "a", json!({ "spec": { "selector": labels } })),
            object("ServiceMonitor", "a", json!({ "spec": { "selector": labels } })),
            object(
                "RoleBinding",
                "a",
                json!({
                    "roleRef": { "kind": "Role", "name": "reader" },
                    "subjects": [{ "kind": "ServiceAccount", "name": "robot" }],
                }),
            ),
            object(
                "RoleBinding",
                "b",
                json!({ "roleRef": { "kind": "ClusterRole", "name": "view" } }),
            ),
        ];
        let selects = "[write labels that the pods have]";
        let shop = "in the namespace `shop`";
        assert_eq!(
            found_in(&objects),
            [
                format!(
                    "V030 spec.scaleTargetRef.name: there is no Deployment `wbe` {shop} [write `web`]"
                ),
                format!("V033 spec.selector: no pod of the namespace has these labels {selects}"),
                format!(
                    "V033 spec.selector: no Service of the namespace has these labels {selects}"
                ),
                format!("V030 roleRef.name: there is no Role `reader` {shop} {LIST}"),
                format!("V030 subjects[0].name: there is no ServiceAccount `robot` {shop} {LIST}"),
            ]
        );
    }

    #[test]
    fn claims_name_storage_classes_of_the_cluster() {
        let claim =
            object("PersistentVolumeClaim", "a", json!({ "spec": { "storageClassName": "fast" } }));
        let mut cluster =
            Cluster { objects: vec!["Namespace/shop".to_owned()], ..Cluster::default() };
        let list = LIST.replace("objects", "storageClasses");
        assert_eq!(
            check_all(std::slice::from_ref(&claim), &cluster),
            [format!("V030 spec.storageClassName: there is no StorageClass `fast` {list}")]
        );
        cluster.storage_classes.push("fast".to_owned());
        assert_eq!(check_all(&[claim], &cluster), NOTHING);
    }

    #[test]
    fn what_the_cluster_has_already_counts() {
        let cluster = Cluster {
            objects: vec!["Namespace/shop".to_owned(), "Secret/shop/env".to_owned()],
            ..Cluster::default()
        };
        let from = json!([{ "secretRef": { "name": "env" } }]);
        let spec = json!({ "containers": [{ "name": "web", "envFrom": from }] });
        assert_eq!(check_all(&[web(&spec)], &cluster), NOTHING);
    }

    #[test]
    fn an_object_is_defined_once() {
        let trees = [
            tree(&object("ConfigMap", "a", Value::Null)),
            tree(&object("ConfigMap", "a", Value::Null)),
            tree(&object("Secret", "a", Value::Null)),
        ];
        let member = |index: usize, stack| Member::new(trees[index].root(), Author::Gen, stack);
        let of = |members: &[Member<'_>]| {
            let mut out = Vec::new();
            twins(members, &mut out);
            found(&out)
        };
        assert_eq!(of(&[member(0, "shop"), member(2, "news")]), NOTHING);
        assert_eq!(
            of(&[member(0, "shop"), member(1, "news")]),
            ["V034 : the stack `shop` and the stack `news` both define this object \
              [rename one of the two]"]
        );
        assert_eq!(
            of(&[member(0, ""), member(1, "")]),
            ["V034 : the object is there already [rename one of the two]"]
        );
    }
}
