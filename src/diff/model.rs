//! The model: which objects are created, changed and deleted.

use std::collections::BTreeMap;
use std::fmt;

use super::conceal;
use crate::emit::{FileUpdate, Update};
use crate::k8s::Identity;
use crate::source::{Dialect, Sources, Tree, parse};

/// A file of manifests on one side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Manifest<'m> {
    /// Its path, by which the objects are ordered.
    pub path: &'m str,
    /// Its bytes.
    pub bytes: &'m [u8],
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An object of the cluster.
    Object(Identity),
    /// A file without a readable object, by its path.
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

/// What happens to an object. The texts are YAML, with all that may be secret concealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only the new side has it.
    Created {
        /// The object.
        new: String,
    },
    /// Both sides have it, and differ.
    Changed {
        /// The object on the old side.
        old: String,
        /// The object on the new side.
        new: String,
    },
    /// Only the old side has it.
    Deleted {
        /// The object.
        old: String,
    },
}

impl Change {
    /// The character that stands for it: `+`, `~` or `-`.
    #[must_use]
    pub fn sign(&self) -> char {
        match self {
            Self::Created { .. } => '+',
            Self::Changed { .. } => '~',
            Self::Deleted { .. } => '-',
        }
    }
}

/// One object that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectChange {
    /// What changes.
    pub subject: Subject,
    /// The file that holds it: on the new side, or on the old one if the new has none.
    pub path: String,
    /// How it changes.
    pub change: Change,
}

/// What differs between two sets of manifests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The objects that differ, in the order of their paths, which is the order of applying.
    pub changes: Vec<ObjectChange>,
    /// How many objects are the same on both sides.
    pub unchanged: usize,
}

/// How many objects change, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Only on the new side.
    pub created: usize,
    /// Different on both sides.
    pub changed: usize,
    /// Only on the old side.
    pub deleted: usize,
    /// The same on both sides.
    pub unchanged: usize,
}

impl Comparison {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many objects change, and how.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally { unchanged: self.unchanged, ..Tally::default() };
        for change in &self.changes {
            *match change.change {
                Change::Created { .. } => &mut tally.created,
                Change::Changed { .. } => &mut tally.changed,
                Change::Deleted { .. } => &mut tally.deleted,
            } += 1;
        }
        tally
    }
}

/// Compares what an update finds on the disk with what it would write.
#[must_use]
pub fn of_update(update: &Update) -> Comparison {
    let mut old = Vec::new();
    let mut new = Vec::new();
    let files: Vec<(String, &FileUpdate)> = update
        .folders
        .iter()
        .flat_map(|folder| {
            folder.files.iter().map(|(name, file)| (format!("{}/{name}", folder.name), file))
        })
        .collect();
    for (path, file) in &files {
        let (old_bytes, new_bytes) = match file {
            FileUpdate::Create { new } => (None, Some(&new.bytes)),
            FileUpdate::Change { old, new } => (Some(old), Some(&new.bytes)),
            FileUpdate::Delete { old } => (Some(old), None),
            FileUpdate::Keep { new } => (Some(&new.bytes), Some(&new.bytes)),
        };
        old.extend(old_bytes.map(|bytes| Manifest { path, bytes }));
        new.extend(new_bytes.map(|bytes| Manifest { path, bytes }));
    }
    compare(&old, &new)
}

/// Pairs the objects of two sets of manifests by API group, kind, namespace and name, wherever
/// they stand, and says which differ. A file that is byte for byte the same on both sides counts
/// as one object that does not.
#[must_use]
pub fn compare(old: &[Manifest<'_>], new: &[Manifest<'_>]) -> Comparison {
    let same: BTreeMap<&str, &[u8]> = {
        let new: BTreeMap<&str, &[u8]> =
            new.iter().map(|manifest| (manifest.path, manifest.bytes)).collect();
        old.iter()
            .filter(|manifest| new.get(manifest.path) == Some(&manifest.bytes))
            .map(|manifest| (manifest.path, manifest.bytes))
            .collect()
    };
    let sources = Sources::default();
    let read = |side: &[Manifest<'_>]| -> BTreeMap<(Subject, usize), Found> {
        let mut found = BTreeMap::new();
        for manifest in side.iter().filter(|manifest| !same.contains_key(manifest.path)) {
            for (subject, document) in documents(manifest, &sources) {
                let path = manifest.path.to_owned();
                // The same object twice on a side is paired in order.
                let mut key = (subject, 0);
                while found.contains_key(&key) {
                    key.1 += 1;
                }
                found.insert(key, Found { path, document });
            }
        }
        found
    };
    let mut old = read(old);
    let mut comparison = Comparison { changes: Vec::new(), unchanged: same.len() };
    for ((subject, number), new) in read(new) {
        let key = (subject, number);
        let old = old.remove(&key);
        let change = match old {
            None => Some(Change::Created { new: new.document.alone() }),
            Some(old) => {
                let (old, new) = old.document.beside(&new.document);
                (old != new).then_some(Change::Changed { old, new })
            }
        };
        match change {
            Some(change) => {
                let change = ObjectChange { subject: key.0, path: new.path, change };
                comparison.changes.push(change);
            }
            None => comparison.unchanged += 1,
        }
    }
    for ((subject, _), old) in old {
        let change = Change::Deleted { old: old.document.alone() };
        comparison.changes.push(ObjectChange { subject, path: old.path, change });
    }
    comparison
        .changes
        .sort_by(|one, other| (&one.path, &one.subject).cmp(&(&other.path, &other.subject)));
    comparison
}

struct Found {
    path: String,
    document: Document,
}

/// One object, or the text of a file that holds none that can be read.
enum Document {
    /// Text that holds no secret, as its author wrote it.
    Plain(String),
    /// An object that is made to hold secrets.
    Secret(Tree),
    /// Text that may hold a secret, and no saying where.
    Unreadable(String),
}

impl Document {
    /// The text to show where the other side has no such object.
    fn alone(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Secret(tree) => conceal::alone(tree.root()),
            Self::Unreadable(_) => conceal::UNREADABLE.to_owned(),
        }
    }

    /// The texts to show of an old and a new object, which are equal when the objects are.
    fn beside(&self, new: &Self) -> (String, String) {
        match (self, new) {
            (Self::Secret(old), Self::Secret(new)) => conceal::beside(old.root(), new.root()),
            (Self::Unreadable(old), Self::Unreadable(new)) if old != new => {
                (conceal::UNREADABLE.to_owned(), conceal::UNREADABLE_TOO.to_owned())
            }
            _ => (self.alone(), new.alone()),
        }
    }
}

fn documents(manifest: &Manifest<'_>, sources: &Sources) -> Vec<(Subject, Document)> {
    let text = String::from_utf8_lossy(manifest.bytes);
    let file = sources.add(manifest.path, text.as_ref());
    let (trees, diagnostics) = parse(file, &text, Dialect::Kubectl);
    let objects: Option<Vec<(Identity, Tree)>> =
        trees.into_iter().map(|tree| Some((Identity::of(tree.root()).ok()?, tree))).collect();
    let Some(objects) = objects.filter(|_| !diagnostics.has_errors()) else {
        let text = text.into_owned();
        let document = if conceal::is_suspect(&text) {
            Document::Unreadable(text)
        } else {
            Document::Plain(text)
        };
        return vec![(Subject::File(manifest.path.to_owned()), document)];
    };
    let source = sources.get(file);
    let is_alone = objects.len() == 1;
    let document = |(identity, tree): (Identity, Tree)| {
        let of_many = || tree.root().at().span().map_or("", |span| source.slice(span));
        let written = if is_alone { source.text.as_str() } else { of_many() };
        let written = written.trim_end_matches('\n').to_owned() + "\n";
        let document = if conceal::is_secret(&identity) {
            Document::Secret(tree)
        } else if identity.kind.ends_with("List") && conceal::is_suspect(&written) {
            Document::Unreadable(written)
        } else {
            Document::Plain(written)
        };
        (Subject::Object(identity), document)
    };
    objects.into_iter().map(document).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::{Digest, File, FileSet, Maker, Output, Scope};
    use crate::fs::testing::MemoryFs;

    fn sides<'m>(files: &'m [(&'m str, &'m str)]) -> Vec<Manifest<'m>> {
        files.iter().map(|(path, text)| Manifest { path, bytes: text.as_bytes() }).collect()
    }

    fn numbered(texts: &[String]) -> Vec<Manifest<'_>> {
        let paths = ["1.yaml", "2.yaml", "3.yaml", "4.yaml"];
        let numbered = paths.iter().zip(texts);
        numbered.map(|(path, text)| Manifest { path, bytes: text.as_bytes() }).collect()
    }

    /// Objects and files that hold a secret in every way.
    fn secrets(values: [&str; 4]) -> [String; 4] {
        let [in_secret, in_list, in_named_list, in_broken] = values;
        let secret = format!("stringData:\n  kept: hunter1\n  password: {in_secret}\n");
        let item = |value: &str| format!("items:\n- {{ kind: Secret, data: {{ a: {value} }} }}\n");
        [
            object("Secret", "keys", &secret),
            format!("apiVersion: v1\nkind: List\n{}", item(in_list)),
            object("SecretList", "keys", &item(in_named_list)),
            format!("kind: Secret\nstringData: [\n  {in_broken}\n"),
        ]
    }

    fn object(kind: &str, name: &str, rest: &str) -> String {
        let version = if kind == "Deployment" { "apps/v1" } else { "v1" };
        let metadata = format!("metadata:\n  name: {name}\n  namespace: shop\n");
        format!("apiVersion: {version}\nkind: {kind}\n{metadata}{rest}")
    }

    /// The changes as `sign subject path`.
    fn lines(comparison: &Comparison) -> Vec<String> {
        let line = |change: &ObjectChange| {
            format!("{} {} {}", change.change.sign(), change.subject, change.path)
        };
        comparison.changes.iter().map(line).collect()
    }

    #[test]
    fn objects_are_paired_by_identity() {
        let (old_web, new_web) = (
            object("Deployment", "web", "spec:\n  replicas: 1\n"),
            object("Deployment", "web", "spec:\n  replicas: 2\n"),
        );
        let (service, gone) = (object("Service", "web", ""), object("Service", "gone", ""));
        let (moved, fresh) = (object("ConfigMap", "moved", ""), object("Service", "fresh", ""));
        let comparison = compare(
            &sides(&[
                ("shop/20-web.yaml", &service),
                ("shop/21-gone.yaml", &gone),
                ("shop/60-web.yaml", &old_web),
                ("shop/70-moved.yaml", &moved),
            ]),
            &sides(&[
                ("shop/20-web.yaml", &service),
                ("shop/22-fresh.yaml", &fresh),
                ("store/10-moved.yaml", &moved),
                ("store/60-web.yaml", &new_web),
            ]),
        );
        assert_eq!(
            lines(&comparison),
            [
                "- Service shop/gone shop/21-gone.yaml",
                "+ Service shop/fresh shop/22-fresh.yaml",
                "~ Deployment shop/web store/60-web.yaml",
            ]
        );
        let tally = Tally { created: 1, changed: 1, deleted: 1, unchanged: 2 };
        assert_eq!(comparison.tally(), tally);
        assert_eq!(
            comparison.changes[2].change,
            Change::Changed { old: old_web.clone(), new: new_web.clone() }
        );
    }

    #[test]
    fn a_new_version_of_the_api_is_a_change() {
        let old = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\n\
                   metadata: { name: web }\n";
        let new = &old.replace("v2beta2", "v2");
        let comparison = compare(&sides(&[("a.yaml", old)]), &sides(&[("a.yaml", new)]));
        assert_eq!(lines(&comparison), ["~ HorizontalPodAutoscaler web a.yaml"]);
    }

    #[test]
    fn a_stream_holds_many_objects() {
        let (one, two) = (object("Service", "one", ""), object("Service", "two", ""));
        let stream = format!("{one}---\n{two}");
        let comparison =
            compare(&sides(&[("-", &stream)]), &sides(&[("1.yaml", &one), ("2.yaml", &two)]));
        assert_eq!(comparison, Comparison { changes: Vec::new(), unchanged: 2 });
    }

    #[test]
    fn what_cannot_be_read_is_compared_as_a_file() {
        let comparison = compare(
            &sides(&[("shop/60-web.yaml", "kind: [\n")]),
            &sides(&[("shop/60-web.yaml", &object("Service", "web", ""))]),
        );
        assert_eq!(
            lines(&comparison),
            ["+ Service shop/web shop/60-web.yaml", "- shop/60-web.yaml shop/60-web.yaml"]
        );
        assert_eq!(comparison.changes[1].change, Change::Deleted { old: "kind: [\n".into() });
    }

    #[test]
    fn an_edited_file_is_compared_like_any_other() -> Result<(), crate::fs::Error> {
        let fs = MemoryFs::default();
        let (edited, rendered) =
            (object("Deployment", "web", "# mine\n"), object("Deployment", "web", ""));
        fs.put("out/prod/shop/60-deployment-web.yaml", &edited);
        let file = File { bytes: rendered.clone().into_bytes(), input: Digest::of(b"") };
        let set = FileSet {
            folder: "shop".into(),
            files: [("60-deployment-web.yaml".to_owned(), file)].into(),
        };
        let maker = Maker { generator: "0.1.0".into(), schema: "1.34".into() };
        let output = Output::new(&fs, "out", "out");
        let update = output.compare("prod", vec![set], Scope::Environment, &maker)?;
        assert!(update.diagnostics.has_errors());
        let comparison = of_update(&update);
        assert_eq!(lines(&comparison), ["~ Deployment shop/web shop/60-deployment-web.yaml"]);
        Ok(())
    }

    #[test]
    fn secrets_stay_secret() {
        let old = secrets(["hunter2", "hunter3", "hunter4", "hunter5"]);
        let new = secrets(["hunter6", "hunter7", "hunter8", "hunter9"]);
        let (old, new) = (numbered(&old), numbered(&new));
        for comparison in [compare(&old, &new), compare(&old, &[]), compare(&[], &new)] {
            assert_eq!(comparison.changes.len(), 4);
            assert!(!format!("{comparison:?}").contains("hunter"), "{comparison:?}");
        }
    }
}
