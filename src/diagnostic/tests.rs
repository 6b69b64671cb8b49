//! What each format makes of the same report, and of what inputs can hold at the worst.

use super::*;
use crate::source::{FileId, Sources, Span};

const STACK: &str = "\
services:
  web:
    image: nginx:1.29
    imagee: nginx
";

/// The span of the first `text` in a file.
fn find(sources: &Sources, file: FileId, text: &str) -> Span {
    let start = sources.get(file).text.find(text).expect("the text is in the file");
    let offset = |at: usize| u32::try_from(at).expect("a short file");
    Span { file, start: offset(start), end: offset(start + text.len()) }
}

fn diagnostics(all: impl IntoIterator<Item = Diagnostic>) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    all.into_iter().for_each(|diagnostic| diagnostics.push(diagnostic));
    diagnostics
}

/// A mistake with everything that a diagnostic can have, a warning, and one about a folder.
fn sample(sources: &Sources) -> Diagnostics {
    let stack = sources.add("stacks/shop/stack.yaml", STACK);
    let prod = sources.add("stacks/shop/prod.yaml", "services: { web: {} }\n");
    diagnostics([
        Diagnostic::warning(Code::Syntax, find(sources, prod, "web"), "this changes nothing"),
        Diagnostic::error(
            Code::UnknownField,
            find(sources, stack, "imagee"),
            "a service has no field `imagee`",
        )
        .label("not known")
        .also(find(sources, stack, "image"), "set here, 100% surely")
        .also(find(sources, prod, "web"), "changed here")
        .help("did you mean `image`?")
        .help("services are listed in the reference")
        .suggest(find(sources, stack, "imagee"), "image"),
        Diagnostic::error_in(Code::Syntax, "stacks/shop", "there is no stack.yaml")
            .help("write stacks/shop/stack.yaml"),
        Diagnostic::new(Code::Syntax, Severity::Error, Place::Nowhere, "nothing to do"),
    ])
}

fn render(
    make: impl FnOnce(&Sources) -> Diagnostics,
    format: impl FnOnce(&Report) -> String,
) -> String {
    let sources = Sources::default();
    let diagnostics = make(&sources);
    format(&Report::new(&diagnostics, &sources))
}

/// One error at the first `at` of one file, for people, without colours.
fn human_at(text: &str, at: &str) -> String {
    render(
        |sources| {
            let file = sources.add("a.yaml", text);
            diagnostics([Diagnostic::error(Code::Syntax, find(sources, file, at), "wrong")])
        },
        |report| human(report, Style::default()),
    )
}

#[test]
fn people_see_lines_labels_help_and_the_mend() {
    let text = render(sample, |report| human(report, Style::default()));
    let expected = "\
error[L001]: nothing to do

error[L001]: there is no stack.yaml
--> stacks/shop
 = help: write stacks/shop/stack.yaml

warning[L001]: this changes nothing
 --> stacks/shop/prod.yaml:1:13
  |
1 | services: { web: {} }
  |             ^^^

error[L010]: a service has no field `imagee`
 --> stacks/shop/stack.yaml:4:5
  |
3 |     image: nginx:1.29
  |     ----- set here, 100% surely
4 |     imagee: nginx
  |     ^^^^^^ not known
  |
 ::: stacks/shop/prod.yaml:1:13
  |
1 | services: { web: {} }
  |             --- changed here
  |
  = help: services are listed in the reference
help: did you mean `image`?
  |
4 -     imagee: nginx
4 +     image: nginx
  |

";
    assert_eq!(text, expected);
}

#[test]
fn short_is_one_line_each() {
    let text = render(sample, short);
    let expected = "\
error[L001]: nothing to do
stacks/shop: error[L001]: there is no stack.yaml
stacks/shop/prod.yaml:1:13: warning[L001]: this changes nothing
stacks/shop/stack.yaml:4:5: error[L010]: a service has no field `imagee`
";
    assert_eq!(text, expected);
}

#[test]
fn json_is_one_object_a_line() {
    let text = render(sample, json);
    let expected = r#"{"code":"L001","title":"not YAML","severity":"error","message":"nothing to do","path":null,"span":null,"label":null,"related":[],"help":[],"suggestion":null}
{"code":"L001","title":"not YAML","severity":"error","message":"there is no stack.yaml","path":"stacks/shop","span":null,"label":null,"related":[],"help":["write stacks/shop/stack.yaml"],"suggestion":null}
{"code":"L001","title":"not YAML","severity":"warning","message":"this changes nothing","path":"stacks/shop/prod.yaml","span":{"start":{"line":1,"column":13,"offset":12},"end":{"line":1,"column":16,"offset":15}},"label":null,"related":[],"help":[],"suggestion":null}
{"code":"L010","title":"unknown field","severity":"error","message":"a service has no field `imagee`","path":"stacks/shop/stack.yaml","span":{"start":{"line":4,"column":5,"offset":43},"end":{"line":4,"column":11,"offset":49}},"label":"not known","related":[{"path":"stacks/shop/stack.yaml","span":{"start":{"line":3,"column":5,"offset":21},"end":{"line":3,"column":10,"offset":26}},"message":"set here, 100% surely"},{"path":"stacks/shop/prod.yaml","span":{"start":{"line":1,"column":13,"offset":12},"end":{"line":1,"column":16,"offset":15}},"message":"changed here"}],"help":["did you mean `image`?","services are listed in the reference"],"suggestion":{"path":"stacks/shop/stack.yaml","span":{"start":{"line":4,"column":5,"offset":43},"end":{"line":4,"column":11,"offset":49}},"text":"image"}}
"#;
    assert_eq!(text, expected);
}

#[test]
fn github_gets_a_workflow_command_each() {
    let text = render(sample, github);
    let expected = "\
::error title=L001%3A not YAML::nothing to do
::error file=stacks/shop,title=L001%3A not YAML::there is no stack.yaml%0Ahelp: write stacks/shop/stack.yaml
::warning file=stacks/shop/prod.yaml,line=1,endLine=1,col=13,endColumn=16,title=L001%3A not YAML::this changes nothing
::error file=stacks/shop/stack.yaml,line=4,endLine=4,col=5,endColumn=11,title=L010%3A unknown field::a service has no field `imagee`%0Anot known%0Astacks/shop/stack.yaml:3:5: set here, 100%25 surely%0Astacks/shop/prod.yaml:1:13: changed here%0Ahelp: did you mean `image`?%0Ahelp: services are listed in the reference
";
    assert_eq!(text, expected);
}

#[test]
fn junit_gets_a_suite_a_file() {
    let text = render(sample, junit);
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gen" tests="4" failures="3" errors="0">
  <testsuite name="gen" tests="1" failures="1" errors="0">
    <testcase name="L001: nothing to do" classname="gen">
      <failure type="L001" message="nothing to do">error[L001]: nothing to do</failure>
    </testcase>
  </testsuite>
  <testsuite name="stacks/shop" tests="1" failures="1" errors="0">
    <testcase name="L001: there is no stack.yaml" classname="stacks/shop">
      <failure type="L001" message="there is no stack.yaml">stacks/shop: error[L001]: there is no stack.yaml
help: write stacks/shop/stack.yaml</failure>
    </testcase>
  </testsuite>
  <testsuite name="stacks/shop/prod.yaml" tests="1" failures="0" errors="0">
    <testcase name="L001: this changes nothing" classname="stacks/shop/prod.yaml" file="stacks/shop/prod.yaml" line="1">
      <system-out>stacks/shop/prod.yaml:1:13: warning[L001]: this changes nothing</system-out>
    </testcase>
  </testsuite>
  <testsuite name="stacks/shop/stack.yaml" tests="1" failures="1" errors="0">
    <testcase name="L010: a service has no field `imagee`" classname="stacks/shop/stack.yaml" file="stacks/shop/stack.yaml" line="4">
      <failure type="L010" message="a service has no field `imagee`">stacks/shop/stack.yaml:4:5: error[L010]: a service has no field `imagee`
not known
stacks/shop/stack.yaml:3:5: set here, 100% surely
stacks/shop/prod.yaml:1:13: changed here
help: did you mean `image`?
help: services are listed in the reference</failure>
    </testcase>
  </testsuite>
</testsuites>
"#;
    assert_eq!(text, expected);
}

#[test]
fn junit_without_diagnostics_is_a_run_that_passed() {
    let text = render(|_| Diagnostics::default(), junit);
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gen" tests="1" failures="0" errors="0">
  <testsuite name="gen" tests="1" failures="0" errors="0">
    <testcase name="no diagnostics" classname="gen"/>
  </testsuite>
</testsuites>
"#;
    assert_eq!(text, expected);
}

#[test]
fn each_is_shown_once_whichever_reading_of_a_file_it_came_from() {
    let twice = |sources: &Sources| {
        let read = |_| sources.add("a.yaml", "b: c\n");
        diagnostics(
            [1, 2]
                .map(read)
                .map(|file| Diagnostic::error(Code::Syntax, find(sources, file, "b"), "wrong")),
        )
    };
    assert_eq!(render(twice, short), "a.yaml:1:1: error[L001]: wrong\n");
}

#[test]
fn order_is_by_path_position_and_code_whatever_was_found_first() {
    let mixed = |sources: &Sources| {
        let (z, a) = (sources.add("z.yaml", "z\n"), sources.add("a.yaml", "one\ntwo\n"));
        diagnostics([
            Diagnostic::error(Code::Syntax, find(sources, z, "z"), "z"),
            Diagnostic::error(Code::Syntax, find(sources, a, "two"), "two"),
            Diagnostic::error(Code::UnknownField, find(sources, a, "one"), "a later code"),
            Diagnostic::error(Code::Syntax, find(sources, a, "one"), "one"),
            Diagnostic::error_in(Code::Syntax, "a.yaml", "the whole file"),
        ])
    };
    assert_eq!(
        render(mixed, short),
        "a.yaml: error[L001]: the whole file\n\
         a.yaml:1:1: error[L001]: one\n\
         a.yaml:1:1: error[L010]: a later code\n\
         a.yaml:2:1: error[L001]: two\n\
         z.yaml:1:1: error[L001]: z\n",
    );
}

#[test]
fn the_tally_counts_each_once() {
    let sources = Sources::default();
    let sample = sample(&sources);
    let tally = Report::new(&sample, &sources).tally();
    assert_eq!(tally, Tally { errors: 3, warnings: 1, files: 3 });
    assert_eq!(tally.to_string(), "3 errors and 1 warning in 3 files");
    assert_eq!(Tally { errors: 1, warnings: 0, files: 0 }.to_string(), "1 error");
    assert_eq!(Tally { errors: 0, warnings: 2, files: 1 }.to_string(), "2 warnings in 1 file");
}

#[test]
fn colours_are_escape_sequences_around_the_same_text() {
    let style = Style { color: true, ..Style::default() };
    let colored = render(sample, |report| human(report, style));
    assert!(colored.starts_with("\u{1b}[1m\u{1b}[91merror[L001]"), "{colored:?}");
    let plain = render(sample, |report| human(report, Style::default()));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn tabs_and_windows_line_ends_keep_the_place() {
    let text = human_at("a:\r\n\tb: x\r\nc: 1\r\n", "b");
    let expected = "\
error[L001]: wrong
 --> a.yaml:2:2
  |
2 |     b: x
  |     ^

";
    assert_eq!(text, expected);
}

#[test]
fn wide_characters_keep_the_place() {
    let text = human_at("a: 日本語 x: y\n", "x");
    let expected = "\
error[L001]: wrong
 --> a.yaml:1:8
  |
1 | a: 日本語 x: y
  |           ^

";
    assert_eq!(text, expected);
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let text = human_at("\u{feff}a: b\n", "a");
    let expected = "\
error[L001]: wrong
 --> a.yaml:1:1
  |
1 | a: b
  | ^

";
    assert_eq!(text, expected);
}

#[test]
fn the_end_of_a_line_can_be_pointed_at() {
    let text = human_at("a: [b\r\nc: d\r\n", "\r\n");
    let expected = "\
error[L001]: wrong
 --> a.yaml:1:6
  |
1 | a: [b
  |      ^

";
    assert_eq!(text, expected);
}

#[test]
fn an_empty_file_can_be_pointed_at() {
    let text = human_at("", "");
    let expected = "\
error[L001]: wrong
 --> a.yaml:1:1
  |
1 |
  | ^

";
    assert_eq!(text, expected);
}

#[test]
fn of_many_lines_the_first_is_shown() {
    let text = human_at("a:\n  b: 1\n  c: 2\nd: 3\n", "b: 1\n  c: 2\n");
    let expected = "\
error[L001]: wrong
 --> a.yaml:2:3
  |
2 |   b: 1
  |   ^^^^

";
    assert_eq!(text, expected);
}

#[test]
fn control_characters_of_a_line_are_shown_as_something_else() {
    let text = human_at("a: \u{1b}[31m\u{9b}1m\u{202e}\u{0}x\n", "x");
    let expected = "\
error[L001]: wrong
 --> a.yaml:1:14
  |
1 | a: ␛[31m¿1m�␀x
  |              ^

";
    assert_eq!(text, expected);
}

#[test]
fn very_long_lines_are_cut_around_the_place() {
    let text =
        human_at(&format!("a: {}here{}\n", "x".repeat(100_000), "y".repeat(100_000)), "here");
    let expected = "\
error[L001]: wrong
 --> a.yaml:1:100004
  |
1 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxhereyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
  |                                                                   ^^^^

";
    assert_eq!(text, expected);
}

#[test]
fn a_span_past_the_end_or_inside_a_character_is_clamped() {
    let past = |sources: &Sources| {
        let file = sources.add("a.yaml", "ö\n");
        diagnostics([
            Diagnostic::error(Code::Syntax, Span { file, start: 1, end: 1 }, "inside"),
            Diagnostic::error(Code::Syntax, Span { file, start: 90, end: 91 }, "past")
                .suggest(Span { file, start: 90, end: 80 }, "x"),
        ])
    };
    let text = render(past, |report| human(report, Style::default()));
    let expected = "\
error[L001]: inside
 --> a.yaml:1:1
  |
1 | ö
  | ^

error[L001]: past
 --> a.yaml:2:1
  |
2 |
  | ^
  |
help: write this instead
  |
2 | x
  |

";
    assert_eq!(text, expected);
}

#[test]
fn hostile_names_stay_on_their_line_in_every_format() {
    let hostile = |sources: &Sources| {
        let file = sources.add("a\n::error::.yaml", "b: c\n");
        let message = "no `\u{1b}[2J\r\nx]]><\"&%`";
        diagnostics([Diagnostic::error(Code::Syntax, find(sources, file, "b"), message)])
    };
    let text = [
        render(hostile, |report| human(report, Style::default())),
        render(hostile, short),
        render(hostile, github),
        render(hostile, junit),
    ]
    .concat();
    let expected = r#"error[L001]: no `\u{1b}[2J\r\nx]]><"&%`
 --> a\n::error::.yaml:1:1
  |
1 | b: c
  | ^

a\n::error::.yaml:1:1: error[L001]: no `\u{1b}[2J\r\nx]]><"&%`
::error file=a%0A%3A%3Aerror%3A%3A.yaml,line=1,endLine=1,col=1,endColumn=2,title=L001%3A not YAML::no `\u{1b}[2J\r%0Ax]]><"&%25`
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gen" tests="1" failures="1" errors="0">
  <testsuite name="a&#10;::error::.yaml" tests="1" failures="1" errors="0">
    <testcase name="L001: no `\u{1b}[2J\r&#10;x]]&gt;&lt;&quot;&amp;%`" classname="a&#10;::error::.yaml" file="a&#10;::error::.yaml" line="1">
      <failure type="L001" message="no `\u{1b}[2J\r&#10;x]]&gt;&lt;&quot;&amp;%`">a\n::error::.yaml:1:1: error[L001]: no `\u{1b}[2J\r
x]]&gt;&lt;&quot;&amp;%`</failure>
    </testcase>
  </testsuite>
</testsuites>
"#;
    assert_eq!(text, expected);
}

#[test]
fn a_mend_can_insert_remove_and_span_lines() {
    let mends = |sources: &Sources| {
        let file = sources.add("a.yaml", "a: yes\nb:\n  - c\n  - d\ne: f\n");
        let mend = |at: &str, text: &str| {
            let span = find(sources, file, at);
            Diagnostic::error(Code::Syntax, span, "wrong").suggest(span, text)
        };
        diagnostics([mend("yes", "\"yes\""), mend("\n  - c\n  - d", " [c, d]"), mend("e: f\n", "")])
    };
    let text = render(mends, |report| human(report, Style::default()));
    let expected = r#"error[L001]: wrong
 --> a.yaml:1:4
  |
1 | a: yes
  |    ^^^
  |
help: write this instead
  |
1 - a: yes
1 + a: "yes"
  |

error[L001]: wrong
 --> a.yaml:2:3
  |
2 | b:
  |   ^
  |
help: write this instead
  |
2 - b:
3 -   - c
4 -   - d
2 + b: [c, d]
  |

error[L001]: wrong
 --> a.yaml:5:1
  |
5 | e: f
  | ^^^^
  |
help: write this instead
  |
5 - e: f
  |

"#;
    assert_eq!(text, expected);
}
