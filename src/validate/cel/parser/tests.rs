use proptest::prelude::*;

use super::*;

fn error(text: &str) -> String {
    parse(text).err().map_or_else(String::new, Fault::into_reason)
}

/// What `cel-go` makes of texts, written so that nothing is left to precedence.
#[test]
fn operators_bind_as_they_do_for_the_server() {
    for (text, same) in [
        ("a + b * c - d", "(a + (b * c)) - d"),
        ("a < b + 1 == c", "(a < (b + 1)) == c"),
        ("a || b && c ? d : e ? f : g", "(a || (b && c)) ? d : (e ? f : g)"),
        ("!a.b[c].d(e)", "!(((a.b)[c]).d(e))"),
        ("-a.b + -1", "(-(a.b)) + (-1)"),
        ("!!a && !!!b && --c", "a && !b && c"),
        ("a in b.c", "a in (b.c)"),
        (".a.b + .f(c)", "(a.b) + f(c)"),
        ("[a, ?b,] + [,]", "([a, ?b]) + []"),
        ("{a: b, ?c: d,} == {,}", "({a: b, ?c: d}) == {}"),
        ("a.b.C{d: e, f: g,}", "(.a.b.C{d: e, f: g})"),
        ("1 // one\n + 0x1F - .5e1", "(1 + 31) - 5.0"),
    ] {
        let [text, same] = [text, same].map(|text| format!("{:?}", parse(text)));
        assert_eq!(text, same);
        assert!(text.starts_with("Ok"), "{text}");
    }
}

#[test]
fn what_is_no_expression_is_said_with_its_place() {
    for (text, wanted) in [
        ("", "Syntax error: mismatched input '<EOF>' at column 1"),
        ("a +\n b b", "Syntax error: mismatched input 'b' at column 4"),
        ("f(a,)", "Syntax error: mismatched input ')' at column 5"),
        ("é", "Syntax error: token recognition error at: 'é' at column 1"),
        ("a == 'b", "Syntax error: token recognition error at: ''b' at column 6"),
        ("a.in", "Syntax error: mismatched input 'in' at column 3"),
        ("-!a", "Syntax error: mismatched input '!' at column 2"),
        ("a.`b`", "unsupported syntax: '`' at column 3"),
        ("a && as", "reserved identifier: as at column 6"),
        ("9223372036854775808", "invalid int literal at column 1"),
        ("18446744073709551616u", "invalid uint literal at column 1"),
        ("1e999", "invalid double literal at column 1"),
        ("has(a)", "invalid argument to has() macro"),
        ("a.all(b.c, true)", "argument must be a simple name"),
    ] {
        assert_eq!(error(text), wanted, "{text}");
    }
    let smallest = parse("-9223372036854775808").ok();
    assert!(matches!(smallest, Some(Syntax::Literal(Value::Int(i64::MIN)))));
}

/// The deepest that `cel-go` 0.26 takes of each, found out by asking it.
#[test]
fn depth_has_the_limit_of_the_server() {
    let deep = "expression recursion limit exceeded: 250";
    for (before, inner, after, most) in [
        ("", "a", " + a", 250),
        ("", "a", ".a", 250),
        ("", "a", "[0]", 250),
        ("", "a", ".f()", 250),
        ("", "a", " < a", 250),
        ("a ? b : ", "a", "", 249),
    ] {
        let of = |times: usize| {
            error(&format!("{}{inner}{}", before.repeat(times), after.repeat(times)))
        };
        assert_eq!((of(most), of(most + 1)), (String::new(), deep.to_owned()), "{after}");
    }
    let lists = |depth: usize| error(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    assert_eq!(lists(100), "");
    assert_eq!(lists(101), "it is nested too deeply");
    assert_eq!(lists(249), "it is nested too deeply");
    assert_eq!(lists(250), deep);
}

const WORDS: [&str; 40] = [
    "a", "has", "all", "(", ")", "[", "]", "{", "}", ".", ",", "?", ":", "-", "!", "+", "*", "%",
    "<", "==", "in", "&&", "||", "1", "2u", "1.5", "0x", "e", "'", "\"", "'''", "\\", "b'", "r'",
    "é", "\n", " ", "//", "`", "null",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,100}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_words_are_read_or_refused(
        words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..60)
    ) {
        let _ = parse(&words.concat());
    }
}
