//! Admission webhooks: `ValidateValidatingWebhookConfiguration` and its twin of
//! `k8s.io/kubernetes/pkg/apis/admissionregistration/validation`.

use super::expression::Environment;
use super::{Report, field, items, metadata, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

/// The versions of `AdmissionReview` that the server speaks.
const REVIEWS: [&str; 2] = ["v1", "v1beta1"];

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let hooks = items(root, "webhooks");
    for hook in hooks.clone() {
        one(hook, report);
    }
    let name = |hook| Some(text(hook, "name")).filter(|name| !name.is_empty());
    for (first, again) in repeated(&hooks, name) {
        let node = field(again, "name").unwrap_or(again);
        let message = format!("another webhook is named `{}`, too", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
}

fn one<'t>(hook: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(name) = report.required(hook, "name") {
        report.name(NameForm::DnsSubdomain, Some(name));
        if name.text().split('.').count() < 3 {
            let message = format!("the name `{}` has less than three parts", name.text());
            report.error(
                Code::NameNotAllowed,
                name,
                message,
                "write one such as `check.shop.example.com`",
            );
        }
    }
    for rule in items(hook, "rules") {
        check_rule(rule, report);
    }
    report.set_word(field(hook, "failurePolicy"), &["Fail", "Ignore"]);
    report.set_word(field(hook, "matchPolicy"), &["Equivalent", "Exact"]);
    report.set_word(field(hook, "reinvocationPolicy"), &["IfNeeded", "Never"]);
    report.required_word(hook, "sideEffects", &["None", "NoneOnDryRun"]);
    report.range(field(hook, "timeoutSeconds"), 1, 30);
    metadata::selector(field(hook, "namespaceSelector"), report);
    metadata::selector(field(hook, "objectSelector"), report);
    if let Some(config) = field(hook, "clientConfig") {
        client(config, report);
    }
    reviews(hook, "admissionReviewVersions", report);
    conditions(field(hook, "matchConditions"), &Environment::of_request(), report);
}

/// Checks which requests a webhook or a policy is about: `validateRuleWithOperations`.
pub fn check_rule<'t>(rule: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_items(rule, "operations", "say which, such as `CREATE`");
    for operation in items(rule, "operations") {
        report.not_empty(operation);
        report.word(Some(operation), &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
    }
    alone(rule, "operations", report);
    report.required_items(rule, "apiGroups", "say of which; the core group is \"\"");
    alone(rule, "apiGroups", report);
    report.required_items(rule, "apiVersions", "say which, such as `v1`");
    for version in items(rule, "apiVersions") {
        report.not_empty(version);
    }
    alone(rule, "apiVersions", report);
    report.required_items(rule, "resources", "say which, such as `pods`");
    resources(rule, report);
    report.set_word(field(rule, "scope"), &["*", "Cluster", "Namespaced"]);
}

/// A star stands for everything, alone.
fn alone<'t>(holder: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    let Some(list) = field(holder, name) else { return };
    if list.items().count() > 1 && list.items().any(|item| item.text() == "*") {
        report.error(Code::Contradiction, list, "`*` stands for everything", "write it alone");
    }
}

fn resources<'t>(rule: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(list) = field(rule, "resources") else { return };
    let (mut wide, mut sub): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut plain = false;
    for item in list.items() {
        report.not_empty(item);
        let Some((resource, subresource)) = item.text().split_once('/') else {
            plain = item.text() != "*";
            continue;
        };
        if wide.contains(&resource) || sub.contains(&subresource) {
            let message = format!("`{}` is covered by another item", item.text());
            report.error(Code::Contradiction, item, message, "delete it");
        }
        if subresource == "*" {
            wide.push(resource);
        }
        if resource == "*" {
            sub.push(subresource);
        }
    }
    let has = |wanted: &str| list.items().any(|item| item.text() == wanted);
    if list.items().count() > 1 && has("*/*") {
        let message = "`*/*` stands for everything";
        report.error(Code::Contradiction, list, message, "write it alone");
    }
    if has("*") && plain {
        let message = "`*` stands for every resource";
        report.error(Code::Contradiction, list, message, "delete the others");
    }
}

/// Checks where a webhook is.
pub fn client<'t>(config: NodeRef<'t>, report: &mut Report<'t, '_>) {
    match (field(config, "url"), field(config, "service")) {
        (None, None) => {
            let message = "there is neither `url` nor `service`";
            report.error(Code::MissingObjectField, config, message, "say where the webhook is");
        }
        (Some(_), Some(service)) => {
            let message = "there is a `url`, too";
            let finding = report.at(Code::Contradiction, service, message);
            let finding = finding.as_server(report.root, config, "");
            report.push(finding.help("write one of the two"));
        }
        (Some(url), None) => report.https_url(url),
        (None, Some(service)) => webhook_service(service, report),
    }
}

/// Checks the Service of a webhook: `ValidateWebhookService` of
/// `k8s.io/apiserver/pkg/util/webhook`.
pub fn webhook_service<'t>(service: NodeRef<'t>, report: &mut Report<'t, '_>) {
    // The server takes the one for the other in what it says.
    for (name, path) in [("name", ".namespace"), ("namespace", ".name")] {
        let found = report.findings.len();
        report.required(service, name);
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, service, path);
        }
    }
    report.range(field(service, "port"), 1, 65_535);
    let path = field(service, "path").filter(|path| !matches!(path.text(), "" | "/"));
    let Some(path) = path else { return };
    let Some(steps) = path.text().strip_prefix('/') else {
        let message = format!("the path `{}` does not start with `/`", path.text());
        return report.error(Code::ValueNotAllowed, path, message, "write an absolute path");
    };
    let steps = steps.strip_suffix('/').unwrap_or(steps);
    for step in steps.split('/') {
        if let Err(error) = NameForm::DnsSubdomain.check(step) {
            let message = format!("the part `{step}` of the path {error}");
            report.error(Code::ValueNotAllowed, path, message, "write one such as `/validate`");
        }
    }
}

impl<'t> Report<'t, '_> {
    /// Checks the address of a webhook: `ValidateWebhookURL` of
    /// `k8s.io/apiserver/pkg/util/webhook`.
    pub fn https_url(&mut self, node: NodeRef<'t>) {
        let text = node.text();
        let wrong = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                if host.is_empty() {
                    "the URL has no host"
                } else if host.contains('@') {
                    "the URL names a user"
                } else if rest.split_once('#').is_some_and(|(_, fragment)| !fragment.is_empty()) {
                    "the URL has a fragment"
                } else if rest.split_once('?').is_some_and(|(_, query)| !query.is_empty()) {
                    "the URL has parameters"
                } else if text.contains([' ', '\n', '\t']) || host.contains(['[', ']', '<', '>']) {
                    "the URL has characters that no URL has"
                } else {
                    return;
                }
            }
            _ => "the URL does not start with `https://`",
        };
        self.error(Code::ValueNotAllowed, node, wrong, "write `https://HOST/PATH`");
    }
}

/// Checks which versions of the server's questions a webhook understands.
pub fn reviews<'t>(hook: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    let versions = items(hook, name);
    if versions.clone().next().is_none() {
        return report.missing(hook, name, "write `[v1]`");
    }
    for version in versions.clone() {
        report.not_empty(version);
        report.name(NameForm::Dns1035Label, Some(version));
    }
    for (first, again) in repeated(&versions, NodeRef::as_str) {
        let message = format!("`{}` is there already", again.text());
        report.repeated(Code::RepeatedItem, first, again, message);
    }
    if !versions.clone().any(|version| REVIEWS.contains(&version.text())) {
        let message = format!("the server speaks `{}`", REVIEWS.join("` and `"));
        let node = field(hook, name).unwrap_or(hook);
        report.error(Code::ValueNotAllowed, node, message, "add `v1`");
    }
}

/// Checks the conditions under which a webhook or a policy is asked.
pub fn conditions<'t>(
    list: Option<NodeRef<'t>>,
    environment: &Environment<'_>,
    report: &mut Report<'t, '_>,
) {
    let Some(list) = list else { return };
    report.at_most(list, 64);
    for condition in list.items() {
        report.required_name(NameForm::QualifiedName, condition, "name");
        report.expression(condition, "expression", environment);
    }
    let conditions = list.items();
    let name = |condition| Some(text(condition, "name")).filter(|name| !name.is_empty());
    for (first, again) in repeated(&conditions, name) {
        let node = field(again, "name").unwrap_or(again);
        let message = format!("another condition is named `{}`, too", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
}
