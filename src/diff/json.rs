//! A review as JSON, for programs. Its form is described in docs/review.md; a change that breaks
//! readers counts `VERSION` up.

use serde_json::{Map, Value, json};

use super::comparison::{Action, Content, ObjectChange, Subject};
use super::fields::{Edit, FieldChange};
use super::impact::{Class, Impact};
use super::origin::ChangedBy;
use super::pairing::is_default;
use super::review::Review;
use crate::diagnostic::{Signs, without_commands};
use crate::k8s::Identity;
use crate::source::{Kind, NodeRef};

/// The version of the form.
const VERSION: u32 = 1;

/// The reviews of some environments, or the one of two sides, as one document.
#[must_use]
pub fn json(reviews: &[Review<'_>]) -> String {
    let reviews: Vec<Value> = reviews.iter().map(review).collect();
    let text = format!("{:#}\n", json!({ "version": VERSION, "reviews": reviews }));
    without_commands(&text, Signs::JSON).into_owned()
}

fn review(review: &Review<'_>) -> Value {
    let tally = review.comparison.tally();
    let classes: Map<String, Value> = review
        .classes()
        .into_iter()
        .map(|(class, count)| (class.to_string(), count.into()))
        .collect();
    let elsewhere = review.impacts.elsewhere.iter();
    json!({
        "from": review.from,
        "to": review.to,
        "kubernetes": review.comparison.version.to_string(),
        "created": tally.created,
        "changed": tally.changed,
        "deleted": tally.deleted,
        "unchanged": tally.unchanged,
        "classes": classes,
        "changes": review.changes().map(|(change, impacts)| self::change(change, impacts)).collect::<Vec<_>>(),
        "elsewhere": elsewhere
            .map(|(object, impact)| json!({ "object": object, "impact": self::impact(impact) }))
            .collect::<Vec<_>>(),
        "network": review.network.iter().map(|edge| json!({
            "wider": edge.is_wider,
            "text": edge.text,
        })).collect::<Vec<_>>(),
        "ofPlace": review.of_place.iter().map(|place| json!({
            "object": place.subject.to_string(),
            "action": place.action.name(),
            "fields": place.fields.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "respelled": review.comparison.respelled.iter()
            .map(|respelled| respelled.subject.to_string())
            .collect::<Vec<_>>(),
    })
}

fn change(change: &ObjectChange, impacts: &[Impact]) -> Value {
    let class = impacts.iter().map(|impact| impact.class).max().unwrap_or(Class::None);
    let mut out = json!({
        "action": change.action().name(),
        "by": change.by().iter().map(ChangedBy::name).collect::<Vec<_>>(),
        "file": change.path(),
        "class": class.name(),
        "impacts": impacts.iter().map(impact).collect::<Vec<_>>(),
        "fields": change.fields().iter().map(field).collect::<Vec<_>>(),
    });
    if let Subject::Object(identity) = change.subject() {
        out["object"] = object(&identity);
    }
    if let (Action::Rename, Some(old)) = (change.action(), change.old_object()) {
        out["was"] = object(old.identity());
    }
    let content = |content: &Content| match content {
        Content::Object(object) => value(object.root()),
        Content::Text { text, .. } => text.as_str().into(),
    };
    match (&change.old, &change.new) {
        (Some(Content::Object(_)), Some(Content::Object(_))) => {}
        (old, new) => {
            for (name, side) in [("old", old), ("new", new)] {
                if let Some(side) = side {
                    out[name] = content(side);
                }
            }
        }
    }
    out
}

fn object(identity: &Identity) -> Value {
    let Identity { group, kind, namespace, name } = identity;
    json!({ "group": group, "kind": kind, "namespace": namespace, "name": name })
}

fn impact(impact: &Impact) -> Value {
    let causes: Vec<Value> = impact
        .causes
        .iter()
        .map(|cause| {
            let at = cause
                .at
                .as_ref()
                .map(|at| json!({ "file": at.file, "line": at.line, "column": at.column }));
            json!({ "field": cause.field, "input": at })
        })
        .collect();
    json!({
        "class": impact.class.name(),
        "reason": impact.reason,
        "causes": causes,
        "source": impact.source,
        "help": impact.help,
        "allowed": impact.allowed,
    })
}

fn field(change: &FieldChange<'_>) -> Value {
    let edit = match change.edit {
        Edit::Added(_) => "added",
        Edit::Removed(_) => "removed",
        Edit::Changed(..) => "changed",
        Edit::Reordered(..) => "reordered",
    };
    let mut out = json!({ "path": change.path.to_string(), "edit": edit });
    for (name, node) in [("old", change.edit.old()), ("new", change.edit.new())] {
        if let Some(node) = node {
            out[name] = value(node);
            if is_default(node) {
                out[format!("{name}IsDefault")] = true.into();
            }
        }
    }
    out
}

/// A value without what the API server fills in below it.
fn value(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => (node.text() == "true").into(),
        // A number keeps its digits.
        Kind::Int | Kind::Float => {
            serde_json::from_str(node.text()).unwrap_or_else(|_| node.text().into())
        }
        Kind::Str => node.text().into(),
        Kind::List => node.items().map(value).collect(),
        Kind::Map => node
            .entries()
            .filter(|entry| !is_default(*entry))
            .map(|entry| (entry.key().unwrap_or_default().to_owned(), value(entry)))
            .collect::<Map<_, _>>()
            .into(),
    }
}
