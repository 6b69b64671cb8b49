use serde_json::json;

use super::*;
use crate::validate::testing::tree;

struct One(Value);

impl Variables for One {
    fn get(&self, name: &str) -> Option<Result<Value, Fault>> {
        (name == "self").then(|| Ok(self.0.clone()))
    }
}

fn value(of: &serde_json::Value, expression: &str) -> Result<Value, Fault> {
    let one = One(dynamic(tree(of).root()));
    Expression::new(expression).evaluate(&one)
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
    let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    assert!(matches!(error(&deep), Err(Fault::Unknown(_))));
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
