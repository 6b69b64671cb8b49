//! Which rendered object a patch is for.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::k8s::Identity;
use crate::plan::{Patch, Val};
use crate::source::Span;

use super::manifest::{self, PlainSecrets};

/// The position among `objects` of the one that a patch names: `Kind/name`, or
/// `Kind.group/name` where objects of several API groups have that kind and name (`Kind./name` for
/// the core group).
///
/// A patch that names none or several, and one that puts plain values into a Secret, is reported.
/// `stack` is a place of the stack, for a target that no line states.
pub fn target(
    patch: &Patch,
    objects: &[&Identity],
    plain_secrets: &[Val<String>],
    stack: Span,
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    let at = patch.target.at.span().unwrap_or(stack);
    let wanted = patch.target.v.as_str();
    let Some((kind, name)) = wanted.split_once('/') else {
        diagnostics.push(
            Diagnostic::error(Code::NothingToPatch, at, format!("`{wanted}` names no object"))
                .help("write `Kind/name`, such as `Deployment/web`"),
        );
        return None;
    };
    let (kind, group) = match kind.split_once('.') {
        Some((kind, group)) => (kind, Some(group)),
        None => (kind, None),
    };
    let matches = |object: &Identity| {
        object.kind == kind
            && object.name == name
            && group.is_none_or(|group| object.group == group)
    };
    let found: Vec<usize> = (0..objects.len()).filter(|index| matches(objects[*index])).collect();
    match found.as_slice() {
        [] => {
            diagnostics.push(nothing(wanted, at, objects));
            None
        }
        [one] => {
            if objects[*one].group.is_empty() && kind == "Secret" {
                let plain = PlainSecrets(plain_secrets);
                manifest::refuse_values(name, patch.tree.root(), plain, diagnostics);
            }
            Some(*one)
        }
        several => {
            diagnostics.push(ambiguous(wanted, at, several.iter().map(|index| objects[*index])));
            None
        }
    }
}

fn nothing(wanted: &str, at: Span, objects: &[&Identity]) -> Diagnostic {
    let names: Vec<String> = objects.iter().map(|object| short(object)).collect();
    let diagnostic = Diagnostic::error(
        Code::NothingToPatch,
        at,
        format!("there is no object `{wanted}` to patch"),
    );
    if let Some(near) = nearest(wanted, names.iter().map(String::as_str)) {
        return diagnostic.help(format!("did you mean `{near}`?")).suggest(at, near);
    }
    let name = wanted.rsplit('/').next().unwrap_or_default();
    let kind = wanted.split(['/', '.']).next().unwrap_or_default();
    let like = |part: fn(&Identity) -> &str, word: &str| -> Vec<&str> {
        let alike = objects.iter().zip(&names).filter(|(object, _)| part(object) == word);
        alike.map(|(_, name)| name.as_str()).collect()
    };
    let of_name = like(|object| &object.name, name);
    let of_kind = like(|object| &object.kind, kind);
    match (of_name.as_slice(), of_kind.as_slice()) {
        ([], []) => diagnostic.help("a patch names an object that is rendered: `Kind/name`"),
        ([], alike) => diagnostic.help(format!("of that kind there is `{}`", alike.join("`, `"))),
        (alike, _) => diagnostic.help(format!("of that name there is `{}`", alike.join("`, `"))),
    }
}

fn ambiguous<'o>(
    wanted: &str,
    at: Span,
    objects: impl Iterator<Item = &'o Identity> + Clone,
) -> Diagnostic {
    let several = objects.clone().map(long).collect::<Vec<_>>();
    let mut groups: Vec<&str> = objects.map(|object| object.group.as_str()).collect();
    groups.dedup();
    let diagnostic = Diagnostic::error(
        Code::AmbiguousPatch,
        at,
        format!("`{wanted}` names {} objects", several.len()),
    );
    if groups.len() == several.len() {
        diagnostic.help(format!("write `{}`", several.join("` or `")))
    } else {
        diagnostic.help(
            "they differ in their namespaces only, which a patch cannot tell apart: set the \
             field where the object comes from",
        )
    }
}

/// An object as most patches name it.
fn short(object: &Identity) -> String {
    format!("{}/{}", object.kind, object.name)
}

/// An object as no other one is named. The core group has no name, but a dot says that it is meant.
fn long(object: &Identity) -> String {
    format!("{}.{}/{}", object.kind, object.group, object.name)
}
