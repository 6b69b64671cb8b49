//! The functions of CEL and of Kubernetes' libraries: what each is called on, and what it gives.
//!
//! What is said of none of the types here, such as quantities and addresses, is not told apart.

use super::types::{Declared, Type};

/// What a function gives.
#[derive(Debug, Clone, Copy)]
pub enum Gives {
    /// Something of which no more is known.
    Any,
    /// A value of a type.
    Plain(Type),
    /// What it is called on.
    Same,
    /// An item of the list that it is called on.
    Item,
    /// The same, or nothing.
    OptionalItem,
    /// A list of texts.
    Texts,
}

use Gives::{Any, Item, OptionalItem, Plain, Same, Texts};
use Type::{Bool, Bytes, Double, Duration, Int, List, Map, Optional, String, Timestamp, Uint};

/// The functions that are called on nothing, those of Kubernetes' libraries and the macros that
/// the parser leaves as calls among them.
const FUNCTIONS: [(&str, Gives); 24] = [
    ("bool", Plain(Bool)),
    ("bytes", Plain(Bytes)),
    ("cidr", Any),
    ("double", Plain(Double)),
    ("duration", Plain(Duration)),
    ("dyn", Any),
    ("has", Plain(Bool)),
    ("int", Plain(Int)),
    ("ip", Any),
    ("isCIDR", Plain(Bool)),
    ("isIP", Plain(Bool)),
    ("isQuantity", Plain(Bool)),
    ("isSemver", Plain(Bool)),
    ("isURL", Plain(Bool)),
    ("matches", Plain(Bool)),
    ("quantity", Any),
    ("semver", Any),
    ("sign", Any),
    ("size", Plain(Int)),
    ("string", Plain(String)),
    ("timestamp", Plain(Timestamp)),
    ("type", Any),
    ("uint", Plain(Uint)),
    ("url", Any),
];

/// A function that is called on a value: its name, on which types, or on any where there is none,
/// and what it gives.
type Method = (&'static str, &'static [Type], Gives);

const TEXT: &[Type] = &[String];
const LISTS: &[Type] = &[List];
const TEXT_OR_LIST: &[Type] = &[String, List];
const CONTAINER: &[Type] = &[List, Map];
const DATE: &[Type] = &[Timestamp];
const TIME: &[Type] = &[Timestamp, Duration];
const CHOICE: &[Type] = &[Optional];

/// The functions that are called on a value, macros among them.
const METHODS: [Method; 101] = [
    ("add", &[], Any),
    ("all", CONTAINER, Plain(Bool)),
    ("allowed", &[], Plain(Bool)),
    ("asApproximateFloat", &[], Plain(Double)),
    ("asInteger", &[], Plain(Int)),
    ("charAt", TEXT, Plain(String)),
    ("check", &[], Any),
    ("compareTo", &[], Plain(Int)),
    ("contains", TEXT, Plain(Bool)),
    ("containsCIDR", &[], Plain(Bool)),
    ("containsIP", &[], Plain(Bool)),
    ("distinct", LISTS, Same),
    ("endsWith", TEXT, Plain(Bool)),
    ("error", &[], Plain(String)),
    ("errored", &[], Plain(Bool)),
    ("exists", CONTAINER, Plain(Bool)),
    ("existsOne", CONTAINER, Plain(Bool)),
    ("exists_one", CONTAINER, Plain(Bool)),
    ("family", &[], Plain(Int)),
    ("fieldSelector", &[], Any),
    ("filter", CONTAINER, Any),
    ("find", TEXT, Plain(String)),
    ("findAll", TEXT, Texts),
    ("first", LISTS, OptionalItem),
    ("flatten", LISTS, Any),
    ("format", TEXT, Plain(String)),
    ("getDate", DATE, Plain(Int)),
    ("getDayOfMonth", DATE, Plain(Int)),
    ("getDayOfWeek", DATE, Plain(Int)),
    ("getDayOfYear", DATE, Plain(Int)),
    ("getEscapedPath", &[], Plain(String)),
    ("getFullYear", DATE, Plain(Int)),
    ("getHost", &[], Plain(String)),
    ("getHostname", &[], Plain(String)),
    ("getHours", TIME, Plain(Int)),
    ("getMilliseconds", TIME, Plain(Int)),
    ("getMinutes", TIME, Plain(Int)),
    ("getMonth", DATE, Plain(Int)),
    ("getPort", &[], Plain(String)),
    ("getQuery", &[], Any),
    ("getScheme", &[], Plain(String)),
    ("getSeconds", TIME, Plain(Int)),
    ("group", &[], Any),
    ("hasValue", CHOICE, Plain(Bool)),
    ("indexOf", TEXT_OR_LIST, Plain(Int)),
    ("ip", &[], Any),
    ("isGlobalUnicast", &[], Plain(Bool)),
    ("isGreaterThan", &[], Plain(Bool)),
    ("isInteger", &[], Plain(Bool)),
    ("isLessThan", &[], Plain(Bool)),
    ("isLinkLocalMulticast", &[], Plain(Bool)),
    ("isLinkLocalUnicast", &[], Plain(Bool)),
    ("isLoopback", &[], Plain(Bool)),
    ("isSorted", LISTS, Plain(Bool)),
    ("isUnspecified", &[], Plain(Bool)),
    ("join", LISTS, Plain(String)),
    ("labelSelector", &[], Any),
    ("last", LISTS, OptionalItem),
    ("lastIndexOf", TEXT_OR_LIST, Plain(Int)),
    ("lowerAscii", TEXT, Plain(String)),
    ("major", &[], Plain(Int)),
    ("map", CONTAINER, Any),
    ("masked", &[], Any),
    ("matches", TEXT, Plain(Bool)),
    ("max", LISTS, Item),
    ("min", LISTS, Item),
    ("minor", &[], Plain(Int)),
    ("name", &[], Any),
    ("namespace", &[], Any),
    ("optFlatMap", CHOICE, Any),
    ("optMap", CHOICE, Any),
    ("or", CHOICE, Any),
    ("orValue", CHOICE, Any),
    ("patch", &[], Plain(Int)),
    ("path", &[], Any),
    ("prefixLength", &[], Plain(Int)),
    ("reason", &[], Plain(String)),
    ("replace", TEXT, Plain(String)),
    ("resource", &[], Any),
    ("reverse", TEXT_OR_LIST, Same),
    ("serviceAccount", &[], Any),
    ("sign", &[], Plain(Int)),
    ("size", &[String, Bytes, List, Map], Plain(Int)),
    ("slice", LISTS, Same),
    ("sort", LISTS, Same),
    ("sortBy", LISTS, Same),
    ("split", TEXT, Texts),
    ("startsWith", TEXT, Plain(Bool)),
    ("sub", &[], Any),
    ("subresource", &[], Any),
    ("substring", TEXT, Plain(String)),
    ("sum", LISTS, Item),
    ("transformList", CONTAINER, Any),
    ("transformMap", CONTAINER, Any),
    ("transformMapEntry", CONTAINER, Any),
    ("trim", TEXT, Plain(String)),
    ("unwrap", &[], Any),
    ("unwrapOpt", &[], Any),
    ("upperAscii", TEXT, Plain(String)),
    ("validate", &[], Any),
    ("value", &[], Any),
];

/// What the function of that name gives, if there is one.
pub fn function(name: &str) -> Option<Declared> {
    let index = FUNCTIONS.binary_search_by_key(&name, |(known, _)| *known).ok()?;
    Some(FUNCTIONS[index].1.of(&Declared::Any))
}

/// The function of that name that is called on a value, if there is one.
pub fn method(name: &str) -> Option<&'static Method> {
    let index = METHODS.binary_search_by_key(&name, |(known, ..)| *known).ok()?;
    Some(&METHODS[index])
}

impl Gives {
    /// What comes of a call on such a value.
    pub fn of(self, target: &Declared) -> Declared {
        let item = || match target {
            Declared::List(item) => Declared::clone(item),
            _ => Declared::Any,
        };
        match self {
            Any => Declared::Any,
            Plain(of) => Declared::Plain(of),
            Same => target.clone().widened(),
            Item => item(),
            OptionalItem => Declared::optional(item()),
            Texts => Declared::list(Declared::TEXT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order() {
        assert!(FUNCTIONS.is_sorted_by_key(|(name, _)| *name));
        assert!(METHODS.is_sorted_by_key(|(name, ..)| *name));
    }
}
