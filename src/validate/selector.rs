//! Label selectors.

use std::collections::BTreeMap;

use crate::source::NodeRef;

/// What a selector is held against.
pub trait Labels: Copy {
    /// The value of the label with a key.
    fn label(&self, key: &str) -> Option<&str>;
}

impl Labels for Option<NodeRef<'_>> {
    fn label(&self, key: &str) -> Option<&str> {
        self.as_ref()?.get(key).map(NodeRef::text)
    }
}

impl Labels for &BTreeMap<&str, &str> {
    fn label(&self, key: &str) -> Option<&str> {
        self.get(key).copied()
    }
}

/// The two forms of selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A map of labels, as a Service has it.
    Labels,
    /// A `LabelSelector`.
    LabelSelector,
}

impl Form {
    /// Whether a selector of this form selects a map of labels.
    pub fn selects(self, selector: NodeRef<'_>, labels: impl Labels) -> bool {
        match self {
            Self::Labels => has_all(selector, labels),
            Self::LabelSelector => selects(selector, labels),
        }
    }

    /// Labels that everything has which a selector of this form selects, by key and value.
    pub fn demanded(self, selector: NodeRef<'_>) -> impl Iterator<Item = (&str, &str)> {
        let labels = match self {
            Self::Labels => Some(selector),
            Self::LabelSelector => selector.get("matchLabels"),
        };
        let pairs = labels.into_iter().flat_map(NodeRef::entries);
        pairs
            .map(|entry| (entry.key().unwrap_or_default(), entry.text()))
            .filter(|(key, _)| !BY_CONTROLLERS.contains(key))
    }
}

/// Whether a `LabelSelector` (`matchLabels` and `matchExpressions`) selects a map of labels.
/// One that asks for nothing selects everything.
pub fn selects(selector: NodeRef<'_>, labels: impl Labels) -> bool {
    let expressions = selector.get("matchExpressions");
    selector.get("matchLabels").is_none_or(|wanted| has_all(wanted, labels))
        && expressions.is_none_or(|all| all.items().all(|one| fits(one, labels)))
}

/// Labels that controllers put on pods, which no template shows.
/// <https://kubernetes.io/docs/reference/labels-annotations-taints/>
const BY_CONTROLLERS: [&str; 4] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Whether a map of labels has all of another, but for those that controllers put on pods.
pub fn has_all(wanted: NodeRef<'_>, labels: impl Labels) -> bool {
    wanted.entries().all(|entry| {
        entry.key().is_some_and(|key| BY_CONTROLLERS.contains(&key))
            || entry.key().and_then(|key| labels.label(key)) == Some(entry.text())
    })
}

fn fits(expression: NodeRef<'_>, labels: impl Labels) -> bool {
    let value = expression.get("key").and_then(|key| labels.label(key.text()));
    let listed = || {
        let mut values = expression.get("values").into_iter().flat_map(NodeRef::items);
        value.is_some_and(|value| values.any(|listed| listed.text() == value))
    };
    match expression.get("operator").map_or("", NodeRef::text) {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::tree;

    #[test]
    fn selectors_select_as_the_server_does() {
        let labels = tree(&json!({ "app": "web", "tier": "front" }));
        let expression = |key: &str, operator: &str, values: &[&str]| json!({ "matchExpressions": [{ "key": key, "operator": operator, "values": values }] });
        for (selector, selected) in [
            (json!({}), true),
            (json!({ "matchLabels": { "app": "web" } }), true),
            (json!({ "matchLabels": { "app": "web", "tier": "back" } }), false),
            (expression("app", "In", &["api", "web"]), true),
            (expression("app", "In", &["api"]), false),
            (expression("app", "NotIn", &["api"]), true),
            (expression("zone", "NotIn", &["a"]), true),
            (expression("app", "NotIn", &["web"]), false),
            (expression("app", "Exists", &[]), true),
            (expression("zone", "Exists", &[]), false),
            (expression("zone", "DoesNotExist", &[]), true),
            (expression("app", "DoesNotExist", &[]), false),
        ] {
            let tree = tree(&selector);
            assert_eq!(selects(tree.root(), Some(labels.root())), selected, "{selector}");
        }
        let asks = tree(&json!({ "matchLabels": { "app": "web" } }));
        assert!(!selects(asks.root(), None::<NodeRef<'_>>));
        assert!(selects(asks.root(), &BTreeMap::from([("app", "web")])));
    }
}
