//! The folder that renders go to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::swap::{self, Recovery};
use super::update::{Comparison, in_the_way};
use super::{FileSet, Index, Maker, Scope, Update};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::fs::{Access, Confined, EntryKind, Error, FileSystem, Lock};

/// The folder that renders go to; in it, a folder for each environment, and in those, a folder
/// for each stack. Nothing is read or written outside of it, and the folder itself is no link.
pub struct Output<'f> {
    fs: Confined<'f>,
    root: PathBuf,
    shown: String,
}

impl<'f> Output<'f> {
    /// The output at `root`, which need not exist yet, and how messages show that path; the
    /// empty text leaves it out.
    pub fn new(fs: &'f dyn FileSystem, root: impl Into<PathBuf>, shown: impl Into<String>) -> Self {
        let root = root.into();
        Self { fs: Confined::new(fs, root.clone(), "the output"), root, shown: shown.into() }
    }

    /// How messages show what lies in the output.
    fn shown(&self, name: &str) -> String {
        if self.shown.is_empty() { name.to_owned() } else { format!("{}/{name}", self.shown) }
    }

    /// What is wrong where something stands in the place of the folder.
    ///
    /// # Errors
    ///
    /// When a link on the way there leads elsewhere, or a folder cannot be searched.
    pub fn obstacle(&self) -> Result<Option<Diagnostic>, Error> {
        Ok(match self.fs.kind(&self.root)? {
            None | Some(EntryKind::Folder) => None,
            Some(kind) => Some(in_the_way(&self.shown, kind, "the folder of the output")),
        })
    }

    /// What a render of an environment would change. `wanted` stands for `scope`, `maker` goes
    /// into the index of each folder whose content changes.
    ///
    /// Reads only. Waits for a render that is writing at the moment.
    ///
    /// # Errors
    ///
    /// When a folder or file cannot be read.
    pub fn compare(
        &self,
        environment: &str,
        wanted: Vec<FileSet>,
        scope: Scope,
        maker: &Maker,
    ) -> Result<Update, Error> {
        if let Some(obstacle) = self.obstacle()? {
            return Ok(Update::prevented(environment, self.shown(environment), obstacle));
        }
        let _lock = match self.fs.kind(&self.root)? {
            None => None,
            Some(_) => Some(self.fs.lock(&self.root, Access::Read)?),
        };
        self.compare_unlocked(environment, wanted, scope, maker)
    }

    /// The files in the folders of an environment of which `is_wanted` approves, each by its path
    /// `FOLDER/NAME` and with its bytes; `None` where the environment has no folder. Links are
    /// passed over.
    ///
    /// # Errors
    ///
    /// When a folder or file cannot be read, or the name leads out of the output.
    pub fn files(
        &self,
        environment: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, Error> {
        let path = self.root.join(environment);
        if environment.is_empty() || self.fs.kind(&path)? != Some(EntryKind::Folder) {
            return Ok(None);
        }
        let mut files = BTreeMap::new();
        let folders = self.fs.list(&path)?.into_iter();
        for folder in folders.filter(|entry| entry.kind == EntryKind::Folder) {
            let path = path.join(&folder.name);
            for entry in self.fs.list(&path)? {
                let [folder, name] = [&folder.name, &entry.name].map(|name| name.to_string_lossy());
                let file = format!("{folder}/{name}");
                if entry.kind == EntryKind::File && is_wanted(&file) {
                    files.insert(file, self.fs.read(&path.join(&entry.name))?);
                }
            }
        }
        Ok(Some(files))
    }

    /// An error for each folder that gen wrote for an environment that is not there. What gen did
    /// not write is passed over.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub fn left_over(&self, is_there: impl Fn(&str) -> bool) -> Result<Diagnostics, Error> {
        let mut left = Diagnostics::default();
        if self.fs.kind(&self.root)? != Some(EntryKind::Folder) {
            return Ok(left);
        }
        for entry in self.fs.list(&self.root)? {
            let name = entry.name.to_string_lossy();
            if entry.kind != EntryKind::Folder || name == swap::WORK || is_there(&name) {
                continue;
            }
            let path = self.root.join(&entry.name);
            let mut is_ours = false;
            for below in self.fs.list(&path)? {
                is_ours |= below.kind == EntryKind::Folder
                    && self.fs.kind(&path.join(&below.name).join(Index::NAME))?.is_some();
            }
            if is_ours {
                let shown = self.shown(&name);
                let help = format!(
                    "when its cluster no longer needs it, remove it: `rm -r {shown}`; or write the environment again"
                );
                let message = format!("gen rendered this, but there is no environment `{name}`");
                left.push(Diagnostic::error_in(Code::LeftOutput, shown, message).help(help));
            }
        }
        Ok(left)
    }

    /// Holds the output for writing, until what is returned is dropped. Makes the folder where
    /// it is missing, waits for other renders, and ends what a killed one left behind. Where
    /// something stands in the way of that, every update says so, and none is written.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or written.
    pub fn hold(&self) -> Result<Held<'_>, Error> {
        let obstacle = self.obstacle()?;
        if obstacle.is_some() {
            return Ok(Held { output: self, obstacle, _lock: None });
        }
        if self.fs.kind(&self.root)?.is_none() {
            self.fs.create_dir_all(&self.root)?;
        }
        let lock = self.fs.lock(&self.root, Access::Write)?;
        let shown = self.shown(swap::WORK);
        let obstacle = match swap::recover(&self.fs, &self.root)? {
            Recovery::Done => None,
            Recovery::InTheWay(kind) => Some(in_the_way(&shown, kind, "its work folder")),
            Recovery::NotOurs => {
                let message = "this is not what a killed render leaves behind";
                let help = format!(
                    "nothing was moved: look at what lies in `{shown}`, delete it, then render again"
                );
                Some(Diagnostic::error_in(Code::ForeignJournal, shown, message).help(help))
            }
        };
        Ok(Held { output: self, obstacle, _lock: Some(lock) })
    }

    fn compare_unlocked(
        &self,
        environment: &str,
        wanted: Vec<FileSet>,
        scope: Scope,
        maker: &Maker,
    ) -> Result<Update, Error> {
        let comparison = Comparison {
            fs: &self.fs,
            path: self.root.join(environment),
            shown: self.shown(environment),
            environment,
            maker,
        };
        comparison.of(wanted, scope)
    }
}

/// An [`Output`] held for writing.
pub struct Held<'o> {
    output: &'o Output<'o>,
    /// What keeps the output from being written.
    obstacle: Option<Diagnostic>,
    /// There is one unless something stands in the way of the folder itself.
    _lock: Option<Lock>,
}

impl Held<'_> {
    /// What a render of an environment would change, ready to be written; see
    /// [`Output::compare`].
    ///
    /// # Errors
    ///
    /// When a folder or file cannot be read.
    pub fn prepare(
        &self,
        environment: &str,
        wanted: Vec<FileSet>,
        scope: Scope,
        maker: &Maker,
    ) -> Result<Prepared<'_>, Error> {
        let update = match &self.obstacle {
            None => self.output.compare_unlocked(environment, wanted, scope, maker)?,
            Some(obstacle) => {
                let shown = self.output.shown(environment);
                Update::prevented(environment, shown, obstacle.clone())
            }
        };
        Ok(Prepared { held: self, update })
    }
}

/// An [`Update`] that can be written.
pub struct Prepared<'h> {
    held: &'h Held<'h>,
    update: Update,
}

impl Prepared<'_> {
    /// What would change, and what stands in the way.
    #[must_use]
    pub fn update(&self) -> &Update {
        &self.update
    }

    /// Writes it, as one step for the whole environment. `false` when nothing was done, because
    /// nothing changed or because an error stands in the way.
    ///
    /// # Errors
    ///
    /// When an operation on the disk fails. The environment's folder then holds the whole old
    /// content or the whole new one.
    pub fn write(&self) -> Result<bool, Error> {
        if self.update.diagnostics.has_errors() {
            return Ok(false);
        }
        let Some(swap) = self.update.as_swap() else { return Ok(false) };
        swap::swap(&self.held.output.fs, &self.held.output.root, &swap)?;
        Ok(true)
    }
}
