//! Volumes: `ValidateVolumes` and `validateVolumeSource` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`, with the function of each source.

use std::collections::BTreeSet;

use super::pod::Pod;
use super::{
    Report, claim, field, fields, flag, items, metadata, projection, repeated, resources, text,
};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm, Quantity};
use crate::source::{Kind, NodeRef, Step};

/// Every source of a volume, in the order in which the server looks for them, with the texts and
/// lists that it cannot do without.
const SOURCES: [(&str, &[&str]); 30] = [
    ("emptyDir", &[]),
    ("hostPath", &["path"]),
    ("gitRepo", &["repository"]),
    ("gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", &["volumeID"]),
    ("secret", &["secretName"]),
    ("nfs", &["server", "path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("glusterfs", &["endpoints", "path"]),
    ("flocker", &[]),
    ("persistentVolumeClaim", &["claimName"]),
    ("rbd", &["monitors", "image"]),
    ("cinder", &["volumeID"]),
    ("cephfs", &["monitors"]),
    ("quobyte", &["registry", "volume"]),
    ("downwardAPI", &[]),
    ("fc", &[]),
    ("flexVolume", &["driver"]),
    ("configMap", &["name"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("storageos", &["volumeName"]),
    ("projected", &[]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("csi", &["driver"]),
    ("ephemeral", &["volumeClaimTemplate"]),
    ("image", &[]),
];

pub fn check<'t>(list: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    // The claims of a StatefulSet stand for volumes of the same name.
    let replaced = |volume: &NodeRef<'t>| {
        let name = text(*volume, "name");
        pod.volume(name).is_some_and(|claim| claim.source.is_none())
    };
    for volume in list.items().filter(|volume| !replaced(volume)) {
        if let Some(image) =
            field(volume, "image").filter(|_| !pod.version.has(Feature::ImageVolume))
        {
            let message = format!("Kubernetes {} drops a volume that is an image", pod.version);
            let finding = report.at(Code::Volumes, image, message).warning();
            let help = "copy the files with an init container; such volumes are there since 1.35";
            report.push(finding.help(help));
            continue;
        }
        report.required_name(NameForm::DnsLabel, volume, "name");
        let placed = |node: NodeRef<'t>| {
            let place = SOURCES.iter().position(|(name, _)| node.key() == Some(name));
            place.map(|place| (place, node))
        };
        let mut sources: Vec<_> = fields(volume).filter_map(placed).collect();
        sources.sort_unstable_by_key(|(place, _)| *place);
        let mut first = None;
        for (place, node) in sources {
            match first {
                None => first = Some((place, node)),
                Some((_, first)) => {
                    let message = "a volume has more than one source";
                    let finding = report.at(Code::Contradiction, node, message);
                    let finding = finding.also(first.at(), "the first source");
                    // These two the server spells otherwise here.
                    let spelt = match SOURCES[place].0 {
                        "cephfs" => "cephFS",
                        "downwardAPI" => "downwarAPI",
                        name => name,
                    };
                    let finding = finding.as_server(report.root, volume, &format!(".{spelt}"));
                    report.push(finding.help("make it two volumes"));
                }
            }
        }
        if let Some((place, node)) = first {
            required(place, node, pod, report);
            source(SOURCES[place].0, node, volume, pod, report);
        }
    }
    for (first, again) in repeated(&list.items(), |volume| field(volume, "name").map(NodeRef::text))
    {
        let node = field(again, "name").unwrap_or(again);
        let message = format!("another volume is named `{}`, too", node.text());
        report.repeated(Code::RepeatedItem, first, node, message);
    }
    if pod.is_object() {
        created_claims(list, pod, report);
    }
}

/// A folder or file of the node, as a volume and as a persistent volume say it.
pub fn host_path<'t>(source: NodeRef<'t>, report: &mut Report<'t, '_>) {
    if let Some(path) = field(source, "path") {
        report.no_backsteps(path);
    }
    let kinds = [
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    report.word(field(source, "type"), &kinds);
}

fn required<'t>(place: usize, node: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let (name, fields) = SOURCES[place];
    for wanted in fields {
        let found = report.findings.len();
        match field(node, wanted) {
            None => report.missing(node, wanted, format!("add `{wanted}`")),
            Some(value) if value.kind() == Kind::Str && value.text().is_empty() => {
                report.missing(node, wanted, format!("write the `{wanted}`"));
            }
            Some(value) if value.kind() == Kind::List && value.is_empty() => {
                report.missing(node, wanted, format!("write the `{wanted}`"));
            }
            Some(_) => {}
        }
        if name == "gcePersistentDisk" {
            let steps = field(pod.spec, "volumes").and_then(|volumes| volumes.path_to(node));
            let index = match steps.as_deref() {
                Some([Step::Index(index), ..]) => *index,
                _ => 0,
            };
            for finding in &mut report.findings[found..] {
                let path = format!(".volumes[{index}].persistentDisk.{wanted}");
                finding.name_for_server(report.root, pod.spec, &path);
            }
        }
    }
}

fn source<'t>(
    name: &str,
    node: NodeRef<'t>,
    volume: NodeRef<'t>,
    pod: Pod<'t>,
    report: &mut Report<'t, '_>,
) {
    match name {
        "emptyDir" => {
            if let Some(limit) = field(node, "sizeLimit")
                && resources::quantity(limit).is_some_and(Quantity::is_negative)
            {
                let message = format!("{} is less than 0", limit.text());
                report.error(Code::Volumes, limit, message, "write 0 or more");
            }
        }
        "hostPath" => host_path(node, report),
        "gitRepo" => {
            if let Some(directory) = field(node, "directory") {
                report.descending(directory);
            }
        }
        "gcePersistentDisk" | "awsElasticBlockStore" => {
            report.range(field(node, "partition"), 0, 255);
        }
        "secret" | "configMap" => {
            projection::mode(node, "defaultMode", report);
            projection::keys(node, report);
        }
        "downwardAPI" => projection::downward_api(node, report),
        "projected" => projection::check(node, report),
        "nfs" => {
            if let Some(path) = field(node, "path")
                && !path.text().starts_with('/')
            {
                let message = format!("`{}` is no absolute path", path.text());
                report.error(Code::Volumes, path, message, "start it with `/`");
            }
        }
        "iscsi" => iscsi(node, volume, report),
        "fc" => fibre_channel(node, report),
        "flocker" => flocker(node, report),
        "quobyte" => quobyte(node, report),
        "flexVolume" => flex_options(node, report),
        "azureDisk" => azure_disk(node, report),
        "storageos" => {
            report.name(NameForm::DnsLabel, field(node, "volumeName"));
            report.name(NameForm::DnsLabel, field(node, "volumeNamespace"));
            secret_of(node, "secretRef", report);
        }
        "cinder" => secret_of(node, "secretRef", report),
        "csi" => csi(node, report),
        "ephemeral" => ephemeral(node, volume, pod, report),
        "image" if pod.is_object() => {
            report.required(node, "reference");
        }
        _ => {}
    }
}

/// A reference to a Secret, where there is one, names it.
fn secret_of<'t>(node: NodeRef<'t>, name: &str, report: &mut Report<'t, '_>) {
    if let Some(reference) = field(node, name) {
        report.required(reference, "name");
    }
}

fn iscsi<'t>(node: NodeRef<'t>, volume: NodeRef<'t>, report: &mut Report<'t, '_>) {
    for name in ["iqn", "initiatorName"] {
        let Some(iqn) = field(node, name) else { continue };
        if (name == "iqn" && iqn.text().is_empty()) || is_iqn(iqn.text()) {
            continue;
        }
        let message = format!("`{}` is no name of iSCSI", iqn.text());
        let finding = report.at(Code::Volumes, iqn, message);
        let server = if name == "iqn" { ".iqn" } else { ".initiatorname" };
        let finding = finding.as_server(report.root, node, server);
        report.push(finding.help("write a name such as `iqn.2026-01.com.example:storage`"));
    }
    report.range(field(node, "lun"), 0, 255);
    if (flag(node, "chapAuthDiscovery") || flag(node, "chapAuthSession"))
        && field(node, "secretRef").is_none()
    {
        report.missing(node, "secretRef", "name the Secret with the passwords for CHAP");
    }
    let total = text(volume, "name").len() + 1 + text(node, "targetPortal").len();
    if field(node, "initiatorName").is_some() && total > 64 {
        let name = field(volume, "name").unwrap_or(volume);
        let message = "the names of the volume and of the portal have more than 63 characters";
        report.error(Code::Volumes, name, message, "give the volume a shorter name");
    }
}

/// Whether a name is an iqn, an eui or an naa.
fn is_iqn(name: &str) -> bool {
    let tail = |text: &str, length: usize| {
        let mut bytes = text.bytes();
        bytes.next().is_some()
            && bytes.len() == length
            && bytes.all(|byte| byte.is_ascii_alphanumeric())
    };
    if let Some(rest) = name.strip_prefix("eui") {
        return tail(rest, 16);
    }
    if let Some(rest) = name.strip_prefix("naa") {
        return tail(rest, 32);
    }
    // iqn.YYYY-MM.DOMAIN:ANY
    let Some((date, rest)) = name.strip_prefix("iqn.").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let Some((year, month)) = date.split_once('-') else { return false };
    let (domain, own) = match rest.split_once(':') {
        Some((domain, own)) => (domain, Some(own)),
        None => (rest, None),
    };
    let in_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let refused = |letter: char| letter.is_whitespace() || ",;*&$|".contains(letter);
    digits(year, 4)
        && digits(month, 2)
        && !domain.is_empty()
        && domain.bytes().all(in_domain)
        && own.is_none_or(|own| !own.is_empty() && !own.contains(refused))
}

fn fibre_channel<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let has = |name: &str| items(node, name).next().is_some();
    match (has("targetWWNs"), has("wwids")) {
        (false, false) => report.missing(node, "targetWWNs", "write `targetWWNs` or `wwids`"),
        (true, true) => {
            let node = field(node, "targetWWNs").unwrap_or(node);
            let message = "a volume has both `targetWWNs` and `wwids`";
            report.error(Code::Contradiction, node, message, "write one of the two");
        }
        _ => {}
    }
    if has("targetWWNs") {
        match field(node, "lun") {
            None => report.missing(node, "lun", "say which unit of the target it is"),
            lun => report.range(lun, 0, 255),
        }
    }
}

fn flocker<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let set = |name: &str| !text(node, name).is_empty();
    if set("datasetName") == set("datasetUUID") {
        let message = "a dataset has either a name or a UUID";
        report.error(Code::Contradiction, node, message, "write one of the two");
    }
    if let Some(name) = field(node, "datasetName")
        && name.text().contains('/')
    {
        let message = "the name of a dataset has no `/`";
        report.error(Code::Volumes, name, message, "write it without");
    }
}

fn quobyte<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(registry) = field(node, "registry").filter(|node| !node.text().is_empty()) else {
        return;
    };
    if let Some(tenant) = field(node, "tenant")
        && tenant.text().len() > 64
    {
        let message = "the tenant has more than 64 characters";
        return report.error(Code::Volumes, tenant, message, "write its UUID");
    }
    let is_pair = |pair: &str| match pair.strip_prefix('[') {
        Some(rest) => rest.split_once("]:").is_some_and(|(_, port)| !port.contains(':')),
        None => pair.split(':').count() == 2,
    };
    if !registry.text().split(',').all(is_pair) {
        let message = format!("`{}` is no list of hosts with ports", registry.text());
        report.error(Code::Volumes, registry, message, "write `host:port,host:port`");
    }
}

fn flex_options<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(options) = field(node, "options") else { return };
    for option in options.entries() {
        let key = option.key().unwrap_or_default();
        let domain = key.split_once('/').map_or(key, |(domain, _)| domain).to_ascii_lowercase();
        let dotted = format!(".{domain}");
        if dotted.ends_with(".kubernetes.io") || dotted.ends_with(".k8s.io") {
            let message = format!("options of {domain} are Kubernetes' own");
            let finding = report.at(Code::Volumes, option, message);
            let finding = finding.as_server(report.root, options, &format!("[{key}]"));
            report.push(finding.help("delete it"));
        }
    }
}

fn azure_disk<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    report.set_word(field(node, "cachingMode"), &["None", "ReadOnly", "ReadWrite"]);
    report.set_word(field(node, "kind"), &["Dedicated", "Managed", "Shared"]);
    let Some(uri) = field(node, "diskURI") else { return };
    let wanted = match text(node, "kind") {
        "Managed" => "/subscriptions/",
        // The server's default is a shared disk.
        _ => "https://",
    };
    if !uri.text().starts_with(wanted) {
        let message = format!("the address of a disk of this kind starts with `{wanted}`");
        report.error(Code::Volumes, uri, message, "write the whole address, or another `kind`");
    }
}

fn csi<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    driver(field(node, "driver"), report);
    if let Some(reference) = field(node, "nodePublishSecretRef")
        && let Some(name) = report.required(reference, "name")
    {
        let found = report.findings.len();
        report.name(NameForm::DnsSubdomain, Some(name));
        for finding in &mut report.findings[found..] {
            finding.name_for_server(report.root, node, ".name");
        }
    }
}

/// Checks the name of a driver: `ValidateCSIDriverName`.
pub fn driver<'t>(driver: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let Some(driver) = driver.filter(|driver| !driver.text().is_empty()) else { return };
    let lower = driver.text().to_ascii_lowercase();
    if lower.len() > 63 || NameForm::DnsSubdomain.check(&lower).is_err() {
        let message = format!("`{}` is no name of a driver", driver.text());
        let help = "write a DNS name of at most 63 characters, such as `ebs.csi.aws.com`";
        report.error(Code::NameNotAllowed, driver, message, help);
    }
}

/// `validateEphemeralVolumeSource`.
fn ephemeral<'t>(
    node: NodeRef<'t>,
    volume: NodeRef<'t>,
    pod: Pod<'t>,
    report: &mut Report<'t, '_>,
) {
    let Some(template) = field(node, "volumeClaimTemplate") else { return };
    if let Some(metadata) = field(template, "metadata") {
        metadata::labels(field(metadata, "labels"), report);
        metadata::annotations(field(metadata, "annotations"), report);
        let refused = |entry: &NodeRef<'t>| {
            !matches!(entry.key(), Some("labels" | "annotations"))
                && entry.kind() != Kind::Null
                && !(entry.kind() == Kind::Str && entry.text().is_empty())
        };
        for entry in metadata.entries().filter(refused) {
            let message = "the claim gets its name from the pod and the volume";
            report.error(Code::Contradiction, entry, message, "keep labels and annotations alone");
        }
    }
    if let Some(spec) = field(template, "spec") {
        claim::check(spec, report);
    } else {
        let help = "say what the claim asks for";
        report.missing_as(template, "spec", ".spec.accessModes", help);
    }
    if let (true, Some(name)) = (pod.is_object(), pod.root.at_path(&["metadata", "name"])) {
        let claim = format!("{}-{}", name.text(), text(volume, "name"));
        if !text(volume, "name").is_empty()
            && let Err(error) = NameForm::DnsSubdomain.check(&claim)
        {
            let node = field(volume, "name").unwrap_or(volume);
            let message = format!("the name `{claim}` of the volume's claim {error}");
            report.error(Code::NameNotAllowed, node, message, "rename the Pod or the volume");
        }
    }
}

/// A claim that is made for a volume of the pod belongs to that volume alone.
fn created_claims<'t>(list: NodeRef<'t>, pod: Pod<'t>, report: &mut Report<'t, '_>) {
    let Some(own) = pod.root.at_path(&["metadata", "name"]) else { return };
    let mut made = list.items().filter(|volume| field(*volume, "ephemeral").is_some()).peekable();
    if made.peek().is_none() {
        return;
    }
    let made: BTreeSet<String> =
        made.map(|volume| format!("{}-{}", own.text(), text(volume, "name"))).collect();
    for volume in list.items() {
        let claim = volume.at_path(&["persistentVolumeClaim", "claimName"]);
        if let Some(claim) = claim.filter(|claim| made.contains(claim.text())) {
            let message = "an ephemeral volume of this Pod makes that claim";
            report.error(Code::Volumes, claim, message, "mount the ephemeral volume instead");
        }
    }
}
