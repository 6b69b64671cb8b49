//! Long texts, a screen at a time.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use super::Output;

/// Shows a text in the pager that the environment names, `less` without one, where standard
/// output is a terminal that it does not fit; otherwise writes it there.
pub(super) fn show(text: &str, output: &mut Output) -> anyhow::Result<()> {
    let height = terminal_size::terminal_size().map_or(usize::MAX, |(_, height)| height.0.into());
    let is_long = io::stdout().is_terminal() && text.lines().count() >= height;
    if !(is_long && page(text).is_ok()) {
        output.result(text.as_bytes())?;
    }
    Ok(())
}

fn page(text: &str) -> io::Result<()> {
    let named = ["GEN_PAGER", "PAGER"].into_iter().find_map(|name| std::env::var(name).ok());
    let named = named.unwrap_or_else(|| "less".to_owned());
    let mut words = named.split_whitespace();
    let Some(program) = words.next().filter(|program| *program != "cat") else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colours as they are, no pager for what fits, the screen stays.
        command.env("LESS", "FRX");
    }
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever leaves the pager early has seen enough.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait().map(|_| ())
}
