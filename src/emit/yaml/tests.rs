use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::source::{Dialect, Origin, Rule, Sources, Tree, TreeBuilder, parse};

const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

fn build(value: &Value, builder: &mut TreeBuilder) {
    match value {
        Value::Null => builder.scalar(Kind::Null, "", AT),
        Value::Bool(value) => builder.scalar(Kind::Bool, &value.to_string(), AT),
        Value::Number(number) => {
            let kind = if number.is_f64() { Kind::Float } else { Kind::Int };
            builder.scalar(kind, &number.to_string(), AT);
        }
        Value::String(text) => builder.scalar(Kind::Str, text, AT),
        Value::Array(items) => {
            builder.list(AT);
            for item in items {
                build(item, builder);
            }
            builder.close();
        }
        Value::Object(entries) => {
            builder.map(AT);
            for (key, value) in entries {
                builder.key(key, AT);
                build(value, builder);
            }
            builder.close();
        }
    }
}

fn tree(value: &Value) -> Tree {
    let mut builder = TreeBuilder::default();
    build(value, &mut builder);
    builder.finish()
}

fn write(value: &Value) -> String {
    let mut out = String::new();
    write_document(tree(value).root(), &mut out);
    out
}

/// The JSON value that a tree stands for, numbers as kubectl holds them.
fn value(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Str => Value::String(node.text().to_owned()),
        Kind::Bool | Kind::Int => serde_json::from_str(node.text()).expect("the text is JSON"),
        // The parser of serde_json may miss the last digit.
        Kind::Float => Value::from(node.text().parse::<f64>().expect("a number")),
        Kind::List => node.items().map(value).collect(),
        Kind::Map => Value::Object(
            node.entries()
                .map(|entry| (entry.key().unwrap_or_default().to_owned(), value(entry)))
                .collect(),
        ),
    }
}

#[track_caller]
fn read(text: &str, dialect: Dialect) -> Vec<Value> {
    let sources = Sources::default();
    let file = sources.add("f.yaml", text);
    let (trees, diagnostics) = parse(&sources.get(file), dialect);
    assert_eq!(diagnostics.iter().collect::<Vec<_>>(), Vec::<&_>::new(), "{text}");
    trees.iter().map(|tree| value(tree.root())).collect()
}

#[test]
fn the_layout_is_that_of_kubectl() {
    let service = json!({
        "apiVersion": "v1",
        "metadata": { "name": "web", "labels": {}, "finalizers": [] },
        "spec": {
            "ports": [{ "name": "http", "port": 80 }, { "port": 81 }],
            "args": ["-c", "--port=80", ["a", ["b", {}], []], [{ "c": ["d"] }]],
            "ratio": 0.5,
            "tiny": 1e-7,
            "huge": 1e30,
            "internal": false,
            "nothing": null,
        }
    });
    assert_eq!(
        write(&service),
        "\
apiVersion: v1
metadata:
  name: web
  labels: {}
  finalizers: []
spec:
  ports:
  - name: http
    port: 80
  - port: 81
  args:
  - -c
  - --port=80
  - - a
    - - b
      - {}
    - []
  - - c:
      - d
  ratio: 0.5
  tiny: 1.0e-7
  huge: 1.0e+30
  internal: false
  nothing: null
"
    );
    assert_eq!(write(&json!({})), "{}\n");
    assert_eq!(write(&json!(["a"])), "- a\n");
    assert_eq!(write(&json!("a\nb")), "\"a\\nb\"\n");
}

#[test]
fn a_stream_has_a_marker_between_documents() {
    let trees =
        [json!({"a": 1}), json!({"b": "x\n\n"}), json!({"c": []})].map(|value| tree(&value));
    assert_eq!(stream(trees.iter().map(Tree::root)), "a: 1\n---\nb: |+\n  x\n\n---\nc: []\n");
    assert_eq!(stream([]), "");
}

#[test]
fn floats_are_floats_to_every_reader() {
    for (text, expected) in [
        ("1.5", "1.5"),
        ("1e-7", "1.0e-7"),
        ("1E5", "1.0e+5"),
        ("-2.5e+10", "-2.5e+10"),
        ("100000000000000000000", "100000000000000000000"),
    ] {
        let mut out = String::new();
        float(text, &mut out);
        assert_eq!(out, expected);
    }
}

/// Text on one line, and how it is written.
const ONE_LINE: &[(&str, &str)] = &[
    ("", r#""""#),
    ("a", "a"),
    ("a b", "a b"),
    ("nginx:1.29.1", "nginx:1.29.1"),
    ("https://example.com/?a=b#c", "https://example.com/?a=b#c"),
    ("10.0.0.0/8", "10.0.0.0/8"),
    ("1.29.1", "1.29.1"),
    ("100m", "100m"),
    ("512Mi", "512Mi"),
    ("30s", "30s"),
    ("/path", "/path"),
    ("--flag", "--flag"),
    ("-c", "-c"),
    ("$(X) ${Y}", "$(X) ${Y}"),
    ("a,b [c] {d}", "a,b [c] {d}"),
    ("it's", "it's"),
    ("größer 😀", "größer 😀"),
    // Booleans and nulls of some version of YAML.
    ("y", r#""y""#),
    ("Y", r#""Y""#),
    ("n", r#""n""#),
    ("yes", r#""yes""#),
    ("No", r#""No""#),
    ("on", r#""on""#),
    ("OFF", r#""OFF""#),
    ("true", r#""true""#),
    ("False", r#""False""#),
    ("null", r#""null""#),
    ("~", r#""~""#),
    ("yEs", "yEs"),
    ("yesterday", "yesterday"),
    ("~/bin", "~/bin"),
    // Numbers of some version of YAML.
    ("0", r#""0""#),
    ("-1", r#""-1""#),
    ("+1", r#""+1""#),
    ("0123", r#""0123""#),
    ("08", r#""08""#),
    ("0o17", r#""0o17""#),
    ("0x1F", r#""0x1F""#),
    ("0X1F", r#""0X1F""#),
    ("0b1_1", r#""0b1_1""#),
    ("0b-11", r#""0b-11""#),
    ("0x_1", r#""0x_1""#),
    ("1_000", r#""1_000""#),
    ("1_0.5", r#""1_0.5""#),
    ("+_1", r#""+_1""#),
    ("1.", r#""1.""#),
    (".5", r#"".5""#),
    (".5_0", r#"".5_0""#),
    ("1e3", r#""1e3""#),
    ("1E+3", r#""1E+3""#),
    ("1e400", r#""1e400""#),
    ("99999999999999999999", r#""99999999999999999999""#),
    (".inf", r#"".inf""#),
    ("-.INF", r#""-.INF""#),
    (".NaN", r#"".NaN""#),
    ("12:30", r#""12:30""#),
    ("12:30:45.5", r#""12:30:45.5""#),
    ("12:60", "12:60"),
    ("2024-01-01", r#""2024-01-01""#),
    ("2024-1-1 10:00:00", r#""2024-1-1 10:00:00""#),
    ("2024-01-01-backup", "2024-01-01-backup"),
    ("1e3f", "1e3f"),
    ("0xyz", "0xyz"),
    // Merge key, default value, document markers.
    ("<<", r#""<<""#),
    ("=", r#""=""#),
    ("---", r#""---""#),
    ("--- a", r#""--- a""#),
    ("...", r#""...""#),
    // Indicators.
    ("-", r#""-""#),
    ("- a", r#""- a""#),
    ("?", r#""?""#),
    ("? a", r#""? a""#),
    (":", r#"":""#),
    (":a", r#"":a""#),
    ("a:", r#""a:""#),
    ("a: b", r#""a: b""#),
    ("a:b", "a:b"),
    ("#a", r##""#a""##),
    ("a #b", r#""a #b""#),
    ("a#b", "a#b"),
    ("*.example.com", r#""*.example.com""#),
    ("&a", r#""&a""#),
    ("!a", r#""!a""#),
    ("|", r#""|""#),
    (">a", r#"">a""#),
    ("%a", r#""%a""#),
    ("@a", r#""@a""#),
    ("`a`", r#""`a`""#),
    ("[a]", r#""[a]""#),
    ("{a}", r#""{a}""#),
    ("]", r#""]""#),
    (",", r#"",""#),
    ("'a'", r#""'a'""#),
    // Single quotes where double ones would need escapes.
    ("\"a\"", r#"'"a"'"#),
    ("{\"a\": \"it's\"}", r#"'{"a": "it''s"}'"#),
    ("a: \\d+", r"'a: \d+'"),
    ("\\d+", r"\d+"),
    ("say \"a\"", "say \"a\""),
    // Blanks at the ends, characters that cannot be seen.
    (" a", r#"" a""#),
    ("a ", r#""a ""#),
    (" ", r#"" ""#),
    ("\u{3000}a", "\"\u{3000}a\""),
    ("\t", r#""\t""#),
    ("a\tb", r#""a\tb""#),
    ("a\r", r#""a\r""#),
    ("\u{0}\u{1b}\u{7f}", r#""\x00\x1b\x7f""#),
    ("\u{85}\u{a0}", r#""\x85\xa0""#),
    ("a\u{2028}b\u{feff}", r#""a\u2028b\ufeff""#),
    ("\u{202e}cod", r#""\u202ecod""#),
    ("\u{fffe}\u{1ffff}", r#""\ufffe\U0001ffff""#),
    ("\"\u{1}\\", r#""\"\x01\\""#),
];

#[test]
fn text_on_one_line() {
    for (text, expected) in ONE_LINE {
        let mut out = String::new();
        string(text, &mut out);
        assert_eq!(&out, expected, "{text:?}");
        let everywhere = json!({ *text: { "a": [text, { "b": text }], *text: text } });
        let written = write(&everywhere);
        for dialect in [Dialect::Strict, Dialect::Kubectl] {
            assert_eq!(read(&written, dialect), std::slice::from_ref(&everywhere));
        }
    }
}

#[test]
fn text_of_several_lines() {
    for (text, expected) in [
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\n\n", "|+\n  a\n\n"),
        ("a\n", "|\n  a\n"),
        ("a\n\n  b\n", "|\n  a\n\n    b\n"),
        (" a\nb\n", "|2\n   a\n  b\n"),
        ("\na\n", "|2\n\n  a\n"),
        ("\n \n a", "|2-\n\n   \n   a\n"),
        ("a\n  ", "|-\n  a\n    \n"),
        ("a \n\tb\t\n", "|\n  a \n  \tb\t\n"),
        ("# a\n---\n...\n", "|\n  # a\n  ---\n  ...\n"),
        ("a: 'b'\nc: \"d\\\"\n", "|\n  a: 'b'\n  c: \"d\\\"\n"),
        // Readers differ on blocks that start with a tab or hold no text.
        ("\ta\n", "\"\\ta\\n\"\n"),
        ("\n\ta\n", "\"\\n\\ta\\n\"\n"),
        ("\n", "\"\\n\"\n"),
        (" \n ", "\" \\n \"\n"),
        ("a\r\nb\r\n", "\"a\\r\\nb\\r\\n\"\n"),
        ("a\n\u{1b}\n", "\"a\\n\\x1b\\n\"\n"),
        ("a\n\u{85}\n", "\"a\\n\\x85\\n\"\n"),
    ] {
        let written = write(&json!({ "k": text }));
        assert_eq!(written, format!("k: {expected}"), "{text:?}");
    }
    let nested =
        json!({ "a": [" x\ny", { "b": " x\ny\n\n" }, [["\nx\n"]]], "c": { "d": ["x\n\n"] } });
    let expected = "\
a:
- |2-
   x
  y
- b: |2+
     x
    y

- - - |2

      x
c:
  d:
  - |+
    x

";
    assert_eq!(write(&nested), expected);
    assert_eq!(read(expected, Dialect::Strict), [nested]);
}

#[test]
fn long_keys_take_the_explicit_form() {
    let key = "k".repeat(1001);
    let object =
        json!({ key.clone(): "v", "m": { key.clone(): { "a": 1 } }, "l": [{ key.clone(): [1] }] });
    let written = write(&object);
    assert_eq!(
        written,
        format!("? {key}\n: v\nm:\n  ? {key}\n  :\n    a: 1\nl:\n- ? {key}\n  :\n  - 1\n")
    );
    assert_eq!(read(&written, Dialect::Strict), [object]);
    assert_eq!(write(&json!({ "k".repeat(1000): 1 })), format!("{}: 1\n", "k".repeat(1000)));
}

#[test]
fn large_text_of_every_kind() {
    let large: Vec<String> = ["é", "\"", "'\"", "\u{1}", "a ", "a\n", "\n", " \n", "1", "é\n"]
        .iter()
        .map(|piece| piece.repeat(100_000))
        .collect();
    let object = json!({ "a": large });
    assert_eq!(read(&write(&object), Dialect::Strict), [object]);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(ONE_LINE).prop_map(|(text, _)| text.to_owned()),
        "[0-9._+:eExXobT~-]{1,10}",
        "[ -~]{0,12}",
        "[-?:,\\[\\]{}#&*!|>'\"%@`=<~./ a]{1,6}",
        "[ \\t\\n\\ra:#|>'\"-]{0,14}",
        "([ \\t]{0,3}[a-z#:'\"{}-]{0,6}[ \\t]{0,2}\n{1,3}){1,4}[ a-z]{0,4}",
        "(\\PC|[\u{0}-\u{20}\u{7f}-\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}\u{1f600}]){0,6}",
        any::<String>(),
    ]
}

fn object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(json!({})),
        1 => Just(json!([])),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 1..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    });
    prop::collection::vec((text(), value), 0..4)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(documents in prop::collection::vec(object(), 1..4)) {
        let trees: Vec<Tree> = documents.iter().map(tree).collect();
        let written = stream(trees.iter().map(Tree::root));
        prop_assert_eq!(&read(&written, Dialect::Kubectl), &documents);
        let independent: Vec<Value> = serde_yaml::Deserializer::from_str(&written)
            .map(|document| serde::Deserialize::deserialize(document).expect("sound YAML"))
            .collect();
        prop_assert_eq!(&independent, &documents);
        for document in documents {
            prop_assert_eq!(read(&write(&document), Dialect::Strict), [document]);
        }
    }

    #[test]
    fn numbers_are_read_back(number in any::<f64>().prop_filter("JSON", |number| number.is_finite())) {
        let written = write(&json!({ "a": number }));
        let read = read(&written, Dialect::Kubectl);
        prop_assert_eq!(read[0]["a"].as_f64(), Some(number));
        let independent: Value = serde_yaml::from_str(&written).expect("sound YAML");
        prop_assert_eq!(independent["a"].as_f64(), Some(number));
    }
}
