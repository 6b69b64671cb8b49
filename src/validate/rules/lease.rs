//! Leases: `ValidateLeaseSpec` of `k8s.io/kubernetes/pkg/apis/coordination/validation`.

use super::{Report, field};
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    report.range(field(spec, "leaseDurationSeconds"), 1, i64::from(i32::MAX));
    report.range(field(spec, "leaseTransitions"), 0, i64::from(i32::MAX));
}
