//! `gen check -f -` with standard inputs that no file of a golden case can stand for.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test runs the program")]

use std::io;
use std::process::Command;

/// What a shell's command line with `$0` for gen exits with and says.
fn run(line: &str) -> io::Result<(Option<i32>, String)> {
    let output = Command::new("sh").args(["-c", line, env!("CARGO_BIN_EXE_gen")]).output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn a_closed_standard_input_holds_nothing() -> io::Result<()> {
    let said = "<stdin>: error[L091]: there is no object in it\n0 objects in 1 file\n";
    let found = run("\"$0\" check -f - --message-format short <&-")?;
    assert_eq!(found, (Some(2), said.to_owned()));
    Ok(())
}

#[test]
fn a_standard_input_that_cannot_be_read_is_an_error() -> io::Result<()> {
    let (code, said) = run("\"$0\" check -f - < /")?;
    assert_eq!(code, Some(2));
    assert!(said.starts_with("error: cannot read standard input: "), "{said}");
    Ok(())
}

#[test]
fn a_pipe_is_read_to_its_end() -> io::Result<()> {
    let object = "apiVersion: v1\\nkind: ConfigMap\\nmetadata: { name: a%d }\\n---\\n";
    let line = format!("for i in $(seq 1000); do printf '{object}' $i; done | \"$0\" check -f -");
    assert_eq!(run(&line)?, (Some(0), "1000 objects in 1 file, all sound\n".to_owned()));
    Ok(())
}
