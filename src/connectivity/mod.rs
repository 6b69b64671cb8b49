//! Who reaches whom: what NetworkPolicies, Services, Ingresses and routes come to, as a relation.
//!
//! [`relation`] works out from the objects of a cluster which pods may open a connection to which
//! others, from and to which addresses, and on which ports; and by which ways traffic comes in
//! from outside. [`difference`] says what of that a change adds and takes away, however the
//! policies are written.
//!
//! The rules are those of `networking.k8s.io/v1`:
//! <https://kubernetes.io/docs/concepts/services-networking/network-policies/>. What that page
//! leaves to the network plugin, this does not claim:
//!
//! - Blocks of addresses are held against what is no pod. Pods have no lasting addresses.
//! - Pods in the network of their node are open to everybody, and no selector names them.
//! - A pod always reaches itself, and its node reaches it.

mod addresses;
mod budget;
mod difference;
mod entry;
mod json;
mod listing;
mod pods;
mod policy;
mod ports;
mod ranges;
mod reach;
mod relation;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use addresses::{Addresses, Block};
pub use difference::{Difference, EdgeChange, WayInChange, difference};
pub use entry::{Door, ServicePort, WayIn};
pub use listing::Listing;
pub use pods::{Labels, Others, Pods, Workload};
pub use ports::{Ports, Protocol};
pub use relation::{Edge, Relation, relation};
pub use table::End;
pub use text::text;
