//! Roles and bindings: `k8s.io/kubernetes/pkg/apis/rbac/validation`.

use super::{Report, field, items, text};
use crate::diagnostic::Code;
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let kind = text(root, "kind");
    for rule in items(root, "rules") {
        check_rule(rule, kind == "ClusterRole", report);
    }
    if let Some(role) = field(root, "roleRef") {
        let wanted: &[&str] = match kind {
            "ClusterRoleBinding" => &["ClusterRole"],
            _ => &["Role", "ClusterRole"],
        };
        if !wanted.contains(&text(role, "kind")) {
            let message = format!("a {kind} binds no `{}`", text(role, "kind"));
            let help = format!("write `kind: {}`", wanted[0]);
            report.error(Code::ValueNotAllowed, role, message, help);
        }
    }
    for subject in items(root, "subjects") {
        match text(subject, "kind") {
            "ServiceAccount" => {
                if kind == "ClusterRoleBinding" && text(subject, "namespace").is_empty() {
                    let message = "a ServiceAccount lives in a namespace";
                    report.error(Code::MissingObjectField, subject, message, "add `namespace`");
                }
            }
            "User" | "Group" => {}
            other => {
                let message = format!("`{other}` is no kind of subject");
                let help = "the kinds are `ServiceAccount`, `User`, `Group`";
                report.error(Code::ValueNotAllowed, subject, message, help);
            }
        }
    }
}

fn check_rule<'t>(rule: NodeRef<'t>, cluster: bool, report: &mut Report<'t, '_>) {
    let has = |name| items(rule, name).next().is_some();
    if !has("verbs") {
        let message = "a rule allows some verb";
        report.error(Code::MissingObjectField, rule, message, "add `verbs`");
    }
    if let Some(urls) = field(rule, "nonResourceURLs").filter(|urls| !urls.is_empty()) {
        if !cluster {
            let message = "only a ClusterRole has rules for URLs";
            report.error(Code::Contradiction, urls, message, "delete `nonResourceURLs`");
        } else if has("apiGroups") || has("resources") {
            let message = "a rule is for resources or for URLs";
            report.error(Code::Contradiction, urls, message, "make it two rules");
        }
        return;
    }
    for (name, help) in
        [("apiGroups", "add `apiGroups`; the core group is \"\""), ("resources", "add `resources`")]
    {
        if !has(name) {
            let message = format!("a rule says its `{name}`");
            report.error(Code::MissingObjectField, rule, message, help);
        }
    }
}
