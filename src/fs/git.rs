//! Files of a git revision, without touching the work tree.
//!
//! git itself reads its objects, so that every form of a repository works that git knows: work
//! trees, alternates, shallow clones, new hashes. But the tree may hold a stranger's branch, so git
//! is asked in a way in which nothing in it is obeyed:
//!
//! - The repository is the one whose `.git` is in the project's folder or nearest above it. git
//!   never checks out anything of that name, so no branch can bring one. git starts there, looks
//!   no further, and takes no bare repository for one that a branch brought as plain files.
//! - Only `rev-parse`, `ls-tree` and `cat-file` are run. They use no hooks, filters or pagers, and
//!   what configuration could make them run is switched off all the same: a clone may include a
//!   file of the tree in its configuration.
//! - Nothing is fetched. A clone without all objects would do that by itself, with programs that
//!   its configuration names. Older versions of git know only the list of protocols, newer ones
//!   the variable made for it.
//! - A revision cannot be an option.

#![allow(
    clippy::disallowed_methods,
    reason = "the edge of the program: nothing but git reads every repository"
)]

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{Disk, FileSystem as _};

/// Settings that stand above those of every file of configuration.
const SETTINGS: [&str; 6] = [
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=",
    "credential.helper=",
    "diff.external=",
];

/// Variables, with their values, that keep git from fetching or asking.
const VARIABLES: [(&str, &str); 4] = [
    ("GIT_NO_LAZY_FETCH", "1"),
    // No protocol at all.
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
];

/// Variables that name another repository, such as git sets for its hooks.
const OTHER_REPOSITORY: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE"];

/// Why the files of a revision cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no program `git`, or it cannot be started.
    #[error("cannot run git: {0}")]
    NoGit(io::Error),
    /// The folder is in no repository.
    #[error("the project is in no git repository")]
    NoRepository,
    /// git does not take the repository for one, or does not trust it; what it says.
    #[error("git does not read the repository of the project: {0}")]
    RefusedRepository(String),
    /// The repository has no such revision.
    #[error("the repository has no revision `{0}`")]
    UnknownRevision(String),
    /// The repository has no such revision, and lacks a part of its history.
    #[error(
        "this clone has no revision `{0}`; it is a shallow one: fetch the rest with `git fetch --unshallow`, or that revision with `git fetch origin {0}`"
    )]
    Shallow(String),
    /// The clone is a partial one and lacks a part of the revision.
    #[error(
        "this clone lacks files of `{0}`, and gen lets git fetch nothing: fetch them with `git fetch --refetch --no-filter`"
    )]
    Partial(String),
    /// git failed in a way that nobody expects; what it says.
    #[error("git failed: {0}")]
    Failed(String),
}

/// A file of a revision, by its path below the folder asked for, and its bytes.
pub type GitFile = (String, Vec<u8>);

/// The regular files below a folder as a revision has them, in the order of their paths; none
/// where it has no such folder. `root` is a folder of the work tree, without symbolic links,
/// `folder` lies below it, with `/` between its parts; `is_wanted` is asked for each path below it.
///
/// # Errors
///
/// When there is no git, no repository or no such revision, or the clone lacks some of its files.
pub fn files_of_revision(
    root: &Path,
    revision: &str,
    folder: &str,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<GitFile>, GitError> {
    let repository = Repository::of(root)?;
    let commit = repository.commit(revision)?;
    let below = repository.path_of(root, folder)?;
    repository.files(&commit, &below, is_wanted).map_err(|error| match error {
        GitError::Failed(_) if repository.is_partial() => GitError::Partial(revision.to_owned()),
        error => error,
    })
}

/// A repository, found from outside.
struct Repository {
    /// The folder that holds `.git`.
    top: PathBuf,
}

impl Repository {
    /// The repository that a folder is in.
    fn of(root: &Path) -> Result<Self, GitError> {
        let holds_git =
            |folder: &&Path| Disk.kind(&folder.join(".git")).is_ok_and(|kind| kind.is_some());
        let top = root.ancestors().find(holds_git).ok_or(GitError::NoRepository)?;
        let repository = Self { top: top.to_owned() };
        let found = repository.run(&["rev-parse", "--git-dir"])?;
        if !found.status.success() {
            return Err(GitError::RefusedRepository(first_line(&found.stderr)));
        }
        Ok(repository)
    }

    /// The path of a folder of the work tree in its commits.
    fn path_of(&self, root: &Path, folder: &str) -> Result<String, GitError> {
        let mut path = String::new();
        for part in root.strip_prefix(&self.top).unwrap_or(root).components() {
            let Some(part) = part.as_os_str().to_str() else {
                let message = format!("the path `{}` is not Unicode", root.display());
                return Err(GitError::Failed(message));
            };
            path.extend([part, "/"]);
        }
        Ok(path + folder)
    }

    /// The id of the commit that a revision names.
    fn commit(&self, revision: &str) -> Result<String, GitError> {
        let unknown = || GitError::UnknownRevision(revision.to_owned());
        // No name of a revision starts like that, and some versions of git know no other way.
        if revision.starts_with('-') {
            return Err(unknown());
        }
        let commit = format!("{revision}^{{commit}}");
        let found = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        if found.status.success() {
            return Ok(String::from_utf8_lossy(&found.stdout).trim_ascii().to_owned());
        }
        let shallow = self.run(&["rev-parse", "--is-shallow-repository"])?;
        Err(if shallow.stdout.starts_with(b"true") {
            GitError::Shallow(revision.to_owned())
        } else {
            unknown()
        })
    }

    /// Whether the clone may lack files, which git would fetch where it is let.
    fn is_partial(&self) -> bool {
        let asked = self.run(&["config", "--get-regexp", r"^remote\..*\.promisor$"]);
        asked.is_ok_and(|found| found.status.success())
    }

    /// The regular files below a folder of a commit of which `is_wanted` approves.
    fn files(
        &self,
        commit: &str,
        folder: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<GitFile>, GitError> {
        let mut wanted = self.blobs_below(commit, folder)?;
        wanted.retain(|(_, path)| is_wanted(path));
        let contents = self.contents(wanted.iter().map(|(id, _)| id.as_str()))?;
        if contents.len() != wanted.len() {
            return Err(GitError::Failed("`cat-file` gave not every file".to_owned()));
        }
        Ok(wanted.into_iter().map(|(_, path)| path).zip(contents).collect())
    }

    /// The regular files below a folder of a commit: the id of each and its path from there.
    fn blobs_below(&self, commit: &str, folder: &str) -> Result<Vec<(String, String)>, GitError> {
        // Without `--literal-pathspecs`, some characters of the path would have a meaning.
        let listed = self.run(&[
            "--literal-pathspecs",
            "ls-tree",
            "-r",
            "-z",
            "--full-tree",
            commit,
            "--",
            folder,
        ])?;
        if !listed.status.success() {
            return Err(GitError::Failed(first_line(&listed.stderr)));
        }
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let blob = |line: &str| {
            let (meta, path) = line.split_once('\t')?;
            let path = path.strip_prefix(folder)?.strip_prefix('/')?;
            let mut words = meta.split(' ');
            let is_file = matches!(words.next(), Some("100644" | "100755"));
            let id = words.nth(1)?;
            is_file.then(|| (id.to_owned(), path.to_owned()))
        };
        Ok(listed.split('\0').filter_map(blob).collect())
    }

    /// The bytes of objects, by their ids.
    fn contents<'i>(&self, ids: impl Iterator<Item = &'i str>) -> Result<Vec<Vec<u8>>, GitError> {
        let asked: String = ids.flat_map(|id| [id, "\n"]).collect();
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(GitError::NoGit)?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // git answers while it is asked: who only wrote would wait for ever.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(asked.as_bytes())));
            child.wait_with_output()
        });
        let output = output.map_err(GitError::NoGit)?;
        if !output.status.success() {
            return Err(GitError::Failed(first_line(&output.stderr)));
        }
        answers(&output.stdout)
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, GitError> {
        self.command(arguments).output().map_err(GitError::NoGit)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.top).arg("--no-pager");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for variable in OTHER_REPOSITORY {
            command.env_remove(variable);
        }
        command.envs(VARIABLES);
        if let Some(above) = self.top.parent() {
            command.env("GIT_CEILING_DIRECTORIES", above);
        }
        command.args(arguments).stdin(Stdio::null());
        command
    }
}

/// The bytes of the objects that `cat-file --batch` printed: each is `ID blob SIZE`, a line feed,
/// that many bytes and a line feed. Of one that it lacks it says `ID missing`.
fn answers(printed: &[u8]) -> Result<Vec<Vec<u8>>, GitError> {
    let mut answers = Vec::new();
    let mut rest = printed;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let size = header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let Some((body, after)) = size.and_then(|size| rest.split_at_checked(size)) else {
            return Err(GitError::Failed(format!("`cat-file` said `{header}`")));
        };
        answers.push(body.to_owned());
        rest = after.strip_prefix(b"\n").unwrap_or(after);
    }
    Ok(answers)
}

/// The first line of what git says, without what all its errors begin with.
fn first_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.trim_start().lines().next().unwrap_or("it does not say why");
    line.strip_prefix("fatal: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_by_their_sizes() {
        let printed = b"1a blob 3\na\nb\n3c blob 0\n\n";
        let read = answers(printed).expect("git prints it so");
        assert_eq!(read, [b"a\nb".to_vec(), Vec::new()]);
    }

    #[test]
    fn what_git_does_not_print_is_an_error() {
        for printed in ["1a blob 9\nshort\n", "1a missing\n", "1a ambiguous\n", "\n"] {
            assert!(matches!(answers(printed.as_bytes()), Err(GitError::Failed(_))), "{printed}");
        }
    }
}
