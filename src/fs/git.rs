//! Files of a git revision, without touching the work tree.
//!
//! git itself reads its objects, so that every form of a repository works that git knows:
//! work trees, alternates, partial clones, new hashes.

#![allow(
    clippy::disallowed_methods,
    reason = "the edge of the program: nothing but git reads every repository"
)]

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Why the files of a revision cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no program `git`, or it cannot be started.
    #[error("cannot run git: {0}")]
    NoGit(io::Error),
    /// The folder is in no repository.
    #[error("the project is in no git repository")]
    NoRepository,
    /// The repository has no such revision.
    #[error("the repository has no revision `{0}`")]
    UnknownRevision(String),
    /// The repository has no such revision, and lacks a part of its history.
    #[error(
        "this clone has no revision `{0}`; it is a shallow one: fetch the rest with `git fetch --unshallow`, or that revision with `git fetch origin {0}`"
    )]
    Shallow(String),
    /// git failed in a way that nobody expects; what it says.
    #[error("git failed: {0}")]
    Failed(String),
}

/// A file of a revision, by its path below the folder asked for, and its bytes.
pub type GitFile = (String, Vec<u8>);

/// The regular files below a folder as a revision has them, in the order of their paths; none
/// where it has no such folder. `root` is a folder of the work tree, `folder` lies below it, with
/// `/` between its parts; `is_wanted` is asked for each path below it.
///
/// # Errors
///
/// When there is no git, no repository or no such revision.
pub fn files_of_revision(
    root: &Path,
    revision: &str,
    folder: &str,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<GitFile>, GitError> {
    let prefix = run(root, &["rev-parse", "--show-prefix"])?;
    if !prefix.status.success() {
        return Err(GitError::NoRepository);
    }
    let prefix = String::from_utf8_lossy(&prefix.stdout).trim_end_matches('\n').to_owned();
    let commit = format!("{revision}^{{commit}}");
    let found = run(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
    if !found.status.success() {
        let shallow = run(root, &["rev-parse", "--is-shallow-repository"])?;
        let revision = revision.to_owned();
        return Err(if shallow.stdout.starts_with(b"true") {
            GitError::Shallow(revision)
        } else {
            GitError::UnknownRevision(revision)
        });
    }
    let commit = String::from_utf8_lossy(&found.stdout).trim_ascii().to_owned();
    let below = format!("{prefix}{folder}/");
    // The colon form names a tree exactly; pathspecs would give some characters a meaning.
    let tree = format!("{commit}:{}", below.trim_end_matches('/'));
    let listed = run(root, &["ls-tree", "-r", "-z", "--full-tree", &tree])?;
    if !listed.status.success() {
        return Ok(Vec::new());
    }
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let wanted: Vec<(&str, &str)> = listed
        .split('\0')
        .filter_map(|line| {
            let (meta, path) = line.split_once('\t')?;
            let mut words = meta.split(' ');
            let is_file = matches!(words.next(), Some("100644" | "100755"));
            let id = words.nth(1)?;
            (is_file && is_wanted(path)).then_some((id, path))
        })
        .collect();
    let mut ids = String::new();
    for (id, _) in &wanted {
        ids.extend([id, "\n"]);
    }
    let contents = blobs(root, &ids)?;
    if contents.len() != wanted.len() {
        return Err(GitError::Failed("`cat-file` gave not every file".to_owned()));
    }
    Ok(wanted.into_iter().map(|(_, path)| path.to_owned()).zip(contents).collect())
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // Whatever a pager, a colour setting or a lock of somebody else's would do to the output.
    command.arg("-C").arg(root).args(["--no-pager", "--no-optional-locks"]).args(arguments);
    command.stdin(Stdio::null());
    command
}

fn run(root: &Path, arguments: &[&str]) -> Result<Output, GitError> {
    command(root, arguments).output().map_err(GitError::NoGit)
}

/// The bytes of the objects with these ids, a line each.
fn blobs(root: &Path, ids: &str) -> Result<Vec<Vec<u8>>, GitError> {
    let mut child = command(root, &["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(GitError::NoGit)?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // git answers while it is asked: who only wrote would wait for ever.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(ids.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(GitError::NoGit)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(GitError::Failed(said.trim_ascii().to_owned()));
    }
    let mut blobs = Vec::new();
    let mut rest = output.stdout.as_slice();
    // Each answer is `ID blob SIZE`, a line feed, that many bytes, a line feed.
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let body = size.and_then(|size| rest[end + 1..].split_at_checked(size));
        let Some((body, after)) = body else {
            return Err(GitError::Failed(format!("`cat-file` said `{header}`")));
        };
        blobs.push(body.to_owned());
        rest = after.strip_prefix(b"\n").unwrap_or(after);
    }
    Ok(blobs)
}
