//! Everything that gen asks of the disk, behind one trait, so that tests can make it fail.
//!
//! [`Disk`] is the real one. [`testing::MemoryFs`] can be full, refuse a folder, or be killed
//! between any two operations.

mod confined;
mod disk;
mod git;
pub mod testing;

use std::any::Any;
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

pub use confined::{Confined, LeadsOut};
pub use disk::Disk;
pub use git::{GitError, GitFile, files_of_revision};

use crate::parallel;

/// What gen asks of a file system.
///
/// No operation follows a symbolic link in the last part of its path, except
/// [`read`](Self::read), [`read_stream`](Self::read_stream), [`target_kind`](Self::target_kind),
/// [`list`](Self::list) and [`canonical`](Self::canonical).
pub trait FileSystem: Send + Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// Also for everything that is not a file, such as a named pipe that would never end.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Error>;

    /// The bytes of whatever can be read to an end: a file, a pipe, a device. Of a named pipe it
    /// waits for who writes into it.
    ///
    /// # Errors
    ///
    /// When it is a folder or a socket, or cannot be read.
    fn read_stream(&self, path: &Path) -> Result<Vec<u8>, Error> {
        self.read(path)
    }

    /// Whether two files hold the same bytes, at once when they are one file with two names.
    ///
    /// # Errors
    ///
    /// When one of them is not a file or cannot be read.
    fn same(&self, one: &Path, other: &Path) -> Result<bool, Error> {
        Ok(self.read(one)? == self.read(other)?)
    }

    /// What a folder holds, sorted by the bytes of the names.
    ///
    /// # Errors
    ///
    /// When there is no such folder or it cannot be read.
    fn list(&self, folder: &Path) -> Result<Vec<Entry>, Error>;

    /// What stands at a path; `None` when there is nothing.
    ///
    /// # Errors
    ///
    /// When a folder on the way cannot be searched.
    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, Error>;

    /// What a path leads to; `None` when that is nothing. Never a link.
    ///
    /// # Errors
    ///
    /// When a folder on the way cannot be searched.
    fn target_kind(&self, path: &Path) -> Result<Option<EntryKind>, Error> {
        match self.canonical(path) {
            Ok(target) => self.kind(&target),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The absolute path without symbolic links.
    ///
    /// # Errors
    ///
    /// When a link on the way leads nowhere or in a circle.
    fn canonical(&self, path: &Path) -> Result<PathBuf, Error>;

    /// Makes a folder and those above it, where they are missing.
    ///
    /// # Errors
    ///
    /// When something other than a folder is in the way, or nothing may be made there.
    fn create_dir_all(&self, folder: &Path) -> Result<(), Error>;

    /// Writes a file that was not there; its content is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// When something stands there already, or there is no room. A part may remain.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<(), Error>;

    /// Gives a file a second name that was not there. Where the file system cannot, the second
    /// name is a copy.
    ///
    /// # Errors
    ///
    /// When `file` is not a file, or something stands at `second` already.
    fn link(&self, file: &Path, second: &Path) -> Result<(), Error>;

    /// Moves a file or folder. A file at `to` is replaced, in one step.
    ///
    /// # Errors
    ///
    /// When a folder with content stands at `to`, or the two lie on different file systems.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error>;

    /// Lets two files or folders change places, in one step. `false` when the file system
    /// cannot, and nothing was done.
    ///
    /// # Errors
    ///
    /// When one of the two is missing or may not be moved.
    fn exchange(&self, one: &Path, other: &Path) -> Result<bool, Error>;

    /// Removes a file or a symbolic link.
    ///
    /// # Errors
    ///
    /// When there is none, or it may not be removed.
    fn remove_file(&self, path: &Path) -> Result<(), Error>;

    /// Removes an empty folder.
    ///
    /// # Errors
    ///
    /// When there is none, or it is not empty.
    fn remove_dir(&self, folder: &Path) -> Result<(), Error>;

    /// Returns when the names in a folder are on the disk.
    ///
    /// # Errors
    ///
    /// When there is no such folder, or the disk failed.
    fn sync_dir(&self, folder: &Path) -> Result<(), Error>;

    /// Waits until no other process holds the folder in a way that excludes `access`, and holds
    /// it until the lock is dropped or the process ends, however it ends. Where the file system
    /// knows no locks, nothing is held.
    ///
    /// # Errors
    ///
    /// When there is no such folder.
    fn lock(&self, folder: &Path, access: Access) -> Result<Lock, Error>;
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name. Not every system's names are text; gen's own are.
    pub name: OsString,
    /// What it is.
    pub kind: EntryKind,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, wherever it leads.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// How a [`Lock`] shares a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// With other readers.
    Read,
    /// With nobody.
    Write,
}

/// A held folder. Dropping it lets go.
pub struct Lock {
    _held: Box<dyn Any + Send + Sync>,
}

impl Lock {
    /// A lock that is held as long as `held` lives.
    fn new(held: impl Any + Send + Sync) -> Self {
        Self { _held: Box::new(held) }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

/// An operation on the disk that did not work, and on what.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {cause}", .path.display())]
pub struct Error {
    /// What was asked.
    pub operation: Operation,
    /// Of what; of two paths, the one that is to change.
    pub path: PathBuf,
    /// Why not.
    pub cause: io::Error,
}

impl Error {
    pub(crate) fn new(operation: Operation, path: &Path, cause: io::Error) -> Self {
        Self { operation, path: path.to_path_buf(), cause }
    }

    /// Whether the path, or something on the way to it, does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.cause.kind() == io::ErrorKind::NotFound
    }

    /// Whether nothing can stand at the path: what is on the way to it does not exist, or is a
    /// file.
    fn is_absent(&self) -> bool {
        is_absent(&self.cause)
    }

    /// How the path leads out of the folder that a [`Confined`] ends at, where it does.
    #[must_use]
    pub fn leads_out(&self) -> Option<LeadsOut> {
        self.cause.get_ref()?.downcast_ref().copied()
    }
}

/// What was asked of a file system, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// [`FileSystem::read`] and [`FileSystem::read_stream`].
    Read,
    /// [`FileSystem::list`].
    List,
    /// [`FileSystem::kind`], [`FileSystem::target_kind`] and [`FileSystem::canonical`].
    Inspect,
    /// [`FileSystem::create_dir_all`].
    Create,
    /// [`FileSystem::write_new`] and [`FileSystem::link`].
    Write,
    /// [`FileSystem::rename`] and [`FileSystem::exchange`].
    Move,
    /// [`FileSystem::remove_file`] and [`FileSystem::remove_dir`].
    Remove,
    /// [`FileSystem::sync_dir`].
    Sync,
    /// [`FileSystem::lock`].
    Lock,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::List => "list the folder",
            Self::Inspect => "look at",
            Self::Create => "make the folder",
            Self::Write => "write",
            Self::Move => "move",
            Self::Remove => "remove",
            Self::Sync => "save",
            Self::Lock => "lock",
        })
    }
}

/// How many links to folders one [`walk`] follows; more can only be a mistake, or mischief that
/// multiplies a few folders without end.
const FOLLOWED_LINKS: usize = 1000;

/// The files below a folder, each with its path from there, `/` between the parts, sorted by
/// the bytes of the path.
///
/// Links are followed. A link to a folder that holds the link is left out: following it would
/// never end. What is neither file nor folder, and a link that leads nowhere, is listed like a
/// file, so that reading it says what is wrong.
///
/// # Errors
///
/// When a folder cannot be read, a name is not Unicode, or more than 1,000 links to folders
/// are met.
pub fn walk(fs: &dyn FileSystem, root: &Path) -> Result<Vec<String>, Error> {
    let Walked { mut files, mut linked, errors } = walk_on(fs, root, |_| false);
    files.append(&mut linked);
    files.sort_unstable();
    errors.into_iter().next().map_or(Ok(files), Err)
}

/// The same as [`walk`], going on after errors: what could be listed, and what could not.
/// Folders side by side are read in parallel. What lies below those whose names `is_skipped`
/// knows is left out.
pub fn walk_on(fs: &dyn FileSystem, root: &Path, is_skipped: fn(&str) -> bool) -> Walked {
    let walk = Walk { fs, is_skipped, links: AtomicUsize::new(0) };
    let mut walked = walk.folder(root, "", &[]);
    walked.files.sort_unstable();
    walked.linked.sort_unstable();
    walked
}

/// What a walk through a folder met.
#[derive(Debug, Default)]
pub struct Walked {
    /// The files, each with its path from the folder, sorted by the bytes of the path.
    pub files: Vec<String>,
    /// The same of those that a link led to; they may be among the others, too.
    pub linked: Vec<String>,
    /// What could not be read.
    pub errors: Vec<Error>,
}

impl Walked {
    fn append(&mut self, mut other: Self) {
        self.files.append(&mut other.files);
        self.errors.append(&mut other.errors);
        self.linked.append(&mut other.linked);
    }
}

impl From<Error> for Walked {
    fn from(error: Error) -> Self {
        Self { errors: vec![error], ..Self::default() }
    }
}

struct Walk<'f> {
    fs: &'f dyn FileSystem,
    is_skipped: fn(&str) -> bool,
    /// How many links to folders were followed.
    links: AtomicUsize,
}

impl Walk<'_> {
    /// `holders` are the true paths of the folders that hold the links on the way here.
    fn folder(&self, folder: &Path, below: &str, holders: &[PathBuf]) -> Walked {
        let entries = match self.fs.list(folder) {
            Ok(entries) => entries,
            Err(error) => return error.into(),
        };
        let mut walked = Walked::default();
        let mut further = Vec::new();
        for entry in entries {
            let path = folder.join(&entry.name);
            let Some(name) = entry.name.to_str() else {
                let cause = io::Error::new(io::ErrorKind::InvalidData, "the name is not Unicode");
                walked.errors.push(Error::new(Operation::Inspect, &path, cause));
                continue;
            };
            let relative = format!("{below}{name}");
            match entry.kind {
                EntryKind::Folder if (self.is_skipped)(name) => {}
                EntryKind::Folder | EntryKind::Link => further.push((path, relative, entry.kind)),
                _ if holders.is_empty() => walked.files.push(relative),
                EntryKind::File | EntryKind::Other => walked.linked.push(relative),
            }
        }
        let all = parallel::map(further, |(path, relative, kind)| match kind {
            EntryKind::Link => self.link(&path, relative, holders).unwrap_or_else(Walked::from),
            _ => self.folder(&path, &format!("{relative}/"), holders),
        });
        for other in all {
            walked.append(other);
        }
        walked
    }

    fn link(&self, path: &Path, relative: String, holders: &[PathBuf]) -> Result<Walked, Error> {
        let target = match self.fs.canonical(path) {
            Ok(target) if self.fs.kind(&target)? == Some(EntryKind::Folder) => {
                let name = path.file_name().and_then(OsStr::to_str);
                if name.is_some_and(self.is_skipped) {
                    return Ok(Walked::default());
                }
                target
            }
            _ => return Ok(Walked { linked: vec![relative], ..Walked::default() }),
        };
        let holder = match path.parent() {
            Some(folder) => self.fs.canonical(folder)?,
            None => PathBuf::new(),
        };
        let holders = [holders, &[holder]].concat();
        if holders.iter().any(|holder| holder.starts_with(&target)) {
            return Ok(Walked::default());
        }
        match self.links.fetch_add(1, Relaxed) {
            ..FOLLOWED_LINKS => Ok(self.folder(path, &format!("{relative}/"), &holders)),
            FOLLOWED_LINKS => {
                let cause =
                    io::Error::other(format!("more than {FOLLOWED_LINKS} links to folders"));
                Err(Error::new(Operation::Inspect, path, cause))
            }
            // That is said once.
            _ => Ok(Walked::default()),
        }
    }
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Entries in the order in which [`FileSystem::list`] gives them.
fn by_name(one: &Entry, other: &Entry) -> Ordering {
    one.name.as_encoded_bytes().cmp(other.name.as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::testing::MemoryFs;
    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    /// Does the same on the real file system and on the one in memory.
    fn on_both(test: impl Fn(&dyn FileSystem, &Path) -> Tested) -> Tested {
        let root = tempfile::tempdir()?;
        test(&Disk, root.path())?;
        test(&MemoryFs::default(), Path::new(""))
    }

    fn refusal<T: fmt::Debug>(result: Result<T, Error>) -> (Operation, io::ErrorKind) {
        let error = result.expect_err("the operation is refused");
        (error.operation, error.cause.kind())
    }

    #[test]
    fn files_and_folders_come_and_go() -> Tested {
        on_both(|fs, root| {
            let at = |path: &str| root.join(path);
            fs.create_dir_all(&at("a/b"))?;
            fs.create_dir_all(&at("a/b"))?;
            fs.write_new(&at("a/b/one"), b"1")?;
            assert_eq!(
                refusal(fs.write_new(&at("a/b/one"), b"2")),
                (Operation::Write, io::ErrorKind::AlreadyExists)
            );
            assert_eq!(fs.read(&at("a/b/one"))?, b"1");
            fs.link(&at("a/b/one"), &at("a/two"))?;
            assert_eq!(
                refusal(fs.link(&at("a/b/one"), &at("a/two"))),
                (Operation::Write, io::ErrorKind::AlreadyExists)
            );
            assert!(fs.same(&at("a/b/one"), &at("a/two"))?);
            fs.remove_file(&at("a/b/one"))?;
            assert_eq!(fs.read(&at("a/two"))?, b"1");
            fs.write_new(&at("a/three"), b"3")?;
            assert!(!fs.same(&at("a/two"), &at("a/three"))?);
            fs.write_new(&at("a/four"), b"3")?;
            assert!(fs.same(&at("a/three"), &at("a/four"))?);
            fs.remove_file(&at("a/four"))?;
            fs.rename(&at("a/three"), &at("a/two"))?;
            assert_eq!(fs.read(&at("a/two"))?, b"3");
            assert_eq!(
                fs.list(&at("a"))?,
                [
                    Entry { name: "b".into(), kind: EntryKind::Folder },
                    Entry { name: "two".into(), kind: EntryKind::File },
                ]
            );
            fs.remove_dir(&at("a/b"))?;
            assert_eq!(
                refusal(fs.remove_dir(&at("a"))),
                (Operation::Remove, io::ErrorKind::DirectoryNotEmpty)
            );
            assert_eq!(fs.kind(&at("a/b"))?, None);
            assert_eq!(fs.kind(&at("a/two/below"))?, None);
            assert!(fs.read(&at("a/b")).expect_err("it is gone").is_not_found());
            fs.sync_dir(&at("a"))?;
            Ok(())
        })
    }

    #[test]
    fn folders_change_places() -> Tested {
        on_both(|fs, root| {
            let at = |path: &str| root.join(path);
            fs.create_dir_all(&at("new"))?;
            fs.create_dir_all(&at("old/deep"))?;
            fs.write_new(&at("new/file"), b"new")?;
            fs.write_new(&at("old/deep/file"), b"old")?;
            assert!(fs.exchange(&at("new"), &at("old"))?);
            assert_eq!(fs.read(&at("old/file"))?, b"new");
            assert_eq!(fs.read(&at("new/deep/file"))?, b"old");
            assert_eq!(
                refusal(fs.exchange(&at("new"), &at("none"))),
                (Operation::Move, io::ErrorKind::NotFound)
            );
            Ok(())
        })
    }

    #[test]
    fn a_folder_is_not_a_file() -> Tested {
        on_both(|fs, root| {
            fs.create_dir_all(&root.join("folder"))?;
            assert!(fs.read(&root.join("folder")).is_err());
            assert!(fs.remove_file(&root.join("folder")).is_err());
            Ok(())
        })
    }

    #[test]
    fn an_error_names_the_operation_and_the_path() {
        let error = MemoryFs::default().read(Path::new("stacks/none.yaml"));
        assert_eq!(
            error.expect_err("there is no such file").to_string(),
            "cannot read stacks/none.yaml: entity not found"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_read() -> Tested {
        let root = tempfile::tempdir()?;
        let pipe = root.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )?;
        assert_eq!(Disk.kind(&pipe)?, Some(EntryKind::Other));
        assert_eq!(refusal(Disk.read(&pipe)), (Operation::Read, io::ErrorKind::InvalidInput));
        Ok(())
    }

    /// Files of the kernel say that they are empty.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_length_is_read_whole() -> Tested {
        let path = Path::new("/proc/version");
        assert_eq!(std::fs::metadata(path)?.len(), 0);
        assert_eq!(Disk.read(path)?, std::fs::read(path)?);
        Ok(())
    }

    #[test]
    fn a_writer_excludes_others_and_readers_share() -> Tested {
        on_both(|fs, root| {
            fs.create_dir_all(&root.join("out"))?;
            let folder = root.join("out");
            let one = fs.lock(&folder, Access::Read)?;
            let other = fs.lock(&folder, Access::Read)?;
            let (sender, receiver) = std::sync::mpsc::channel();
            std::thread::scope(|scope| {
                let writer = scope.spawn(|| {
                    let held = fs.lock(&folder, Access::Write);
                    sender.send("written").expect("the test listens");
                    held
                });
                drop(one);
                assert!(receiver.try_recv().is_err());
                drop(other);
                assert_eq!(receiver.recv(), Ok("written"));
                assert!(writer.join().is_ok_and(|held| held.is_ok()));
            });
            Ok(())
        })
    }

    #[test]
    fn a_walk_is_sorted_by_path() -> Tested {
        on_both(|fs, root| {
            for path in ["b/z", "b/a/y", "b-c", "a"] {
                fs.create_dir_all(root.join(path).parent().unwrap_or(root))?;
                fs.write_new(&root.join(path), b"")?;
            }
            assert_eq!(walk(fs, root)?, ["a", "b-c", "b/a/y", "b/z"]);
            Ok(())
        })
    }

    #[test]
    fn a_walk_follows_links_and_ends() -> Result<(), Error> {
        let fs = MemoryFs::default();
        fs.put("stacks/one/stack.yaml", "");
        fs.put("shared/notes", "");
        fs.put("shared/deep/more", "");
        fs.put_link("stacks/one/shared", "../../shared");
        fs.put_link("stacks/one/itself", ".");
        fs.put_link("stacks/one/all", "/");
        fs.put_link("stacks/one/loop", "loop");
        fs.put_link("stacks/one/nowhere", "nothing");
        fs.put_link("shared/deep/back", "..");
        fs.put_link("shared/deep/stacks", "/stacks");
        assert_eq!(
            walk(&fs, Path::new("stacks"))?,
            [
                "one/loop",
                "one/nowhere",
                "one/shared/deep/more",
                "one/shared/notes",
                "one/stack.yaml",
            ]
        );
        Ok(())
    }

    #[test]
    fn links_that_multiply_folders_are_an_error() {
        let fs = MemoryFs::default();
        for one in 0..10 {
            for other in 0..10 {
                fs.put_link(format!("root/{one}/{other}"), format!("../../far/{other}"));
                fs.put_link(format!("far/{one}/{other}"), format!("../{other}"));
            }
        }
        let error = walk(&fs, Path::new("root")).expect_err("there is no end to it");
        assert_eq!(error.cause.to_string(), "more than 1000 links to folders");
    }

    #[test]
    fn a_kill_ends_everything_and_a_fault_only_itself() -> Result<(), Error> {
        let fs = MemoryFs::default();
        fs.fail_at(1);
        assert!(fs.write_new(Path::new("file"), b"whole").is_err());
        assert_eq!(fs.read(Path::new("file"))?, b"wh");
        fs.heal();
        fs.kill_at(1);
        fs.remove_file(Path::new("file"))?;
        assert!(fs.read(Path::new("file")).is_err());
        assert!(fs.create_dir_all(Path::new("folder")).is_err());
        Ok(())
    }

    #[test]
    fn a_full_disk_takes_a_part() -> Result<(), Error> {
        let fs = MemoryFs::default();
        fs.fill_after(7);
        fs.write_new(Path::new("one"), b"five5")?;
        let (operation, kind) = refusal(fs.write_new(Path::new("two"), b"five5"));
        assert_eq!((operation, kind), (Operation::Write, io::ErrorKind::StorageFull));
        assert_eq!(fs.files()["two"], b"fi");
        Ok(())
    }
}
