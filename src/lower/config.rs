//! ConfigMaps.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::ConfigMap;

use super::metadata::Owner;
use crate::k8s;
use crate::k8s::Object;
use crate::plan::{Config, Plan};

/// The ConfigMap, unless all that it would hold is secret.
pub(super) fn lower(plan: &Plan, config: &Config, objects: &mut Vec<Object>) {
    if !config.has_object() {
        return;
    }
    let Config { component, name, data, binary_data, immutable, labels, annotations, at, .. } =
        config;
    let owner = Owner { plan, component: Some(component), labels, annotations, at: *at };
    let binary_data: BTreeMap<_, _> =
        binary_data.iter().map(|(key, bytes)| (key, bytes.clone().map(ByteString))).collect();
    let built = k8s!(*at; ConfigMap {
        metadata: owner.metadata(name), immutable: *immutable, data, binary_data,
    });
    objects.push(built.object());
}

#[cfg(test)]
mod tests {
    use super::super::testing::{lowered, map, object, plan, text, val};
    use super::*;
    use crate::plan::SecretValue;
    use crate::source::listing::at;

    fn token() -> SecretValue {
        SecretValue { secret: "app".to_owned(), key: "token".to_owned() }
    }

    #[test]
    fn a_config_of_secrets_alone_is_no_object() {
        let mut plan = plan();
        plan.owns_namespace = false;
        plan.configs.push(Config {
            component: "settings".to_owned(),
            name: text("settings", 30),
            data: map([]),
            binary_data: Vec::new(),
            secret_data: BTreeMap::from([("TOKEN".to_owned(), val(token(), 37))]),
            templates: BTreeMap::new(),
            immutable: None,
            labels: map([]),
            annotations: map([]),
            at: at(30),
        });
        assert!(lowered(&plan).is_empty());
    }

    #[test]
    fn a_config_holds_its_texts_and_bytes() {
        let mut plan = plan();
        plan.configs.push(Config {
            component: "settings".to_owned(),
            name: text("settings", 30),
            data: map([("LEVEL", "info", 31), ("PORT", "9090", 32)]),
            binary_data: vec![("logo.png".to_owned(), val(vec![0x89, 0x50, 0xff], 33))],
            secret_data: BTreeMap::from([("TOKEN".to_owned(), val(token(), 37))]),
            templates: BTreeMap::new(),
            immutable: Some(val(true, 34)),
            labels: map([("tier", "front", 35)]),
            annotations: map([("note", "n", 36)]),
            at: at(30),
        });
        assert_eq!(
            object(&plan, "ConfigMap/settings"),
            "\
apiVersion: v1 @object-identity:30
kind: ConfigMap @object-identity:30
metadata:
  name: settings
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: settings @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
    tier: front @35
  annotations:
    note: n @36
immutable: true @34
data:
  LEVEL: info @31
  PORT: \"9090\" @32
binaryData:
  logo.png: iVD/ @33
"
        );
    }
}
