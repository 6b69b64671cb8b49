//! What other stacks may know of one.

use super::{Merged, Surroundings};
use crate::diagnostic::Diagnostics;
use crate::plan::{Place, Val};
use crate::source::{Origin, Rule};

/// What other stacks may know of one: where its components are and whom they let in.
#[derive(Debug, Clone)]
pub struct Interface {
    /// The namespace of its objects.
    pub namespace: Val<String>,
}

/// The interface of a stack, from its own words alone. Mistakes in them are reported here and
/// not again by [`plan`](super::plan()). `None` when nothing can be said of it.
#[must_use]
pub fn interface(
    merged: &Merged,
    surroundings: &Surroundings,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Option<Interface> {
    let _ = (surroundings, place, diagnostics);
    let at = Origin::Written(merged.span).derive(Rule::ObjectIdentity);
    Some(Interface { namespace: Val::new(merged.name.clone(), at) })
}
