//! The Secrets of a stack: their keys, the back-ends that keep them, and the strings that are
//! composed in them.

use std::cell::RefCell;

use indexmap::IndexMap;

use super::declaration::{Declaration, Written, declarations};
use super::evaluate::Found;
use super::interface::{Interface, entries, open_entries};
use super::log::Log;
use super::names;
use super::read::{Read, unknown};
use super::scope::PASSWORD;
use super::{Context, Merged};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::k8s::NameForm;
use crate::plan::{Composed, Map, Piece, Place, Secret, SecretBackend, SecretKey, Val};
use crate::source::{Origin, Rule, Span};
use crate::spec::expression::Text;
use crate::spec::map::Entry;
use crate::spec::value::Scalar;
use crate::spec::{self, Backend, Placeholders};

/// The length of a password that nobody says how to make.
const PASSWORD_LENGTH: u32 = 32;

/// A Secret of the stack while its readers are read.
#[derive(Debug)]
pub(super) struct Kept {
    secret: Secret,
    composed: RefCell<Vec<Composed>>,
    /// Where it is declared.
    pub declared: Span,
    /// Under `existing`, the keys that the environment says it has.
    existing: Vec<String>,
}

impl Kept {
    /// The object's name.
    pub fn object(&self) -> &Val<String> {
        &self.secret.name
    }

    /// Its declared keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.secret.keys.iter().map(|key| key.name.v.as_str())
    }

    /// Whether it declares a key.
    pub fn has(&self, key: &str) -> bool {
        self.keys().any(|known| known == key)
    }

    /// The value of a key.
    pub fn whole(&self, key: &str) -> Found {
        let secret = self.secret.name.v.clone();
        let pieces = vec![Piece::Secret { secret, key: key.to_owned(), url_encode: false }];
        Found::Staged { pieces, key: None }
    }
}

/// The Secrets of a stack.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Those declared under `secrets`, by name.
    secrets: IndexMap<String, Kept>,
    /// The credentials of components, by the component's name.
    credentials: IndexMap<String, Kept>,
}

impl Secrets {
    /// The Secrets that a stack declares, read with what is known before its components are.
    pub fn of(merged: &Merged, own: &Interface, context: Context<'_>, log: &Log) -> Self {
        let reader = Reader { merged, own, context, log };
        let mut secrets = Self::default();
        for (name, entry) in entries(merged.body.secrets.as_ref()) {
            let secret = &entry.value.body;
            let keys = entries(secret.keys.as_ref());
            let declared = Declared {
                component: name,
                object: (secret.name.as_ref(), name.clone(), Rule::ComponentName),
                backend: secret.backend.as_ref(),
                at: entry.key,
            };
            let mut kept = reader.kept(&declared, keys);
            if kept.secret.keys.is_empty() {
                log.push(super::interface::missing(
                    entry.key,
                    &format!("the secret `{name}`"),
                    "keys",
                ));
            }
            let read = own.ground.with(log);
            kept.secret.kind = read.option(secret.r#type.as_ref(), "the type of a secret");
            kept.secret.rotate = reader.rotate(secret.rotate.as_ref());
            kept.secret.labels = read.map(secret.labels.as_ref(), "a label");
            names::check_labels(&kept.secret.labels, log);
            kept.secret.annotations = read.map(secret.annotations.as_ref(), "an annotation");
            names::check_annotations(&kept.secret.annotations, log);
            secrets.secrets.insert(name.clone(), kept);
        }
        for component in declarations(&merged.body) {
            if let Some(kept) = reader.credentials(component) {
                secrets.credentials.insert(component.name.to_owned(), kept);
            }
        }
        secrets.check_names(log);
        secrets
    }

    /// The names of those declared under `secrets`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().map(String::as_str)
    }

    /// One declared under `secrets`.
    pub fn secret(&self, name: &str) -> Option<&Kept> {
        self.secrets.get(name)
    }

    /// The credentials of a component.
    pub fn credentials(&self, component: &str) -> Option<&Kept> {
        self.credentials.get(component)
    }

    /// Each with what is composed in it.
    pub fn into_plan(self) -> Vec<Secret> {
        let all = self.secrets.into_values().chain(self.credentials.into_values());
        all.map(|kept| Secret { composed: kept.composed.into_inner(), ..kept.secret }).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Kept> {
        self.secrets.values().chain(self.credentials.values())
    }

    fn check_names(&self, log: &Log) {
        let mut known: IndexMap<&str, &Kept> = IndexMap::new();
        for kept in self.all() {
            let Some(first) = known.insert(&kept.secret.name.v, kept) else { continue };
            let span = |kept: &Kept| kept.secret.name.at.span().unwrap_or(kept.declared);
            log.push(
                Diagnostic::error(
                    Code::SameName,
                    span(kept),
                    format!("two Secrets of this stack are called `{}`", kept.secret.name.v),
                )
                .also(span(first), "the other one")
                .help("give one of them another `name`, or `credentials`"),
            );
        }
    }

    /// The key under which the Secret `object` holds the string that the pieces make, which has
    /// no part of another Secret and none that is known at run time alone. `wanted` is the name
    /// of the key, should there be none yet.
    ///
    /// Reports a back-end that cannot compose.
    pub fn compose(
        &self,
        object: &str,
        pieces: &[Piece],
        wanted: &str,
        at: Span,
        context: Context<'_>,
        log: &Log,
    ) -> Option<String> {
        let kept = self.all().find(|kept| kept.secret.name.v == object)?;
        if kept.secret.backend == SecretBackend::Existing {
            if kept.existing.iter().any(|key| key == wanted) {
                return Some(wanted.to_owned());
            }
            let environment = &context.place.name;
            log.push(
                Diagnostic::error(
                    Code::CannotCompose,
                    at,
                    format!(
                        "the Secret `{object}` is made by hand in `{environment}`, so nothing can be composed in it"
                    ),
                )
                .also(kept.declared, "declared here")
                .help(format!(
                    "let its key `{wanted}` hold the whole value, {}, and name the key in the environment: \
                     `secrets: {{ existing: {{ {object}: [..., {wanted}] }} }}`",
                    shown(pieces)
                )),
            );
            return None;
        }
        let mut composed = kept.composed.borrow_mut();
        if let Some(known) = composed.iter().find(|known| known.pieces == pieces) {
            return Some(known.name.clone());
        }
        let taken = |name: &str| kept.has(name) || composed.iter().any(|known| known.name == name);
        let mut name = key_name(wanted);
        let mut number = 2;
        while taken(&name) {
            name = format!("{}.{number}", key_name(wanted));
            number += 1;
        }
        let at = Origin::Written(at).derive(Rule::ComposedKey);
        composed.push(Composed { name: name.clone(), pieces: pieces.to_vec(), at });
        Some(name)
    }
}

/// A name as a key of a Secret: what a key cannot hold becomes `_`.
fn key_name(wanted: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    wanted.chars().map(|character| if fits(character) { character } else { '_' }).collect()
}

/// A composed string for a person to read.
fn shown(pieces: &[Piece]) -> String {
    let parts: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Plain(text) => text.replace('\n', "\\n"),
            Piece::Secret { key, url_encode: true, .. } => format!("<{key}, percent-encoded>"),
            Piece::Secret { key, .. } => format!("<{key}>"),
            Piece::Runtime(field) => format!("<{field}>"),
        })
        .collect();
    format!("`{parts}`")
}

/// What is said of a Secret.
struct Declared<'d> {
    component: &'d str,
    /// The object's name as written, or as a rule makes it.
    object: (Option<&'d Text>, String, Rule),
    backend: Option<&'d Text>,
    at: Span,
}

fn credentials_of<'d>(
    component: Declaration<'d>,
    credentials: Option<&'d Text>,
    backend: Option<&'d Text>,
) -> Declared<'d> {
    let Declaration { name: component, at, .. } = component;
    let name = format!("{component}-credentials");
    Declared { component, object: (credentials, name, Rule::CredentialsName), backend, at }
}

struct Reader<'a> {
    merged: &'a Merged,
    own: &'a Interface,
    context: Context<'a>,
    log: &'a Log,
}

impl Reader<'_> {
    /// The credentials of a component that has any.
    fn credentials(&self, component: Declaration<'_>) -> Option<Kept> {
        match component.written {
            Written::Postgres(spec::Postgres { credentials, backend, keys, rotate, .. })
            | Written::Redis(spec::Redis { credentials, backend, keys, rotate, .. }) => {
                let declared = credentials_of(component, credentials.as_ref(), backend.as_ref());
                let mut kept = self.with_password(&declared, keys.as_ref());
                kept.secret.rotate = self.rotate(rotate.as_ref());
                Some(kept)
            }
            Written::External(external) => {
                let keys = external.keys.as_ref()?;
                let (credentials, backend) =
                    (external.credentials.as_ref(), external.backend.as_ref());
                let declared = credentials_of(component, credentials, backend);
                Some(self.kept(&declared, entries(Some(keys))))
            }
            Written::Service(_) | Written::Worker(_) | Written::Job(_) | Written::CronJob(_) => {
                None
            }
        }
    }

    fn with_password(
        &self,
        declared: &Declared<'_>,
        keys: Option<&spec::map::Open<spec::SecretKey>>,
    ) -> Kept {
        let default =
            (PASSWORD.to_owned(), Entry { key: declared.at, value: spec::SecretKey::default() });
        let written = keys.is_some_and(|keys| keys.entries.contains_key(PASSWORD));
        let implied = (!written).then_some((&default.0, &default.1));
        let mut kept = self.kept(declared, implied.into_iter().chain(open_entries(keys)));
        let at = Origin::Written(declared.at);
        for key in kept.secret.keys.iter_mut().filter(|key| key.name.v == PASSWORD) {
            if !written {
                key.name.at = at.derive(Rule::PasswordKey);
            }
            let length = Val::new(PASSWORD_LENGTH, key.name.at.derive(Rule::PasswordKey));
            key.generate.get_or_insert(length);
        }
        kept
    }

    fn kept<'k>(
        &self,
        declared: &Declared<'_>,
        keys: impl Iterator<Item = (&'k String, &'k Entry<spec::SecretKey>)>,
    ) -> Kept {
        let read = self.own.ground.with(self.log);
        let at = Origin::Written(declared.at);
        let (written, default, rule) = &declared.object;
        let name = read
            .option(*written, "a name")
            .unwrap_or_else(|| Val::new(default.clone(), at.derive(*rule)));
        names::check(NameForm::DnsSubdomain, &name.v, name.at, "the name of a Secret", self.log);
        let chosen = self.backend(declared);
        let backend = chosen.unwrap_or(SecretBackend::Sealed);
        let keys: Vec<SecretKey> = keys.map(|(name, entry)| self.key(name, entry)).collect();
        let existing = match backend {
            SecretBackend::Existing => self.existing(&name, &keys, declared),
            SecretBackend::Sealed | SecretBackend::External => Vec::new(),
        };
        let path = (backend == SecretBackend::External).then(|| self.path(&name));
        let kept = Kept {
            secret: Secret {
                component: declared.component.to_owned(),
                name,
                backend,
                path,
                keys,
                composed: Vec::new(),
                kind: None,
                rotate: None,
                labels: Map::new(),
                annotations: Map::new(),
                at,
            },
            composed: RefCell::default(),
            declared: declared.at,
            existing,
        };
        if chosen == Some(SecretBackend::Sealed) {
            self.check_placeholders(&kept);
        }
        kept
    }

    fn key(&self, name: &str, entry: &Entry<spec::SecretKey>) -> SecretKey {
        let read = self.own.ground.with(self.log);
        let at = Origin::Written(entry.key);
        names::check(NameForm::ConfigKey, name, at, "the key of a Secret", self.log);
        let fields = &entry.value.fields;
        let generate = read.value(fields.generate.as_ref(), "a length");
        if let Some(Val { v: 0..8, at }) = &generate
            && let Some(span) = at.span()
        {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    "a generated value of so few characters can be guessed",
                )
                .help("write at least 8, better 32"),
            );
        }
        let remote = read
            .option(fields.remote.as_ref(), "the name of a value")
            .unwrap_or_else(|| Val::new(name.to_owned(), at.derive(Rule::RemoteKey)));
        SecretKey { name: Val::new(name.to_owned(), at), remote, generate }
    }

    /// The back-end that keeps a Secret: its own word, the stack's, or the environment's.
    fn backend(&self, declared: &Declared<'_>) -> Option<SecretBackend> {
        let read = self.own.ground.with(self.log);
        let spec = &self.context.surroundings.spec;
        let secrets = spec.secrets.as_ref();
        let environment = &self.context.place.name;
        let offered = offered(self.context.place);
        let text = declared.backend.or(self.merged.body.backend.as_ref());
        let said = match text {
            Some(text) => {
                let word = read.text(text, "a back-end")?;
                let backend = Backend::from_text(crate::source::Kind::Str, &word.v);
                if backend.is_none() {
                    let words = Backend::words().iter().copied();
                    self.log.push(unknown(
                        Code::UnknownBackend,
                        &word.v,
                        text.span,
                        "a back-end",
                        words,
                    ));
                    return None;
                }
                backend.zip(Some(text.span))
            }
            None => read
                .value(secrets.and_then(|secrets| secrets.default.as_ref()), "a back-end")
                .and_then(|default| Some((default.v, default.at.span()?))),
        };
        let (backend, span) = match (said, offered.as_slice()) {
            (Some((backend, span)), _) => (backend, span),
            // With one there is nothing to choose.
            (None, [backend]) => (*backend, declared.at),
            (None, _) => {
                self.log.push(
                    Diagnostic::error(
                        Code::UnknownBackend,
                        declared.at,
                        format!("nothing says where `{environment}` keeps the values of this"),
                    )
                    .also(self.context.surroundings.span, "the environment is declared here")
                    .help("write `secrets: { default: sealed, sealed: {} }` in the environment, or another back-end"),
                );
                return None;
            }
        };
        if !offered.contains(&backend) {
            let words: Vec<&str> = offered.iter().map(|backend| backend.word()).collect();
            let word = backend.word();
            let help = if words.is_empty() {
                format!("the environment says what it needs under `secrets: {{ {word}: ... }}`")
            } else {
                format!("it offers `{}`", words.join("`, `"))
            };
            let mut diagnostic = Diagnostic::error(
                Code::UnknownBackend,
                span,
                format!("`{environment}` does not offer the back-end `{word}`"),
            )
            .help(help);
            if let Some(block) = secrets.and_then(|secrets| secrets.span) {
                diagnostic = diagnostic.also(block, "what it offers stands here");
            }
            self.log.push(diagnostic);
            return None;
        }
        Some(match backend {
            Backend::Sealed => SecretBackend::Sealed,
            Backend::External => SecretBackend::External,
            Backend::Existing => SecretBackend::Existing,
        })
    }

    /// Where a Secret lies in the external store.
    fn path(&self, name: &Val<String>) -> Val<String> {
        let external = self.context.surroundings.spec.secrets.as_ref();
        let written = external.and_then(|secrets| secrets.external.as_ref()?.path.as_ref());
        let ground = self.own.ground.clone().and("secret.name", &name.v);
        ground.with(self.log).option(written, "a path").unwrap_or_else(|| {
            let path = format!("{}/{}", self.own.name, name.v);
            Val::new(path, name.at.derive(Rule::StorePath))
        })
    }

    /// The keys that a Secret made by hand has; reports those declared that it has not.
    fn existing(
        &self,
        name: &Val<String>,
        keys: &[SecretKey],
        declared: &Declared<'_>,
    ) -> Vec<String> {
        let place = self.context.place;
        let environment = &place.name;
        let Some(has) = place.existing_secrets.get(&name.v) else {
            let known = place.existing_secrets.keys().map(String::as_str);
            let near = nearest(&name.v, known);
            let wanted: Vec<&str> = keys.iter().map(|key| key.name.v.as_str()).collect();
            let mut diagnostic = Diagnostic::error(
                Code::NotExisting,
                name.at.span().unwrap_or(declared.at),
                format!("`{environment}` knows no Secret `{}` that exists there", name.v),
            )
            .help(format!(
                "make it by hand and name its keys in the environment: `secrets: {{ existing: {{ {}: [{}] }} }}`",
                name.v,
                wanted.join(", ")
            ));
            if let Some(near) = near {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.log.push(diagnostic);
            return Vec::new();
        };
        for key in keys {
            if let (false, Some(span)) =
                (has.iter().any(|known| known.v == key.name.v), key.name.at.span())
            {
                let known = has.iter().map(|known| known.v.as_str());
                let what = format!("a key that the Secret `{}` has in `{environment}`", name.v);
                self.log.push(unknown(Code::NotExisting, &key.name.v, span, &what, known));
            }
        }
        has.iter().map(|key| key.v.clone()).collect()
    }

    /// Reports keys without a value where those are refused. A store's values are the store's
    /// to hold, and those made by hand were made by hand.
    fn check_placeholders(&self, kept: &Kept) {
        let placeholders = &self.context.place.placeholders;
        if placeholders.v == Placeholders::Allowed || kept.secret.keys.is_empty() {
            return;
        }
        let environment = &self.context.place.name;
        let name = &kept.secret.name.v;
        let keys: Vec<&str> = kept.keys().collect();
        let mut diagnostic = Diagnostic::error(
            Code::NoValue,
            kept.declared,
            format!(
                "`{}` of the Secret `{name}` {} no value in `{environment}`",
                keys.join("`, `"),
                if keys.len() == 1 { "has" } else { "have" }
            ),
        );
        if let Some(span) = placeholders.at.span() {
            diagnostic = diagnostic.also(span, "this environment refuses placeholders");
        }
        for key in keys {
            let command = format!("gen secret set {environment} {}/{name} {key}", self.own.name);
            diagnostic = diagnostic.help(format!("set it with `{command}`"));
        }
        self.log.push(diagnostic);
    }

    /// How long values last: a number of days, weeks or hours.
    fn rotate(&self, rotate: Option<&Text>) -> Option<Val<String>> {
        let rotate = self.own.ground.with(self.log).option(rotate, "a time")?;
        let number = rotate.v.strip_suffix(['h', 'd', 'w']);
        let sound =
            number.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 0));
        if let (false, Some(span)) = (sound, rotate.at.span()) {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    format!("`{}` is no time after which values are due", rotate.v),
                )
                .help("write hours, days or weeks, such as `90d`"),
            );
        }
        Some(rotate)
    }
}

/// The back-ends of a place.
fn offered(place: &Place) -> Vec<Backend> {
    let sealed = place.sealed.as_ref().map(|_| Backend::Sealed);
    let external = place.external.as_ref().map(|_| Backend::External);
    let existing = (!place.existing_secrets.is_empty()).then_some(Backend::Existing);
    [sealed, external, existing].into_iter().flatten().collect()
}
