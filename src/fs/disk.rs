//! The real file system.

#![allow(clippy::disallowed_methods, reason = "the one place that touches the disk")]

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Access, Entry, EntryKind, Error, FileSystem, Lock, Operation, by_name, is_absent};

/// The real file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl FileSystem for Disk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let read = || {
            let mut file = match system::open(path) {
                Err(_) if fs::metadata(path).is_ok_and(|found| !found.is_file()) => {
                    return Err(not_a_file());
                }
                file => file?,
            };
            let metadata = file.metadata()?;
            if metadata.is_file() { whole(&mut file, metadata.len()) } else { Err(not_a_file()) }
        };
        read().map_err(|cause| Error::new(Operation::Read, path, cause))
    }

    fn read_stream(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let read = || {
            let mut stream = File::open(path)?;
            let metadata = stream.metadata()?;
            if metadata.is_file() {
                return whole(&mut stream, metadata.len());
            }
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|cause| Error::new(Operation::Read, path, cause))
    }

    fn target_kind(&self, path: &Path) -> Result<Option<EntryKind>, Error> {
        kind_in(fs::metadata(path), path)
    }

    fn same(&self, one: &Path, other: &Path) -> Result<bool, Error> {
        let is_one_file = system::is_one_file(one, other)
            .map_err(|cause| Error::new(Operation::Inspect, other, cause))?;
        Ok(is_one_file || self.read(one)? == self.read(other)?)
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, Error> {
        let list = || {
            fs::read_dir(folder)?
                .map(|entry| {
                    let entry = entry?;
                    Ok(Entry { kind: kind_of(entry.file_type()?), name: entry.file_name() })
                })
                .collect::<io::Result<Vec<_>>>()
        };
        let mut entries = list().map_err(|cause| Error::new(Operation::List, folder, cause))?;
        entries.sort_unstable_by(by_name);
        Ok(entries)
    }

    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, Error> {
        kind_in(fs::symlink_metadata(path), path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, Error> {
        path.canonicalize().map_err(|cause| Error::new(Operation::Inspect, path, cause))
    }

    fn create_dir_all(&self, folder: &Path) -> Result<(), Error> {
        fs::create_dir_all(folder).map_err(|cause| Error::new(Operation::Create, folder, cause))
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let write = || {
            let mut file = File::options().write(true).create_new(true).open(path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|cause| Error::new(Operation::Write, path, cause))
    }

    fn link(&self, file: &Path, second: &Path) -> Result<(), Error> {
        let link = || match fs::hard_link(file, second) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Err(cause),
            Err(_) if fs::symlink_metadata(second).is_ok() => {
                Err(io::ErrorKind::AlreadyExists.into())
            }
            Err(_) => {
                fs::copy(file, second)?;
                File::options().append(true).open(second)?.sync_all()
            }
            Ok(()) => Ok(()),
        };
        link().map_err(|cause| Error::new(Operation::Write, second, cause))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        fs::rename(from, to).map_err(|cause| Error::new(Operation::Move, to, cause))
    }

    fn exchange(&self, one: &Path, other: &Path) -> Result<bool, Error> {
        system::exchange(one, other).map_err(|cause| Error::new(Operation::Move, other, cause))
    }

    fn remove_file(&self, path: &Path) -> Result<(), Error> {
        fs::remove_file(path).map_err(|cause| Error::new(Operation::Remove, path, cause))
    }

    fn remove_dir(&self, folder: &Path) -> Result<(), Error> {
        fs::remove_dir(folder).map_err(|cause| Error::new(Operation::Remove, folder, cause))
    }

    fn sync_dir(&self, folder: &Path) -> Result<(), Error> {
        system::sync_dir(folder).map_err(|cause| Error::new(Operation::Sync, folder, cause))
    }

    fn lock(&self, folder: &Path, access: Access) -> Result<Lock, Error> {
        system::lock(folder, access)
            .map(Lock::new)
            .map_err(|cause| Error::new(Operation::Lock, folder, cause))
    }
}

/// All that a file holds, which has that length. A render reads many small files: with the length
/// known, one read is enough for each, and none has to look for the end.
fn whole(file: &mut File, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?)?;
    file.take(length).read_to_end(&mut bytes)?;
    if length == 0 {
        // What the kernel makes up as it is read has no length.
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn kind_in(found: io::Result<Metadata>, path: &Path) -> Result<Option<EntryKind>, Error> {
    match found {
        Ok(metadata) => Ok(Some(kind_of(metadata.file_type()))),
        Err(cause) if is_absent(&cause) => Ok(None),
        Err(cause) => Err(Error::new(Operation::Inspect, path, cause)),
    }
}

fn kind_of(file_type: FileType) -> EntryKind {
    if file_type.is_file() {
        EntryKind::File
    } else if file_type.is_dir() {
        EntryKind::Folder
    } else if file_type.is_symlink() {
        EntryKind::Link
    } else {
        EntryKind::Other
    }
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a file")
}

/// What the standard library does not offer alike on every system.
#[cfg(unix)]
mod system {
    use std::fs::{self, File};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    use std::path::Path;

    use rustix::fs::{FlockOperation, OFlags, flock};
    use rustix::io::Errno;

    use super::Access;

    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(true),
            Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
        Ok(false)
    }

    /// Opens what may not be a file: for a pipe without a writer, this does not wait.
    pub(super) fn open(path: &Path) -> io::Result<File> {
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        File::options().read(true).custom_flags(flags).open(path)
    }

    pub(super) fn is_one_file(one: &Path, other: &Path) -> io::Result<bool> {
        let (one, other) = (fs::symlink_metadata(one)?, fs::symlink_metadata(other)?);
        Ok(one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino()))
    }

    pub(super) fn sync_dir(folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    /// The folder itself is locked, so that nothing lies about afterwards.
    pub(super) fn lock(folder: &Path, access: Access) -> io::Result<File> {
        let held = File::open(folder)?;
        let operation = match access {
            Access::Read => FlockOperation::LockShared,
            Access::Write => FlockOperation::LockExclusive,
        };
        loop {
            match flock(&held, operation) {
                // A network file system may have no locks, or none on a folder.
                Ok(()) | Err(Errno::NOSYS | Errno::NOTSUP | Errno::NOLCK | Errno::BADF) => {
                    return Ok(held);
                }
                Err(Errno::INTR) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
    }
}

/// What the standard library does not offer alike on every system.
#[cfg(windows)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;
    use std::time::Duration;

    use super::Access;

    #[expect(clippy::unnecessary_wraps, reason = "other systems can fail")]
    pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    /// The system tells only through handles, and reading both is as good.
    pub(super) fn is_one_file(_: &Path, _: &Path) -> io::Result<bool> {
        Ok(false)
    }

    /// The system offers no such thing, and writes names through by itself.
    pub(super) fn sync_dir(_: &Path) -> io::Result<()> {
        Ok(())
    }

    /// A folder cannot be locked here: a file in it is, which goes away with its handle.
    pub(super) fn lock(folder: &Path, _: Access) -> io::Result<File> {
        const ERROR_SHARING_VIOLATION: i32 = 32;
        const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
        loop {
            let held = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .share_mode(0)
                .custom_flags(FILE_FLAG_DELETE_ON_CLOSE)
                .open(folder.join(".gen-lock"));
            match held {
                Err(cause) if cause.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                held => return held,
            }
        }
    }
}
