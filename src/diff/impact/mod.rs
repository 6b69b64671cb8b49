//! What a change does to the cluster.
//!
//! Each rule is a function from a change, and where it needs them the objects around it, to
//! [`Impact`]s. A rule says why, by which fields, and whose rule it is.

mod capacity;
mod exposure;
mod readers;
mod references;
mod storage;
mod world;

use std::cmp::Reverse;
use std::fmt;

use super::comparison::{Action, Comparison, ObjectChange};
use super::fields::FieldChange;
use super::immutable::{Refusal, refusals};
use super::object::Object;
use super::path::Path;
use super::update::Update;
use crate::diagnostic::shortened;
use crate::parallel;
use crate::source::{NodeRef, Sources, Span};

pub use world::World;

/// What a change does to the cluster, the lesser before the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing that runs notices.
    None,
    /// Something behaves otherwise, and no pod is replaced for it.
    InPlace,
    /// Pods are replaced.
    Restart,
    /// The API server refuses the change: the object must be deleted and made anew.
    Recreate,
    /// A new or a wider way in or out, or more rights.
    Exposure,
    /// Something refers to what is no longer there.
    Breaks,
    /// What holds data goes away or shrinks.
    DataLoss,
}

impl Class {
    /// Every class, the lesser before the greater.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::InPlace,
        Self::Restart,
        Self::Recreate,
        Self::Exposure,
        Self::Breaks,
        Self::DataLoss,
    ];

    /// Its name in options, in files and in machine formats, such as `data-loss`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::InPlace => "in-place",
            Self::Restart => "restart",
            Self::Recreate => "recreate",
            Self::Exposure => "exposure",
            Self::Breaks => "breaks",
            Self::DataLoss => "data-loss",
        }
    }

    /// Whether a gate can stop a change that does this.
    #[must_use]
    pub fn can_stop(self) -> bool {
        self > Self::InPlace
    }

    /// The class of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// How bad it is.
    pub class: Class,
    /// What happens, a lower-case phrase whose subject is the object.
    pub reason: String,
    /// The fields that cause it; none where it is the object as a whole.
    pub causes: Vec<Cause>,
    /// Where the rule is written: a page or a file of Kubernetes.
    pub source: &'static str,
    /// What to do about it.
    pub help: Option<String>,
    /// Why it is meant, where the input says so.
    pub allowed: Option<String>,
}

/// A field that causes an impact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The field.
    pub field: String,
    /// The line of the input that it comes from; of a field that is gone, that of its nearest
    /// parent that is still there. Known where the new side is a fresh render.
    pub at: Option<Location>,
    place: Place,
}

/// How the line of the input is found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// By the field.
    Path(Path),
    /// It is known already.
    Span(Option<Span>),
}

/// A place in a file of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, by its path in the project.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Location {
    fn of(span: Span, sources: &Sources) -> Self {
        let source = sources.get(span.file);
        let (line, column) = source.line_column(span.start);
        Self { file: source.path.clone(), line, column }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Impact {
    pub(super) fn new(class: Class, reason: impl Into<String>, source: &'static str) -> Self {
        let reason = shortened(reason);
        Self { class, reason, causes: Vec::new(), source, help: None, allowed: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(shortened(help)), ..self }
    }

    pub(super) fn by<'c>(self, causes: impl IntoIterator<Item = &'c FieldChange<'c>>) -> Self {
        let causes = causes
            .into_iter()
            .map(|change| Cause {
                field: change.path.to_string(),
                at: None,
                place: Place::Path(change.path.clone()),
            })
            .collect();
        Self { causes, ..self }
    }
}

/// What the changes of a comparison do: for each of its changes, in their order, its impacts,
/// the greatest first; and what happens to objects that did not change themselves.
#[derive(Debug, Default)]
pub struct Impacts {
    /// For each change.
    pub of_changes: Vec<Vec<Impact>>,
    /// What happens elsewhere, with the names of the objects.
    pub elsewhere: Vec<(String, Impact)>,
}

/// Works out what the changes of a comparison do, but for the network, and without the lines of
/// the input.
#[must_use]
pub fn impacts(comparison: &Comparison<'_>, worlds: &Worlds<'_>) -> Impacts {
    let mut impacts = Impacts {
        of_changes: parallel::map(&comparison.changes, |change| of_change(change, worlds)),
        elsewhere: Vec::new(),
    };
    references::check(comparison, worlds, &mut impacts);
    impacts
}

impl Impacts {
    /// Says the least of changes that do nothing else, puts the impacts of each change in order,
    /// the greatest first, and finds the lines of the input, which `sources` holds where the new
    /// side is a fresh render.
    pub(super) fn finish(&mut self, comparison: &Comparison<'_>, sources: &Sources) {
        for (change, found) in comparison.changes.iter().zip(&mut self.of_changes) {
            if found.is_empty() {
                found.extend(mildest(change));
            }
            found.sort_by_key(|impact| Reverse(impact.class));
            for cause in found.iter_mut().flat_map(|impact| &mut impact.causes) {
                let at = match &cause.place {
                    Place::Path(path) => change.new_object().and_then(|new| new.input_of(path)),
                    Place::Span(span) => *span,
                };
                cause.at = at.map(|span| Location::of(span, sources));
            }
        }
    }
}

/// The objects around the changes.
#[derive(Debug)]
pub struct Worlds<'c> {
    /// Before.
    pub old: World<'c>,
    /// After.
    pub new: World<'c>,
}

fn of_change(change: &ObjectChange, worlds: &Worlds<'_>) -> Vec<Impact> {
    let fields = change.fields();
    let mut found = Vec::new();
    if let (Action::Change, Some(old), Some(new)) =
        (change.action(), change.old_object(), change.new_object())
    {
        // The server keeps what it filled in earlier, so that what is written alone counts.
        let (before, after) = (old.manifest(), new.manifest());
        let update = Update::of(before.root(), after.root(), change.version());
        found.extend(capacity::replaced_pods(new, &fields, &update, &worlds.new));
        found.extend(capacity::scaled(change, &fields));
        let refused = refusals(&update, after.root());
        found.extend(refused.into_iter().map(|refusal| self::refused(refusal, new)));
        found.extend(readers::of_content(change, &fields, &worlds.new));
    }
    found.extend(storage::lost(change, &fields, worlds));
    let has = |class| found.iter().any(|impact: &Impact| impact.class == class);
    if let Some(new) = change.new_object()
        && has(Class::Recreate)
        && !has(Class::DataLoss)
    {
        found.extend(storage::made_anew(new));
    }
    found.extend(exposure::widened(change, &fields));
    found.extend(exposure::readable_secrets(change));
    if change.action() != Action::Change {
        found.extend(capacity::stopped_pods(change));
    }
    found
}

/// What the API server will not change.
fn refused(refusal: Refusal<'_>, new: &Object) -> Impact {
    let Refusal { path, at, reason, help, source, .. } = refusal;
    let cause = Cause { field: path, at: None, place: Place::Span(new.input_at(at)) };
    let impact = Impact::new(Class::Recreate, reason, source).help(help);
    Impact { causes: vec![cause], ..impact }
}

/// What a change does of which no rule knows anything: it is noticed by what reads the object,
/// unless it is about nothing but notes on an object.
fn mildest(change: &ObjectChange) -> Option<Impact> {
    const SOURCE: &str =
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/";
    if change.action() != Action::Change {
        return None;
    }
    let fields = change.fields();
    let is_note = |field: &FieldChange<'_>| {
        field.path.starts_with(&["metadata", "labels"])
            || field.path.starts_with(&["metadata", "annotations"])
    };
    let kind = change.new_object().map_or("", |new| new.identity().kind.as_str());
    if UNREAD.contains(&kind) && !fields.is_empty() && fields.iter().all(is_note) {
        let reason = "changes labels or annotations that nothing here reads";
        return Some(Impact::new(Class::None, reason, SOURCE).by(&fields));
    }
    let reason = match &fields[..] {
        [] => "changes in place".to_owned(),
        [one] => format!("changes `{}` in place", one.path),
        many => format!("changes {} fields in place", many.len()),
    };
    let source = "https://kubernetes.io/docs/concepts/overview/working-with-objects/";
    Some(Impact::new(Class::InPlace, reason, source).by(&fields))
}

/// Kinds whose own labels and annotations no controller of Kubernetes acts upon.
const UNREAD: [&str; 13] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Role",
    "RoleBinding",
    "Secret",
    "StatefulSet",
];

fn spec<'t>(root: NodeRef<'t>, field: &str) -> Option<NodeRef<'t>> {
    root.at_path(&["spec", field])
}
