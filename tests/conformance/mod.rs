//! What the tests share that compare gen with what a real API server said: the records, the
//! manifests that they edit, and how disagreements are shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use gen_compiler::source::{Kind, Origin, Rule, Tree, TreeBuilder};
use regex_lite::Regex;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");

pub fn recorded<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let recorded = std::env::var("GEN_VERDICTS").unwrap_or_else(|_| "recorded".to_owned());
    let path = Path::new(FOLDER).join(recorded).join(format!("{name}.jsonl.gz"));
    let lines = BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

pub fn manifests_in(folder: &Path) -> BTreeMap<String, Value> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_yaml::from_str(&text).unwrap())
        })
        .collect()
}

/// Field, reason, message.
pub type Cause = (String, String, String);

#[derive(Deserialize)]
pub struct Edit {
    pub op: String,
    pub path: Vec<Value>,
    #[serde(default)]
    pub value: Value,
}

impl Edit {
    pub fn apply(&self, object: &mut Value) {
        let (last, path) = self.path.split_last().unwrap();
        let mut at = object;
        for step in path {
            at = match step {
                Value::String(key) => &mut at[key],
                step => &mut at[index(step)],
            };
        }
        match (self.op.as_str(), at, last) {
            ("set", Value::Object(map), Value::String(key)) => {
                map.insert(key.clone(), self.value.clone());
            }
            ("remove", Value::Object(map), Value::String(key)) => {
                map.shift_remove(key).unwrap();
            }
            ("rename", Value::Object(map), Value::String(key)) => {
                let value = map.shift_remove(key).unwrap();
                map.insert(self.value.as_str().unwrap().to_owned(), value);
            }
            ("set", Value::Array(items), step) => items[index(step)] = self.value.clone(),
            ("remove", Value::Array(items), step) => {
                items.remove(index(step));
            }
            ("insert", Value::Array(items), step) => items.insert(index(step), self.value.clone()),
            (op, at, step) => panic!("{op} of {step} in {at}"),
        }
    }

    pub fn text(&self) -> String {
        let path: Vec<String> =
            self.path.iter().map(|step| step.to_string().replace('"', "")).collect();
        let mut value = self.value.to_string();
        if value.chars().count() > 120 {
            value = value.chars().take(120).chain("...".chars()).collect();
        }
        format!("{} {} {value}", self.op, path.join("."))
    }
}

fn index(step: &Value) -> usize {
    usize::try_from(step.as_u64().unwrap()).unwrap()
}

const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

pub fn tree(value: &Value) -> Tree {
    let mut out = TreeBuilder::default();
    write(value, &mut out);
    out.finish()
}

fn write(value: &Value, out: &mut TreeBuilder) {
    match value {
        Value::Null => out.scalar(Kind::Null, "", AT),
        Value::Bool(value) => out.scalar(Kind::Bool, &value.to_string(), AT),
        Value::Number(value) if value.is_f64() => out.scalar(Kind::Float, &value.to_string(), AT),
        Value::Number(value) => out.scalar(Kind::Int, &value.to_string(), AT),
        Value::String(value) => out.scalar(Kind::Str, value, AT),
        Value::Array(items) => {
            out.list(AT);
            for item in items {
                write(item, out);
            }
            out.close();
        }
        Value::Object(entries) => {
            out.map(AT);
            for (key, value) in entries {
                out.key(key, AT);
                write(value, out);
            }
            out.close();
        }
    }
}

/// A path with each key after a dot: the server writes `data[key]`, gen `data["a key"]`.
pub fn dotted(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inner, after)) = after.split_once(']') else { break };
        let key = inner.trim_matches('"');
        let _ = if inner.bytes().all(|byte| byte.is_ascii_digit()) && !inner.is_empty() {
            write!(out, "{before}[{inner}]")
        } else if before.is_empty() && out.is_empty() {
            write!(out, "{key}")
        } else {
            write!(out, "{before}.{key}")
        };
        rest = after;
    }
    out + rest
}

pub fn without_indices(path: &str) -> String {
    Regex::new(r"\[\d+\]").unwrap().replace_all(path, "[]").into_owned()
}

/// A message without the values in it, which would make a group of each.
pub fn without_values(message: &str) -> String {
    let values = Regex::new(r#""(?:[^"\\]|\\.)*"|`[^`]*`|\b\d+\b|\{[^}]*\}"#).unwrap();
    let text = values.replace_all(message, "*");
    text.chars().take(220).collect()
}

#[derive(Default)]
pub struct Groups {
    pub count: usize,
    groups: BTreeMap<String, (usize, Vec<String>)>,
}

impl Groups {
    pub fn add(&mut self, group: String, example: String) {
        self.count += 1;
        let group = self.groups.entry(group).or_default();
        group.0 += 1;
        if group.1.len() < 3 {
            group.1.push(example);
        }
    }

    pub fn text(&self, out: &mut String) {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(name, (count, _))| (std::cmp::Reverse(*count), *name));
        for (name, (count, examples)) in groups {
            let _ = writeln!(out, "{count:5}  {name}");
            for example in examples {
                let _ = writeln!(out, "         {example}");
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tests are far below 2^52")]
pub fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
