//! Which values of a tree are secrets.

use super::names::{self, Carrier};
use super::text;
use crate::source::{Kind, NodeRef};

/// The scalars of a Secret that say nothing secret. All other fields do, those that no Secret has
/// too: a misspelt `stringData` is one of them.
const OPEN_FIELDS: [&str; 4] = ["apiVersion", "kind", "type", "immutable"];

/// The scalars of its metadata.
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>
const OPEN_METADATA: [&str; 10] = [
    "name",
    "namespace",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "selfLink",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// The scalars of what other objects make a Secret of.
const OPEN_TEMPLATE: [&str; 5] = ["name", "type", "immutable", "engineVersion", "mergePolicy"];

/// What a value stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Nothing that carries secrets.
    Nothing,
    /// A list whose items are objects.
    Objects,
    /// The fields of a Secret.
    Secret,
    /// The metadata of a Secret.
    Metadata,
    /// The labels or the annotations of a Secret.
    Strings,
    /// An object of another kind that carries secrets.
    Carrier,
    /// What such an object makes Secrets of: one, or a list of them.
    Template,
    /// A map whose values are all secrets.
    Values,
    /// What a stack or an environment says of its secrets: never a value, unless by mistake.
    Section,
}

/// Calls `visit` with each value below `root` that must not be shown, none of them inside of
/// another. Keys may be shown, but for those inside of such a value.
pub(crate) fn each_secret<'t>(root: NodeRef<'t>, visit: &mut impl FnMut(NodeRef<'t>)) {
    below(root, Within::of_object(root, Within::Nothing), visit);
}

/// Whether an object holds what must not be shown.
pub(crate) fn has_secrets(root: NodeRef<'_>) -> bool {
    let mut found = false;
    each_secret(root, &mut |_| found = true);
    root.walk(&mut |_, node| found = found || !text::named(node.text()).is_empty());
    found
}

fn below<'t>(node: NodeRef<'t>, within: Within, visit: &mut impl FnMut(NodeRef<'t>)) {
    let mut is_behind_flag = false;
    for child in node.entries().chain(node.items()) {
        match within.child(node, child) {
            Some(_) if is_behind_flag && names::is_literal(child.text()) => visit(child),
            Some(within) => below(child, within, visit),
            None => visit(child),
        }
        is_behind_flag = child.key().is_none() && child.as_str().is_some_and(text::is_flag);
    }
}

/// Whether there is an object that is there to carry secrets, or looks like one that is.
pub(super) fn holds_carrier(root: NodeRef<'_>) -> bool {
    let mut items =
        root.get("items").filter(|_| is_list(root)).into_iter().flat_map(NodeRef::items);
    carrier(root).is_some() || items.any(|item| carrier(item).is_some())
}

/// The scalars of a value, with its keys.
pub(super) fn texts<'t>(secret: NodeRef<'t>, out: &mut Vec<&'t str>) {
    secret.walk(&mut |path, node| {
        out.push(node.text());
        if !path.is_empty() {
            out.extend(node.key());
        }
    });
}

impl Within {
    /// What the values of a map stand in that is an object as a whole.
    fn of_object(map: NodeRef<'_>, otherwise: Self) -> Self {
        match carrier(map) {
            Some(Carrier::Secret) => Self::Secret,
            Some(Carrier::Data) => Self::Carrier,
            None => otherwise,
        }
    }

    /// What the values of a child stand in; `None` where the child itself is a secret.
    fn child(self, holder: NodeRef<'_>, child: NodeRef<'_>) -> Option<Self> {
        let key = child.key().unwrap_or_default();
        let is_map = child.kind() == Kind::Map;
        match self {
            _ if child.kind() == Kind::Null => return Some(Self::Nothing),
            Self::Values => return None,
            Self::Section => return Self::section(key, child),
            Self::Secret if key == "metadata" => return is_map.then_some(Self::Metadata),
            Self::Secret if is_map => return Self::values(child),
            Self::Secret => return is_open(&OPEN_FIELDS, key, child).then_some(Self::Nothing),
            Self::Metadata => return Self::metadata(key, child),
            Self::Strings if matches!(child.kind(), Kind::Map | Kind::List) => return None,
            Self::Carrier | Self::Template if names::is_data(key) => return Self::data(child),
            Self::Carrier if matches!(key, "template" | "secretTemplates") => {
                return Some(Self::Template);
            }
            Self::Template => return Self::template(key, child),
            Self::Objects if is_map => return Some(Self::of_object(child, Self::Nothing)),
            _ => {}
        }
        if is_secret_by_itself(holder, key, child) {
            return None;
        }
        let inner = if self == Self::Carrier { Self::Carrier } else { Self::Nothing };
        Some(match child.kind() {
            Kind::Map if key == "stringData" => return Self::values(child),
            Kind::Map if is_patch_of_secret(key) => Self::Secret,
            Kind::Map if key == "secrets" && holder.get("kind").is_none() => Self::Section,
            Kind::Str | Kind::Int | Kind::Float
                if key == "secrets" && holder.get("kind").is_none() =>
            {
                return (!names::is_literal(child.text())).then_some(Self::Nothing);
            }
            Kind::Map if is_object(child) => Self::of_object(child, inner),
            Kind::List if key == "items" && is_list(holder) => Self::Objects,
            _ => inner,
        })
    }

    /// What stands in a map of values. A key that holds what ends one was never meant as one, and
    /// may go on as a value.
    fn values(map: NodeRef<'_>) -> Option<Self> {
        let is_key =
            |key: &str| !key.contains(['"', '\'', ':', ',', '=', '{', '}', '[', ']', '\n']);
        map.entries().filter_map(NodeRef::key).all(is_key).then_some(Self::Values)
    }

    /// What stands in a section about secrets.
    fn section(key: &str, child: NodeRef<'_>) -> Option<Self> {
        match child.kind() {
            Kind::Map if matches!(key, "labels" | "annotations") => Some(Self::Nothing),
            Kind::Map if names::is_data(key) => None,
            // A name holds nothing of that.
            Kind::Str if key.is_empty() && child.text().contains(['=', ':', ' ']) => None,
            Kind::Str | Kind::Int | Kind::Float if !names::is_field_of_section(key) => {
                (!names::is_literal(child.text())).then_some(Self::Nothing)
            }
            _ => Some(Self::Section),
        }
    }

    /// What stands in the metadata of a Secret.
    fn metadata(key: &str, child: NodeRef<'_>) -> Option<Self> {
        match (key, child.kind()) {
            ("labels" | "annotations", Kind::Map) => Some(Self::Strings),
            ("finalizers" | "ownerReferences" | "managedFields", Kind::List) => Some(Self::Nothing),
            _ => is_open(&OPEN_METADATA, key, child).then_some(Self::Nothing),
        }
    }

    /// What stands in the template of a Secret.
    fn template(key: &str, child: NodeRef<'_>) -> Option<Self> {
        match (key, child.kind()) {
            ("labels" | "annotations", Kind::Map) => Some(Self::Strings),
            ("metadata", Kind::Map) => Some(Self::Metadata),
            ("templateFrom", Kind::List) => Some(Self::Carrier),
            ("", Kind::Map) => Some(Self::Template),
            _ => is_open(&OPEN_TEMPLATE, key, child).then_some(Self::Nothing),
        }
    }

    /// What stands under `data` in an object that carries secrets but is none: a list of maps
    /// says where they come from.
    fn data(child: NodeRef<'_>) -> Option<Self> {
        match child.kind() {
            Kind::Map => Self::values(child),
            Kind::List if child.items().all(|item| item.kind() == Kind::Map) => Some(Self::Carrier),
            _ => None,
        }
    }
}

/// Whether a field is one of those that say nothing secret, and holds a word as they do: what
/// a slip of the indentation or a lost colon put there is more.
fn is_open(fields: &[&str], key: &str, value: NodeRef<'_>) -> bool {
    let is_word = || !value.text().contains(char::is_whitespace);
    fields.contains(&key) && !matches!(value.kind(), Kind::Map | Kind::List) && is_word()
}

/// How much of a map holds secrets, if it is an object that carries any.
fn carrier(map: NodeRef<'_>) -> Option<Carrier> {
    let kind = map.get("kind").and_then(NodeRef::as_str);
    kind.and_then(Carrier::of_kind)
        .or_else(|| looks_like_secret(map, kind).then_some(Carrier::Secret))
}

/// Whether an object of another kind or none may be meant as a Secret. In the core group, nothing
/// else has data but a ConfigMap; without a kind, what has no `spec` may be either.
fn looks_like_secret(map: NodeRef<'_>, kind: Option<&str>) -> bool {
    let has = |field: &str| map.get(field).is_some();
    let is_core =
        || names::is_core(map.get("apiVersion").map_or("", NodeRef::text)) && !has("spec");
    let has_data = || map.entries().filter_map(NodeRef::key).any(names::is_data);
    if let Some(kind) = kind.filter(|kind| !kind.contains(char::is_whitespace)) {
        return has_data() && !names::is_config(kind) && !is_list(map) && is_core();
    }
    // The word itself may stand under a misspelt key.
    let mut scalars = map.entries().filter_map(NodeRef::as_str);
    let is_object = || has("apiVersion") || has("metadata") || has_data();
    scalars.any(|text| Carrier::of_kind(text) == Some(Carrier::Secret)) || is_object() && is_core()
}

/// Whether a map inside of another is an object, and no reference to one.
fn is_object(map: NodeRef<'_>) -> bool {
    let has = |field: &str| map.get(field).is_some();
    has("kind") && (has("metadata") || has("data") || has("stringData"))
}

fn is_list(map: NodeRef<'_>) -> bool {
    map.get("kind").and_then(NodeRef::as_str).is_some_and(|kind| kind.ends_with("List"))
}

/// Whether a key of a stack's patches names a Secret: `Secret/NAME`, or `Secret.GROUP/NAME`.
fn is_patch_of_secret(key: &str) -> bool {
    let Some((kind, _)) = key.split_once('/') else { return false };
    let kind = kind.split('.').next().unwrap_or_default();
    Carrier::of_kind(kind) == Some(Carrier::Secret)
}

/// Whether a value is a secret wherever it stands: by the name of its field or variable, or by
/// what it says.
fn is_secret_by_itself(holder: NodeRef<'_>, key: &str, value: NodeRef<'_>) -> bool {
    if key.ends_with(names::LAST_APPLIED) {
        return true;
    }
    let is_scalar = matches!(value.kind(), Kind::Str | Kind::Int | Kind::Float);
    let is_structure = matches!(value.kind(), Kind::Map | Kind::List);
    let is_value = names::is_value(key);
    if (is_value || is_scalar && key == "valueFrom") && is_secret_variable(holder) {
        return is_structure || is_scalar && names::is_literal(value.text());
    }
    if !is_scalar {
        return false;
    }
    // An item is called as its list is, and a default as what has it.
    let is_of_holder = matches!(key, "" | "default" | "value");
    // The file that lists accounts keeps no passwords.
    let is_file_of_accounts = key == "passwd" && value.text().trim().contains('\n');
    let is_named = names::is_secret_field(key) && !is_file_of_accounts
        || is_of_holder && holder.key().is_some_and(names::is_secret_field);
    is_named && names::is_literal(value.text()) || text::is_manifest_of_secret(value.text())
}

/// Whether a map is a variable that has the name of a secret.
fn is_secret_variable(map: NodeRef<'_>) -> bool {
    map.get("name").and_then(NodeRef::as_str).is_some_and(names::is_secret_field)
}
