//! The folder that renders go to.

use std::path::PathBuf;

use super::update::Comparison;
use super::{FileSet, Index, Maker, Scope, Update, swap};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::fs::{Access, EntryKind, Error, FileSystem, Lock};

/// The folder that renders go to; in it, a folder for each environment, and in those, a folder
/// for each stack.
pub struct Output<'f> {
    fs: &'f dyn FileSystem,
    root: PathBuf,
    shown: String,
}

impl<'f> Output<'f> {
    /// The output at `root`, which need not exist yet, and how messages show that path.
    pub fn new(fs: &'f dyn FileSystem, root: impl Into<PathBuf>, shown: impl Into<String>) -> Self {
        Self { fs, root: root.into(), shown: shown.into() }
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
        let _lock = match self.fs.kind(&self.root)? {
            None => None,
            Some(_) => Some(self.fs.lock(&self.root, Access::Read)?),
        };
        self.compare_unlocked(environment, wanted, scope, maker)
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
                let shown = format!("{}/{name}", self.shown);
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
    /// it is missing, waits for other renders, and ends what a killed one left behind.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or written.
    pub fn hold(&self) -> Result<Held<'_>, Error> {
        if self.fs.kind(&self.root)? != Some(EntryKind::Folder) {
            self.fs.create_dir_all(&self.root)?;
        }
        let lock = self.fs.lock(&self.root, Access::Write)?;
        swap::recover(self.fs, &self.root)?;
        Ok(Held { output: self, _lock: lock })
    }

    fn compare_unlocked(
        &self,
        environment: &str,
        wanted: Vec<FileSet>,
        scope: Scope,
        maker: &Maker,
    ) -> Result<Update, Error> {
        let comparison = Comparison {
            fs: self.fs,
            path: self.root.join(environment),
            shown: format!("{}/{environment}", self.shown),
            environment,
            maker,
        };
        comparison.of(wanted, scope)
    }
}

/// An [`Output`] held for writing.
pub struct Held<'o> {
    output: &'o Output<'o>,
    _lock: Lock,
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
        let update = self.output.compare_unlocked(environment, wanted, scope, maker)?;
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
        swap::swap(self.held.output.fs, &self.held.output.root, &swap)?;
        Ok(true)
    }
}
