//! Roles and bindings: `k8s.io/kubernetes/pkg/apis/rbac/validation`.

use super::{Report, field, items, metadata, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

const GROUP: &str = "rbac.authorization.k8s.io";

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let kind = text(root, "kind");
    let cluster = kind.starts_with("Cluster");
    for rule in items(root, "rules") {
        check_rule(rule, cluster, report);
    }
    if let Some(aggregation) = field(root, "aggregationRule") {
        if items(aggregation, "clusterRoleSelectors").next().is_none() {
            report.missing(aggregation, "clusterRoleSelectors", "say which roles to join");
        }
        for selector in items(aggregation, "clusterRoleSelectors") {
            metadata::selector(Some(selector), report);
        }
    }
    if !kind.ends_with("Binding") {
        return;
    }
    if let Some(role) = field(root, "roleRef") {
        check_role(role, kind, report);
    } else {
        let finding = report.at(Code::MissingObjectField, root, "there is no `roleRef`");
        let finding = finding.as_server(report.root, root, "roleRef.kind");
        report.push(finding.help("say which role it binds"));
    }
    for subject in items(root, "subjects") {
        check_subject(subject, cluster, report);
    }
}

fn check_role<'t>(role: NodeRef<'t>, kind: &str, report: &mut Report<'t, '_>) {
    let wanted: &[&str] = match kind {
        "ClusterRoleBinding" => &["ClusterRole"],
        _ => &["Role", "ClusterRole"],
    };
    // The server fills in an empty group.
    report.word(field(role, "apiGroup"), &[GROUP]);
    report.required_word(role, "kind", wanted);
    report.required_name(NameForm::PathSegment, role, "name");
}

fn check_subject<'t>(subject: NodeRef<'t>, cluster: bool, report: &mut Report<'t, '_>) {
    report.required(subject, "name");
    report.required_word(subject, "kind", &["ServiceAccount", "User", "Group"]);
    match text(subject, "kind") {
        "ServiceAccount" => {
            report.name(NameForm::DnsSubdomain, field(subject, "name"));
            if let Some(group) = field(subject, "apiGroup").filter(|group| !group.text().is_empty())
            {
                let message = "a ServiceAccount is of the core group";
                report.error(Code::ValueNotAllowed, group, message, "delete it");
            }
            if cluster && text(subject, "namespace").is_empty() {
                report.missing(subject, "namespace", "a ServiceAccount lives in a namespace");
            }
        }
        // The server fills in an empty group.
        "User" | "Group" => report.word(field(subject, "apiGroup"), &[GROUP]),
        _ => {}
    }
}

fn check_rule<'t>(rule: NodeRef<'t>, cluster: bool, report: &mut Report<'t, '_>) {
    let has = |name| items(rule, name).next().is_some();
    if !has("verbs") {
        report.missing(rule, "verbs", "say what the rule allows, such as `get`");
    }
    if let Some(urls) = field(rule, "nonResourceURLs").filter(|urls| !urls.is_empty()) {
        if !cluster {
            let message = "only a ClusterRole has rules for URLs";
            report.error(Code::Contradiction, urls, message, "delete `nonResourceURLs`");
        } else if has("apiGroups") || has("resources") || has("resourceNames") {
            let message = "a rule is for resources or for URLs";
            report.error(Code::Contradiction, urls, message, "make it two rules");
        }
        return;
    }
    for (name, help) in
        [("apiGroups", "add `apiGroups`; the core group is \"\""), ("resources", "add `resources`")]
    {
        if !has(name) {
            report.missing(rule, name, help);
        }
    }
}
