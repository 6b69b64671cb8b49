//! A file system that ends at a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use super::{Access, Entry, EntryKind, Error, FileSystem, Lock, Operation};

/// How many bytes are read through links. Ten thousand links to one large file are a small branch.
const MOST_THROUGH_LINKS: usize = 64 << 20;

/// The part of a file system below one folder. This is the one place that decides whether a path
/// leads out of it: by the true path, with every symbolic link on the way resolved.
///
/// Links within the folder are followed, but not to what is hidden there: `.git` holds what the
/// clone may do, `.env` what a program must not tell, and neither is an input. What is named by
/// its own path may be hidden. And not without end: see [`LeadsOut::TooMuch`].
///
/// A tree that somebody changes while it is read is beyond this.
pub struct Confined<'f> {
    fs: &'f dyn FileSystem,
    /// The folder, as whoever made this names it.
    root: PathBuf,
    /// What messages call it.
    what: &'static str,
    true_root: OnceLock<PathBuf>,
    /// The folders that were found to lie inside, each with whether a link leads there.
    inside: RwLock<BTreeMap<PathBuf, bool>>,
    /// How many bytes were read through links.
    through_links: AtomicUsize,
}

/// Why a path cannot be used: the cause of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeadsOut {
    /// Its true path lies elsewhere.
    #[error("it leads out of {0}")]
    Elsewhere(&'static str),
    /// A link leads to something hidden.
    #[error("it leads to a hidden file or folder, which is no part of {0}")]
    Hidden(&'static str),
    /// What all links lead to, each time that it is read, is more than 64 MiB.
    #[error("the links in {0} lead to more than {most} MiB", most = MOST_THROUGH_LINKS >> 20)]
    TooMuch(&'static str),
}

impl<'f> Confined<'f> {
    /// What lies below `root`, which messages call `what`, such as `the project`. The folder need
    /// not exist yet.
    pub fn new(fs: &'f dyn FileSystem, root: impl Into<PathBuf>, what: &'static str) -> Self {
        let (true_root, inside) = (OnceLock::new(), RwLock::default());
        Self { fs, root: root.into(), what, true_root, inside, through_links: AtomicUsize::new(0) }
    }

    fn true_root(&self) -> Result<&Path, Error> {
        if let Some(known) = self.true_root.get() {
            return Ok(known);
        }
        let found = self.fs.canonical(&self.root)?;
        Ok(self.true_root.get_or_init(|| found))
    }

    /// The part of a path below the root; refuses one that is not written as such.
    fn below<'p>(&self, path: &'p Path) -> Result<&'p Path, Error> {
        let is_plain = |below: &&Path| below.components().all(|part| is_normal(&part));
        let below = path.strip_prefix(&self.root).ok().filter(is_plain);
        below.ok_or_else(|| refusal(path, LeadsOut::Elsewhere(self.what)))
    }

    /// The path without links of what a path leads to, whatever that is; refuses what leads out.
    fn target(&self, path: &Path) -> Result<PathBuf, Error> {
        let written = self.below(path)?;
        let found = self.fs.canonical(path)?;
        let Ok(below) = found.strip_prefix(self.true_root()?) else {
            return Err(refusal(path, LeadsOut::Elsewhere(self.what)));
        };
        if below != written && below.components().any(|part| is_hidden(&part)) {
            return Err(refusal(path, LeadsOut::Hidden(self.what)));
        }
        Ok(self.root.join(below))
    }

    /// Refuses a folder that leads out; tells whether a link leads to it.
    fn folder(&self, folder: &Path) -> Result<bool, Error> {
        let inside = self.inside.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_linked) = inside.get(folder) {
            return Ok(*is_linked);
        }
        drop(inside);
        let is_linked = self.target(folder)? != folder;
        let mut inside = self.inside.write().unwrap_or_else(PoisonError::into_inner);
        inside.insert(folder.to_owned(), is_linked);
        Ok(is_linked)
    }

    /// Refuses a path that leads out before its last part, which is not followed; tells whether
    /// there is a link on the way. The folders on the way need not be there.
    fn place(&self, path: &Path) -> Result<bool, Error> {
        self.below(path)?;
        let above = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
        for folder in above {
            match self.folder(folder) {
                Err(error) if error.is_absent() => {}
                checked => return checked,
            }
        }
        Ok(false)
    }

    /// Refuses a path that leads out, its last part included; tells whether it leads through a
    /// link.
    fn followed(&self, path: &Path) -> Result<bool, Error> {
        let is_linked = self.place(path)?;
        match self.fs.kind(path)? {
            Some(EntryKind::Link) => self.target(path).map(|_| true),
            _ => Ok(is_linked),
        }
    }

    /// Lets through what a path leads to, unless links led to too much.
    fn read_with(
        &self,
        path: &Path,
        read: impl FnOnce(&Path) -> Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        let too_much = || refusal(path, LeadsOut::TooMuch(self.what));
        let is_linked = self.followed(path)?;
        if is_linked && self.through_links.load(Ordering::Relaxed) > MOST_THROUGH_LINKS {
            return Err(too_much());
        }
        let bytes = read(path)?;
        let size = if is_linked { bytes.len() } else { 0 };
        let before = self.through_links.fetch_add(size, Ordering::Relaxed);
        if before + size > MOST_THROUGH_LINKS && is_linked { Err(too_much()) } else { Ok(bytes) }
    }

    /// Forgets which folders lie inside: one of them moves.
    fn forget(&self) {
        self.inside.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn refusal(path: &Path, cause: LeadsOut) -> Error {
    let cause = io::Error::new(io::ErrorKind::PermissionDenied, cause);
    Error::new(Operation::Inspect, path, cause)
}

fn is_normal(part: &Component<'_>) -> bool {
    matches!(part, Component::Normal(_))
}

fn is_hidden(part: &Component<'_>) -> bool {
    part.as_os_str().as_encoded_bytes().starts_with(b".")
}

impl FileSystem for Confined<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        self.read_with(path, |path| self.fs.read(path))
    }

    fn read_stream(&self, path: &Path) -> Result<Vec<u8>, Error> {
        self.read_with(path, |path| self.fs.read_stream(path))
    }

    fn same(&self, one: &Path, other: &Path) -> Result<bool, Error> {
        self.followed(one)?;
        self.followed(other)?;
        self.fs.same(one, other)
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, Error> {
        self.followed(folder)?;
        self.fs.list(folder)
    }

    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, Error> {
        self.place(path)?;
        self.fs.kind(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, Error> {
        self.target(path)
    }

    fn create_dir_all(&self, folder: &Path) -> Result<(), Error> {
        self.followed(folder)?;
        self.fs.create_dir_all(folder)
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.place(path)?;
        self.fs.write_new(path, bytes)
    }

    fn link(&self, file: &Path, second: &Path) -> Result<(), Error> {
        self.place(file)?;
        self.place(second)?;
        self.fs.link(file, second)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.place(from)?;
        self.place(to)?;
        self.forget();
        self.fs.rename(from, to)
    }

    fn exchange(&self, one: &Path, other: &Path) -> Result<bool, Error> {
        self.place(one)?;
        self.place(other)?;
        self.forget();
        self.fs.exchange(one, other)
    }

    fn remove_file(&self, path: &Path) -> Result<(), Error> {
        self.place(path)?;
        self.fs.remove_file(path)
    }

    fn remove_dir(&self, folder: &Path) -> Result<(), Error> {
        self.place(folder)?;
        self.forget();
        self.fs.remove_dir(folder)
    }

    fn sync_dir(&self, folder: &Path) -> Result<(), Error> {
        self.followed(folder)?;
        self.fs.sync_dir(folder)
    }

    fn lock(&self, folder: &Path, access: Access) -> Result<Lock, Error> {
        self.followed(folder)?;
        self.fs.lock(folder, access)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::MemoryFs;
    use super::*;

    /// A project `p` beside what is none of its business, with links of all sorts.
    fn project() -> MemoryFs {
        let fs = MemoryFs::default();
        for file in ["p/stacks/web", "p/.git/config", "p/stacks/.hidden/own", "secret", "p-2/other"]
        {
            fs.put(file, file);
        }
        for (link, target) in [
            ("p/in", "stacks/web"),
            ("p/in-folder", "stacks"),
            ("p/out", "../secret"),
            ("p/twin", "/p-2/other"),
            ("p/back", "../p/stacks/web"),
            ("p/chain", "out"),
            ("p/out-folder", ".."),
            ("p/git", ".git"),
            ("p/config", "stacks/../.git/config"),
            ("p/to-hidden", "stacks/.hidden/own"),
            ("p/nowhere", "../none"),
            ("p/loop", "loop"),
        ] {
            fs.put_link(link, target);
        }
        fs
    }

    fn confined(fs: &MemoryFs) -> Confined<'_> {
        Confined::new(fs, "p", "the project")
    }

    /// What reading gives, as text: the content, or why not.
    fn read(fs: &Confined<'_>, path: &str) -> String {
        match fs.read(Path::new(path)) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("{:?}", error.leads_out()),
        }
    }

    #[test]
    fn the_true_path_decides_what_is_read() {
        let fs = project();
        let fs = confined(&fs);
        let elsewhere = "Some(Elsewhere(\"the project\"))";
        let hidden = "Some(Hidden(\"the project\"))";
        for (path, expected) in [
            ("p/stacks/web", "p/stacks/web"),
            ("p/in", "p/stacks/web"),
            ("p/in-folder/web", "p/stacks/web"),
            ("p/back", "p/stacks/web"),
            // What is named by its own path may be hidden.
            ("p/stacks/.hidden/own", "p/stacks/.hidden/own"),
            ("p/to-hidden", hidden),
            ("p/git/config", hidden),
            ("p/config", hidden),
            ("p/out", elsewhere),
            ("p/twin", elsewhere),
            ("p/chain", elsewhere),
            ("p/out-folder/secret", elsewhere),
            ("p/../secret", elsewhere),
            ("p/stacks/../../secret", elsewhere),
            ("secret", elsewhere),
            ("p-2/other", elsewhere),
            ("p/nowhere", "None"),
            ("p/loop", "None"),
        ] {
            assert_eq!(read(&fs, path), expected, "{path}");
        }
    }

    #[test]
    fn links_do_not_make_a_file_endless() {
        let memory = MemoryFs::default();
        memory.put("p/large", vec![b'a'; MOST_THROUGH_LINKS / 4]);
        memory.put("p/small", "a");
        memory.put_link("p/link", "large");
        memory.put_link("p/folder", ".");
        memory.put_link("p/other", "small");
        let fs = confined(&memory);
        let path = |number: usize| ["p/link", "p/folder/large"][number % 2];
        for number in 0..4 {
            assert_eq!(read(&fs, path(number)).len(), MOST_THROUGH_LINKS / 4);
        }
        for path in [path(0), path(1), "p/other"] {
            assert_eq!(read(&fs, path), "Some(TooMuch(\"the project\"))");
        }
        assert_eq!(read(&fs, "p/small"), "a");
    }

    #[test]
    fn nothing_is_changed_or_looked_at_elsewhere() {
        let memory = project();
        let fs = confined(&memory);
        let before = memory.paths();
        let outside =
            [Path::new("p/out-folder/new"), Path::new("p/../new"), Path::new("p/git/new")];
        let inside = Path::new("p/stacks/web");
        for path in outside {
            let done = [
                fs.write_new(path, b"").map(drop),
                fs.create_dir_all(path),
                fs.link(inside, path),
                fs.rename(inside, path),
                fs.rename(path, inside),
                fs.exchange(inside, path).map(drop),
                fs.remove_file(path),
                fs.remove_dir(path),
                fs.sync_dir(path),
                fs.lock(path, Access::Read).map(drop),
                fs.kind(path).map(drop),
                fs.list(path).map(drop),
                fs.same(inside, path).map(drop),
            ];
            for (number, done) in done.into_iter().enumerate() {
                let why = done.expect_err("it leads out").leads_out();
                assert!(why.is_some(), "operation {number} on {}", path.display());
            }
        }
        assert_eq!(memory.paths(), before);
        assert_eq!(fs.kind(Path::new("p/out")).ok(), Some(Some(EntryKind::Link)));
        assert!(fs.remove_file(Path::new("p/out")).is_ok());
        assert_eq!(memory.files()["secret"], b"secret");
    }

    #[test]
    fn the_folder_need_not_exist_yet() -> Result<(), Error> {
        let memory = MemoryFs::default();
        let fs = Confined::new(&memory, "a/out", "the output");
        assert_eq!(fs.kind(Path::new("a/out"))?, None);
        assert_eq!(fs.kind(Path::new("a/out/dev/web"))?, None);
        fs.create_dir_all(Path::new("a/out/dev"))?;
        fs.write_new(Path::new("a/out/dev/file"), b"1")?;
        assert_eq!(fs.read(Path::new("a/out/dev/file"))?, b"1");
        Ok(())
    }

    #[test]
    fn a_folder_that_becomes_a_link_is_looked_at_again() -> Result<(), Error> {
        let memory = project();
        let fs = confined(&memory);
        assert_eq!(fs.read(Path::new("p/stacks/web"))?, b"p/stacks/web");
        fs.rename(Path::new("p/stacks"), Path::new("p/old"))?;
        fs.rename(Path::new("p/out-folder"), Path::new("p/stacks"))?;
        let error = fs.read(Path::new("p/stacks/secret")).expect_err("it leads out");
        assert_eq!(error.leads_out(), Some(LeadsOut::Elsewhere("the project")));
        Ok(())
    }
}
