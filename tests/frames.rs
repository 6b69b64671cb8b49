//! Whatever an input holds, in names, values, keys and paths: what gen says of it stays in the frame
//! of each format, and commands nothing.

use std::fmt::Write as _;

use gen_compiler::connectivity;
use gen_compiler::diagnostic::{Diagnostics, Severity};
use gen_compiler::diagnostic::{
    Report, Style, closing, framed, github, human, json, junit, line, short,
};
use gen_compiler::diff::{self, Comparison, Review, Show, Side};
use gen_compiler::fs::Disk;
use gen_compiler::k8s::Version;
use gen_compiler::manifests::{self, Input};
use gen_compiler::source::Sources;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json as object};

/// What means something in one frame or another.
const HOSTILE: [&str; 40] = [
    "::error::x",
    " ::stop-commands::x",
    "\t::debug::",
    "##[add-mask]x",
    "###[group]",
    "\n",
    "\n\n",
    "\n::error::x",
    "\r::error::x",
    "\u{85}::x::",
    "\u{2028}",
    "%0A::error::x",
    "@org/team",
    "#12",
    "GH-3",
    "<img src=x>",
    "<!--",
    "-->",
    "</code>",
    "</details>",
    "[a](http://b.example)",
    "![a](b)",
    "https://a.example",
    "www.a.example",
    "`",
    "```",
    "~~~~",
    "|a|b|",
    "# a",
    "---",
    "\u{1b}[31m",
    "\u{9b}2J",
    "\u{202e}",
    "]]>",
    "</failure>",
    "\"'",
    "&amp;",
    "\u{0}",
    "\u{ffff}",
    "a",
];

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(&HOSTILE[..]), 1..5);
    pieces.prop_map(|pieces| pieces.concat())
}

/// Objects with some texts in many places, as JSON, which can say any text.
fn manifests_of(texts: &[String], version: &str) -> String {
    let text = |at: usize| texts[at % texts.len()].as_str();
    let metadata = |name: &str| object!({ "name": name, "labels": { text(0): text(1) } });
    let pods = object!({
        "selector": { "matchLabels": { "app": "web" } },
        "template": {
            "metadata": { "labels": { "app": "web", text(2): version } },
            "spec": {
                "nodeSelector": { text(3): text(0) },
                "containers": [{
                    "name": "web",
                    "image": format!("web:{version}{}", text(1)),
                    "args": [text(2), version],
                    "env": [{ "name": text(3), "value": version }],
                    text(0): 1,
                }],
            },
        },
    });
    let all = [
        object!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("web"), "spec": pods }),
        object!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(text(1)), "spec": pods }),
        object!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("config"),
            "data": { text(2): version, "file": format!("{}\n{version}\n  {}\n", text(3), text(0)) },
        }),
        object!({ "apiVersion": "v1", "kind": text(3), "metadata": metadata(text(0)), "spec": version }),
        object!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata(text(2)),
            "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80, "name": text(1) }] },
        }),
    ];
    all.iter().fold(String::new(), |out, one: &Value| format!("{out}{one}\n---\n"))
}

/// Nothing but colours acts, and no line is a command.
fn check_text(text: &str) -> Result<(), TestCaseError> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain += before;
        let end = after.find(|one: char| !one.is_ascii_digit() && one != ';');
        prop_assert!(end.is_some_and(|end| after[end..].starts_with('m')), "{after:?}");
        rest = &after[end.unwrap_or_default() + 1..];
    }
    plain += rest;
    let acts =
        |one: char| one != '\n' && (one.is_control() || matches!(one, '\u{2028}' | '\u{202e}'));
    prop_assert!(!plain.contains(acts), "{plain:?}");
    check_lines(text)
}

fn check_lines(text: &str) -> Result<(), TestCaseError> {
    for line in text.split(['\n', '\r']) {
        // With a third colon, as before the place of an excerpt, no command has that name.
        let name = line.trim_start().strip_prefix("::");
        prop_assert!(name.is_none_or(|name| name.starts_with(':')), "{line:?}");
        prop_assert!(!line.contains("##["), "{line:?}");
    }
    Ok(())
}

/// As many commands as are meant, and nothing else.
fn check_commands(text: &str, most: Option<usize>) -> Result<(), TestCaseError> {
    prop_assert!(most.is_none_or(|most| text.lines().count() == most), "{text:?}");
    for line in text.split_inclusive('\n') {
        let command = line.strip_suffix('\n').unwrap_or("\r");
        let levels = ["::error ", "::warning ", "::notice "];
        prop_assert!(levels.iter().any(|level| command.starts_with(level)), "{line:?}");
        // A runner that takes a line for one command looks for no older form in it.
        prop_assert!(!command.contains(char::is_control), "{line:?}");
        let properties = command[2..].split_once("::").map_or("", |(properties, _)| properties);
        prop_assert!(properties.contains("title="), "{line:?}");
    }
    Ok(())
}

fn check_xml(text: &str, cases: usize) -> Result<(), TestCaseError> {
    let document = roxmltree::Document::parse(text)
        .map_err(|error| TestCaseError::fail(format!("{error}: {text:?}")))?;
    let mut found = 0;
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        found += usize::from(name == "testcase");
        let known = ["testsuites", "testsuite", "testcase", "failure", "system-out"];
        prop_assert!(known.contains(&name), "{name}");
    }
    prop_assert_eq!(found, cases.max(1));
    check_lines(text)
}

fn check_markdown(text: &str) -> Result<(), TestCaseError> {
    let (mut headings, mut links) = (0, 0);
    let mut html = String::new();
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Start(Tag::Link { dest_url, .. }) => {
                links += 1;
                prop_assert!(dest_url.starts_with("https://kubernetes.io/"), "{dest_url}");
            }
            Event::Html(part) => html += &part,
            // The text of a block of code is nothing to anybody.
            Event::Start(
                Tag::Paragraph
                | Tag::List(None)
                | Tag::Item
                | Tag::Strong
                | Tag::CodeBlock(_)
                | Tag::HtmlBlock,
            )
            | Event::End(_)
            | Event::Code(_)
            | Event::Text(_)
            | Event::SoftBreak => {}
            other => prop_assert!(false, "{other:?} in {text}"),
        }
    }
    prop_assert_eq!(headings, 1);
    prop_assert!(links <= text.matches("](https://kubernetes.io/").count());
    let start = "<details><summary><code>";
    for line in html.lines().filter(|line| !line.is_empty() && *line != "</details>") {
        let inner =
            line.strip_prefix(start).and_then(|line| line.strip_suffix("</code></summary>"));
        prop_assert!(inner.is_some_and(|inner| !inner.contains(['<', '>'])), "{line}");
    }
    prop_assert_eq!(html.matches("</details>").count(), text.matches(start).count());
    check_text(text)
}

fn check_diagnostics(found: &Diagnostics, sources: &Sources) -> Result<(), TestCaseError> {
    let report = Report::new(found, sources);
    let findings = report.iter().len();
    for color in [false, true] {
        let style = Style { color, ..Style::default() };
        check_text(&framed(&human(&report, style)))?;
        check_text(&framed(&closing(&report, "could not", style)))?;
    }
    check_text(&framed(&short(&report)))?;
    let lines = json(&report);
    check_lines(&lines)?;
    for line in lines.lines() {
        prop_assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    check_commands(&github(&report), Some(findings))?;
    check_xml(&junit(&report), findings)
}

fn check_review(old: &str, new: &str, path: &str) -> Result<(), TestCaseError> {
    let (mut before, mut after) = (Side::default(), Side::default());
    before.file(path, old.as_bytes(), None);
    after.file(path, new.as_bytes(), None);
    let comparison = Comparison::new(&before, &after, Version::default());
    let review = Review::new(path.to_owned(), "new".to_owned(), comparison, &Sources::default());
    for color in [false, true] {
        let show = Show { color, spelling: true, ..Show::default() };
        check_text(&framed(&diff::text(&review, show)))?;
        check_text(&framed(&diff::plan(&review, show)))?;
    }
    let reviews = [review];
    let text = diff::json(&reviews);
    check_lines(&text)?;
    prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
    check_commands(&diff::github(&reviews), None)?;
    check_markdown(&framed(&diff::markdown(&reviews)))
}

proptest! {

    #[test]
    fn no_text_leaves_its_frame(
        texts in prop::collection::vec(hostile(), 4),
        path in hostile(),
        cut in 0..2000_usize,
    ) {
        let (old, new) = (manifests_of(&texts, "1"), manifests_of(&texts, "2"));
        let broken: String = new.chars().take(cut).collect();
        for text in [&new, &broken] {
            let sources = Sources::default();
            let input = || vec![Input::Bytes(path.clone(), text.clone().into_bytes())];
            let request = manifests::Request { inputs: input(), ..Default::default() };
            check_diagnostics(&manifests::check(&Disk, request, &sources).diagnostics, &sources)?;
            let (trees, read) = manifests::read(&Disk, input(), &[], &sources);
            check_diagnostics(&read, &sources)?;
            let relation = connectivity::relation(manifests::objects_of(&trees));
            check_text(&framed(&connectivity::text(&relation.listing())))?;
            check_review(&old, text, &path)?;
        }
        check_text(&framed(&line(Severity::Error, &texts.concat(), Style::default())))?;
    }
}

#[test]
fn ordinary_text_is_left_alone() {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "error: a::b is no type\n  --> a.yaml:1:2\n## heading [a]");
    assert_eq!(framed(&text), text);
}
