use super::*;

/// What is wrong with an expression that knows `device` and an `object`.
fn misfits(text: &str) -> Vec<String> {
    check(&Expression::new(text), &variables(), &BTreeSet::new(), &Budget::units(1_000_000))
        .misfits
        .into_iter()
        .map(line)
        .collect()
}

fn line(misfit: Misfit) -> String {
    let help = misfit.help.map(|help| format!(" [{help}]")).unwrap_or_default();
    let tested = misfit.tested.map(|field| format!(" (is `{field}` there?)")).unwrap_or_default();
    format!("{}{help}{tested}", misfit.message)
}

fn variables() -> Vec<(&'static str, Declared)> {
    let text = Declared::TEXT;
    let container = Declared::record([("name", text.clone()), ("image", text.clone())]);
    let spec = Declared::record([
        ("replicas", Declared::Plain(Type::Int)),
        ("containers", Declared::list(container)),
        ("namespace", text.clone()),
        ("x-y", text.clone()),
    ]);
    let labels = Declared::map(text.clone());
    let object = Declared::record([
        ("kind", Declared::text("Pod")),
        ("spec", spec),
        ("labels", labels),
        ("other", Declared::Any),
    ]);
    vec![("object", object), ("device", Declared::record([("driver", Declared::Any)]))]
}

fn kind(text: &str) -> Option<Type> {
    let budget = Budget::units(1_000_000);
    check(&Expression::new(text), &[], &BTreeSet::new(), &budget).of.kind()
}

const NOTHING: [&str; 0] = [];

#[test]
fn an_expression_shows_the_type_of_its_value() {
    assert_eq!(kind("1 + 2"), Some(Type::Int));
    assert_eq!(kind("'at most ' + string(variables.most)"), Some(Type::String));
    assert_eq!(kind("object.spec.replicas <= 5"), Some(Type::Bool));
    assert_eq!(kind("has(object.spec) ? 'a' : 'b'"), Some(Type::String));
    assert_eq!(kind("object.spec.paused"), None);
    assert_eq!(kind("object.items.map(i, i.name)"), Some(Type::List));
    assert_eq!(kind("object.items.exists(i, i.name == 'a')"), Some(Type::Bool));
    assert_eq!(kind("object.items.map(i, i.name).join(',')"), Some(Type::String));
    assert_eq!(kind("object.?spec.paused.orValue(false)"), None);
    assert_eq!(kind("authorizer.path('/a').check('get').allowed()"), Some(Type::Bool));
}

#[test]
fn what_cannot_go_together_is_said() {
    assert_eq!(misfits("device.driver == 'a' && size(other.list) > 1"), NOTHING);
    assert_eq!(misfits("device.diver == 'a'"), ["`device` has no field `diver` [write `driver`]"]);
    assert_eq!(misfits("ha(other.a)"), ["there is no function `ha`"]);
    assert_eq!(misfits("other.a.tartsWith('b')"), ["there is no function `tartsWith`"]);
    assert_eq!(
        misfits("'a' > 1 || 1"),
        ["`>` does not go between string and int", "`||` does not go between bool and int"]
    );
    assert_eq!(misfits("1.5 < 2 && timestamp('a') + duration('1h') > timestamp('b')"), NOTHING);
    assert_eq!(
        misfits("!'a' || -'a' == 'b'"),
        ["`!` does not go with string", "`-` does not go with string"]
    );
    assert_eq!(misfits("1 == 'a'"), ["`==` does not go between int and string"]);
    assert_eq!(misfits("1 in ['a']"), ["`in` does not go between int and list"]);
    assert_eq!(misfits("'a' in 'abc'"), ["`in` does not go between these strings"]);
    assert_eq!(misfits("other.a ? 'a' : 1"), ["`:` does not go between string and int"]);
    assert_eq!(misfits("other.a == null || 1 == null || [] == ['a']"), NOTHING);
}

#[test]
fn fields_are_followed_through_lists_maps_and_macros() {
    for (text, wanted) in [
        ("object.spec.replica > 1", "`object.spec` has no field `replica` [write `replicas`]"),
        ("object.spec.replicas.size() > 1", "there is no function `size` of int"),
        ("size(object.spec.replicas) > 1", "there is no function `size` of int"),
        ("object.spec.replicas == '1'", "`==` does not go between int and string"),
        (
            "object.spec.containers.image == 'a'",
            "`object.spec.containers` (list) has no field `image`",
        ),
        (
            "object.spec.containers[0].imag == 'a'",
            "`object.spec.containers[0]` has no field `imag` [write `image`]",
        ),
        ("object.spec.containers.all(c, c.nam == 'a')", "`c` has no field `nam` [write `name`]"),
        (
            "object.spec.containers.filter(c, c.name == 'a').exists(c, c.nam == 'a')",
            "`c` has no field `nam` [write `name`]",
        ),
        (
            "object.spec.containers.map(c, c.name).exists(n, n > 1)",
            "`>` does not go between string and int",
        ),
        ("object.spec.containers.all(i, c, c.nam == 'a')", "`c` has no field `nam` [write `name`]"),
        ("object.spec.containers['a'] == null", "`[]` does not go between list and string"),
        ("object.labels.all(k, k > 1)", "`>` does not go between string and int"),
        ("object.labels.team > 1", "`>` does not go between string and int"),
        ("object['spek'] == null", "`object` has no field `spek` [write `spec`]"),
        (
            "object.spec.replicas.all(x, true)",
            "`object.spec.replicas` is int where a list or a map is due",
        ),
        (
            "cel.bind(s, object.spec, s.replica == 1)",
            "`s` has no field `replica` [write `replicas`]",
        ),
        ("object.spec.replicas.startsWith('1')", "there is no function `startsWith` of int"),
        ("object.labels.startsWith('1')", "there is no function `startsWith` of map"),
        ("object.kind == 1", "`==` does not go between string and int"),
        (
            "(other.a ? object.spec : object.spec).replica == 1",
            "what stands before `.replica` has no field `replica` [write `replicas`]",
        ),
    ] {
        assert_eq!(misfits(text), [wanted], "{text}");
    }
    for text in [
        "object.other.anything[3].at > 1 || object.labels['a'] == 'b' || 'a' in object.labels",
        "object.spec.namespace == 'a' || object.spec.__namespace__ == 'a'",
        "object.spec.x__dash__y == 'a'",
        "object.spec.containers.map(c, c.name) == ['a'] || object.spec.containers[0].name == 'b'",
        "object.spec.containers.all(c, c.image.startsWith('a') && object.spec.replicas >= 1)",
        "object.spec.containers.filter(c, true).map(c, c.name).join(', ') == 'a'",
        "object.spec.containers.exists_one(c, c.name == 'a') && object.spec.containers.size() > 0",
        "(object.spec.containers + object.other).all(c, c.nam == 'a')",
        "size(object.spec) > 1 || object.spec.replicas > 1.5",
    ] {
        assert_eq!(misfits(text), NOTHING, "{text}");
    }
}

#[test]
fn what_may_not_be_there_is_an_optional() {
    for (text, wanted) in [
        (
            "object.?spec.?replica.orValue(1) == 1",
            "`object.?spec` has no field `replica` [write `replicas`] (is `object.?spec.replica` there?)",
        ),
        (
            "object.spec.?replicas.orValue('a') == 'b'",
            "`orValue` does not go between int and string",
        ),
        ("object.spec.?replicas.size() == 1", "there is no function `size` of optional"),
        (
            "object.?spec.containers[?0].nam.orValue('a') == 'b'",
            "what stands before `.nam` has no field `nam` [write `name`] (is `.nam` there?)",
        ),
        (
            "object.?spec.optMap(s, s.replica).orValue(1) == 1",
            "`s` has no field `replica` [write `replicas`]",
        ),
        ("object.spec.replicas.orValue(1) == 1", "there is no function `orValue` of int"),
        ("optional.of(1).value() == 'a'", "`==` does not go between int and string"),
    ] {
        assert_eq!(misfits(text), [wanted], "{text}");
    }
    let good = "object.?labels.?team.orValue('') == 'a' && object.?spec.containers.orValue([]).all(c, c.name != '')";
    assert_eq!(misfits(good), NOTHING);
}

#[test]
fn what_a_kind_leaves_no_way_to_is_not_looked_at() {
    for text in [
        "object.kind == 'Pod' || object.spec.template.spec != null",
        "object.spec.template.spec != null || object.kind == 'Pod'",
        "object.kind != 'Pod' && object.spec.template.spec != null",
        "object.kind in ['Pod', 'Job'] ? true : object.spec.template.spec != null",
        "!(object.kind in ['Job']) || object.spec.template.spec != null",
    ] {
        assert_eq!(misfits(text), NOTHING, "{text}");
    }
    let unguarded = "object.kind == 'Pod' && object.spec.template.spec != null";
    assert_eq!(misfits(unguarded), ["`object.spec` has no field `template`"]);
    // What merely asks is told apart: another kind may have it.
    let asks = "has(object.spec.template) ? object.spec.template.spec != null : true";
    assert_eq!(
        misfits(asks),
        ["`object.spec` has no field `template` (is `object.spec.template` there?)"]
    );
    let asks = "has(object.spec.replicas) ? true : object.spec.template.spec != null";
    let of = |given: &[&str]| {
        let given = given.iter().map(|&field| field.to_owned()).collect();
        check(&Expression::new(asks), &variables(), &given, &Budget::units(1_000_000))
    };
    let present = of(&[]).present;
    assert_eq!(present.into_iter().collect::<Vec<_>>(), ["object.spec.replicas"]);
    assert_eq!(of(&[]).misfits.len(), 1);
    assert_eq!(of(&["object.spec.replicas"]).misfits.len(), 0);
    // Where the kind is not known, everything is compiled.
    let expression = Expression::new("false && 'a' > 1");
    let unknown = check(&expression, &[], &BTreeSet::new(), &Budget::units(1_000_000)).misfits;
    assert_eq!(unknown.len(), 1);
}

#[test]
fn an_expression_is_asked_what_it_names() {
    let of = Expression::new("params == null || variables.a.b > 1 && variables[c] > 1");
    assert_eq!(fields_of(&of, "variables").into_iter().collect::<Vec<_>>(), ["a"]);
    assert!(compares_with_null(&of, "params"));
    assert!(!compares_with_null(&of, "variables"));
}

#[test]
fn maps_have_keys_of_any_type() {
    for text in [
        "{1: 'a'}[1] == 'a' && 1 in {1: 'a'} && {1: 'a'}.all(k, k > 0)",
        "{true: 1}[true] == 1 || {1u: 'a'}[1u] == 'a' || {}[1] == 2",
        "{1: 'a'}.filter(k, k > 0)[0] == 1 && {1: 'a'}.map(k, k + 1)[0] == 2",
        "object.spec.containers.transformMap(i, c, c.name)[0] == 'a'",
        "object.spec.containers.transformMap(i, c, c.name).exists(i, i == 0)",
        "object.labels.transformMapEntry(k, v, {v.size(): k})[1] == 'a'",
        "object.labels.filter(k, k.startsWith('a'))[0] == 'b'",
        "{1: 'a', 'b': 'c'}['b'] == 'c'",
    ] {
        assert_eq!(misfits(text), NOTHING, "{text}");
    }
    for (text, wanted) in [
        ("{1: 'a'}['1'] == 'a'", "`[]` does not go between map and string"),
        ("'a' in {1: 'a'}", "`in` does not go between string and map"),
        ("{1: 'a'} == {'b': 'a'}", "`==` does not go between these maps"),
        (
            "object.spec.containers.transformMap(i, c, c.name).exists(i, i == 'a')",
            "`==` does not go between int and string",
        ),
        (
            "object.labels.transformMapEntry(k, v, {v.size(): k})['a'] == 'b'",
            "`[]` does not go between map and string",
        ),
        ("object.labels.filter(k, true)['a'] == 'b'", "`[]` does not go between list and string"),
    ] {
        assert_eq!(misfits(text), [wanted], "{text}");
    }
}

#[test]
fn operators_and_functions_take_what_those_of_the_server_take() {
    for text in [
        "1 + 2 == 3 && 1u + 1u == 2u && 1.5 + 1.5 == 3.0 && 'a' + 'b' == 'ab' && [1] + [2] == []",
        "timestamp('a') + duration('1h') > duration('1h') + timestamp('a')",
        "timestamp('a') - timestamp('a') == duration('1h') - duration('1h')",
        "dyn('a') + 1 == 2 && 1 - dyn('a') == 2 && dyn(1) == 'a' && -dyn('a') == 1",
        "5 % 2 == 1 && 2.0 * 2.0 > 1 && [] + ['a'] == ['b'] && object.other + 'a' == 'b'",
        "[dyn(1)].all(x, x) && other.list.filter(x, x).size() > 0",
    ] {
        assert_eq!(misfits(text), NOTHING, "{text}");
    }
    for (text, wanted) in [
        ("1 - 'a' == 1", "`-` does not go between int and string"),
        ("[1] - [1] == []", "`-` does not go between these lists"),
        ("[1] + ['a'] == []", "`+` does not go between these lists"),
        ("2.0 % 2.0 == 0.0", "`%` does not go between these doubles"),
        ("true + true == true", "`+` does not go between these bools"),
        ("'a' + duration('1h') == 'a'", "`+` does not go between string and duration"),
        ("-1u == 1u", "`-` does not go with uint"),
        ("1.size() == 1", "there is no function `size` of int"),
        ("_foo(1) == 1", "there is no function `_foo`"),
        ("_in_(1, 2)", "there is no function `_in_`"),
        ("[1].all(x, x)", "`all` does not go with int"),
        ("['a'].filter(x, x).size() > 0", "`filter` does not go with string"),
    ] {
        assert_eq!(misfits(text), [wanted], "{text}");
    }
}

/// Expressions as large as the server takes them, of every shape.
fn large() -> Vec<(&'static str, String)> {
    let times = |text: &str| text.repeat(99_000 / text.len());
    let around = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let mut all = vec![
        ("fields", format!("object{}", times(".b"))),
        ("optional fields", format!("object{}", times(".?b"))),
        ("sums", format!("1{}", times("+1"))),
        ("indices", format!("object{}", times("[0]"))),
        ("choices", format!("{}1", times("true?1:"))),
        ("negations", format!("{}true", times("!"))),
        ("signs", format!("{}a", times("-"))),
        ("calls", format!("'a'{}", times(".trim()"))),
        ("conjunctions", format!("true{}", times("&&true"))),
        ("relations", format!("1{}", times("<1"))),
        ("a list", format!("[1{}]", times(",1"))),
    ];
    for depth in [60, 99, 240, 40_000] {
        all.push(("brackets", around("(", "1", ")", depth)));
        all.push(("lists", around("[", "1", "]", depth)));
        all.push(("maps", around("{1:", "1", "}", depth.min(20_000))));
        all.push(("macros", around("[1].map(x,", "x", ")", depth.min(9_000))));
        all.push(("functions", around("size(", "'a'", ")", depth.min(16_000))));
        all.push(("mixed", around("!(true||1==1&&", "true", ")", depth.min(6_000))));
        all.push(("messages", around("A{b:", "1", "}", depth.min(20_000))));
    }
    for most in [240, 249, 250] {
        let chain = |text: &str| format!("object{}", text.repeat(most));
        all.extend([("a chain", chain(".b")), ("a sum", chain("+1")), ("an index", chain("[0]"))]);
    }
    // Each bracket holds all that the parser does not count.
    all.push(("everything", around("!(a||b&&[", "c", "][0])", 50)));
    all.push((
        "all macros",
        around("[1].all(x,true&&!(x>1||", format!("x{}", "+1".repeat(200)).as_str(), "))", 49),
    ));
    all
}

#[test]
fn no_expression_is_too_large_for_the_stack_of_a_thread() {
    let check_all = || {
        for (shape, text) in large() {
            let budget = Budget::units(2_000_000);
            let expression = Expression::new(&text);
            let found = check(&expression, &variables(), &BTreeSet::new(), &budget).misfits;
            assert!(found.len() <= MOST_MISFITS, "{shape}");
            let _ = (fields_of(&expression, "object"), compares_with_null(&expression, "object"));
            let _ = crate::validate::cel::unknown_names(&expression, &["object"]);
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(check_all);
    thread.expect("a thread").join().expect("no overflow");
}

#[test]
fn what_nests_too_deeply_is_not_known() {
    let nested =
        |inner: &str, depth: usize| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
    let differ = |depth| misfits(&format!("{} == {}", nested("1", depth), nested("'a'", depth)));
    assert_eq!(differ(8), ["`==` does not go between these lists"]);
    assert_eq!(differ(9), NOTHING);
    let deeper = |times: usize| format!("[1]{}.size() == 1", ".map(x, [x])".repeat(times));
    assert_eq!(misfits(&deeper(80)), NOTHING);
}

#[test]
fn a_field_of_many_is_found_by_the_name_that_expressions_have_for_it() {
    let names = (0..2_000).map(|index| (format!("x-{index}"), Declared::TEXT));
    let known = [("self", Declared::record(names))];
    let of = |text: &str| {
        let budget = Budget::units(1_000_000);
        let found = check(&Expression::new(text), &known, &BTreeSet::new(), &budget).misfits;
        found.into_iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(of("self.x__dash__1999 == 'a' && self.x__dash__999 == 'a'"), NOTHING);
    assert_eq!(of("self.x__dash__2000 == 'a'"), ["`self` has no field `x__dash__2000`"]);
}

#[test]
fn a_check_ends_with_its_budget() {
    let of = |text: &str, units| {
        let budget = Budget::units(units);
        let found = check(&Expression::new(text), &variables(), &BTreeSet::new(), &budget).misfits;
        (found.len(), budget.is_empty())
    };
    let wrong = "object.spec.replica > 1";
    assert_eq!(of(wrong, 10_000), (1, false));
    assert_eq!(of(wrong, 20), (0, true));
    assert_eq!(of(&"&&object.spec.replica > 1".repeat(200)[2..], 1_000_000), (1, false));
    // Where little is left, nothing is said of what may have been meant.
    let budget = Budget::units(200);
    let found = check(&Expression::new(wrong), &variables(), &BTreeSet::new(), &budget).misfits;
    assert_eq!(
        found.into_iter().map(line).collect::<Vec<_>>(),
        ["`object.spec` has no field `replica`"]
    );
    let many = (0..500).map(|at| format!("{at} == 'a{at}' && 'a' > {at}")).collect::<Vec<_>>();
    let many = format!("[{}].size() == {}", many.join(", "), "object.a");
    let (count, is_empty) = of(&many, 1_000_000);
    assert!(count <= MOST_MISFITS && !is_empty);
}

#[test]
fn what_identifies_an_object_is_told_from_what_it_holds() {
    for text in [
        "object.kind + ' ' + object.metadata.name + request.operation",
        "params.data.most + object.metadata.labels['app']",
    ] {
        assert!(sees_identity_alone(&Expression::new(text)), "{text}");
    }
    for text in [
        "object.data.a",
        "object.metadata.annotations['a']",
        "string(object)",
        "variables.a",
        "object.?metadata.?name.orValue('')",
        "object.map(k, object[k])",
    ] {
        assert!(!sees_identity_alone(&Expression::new(text)), "{text}");
    }
}
