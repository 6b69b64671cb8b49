//! Spreading over topologies: `validateTopologySpreadConstraints` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, affinity, field, item, metadata, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::Feature;
use crate::source::NodeRef;

pub fn check<'t>(list: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for constraint in list.items() {
        match field(constraint, "maxSkew") {
            None => report.missing(constraint, "maxSkew", "say how uneven it may be; 1 is usual"),
            skew => report.range(skew, 1, i64::from(i32::MAX)),
        }
        report.required(constraint, "topologyKey");
        if report.required(constraint, "whenUnsatisfiable").is_some() {
            let words = ["DoNotSchedule", "ScheduleAnyway"];
            report.word(field(constraint, "whenUnsatisfiable"), &words);
        }
        if let Some(domains) = field(constraint, "minDomains") {
            report.range(Some(domains), 1, i64::from(i32::MAX));
            if text(constraint, "whenUnsatisfiable") != "DoNotSchedule" {
                let message = "a preference has no least number of domains";
                let help = "delete it, or write `whenUnsatisfiable: DoNotSchedule`";
                report.error(Code::Contradiction, domains, message, help);
            }
        }
        for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            report.set_word(field(constraint, name), &["Honor", "Ignore"]);
        }
        let selector = field(constraint, "labelSelector");
        metadata::selector(selector, report);
        if report.version.has(Feature::MatchLabelKeysInPodTopologySpreadSelectorMerge) {
            affinity::label_keys(constraint, selector, report);
        } else {
            label_keys(constraint, selector, report);
        }
    }
    let own = |constraint: NodeRef<'t>| {
        Some((text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable")))
    };
    for (first, again) in repeated(&list.items(), own) {
        let message = "another constraint is about the same topology";
        let finding = report.at(Code::RepeatedItem, again, message);
        let finding = finding.also(first.at(), "first here");
        // The server names the earlier one.
        let path = ".{topologyKey, whenUnsatisfiable}";
        let finding = finding.as_server(report.root, first, path);
        report.push(finding.help("make them one"));
    }
}

/// `ValidateMatchLabelKeysInTopologySpread`, of versions before 1.34.
fn label_keys<'t>(
    constraint: NodeRef<'t>,
    selector: Option<NodeRef<'t>>,
    report: &mut Report<'t, '_>,
) {
    let Some(keys) = field(constraint, "matchLabelKeys").filter(|keys| !keys.is_empty()) else {
        return;
    };
    let Some(selector) = selector else {
        let message = "`matchLabelKeys` adds to a `labelSelector`, and there is none";
        return report.error(Code::Contradiction, keys, message, "add `labelSelector`");
    };
    for key in keys.items() {
        metadata::label_key(Some(key), report);
        if selector.at_path(&["matchLabels", key.text()]).is_some()
            || item(selector, "matchExpressions", &["key"], key.text()).is_some()
        {
            let message = "the `labelSelector` has this key already";
            report.error(Code::Contradiction, key, message, "delete one of the two");
        }
    }
}
