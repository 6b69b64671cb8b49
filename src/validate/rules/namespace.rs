//! Namespaces: `ValidateNamespace` of `k8s.io/kubernetes/pkg/apis/core/validation` and the
//! labels that the admission of Pod Security reads.

use super::{Report, metadata};
use crate::diagnostic::Code;
use crate::source::NodeRef;

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(list) = root.at_path(&["spec", "finalizers"]) {
        let found = report.findings.len();
        for one in list.items() {
            metadata::finalizer(one, list, true, report);
        }
        report.as_server(found, list);
    }
    let Some(labels) = root.at_path(&["metadata", "labels"]) else { return };
    for mode in ["enforce", "audit", "warn"] {
        let label = format!("pod-security.kubernetes.io/{mode}");
        if let Some(level) = labels.get(&label) {
            report.not_empty(level);
            report.word(Some(level), &["privileged", "baseline", "restricted"]);
        }
        if let Some(version) =
            labels.get(&format!("{label}-version")).filter(|node| !is_version(node.text()))
        {
            let message =
                format!("`{}` is no version of the Pod Security Standards", version.text());
            report.error(
                Code::ValueNotAllowed,
                version,
                message,
                "write `latest`, or one such as `v1.36`",
            );
        }
    }
}

fn is_version(text: &str) -> bool {
    let minor = |minor: &str| {
        !minor.is_empty()
            && minor.bytes().all(|byte| byte.is_ascii_digit())
            && (minor == "0" || !minor.starts_with('0'))
    };
    text == "latest" || text.strip_prefix("v1.").is_some_and(minor)
}
