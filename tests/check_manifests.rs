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

/// 50 MB in a hundred objects, of which the last is wrong.
#[test]
fn a_large_file_is_checked_to_its_end() -> io::Result<()> {
    let object = "apiVersion: v1\\nkind: ConfigMap\\nmetadata: { name: %s }\\ndata:\\n";
    let line = format!(
        "text=$(head -c 25000 /dev/zero | tr '\\0' x); \
         for i in $(seq -f a%.0f 99) Last; do \
           printf '{object}' $i; seq -f \"  key%.0f: $text\" 20; echo ---; \
         done | \"$0\" check -f - --message-format short"
    );
    let (code, said) = run(&line)?;
    let last = "the name `Last` of a ConfigMap must consist of lower-case letters, digits, '-' and \
                '.', with a letter or digit at both ends and beside each dot";
    let error = format!("<stdin>:2478:19: error[V010]: {last}: metadata.name of ConfigMap Last\n");
    assert_eq!((code, said), (Some(2), error + "100 objects in 1 file: 99 sound, 1 wrong\n"));
    Ok(())
}
