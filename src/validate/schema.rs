//! The schema of the environment's Kubernetes version.
//!
//! The walk reads the tree and the compiled tables side by side; it allocates only for what
//! it finds. Null means absent, as it does to the API server.

use std::hash::{Hash, Hasher};

use super::custom::CustomKind;
use super::finding::Finding;
use super::repeated::{Value, repeated};
use super::{Author, Cluster, Extent, sound};
use crate::diagnostic::{Code, listed, nearest};
use crate::k8s::schema::{Field, ItemIdentity, List, Object, Resource, Shape, Type};
use crate::k8s::{Feature, Quantity, Version};
use crate::source::{Kind, NodeRef, Step, Symbol};

/// Compares an object with the type of its kind.
pub fn check(root: NodeRef<'_>, author: Author, cluster: &Cluster, out: &mut Vec<Finding>) {
    let Some((api_version, kind)) = kind_of(root, out) else { return };
    if let Some(custom) = cluster.custom.find(api_version.text(), kind.text()) {
        return custom_resource(root, api_version, custom, cluster, out);
    }
    let Some(resource) = Resource::find(cluster.version, api_version.text(), kind.text()) else {
        if !cluster.knows_kind(api_version.text(), kind.text()) {
            out.push(no_schema(root, api_version, kind, cluster));
        }
        return;
    };
    let Shape::Object(object) = resource.root().shape() else { return };
    let mut walk = Walk { root, author, in_status: false, version: cluster.version, findings: out };
    walk.missing_fields(root, object);
    for entry in root.entries() {
        // The server replaces what a new object says as its status.
        walk.in_status = entry.key() == Some("status");
        walk.field(entry, object);
    }
}

/// Checks an object of a kind that a definition brings.
fn custom_resource<'t>(
    root: NodeRef<'t>,
    api_version: NodeRef<'t>,
    custom: &CustomKind,
    cluster: &Cluster,
    out: &mut Vec<Finding>,
) {
    if !custom.is_served {
        let message = format!("`{}` is not served for `{}`", custom.api_version, custom.kind);
        let group = custom.api_version.split('/').next().unwrap_or_default();
        let served = cluster.custom.all().filter(|other| {
            other.is_served
                && other.kind == custom.kind
                && other.api_version.split('/').next() == Some(group)
        });
        let served: Vec<&str> = served.map(|other| other.api_version.as_str()).collect();
        let finding = Finding::error(Code::NoSchema, root, api_version, message);
        out.push(finding.help(format!("the definition serves `{}`", served.join("`, `"))));
        return;
    }
    if let Some(node) = root.get("metadata") {
        metadata(root, node, cluster.version, out);
        let namespace = node.get("namespace").filter(|name| name.kind() != Kind::Null);
        if let Some(namespace) = namespace.filter(|_| !custom.is_namespaced) {
            let message = format!("a {} has no namespace", custom.kind);
            let finding = Finding::error(Code::Contradiction, root, namespace, message);
            out.push(finding.help("delete the field"));
        }
    }
    custom.check(root, cluster.version, out);
}

fn kind_of<'t>(root: NodeRef<'t>, out: &mut Vec<Finding>) -> Option<(NodeRef<'t>, NodeRef<'t>)> {
    let mut text = |name: &str| match root.get(name) {
        Some(node) if node.as_str().is_some_and(|text| !text.is_empty()) => Some(node),
        Some(node) if node.kind() != Kind::Null => {
            let message = format!("`{name}` must be a string that is not empty");
            out.push(Finding::error(Code::WrongObjectType, root, node, message));
            None
        }
        _ => {
            let message = format!("there is no `{name}`");
            let finding = Finding::error(Code::MissingObjectField, root, root, message);
            out.push(finding.help("an object starts with `apiVersion`, `kind` and `metadata`"));
            None
        }
    };
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    api_version.zip(kind)
}

pub(super) fn no_schema(
    root: NodeRef<'_>,
    api_version: NodeRef<'_>,
    kind: NodeRef<'_>,
    cluster: &Cluster,
) -> Finding {
    let version = cluster.version;
    let (group_version, name) = (api_version.text(), kind.text());
    let message = format!("Kubernetes {version} has no kind `{name}` in `{group_version}`");
    let error = |node| Finding::error(Code::NoSchema, root, node, message.clone());
    let elsewhere = Resource::versions(group_version, name);
    if !elsewhere.is_empty() {
        return error(api_version).help(format!("the kind is there {elsewhere}"));
    }
    let homes: Vec<&str> = Resource::all(version)
        .filter(|resource| resource.kind() == name)
        .map(Resource::api_version)
        .collect();
    if let [home] = homes[..] {
        return error(api_version).help(format!("write `apiVersion: {home}`")).replace(home);
    }
    if !homes.is_empty() {
        let help = format!("the kind is in `{}`", homes.join("`, `"));
        return error(api_version).help(help);
    }
    let neighbours = Resource::all(version)
        .filter(|resource| resource.api_version() == group_version)
        .map(Resource::kind);
    match nearest(name, neighbours) {
        Some(near) => error(kind).help(format!("write `kind: {near}`")).replace(near),
        None => error(kind).help(match cluster.extent {
            Extent::Environment => format!(
                "if the cluster has it, list `{group_version}/{name}` under \
                 `existing: {{ kinds }}` of the environment"
            ),
            Extent::Files => format!(
                "if the cluster has it, `--crds FILE` shows its definition, and \
                 `--allow-missing-schema {group_version}/{name}` takes it unchecked"
            ),
        }),
    }
}

struct Walk<'t, 'o> {
    root: NodeRef<'t>,
    author: Author,
    /// The server reads the status of an object that is made, and forgets it.
    in_status: bool,
    version: Version,
    findings: &'o mut Vec<Finding>,
}

impl<'t> Walk<'t, '_> {
    #[cold]
    fn error(&self, code: Code, node: NodeRef<'t>, message: impl Into<String>) -> Finding {
        Finding::error(code, self.root, node, message.into())
    }

    #[cold]
    fn found(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn object(&mut self, node: NodeRef<'t>, object: Object) {
        if node.kind() != Kind::Map {
            return self.wrong_type(node, "a map");
        }
        let before = self.findings.len();
        let required = node.entries().filter(|entry| self.field(*entry, object)).count();
        if !self.in_status && required < object.most_required() {
            let found = self.findings.split_off(before);
            self.missing_fields(node, object);
            self.findings.extend(found);
        }
    }

    fn missing_fields(&mut self, node: NodeRef<'t>, object: Object) {
        let present =
            |field: &Field| node.get(field.name).is_some_and(|value| value.kind() != Kind::Null);
        for field in object.fields().filter(|field| field.required) {
            if !present(&field) && !self.is_left_to_controller(node) {
                let finding = Finding::missing(self.root, node, field.name);
                self.found(finding.help(format!("add `{}`", field.name)));
            }
        }
    }

    /// Whether the server leaves a node to the controller: it looked neither at the pods of a
    /// `StatefulSet` nor at their claims.
    fn is_left_to_controller(&self, node: NodeRef<'t>) -> bool {
        self.leaves_to_controller()
            && self.root.path_to(node).is_some_and(|path| {
                matches!(path[..], [_, Step::Key("template" | "volumeClaimTemplates"), _, ..])
            })
    }

    /// Whether the server leaves some of the object's nodes to the controller.
    fn leaves_to_controller(&self) -> bool {
        let text = |name| self.root.get(name).map_or("", NodeRef::text);
        self.author == Author::Other
            && !self.version.has(Feature::StatefulSetTemplates)
            && (text("apiVersion"), text("kind")) == ("apps/v1", "StatefulSet")
    }

    /// Compares a field with the type of its object: whether it is there and required.
    fn field(&mut self, entry: NodeRef<'t>, object: Object) -> bool {
        let Some(field) = object.field_at(entry.symbol()) else {
            if !object.is_open() {
                self.unknown_field(entry, entry.key().unwrap_or_default(), object);
            }
            return false;
        };
        if entry.as_str() == Some("") {
            self.empty_text(entry, field, object);
        } else {
            self.value(entry, field.of, Some(object));
        }
        field.required && entry.kind() != Kind::Null
    }

    /// The server takes an empty word for none at all, and an empty text where it needs none.
    fn empty_text(&mut self, entry: NodeRef<'t>, field: Field, object: Object) {
        match field.of.shape() {
            Shape::Enum(_) | Shape::Str if !self.is_needed(entry, field) => {}
            Shape::Str => {
                let message = format!("`{}` is empty", field.name);
                let finding = self.error(Code::ValueNotAllowed, entry, message);
                self.found(finding);
            }
            _ => self.value(entry, field.of, Some(object)),
        }
    }

    /// Whether the server asks for a text in a field.
    fn is_needed(&self, entry: NodeRef<'t>, field: Field) -> bool {
        field.required && !self.in_status && !self.is_left_to_controller(entry)
    }

    #[cold]
    fn unknown_field(&mut self, entry: NodeRef<'t>, name: &str, object: Object) {
        let names: Vec<&str> = object.fields().map(|field| field.name).collect();
        let below = object.fields().find(|field| match field.of.shape() {
            Shape::Object(below) => below.field(name).is_some(),
            _ => false,
        });
        let versions = object.versions(name);
        let help = match below {
            _ if !versions.is_empty() => Some(format!("Kubernetes has the field {versions}")),
            Some(below) if nearest(name, names.iter().copied()).is_none() => {
                Some(format!("write it below `{}`", below.name))
            }
            _ => None,
        };
        let finding = match help {
            Some(help) => no_field(self.root, entry).help(help),
            None => unknown_field(self.root, entry, names.iter().copied()),
        };
        self.found(finding);
    }

    /// Compares a value with its type; `holder` is the object of which it is a field.
    fn value(&mut self, node: NodeRef<'t>, of: Type, holder: Option<Object>) {
        if node.kind() == Kind::Null {
            return;
        }
        match of.shape() {
            Shape::Any => {}
            Shape::Bool => self.kind(node, Kind::Bool, "true or false"),
            Shape::Str => self.kind(node, Kind::Str, "a string"),
            Shape::Enum(values) => self.one_of(node, values, holder),
            // The server reads a list of bytes, too.
            Shape::Bytes if node.kind() == Kind::List && node.is_empty() => {}
            Shape::Bytes => self.text(node, "base64", is_base64),
            Shape::Time => self.text(node, "a time such as 2026-01-31T12:00:00Z", is_time),
            Shape::Int32 => self.integer(node, i64::from(i32::MIN), i64::from(i32::MAX)),
            Shape::Int64 => self.integer(node, i64::MIN, i64::MAX),
            Shape::Number if node.kind() == Kind::Float => {}
            Shape::Number => self.kind(node, Kind::Int, "a number"),
            Shape::Quantity => self.quantity(node),
            Shape::IntOrString if node.kind() == Kind::Str => {}
            Shape::IntOrString => self.int_or_string(node),
            shape @ (Shape::Map(_) | Shape::List(_) | Shape::Object(_)) => {
                self.collection(node, of, shape);
            }
        }
    }

    fn collection(&mut self, node: NodeRef<'t>, of: Type, shape: Shape) {
        let author = self.author;
        // Of a status, and of what is left to the controller, less is asked than elsewhere.
        if self.in_status || self.leaves_to_controller() {
            self.is_sound(node, shape);
        } else {
            sound::once(node, of, author, || self.is_sound(node, shape));
        }
    }

    /// Looks into a map or a list: whether nothing is found there.
    fn is_sound(&mut self, node: NodeRef<'t>, shape: Shape) -> bool {
        let before = self.findings.len();
        match shape {
            Shape::Map(value) => self.map(node, value),
            Shape::List(list) => self.list(node, list),
            Shape::Object(object) => self.object(node, object),
            _ => {}
        }
        self.findings.len() == before
    }

    fn kind(&mut self, node: NodeRef<'t>, kind: Kind, wanted: &str) {
        if node.kind() != kind {
            self.wrong_type(node, wanted);
        }
    }

    #[cold]
    fn wrong_type(&mut self, node: NodeRef<'t>, wanted: &str) {
        let finding = wrong_type(self.root, node, wanted);
        self.found(finding);
    }

    fn one_of(&mut self, node: NodeRef<'t>, values: &[&str], holder: Option<Object>) {
        let Some(text) = node.as_str() else { return self.wrong_type(node, "a string") };
        if values.contains(&text) || self.in_status || self.is_left_to_controller(node) {
            return;
        }
        let versions = holder
            .zip(node.key())
            .map(|(holder, name)| holder.versions_allowing(name, text))
            .filter(|versions| !versions.is_empty());
        let mut finding = none_of(self.root, node, values.iter().copied());
        if let Some(versions) = versions {
            finding.help = vec![format!("Kubernetes has the value {versions}")];
            finding.replacement = None;
        }
        self.found(finding);
    }

    fn text(&mut self, node: NodeRef<'t>, wanted: &str, good: fn(&str) -> bool) {
        match node.as_str() {
            None => self.wrong_type(node, &format!("a string of {wanted}")),
            Some(text) if good(text) => {}
            Some(_) => {
                let message = format!("expected {wanted}");
                let finding = self.error(Code::ValueNotAllowed, node, message);
                self.found(finding);
            }
        }
    }

    fn integer(&mut self, node: NodeRef<'t>, least: i64, most: i64) {
        if node.kind() != Kind::Int {
            return self.wrong_type(node, "an integer");
        }
        if node.as_i64().is_none_or(|number| number < least || number > most) {
            let message = format!("{} is not between {least} and {most}", node.text());
            let finding = self.error(Code::ValueNotAllowed, node, message);
            self.found(finding);
        }
    }

    fn int_or_string(&mut self, node: NodeRef<'t>) {
        if node.kind() == Kind::Int {
            self.integer(node, i64::from(i32::MIN), i64::from(i32::MAX));
        } else {
            self.wrong_type(node, "an integer or a string");
        }
    }

    fn quantity(&mut self, node: NodeRef<'t>) {
        if !matches!(node.kind(), Kind::Int | Kind::Float | Kind::Str) {
            return self.wrong_type(node, "a quantity");
        }
        // The server trims, too.
        let text = node.text().trim();
        let Err(error) = text.parse::<Quantity>() else { return };
        if self.author == Author::Other && Quantity::of_server(text).is_ok() {
            let message = format!("the server reads `{text}` as 0");
            let finding = self.error(Code::ValueNotAllowed, node, message).warning();
            return self.found(finding.help("write a number before the suffix"));
        }
        let finding =
            self.error(Code::ValueNotAllowed, node, format!("`{text}` is no quantity; {error}"));
        let finding = match mend_quantity(text) {
            Some(mended) => finding.help(format!("write `{mended}`")).replace(mended),
            None => finding,
        };
        self.found(finding);
    }

    fn map(&mut self, node: NodeRef<'t>, value: Type) {
        if node.kind() != Kind::Map {
            return self.wrong_type(node, "a map");
        }
        for entry in node.entries() {
            self.value(entry, value, None);
        }
    }

    fn list(&mut self, node: NodeRef<'t>, list: List) {
        if node.kind() != Kind::List {
            return self.wrong_type(node, "a list");
        }
        for item in node.items() {
            match list.item.shape() {
                _ if item.kind() != Kind::Null => self.value(item, list.item, None),
                // To the server a null in a list of its own kinds is an empty item.
                Shape::Object(object) => self.missing_fields(item, object),
                _ => {}
            }
        }
        match list.identity {
            ItemIdentity::None => {}
            ItemIdentity::Value => self.repeated(node, None, |item| Some(Value(item))),
            ItemIdentity::Keys([key]) => {
                let symbol = Symbol::of(key);
                let text = |item| key_text(item, symbol).filter(|text| !text.is_empty());
                self.repeated(node, Some(key), text);
            }
            ItemIdentity::Keys(keys) => self.repeated(node, None, |item| Keys::of(item, keys)),
        }
    }

    /// Reports items that stand for the same thing as an earlier one, at their key if they have
    /// a single one.
    fn repeated<K: Eq + Hash>(
        &mut self,
        node: NodeRef<'t>,
        key: Option<&str>,
        identity: impl Fn(NodeRef<'t>) -> Option<K>,
    ) {
        for (first, item) in repeated(&node.items(), identity) {
            let message = "the list has this item already";
            let at = key.and_then(|key| item.get(key)).unwrap_or(item);
            let finding = self.error(Code::RepeatedItem, at, message);
            let finding = finding.also(first.at(), "first here").help("delete one of the two");
            // Of its own kinds the server refuses only what a rule of theirs refuses.
            let tolerated = self.author == Author::Other;
            self.found(if tolerated { finding.warning() } else { finding });
        }
    }
}

/// What the keys of an item say that together tell it from others.
#[derive(Clone, Copy)]
struct Keys<'t> {
    item: NodeRef<'t>,
    names: &'static [&'static str],
}

impl<'t> Keys<'t> {
    /// `None` where a key is missing.
    fn of(item: NodeRef<'t>, names: &'static [&'static str]) -> Option<Self> {
        let keys = Self { item, names };
        keys.texts().all(|text| text.is_some()).then_some(keys)
    }

    fn texts(self) -> impl Iterator<Item = Option<&'t str>> {
        self.names.iter().map(move |name| key_text(self.item, Symbol::of(name)))
    }
}

impl PartialEq for Keys<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.texts().eq(other.texts())
    }
}

impl Eq for Keys<'_> {}

impl Hash for Keys<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.texts().for_each(|text| text.hash(state));
    }
}

/// A value of another type than `wanted`.
pub(super) fn wrong_type(root: NodeRef<'_>, node: NodeRef<'_>, wanted: &str) -> Finding {
    let message = format!("expected {wanted}, found {}", describe(node));
    let finding = Finding::error(Code::WrongObjectType, root, node, message);
    let text = node.text();
    match node.kind() {
        Kind::Bool | Kind::Int | Kind::Float if wanted == "a string" => {
            finding.help(format!("write \"{text}\", in quotes")).replace(format!("\"{text}\""))
        }
        Kind::Str if would_be(text, wanted) => {
            finding.help(format!("write {text}, without quotes")).replace(text)
        }
        _ => finding,
    }
}

/// So many fields of an object are listed where one is unknown.
const FEW_FIELDS: usize = 12;

/// A field that an object does not have beside those named.
pub(super) fn unknown_field<'n>(
    root: NodeRef<'_>,
    entry: NodeRef<'_>,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Finding {
    let name = entry.key().unwrap_or_default();
    let finding = no_field(root, entry);
    if let Some(near) = nearest(name, names.clone()) {
        return finding.help(format!("write `{near}`")).replace(near);
    }
    match names.clone().take(FEW_FIELDS + 1).count() {
        0 => finding.help("the object has no fields"),
        1..=FEW_FIELDS => finding.help(format!("the fields are {}", listed(names))),
        _ => finding,
    }
}

fn no_field(root: NodeRef<'_>, entry: NodeRef<'_>) -> Finding {
    let message = format!("there is no field `{}`", entry.key().unwrap_or_default());
    Finding::error_at_key(Code::UnknownObjectField, root, entry, message)
}

/// A value that is none of those allowed.
pub(super) fn none_of<'v>(
    root: NodeRef<'_>,
    node: NodeRef<'_>,
    values: impl Iterator<Item = &'v str> + Clone,
) -> Finding {
    let text = node.text();
    let message = format!("`{text}` is none of {}", listed(values.clone()));
    let finding = Finding::error(Code::ValueNotAllowed, root, node, message);
    match nearest(text, values) {
        Some(near) => finding.help(format!("write `{near}`")).replace(near),
        None => finding,
    }
}

/// Compares a schema in a definition of a custom resource with its type.
pub(super) fn json_schema<'t>(
    root: NodeRef<'t>,
    node: NodeRef<'t>,
    version: Version,
    out: &mut Vec<Finding>,
) {
    let definition = Resource::find(version, "apiextensions.k8s.io/v1", "CustomResourceDefinition");
    let path = ["spec", "versions", "schema", "openAPIV3Schema"];
    let step = |of: Type, name: &&str| of.field(name).map(|field| field.of);
    let of = definition.and_then(|kind| path.iter().try_fold(kind.root(), step));
    let Some(of) = of else { return };
    let author = Author::Other;
    let mut walk = Walk { root, author, in_status: false, version, findings: out };
    walk.value(node, of, None);
}

/// Compares the metadata of an object, or of one inside of it, with their type.
pub(super) fn metadata<'t>(
    root: NodeRef<'t>,
    metadata: NodeRef<'t>,
    version: Version,
    out: &mut Vec<Finding>,
) {
    let pod = Resource::find(version, "v1", "Pod").map(Resource::root);
    let Some(of) = pod.and_then(|pod| pod.field("metadata")) else { return };
    let mut walk = Walk { root, author: Author::Other, in_status: false, version, findings: out };
    walk.value(metadata, of.of, None);
}

/// The value of a key that tells items of a list apart. Only the protocol of a port has a
/// default.
fn key_text(item: NodeRef<'_>, key: Symbol) -> Option<&str> {
    item.named(key).map(NodeRef::text).or((key == Symbol::of("protocol")).then_some("TCP"))
}

pub(super) fn describe(node: NodeRef<'_>) -> String {
    match node.kind() {
        Kind::Null => "null".to_owned(),
        Kind::Bool => format!("the boolean {}", node.text()),
        Kind::Int => format!("the integer {}", node.text()),
        Kind::Float => format!("the number {}", node.text()),
        Kind::Str if node.text().len() > 60 => "a string".to_owned(),
        Kind::Str => format!("the string {:?}", node.text()),
        Kind::List => "a list".to_owned(),
        Kind::Map => "a map".to_owned(),
    }
}

/// Whether a string would be what is wanted if it stood without quotes.
pub(super) fn would_be(text: &str, wanted: &str) -> bool {
    match wanted {
        "true or false" => matches!(text, "true" | "false"),
        "an integer" | "a number" => {
            text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
        }
        _ => false,
    }
}

/// The quantity that was probably meant: `1K` for `1k`, `100MB` for `100M`, `2 Gi` for `2Gi`.
fn mend_quantity(text: &str) -> Option<String> {
    let squeezed: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let split = squeezed.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, suffix) = squeezed.split_at(split);
    let unit = suffix.trim_end_matches(['B', 'b']);
    let known = ["k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let suffix = known.into_iter().find(|known| known.eq_ignore_ascii_case(unit))?;
    let mended = format!("{number}{suffix}");
    mended.parse::<Quantity>().is_ok().then_some(mended)
}

/// Whether Go's `base64.StdEncoding` reads it: padded, line breaks anywhere.
fn is_base64(text: &str) -> bool {
    let mut digits = 0;
    let mut padding = 0;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return false,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => digits += 1,
            _ => return false,
        }
    }
    padding <= 2 && (digits + padding) % 4 == 0
}

/// Whether Go reads it as RFC 3339.
pub(super) fn is_time(text: &str) -> bool {
    // Go takes an hour of one digit, too.
    if text.as_bytes().get(12) == Some(&b':') && text.is_char_boundary(11) {
        let (date, time) = text.split_at(11);
        return is_time(&format!("{date}0{time}"));
    }
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    };
    let within = |from: usize, least: u32, most: u32| {
        number(from, from + 2).is_some_and(|number| (least..=most).contains(&number))
    };
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !separators.iter().all(|(at, separator)| bytes.get(*at) == Some(separator)) {
        return false;
    }
    let fraction = text
        .get(19..)
        .and_then(|rest| rest.strip_prefix('.'))
        .map_or(0, |rest| 1 + rest.bytes().take_while(u8::is_ascii_digit).count());
    let zone_at = 19 + fraction;
    let zone_is_good = match bytes.get(zone_at) {
        Some(b'Z') => bytes.len() == zone_at + 1,
        Some(b'+' | b'-') => {
            bytes.len() == zone_at + 6
                && bytes[zone_at + 3] == b':'
                && within(zone_at + 1, 0, 23)
                && within(zone_at + 4, 0, 59)
        }
        _ => false,
    };
    (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && within(11, 0, 23)
        && within(14, 0, 59)
        && within(17, 0, 59)
        && fraction != 1
        && zone_is_good
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::Version;
    use crate::validate::testing::{found, tree};

    fn cluster(minor: u8) -> Cluster {
        let version = format!("1.{minor}").parse::<Version>().unwrap_or_default();
        Cluster { version, ..Cluster::default() }
    }

    fn findings(object: &serde_json::Value, author: Author, cluster: &Cluster) -> Vec<String> {
        let mut out = Vec::new();
        check(tree(object).root(), author, cluster, &mut out);
        found(&out)
    }

    fn of_pod(spec: &serde_json::Value, minor: u8) -> Vec<String> {
        let object = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" }, "spec": spec,
        });
        findings(&object, Author::Gen, &cluster(minor))
    }

    #[test]
    fn a_good_object_has_nothing_to_find() {
        let deployment = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "web", "labels": { "app": "web" }, "annotations": null },
            "spec": {
                "replicas": 2,
                "selector": { "matchLabels": { "app": "web" } },
                "strategy": { "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": 0 } },
                "template": {
                    "metadata": { "labels": { "app": "web" }, "creationTimestamp": null },
                    "spec": { "containers": [{
                        "name": "web",
                        "image": "nginx",
                        "ports": [
                            { "containerPort": 80 },
                            { "containerPort": 80, "protocol": "UDP" },
                        ],
                        "resources": { "limits": { "cpu": 1, "memory": "1.5Gi" } },
                    }] },
                },
            },
            "status": {},
        });
        assert_eq!(findings(&deployment, Author::Gen, &cluster(34)), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_field_is_found_with_what_was_meant() {
        let spec = json!({ "containers": [{ "name": "a", "imagee": "b" }], "hostNetwrok": true });
        assert_eq!(
            of_pod(&spec, 34),
            [
                "V002 spec.containers[0].imagee: there is no field `imagee` [write `image`]",
                "V002 spec.hostNetwrok: there is no field `hostNetwrok` [write `hostNetwork`]",
            ]
        );
    }

    #[test]
    fn a_field_or_value_of_another_version_says_since_when() {
        let spec = json!({ "containers": [], "hostnameOverride": "a" });
        assert_eq!(of_pod(&spec, 34), Vec::<String>::new());
        assert_eq!(
            of_pod(&spec, 33),
            ["V002 spec.hostnameOverride: there is no field `hostnameOverride` \
              [Kubernetes has the field since 1.34]"]
        );
    }

    #[test]
    fn a_missing_field_has_the_path_that_it_would_have() {
        let spec = json!({ "containers": [{ "image": "b" }, null], "volumes": [{ "name": null }] });
        assert_eq!(
            of_pod(&spec, 36),
            [
                "V003 spec.containers[0].name: there is no `name` [add `name`]",
                "V003 spec.containers[1].name: there is no `name` [add `name`]",
                "V003 spec.volumes[0].name: there is no `name` [add `name`]",
            ]
        );
    }

    #[test]
    fn values_of_the_wrong_type_are_found() {
        let spec = json!({
            "hostNetwork": "true",
            "terminationGracePeriodSeconds": "30",
            "nodeName": 5,
            "containers": {},
            "nodeSelector": { "a": true },
            "priority": 1.5,
            "hostname": ["a"],
        });
        assert_eq!(
            of_pod(&spec, 36),
            [
                "V004 spec.hostNetwork: expected true or false, found the string \"true\" \
                 [write true, without quotes]",
                "V004 spec.terminationGracePeriodSeconds: expected an integer, found the string \
                 \"30\" [write 30, without quotes]",
                "V004 spec.nodeName: expected a string, found the integer 5 \
                 [write \"5\", in quotes]",
                "V004 spec.containers: expected a list, found a map",
                "V004 spec.nodeSelector.a: expected a string, found the boolean true \
                 [write \"true\", in quotes]",
                "V004 spec.priority: expected an integer, found the number 1.5",
                "V004 spec.hostname: expected a string, found a list",
            ]
        );
    }

    #[test]
    fn values_out_of_range_are_found() {
        let spec = json!({
            "restartPolicy": "Allways",
            "priority": 2_147_483_648_u64,
            "overhead": { "cpu": "1", "memory": "100MB", "disk": "lots", "pages": " 1Gi " },
            "containers": [{
                "name": "a",
                "livenessProbe": { "tcpSocket": { "port": 3_000_000_000_u64 } },
            }],
        });
        assert_eq!(
            of_pod(&spec, 36),
            [
                "V005 spec.restartPolicy: `Allways` is none of `Always`, `Never`, `OnFailure` \
                 [write `Always`]",
                "V005 spec.priority: 2147483648 is not between -2147483648 and 2147483647",
                "V005 spec.overhead.memory: `100MB` is no quantity; a quantity ends in one of n, \
                 u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, an exponent or nothing \
                 [write `100M`]",
                "V005 spec.overhead.disk: `lots` is no quantity; a quantity is a number and a \
                 suffix, such as 500m or 1.5Gi",
                "V005 spec.containers[0].livenessProbe.tcpSocket.port: 3000000000 is not between \
                 -2147483648 and 2147483647",
            ]
        );
    }

    #[test]
    fn repeated_items_are_errors_of_gen_and_warnings_of_others() {
        let object = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" },
            "spec": { "containers": [{
                "name": "a",
                "env": [{ "name": "A" }, { "name": "B" }, { "name": "A" }],
                "ports": [{ "containerPort": 80, "protocol": "TCP" }, { "containerPort": 80 }],
            }] },
        });
        let severities = |author| {
            let mut out = Vec::new();
            check(tree(&object).root(), author, &cluster(36), &mut out);
            let of = |finding: &Finding| (finding.path.clone(), finding.severity);
            out.iter().map(of).collect::<Vec<_>>()
        };
        let paths = ["spec.containers[0].env[2].name", "spec.containers[0].ports[1]"];
        let with = |severity| paths.map(|path| (path.to_owned(), severity)).to_vec();
        assert_eq!(severities(Author::Gen), with(crate::diagnostic::Severity::Error));
        assert_eq!(severities(Author::Other), with(crate::diagnostic::Severity::Warning));
    }

    #[test]
    fn a_kind_without_a_schema_is_an_error_unless_the_cluster_has_it() {
        let widget = json!({ "apiVersion": "example.com/v1", "kind": "Widget" });
        let mut cluster = cluster(36);
        assert_eq!(
            findings(&widget, Author::Other, &cluster),
            ["V001 kind: Kubernetes 1.36 has no kind `Widget` in `example.com/v1` [if the \
              cluster has it, list `example.com/v1/Widget` under `existing: { kinds }` of the \
              environment]"]
        );
        cluster.kinds.push("example.com/v1/Widget".to_owned());
        assert_eq!(findings(&widget, Author::Other, &cluster), Vec::<String>::new());
    }

    #[test]
    fn a_kind_that_moved_or_is_misspelt_says_where_it_is() {
        let of = |api_version: &str, kind: &str, minor| {
            let object = json!({ "apiVersion": api_version, "kind": kind });
            findings(&object, Author::Other, &cluster(minor)).concat()
        };
        assert_eq!(
            of("extensions/v1beta1", "Ingress", 36),
            "V001 apiVersion: Kubernetes 1.36 has no kind `Ingress` in `extensions/v1beta1` \
             [write `apiVersion: networking.k8s.io/v1`]"
        );
        assert_eq!(
            of("apps/v1", "Deploymnet", 36),
            "V001 kind: Kubernetes 1.36 has no kind `Deploymnet` in `apps/v1` \
             [write `kind: Deployment`]"
        );
        assert_eq!(
            of("resource.k8s.io/v1", "ResourceClaim", 33),
            "V001 apiVersion: Kubernetes 1.33 has no kind `ResourceClaim` in \
             `resource.k8s.io/v1` [the kind is there since 1.34]"
        );
    }

    #[test]
    fn an_object_without_a_kind_is_found() {
        let object = json!({ "apiVersion": 1, "metadata": {} });
        assert_eq!(
            findings(&object, Author::Other, &cluster(36)),
            [
                "V004 apiVersion: `apiVersion` must be a string that is not empty",
                "V003 : there is no `kind` [an object starts with `apiVersion`, `kind` and \
                 `metadata`]",
            ]
        );
    }

    #[test]
    fn custom_resources_have_limits() {
        let route = json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": { "name": "a", "labels": null },
            "spec": {
                "hostnames": ["Example.com", ""],
                "parentRefs": null,
                "rules": [{ "backendRefs": [{ "name": "web", "port": 70_000 }] }],
            },
        });
        let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
        let pattern = format!("`^(\\*\\.)?{label}(\\.{label})*$`");
        assert_eq!(
            findings(&route, Author::Gen, &cluster(36)),
            [
                format!("V005 spec.hostnames[0]: `Example.com` does not match {pattern}"),
                "V005 spec.hostnames[1]: the text is empty".to_owned(),
                "V005 spec.rules[0].backendRefs[0].port: 70000 is more than 65535".to_owned(),
            ]
        );
    }

    #[test]
    fn base64_is_read_as_go_reads_it() {
        for good in ["", "YQ==", "YWI=", "YWJj", "YW\nJj"] {
            assert!(is_base64(good), "{good:?}");
        }
        for bad in ["YQ", "YQ=", "Y", "YQ==YQ==", "Y Q=", "a-b_", "===="] {
            assert!(!is_base64(bad), "{bad:?}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for good in ["2026-01-31T12:00:00Z", "2024-02-29T23:59:59.5+01:00"] {
            assert!(is_time(good), "{good}");
        }
        for bad in [
            "",
            "2026-01-31",
            "2026-02-29T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00Z",
            "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00Zx",
            "2026-01-31T12:00:0\u{e9}",
        ] {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
