//! What a template may make: bytes of strings, lists and maps, counted over its whole run, and
//! the filters, tests and functions that pay for them before they work and for what they make.
//!
//! The engine has no filter, test or function but those named here. Each says what it may cost
//! beyond its arguments and its result, so that none makes much before it pays.

use minijinja::filters as f;
use minijinja::tests as t;
use minijinja::value::{DynObject, Rest, Tuple, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, functions};

use super::charge;

/// How many bytes of strings, lists and maps a template may make.
const MAX_MADE: u64 = 32 << 20;
/// The largest string that a template may handle, in bytes: more than an object may have.
pub(super) const MAX_STRING: usize = 2 << 20;
/// How deep lists and maps may lie in each other.
const MAX_DEPTH: usize = 100;
/// What a value costs besides its text.
const NODE: u64 = 32;

/// What is left of the bytes that a template may make.
struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_MADE)
    }
}

impl Budget {
    fn spend(&mut self, bytes: u64) -> Result<(), Error> {
        self.0 = self.0.checked_sub(bytes).ok_or_else(|| {
            excess(format!("more than {} MiB of strings, lists and maps", MAX_MADE >> 20))
        })?;
        Ok(())
    }

    /// Pays for a value, and says how much.
    fn pay(&mut self, value: &Value) -> Result<u64, Error> {
        let before = self.0;
        self.walk(value, 0)?;
        Ok(before - self.0)
    }

    fn walk(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        self.spend(NODE)?;
        if let Some(text) = value.as_str() {
            if text.len() > MAX_STRING {
                let made = format!("a string of more than {MAX_STRING} bytes");
                return Err(excess(made));
            }
            return self.spend(text.len() as u64);
        }
        let Some(object) = value.as_object() else { return Ok(()) };
        if depth == MAX_DEPTH {
            let made = format!("lists and maps that lie more than {MAX_DEPTH} deep in each other");
            return Err(excess(made));
        }
        if value.kind() == ValueKind::Map {
            for (key, item) in object.try_iter_pairs().into_iter().flatten() {
                self.walk(&key, depth + 1)?;
                self.walk(&item, depth + 1)?;
            }
            return Ok(());
        }
        object.try_iter().into_iter().flatten().try_for_each(|item| self.walk(&item, depth + 1))
    }
}

/// The engine's own error for too many steps has no detail.
fn excess(made: String) -> Error {
    Error::new(ErrorKind::OutOfFuel, made)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn budget<'s>(state: &'s mut State<'_, '_>) -> &'s mut Budget {
    state.get_or_insert_extension_with(Budget::default)
}

/// Pays for a value that the template prints or keeps.
pub(super) fn pay(state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    budget(state).pay(value).map(|_| ())
}

/// A value that is paid for. What the engine would work out anew at each use becomes a list, so
/// that such values cannot be laid upon each other without end.
fn paid(state: &mut State<'_, '_>, value: Value) -> Result<Value, Error> {
    let value = match value.kind() {
        ValueKind::Iterable => listed(state, &value)?,
        _ => value,
    };
    pay(state, &value)?;
    Ok(value)
}

fn listed(state: &mut State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let items = value.try_iter()?.checked().map(|item| {
        budget(state).spend(NODE)?;
        item
    });
    Ok(Value::from(items.collect::<Result<Vec<Value>, Error>>()?))
}

/// What is called, and what it may cost besides its arguments.
struct Call<'c> {
    arguments: &'c [Value],
    /// What each argument costs.
    sizes: &'c [u64],
}

/// The cost of a call beyond its arguments and its result.
type Cost = fn(&Call<'_>) -> u64;

impl Call<'_> {
    fn size(&self, at: usize) -> u64 {
        self.sizes.get(at).copied().unwrap_or_default()
    }

    /// How many items or characters the first argument has at most.
    fn items(&self) -> u64 {
        let first = self.arguments.first();
        let length = first.and_then(|first| first.as_str().map(str::len).or_else(|| first.len()));
        length.unwrap_or_default() as u64
    }

    /// An argument by its position or its name.
    fn option(&self, at: usize, name: &str) -> Option<Value> {
        let named = self.arguments.last().filter(|last| last.is_kwargs());
        let placed = self.arguments.get(at).filter(|argument| !argument.is_kwargs());
        let found = placed.cloned().or_else(|| named?.get_attr(name).ok())?;
        (!found.is_undefined()).then_some(found)
    }

    fn number(&self, at: usize, name: &str) -> u64 {
        let found = self.option(at, name).and_then(|found| found.as_usize());
        found.unwrap_or_default() as u64
    }
}

/// Nothing more.
fn plain(_: &Call<'_>) -> u64 {
    0
}

/// All other arguments for each item of the first.
fn each(call: &Call<'_>) -> u64 {
    let others = call.sizes.iter().skip(1).sum();
    call.items().saturating_mul(others).saturating_add(call.items().saturating_mul(NODE))
}

/// Like `each`, for as many comparisons as sorting takes.
fn sorted(call: &Call<'_>) -> u64 {
    let rounds = u64::from(call.items().checked_ilog2().unwrap_or_default()) + 1;
    each(call).saturating_add(call.size(0)).saturating_mul(rounds)
}

/// The new text at each place where the old one may stand.
fn replace(call: &Call<'_>) -> u64 {
    let old = call.arguments.get(1).and_then(Value::as_str).map_or(0, str::len).max(1);
    (call.items() / old as u64 + 1).saturating_mul(call.size(2))
}

/// The indentation before each line.
fn indent(call: &Call<'_>) -> u64 {
    let text = call.arguments.first().and_then(Value::as_str).unwrap_or_default();
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
    lines.saturating_mul(call.number(1, "width"))
}

/// As many items as the argument says.
fn parts(call: &Call<'_>) -> u64 {
    call.number(1, "count").saturating_add(call.items()).saturating_mul(NODE)
}

/// The indentation before each node.
fn pretty(call: &Call<'_>) -> u64 {
    let width = call.number(1, "indent").max(4).saturating_mul(MAX_DEPTH as u64);
    (call.size(0) / NODE).saturating_mul(width)
}

/// Six bytes for each byte, where all must be escaped.
fn escaped(call: &Call<'_>) -> u64 {
    let indented = if call.option(1, "indent").is_some() { pretty(call) } else { 0 };
    call.size(0).saturating_mul(6).saturating_add(indented)
}

/// The widths that a format names.
fn printf(call: &Call<'_>) -> u64 {
    let format = call.arguments.first().and_then(Value::as_str).unwrap_or_default();
    let numbers = format.split(|character: char| !character.is_ascii_digit());
    let widths = numbers.filter(|digits| !digits.is_empty());
    let widths = widths.map(|digits| digits.parse().unwrap_or(u64::MAX));
    let starred = if format.contains('*') { call.arguments } else { &[] };
    let starred = starred.iter().filter_map(Value::as_i64).map(i64::unsigned_abs);
    widths.chain(starred).fold(0, u64::saturating_add)
}

/// A sum of lists, or of strings, is made anew with each item.
fn sum(call: &Call<'_>) -> u64 {
    match call.option(2, "start") {
        Some(start) if !start.is_number() => call.items().saturating_mul(call.sizes.iter().sum()),
        _ => each(call),
    }
}

/// The filters that templates have.
fn filters() -> Vec<(&'static str, Value, Cost)> {
    macro_rules! filters {
        ($($name:literal $filter:path, $cost:expr;)+) => {
            vec![$(($name, Value::from_function($filter), $cost as Cost),)+]
        };
    }
    filters! {
        "abs" f::abs, plain;
        "attr" f::attr, plain;
        "batch" f::batch, parts;
        "bool" f::bool, plain;
        "capitalize" f::capitalize, plain;
        "chain" chain, each;
        "count" f::length, plain;
        "d" f::default, plain;
        "default" f::default, plain;
        "dictsort" f::dictsort, sorted;
        "e" f::escape, escaped;
        "escape" f::escape, escaped;
        "first" f::first, plain;
        "float" f::float, plain;
        "format" f::format, printf;
        "groupby" f::groupby, sorted;
        "indent" f::indent, indent;
        "int" f::int, plain;
        "items" f::items, plain;
        "join" f::join, each;
        "last" f::last, plain;
        "length" f::length, plain;
        "lines" f::lines, each;
        "list" f::list, each;
        "lower" f::lower, plain;
        "map" f::map, each;
        "max" f::max, each;
        "min" f::min, each;
        "pprint" f::pprint, pretty;
        "reject" f::reject, each;
        "rejectattr" f::rejectattr, each;
        "replace" f::replace, replace;
        "reverse" f::reverse, each;
        "round" f::round, plain;
        "safe" f::safe, plain;
        "select" f::select, each;
        "selectattr" f::selectattr, each;
        "slice" f::slice, parts;
        "sort" f::sort, sorted;
        "split" f::split, each;
        "string" f::string, plain;
        "sum" f::sum, sum;
        "title" f::title, plain;
        "tojson" f::tojson, escaped;
        "trim" f::trim, plain;
        "unique" f::unique, sorted;
        "upper" f::upper, plain;
        "zip" f::zip, each;
    }
}

/// The tests that templates have; none costs more than its arguments.
fn tests() -> Vec<(&'static str, Value)> {
    macro_rules! tests {
        ($($test:path: $($name:literal)+;)+) => {
            vec![$($(($name, Value::from_function($test)),)+)+]
        };
    }
    tests! {
        t::is_boolean: "boolean";
        t::is_defined: "defined";
        t::is_divisibleby: "divisibleby";
        t::is_endingwith: "endingwith";
        t::is_eq: "eq" "equalto" "==";
        t::is_even: "even";
        t::is_false: "false";
        t::is_filter: "filter";
        t::is_float: "float";
        t::is_ge: "ge" ">=";
        t::is_gt: "gt" "greaterthan" ">";
        t::is_in: "in";
        t::is_integer: "integer" "int";
        t::is_iterable: "iterable";
        t::is_le: "le" "<=";
        t::is_lower: "lower";
        t::is_lt: "lt" "lessthan" "<";
        t::is_mapping: "mapping";
        t::is_ne: "ne" "!=";
        t::is_none: "none";
        t::is_number: "number";
        t::is_odd: "odd";
        t::is_safe: "safe" "escaped";
        t::is_sameas: "sameas";
        t::is_sequence: "sequence";
        t::is_startingwith: "startingwith";
        t::is_string: "string";
        t::is_test: "test";
        t::is_true: "true";
        t::is_undefined: "undefined";
        t::is_upper: "upper";
    }
}

/// Gives an environment all that templates may call.
pub(super) fn equip(environment: &mut Environment<'static>) {
    for (name, filter, cost) in filters() {
        environment.add_filter(name, paying(filter, cost));
    }
    for (name, test) in tests() {
        environment.add_test(name, paying(test, plain));
    }
    environment.add_function("dict", paying(Value::from_function(functions::dict), plain));
    environment.add_function("range", range);
    environment
        .add_filter(charge::COST, |state: &mut State<'_, '_>, value: Value| paid(state, value));
    environment.add_filter(charge::INDEX, index);
    environment.add_filter(charge::SLICE, slice);
    environment.add_filter(charge::TEXT, |state: &mut State<'_, '_>, bytes: u64| {
        budget(state).spend(bytes).map(|()| "")
    });
    environment.add_filter(charge::TIMES, times);
}

/// What a filter or a test becomes.
type Paying = dyn Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync;

fn paying(function: Value, cost: Cost) -> Box<Paying> {
    Box::new(move |state, arguments| {
        let arguments = arguments.into_values();
        let budget = budget(state);
        let sizes: Vec<u64> =
            arguments.iter().map(|value| budget.pay(value)).collect::<Result<_, Error>>()?;
        budget.spend(cost(&Call { arguments: &arguments, sizes: &sizes }))?;
        let made = function.call(state, &arguments)?;
        paid(state, made)
    })
}

/// Lists after each other, or maps as one; never a view of them.
fn chain(state: &mut State<'_, '_>, first: Value, others: Rest<Value>) -> Result<Value, Error> {
    let chained = f::chain(state, first, others)?;
    if chained.kind() != ValueKind::Map {
        return listed(state, &chained);
    }
    let pairs = chained.as_object().into_iter().filter_map(DynObject::try_iter_pairs);
    Ok(pairs.flatten().collect())
}

/// Numbers in a row; the engine's own bounds may overflow.
fn range(lower: i32, upper: Option<i32>, step: Option<i32>) -> Result<Value, Error> {
    let wide = |number: i32| number as isize;
    functions::range(wide(lower), upper.map(wide), step.map(wide))
}

/// Pays for the search of a character; an item of a list is found at once.
fn index(state: &mut State<'_, '_>, value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Iterable => paid(state, value),
        _ => Ok(value),
    }
}

/// The product of two numbers, or a string or list as often as a number says.
fn times(state: &mut State<'_, '_>, left: &Value, right: &Value) -> Result<Value, Error> {
    match (repeats(left), repeats(right)) {
        (true, false) => repeat(state, left, right),
        (false, true) => repeat(state, right, left),
        _ => product(left, right),
    }
}

fn repeats(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Iterable)
}

fn repeat(state: &mut State<'_, '_>, value: &Value, count: &Value) -> Result<Value, Error> {
    let Some(count) = count.as_usize() else {
        return Err(operation("*", value, count));
    };
    let size = match value.as_str() {
        Some(text) => text.len() as u64,
        None => budget(state).pay(value)?,
    };
    budget(state).spend(size.saturating_mul(count as u64).saturating_add(NODE))?;
    if let Some(text) = value.as_str() {
        return Ok(Value::from(text.repeat(count)));
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let items = std::iter::repeat_n(items, count).flatten().collect();
    Ok(sequence(value, items))
}

/// Items as the kind of list that another value is.
fn sequence(like: &Value, items: Vec<Value>) -> Value {
    if like.is_tuple() { Value::from(Tuple::from(items)) } else { Value::from(items) }
}

fn product(left: &Value, right: &Value) -> Result<Value, Error> {
    let is_float = |value: &Value| value.is_number() && !value.is_integer();
    let (Some(a), Some(b)) = (number(left), number(right)) else {
        return Err(operation("*", left, right));
    };
    if is_float(left) || is_float(right) {
        return Ok(Value::from(a.1 * b.1));
    }
    let product = a.0.zip(b.0).and_then(|(a, b)| a.checked_mul(b)).map(Value::from);
    product.ok_or_else(|| invalid(format!("unable to calculate {left} * {right}")))
}

/// A number or a boolean as an integer, where it is one, and as a float.
fn number(value: &Value) -> Option<(Option<i128>, f64)> {
    if value.kind() == ValueKind::Bool {
        let number = u8::from(value.is_true());
        return Some((Some(number.into()), number.into()));
    }
    let float = f64::try_from(value.clone()).ok()?;
    Some((i128::try_from(value.clone()).ok(), float))
}

fn operation(sign: &str, left: &Value, right: &Value) -> Error {
    match [left, right].into_iter().find(|value| value.is_undefined()) {
        // The engine knows where a value without one comes from.
        Some(undefined) => {
            undefined.get_attr("").err().unwrap_or_else(|| Error::from(ErrorKind::UndefinedError))
        }
        None => invalid(format!(
            "tried to use {sign} operator on unsupported types {} and {}",
            left.kind(),
            right.kind()
        )),
    }
}

/// A part of a string or a list, by Python's rules.
fn slice(
    state: &mut State<'_, '_>,
    value: &Value,
    start: Option<i64>,
    stop: Option<i64>,
    stride: Option<i64>,
) -> Result<Value, Error> {
    pay(state, value)?;
    let stride = stride.unwrap_or(1);
    if stride == 0 {
        return Err(invalid("cannot slice by step size of 0"));
    }
    if let Some(text) = value.as_str() {
        let characters: Vec<char> = text.chars().collect();
        let part = cut(&characters, start, stop, stride).into_iter().collect::<String>();
        return Ok(Value::from(part));
    }
    if !repeats(value) {
        return Err(operation("[:]", value, value));
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    Ok(sequence(value, cut(&items, start, stop, stride)))
}

fn cut<T: Clone>(items: &[T], start: Option<i64>, stop: Option<i64>, stride: i64) -> Vec<T> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    // Backwards, the part may end before the first item.
    let (first, end) = if stride > 0 { (0, length) } else { (-1, length - 1) };
    let place = |at: i64| if at < 0 { at.saturating_add(length) } else { at }.clamp(first, end);
    let (head, tail) = if stride > 0 { (first, end) } else { (end, first) };
    let stop = stop.map_or(tail, place);
    let mut at = start.map_or(head, place);
    let mut part = Vec::new();
    while if stride > 0 { at < stop } else { at > stop } {
        part.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
        at = at.saturating_add(stride);
    }
    part
}
