//! Everything that can be referred to in an environment.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use indexmap::map::Entry as MapEntry;

use super::{Member, items, port_names, text};
use crate::source::NodeRef;
use crate::validate::selector::Form;
use crate::validate::{Cluster, Map, pods};

/// The keys of a ConfigMap or a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys<'t> {
    /// These and no others.
    Known(BTreeSet<&'t str>),
    /// Whatever the cluster or a store outside of it says.
    Open,
}

/// Something that can be referred to.
struct Entry<'t> {
    /// The object itself, or the one that makes it; none for what the cluster has already.
    by: Option<NodeRef<'t>>,
    keys: Keys<'t>,
}

/// The pods that have names for ports.
#[derive(Default)]
struct Ported<'t> {
    /// By namespace.
    pods: Map<&'t str, Vec<NodeRef<'t>>>,
    /// By namespace and each name.
    by_name: Map<(&'t str, &'t str), Vec<NodeRef<'t>>>,
}

impl<'t> Ported<'t> {
    fn of(pods: &Map<&'t str, Vec<NodeRef<'t>>>) -> Self {
        let mut ported = Self::default();
        for (namespace, pods) in pods {
            for pod in pods {
                let mut names = port_names(*pod).peekable();
                if names.peek().is_some() {
                    ported.pods.entry(namespace).or_default().push(*pod);
                }
                for name in names {
                    ported.by_name.entry((namespace, name)).or_default().push(*pod);
                }
            }
        }
        ported
    }
}

/// What there is of a kind in a namespace.
#[derive(Default)]
struct ByName<'t> {
    entries: Map<&'t str, Entry<'t>>,
    /// The names in order, once somebody has asked for them.
    sorted: OnceCell<Vec<&'t str>>,
}

/// Everything that can be referred to.
#[derive(Default)]
pub struct Index<'t> {
    /// By kind, namespace and name.
    entries: Map<&'t str, Map<&'t str, ByName<'t>>>,
    pods: Map<&'t str, Vec<NodeRef<'t>>>,
    /// The same pods by namespace and each of their labels.
    labelled: Map<(&'t str, &'t str, &'t str), Vec<NodeRef<'t>>>,
    /// Those of the pods with names for ports, once somebody has asked for one.
    ported: OnceCell<Ported<'t>>,
    /// Whether objects of one name, of kinds of one name, were met.
    pub has_namesakes: bool,
}

/// What every cluster has from the start.
const BUILT_IN: [(&str, &str); 10] = [
    ("Namespace", "default"),
    ("Namespace", "kube-system"),
    ("Namespace", "kube-public"),
    ("Namespace", "kube-node-lease"),
    ("PriorityClass", "system-cluster-critical"),
    ("PriorityClass", "system-node-critical"),
    ("ClusterRole", "cluster-admin"),
    ("ClusterRole", "admin"),
    ("ClusterRole", "edit"),
    ("ClusterRole", "view"),
];

impl<'t> Index<'t> {
    /// Indexes the objects of an environment and what its cluster has.
    pub fn of(members: &[Member<'t>], cluster: &'t Cluster) -> Self {
        let mut index = Self::default();
        for (kind, name) in BUILT_IN {
            index.add(kind, "", name, None, Keys::Open);
        }
        for (kind, names) in [
            ("StorageClass", &cluster.storage_classes),
            ("PriorityClass", &cluster.priority_classes),
            ("ClusterIssuer", &cluster.cluster_issuers),
        ] {
            for name in names {
                index.add(kind, "", name, None, Keys::Open);
            }
        }
        for object in &cluster.objects {
            let (kind, namespace, name) = match object.split('/').collect::<Vec<_>>()[..] {
                [kind, name] => (kind, "", name),
                [kind, namespace, name] => (kind, namespace, name),
                _ => continue,
            };
            index.add(kind, namespace, name, None, Keys::Open);
        }
        for member in members {
            index.add_object(member);
        }
        let namespaces: BTreeSet<&str> = members.iter().map(|member| member.namespace).collect();
        for (name, keys) in &cluster.secrets {
            let keys: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
            for namespace in &namespaces {
                index.add("Secret", namespace, name, None, Keys::Known(keys.clone()));
            }
        }
        index
    }

    /// Adds something, unless it is there already: whether it is new.
    fn add(
        &mut self,
        kind: &'t str,
        namespace: &'t str,
        name: &'t str,
        by: Option<NodeRef<'t>>,
        keys: Keys<'t>,
    ) -> bool {
        let of_kind = self.entries.entry(kind).or_default();
        match of_kind.entry(namespace).or_default().entries.entry(name) {
            MapEntry::Vacant(place) => {
                place.insert(Entry { by, keys });
                true
            }
            MapEntry::Occupied(_) => false,
        }
    }

    fn add_object(&mut self, member: &Member<'t>) {
        let Member { root, kind, namespace, name, pod, .. } = *member;
        let by = Some(root);
        let keys = match kind {
            "ConfigMap" => Keys::Known(keys_of(root, &["data", "binaryData"])),
            "Secret" => Keys::Known(keys_of(root, &["data", "stringData"])),
            _ => Keys::Open,
        };
        self.has_namesakes |= !self.add(kind, namespace, name, by, keys);
        if let Some(template) = pod {
            self.pods.entry(namespace).or_default().push(template);
            for label in pods::labels(template).into_iter().flat_map(NodeRef::entries) {
                let at = (namespace, label.key().unwrap_or_default(), label.text());
                self.labelled.entry(at).or_default().push(template);
            }
        }
        let specs = ["SealedSecret", "ExternalSecret", "Certificate", "Ingress"];
        let Some(spec) = root.get("spec").filter(|_| specs.contains(&kind)) else { return };
        match kind {
            "SealedSecret" => {
                let mut keys = keys_of(spec, &["encryptedData"]);
                if let Some(template) = spec.get("template") {
                    keys.append(&mut keys_of(template, &["data"]));
                }
                self.add("Secret", namespace, name, by, Keys::Known(keys));
            }
            "ExternalSecret" => {
                let target = spec.get("target");
                let made = target.map_or("", |target| text(target, "name"));
                let made = if made.is_empty() { name } else { made };
                self.add("Secret", namespace, made, by, external_keys(spec, target));
            }
            "Certificate" => {
                let keys = Keys::Known(["ca.crt", "tls.crt", "tls.key"].into());
                let more = ["keystores", "additionalOutputFormats"];
                let more = more.iter().any(|field| spec.get(field).is_some());
                let keys = if more { Keys::Open } else { keys };
                self.add("Secret", namespace, text(spec, "secretName"), by, keys);
            }
            // cert-manager makes the Secrets of an Ingress that names an issuer.
            "Ingress" if names_issuer(root) => {
                for tls in items(spec, "tls") {
                    self.add("Secret", namespace, text(tls, "secretName"), by, Keys::Open);
                }
            }
            _ => {}
        }
    }

    /// Whether there is such a thing.
    pub fn has(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.entry(kind, namespace, name).is_some()
            || (kind == "ClusterRole" && name.starts_with("system:"))
    }

    /// The keys of a ConfigMap or a Secret.
    pub fn keys(&self, kind: &str, namespace: &str, name: &str) -> Option<&Keys<'t>> {
        self.entry(kind, namespace, name).map(|entry| &entry.keys)
    }

    /// The object of that name, unless only the cluster has it.
    pub fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<NodeRef<'t>> {
        self.entry(kind, namespace, name)?.by
    }

    /// All objects of a kind in a namespace, sorted by name.
    pub fn objects(&self, kind: &str, namespace: &str) -> impl Iterator<Item = NodeRef<'t>> {
        self.all(kind, namespace).filter_map(|(_, entry)| entry.by)
    }

    /// The names of all things of a kind in a namespace, sorted.
    pub fn names(&self, kind: &str, namespace: &str) -> impl Iterator<Item = &'t str> {
        self.all(kind, namespace).map(|(name, _)| name)
    }

    /// The templates of the pods of a namespace that a selector selects.
    pub fn selected<'i>(
        &'i self,
        namespace: &'t str,
        selector: NodeRef<'t>,
        form: Form,
    ) -> impl Iterator<Item = NodeRef<'t>> + use<'i, 't> {
        let labelled = |(key, value)| self.labelled.get(&(namespace, key, value));
        let fewest = form
            .demanded(selector)
            .map(|label| labelled(label).map_or(&[][..], Vec::as_slice))
            .min_by_key(|pods| pods.len());
        let all = || self.pods.get(namespace).map_or(&[][..], Vec::as_slice);
        let pods = fewest.unwrap_or_else(all).iter().copied();
        pods.filter(move |pod| form.selects(selector, pods::labels(*pod)))
    }

    /// The templates of the pods of a namespace that have a port of that name.
    pub fn with_port<'i>(
        &'i self,
        namespace: &'t str,
        name: &'t str,
    ) -> impl Iterator<Item = NodeRef<'t>> + use<'i, 't> {
        self.ported().by_name.get(&(namespace, name)).into_iter().flatten().copied()
    }

    /// The templates of the pods of a namespace that have names for ports.
    pub fn with_ports<'i>(
        &'i self,
        namespace: &'t str,
    ) -> impl Iterator<Item = NodeRef<'t>> + use<'i, 't> {
        self.ported().pods.get(namespace).into_iter().flatten().copied()
    }

    fn ported(&self) -> &Ported<'t> {
        self.ported.get_or_init(|| Ported::of(&self.pods))
    }

    fn entry(&self, kind: &str, namespace: &str, name: &str) -> Option<&Entry<'t>> {
        self.entries.get(kind)?.get(namespace)?.entries.get(name)
    }

    fn all<'i>(
        &'i self,
        kind: &str,
        namespace: &str,
    ) -> impl Iterator<Item = (&'t str, &'i Entry<'t>)> + use<'i, 't> {
        let found = self.entries.get(kind).and_then(|of_kind| of_kind.get(namespace));
        found
            .into_iter()
            .flat_map(|found| found.sorted().iter().map(|name| (*name, &found.entries[*name])))
    }
}

impl<'t> ByName<'t> {
    fn sorted(&self) -> &[&'t str] {
        self.sorted.get_or_init(|| {
            let mut names: Vec<&'t str> = self.entries.keys().copied().collect();
            names.sort_unstable();
            names
        })
    }
}

fn keys_of<'t>(node: NodeRef<'t>, fields: &[&str]) -> BTreeSet<&'t str> {
    let maps = fields.iter().filter_map(|field| node.get(field));
    maps.flat_map(NodeRef::entries).filter_map(NodeRef::key).collect()
}

/// The keys of the Secret that an ExternalSecret makes: what it reads, or, with a template
/// that is not merged, what the template writes.
fn external_keys<'t>(spec: NodeRef<'t>, target: Option<NodeRef<'t>>) -> Keys<'t> {
    let template = target.and_then(|target| target.get("template"));
    let merged = template.is_none_or(|template| {
        text(template, "mergePolicy") == "Merge" || template.get("data").is_none()
    });
    let from_files = template.is_some_and(|template| template.get("templateFrom").is_some());
    if from_files || (merged && items(spec, "dataFrom").next().is_some()) {
        return Keys::Open;
    }
    let mut keys = template.map(|template| keys_of(template, &["data"])).unwrap_or_default();
    if merged {
        keys.extend(items(spec, "data").map(|item| text(item, "secretKey")));
    }
    Keys::Known(keys)
}

fn names_issuer(ingress: NodeRef<'_>) -> bool {
    ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer"]
        .iter()
        .any(|name| ingress.at_path(&["metadata", "annotations", name]).is_some())
}
