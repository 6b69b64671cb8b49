//! A comparison with all that is known of it: what a reviewer reads.

use super::comparison::{Action, Comparison, ObjectChange, Subject};
use super::concern::Concern;
use super::fields::FieldChange;
use super::impact::{Class, Impact, Impacts, World, Worlds, impacts};
use super::network::{self, NetworkChange};
use super::object::Object;
use super::path::Path;
use crate::k8s::Identity;
use crate::source::{Sources, Span, Tree};
use crate::validate::pods;

/// What differs between two sides, and what that does to the cluster.
#[derive(Debug)]
pub struct Review<'a> {
    /// What the old side is called.
    pub from: String,
    /// What the new side is called.
    pub to: String,
    /// What differs.
    pub comparison: Comparison<'a>,
    /// What each change does, in the order of the changes, and what breaks elsewhere.
    pub impacts: Impacts,
    /// Who reaches whom that did not, and no longer.
    pub network: Vec<NetworkChange>,
    /// What differs between two environments because their places do. An object that differs in
    /// nothing else is only here.
    pub of_place: Vec<PlaceChange>,
}

/// What differs in an object because two environments are two places.
#[derive(Debug)]
pub struct PlaceChange {
    /// The object.
    pub subject: Subject,
    /// Whether both environments have it.
    pub action: Action,
    /// The fields; none where only one environment has the object.
    pub fields: Vec<Path>,
}

impl<'a> Review<'a> {
    /// Works out what a comparison means. `sources` holds the input of fresh renders.
    #[must_use]
    pub fn new(from: String, to: String, comparison: Comparison<'a>, sources: &Sources) -> Self {
        let trees = concerned(&comparison);
        let unchanged = trees.as_ref().map(|trees| comparison.unchanged(trees)).unwrap_or_default();
        let world = |of: fn(&ObjectChange) -> Option<&Object>| {
            let changed = comparison.changes.iter().filter_map(of).map(Object::root);
            World::new(unchanged.iter().copied().chain(changed).collect())
        };
        let worlds =
            Worlds { old: world(ObjectChange::old_object), new: world(ObjectChange::new_object) };
        let mut impacts = impacts(&comparison, &worlds);
        let network = if comparison.changes.iter().any(concerns_network) {
            network::check(&comparison, &worlds, &mut impacts)
        } else {
            Vec::new()
        };
        impacts.finish(&comparison, sources);
        Self { from, to, comparison, impacts, network, of_place: Vec::new() }
    }

    /// The same for fresh renders of two environments: what follows from the files of the
    /// environments themselves is set apart.
    #[must_use]
    pub fn of_places(
        from: String,
        to: String,
        mut comparison: Comparison<'a>,
        sources: &Sources,
    ) -> Self {
        let of_place = set_apart(&mut comparison, sources);
        Self { of_place, ..Self::new(from, to, comparison, sources) }
    }

    /// Notes that a change of a class is meant: of an object, as `Kind/name`, in a folder of the
    /// output. Whether there is such a change.
    pub fn allow(&mut self, folder: &str, object: &str, class: Class, reason: &str) -> bool {
        let is_in_folder =
            |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let mut is_there = false;
        for (change, impacts) in self.comparison.changes.iter().zip(&mut self.impacts.of_changes) {
            let Subject::Object(identity) = change.subject() else { continue };
            let Identity { kind, name, .. } = identity;
            if !is_in_folder(change.path()) || format!("{kind}/{name}") != object {
                continue;
            }
            for impact in impacts.iter_mut().filter(|impact| impact.class == class) {
                impact.allowed = Some(reason.to_owned());
                is_there = true;
            }
        }
        is_there
    }

    /// Each change with what it does.
    pub fn changes(&self) -> impl Iterator<Item = (&ObjectChange, &[Impact])> {
        let impacts = self.impacts.of_changes.iter().map(Vec::as_slice);
        self.comparison.changes.iter().zip(impacts)
    }

    /// Everything that is done, with the names of the objects.
    pub fn all_impacts(&self) -> impl Iterator<Item = (String, &Impact)> {
        let own = self.changes().flat_map(|(change, impacts)| {
            let subject = change.subject().to_string();
            impacts.iter().map(move |impact| (subject.clone(), impact))
        });
        let elsewhere = self.impacts.elsewhere.iter();
        own.chain(elsewhere.map(|(object, impact)| (object.clone(), impact)))
    }

    /// How many objects each class concerns, the greatest class first; those that concern none
    /// are left out.
    #[must_use]
    pub fn classes(&self) -> Vec<(Class, usize)> {
        let has = |impacts: &[Impact], class| impacts.iter().any(|impact| impact.class == class);
        let count = |class| {
            let own = self.impacts.of_changes.iter().filter(|impacts| has(impacts, class)).count();
            let elsewhere = self.impacts.elsewhere.iter();
            own + elsewhere.filter(|(_, impact)| impact.class == class).count()
        };
        let classes = Class::ALL.into_iter().rev().map(|class| (class, count(class)));
        classes.filter(|(_, count)| *count > 0).collect()
    }
}

/// What did not change, so far as the changes can concern it and it has to be read for that;
/// `None` where they concern nothing else.
fn concerned(comparison: &Comparison<'_>) -> Option<Vec<Tree>> {
    let concern = Concern::of(&comparison.changes);
    if matches!(concern, Concern::Nothing) {
        return None;
    }
    let trees = comparison.unchanged_trees(&concern);
    let unchanged = comparison.unchanged(&trees);
    let changed = comparison.changes.iter().flat_map(|change| {
        let objects = [change.old_object(), change.new_object()].into_iter().flatten();
        objects.map(Object::root)
    });
    if unchanged.into_iter().chain(changed).any(|root| concern.goes_beyond(root)) {
        return Some(comparison.unchanged_trees(&Concern::Everything));
    }
    Some(trees)
}

/// Takes out the changes that follow from the files of the environments alone, and says of all
/// changes what does.
fn set_apart(comparison: &mut Comparison<'_>, sources: &Sources) -> Vec<PlaceChange> {
    let is_of_environment = |span: Span| sources.get(span.file).path.starts_with("environments/");
    let mut of_place = Vec::new();
    comparison.changes.retain(|change| {
        let place =
            |fields| PlaceChange { subject: change.subject(), action: change.action(), fields };
        let (old, new) = (change.old_object(), change.new_object());
        let (Some(old), Some(new)) = (old, new) else {
            let is_whole = old
                .or(new)
                .is_some_and(|object| object.comes_from(object.root(), is_of_environment));
            of_place.extend(is_whole.then(|| place(Vec::new())));
            return !is_whole;
        };
        let all = change.fields();
        let is_of_place = |field: &&FieldChange<'_>| {
            let sides = [(field.edit.old(), old), (field.edit.new(), new)];
            sides.iter().any(|(node, object)| {
                node.is_some_and(|node| object.comes_from(node, is_of_environment))
            })
        };
        let fields: Vec<Path> = all.iter().filter(is_of_place).map(|it| it.path.clone()).collect();
        let is_whole = fields.len() == all.len();
        if !fields.is_empty() {
            of_place.push(place(fields));
        }
        !is_whole
    });
    of_place
}

/// Whether a change can make pods reach others, or be reached.
fn concerns_network(change: &ObjectChange) -> bool {
    let Subject::Object(identity) = change.subject() else { return false };
    match identity.kind.as_str() {
        "Gateway" | "GRPCRoute" | "HTTPRoute" | "Ingress" | "Namespace" | "NetworkPolicy"
        | "Service" | "TCPRoute" | "TLSRoute" | "UDPRoute" => return true,
        _ => {}
    }
    let objects = [change.old_object(), change.new_object()].into_iter().flatten();
    let makes_pods = objects.map(Object::root).any(|root| pods::pod_template(root).is_some());
    makes_pods
        && (change.action() != Action::Change
            || change.fields().iter().any(|field| {
                // A whole template or container that comes or goes has ports, too.
                const NETWORK: [&str; 6] =
                    ["containers", "hostNetwork", "initContainers", "labels", "ports", "template"];
                let path = &field.path;
                NETWORK.contains(&path.last_field())
                    || path.fields().any(|part| matches!(part, "labels" | "ports"))
            }))
}
