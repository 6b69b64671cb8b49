//! How a value travels to a program: as itself, as a reference to a Secret's key or to a field
//! of the pod, composed in a Secret's template, or put together by the kubelet.

use super::Context;
use super::evaluate::Evaluated;
use super::interface::entries;
use super::names;
use super::read::Read;
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::NameForm;
use crate::plan::{EnvSource, EnvVar, Piece, SecretValue, Val};
use crate::source::{Origin, Rule, Span};
use crate::spec::expression::Text;
use crate::spec::map::Closed;
use crate::spec::value::List;

/// The environment of a container while it is put together.
pub(super) struct Environment<'a> {
    scope: Scope<'a>,
    context: Context<'a>,
    /// The component, and the container in it unless it is the component's own.
    holder: String,
    /// The names that the container declares, now or later.
    declared: Vec<&'a str>,
    variables: Vec<EnvVar>,
}

impl<'a> Environment<'a> {
    /// The environment that a container declares. `holder` says whose it is, in the names of
    /// composed keys.
    pub fn new(
        env: Option<&'a Closed<Text>>,
        holder: String,
        scope: Scope<'a>,
        context: Context<'a>,
    ) -> Self {
        let declared = entries(env).map(|(name, _)| name.as_str()).collect();
        let mut environment = Self { scope, context, holder, declared, variables: Vec::new() };
        for (name, entry) in entries(env) {
            let at = Origin::Written(entry.key);
            names::check(NameForm::EnvName, name, at, "an environment variable", scope.log);
            if let Some(value) = scope.evaluate(&entry.value)
                && let Some(source) = environment.source(name, &value)
            {
                environment.variables.push(EnvVar {
                    name: Val::new(name.clone(), at),
                    source: Val::new(source, Origin::Written(value.span)),
                });
            }
        }
        environment
    }

    /// The variables, each after those that it refers to.
    pub fn into_variables(self) -> Vec<EnvVar> {
        self.variables
    }

    fn source(&mut self, name: &str, value: &Evaluated) -> Option<EnvSource> {
        match value.pieces.as_slice() {
            [] => return Some(EnvSource::Value(String::new())),
            [Piece::Plain(text)] => return Some(EnvSource::Value(escaped(text, false))),
            [Piece::Runtime(field)] => return Some(EnvSource::Field(field.clone())),
            _ => {}
        }
        if value.has_runtime() {
            return self.referring(value).map(EnvSource::Value);
        }
        let wanted = format!("{}.{name}", self.holder);
        let SecretValue { secret, key } = kept(value, &wanted, self.scope, self.context)?;
        Some(EnvSource::Secret { secret, key })
    }

    /// Arguments of the container's program. What the kubelet knows reaches them by variables;
    /// a `$(NAME)` that somebody writes is Kubernetes' own and stays.
    pub fn arguments(
        &mut self,
        list: Option<&List<Text>>,
        place: &str,
    ) -> Option<Vec<Val<String>>> {
        let arguments = list?.items.iter().filter_map(|text| {
            let value = self.scope.evaluate(text)?;
            let text = if value.has_runtime() && !value.has_secret() {
                self.referring(&value)?
            } else {
                self.scope.text(text, place)?.v
            };
            Some(Val::new(text, Origin::Written(value.span)))
        });
        Some(arguments.collect())
    }

    /// A string in which `$(NAME)` stands for what is not plain, with variables for those.
    fn referring(&mut self, value: &Evaluated) -> Option<String> {
        let mut text = String::new();
        for (index, piece) in value.pieces.iter().enumerate() {
            let source = match piece {
                Piece::Plain(plain) => {
                    let followed = index + 1 < value.pieces.len();
                    text.push_str(&escaped(plain, followed));
                    continue;
                }
                Piece::Runtime(field) => EnvSource::Field(field.clone()),
                Piece::Secret { url_encode: true, key, .. } => {
                    let (path, span) = value.staged_at();
                    self.scope.log.push(
                        Diagnostic::error(
                            Code::EncodedAndRuntime,
                            span,
                            format!("`{path}` percent-encodes the secret `{key}` in a string that is known on the node alone"),
                        )
                        .help("only a Secret's own template encodes, and it does not know the node: give the program the two apart"),
                    );
                    return None;
                }
                Piece::Secret { secret, key, .. } => {
                    EnvSource::Secret { secret: secret.clone(), key: key.clone() }
                }
            };
            let name = self.variable(source, value.span);
            text.push_str("$(");
            text.push_str(&name);
            text.push(')');
        }
        Some(text)
    }

    /// The name of an earlier variable with that source, which is made where there is none.
    fn variable(&mut self, source: EnvSource, span: Span) -> String {
        if let Some(known) = self.variables.iter().find(|known| known.source.v == source) {
            return known.name.v.clone();
        }
        let words = match &source {
            EnvSource::Secret { secret, key } => format!("{secret}_{key}"),
            EnvSource::Field(path) | EnvSource::Value(path) => path.clone(),
        };
        let word = |character: char| {
            if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' }
        };
        let base: String = "GEN_".chars().chain(words.chars().map(word)).collect();
        let mut name = base.clone();
        let mut number = 2;
        while self.declared.contains(&name.as_str())
            || self.variables.iter().any(|known| known.name.v == name)
        {
            name = format!("{base}_{number}");
            number += 1;
        }
        let at = Origin::Written(span).derive(Rule::HelperVariable);
        self.variables
            .push(EnvVar { name: Val::new(name.clone(), at), source: Val::new(source, at) });
        name
    }
}

/// The Secret and the key in it that hold a string which is made of secrets and plain text. A
/// string that is more than one secret is composed, under the key `wanted` unless an expression
/// in it says another one.
pub(super) fn kept(
    value: &Evaluated,
    wanted: &str,
    scope: Scope<'_>,
    context: Context<'_>,
) -> Option<SecretValue> {
    if let [Piece::Secret { secret, key, url_encode: false }] = value.pieces.as_slice() {
        return Some(SecretValue { secret: secret.clone(), key: key.clone() });
    }
    let wanted = value.key.unwrap_or(wanted);
    let mut secrets = value.pieces.iter().filter_map(|piece| match piece {
        Piece::Secret { secret, .. } => Some(secret),
        Piece::Plain(_) | Piece::Runtime(_) => None,
    });
    let first = secrets.next()?;
    if let Some(other) = secrets.find(|other| *other != first) {
        scope.log.push(
            Diagnostic::error(
                Code::TwoSecrets,
                value.span,
                format!("this string is made of two Secrets, `{first}` and `{other}`"),
            )
            .help(format!(
                "a Secret's template sees its own keys alone: let a key of one of them hold the whole value, \
                 such as `secrets: {{ {first}: {{ keys: [{wanted}] }} }}`, or keep both parts in one Secret"
            )),
        );
        return None;
    }
    let key =
        scope.secrets.compose(first, &value.pieces, wanted, value.span, context, scope.log)?;
    Some(SecretValue { secret: first.clone(), key })
}

/// Text that Kubernetes must not read as a reference: it takes `$(NAME)` for a variable and `$$`
/// for `$`. `followed` says that a reference stands right behind.
/// <https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go>
fn escaped(text: &str, followed: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, dollars) = rest.split_at(at);
        let after = dollars.trim_start_matches('$');
        let count = dollars.len() - after.len();
        let opens = after.starts_with('(') || (after.is_empty() && followed);
        escaped.push_str(before);
        let times = if count == 1 && !opens { 1 } else { 2 * count };
        escaped.extend(std::iter::repeat_n('$', times));
        rest = after;
    }
    escaped.push_str(rest);
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the kubelet makes of a value, with no variable defined: as in `expand.go`.
    fn expanded(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.chars().next() {
                Some('$') => {
                    out.push('$');
                    rest = &rest[1..];
                }
                Some('(') if rest.contains(')') => {
                    let (name, after) = rest[1..].split_once(')').unwrap_or_default();
                    out.push('<');
                    out.push_str(name);
                    out.push('>');
                    rest = after;
                }
                _ => out.push('$'),
            }
        }
        out + rest
    }

    #[test]
    fn dollars_that_mean_nothing_stay_as_they_are() {
        for (text, written) in [
            ("US$5", "US$5"),
            ("$(date)", "$$(date)"),
            ("$$", "$$$$"),
            ("$", "$"),
            ("a$$(b)", "a$$$$(b)"),
        ] {
            assert_eq!(escaped(text, false), written);
        }
        assert_eq!(escaped("cost: $", true), "cost: $$");
    }

    proptest! {
        #[test]
        fn the_kubelet_reads_back_what_was_meant(text in "[$()a]{0,12}") {
            prop_assert_eq!(expanded(&escaped(&text, false)), text.clone());
            let followed = format!("{}$(X)", escaped(&text, true));
            prop_assert_eq!(expanded(&followed), format!("{text}<X>"));
        }
    }
}
