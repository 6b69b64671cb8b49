//! Writes `docs/reference/`, every page of which is made from what the program itself knows.
//!
//! ```text
//! cargo run --example reference
//! ```

#![allow(clippy::disallowed_methods, reason = "a tool of the project, not a part of gen")]

mod language;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::CommandFactory;
use gen_compiler::cli::Cli;
use gen_compiler::diagnostic::Code;
use gen_compiler::source::Rule;

const COMMAND: &str = "cargo run --example reference";

/// A page's name below `docs/reference/`, and what makes its text, title first.
type Page = (&'static str, fn() -> String);

const PAGES: &[Page] = &[
    ("command-line.md", command_line),
    ("defaults.md", defaults),
    ("diagnostics.md", diagnostics),
    ("language.md", language::page),
];

fn main() -> io::Result<()> {
    let folder = folder();
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    pages().into_iter().try_for_each(|(name, page)| fs::write(folder.join(name), page))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference")
}

fn pages() -> BTreeMap<String, String> {
    let page = |(name, make): &Page| {
        let text = make();
        let (title, body) = text.split_once('\n').unwrap_or((&text, ""));
        let note = format!("<!-- Made by `{COMMAND}`. -->");
        ((*name).to_owned(), format!("{title}\n\n{note}\n{body}"))
    };
    PAGES.iter().map(page).collect()
}

/// What each command says of itself.
fn command_line() -> String {
    // The width keeps the terminal of whoever runs this out of the page.
    let mut gen_command = Cli::command().term_width(100);
    gen_command.build();
    let mut page = vec![String::from(
        "# Command line\n\n\
         Standard output carries only what was asked for; everything else goes to standard error.\n\n\
         | exit code | means |\n|---|---|\n\
         | 0 | done, and nothing differs |\n\
         | 1 | `diff` found differences, or `--check` found what is written stale |\n\
         | 2 | the input is wrong, or the command could not do its work |\n\
         | 101 | a bug in gen, to be reported |\n",
    )];
    page.push(help("gen", gen_command.clone()));
    for command in gen_command.get_subcommands().filter(|command| command.get_name() != "help") {
        let own = command.clone().mut_args(|arg| {
            let shared = arg.is_global_set();
            arg.hide(shared)
        });
        page.push(help(&format!("gen {}", command.get_name()), own));
    }
    page.concat()
}

fn help(title: &str, mut command: clap::Command) -> String {
    let text = command.render_long_help().to_string();
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    format!("\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"))
}

/// The registry of gen's own defaults and derivations.
fn defaults() -> String {
    let mut page = vec![String::from(
        "# Defaults and derivations\n\n\
         Every value in a rendered object was written in an input, or follows from one, or is a\n\
         default, by one of these rules.\n",
    )];
    let rules: BTreeMap<_, _> = Rule::ALL.iter().map(|rule| (rule.name(), rule.doc())).collect();
    for (name, doc) in rules {
        page.push(format!("\n## {name}\n\n{doc}"));
    }
    page.concat()
}

/// The registry of diagnostics.
fn diagnostics() -> String {
    let phases = [
        ('L', "Reading files"),
        ('R', "Resolving a stack in an environment"),
        ('W', "Writing"),
        ('V', "Validation"),
        ('D', "Comparing"),
    ];
    let mut page = vec![String::from(
        "# Diagnostics\n\n\
         Codes are stable and never used again for something else. `gen explain CODE` prints\n\
         the same text.\n",
    )];
    let codes: BTreeMap<_, _> = Code::ALL.iter().map(|code| (code.id(), code)).collect();
    for (letter, phase) in phases {
        let of_phase = codes.iter().filter(|(id, _)| id.starts_with(letter));
        for (at, (id, code)) in of_phase.enumerate() {
            if at == 0 {
                page.push(format!("\n## {phase}\n"));
            }
            page.push(format!("\n### {id}: {}\n\n{}", code.title(), code.explanation()));
        }
    }
    page.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_pages_are_those_of_the_program() -> io::Result<()> {
        let mut committed = BTreeMap::new();
        for entry in fs::read_dir(folder())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            committed.insert(name, fs::read_to_string(path)?);
        }
        let fresh = pages();
        let names = committed.keys().chain(fresh.keys());
        let stale: std::collections::BTreeSet<_> =
            names.filter(|name| committed.get(*name) != fresh.get(*name)).collect();
        assert!(stale.is_empty(), "stale in docs/reference/: {stale:?}; run `{COMMAND}`");
        Ok(())
    }

    #[test]
    fn every_code_has_its_place() {
        let page = diagnostics();
        for code in Code::ALL {
            assert!(page.contains(&format!("\n### {}: ", code.id())), "{}", code.id());
        }
    }
}
