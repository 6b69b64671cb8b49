//! Reading what the layers say into values of a plan.

use std::collections::BTreeMap;

use super::evaluate::{Evaluated, Found, Plain, evaluate};
use super::interface::open_entries;
use super::log::Log;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{AllowedChange, Map, Val};
use crate::source::{Kind, Origin, Span, Tree, TreeBuilder};
use crate::spec::expression::{Expression, Name, Text};
use crate::spec::map::Open;
use crate::spec::raw::Raw;
use crate::spec::value::{List, Scalar, Setting, Value};

/// Something that expressions can be evaluated with, and the readers that follow from it.
///
/// The readers of this trait take what is known when compiling and nothing else. What they
/// read is named by a phrase such as "a label", for the error about a secret in it.
pub(super) trait Read {
    /// Where mistakes are reported.
    fn log(&self) -> &Log;

    /// What the path of an expression leads to; reports when it leads nowhere.
    fn look_up(&self, expression: &Expression) -> Option<Found>;

    /// A string with its expressions evaluated.
    fn evaluate(&self, text: &Text) -> Option<Evaluated> {
        evaluate(text, self.log(), &mut |expression| self.look_up(expression))
    }

    /// A scalar that must be known when compiling.
    fn plain(&self, text: &Text, place: &str) -> Option<Plain> {
        let value = self.evaluate(text)?;
        let plain = value.plain();
        if plain.is_none() {
            self.log().push(staged(&value, place));
        }
        plain
    }

    /// A string; what an expression yields is written out.
    fn text(&self, text: &Text, place: &str) -> Option<Val<String>> {
        let plain = self.plain(text, place)?;
        Some(Val::new(plain.text, Origin::Written(text.span)))
    }

    /// A string that may be unset.
    fn option(&self, text: Option<&Text>, place: &str) -> Option<Val<String>> {
        text.and_then(|text| self.text(text, place))
    }

    /// A scalar of a certain type.
    fn value<T: Scalar>(&self, value: Option<&Value<T>>, place: &str) -> Option<Val<T>> {
        match value? {
            Value::Literal { value, span } => Some(Val::new(value.clone(), Origin::Written(*span))),
            Value::Expression(text) => {
                let plain = self.plain(text, place)?;
                let value = T::from_text(plain.kind, &plain.text);
                if value.is_none() {
                    self.log().push(wrong_type(&plain, &T::expected(), T::words(), text.span));
                }
                Some(Val::new(value?, Origin::Written(text.span)))
            }
        }
    }

    /// A list of strings.
    fn list(&self, list: Option<&List<Text>>, place: &str) -> Option<Vec<Val<String>>> {
        let items = &list?.items;
        Some(items.iter().filter_map(|item| self.text(item, place)).collect())
    }

    /// Changes that are meant, by object and class.
    fn allowed_changes(&self, objects: Option<&Open<Open<Text>>>) -> Vec<AllowedChange> {
        let classes = open_entries(objects).flat_map(|(object, entry)| {
            open_entries(Some(&entry.value)).map(move |(class, reason)| (object, class, reason))
        });
        classes
            .filter_map(|(object, class, reason)| {
                Some(AllowedChange {
                    object: object.clone(),
                    class: class.clone(),
                    reason: self.text(&reason.value, "a reason")?,
                    at: reason.key,
                })
            })
            .collect()
    }

    /// A map of strings.
    fn map(&self, map: Option<&Open<Text>>, place: &str) -> Map {
        let entries = map.iter().flat_map(|map| &map.entries);
        entries
            .filter_map(|(key, entry)| Some((key.clone(), self.text(&entry.value, place)?)))
            .collect()
    }

    /// Settings of a program, each as it stands in the program's own file.
    fn settings(&self, map: Option<&Open<Setting>>, place: &str) -> Map {
        let entries = map.iter().flat_map(|map| &map.entries);
        entries
            .filter_map(|(key, entry)| {
                let value = match &entry.value {
                    Setting::Text(text) => self.text(text, place)?,
                    Setting::Plain { text, span, .. } => {
                        Val::new(text.clone(), Origin::Written(*span))
                    }
                };
                Some((key.clone(), value))
            })
            .collect()
    }

    /// A fragment in Kubernetes' own shape with its expressions evaluated. Every node keeps its
    /// place; a string that is one whole expression takes the type of its value.
    fn raw(&self, raw: &Raw, place: &str) -> Tree {
        let texts: BTreeMap<Span, &Text> =
            raw.texts().iter().map(|text| (text.span, text)).collect();
        let mut builder = TreeBuilder::default();
        self.copy(raw.root(), &texts, place, &mut builder);
        builder.finish()
    }

    /// The part of [`raw`](Self::raw) that goes down the tree.
    fn copy(
        &self,
        node: crate::source::NodeRef<'_>,
        texts: &BTreeMap<Span, &Text>,
        place: &str,
        builder: &mut TreeBuilder,
    ) {
        match node.kind() {
            Kind::Map => {
                builder.map(node.at());
                for entry in node.entries() {
                    builder.key(entry.key().unwrap_or_default(), entry.key_at());
                    self.copy(entry, texts, place, builder);
                }
                builder.close();
            }
            Kind::List => {
                builder.list(node.at());
                for item in node.items() {
                    self.copy(item, texts, place, builder);
                }
                builder.close();
            }
            Kind::Str => {
                let text = node.at().span().and_then(|span| texts.get(&span));
                match text.and_then(|text| self.plain(text, place)) {
                    Some(plain) => builder.scalar(plain.kind, &plain.text, node.at()),
                    None => builder.copy(node),
                }
            }
            Kind::Null | Kind::Bool | Kind::Int | Kind::Float => builder.copy(node),
        }
    }
}

/// A name that leads nowhere, with the nearest one that leads somewhere, or all of them.
pub(super) fn undefined(name: &Name, what: &str, known: Vec<&str>) -> Diagnostic {
    unknown(Code::UndefinedName, &name.name, name.span, what, known)
}

/// A name that is none of those known.
pub(super) fn unknown<'n>(
    code: Code,
    name: &str,
    span: Span,
    what: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let diagnostic = Diagnostic::error(code, span, format!("`{name}` is not {what}"));
    match nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).suggest(span, near),
        None if known.is_empty() => diagnostic.help("there is none"),
        None => diagnostic.help(format!("there is `{}`", known.join("`, `"))),
    }
}

/// A secret or runtime value where neither can stand.
pub(super) fn staged(value: &Evaluated, place: &str) -> Diagnostic {
    let (path, span) = value.staged_at();
    if value.has_secret() {
        Diagnostic::error(
            Code::SecretOutOfPlace,
            span,
            format!("`{path}` is secret, and {place} is readable by everybody"),
        )
        .help(format!(
            "give it to the program as an environment variable, `env: {{ NAME: \"${{{{ {path} }}}}\" }}`, \
             or mount the secret"
        ))
    } else {
        Diagnostic::error(
            Code::RuntimeOutOfPlace,
            span,
            format!("`{path}` is known on the node alone, too late for {place}"),
        )
        .help(format!(
            "give it to the program as an environment variable, `env: {{ NAME: \"${{{{ {path} }}}}\" }}`"
        ))
    }
}

/// An expression that yields a value of another type than its place takes.
fn wrong_type(plain: &Plain, expected: &str, words: &[&str], span: Span) -> Diagnostic {
    let Plain { kind, text } = plain;
    let found = match kind {
        Kind::Str => "the string",
        Kind::Bool => "the boolean",
        _ => "the number",
    };
    let diagnostic = Diagnostic::error(
        Code::ExpressionType,
        span,
        format!("this is {found} `{text}` where {expected} belongs"),
    );
    match nearest(text, words.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None if *kind == Kind::Str => diagnostic
            .help("where the value is set, write it without quotes if it is a number or boolean"),
        None => diagnostic.help("change the value where it is set"),
    }
}
