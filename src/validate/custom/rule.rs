//! The rules of a schema: `x-kubernetes-validations`.
//!
//! Source: `pkg/apiserver/schema/cel` of `k8s.io/apiextensions-apiserver`.

use std::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use kube_cel::cel::Value;

use super::schema::{Additional, JsonType, ListType, Schema};
use crate::conceal::{self, HIDDEN};
use crate::diagnostic::Code;
use crate::source::{Kind, NodeRef, Origin};
use crate::validate::Finding;
use crate::validate::cel::{self, Budget, Expression, Fault, Variables, shown};

/// A rule, and where the definition says it.
#[derive(Debug)]
pub struct Rule {
    /// What must hold, of `self`.
    pub expression: Expression,
    /// Where it stands.
    pub at: Origin,
    message: String,
    message_expression: Option<Expression>,
    required: bool,
    field_path: String,
    optional_old: bool,
    transition: OnceLock<bool>,
}

impl Rule {
    pub(super) fn read(node: NodeRef<'_>) -> Self {
        let text = |name: &str| node.get(name).map_or("", NodeRef::text);
        let message_expression = node.get("messageExpression").and_then(NodeRef::as_str);
        Self {
            expression: Expression::new(text("rule")),
            at: node.get("rule").unwrap_or(node).at(),
            message: text("message").trim().to_owned(),
            message_expression: message_expression.map(Expression::new),
            required: text("reason") == "FieldValueRequired",
            field_path: text("fieldPath").to_owned(),
            optional_old: node.get("optionalOldSelf").and_then(NodeRef::as_bool) == Some(true),
            transition: OnceLock::new(),
        }
    }

    /// Whether the rule compares with what was there before.
    fn is_transition(&self) -> bool {
        *self.transition.get_or_init(|| {
            !cel::unknown_names(&self.expression, &["self"]).is_empty()
                && cel::unknown_names(&self.expression, &["self", "oldSelf"]).is_empty()
        })
    }
}

/// The variables of a rule.
struct Selves {
    value: Value,
    /// What was there before, in an update.
    old: Option<Value>,
    optional_old: bool,
}

impl Variables for Selves {
    fn get(&self, name: &str, _: &Budget) -> Option<Result<Value, Fault>> {
        match name {
            "self" => Some(Ok(self.value.clone())),
            "oldSelf" if self.optional_old => Some(Ok(cel::optional(self.old.clone()))),
            "oldSelf" => self.old.clone().map(Ok),
            _ => None,
        }
    }
}

/// Runs the rules of a schema over a completed object that fits it otherwise.
pub fn check(root: NodeRef<'_>, schema: &Schema, budget: &Budget, out: &mut Vec<Finding>) {
    let mut check = Check::new(root, false, budget, out);
    check.node(root, None, [schema, schema], true);
}

/// Runs the rules of a schema that compare an object with what was there before, both completed.
pub fn check_update(
    old: NodeRef<'_>,
    new: NodeRef<'_>,
    schema: &Schema,
    budget: &Budget,
    out: &mut Vec<Finding>,
) {
    let mut check = Check::new(new, true, budget, out);
    check.node(new, Some(old), [schema, schema], true);
}

struct Check<'t, 'o> {
    root: NodeRef<'t>,
    /// Whether only rules count that compare with what was there before.
    is_update: bool,
    budget: &'o Budget,
    /// Whether the budget has ended, which is said once.
    stopped: bool,
    has_secrets: OnceCell<bool>,
    out: &'o mut Vec<Finding>,
}

impl<'t, 'o> Check<'t, 'o> {
    fn new(
        root: NodeRef<'t>,
        is_update: bool,
        budget: &'o Budget,
        out: &'o mut Vec<Finding>,
    ) -> Self {
        Self { root, is_update, budget, stopped: false, has_secrets: OnceCell::new(), out }
    }

    /// Runs the rules of a schema over a value whose type another tells; the two differ where the
    /// rules stand in an `allOf`. `old` is what was in the place of the value before.
    fn node(
        &mut self,
        node: NodeRef<'t>,
        old: Option<NodeRef<'_>>,
        [rules, of]: [&Schema; 2],
        is_root: bool,
    ) {
        if node.kind() == Kind::Null {
            return;
        }
        if self.stopped {
            return;
        }
        let old = old.filter(|old| old.kind() != Kind::Null);
        let size = if rules.rules.is_empty() { 0 } else { node.size() };
        if let Err(fault) = self.budget.spend(1 + 8 * size as u64) {
            return self.stop(node, &fault.into_reason());
        }
        if !rules.rules.is_empty() {
            let value = typed(node, of, is_root);
            let before = old.map(|old| typed(old, of, is_root));
            for rule in &rules.rules {
                self.rule(node, rule, &value, before.as_ref());
            }
        }
        for one in &rules.all_of {
            self.node(node, old, [one, of], is_root);
        }
        for entry in node.entries() {
            let key = entry.key().unwrap_or_default();
            if let (Some(rules), Some(of)) = (rules.child(key), of.child(key)) {
                self.node(entry, old.and_then(|old| old.get(key)), [rules, of], false);
            }
        }
        if let (Some(rules), Some(inner)) = (&rules.items, &of.items) {
            for item in node.items() {
                self.node(item, twin(item, old, &of.list), [rules, inner], false);
            }
        }
    }

    /// Says that the budget has ended, and runs no more rules.
    fn stop(&mut self, node: NodeRef<'t>, reason: &str) {
        self.stopped = true;
        let message = format!("the rules from here on cannot be checked: {reason}");
        let finding = Finding::error(Code::RuleNotChecked, self.root, node, message);
        self.out.push(finding.warning());
    }

    fn rule(&mut self, node: NodeRef<'t>, rule: &Rule, value: &Value, old: Option<&Value>) {
        if self.stopped {
            return;
        }
        let applies = if self.is_update {
            rule.is_transition() && (rule.optional_old || old.is_some())
        } else {
            rule.optional_old || !rule.is_transition()
        };
        if !applies {
            return;
        }
        let selves =
            Selves { value: value.clone(), old: old.cloned(), optional_old: rule.optional_old };
        let place = place(node, &rule.field_path);
        let finding = match rule.expression.evaluate(&selves, self.budget) {
            Ok(Value::Bool(true)) => return,
            Ok(_) => {
                let code = if rule.required { Code::MissingObjectField } else { Code::RuleOfKind };
                Finding::error(code, self.root, place, self.message(rule, &selves))
            }
            Err(Fault::Error(error)) => {
                let message = format!("{error} in the rule `{}`", shown(rule.expression.text()));
                Finding::error(Code::RuleOfKind, self.root, node, message)
            }
            Err(Fault::Unknown(reason)) if self.budget.is_empty() => {
                return self.stop(node, &reason);
            }
            Err(Fault::Unknown(reason)) => {
                let message = format!(
                    "the rule `{}` cannot be checked: {reason}",
                    shown(rule.expression.text())
                );
                Finding::error(Code::RuleNotChecked, self.root, node, message).warning()
            }
        };
        // The rule after this one finds out when nothing is left.
        let _ = self.budget.finding(&finding.message);
        self.out.push(finding.also(rule.at, "the rule"));
    }

    fn message(&self, rule: &Rule, selves: &Selves) -> String {
        let made = rule.message_expression.as_ref();
        let made = made.and_then(|expression| {
            let message = cel::message(expression, selves, self.budget)?;
            // What an expression makes of a secret shows it as well.
            let has_secrets = || *self.has_secrets.get_or_init(|| conceal::has_secrets(self.root));
            let may_show = cel::sees_identity_alone(expression) || !has_secrets();
            Some(if may_show { message } else { HIDDEN.to_owned() })
        });
        match (made, rule.message.as_str()) {
            (Some(message), _) => message,
            (None, "") => format!("the rule `{}` does not hold", shown(rule.expression.text())),
            (None, message) => message.to_owned(),
        }
    }
}

/// The item that was there before. Only a list that is a map knows.
fn twin<'o>(item: NodeRef<'_>, old: Option<NodeRef<'o>>, list: &ListType) -> Option<NodeRef<'o>> {
    let ListType::Map(keys) = list else { return None };
    let is_same = |other: &NodeRef<'o>| {
        keys.iter().all(|key| match (item.get(key), other.get(key)) {
            (Some(a), Some(b)) => a.same(b),
            (a, b) => a.is_none() && b.is_none(),
        })
    };
    old?.items().find(is_same)
}

/// The value that a rule's `fieldPath` names, or as much of the way as is there.
fn place<'t>(node: NodeRef<'t>, path: &str) -> NodeRef<'t> {
    let mut place = node;
    for step in path.split(['.', '[', ']']).filter(|step| !step.is_empty()) {
        match place.get(step.trim_matches('\'')) {
            Some(inner) => place = inner,
            None => break,
        }
    }
    place
}

/// The value of `self`: what the schema says is a time or a duration is one, and properties
/// have the names by which an expression reaches them.
///
/// Source: `UnstructuredToVal` of `pkg/cel/common/values.go` of `k8s.io/apiserver`.
fn typed(node: NodeRef<'_>, of: &Schema, is_root: bool) -> Value {
    match node.kind() {
        Kind::Map if !of.properties.is_empty() || is_root || of.embedded => {
            let mut entries = Vec::new();
            for entry in node.entries() {
                let key = entry.key().unwrap_or_default();
                let value = match (of.properties.get(key), key) {
                    (_, "apiVersion" | "kind") if is_root || of.embedded => cel::dynamic(entry),
                    (_, "metadata") if is_root || of.embedded => metadata(entry),
                    (Some(property), _) => typed(entry, property, false),
                    (None, _) => continue,
                };
                entries.extend(cel::escape(key).map(|key| (key, value)));
            }
            cel::map(entries)
        }
        Kind::Map => match &of.additional {
            Additional::Fitting(value) => cel::map(node.entries().map(|entry| {
                (entry.key().unwrap_or_default().to_owned(), typed(entry, value, false))
            })),
            _ => cel::dynamic(node),
        },
        Kind::List => match &of.items {
            Some(items) => {
                Value::List(Arc::new(node.items().map(|item| typed(item, items, false)).collect()))
            }
            None => cel::dynamic(node),
        },
        Kind::Int if of.of == Some(JsonType::Number) => cel::float(node),
        Kind::Float if of.of == Some(JsonType::Integer) => cel::whole_number(node),
        Kind::Str if of.of == Some(JsonType::String) => cel::formatted(node.text(), &of.format),
        _ => cel::dynamic(node),
    }
}

/// Of the metadata, rules see the name alone.
fn metadata(node: NodeRef<'_>) -> Value {
    let seen = |entry: &NodeRef<'_>| matches!(entry.key(), Some("name" | "generateName"));
    cel::map(
        node.entries()
            .filter(seen)
            .map(|entry| (entry.key().unwrap_or_default().to_owned(), cel::dynamic(entry))),
    )
}
