//! What a render would change on the disk, and what stands in its way.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::swap::Swap;
use super::{Digest, File, FileSet, Index, IndexError, Maker, Record};
use crate::conceal;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
use crate::fs::{Entry, EntryKind, Error, FileSystem};
use crate::manifests::is_manifest;
use crate::parallel;

/// What a set of folders stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole environment: what gen wrote into other folders earlier is to go.
    Environment,
    /// Some of its stacks: other folders are none of this render's business.
    Stacks,
}

/// What a render would do to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileUpdate {
    /// Write it where there is none.
    Create {
        /// What to write.
        new: File,
    },
    /// Replace it.
    Change {
        /// The bytes on the disk.
        old: Vec<u8>,
        /// What to write.
        new: File,
    },
    /// Remove it.
    Delete {
        /// The bytes on the disk.
        old: Vec<u8>,
    },
    /// Leave it: it holds these bytes already.
    Keep {
        /// What is there.
        new: File,
    },
}

/// What a render would do to one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderUpdate {
    /// Its name in the environment's folder.
    pub name: String,
    /// Who made what it holds, unless there is nothing yet.
    pub made_by: Option<Maker>,
    /// What the index says of the files that gen wrote there, by name.
    pub records: BTreeMap<String, Record>,
    /// The files by name.
    pub files: BTreeMap<String, FileUpdate>,
    index: IndexUpdate,
}

/// What a render would do to the index of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
enum IndexUpdate {
    Keep,
    Write { old: Option<Digest>, new: String },
    Delete { old: Digest },
}

impl FolderUpdate {
    /// Whether anything is to be written or removed.
    fn is_change(&self) -> bool {
        self.index != IndexUpdate::Keep || self.is_file_changed()
    }

    fn is_file_changed(&self) -> bool {
        !self.files.values().all(|file| matches!(file, FileUpdate::Keep { .. }))
    }
}

/// What a render would do to an environment's folder.
#[derive(Debug, Clone)]
pub struct Update {
    /// The environment.
    pub environment: String,
    /// Its folders by name, with those that would not change.
    pub folders: Vec<FolderUpdate>,
    /// Whether these are all: something in the way of a folder, which the diagnostics name, keeps
    /// it from being compared.
    pub is_whole: bool,
    /// What stands in the way (errors) or is worth a word (warnings).
    pub diagnostics: Diagnostics,
    /// The path of the environment's folder, as messages show it.
    shown: String,
}

impl Update {
    /// Whether the disk holds what the render wants.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.is_whole && !self.folders.iter().any(FolderUpdate::is_change)
    }

    /// A diagnostic for each file that is not what the render wants, beside those whose
    /// diagnostics say so already.
    #[must_use]
    pub fn stale(&self) -> Diagnostics {
        let mut stale = Diagnostics::default();
        let is_known = |path: &str| {
            let mut known = self.diagnostics.iter();
            known.any(|known| {
                known.severity == Severity::Error
                    && matches!(&known.place, Place::Path(known) if known == path)
            })
        };
        let mut push = |path: String, message: &str| {
            if !is_known(&path) {
                let help = format!("run `gen render {}`", self.environment);
                stale.push(Diagnostic::error_in(Code::StaleOutput, path, message).help(help));
            }
        };
        for folder in &self.folders {
            let shown = |name: &str| format!("{}/{}/{name}", self.shown, folder.name);
            for (name, file) in &folder.files {
                let message = match file {
                    FileUpdate::Create { .. } => "missing, though the input renders it",
                    FileUpdate::Change { .. } => "not what the input renders",
                    FileUpdate::Delete { .. } => {
                        "still here, though the input no longer renders it"
                    }
                    FileUpdate::Keep { .. } => continue,
                };
                push(shown(name), message);
            }
            if folder.is_change() && !folder.is_file_changed() {
                push(shown(Index::NAME), "does not list what this folder holds");
            }
        }
        stale
    }

    /// What would change, a line a folder.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        Summary(self)
    }

    /// No update at all, since an error stands in the way.
    pub(super) fn prevented(environment: &str, shown: String, error: Diagnostic) -> Self {
        let environment = environment.to_owned();
        let (folders, diagnostics) = (Vec::new(), error.into());
        Self { environment, folders, is_whole: false, diagnostics, shown }
    }

    /// The new content as one swap of the innermost folder that holds all changes; `None` when
    /// there is none.
    pub(super) fn as_swap(&self) -> Option<Swap<'_>> {
        let changed: Vec<&FolderUpdate> =
            self.folders.iter().filter(|folder| folder.is_change()).collect();
        let (target, is_alone) = match changed[..] {
            [] => return None,
            [alone] => (format!("{}/{}", self.environment, alone.name), true),
            _ => (self.environment.clone(), false),
        };
        let mut swap = Swap { target, written: BTreeMap::new(), dropped: BTreeMap::new() };
        for folder in changed {
            let path = |name: &str| {
                if is_alone { name.to_owned() } else { format!("{}/{name}", folder.name) }
            };
            for (name, file) in &folder.files {
                let (old, new) = match file {
                    FileUpdate::Create { new } => (None, Some(new)),
                    FileUpdate::Change { old, new } => (Some(old), Some(new)),
                    FileUpdate::Delete { old } => (Some(old), None),
                    FileUpdate::Keep { .. } => (None, None),
                };
                swap.dropped.extend(old.map(|old| (path(name), Digest::of(old))));
                swap.written.extend(new.map(|new| (path(name), new.bytes.as_slice())));
            }
            let (old, new) = match &folder.index {
                IndexUpdate::Keep => (None, None),
                IndexUpdate::Write { old, new } => (*old, Some(new)),
                IndexUpdate::Delete { old } => (Some(*old), None),
            };
            swap.dropped.extend(old.map(|old| (path(Index::NAME), old)));
            swap.written.extend(new.map(|new| (path(Index::NAME), new.as_bytes())));
        }
        Some(swap)
    }
}

/// What an [`Update`] changes, for people to read; made by [`Update::summary`].
#[derive(Debug, Clone, Copy)]
pub struct Summary<'u>(&'u Update);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_silent = true;
        for folder in &self.0.folders {
            let (mut created, mut changed, mut deleted) = (0, 0, 0);
            for file in folder.files.values() {
                match file {
                    FileUpdate::Create { .. } => created += 1,
                    FileUpdate::Change { .. } => changed += 1,
                    FileUpdate::Delete { .. } => deleted += 1,
                    FileUpdate::Keep { .. } => {}
                }
            }
            let counts = [(created, "created"), (changed, "changed"), (deleted, "deleted")];
            let parts: Vec<String> = counts
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| format!("{count} {what}"))
                .collect();
            if !parts.is_empty() {
                is_silent = false;
                writeln!(f, "{}/{}: {}", self.0.shown, folder.name, parts.join(", "))?;
            }
        }
        if is_silent { writeln!(f, "{}: nothing changed", self.0.shown) } else { Ok(()) }
    }
}

/// Compares what a render wants with what is on the disk.
pub(super) struct Comparison<'a> {
    pub(super) fs: &'a dyn FileSystem,
    /// The folder of the environment.
    pub(super) path: PathBuf,
    /// The same, as messages show it.
    pub(super) shown: String,
    pub(super) environment: &'a str,
    pub(super) maker: &'a Maker,
}

impl Comparison<'_> {
    /// Compares `wanted`, which stands for `scope`, with the disk.
    ///
    /// # Errors
    ///
    /// When a folder or file cannot be read.
    pub(super) fn of(self, wanted: Vec<FileSet>, scope: Scope) -> Result<Update, Error> {
        let mut diagnostics = Diagnostics::default();
        let entries = match self.fs.kind(&self.path)? {
            None => Vec::new(),
            Some(EntryKind::Folder) => self.fs.list(&self.path)?,
            Some(kind) => {
                let error = in_the_way(&self.shown, kind, "the environment's folder");
                return Ok(Update::prevented(self.environment, self.shown, error));
            }
        };
        let mut wanted: BTreeMap<String, BTreeMap<String, File>> =
            wanted.into_iter().map(|set| (set.folder, set.files)).collect();
        if scope == Scope::Environment {
            for entry in &entries {
                let name = entry.name.to_string_lossy();
                if wanted.contains_key(name.as_ref()) {
                    continue;
                }
                let path = self.path.join(&entry.name);
                if entry.kind == EntryKind::Folder
                    && self.fs.kind(&path.join(Index::NAME))?.is_some()
                {
                    wanted.insert(name.into_owned(), BTreeMap::new());
                } else {
                    diagnostics.append(self.foreign(&path, entry, &self.shown)?);
                }
            }
        }
        let compared = parallel::map(wanted, |(name, files)| self.folder(name, files));
        let mut folders = Vec::new();
        let mut is_whole = true;
        for compared in compared {
            match compared? {
                Ok((folder, found)) => {
                    folders.push(folder);
                    diagnostics.append(found);
                }
                Err(obstacle) => {
                    is_whole = false;
                    diagnostics.push(obstacle);
                }
            }
        }
        let (environment, shown) = (self.environment.to_owned(), self.shown);
        Ok(Update { environment, folders, is_whole, diagnostics, shown })
    }

    /// What would change in a folder, or what keeps it from being compared.
    fn folder(
        &self,
        name: String,
        wanted: BTreeMap<String, File>,
    ) -> Result<Result<(FolderUpdate, Diagnostics), Diagnostic>, Error> {
        let path = self.path.join(&name);
        let shown = format!("{}/{name}", self.shown);
        let mut diagnostics = Diagnostics::default();
        let mut update = FolderUpdate {
            name,
            made_by: None,
            records: BTreeMap::new(),
            files: BTreeMap::new(),
            index: IndexUpdate::Keep,
        };
        let entries = match self.fs.kind(&path)? {
            None => Vec::new(),
            Some(EntryKind::Folder) => self.fs.list(&path)?,
            Some(kind) => return Ok(Err(in_the_way(&shown, kind, "a stack's folder"))),
        };
        let kinds: BTreeMap<&str, EntryKind> =
            entries.iter().filter_map(|entry| Some((entry.name.to_str()?, entry.kind))).collect();
        let index = match self.index(&path, &shown, kinds.get(Index::NAME).copied())? {
            Ok(index) => index,
            Err(diagnostic) => return Ok(Err(diagnostic)),
        };
        update.index = self.index_update(index.as_ref(), &wanted);
        let (made_by, records) = match index {
            Some((index, _)) => (Some(index.maker), index.files),
            None => (None, BTreeMap::new()),
        };
        update.made_by = made_by;
        for entry in &entries {
            let name = entry.name.to_str();
            let is_ours = name.is_some_and(|name| {
                name == Index::NAME || records.contains_key(name) || wanted.contains_key(name)
            });
            if !is_ours {
                diagnostics.append(self.foreign(&path.join(&entry.name), entry, &shown)?);
            }
        }
        let mut files: BTreeMap<String, Option<File>> =
            records.keys().map(|name| (name.clone(), None)).collect();
        files.extend(wanted.into_iter().map(|(name, file)| (name, Some(file))));
        for (name, new) in files {
            let file = OnDisk {
                shown: format!("{shown}/{name}"),
                kind: kinds.get(name.as_str()).copied(),
                record: records.get(&name).copied(),
                path: path.join(&name),
            };
            if let Some(file) = file.update(self.fs, new, &mut diagnostics)? {
                update.files.insert(name, file);
            }
        }
        update.records = records;
        Ok(Ok((update, diagnostics)))
    }

    /// The index of a folder with the digest of its bytes, or what is wrong with it.
    fn index(
        &self,
        folder: &Path,
        shown: &str,
        kind: Option<EntryKind>,
    ) -> Result<Result<Option<(Index, Digest)>, Diagnostic>, Error> {
        let shown_index = format!("{shown}/{}", Index::NAME);
        match kind {
            None => return Ok(Ok(None)),
            Some(EntryKind::File) => {}
            Some(kind) => return Ok(Err(in_the_way(&shown_index, kind, "its index"))),
        }
        let bytes = self.fs.read(&folder.join(Index::NAME))?;
        let error = match Index::parse(&bytes) {
            Ok(index) => return Ok(Ok(Some((index, Digest::of(&bytes))))),
            Err(error) => error,
        };
        let start_again = format!("delete `{shown}` and run `gen render {}`", self.environment);
        let (code, help) = match error {
            IndexError::Newer(_) => {
                (Code::NewerIndex, "use a gen as new as the one that wrote it".to_owned())
            }
            IndexError::Conflict(_) => {
                (Code::BrokenIndex, format!("resolve the merge of the input, then {start_again}"))
            }
            IndexError::LineEndings => (
                Code::BrokenIndex,
                format!(
                    "let git leave rendered files as they are, with a line \
                     `* -text` in `.gitattributes` beside them; then {start_again}"
                ),
            ),
            IndexError::Truncated | IndexError::Malformed(_) => {
                (Code::BrokenIndex, format!("restore the file, or {start_again}"))
            }
        };
        Ok(Err(Diagnostic::error_in(code, shown_index, error.to_string()).help(help)))
    }

    /// What to do to the index so that it lists `wanted`. It stays when it lists the same
    /// content already, whatever input and gen it names: they made that content.
    fn index_update(
        &self,
        old: Option<&(Index, Digest)>,
        wanted: &BTreeMap<String, File>,
    ) -> IndexUpdate {
        let files: BTreeMap<String, Record> = wanted
            .iter()
            .map(|(name, file)| {
                (name.clone(), Record { content: Digest::of(&file.bytes), input: file.input })
            })
            .collect();
        let new = Index { maker: self.maker.clone(), files };
        match old {
            None if wanted.is_empty() => IndexUpdate::Keep,
            Some((_, old)) if wanted.is_empty() => IndexUpdate::Delete { old: *old },
            Some((old, _)) if old.content().eq(new.content()) => IndexUpdate::Keep,
            _ => IndexUpdate::Write { old: old.map(|(_, old)| *old), new: new.to_text() },
        }
    }

    /// A word about something that gen did not write, where kubectl would apply it with the rest.
    fn foreign(&self, path: &Path, entry: &Entry, below: &str) -> Result<Diagnostics, Error> {
        let mut diagnostics = Diagnostics::default();
        if self.holds_manifest(path, entry)? {
            let what = if entry.kind == EntryKind::Folder { "what is in it" } else { "it" };
            let shown = format!("{below}/{}", entry.name.to_string_lossy());
            diagnostics.push(
                Diagnostic::new(
                    Code::ForeignManifest,
                    Severity::Warning,
                    Place::Path(shown),
                    format!("gen did not write this, but `kubectl apply -R` reads {what}"),
                )
                .help("let the stack bring it as a manifest of its own, or keep it elsewhere"),
            );
        }
        Ok(diagnostics)
    }

    fn holds_manifest(&self, path: &Path, entry: &Entry) -> Result<bool, Error> {
        if entry.kind == EntryKind::Folder {
            for below in self.fs.list(path)? {
                if self.holds_manifest(&path.join(&below.name), &below)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        Ok(is_manifest(&entry.name.to_string_lossy()))
    }
}

/// A place on the disk where gen wrote a file, or wants to.
struct OnDisk {
    path: PathBuf,
    shown: String,
    kind: Option<EntryKind>,
    record: Option<Record>,
}

impl OnDisk {
    /// What to do here so that `new` is here, or nothing; `None` for nothing to do at all.
    fn update(
        self,
        fs: &dyn FileSystem,
        mut new: Option<File>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Option<FileUpdate>, Error> {
        match self.kind {
            None => return Ok(new.map(|new| FileUpdate::Create { new })),
            Some(EntryKind::File) => {}
            Some(kind) => {
                diagnostics.push(in_the_way(&self.shown, kind, "a rendered file"));
                return Ok(None);
            }
        }
        let old = fs.read(&self.path)?;
        if let Some(new) = new.take_if(|new| new.bytes == old) {
            return Ok(Some(FileUpdate::Keep { new }));
        }
        let is_ours = self.record.map(|record| record.content == Digest::of(&old));
        let update = match new {
            Some(new) => FileUpdate::Change { old, new },
            None => FileUpdate::Delete { old },
        };
        match (is_ours, &update) {
            (None, _) => diagnostics.push(
                Diagnostic::error_in(
                    Code::ForeignFile,
                    self.shown,
                    "gen did not write this file, but the input renders one of this name",
                )
                .help("move it elsewhere or delete it, then render again"),
            ),
            (Some(false), FileUpdate::Change { old, new }) => {
                diagnostics.push(self.edited(old, Some(&new.bytes)));
            }
            (Some(false), FileUpdate::Delete { old }) => diagnostics.push(self.edited(old, None)),
            (Some(_), _) => {}
        }
        Ok(Some(update))
    }

    /// Says that somebody changed what gen wrote.
    fn edited(&self, old: &[u8], new: Option<&[u8]>) -> Diagnostic {
        let message = match new {
            Some(_) => "edited by hand since gen wrote it",
            None => "edited by hand since gen wrote it, and no longer rendered",
        };
        let mut edited = Diagnostic::error_in(Code::EditedFile, self.shown.as_str(), message);
        let text = String::from_utf8_lossy(old);
        let is_converted = self.record.is_some_and(|record| {
            record.content == Digest::of(text.replace("\r\n", "\n").as_bytes())
        });
        if is_converted {
            return edited.help(
                "only its line endings changed: let git leave rendered files as they are, with \
                 a line `* -text` in `.gitattributes` beside them; then delete it and render again",
            );
        }
        let Some(new) = new else {
            return edited.help("delete it, or keep what is in it elsewhere; then render again");
        };
        let new = String::from_utf8_lossy(new);
        if let Some(line) = first_difference(&text, &new) {
            let first = format!("it first differs from the render in line {line}");
            let [old_line, new_line] = [&text, &new].map(|text| shown_line(text, line));
            edited = edited.help(if old_line == new_line {
                first
            } else {
                format!("{first}: `{old_line}`, where gen writes `{new_line}`")
            });
        }
        edited.help(
            "make the change in the stack or the environment; then delete this file and render again",
        )
    }
}

/// The number (from 1) of the first line that differs.
fn first_difference(old: &str, new: &str) -> Option<usize> {
    let (mut old, mut new) = (old.lines(), new.lines());
    (1..).find_map(|number| match (old.next(), new.next()) {
        (None, None) => Some(None),
        (old, new) if old != new => Some(Some(number)),
        _ => None,
    })?
}

/// A line of a manifest without what must not be shown; empty past the end.
fn shown_line(manifest: &str, number: usize) -> String {
    shortened(conceal::shown(manifest).lines().nth(number - 1).unwrap_or_default())
}

/// A line without the rest of a long one.
fn shortened(line: &str) -> String {
    const LONGEST: usize = 80;
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

pub(super) fn in_the_way(shown: &str, kind: EntryKind, wanted: &str) -> Diagnostic {
    let what = match kind {
        EntryKind::File => "a file",
        EntryKind::Folder => "a folder",
        EntryKind::Link => "a symbolic link",
        EntryKind::Other => "a pipe, socket or device",
    };
    let message = format!("{what} stands where gen wants {wanted}");
    Diagnostic::error_in(Code::InTheWay, shown, message)
        .help("move it elsewhere or delete it, then render again")
}
