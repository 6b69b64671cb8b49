//! A concrete environment, resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Surroundings;
use crate::diagnostic::Diagnostics;
use crate::plan::{Dns, Map, Place, Val};
use crate::source::{Origin, Rule};
use crate::spec::{Placeholders, Policy};

/// The environment with every expression evaluated and every default filled in. `None` when
/// it is not sound, which the diagnostics say.
#[must_use]
pub fn place(surroundings: &Surroundings, diagnostics: &mut Diagnostics) -> Option<Arc<Place>> {
    let _ = diagnostics;
    let at = Origin::Written(surroundings.span);
    let default = at.derive(Rule::ObjectIdentity);
    Some(Arc::new(Place {
        name: surroundings.name.clone(),
        chain: surroundings.chain.clone(),
        at,
        kubernetes: Val::new(crate::k8s::Version::newest(), default),
        policy: Val::new(Policy::Restricted, default),
        arch: Vec::new(),
        dns: Dns {
            namespace: Val::new("kube-system".to_owned(), default),
            labels: Map::new(),
            cidrs: Vec::new(),
        },
        api_server: (Vec::new(), Vec::new()),
        scraper: None,
        routing: None,
        sealed: None,
        external: None,
        existing_secrets: BTreeMap::new(),
        plain_secrets: Vec::new(),
        placeholders: Val::new(Placeholders::Refused, default),
        labels: Map::new(),
        annotations: Map::new(),
        cluster_issuers: BTreeMap::new(),
        storage_classes: BTreeMap::new(),
        priority_classes: BTreeMap::new(),
        known_storage_classes: Vec::new(),
        known_priority_classes: Vec::new(),
        known_cluster_issuers: Vec::new(),
        known_kinds: Vec::new(),
        known_objects: Vec::new(),
    }))
}
