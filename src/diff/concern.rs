//! Which of the objects that did not change a change can concern: the others need not be read.

use memchr::memchr;
use memchr::memmem::Finder;

use super::comparison::{Action, ObjectChange};
use super::pairing::is_default;
use super::path::Path;
use crate::source::NodeRef;
use crate::validate::selector::Form;

/// With more words than this to look for, it is faster to read everything.
const MANY: usize = 32;

/// The objects that some changes can concern, beside those that change.
#[derive(Debug)]
pub enum Concern<'c> {
    /// None.
    Nothing,
    /// Those whose texts hold all words of one of these.
    Naming(Vec<Words<'c>>),
    /// Any.
    Everything,
}

/// Words that all stand in the text of an object that is concerned.
type Words<'c> = Vec<Finder<'c>>;

/// Fields that nothing outside of their object refers to or looks at.
const LOCAL: [&str; 16] = [
    "args",
    "command",
    "cpu",
    "failureThreshold",
    "image",
    "imagePullPolicy",
    "initialDelaySeconds",
    "maxReplicas",
    "maxSurge",
    "maxUnavailable",
    "memory",
    "minReadySeconds",
    "minReplicas",
    "periodSeconds",
    "timeoutSeconds",
    "value",
];

/// Kinds of objects by which a Service concerns others than those that name it and those that it
/// selects: they choose Services by their labels, or decide who reaches their pods.
const BEYOND_SERVICES: [&str; 2] = ["NetworkPolicy", "ServiceMonitor"];

impl<'c> Concern<'c> {
    /// What all of some changes can concern.
    pub fn of(changes: &'c [ObjectChange]) -> Self {
        let mut all = Vec::new();
        for change in changes.iter().filter(|change| !is_local(change)) {
            match naming(change) {
                Some(words) if all.len() + words.len() <= MANY => all.extend(words),
                _ => return Self::Everything,
            }
        }
        if all.is_empty() {
            return Self::Nothing;
        }
        all.extend(BEYOND_SERVICES.map(|kind| vec![Finder::new(kind)]));
        Self::Naming(all)
    }

    /// Whether an object that is written so can be concerned.
    pub fn may_be(&self, text: &str) -> bool {
        let holds = |word: &Finder<'_>| word.find(text.as_bytes()).is_some();
        match self {
            Self::Nothing => false,
            // Where there is a backslash, any word can be written otherwise.
            Self::Naming(all) => {
                memchr(b'\\', text.as_bytes()).is_some()
                    || all.iter().any(|words| words.iter().all(holds))
            }
            Self::Everything => true,
        }
    }

    /// Whether through this object, others are concerned than those that a text tells.
    pub fn goes_beyond(&self, root: NodeRef<'_>) -> bool {
        let kind = root.get("kind").map_or("", NodeRef::text);
        matches!(self, Self::Naming(_))
            && (BEYOND_SERVICES.contains(&kind)
                // Its pods may count as those of its owner.
                || root.at_path(&["metadata", "ownerReferences"]).is_some())
    }
}

/// Whether a change means the same whatever else there is.
fn is_local(change: &ObjectChange) -> bool {
    let (Some(_), Some(new)) = (change.old_object(), change.new_object()) else { return false };
    let kind = new.identity().kind.as_str();
    matches!(kind, "CronJob" | "DaemonSet" | "Deployment" | "HorizontalPodAutoscaler" | "StatefulSet")
        // Where nothing is written, an autoscaler may say how many there are.
        && (matches!(kind, "CronJob" | "DaemonSet" | "HorizontalPodAutoscaler")
            || new
                .root()
                .at_path(&["spec", "replicas"])
                .is_some_and(|replicas| !is_default(replicas)))
        && change.fields().iter().all(|field| {
            LOCAL.contains(&field.path.last_field())
                || field.path.starts_with(&["spec", "replicas"])
                || field.path.fields().any(|part| part == "annotations")
        })
}

/// The words that tell what a change can concern, for each way to be concerned; `None` where no
/// words can tell it.
///
/// The content of a ConfigMap or a Secret concerns what names it; the ports of a Service concern
/// what names it, and the pods that it selects.
fn naming(change: &ObjectChange) -> Option<Vec<Words<'_>>> {
    let (old, new) = (change.old_object()?, change.new_object()?);
    let own: &[&[&str]] = match new.identity().kind.as_str() {
        "ConfigMap" | "Secret" => &[&["binaryData"], &["data"], &["stringData"]],
        "Service" => &[&["spec", "ports"]],
        _ => return None,
    };
    let is_own = |path: &Path| {
        path.starts_with(&["metadata", "annotations"])
            || own.iter().any(|start| path.starts_with(start))
    };
    let is_known = change.action() == Action::Change
        && change.fields().iter().all(|field| is_own(&field.path));
    let mut all = vec![vec![word(&new.identity().name)?]];
    let selectors = [old, new].map(|object| object.root().at_path(&["spec", "selector"]));
    for selector in selectors.into_iter().flatten().filter(|selector| !selector.is_empty()) {
        let values = Form::Labels.demanded(selector).filter_map(|(_, value)| word(value));
        let values: Words<'_> = values.collect();
        if values.is_empty() {
            return None;
        }
        all.push(values);
    }
    is_known.then_some(all)
}

/// A text that stands as it is wherever a scalar has it, unless there is a backslash: it can
/// neither be folded nor be the text of a number or a boolean, which is written in many ways.
fn word(text: &str) -> Option<Finder<'_>> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_plain)
        && !matches!(text, "true" | "false" | "null")
        && text.parse::<f64>().is_err();
    is_word.then(|| Finder::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_is_written_in_one_way() {
        for text in ["web", "shop.example.com/web", "v1", "e1"] {
            assert!(word(text).is_some(), "{text}");
        }
        for text in ["", "1", "1e3", "0x10", "true", "null", "inf", "NaN", "a b", "it's", "\u{e9}"]
        {
            assert!(word(text).is_none(), "{text}");
        }
    }
}
