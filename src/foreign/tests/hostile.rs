//! Templates that ask for more than there may be: of depth, of steps, of bytes. Each is one that
//! took seconds, gigabytes or the stack before it was bounded.

use proptest::prelude::*;

use super::*;

/// What is said of a template of a text that takes no parameters: the first line, in short.
fn said(template: &str) -> String {
    let case = Case::new("configs: { all: { templates: { text: {} } } }\n")
        .file("templates/text.j2", template);
    let (texts, diagnostics) = case.texts();
    assert_eq!(texts.is_empty(), diagnostics.has_errors(), "{diagnostics:?}");
    let all = short(&Report::new(&diagnostics, &case.project.sources));
    all.lines().next().unwrap_or("sound").replace("templates/text.j2:", "")
}

const LOOP: &str = "{% for i in range(99999) %}";

/// Renders a block again and again, with a string of two million bytes.
fn repeated(block: &str) -> String {
    format!("{{% set s = 'x' * 2000000 %}}{{% set t = 'x' * 2000000 %}}{LOOP}{block}{{% endfor %}}")
}

const MADE: &str = "error[R064]: the template makes more than 32 MiB of strings, lists and maps";
const LONG: &str = "error[R064]: the template makes a string of more than 2097152 bytes";
const NESTED: &str = "error[R064]: invalid operation: recursion limit exceeded";
const DEEP: &str = "error[R064]: the template makes lists and maps that lie more than 100 deep in \
                    each other";

#[test]
fn depth_is_bounded_before_the_engine_reads() {
    let many = |part: &str| part.repeat(50_000);
    let expression = "error[L060]: the expression is too deep";
    for (template, at) in [
        (format!("a\n{{{{ {}1 }}}}", many("not ")), "2:404"),
        (format!("{{{{ {}1 }}}}", many("- ")), "1:204"),
        (format!("{{{{ {}1", many("not ")), "1:404"),
        (format!("{{% if {}", many("(")), "1:107"),
        (format!("{{{{ stack{} }}}}", many(".a")), "1:209"),
        (format!("{{{{ stack{} }}}}", many("|string")), "1:709"),
        (format!("{{{{ 1{} }}}}", many(" if 1 else 1")), "1:606"),
        (format!("{{{{ 1{} }}}}", many("+1")), "1:205"),
    ] {
        assert_eq!(said(&template), format!("{at}: {expression}"));
    }
    let blocks =
        "error[L060]: the template is too deep: too many blocks and `elif`s lie in each other";
    assert_eq!(said(&format!("{{% if 0 %}}{}", many("{% elif 0 %}"))), format!("1:1199: {blocks}"));
    assert_eq!(said(&many("{% if 1 %}")), format!("1:1001: {blocks}"));
    let name = "a".repeat(201);
    assert_eq!(said(&format!("{{{{ {name} }}}}")), "1:4: error[L060]: the name is too long");
}

#[test]
fn values_are_bounded_where_they_are_bound() {
    let many = |first: &str, part: &str| format!("{first}{}", part.repeat(2000));
    for (template, expected) in [
        (many("{% set x = 'a' %}", "{% set x = x ~ x %}"), LONG),
        (many("{% set x = 'a' %}", "{% set x = x + x %}"), LONG),
        (many("{% set x = 'a' %}", "{% set x %}{{ x }}{{ x }}{% endset %}"), LONG),
        (many("{% set x = [1] %}", "{% set x = [x, x] %}"), MADE),
        (many("{% set x = [1] %}", "{% set x = [x] %}"), DEEP),
        (many("{% set x = [1] %}", "{% set x = {'a': x} %}"), DEEP),
        (many("{% set x = [1] %}", "{% set x = x, 1 %}"), DEEP),
        (many("{% set x = [1] %}", "{% set x = x | zip %}"), DEEP),
        (many("{% set x = [1] %}", "{% set x = x + [1] %}"), MADE),
        (many("{% set x = {} %}", "{% set x = x | chain({x | length: 1}) %}"), MADE),
        (many("{% set x = [1] %}", "{% set x = x[0:] %}") + "{{ x }}", "sound"),
        (many("{% set x = [1] %}", "{% set x = x | reverse %}") + "{{ x }}", "sound"),
        ("{% for x in [1] recursive %}{{ loop([[x, x]]) }}{% endfor %}".to_owned(), MADE),
        ("{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}".to_owned(), NESTED),
    ] {
        let said = said(&template);
        assert!(
            said.ends_with(expected),
            "{said} for {}",
            template.chars().take(60).collect::<String>()
        );
    }
}

#[test]
fn what_is_made_is_paid_for_before_it_is_there() {
    for expression in [
        "'x' * 2000000 * 2000000",
        "[1] * 100000000",
        "(1, 2) * 100000000",
        "[1] * 100000000 == [1] * 100000000",
        "range(99999) | join('x' * 2000000)",
        "('x' * 2000000) | replace('', 'x' * 2000000)",
        "('x' * 2000000) | replace('x', 'x' * 99)",
        "('\\n' * 2000000) | indent(2000000, true, true)",
        "'x' | indent(width=20000000000)",
        "[1] | batch(2000000000, 'x')",
        "[1] | slice(2000000000)",
        "[1] | slice(count=2000000000)",
        "'%1999999999d' | format(1)",
        "'%*d' | format(1999999999, 1)",
        "'%.1999999999f' | format(1)",
        "range(99999) | tojson(indent=1000000)",
        "[range(99999) | list] | pprint",
        "('x' * 2000000) | list",
        "(['x' * 20000] * 1000) | sum(start='')",
        "([[1]] * 30000) | sum(start=[])",
        "(['X' * 200000] * 100) | sort",
        "(['X' * 200000] * 100) | unique",
        "([{'a': 'X' * 200000}] * 100) | groupby('a')",
        "range(99999) | map('default', 'x' * 2000000) | list",
        "range(99999) | list * 9999",
    ] {
        let said = said(&format!("\n{{% set x = {expression} %}}"));
        assert!(said.starts_with("2:") && said.ends_with(MADE), "{said} for {expression}");
    }
}

#[test]
fn what_costs_little_once_is_paid_for_each_time() {
    for block in [
        "{% if s == t %}{% endif %}",
        "{% if s is eq t %}{% endif %}",
        "{% if s <= t <= s %}{% endif %}",
        "{% if 'xy' in s %}{% endif %}",
        "{% if s[-1] %}{% endif %}",
        "{% if s.1999999 %}{% endif %}",
        "{% if s is eq s[-1] %}{% endif %}",
        "{% set x = s[1999999:] %}",
        "{% set x = s[::-1] %}",
        "{% set x = s ~ '' %}",
        "{% set x = s + '' %}",
        "{% set x = s | upper %}",
        "{% if s | length %}{% endif %}",
        "{% set x %}{{ s }}{% endset %}",
        "{% set x = {s: 1} %}",
        "{% do loop.changed(s) %}",
        "{% if 5 in range(100000) %}{% endif %}",
    ] {
        let said = said(&repeated(block));
        assert!(said.ends_with(MADE), "{said} for {block}");
    }
    let text = "y".repeat(100_000);
    for block in
        [text.clone(), format!("{{% raw %}}{text}{{% endraw %}}"), format!("{{# #}}{text}")]
    {
        let captured = format!("{{% set x %}}{LOOP}{block}{{% endfor %}}{{% endset %}}");
        assert!(said(&captured).ends_with(MADE));
        let filtered = format!("{{% filter upper %}}{LOOP}{block}{{% endfor %}}{{% endfilter %}}");
        assert!(said(&filtered).ends_with(MADE));
    }
    let sorted = "{% set l = range(1000) | list %}{% for i in range(9999) %}\
                  {% set x = l | sort | reverse | list | join(',') | length %}{% endfor %}";
    assert!(said(sorted).ends_with(MADE));
    let steps = format!("{LOOP}{LOOP}{{% endfor %}}{{% endfor %}}");
    assert!(said(&steps).ends_with("error[R064]: the template does not come to an end"));
}

#[test]
fn what_templates_do_every_day_is_far_from_the_bounds() {
    let services = "{% set all = range(200) | map('string') | list %}{% for one in all %}\
                    {% if one in all and all | select('eq', one) | first == one %}\
                    {{ '%03d' | format(loop.index) ~ '-' * 3 ~ one[:2] ~ all[loop.index0] }}\
                    {% endif %}{% endfor %}";
    assert_eq!(said(services), "sound");
    let long = format!("{{{{ '{}' | indent(4) }}}}", "line\\n".repeat(100_000));
    assert_eq!(said(&long), "sound");
}

#[test]
fn slices_and_products_follow_python() {
    let rendered = |expression: &str| {
        let case = Case::new("configs: { all: { templates: { text: {} } } }\n")
            .file("templates/text.j2", format!("{{{{ {expression} }}}}"));
        let (texts, diagnostics) = case.texts();
        let all = short(&Report::new(&diagnostics, &case.project.sources));
        texts.into_iter().next().unwrap_or(all)
    };
    for (expression, made) in [
        ("'abcde'[1:-1]", "bcd"),
        ("'abcde'[::-1]", "edcba"),
        ("'abcde'[3:0:-1]", "dcb"),
        ("'abcde'[0:2:-1]", ""),
        ("'abcde'[-9:9:2]", "ace"),
        ("'äöü'[1:]", "öü"),
        ("'abc'[::-9223372036854775808]", "c"),
        ("[1, 2, 3][-2:]", "[2, 3]"),
        ("[1, 2, 3][:1][0]", "1"),
        (
            "none[1:]",
            "templates/text.j2:1:8: error[R064]: invalid operation: tried to use [:] \
                      operator on unsupported types none and none\n",
        ),
        ("2 * 3.5", "7.0"),
        ("true * 3", "3"),
        ("'ab' * 2", "abab"),
        ("2 * ['a']", r#"["a", "a"]"#),
        ("-2 * 3 ** 2", "-18"),
        ("7 // 2 * 2 % 4", "2"),
        (
            "'ab' * -1",
            "templates/text.j2:1:9: error[R064]: invalid operation: tried to use * operator on \
          unsupported types string and number\n",
        ),
    ] {
        assert_eq!(rendered(expression), made, "{expression}");
    }
}

#[test]
fn names_that_nothing_declares_are_reported_once_each() {
    let lines = (0..300).map(|name| format!("{{{{ name{name} ~ name{name} }}}}\n"));
    let names = lines.collect::<Vec<_>>().concat();
    let case = Case::new("templates: { settings: {} }\n").file("templates/settings.yaml", names);
    let said = case.short(&case.templates());
    assert_eq!(said.lines().count(), 21);
    assert!(said.contains(
        "error[L061]: `name0` is no parameter of this template, here and in 1 more place\n"
    ));
    assert!(said.ends_with(
        "error[L061]: more names that are no parameters of this template follow from here on\n"
    ));
}

#[test]
fn patterns_look_at_little() {
    let long = "x".repeat(70_000);
    let case = Case::new("templates: { settings: {} }\n").file("templates/settings.yaml", "").file(
        "templates/settings.parameters.yaml",
        format!(
            "parameters:\n  a: {{ type: string, pattern: '^x*$', default: {long} }}\n  \
                 b: {{ type: string, pattern: '(x{{900}}){{900}}', default: x }}\n"
        ),
    );
    assert_eq!(
        case.short(&case.templates()),
        "\
templates/settings.parameters.yaml:2:48: error[L062]: `a` is too long to be held against its pattern
templates/settings.parameters.yaml:3:31: error[L062]: this is no regular expression: compiled regex exceeded size limit
"
    );
}

/// Pieces of templates, whole and broken.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "-",
        "+",
        "{% set x = ",
        "{% for x in ",
        "{% endfor %}",
        "{% if ",
        "{% elif ",
        "{% endif %}",
        "{% raw %}",
        "{% endraw %}",
        "{% set x %}",
        "{% endset %}",
        "{% filter upper %}",
        "{% endfilter %}",
        "{% with x = ",
        "{% endwith %}",
        "x",
        "not ",
        "'",
        "\"",
        "'a'",
        "1",
        "99999999",
        "*",
        "**",
        "~",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ":",
        ",",
        ".",
        "|",
        " is ",
        " in ",
        " if ",
        " else ",
        "loop",
        "range(9)",
        "stack.name",
        "join",
        "replace",
        "sort",
        "=",
        "==",
        "\\",
        "\n",
        " ",
        "é",
        "\u{0}",
        "abc",
        "text",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever a template holds, it renders, or what is wrong is said.
    #[test]
    fn any_text_is_a_template_or_a_diagnostic(template in prop_oneof![pieces(), any::<String>()]) {
        said(&template);
    }
}
