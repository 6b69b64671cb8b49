//! Requests to sign certificates: `ValidateCertificateSigningRequestCreate` of
//! `k8s.io/kubernetes/pkg/apis/certificates/validation`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Report, field, items, repeated};
use crate::diagnostic::Code;
use crate::k8s::NameForm;
use crate::source::NodeRef;

const BEGIN: &str = "-----BEGIN CERTIFICATE REQUEST-----";

/// `allValidUsages` of the server.
const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

pub fn check<'t>(root: NodeRef<'t>, report: &mut Report<'t, '_>) {
    let Some(spec) = field(root, "spec") else { return };
    let request = field(spec, "request");
    let decoded =
        request.and_then(|request| STANDARD.decode(request.text()).ok()).unwrap_or_default();
    let is_request = String::from_utf8_lossy(&decoded).contains(BEGIN);
    match request {
        None => report.missing(spec, "request", "write the request in PEM, in base64"),
        Some(request) if !is_request => {
            let message = "this is no request for a certificate";
            let help = format!("write base64 of PEM that starts with `{BEGIN}`");
            report.error(Code::ValueNotAllowed, request, message, help);
        }
        Some(_) => {}
    }
    report.required_items(spec, "usages", "say what the certificate is for");
    let usages = items(spec, "usages");
    for usage in usages.clone() {
        report.not_empty(usage);
        report.word(Some(usage), &USAGES);
    }
    for (first, again) in repeated(&usages, NodeRef::as_str) {
        let message = format!("`{}` is there already", again.text());
        report.repeated(Code::RepeatedItem, first, again, message);
    }
    report.range(field(spec, "expirationSeconds"), 600, i64::from(i32::MAX));
    let Some(signer) = report.required(spec, "signerName") else { return };
    let good = signer.text().split_once('/').is_some_and(|(domain, path)| {
        NameForm::DnsSubdomain.check(domain).is_ok()
            && domain.contains('.')
            && NameForm::DnsSubdomain.check(path).is_ok()
    });
    if !good {
        let message = format!("`{}` is no name of a signer", signer.text());
        let help = "write a domain and a path, such as `example.com/signer`";
        report.error(Code::NameNotAllowed, signer, message, help);
    }
}
