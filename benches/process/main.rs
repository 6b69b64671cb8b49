//! What a user waits for: whole processes, from the start of the program to its end, on one
//! stack in one environment of this repository.
//!
//! - `cargo bench --bench process` measures gen's commands.
//! - `cargo bench --bench process -- helm` builds Helm, which takes Go, and compares with it.
//! - `cargo bench --bench process -- kubeconform` does the same with kubeconform, on files of
//!   3,600 manifests.
//! - `cargo bench --bench process -- dyff` does the same with dyff, on two files of 3,600 objects.
//!
//! A number as a further argument says how many rounds.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark starts processes, measures time and prints"
)]

mod dyff;
mod go;
mod helm;
mod kubeconform;
mod manifests;
mod project;
mod timing;

use std::path::Path;

use project::gen_command;
use timing::{in_turns, table};

/// What is rendered.
const ENVIRONMENT: &str = "prod";
const STACK: &str = "wander";

fn main() -> Result<(), String> {
    // Cargo itself adds `--bench`; without it this is a test, which only has to work.
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_test = !arguments.iter().any(|argument| argument == "--bench");
    arguments.retain(|argument| !argument.starts_with("--"));
    let mut rounds = if is_test { 1 } else { 300 };
    let mut measure: fn(usize) -> Result<(), String> = commands;
    for argument in &arguments {
        match argument.as_str() {
            "dyff" => measure = dyff::compare,
            "helm" => measure = helm::compare,
            "kubeconform" => measure = kubeconform::compare,
            number => rounds = number.parse().map_err(|_| format!("`{number}` is no number"))?,
        }
    }
    measure(rounds)
}

/// Measures gen's commands.
fn commands(rounds: usize) -> Result<(), String> {
    let rendered = project::rendered("rendered")?;
    let changed = project::rendered("changed")?;
    project::change(&changed)?;
    let of_stack = |command: &'static str| [command, ENVIRONMENT, STACK];
    let command = |folder: &Path, arguments: &[&str], exit| gen_command(folder, arguments, exit);
    let subjects = [
        command(&rendered, &["--version"], 0),
        command(&rendered, &[&of_stack("render")[..], &["--stdout"]].concat(), 0),
        command(&rendered, &[&of_stack("render")[..], &["--check"]].concat(), 0),
        command(&rendered, &of_stack("diff"), 0),
        command(&changed, &of_stack("diff"), 1),
        command(&rendered, &["render", "--all", "--check"], 0),
    ];
    print!("{}", table(&subjects, &in_turns(&subjects, rounds)));
    Ok(())
}
