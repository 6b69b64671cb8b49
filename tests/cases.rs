//! Golden cases: a folder `tests/cases/AREA/CASE/` is a test of the `gen` that was built.
//!
//! | in the folder | holds |
//! |---|---|
//! | `in/` | the project as it is before |
//! | `base` | (optional) a folder of `tests/cases/_base/` that is copied first, `in/` over it; `systems` stands for the stacks of this repository with all that they need, and what they render |
//! | `remove` | (optional) paths to remove after that, one a line |
//! | `links` | (optional) symbolic links to make then, `PATH -> TARGET` a line; links of this repository itself would lead astray what walks it |
//! | `cmd` | the commands, one a line: `gen render dev`; `NAME=value` before one sets a variable, `< FILE` after one is its standard input, which is empty otherwise; `cd FOLDER` goes to a folder of the project; `#` starts a comment |
//! | `expected/stdout`, `expected/stderr` | what is written, exactly; absent when nothing is. With several commands, what each wrote stands below a line `$ gen ...` |
//! | `expected/exit` | the exit code of each command, one a line |
//! | `expected/out/` | `out/` as it is afterwards; absent when it is as before. The same for any other folder at the project's root, so nothing changes unseen |
//!
//! Whatever a case expects, a command that exits with 2 must write nothing but its complaint,
//! no path of this machine may show, and every command in the area `bad-input` must exit with 2.
//!
//! `GEN_BLESS=1 cargo test --test cases [-- NAME]` makes what happens what is expected.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads its cases and runs the program"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use gen_compiler::diagnostic::Code;
use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

/// Codes that no folder of files can bring about, and where they are tested instead.
const TESTED_ELSEWHERE: &[(Code, &str)] = &[(
    Code::FilesTooLarge,
    "more than a MiB of files for one message; src/resolve/tests/files.rs makes them in memory",
)];

/// The base that is the project of this repository.
const SYSTEMS: &str = "systems";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let bless = std::env::var_os("GEN_BLESS").is_some_and(|value| !value.is_empty());
    if bless && std::env::var_os("CI").is_some() {
        eprintln!("GEN_BLESS is set in CI: what is expected changes by a commit only");
        return ExitCode::FAILURE;
    }
    match trials(bless) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn trials(bless: bool) -> Result<Vec<Trial>> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut trials = Vec::new();
    for area in folders(&cases)?.into_iter().filter(|area| !area.starts_with('_')) {
        for name in folders(&cases.join(&area))? {
            let case = Case { folder: cases.join(&area).join(&name), area: area.clone() };
            let base = cases.join("_base");
            trials.push(Trial::test(format!("{area}/{name}"), move || {
                case.test(&base, bless).map_err(|error| Failed::from(format!("{error:#}")))
            }));
        }
    }
    let complete = Trial::test("every_diagnostic_appears_in_a_case", move || {
        every_diagnostic_appears(&cases).map_err(|error| Failed::from(format!("{error:#}")))
    });
    trials.push(complete);
    Ok(trials)
}

/// The names of the folders in a folder, sorted.
fn folders(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

struct Case {
    folder: PathBuf,
    area: String,
}

/// What the commands of a case did.
#[derive(Default)]
struct Outcome {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    exit: String,
    /// The folders and files at the project's root that are not as they were, in full.
    changed: Tree,
}

/// Files by their path; a symbolic link as where it leads, an empty folder with a `/` at its end.
type Tree = BTreeMap<String, Vec<u8>>;

impl Case {
    fn test(&self, base: &Path, bless: bool) -> Result<()> {
        let project = tempfile::tempdir()?;
        let project = project.path().canonicalize()?;
        self.prepare(base, &project)?;
        let actual = self.run(&project)?;
        let expected = self.expected()?;
        let difference = difference(&expected, &actual);
        if difference.is_empty() {
            return Ok(());
        }
        if bless {
            return self.bless(&actual);
        }
        bail!("{difference}\nGEN_BLESS=1 cargo test --test cases would accept this")
    }

    /// Makes the project of the case in an empty folder.
    fn prepare(&self, base: &Path, project: &Path) -> Result<()> {
        match self.read("base")?.as_deref().map(str::trim) {
            None => {}
            Some(SYSTEMS) => {
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                for folder in ["environments", "out", "stacks", "templates"] {
                    fs::create_dir(project.join(folder))?;
                    copy(&root.join(folder), &project.join(folder))?;
                }
            }
            Some(name) => copy(&base.join(name), project)?,
        }
        if self.folder.join("in").exists() {
            copy(&self.folder.join("in"), project)?;
        }
        for path in self.read("remove")?.unwrap_or_default().lines() {
            let path = project.join(path);
            let removed =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(|| format!("`remove` names {}", path.display()))?;
        }
        for link in self.read("links")?.unwrap_or_default().lines() {
            let (path, target) = link.split_once(" -> ").context("`links`: PATH -> TARGET")?;
            let path = project.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            symlink(target, &path).with_context(|| format!("making {link}"))?;
        }
        Ok(())
    }

    fn run(&self, project: &Path) -> Result<Outcome> {
        let text = self.read("cmd")?.context("there is no file `cmd`")?;
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines: Vec<_> = lines.collect();
        let several = lines.iter().filter(|line| !line.starts_with("cd ")).count() > 1;
        let mut outcome = Outcome::default();
        let mut folder = project.to_owned();
        let before = tree(project)?;
        let mut now = before.clone();
        for line in lines {
            if let Some(target) = line.strip_prefix("cd ") {
                folder = project.join(target);
                continue;
            }
            let output = command(line, &folder)?;
            let after = tree(project)?;
            self.hold(&output, now == after, project).with_context(|| format!("`{line}`"))?;
            for (all, new) in
                [(&mut outcome.stdout, &output.stdout), (&mut outcome.stderr, &output.stderr)]
            {
                if several && !new.is_empty() {
                    all.extend(format!("$ {line}\n").as_bytes());
                }
                all.extend(new);
            }
            let code = output.status.code().context("the command was ended by a signal")?;
            writeln!(outcome.exit, "{code}")?;
            now = after;
        }
        ensure!(!outcome.exit.is_empty(), "`cmd` holds no command");
        outcome.changed = changed(&before, now)?;
        Ok(outcome)
    }

    /// What holds for every command, whatever a case expects.
    fn hold(&self, output: &std::process::Output, untouched: bool, project: &Path) -> Result<()> {
        let code = output.status.code();
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(matches!(code, Some(0..=3)), "exits with {code:?}\n{stderr}");
        if code == Some(2) {
            let stdout = String::from_utf8_lossy(&output.stdout);
            ensure!(stdout.is_empty(), "exits with 2 but writes to stdout:\n{stdout}");
            ensure!(!stderr.is_empty(), "exits with 2 without a word");
            ensure!(untouched, "exits with 2 but changes files");
        } else {
            ensure!(self.area != "bad-input", "exits with {code:?} though the input is bad");
        }
        let project = project.to_string_lossy();
        for stream in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(stream);
            ensure!(!text.contains(&*project), "shows a path of this machine:\n{text}");
        }
        Ok(())
    }

    fn expected(&self) -> Result<Outcome> {
        let mut changed = match tree(&self.folder.join("expected")) {
            Ok(tree) => tree,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Tree::new(),
            Err(error) => return Err(error.into()),
        };
        let mut stream = |name| changed.remove(name).unwrap_or_default();
        let (stdout, stderr) = (stream("stdout"), stream("stderr"));
        let exit = String::from_utf8(stream("exit"))?;
        Ok(Outcome { stdout, stderr, exit, changed })
    }

    /// Makes what happened what is expected.
    fn bless(&self, actual: &Outcome) -> Result<()> {
        let expected = self.folder.join("expected");
        if expected.exists() {
            fs::remove_dir_all(&expected)?;
        }
        fs::create_dir(&expected)?;
        fs::write(expected.join("exit"), &actual.exit)?;
        for (name, bytes) in [("stdout", &actual.stdout), ("stderr", &actual.stderr)] {
            if !bytes.is_empty() {
                fs::write(expected.join(name), bytes)?;
            }
        }
        for (path, bytes) in &actual.changed {
            ensure!(!path.ends_with('/'), "git cannot keep the empty folder {path}");
            let path = expected.join(path);
            fs::create_dir_all(path.parent().context("every path is below `expected`")?)?;
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    /// The text of a file of the case, if there is one.
    fn read(&self, name: &str) -> Result<Option<String>> {
        match fs::read_to_string(self.folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading `{name}`")),
        }
    }
}

/// Runs `NAME=value gen arguments`, with no other variable set.
fn command(line: &str, folder: &Path) -> Result<std::process::Output> {
    let mut words = line.split_whitespace().peekable();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.env_clear().current_dir(folder);
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value);
        words.next();
    }
    ensure!(words.next() == Some("gen"), "a line of `cmd` is `gen ...` or `cd ...`: {line}");
    command.args(words.by_ref().take_while(|word| *word != "<"));
    if let Some(file) = words.next() {
        command.stdin(fs::File::open(folder.join(file)).with_context(|| line.to_owned())?);
    }
    command.output().context("starting gen")
}

/// The folders and files at the root that are not as before, in full.
fn changed(before: &Tree, after: Tree) -> Result<Tree> {
    let root = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let differ = |path: &&String| before.get(*path) != after.get(*path);
    let roots: BTreeSet<_> =
        before.keys().chain(after.keys()).filter(differ).map(|path| root(path)).collect();
    for root_of in &roots {
        let left = after.keys().any(|path| root(path) == *root_of);
        ensure!(left, "the commands removed all of `{root_of}`, which a case cannot expect");
    }
    Ok(after.into_iter().filter(|(path, _)| roots.contains(&root(path))).collect())
}

/// Everything below a folder.
fn tree(folder: &Path) -> io::Result<Tree> {
    let mut tree = Tree::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, below)) = open.pop() {
        let mut empty = true;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            empty = false;
            let path = format!("{below}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push((entry.path(), path + "/"));
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path())?;
                tree.insert(path, format!("-> {}", target.display()).into_bytes());
            } else {
                tree.insert(path, fs::read(entry.path())?);
            }
        }
        if empty && !below.is_empty() {
            tree.insert(below, Vec::new());
        }
    }
    Ok(tree)
}

/// Copies what a folder holds into another one, over what stands there.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_: &str, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What is not as expected, as a unified diff of each stream and file; empty when all is.
fn difference(expected: &Outcome, actual: &Outcome) -> String {
    let mut text = String::new();
    for (name, old, new) in [
        ("exit", expected.exit.as_bytes(), actual.exit.as_bytes()),
        ("stdout", &expected.stdout, &actual.stdout),
        ("stderr", &expected.stderr, &actual.stderr),
    ] {
        text += &unified(name, Some(old), Some(new));
    }
    let paths: BTreeSet<_> = expected.changed.keys().chain(actual.changed.keys()).collect();
    for path in paths {
        let of = |outcome: &'_ Outcome| outcome.changed.get(path).cloned();
        text += &unified(path, of(expected).as_deref(), of(actual).as_deref());
    }
    text
}

fn unified(name: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> String {
    if old == new {
        return String::new();
    }
    // Escapes show what a terminal would swallow: control characters, and bytes that are no text.
    let show = |bytes: Option<&[u8]>| {
        let lines = bytes.unwrap_or_default().split_inclusive(|&byte| byte == b'\n');
        lines.fold(String::new(), |mut text, line| {
            let (line, end) =
                line.strip_suffix(b"\n").map_or((line, "\\ no newline\n"), |line| (line, "\n"));
            match std::str::from_utf8(line) {
                Ok(line) => text += &gen_compiler::diagnostic::on_one_line(line),
                Err(_) => text += &line.escape_ascii().to_string(),
            }
            text + end
        })
    };
    let side = |which: &str, bytes: Option<&[u8]>| match bytes {
        Some(_) => format!("{which} {name}"),
        None => format!("{which} (no {name})"),
    };
    let (old_text, new_text) = (show(old), show(new));
    TextDiff::from_lines(&old_text, &new_text)
        .unified_diff()
        .header(&side("expected", old), &side("actual", new))
        .to_string()
}

/// Every registered diagnostic is shown by some case.
fn every_diagnostic_appears(cases: &Path) -> Result<()> {
    let mut shown = String::new();
    for (path, bytes) in tree(cases)? {
        if path.ends_with("/expected/stderr") {
            shown += &String::from_utf8_lossy(&bytes);
        }
    }
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let appears = shown.contains(&format!("[{}]", code.id()));
        let elsewhere = TESTED_ELSEWHERE.iter().any(|(other, _)| other == code);
        match (appears, elsewhere) {
            (false, false) => wrong.push(format!("no case shows {} ({})", code.id(), code.title())),
            (true, true) => wrong.push(format!("a case shows {}: take it off the list", code.id())),
            _ => {}
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
