//! Putting new content in place of a folder, in one step.
//!
//! A complete new folder is staged in a work folder beside the live one: kept files as second
//! names of the same files (their times stay), new files as new files. Then the two change
//! places, in one operation of the file system. What the old folder still holds that gen did
//! not write moves over, and the rest of it goes.
//!
//! However the process ends, the live folder holds the old content or the new, never a mixture;
//! what else is in the work folder then tells the next run how to go on:
//!
//! | in the work folder | means | so |
//! |---|---|---|
//! | `stage`, with the mark | nothing happened yet | it goes |
//! | `stage`, without the mark | the folders changed places: it is the old one | it becomes `old` |
//! | `old`, and the live folder is there | they changed places | it is emptied into the live folder |
//! | `old`, and no live folder | a file system that cannot exchange folders was at work | it comes back |
//!
//! Every normal run ends by way of the same recovery. Nothing is ever removed but what the
//! journal lists, with the digest that the journal gives, and what is still in the live folder.
//!
//! The work folder may have come with a branch of somebody else's. So a journal counts only when
//! every path in it is of the form that gen writes, and no link stands on the way to its target.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::index::is_name;
use super::{Digest, Index};
use crate::fs::{EntryKind, Error, FileSystem, Operation};

/// The folder beside the environments' folders where the work is done. It is there only during
/// a render, and after one that was killed.
pub(super) const WORK: &str = ".gen-work";

/// The file that marks a staged folder. It goes with the folder when that becomes the live one.
const MARK: &str = ".gen-staged";

/// New content for a folder.
#[derive(Debug)]
pub(super) struct Swap<'a> {
    /// The folder, below the root of the output, `/` between the parts.
    pub(super) target: String,
    /// What to write, by path below the target.
    pub(super) written: BTreeMap<String, &'a [u8]>,
    /// What is replaced or removed, by path below the target, with the digest of its bytes.
    /// Everything else in the folder stays.
    pub(super) dropped: BTreeMap<String, Digest>,
}

/// Puts the content in place. The caller holds the lock on `root`, and recovered it.
///
/// # Errors
///
/// When an operation fails; then the old content is in place, or the whole new content if what
/// failed came after the exchange.
pub(super) fn swap(fs: &dyn FileSystem, root: &Path, swap: &Swap<'_>) -> Result<(), Error> {
    let work = Work { fs, root };
    let swapped = work.stage(swap).and_then(|()| work.exchange(swap));
    swapped.and(recover(fs, root)).and_then(|recovery| match recovery {
        Recovery::Done => Ok(()),
        // Somebody else was at work in between.
        Recovery::InTheWay(_) | Recovery::NotOurs => {
            let cause = io::Error::new(io::ErrorKind::InvalidData, "not as gen wrote it");
            Err(Error::new(Operation::Read, &work.path("journal"), cause))
        }
    })
}

/// How a recovery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recovery {
    /// The work folder is gone, and the live one whole.
    Done,
    /// This stands in the place of the work folder.
    InTheWay(EntryKind),
    /// No render left that behind. Nothing was touched.
    NotOurs,
}

/// Ends what a swap left, on its way or when it was killed. The caller holds the lock on `root`.
///
/// # Errors
///
/// When an operation fails; then a later call goes on.
pub(super) fn recover(fs: &dyn FileSystem, root: &Path) -> Result<Recovery, Error> {
    let work = Work { fs, root };
    match fs.kind(&work.path(""))? {
        None => return Ok(Recovery::Done),
        Some(EntryKind::Folder) => {}
        Some(kind) => return Ok(Recovery::InTheWay(kind)),
    }
    match work.journal()? {
        Some(journal) if work.is_ours(&journal)? => work.settle(&journal)?,
        Some(_) => return Ok(Recovery::NotOurs),
        // The journal is complete before anything is staged.
        None if work.is_folder("stage")? || work.is_folder("old")? => {
            return Ok(Recovery::NotOurs);
        }
        None => {}
    }
    for file in [".gitignore", "journal"] {
        if fs.kind(&work.path(file))?.is_some() {
            fs.remove_file(&work.path(file))?;
        }
    }
    fs.remove_dir(&work.path(""))?;
    Ok(Recovery::Done)
}

struct Work<'a> {
    fs: &'a dyn FileSystem,
    root: &'a Path,
}

impl Work<'_> {
    fn path(&self, name: &str) -> PathBuf {
        let work = self.root.join(WORK);
        if name.is_empty() { work } else { work.join(name) }
    }

    fn is_folder(&self, name: &str) -> Result<bool, Error> {
        Ok(self.fs.kind(&self.path(name))? == Some(EntryKind::Folder))
    }

    /// Makes the whole new folder, without touching the live one.
    fn stage(&self, swap: &Swap<'_>) -> Result<(), Error> {
        self.fs.create_dir_all(&self.path(""))?;
        self.fs.write_new(&self.path(".gitignore"), b"*\n")?;
        self.fs.write_new(&self.path("journal"), Journal::text_of(swap).as_bytes())?;
        self.fs.sync_dir(&self.path(""))?;
        self.fs.sync_dir(self.root)?;

        let (stage, live) = (self.path("stage"), self.root.join(&swap.target));
        // One that got here, perhaps through git, would make the old folder pass for a staged one.
        if self.fs.kind(&live.join(MARK))?.is_some() {
            self.fs.remove_file(&live.join(MARK))?;
        }
        self.fs.create_dir_all(&stage)?;
        self.fs.write_new(&stage.join(MARK), b"")?;
        let mut folders = BTreeSet::from([stage.clone()]);
        if self.fs.kind(&live)?.is_some() {
            self.keep(&live, &stage, "", &swap.dropped, &mut folders)?;
        }
        for path in swap.written.keys() {
            let folder = parent_of(&stage.join(path));
            if folders.insert(folder.clone()) {
                self.fs.create_dir_all(&folder)?;
            }
        }
        let written: Vec<Result<(), Error>> = swap
            .written
            .par_iter()
            .map(|(path, bytes)| self.fs.write_new(&stage.join(path), bytes))
            .collect();
        written.into_iter().collect::<Result<(), Error>>()?;
        let on_the_way =
            |folder| Path::ancestors(folder).take_while(|above| above.starts_with(&stage));
        let folders: BTreeSet<&Path> =
            folders.iter().flat_map(|folder| on_the_way(folder)).collect();
        folders.into_iter().try_for_each(|folder| self.fs.sync_dir(folder))
    }

    /// Gives each file of the live folder that stays a second name in the staged one.
    fn keep(
        &self,
        live: &Path,
        staged: &Path,
        below: &str,
        dropped: &BTreeMap<String, Digest>,
        folders: &mut BTreeSet<PathBuf>,
    ) -> Result<(), Error> {
        for entry in self.fs.list(live)? {
            let path = format!("{below}{}", entry.name.to_string_lossy());
            let (live, second) = (live.join(&entry.name), staged.join(&entry.name));
            match entry.kind {
                EntryKind::Folder => {
                    self.keep(&live, &second, &format!("{path}/"), dropped, folders)?;
                }
                EntryKind::File if !dropped.contains_key(&path) => {
                    if folders.insert(staged.to_path_buf()) {
                        self.fs.create_dir_all(staged)?;
                    }
                    self.fs.link(&live, &second)?;
                }
                // Links, pipes and the like can only be moved: that comes after the exchange.
                EntryKind::File | EntryKind::Link | EntryKind::Other => {}
            }
        }
        Ok(())
    }

    /// Makes the staged folder the live one. Where there was none, or the file system can
    /// exchange two folders, this is one step.
    fn exchange(&self, swap: &Swap<'_>) -> Result<(), Error> {
        let (stage, live) = (self.path("stage"), self.root.join(&swap.target));
        let parent = parent_of(&live);
        self.fs.create_dir_all(&parent)?;
        if self.fs.kind(&live)?.is_none() {
            self.fs.rename(&stage, &live)?;
        } else if !self.fs.exchange(&stage, &live)? {
            self.fs.rename(&live, &self.path("old"))?;
            self.fs.rename(&stage, &live)?;
        }
        self.fs.sync_dir(&parent)?;
        self.fs.sync_dir(&self.path(""))
    }

    fn journal(&self) -> Result<Option<Journal>, Error> {
        let path = self.path("journal");
        match self.fs.kind(&path)? {
            Some(EntryKind::File) => Ok(Journal::parse(&self.fs.read(&path)?)),
            _ => Ok(None),
        }
    }

    /// Whether a render can have written the journal: its target is the folder of an environment
    /// or of a stack in one, no link stands on the way there, and what it dropped are files there.
    fn is_ours(&self, journal: &Journal) -> Result<bool, Error> {
        let parts: Vec<&str> = journal.target.split('/').collect();
        let (is_target, depth) = match parts[..] {
            [environment] => (is_name(environment), 2),
            [environment, stack] => (is_name(environment) && is_name(stack), 1),
            _ => (false, 0),
        };
        let is_file = |path: &String| {
            let mut names = path.rsplit('/');
            let is_file = names.next().is_some_and(|name| name == Index::NAME || is_name(name));
            is_file && path.split('/').count() == depth && names.all(is_name)
        };
        if !is_target || !journal.dropped.keys().all(is_file) {
            return Ok(false);
        }
        let mut folder = self.root.to_path_buf();
        for part in parts {
            folder.push(part);
            if !matches!(self.fs.kind(&folder)?, None | Some(EntryKind::Folder)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Brings the work folder and the live one into order, whichever step was the last.
    fn settle(&self, journal: &Journal) -> Result<(), Error> {
        let live = self.root.join(&journal.target);
        let (stage, old) = (self.path("stage"), self.path("old"));
        if self.is_folder("old")? && self.fs.kind(&live)?.is_none() {
            self.fs.rename(&old, &live)?;
        }
        if self.is_folder("stage")? {
            if self.fs.kind(&stage.join(MARK))?.is_some() {
                self.discard(&stage)?;
            } else {
                self.fs.rename(&stage, &old)?;
            }
        }
        if self.is_folder("old")? {
            self.empty(&old, &live, "", &journal.dropped)?;
        }
        if self.fs.kind(&live.join(MARK))?.is_some() {
            self.fs.remove_file(&live.join(MARK))?;
        }
        for folder in live.ancestors().take_while(|folder| *folder != self.root) {
            if self.fs.kind(folder)? == Some(EntryKind::Folder) {
                if !self.fs.list(folder)?.is_empty() {
                    break;
                }
                self.fs.remove_dir(folder)?;
            }
        }
        Ok(())
    }

    /// Removes a staged folder, its mark last: without it, the folder would pass for an old one.
    fn discard(&self, staged: &Path) -> Result<(), Error> {
        for entry in self.fs.list(staged)?.iter().filter(|entry| entry.name != MARK) {
            let path = staged.join(&entry.name);
            match entry.kind {
                EntryKind::Folder => self.discard(&path)?,
                EntryKind::File | EntryKind::Link | EntryKind::Other => {
                    self.fs.remove_file(&path)?;
                }
            }
        }
        if self.fs.kind(&staged.join(MARK))?.is_some() {
            self.fs.remove_file(&staged.join(MARK))?;
        }
        self.fs.remove_dir(staged)
    }

    /// Empties an old folder: what gen dropped and what is in the live folder goes, the rest
    /// moves there.
    fn empty(
        &self,
        old: &Path,
        live: &Path,
        below: &str,
        dropped: &BTreeMap<String, Digest>,
    ) -> Result<(), Error> {
        for entry in self.fs.list(old)? {
            let path = format!("{below}{}", entry.name.to_string_lossy());
            let (from, to) = (old.join(&entry.name), live.join(&entry.name));
            let there = self.fs.kind(&to)?;
            let is_done = match entry.kind {
                EntryKind::Folder => {
                    let below = format!("{path}/");
                    let drops = dropped.keys().any(|path| path.starts_with(&below));
                    if drops || there == Some(EntryKind::Folder) {
                        self.empty(&from, &to, &below, dropped)?;
                        continue;
                    }
                    false
                }
                EntryKind::File => {
                    let is_dropped = match dropped.get(&path) {
                        Some(digest) => Digest::of(&self.fs.read(&from)?) == *digest,
                        None => false,
                    };
                    is_dropped || there == Some(EntryKind::File) && self.fs.same(&from, &to)?
                }
                EntryKind::Link | EntryKind::Other => false,
            };
            if is_done {
                self.fs.remove_file(&from)?;
            } else {
                self.fs.create_dir_all(live)?;
                self.fs.rename(&from, &self.vacant(&to)?)?;
            }
        }
        self.fs.remove_dir(old)
    }

    /// The path itself, or where somebody put something there since, a name beside it that
    /// kubectl does not read.
    fn vacant(&self, path: &Path) -> Result<PathBuf, Error> {
        let mut vacant = path.to_path_buf();
        let mut number = 0;
        while self.fs.kind(&vacant)?.is_some() {
            number += 1;
            vacant = path.to_path_buf();
            vacant.as_mut_os_string().push(format!(".kept-{number}"));
        }
        Ok(vacant)
    }
}

/// What a swap is about to do, as the work folder records it.
#[derive(Debug, PartialEq, Eq)]
struct Journal {
    target: String,
    dropped: BTreeMap<String, Digest>,
}

impl Journal {
    fn text_of(swap: &Swap<'_>) -> String {
        let mut text = format!("swap {}\n", swap.target);
        for (path, digest) in &swap.dropped {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{digest} {path}");
        }
        text + "end\n"
    }

    /// `None` when it was not written to its end.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?.strip_suffix("\nend\n")?;
        let mut lines = text.split('\n');
        let target = lines.next()?.strip_prefix("swap ")?.to_owned();
        let dropped = lines
            .map(|line| {
                let (digest, path) = line.split_once(' ')?;
                Some((path.to_owned(), digest.parse().ok()?))
            })
            .collect::<Option<_>>()?;
        Some(Self { target, dropped })
    }
}

fn parent_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_path_buf()
}
