//! ConfigMaps and Secrets: `ValidateConfigMap` and `ValidateSecret` of
//! `k8s.io/kubernetes/pkg/apis/core/validation`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Report, field, text};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;
use crate::validate::finding::Finding;

/// `MaxSecretSize` of the server, for both kinds.
const BYTES: usize = 1024 * 1024;

pub fn config_map<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (data, binary) = (field(root, "data"), field(root, "binaryData"));
    keys(data, report);
    keys(binary, report);
    for entry in binary.into_iter().flat_map(NodeRef::entries) {
        let twin = data.and_then(|data| data.get(entry.key()?));
        if let Some(twin) = twin {
            let message = "the key is in `data`, too".to_owned();
            let found = report.findings.len();
            report.repeated(Code::RepeatedItem, twin, entry, message);
            report.as_server(found, twin);
        }
    }
    size(data, binary, report);
}

pub fn secret<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let (data, plain) = (field(root, "data"), field(root, "stringData"));
    keys(data, report);
    let found = report.findings.len();
    keys(plain, report);
    // The server moves what is plain into the data before it looks.
    for finding in &mut report.findings[found..] {
        if let Some(key) = finding.path.strip_prefix("stringData") {
            finding.server_path = Some(format!("data{key}"));
        }
    }
    size(plain, data, report);
    let has = |key: &str| [data, plain].into_iter().flatten().any(|map| map.get(key).is_some());
    let wanted: &[&str] = match text(root, "type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => &["username"],
        _ => &[],
    };
    // What is plain replaces what is encoded. An empty key logs nobody in.
    let value = |key: &str| [plain, data].into_iter().flatten().find_map(|map| map.get(key));
    let is_empty = |key: &str| value(key).is_some_and(|value| value.text().is_empty());
    for key in wanted.iter().filter(|key| !has(key) || **key == "ssh-privatekey" && is_empty(key)) {
        let holder = data.or(plain).unwrap_or(root);
        let message = format!("a Secret of type `{}` has a key `{key}`", text(root, "type"));
        let finding = report.at(Code::MissingObjectField, holder, message);
        let finding = finding.as_server(report.root, root, &format!("data[{key}]"));
        report.push(finding.help("add the key, or leave out the type"));
    }
    if text(root, "type") == "kubernetes.io/service-account-token" {
        account_of_token(root, report);
    }
    for key in wanted.iter().filter(|key| key.starts_with(".docker")) {
        logins(root, key, report);
    }
}

/// A token says whose it is.
fn account_of_token<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    const ANNOTATION: &str = "kubernetes.io/service-account.name";
    let account = root.at_path(&["metadata", "annotations", ANNOTATION]);
    if account.is_none_or(|account| account.text().is_empty()) {
        let holder = account.or_else(|| field(root, "metadata")).unwrap_or(root);
        let message = format!("there is no annotation `{ANNOTATION}`");
        let finding = report.at(Code::MissingObjectField, holder, message);
        let path = format!("metadata.annotations[{ANNOTATION}]");
        let finding = finding.as_server(report.root, root, &path);
        report.push(finding.help("name the ServiceAccount there"));
    }
}

/// What logs in to registries is JSON.
fn logins<'t>(root: NodeRef<'t>, key: &str, report: &mut Report<'t, '_>) {
    // What is plain replaces what is encoded.
    let plain = root.at_path(&["stringData", key]);
    let Some(node) = plain.or_else(|| root.at_path(&["data", key])) else { return };
    let text = match plain {
        Some(plain) => plain.text().as_bytes().to_vec(),
        None => STANDARD.decode(node.text()).unwrap_or_default(),
    };
    if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text).is_err()
        && text != b"null"
    {
        let finding = report.at(Code::ValueNotAllowed, node, "this is no map in JSON");
        let finding = finding.as_server(report.root, root, &format!("data[{key}]"));
        report.push(finding.help("write `{ \"auths\": ... }`, as `docker login` does"));
    }
}

fn keys<'t>(data: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    for entry in data.into_iter().flat_map(NodeRef::entries) {
        let key = entry.key().unwrap_or_default();
        if let Err(error) = NameForm::ConfigKey.check(key) {
            let message = format!("the key `{key}` {error}");
            let finding = Finding::error_at_key(Code::NameNotAllowed, report.root, entry, message);
            report.findings.push(finding);
        }
    }
}

/// Counts the values as the server does: base64 decoded, without the keys.
fn size<'t>(plain: Option<NodeRef<'t>>, encoded: Option<NodeRef<'t>>, report: &mut Report<'t, '_>) {
    let bytes = |map: Option<NodeRef<'t>>| -> usize {
        map.into_iter().flat_map(NodeRef::entries).map(|entry| entry.text().len()).sum()
    };
    let total = bytes(plain) + bytes(encoded) / 4 * 3;
    if total > BYTES {
        let message = format!("the values have {total} bytes, more than {BYTES}");
        let help = "put large files into an image or a volume";
        report.error(Code::ValueNotAllowed, report.root, message, help);
    }
}
