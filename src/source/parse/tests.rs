use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Place;
use crate::source::Sources;

fn read(text: &str, dialect: Dialect) -> (Vec<Tree>, Vec<Diagnostic>) {
    let sources = Sources::default();
    let file = sources.add("f.yaml", text);
    let (trees, diagnostics) = parse(&sources.get(file), dialect);
    (trees, diagnostics.iter().cloned().collect())
}

/// Each diagnostic as `CODE line:column "text": message; other places; help; replacement`.
fn errors(text: &str, dialect: Dialect) -> Vec<String> {
    let sources = Sources::default();
    let file = sources.add("f.yaml", text);
    let source = sources.get(file);
    let at = |span: Span| {
        let (line, column) = source.line_column(span.start);
        format!("{line}:{column} {:?}", source.slice(span))
    };
    let line = |diagnostic: Diagnostic| {
        let Place::Span(span) = diagnostic.place else { panic!("every error has a place") };
        let mut line = format!("{} {}: {}", diagnostic.code.id(), at(span), diagnostic.message);
        for label in &diagnostic.secondary {
            let _ = write!(line, "; {}: {}", at(label.span), label.text);
        }
        for help in &diagnostic.help {
            let _ = write!(line, "; {help}");
        }
        if let Some(mend) = &diagnostic.suggestion {
            let _ = write!(line, "; {} -> {}", at(mend.span), mend.text);
        }
        line
    };
    read(text, dialect).1.into_iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(errors(text, Dialect::Strict), expected, "{text:?}");
}

/// What YAML objects to is found wherever it stands in a text.
#[test]
fn a_control_character_is_found_anywhere() {
    for before in (0..200).step_by(7) {
        for letters in ["a".repeat(before), "é".repeat(before)] {
            let text = format!("# {letters}\u{1}\nb: c\n");
            let column = letters.chars().count() + 3;
            check(
                &text,
                &[&format!(
                    "L005 1:{column} \"\\u{{1}}\": the control character U+0001 stands in the text; write it as `\\u0001` in double quotes"
                )],
            );
        }
    }
}

#[track_caller]
fn check_kubectl(text: &str, expected: &[&str]) {
    assert_eq!(errors(text, Dialect::Kubectl), expected, "{text:?}");
}

/// The only tree of a sound text.
#[track_caller]
fn tree(text: &str, dialect: Dialect) -> Tree {
    assert_eq!(errors(text, dialect), [""; 0], "{text:?}");
    let mut trees = read(text, dialect).0;
    assert_eq!(trees.len(), 1, "{text:?}");
    trees.remove(0)
}

#[track_caller]
fn strict(text: &str, expected: &str) {
    assert_eq!(format!("{:?}", tree(text, Dialect::Strict)), expected, "{text:?}");
}

#[track_caller]
fn kubectl(text: &str, expected: &str) {
    assert_eq!(format!("{:?}", tree(text, Dialect::Kubectl)), expected, "{text:?}");
}

/// The text behind every key and value, in preorder.
fn places(text: &str, dialect: Dialect) -> Vec<String> {
    let mut places = Vec::new();
    let slice = |origin: Origin| {
        let span = origin.span().expect("what was parsed has a place");
        text[span.start as usize..span.end as usize].to_owned()
    };
    for tree in read(text, dialect).0 {
        tree.root().walk(&mut |_, node| {
            if node.key().is_some() {
                places.push(slice(node.key_at()));
            }
            places.push(slice(node.at()));
        });
    }
    places
}

#[test]
fn syntax_errors_of_structure() {
    check("a: {b: 1\n", &[r#"L001 1:4 "{": `{` is never closed; add `}`"#]);
    check("a: [1, 2}\n", &[r#"L001 1:4 "[": `[` is closed by `}`; close it by `]`"#]);
    check(
        "a: ]\n",
        &[r#"L001 1:4 "]": a bracket is closed that was not opened; remove it, or quote the text"#],
    );
    check(
        "a: {b: 1}}\n",
        &[
            r#"L001 1:10 "}": a bracket is closed that was not opened; remove it, or quote the text"#,
        ],
    );
    check(
        "a: 'x\n",
        &[
            r#"L001 1:4 "'": the quoted text is not closed; 2:1 "": the text runs on to here; add the closing quote, or indent the further lines of the text"#,
        ],
    );
    check(
        "a: 'x\nb: 1\n",
        &[
            r#"L001 1:4 "'": the quoted text is not closed; 2:1 "b": the text runs on to here; add the closing quote, or indent the further lines of the text"#,
        ],
    );
    check(
        "- # don't\n- \"x\n",
        &[
            r#"L022 1:1 "-": the list item has no value; write a value after the `-`, or remove it"#,
            "L001 2:3 \"\\\"\": the quoted text is not closed; 3:1 \"\": the text runs on to here; add the closing quote, or indent the further lines of the text",
        ],
    );
    check(
        "a: b: c\n",
        &[
            r#"L001 1:5 ":": a key cannot stand here; indent the keys of one map alike, and quote text that contains `: `"#,
        ],
    );
    check(
        "a: 1\n  b: 2\n",
        &[
            r#"L001 2:4 ":": a key cannot stand here; indent the keys of one map alike, and quote text that contains `: `"#,
        ],
    );
    check(
        "key:value\nb: 1\n",
        &[
            r#"L001 2:2 ":": a key cannot stand here; indent the keys of one map alike, and quote text that contains `: `"#,
        ],
    );
    check(
        "- a\nb: 1\n",
        &[
            r#"L001 2:1 "b": the line does not fit the lines before it; indent what belongs together alike; keys need `:`, list items `-`"#,
        ],
    );
    check(
        "a:\n    b: 1\n  c: 2\n",
        &[
            r#"L001 3:3 "c": the line does not fit the lines before it; indent what belongs together alike; keys need `:`, list items `-`"#,
        ],
    );
}

#[test]
fn syntax_errors_of_text() {
    check(
        "a: @x\n",
        &[r#"L001 1:4 "@": text without quotes cannot start with `@`; quote the text"#],
    );
    check(
        "a: `x`\n",
        &[r#"L001 1:4 "`": text without quotes cannot start with a backtick; quote the text"#],
    );
    check(
        "a: %x\n",
        &[r#"L001 1:4 "%": text without quotes cannot start with `%`; quote the text"#],
    );
    check(
        "a: *\n",
        &[
            r#"L001 1:4 "*": `*` and `&` must be followed by a name; quote text that starts with `*` or `&`"#,
        ],
    );
    check(
        "a: 'don't'\n",
        &[
            r#"L001 1:9 "t": text follows the closing quote; write a single quote inside of single quotes twice: `''`"#,
        ],
    );
    check(
        "a: \"x\"y\n",
        &[
            "L001 1:7 \"y\": text follows the closing quote; write a double quote inside of double quotes as `\\\"`",
        ],
    );
    check(
        "a: \"\\q\"\n",
        &[
            "L001 1:4 \"\\\"\": the text in double quotes has an escape that YAML does not know; write `\\\\` for a backslash, or use single quotes",
        ],
    );
    check(
        "a: |x\n b\n",
        &[
            r#"L001 1:4 "|": text follows `|` or `>` on its line; start the text on the next line, indented"#,
        ],
    );
    check(
        "a: |\n   \n x\n",
        &[
            r#"L001 3:2 "x": the first lines of the text are indented unevenly; indent its lines alike"#,
        ],
    );
    check(
        "a: - b\n",
        &[
            r#"L001 1:4 "-": a list cannot start here; start the list on a line of its own, or quote the text"#,
        ],
    );
    check(
        "a: [b c: d e: f]\n",
        &[
            r#"L001 1:13 ":": `,` or `}` is missing; separate entries by `,`, close with `}`, or quote the text"#,
        ],
    );
    check(
        "a: b # c\n  d: e\n",
        &[
            r##"L001 1:6 "#": a comment interrupts a text of several lines; indent the keys of one map alike, or move the comment"##,
        ],
    );
    check(
        "%YAML 1.1\n---\na: 1\n",
        &[
            r#"L001 1:1 "%": directives are none of the language; remove the line, or quote text with `%`"#,
        ],
    );
    check("a: {b c\n", &[r#"L001 1:4 "{": `{` is never closed; add `}`"#]);
    check(
        "{a: 1}\nb: 2\n",
        &[
            r#"L001 2:1 "b": text stands after the end of the document; leave out the braces around the document, or write all of it inside them"#,
        ],
    );
}

#[test]
fn characters_that_do_not_belong() {
    check(
        "\u{feff}a: 1\n",
        &[
            "L003 1:1 \"\\u{feff}\": the file starts with a byte order mark; save the file as UTF-8 without a byte order mark; 1:1 \"\\u{feff}\" -> ",
        ],
    );
    check(
        "a: 1\r\nb: |\r\n  x\r\n  y\r\n",
        &[
            "L004 1:5 \"\\r\": the line ends with a carriage return (CRLF); save the file with LF as the end of each line",
        ],
    );
    check(
        "a: 1\u{1}b\nc: yes\n",
        &[
            "L005 1:5 \"\\u{1}\": the control character U+0001 stands in the text; write it as `\\u0001` in double quotes",
            r#"L021 2:4 "yes": `yes` is a boolean to some YAML readers and text to others; write `true`, or `"yes"` for the text"#,
        ],
    );
    check(
        "a: 1\u{9b}b\n",
        &[
            "L005 1:5 \"\\u{9b}\": the control character U+009B stands in the text; write it as `\\u009b` in double quotes",
        ],
    );
    check(
        "a: \"\0\"\n",
        &[
            "L005 1:5 \"\\0\": the control character U+0000 stands in the text; write it as `\\u0000` in double quotes",
        ],
    );
    check(
        "a: \u{7f}\n",
        &[
            "L005 1:4 \"\\u{7f}\": the control character U+007F stands in the text; write it as `\\u007f` in double quotes",
        ],
    );
}

#[test]
fn tabs_as_indentation() {
    check("a:\n\tb: 1\n", &["L006 2:1 \"\\t\": a tab indents the line; indent with spaces"]);
    check("\ta: 1\n", &["L006 1:1 \"\\t\": a tab indents the line; indent with spaces"]);
    check("a: 1\n\tb: 2\n", &["L006 2:1 \"\\t\": a tab indents the line; indent with spaces"]);
    check(
        "a:\n  b: 1\n\tc: 1\n",
        &["L006 3:1 \"\\t\": a tab indents the line; indent with spaces"],
    );
    check(
        "a:\n  - x\n \t- y\n",
        &["L006 3:1 \" \\t\": a tab indents the line; indent with spaces"],
    );
    check("a:\n  \tb: 1\n", &["L006 2:1 \"  \\t\": a tab indents the line; indent with spaces"]);
    check("a: |\n\tx\n", &["L006 2:1 \"\\t\": a tab indents the line; indent with spaces"]);
}

#[test]
fn keys_stand_once_and_are_text() {
    check(
        "a: 1\na: 2\nb: {c: 1, c: {d: yes}}\n",
        &[
            r#"L007 2:1 "a": the key `a` stands twice in this map; 1:1 "a": first here; keep one of them"#,
            r#"L007 3:11 "c": the key `c` stands twice in this map; 3:5 "c": first here; keep one of them"#,
            r#"L021 3:18 "yes": `yes` is a boolean to some YAML readers and text to others; write `true`, or `"yes"` for the text"#,
        ],
    );
    check(
        "a: 1\nb: 2\n\"a\": 3\na: 4\n",
        &[
            "L007 3:1 \"\\\"a\\\"\": the key `a` stands twice in this map; 1:1 \"a\": first here; keep one of them",
            r#"L007 4:1 "a": the key `a` stands twice in this map; 1:1 "a": first here; keep one of them"#,
        ],
    );
    check(
        "1: a\ntrue: b\non: c\n~: d\n: e\n: f\n12:30: g\n",
        &[
            r#"L023 1:1 "1": the key `1` is a number, not text; write `"1"`"#,
            r#"L023 2:1 "true": the key `true` is a boolean, not text; write `"true"`"#,
            r#"L023 3:1 "on": the key `on` is a boolean, not text; write `"on"`"#,
            r#"L023 4:1 "~": the key `~` is null, not text; write `"~"`"#,
            r#"L023 5:1 "": a value without a key; write the key before the `:`"#,
            r#"L023 6:1 "": a value without a key; write the key before the `:`"#,
            r#"L023 7:1 "12:30": the key `12:30` is not text to all YAML readers; write `"12:30"`"#,
        ],
    );
    check(
        "? [a]\n: 1\n? {b: yes}\n: {c: no}\n",
        &[
            r#"L023 1:3 "[": a list stands as a key; write text as the key, in quotes if it starts with `{` or `[`"#,
            r#"L023 3:3 "{": a map stands as a key; write text as the key, in quotes if it starts with `{` or `[`"#,
            r#"L021 3:7 "yes": `yes` is a boolean to some YAML readers and text to others; write `true`, or `"yes"` for the text"#,
            r#"L021 4:7 "no": `no` is a boolean to some YAML readers and text to others; write `false`, or `"no"` for the text"#,
        ],
    );
    check(
        "&a k: 1\n*a : 2\nb: *a\n",
        &[
            r#"L023 2:1 "*a": the alias `*a` stands as a key; write the key out, or quote it if it is text"#,
            r#"L026 3:4 "*a": the alias `*a` repeats a key, not a value; write the text out"#,
        ],
    );
    check(
        "<<: {a: 1}\n",
        &[
            r#"L024 1:1 "<<": the merge key `<<` is none of the language; write the keys out, or use `defaults`"#,
        ],
    );
}

#[test]
fn documents() {
    check(
        "",
        &[
            r#"L008 1:1 "": the file has no content; write at least one `key: value`, or remove the file"#,
        ],
    );
    check(
        "# c\n",
        &[
            r#"L008 1:1 "": the file has no content; write at least one `key: value`, or remove the file"#,
        ],
    );
    check(
        "---\n",
        &[
            r#"L008 1:1 "": the file has no content; write at least one `key: value`, or remove the file"#,
        ],
    );
    check(
        "~\n",
        &[
            r#"L022 1:1 "~": `~` is null, not a value; leave it out; empty text is `""`, an empty map `{}`, an empty list `[]`"#,
        ],
    );
    check(
        "---\na: 1\n---\n---\nb: 1\n",
        &[
            r#"L009 3:1 "---": a second document starts here; move it to a file of its own, or remove the `---`"#,
        ],
    );
    check(
        "a: 1\n---\n",
        &[
            r#"L009 2:1 "---": a second document starts here; move it to a file of its own, or remove the `---`"#,
        ],
    );
    check(
        "hello\n",
        &[
            r#"L020 1:1 "hello": the document is a single value, not a map; write keys at the start of the line, such as `name: value`"#,
        ],
    );
    check(
        "- a\n",
        &[
            r#"L020 1:1 "- a": the document is a list, not a map; write keys at the start of the line, such as `name: value`"#,
        ],
    );
    check(
        "\"\"\n",
        &[
            "L020 1:1 \"\\\"\\\"\": the document is a single value, not a map; write keys at the start of the line, such as `name: value`",
        ],
    );
    check(
        "a: b: c\n---\na: 1\n",
        &[
            r#"L001 1:5 ":": a key cannot stand here; indent the keys of one map alike, and quote text that contains `: `"#,
            r#"L009 2:1 "---": a second document starts here; move it to a file of its own, or remove the `---`"#,
        ],
    );
}

#[test]
fn nulls() {
    check(
        "a:\nb:\n",
        &[
            r#"L022 1:1 "a": `a` has no value; write a value after the `:`, or leave the key out"#,
            r#"L022 2:1 "b": `b` has no value; write a value after the `:`, or leave the key out"#,
        ],
    );
    check(
        "a: ~\nb: null\n",
        &[
            r#"L022 1:4 "~": `~` is null, not a value; leave it out; empty text is `""`, an empty map `{}`, an empty list `[]`"#,
            r#"L022 2:4 "null": `null` is null, not a value; leave it out; empty text is `""`, an empty map `{}`, an empty list `[]`"#,
        ],
    );
    check(
        "a:\n- \n-\n- ~\n",
        &[
            r#"L022 2:1 "-": the list item has no value; write a value after the `-`, or remove it"#,
            r#"L022 3:1 "-": the list item has no value; write a value after the `-`, or remove it"#,
            r#"L022 4:3 "~": `~` is null, not a value; leave it out; empty text is `""`, an empty map `{}`, an empty list `[]`"#,
        ],
    );
    check(
        "a: {b, c: }\n",
        &[
            r#"L022 1:5 "b": `b` has no value; write a value after the `:`, or leave the key out"#,
            r#"L022 1:8 "c": `c` has no value; write a value after the `:`, or leave the key out"#,
        ],
    );
}

#[test]
fn ambiguous_scalars() {
    check(
        "a: [y, True, NO]\n",
        &[
            r#"L021 1:5 "y": `y` is a boolean to some YAML readers and text to others; write `true`, or `"y"` for the text"#,
            r#"L021 1:8 "True": `True` is a boolean to some YAML readers and text to others; write `true`, or `"True"` for the text"#,
            r#"L021 1:14 "NO": `NO` is a boolean to some YAML readers and text to others; write `false`, or `"NO"` for the text"#,
        ],
    );
    check(
        "a: [0777, 08, 0o17, 0x1F, 0b1, 1_000, +1]\n",
        &[
            r#"L021 1:5 "0777": YAML readers disagree about `0777` as a number; write `511`, or `"0777"` for the text"#,
            r#"L021 1:11 "08": YAML readers disagree about `08` as a number; write `8`, or `"08"` for the text"#,
            r#"L021 1:15 "0o17": YAML readers disagree about `0o17` as a number; write `15`, or `"0o17"` for the text"#,
            r#"L021 1:21 "0x1F": YAML readers disagree about `0x1F` as a number; write `31`, or `"0x1F"` for the text"#,
            r#"L021 1:27 "0b1": YAML readers disagree about `0b1` as a number; write `1`, or `"0b1"` for the text"#,
            r#"L021 1:32 "1_000": YAML readers disagree about `1_000` as a number; write `1000`, or `"1_000"` for the text"#,
            r#"L021 1:39 "+1": YAML readers disagree about `+1` as a number; write `1`, or `"+1"` for the text"#,
        ],
    );
    check(
        "a: [.5, 1., 1e3, 1e400]\n",
        &[
            r#"L021 1:5 ".5": YAML readers disagree about `.5` as a number; write `0.5`, or `".5"` for the text"#,
            r#"L021 1:9 "1.": YAML readers disagree about `1.` as a number; write `1`, or `"1."` for the text"#,
            r#"L021 1:13 "1e3": YAML readers disagree about `1e3` as a number; write `1000`, or `"1e3"` for the text"#,
            r#"L021 1:18 "1e400": YAML readers disagree about `1e400` as a number; write `"1e400"` for the text"#,
        ],
    );
    check(
        "a: [12:30:45, 3000:30]\n",
        &[
            r#"L021 1:5 "12:30:45": `12:30:45` is a number in base 60 to some YAML readers and text to others; write `"12:30:45"`; 1:5 "12:30:45" -> "12:30:45""#,
            r#"L021 1:15 "3000:30": `3000:30` is a number in base 60 to some YAML readers and text to others; write `"3000:30"`; 1:15 "3000:30" -> "3000:30""#,
        ],
    );
    check(
        "a: [2024-01-01, 2024-01-01T10:00:00Z]\n",
        &[
            r#"L021 1:5 "2024-01-01": `2024-01-01` is a date to some YAML readers and text to others; write `"2024-01-01"`; 1:5 "2024-01-01" -> "2024-01-01""#,
            r#"L021 1:17 "2024-01-01T10:00:00Z": `2024-01-01T10:00:00Z` is a date to some YAML readers and text to others; write `"2024-01-01T10:00:00Z"`; 1:17 "2024-01-01T10:00:00Z" -> "2024-01-01T10:00:00Z""#,
        ],
    );
    check(
        "a: [.inf, -.INF, .NaN]\n",
        &[
            r#"L021 1:5 ".inf": `.inf` is a number that Kubernetes cannot hold; write a number, or `".inf"` for the text; 1:5 ".inf" -> ".inf""#,
            r#"L021 1:11 "-.INF": `-.INF` is a number that Kubernetes cannot hold; write a number, or `"-.INF"` for the text; 1:11 "-.INF" -> "-.INF""#,
            r#"L021 1:18 ".NaN": `.NaN` is a number that Kubernetes cannot hold; write a number, or `".NaN"` for the text; 1:18 ".NaN" -> ".NaN""#,
        ],
    );
    check(
        "a: 99999999999999999999\n",
        &[
            r#"L021 1:4 "99999999999999999999": `99999999999999999999` does not fit 64 bits, so readers round it; write `"99999999999999999999"` for the text; 1:4 "99999999999999999999" -> "99999999999999999999""#,
        ],
    );
}

#[test]
fn tags_and_aliases() {
    check(
        "a: !!str 5\n",
        &[
            r#"L025 1:4 "!!str": the tag `!!str` is none of the language; leave it out; quotes make a value text"#,
        ],
    );
    check(
        "a: !Ref b\nc: !x [1]\n",
        &[
            r#"L025 1:4 "!Ref": the tag `!Ref` is none of the language; leave it out; quotes make a value text"#,
            r#"L025 2:4 "!x": the tag `!x` is none of the language; leave it out; quotes make a value text"#,
        ],
    );
    check(
        "a: *.b.com\n",
        &[
            r#"L026 1:4 "*.b.com": no anchor `&.b.com` stands before the alias `*.b.com`; write `"*.b.com"` for the text, or `&.b.com` before the value to repeat"#,
        ],
    );
    check(
        "a: &x\n  b: *x\n",
        &[
            r#"L026 2:6 "*x": the alias `*x` stands inside the value that it repeats; write the value out"#,
        ],
    );
}

#[test]
fn unquoted_expressions() {
    check(
        "e: { URL: ${{ db.url }}, b: 1 }\nf: yes\ng: [x-${{ a }}-${{ b | c }} , ${{ d[\"x\"] }}]\n",
        &[
            r#"L028 1:11 "${{ db.url }}": an expression inside `{ }` or `[ ]` needs quotes; write `"${{ db.url }}"`; 1:11 "${{ db.url }}" -> "${{ db.url }}""#,
            r#"L028 3:5 "x-${{ a }}-${{ b | c }}": an expression inside `{ }` or `[ ]` needs quotes; write `"x-${{ a }}-${{ b | c }}"`; 3:5 "x-${{ a }}-${{ b | c }}" -> "x-${{ a }}-${{ b | c }}""#,
            "L028 3:31 \"${{ d[\\\"x\\\"] }}\": an expression inside `{ }` or `[ ]` needs quotes; write `'${{ d[\"x\"] }}'`; 3:31 \"${{ d[\\\"x\\\"] }}\" -> '${{ d[\"x\"] }}'",
            r#"L021 2:4 "yes": `yes` is a boolean to some YAML readers and text to others; write `true`, or `"yes"` for the text"#,
        ],
    );
    check(
        "e: {a: ${{x}}}\n",
        &[
            r#"L028 1:8 "${{x}}": an expression inside `{ }` or `[ ]` needs quotes; write `"${{x}}"`; 1:8 "${{x}}" -> "${{x}}""#,
        ],
    );
    check(
        "e: {${{x}}: a}\n",
        &[
            r#"L028 1:5 "${{x}}": an expression inside `{ }` or `[ ]` needs quotes; write `"${{x}}"`; 1:5 "${{x}}" -> "${{x}}""#,
        ],
    );
    check(
        "e: {a: ${{x\nb: 1\n",
        &[
            r#"L001 1:9 "{": `,` or `}` is missing; separate entries by `,`, close with `}`, or quote the text"#,
        ],
    );
}

#[test]
fn sound_files() {
    strict("a: 1\n", r#"{"a": 1}"#);
    strict("---\na: b\n...\n", r#"{"a": "b"}"#);
    strict("{}", "{}");
    strict(
        "a: [-1, 0, 1.50, true, false, 'yes', \"1\", nginx:1.29, 1.2.3, 10.0.0.1, 100m, 8080:80]\n",
        r#"{"a": [-1, 0, 1.50, true, false, "yes", "1", "nginx:1.29", "1.2.3", "10.0.0.1", "100m", "8080:80"]}"#,
    );
    strict("a: &x {b: [c]}\nd: *x\n", r#"{"a": {"b": ["c"]}, "d": {"b": ["c"]}}"#);
    strict("a: ${{ b.c | d }}-${{ e }}\n", r#"{"a": "${{ b.c | d }}-${{ e }}"}"#);
}

#[test]
fn block_scalars() {
    strict("a: |\n  x\n   y\n\nb: >-\n  x\n  y\n", r#"{"a": "x\n y\n", "b": "x y"}"#);
    strict("a: |2-\n   x\nb: |+\n  x\n\n", r#"{"a": " x", "b": "x\n\n"}"#);
}

#[test]
fn places_are_exact() {
    let text = "# start\na: 'x'\nb:\n  c: |\n    one\n    two\n\n  # end\nd: &x\n- 1\n- {e: \"é\", f: [ü]}\n\ng: *x\n";
    let list =
        ["- 1\n- {e: \"é\", f: [ü]}", "1", "{e: \"é\", f: [ü]}", "e", "\"é\"", "f", "[ü]", "ü"];
    let document = &text["# start\n".len()..text.len() - 1];
    let before = [document, "a", "'x'", "b", "c: |\n    one\n    two", "c", "one\n    two", "d"];
    // What an alias repeats stays where its anchor is.
    let expected = [&before[..], &list, &["g"], &list].concat();
    assert_eq!(places(text, Dialect::Strict), expected);
    assert_eq!(places(text, Dialect::Kubectl), expected);
    let crlf = "\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n";
    let expected = ["a: 1\r\nb: |\r\n  x\r\n  y", "a", "1", "b", "x\r\n  y"];
    assert_eq!(places(crlf, Dialect::Kubectl), expected);
}

#[test]
fn styles_are_kept() {
    let tree = tree("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\ne: >\n  x\n", Dialect::Strict);
    let styles: Vec<_> = tree.root().entries().map(NodeRef::style).collect();
    assert_eq!(styles, [Style::Plain, Style::Quoted, Style::Quoted, Style::Block, Style::Block]);
}

#[test]
fn trees_beside_errors_hold_the_likely_meaning() {
    let likely = |text| format!("{:?}", read(text, Dialect::Strict).0);
    assert_eq!(
        likely("a: yes\nb: 0644\nc: 12:30\nd:\ne: 1\n"),
        r#"[{"a": true, "b": 420, "c": "12:30", "d": null, "e": 1}]"#
    );
    assert_eq!(likely("a: 1\na: {b: &x 2}\nc: [*x]\nd: 3\n"), r#"[{"a": 1, "c": [null], "d": 3}]"#);
    assert_eq!(likely("? [a, &x b]\n: {c: d}\ne: *x\n"), r#"[{"e": null}]"#);
    assert_eq!(likely("a: *x\n*y : z\nb: 1\n"), r#"[{"a": null, "b": 1}]"#);
    assert_eq!(likely("a: b: c\n"), "[]");
}

#[test]
fn kubectl_scalars() {
    kubectl(
        "a: [yes, No, on, OFF, y, True, yEs, 0644, 0o17, 0x1F, 0b11, 1_000, 08, +1, -0]\n",
        r#"{"a": [true, false, true, false, true, true, "yEs", 420, 15, 31, 3, 1000, 8, 1, 0]}"#,
    );
    kubectl(
        "a: [1.0, 1e3, .5, 1., 1e21, 1e-7, 1e400, 12:30, 2024-01-01, 18446744073709551615]\n",
        r#"{"a": [1, 1000, 0.5, 1, 1e21, 1e-7, "1e400", "12:30", "2024-01-01", 1.8446744073709552e19]}"#,
    );
    kubectl("a: [~, null, '', ]\nb:\n", r#"{"a": [null, null, ""], "b": null}"#);
    kubectl(
        "a: [!!str 5, !!int '5', !!float 5, !foo 5, ! 5, !!bool 'no']\n",
        r#"{"a": ["5", 5, 5, "5", "5", false]}"#,
    );
    kubectl(
        "1: a\n0x10: b\n1.5: c\n1e7: d\nyes: e\n.inf: f\n2024-01-01: g\n",
        r#"{"1": "a", "16": "b", "1.5": "c", "1e+07": "d", "true": "e", ".inf": "f", "2024-01-01": "g"}"#,
    );
}

#[test]
fn kubectl_streams() {
    let (trees, errors) =
        read("---\n# nothing\n---\na: 1\n---\n---\nb: 2\n...\n", Dialect::Kubectl);
    assert_eq!(format!("{trees:?} {errors:?}"), r#"[{"a": 1}, {"b": 2}] []"#);
    assert!(read("", Dialect::Kubectl).1.is_empty());
    kubectl("{\n\t\"a\": [1, 1.5e3],\t\"b\\u00e9\": {}\r\n}\n", r#"{"a": [1, 1500], "bé": {}}"#);
    // Anchors belong to their document.
    check_kubectl(
        "a: &x 1\n---\nb: *x\n",
        &[
            r#"L026 3:4 "*x": no anchor `&x` stands before the alias `*x`; write `"*x"` for the text, or `&x` before the value to repeat"#,
        ],
    );
}

#[test]
fn later_documents_survive_a_broken_one() {
    let text = "a: b: c\n---\nd: 1\n---\ne: [\n---\nf: 2\n";
    assert_eq!(format!("{:?}", read(text, Dialect::Kubectl).0), r#"[{"d": 1}, {"f": 2}]"#);
    check_kubectl(
        text,
        &[
            r#"L001 1:5 ":": a key cannot stand here; indent the keys of one map alike, and quote text that contains `: `"#,
            r#"L001 5:4 "[": `[` is never closed; add `]`"#,
        ],
    );
}

#[test]
fn kubectl_merge_keys() {
    let base = "base: &b {x: 1, q: 2}\nother: &o {q: 3, z: 4}\n";
    let merged = |rest: &str| {
        let tree = tree(&format!("{base}{rest}"), Dialect::Kubectl);
        format!("{:?}", tree.root().get("m").expect("a key"))
    };
    // In the order written, as go-yaml v2 does it.
    assert_eq!(merged("m: {x: 0, <<: *b, q: 9}\n"), r#"{"x": 1, "q": 9}"#);
    assert_eq!(merged("m: {<<: [*b, *o]}\n"), r#"{"q": 2, "z": 4, "x": 1}"#);
    assert_eq!(merged("m: {<<: {w: 0, <<: *b}, v: 5}\n"), r#"{"w": 0, "x": 1, "q": 2, "v": 5}"#);
    assert_eq!(
        merged("i: &i [{<<: *b}, {<<: *o}]\nm: *i\n"),
        r#"[{"x": 1, "q": 2}, {"q": 3, "z": 4}]"#
    );
    assert_eq!(merged("n: &n {<<: *b}\nm: {<<: *n, q: 0}\n"), r#"{"x": 1, "q": 0}"#);
    assert_eq!(merged("m: {'<<': *b}\n"), r#"{"<<": {"x": 1, "q": 2}}"#);
    check_kubectl(
        "a: {<<: 1}\nb: {<<: [x]}\n",
        &[
            r#"L024 1:9 "1": the merge key `<<` takes only maps; write an alias of a map, or a list of such aliases"#,
            r#"L024 2:10 "x": the merge key `<<` takes only maps; write an alias of a map, or a list of such aliases"#,
        ],
    );
}

#[test]
fn kubectl_errors() {
    check_kubectl(
        "1: a\n'1': b\n~: c\n18446744073709551615: d\n",
        &[
            r#"L007 2:1 "'1'": the key `1` stands twice in this map; 1:1 "1": first here; keep one of them"#,
            r#"L023 3:1 "~": the key `~` is null, not text; write `"~"`"#,
            r#"L023 4:1 "18446744073709551615": the key `18446744073709551615` is a number that does not fit 64 bits; write `"18446744073709551615"`"#,
        ],
    );
    check_kubectl(
        "a: [.nan, -.inf]\nb: [!!int x, !!binary aGk=]\n",
        &[
            r#"L021 1:5 ".nan": `.nan` is a number that JSON, and so Kubernetes, cannot hold; write a number, or `".nan"` for the text"#,
            r#"L021 1:11 "-.inf": `-.inf` is a number that JSON, and so Kubernetes, cannot hold; write a number, or `"-.inf"` for the text"#,
            r#"L025 2:11 "x": `x` is no !!int; leave the tag out, or mend the value"#,
            r#"L025 2:23 "aGk=": binary data has no place in a manifest; write the base64 text without the tag, where Kubernetes expects base64"#,
        ],
    );
    check_kubectl(
        "- a\n---\nb\n",
        &[
            r#"L020 1:1 "- a": the document is a list, not a map; write keys at the start of the line, such as `name: value`"#,
            r#"L020 3:1 "b": the document is a single value, not a map; write keys at the start of the line, such as `name: value`"#,
        ],
    );
}

#[test]
fn budgets() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!("a: {open}1{close}\n")
    };
    assert_eq!(errors(&nested(MAX_DEPTH), Dialect::Strict), [""; 0]);
    let deep = [r#"L027 1:103 "[": maps and lists nest deeper than 100 levels; nest less deeply"#];
    check(&nested(MAX_DEPTH + 1), &deep);
    check(&nested(200), &deep);
    let lines: Vec<String> = (0..150).map(|level| " ".repeat(level) + "a:\n").collect();
    let block = lines.concat();
    check(
        &block,
        &[r#"L027 101:101 "": maps and lists nest deeper than 100 levels; nest less deeply"#],
    );

    // Each anchor holds the one before it, one level deeper.
    let mut tower = "a0: &a0 [x]\n".to_owned();
    for level in 1..120 {
        let _ = writeln!(tower, "a{level}: &a{level} [*a{}]", level - 1);
    }
    check(
        &tower,
        &[r#"L027 100:12 "*a98": maps and lists nest deeper than 100 levels; nest less deeply"#],
    );

    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", [alias.as_str(); 9].join(", "));
    }
    let expected = [
        r#"L027 6:10 "*a4": aliases repeat more than 100000 values; write the values out, or repeat less"#,
    ];
    check(&bomb, &expected);
    check_kubectl(&bomb, &expected);

    let large = format!("a: {}\n", "x".repeat(max_bytes(Dialect::Strict)));
    check(
        &large,
        &[r#"L027 1:1 "": the file has 33554436 bytes, more than 33554432; split the file"#],
    );
}

/// Inputs large enough for a quadratic step to be noticed.
#[test]
fn large_inputs_of_every_shape() {
    let repeat = |piece: &str| piece.repeat(100_000 / piece.len());
    let lines = |line: fn(usize) -> String| (0..10_000).map(line).collect::<Vec<_>>().concat();
    let keys = lines(|key| format!("key-{key}: v\n"));
    let anchors = lines(|key| format!("a{key}: &x{key} 1\n"));
    for text in [
        keys,
        anchors + &repeat("a0: 1\n"),
        repeat("a: 1\n"),
        format!("a:\n{}", repeat("-\n")),
        format!("a:\n{}", repeat("- yes\n")),
        format!("a: [{}]\n", repeat("{b: ~},")),
        format!("a: {}\n", repeat("x ")),
        format!("a: |\n{}", repeat("  é\n")),
        format!("a: \"{}\"\n", repeat("\\u00e9")),
        repeat("a: b: c\n---\n"),
        repeat("---\n"),
        repeat("#\n"),
        repeat("["),
        repeat("{a: "),
        repeat("a: ["),
        format!("x: [{}]", repeat("${{ x }}, ")),
        format!("b: &b {{c: 1}}\na:\n{}", repeat("- {<<: *b, c: 2}\n")),
    ] {
        for dialect in [Dialect::Strict, Dialect::Kubectl] {
            let (trees, errors) = read(&text, dialect);
            assert!(!trees.is_empty() || !errors.is_empty() || dialect == Dialect::Kubectl);
        }
    }
}

/// Whether every place lies in the text, on the edges of characters.
fn all_places_lie_inside(text: &str, dialect: Dialect) {
    let inside = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
    let (trees, diagnostics) = read(text, dialect);
    for tree in trees {
        tree.root().walk(&mut |_, node| {
            assert!(node.at().span().is_some_and(inside), "{text:?}");
            assert!(node.key_at().span().is_some_and(inside), "{text:?}");
        });
    }
    for diagnostic in diagnostics {
        assert!(matches!(diagnostic.place, Place::Span(span) if inside(span)), "{text:?}");
        assert!(diagnostic.secondary.iter().all(|label| inside(label.span)), "{text:?}");
        assert!(!diagnostic.message.is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        all_places_lie_inside(&text, Dialect::Strict);
        all_places_lie_inside(&text, Dialect::Kubectl);
    }

    #[test]
    fn anything_like_yaml_is_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "b: ", ": ", "- ", "\n", "\n  ", "\n\t", "\r\n", "{", "}", "[", "]", ", ", "'", "\"", "|", ">", "|2-",
            "&x ", "*x", "*y ", "<<: ", "!!str ", "! ", "? ", "#", " # c\n", "---\n", "...\n", "%YAML 1.1\n", "${{ a }}",
            "~", "yes", "0x1F", "é", "\u{feff}", "\u{85}", "\u{1}", "\\u00", "@", " ",
        ]), 0..40)
    ) {
        let text = pieces.concat();
        all_places_lie_inside(&text, Dialect::Strict);
        all_places_lie_inside(&text, Dialect::Kubectl);
    }
}
