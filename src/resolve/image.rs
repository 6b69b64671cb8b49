//! Image references, and the stack's map of their versions.

use std::cell::RefCell;
use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::interface::{Interface, open_entries};
use super::log::Log;
use super::read::Read;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::Val;
use crate::source::Span;
use crate::spec;
use crate::spec::map::Open;

/// The versions that a stack gives to images by their repositories.
pub(super) struct Images {
    versions: IndexMap<String, Version>,
    used: RefCell<BTreeSet<String>>,
}

struct Version {
    tag: Option<Val<String>>,
    digest: Option<Val<String>>,
    at: Span,
}

/// The parts of an image reference.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'r> {
    repository: &'r str,
    tag: Option<&'r str>,
    digest: Option<&'r str>,
}

impl Images {
    /// Reads the stack's `images`.
    pub fn of(images: Option<&Open<spec::Image>>, own: &Interface, log: &Log) -> Self {
        let read = own.ground.with(log);
        let mut versions = IndexMap::new();
        for (repository, entry) in open_entries(images) {
            let at = entry.key;
            if parts(repository).is_none_or(|parts| parts.repository != *repository) {
                log.push(
                    Diagnostic::error(
                        Code::MalformedImage,
                        at,
                        format!("`{repository}` is not a repository of images"),
                    )
                    .help("name the image without tag and digest"),
                );
            }
            let tag = read.option(entry.value.tag.as_ref(), "a tag");
            let digest = read.option(entry.value.digest.as_ref(), "a digest");
            if let Some(tag) = tag.as_ref().filter(|tag| !is_tag(&tag.v)) {
                malformed(
                    &tag.v,
                    tag.at.span(),
                    "a tag",
                    "a tag has letters, digits, `_`, `.` and `-`, at most 128",
                    log,
                );
            }
            if let Some(digest) = digest.as_ref().filter(|digest| !is_digest(&digest.v)) {
                malformed(
                    &digest.v,
                    digest.at.span(),
                    "a digest",
                    "a digest is `sha256:` and 64 hexadecimal digits",
                    log,
                );
            }
            if tag.is_none() && digest.is_none() {
                log.push(super::interface::missing(
                    at,
                    &format!("the image `{repository}`"),
                    "tag",
                ));
            }
            versions.insert(repository.clone(), Version { tag, digest, at });
        }
        Self { versions, used: RefCell::default() }
    }

    /// The whole reference of an image as a container names it. Reports one without a version,
    /// or with two.
    pub fn whole(&self, image: &Val<String>, log: &Log) -> Val<String> {
        let Some(span) = image.at.span() else { return image.clone() };
        let Some(Reference { repository, tag, digest }) = parts(&image.v) else {
            malformed(
                &image.v,
                Some(span),
                "an image",
                "write `REPOSITORY:TAG`, such as `nginx:1.29`",
                log,
            );
            return image.clone();
        };
        let Some(version) = self.versions.get(repository) else {
            if tag.is_none() && digest.is_none() {
                let mut diagnostic = Diagnostic::error(
                    Code::ImageWithoutVersion,
                    span,
                    format!("the image `{repository}` has neither tag nor digest"),
                )
                .help(format!(
                    "write `{repository}:TAG`, or say it for all of its users: `images: {{ {repository}: TAG }}`"
                ));
                let known = self.versions.keys().map(String::as_str);
                if let Some(near) = nearest(repository, known) {
                    diagnostic = diagnostic.help(format!("`images` has `{near}`"));
                }
                log.push(diagnostic);
            }
            return image.clone();
        };
        self.used.borrow_mut().insert(repository.to_owned());
        if (tag.is_some() && version.tag.is_some())
            || (digest.is_some() && version.digest.is_some())
        {
            log.push(
                Diagnostic::error(
                    Code::Conflicting,
                    span,
                    format!("the version of `{repository}` is said twice"),
                )
                .also(version.at, "the stack says it here for all of its users")
                .help("leave the version out of the container's image"),
            );
            return image.clone();
        }
        let mut whole = repository.to_owned();
        let own = |said: &Option<Val<String>>| said.as_ref().map(|said| said.v.clone());
        if let Some(tag) = tag.map(str::to_owned).or_else(|| own(&version.tag)) {
            whole = format!("{whole}:{tag}");
        }
        if let Some(digest) = digest.map(str::to_owned).or_else(|| own(&version.digest)) {
            whole = format!("{whole}@{digest}");
        }
        // A change of the version is what moves this value.
        let at = version.tag.as_ref().or(version.digest.as_ref()).map_or(image.at, |said| said.at);
        Val::new(whole, at)
    }

    /// Warns of versions that no container asks for.
    pub fn warn_unused(&self, log: &Log) {
        let used = self.used.borrow();
        for (repository, version) in &self.versions {
            if !used.contains(repository) {
                log.push(
                    Diagnostic::warning(
                        Code::UnusedImage,
                        version.at,
                        format!("no container uses the image `{repository}`"),
                    )
                    .help("remove it, or mend the name"),
                );
            }
        }
    }
}

fn malformed(text: &str, span: Option<Span>, what: &str, help: &str, log: &Log) {
    if let Some(span) = span {
        let message = format!("`{text}` is not {what}");
        log.push(Diagnostic::error(Code::MalformedImage, span, message).help(help));
    }
}

/// Takes a reference apart, by the grammar of
/// <https://github.com/distribution/reference/blob/main/reference.go>.
fn parts(image: &str) -> Option<Reference<'_>> {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = match name[slash..].find(':') {
        Some(at) => (&name[..slash + at], Some(&name[slash + at + 1..])),
        None => (name, None),
    };
    let sound = is_repository(repository) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
    sound.then_some(Reference { repository, tag, digest })
}

fn is_repository(text: &str) -> bool {
    let mut parts = text.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    let host = text.contains('/')
        && (first.contains(['.', ':'])
            || first == "localhost"
            || first.bytes().any(|byte| byte.is_ascii_uppercase()));
    if host {
        parts.next();
        let (name, port) = first.split_once(':').unwrap_or((first, "0"));
        let name_fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        if name.is_empty() || !name.bytes().all(name_fits) || port.parse::<u16>().is_err() {
            return false;
        }
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    parts.all(|part| {
        part.bytes().all(|byte| fits(byte) || matches!(byte, b'.' | b'_' | b'-'))
            && part.bytes().next().is_some_and(fits)
            && part.bytes().next_back().is_some_and(fits)
    })
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_of_a_registry_is_no_tag() {
        let reference = |repository, tag, digest| Some(Reference { repository, tag, digest });
        assert_eq!(parts("nginx"), reference("nginx", None, None));
        assert_eq!(parts("nginx:1.29"), reference("nginx", Some("1.29"), None));
        assert_eq!(parts("localhost:5000/a/b"), reference("localhost:5000/a/b", None, None));
        assert_eq!(parts("r.io:5000/a:v1"), reference("r.io:5000/a", Some("v1"), None));
        let digest = format!("sha256:{}", "0a".repeat(32));
        let whole = format!("a/b:1@{digest}");
        assert_eq!(parts(&whole), reference("a/b", Some("1"), Some(&digest)));
        for bad in ["", "A", "a:", "a:b:c", "a@sha256:12", "a/", "/a", "a b", "a:${X}", "-a", "a_"]
        {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
