//! Which objects are created, changed, renamed and deleted.

#![expect(clippy::disallowed_types, reason = "these maps are looked up, never walked")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use super::align;
use super::conceal;
use super::concern::Concern;
use super::fields::{FieldChange, fields};
use super::object::Object;
use super::origin::ChangedBy;
use super::renames;
use super::side::{Document, Side};
use crate::conceal::{has_secrets, is_suspect, shown};
use crate::k8s::{self, Identity, Version};
use crate::manifests;
use crate::parallel;
use crate::source::{Dialect, NodeRef, Sources, Tree, parse};

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An object of the cluster.
    Object(Identity),
    /// A file, or a part of one, without a readable object, by its path.
    File(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(identity) => identity.fmt(f),
            Self::File(path) => f.write_str(path),
        }
    }
}

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Only the new side has it.
    Create,
    /// Both sides have it, and differ.
    Change,
    /// The old side has it under another name: to the cluster, one goes and another comes.
    Rename,
    /// Only the old side has it.
    Delete,
}

impl Action {
    /// Its name in machine formats.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Rename => "rename",
            Self::Delete => "delete",
        }
    }

    /// The character that stands for it.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::Rename => '>',
            Self::Delete => '-',
        }
    }
}

/// What one side has of a subject.
#[derive(Debug)]
pub enum Content {
    /// An object, with all that is secret concealed.
    Object(Object),
    /// Text that is no object, or cannot be read.
    Text {
        /// The file that holds it.
        path: String,
        /// The text, or words that stand for it where it may hold a secret.
        text: String,
    },
}

impl Content {
    /// The object, if it is one.
    #[must_use]
    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            Self::Text { .. } => None,
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Object(object) => object.path(),
            Self::Text { path, .. } => path,
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Object(object) => Subject::Object(object.identity().clone()),
            Self::Text { path, .. } => Subject::File(path.clone()),
        }
    }
}

/// One object that differs, or one text that is none.
#[derive(Debug)]
pub struct ObjectChange {
    /// What the old side has.
    pub old: Option<Content>,
    /// What the new side has.
    pub new: Option<Content>,
    by: Vec<ChangedBy>,
    version: Version,
}

impl ObjectChange {
    /// What changes: as the new side calls it, or as the old one does if the new has none.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let content = self.new.as_ref().or(self.old.as_ref());
        content.map_or_else(|| Subject::File(String::new()), Content::subject)
    }

    /// The file that holds it: on the new side, or on the old one if the new has none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.new.as_ref().or(self.old.as_ref()).map_or("", Content::path)
    }

    /// What happens to it.
    #[must_use]
    pub fn action(&self) -> Action {
        match (&self.old, &self.new) {
            (None, _) => Action::Create,
            (_, None) => Action::Delete,
            (Some(old), Some(new)) if old.subject() != new.subject() => Action::Rename,
            _ => Action::Change,
        }
    }

    /// The old version of the object.
    #[must_use]
    pub fn old_object(&self) -> Option<&Object> {
        self.old.as_ref().and_then(Content::object)
    }

    /// The new version of the object.
    #[must_use]
    pub fn new_object(&self) -> Option<&Object> {
        self.new.as_ref().and_then(Content::object)
    }

    /// Who changed it, where the sides know.
    #[must_use]
    pub fn by(&self) -> &[ChangedBy] {
        &self.by
    }

    /// The version of Kubernetes by whose types both sides are read.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The fields that differ; none where a side has no object.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldChange<'_>> {
        match (self.old_object(), self.new_object()) {
            (Some(old), Some(new)) => differing(old, new, self.version),
            _ => Vec::new(),
        }
    }

    /// The texts to compare line by line: those of a side that has nothing are empty.
    #[must_use]
    pub fn texts(&self) -> (String, String) {
        if let (Some(old), Some(new)) = (self.old_object(), self.new_object()) {
            return align::beside(old, new, self.version);
        }
        let text = |content: &Option<Content>| match content {
            None => String::new(),
            Some(Content::Object(object)) => align::alone(object),
            Some(Content::Text { text, .. }) => text.clone(),
        };
        (text(&self.old), text(&self.new))
    }
}

pub(super) fn differing<'t>(
    old: &'t Object,
    new: &'t Object,
    version: Version,
) -> Vec<FieldChange<'t>> {
    let of = new.type_in(version).or_else(|| old.type_in(version));
    fields(old.root(), new.root(), of)
}

/// An object whose text differs and whose meaning does not.
#[derive(Debug)]
pub struct Respelled<'a> {
    /// The object.
    pub subject: Subject,
    /// Its text on the old side.
    pub old: &'a str,
    /// Its text on the new side.
    pub new: &'a str,
}

/// What differs between two sides.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The objects that differ, in the order of their paths, which is the order of applying.
    pub changes: Vec<ObjectChange>,
    /// The objects that only their texts tell apart, but for those that hold secrets.
    pub respelled: Vec<Respelled<'a>>,
    /// How many objects mean the same on both sides.
    pub unchanged: usize,
    /// What both sides have, text for text.
    same: Vec<&'a Document<'a>>,
    /// The objects that mean the same in other words.
    equal: Vec<Object>,
    /// Files that gen wrote on the old side, and that are no longer there.
    removed: &'a BTreeSet<String>,
    /// The version of Kubernetes by whose types both sides are read.
    pub version: Version,
}

/// How many objects change, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Only on the new side.
    pub created: usize,
    /// Different on both sides, or with another name.
    pub changed: usize,
    /// Only on the old side.
    pub deleted: usize,
    /// The same on both sides.
    pub unchanged: usize,
}

impl<'a> Comparison<'a> {
    /// Pairs the objects of two sides by API group, kind, namespace and name, wherever they
    /// stand, and says which differ in meaning: by the types of a version of Kubernetes, and as
    /// the API server completes them.
    #[must_use]
    pub fn new(old: &'a Side<'a>, new: &'a Side<'a>, version: Version) -> Self {
        let (old_rest, new_rest, same) = cancel(&old.documents, &new.documents);
        let mut comparison = Self {
            changes: Vec::new(),
            respelled: Vec::new(),
            unchanged: same.len(),
            same,
            equal: Vec::new(),
            removed: &old.removed,
            version,
        };
        let sources = Sources::default();
        let mut old_found = read(&old_rest, &sources);
        let mut created = Vec::new();
        for (key, new) in read(&new_rest, &sources) {
            match old_found.remove(&key) {
                None => created.push(new),
                Some(old) => comparison.pair(key.0, old, new),
            }
        }
        let deleted = old_found.into_values().collect();
        comparison.rename(deleted, created);
        comparison.follow();
        comparison
            .changes
            .sort_by_cached_key(|change| (change.path().to_owned(), change.subject()));
        comparison
    }

    /// An object whose own input is the same may hold a digest of another one, or its name. Where
    /// the input of others changed, that is why.
    fn follow(&mut self) {
        let input = ChangedBy::Input;
        if self.changes.iter().any(|change| change.by.contains(&input)) {
            let unexplained =
                |by: &[ChangedBy]| matches!(by, [ChangedBy::Generator(old, new)] if old == new);
            for change in self.changes.iter_mut().filter(|change| unexplained(&change.by)) {
                change.by = vec![input.clone()];
            }
        }
    }

    /// Whether nothing differs in meaning.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether both sides hold objects, and each holds others.
    #[must_use]
    pub fn has_nothing_in_common(&self) -> bool {
        let is_object = |change: &&ObjectChange| matches!(change.subject(), Subject::Object(_));
        let has =
            |action| self.changes.iter().filter(is_object).any(|change| change.action() == action);
        let is_paired = has(Action::Change) || has(Action::Rename) || self.unchanged > 0;
        !is_paired && has(Action::Create) && has(Action::Delete)
    }

    /// How many objects change, and how.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally { unchanged: self.unchanged, ..Tally::default() };
        for change in &self.changes {
            *match change.action() {
                Action::Create => &mut tally.created,
                Action::Change | Action::Rename => &mut tally.changed,
                Action::Delete => &mut tally.deleted,
            } += 1;
        }
        tally
    }

    /// The documents that are the same on both sides, text for text, and that the changes can
    /// concern, but for those that gen just made. They are read for this.
    #[must_use]
    pub(super) fn unchanged_trees(&self, concern: &Concern<'_>) -> Vec<Tree> {
        let sources = Sources::default();
        let written = self
            .same
            .iter()
            .filter(|document| document.rendered.is_none() && concern.may_be(&document.text));
        let read = parallel::map(written, |document| {
            let file = sources.add(document.path.as_str(), document.text.as_ref());
            parse(&sources.get(file), Dialect::Kubectl).0
        });
        read.into_iter().flatten().map(manifests::with_kinds_of_lists).collect()
    }

    /// The objects that are the same on both sides; of the documents, those that are among `trees`,
    /// the [`unchanged_trees`](Self::unchanged_trees).
    #[must_use]
    pub(super) fn unchanged<'t>(&'t self, trees: &'t [Tree]) -> Vec<NodeRef<'t>> {
        let rendered = self.same.iter().filter_map(|document| document.rendered);
        let equal = self.equal.iter().map(Object::root);
        let mut roots: Vec<NodeRef<'_>> = rendered.map(k8s::Object::root).chain(equal).collect();
        roots.extend(manifests::objects_of(trees));
        roots
    }

    fn pair(&mut self, subject: Subject, old: Found<'a>, new: Found<'a>) {
        let texts = (old.text(), new.text());
        let may_show = !old.has_secrets() && !new.has_secrets();
        let change = self.change(Some(old), Some(new));
        let is_same = match (&change.old, &change.new) {
            (Some(Content::Object(old)), Some(Content::Object(new))) => {
                differing(old, new, self.version).is_empty()
            }
            _ => texts.0 == texts.1,
        };
        if !is_same {
            self.changes.push(change);
            return;
        }
        self.unchanged += 1;
        let Some(Content::Object(object)) = change.new else { return };
        if let (Some(old), Some(new)) = texts
            && may_show
            && old != new
        {
            self.respelled.push(Respelled { subject, old, new });
        }
        self.equal.push(object);
    }

    /// A change, with what is secret in it concealed.
    fn change(&self, old: Option<Found<'a>>, new: Option<Found<'a>>) -> ObjectChange {
        let before = old.as_ref().map(|old| &old.content);
        let word = match before {
            Some(Raw::Text(_)) => conceal::UNREADABLE_TOO,
            _ => conceal::UNREADABLE,
        };
        let root = match before {
            Some(Raw::Object(object)) => Some(object.root()),
            _ => None,
        };
        let made = |found: &Option<Found<'a>>| found.as_ref()?.document.provenance.as_ref();
        let was_removed = old.is_none()
            && new.as_ref().is_some_and(|new| self.removed.contains(&new.document.path));
        let by = ChangedBy::of(made(&old), made(&new), was_removed);
        let new = new.map(|new| new.concealed(root, word));
        let old = old.map(|old| old.concealed(None, conceal::UNREADABLE));
        ObjectChange { old, new, by, version: self.version }
    }

    /// Takes in what only one side has, and pairs what is most likely the same object under
    /// another name.
    fn rename(&mut self, deleted: Vec<Found<'a>>, created: Vec<Found<'a>>) {
        let objects = |all: &'_ [Found<'a>]| -> Vec<usize> {
            (0..all.len()).filter(|place| all[*place].object().is_some()).collect()
        };
        let (of_deleted, of_created) = (objects(&deleted), objects(&created));
        let old: Vec<&Object> = deleted.iter().filter_map(Found::object).collect();
        let new: Vec<&Object> = created.iter().filter_map(Found::object).collect();
        let pairs = renames::pairs(&old, &new, self.version);
        let pairs: BTreeMap<usize, usize> = of_created
            .into_iter()
            .zip(pairs)
            .filter_map(|(new, old)| Some((new, of_deleted[old?])))
            .collect();
        let mut deleted: Vec<Option<Found<'a>>> = deleted.into_iter().map(Some).collect();
        for (place, new) in created.into_iter().enumerate() {
            let old = pairs.get(&place).and_then(|old| deleted[*old].take());
            let change = self.change(old, Some(new));
            self.changes.push(change);
        }
        for old in deleted.into_iter().flatten() {
            let change = self.change(Some(old), None);
            self.changes.push(change);
        }
    }
}

/// What a document holds.
enum Raw {
    Object(Box<Object>),
    Text(String),
}

struct Found<'a> {
    document: &'a Document<'a>,
    /// Whether the document holds nothing else.
    is_alone: bool,
    content: Raw,
}

impl<'a> Found<'a> {
    fn object(&self) -> Option<&Object> {
        match &self.content {
            Raw::Object(object) => Some(object),
            Raw::Text(_) => None,
        }
    }

    /// The text of the object alone.
    fn text(&self) -> Option<&'a str> {
        self.is_alone.then_some(self.document.text.as_ref())
    }
}

impl Found<'_> {
    /// Whether its text shows what must not be shown.
    fn has_secrets(&self) -> bool {
        match &self.content {
            Raw::Object(object) => has_secrets(object.root()),
            Raw::Text(_) => true,
        }
    }

    /// What to show of it, beside the root of another version; `word` stands for a text that
    /// may hold a secret.
    fn concealed(self, before: Option<NodeRef<'_>>, word: &str) -> Content {
        match self.content {
            Raw::Object(object) => Content::Object(match conceal::conceal(object.root(), before) {
                Some(tree) => object.with_tree(tree),
                None => *object,
            }),
            Raw::Text(text) => {
                let is_shown = !is_suspect(&text);
                let text =
                    if is_shown { shown(&text).into_owned() + "\n" } else { word.to_owned() };
                Content::Text { path: self.document.path.clone(), text }
            }
        }
    }
}

/// The documents of each side that the other has not, text for text, and those of the new side
/// that it has.
fn cancel<'a>(
    old: &'a [Document<'a>],
    new: &'a [Document<'a>],
) -> (Vec<&'a Document<'a>>, Vec<&'a Document<'a>>, Vec<&'a Document<'a>>) {
    // Most stand where they stood.
    let mut taken: Vec<bool> = old.iter().zip(new).map(|(old, new)| old.text == new.text).collect();
    let moved =
        new.iter().enumerate().filter(|(place, _)| !taken.get(*place).is_some_and(|it| *it));
    let moved: Vec<&Document<'_>> = moved.map(|(_, document)| document).collect();
    let mut same: Vec<&Document<'_>> =
        new.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(document, _)| document).collect();
    taken.resize(old.len(), false);
    let mut left: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, document) in old.iter().enumerate().rev().filter(|(place, _)| !taken[*place]) {
        left.entry(&document.text).or_default().push(place);
    }
    let mut rest = Vec::new();
    for document in moved {
        match left.get_mut(document.text.as_ref()).and_then(Vec::pop) {
            Some(place) => {
                taken[place] = true;
                same.push(document);
            }
            None => rest.push(document),
        }
    }
    let old_rest = old.iter().zip(taken).filter(|(_, taken)| !taken);
    (old_rest.map(|(document, _)| document).collect(), rest, same)
}

/// The objects of some documents. The same object twice on a side is numbered.
fn read<'a>(
    documents: &[&'a Document<'a>],
    sources: &Sources,
) -> BTreeMap<(Subject, usize), Found<'a>> {
    let mut found = BTreeMap::new();
    let mut met: BTreeMap<Subject, usize> = BTreeMap::new();
    let contents = parallel::map(documents, |document| contents(document, sources));
    for (subject, content) in contents.into_iter().flatten() {
        let number = met.entry(subject.clone()).or_default();
        found.insert((subject, *number), content);
        *number += 1;
    }
    found
}

fn contents<'a>(document: &'a Document<'a>, sources: &Sources) -> Vec<(Subject, Found<'a>)> {
    let path = document.path.as_str();
    let found = |object: Object, is_alone| {
        let subject = Subject::Object(object.identity().clone());
        (subject, Found { document, is_alone, content: Raw::Object(Box::new(object)) })
    };
    if let Some(rendered) = document.rendered
        && let Ok(object) = Object::rendered(rendered, path)
    {
        return vec![found(object, true)];
    }
    let file = sources.add(path, document.text.as_ref());
    let (trees, mut diagnostics) = parse(&sources.get(file), Dialect::Kubectl);
    let trees: Vec<Tree> = trees.into_iter().map(manifests::with_kinds_of_lists).collect();
    let mut roots = Vec::new();
    for tree in &trees {
        manifests::objects(tree.root(), &mut |root| roots.push(root), &mut diagnostics);
    }
    let is_alone = roots.len() == 1;
    let objects: Option<Vec<_>> = roots
        .into_iter()
        .map(|root| {
            let object = Object::read(root, path).ok().filter(|it| it.identity().is_of_words())?;
            Some(found(object, is_alone))
        })
        .collect();
    objects.filter(|_| !diagnostics.has_errors()).unwrap_or_else(|| {
        let content = Raw::Text(document.text.clone().into_owned());
        vec![(Subject::File(path.to_owned()), Found { document, is_alone: true, content })]
    })
}
