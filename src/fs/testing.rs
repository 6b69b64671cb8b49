//! A file system in memory that can be made to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Access, Entry, EntryKind, Error, FileSystem, Lock, Operation};

/// How many links may stand on one path, as on Linux.
const LINKS_ON_A_PATH: usize = 40;

/// A file system in memory: what a full disk, an unreadable folder or a kill between two
/// operations does to gen is tried on it.
///
/// Paths are relative to its root; a leading `/` means nothing. Every operation counts, and
/// writing a file counts twice, with half of the file there in between.
#[derive(Debug, Clone, Default)]
pub struct MemoryFs {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    unlocked: Condvar,
}

#[derive(Debug, Clone)]
enum Node {
    Folder,
    /// The number of its content: two names of a file share it.
    File(u64),
    Link(PathBuf),
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<PathBuf, Node>,
    contents: BTreeMap<u64, Vec<u8>>,
    next_content: u64,
    operations: u64,
    fails_at: Option<u64>,
    killed_at: Option<u64>,
    room: Option<usize>,
    refused: Option<PathBuf>,
    cannot_exchange: bool,
    cannot_link: bool,
    readers: BTreeMap<PathBuf, usize>,
    writers: BTreeSet<PathBuf>,
}

impl MemoryFs {
    /// Puts a file there, with the folders above it, in place of one that was there.
    pub fn put(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let mut state = self.state();
        let path = state.prepare(path.as_ref());
        state.set_content(path, bytes.as_ref().to_vec());
    }

    /// Puts a symbolic link there, with the folders above it.
    pub fn put_link(&self, path: impl AsRef<Path>, target: impl Into<PathBuf>) {
        let mut state = self.state();
        let path = state.prepare(path.as_ref());
        state.nodes.insert(path, Node::Link(target.into()));
    }

    /// Every file with its content, by path.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state();
        let files = state.nodes.iter().filter_map(|(path, node)| match node {
            Node::File(content) => Some((slashed(path), state.contents[content].clone())),
            Node::Folder | Node::Link(_) => None,
        });
        files.collect()
    }

    /// Every path that there is: folders end in `/`, links in `@`.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mark = |node: &Node| match node {
            Node::Folder => "/",
            Node::File(_) => "",
            Node::Link(_) => "@",
        };
        let state = self.state();
        state.nodes.iter().map(|(path, node)| slashed(path) + mark(node)).collect()
    }

    /// The number of a file's content, which changes when the file is written again, though the
    /// bytes be the same; a second name of the file has the same.
    #[must_use]
    pub fn content_number(&self, path: impl AsRef<Path>) -> Option<u64> {
        match self.state().nodes.get(&plain(path.as_ref())) {
            Some(Node::File(content)) => Some(*content),
            _ => None,
        }
    }

    /// How many operations were asked for since the last [`heal`](Self::heal).
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets one operation fail, counted from 0, and those after it work.
    pub fn fail_at(&self, operation: u64) {
        self.state().fails_at = Some(operation);
    }

    /// Lets an operation, counted from 0, and all after it fail, as if gen ended there.
    pub fn kill_at(&self, operation: u64) {
        self.state().killed_at = Some(operation);
    }

    /// Leaves room for so many bytes more.
    pub fn fill_after(&self, bytes: usize) {
        self.state().room = Some(bytes);
    }

    /// Refuses every operation on a folder and what is below it.
    pub fn refuse(&self, folder: impl AsRef<Path>) {
        self.state().refused = Some(plain(folder.as_ref()));
    }

    /// Lets [`FileSystem::exchange`] answer `false`, as on file systems that know no such thing.
    pub fn without_exchange(&self) {
        self.state().cannot_exchange = true;
    }

    /// Lets [`FileSystem::link`] copy, as on file systems without second names.
    pub fn without_links(&self) {
        self.state().cannot_link = true;
    }

    /// Ends every fault, and counts operations from 0 again.
    pub fn heal(&self) {
        let mut state = self.state();
        state.operations = 0;
        state.fails_at = None;
        state.killed_at = None;
        state.room = None;
        state.refused = None;
    }

    /// Another file system with the same content, without faults.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.state();
        let copy = State {
            nodes: state.nodes.clone(),
            contents: state.contents.clone(),
            next_content: state.next_content,
            cannot_exchange: state.cannot_exchange,
            cannot_link: state.cannot_link,
            ..State::default()
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(copy), unlocked: Condvar::new() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one operation and does it, with the links on the way to `path` resolved.
    fn operate<T>(
        &self,
        operation: Operation,
        path: &Path,
        act: impl FnOnce(&mut State, PathBuf) -> io::Result<T>,
    ) -> Result<T, Error> {
        let mut state = self.state();
        let done = state.step(path).and_then(|()| {
            let path = state.resolve_parent(path)?;
            act(&mut state, path)
        });
        done.map_err(|cause| Error::new(operation, path, cause))
    }

    /// Writes the first half, then the whole, as two operations.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.operate(Operation::Write, path, |state, path| {
            state.vacant(&path)?;
            state.folder(path.parent().unwrap_or(Path::new("")))?;
            let half = bytes[..bytes.len() / 2].to_vec();
            state.set_content(path, half);
            Ok(())
        })?;
        self.operate(Operation::Write, path, |state, path| {
            let room = state.room.unwrap_or(bytes.len());
            state.room = state.room.map(|room| room.saturating_sub(bytes.len()));
            state.set_content(path, bytes[..room.min(bytes.len())].to_vec());
            if room < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }
}

impl State {
    fn step(&mut self, path: &Path) -> io::Result<()> {
        let operation = self.operations;
        self.operations += 1;
        if self.fails_at == Some(operation) {
            return Err(io::Error::other("made to fail"));
        }
        if self.killed_at.is_some_and(|killed_at| operation >= killed_at) {
            return Err(io::Error::other("killed"));
        }
        if self.refused.as_ref().is_some_and(|refused| plain(path).starts_with(refused)) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }

    fn prepare(&mut self, path: &Path) -> PathBuf {
        let path = plain(path);
        for folder in path.ancestors().skip(1).filter(|folder| *folder != Path::new("")) {
            self.nodes.entry(folder.to_path_buf()).or_insert(Node::Folder);
        }
        path
    }

    fn set_content(&mut self, path: PathBuf, bytes: Vec<u8>) {
        let content = self.next_content;
        self.next_content += 1;
        self.contents.insert(content, bytes);
        self.nodes.insert(path, Node::File(content));
    }

    fn get(&self, path: &Path) -> Option<&Node> {
        if path == Path::new("") { Some(&Node::Folder) } else { self.nodes.get(path) }
    }

    fn there(&self, path: &Path) -> io::Result<&Node> {
        self.get(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn vacant(&self, path: &Path) -> io::Result<()> {
        match self.get(path) {
            None => Ok(()),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    fn folder(&self, path: &Path) -> io::Result<()> {
        match self.there(path)? {
            Node::Folder => Ok(()),
            Node::File(_) | Node::Link(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// A folder's paths follow upon it: they are sorted part by part.
    fn below<'s>(&'s self, top: &'s Path) -> impl Iterator<Item = (&'s PathBuf, &'s Node)> {
        let from = (Bound::Included(top), Bound::Unbounded);
        self.nodes.range::<Path, _>(from).take_while(move |(path, _)| path.starts_with(top))
    }

    fn children<'s>(&'s self, folder: &'s Path) -> impl Iterator<Item = (&'s PathBuf, &'s Node)> {
        self.below(folder).filter(move |(path, _)| path.parent() == Some(folder))
    }

    /// The path with every link on it resolved.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let mut links = 0;
        let mut resolved = PathBuf::new();
        let mut rest: Vec<OsString> = parts(path);
        rest.reverse();
        while let Some(part) = rest.pop() {
            if part == ".." {
                resolved.pop();
                continue;
            }
            resolved.push(part);
            if let Node::Link(target) = self.there(&resolved)? {
                links += 1;
                if links > LINKS_ON_A_PATH {
                    return Err(io::Error::other("too many symbolic links"));
                }
                if target.has_root() {
                    resolved.clear();
                } else {
                    resolved.pop();
                }
                rest.extend(parts(target).into_iter().rev());
            }
        }
        Ok(resolved)
    }

    /// The path with every link on it but the last part resolved.
    fn resolve_parent(&self, path: &Path) -> io::Result<PathBuf> {
        let path = plain(path);
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => match self.resolve(parent) {
                Ok(parent) => Ok(parent.join(name)),
                // The operation itself says which folder it misses.
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(path),
                Err(cause) => Err(cause),
            },
            _ => Ok(path),
        }
    }

    /// Takes a whole subtree out, with its paths relative to its top.
    fn take(&mut self, top: &Path) -> Vec<(PathBuf, Node)> {
        let taken: Vec<PathBuf> = self.below(top).map(|(path, _)| path.clone()).collect();
        let nodes = taken.iter().filter_map(|path| self.nodes.remove(path)).collect::<Vec<_>>();
        let relative = |path: &PathBuf| path.strip_prefix(top).map(Path::to_path_buf);
        let relative = taken.iter().map(|path| relative(path).unwrap_or_default());
        relative.zip(nodes).collect()
    }

    fn graft(&mut self, top: &Path, nodes: Vec<(PathBuf, Node)>) {
        for (path, node) in nodes {
            let path = if path == Path::new("") { top.to_path_buf() } else { top.join(path) };
            self.nodes.insert(path, node);
        }
    }
}

impl FileSystem for MemoryFs {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        self.operate(Operation::Read, path, |state, path| {
            match state.there(&state.resolve(&path)?)? {
                Node::File(content) => Ok(state.contents[content].clone()),
                Node::Folder | Node::Link(_) => Err(io::ErrorKind::IsADirectory.into()),
            }
        })
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, Error> {
        self.operate(Operation::List, folder, |state, folder| {
            let folder = state.resolve(&folder)?;
            state.folder(&folder)?;
            let entry = |(path, node): (&PathBuf, &Node)| Entry {
                name: path.file_name().unwrap_or_default().to_os_string(),
                kind: kind_of(node),
            };
            Ok(state.children(&folder).map(entry).collect())
        })
    }

    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, Error> {
        self.operate(Operation::Inspect, path, |state, path| Ok(state.get(&path).map(kind_of)))
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, Error> {
        self.operate(Operation::Inspect, path, |state, path| {
            let path = state.resolve(&path)?;
            state.there(&path)?;
            Ok(path)
        })
    }

    fn create_dir_all(&self, folder: &Path) -> Result<(), Error> {
        self.operate(Operation::Create, folder, |state, folder| {
            for above in folder.ancestors().filter(|above| state.get(above).is_some()) {
                state.folder(above)?;
            }
            state.prepare(&folder.join("child"));
            Ok(())
        })
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.write(path, bytes)
    }

    fn link(&self, file: &Path, second: &Path) -> Result<(), Error> {
        if self.state().cannot_link {
            let bytes = self.read(file)?;
            return self.write(second, &bytes);
        }
        self.operate(Operation::Write, second, |state, second| {
            let node = state.there(&state.resolve_parent(file)?)?.clone();
            if !matches!(node, Node::File(_)) {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            state.vacant(&second)?;
            state.folder(second.parent().unwrap_or(Path::new("")))?;
            state.nodes.insert(second, node);
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.operate(Operation::Move, to, |state, to| {
            let from = state.resolve_parent(from)?;
            let moved = kind_of(state.there(&from)?);
            state.folder(to.parent().unwrap_or(Path::new("")))?;
            if let Some(there) = state.get(&to).map(kind_of) {
                if (there == EntryKind::Folder) != (moved == EntryKind::Folder) {
                    return Err(io::ErrorKind::IsADirectory.into());
                }
                if state.children(&to).next().is_some() {
                    return Err(io::ErrorKind::DirectoryNotEmpty.into());
                }
            }
            let nodes = state.take(&from);
            state.graft(&to, nodes);
            Ok(())
        })
    }

    fn exchange(&self, one: &Path, other: &Path) -> Result<bool, Error> {
        self.operate(Operation::Move, other, |state, other| {
            if state.cannot_exchange {
                return Ok(false);
            }
            let one = state.resolve_parent(one)?;
            state.there(&one)?;
            state.there(&other)?;
            let (from_one, from_other) = (state.take(&one), state.take(&other));
            state.graft(&other, from_one);
            state.graft(&one, from_other);
            Ok(true)
        })
    }

    fn remove_file(&self, path: &Path) -> Result<(), Error> {
        self.operate(Operation::Remove, path, |state, path| match state.there(&path)? {
            Node::Folder => Err(io::ErrorKind::IsADirectory.into()),
            Node::File(_) | Node::Link(_) => {
                state.nodes.remove(&path);
                Ok(())
            }
        })
    }

    fn remove_dir(&self, folder: &Path) -> Result<(), Error> {
        self.operate(Operation::Remove, folder, |state, folder| {
            state.folder(&folder)?;
            if state.children(&folder).next().is_some() {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            state.nodes.remove(&folder);
            Ok(())
        })
    }

    fn sync_dir(&self, folder: &Path) -> Result<(), Error> {
        self.operate(Operation::Sync, folder, |state, folder| state.folder(&folder))
    }

    fn lock(&self, folder: &Path, access: Access) -> Result<Lock, Error> {
        let folder = self.operate(Operation::Lock, folder, |state, folder| {
            state.folder(&folder)?;
            Ok(folder)
        })?;
        let mut state = self.state();
        loop {
            let readers = state.readers.get(&folder).copied().unwrap_or(0);
            let written = state.writers.contains(&folder);
            if !written && (access == Access::Read || readers == 0) {
                break;
            }
            state = self.shared.unlocked.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match access {
            Access::Read => *state.readers.entry(folder.clone()).or_default() += 1,
            Access::Write => {
                state.writers.insert(folder.clone());
            }
        }
        drop(state);
        Ok(Lock::new(Held { fs: self.clone(), folder, access }))
    }
}

struct Held {
    fs: MemoryFs,
    folder: PathBuf,
    access: Access,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.fs.state();
        match self.access {
            Access::Read => *state.readers.entry(self.folder.clone()).or_default() -= 1,
            Access::Write => {
                state.writers.remove(&self.folder);
            }
        }
        drop(state);
        self.fs.shared.unlocked.notify_all();
    }
}

fn kind_of(node: &Node) -> EntryKind {
    match node {
        Node::Folder => EntryKind::Folder,
        Node::File(_) => EntryKind::File,
        Node::Link(_) => EntryKind::Link,
    }
}

/// The path without `/` at its start and without `.`.
fn plain(path: &Path) -> PathBuf {
    parts(path).into_iter().collect()
}

fn parts(path: &Path) -> Vec<OsString> {
    let part = |component: Component<'_>| match component {
        Component::Normal(part) => Some(part.to_os_string()),
        Component::ParentDir => Some("..".into()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(part).collect()
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> =
        parts(path).iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}
