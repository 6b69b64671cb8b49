//! Volumes of a cluster: `ValidatePersistentVolumeSpec` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use super::{Report, affinity, claim, field, resources, text, volume};
use crate::diagnostic::Code;
use crate::k8s::{Feature, NameForm, Quantity};
use crate::source::{Kind, NodeRef};

/// Every source of a volume, in the order in which the server looks for them, with the texts and
/// lists that it cannot do without, and the name that the server has for it.
const SOURCES: [(&str, &[&str], &str); 22] = [
    ("hostPath", &["path"], "hostPath"),
    ("gcePersistentDisk", &["pdName"], "gcePersistentDisk"),
    ("awsElasticBlockStore", &["volumeID"], "awsElasticBlockStore"),
    ("glusterfs", &["endpoints", "path"], "glusterfs"),
    ("flocker", &[], "flocker"),
    ("nfs", &["server", "path"], "nfs"),
    ("rbd", &["monitors", "image"], "rbd"),
    ("quobyte", &["registry", "volume"], "quobyte"),
    ("cephfs", &["monitors"], "cephFS"),
    ("iscsi", &["targetPortal", "iqn"], "iscsi"),
    ("cinder", &["volumeID"], "cinder"),
    ("fc", &[], "fc"),
    ("flexVolume", &["driver"], "flexVolume"),
    ("azureFile", &["secretName", "shareName"], "azureFile"),
    ("vsphereVolume", &["volumePath"], "vsphereVolume"),
    ("photonPersistentDisk", &["pdID"], "photonPersistentDisk"),
    ("portworxVolume", &["volumeID"], "portworxVolume"),
    ("azureDisk", &["diskName", "diskURI"], "azureDisk"),
    ("scaleIO", &["gateway", "system", "volumeName"], "scaleIO"),
    ("local", &["path"], "local"),
    ("storageos", &["volumeName"], "storageos"),
    ("csi", &["driver", "volumeHandle"], "csi"),
];

/// Checks a volume; one that stands in an attachment is `inline`.
pub fn check<'t>(spec: NodeRef<'t>, inline: bool, report: &mut Report<'t, '_>) {
    if !inline {
        claim::access_modes(spec, report);
        capacity(spec, report);
        let policies = ["Delete", "Recycle", "Retain"];
        report.word(field(spec, "persistentVolumeReclaimPolicy"), &policies);
        report.name(NameForm::DnsSubdomain, field(spec, "storageClassName"));
        report.set_word(field(spec, "volumeMode"), &["Block", "Filesystem"]);
        attributes_class(spec, report);
    }
    source(spec, inline, report);
    if let Some(nodes) = field(spec, "nodeAffinity") {
        match field(nodes, "required") {
            Some(required) => affinity::node_selector(required, report),
            None => report.missing(nodes, "required", "say which nodes reach the volume"),
        }
    }
}

/// Only a driver makes volumes of a class of attributes.
fn attributes_class<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    // Before, the server drops the field unread.
    let class = field(spec, "volumeAttributesClassName");
    let class = class.filter(|_| report.version.has(Feature::VolumeAttributesClass));
    report.set_name(NameForm::DnsSubdomain, class);
    if let Some(class) = class
        && field(spec, "csi").is_none()
    {
        let message = "only a volume of a CSI driver has a class of attributes";
        let finding = report.at(Code::Contradiction, class, message);
        let finding = finding.as_server(report.root, spec, ".csi");
        report.push(finding.help("delete `volumeAttributesClassName`, or add `csi`"));
    }
}

fn capacity<'t>(spec: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let capacity = field(spec, "capacity").filter(|capacity| !capacity.is_empty());
    let Some(capacity) = capacity else {
        return report.missing(spec, "capacity", "add `capacity: { storage: ... }`");
    };
    if capacity.get("storage").is_none() || capacity.entries().count() > 1 {
        let message = "the capacity of a volume is its `storage`, and nothing else";
        report.error(Code::Resources, capacity, message, "write `capacity: { storage: ... }`");
    }
    for entry in capacity.entries() {
        let amount = resources::quantity(entry);
        if amount.is_some_and(|amount| amount <= Quantity::default()) {
            let message = format!("a volume of {} holds nothing", entry.text());
            report.error(Code::Resources, entry, message, "write an amount such as 1Gi");
        }
    }
}

fn source<'t>(spec: NodeRef<'t>, inline: bool, report: &mut Report<'t, '_>) {
    let set = SOURCES.iter().filter_map(|known| Some((known, field(spec, known.0)?)));
    let all: Vec<_> = set.collect();
    let Some(((name, wanted, _), node)) = all.first() else {
        let message = "the volume has no source";
        return report.error(Code::MissingObjectField, spec, message, "add one such as `csi`");
    };
    // The server overlooks a flexVolume beside another source.
    for ((_, _, path), other) in all[1..].iter().filter(|((name, ..), _)| *name != "flexVolume") {
        let message = "a volume has more than one source";
        let finding = report.at(Code::Contradiction, *other, message);
        let finding = finding.as_server(report.root, spec, &format!(".{path}"));
        report.push(finding.also(node.at(), "the first source").help("make it two volumes"));
    }
    for wanted in *wanted {
        let is_set = field(*node, wanted).is_some_and(|value| match value.kind() {
            Kind::Str => !value.text().is_empty(),
            Kind::List => !value.is_empty(),
            _ => true,
        });
        if !is_set {
            report.missing(*node, wanted, format!("add `{wanted}`"));
        }
    }
    match *name {
        "hostPath" => volume::host_path(*node, report),
        "nfs" => absolute(*node, report),
        "local" => {
            if let Some(path) = field(*node, "path") {
                report.no_backsteps(path);
            }
            if !inline && field(spec, "nodeAffinity").is_none() {
                let help = "say on which node the disk is";
                report.missing(spec, "nodeAffinity", help);
            }
        }
        "gcePersistentDisk" | "awsElasticBlockStore" => {
            report.range(field(*node, "partition"), 0, 255);
        }
        "iscsi" => report.range(field(*node, "lun"), 0, 255),
        "csi" => csi(*node, report),
        _ => {}
    }
    if text(spec, "persistentVolumeReclaimPolicy") == "Recycle"
        && *name == "hostPath"
        && text(*node, "path").trim_end_matches('/').is_empty()
    {
        let message = "the root of a node cannot be recycled";
        let help = "write another policy, or another path";
        report.forbidden(spec, "persistentVolumeReclaimPolicy", message, help);
    }
}

fn absolute<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let path = field(node, "path").filter(|path| !path.text().starts_with('/'));
    if let Some(path) = path.filter(|path| !path.text().is_empty()) {
        let message = format!("the path `{}` does not start with `/`", path.text());
        report.error(Code::Volumes, path, message, "write an absolute path");
    }
}

fn csi<'t>(node: NodeRef<'t>, report: &mut Report<'t, '_>) {
    volume::driver(field(node, "driver"), report);
    // Of `nodeStageSecretRef` the server asks nothing.
    let secrets = [
        "controllerPublishSecretRef",
        "controllerExpandSecretRef",
        "nodePublishSecretRef",
        "nodeExpandSecretRef",
    ];
    for secret in secrets.iter().filter_map(|name| field(node, name)) {
        report.required_name(NameForm::DnsSubdomain, secret, "name");
        report.required_name(NameForm::DnsLabel, secret, "namespace");
    }
}
