//! Pods: those that the objects make, and those that only policies and Services speak of.

#![expect(clippy::disallowed_types, reason = "these maps are looked up, never walked")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use super::budget::Budget;
use super::ports::Protocol;
use crate::source::{Kind, NodeRef};
use crate::validate::fields::{self, field, items, text};
use crate::validate::pods::{self as templates, pod_template};
use crate::validate::selector::{self, Form};

/// The label that the API server gives each namespace.
/// <https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name>
const NAME_OF_NAMESPACE: &str = "kubernetes.io/metadata.name";

/// How many ways to fulfil one selector are told apart.
const MANY: usize = 64;

/// How many labels these have together at most.
const MANY_LABELS: usize = 10_000;

/// Labels by their keys.
pub type Labels<'t> = BTreeMap<&'t str, &'t str>;

/// The pods of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workload<'t> {
    /// Its namespace; `default` where the object does not say it.
    pub namespace: &'t str,
    /// Its name.
    pub name: &'t str,
    /// Its kind, such as `Deployment`.
    pub kind: &'t str,
}

impl fmt::Display for Workload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Pods that none of the objects makes, as a selector names them. They are taken to have the
/// labels that it asks for and no others.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Others<'t> {
    /// The namespace, where the selector names one.
    pub namespace: Option<&'t str>,
    /// What the selector asks of the labels of the namespace beside its name. A value may be
    /// empty where it only asks for the key.
    pub namespace_labels: Labels<'t>,
    /// What it asks of the pods' labels, likewise.
    pub labels: Labels<'t>,
}

impl Others<'_> {
    /// Whether these are pods of which nothing is known.
    #[must_use]
    pub fn is_anyone(&self) -> bool {
        *self == Self::default()
    }
}

/// `pods app=db in shop`, `any pod in shop`, `any pod elsewhere`.
impl fmt::Display for Others<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |labels: &Labels<'_>| {
            let label = |(key, value): (&&str, &&str)| match *value {
                "" => (*key).to_owned(),
                value => format!("{key}={value}"),
            };
            labels.iter().map(label).collect::<Vec<_>>().join(",")
        };
        match (self.namespace, self.labels.is_empty()) {
            (Some(_), true) => f.write_str("any pod in ")?,
            (None, true) => f.write_str("any pod ")?,
            (Some(_), false) => write!(f, "pods {} in ", list(&self.labels))?,
            (None, false) => write!(f, "pods {} ", list(&self.labels))?,
        }
        match (self.namespace, self.namespace_labels.is_empty()) {
            (Some(namespace), true) => f.write_str(namespace),
            (Some(namespace), false) => {
                write!(f, "{namespace} ({})", list(&self.namespace_labels))
            }
            (None, true) => f.write_str("elsewhere"),
            (None, false) => write!(f, "in namespaces {}", list(&self.namespace_labels)),
        }
    }
}

/// Pods that are alike: those of one object, or others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pods<'t> {
    /// Those that an object makes.
    Workload(Workload<'t>),
    /// Those that none of the objects makes.
    Others(Others<'t>),
}

impl<'t> Pods<'t> {
    /// The namespace that they are in, where it is known.
    #[must_use]
    pub fn namespace(&self) -> Option<&'t str> {
        match self {
            Self::Workload(workload) => Some(workload.namespace),
            Self::Others(others) => others.namespace,
        }
    }
}

impl fmt::Display for Pods<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload(workload) => workload.fmt(f),
            Self::Others(others) => others.fmt(f),
        }
    }
}

/// Pods with what tells them from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pod<'t> {
    pub pods: Pods<'t>,
    pub labels: Labels<'t>,
    pub ports: Vec<ContainerPort<'t>>,
    /// Whether they use the network of their node, where no policy holds.
    pub host_network: bool,
}

/// A port that a container declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContainerPort<'t> {
    pub name: &'t str,
    pub protocol: Protocol,
    pub number: u16,
    /// The port of the node that leads to it.
    pub host_port: Option<u16>,
}

/// The pods and namespaces of a set of objects. What a copy has in common with it, they share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cluster<'t> {
    pub pods: Vec<Arc<Pod<'t>>>,
    /// The labels of the namespaces that are among the objects.
    namespaces: BTreeMap<&'t str, Labels<'t>>,
    /// The namespaces with pods; those of pods whose namespace nobody names have an empty name.
    places: BTreeMap<&'t str, Arc<Place<'t>>>,
}

/// The pods of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place<'t> {
    labels: Labels<'t>,
    /// The indices of the pods.
    pods: Vec<usize>,
    /// The same by each of their labels.
    labelled: HashMap<(&'t str, &'t str), Vec<usize>>,
}

impl<'t> Place<'t> {
    /// The pods that may be selected: those that have the one of the labels a selector asks for
    /// which the fewest have.
    fn candidates(&self, wanted: Option<NodeRef<'t>>, form: Form) -> &[usize] {
        let labels = wanted.into_iter().flat_map(|wanted| form.demanded(wanted));
        let labelled = |label| self.labelled.get(&label).map_or(&[][..], Vec::as_slice);
        labels.map(labelled).min_by_key(|pods| pods.len()).unwrap_or(&self.pods)
    }
}

impl<'t> Cluster<'t> {
    pub fn of(objects: &[NodeRef<'t>]) -> Self {
        let mut all = Self::default();
        let mut workloads: BTreeMap<Workload<'t>, NodeRef<'t>> = BTreeMap::new();
        for object in objects {
            if text(*object, "kind") == "Namespace" {
                let name = fields::name(*object);
                all.namespaces.insert(name, labels(object.at_path(&["metadata", "labels"])));
            } else if makes_pods(*object) {
                workloads.entry(workload(*object)).or_insert(*object);
            }
        }
        for (workload, object) in &workloads {
            let is_owned = controller(*object, workload.namespace)
                .is_some_and(|owner| workloads.contains_key(&owner));
            if let Some(template) = pod_template(*object).filter(|_| !is_owned) {
                all.add(Pod::of(*workload, template));
            }
        }
        all
    }

    /// The same with others among its pods.
    pub fn with<'o>(&self, others: impl IntoIterator<Item = &'o Others<'t>>) -> Self
    where
        't: 'o,
    {
        let mut all = self.clone();
        for others in others {
            all.add(Pod {
                pods: Pods::Others(others.clone()),
                labels: others.labels.clone(),
                ports: Vec::new(),
                host_network: false,
            });
        }
        all
    }

    fn add(&mut self, pod: Pod<'t>) {
        let namespace = pod.pods.namespace().unwrap_or_default();
        if !self.places.contains_key(namespace) {
            let labels = self.labels_of_namespace(namespace);
            self.places.insert(namespace, Arc::new(Place { labels, ..Place::default() }));
        }
        if let Some(place) = self.places.get_mut(namespace) {
            let (place, index) = (Arc::make_mut(place), self.pods.len());
            place.pods.push(index);
            for (key, value) in &pod.labels {
                place.labelled.entry((key, value)).or_default().push(index);
            }
        }
        self.pods.push(Arc::new(pod));
    }

    /// The workloads with their pods.
    pub fn workloads(&self) -> impl Iterator<Item = (Workload<'t>, &Pod<'t>)> {
        self.pods.iter().filter_map(|pod| match pod.pods {
            Pods::Workload(workload) => Some((workload, pod.as_ref())),
            Pods::Others(_) => None,
        })
    }

    /// The pods of a namespace that have all of some labels.
    pub fn with_labels(
        &self,
        namespace: &str,
        wanted: NodeRef<'t>,
        budget: &Budget,
    ) -> impl Iterator<Item = &Pod<'t>> {
        let place = self.places.get(namespace).into_iter();
        let here = place.flat_map(move |place| place.candidates(Some(wanted), Form::Labels));
        here.map(|pod| self.pods[*pod].as_ref()).filter(move |pod| {
            budget.spend(1 + wanted.size() / 4) && selector::has_all(wanted, &pod.labels)
        })
    }

    /// The names of the namespaces that are among the objects or have pods there.
    pub fn names_of_namespaces(&self) -> impl Iterator<Item = &'t str> + '_ {
        self.namespaces.keys().chain(self.places.keys()).copied()
    }

    /// Those of the pods in a namespace which a selector selects, by their indices.
    pub fn select(
        &self,
        namespace: &str,
        wanted: Option<NodeRef<'t>>,
        budget: &Budget,
    ) -> Vec<usize> {
        let place = self.places.get(namespace);
        let here = place.map_or(&[][..], |place| place.candidates(wanted, Form::LabelSelector));
        let selected = |pod: &usize| {
            budget.spend(1 + wanted.map_or(0, NodeRef::size) / 4)
                && selects(wanted, &self.pods[*pod].labels)
        };
        here.iter().copied().filter(selected).collect()
    }

    /// Those of all pods which selectors of namespaces and of pods select.
    pub fn select_anywhere(
        &self,
        namespaces: NodeRef<'t>,
        wanted: Option<NodeRef<'t>>,
        budget: &Budget,
    ) -> Vec<usize> {
        let name = namespaces.at_path(&["matchLabels", NAME_OF_NAMESPACE]).map(NodeRef::text);
        let bound = name.map_or(Bound::Unbounded, Bound::Included);
        let mut found = Vec::new();
        for place in self.places.range::<str, _>((bound, bound)).map(|(_, place)| place) {
            if !budget.spend(1 + namespaces.size() / 4) {
                break;
            }
            let all = selector::selects(namespaces, &place.labels);
            let here = place.candidates(wanted, Form::LabelSelector).iter().copied();
            found.extend(here.filter(|pod| match &self.pods[*pod].pods {
                Pods::Others(others) if !others.namespace_labels.is_empty() => {
                    selector::selects(namespaces, &self.labels_of_place(others))
                }
                _ => all,
            }));
        }
        found.retain(|pod| {
            budget.spend(1 + wanted.map_or(0, NodeRef::size) / 4)
                && selects(wanted, &self.pods[*pod].labels)
        });
        found
    }

    fn labels_of_namespace(&self, name: &'t str) -> Labels<'t> {
        let mut labels = self.namespaces.get(name).cloned().unwrap_or_default();
        labels.insert(NAME_OF_NAMESPACE, name);
        labels
    }

    /// The labels of the namespace of others. Each has a name, known or not.
    fn labels_of_place(&self, others: &Others<'t>) -> Labels<'t> {
        let mut labels = self.labels_of_namespace(others.namespace.unwrap_or_default());
        labels.extend(&others.namespace_labels);
        labels
    }

    /// The pods that selectors name and that are not here. What asks for labels that pods of
    /// that very namespace have means these pods and no others.
    pub fn others(
        &self,
        namespaces: Namespaces<'t>,
        wanted: Option<NodeRef<'t>>,
        budget: &Budget,
    ) -> BTreeSet<Others<'t>> {
        // Each way to fulfil one is held against both.
        let size = |selector: Option<NodeRef<'_>>| selector.map_or(1, NodeRef::size);
        let by = match namespaces {
            Namespaces::Own(_) => None,
            Namespaces::Selected(by) => Some(by),
        };
        if !budget.spend(size(wanted).min(MANY) * (size(wanted) + size(by))) {
            return BTreeSet::new();
        }
        let places = match namespaces {
            Namespaces::Own(name) => vec![(Some(name), Labels::new())],
            Namespaces::Selected(by) => demanded(Some(by))
                .into_iter()
                .map(|mut labels| {
                    let name = labels.remove(NAME_OF_NAMESPACE).filter(|name| !name.is_empty());
                    if let Some(known) = name.and_then(|name| self.namespaces.get(name)) {
                        labels.retain(|key, _| !known.contains_key(key));
                    }
                    (name, labels)
                })
                .collect(),
        };
        let mut all = BTreeSet::new();
        for (namespace, namespace_labels) in &places {
            for labels in demanded(wanted) {
                let others = Others {
                    namespace: *namespace,
                    namespace_labels: namespace_labels.clone(),
                    labels,
                };
                let named = !others.labels.is_empty();
                let is_here =
                    || namespace.is_some_and(|name| !self.select(name, wanted, budget).is_empty());
                if !(named && is_here()) && self.are_selected(&others, namespaces, wanted) {
                    all.insert(others);
                }
            }
        }
        all
    }

    /// Whether pods with the labels that a selector asks for are selected by it: not where it
    /// contradicts itself.
    fn are_selected(
        &self,
        others: &Others<'t>,
        namespaces: Namespaces<'t>,
        wanted: Option<NodeRef<'t>>,
    ) -> bool {
        let Namespaces::Selected(by) = namespaces else { return selects(wanted, &others.labels) };
        selector::selects(by, &self.labels_of_place(others)) && selects(wanted, &others.labels)
    }
}

/// Where a selector of pods looks for them.
#[derive(Clone, Copy)]
pub(super) enum Namespaces<'t> {
    /// In the namespace of the object that has it.
    Own(&'t str),
    /// In those that another selector selects.
    Selected(NodeRef<'t>),
}

/// Whether a selector, or none, selects pods with some labels.
fn selects(wanted: Option<NodeRef<'_>>, labels: &Labels<'_>) -> bool {
    wanted.is_none_or(|wanted| selector::selects(wanted, labels))
}

/// The labels that fulfil a selector, in each way to do so: one for each value that `In` lists.
fn demanded(wanted: Option<NodeRef<'_>>) -> Vec<Labels<'_>> {
    let mut ways = vec![labels(wanted.and_then(|wanted| field(wanted, "matchLabels")))];
    for expression in wanted.into_iter().flat_map(|wanted| items(wanted, "matchExpressions")) {
        let key = text(expression, "key");
        let values: Vec<&str> = match text(expression, "operator") {
            "In" => items(expression, "values").map(NodeRef::text).collect(),
            "Exists" => vec![""],
            _ => continue,
        };
        ways.retain(|way| {
            !way.get(key)
                .is_some_and(|value| !value.is_empty() && values != [""] && !values.contains(value))
        });
        let labels: usize = ways.iter().map(Labels::len).sum();
        if labels > MANY_LABELS {
            ways.truncate(1);
        }
        let is_much = ways.len() * values.len() > MANY || labels * values.len() > MANY_LABELS;
        let few = if is_much { 1 } else { values.len() };
        if let [value, ..] = values[..few.min(values.len())]
            && few == 1
        {
            for way in &mut ways {
                let known = way.entry(key).or_default();
                if known.is_empty() {
                    *known = value;
                }
            }
            continue;
        }
        ways = ways
            .iter()
            .flat_map(|way| {
                let known = way.get(key).filter(|value| !value.is_empty());
                let values = known.map_or(&values[..few.min(values.len())], std::slice::from_ref);
                values.iter().map(|value| {
                    let mut way = way.clone();
                    way.insert(key, value);
                    way
                })
            })
            .collect();
    }
    ways
}

/// What a map of labels says.
pub(super) fn labels(map: Option<NodeRef<'_>>) -> Labels<'_> {
    let entries = map.into_iter().flat_map(NodeRef::entries);
    entries.filter_map(|entry| Some((entry.key()?, entry.text()))).collect()
}

/// Whether an object makes pods; a PodTemplate is only the shape of some.
fn makes_pods(object: NodeRef<'_>) -> bool {
    text(object, "kind") != "PodTemplate" && pod_template(object).is_some()
}

fn workload(object: NodeRef<'_>) -> Workload<'_> {
    let name = fields::name(object);
    Workload { namespace: namespace(object), name, kind: text(object, "kind") }
}

/// The namespace of an object, as kubectl takes it where the object does not say it.
pub(super) fn namespace(object: NodeRef<'_>) -> &str {
    match fields::namespace(object) {
        "" => "default",
        name => name,
    }
}

/// Who made an object: a ReplicaSet that a Deployment made has no pods of its own.
fn controller<'t>(object: NodeRef<'t>, namespace: &'t str) -> Option<Workload<'t>> {
    let metadata = object.get("metadata")?;
    let is_controller =
        |owner: &NodeRef<'t>| owner.get("controller").and_then(NodeRef::as_bool) == Some(true);
    let owner = items(metadata, "ownerReferences").find(is_controller)?;
    Some(Workload { namespace, name: text(owner, "name"), kind: text(owner, "kind") })
}

impl<'t> Pod<'t> {
    fn of(workload: Workload<'t>, template: NodeRef<'t>) -> Self {
        let spec = field(template, "spec");
        let host_network = spec.and_then(|spec| spec.get("hostNetwork")).and_then(NodeRef::as_bool);
        let host_network = host_network == Some(true);
        let containers = spec.into_iter().flat_map(templates::containers);
        let ports = containers
            .filter(|(role, _)| matches!(role, templates::Role::Regular | templates::Role::Sidecar))
            .flat_map(|(_, container)| items(container, "ports"));
        let port = |port: NodeRef<'t>| {
            let number = number(port.get("containerPort")?)?;
            let host_port = port.get("hostPort").and_then(self::number);
            Some(ContainerPort {
                name: text(port, "name"),
                protocol: Protocol::named(text(port, "protocol"))?,
                number,
                host_port: host_port.or(host_network.then_some(number)),
            })
        };
        Self {
            pods: Pods::Workload(workload),
            labels: labels(templates::labels(template)),
            ports: ports.filter_map(port).collect(),
            host_network,
        }
    }

    /// The numbers of the ports with a name.
    pub fn named<'p>(
        &'p self,
        protocol: Protocol,
        name: &'p str,
    ) -> impl Iterator<Item = u16> + 'p {
        let fits = move |port: &&ContainerPort<'_>| port.protocol == protocol && port.name == name;
        self.ports.iter().filter(fits).map(|port| port.number)
    }
}

/// A port's number; none for zero and what is too large.
pub(super) fn number(node: NodeRef<'_>) -> Option<u16> {
    (node.kind() == Kind::Int).then(|| node.text().parse().ok()).flatten().filter(|port| *port > 0)
}
