//! What gen knows of Kubernetes itself.

mod address;
pub mod apply_order;
pub mod custom;
pub mod defaults;
pub mod dropped;
pub mod duration;
mod features;
pub mod field_order;
pub mod graft;
mod names;
mod object;
mod quantity;
pub mod schema;
mod version;

pub use address::{Cidr, NotACidr, parse_address};
pub use features::Feature;
pub use names::{NameError, NameForm, fit};
pub use object::{Identity, NotAnObject, Object};
pub use quantity::{Quantity, QuantityError};
pub use version::{UnsupportedVersion, Version, Versions};
