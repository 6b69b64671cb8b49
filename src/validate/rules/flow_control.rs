//! Priority and fairness: `ValidateFlowSchema` and `ValidatePriorityLevelConfiguration` of
//! `k8s.io/kubernetes/pkg/apis/flowcontrol/validation`.

use super::{Report, field, flag, items, number, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::{Kind, NodeRef};

/// `supportedVerbs` of the server.
const VERBS: [&str; 9] =
    ["get", "list", "create", "update", "patch", "delete", "deletecollection", "watch", "proxy"];

pub fn schema<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    // 0 stands for the server's default.
    report.range(field(spec, "matchingPrecedence").filter(|node| node.text() != "0"), 1, 10_000);
    if let Some(method) = field(spec, "distinguisherMethod") {
        report.required_word(method, "type", &["ByNamespace", "ByUser"]);
    }
    if let Some(level) = field(spec, "priorityLevelConfiguration") {
        report.required_name(NameForm::DnsSubdomain, level, "name");
    } else {
        let finding =
            report.at(Code::MissingObjectField, spec, "there is no `priorityLevelConfiguration`");
        let finding = finding.as_server(report.root, spec, ".priorityLevelConfiguration.name");
        report.push(finding.help("say which level the requests are of"));
    }
    for rule in items(spec, "rules") {
        check_rule(rule, report);
    }
}

fn check_rule<'t>(rule: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_items(rule, "subjects", "say whose requests it is about");
    for subject in items(rule, "subjects") {
        check_subject(subject, report);
    }
    let has = |name| items(rule, name).next().is_some();
    if !has("resourceRules") && !has("nonResourceRules") {
        let message = "the rule is about no requests";
        report.error(
            Code::MissingObjectField,
            rule,
            message,
            "add `resourceRules` or `nonResourceRules`",
        );
    }
    for one in items(rule, "resourceRules") {
        verbs(one, report);
        stars(one, "apiGroups", "say of which groups", report);
        stars(one, "resources", "say which resources", report);
        if items(one, "namespaces").next().is_none() && !flag(one, "clusterScope") {
            report.missing(one, "namespaces", "say in which, or write `clusterScope: true`");
        }
        alone(one, "namespaces", report);
        for namespace in items(one, "namespaces").filter(|namespace| namespace.text() != "*") {
            report.set_name(NameForm::DnsLabel, Some(namespace));
        }
    }
    for one in items(rule, "nonResourceRules") {
        verbs(one, report);
        stars(one, "nonResourceURLs", "say which URLs", report);
        for url in items(one, "nonResourceURLs").filter(|url| url.text() != "*") {
            path(url, report);
        }
    }
}

fn check_subject<'t>(subject: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.required_word(subject, "kind", &["ServiceAccount", "Group", "User"]);
    let kinds = [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")];
    let kind = text(subject, "kind");
    if !kinds.iter().any(|(known, _)| *known == kind) {
        return;
    }
    for (known, name) in kinds {
        let own = field(subject, name);
        if known != kind {
            let message = format!("a subject of the kind {kind} has no `{name}`");
            report.forbidden(subject, name, message, "delete it, or change the kind");
            continue;
        }
        let Some(own) = own else {
            report.missing(subject, name, format!("say which {kind}"));
            continue;
        };
        if name == "serviceAccount" {
            if text(own, "name") != "*" {
                report.required_name(NameForm::DnsSubdomain, own, "name");
            }
            report.required_name(NameForm::DnsLabel, own, "namespace");
        } else {
            report.required(own, "name");
        }
    }
}

fn verbs<'t>(rule: NodeRef<'t>, report: &mut Report<'t, '_>) {
    stars(rule, "verbs", "say which verbs", report);
    let Some(list) = field(rule, "verbs") else { return };
    if list.items().any(|verb| verb.text() == "*") {
        return;
    }
    let strange = list.items().find(|verb| !VERBS.contains(&verb.text()));
    if let Some(verb) = strange.filter(|verb| matches!(verb.kind(), Kind::Str | Kind::Null)) {
        let message = format!("`{}` is no verb of the API", verb.text());
        let finding = report.at(Code::ValueNotAllowed, verb, message);
        let finding = finding.as_server(report.root, list, "");
        report.push(finding.help(format!("the verbs are `{}`", VERBS.join("`, `"))));
    }
}

fn stars<'t>(holder: NodeRef<'t>, name: &str, help: &str, report: &mut Report<'t, '_>) {
    report.required_items(holder, name, help);
    alone(holder, name, report);
}

/// A star stands for everything, alone.
fn alone<'t>(holder: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    let Some(list) = field(holder, name) else { return };
    if list.items().count() > 1 && list.items().any(|item| item.text() == "*") {
        let message = "`*` stands for everything";
        report.error(Code::Contradiction, list, message, "write it alone");
    }
}

fn path<'t>(url: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let text = url.text();
    let wrong = if text.is_empty() {
        "the path is empty"
    } else if text == "/" {
        return;
    } else if !text.starts_with('/') {
        "the path does not start with `/`"
    } else if text.contains(' ') {
        "the path has a space in it"
    } else if text.contains("//") {
        "the path has an empty part"
    } else if text.strip_suffix("/*").unwrap_or(text).contains('*') {
        "a star stands alone at the end of the path"
    } else {
        return;
    };
    report.error(Code::ValueNotAllowed, url, wrong, "write one such as `/healthz` or `/logs/*`");
}

pub fn level<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    report.required_word(spec, "type", &["Exempt", "Limited"]);
    let of = text(spec, "type");
    for (wanted, name) in [("Limited", "limited"), ("Exempt", "exempt")] {
        if of != wanted && matches!(of, "Limited" | "Exempt") {
            let message = format!("a level of the type {of} has no `{name}`");
            report.forbidden(spec, name, message, "delete it, or change the type");
        }
    }
    if let Some(exempt) = field(spec, "exempt") {
        report.range(field(exempt, "nominalConcurrencyShares"), 0, i64::MAX);
        report.range(field(exempt, "lendablePercent"), 0, 100);
    }
    match field(spec, "limited") {
        None if of == "Limited" => report.missing(spec, "limited", "say how it is limited"),
        Some(limited) if of == "Limited" => check_limited(limited, report),
        _ => {}
    }
}

fn check_limited<'t>(limited: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.range(field(limited, "nominalConcurrencyShares"), 0, i64::MAX);
    report.range(field(limited, "lendablePercent"), 0, 100);
    report.range(field(limited, "borrowingLimitPercent"), 0, i64::MAX);
    let Some(response) = field(limited, "limitResponse") else {
        let finding = report.at(Code::MissingObjectField, limited, "there is no `limitResponse`");
        let finding = finding.as_server(report.root, limited, ".limitResponse.type");
        return report.push(finding.help("write `limitResponse: { type: Reject }`"));
    };
    report.required_word(response, "type", &["Queue", "Reject"]);
    let queuing = field(response, "queuing");
    match (text(response, "type"), queuing) {
        ("Reject", Some(_)) => {
            let message = "what is rejected waits in no queue";
            report.forbidden(response, "queuing", message, "delete it, or write `type: Queue`");
        }
        ("Queue", None) => report.missing(response, "queuing", "say how it waits"),
        ("Queue", Some(queuing)) => check_queuing(queuing, report),
        _ => {}
    }
}

fn check_queuing<'t>(queuing: NodeRef<'t>, report: &mut Report<'t, '_>) {
    // 0 stands for the server's default.
    let own = |name: &str| number(queuing, name).filter(|number| *number != 0);
    for name in ["queueLengthLimit", "handSize"] {
        report.range(field(queuing, name).filter(|node| node.text() != "0"), 1, i64::MAX);
    }
    report.range(field(queuing, "queues").filter(|node| node.text() != "0"), 1, 10_000_000);
    let (queues, hand) = (own("queues").unwrap_or(64), own("handSize").unwrap_or(8));
    let node = field(queuing, "handSize").unwrap_or(queuing);
    let report_hand = |report: &mut Report<'t, '_>, message: String| {
        let finding = report.at(Code::Contradiction, node, message);
        let finding = finding.as_server(report.root, queuing, ".handSize");
        report.push(finding.help("write a smaller `handSize`, or fewer queues"));
    };
    if hand > queues {
        report_hand(report, format!("a hand of {hand} does not fit {queues} queues"));
    } else if hand > 0 && queues > 0 && entropy_bits(queues, hand) > 60 {
        report_hand(
            report,
            format!("a hand of {hand} out of {queues} queues is too much to shuffle"),
        );
    }
}

/// `shufflesharding.RequiredEntropyBits`.
fn entropy_bits(deck: i64, hand: i64) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "as the server does it")]
    let bits: f64 = (0..hand.min(100)).map(|dealt| ((deck - dealt) as f64).log2()).sum();
    #[expect(clippy::cast_possible_truncation, reason = "a few hundred bits at most")]
    let bits = bits.ceil() as i64;
    bits
}
