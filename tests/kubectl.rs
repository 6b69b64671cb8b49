//! What gen writes, read by the real kubectl; and what kubectl reads, read by gen.
//!
//! These tests need `kubectl` but no cluster:
//!
//! ```text
//! cargo test --test kubectl -- --ignored
//! ```

#![allow(clippy::disallowed_methods, reason = "a test makes files and runs kubectl")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use gen_compiler::emit;
use gen_compiler::source::{
    Dialect, Kind, NodeRef, Origin, Rule, Sources, Tree, TreeBuilder, parse,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

/// What kubectl makes of a stream of manifests.
fn kubectl(manifests: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("manifests.yaml");
    std::fs::write(&file, manifests).expect("a temporary file");
    let output = Command::new("kubectl")
        .args(["annotate", "--local", "-o", "json", "gen.test/read=yes", "-f"])
        .arg(&file)
        .env("KUBECONFIG", folder.path().join("none"))
        .output()
        .expect("this test runs `kubectl`, which was not found: install it, or leave the test out");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kubectl refused the manifests: {error}");
    serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("kubectl prints JSON")
}

fn head(builder: &mut TreeBuilder, name: &str) {
    for (key, value) in [("apiVersion", "gen.test/v1"), ("kind", "Test")] {
        builder.key(key, AT);
        builder.scalar(Kind::Str, value, AT);
    }
    builder.key("metadata", AT);
    builder.map(AT);
    builder.key("name", AT);
    builder.scalar(Kind::Str, name, AT);
    builder.close();
}

/// An object that holds each text as a value, a key, a list item, and nested in lists and maps.
fn object(name: &str, texts: &[String]) -> Tree {
    let text = |builder: &mut TreeBuilder, text: &str| builder.scalar(Kind::Str, text, AT);
    let mut builder = TreeBuilder::default();
    builder.map(AT);
    head(&mut builder, name);
    builder.key("values", AT);
    builder.map(AT);
    for (index, value) in texts.iter().enumerate() {
        builder.key(&format!("k{index}"), AT);
        text(&mut builder, value);
    }
    builder.close();
    builder.key("keys", AT);
    builder.map(AT);
    let keys: BTreeMap<&String, usize> =
        texts.iter().enumerate().map(|(index, key)| (key, index)).collect();
    for (key, index) in keys {
        builder.key(key, AT);
        match index % 3 {
            0 => text(&mut builder, "plain"),
            1 => {
                builder.map(AT);
                builder.key(key, AT);
                text(&mut builder, key);
                builder.close();
            }
            _ => {
                builder.list(AT);
                text(&mut builder, key);
                builder.close();
            }
        }
    }
    builder.close();
    builder.key("list", AT);
    builder.list(AT);
    for value in texts {
        text(&mut builder, value);
    }
    builder.close();
    builder.key("nested", AT);
    builder.list(AT);
    for value in texts {
        builder.list(AT);
        text(&mut builder, value);
        builder.map(AT);
        builder.key("a", AT);
        text(&mut builder, value);
        builder.key("b", AT);
        builder.list(AT);
        text(&mut builder, value);
        builder.map(AT);
        builder.key("c", AT);
        text(&mut builder, value);
        builder.close();
        builder.close();
        builder.close();
        builder.close();
    }
    builder.close();
    // The end of a document is a place of its own for text with line ends at its end.
    builder.key("last", AT);
    text(&mut builder, texts.last().map_or("", String::as_str));
    builder.close();
    builder.finish()
}

fn json(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Str => Value::String(node.text().to_owned()),
        Kind::Bool | Kind::Int | Kind::Float => {
            serde_json::from_str(node.text()).expect("the text is JSON")
        }
        Kind::List => node.items().map(json).collect(),
        Kind::Map => Value::Object(
            node.entries()
                .map(|entry| (entry.key().unwrap_or_default().to_owned(), json(entry)))
                .collect(),
        ),
    }
}

/// Whether two JSON values are equal: integers exactly, floats but for the last digit, which
/// the reader of kubectl's output may round.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) if a.is_i64() || b.is_i64() => a == b,
        (Value::Number(a), Value::Number(b)) => {
            let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) else { return false };
            (a - b).abs() <= a.abs() * 2.0 * f64::EPSILON
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => ours == theirs,
    }
}

fn without_annotation(mut object: Value) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("annotations");
    }
    object
}

/// The same sequence of values on every run.
fn generated<T: std::fmt::Debug>(strategy: &impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

/// Text that is likely to be misread: shaped like other things, full of indicators, odd
/// characters and line ends.
fn tricky() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9._+:eExXobT~-]{1,10}",
        "[-+]?(0[xXoObB]?)?[0-9a-fA-F_]{1,8}(\\.[0-9_]{0,3})?([eE][-+]?[0-9]{1,3})?",
        "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?Z?)?",
        "[yYnNoOtTfFeEsSuUlLrRaA]{1,5}",
        "[ -~]{0,12}",
        "[-?:,\\[\\]{}#&*!|>'\"%@`=<~./ a]{1,6}",
        "[ \\t\\n\\ra:#|>'\"-]{0,14}",
        "([ \\t]{0,3}[a-z#:'\"{}-]{0,6}[ \\t]{0,2}\n{1,3}){1,4}[ a-z]{0,4}",
        "(\\PC|[\u{0}-\u{20}\u{7f}-\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}\u{1f600}]){0,6}",
        any::<String>(),
        "[a-z]{1,3}( [a-z]{1,8}){100,200}",
        "[a-z\"]{900,1100}",
    ]
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_reads_ten_thousand_strings_as_written() {
    let texts = generated(&tricky(), 10_000);
    let objects: Vec<Tree> = texts
        .chunks(100)
        .enumerate()
        .map(|(index, texts)| object(&format!("o{index}"), texts))
        .collect();
    let read = kubectl(&emit::stream(objects.iter().map(Tree::root)));
    assert_eq!(read.len(), objects.len());
    for (object, read) in objects.iter().zip(read) {
        let (ours, theirs) = (json(object.root()), without_annotation(read));
        for (key, ours) in ours.as_object().expect("an object") {
            assert_eq!(Some(ours), theirs.get(key), "{key}");
        }
    }
}

#[test]
#[ignore = "needs kubectl"]
fn plain_scalars_and_keys_mean_what_kubectl_takes_them_for() {
    let plain = "[-+]?[0-9._][0-9._+:eExXobBO-]{0,9}|[-+]?0[xXoObB]?[0-9a-fA-F_]{1,18}|[-+]?[0-9_]{1,22}(\\.[0-9_]{0,20})?([eE][-+]?[0-9]{1,3})?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[yYnNoOtTfFeEsSuUlLrR]{1,4}|\\.?[iInNaAfF]{3}|[-+]?0b[-+]?[01_]{1,5}";
    let mut texts = generated(&plain.prop_map(|text: String| text), 10_000);
    texts.extend(
        "y Y yes Yes YES yEs n no NO on On ON off OFF true True TRUE tRUE false False FALSE ~ null Null \
         NULL nULL = << .5_0 ._5 08 0_7 1e400 -0 -0.0 0.0 1e21 1e20 1e-7 123456789.5 \
         18446744073709551615 18446744073709551616 -9223372036854775808 9223372036854775808 \
         0xFFFFFFFFFFFFFFFF 0b-11 -0b11 1_0.5 12:30 .e5 1. +.5 1.5e3 0.00001 100000 1000000"
            .split_whitespace()
            .map(str::to_owned),
    );
    // kubectl cannot hold these at all; a dash or colon alone is no scalar.
    texts.retain(|text| {
        let unsigned = text.trim_start_matches(['+', '-']).to_lowercase();
        !matches!(unsigned.as_str(), ".inf" | ".nan") && !text.ends_with(':')
    });
    let mut manifests = String::new();
    for (index, texts) in texts.chunks(100).enumerate() {
        manifests += "---\napiVersion: gen.test/v1\nkind: Test\nmetadata:\n";
        let _ = writeln!(manifests, "  name: o{index}\nvalues:");
        for text in texts {
            let _ = writeln!(manifests, "- {text}");
        }
        manifests += "keys:\n";
        for text in texts {
            // Null and too large numbers are no keys to kubectl either.
            let key = format!("a:\n- {text}: x\n");
            let sources = Sources::default();
            let file = sources.add("f", key);
            if !parse(&sources.get(file), Dialect::Kubectl).1.has_errors() {
                let _ = writeln!(manifests, "- {text}: x");
            }
        }
    }
    let sources = Sources::default();
    let file = sources.add("f", manifests.as_str());
    let (trees, diagnostics) = parse(&sources.get(file), Dialect::Kubectl);
    assert_eq!(diagnostics.iter().collect::<Vec<_>>(), Vec::<&_>::new());
    let read = kubectl(&manifests);
    assert_eq!(trees.len(), read.len());
    let mut keys = 0;
    for (chunk, (tree, read)) in texts.chunks(100).zip(trees.iter().zip(&read)) {
        let ours = json(tree.root());
        for (index, text) in chunk.iter().enumerate() {
            let (ours, theirs) = (&ours["values"][index], &read["values"][index]);
            assert!(same(ours, theirs), "`{text}` is {theirs} to kubectl and {ours} to gen");
        }
        let ours = ours["keys"].as_array().expect("a list");
        for (index, ours) in ours.iter().enumerate() {
            assert_eq!(ours, &read["keys"][index]);
        }
        keys += ours.len();
    }
    assert!(keys > 9_000, "most texts serve as keys: {keys}");
}

#[test]
#[ignore = "needs kubectl"]
fn whole_manifests_mean_what_kubectl_takes_them_for() {
    let manifests = "\
apiVersion: gen.test/v1
kind: Test
metadata: {name: merge}
base: &base {a: 2, b: 3}
other: &other {b: 4, c: 5}
one:
  a: 1
  <<: *base
  b: 9
several:
  <<: [*base, *other]
inline:
  <<: {z: 1, <<: *base}
'<<': quoted
repeated: &whole
  <<: *other
again: *whole
list: [&item {<<: *base}, *item]
---
{\"apiVersion\": \"gen.test/v1\", \"kind\": \"Test\",\t\"metadata\": {\"name\": \"json\"},
\t\"text\": \"a\\u00e9\\n\", \"numbers\": [1, -1, 1.5, 1e3, 1E-7], \"null\": null}
---
# nothing
---
apiVersion: gen.test/v1
kind: Test
metadata:
    name: forms
mode: 0644
stdin: yes
empty:
tilde: ~
8080: number
1.0: fraction
true: boolean
tags: [!!str 5, !!float 5, !foo 5, !!bool \"yes\", ! 5, !!int \"5\", !!null '', !!str ~]
folded: >
  one
  two

  three
literal: |+
  one
    two

";
    let sources = Sources::default();
    let file = sources.add("f", manifests);
    let (trees, diagnostics) = parse(&sources.get(file), Dialect::Kubectl);
    assert_eq!(diagnostics.iter().collect::<Vec<_>>(), Vec::<&_>::new());
    let ours: Vec<Value> = trees.iter().map(|tree| json(tree.root())).collect();
    let theirs: Vec<Value> = kubectl(manifests).into_iter().map(without_annotation).collect();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), theirs.len());
}
