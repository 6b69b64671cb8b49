//! `gen check -f` side by side with kubeconform, one core each, on files of 3,600 documents.
//! kubeconform compares with schemas alone; gen with the server's rules as well.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::go;
use crate::manifests::{all_kinds, one_program, system};
use crate::project::gen_command;
use crate::timing::{Subject, in_turns, table};

const VERSION: &str = "v0.8.0";

/// The Kubernetes release whose schemas kubeconform gets, of the version that gen has as its
/// default.
const KUBERNETES: &str = "v1.36.3";

/// Builds kubeconform, writes its schemas and the files, and measures both programs.
pub fn compare(rounds: usize) -> Result<(), String> {
    let program =
        go::built("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", VERSION)?;
    let schemas = schemas()?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process/kubeconform");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, text) in
        [("system.yaml", system()), ("all-kinds.yaml", all_kinds()?), ("small.yaml", one_program())]
    {
        fs::write(folder.join(name), &text).map_err(|error| format!("{name}: {error}"))?;
        let checker = Subject {
            variables: vec![("RAYON_NUM_THREADS", "1")],
            ..gen_command(&folder, &["check", "--message-format", "short", "-f", name], 0)
        };
        let location = schemas.join("{{ .ResourceKind }}{{ .KindSuffix }}.json");
        let other = Subject {
            name: format!("kubeconform -strict -n 1 {name}"),
            program: program.clone(),
            arguments: [
                "-strict",
                "-n",
                "1",
                "-schema-location",
                &location.to_string_lossy(),
                name,
            ]
            .map(str::to_owned)
            .to_vec(),
            variables: vec![("GOMAXPROCS", "1")],
            folder: folder.clone(),
            exit: 0,
        };
        let subjects = [checker, other];
        let measured = in_turns(&subjects, rounds);
        let [of_gen, of_kubeconform] = &measured[..] else { unreachable!("two subjects") };
        print!("{}", table(&subjects, &measured));
        let ratio = of_kubeconform.times(of_gen);
        let megabytes = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX)) / 1e6;
        println!(
            "gen is {ratio:.1} times as fast: the median of {rounds} pairs of runs; {name} has {megabytes:.2} MB, gen checks {:.0} MB/s\n",
            megabytes / of_gen.median_seconds()
        );
    }
    Ok(())
}

/// The folder with a JSON Schema for each kind, made from the OpenAPI document that Kubernetes'
/// sources hold. As kubeconform's own strict schemas, they refuse fields that do not exist.
fn schemas() -> Result<PathBuf, String> {
    let folder = go::tools().join("kubeconform/schemas").join(KUBERNETES);
    if folder.is_dir() {
        return Ok(folder);
    }
    let sources = go::sources("k8s.io/kubernetes", KUBERNETES)?;
    let document = sources.join("api/openapi-spec/swagger.json");
    let text = fs::read(&document).map_err(|error| format!("{}: {error}", document.display()))?;
    let mut document: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let Some(definitions) = document["definitions"].as_object_mut() else {
        return Err("the OpenAPI document has no definitions".to_owned());
    };
    for (name, schema) in definitions.iter_mut() {
        match name.as_str() {
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => {
                *schema = json!({ "type": ["string", "integer"] });
            }
            "io.k8s.apimachinery.pkg.api.resource.Quantity" => {
                *schema = json!({ "type": ["string", "number"] });
            }
            _ if schema.get("properties").is_some() => {
                schema["additionalProperties"] = json!(false);
            }
            _ => {}
        }
    }
    // Complete or not there, whatever stops this.
    let unfinished = folder.with_extension("unfinished");
    let written = || -> std::io::Result<()> {
        fs::create_dir_all(&unfinished)?;
        for (name, schema) in definitions.iter() {
            let [kind] =
                schema["x-kubernetes-group-version-kind"].as_array().map_or(&[][..], Vec::as_slice)
            else {
                continue;
            };
            let part = |name: &str| kind[name].as_str().unwrap_or_default().to_lowercase();
            let group = part("group");
            let group = group.split('.').next().unwrap_or_default();
            let name_of_file = match group {
                "" => format!("{}-{}.json", part("kind"), part("version")),
                group => format!("{}-{group}-{}.json", part("kind"), part("version")),
            };
            let mut reachable = Map::new();
            reach(name, definitions, &mut reachable);
            let whole =
                json!({ "$ref": format!("#/definitions/{name}"), "definitions": reachable });
            fs::write(unfinished.join(name_of_file), whole.to_string())?;
        }
        fs::rename(&unfinished, &folder)
    };
    written().map_err(|error| format!("{}: {error}", unfinished.display()))?;
    Ok(folder)
}

/// Collects a definition and all that it refers to.
fn reach(name: &str, definitions: &Map<String, Value>, reachable: &mut Map<String, Value>) {
    let Some(schema) = definitions.get(name).filter(|_| !reachable.contains_key(name)) else {
        return;
    };
    reachable.insert(name.to_owned(), schema.clone());
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    reach(reference.trim_start_matches("#/definitions/"), definitions, reachable);
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}
