//! What volumes show as files: `validateKeyToPath`, `validateDownwardAPIVolumeSource` and
//! `validateProjectedVolumeSource` of `k8s.io/kubernetes/pkg/apis/core/validation`.
//!
//! Sources of certificates are not checked: until 1.36 the server drops them.

use super::{Report, env, field, items, repeated};
use crate::diagnostic::Code;
use crate::source::{Kind, NodeRef};

/// Checks the mode of a file.
pub fn mode<'t>(node: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    if let Some(mode) = field(node, name)
        && mode.as_i64().is_some_and(|mode| !(0..=0o777).contains(&mode))
    {
        let message = format!("{} is no mode of a file", mode.text());
        let help = "write an octal number from 0 to 0777, or a decimal one to 511";
        report.error(Code::ValueNotAllowed, mode, message, help);
    }
}

/// Checks the keys that a volume shows as files.
pub fn keys<'t>(source: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for item in items(source, "items") {
        report.required(item, "key");
        if let Some(path) = report.required(item, "path") {
            report.local(path);
        }
        mode(item, "mode", report);
    }
}

pub fn downward_api<'t>(source: NodeRef<'t>, report: &mut Report<'t, '_>) {
    mode(source, "defaultMode", report);
    files(source, report);
}

/// The server leaves `items` and the index out of the paths of these files.
fn files<'t>(source: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for file in items(source, "items") {
        let (found, mut both) = (report.findings.len(), 0);
        if let Some(path) = report.required(file, "path") {
            report.local(path);
        }
        match (field(file, "fieldRef"), field(file, "resourceFieldRef")) {
            (None, None) => report.error(
                Code::MissingObjectField,
                file,
                "the file says nothing of the pod",
                "add `fieldRef` or `resourceFieldRef`",
            ),
            (Some(of_pod), of_container) => {
                env::pod_field(of_pod, &env::OF_FILES, report);
                if let Some(second) = of_container {
                    let message = "a file has both `fieldRef` and `resourceFieldRef`";
                    report.error(Code::Contradiction, second, message, "make it two files");
                    both = report.findings.len();
                }
            }
            (None, Some(of_container)) => env::container_resource(of_container, true, report),
        }
        mode(file, "mode", report);
        for index in found..report.findings.len() {
            let own =
                if both == index + 1 { String::new() } else { report.path_below(file, index) };
            report.findings[index].name_for_server(report.root, source, &own);
        }
    }
}

pub fn check<'t>(projected: NodeRef<'t>, report: &mut Report<'t, '_>) {
    mode(projected, "defaultMode", report);
    let mut paths: Vec<NodeRef<'t>> = Vec::new();
    for source in items(projected, "sources") {
        let known = |entry: &NodeRef<'t>| {
            entry.kind() != Kind::Null
                && matches!(
                    entry.key(),
                    Some("secret" | "configMap" | "downwardAPI" | "serviceAccountToken")
                )
        };
        if source.entries().filter(known).count() > 1 {
            let message = "a source has more than one kind";
            report.error(Code::Contradiction, source, message, "make it two items of the list");
        }
        for entry in source.entries().filter(known) {
            match entry.key().unwrap_or_default() {
                "serviceAccountToken" => token(projected, entry, report),
                "downwardAPI" => files(entry, report),
                _ => {
                    report.required(entry, "name");
                    keys(entry, report);
                }
            }
            paths.extend(items(entry, "items").filter_map(|item| field(item, "path")));
        }
    }
    let written = |path: NodeRef<'t>| Some(path.text()).filter(|text| !text.is_empty());
    for (first, path) in repeated(&paths.iter().copied(), written) {
        let message = format!("another source has the path `{}`, too", path.text());
        let finding = report.at(Code::Volumes, path, message);
        let finding = finding.also(first.at(), "first here");
        let finding = finding.as_server(report.root, projected, "");
        report.push(finding.help("give one of the two another path"));
    }
}

fn token<'t>(projected: NodeRef<'t>, token: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.range(field(token, "expirationSeconds"), 600, 1 << 32);
    let found = report.findings.len();
    if let Some(path) = report.required(token, "path") {
        report.local(path);
    }
    for finding in &mut report.findings[found..] {
        finding.name_for_server(report.root, projected, ".path");
    }
}
