use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::validate::testing::tree;

struct One(Value);

impl Variables for One {
    fn get(&self, name: &str, _: &Budget) -> Option<Result<Value, Fault>> {
        (name == "self").then(|| Ok(self.0.clone()))
    }
}

fn value(of: &serde_json::Value, expression: &str) -> Result<Value, Fault> {
    let one = One(dynamic(tree(of).root()));
    Expression::new(expression).evaluate(&one, &Budget::units(u64::MAX))
}

fn holds(of: &serde_json::Value, expressions: &[&str]) {
    for expression in expressions {
        assert_eq!(value(of, expression), Ok(Value::Bool(true)), "{expression}");
    }
}

#[test]
fn operators_and_fields() {
    let object =
        json!({ "a": 1, "b": 2.5, "c": "x", "l": [1, 2, 3], "m": { "k": "v" }, "n": null });
    holds(
        &object,
        &[
            "self.a + 1 == 2 && self.a < self.b",
            "self.a == 1.0 && self.c != 'y' && self.a != '1'",
            "has(self.m.k) && !has(self.m.z) && 'k' in self.m && 2 in self.l",
            "self.m['k'] == 'v' && self.l[1] == 2 && self.l.size() == 3 && size(self.c) == 1",
            "self.l.all(i, i > 0) && self.l.exists(i, i == 3) && self.l.exists_one(i, i == 2)",
            "self.l.map(i, i * 2) == [2, 4, 6] && self.l.filter(i, i > 1) == [2, 3]",
            "self.z == 1 || true",
            "!(self.z == 1 && false)",
            "self.n == null",
            "self.a > 0 ? self.c == 'x' : self.z",
            "type(self.a) == int && type(self.c) == string",
            "string(self.a) == '1' && int('3') == 3",
            "{'a': 1}.a == 1 && {'a': 1} == {'a': 1}",
        ],
    );
}

#[test]
fn optionals_pass_their_absence_on() {
    let object = json!({ "m": { "k": { "d": 1 } }, "l": [1] });
    holds(
        &object,
        &[
            "self.?m.k.d.orValue(5) == 1",
            "self.?x.k.d.orValue(5) == 5",
            "self.m.?z.orValue('none') == 'none'",
            "self.m[?'k'].hasValue() && !self.l[?3].hasValue()",
            "self.?m.optMap(m, m.k.d + 1).orValue(0) == 2",
            "optional.of(1).value() == 1 && optional.none().or(optional.of(2)).value() == 2",
            "[?self.?x, 1] == [1] && {?'a': self.?x} == {}",
        ],
    );
}

#[test]
fn macros_of_two_variables_and_bind() {
    let object = json!({ "l": [3, 1, 2], "m": { "a": 1, "b": 2 } });
    holds(
        &object,
        &[
            "cel.bind(s, self.l.size(), s == 3)",
            "self.l.all(i, v, v > i - 3) && self.m.exists(k, v, k == 'b' && v == 2)",
            "self.l.transformList(i, v, v * 2) == [6, 2, 4]",
            "self.m.transformMap(k, v, v > 1, v * 10) == {'b': 20}",
            "self.l.sortBy(v, -v) == [3, 2, 1]",
        ],
    );
}

#[test]
fn functions_of_the_libraries_are_called() {
    holds(
        &json!({ "q": "500Mi", "l": ["b", "a"] }),
        &[
            "quantity(self.q).isLessThan(quantity('1Gi'))",
            "self.l.join(',') == 'b,a' && 'A'.lowerAscii() == 'a' && 'a-b'.split('-')[1] == 'b'",
            "url('https://example.com:80/a').getHost() == 'example.com:80' && isURL('http://a')",
            "ip('10.0.0.1').family() == 4 && cidr('10.0.0.0/8').containsIP('10.1.2.3')",
            "'abc123'.find('[0-9]+') == '123' && 'abc'.matches('^[a-c]+$')",
            "math.greatest(1, 2) == 2 && sets.contains(self.l, ['a'])",
            "!format.dns1123Label().validate('ok').hasValue()",
            "semver('1.2.3').isLessThan(semver('1.3.0'))",
            "duration('1h') > duration('59m')",
            "timestamp('2026-01-01T00:00:00Z') < timestamp('2026-01-01T00:00:01Z')",
            "'%s is %d'.format(['a', 1]) == 'a is 1'",
        ],
    );
}

#[test]
fn errors_are_told_from_what_is_unknown() {
    let object = json!({ "a": 1, "c": "x" });
    let error = |expression: &str| value(&object, expression);
    assert_eq!(error("self.z"), Err(Fault::Error("no such key: z".to_owned())));
    assert_eq!(error("[1][3]"), Err(Fault::Error("index out of bounds: 3".to_owned())));
    assert_eq!(error("1 / 0"), Err(Fault::Error("division by zero".to_owned())));
    assert!(matches!(error("self.c > self.a"), Err(Fault::Error(_))));
    assert!(matches!(error("self.c.a"), Err(Fault::Error(_))));
    assert!(matches!(error("self.c.frobnicate()"), Err(Fault::Unknown(_))));
    assert!(matches!(error("self.("), Err(Fault::Error(_))));
}

#[test]
fn names_that_are_not_there_are_found() {
    let of = |text: &str| -> Vec<String> { unknown_names(&Expression::new(text), &["object"]) };
    assert_eq!(of("objct.a == 1 && object.b"), ["objct"]);
    assert_eq!(of("object.l.all(x, x > y) && math.abs(1) == 1"), ["y"]);
    assert_eq!(of("cel.bind(v, object.a, v + w)"), ["w"]);
}

#[test]
fn properties_are_escaped_as_the_server_escapes_them() {
    let escaped = |name| escape(name);
    assert_eq!(escaped("namespace").as_deref(), Some("__namespace__"));
    assert_eq!(escaped("a_b").as_deref(), Some("a_b"));
    assert_eq!(escaped("a__b").as_deref(), Some("a__underscores__b"));
    assert_eq!(escaped("x-a.b/c").as_deref(), Some("x__dash__a__dot__b__slash__c"));
    assert_eq!(escaped("1a"), None);
    assert_eq!(escaped("$ref"), None);
}

/// What comes of an expression, and what it takes.
fn taken(expression: &str) -> (Result<Value, Fault>, u64) {
    let budget = Budget::units(BUDGET);
    let result = Expression::new(expression).evaluate(&One(Value::Null), &budget);
    (result, BUDGET - budget.left())
}

const BUDGET: u64 = 100_000_000;
/// What one expression may take, and a step more for each part that finds out that it is over.
const MOST: u64 = 2_000_000 + 2_000;

fn doubled(times: usize, first: &str, body: &str) -> String {
    let bind = |n: usize| format!("cel.bind(a{}, {}, ", n + 1, body.replace('a', &format!("a{n}")));
    let binds: String = (0..times).map(bind).collect();
    format!("cel.bind(a0, {first}, {binds}size(a{times}) > 0{}", ")".repeat(times + 1))
}

#[test]
fn what_takes_too_much_is_not_made() {
    let long = "x".repeat(1000);
    let texts = format!("'{long}'.split('')");
    let thousand = "lists.range(1000)";
    let million = format!("{thousand}.map(x, {thousand})");
    let expressions = [
        doubled(40, "'xxxxxxxxxxxxxxxx'", "a + a"),
        doubled(40, "[1]", "a + a"),
        doubled(40, "b'xx'", "a + a"),
        doubled(40, "[1, 2]", "[a, a]").replace("size(a40) > 0", "a40 == a39"),
        doubled(40, "[1, 2]", "[a, a]").replace("size(a40)", "'%s'.format([a40]).size()"),
        doubled(40, "[1, 2]", "[a, a]").replace("size(a40)", "a40.flatten(50).size()"),
        doubled(40, "'xx'", "a.replace('x', a)"),
        doubled(40, "'xx'", "a.split('').join(a)"),
        doubled(40, "'xx'", "'%s%s'.format([a, a])"),
        doubled(40, "'xx'", "'%x'.format([a])"),
        doubled(40, "'xx'", "base64.encode(bytes(a + a))"),
        doubled(40, "'\\\\'", "strings.quote(a)"),
        "lists.range(9223372036854775807).size() > 0".to_owned(),
        format!("{million}.flatten().distinct() == []"),
        format!("{million}.flatten().sort() == []"),
        format!("{million}.all(x, x in {million})"),
        format!("{million} == {million}"),
        format!("{thousand}.all(x, {thousand}.all(y, {thousand}.all(z, true)))"),
        format!("{thousand}.all(x, {texts}.map(y, y + y).size() > 0)"),
        format!("{thousand}.map(x, {texts}).all(x, x.join('{long}').size() > 0)"),
        format!("sets.contains({million}, {million})"),
        format!("{thousand}.map(x, {{x: {thousand}}}).size() > 0"),
        format!("{thousand}.transformMapEntry(i, v, {thousand}.transformMap(k, w, w)) == {{}}"),
        format!("{thousand}.all(x, '{long}b' in {thousand}.map(y, '{long}a') || true)"),
        format!("{thousand}.all(x, '{long}'.matches('(x?){{500}}y') || true)"),
        "'x'.matches('((a{1000}){1000}){1000}')".to_owned(),
        "'x'.find('((a{1000}){1000}){1000}') == ''".to_owned(),
        format!("('{long}' + '{long}').findAll('x|x.*y').size() > 0"),
        format!("{thousand}.all(x, quantity('{}').isInteger() || true)", "9".repeat(20_000)),
        format!("{thousand}.all(x, url('http://a/?{long}').getQuery() != {{}})"),
        format!("{thousand}.all(x, semver('1.0.0-{long}').major() == 1)"),
        format!(
            "{thousand}.all(x, format.dns1123Subdomain().validate('{}').hasValue())",
            ".".repeat(1000)
        ),
        format!("{thousand}.all(x, {thousand}.sortBy(y, -y).size() == 1000)"),
    ];
    let finished: Vec<String> = expressions
        .iter()
        .filter_map(|expression| {
            let (result, units) = taken(expression);
            let is_refused = matches!(result, Err(Fault::Unknown(_))) && units <= MOST;
            let start: String = expression.chars().take(200).collect();
            (!is_refused).then(|| format!("{start}: {result:?} for {units}"))
        })
        .collect();
    assert_eq!(finished, [""; 0]);
}

#[test]
fn what_is_small_takes_little() {
    for (expression, most) in [
        ("1 + 1 == 2", 10),
        ("'abc'.matches('^[a-z]+$')", 250),
        ("[3, 1, 2].sort() == [1, 2, 3]", 70),
        ("[1, 2, 3].map(x, x * 2).filter(x, x > 2).size() == 2", 100),
        ("lists.range(1000).map(x, x + 1).exists(x, x == 1000)", 40_000),
        ("quantity('1Gi').compareTo(quantity('1Mi')) == 1", 20),
    ] {
        let (result, units) = taken(expression);
        assert_eq!(result, Ok(Value::Bool(true)), "{expression}");
        assert!(units <= most, "{expression}: {units}");
    }
}

#[test]
fn depth_is_bounded_for_every_construct() {
    let error = |result: &Result<Value, Fault>| matches!(result, Err(Fault::Error(_)));
    for (before, inner, after) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{1: ", "1", "}"),
        ("!(", "true", ")"),
        ("-(", "1", ")"),
        ("size([", "1", "])"),
        ("[1].map(x, ", "x", ")"),
        ("cel.bind(x, 1, ", "x", ")"),
        ("optional.of(", "1", ")"),
        ("[1][", "0", "]"),
        ("1 + (", "1", ")"),
        ("true ? 1 : ", "1", ""),
        ("", "1", " + 1"),
        ("", "self", ".a"),
        ("", "self", "[0]"),
        ("", "self", ".?a"),
        ("", "1", " < 1"),
        ("", "'a'", ".trim()"),
        ("true ? (", "1", ") : 2"),
    ] {
        for times in [90, 240, 1000, 30_000] {
            let text = format!("{}{inner}{}", before.repeat(times), after.repeat(times));
            let (result, units) = taken(&text);
            assert!(units < MOST, "{before}{inner}{after} {times}: {units}");
            assert!(times < 1000 || error(&result), "{before}{inner}{after} {times}: {result:?}");
        }
    }
    // These nest nothing.
    for (part, last) in [("!", "true"), ("-", "1"), ("true && ", "true"), ("false || ", "true")] {
        let (result, _) = taken(&format!("{}{last}", part.repeat(10_000)));
        assert!(result.is_ok(), "{part}: {result:?}");
    }
}

#[test]
fn an_expression_is_as_long_as_the_server_takes() {
    let of = |length: usize| Expression::new(&format!("'{}'", "é".repeat(length - 2)));
    assert!(of(100_000).syntax().is_ok());
    let size = "expression code point size exceeds limit: size: 100001, limit 100000";
    assert_eq!(of(100_001).syntax().err(), Some(Fault::Error(size.to_owned())));
}

#[test]
fn what_is_quoted_is_short() {
    let long = "x".repeat(5000);
    for expression in [
        format!("self.{long}"),
        format!("{long} == 1"),
        format!("{long}.{long}()"),
        format!("self.{long}()"),
        format!("bool('{long}')"),
        format!("quantity('{long}')"),
        format!("semver('{long}')"),
        format!("{{'a': 1}}['{long}']"),
        format!("'a'.matches('({long}')"),
        format!("timestamp('{long}')"),
        format!("'{long}"),
        format!("1 '{long}'"),
        format!("{long}{{}}"),
    ] {
        let reason = taken(&expression).0.map_err(Fault::into_reason);
        assert!(reason.as_ref().is_err_and(|it| it.len() < 300), "{reason:?}");
    }
    assert_eq!(shown(&format!("a  {long}\n == {long}")), format!("a {}...", "x".repeat(75)));
    assert_eq!(shown("a ==\n  b"), "a == b");
}

#[test]
fn no_arithmetic_panics() {
    let of = |expression: &str| taken(expression).0;
    let fails = |expression: &str| assert!(of(expression).is_err(), "{expression}");
    fails("'%.99999d'.format([1])");
    fails("'%.1000000000f'.format([1.0])");
    fails("'%.65536e'.format([1.0])");
    fails("-9223372036854775808 / -1 == 1");
    fails("-9223372036854775808 % -1 == 1");
    fails("-(-9223372036854775807 - 1) == 1");
    fails("[9223372036854775807, 1].sum() == 1");
    fails("[0u, 18446744073709551615u, 1u].sum() == 1u");
    fails("duration('9223372036s') + duration('9223372036s') == duration('1s')");
    fails("duration('9999999999h')");
    fails("timestamp('9999-12-31T23:59:59Z') + duration('1s') > timestamp('0001-01-01T00:00:00Z')");
    fails("timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z') > duration('1s')");
    fails("timestamp('2026-01-01T00:00:00Z').getHours('999999999:00') == 1");
    fails("[1, 'a', 2.0, double('NaN'), true].sort() == []");
    fails("[int, string].sort() == []");
    fails("[int].sum() == 1");
    fails("int.frobnicate()");
    fails("quantity(int)");
    fails("'é'.substring(0, 9223372036854775807)");
    fails("'é'.charAt(-9223372036854775808)");
    fails("[1].slice(-1, 9223372036854775807)");
    fails("math.abs(-9223372036854775808)");
    holds(
        &json!(null),
        &[
            "quantity('9e1000').add(quantity('9e1000')).isGreaterThan(quantity('1'))",
            "quantity('1e-1000').compareTo(quantity('1e1000')) == -1",
            "quantity('5').sub(7).asInteger() == -2 && quantity('1.5').asApproximateFloat() == 1.5",
            "'aéa'.lastIndexOf('a') == 2 && 'aéa'.lastIndexOf('é', 1) == 1 && 'aé'.indexOf('é') == 1",
            "'aéa'.substring(1, 2) == 'é' && 'aéa'.charAt(1) == 'é' && 'aéa'.charAt(3) == ''",
            "'a,é,c'.split(',', 2) == ['a', 'é,c'] && 'aé'.split('') == ['a', 'é']",
            "'aXbX'.replace('X', '-', 1) == 'a-bX' && 'ab'.replace('', '-') == '-a-b-'",
            "'a1b22'.findAll('[0-9]*') == ['', '1', '22'] && 'é1'.find('[0-9]') == '1'",
            "'aab'.findAll('a*') == ['aa', ''] && 'aab'.findAll('a', 1) == ['a']",
            "duration('-1h1.5s') == duration('-3601500ms') && duration('0') == duration('0s')",
            "!!true && !!!false && --1 == 1",
            "'\\\"' == '\"' && r'\\' == '\\\\'",
            "[2, 1].sort() == [1, 2] && ['b', 'a'].sort() == ['a', 'b'] && [].sort() == []",
            "[1, 1.0, 2].distinct() == [1, 2] && [1, [2, [3]]].flatten(2) == [1, 2, 3]",
            "sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])",
            "'%s'.format([[1, 'a', 2.5, {'k': true}]]) == '[1, \"a\", 2.500000, {\"k\":true}]'",
        ],
    );
}

proptest! {
    #[test]
    fn a_property_has_one_name_and_a_name_one_property(
        name in "[a-z_./-]{1,4}([a-z0-9_./-]|__|(__(dot|dash|slash|underscores|for)__)){0,8}",
    ) {
        if let Some(escaped) = escape(&name) {
            prop_assert_eq!(unescape(&escaped), Some(name.clone()));
        }
        if let Some(own) = unescape(&name) {
            prop_assert_eq!(escape(&own), Some(name));
        }
    }
}

#[test]
fn names_are_those_of_properties() {
    for word in RESERVED {
        assert_eq!(unescape(&format!("__{word}__")).as_deref(), Some(word));
        assert_eq!(unescape(word), None);
    }
    assert_eq!(unescape("x__dash__a__dot__b__slash__c").as_deref(), Some("x-a.b/c"));
    assert_eq!(unescape("a__underscores___b").as_deref(), Some("a___b"));
    for name in ["a__b", "a__for__", "__what__", "a.b", "", "1a"] {
        assert_eq!(unescape(name), None, "{name}");
    }
}
