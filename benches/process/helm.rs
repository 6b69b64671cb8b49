//! Side by side with `helm template` on a chart of the same objects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_yaml::Value;

use crate::go;
use crate::project::{self, gen_command};
use crate::timing::{Subject, in_turns, table};
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
            program: go::built("Helm", "helm.sh/helm/v4/cmd/helm", VERSION)?,
            arguments: vec![
                "template".to_owned(),
                STACK.to_owned(),
                text(&chart),
                "-f".to_owned(),
                text(&values),
            ],
            variables: Vec::new(),
            folder,
            exit: 0,
        },
    ];
    let [of_gen, of_helm] = [objects(&subjects[0])?, objects(&subjects[1])?];
    let names: BTreeSet<&String> = of_gen.keys().chain(of_helm.keys()).collect();
    let differ: Vec<_> =
        names.into_iter().filter(|name| of_gen.get(*name) != of_helm.get(*name)).collect();
    if !differ.is_empty() {
        return Err(format!("there is nothing to compare, for these objects differ: {differ:?}"));
    }
    println!("both render the same {} objects", of_gen.len());

    let measured = in_turns(&subjects, rounds);
    let [gen_figures, helm_figures] = &measured[..] else { unreachable!("two subjects") };
    print!("{}", table(&subjects, &measured));
    let ratio = helm_figures.times(gen_figures);
    println!("gen is {ratio:.1} times as fast as Helm: the median of {rounds} pairs of runs");
    Ok(())
}

/// The objects that a command writes, by kind and name.
fn objects(subject: &Subject) -> Result<BTreeMap<String, Value>, String> {
    let done = subject.command().output().map_err(|error| format!("{}: {error}", subject.name))?;
    if !done.status.success() {
        return Err(format!("{}:\n{}", subject.name, String::from_utf8_lossy(&done.stderr)));
    }
    let text = String::from_utf8_lossy(&done.stdout);
    let mut objects = BTreeMap::new();
    for document in serde_yaml::Deserializer::from_str(&text) {
        let mut object = Value::deserialize(document).map_err(|error| error.to_string())?;
        leave_out_the_maker(&mut object);
        let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = format!("{}/{}", part(&object["kind"]), part(&object["metadata"]["name"]));
        if let Some(twin) = objects.insert(name, object) {
            return Err(format!("{} writes an object twice: {twin:?}", subject.name));
        }
    }
    Ok(objects)
}

/// Takes away what has to differ: who manages an object, and what digests come to, since each
/// tool hashes its own text.
fn leave_out_the_maker(value: &mut Value) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    Some(
                        "app.kubernetes.io/managed-by" | "checksum/config" | "checksum/secret",
                    ) => {
                        *value = Value::Null;
                    }
                    _ => leave_out_the_maker(value),
                }
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(leave_out_the_maker),
        _ => {}
    }
}
