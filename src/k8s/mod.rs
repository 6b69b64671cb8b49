//! What gen knows of Kubernetes itself.

mod names;
mod quantity;
pub mod schema;
mod version;

pub use names::{NameError, NameForm};
pub use quantity::{Quantity, QuantityError};
pub use version::{UnsupportedVersion, Version, Versions};
