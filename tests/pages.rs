//! The examples on the pages of the diagnostics, which `gen explain CODE` prints, are true.
//!
//! The first YAML block of a page shows the mistake: gen reports it under the page's code, and
//! nothing under another. Every further YAML block shows what to write: gen reports nothing. Blocks
//! of other languages are for the reader, but for a `sh` block right after the first YAML block:
//! that is the command that reports the mistake.
//!
//! A block that starts with `apiVersion:` holds manifests, for `gen check -f -`. Any other holds
//! files of a project, for `gen check`: a line `# PATH`, with a `/` and no space in the path, begins
//! the file of that path, and what stands before the first such line is the stack's. The rest of the
//! project is [`PROJECT`]; an overlay brings its environment, a stack runs in every environment, and
//! an environment extends `base`, unless they say it themselves.
//!
//! A page of a rule (`V`) needs an example. What no YAML can show, such as a byte that is not UTF-8,
//! stands in a `text` block.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test writes files and runs the program"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use gen_compiler::diagnostic::Code;
use libtest_mimic::{Arguments, Failed, Trial};

/// The file that a block holds where it names none.
const STACK: &str = "stacks/shop/stack.yaml";

/// The files of a project that a block adds to or replaces.
const PROJECT: [(&str, &str); 3] = [
    (
        "environments/base.yaml",
        "abstract: true\nkubernetes: \"1.34\"\nrouting: none\n\
         secrets: { default: sealed, placeholders: allowed, sealed: {} }\n",
    ),
    ("environments/dev.yaml", ""),
    (STACK, "services:\n  web: { image: \"shop/web:1.0.0\", ports: { http: 8080 }, health: / }\n"),
];

fn main() -> ExitCode {
    let trials = Code::ALL.iter().map(|code| {
        Trial::test(format!("the_examples_of_{}_are_true", code.id()), || {
            examples_are_true(*code).map_err(|error| Failed::from(format!("{error:#}")))
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn examples_are_true(code: Code) -> Result<()> {
    let blocks = blocks(&code.explanation());
    let mut examples = blocks.iter().enumerate().filter(|(_, block)| block.language == "yaml");
    let Some((at, wrong)) = examples.next() else {
        ensure!(!code.id().starts_with('V'), "the page of a rule needs an example");
        return Ok(());
    };
    let next = blocks.get(at + 1).filter(|block| block.language == "sh");
    let reported =
        wrong.reported(next.map_or_else(|| wrong.command(), |block| block.text.trim()))?;
    let alone = BTreeSet::from([code.id().to_owned()]);
    ensure!(reported.codes == alone, "{}brings\n{}", wrong.text, reported.text);
    for (_, right) in examples {
        let reported = right.reported(right.command())?;
        ensure!(reported.codes.is_empty(), "{}brings\n{}", right.text, reported.text);
    }
    Ok(())
}

/// A fenced block of Markdown.
struct Block {
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.extend([line, "\n"]),
            (None, Some(language)) => {
                open = Some(Block { language: language.to_owned(), text: String::new() });
            }
            (None, None) => {}
        }
    }
    blocks
}

/// What a command reported: the codes, and a line for each message.
#[derive(Default)]
struct Reported {
    codes: BTreeSet<String>,
    text: String,
}

impl Block {
    fn command(&self) -> &'static str {
        if self.text.starts_with("apiVersion:") { "gen check -f -" } else { "gen check" }
    }

    /// What `gen ...`, run in the block's project with the block as its input, reports.
    fn reported(&self, command: &str) -> Result<Reported> {
        let project = tempfile::tempdir()?;
        for (path, text) in self.files() {
            let path = project.path().join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, text)?;
        }
        let arguments = command.strip_prefix("gen ").context("a command is `gen ...`")?;
        let mut running = Command::new(env!("CARGO_BIN_EXE_gen"))
            .args(arguments.split_whitespace())
            .args(["--message-format", "json"])
            .env_clear()
            .current_dir(project.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting gen")?;
        // It may end before it has read anything.
        let _ = running.stdin.take().context("a pipe")?.write_all(self.text.as_bytes());
        let stderr = String::from_utf8(running.wait_with_output()?.stderr)?;
        let mut reported = Reported::default();
        for line in stderr.lines() {
            let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else {
                bail!("`{command}` says\n{stderr}");
            };
            let code = message["code"].as_str().context("every message has a code")?;
            reported.codes.insert(code.to_owned());
            let line = &message["span"]["start"]["line"];
            writeln!(reported.text, "{code} {}:{line}: {}", message["path"], message["message"])?;
        }
        Ok(reported)
    }

    /// The files of the block's project.
    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::<_, String>::new();
        let mut path = STACK;
        for line in self.text.lines() {
            match line.strip_prefix("# ").filter(|rest| rest.contains('/') && !rest.contains(' ')) {
                Some(next) => path = next,
                None => files.entry(path.to_owned()).or_default().extend([line, "\n"]),
            }
        }
        for (path, text) in PROJECT {
            files.entry(path.to_owned()).or_insert_with(|| text.to_owned());
        }
        let overlays: Vec<_> = files.keys().filter_map(|path| overlaid(path)).collect();
        for name in overlays {
            files.entry(format!("environments/{name}.yaml")).or_default();
        }
        let environment = |path: &str| {
            let name = path.strip_prefix("environments/")?.strip_suffix(".yaml")?;
            (name != "base").then(|| name.to_owned())
        };
        let environments: Vec<_> = files.keys().filter_map(|path| environment(path)).collect();
        for (path, text) in &mut files {
            let says = |field: &str| text.lines().any(|line| line.starts_with(field));
            if path.ends_with("/stack.yaml") && !says("environments:") {
                text.insert_str(0, &format!("environments: [{}]\n", environments.join(", ")));
            } else if environment(path).is_some() && !says("extends:") {
                text.insert_str(0, "extends: base\n");
            }
        }
        files
    }
}

/// The environment of an overlay.
fn overlaid(path: &str) -> Option<String> {
    let (_, name) = path.strip_prefix("stacks/")?.strip_suffix(".yaml")?.split_once('/')?;
    (name != "stack" && !name.contains('/')).then(|| name.to_owned())
}
