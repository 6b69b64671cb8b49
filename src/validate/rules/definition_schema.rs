//! The schemas of custom resources: `ValidateStructural`, `ValidateDefaults` and
//! `ValidateCustomResourceDefinitionOpenAPISchema` of `k8s.io/apiextensions-apiserver`.
//!
//! A schema is structural: each field has a type outside of `allOf`, `anyOf`, `oneOf` and `not`,
//! which only restrict the values. What the estimated cost of its rules is, gen does not say.

use super::expression::Environment;
use super::{Report, field, flag, item, items, repeated, text};
use crate::diagnostic::{Code, Severity};
use crate::source::{Kind, NodeRef};
use crate::validate::cel::{self, Expression, Fault, Type};
use crate::validate::custom::{Pattern, Schema, check_default};
use crate::validate::schema;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
const META: [&str; 3] = ["apiVersion", "kind", "metadata"];
/// What the server drops of a schema is `status` as a part of it, so that with this subresource
/// only these fields may restrict the object as a whole.
const AT_ROOT_WITH_STATUS: [&str; 22] = [
    "description",
    "type",
    "format",
    "title",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "required",
    "items",
    "properties",
    "externalDocs",
    "example",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// Checks the schema of a version, of which `has_status` says whether its status is written
/// apart.
pub fn check<'t>(schema: NodeRef<'t>, has_status: bool, report: &mut Report<'t, '_>) {
    if has_status {
        at_root_with_status(schema, report);
    }
    if flag(schema, "nullable") {
        let message = "an object as a whole is never null";
        report.forbidden(schema, "nullable", message, "delete it");
    }
    let found = report.findings.len();
    structural(schema, Level::Root, report);
    if report.findings.len() == found {
        defaults(schema, false, report);
    }
    let place = Place { root: true, ..Place::default() };
    restrictions(schema, place, report);
}

fn at_root_with_status<'t>(schema: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let strange = schema
        .entries()
        .filter(|entry| is_set(*entry))
        .find(|entry| !AT_ROOT_WITH_STATUS.contains(&entry.key().unwrap_or_default()));
    if let Some(entry) = strange {
        let message = format!(
            "where the status is a subresource, no `{}` restricts the object as a whole",
            entry.key().unwrap_or_default()
        );
        let finding = report.at(Code::Definition, entry, message);
        let finding = finding.as_server(report.root, schema, "");
        report.push(finding.help("put it into the schema of `spec`"));
    }
}

/// Whether a field of a schema says more than its absence.
fn is_set(node: NodeRef<'_>) -> bool {
    match node.kind() {
        Kind::Null => false,
        Kind::Bool => node.as_bool() == Some(true),
        Kind::Str => !node.text().is_empty(),
        Kind::List => !node.is_empty(),
        _ => true,
    }
}

/// Where a schema stands among others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

impl Level {
    fn of(self) -> &'static str {
        match self {
            Self::Root => "of the whole object",
            Self::Item => "of the items",
            Self::Field => "of a field",
        }
    }
}

fn required_type<'t>(node: NodeRef<'t>, message: String, help: &str, report: &mut Report<'t, '_>) {
    let finding = report.at(Code::Definition, field(node, "type").unwrap_or(node), message);
    report.push(finding.as_server(report.root, node, ".type").help(help));
}

/// `validateStructuralInvariants`.
fn structural<'t>(node: NodeRef<'t>, level: Level, report: &mut Report<'t, '_>) {
    if !matches!(node.kind(), Kind::Map | Kind::Null) {
        return;
    }
    let of = text(node, "type");
    let keeps = flag(node, "x-kubernetes-preserve-unknown-fields");
    let either = flag(node, "x-kubernetes-int-or-string");
    let embedded = flag(node, "x-kubernetes-embedded-resource");
    match field(node, "items") {
        Some(items) if matches!(items.kind(), Kind::Map | Kind::List) => {
            structural(items, Level::Item, report);
        }
        Some(items) if of == "array" => {
            let message = "the schema of the items is no map";
            report.error(Code::WrongObjectType, items, message, "write a map");
        }
        None if of == "array" => report.missing(node, "items", "say what the list holds"),
        _ => {}
    }
    for property in field(node, "properties").into_iter().flat_map(NodeRef::entries) {
        structural(property, Level::Field, report);
    }
    if let Some(additional) = field(node, "additionalProperties") {
        if level == Level::Root || embedded {
            let message = "the fields of an object with a kind are named";
            report.error(Code::Definition, additional, message, "write `properties`");
        }
        if additional.kind() == Kind::Map {
            structural(additional, Level::Field, report);
        }
    }
    for (name, set) in [
        ("x-kubernetes-preserve-unknown-fields", keeps),
        ("x-kubernetes-embedded-resource", embedded),
    ] {
        if set && either {
            let message = "what is an integer or a string has no fields";
            report.forbidden(node, name, message, "delete it");
        }
    }
    values(node, is_either(field(node, "anyOf")), is_first_either(node), report);
    if embedded && of != "object" {
        let message = "an object with a kind has the type `object`".to_owned();
        required_type(node, message, "write `type: object`", report);
    } else if of.is_empty() && !either && !keeps {
        required_type(
            node,
            format!("the schema {} has no type", level.of()),
            "add `type`, or `x-kubernetes-preserve-unknown-fields: true` for anything",
            report,
        );
    }
    if level == Level::Root && !of.is_empty() && of != "object" {
        let message = "an object as a whole has the type `object`".to_owned();
        required_type(node, message, "write `type: object`", report);
    }
    metadata(node, level, embedded, report);
    let has_properties = field(node, "properties").is_some_and(|all| !all.is_empty());
    if embedded && !keeps && !has_properties {
        let help = "add some, or `x-kubernetes-preserve-unknown-fields: true`";
        report.missing(node, "properties", help);
    }
}

/// The fields that every object has are restricted in their name alone.
fn metadata<'t>(node: NodeRef<'t>, level: Level, embedded: bool, report: &mut Report<'t, '_>) {
    let Some(properties) = field(node, "properties") else { return };
    let checked = level == Level::Root || embedded;
    for name in META {
        let Some(property) = properties.get(name) else { continue };
        let wanted = if name == "metadata" { "object" } else { "string" };
        if checked && text(property, "type") != wanted {
            let message = format!("`{name}` has the type `{wanted}`");
            required_type(property, message, &format!("write `type: {wanted}`"), report);
        }
    }
    let Some(metadata) = properties.get("metadata").filter(|_| level == Level::Root) else {
        return;
    };
    let named = |one: NodeRef<'t>| matches!(one.key(), Some("name" | "generateName"));
    let strange = |entry: &NodeRef<'t>| match entry.key().unwrap_or_default() {
        "type" | "default" => false,
        "properties" => !entry.entries().all(named),
        _ => is_set(*entry),
    };
    if let Some(entry) = metadata.entries().find(strange) {
        let message = "of metadata a schema restricts `name` and `generateName` alone";
        let finding = report.at(Code::Definition, entry, message);
        let finding = finding.as_server(report.root, metadata, "");
        report.push(finding.help("delete the rest; the server knows what metadata is"));
    }
}

/// Whether alternatives are the two types of an integer or a string.
fn is_either(alternatives: Option<NodeRef<'_>>) -> bool {
    let Some(list) = alternatives else { return false };
    let has = |index: usize, of: &str| {
        list.items().nth(index).is_some_and(|one| {
            // Of items that are no schema the server reads nothing.
            let bare = |entry: NodeRef<'_>| match entry.key() {
                Some("type") => true,
                Some("items") => !matches!(entry.kind(), Kind::Map | Kind::List),
                _ => !is_set(entry),
            };
            text(one, "type") == of && one.entries().all(bare)
        })
    };
    list.items().count() == 2 && has(0, "integer") && has(1, "string")
}

fn is_first_either(node: NodeRef<'_>) -> bool {
    items(node, "allOf").next().is_some_and(|first| is_either(field(first, "anyOf")))
}

/// `validateValueValidation`: what restricts the values of a schema that says their type.
fn values<'t>(node: NodeRef<'t>, either: bool, first_either: bool, report: &mut Report<'t, '_>) {
    for one in items(node, "anyOf").filter(|_| !either) {
        nested(one, false, report);
    }
    for (index, one) in items(node, "allOf").enumerate() {
        nested(one, first_either && index == 0, report);
    }
    for one in items(node, "oneOf") {
        nested(one, false, report);
    }
    if let Some(not) = field(node, "not") {
        nested(not, false, report);
    }
    if let Some(node) = field(node, "pattern").filter(|pattern| pattern.kind() == Kind::Str) {
        pattern(node, report);
    }
}

fn pattern<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    // That nothing is left has been said of an earlier one.
    if report.budget.is_empty() {
        return;
    }
    let pattern = Pattern::new(node.text());
    let shown = cel::shown(node.text());
    let paid = || report.budget.spend(pattern.cost_to_compile()).map_err(Fault::into_reason);
    let is_too_large = pattern.is_too_large().then(|| "it is too large".to_owned());
    let reason = match is_too_large.map_or_else(paid, Err) {
        Ok(()) if pattern.is_sound() => return,
        Ok(()) => {
            let message = format!("`{shown}` is no regular expression of RE2");
            let help = "RE2 has neither look-around nor backreferences";
            return report.error(Code::Definition, node, message, help);
        }
        Err(reason) => reason,
    };
    let message = format!("the pattern `{shown}` cannot be checked: {reason}");
    report.push(report.at(Code::RuleNotChecked, node, message).warning());
}

/// What only the schema itself says, not one of its restrictions.
const OUTSIDE: [&str; 12] = [
    "type",
    "additionalProperties",
    "default",
    "title",
    "description",
    "nullable",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
];

/// `validateNestedValueValidation`.
fn nested<'t>(node: NodeRef<'t>, either: bool, report: &mut Report<'t, '_>) {
    values(node, either, false, report);
    if let Some(items) = field(node, "items") {
        nested(items, false, report);
    }
    for property in field(node, "properties").into_iter().flat_map(NodeRef::entries) {
        nested(property, false, report);
        if property.key() == Some("metadata") {
            let message = "a restriction says nothing of metadata";
            report.error(Code::Definition, property, message, "delete it");
        }
    }
    for name in OUTSIDE.into_iter().chain(["x-kubernetes-validations"]) {
        let Some(node) = field(node, name).filter(|node| is_set(*node)) else { continue };
        let message = format!("a restriction has no `{name}`");
        let help = format!("write `{name}` into the schema that it restricts");
        report.error(Code::Definition, node, message, help);
    }
}

/// `ValidateDefaults`; `in_metadata` are defaults that stand in for those of metadata.
fn defaults<'t>(node: NodeRef<'t>, in_metadata: bool, report: &mut Report<'t, '_>) {
    if let Some(default) = field(node, "default").filter(|_| !in_metadata) {
        let schema = Schema::read(node);
        let found = check_default(report.root, default, &schema, report.version, &report.budget);
        report.findings.extend(found);
    }
    if let Some(items) = field(node, "items") {
        defaults(items, in_metadata, report);
    }
    for property in field(node, "properties").into_iter().flat_map(NodeRef::entries) {
        defaults(property, in_metadata, report);
    }
}

/// What is known of the place of a schema.
#[derive(Clone, Copy, Default)]
struct Place<'p> {
    /// The schema of the whole object.
    root: bool,
    /// Inside of what describes metadata.
    in_metadata: bool,
    /// Why there can be no default.
    no_default: Option<&'p str>,
    /// Whether an item here has no earlier self to compare it with.
    anonymous: bool,
}

/// `ValidateCustomResourceDefinitionOpenAPISchema`.
fn restrictions<'t>(node: NodeRef<'t>, place: Place<'_>, report: &mut Report<'t, '_>) {
    if node.kind() != Kind::Map {
        return;
    }
    unsupported(node, place, report);
    children(node, place, report);
    extensions(node, report);
    for rule in items(node, "x-kubernetes-validations") {
        check_rule(rule, node, report);
        compile(rule, node, place, report);
    }
}

/// `specStandardValidatorV3`.
fn unsupported<'t>(node: NodeRef<'t>, place: Place<'_>, report: &mut Report<'t, '_>) {
    if let Some(of) = field(node, "type").filter(|of| of.text() == "null") {
        let message = "no value has the type `null` alone";
        report.error(Code::Definition, of, message, "write another type and `nullable: true`");
    } else {
        report.word(field(node, "type"), &TYPES);
    }
    if let Some(reason) = place.no_default {
        let message = format!("there is no default {reason}");
        report.forbidden(node, "default", message, "delete it");
    }
    let names =
        ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];
    for name in names {
        let set = field(node, name).filter(|value| match name {
            "id" => !value.text().is_empty(),
            "patternProperties" | "definitions" => !value.is_empty(),
            _ => true,
        });
        if let Some(value) = set {
            let message = format!("a schema of Kubernetes has no `{name}`");
            report.error(Code::Definition, value, message, "delete it");
        }
    }
    if let Some(value) = field(node, "$schema").filter(|value| !value.text().is_empty()) {
        let message = "a schema of Kubernetes has no `$schema`";
        let finding = report.at(Code::Definition, value, message);
        report.push(finding.as_server(report.root, node, "").help("delete it"));
    }
    if let Some(list) = field(node, "items").filter(|items| items.kind() == Kind::List)
        && !list.is_empty()
    {
        let message = "all items of a list have one schema";
        report.error(Code::Definition, list, message, "write a map");
    }
    if place.in_metadata && flag(node, "x-kubernetes-embedded-resource") {
        let message = "there is no object inside of metadata";
        report.forbidden(node, "x-kubernetes-embedded-resource", message, "delete it");
    }
    if flag(node, "uniqueItems") {
        let message = "to compare all items with each other takes too long";
        let help = "write `x-kubernetes-list-type: set`";
        report.forbidden(node, "uniqueItems", message, help);
    }
    if field(node, "x-kubernetes-preserve-unknown-fields").and_then(NodeRef::as_bool) == Some(false)
    {
        let message = "unknown fields are pruned anyway";
        report.forbidden(node, "x-kubernetes-preserve-unknown-fields", message, "delete it");
    }
}

/// The schemas inside of a schema.
fn children<'t>(node: NodeRef<'t>, place: Place<'_>, report: &mut Report<'t, '_>) {
    let properties = field(node, "properties").filter(|all| !all.is_empty());
    let inner = Place { root: false, ..place };
    if let Some(additional) = field(node, "additionalProperties") {
        if properties.is_some() && additional.as_bool() != Some(true) {
            let message = "an object has either named fields or free keys";
            let help = "write `properties` or `additionalProperties`";
            report.error(Code::Definition, additional, message, help);
        }
        schema_or_flag(additional, report);
        let of_metadata = place.in_metadata.then_some("of free keys in metadata");
        let no_default = of_metadata.or(place.no_default);
        restrictions(additional, Place { no_default, ..inner }, report);
    }
    let embedded = flag(node, "x-kubernetes-embedded-resource");
    for property in properties.into_iter().flat_map(NodeRef::entries) {
        let mut inner = inner;
        inner.anonymous |= text(node, "x-kubernetes-map-type") == "atomic";
        if (place.root || embedded) && property.key().is_some_and(|key| META.contains(&key)) {
            inner.in_metadata = true;
            if place.root {
                inner.no_default = Some("of what every object has");
            }
        }
        restrictions(property, inner, report);
    }
    for list in ["allOf", "anyOf", "oneOf"] {
        for one in items(node, list) {
            restrictions(one, inner, report);
        }
    }
    if let Some(not) = field(node, "not") {
        restrictions(not, inner, report);
    }
    if let Some(items) = field(node, "items") {
        match items.kind() {
            Kind::Map => report.json_schema(items),
            Kind::List => {}
            _ => {
                let message = "the server reads no schema here";
                let finding = report.at(Code::WrongObjectType, items, message).warning();
                report.push(finding.help("write a map"));
            }
        }
        let anonymous = place.anonymous || text(node, "x-kubernetes-list-type") != "map";
        restrictions(items, Place { anonymous, ..inner }, report);
    }
    if let Some(additional) = field(node, "additionalItems") {
        schema_or_flag(additional, report);
    }
}

/// What is a schema, or true or false.
fn schema_or_flag<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match node.kind() {
        Kind::Bool => {}
        Kind::Map => report.json_schema(node),
        _ => {
            let message = "this is neither a schema nor true or false";
            report.error(Code::WrongObjectType, node, message, "write a map, or `true`");
        }
    }
}

/// The types of lists and maps: who is who in them.
fn extensions<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let of = text(node, "type");
    for (name, wanted, words) in [
        ("x-kubernetes-map-type", "object", &["atomic", "granular"][..]),
        ("x-kubernetes-list-type", "array", &["atomic", "set", "map"]),
    ] {
        let Some(list_type) = field(node, name) else { continue };
        if of != wanted {
            let message = format!("`{name}` goes with the type `{wanted}`");
            required_type(node, message, &format!("write `type: {wanted}`, or delete it"), report);
        }
        report.set_word(Some(list_type), words);
    }
    let list_type = field(node, "x-kubernetes-list-type");
    let keys = field(node, "x-kubernetes-list-map-keys").filter(|keys| !keys.is_empty());
    let list = list_type.map_or("", NodeRef::text);
    if let Some(keys) = keys.filter(|_| list != "map") {
        let message = "only a list of the type `map` has keys";
        let finding = report.at(Code::Definition, list_type.unwrap_or(keys), message);
        let finding = finding.as_server(report.root, node, ".x-kubernetes-list-type");
        report.push(finding.help("write `x-kubernetes-list-type: map`"));
    }
    let inner = field(node, "items").filter(|items| items.kind() == Kind::Map);
    if let Some(items) = inner.filter(|_| matches!(list, "map" | "set")) {
        if flag(items, "nullable") {
            let message = "what is told apart is not null";
            report.forbidden(items, "nullable", message, "delete it");
        }
        if list == "set" {
            set_items(items, report);
        }
    }
    if list == "map" {
        map_list(node, inner, keys, report);
    }
}

/// The items of a set are compared as a whole.
fn set_items<'t>(items: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (name, good) = match text(items, "type") {
        "array" => (
            "x-kubernetes-list-type",
            matches!(text(items, "x-kubernetes-list-type"), "" | "atomic"),
        ),
        "object" => ("x-kubernetes-map-type", text(items, "x-kubernetes-map-type") == "atomic"),
        _ => return,
    };
    if !good {
        let message = "the items of a set are compared as a whole";
        let finding = report.at(Code::Definition, field(items, name).unwrap_or(items), message);
        let finding = finding.as_server(report.root, items, &format!(".{name}"));
        report.push(finding.help(format!("write `{name}: atomic`")));
    }
}

/// The items of a list of the type `map` are told apart by some of their fields.
fn map_list<'t>(
    node: NodeRef<'t>,
    inner: Option<NodeRef<'t>>,
    keys: Option<NodeRef<'t>>,
    report: &mut Report<'t, '_>,
) {
    if keys.is_none() {
        let help = "name the fields that tell the items apart";
        report.missing(node, "x-kubernetes-list-map-keys", help);
    }
    let Some(items_schema) = inner else {
        if field(node, "items").is_none() {
            report.missing(node, "items", "say what the list holds");
        }
        return;
    };
    if text(items_schema, "type") != "object" {
        let message = "the items of a list of the type `map` are objects".to_owned();
        return required_type(items_schema, message, "write `type: object`", report);
    }
    let Some(keys) = keys else { return };
    let required = |key: &str| item(items_schema, "required", &[], key).is_some();
    for key in keys.items() {
        let name = key.text();
        let property = field(items_schema, "properties").and_then(|all| all.get(name));
        let Some(property) = property else {
            let message = format!("the items have no field `{name}`");
            let finding = report.at(Code::Definition, key, message);
            let finding = finding.as_server(report.root, keys, "");
            report.push(finding.help("name a field of the items"));
            continue;
        };
        if matches!(text(property, "type"), "array" | "object") {
            let message = "items are told apart by texts, numbers or flags".to_owned();
            required_type(property, message, "name another field", report);
        }
        if !required(name) && field(property, "default").is_none() {
            let message = format!("`{name}` tells the items apart, and may be missing");
            let finding = report.at(Code::Definition, property, message);
            let finding = finding.as_server(report.root, property, ".default");
            report.push(finding.help("add it to `required`, or give it a default"));
        }
        if flag(property, "nullable") {
            let message = "what tells items apart is not null";
            report.forbidden(property, "nullable", message, "delete it");
        }
    }
    for (first, again) in repeated(&keys.items(), NodeRef::as_str) {
        let found = report.findings.len();
        let message = format!("`{}` is there already", again.text());
        report.repeated(Code::RepeatedItem, first, again, message);
        report.as_server(found, keys);
    }
}

fn check_rule<'t>(rule: NodeRef<'t>, schema: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if field(rule, "rule").is_none_or(|rule| rule.text().trim().is_empty()) {
        report.missing(rule, "rule", "write an expression in CEL");
    }
    let text_of = |name: &str| field(rule, name).filter(|node| !node.text().is_empty());
    for name in ["message", "messageExpression", "fieldPath"] {
        if let Some(node) = text_of(name).filter(|node| node.text().trim().is_empty()) {
            let message = format!("`{name}` is blank");
            report.error(Code::Definition, node, message, "write it, or delete it");
        }
    }
    let breaks = |node: &NodeRef<'t>| node.text().trim().contains(['\n', '\r']);
    for name in ["message", "fieldPath"] {
        if let Some(node) = text_of(name).filter(breaks) {
            let message = format!("`{name}` is one line");
            report.error(Code::Definition, node, message, "write it without line breaks");
        }
    }
    let message = text_of("message").filter(|node| !node.text().trim().is_empty());
    if field(rule, "rule").as_ref().is_some_and(breaks) && message.is_none() {
        report.missing(rule, "message", "say in one line what the rule asks for");
    }
    let reasons =
        ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
    report.set_word(field(rule, "reason"), &reasons);
    if let Some(path) = text_of("fieldPath")
        && field_at(path.text(), schema, true).is_none()
    {
        let message = format!("`{}` names no field of the schema", path.text());
        report.error(Code::Definition, path, message, "write one such as `.size`");
    }
}

/// What the rules of a schema may name: of an object with known fields, those.
fn environment<'t>(schema: NodeRef<'t>, place: Place<'_>) -> Environment<'t> {
    let properties = field(schema, "properties").filter(|all| !all.is_empty());
    let keeps = flag(schema, "x-kubernetes-preserve-unknown-fields");
    let embedded = flag(schema, "x-kubernetes-embedded-resource");
    let Some(properties) = properties.filter(|_| text(schema, "type") == "object" && !keeps) else {
        return Environment::of_schema(None);
    };
    let mut names: Vec<&str> = properties.entries().filter_map(NodeRef::key).collect();
    // What is no name in CEL has another one there.
    if names.iter().any(|name| cel::escape(name).as_deref() != Some(name)) {
        return Environment::of_schema(None);
    }
    if place.root || embedded {
        names.extend(META);
    }
    Environment::of_schema(Some(names))
}

/// Looks for what the server would not compile, which it does once all else is sound.
fn compile<'t>(
    rule: NodeRef<'t>,
    schema: NodeRef<'t>,
    place: Place<'_>,
    report: &mut Report<'t, '_>,
) {
    let environment = environment(schema, place);
    let written = |name| field(rule, name).filter(|node| !node.text().trim().is_empty());
    if let Some(message) = written("messageExpression") {
        report.compile(message, &environment.clone().giving(&[Type::String]));
    }
    let Some(node) = written("rule") else { return };
    let found = report.findings.len();
    report.compile(node, &environment);
    let compiles = report.findings.len() == found;
    let expression = Expression::new(node.text());
    let transition =
        cel::unknown_names(&expression, &["self"]).iter().any(|name| name == "oldSelf");
    if transition && place.anonymous {
        let message = "an item here has no earlier self to compare with";
        let help = "write the rule above the list, or make it an `x-kubernetes-list-type: map`";
        report.error(Code::ExpressionOfRule, node, message, help);
    } else if !transition && compiles {
        let message = "the rule does not look at `oldSelf`";
        report.forbidden(rule, "optionalOldSelf", message, "delete it");
    }
}

/// The schema of the field that a path names: `ValidFieldPath`. Brackets hold names in quotes.
pub fn field_at<'t>(path: &str, schema: NodeRef<'t>, brackets: bool) -> Option<NodeRef<'t>> {
    let mut at = schema;
    let mut rest = path;
    while !rest.is_empty() {
        let name;
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[', ']']).unwrap_or(after.len());
            (name, rest) = (after[..end].to_owned(), &after[end..]);
            if name.is_empty() {
                return None;
            }
        } else {
            let quoted = rest.strip_prefix("['").filter(|_| brackets)?;
            let (inner, after) = quoted.split_once("']")?;
            (name, rest) = (inner.replace("\\'", "'"), after);
        }
        at = match field(at, "properties").filter(|all| !all.is_empty()) {
            Some(properties) => properties.get(&name)?,
            None => field(at, "additionalProperties").filter(|all| all.kind() == Kind::Map)?,
        };
    }
    Some(at)
}

impl<'t> Report<'t, '_> {
    /// Compares a schema with its type, where the document of the server does not say it. Fields
    /// that it does not know the server drops there without a word.
    fn json_schema(&mut self, node: NodeRef<'t>) {
        let from = self.findings.len();
        schema::json_schema(self.root, node, self.version, self.findings);
        for finding in &mut self.findings[from..] {
            if finding.code == Code::UnknownObjectField {
                finding.severity = Severity::Warning;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Report;
    use crate::k8s::Version;
    use crate::validate::Author;
    use crate::validate::cel::Budget;
    use crate::validate::testing::{found, tree};

    fn of(schema: &Value) -> Vec<String> {
        let tree = tree(&json!({ "schema": schema }));
        let mut findings = Vec::new();
        let root = tree.root();
        let version = Version::default();
        let budget = Budget::of(root);
        let author = Author::Other;
        let mut report = Report { root, author, version, budget, findings: &mut findings };
        if let Some(schema) = root.get("schema") {
            super::check(schema, false, &mut report);
        }
        found(&findings)
    }

    fn of_field(field: &Value) -> Vec<String> {
        of(&json!({ "type": "object", "properties": { "a": field } }))
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn every_field_has_a_type_outside_of_its_restrictions() {
        assert_eq!(of_field(&json!({ "type": "string", "anyOf": [{ "maxLength": 3 }] })), NOTHING);
        assert_eq!(
            of_field(&json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] })),
            [
                "V042 schema.properties.a.anyOf[0].type: a restriction has no `type` [write \
                 `type` into the schema that it restricts]",
                "V042 schema.properties.a.anyOf[1].type: a restriction has no `type` [write \
                 `type` into the schema that it restricts]",
                "V042 schema.properties.a: the schema of a field has no type [add `type`, or \
                 `x-kubernetes-preserve-unknown-fields: true` for anything]",
            ]
        );
        let either = json!({
            "x-kubernetes-int-or-string": true,
            "anyOf": [{ "type": "integer" }, { "type": "string" }],
        });
        assert_eq!(of_field(&either), NOTHING);
        assert_eq!(
            of_field(&json!({ "type": "array" })),
            ["V003 schema.properties.a.items: there is no `items` [say what the list holds]"]
        );
    }

    #[test]
    fn defaults_fit_their_schema() {
        let size = |default: Value| json!({ "type": "integer", "maximum": 9, "default": default });
        assert_eq!(of_field(&size(json!(3))), NOTHING);
        assert_eq!(
            of_field(&size(json!(10))),
            ["V005 schema.properties.a.default: 10 is more than 9"]
        );
        let unknown = json!({
            "type": "object",
            "properties": { "b": { "type": "string" } },
            "default": { "c": "" },
        });
        assert_eq!(
            of_field(&unknown),
            ["V002 schema.properties.a.default.c: there is no field `c` [write `b`]"]
        );
    }

    #[test]
    fn what_tells_the_items_of_a_list_apart_is_there() {
        let list = |keys: Value, items: Value| {
            of_field(&json!({
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": keys,
                "items": { "type": "object", "properties": items, "required": ["name"] },
            }))
        };
        let text = json!({ "type": "string" });
        assert_eq!(list(json!(["name"]), json!({ "name": text })), NOTHING);
        assert_eq!(
            list(json!(["name", "port"]), json!({ "name": text, "kind": text })),
            ["V042 schema.properties.a.x-kubernetes-list-map-keys[1]: the items have no field \
              `port` [name a field of the items]"]
        );
        assert_eq!(
            list(json!(["kind"]), json!({ "kind": text })),
            ["V042 schema.properties.a.items.properties.kind: `kind` tells the items apart, and \
              may be missing [add it to `required`, or give it a default]"]
        );
    }

    #[test]
    fn rules_compile_and_point_to_fields() {
        let rules = |rule: Value| {
            of_field(&json!({
                "type": "object",
                "properties": { "size": { "type": "integer" } },
                "x-kubernetes-validations": [rule],
            }))
        };
        assert_eq!(rules(json!({ "rule": "self.size > 0", "fieldPath": ".size" })), NOTHING);
        let at = "schema.properties.a.x-kubernetes-validations[0]";
        assert_eq!(
            rules(json!({ "rule": "slf.size > 0", "fieldPath": ".sise" })),
            [
                format!(
                    "V042 {at}.fieldPath: `.sise` names no field of the schema [write one such \
                     as `.size`]"
                ),
                format!(
                    "V043 {at}.rule: the expression names `slf`, which is no variable here \
                     [write `self`]"
                ),
            ]
        );
        assert_eq!(
            rules(json!({ "rule": "self.size > 0", "optionalOldSelf": true })),
            [format!("V018 {at}.optionalOldSelf: the rule does not look at `oldSelf` [delete it]")]
        );
        let items = json!({
            "type": "string",
            "x-kubernetes-validations": [{ "rule": "self == oldSelf" }],
        });
        assert_eq!(
            of_field(&json!({ "type": "array", "items": items })),
            ["V043 schema.properties.a.items.x-kubernetes-validations[0].rule: an item here has \
              no earlier self to compare with [write the rule above the list, or make it an \
              `x-kubernetes-list-type: map`]"]
        );
    }
}
