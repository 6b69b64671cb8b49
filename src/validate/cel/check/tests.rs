use super::*;

/// What is wrong with an expression that knows `device` and an `object`.
fn misfits(text: &str) -> Vec<String> {
    check(&Expression::new(text), &variables(), &BTreeSet::new())
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
    check(&Expression::new(text), &[], &BTreeSet::new()).of.kind()
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
        check(&Expression::new(asks), &variables(), &given)
    };
    let present = of(&[]).present;
    assert_eq!(present.into_iter().collect::<Vec<_>>(), ["object.spec.replicas"]);
    assert_eq!(of(&[]).misfits.len(), 1);
    assert_eq!(of(&["object.spec.replicas"]).misfits.len(), 0);
    // Where the kind is not known, everything is compiled.
    let unknown = check(&Expression::new("false && 'a' > 1"), &[], &BTreeSet::new()).misfits;
    assert_eq!(unknown.len(), 1);
}

#[test]
fn an_expression_is_asked_what_it_names() {
    let of = Expression::new("params == null || variables.a.b > 1 && variables[c] > 1");
    assert_eq!(fields_of(&of, "variables").into_iter().collect::<Vec<_>>(), ["a"]);
    assert!(compares_with_null(&of, "params"));
    assert!(!compares_with_null(&of, "variables"));
}
