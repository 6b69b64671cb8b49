//! Volumes in containers: `ValidateVolumeMounts` and `ValidateVolumeDevices` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::pod::Pod;
use super::{Report, field, flag, item, repeated, text};
use crate::diagnostic::{Code, nearest};
use crate::source::NodeRef;

pub fn check<'t>(
    list: NodeRef<'t>,
    container: NodeRef<'t>,
    pod: Pod<'t>,
    report: &mut Report<'t, '_>,
) {
    for mount in list.items() {
        if let Some(name) = report.required(mount, "name") {
            volume_of(name, pod, report);
            if item(container, "volumeDevices", &["name"], name.text()).is_some() {
                let message = "the container uses the volume as a device, too";
                report.error(Code::Volumes, name, message, "either mount it or use it as a device");
            }
        }
        if let Some(path) = report.required(mount, "mountPath")
            && item(container, "volumeDevices", &["devicePath"], path.text()).is_some()
        {
            let message = "a device of the container is at this path";
            report.error(Code::Volumes, path, message, "write another path");
        }
        sub_path(list, mount, report);
        propagation(list, mount, container, report);
    }
    let path = |mount: NodeRef<'t>| field(mount, "mountPath").map(NodeRef::text);
    for (first, again) in repeated(&list.items(), path) {
        let node = field(again, "mountPath").unwrap_or(again);
        let message = format!("something is mounted at `{}` already", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
}

fn volume_of<'t>(name: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    if pod.volume(name.text()).is_some() {
        return;
    }
    let message = format!("the pod has no volume `{}`", name.text());
    let finding = report.at(Code::Volumes, name, message);
    report.push(match nearest(name.text(), pod.volumes().map(|volume| volume.name)) {
        Some(near) => finding.help(format!("write `{near}`")).replace(near),
        None => finding.help("add it to `volumes`"),
    });
}

/// The server names the list of these fields, without the index.
fn sub_path<'t>(list: NodeRef<'t>, mount: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for name in ["subPath", "subPathExpr"] {
        let Some(path) = field(mount, name) else { continue };
        let found = report.findings.len();
        report.descending(path);
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, list, &format!(".{name}"));
        }
    }
    if let (Some(path), Some(expression)) = (field(mount, "subPath"), field(mount, "subPathExpr"))
        && !path.text().is_empty()
        && !expression.text().is_empty()
    {
        let message = "a mount has both `subPath` and `subPathExpr`";
        report.error(Code::Contradiction, expression, message, "write one of the two");
    }
}

fn propagation<'t>(
    list: NodeRef<'t>,
    mount: NodeRef<'t>,
    container: NodeRef<'t>,
    report: &mut Report<'t, '_>,
) {
    if let Some(mode) = field(mount, "mountPropagation") {
        let found = report.findings.len();
        report.set_word(Some(mode), &["Bidirectional", "HostToContainer", "None"]);
        let context = field(container, "securityContext");
        if mode.text() == "Bidirectional"
            && !context.is_some_and(|context| flag(context, "privileged"))
        {
            let message = "only a privileged container shows its mounts to the host";
            let help = "write `HostToContainer`, or make the container privileged";
            report.error(Code::Contradiction, mode, message, help);
        }
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, list, ".mountPropagation");
        }
    }
    let Some(recursive) = field(mount, "recursiveReadOnly") else { return };
    let found = report.findings.len();
    match recursive.text() {
        "Disabled" => {}
        "Enabled" | "IfPossible" => {
            if !flag(mount, "readOnly") {
                let message = "the mount is not read-only";
                report.error(Code::Contradiction, recursive, message, "add `readOnly: true`");
            }
            if !matches!(text(mount, "mountPropagation"), "" | "None") {
                let message = "mounts below this one come from elsewhere";
                let help = "delete `mountPropagation`";
                report.error(Code::Contradiction, recursive, message, help);
            }
        }
        _ => report.set_word(Some(recursive), &["Disabled", "Enabled", "IfPossible"]),
    }
    for finding in &mut report.findings[found..] {
        finding.name_for_server(report.root, list, ".recursiveReadOnly");
    }
}

pub fn devices<'t>(
    list: NodeRef<'t>,
    container: NodeRef<'t>,
    pod: Pod<'t>,
    report: &mut Report<'t, '_>,
) {
    for device in list.items() {
        if let Some(name) = report.required(device, "name") {
            match pod.volume(name.text()) {
                None => volume_of(name, pod, report),
                Some(volume) if !volume.is_claim() => {
                    let message = "only a claim can be a block device";
                    let help = "mount the volume, or make it a claim with `volumeMode: Block`";
                    report.error(Code::Volumes, name, message, help);
                }
                Some(_) => {}
            }
            if item(container, "volumeMounts", &["name"], name.text()).is_some() {
                let message = "the container mounts the volume, too";
                report.error(Code::Volumes, name, message, "either mount it or use it as a device");
            }
        }
        if let Some(path) = report.required(device, "devicePath") {
            report.no_backsteps(path);
            if item(container, "volumeMounts", &["mountPath"], path.text()).is_some() {
                let message = "something is mounted at this path";
                report.error(Code::Volumes, path, message, "write another path");
            }
        }
    }
    for key in ["name", "devicePath"] {
        let of = |device: NodeRef<'t>| field(device, key).map(NodeRef::text);
        for (first, again) in repeated(&list.items(), of) {
            let node = field(again, key).unwrap_or(again);
            let message = format!("another device has `{key}: {}`", node.text());
            report.repeated(Code::RepeatedItem, first, node, message);
        }
    }
}
