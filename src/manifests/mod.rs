//! Manifests from anywhere, checked as a real API server would: no project is needed.
//!
//! [`check`] finds the files, reads their documents as kubectl does, takes lists apart, checks
//! each object for itself and all of them together, and says of each object how that ended.
//! [`read`] only reads them.

mod files;
mod kinds;
mod objects;
mod places;

use std::cell::LazyCell;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use regex_lite::Regex;

pub(crate) use files::is_manifest;
pub use kinds::{Kinds, NotAKind};
pub(crate) use objects::{of as objects, with_kinds_of_lists};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
use crate::fs::FileSystem;
use crate::k8s::{Identity, NotAnObject};
use crate::parallel;
use crate::source::{Dialect, FileId, NodeRef, Part, Source, Sources, Tree, parse};
use crate::validate::{
    self, Author, Cluster, Finding, Member, admission, allowance, object_name, references, security,
};
use files::{File, Files};
use places::{Misread, Places, errors, span_of};

/// How many objects one thread checks at a time.
const CHUNK: usize = 128;

/// What to check, and how.
#[derive(Debug, Default)]
pub struct Request {
    /// What to read.
    pub inputs: Vec<Input>,
    /// Where the definitions of custom resources are that the cluster has.
    pub definitions: Vec<PathBuf>,
    /// Files are left out whose paths match one of these.
    pub ignore: Vec<Regex>,
    /// Objects of these kinds are not checked.
    pub skip: Kinds,
    /// Objects of these kinds are refused.
    pub reject: Kinds,
    /// Objects of these kinds pass where gen knows no schema for them.
    pub allow_missing_schema: Kinds,
    /// What is known of the cluster that they are for.
    pub cluster: Cluster,
}

/// Where manifests come from.
#[derive(Debug)]
pub enum Input {
    /// A file, or a folder with files that end in `.yaml`, `.yml` or `.json`, at any depth.
    Path(PathBuf),
    /// Bytes that were read already, from what messages call by this name.
    Bytes(String, Vec<u8>),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Checked {
    /// All that is wrong.
    pub diagnostics: Diagnostics,
    /// Every object, in the order of the inputs and of the files' paths.
    pub objects: Vec<CheckedObject>,
    /// How many files were found.
    pub files: usize,
    /// How many of them could not be read, or not wholly.
    pub unread: usize,
    /// How often a policy or a rule in CEL could not be worked out for an object.
    pub unchecked_rules: usize,
}

/// One object, and how its check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedObject {
    /// The path of its file.
    pub file: String,
    /// What it is called, such as `Deployment shop/web`.
    pub name: String,
    /// How its check ended.
    pub verdict: Verdict,
}

/// How the check of an object ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The API server would take it.
    Sound,
    /// The API server would refuse it, or its kind is rejected.
    Wrong,
    /// Nobody knows: there is no schema of its kind.
    Unchecked,
    /// Nobody wanted to know.
    Skipped,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sound => "sound",
            Self::Wrong => "wrong",
            Self::Unchecked => "could not be checked",
            Self::Skipped => "skipped",
        })
    }
}

impl Checked {
    /// How many objects ended like that.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.objects.iter().filter(|object| object.verdict == verdict).count()
    }
}

/// The files that an input names, with their bytes, in the order of their paths.
pub fn read_files(
    fs: &dyn FileSystem,
    input: Input,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, Vec<u8>)> {
    let Files { found, diagnostics: missing, empty } = Files::find(fs, vec![input], &[]);
    diagnostics.append(missing);
    for folder in empty {
        let message = "no file of the folder ends in `.yaml`, `.yml` or `.json`";
        diagnostics.push(Diagnostic::error_in(Code::NothingToCheck, folder, message));
    }
    let mut files = Vec::new();
    for File { path, content } in found {
        match content.read(fs) {
            Ok(bytes) => files.push((path, bytes)),
            Err(error) => diagnostics.push(crate::load::unreadable(&path, &error)),
        }
    }
    files
}

/// What is wrong with a document of which an object was expected.
#[must_use]
pub fn not_objects(root: NodeRef<'_>) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let mut found = Vec::new();
    objects::of(root, &mut |object| found.push(object), &mut diagnostics);
    for object in found {
        let unnamed = |error: NotAnObject| {
            let place = error.at.span().map_or(Place::Nowhere, Place::Span);
            let message = format!("this is no Kubernetes object: {error}");
            Diagnostic::new(Code::NotAnObject, Severity::Error, place, message)
        };
        let unfit = objects::check(object).err().map(|error| *error);
        diagnostics.extend(unfit.or_else(|| Identity::of(object).err().map(unnamed)));
    }
    diagnostics
}

/// Checks manifests. References to what is not among them are warnings.
#[must_use]
pub fn check(fs: &dyn FileSystem, request: Request, sources: &Sources) -> Checked {
    let Request { inputs, definitions, ignore, skip, reject, allow_missing_schema, cluster } =
        request;
    let mut rules = Rules { skip, reject, allow_missing_schema, cluster };
    let Files { found, mut diagnostics, empty } = Files::find(fs, inputs, &ignore);
    if !definitions.is_empty() {
        rules.define(fs, definitions, sources, &mut diagnostics);
    }
    if found.is_empty() && empty.is_empty() && !diagnostics.has_errors() {
        diagnostics.push(Diagnostic::new(
            Code::NothingToCheck,
            Severity::Error,
            Place::Nowhere,
            "every file is left out",
        ));
    }
    let (documents, verdicts) = rules.read(fs, found, sources);
    let mut checked = Checked { files: documents.len(), ..Checked::default() };
    rules.apply(&documents, verdicts, &mut checked, &mut diagnostics);
    let severity = match checked.objects.len() {
        0 => Severity::Error,
        _ => Severity::Warning,
    };
    let nothing = |path, message: &str| {
        Diagnostic::new(Code::NothingToCheck, severity, Place::Path(path), message)
    };
    diagnostics.extend(
        empty.into_iter().map(|folder| {
            nothing(folder, "no file of the folder ends in `.yaml`, `.yml` or `.json`")
        }),
    );
    for file in documents {
        let (outside, empty) = (file.has_errors_outside_of_objects(), file.trees.is_empty());
        checked.unread += usize::from(outside);
        diagnostics.append(file.diagnostics);
        if empty && !outside {
            diagnostics.push(nothing(file.path, "there is no object in it"));
        }
    }
    let unchecked = diagnostics.iter().filter(|found| found.code == Code::RuleNotChecked);
    checked.unchecked_rules = unchecked.count();
    checked.diagnostics = diagnostics;
    checked
}

/// Reads the objects of manifests without checking them: a tree for each document, of which
/// [`objects_of`] are taken. What cannot be read and what is no object is said. Files are left out
/// whose paths match one of `ignore`.
#[must_use]
pub fn read(
    fs: &dyn FileSystem,
    inputs: Vec<Input>,
    ignore: &[Regex],
    sources: &Sources,
) -> (Vec<Tree>, Diagnostics) {
    let Files { found, mut diagnostics, empty } = Files::find(fs, inputs, ignore);
    let mut trees = Vec::new();
    for file in parallel::map(found, |file| Documents::read(fs, file, sources)) {
        diagnostics.append(file.diagnostics);
        trees.extend(file.trees);
    }
    let mut is_empty = true;
    for tree in &trees {
        let mut found = Vec::new();
        objects::of(tree.root(), &mut |root| found.push(root), &mut diagnostics);
        is_empty &= found.is_empty();
        diagnostics.extend(found.into_iter().filter_map(not_an_object));
    }
    if is_empty && !diagnostics.has_errors() {
        let place = empty.into_iter().next().map_or(Place::Nowhere, Place::Path);
        let message = "there is no object to be found";
        diagnostics.push(Diagnostic::new(Code::NothingToCheck, Severity::Error, place, message));
    }
    (trees, diagnostics)
}

/// What is wrong with something that is not meant to be an object at all, and what to do about it.
fn not_an_object(root: NodeRef<'_>) -> Option<Diagnostic> {
    let no_object = *objects::check(root).err()?;
    if !no_object.help.is_empty() {
        return Some(no_object);
    }
    Some(no_object.help("if it is no manifest, `--ignore-filename-pattern` leaves it out"))
}

/// The objects of documents, those in lists too.
#[must_use]
pub fn objects_of(trees: &[Tree]) -> Vec<NodeRef<'_>> {
    let mut found = Vec::new();
    for tree in trees {
        // What is wrong with them was said when they were read.
        objects::of(tree.root(), &mut |root| found.push(root), &mut Diagnostics::default());
    }
    found
}

/// A file, or why there is none to be read.
fn open(
    fs: &dyn FileSystem,
    file: File,
    sources: &Sources,
) -> (String, Result<Arc<Source>, Diagnostic>) {
    let File { path, content } = file;
    let source = match content.read(fs) {
        Ok(bytes) => sources.add_bytes(path.clone(), bytes).map_err(|diagnostic| *diagnostic),
        Err(error) => Err(crate::load::unreadable(&path, &error)),
    };
    (path, source.map(|id| sources.get(id)))
}

/// A file, or some of its documents, and what it says.
struct Documents {
    path: String,
    trees: Vec<Tree>,
    diagnostics: Diagnostics,
    misread: Misread,
}

impl Documents {
    fn read(fs: &dyn FileSystem, file: File, sources: &Sources) -> Self {
        let (path, source) = open(fs, file, sources);
        match source {
            Ok(source) => Self::of(path, parse(&source, Dialect::Kubectl)),
            Err(diagnostic) => Self::of(path, (Vec::new(), diagnostic.into())),
        }
    }

    fn of(path: String, (trees, diagnostics): (Vec<Tree>, Diagnostics)) -> Self {
        let trees = trees.into_iter().map(objects::with_kinds_of_lists).collect();
        let misread = Misread::of(&diagnostics);
        Self { path, trees, diagnostics, misread }
    }

    fn has_errors_outside_of_objects(&self) -> bool {
        let documents = Places::of(self.trees.iter().map(Tree::root));
        let outside = |span| documents.around(span).is_none();
        errors(&self.diagnostics).map(span_of).any(|span| span.is_none_or(outside))
    }
}

/// How the checks of some objects ended, in their order, and what was found.
#[derive(Default)]
struct Verdicts {
    verdicts: Vec<Verdict>,
    found: Diagnostics,
}

impl Verdicts {
    fn append(&mut self, other: Self) {
        self.verdicts.extend(other.verdicts);
        self.found.append(other.found);
    }
}

/// Whether a file may define kinds: the word may also be written with escapes.
fn may_define(source: &Arc<Source>) -> bool {
    static WORD: LazyLock<Finder<'static>> =
        LazyLock::new(|| Finder::new("CustomResourceDefinition"));
    let text = source.text.as_bytes();
    WORD.find(text).is_some() || memchr::memchr(b'\\', text).is_some()
}

/// What holds for every object.
struct Rules {
    skip: Kinds,
    reject: Kinds,
    allow_missing_schema: Kinds,
    cluster: Cluster,
}

impl Rules {
    /// Reads the definitions of custom resources that the cluster has.
    fn define(
        &mut self,
        fs: &dyn FileSystem,
        definitions: Vec<PathBuf>,
        sources: &Sources,
        diagnostics: &mut Diagnostics,
    ) {
        let inputs = definitions.into_iter().map(Input::Path).collect();
        let Files { found, diagnostics: of_files, .. } = Files::find(fs, inputs, &[]);
        diagnostics.append(of_files);
        for file in parallel::map(found, |file| Documents::read(fs, file, sources)) {
            diagnostics.append(file.diagnostics);
            for tree in &file.trees {
                objects::of(tree.root(), &mut |root| self.cluster.custom.read(root), diagnostics);
            }
        }
        if self.cluster.custom.is_empty() && !diagnostics.has_errors() {
            let message = "nothing that `--crds` names is a CustomResourceDefinition";
            let error = Severity::Error;
            diagnostics.push(Diagnostic::new(Code::NothingToCheck, error, Place::Nowhere, message));
        }
    }

    /// Reads files, and checks each object for itself while what it says is still at hand: not
    /// later, unless there are definitions among them.
    fn read(
        &self,
        fs: &dyn FileSystem,
        files: Vec<File>,
        sources: &Sources,
    ) -> (Vec<Documents>, Option<Verdicts>) {
        let files = parallel::map(files, |file| open(fs, file, sources));
        let opened = || files.iter().filter_map(|(_, source)| source.as_ref().ok());
        let is_early = !opened().any(may_define);
        let parts: Vec<(FileId, Part)> = opened()
            .flat_map(|source| Part::all(source).into_iter().map(|part| (source.id, part)))
            .collect();
        let read = parallel::map(parts, |(file, part)| {
            let documents = Documents::of(String::new(), part.parse());
            let verdicts = is_early.then(|| {
                let mut roots = Vec::new();
                for tree in &documents.trees {
                    // What is wrong with lists is said when all is read.
                    let ignored = &mut Diagnostics::default();
                    objects::of(tree.root(), &mut |root| roots.push(root), ignored);
                }
                self.verdicts(roots.into_iter().map(|root| (&documents.misread, root)))
            });
            (file, documents, verdicts)
        });
        let mut read = read.into_iter().peekable();
        let mut verdicts = is_early.then(Verdicts::default);
        let whole = |(path, source): (String, Result<Arc<Source>, Diagnostic>)| {
            let mut whole = Documents::of(path, (Vec::new(), Diagnostics::default()));
            match source {
                Err(diagnostic) => whole.diagnostics.push(diagnostic),
                Ok(source) => {
                    while let Some((_, part, of_part)) =
                        read.next_if(|(file, ..)| *file == source.id)
                    {
                        whole.trees.extend(part.trees);
                        whole.diagnostics.append(part.diagnostics);
                        whole.misread.append(part.misread);
                        verdicts.iter_mut().zip(of_part).for_each(|(all, part)| all.append(part));
                    }
                }
            }
            whole
        };
        (files.into_iter().map(whole).collect(), verdicts)
    }

    /// Checks objects, each for itself, beside what was wrong when they were read.
    fn verdicts<'t>(&self, objects: impl Iterator<Item = (&'t Misread, NodeRef<'t>)>) -> Verdicts {
        let mut found = Diagnostics::default();
        let verdicts =
            objects.map(|(misread, root)| self.judge(misread, root, &mut found)).collect();
        Verdicts { verdicts, found }
    }

    fn apply(
        &mut self,
        files: &[Documents],
        verdicts: Option<Verdicts>,
        checked: &mut Checked,
        diagnostics: &mut Diagnostics,
    ) {
        let documents = files.iter().map(|file| file.trees.len()).sum();
        let mut objects: Vec<(&Documents, NodeRef<'_>)> = Vec::with_capacity(documents);
        for file in files {
            for tree in &file.trees {
                objects::of(tree.root(), &mut |root| objects.push((file, root)), diagnostics);
            }
        }
        let Verdicts { mut verdicts, found } = verdicts.unwrap_or_else(|| {
            // Definitions bring the kinds of other objects.
            for (_, root) in &objects {
                self.cluster.custom.read(*root);
            }
            let chunks = parallel::map(objects.chunks(CHUNK), |chunk| {
                self.verdicts(chunk.iter().map(|(file, root)| (&file.misread, *root)))
            });
            let mut all = Verdicts::default();
            for chunk in chunks {
                all.append(chunk);
            }
            all
        });
        diagnostics.append(found);
        self.check_together(&objects, &mut verdicts, diagnostics);
        checked.objects = objects
            .into_iter()
            .zip(verdicts)
            .map(|((file, root), verdict)| CheckedObject {
                file: file.path.clone(),
                name: object_name(root),
                verdict,
            })
            .collect();
    }

    /// Checks one object for itself.
    fn judge(&self, misread: &Misread, root: NodeRef<'_>, out: &mut Diagnostics) -> Verdict {
        if self.skip.contain(root) {
            return Verdict::Skipped;
        }
        if let Some(kind) = self.reject.kind_of(root) {
            let message = "objects of this kind are rejected".to_owned();
            let finding = Finding::error(Code::RejectedKind, root, kind, message);
            let finding = finding.help("remove the object, or take its kind off `--reject`");
            out.push(finding.into_diagnostic());
            return Verdict::Wrong;
        }
        if let Some(no_object) = not_an_object(root) {
            out.push(no_object);
            return Verdict::Wrong;
        }
        let mut found = Vec::new();
        validate::object(root, Author::Other, &self.cluster, &mut found);
        let without_schema = found.iter().any(|finding| finding.code == Code::NoSchema);
        if without_schema && self.allow_missing_schema.contain(root) {
            found.retain(|finding| finding.code != Code::NoSchema);
        }
        let is_wrong = |finding: &Finding| {
            finding.severity == Severity::Error && finding.code != Code::NoSchema
        };
        let is_misread = || root.at().span().is_some_and(|object| misread.is_in(object));
        let verdict = if found.iter().any(is_wrong) || is_misread() {
            Verdict::Wrong
        } else if without_schema {
            Verdict::Unchecked
        } else {
            Verdict::Sound
        };
        out.extend(found.into_iter().map(Finding::into_diagnostic));
        verdict
    }

    /// Checks all objects together. Those that are skipped are there for others to refer to.
    fn check_together(
        &self,
        objects: &[(&Documents, NodeRef<'_>)],
        verdicts: &mut [Verdict],
        out: &mut Diagnostics,
    ) {
        let members: Vec<Member<'_>> =
            objects.iter().map(|(_, root)| Member::new(*root, Author::Other, "")).collect();
        let mut found = Vec::new();
        references::check(&members, &self.cluster, &mut found);
        security::check(&members, &self.cluster, &mut found);
        admission::check(&members, &self.cluster, &mut found);
        let skipped = objects.iter().zip(verdicts.iter());
        let skipped = skipped.filter(|(_, verdict)| **verdict == Verdict::Skipped);
        let skipped = Places::of(skipped.map(|((_, root), _)| *root));
        found.retain(|finding| finding.span.is_none_or(|span| skipped.around(span).is_none()));
        let places = LazyCell::new(|| Places::of(objects.iter().map(|(_, root)| *root)));
        let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
        for span in errors.filter_map(|finding| finding.span) {
            if let Some(index) = places.around(span) {
                verdicts[index] = Verdict::Wrong;
            }
        }
        out.extend(found.into_iter().map(Finding::into_diagnostic));
        // First what is right, then what is good.
        let is_sound = |index: usize| verdicts[index] == Verdict::Sound;
        allowance::check(&members, &[], &self.cluster, is_sound, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Report, short};
    use crate::fs::testing::MemoryFs;
    use crate::validate::Extent;

    fn request(paths: &[&str]) -> Request {
        Request {
            inputs: paths.iter().map(|path| Input::Path(path.into())).collect(),
            cluster: Cluster { extent: Extent::Files, ..Cluster::default() },
            ..Request::default()
        }
    }

    /// All objects with their verdicts, and all that was said.
    fn run(fs: &MemoryFs, request: Request) -> (Vec<String>, String) {
        let sources = Sources::default();
        let checked = check(fs, request, &sources);
        let line = |object: &CheckedObject| {
            format!("{}: {}: {}", object.file, object.name, object.verdict)
        };
        let said = short(&Report::new(&checked.diagnostics, &sources));
        (checked.objects.iter().map(line).collect(), said)
    }

    fn config_map(name: &str) -> String {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name} }}\n")
    }

    #[test]
    fn objects_come_in_the_order_of_the_inputs_and_of_their_paths() {
        let fs = MemoryFs::default();
        for number in 0..300 {
            fs.put(format!("many/{}/{number}.yaml", number % 20), config_map("a"));
        }
        fs.put("first.yaml", config_map("b") + "---\n" + &config_map("a"));
        let (objects, _) = run(&fs, request(&["first.yaml", "many"]));
        assert_eq!(objects.len(), 302);
        assert_eq!(
            objects[..2],
            ["first.yaml: ConfigMap b: sound", "first.yaml: ConfigMap a: sound"]
        );
        assert!(objects[2..].is_sorted());
    }

    #[test]
    fn a_file_with_many_paths_is_checked_once_by_its_own() {
        let fs = MemoryFs::default();
        fs.put("folder/z/a.yaml", config_map("a"));
        fs.put_link("folder/b.yaml", "z/a.yaml");
        fs.put_link("folder/c", "z");
        fs.put_link("folder/z/d", "..");
        let own = ["folder/z/a.yaml: ConfigMap a: sound"];
        assert_eq!(run(&fs, request(&["folder"])).0, own);
        assert_eq!(run(&fs, request(&["folder", "folder/z/a.yaml"])).0, own);
        assert_eq!(run(&fs, request(&["folder/b.yaml"])).0, ["folder/b.yaml: ConfigMap a: sound"]);
    }

    #[test]
    fn objects_of_a_large_file_are_judged_alike_early_and_late() {
        let object = |number: usize| match number % 100 {
            7 => format!("kind: List\napiVersion: v1\nitems: [{}]\n", "3, { kind: Pod }"),
            13 => format!("{}data: {number}\n", config_map("wrong")),
            31 => "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, name: b }\n".to_owned(),
            _ => config_map(&format!("a-{number}")),
        };
        let all: Vec<String> = (0..3_000).map(object).collect();
        let fs = MemoryFs::default();
        fs.put("all.yaml", all.join("---\n"));
        let (early, said) = run(&fs, request(&["all.yaml"]));
        assert_eq!(early.len(), 3_000);
        assert_eq!(early.iter().filter(|line| line.ends_with(": wrong")).count(), 90);
        // Nobody knows before the end whether this defines a kind.
        fs.put("all.yaml", all.join("---\n") + "# CustomResourceDefinition\n");
        assert_eq!(run(&fs, request(&["all.yaml"])), (early, said));
    }

    #[test]
    fn what_cannot_be_read_hides_nothing_else() {
        let fs = MemoryFs::default();
        fs.put("folder/good.yaml", config_map("a"));
        fs.put("folder/locked/bad.yaml", config_map("b"));
        fs.refuse("folder/locked");
        let (objects, said) = run(&fs, request(&["nothing", "folder"]));
        assert_eq!(objects, ["folder/good.yaml: ConfigMap a: sound"]);
        assert_eq!(
            said,
            "folder/locked: error[L040]: this cannot be read: permission denied\n\
             nothing: error[L040]: there is no such file or folder\n"
        );
    }

    #[test]
    fn skipped_objects_are_there_for_others_to_refer_to() -> Result<(), NotAKind> {
        let fs = MemoryFs::default();
        fs.put(
            "all.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: { name: p, namespace: ns }\nspec:\n  \
             containers: [{ name: a, image: b@sha256:0, resources: { limits: { cpu: 1, memory: 1 } }, \
             securityContext: { runAsUser: 1 }, envFrom: [{ configMapRef: { name: c } }] }]\n  \
             imagePullSecrets: [{ name: nobody }]\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, namespace: ns }\ndata: 3\n",
        );
        let skip =
            |kinds: &str| kinds.parse().map(|skip| Request { skip, ..request(&["all.yaml"]) });
        let (objects, said) = run(&fs, skip("ConfigMap")?);
        assert_eq!(objects, ["all.yaml: Pod ns/p: sound", "all.yaml: ConfigMap ns/c: skipped"]);
        assert_eq!(
            said,
            "all.yaml:6:30: warning[V030]: there is no Secret `nobody` in the namespace `ns`: \
             spec.imagePullSecrets[0].name of Pod ns/p\n"
        );
        let (_, said) = run(&fs, skip("Pod,ConfigMap")?);
        assert_eq!(said, "");
        Ok(())
    }
}
