//! Expressions in CEL that other objects hold: what the server would not compile of them.
//!
//! Source: `pkg/admission/plugin/cel` of `k8s.io/apiserver` and `cel` of
//! `k8s.io/dynamic-resource-allocation`.

use std::collections::BTreeSet;

use super::{Report, field};
use crate::diagnostic::{Code, nearest};
use crate::source::NodeRef;
use crate::validate::cel::{self, Budget, Checked, Declared, Expression, Fault, Type};

/// What an expression may name, and what its value has to be.
#[derive(Debug, Clone)]
pub struct Environment<'e> {
    variables: Vec<(&'e str, Declared)>,
    /// The fields that are there wherever they may be.
    given: BTreeSet<String>,
    wanted: &'static [Type],
}

/// How many mistakes of a kind are reported of an expression: what has more is no expression that
/// somebody is about to mend.
const MOST: usize = 20;

const TEXT: Declared = Declared::TEXT;

/// A kind, or the resource of a kind, as a request names it.
fn of_group(of: &'static str, [group, version, name]: [Declared; 3]) -> Declared {
    Declared::record([("group", group), (of, name), ("version", version)])
}

/// `BuildRequestType` of `pkg/admission/plugin/cel`, with what is known of its kind and resource.
fn request(kind: Declared, resource: Declared) -> Declared {
    let groups = || Declared::list(TEXT);
    let user = [
        ("extra", Declared::map(groups())),
        ("groups", groups()),
        ("uid", TEXT),
        ("username", TEXT),
    ];
    Declared::record([
        ("dryRun", Declared::Plain(Type::Bool)),
        ("kind", kind),
        ("name", TEXT),
        ("namespace", TEXT),
        ("operation", TEXT),
        ("options", Declared::Any),
        ("requestKind", of_group("kind", [TEXT; 3])),
        ("requestResource", of_group("resource", [TEXT; 3])),
        ("requestSubResource", TEXT),
        ("resource", resource),
        ("subResource", TEXT),
        ("userInfo", Declared::record(user)),
    ])
}

/// `BuildNamespaceType` of `pkg/admission/plugin/cel`.
fn namespace() -> Declared {
    let texts = || Declared::list(TEXT);
    let metadata = Declared::record([
        ("UID", TEXT),
        ("annotations", Declared::map(TEXT)),
        ("creationTimestamp", Declared::Any),
        ("deletionGracePeriodSeconds", Declared::Plain(Type::Int)),
        ("deletionTimestamp", Declared::Any),
        ("finalizers", texts()),
        ("generateName", TEXT),
        ("generation", Declared::Plain(Type::Int)),
        ("labels", Declared::map(TEXT)),
        ("name", TEXT),
        ("namespace", TEXT),
        ("resourceVersion", TEXT),
    ]);
    let condition = Declared::record([
        ("lastTransitionTime", Declared::Any),
        ("message", TEXT),
        ("reason", TEXT),
        ("status", TEXT),
        ("type", TEXT),
    ]);
    let status = [("conditions", Declared::list(condition)), ("phase", TEXT)];
    Declared::record([
        ("metadata", metadata),
        ("spec", Declared::record([("finalizers", texts())])),
        ("status", Declared::record(status)),
    ])
}

impl<'e> Environment<'e> {
    fn empty() -> Self {
        Self { variables: Vec::new(), given: BTreeSet::new(), wanted: &[Type::Bool] }
    }

    /// That of webhooks and policies, which see a request.
    pub fn of_request() -> Self {
        Self {
            variables: vec![
                ("object", Declared::Any),
                ("oldObject", Declared::Any),
                ("request", request(of_group("kind", [TEXT; 3]), of_group("resource", [TEXT; 3]))),
                ("namespaceObject", namespace()),
                ("authorizer", Declared::Any),
            ],
            ..Self::empty()
        }
    }

    /// That of selectors of devices.
    pub fn of_device() -> Self {
        let device = ["allowMultipleAllocations", "attributes", "capacity", "driver"];
        Self::empty().with_fields("device", device.into_iter())
    }

    /// That of the rules of a schema, with the fields of the object where all are known.
    pub fn of_schema(fields: Option<Vec<&str>>) -> Self {
        let environment = match fields {
            Some(fields) => Self::empty().with_fields("self", fields.into_iter()),
            None => Self::empty().with("self", Declared::Any),
        };
        environment.with("oldSelf", Declared::Any)
    }

    /// With one more variable, or knowing more of one.
    pub fn with(mut self, variable: &'e str, of: Declared) -> Self {
        match self.variables.iter_mut().find(|(known, _)| *known == variable) {
            Some((_, known)) => *known = of,
            None => self.variables.push((variable, of)),
        }
        self
    }

    /// That of requests about objects of one kind, of which the name in URLs is the plural.
    pub fn for_kind(self, [group, version, kind, plural]: [&str; 4], object: Declared) -> Self {
        let of = |of, name| {
            let parts = [Declared::text(group), Declared::text(version), Declared::text(name)];
            of_group(of, parts)
        };
        self.with("request", request(of("kind", kind), of("resource", plural)))
            .with("oldObject", object.clone())
            .with("object", object)
    }

    /// With fields that are there wherever they may be.
    pub fn given(mut self, fields: BTreeSet<String>) -> Self {
        self.given = fields;
        self
    }

    /// Without a variable.
    pub fn without(mut self, variable: &str) -> Self {
        self.variables.retain(|(known, _)| *known != variable);
        self
    }

    /// With one more variable that has these fields and no others.
    pub fn with_fields<'n>(self, variable: &'e str, fields: impl Iterator<Item = &'n str>) -> Self {
        self.with(variable, Declared::record(fields.map(|name| (name, Declared::Any))))
    }

    /// With a value of one of these types; of any, where there is none.
    pub fn giving(mut self, types: &'static [Type]) -> Self {
        self.wanted = types;
        self
    }

    /// What is known of an expression that names these variables, as far as the budget goes.
    pub fn check(&self, expression: &Expression, budget: &Budget) -> Checked {
        cel::check(expression, &self.variables, &self.given, budget)
    }

    /// Whether an expression that names these variables has a syntax, names no others, and fits
    /// what is known of them.
    pub fn compiles(&self, expression: &Expression, budget: &Budget) -> bool {
        expression.syntax().is_ok()
            && cel::unknown_names(expression, &self.names()).is_empty()
            && self.check(expression, budget).misfits.is_empty()
    }

    fn names(&self) -> Vec<&'e str> {
        self.variables.iter().map(|(name, _)| *name).collect()
    }
}

impl<'t> Report<'t, '_> {
    /// Requires an expression, and checks it.
    pub fn expression(&mut self, holder: NodeRef<'t>, name: &str, environment: &Environment<'_>) {
        match field(holder, name).filter(|node| !node.text().trim().is_empty()) {
            None => self.missing(holder, name, "write an expression in CEL"),
            Some(node) => self.compile(node, environment),
        }
    }

    /// Looks for what the server would not compile.
    pub fn compile(&mut self, node: NodeRef<'t>, environment: &Environment<'_>) {
        let Some(text) = node.as_str() else { return };
        let expression = Expression::new(text);
        match expression.syntax() {
            Err(Fault::Error(error)) => {
                let message = format!("the expression does not compile: {error}");
                return self.push(self.at(Code::ExpressionOfRule, node, message));
            }
            Err(Fault::Unknown(reason)) => {
                let message = format!("the expression cannot be checked: {reason}");
                return self.push(self.at(Code::RuleNotChecked, node, message).warning());
            }
            Ok(_) => {}
        }
        let found = self.findings.len();
        let known = environment.names();
        for name in cel::unknown_names(&expression, &known).into_iter().take(MOST) {
            let shown = cel::shown(&name);
            let message = format!("the expression names `{shown}`, which is no variable here");
            let finding = self.at(Code::ExpressionOfRule, node, message);
            self.push(match nearest(&name, known.iter().copied()) {
                Some(near) => finding.help(format!("write `{near}`")),
                None => finding.help(format!("there is `{}`", known.join("`, `"))),
            });
        }
        let is_over = self.budget.is_empty();
        let Checked { of, misfits, .. } = environment.check(&expression, &self.budget);
        if !is_over && self.budget.is_empty() {
            let message = "the expression and those after it cannot be checked: the expressions \
                           of this object take too many steps";
            self.push(self.at(Code::RuleNotChecked, node, message).warning());
        }
        for misfit in misfits.into_iter().take(MOST) {
            let message = format!("the expression does not compile: {}", misfit.message);
            let mut finding = self.at(Code::ExpressionOfRule, node, message);
            finding.help.extend(misfit.help);
            self.push(finding);
        }
        let wanted = environment.wanted;
        let Some(of) = of.kind().filter(|of| {
            !wanted.is_empty() && !wanted.contains(of) && self.findings.len() == found
        }) else {
            return;
        };
        let names: Vec<&str> = wanted.iter().map(|of| of.name()).collect();
        let message = format!("the expression gives {}", of.name());
        let help = format!("write one that gives {}", names.join(" or "));
        self.error(Code::ExpressionOfRule, node, message, help);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::validate::testing::{found, tree};
    use crate::validate::{Author, Cluster, rules};

    fn of(spec: &Value) -> Vec<String> {
        let mut policy = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": "a" },
            "spec": spec,
        });
        let rule = json!({
            "operations": ["CREATE"], "apiGroups": ["apps"], "apiVersions": ["v1"],
            "resources": ["deployments"],
        });
        policy["spec"]["matchConstraints"] = json!({ "resourceRules": [rule] });
        let mut out = Vec::new();
        rules::check(tree(&policy).root(), Author::Other, &Cluster::default(), &mut out);
        found(&out)
    }

    #[test]
    fn an_expression_names_what_is_there() {
        assert_eq!(
            of(&json!({
                "variables": [
                    { "name": "least", "expression": "int(params.least)" },
                    { "name": "most", "expression": "variables.least + variables.more" },
                ],
                "validations": [{ "expression": "objct.spec.replicas > variables.most" }],
            })),
            [
                "V043 spec.variables[0].expression: the expression names `params`, which is no \
                 variable here [there is `object`, `oldObject`, `request`, `namespaceObject`, \
                 `authorizer`, `variables`]",
                "V043 spec.variables[1].expression: the expression does not compile: \
                 `variables` has no field `more`",
                "V043 spec.validations[0].expression: the expression names `objct`, which is no \
                 variable here [write `object`]",
            ]
        );
    }

    #[test]
    fn an_expression_gives_what_is_wanted() {
        assert_eq!(
            of(&json!({
                "matchConditions": [{ "name": "a", "expression": "request.operation + 'a'" }],
                "validations": [{
                    "expression": "size(object.metadata.labels) > 0",
                    "messageExpression": "object.spec.replicas > 3",
                }],
                "auditAnnotations": [{ "key": "k", "valueExpression": "object.spec.replicas == 1" }],
            })),
            [
                "V043 spec.matchConditions[0].expression: the expression gives string [write one \
                 that gives bool]",
                "V043 spec.validations[0].messageExpression: the expression gives bool [write one \
                 that gives string]",
                "V043 spec.auditAnnotations[0].valueExpression: the expression gives bool [write \
                 one that gives string or null]",
            ]
        );
    }
}
