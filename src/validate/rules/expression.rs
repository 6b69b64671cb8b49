//! Expressions in CEL that other objects hold: what the server would not compile of them.
//!
//! Source: `pkg/admission/plugin/cel` of `k8s.io/apiserver` and `cel` of
//! `k8s.io/dynamic-resource-allocation`.

use super::{Report, field};
use crate::diagnostic::{Code, nearest};
use crate::source::NodeRef;
use crate::validate::cel::{self, Expression, Fault, Type};

/// What an expression may name, and what its value has to be.
#[derive(Debug, Clone)]
pub struct Environment<'e> {
    variables: Vec<&'e str>,
    fields: Vec<(&'e str, Vec<&'e str>)>,
    wanted: &'static [Type],
}

const REQUEST: [&str; 12] = [
    "dryRun",
    "kind",
    "name",
    "namespace",
    "operation",
    "options",
    "requestKind",
    "requestResource",
    "requestSubResource",
    "resource",
    "subResource",
    "userInfo",
];

impl<'e> Environment<'e> {
    /// That of webhooks and policies, which see a request.
    pub fn of_request() -> Self {
        Self {
            variables: vec!["object", "oldObject", "request", "namespaceObject", "authorizer"],
            fields: vec![
                ("request", REQUEST.to_vec()),
                ("request.kind", vec!["group", "kind", "version"]),
                ("request.requestKind", vec!["group", "kind", "version"]),
                ("request.requestResource", vec!["group", "resource", "version"]),
                ("request.resource", vec!["group", "resource", "version"]),
                ("request.userInfo", vec!["extra", "groups", "uid", "username"]),
                ("namespaceObject", vec!["metadata", "spec", "status"]),
            ],
            wanted: &[Type::Bool],
        }
    }

    /// That of selectors of devices.
    pub fn of_device() -> Self {
        let device = ["allowMultipleAllocations", "attributes", "capacity", "driver"];
        Self {
            variables: vec!["device"],
            fields: vec![("device", device.to_vec())],
            wanted: &[Type::Bool],
        }
    }

    /// That of the rules of a schema, with the fields of the object where all are known.
    pub fn of_schema(fields: Option<Vec<&'e str>>) -> Self {
        let fields = fields.map(|fields| ("self", fields)).into_iter().collect();
        Self { variables: vec!["self", "oldSelf"], fields, wanted: &[Type::Bool] }
    }

    /// With one more variable, of which nothing is known.
    pub fn with(mut self, variable: &'e str) -> Self {
        self.variables.push(variable);
        self
    }

    /// Without a variable.
    pub fn without(mut self, variable: &str) -> Self {
        self.variables.retain(|known| *known != variable);
        self
    }

    /// With one more variable that has these fields and no others.
    pub fn with_fields(mut self, variable: &'e str, fields: Vec<&'e str>) -> Self {
        self.fields.push((variable, fields));
        self.with(variable)
    }

    /// With a value of one of these types; of any, where there is none.
    pub fn giving(mut self, types: &'static [Type]) -> Self {
        self.wanted = types;
        self
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
        let known = &environment.variables;
        for name in cel::unknown_names(&expression, known) {
            let message = format!("the expression names `{name}`, which is no variable here");
            let finding = self.at(Code::ExpressionOfRule, node, message);
            self.push(match nearest(&name, known.iter().copied()) {
                Some(near) => finding.help(format!("write `{near}`")),
                None => finding.help(format!("there is `{}`", known.join("`, `"))),
            });
        }
        let fields: Vec<(&str, &[&str])> =
            environment.fields.iter().map(|(name, fields)| (*name, &fields[..])).collect();
        for misfit in cel::misfits(&expression, &fields) {
            let message = format!("the expression does not compile: {misfit}");
            self.push(self.at(Code::ExpressionOfRule, node, message));
        }
        let wanted = environment.wanted;
        let Some(of) = cel::result_type(&expression).filter(|of| {
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
