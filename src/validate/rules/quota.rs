//! Quotas of a namespace: `ValidateResourceQuotaSpec` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, items, resources, text};
use crate::diagnostic::{Code, nearest};
use crate::k8s::{NameForm, Quantity};
use crate::source::NodeRef;
use crate::validate::finding::Finding;

/// `standardQuotaResources` of the server: amounts, then counts.
const KNOWN: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
    "resourceclaims",
];

const SCOPES: [&str; 7] = [
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
    "VolumeAttributesClass",
];

/// Whether quotas of namespaces know a resource without a domain.
pub fn is_known(resource: &str) -> bool {
    KNOWN.contains(&resource)
        || ["", "requests.", "limits."]
            .iter()
            .any(|prefix| resource.strip_prefix(prefix).is_some_and(resources::is_huge))
}

pub fn check<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let hard: Vec<NodeRef<'t>> =
        field(spec, "hard").into_iter().flat_map(NodeRef::entries).collect();
    for entry in &hard {
        amount(*entry, report);
    }
    let names: Vec<&str> = hard.iter().filter_map(|entry| entry.key()).collect();
    if let Some(scopes) = field(spec, "scopes") {
        let found = report.findings.len();
        for scope in scopes.items() {
            check_scope(scope, &names, report);
        }
        excluded(&scopes.items().map(NodeRef::text).collect::<Vec<_>>(), scopes, report);
        report.as_server(found, scopes);
    }
    let Some(selector) = field(spec, "scopeSelector") else { return };
    let mut scopes = Vec::new();
    for expression in items(selector, "matchExpressions") {
        let found = report.findings.len();
        scopes.push(text(expression, "scopeName"));
        match field(expression, "scopeName") {
            Some(scope) => check_scope(scope, &names, report),
            None => report.missing(expression, "scopeName", "name the scope"),
        }
        operator(expression, report);
        for index in found..report.findings.len() {
            let mut below = report.path_below(expression, index);
            if let Some(at) = below.find('[') {
                below.truncate(at);
            }
            // A scope that does not fit is a matter of the whole list.
            if below == ".scopeName" && report.findings[index].code == Code::Contradiction {
                below.clear();
            }
            let path = format!(".matchExpressions{below}");
            report.findings[index].name_for_server(report.root, selector, &path);
        }
    }
    let found = report.findings.len();
    excluded(&scopes, selector, report);
    for finding in &mut report.findings[found..] {
        finding.name_for_server(report.root, selector, ".matchExpressions");
    }
}

fn amount<'t>(entry: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let name = entry.key().unwrap_or_default();
    let good =
        NameForm::QualifiedName.check(name).is_ok() && (name.contains('/') || is_known(name));
    if !good {
        let message = format!("a quota has no resource `{name}`");
        let finding = Finding::error_at_key(Code::Resources, report.root, entry, message);
        report.push(match nearest(name, KNOWN) {
            Some(near) => finding.help(format!("write `{near}`")),
            None => finding.help("write one such as `limits.memory`, `pods` or `count/jobs.batch`"),
        });
    }
    let Some(quantity) = resources::quantity(entry) else { return };
    if quantity < Quantity::default() {
        let message = format!("{} is less than 0", entry.text());
        report.error(Code::Resources, entry, message, "write 0 or more");
    }
    let counted =
        KNOWN[10..].contains(&name) || name.starts_with("count/") || resources::is_extended(name);
    if counted && !quantity.is_whole() {
        let message = format!("{} is no number of objects", entry.text());
        report.error(Code::Resources, entry, message, "write a whole number");
    }
}

fn check_scope<'t>(scope: NodeRef<'t>, names: &[&str], report: &mut Report<'t, '_>) {
    let found = report.findings.len();
    report.not_empty(scope);
    report.word(Some(scope), &SCOPES);
    if report.findings.len() > found {
        return;
    }
    let of_pods = |name: &&&str| {
        let standard = ["pods", "cpu", "memory", "ephemeral-storage"];
        let (own, split) = match name.split_once('.') {
            Some(("requests" | "limits", rest)) => (rest, true),
            _ => (**name, false),
        };
        standard.contains(&own) && !(split && own == "pods")
            || resources::is_huge(own)
            || (split && resources::is_extended(own))
    };
    let fits = |name: &&&str| match scope.text() {
        "BestEffort" => **name == "pods",
        "NotBestEffort"
        | "Terminating"
        | "NotTerminating"
        | "PriorityClass"
        | "CrossNamespacePodAffinity" => of_pods(name),
        "VolumeAttributesClass" => matches!(**name, "persistentvolumeclaims" | "requests.storage"),
        _ => true,
    };
    if let Some(name) = names.iter().find(|name| !fits(name) && is_known(name)) {
        let message = format!("the scope `{}` does not go with `{name}`", scope.text());
        report.error(Code::Contradiction, scope, message, "make it two quotas");
    }
}

fn operator<'t>(expression: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let operators = ["DoesNotExist", "Exists", "In", "NotIn"];
    let operator = field(expression, "operator").filter(|node| !node.text().is_empty());
    match operator {
        None => report.missing(expression, "operator", "write `In` or another"),
        operator => report.word(operator, &operators),
    }
    let operator = text(expression, "operator");
    let values = items(expression, "values").count();
    match operator {
        "In" | "NotIn" if values == 0 => {
            report.missing(expression, "values", format!("{operator} compares with them"));
        }
        "Exists" | "DoesNotExist" if values > 0 => {
            let message = format!("the operator {operator} has no values");
            report.forbidden(expression, "values", message, "delete `values`, or write `In`");
        }
        _ => {}
    }
    let only_exists = [
        "BestEffort",
        "NotBestEffort",
        "Terminating",
        "NotTerminating",
        "CrossNamespacePodAffinity",
    ];
    let scope = text(expression, "scopeName");
    if only_exists.contains(&scope) && !operator.is_empty() && operator != "Exists" {
        let node = field(expression, "operator").unwrap_or(expression);
        let message = format!("the scope `{scope}` has the operator Exists alone");
        report.error(Code::Contradiction, node, message, "write `operator: Exists`");
    }
}

/// No object is in a scope and in its contrary.
fn excluded<'t>(scopes: &[&str], node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.contains(&one) && scopes.contains(&other) {
            let message = format!("nothing is in the scopes `{one}` and `{other}`");
            report.error(Code::Contradiction, node, message, "make it two quotas");
        }
    }
}
