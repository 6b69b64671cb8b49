//! What differs between two sets of manifests, and what that does to the cluster.
//!
//! A [`Side`] is a set of manifests from anywhere. [`Comparison`] pairs the objects of two and
//! says which differ in meaning, [`fields()`] in what; [`impact`] says what each change does. A
//! [`Review`] holds all of it. What may hold a secret never gets into the model as it is.
//!
//! Renderers come second: [`text()`] and [`plan`] for people, [`json()`] for programs,
//! [`markdown()`] for a comment on a pull request, [`github()`] for a workflow.

mod align;
mod comparison;
mod conceal;
mod concern;
mod fields;
mod github;
pub mod immutable;
pub mod impact;
mod json;
mod lines;
mod markdown;
pub mod meaning;
mod network;
mod object;
mod origin;
mod pairing;
mod path;
mod renames;
mod review;
mod side;
#[cfg(test)]
mod tests;
mod text;
pub mod update;

pub use comparison::{Action, Comparison, Content, ObjectChange, Respelled, Subject, Tally};
pub use fields::{Edit, FieldChange, fields};
pub use github::github;
pub use json::json;
pub use markdown::markdown;
pub use network::NetworkChange;
pub use object::Object;
pub use origin::{ChangedBy, Provenance};
pub use path::{Path, Step};
pub use review::{PlaceChange, Review};
pub use side::{Side, sides_of};
pub use text::{Counts, Show, plan, text};
