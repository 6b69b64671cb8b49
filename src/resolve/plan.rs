//! A stack, planned.

use std::sync::Arc;

use super::{Context, Merged};
use crate::diagnostic::Diagnostics;
use crate::plan::{Map, Plan};
use crate::source::Origin;

/// Plans a stack. `None` when it is not sound, which the diagnostics say.
#[must_use]
pub fn plan(merged: &Merged, context: Context<'_>, diagnostics: &mut Diagnostics) -> Option<Plan> {
    let _ = diagnostics;
    let own = context.neighbours.get(&merged.name)?;
    Some(Plan {
        place: Arc::clone(context.place),
        name: merged.name.clone(),
        stack: merged.stack.clone(),
        at: Origin::Written(merged.span),
        namespace: own.namespace.clone(),
        owns_namespace: true,
        labels: Map::new(),
        annotations: Map::new(),
        programs: Vec::new(),
        postgres: Vec::new(),
        redis: Vec::new(),
        volumes: Vec::new(),
        configs: Vec::new(),
        secrets: Vec::new(),
        routes: Vec::new(),
        flows: Vec::new(),
        foreign: Vec::new(),
        patches: Vec::new(),
    })
}
