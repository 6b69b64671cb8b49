//! Nodes: `ValidateNode` of `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, field, items, metadata, repeated, text};
use crate::diagnostic::Code;
use crate::k8s::{Cidr, NameForm};
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    let taints = items(spec, "taints");
    let from = report.findings.len();
    for taint in taints.clone() {
        match field(taint, "key").filter(|key| !key.text().is_empty()) {
            None => report.missing(taint, "key", "write the key of the taint"),
            key => metadata::label_key(key, report),
        }
        report.name(NameForm::LabelValue, field(taint, "value"));
        report.required_word(taint, "effect", &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
    for (first, again) in
        repeated(&taints, |taint| Some((text(taint, "key"), text(taint, "effect"))))
    {
        let message = "another taint has this key and effect, too".to_owned();
        report.repeated(Code::RepeatedItem, first, again, message);
    }
    // The server speaks of these as of metadata.
    if let (Some(list), Some(metadata)) = (field(spec, "taints"), field(root, "metadata")) {
        for index in from..report.findings.len() {
            let below = report.path_below(list, index);
            report.findings[index].name_for_server(
                report.root,
                metadata,
                &format!(".taints{below}"),
            );
        }
    }
    // What `podCIDR` says wins over a list that starts with something else.
    let one = field(spec, "podCIDR").filter(|one| !one.text().is_empty());
    let first = items(spec, "podCIDRs").next().map(NodeRef::text);
    if one.is_none() || one.map(NodeRef::text) == first {
        let blocks: Vec<_> =
            items(spec, "podCIDRs").filter_map(|block| report.block(block)).collect();
        let alike = |(index, block): (usize, &Cidr)| {
            blocks[..index].iter().any(|earlier| earlier.is_v4() == block.is_v4())
        };
        if let Some(list) = field(spec, "podCIDRs").filter(|_| blocks.iter().enumerate().any(alike))
        {
            let message = "there is more than one block of an IP family";
            report.error(Code::Contradiction, list, message, "write one of IPv4 and one of IPv6");
        }
    } else if let Some(one) = one {
        let found = report.findings.len();
        report.block(one);
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, spec, ".podCIDRs[0]");
        }
    }
}
