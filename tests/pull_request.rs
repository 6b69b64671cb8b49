//! Reviews of revisions in a real repository: `git:` sides, and the script of the pull-request
//! workflow. Needs git and bash, and no network.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test makes repositories and runs programs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// What a command wrote to its two streams, and its exit code.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

fn run(folder: &Path, program: &Path, arguments: &[&str]) -> Result<Ran> {
    let gen_folder = Path::new(env!("CARGO_BIN_EXE_gen")).parent().context("gen has a folder")?;
    let path = std::env::var("PATH")?;
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", gen_folder.display()))
        // Nobody's own settings of git.
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .output()
        .with_context(|| program.display().to_string())?;
    Ok(Ran {
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
        code: output.status.code(),
    })
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    let ran = run(folder, Path::new("git"), &[&identity[..], arguments].concat())?;
    ensure!(ran.code == Some(0), "git {arguments:?}: {}", ran.stderr);
    Ok(ran.stdout)
}

fn generate(project: &Path, arguments: &[&str]) -> Result<Ran> {
    run(project, Path::new(env!("CARGO_BIN_EXE_gen")), arguments)
}

fn commit(project: &Path, message: &str) -> Result<()> {
    git(project, &["add", "--all", "."])?;
    git(project, &["commit", "--quiet", "--message", message])?;
    Ok(())
}

fn write(project: &Path, path: &str, text: &str) -> Result<()> {
    let path = project.join(path);
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    Ok(fs::write(path, text)?)
}

const STACK: &str = "environments: [dev]\n\nservices:\n  web:\n    image: shop/web:1.0.0\n    ports: { http: 8080 }\n    health: /health\n";

/// A repository with a project in one of its folders, and a change of the image in its last
/// commit.
fn repository(root: &Path) -> Result<PathBuf> {
    git(root, &["init", "--quiet", "--initial-branch", "main"])?;
    let project = root.join("clusters");
    let environment = "kubernetes: \"1.34\"\ndomain: dev.example.com\nrouting: none\n";
    write(&project, "environments/dev.yaml", environment)?;
    write(&project, "stacks/shop/stack.yaml", STACK)?;
    generate(&project, &["render", "dev"])?;
    commit(&project, "First")?;
    write(&project, "stacks/shop/stack.yaml", &STACK.replace("1.0.0", "1.1.0"))?;
    generate(&project, &["render", "dev"])?;
    commit(&project, "Another image")?;
    Ok(project)
}

const PLAN: &str = "\
~ Deployment shop/web
    restart: replaces 1 pod; at least 1 of 1 stays ready
      spec.template.metadata.labels[\"app.kubernetes.io/version\"] (stacks/shop/stack.yaml:5:12)
      spec.template.spec.containers[name=web].image (stacks/shop/stack.yaml:5:12)
0 to create, 1 to change, 0 to delete, 5 unchanged: 1 restart
";

#[test]
fn a_revision_is_a_side() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let project = repository(folder.path())?;
    let summary =
        |side: &str| generate(&project, &["diff", "dev", "--from", side, "-o", "summary"]);

    let ran = summary("git:HEAD~1")?;
    assert_eq!((ran.stdout.as_str(), ran.code), (PLAN, Some(1)), "{}", ran.stderr);
    let ran = summary("git:main")?;
    assert_eq!((ran.stdout.as_str(), ran.code), ("", Some(0)), "{}", ran.stderr);

    let ran = summary("git:nothing")?;
    let expected = "error: the repository has no revision `nothing`\n";
    assert_eq!((ran.stderr.as_str(), ran.code), (expected, Some(2)));
    let ran = summary("git:--all")?;
    let expected = "error: the repository has no revision `--all`\n";
    assert_eq!((ran.stderr.as_str(), ran.code), (expected, Some(2)));
    git(&project, &["rm", "-r", "--quiet", "out"])?;
    commit(&project, "Nothing rendered")?;
    let ran = summary("git:HEAD")?;
    let expected = "error: the revision `HEAD` has nothing in out/dev\n";
    assert_eq!((ran.stderr.as_str(), ran.code), (expected, Some(2)));
    Ok(())
}

#[test]
fn a_shallow_clone_says_so() -> Result<()> {
    let folder = tempfile::tempdir()?;
    repository(folder.path())?;
    let base = git(folder.path(), &["rev-parse", "HEAD~1"])?;
    let clones = tempfile::tempdir()?;
    let url = format!("file://{}", folder.path().display());
    git(clones.path(), &["clone", "--quiet", "--depth", "1", &url, "clone"])?;
    let project = clones.path().join("clone/clusters");
    let base = base.trim_end();
    let ran = generate(&project, &["diff", "dev", "--from", &format!("git:{base}")])?;
    assert_eq!(
        (ran.stderr, ran.code),
        (
            format!(
                "error: this clone has no revision `{base}`; it is a shallow one: fetch the rest \
                 with `git fetch --unshallow`, or that revision with `git fetch origin {base}`\n"
            ),
            Some(2)
        )
    );
    Ok(())
}

/// The script that the workflow of this repository runs, and that others copy.
#[test]
fn the_script_reviews_a_pull_request() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let project = repository(folder.path())?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/review");

    let ran = run(&project, &script, &["HEAD~1"])?;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "::notice file=stacks/shop/stack.yaml,line=5,col=12,title=restart%3A Deployment shop/web\
         ::replaces 1 pod; at least 1 of 1 stays ready\n"
    );
    let comment = fs::read_to_string(project.join("review.md"))?;
    assert!(comment.starts_with("### `git:HEAD~1` to `render:dev`\n"), "{comment}");
    assert!(comment.contains("\n-        image: shop/web:1.0.0\n+        image: shop/web:1.1.0\n"));

    let ran = run(&project, &script, &["HEAD~1", "--fail-on", "recreate,data-loss"])?;
    assert_eq!((ran.stdout.as_str(), ran.code), (PLAN, Some(0)), "{}", ran.stderr);
    let ran = run(&project, &script, &["HEAD~1", "--fail-on", "restart"])?;
    assert_eq!((ran.stdout.as_str(), ran.code), (PLAN, Some(3)), "{}", ran.stderr);
    assert_eq!(ran.stderr, "error: `--fail-on` stops this: Deployment shop/web (restart)\n");

    // Said in the input, it passes, and once the base has it, the line is of no use.
    let allowed = "allowChanges:\n  Deployment/web: { restart: the new image }\n";
    let stack = STACK.replace("1.0.0", "1.1.0") + allowed;
    write(&project, "stacks/shop/stack.yaml", &stack)?;
    let ran = run(&project, &script, &["HEAD~1", "--fail-on", "restart"])?;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("      allowed: the new image\n"), "{}", ran.stdout);
    let ran = run(&project, &script, &["HEAD", "--fail-on", "restart"])?;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("`Deployment/web` has no change that does `restart`"));
    Ok(())
}

/// The workflow is YAML, and runs what there is.
#[test]
fn the_workflow_is_sound() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join(".github/workflows/render.yaml"))?;
    let workflow: serde_yaml::Value = serde_yaml::from_str(&text)?;
    let steps = workflow["jobs"]["review"]["steps"].as_sequence().context("there are steps")?;
    let runs: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert_eq!(runs.len(), 5, "{runs:?}");
    for run in &runs {
        let program = run.split(' ').next().unwrap_or_default();
        let is_known = ["cargo", "gen", "gh"].contains(&program) || root.join(program).is_file();
        assert!(is_known, "{run}");
    }
    Ok(())
}
