//! Names that people give, checked against the forms of Kubernetes where they are given.

use super::log::Log;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::{NameError, NameForm};
use crate::plan::{Map, Val};
use crate::source::{Origin, Span};

/// The greatest length of the name of a StatefulSet: its pods carry a label with the name, `-`
/// and a digest of ten characters, in 63.
/// <https://github.com/kubernetes/kubernetes/issues/64023>
pub(super) const STATEFUL_SET: usize = 52;

/// The greatest length of the name of a CronJob: its Jobs' names are longer by 11.
/// <https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/>
pub(super) const CRON_JOB: usize = 52;

/// The greatest length of the name of a Job: gen appends `-` and a digest of ten characters.
pub(super) const JOB: usize = 52;

/// Reports a name that has not the form that Kubernetes asks for.
pub(super) fn check(form: NameForm, name: &str, at: Origin, what: &str, log: &Log) {
    if let (Err(error), Some(span)) = (form.check(name), at.span()) {
        log.push(refused(form, name, span, what, error));
    }
}

/// Reports a name that has not the form that Kubernetes asks for, or is longer than its kind
/// can bear.
pub(super) fn check_length(form: NameForm, most: usize, name: &Val<String>, what: &str, log: &Log) {
    let Some(span) = name.at.span() else { return };
    match form.check(&name.v) {
        Err(error) => log.push(refused(form, &name.v, span, what, error)),
        Ok(()) if name.v.len() > most => {
            log.push(refused(form, &name.v, span, what, NameError::TooLong(most)));
        }
        Ok(()) => {}
    }
}

fn refused(form: NameForm, name: &str, span: Span, what: &str, error: NameError) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(Code::InvalidName, span, format!("`{name}` cannot be {what}"))
            .help(format!("it {error}"));
    match (error, proper(name, form)) {
        (NameError::Characters(_), Some(proper)) => diagnostic.help(format!("`{proper}` would do")),
        _ => diagnostic,
    }
}

/// The name in its form, where it is near to it. `webServer` was meant as two words; the case
/// of a host name means nothing.
fn proper(name: &str, form: NameForm) -> Option<String> {
    let with_dots = matches!(form, NameForm::DnsSubdomain | NameForm::WildcardSubdomain);
    let mut proper = String::new();
    for (at, character) in name.char_indices() {
        match character {
            '.' if with_dots => proper.push('.'),
            '_' | '.' | ' ' => proper.push('-'),
            upper if upper.is_ascii_uppercase() => {
                if at > 0 && !proper.ends_with('-') && !with_dots {
                    proper.push('-');
                }
                proper.push(upper.to_ascii_lowercase());
            }
            other => proper.push(other),
        }
    }
    (proper != name && form.check(&proper).is_ok()).then_some(proper)
}

/// Checks the keys and values of labels.
pub(super) fn check_labels(labels: &Map, log: &Log) {
    for (key, value) in labels {
        check(NameForm::QualifiedName, key, value.at, "the key of a label", log);
        check(NameForm::LabelValue, &value.v, value.at, "the value of a label", log);
    }
}

/// Checks the keys of annotations.
pub(super) fn check_annotations(annotations: &Map, log: &Log) {
    for (key, value) in annotations {
        // The server lowers the key's case before it checks it.
        let lower = key.to_ascii_lowercase();
        check(NameForm::QualifiedName, &lower, value.at, "the key of an annotation", log);
    }
}

/// The processor architectures that nodes report in their label `kubernetes.io/arch`: Go's names
/// of those that the kubelet is built for.
const ARCHITECTURES: [&str; 7] = ["386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x"];

/// Reports an architecture that no node has; `None` then.
pub(super) fn check_arch(arch: &Val<String>, log: &Log) -> Option<()> {
    if ARCHITECTURES.contains(&arch.v.as_str()) {
        return Some(());
    }
    let same = match arch.v.to_ascii_lowercase().as_str() {
        "x86_64" | "x86-64" | "x64" => Some("amd64"),
        "aarch64" | "armv8" => Some("arm64"),
        "x86" | "i386" | "i686" => Some("386"),
        _ => None,
    };
    let message = format!("`{}` is not an architecture that nodes report", arch.v);
    let diagnostic = Diagnostic::error(Code::MalformedValue, arch.at.span()?, message);
    log.push(match same {
        Some(same) => diagnostic.help(format!("write `{same}`, as Kubernetes calls it")),
        None => diagnostic.help(format!("write one of `{}`", ARCHITECTURES.join("`, `"))),
    });
    None
}
