//! The shell scripts that rendered ConfigMaps carry, run against stand-ins for the programs that
//! they call.

#![allow(clippy::disallowed_methods, reason = "a test makes files and runs a shell")]

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Runs a script with these programs, each a shell script, before those of the machine.
fn run(
    script: &str,
    programs: &[(&str, &str)],
    env: &[(&str, &str)],
    folder: &Path,
) -> Result<Output> {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin)?;
    for (name, text) in programs {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH")?);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lower/scripts").join(script);
    let mut command = Command::new("sh");
    command.arg(script).args(["--loglevel", "warning"]);
    Ok(command.env("PATH", path).envs(env.iter().copied()).output()?)
}

/// The names of the files of a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().display().to_string()));
    let mut names: Vec<String> = names.collect::<Result<_>>()?;
    names.sort();
    Ok(names)
}

/// Writes where `--file=` says.
const PG_DUMP: &str =
    r#"for word; do case $word in --file=*) echo dump >"${word#--file=}" ;; esac; done"#;

fn backup(pg_dump: &str, pg_restore: &str) -> Result<(bool, Vec<String>)> {
    let folder = tempfile::tempdir()?;
    let backups = folder.path().join("backups");
    fs::create_dir(&backups)?;
    for name in ["2026-01-01.dump", "2026-01-02.dump", "2026-01-03.dump", "2026-01-03.dump.part"] {
        fs::write(backups.join(name), "")?;
    }
    let place = backups.display().to_string();
    let programs = [("pg_dump", pg_dump), ("pg_restore", pg_restore), ("date", "echo 2026-01-04")];
    let output = run("backup.sh", &programs, &[("BACKUPS", &place), ("KEEP", "2")], folder.path())?;
    Ok((output.status.success(), names(&backups)?))
}

#[test]
fn a_backup_keeps_the_newest_dumps() -> Result {
    let (succeeds, left) = backup(PG_DUMP, "exit 0")?;
    assert!(succeeds);
    assert_eq!(left, ["2026-01-03.dump", "2026-01-04.dump"]);
    Ok(())
}

#[test]
fn a_failed_backup_fails_and_removes_no_dump() -> Result {
    let before = ["2026-01-01.dump", "2026-01-02.dump", "2026-01-03.dump"];
    let (succeeds, left) = backup("exit 1", "exit 0")?;
    assert!(!succeeds);
    assert_eq!(left, before);

    let (succeeds, left) = backup(PG_DUMP, "exit 1")?;
    assert!(!succeeds);
    assert_eq!(left[..3], before);
    assert_eq!(left[3..], ["2026-01-04.dump.part"]);
    Ok(())
}

/// What a Redis is started with: its arguments and, as its standard input, its configuration.
fn redis(env: &[(&str, &str)]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let programs = [("redis-server", r#"printf '%s\n' "$@"; cat"#)];
    let output = run("redis.sh", &programs, env, folder.path())?;
    assert!(output.status.success(), "{output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn the_password_of_a_redis_travels_by_standard_input_alone() -> Result {
    let started = redis(&[("REDISCLI_AUTH", r#"a"b\c $d `e` 'f' %s"#)])?;
    assert_eq!(
        started,
        r#"/etc/redis/redis.conf
--loglevel
warning
-
requirepass "a\"b\\c $d `e` 'f' %s"
masterauth "a\"b\\c $d `e` 'f' %s"

"#
    );
    Ok(())
}

#[test]
fn all_but_the_first_redis_follow_the_first() -> Result {
    let follow = |pod: &str| -> Result<Option<String>> {
        let leader = ("LEADER", "cache-1-0.cache-1-headless 6379");
        let started = redis(&[("REDISCLI_AUTH", "x"), ("POD_NAME", pod), leader])?;
        Ok(started.lines().find(|line| line.starts_with("replicaof")).map(str::to_owned))
    };
    let following = Some("replicaof cache-1-0.cache-1-headless 6379".to_owned());
    assert_eq!(follow("cache-1-0")?, None);
    assert_eq!(follow("cache-1-1")?, following);
    assert_eq!(follow("cache-1-10")?, following);
    Ok(())
}
