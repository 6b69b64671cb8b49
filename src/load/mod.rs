//! From files to the language's types: every file of the project is read once, and all that
//! is wrong in all of them is reported.

mod environments;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::fs::{self, Confined, EntryKind, FileSystem};
use crate::k8s::NameForm;
use crate::parallel;
use crate::source::{Dialect, FileId, Sources, Span, parse};
use crate::spec::decode::{Decode, Decoder};
use crate::spec::{Overlay, Stack};

pub use environments::Environments;

/// The folders of a project that hold what is rendered, and what it is checked with.
pub const INPUT_FOLDERS: [&str; 5] = ["crds", "environments", "policies", "stacks", "templates"];

/// A project: where it lies, and what was read of it.
pub struct Project<'p> {
    /// The disk, as far as it is the project's.
    pub fs: Confined<'p>,
    /// The folder that holds `stacks/` and `environments/`.
    pub root: PathBuf,
    /// Every file that was read.
    pub sources: Sources,
}

/// A file of the language.
#[derive(Debug, Clone)]
pub struct File<T> {
    /// What it says. Files stand in maps, whose nodes have room for several of them.
    pub spec: Box<T>,
    /// All of it, for what no line of it says.
    pub span: Span,
}

/// The files of one stack.
#[derive(Debug)]
pub struct StackFiles {
    /// The stack's folder below the project's root, with `/` between its parts.
    pub folder: String,
    /// `stack.yaml`; `None` when it is missing or broken beyond use.
    pub stack: Option<File<Stack>>,
    /// Overlays by environment or family.
    pub overlays: BTreeMap<String, File<Overlay>>,
    /// Overlays by instance; those for one environment alone by `INSTANCE/ENVIRONMENT`.
    pub instances: BTreeMap<String, File<Overlay>>,
    /// Whether nobody can tell all environments it runs in: it does not list them, or lists one
    /// that does not exist.
    pub runs_unknown: bool,
    /// What is wrong in them.
    pub diagnostics: Diagnostics,
}

impl<'p> Project<'p> {
    /// A project of which nothing was read yet.
    #[must_use]
    pub fn new(fs: &'p dyn FileSystem, root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let fs = Confined::new(fs, root.clone(), "the project");
        Self { fs, root, sources: Sources::default() }
    }

    /// The names of the stacks, sorted: the folders of `stacks/`.
    pub fn stack_names(&self, diagnostics: &mut Diagnostics) -> Vec<String> {
        let mut names = Vec::new();
        for (name, kind) in self.list("stacks", diagnostics) {
            if kind != EntryKind::Folder && kind != EntryKind::Link || name.starts_with('.') {
                continue;
            }
            if check_name(&name, &format!("stacks/{name}"), "a stack", diagnostics) {
                names.push(name);
            }
        }
        names
    }

    /// Reads the named stacks, in parallel; what is wrong stays with each stack.
    #[must_use]
    pub fn stacks(
        &self,
        names: &[String],
        environments: &Environments,
    ) -> BTreeMap<String, StackFiles> {
        let load = |name: &String| (name.clone(), self.stack(name, environments));
        parallel::map(names, load).into_iter().collect()
    }

    fn stack(&self, name: &str, environments: &Environments) -> StackFiles {
        let folder = format!("stacks/{name}");
        let mut files = StackFiles {
            folder: folder.clone(),
            stack: None,
            overlays: BTreeMap::new(),
            instances: BTreeMap::new(),
            runs_unknown: false,
            diagnostics: Diagnostics::default(),
        };
        let diagnostics = &mut files.diagnostics;
        let mut found = false;
        let entries = self.list(&folder, diagnostics);
        // What cannot be listed may hold it.
        let is_listed = diagnostics.is_empty();
        for (file, kind) in entries {
            let path = format!("{folder}/{file}");
            if kind == EntryKind::Folder {
                check_folder(&file, &path, diagnostics);
                continue;
            }
            if file == "stack.yaml" {
                found = true;
                files.stack = self.file(&path, diagnostics);
            } else if let Some(name) = file.strip_suffix(".yaml") {
                if environments.is_known(name, &path, diagnostics)
                    && let Some(overlay) = self.file(&path, diagnostics)
                {
                    files.overlays.insert(name.to_owned(), overlay);
                }
            } else {
                found |= check_ending(&file, &path, diagnostics) == Some("stack");
            }
        }
        if !found && is_listed {
            diagnostics.push(
                Diagnostic::error_in(Code::NoStackFile, folder.clone(), "this folder holds no `stack.yaml`")
                    .help("write `stack.yaml`, which says what the system is, or move the folder out of `stacks/`"),
            );
        }
        self.instances(&folder, environments, &mut files);
        files
    }

    /// Reads `instances/INSTANCE.yaml` and `instances/INSTANCE/ENVIRONMENT.yaml`.
    fn instances(&self, folder: &str, environments: &Environments, files: &mut StackFiles) {
        let folder = format!("{folder}/instances");
        if !matches!(self.fs.kind(&self.root.join(&folder)), Ok(Some(EntryKind::Folder))) {
            return;
        }
        for (entry, kind) in self.list(&folder, &mut files.diagnostics) {
            let path = format!("{folder}/{entry}");
            if kind == EntryKind::Folder {
                for (file, _) in self.list(&path, &mut files.diagnostics) {
                    let path = format!("{path}/{file}");
                    let Some(name) = file.strip_suffix(".yaml") else {
                        check_ending(&file, &path, &mut files.diagnostics);
                        continue;
                    };
                    if environments.is_known(name, &path, &mut files.diagnostics)
                        && let Some(overlay) = self.file(&path, &mut files.diagnostics)
                    {
                        files.instances.insert(format!("{entry}/{name}"), overlay);
                    }
                }
            } else if let Some(name) = entry.strip_suffix(".yaml") {
                if let Some(overlay) = self.file(&path, &mut files.diagnostics) {
                    files.instances.insert(name.to_owned(), overlay);
                }
            } else {
                check_ending(&entry, &path, &mut files.diagnostics);
            }
        }
    }

    /// Reads one file of the language. `None` after an error that leaves nothing to go on with.
    pub fn file<T: Decode>(&self, path: &str, diagnostics: &mut Diagnostics) -> Option<File<T>> {
        let (file, span) = self.read(path, diagnostics)?;
        let source = self.sources.get(file);
        let (trees, found) = parse(&source, Dialect::Strict);
        diagnostics.append(found);
        let tree = trees.first()?;
        let spec = T::decode(tree.root(), &mut Decoder::new(source, span, diagnostics))?;
        Some(File { spec: Box::new(spec), span })
    }

    /// Reads a text file of the project and names it.
    pub fn read(&self, path: &str, diagnostics: &mut Diagnostics) -> Option<(FileId, Span)> {
        let bytes = match self.fs.read(&self.root.join(path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                let mut diagnostic = unreadable(path, &error);
                let is_link = || self.fs.kind(&self.root.join(path)).ok().flatten();
                if error.cause.kind() == io::ErrorKind::NotFound
                    && is_link() == Some(EntryKind::Link)
                {
                    "this link leads to nothing".clone_into(&mut diagnostic.message);
                    diagnostic.help = vec!["let it lead to a file, or remove it".to_owned()];
                }
                diagnostics.push(diagnostic);
                return None;
            }
        };
        match self.sources.add_bytes(path, bytes) {
            Ok(file) => {
                let end = u32::try_from(self.sources.get(file).text.len()).unwrap_or(u32::MAX);
                Some((file, Span { file, start: 0, end }))
            }
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// What a folder of the project holds, sorted; names that are not Unicode are reported.
    fn list(&self, folder: &str, diagnostics: &mut Diagnostics) -> Vec<(String, EntryKind)> {
        let entries = match self.fs.list(&self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                diagnostics.push(unreadable(folder, &error));
                return Vec::new();
            }
        };
        let mut named = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry.name.into_string() {
                Ok(name) => named.push((name, entry.kind)),
                Err(name) => diagnostics.push(
                    Diagnostic::error_in(
                        Code::BadName,
                        folder,
                        format!("the name of `{}` is not Unicode", name.display()),
                    )
                    .help("rename it"),
                ),
            }
        }
        named
    }
}

/// A diagnostic for a file or folder that could not be read.
#[must_use]
pub fn unreadable(path: &str, error: &fs::Error) -> Diagnostic {
    if let Some(why) = error.leads_out() {
        return Diagnostic::error_in(Code::LeadsOut, path, format!("this is not read: {why}"))
            .help("put the file itself here, or take the link away");
    }
    Diagnostic::error_in(Code::Unreadable, path, format!("this cannot be read: {}", error.cause))
        .help("let gen read it, or take it away")
}

/// Whether a file's or folder's name can name a stack or an environment.
fn check_name(name: &str, path: &str, what: &str, diagnostics: &mut Diagnostics) -> bool {
    let Err(error) = NameForm::DnsLabel.check(name) else { return true };
    diagnostics.push(
        Diagnostic::error_in(
            Code::BadName,
            path,
            format!("`{name}` cannot be the name of {what}: it {error}"),
        )
        .help("rename it: names of objects and folders are made from it"),
    );
    false
}

/// Refuses folders that are named as a file of the language.
fn check_folder(folder: &str, path: &str, diagnostics: &mut Diagnostics) {
    if Path::new(folder).extension().is_some_and(|extension| extension == "yaml") {
        let message = format!("`{folder}` is a folder, though a file of gen is named like this");
        diagnostics.push(
            Diagnostic::error_in(Code::BadName, path, message).help("rename it, or make it a file"),
        );
    }
}

/// Refuses endings that look like a file of the language but are not; what it refuses, without
/// its ending.
fn check_ending<'f>(file: &'f str, path: &str, diagnostics: &mut Diagnostics) -> Option<&'f str> {
    let (stem, ending) = file.rsplit_once('.')?;
    if !matches!(ending, "yml" | "YAML" | "YML" | "json") || stem.is_empty() {
        return None;
    }
    diagnostics.push(
        Diagnostic::error_in(
            Code::BadName,
            path,
            format!("a file of gen ends in `.yaml`, not `.{ending}`"),
        )
        .help(format!("rename it to `{stem}.yaml`, or move it into a folder of its own")),
    );
    Some(stem)
}

/// "did you mean", or what exists.
fn known_names<'n>(
    diagnostic: Diagnostic,
    name: &str,
    what: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    if let Some(near) = nearest(name, known.clone()) {
        return diagnostic.help(format!("did you mean `{near}`?"));
    }
    let all: Vec<&str> = known.collect();
    match all.as_slice() {
        [] => diagnostic.help(format!("there is no {what} yet")),
        all => diagnostic.help(format!("there is `{}`", all.join("`, `"))),
    }
}
