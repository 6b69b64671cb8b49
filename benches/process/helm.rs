//! Side by side with `helm template` on a chart of the same objects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{self, gen_command};
use crate::timing::{Subject, in_turns, median, table};
use crate::{ENVIRONMENT, STACK};

const VERSION: &str = "v4.3.1";

/// Builds Helm, makes sure that both render the same objects, and measures both.
pub fn compare(rounds: usize) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = project::rendered("helm")?;
    let chart = root.join("benches/helm").join(STACK);
    let text = |path: &Path| path.display().to_string();
    let values = chart.join(format!("values-{ENVIRONMENT}.yaml"));
    let subjects = [
        gen_command(&folder, &["render", ENVIRONMENT, STACK, "--stdout"], 0),
        Subject {
            name: format!("helm template {STACK} -f values-{ENVIRONMENT}.yaml"),
            program: built(root)?,
            arguments: vec![
                "template".to_owned(),
                STACK.to_owned(),
                text(&chart),
                "-f".to_owned(),
                text(&values),
            ],
            folder,
            exit: 0,
        },
    ];
    let [of_gen, of_helm] = [kinds(&subjects[0])?, kinds(&subjects[1])?];
    if of_gen != of_helm {
        return Err(format!(
            "these are not the same objects, so there is nothing to compare\ngen:  {of_gen:?}\nhelm: {of_helm:?}"
        ));
    }
    let number: usize = of_gen.values().sum();
    println!("both render {number} objects of {} kinds", of_gen.len());

    let measured = in_turns(&subjects, rounds);
    let [gen_figures, helm_figures] = &measured[..] else { unreachable!("two subjects") };
    print!("{}", table(&subjects, &measured));
    let pairs = gen_figures.walls.iter().zip(&helm_figures.walls);
    let ratio = median(pairs.map(|(gen_wall, helm)| helm.as_secs_f64() / gen_wall.as_secs_f64()));
    println!("gen is {ratio:.1} times as fast as Helm: the median of {rounds} pairs of runs");
    Ok(())
}

/// The number of objects of each kind that a command writes.
fn kinds(subject: &Subject) -> Result<BTreeMap<String, usize>, String> {
    let done = subject.command().output().map_err(|error| format!("{}: {error}", subject.name))?;
    if !done.status.success() {
        return Err(format!("{}:\n{}", subject.name, String::from_utf8_lossy(&done.stderr)));
    }
    let text = String::from_utf8_lossy(&done.stdout);
    let mut kinds = BTreeMap::new();
    for kind in text.lines().filter_map(|line| line.strip_prefix("kind: ")) {
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    Ok(kinds)
}

/// Helm, built below `target/`.
fn built(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target/tools/helm").join(VERSION);
    let helm = folder.join("helm");
    if helm.is_file() {
        return Ok(helm);
    }
    println!("building Helm {VERSION}, which takes some minutes once");
    let built = Command::new("go")
        .args(["install", &format!("helm.sh/helm/v4/cmd/helm@{VERSION}")])
        .env("GOFLAGS", "-mod=mod")
        .env("GOBIN", &folder)
        .status();
    match built {
        Ok(status) if status.success() => Ok(helm),
        Ok(status) => Err(format!("`go install` of Helm failed: {status}")),
        Err(error) => Err(format!(
            "Helm is built with Go, which cannot be started here ({error}): install Go from https://go.dev/dl/ and try again"
        )),
    }
}
