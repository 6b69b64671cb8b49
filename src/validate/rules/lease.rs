//! Leases: `ValidateLeaseSpec` of `k8s.io/kubernetes/pkg/apis/coordination/validation`.

use super::{Report, field};
use crate::diagnostic::Code;
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    report.range(field(spec, "leaseDurationSeconds"), 1, i64::from(i32::MAX));
    report.range(field(spec, "leaseTransitions"), 0, i64::from(i32::MAX));
    report.micro_time(field(spec, "acquireTime"));
    report.micro_time(field(spec, "renewTime"));
}

impl<'t> Report<'t, '_> {
    /// Checks that a time has its millionths, all six digits: `MicroTime` of
    /// `k8s.io/apimachinery/pkg/apis/meta/v1`.
    pub fn micro_time(&mut self, node: Option<NodeRef<'t>>) {
        let Some((node, text)) = node.and_then(|node| Some((node, node.as_str()?))) else { return };
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        if fraction.bytes().take_while(u8::is_ascii_digit).count() != 6 {
            let message = "the time has no six digits after the seconds";
            let help = "write one such as 2026-01-31T12:00:00.000000Z";
            self.error(Code::ValueNotAllowed, node, message, help);
        }
    }
}
