//! What a render changes, object by object: a model first, renderers second.
//!
//! [`compare`] pairs the objects of two sets of manifests and says what differs; [`text`] shows
//! it to people. What may hold a secret never gets into the model as it is.

mod conceal;
pub mod immutable;
pub mod meaning;
mod model;
mod text;
pub mod update;

pub use model::{Change, Comparison, Manifest, ObjectChange, Subject, Tally, compare, of_update};
pub use text::{plan, text};
