//! ConfigMaps.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::ConfigMap;

use super::metadata::Owner;
use crate::k8s;
use crate::k8s::Object;
use crate::plan::{Config, Plan};

/// The ConfigMap.
pub(super) fn lower(plan: &Plan, config: &Config, objects: &mut Vec<Object>) {
    let Config { component, name, data, binary_data, immutable, labels, annotations, at } = config;
    let owner = Owner { plan, component: Some(component), labels, annotations, at: *at };
    let binary_data: BTreeMap<_, _> =
        binary_data.iter().map(|(key, bytes)| (key, bytes.clone().map(ByteString))).collect();
    let built = k8s!(*at; ConfigMap {
        metadata: owner.metadata(name), immutable: *immutable, data, binary_data,
    });
    objects.push(built.object());
}
