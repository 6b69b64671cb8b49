//! The types of every supported version of Kubernetes, and of the custom resources that gen
//! writes itself.
//!
//! They are compiled in as static tables, made from `schemas/` by
//! `cargo run --example schema-tables`; nothing is parsed or allocated when gen starts.
//! `schemas/` holds what real API servers say of themselves: see `tests/conformance/`.

mod rows;
#[rustfmt::skip]
#[allow(clippy::enum_glob_use, clippy::unreadable_literal, reason = "made by a program")]
mod tables;

pub(in crate::k8s) use tables::MINORS;

use rows::{FieldRow, ResourceRow, TypeRow};

use super::{Version, Versions};
use crate::source::Symbol;

/// A kind of object in one version of Kubernetes.
#[derive(Debug, Clone, Copy)]
pub struct Resource {
    row: &'static ResourceRow,
    version: Version,
}

impl Resource {
    /// The kind of that name in that version, if there is one.
    #[must_use]
    pub fn find(version: Version, api_version: &str, kind: &str) -> Option<Self> {
        let row = row_of(api_version, kind)?;
        (row.versions & version.bit() != 0).then_some(Self { row, version })
    }

    /// The versions of Kubernetes that have a kind.
    #[must_use]
    pub fn versions(api_version: &str, kind: &str) -> Versions {
        let row = row_of(api_version, kind);
        Versions::from_bits(row.map_or(0, |row| row.versions))
    }

    /// Every kind of a version, sorted by kind and apiVersion.
    pub fn all(version: Version) -> impl Iterator<Item = Self> {
        let known = tables::RESOURCES.iter().filter(move |row| row.versions & version.bit() != 0);
        known.map(move |row| Self { row, version })
    }

    /// Such as `apps/v1`.
    #[must_use]
    pub fn api_version(self) -> &'static str {
        self.row.api_version
    }

    /// Such as `Deployment`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        self.row.kind.name().unwrap_or_default()
    }

    /// The name of the kind in URLs and RBAC rules, such as `deployments`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        self.row.plural
    }

    /// Whether its objects live in a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        self.row.namespaced
    }

    /// Whether a `CustomResourceDefinition` brings it.
    #[must_use]
    pub fn is_custom(self) -> bool {
        self.row.custom
    }

    /// The type of its objects.
    #[must_use]
    pub fn root(self) -> Type {
        Type { index: self.row.of, version: self.version }
    }
}

/// The index in `RESOURCES` of the first kind of a name, by the number of its symbol.
static KINDS: [u16; 1 << 11] = {
    let mut kinds = [FREE; 1 << 11];
    let mut row = tables::RESOURCES.len();
    while row > 0 {
        row -= 1;
        #[expect(clippy::cast_possible_truncation, reason = "there are a few hundred kinds")]
        let first = row as u16;
        kinds[tables::RESOURCES[row].kind.number() as usize] = first;
    }
    kinds
};

fn row_of(api_version: &str, kind: &str) -> Option<&'static ResourceRow> {
    let kind = Symbol::of(kind);
    let first = *KINDS.get(usize::from(kind.number()))?;
    let mut of_kind =
        tables::RESOURCES.get(usize::from(first)..)?.iter().take_while(|row| row.kind == kind);
    of_kind.find(|row| row.api_version == api_version)
}

/// What a value may be, in one version of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type {
    index: u16,
    version: Version,
}

/// The form of a [`Type`].
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Anything at all.
    Any,
    /// `true` or `false`.
    Bool,
    /// A string.
    Str,
    /// One of these strings.
    Enum(&'static [&'static str]),
    /// A string of base64.
    Bytes,
    /// A time as RFC 3339 writes it.
    Time,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// A number.
    Number,
    /// A quantity such as `500m`.
    Quantity,
    /// An integer of 32 bits or a string, such as a port or a percentage.
    IntOrString,
    /// Keys that the user chooses.
    Map(Type),
    /// A list.
    List(List),
    /// Fields.
    Object(Object),
}

impl Type {
    /// Its form.
    #[must_use]
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "who asks for it looks at one form after another, too"
    )]
    pub fn shape(self) -> Shape {
        let list = |item, identity| Shape::List(List { item: self.sibling(item), identity });
        let object = |start, end, required, open| {
            Shape::Object(Object { start, end, required, open, of: self })
        };
        match self.row() {
            TypeRow::Any => Shape::Any,
            TypeRow::Bool => Shape::Bool,
            TypeRow::Str => Shape::Str,
            TypeRow::Bytes => Shape::Bytes,
            TypeRow::Time => Shape::Time,
            TypeRow::Int32 => Shape::Int32,
            TypeRow::Int64 => Shape::Int64,
            TypeRow::Number => Shape::Number,
            TypeRow::Quantity => Shape::Quantity,
            TypeRow::IntOrString => Shape::IntOrString,
            TypeRow::Enum(start, end) => Shape::Enum(slice(tables::ENUMS, start, end)),
            TypeRow::Map(value) => Shape::Map(self.sibling(value)),
            TypeRow::Atomic(item) => list(item, ItemIdentity::None),
            TypeRow::Set(item) => list(item, ItemIdentity::Value),
            TypeRow::Keyed(item, start, end) => {
                list(item, ItemIdentity::Keys(slice(tables::KEYS, start, end)))
            }
            TypeRow::Object(start, end, required) => object(start, end, required, false),
            TypeRow::Open(start, end, required) => object(start, end, required, true),
        }
    }

    /// The field of that name, of the type itself or of its items or values.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Field> {
        match self.shape() {
            Shape::Object(object) => object.field(name),
            Shape::List(list) => list.item.field(name),
            Shape::Map(value) => value.field(name),
            _ => None,
        }
    }

    /// The type at a path of fields; lists and maps on the way are stepped into.
    #[must_use]
    pub fn at_path(self, fields: &[&str]) -> Option<Self> {
        fields.iter().try_fold(self, |of, name| of.field(name).map(|field| field.of))
    }

    /// The type of the items, if it is a list.
    #[must_use]
    pub fn item(self) -> Option<Self> {
        match self.shape() {
            Shape::List(list) => Some(list.item),
            _ => None,
        }
    }

    /// The number that it has among the types of all versions.
    pub(crate) fn number(self) -> u16 {
        self.index
    }

    fn row(self) -> TypeRow {
        tables::TYPES[usize::from(self.index)]
    }

    fn sibling(self, index: u16) -> Self {
        Self { index, ..self }
    }
}

/// A list and how its items are told apart.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// The type of its items.
    pub item: Type,
    /// What makes two items the same one.
    pub identity: ItemIdentity,
}

/// What makes two items of a list the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemIdentity {
    /// Nothing: the list is one value.
    None,
    /// Their value: the list is a set.
    Value,
    /// The values of these fields: the list is a map.
    Keys(&'static [&'static str]),
}

/// A type with fields.
#[derive(Debug, Clone, Copy)]
pub struct Object {
    /// Range of `FIELDS`.
    start: u16,
    end: u16,
    required: u8,
    open: bool,
    of: Type,
}

impl Object {
    /// The field of that name in this version.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Field> {
        self.field_at(Symbol::of(name))
    }

    /// The field of that name in this version.
    pub(crate) fn field_at(self, name: Symbol) -> Option<Field> {
        self.forms(name).find(|row| self.has(*row)).map(|row| self.field_of(row))
    }

    /// The most fields that are required in any version.
    pub(crate) fn most_required(self) -> usize {
        usize::from(self.required)
    }

    /// The versions that have a field of that name.
    #[must_use]
    pub fn versions(self, name: &str) -> Versions {
        let forms = self.forms(Symbol::of(name));
        Versions::from_bits(forms.fold(0, |bits, row| bits | row.versions))
    }

    /// The versions in which the field of that name may have a value that others do not know.
    #[must_use]
    pub fn versions_allowing(self, name: &str, value: &str) -> Versions {
        let allows = |row: &FieldRow| match self.of.sibling(row.of).shape() {
            Shape::Enum(values) => values.contains(&value),
            _ => false,
        };
        let rows = self.forms(Symbol::of(name)).filter(allows);
        Versions::from_bits(rows.fold(0, |bits, row| bits | row.versions))
    }

    /// Its fields in this version, sorted by name.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        let rows = slice(tables::FIELDS, self.start, self.end);
        let here = rows.iter().copied().filter(move |row| self.has(*row));
        here.map(move |row| self.field_of(row))
    }

    /// Whether fields that the type does not name are allowed.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.open
    }

    /// The forms that a field has in any version.
    fn forms(self, name: Symbol) -> impl Iterator<Item = FieldRow> {
        let first = self.first_form(name).unwrap_or(self.end);
        let rows = slice(tables::FIELDS, first, self.end);
        rows.iter().copied().take_while(move |row| row.name == name)
    }

    /// The index in `FIELDS` of the first form of a field.
    fn first_form(self, name: Symbol) -> Option<u16> {
        let mut place = place_of(self.start, name);
        loop {
            let first = PLACES[place];
            if first == FREE {
                return None;
            }
            let is_own = self.start <= first && first < self.end;
            if is_own && tables::FIELDS[usize::from(first)].name == name {
                return Some(first);
            }
            place = (place + 1) % PLACES.len();
        }
    }

    fn has(self, row: FieldRow) -> bool {
        row.versions & self.of.version.bit() != 0
    }

    fn field_of(self, row: FieldRow) -> Field {
        Field {
            name: row.name.name().unwrap_or_default(),
            of: self.of.sibling(row.of),
            required: row.required,
        }
    }
}

const PLACE_BITS: u32 = 13;
/// Where none stands, no kind and no field.
const FREE: u16 = u16::MAX;

/// The indices in `FIELDS` of the first form of each field of each object, each at
/// [its place](place_of) or at the next that was free.
static PLACES: [u16; 1 << PLACE_BITS] = {
    let mut places = [FREE; 1 << PLACE_BITS];
    let mut of = 0;
    while of < tables::TYPES.len() {
        if let TypeRow::Object(start, end, _) | TypeRow::Open(start, end, _) = tables::TYPES[of] {
            let mut row = start;
            while row < end {
                let name = tables::FIELDS[row as usize].name;
                let mut place = place_of(start, name);
                while places[place] != FREE && places[place] != row {
                    place = (place + 1) % places.len();
                }
                places[place] = row;
                row += 1;
                // Other forms stand behind the first.
                while row < end && tables::FIELDS[row as usize].name.number() == name.number() {
                    row += 1;
                }
            }
        }
        of += 1;
    }
    assert!(tables::FIELDS.len() < 1 << (PLACE_BITS - 1), "half of the places stay free");
    places
};

/// Where a field of the object whose fields start there is looked for first.
const fn place_of(start: u16, name: Symbol) -> usize {
    let field = (start as u32) << u16::BITS | name.number() as u32;
    (field.wrapping_mul(0x9e37_79b1) >> (u32::BITS - PLACE_BITS)) as usize
}

/// A field of an object.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The type of its value.
    pub of: Type,
    /// Whether it must be present.
    pub required: bool,
}

fn slice<T>(table: &'static [T], start: u16, end: u16) -> &'static [T] {
    &table[usize::from(start)..usize::from(end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(minor: u8) -> Version {
        format!("1.{minor}").parse().unwrap_or_default()
    }

    #[test]
    fn a_kind_knows_its_plural_and_scope() {
        let found = |api_version, kind| {
            Resource::find(Version::newest(), api_version, kind)
                .map(|resource| (resource.plural(), resource.is_namespaced(), resource.is_custom()))
        };
        assert_eq!(found("apps/v1", "Deployment"), Some(("deployments", true, false)));
        assert_eq!(found("v1", "Namespace"), Some(("namespaces", false, false)));
        assert_eq!(found("v1", "Endpoints"), Some(("endpoints", true, false)));
        assert_eq!(
            found("cert-manager.io/v1", "ClusterIssuer"),
            Some(("clusterissuers", false, true))
        );
        assert_eq!(found("apps/v1", "Ingress"), None);
        assert_eq!(found("extensions/v1beta1", "Ingress"), None);
    }

    #[test]
    fn a_kind_of_a_newer_version_is_not_in_an_older_one() {
        let find = |minor| Resource::find(version(minor), "resource.k8s.io/v1", "ResourceClaim");
        assert!(find(33).is_none());
        assert!(find(34).is_some());
        assert_eq!(
            Resource::versions("resource.k8s.io/v1", "ResourceClaim").to_string(),
            "since 1.34"
        );
        assert!(Resource::versions("v1", "Deployment").is_empty());
    }

    #[test]
    fn a_path_leads_through_lists_and_maps_to_the_type_of_a_field() {
        let deployment = Resource::find(Version::newest(), "apps/v1", "Deployment");
        let at = |path: &[&str]| {
            deployment.and_then(|resource| resource.root().at_path(path)).map(Type::shape)
        };
        let container = ["spec", "template", "spec", "containers"];
        assert!(matches!(at(&["spec", "replicas"]), Some(Shape::Int32)));
        assert!(matches!(
            at(&container),
            Some(Shape::List(List { identity: ItemIdentity::Keys(["name"]), .. }))
        ));
        assert!(matches!(at(&[&container[..], &["image"]].concat()), Some(Shape::Str)));
        assert!(matches!(
            at(&[&container[..], &["imagePullPolicy"]].concat()),
            Some(Shape::Enum(["Always", "IfNotPresent", "Never"]))
        ));
        assert!(at(&[&container[..], &["imagee"]].concat()).is_none());
    }

    #[test]
    fn a_field_of_another_version_says_which() {
        let pod = |minor| {
            let pod = Resource::find(version(minor), "v1", "Pod");
            let Some(Shape::Object(spec)) =
                pod.and_then(|pod| pod.root().at_path(&["spec"])).map(Type::shape)
            else {
                return None;
            };
            Some(spec)
        };
        assert!(pod(33).is_some_and(|spec| spec.field("hostnameOverride").is_none()));
        assert!(pod(34).is_some_and(|spec| spec.field("hostnameOverride").is_some()));
        assert_eq!(
            pod(33).map(|spec| spec.versions("hostnameOverride").to_string()).as_deref(),
            Some("since 1.34")
        );
    }

    #[test]
    fn the_tables_are_sorted_as_the_lookups_need_them() {
        assert!(
            tables::RESOURCES
                .is_sorted_by(|a, b| (a.kind, a.api_version) < (b.kind, b.api_version))
        );
        for of in tables::TYPES {
            if let TypeRow::Object(start, end, _) | TypeRow::Open(start, end, _) = *of {
                let fields = slice(tables::FIELDS, start, end);
                assert!(
                    fields.is_sorted_by(|a, b| a.name < b.name
                        || (a.name == b.name && a.versions & b.versions == 0))
                );
            }
        }
    }

    #[test]
    fn every_field_of_every_kind_has_a_type() {
        fn visit(of: Type, seen: &mut [bool]) {
            if std::mem::replace(&mut seen[usize::from(of.index)], true) {
                return;
            }
            match of.shape() {
                Shape::Map(value) => visit(value, seen),
                Shape::List(list) => visit(list.item, seen),
                Shape::Object(object) => object.fields().for_each(|field| visit(field.of, seen)),
                _ => {}
            }
        }
        for version in Version::all() {
            let mut seen = vec![false; tables::TYPES.len()];
            Resource::all(version).for_each(|resource| visit(resource.root(), &mut seen));
            assert!(seen.iter().filter(|seen| **seen).count() > 800, "{version}");
        }
    }
}
