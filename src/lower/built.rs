//! Typed values that remember where each of their fields came from.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::k8s::duration::GoDuration;
use crate::plan::Val;
use crate::source::Origin;

/// A Kubernetes value with the origin of each field that was set, made by
/// [`k8s!`](macro@crate::k8s).
#[derive(Debug, Clone, PartialEq)]
pub struct Built<T> {
    pub(super) value: T,
    pub(super) at: Origin,
    pub(super) fields: Fields,
}

impl<T> Built<T> {
    /// The value itself.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Where it came from as a whole; fields without an origin of their own share it.
    pub fn at(&self) -> Origin {
        self.at
    }

    /// Puts a value and the origins of its fields together; [`k8s!`](macro@crate::k8s) does that.
    #[doc(hidden)]
    pub fn new(value: T, at: Origin, fields: Fields) -> Self {
        Self { value, at, fields }
    }
}

/// The origins of a value and of what it holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    /// Where the value came from, where that is not where its parent came from.
    pub(super) at: Option<Origin>,
    pub(super) inside: Inside,
}

/// The origins of what a value holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Inside {
    /// All of it came from where the value came from.
    #[default]
    Nothing,
    /// Of the fields of a struct.
    Fields(Fields),
    /// Of the items of a list, or of the values of a map in the order of its keys.
    Children(Vec<Marks>),
}

/// The origins of a struct's fields, by their names in Rust.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(pub(super) Vec<(&'static str, Marks)>);

impl Fields {
    /// Sets a field of a struct and keeps its origins; [`k8s!`](macro@crate::k8s) does that.
    #[doc(hidden)]
    pub fn set<T, Shape>(&mut self, slot: &mut T, name: &'static str, value: impl Field<T, Shape>) {
        if let Some((value, marks)) = value.fill() {
            *slot = value;
            if !marks.are_inherited() {
                self.0.push((name, marks));
            }
        }
    }
}

impl Marks {
    /// Whether they say nothing that the parent's do not.
    fn are_inherited(&self) -> bool {
        self.at.is_none() && self.inside == Inside::Nothing
    }

    fn of_children(children: Vec<Self>) -> Self {
        let inside = if children.iter().all(Self::are_inherited) {
            Inside::Nothing
        } else {
            Inside::Children(children)
        };
        Self { at: None, inside }
    }
}

/// What can stand for a value of type `T`.
///
/// A [`Val`] brings its origin and a [`Built`] those of its fields; plain values take the origin
/// of the struct that they stand in. Lists and maps may hold any of these.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot stand for a `{T}`")]
pub trait Value<T> {
    /// The value and its origins.
    fn build(self) -> (T, Marks);

    /// Whether it is a list or map that holds nothing.
    fn is_empty(&self) -> bool {
        false
    }
}

/// What can fill a field of type `T`: a [`Value`] of it, and for optional fields also an
/// `Option` of one.
///
/// A list or map that holds nothing leaves an optional field out, since Kubernetes makes no
/// difference between the two and nobody wants to read `volumes: []`.
///
/// `Shape` tells the implementations apart and is always inferred.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot fill a field of type `{T}`")]
pub trait Field<T, Shape> {
    /// The field's value and its origins, or nothing when the field stays unset.
    fn fill(self) -> Option<(T, Marks)>;
}

/// Shapes of [`Field`].
#[doc(hidden)]
pub mod shape {
    /// A value for a field that is always there.
    #[derive(Debug)]
    pub struct Required;
    /// A value for an optional field.
    #[derive(Debug)]
    pub struct Set;
    /// Perhaps a value for an optional field.
    #[derive(Debug)]
    pub struct Perhaps;
}

impl<T, V: Value<T>> Field<T, shape::Required> for V {
    fn fill(self) -> Option<(T, Marks)> {
        Some(self.build())
    }
}

impl<T, V: Value<T>> Field<Option<T>, shape::Set> for V {
    fn fill(self) -> Option<(Option<T>, Marks)> {
        (!self.is_empty()).then(|| {
            let (value, marks) = self.build();
            (Some(value), marks)
        })
    }
}

impl<T, V: Value<T>> Field<Option<T>, shape::Perhaps> for Option<V> {
    fn fill(self) -> Option<(Option<T>, Marks)> {
        self.and_then(Field::<Option<T>, shape::Set>::fill)
    }
}

impl<T, V: Value<T> + Clone> Field<Option<T>, shape::Perhaps> for &Option<V> {
    fn fill(self) -> Option<(Option<T>, Marks)> {
        self.as_ref().and_then(Field::<Option<T>, shape::Set>::fill)
    }
}

impl<T> Value<T> for Built<T> {
    fn build(self) -> (T, Marks) {
        (self.value, Marks { at: Some(self.at), inside: Inside::Fields(self.fields) })
    }
}

impl<T, V: Value<T>> Value<T> for Val<V> {
    fn build(self) -> (T, Marks) {
        let (value, marks) = self.v.build();
        (value, Marks { at: Some(self.at), inside: marks.inside })
    }

    fn is_empty(&self) -> bool {
        self.v.is_empty()
    }
}

impl<T, V: Value<T> + Clone> Value<T> for &V {
    fn build(self) -> (T, Marks) {
        self.clone().build()
    }

    fn is_empty(&self) -> bool {
        (*self).is_empty()
    }
}

impl<T, V: Value<T>> Value<Vec<T>> for Vec<V> {
    fn build(self) -> (Vec<T>, Marks) {
        let (items, marks) = self.into_iter().map(Value::build).unzip();
        (items, Marks::of_children(marks))
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T, V: Value<T>, const N: usize> Value<Vec<T>> for [V; N] {
    fn build(self) -> (Vec<T>, Marks) {
        let (items, marks) = self.into_iter().map(Value::build).unzip();
        (items, Marks::of_children(marks))
    }

    fn is_empty(&self) -> bool {
        N == 0
    }
}

impl<T, K: Into<String>, V: Value<T>> Value<BTreeMap<String, T>> for BTreeMap<K, V> {
    fn build(self) -> (BTreeMap<String, T>, Marks) {
        let entries: BTreeMap<String, (T, Marks)> =
            self.into_iter().map(|(key, value)| (key.into(), value.build())).collect();
        let (values, marks) =
            entries.into_iter().map(|(key, (value, marks))| ((key, value), marks)).unzip();
        (values, Marks::of_children(marks))
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// Implements [`Value`] for plain values: of the same type, or by a conversion.
macro_rules! plain {
    ($($from:ty => $to:ty, |$value:ident| $convert:expr;)+) => {
        $(impl Value<$to> for $from {
            fn build(self) -> ($to, Marks) {
                let $value = self;
                ($convert, Marks::default())
            }
        })+
    };
}

plain! {
    bool => bool, |value| value;
    i32 => i32, |value| value;
    u16 => i32, |value| value.into();
    // Kubernetes has no unsigned fields: what does not fit is refused before it comes here.
    u32 => i32, |value| i32::try_from(value).unwrap_or(i32::MAX);
    i64 => i64, |value| value;
    GoDuration => GoDuration, |value| value;
    i32 => i64, |value| value.into();
    u32 => i64, |value| value.into();
    f64 => f64, |value| value;
    String => String, |value| value;
    &str => String, |value| value.to_owned();
    ByteString => ByteString, |value| value;
    Quantity => Quantity, |value| value;
    String => Quantity, |value| Quantity(value);
    &str => Quantity, |value| Quantity(value.to_owned());
    IntOrString => IntOrString, |value| value;
    i32 => IntOrString, |value| IntOrString::Int(value);
    u16 => IntOrString, |value| IntOrString::Int(value.into());
    String => IntOrString, |value| IntOrString::String(value);
    &str => IntOrString, |value| IntOrString::String(value.to_owned());
}

/// Builds a Kubernetes value and notes the origin of each field, in one place so that the two
/// cannot drift.
///
/// It reads like a struct literal after the origin of the whole; fields that are not named keep
/// their default. What may stand for a field is told by [`Field`](crate::lower::built::Field).
///
/// ```
/// use gen_compiler::k8s;
/// use gen_compiler::plan::Val;
/// use gen_compiler::source::{Origin, Rule};
/// use k8s_openapi::api::core::v1::{Container, ContainerPort};
///
/// let at = Origin::Derived { rule: Rule::ObjectIdentity, from: None };
/// let name = Val::new("web", at);
/// let ports = vec![k8s!(at; ContainerPort { container_port: Val::new(8080_u16, at) })];
/// let web = k8s!(at; Container { name, image: Val::new("nginx:1.29", at), ports });
/// assert_eq!(web.value().image.as_deref(), Some("nginx:1.29"));
/// ```
#[macro_export]
macro_rules! k8s {
    ($at:expr; $type:path { $($field:ident $(: $value:expr)?),* $(,)? }) => {{
        let at: $crate::source::Origin = $at;
        #[allow(unused_mut, reason = "a value may have no fields")]
        let mut value = <$type as ::core::default::Default>::default();
        #[allow(unused_mut, reason = "a value may have no fields")]
        let mut fields = $crate::lower::built::Fields::default();
        $(fields.set(
            &mut value.$field,
            ::core::stringify!($field),
            $crate::k8s!(@value $field $($value)?),
        );)*
        $crate::lower::Built::new(value, at, fields)
    }};
    (@value $field:ident) => { $field };
    (@value $field:ident $value:expr) => { $value };
}
