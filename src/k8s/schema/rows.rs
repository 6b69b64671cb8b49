//! The rows of the generated tables. Types and ranges are indices into other tables.

use crate::source::Symbol;

/// A type. Ranges are `start, end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeRow {
    /// Anything at all.
    Any,
    Bool,
    Str,
    /// Base64.
    Bytes,
    /// RFC 3339.
    Time,
    Int32,
    Int64,
    Number,
    Quantity,
    IntOrString,
    /// Range of `ENUMS`.
    Enum(u16, u16),
    /// Values.
    Map(u16),
    /// Items.
    Atomic(u16),
    /// Items, each different.
    Set(u16),
    /// Items, told apart by a range of `KEYS`.
    Keyed(u16, u16, u16),
    /// Range of `FIELDS`, and the most of them that any version requires.
    Object(u16, u16, u8),
    /// The same; others may stand beside them.
    Open(u16, u16, u8),
}

/// A form of a field. Those of one object stand together, sorted by name.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldRow {
    pub name: Symbol,
    pub of: u16,
    /// Bits of the versions that have it in this form.
    pub versions: u8,
    pub required: bool,
}

/// A kind. Sorted by its name and then by its `apiVersion`.
#[derive(Debug)]
pub(super) struct ResourceRow {
    pub api_version: &'static str,
    pub kind: Symbol,
    pub plural: &'static str,
    pub namespaced: bool,
    pub of: u16,
    /// Bits of the versions that have it.
    pub versions: u8,
    pub custom: bool,
}

/// A row of `FIELDS`, short for the sake of the file.
pub(super) const fn f(name: u16, of: u16, versions: u8, required: bool) -> FieldRow {
    FieldRow { name: Symbol::of_name(name), of, versions, required }
}

/// A row of `RESOURCES`.
pub(super) const fn r(
    api_version: &'static str,
    kind: u16,
    plural: &'static str,
    namespaced: bool,
    of: u16,
    versions: u8,
    custom: bool,
) -> ResourceRow {
    let kind = Symbol::of_name(kind);
    ResourceRow { api_version, kind, plural, namespaced, of, versions, custom }
}
