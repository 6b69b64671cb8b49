//! The fast way against the full parser: whatever the text, both say the same.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::diagnostic::{Diagnostics, Report, json};
use crate::source::{NodeRef, Part, Sources, parse, parse_in_full};

const DIALECTS: [Dialect; 2] = [Dialect::Strict, Dialect::Kubectl];

/// Everything that a tree holds.
fn all(tree: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    tree.root().walk(&mut |path, node: NodeRef<'_>| {
        let place = |at: Origin| at.span().map(|span| (span.start, span.end));
        lines.push(format!(
            "{}{:?} {:?} {:?} at {:?}, key {:?} at {:?}",
            "  ".repeat(path.len()),
            node.kind(),
            node.style(),
            node.text(),
            place(node.at()),
            node.key(),
            place(node.key_at()),
        ));
    });
    lines
}

/// What both ways say of a text; a panic in one of them is its own failure.
fn both(text: &str, dialect: Dialect) -> [(Vec<Vec<String>>, String); 2] {
    [parse, parse_in_full].map(|parse| {
        let sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let (trees, diagnostics): (Vec<Tree>, Diagnostics) = parse(&sources.get(file), dialect);
        let said = json(&Report::new(&diagnostics, &sources));
        (trees.iter().map(all).collect(), said)
    })
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    let mut lines = LINES.take();
    lines.expect(usize::MAX);
    LINES.set(lines);
    // The second time every line is known that can be.
    for dialect in [DIALECTS, DIALECTS].concat() {
        let [fast, full] = both(text, dialect);
        prop_assert_eq!(fast, full, "{:?} in {:?}", text, dialect);
    }
    // From the third document on every block is.
    let again = format!("{}\n# {}\n", [text; 4].join("\n---\n"), "-".repeat(64));
    let [fast, full] = both(&again, Dialect::Kubectl);
    prop_assert_eq!(fast, full, "{:?}", again);
    Ok(())
}

/// How many documents of a text the fast way answers, and how many there are.
fn answered(text: &str, dialect: Dialect) -> (usize, usize) {
    let sources = Sources::default();
    let source = sources.get(sources.add("a.yaml", text));
    let mut reader = BlockReader::new(&source, dialect);
    let (mut at, mut fast, mut all) = (0, 0, 0);
    while at < text.len() {
        all += 1;
        at = match reader.document(at) {
            Ok((_, next)) => {
                fast += 1;
                next
            }
            Err(Beyond::Document { content }) => next_document(text, content),
            Err(Beyond::File) => break,
        };
    }
    (fast, all)
}

fn reads(text: &str) -> bool {
    let (fast, all) = answered(text, Dialect::Kubectl);
    fast == all
}

#[test]
fn what_manifests_are_made_of_is_read_fast() -> Result<(), TestCaseError> {
    for text in [
        "a: 1\n",
        "a: 1",
        "# comment\n\n---\n# comment\na: b # comment\n---\n---\nc: d\n",
        "  a:\n    b: c\n  d: e\n",
        "a:\n  - b\n  - c: d\n    e: f\n  - - g\n    - h: i\n      j: k\n  -   l: m\n      n: o\n",
        "a:\n- b\n- c: d\n  e:\n  - f\ng: h\n",
        "a:\nb:\n  c:\n  d: # comment\n# comment\n    - e\n",
        "a: \"b\\n\\\"c\\\"\\u00e9\\\\\"\nd: 'it''s'\n\"e\": ''\n'f': \"\"\n- : 1\n"
            .trim_end_matches("- : 1\n"),
        "a: {}\nb: []\nc: [a, \"b\", 'c', 1, -d, http://e:80/f]\ng: { h: i, \"j\":k, l: [m, { n: o }] }\n",
        "a: [\n  b,\n  c\n  ]\nd:\n  - { e: f,\n      g: h }\n",
        "{\"a\": [1, 2.5, true, null],\n\t\"b\": {}}\n",
        "a: |\n  b\n   c\n\n  # d\n\ne: |-\n\n   f\n    \n\ng: |+\n  h\n\n\ni:\n  - |\n    j\n  - k: |\n      l\n# comment\nm: n\n",
        "a: -1\n",
        "a: b:c\nd: e#f\ng: h \"i\" {j} [k], l\nm n: o p\nq/r.s: t\n",
        "a: é\nü: \u{2028}x\u{85}\n",
        "yes: 0644\n1.5: 1_000\nb: ~\nc: null\nd: 1e3\n",
    ] {
        prop_assert!(reads(text), "{:?}", text);
        agree(text)?;
    }
    Ok(())
}

#[test]
fn a_line_means_in_each_place_what_it_means_there() -> Result<(), TestCaseError> {
    // In a map, in a list, under a key that is there already, at the end of the text.
    for text in [
        "a: 1\nb:\n  a: 1\n  c: \"x\" # y\n---\nc: \"x\" # y\nb:\n  a: 1\n",
        "a:\n  - b: c\n  - b: c\n    d: e\n  - b: c\nd:\n- b: c\n-   b: c\n- x\n",
        "a:\n  - x\nb:\n  - x\n  - 'y'\nc:\n    - 'y'\n",
        "a: b\nc: d\na: b\n",
        "a:\n  - b: c\n    b: c\n",
        "a:\nb:\n  a:\n    c: d\n  e:\na:\n",
        "a: |\n  b: c\nb: c\n",
        "b: c\nx:\n  - y\n- b: c\n",
        "b: c\nx:\n  - b: c\nb: c",
        "yes: no\nx: 0644\ny: 1_0\nz:\n  x: 0644\n  yes: no\n  y: 1_0\n",
        "a: {}\nb:\n  a: {}\n  c: [d]\ne: { f: g,\n  h: i }\n",
        "a23456789012345678901234567890123456789: b\nc:\n  a23456789012345678901234567890123456789: b\n",
        "'a': b\n\"c\": d\ne:\n  'a': b\n  \"c\": d\n  'f''g': h\n",
    ] {
        agree(text)?;
        agree(&format!("{text}---\n{text}"))?;
    }
    Ok(())
}

#[test]
fn a_block_means_in_each_place_what_it_means_there() -> Result<(), TestCaseError> {
    let long = "x".repeat(70);
    for text in [
        // In another column, with one line more, before a line that is longer.
        format!("a:\n  b: {long}\n  c: d\n"),
        format!("a:\n    b: {long}\n    c: d\n"),
        format!("e:\n  a:\n    b: {long}\n    c: d\n"),
        format!("a:\n  b: {long}\n  c: d\n  e: f\n"),
        format!("a:\n  b: {long}\n  c: d\n# e\n\n  # f\n  e: f\n"),
        format!("a:\n  b: {long}\n  c: d\n   e: f\n"),
        format!("a:\n  b: {long}\n  c: dd\n"),
        // With something below its last key, or nothing.
        format!("a:\n  b: {long}\n  c:\n"),
        format!("a:\n  b: {long}\n  c:\n    d: e\n"),
        format!("a:\n  b: {long}\n  c:\n  - d\n"),
        format!("a:\n  b: {long}\n  c:\nd:\n  e: f\n"),
        format!("a:\n  b: {long}\n  c:\n- d\n"),
        // Lists, in the column of their key and further in.
        format!("a:\n- {long}\n- c: d\n"),
        format!("a:\n- {long}\n- c: d\n  e: f\n"),
        format!("a:\n- {long}\n- c: d\ne: f\n"),
        format!("a:\n  - {long}\n  - c: d\n"),
        format!("a:\n  - {long}\n  - c: d\n  - e\n"),
        format!("e:\n  - a:\n    - {long}\n    - c: d\n    f: g\n  - h\n"),
        // What does not read as it is written, and what no block may be.
        format!("a:\n  b: {long}\n  c: yes\n  d: 0x1F\n  yes: ~\n"),
        format!("a:\n  b: {long}\n  \"c\": \"d\\n\"\n  'e': 'f'\n"),
        format!("a:\n  b: {long}\n  c: |\n    d\n\n"),
        format!("a:\n  b: {long}\n  c: |+\n    d\n\n\n"),
        format!("a:\n  b: {long}\n  c: {{ d: [e, 1],\n    f: g }}\n"),
        format!("a:\n  b: {long}\n  c: d\n  b: e\n"),
        format!("a:\n  b: {long}\n  c: >\n    d\n"),
        format!("a:\n  b: {long} # c\n  # d\n\n  e: f\n  # g\n"),
        format!("\"a\":\n  b: {long}\n  c: d\n"),
        // At the end of the text.
        format!("a:\n  b: {long}\n  c: d"),
    ] {
        agree(&text)?;
        for other in ["", "  c: e\n", "  e:\n    f: g\n", "h: i\n", "---\na: b\n"] {
            agree(&format!("{text}{other}---\n{text}---\n{text}{other}---\n{text}"))?;
            agree(&format!("{text}---\n{text}---\n{text}---\n{text}{other}"))?;
        }
    }
    Ok(())
}

/// Threads take parts of a file as they come.
#[test]
fn documents_are_read_alike_in_any_order() {
    let filler = "x".repeat(64);
    let probe = format!("readinessProbe:\n  httpGet:\n    path: /{filler}\n    port: http\n");
    let text = format!("a: b\n---\n{probe}---\n{probe}# c\n---\n{probe}---\n{probe}d: e\n");
    let sources = Sources::default();
    let source = sources.get(sources.add("a.yaml", text.as_str()));
    let mut starts = vec![0];
    starts.extend(text.match_indices("---\n").map(|(at, _)| at));
    let read = |order: &mut dyn Iterator<Item = &usize>| -> Vec<(usize, Vec<String>)> {
        BLOCKS.set(Blocks::default());
        let mut reader = BlockReader::new(&source, Dialect::Kubectl);
        let mut trees: Vec<_> = order
            .map(|start| match reader.document(*start) {
                Ok((Some(tree), _)) => (*start, all(&tree)),
                _ => panic!("{start} of {text}"),
            })
            .collect();
        assert_eq!(reader.blocks.known().count(), 2);
        trees.sort();
        trees
    };
    assert_eq!(read(&mut starts.iter().rev()), read(&mut starts.iter()));
}

#[test]
fn a_block_is_known_once_it_stood_there_twice() {
    let probe = "    readinessProbe:\n      httpGet:\n        path: /healthz\n        port: http\n";
    let document = |number: usize| {
        format!("---\nkind: Pod\nspec:\n  containers:\n  - name: pod-{number}\n{probe}")
    };
    let text = (0..6).map(document).collect::<String>() + &format!("---\na: {}\n", "b".repeat(64));
    let sources = Sources::default();
    let source = sources.get(sources.add("a.yaml", text.as_str()));
    let known_after = |documents: usize| {
        BLOCKS.set(Blocks::default());
        let mut reader = BlockReader::new(&source, Dialect::Kubectl);
        let mut at = 0;
        for _ in 0..documents {
            at = reader.document(at).map_or(text.len(), |(_, next)| next);
        }
        reader.blocks.known().count()
    };
    // That of the probe, and the one in it; the pods differ.
    assert_eq!([0, 1, 2, 3, 6].map(known_after), [0, 0, 2, 2, 2]);
}

#[test]
fn what_is_not_sure_is_left_to_the_full_parser() -> Result<(), TestCaseError> {
    for text in [
        "",
        "---",
        "--- a: b\n",
        "--- |\n  a\n",
        "- a\n",
        "a\n",
        "a: b\n c: d\n",
        "a: b\n  c\n",
        "a:\n  b\n",
        "a: b: c\n",
        "a: 'b'c\n",
        "a: \"b\n  c\"\n",
        "a: 'b\n\n  c'\n",
        "a: >\n  b\n  c\n",
        "a: |2\n   b\n",
        "a: |\n b\n  c\n d\n",
        "a: |\n\n\n  b\n",
        "a: |\n    \n  b\n",
        "a: |\n  b\n c\n",
        "a: |\n  b",
        "a: |\n\nb: c\n",
        "a: |\nb: c\n",
        "a: |\n  b\n\tc\n",
        "a: &b c\nd: *b\n",
        "a: !!str b\n",
        "? a\n: b\n",
        "a: ? b\n",
        "<<: {}\n",
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
        "a: [b: c]\n",
        "a: [b,]\n",
        "a: {b}\n",
        "a: {b: }\n",
        "a: {b:1}\n",
        "a: [b\n c]\n",
        "a: [b # c\n  ]\n",
        "a: [\nb]\n",
        "a:\n  b: [\n  c]\n",
        "a: [b\n",
        "{a: b}\nc: d\n",
        "{a: b} c\n",
        "{a: b\n---\nc: d}\n",
        "{a:\n...\n}\n",
        "a : b\n",
        "a:\tb\n",
        "\ta: b\n",
        "a: b\tc\n",
        "a: b\t# c\n",
        "a: 'b'# c\n",
        "a:b\n",
        "a: -\n",
        "a:\n  -\n  - b\n",
        "a:\n  - b\n c: d\n",
        "a:\n  - b\n   - c\n",
        "a: - b\n",
        "- a\nb: c\n",
        "a: b\n- c\n",
        "a: b\n...\nc: d\n",
        "a: b\n... c\n",
        "%YAML 1.2\n---\na: b\n",
        "a: b\n%c: d\n",
        "a: \"\\x41\\ud83d\\ude00\\z\"\n",
        "a: \"\\u00\"\n",
        "a: \"b\\\nc\"\n",
        "a: @b\nc: `d`\n",
        "a: %b\n",
        "\u{feff}a: b\n",
        "a: b\r\nc: d\r\n",
        "a: \u{1}\n",
        "[]: a\n{}: b\n",
        "'a' : b\n",
        "a: [\"b\" : c]\n",
        "a: {\"b\"\n: c}\n",
        "a: b\n---\nc: [\n---\nd: e\n---\n- f\n---\n'g\n---\nh: i\n",
        "a: b\n--- # c\nd: e\n---e: f\n",
        "a: {? b: c}\n",
        "a: [?b, :c, -, - d]\n",
        "a: {-: b}\n",
        "null: a\n~: b\n: c\n",
        "a: 99999999999999999999\n",
        "99999999999999999999: a\n",
        "a: .inf\n",
        "[]|\n---",
        "]\n---\n\"",
    ] {
        agree(text)?;
        // On its own and among documents that are read fast.
        agree(&format!("x: y\n---\n{text}---\nz: |\n  w\n"))?;
    }
    Ok(())
}

#[test]
fn large_maps_and_deep_ones_are_read_alike() -> Result<(), TestCaseError> {
    let entries = |count: usize| {
        let entries = (0..count).map(|key| format!("key-{key}: {{ a: {key} }}\n"));
        entries.collect::<Vec<_>>().concat()
    };
    agree(&entries(MANY_KEYS))?;
    agree(&entries(MANY_KEYS + 2))?;
    agree(&(entries(MANY_KEYS) + "key-7: again\n"))?;
    for depth in [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1] {
        let nested: String = (0..depth).map(|level| " ".repeat(level) + "a:\n").collect();
        agree(&nested)?;
        agree(&format!("a: {}{}\n", "[".repeat(depth), "]".repeat(depth)))?;
        agree(&format!("{}{}\n", "{\"a\":".repeat(depth) + "1", "}".repeat(depth)))?;
        agree(&format!("a:\n  {}b\n", "- ".repeat(depth)))?;
    }
    agree(&format!("{}: b\n", "k".repeat(1100)))?;
    agree(&format!("a: {{ {}: b }}\n", "k".repeat(1020)))?;
    Ok(())
}

/// All YAML and JSON files below a folder of the repository.
fn files(folder: &Path, into: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files(&path, into);
        } else if path
            .extension()
            .is_some_and(|end| ["yaml", "yml", "json"].iter().any(|e| end == *e))
            && let Ok(text) = fs::read_to_string(&path)
        {
            into.push(text);
        }
    }
}

fn repository(folders: &[&str]) -> Vec<String> {
    let mut texts = Vec::new();
    for folder in folders {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
    }
    texts.retain(|text| text.len() < 200_000);
    texts
}

#[test]
fn every_file_of_the_repository_is_read_alike() -> Result<(), TestCaseError> {
    let texts =
        repository(&["out", "stacks", "environments", "templates", "examples", "tests/cases"]);
    assert!(texts.len() > 500, "{} files", texts.len());
    texts.iter().try_for_each(|text| agree(text))
}

#[test]
fn what_gen_renders_is_read_fast() {
    let texts = repository(&["out"]);
    let fast = texts.iter().filter(|text| reads(text)).count();
    assert!(fast * 100 >= texts.len() * 98, "{fast} of {}", texts.len());
}

/// Pieces of which lines are made, so that random texts come near to YAML.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{1,2}",
        2 => prop::sample::select(vec![
            "yes", "no", "null", "~", "0x1F", "0644", "1.5", "-1", "1_0", "12:30", "<<", "=", ".",
            "...", "---", "--", "é", "\u{2028}", "\u{85}", "\u{a0}",
        ]).prop_map(str::to_owned),
        4 => prop::sample::select(vec![
            ": ", ":", " #", "#", "- ", "-", "? ", "?", ", ", ",", "[", "]", "{", "}", "[]", "{}",
            "\"", "'", "''", "\\\"", "\\n", "\\", "|", "|-", "|+", ">", ">-", "|1", "&a ", "*a",
            "!!str ", "!", "%", "@", "`", "\t", " ", "  ",
        ]).prop_map(str::to_owned),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let indent = prop::sample::select(vec!["", "", "  ", "  ", "    ", " ", "   ", "      "]);
    let start = prop::sample::select(vec![
        "", "", "- ", "- - ", "a: ", "b: ", "c:", "\"d\": ", "- a: ", "-", "#",
    ]);
    let value = prop_oneof![
        3 => prop::collection::vec(piece(), 0..4).prop_map(|pieces| pieces.concat()),
        2 => prop::sample::select(vec![
            "", "x", "\"x y\"", "'x'", "|", "|-", "|+", "[x, y]", "{ x: y }", "{", "[", "x #y",
            "http://x:80", "x # y", "{\"x\":1}", "\"\\u00e9\"",
        ]).prop_map(str::to_owned),
    ];
    (indent, start, value).prop_map(|(indent, start, value)| format!("{indent}{start}{value}"))
}

fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![12 => line(), 1 => Just("---".to_owned()), 1 => Just(String::new())];
    (prop::collection::vec(line, 0..12), prop::bool::weighted(0.9))
        .prop_map(|(lines, end)| lines.join("\n") + if end { "\n" } else { "" })
}

/// A file of the repository with some bytes changed, cut out or doubled.
fn mutated() -> impl Strategy<Value = String> {
    let texts: Vec<String> =
        repository(&["out", "tests/cases"]).into_iter().filter(|text| text.len() < 4000).collect();
    let change = (any::<prop::sample::Index>(), 0..3_u8, piece());
    (prop::sample::select(texts), prop::collection::vec(change, 1..4)).prop_map(
        |(text, changes)| {
            let mut characters: Vec<char> = text.chars().collect();
            for (index, way, piece) in changes {
                if characters.is_empty() {
                    break;
                }
                let at = index.index(characters.len());
                let end = (at + piece.chars().count()).min(characters.len());
                match way {
                    0 => drop(characters.splice(at..at, piece.chars())),
                    1 => drop(characters.splice(at..end, piece.chars())),
                    _ => drop(characters.drain(at..end)),
                }
            }
            characters.into_iter().collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_alike(text in text()) {
        agree(&text)?;
    }

    #[test]
    fn any_mutant_of_a_manifest_is_read_alike(text in mutated()) {
        agree(&text)?;
    }
}

/// Documents of every way to read them, more than a part holds.
fn many_documents() -> String {
    let document = |number: usize| match number % 5 {
        0 => format!("# {number}\n---\nname: a{number}\nlist:\n- b\n- c: {{ d: [1, 2] }}\n"),
        1 => format!("---\nfolded: >\n  text {number}\n  goes on\nkey: value\n"),
        2 => format!("---\nbroken: [\n---\n\"quoted {number}\": \"\\u0041\"\n"),
        3 => format!("--- # nothing but a comment\n---\nanchor: &a {{ b: {number} }}\nalias: *a\n"),
        _ => format!("---\ntext: |\n  --- {number}\n  ---\n\n"),
    };
    (0..10_000).map(document).collect()
}

#[test]
fn the_parts_of_a_file_say_what_the_file_says() {
    let text = many_documents();
    for (text, parts) in [
        (text.clone(), 8),
        (text.clone() + "...\n", 1),
        (text.clone() + "%YAML 1.1\n---\na: b\n", 1),
        (text.replace('\n', "\r\n"), 1),
        ("\u{feff}".to_owned() + &text, 1),
    ] {
        let sources = Sources::default();
        let source = sources.get(sources.add("a.yaml", text));
        let (trees, mut diagnostics) = parse(&source, Dialect::Kubectl);
        let all_parts = Part::all(&source);
        assert_eq!(all_parts.len(), parts);
        let (mut trees_of_parts, mut diagnostics_of_parts) = (Vec::new(), Diagnostics::default());
        for part in all_parts {
            let (trees, diagnostics) = part.parse();
            trees_of_parts.extend(trees);
            diagnostics_of_parts.append(diagnostics);
        }
        let lines = |trees: &[Tree]| trees.iter().map(all).collect::<Vec<_>>();
        assert!(lines(&trees) == lines(&trees_of_parts));
        let said = |diagnostics: &mut Diagnostics| {
            json(&Report::new(&std::mem::take(diagnostics), &sources))
        };
        assert_eq!(said(&mut diagnostics), said(&mut diagnostics_of_parts));
    }
}
