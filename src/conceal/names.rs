//! Names that say that what they name is a secret.

/// The annotation in which kubectl keeps a copy of the whole object, and others that do the same.
pub(super) const LAST_APPLIED: &str = "last-applied-configuration";

/// Keys whose values are credentials, whatever their words say: those of the Secrets of registries
/// and of kubeconfigs.
const CREDENTIALS: [&str; 3] = [".dockercfg", ".dockerconfigjson", "client-key-data"];

/// Kinds that carry secrets beside `Secret` itself. One whose name holds the word is one anyway;
/// these are what a slip is measured by.
const CARRIERS: [&str; 6] = [
    "sealedsecret",
    "sopssecret",
    "externalsecret",
    "clusterexternalsecret",
    "pushsecret",
    "gitopssecret",
];

/// How many words of a kind are looked at, which should be one.
const MOST_WORDS: usize = 8;

/// No kind is longer.
const LONGEST_KIND: usize = 63;

/// How much of an object holds secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// All but what identifies it.
    Secret,
    /// What stands under `data`, `stringData` and `encryptedData`, at any depth.
    Data,
}

impl Carrier {
    /// Whether a kind carries secrets, or looks like the slip of one that does.
    pub(super) fn of_kind(kind: &str) -> Option<Self> {
        // A slip in the line makes a kind of more than one word.
        let words = kind.split_whitespace().take(MOST_WORDS);
        let of_words =
            words.filter_map(|word| Self::of_word(word.get(..LONGEST_KIND).unwrap_or(word)));
        of_words.reduce(|one, other| if one == Self::Secret { one } else { other })
    }

    fn of_word(kind: &str) -> Option<Self> {
        let kind = kind.to_ascii_lowercase();
        let is_near = |known: &&str, most| {
            kind.len().abs_diff(known.len()) <= most && strsim::osa_distance(&kind, known) <= most
        };
        if is_near(&"secret", 2) {
            return Some(Self::Secret);
        }
        let is_carrier = kind.contains("secret") || CARRIERS.iter().any(|known| is_near(known, 2));
        is_carrier.then_some(Self::Data)
    }
}

/// Whether a key of an object that carries secrets is that of its values, or the slip of one.
pub(super) fn is_data(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let near = [("data", 1), ("stringdata", 3), ("encrypteddata", 3)];
    near.iter().any(|(known, most)| strsim::osa_distance(&key, known) <= *most)
}

/// Whether a kind is that of the core group, or the slip of it, which has data and is no Secret.
pub(super) fn is_config(kind: &str) -> bool {
    strsim::osa_distance(&kind.to_ascii_lowercase(), "configmap") <= 3
}

/// Whether an object's version is that of the core group, the only one of Secrets, or a slip of
/// it: those of other groups have a stroke.
pub(super) fn is_core(version: &str) -> bool {
    !version.contains('/')
}

/// Whether the name of a variable says that its value is a secret: its last word or two do.
pub(crate) fn is_secret_variable(name: &str) -> bool {
    let is_one_of =
        |own: &str, words: &[&str]| words.iter().any(|word| own.eq_ignore_ascii_case(word));
    let mut words = name.rsplit(['_', '-', '.']);
    let last = words.next().unwrap_or_default();
    is_one_of(last, &["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN"])
        || last.eq_ignore_ascii_case("KEY")
            && words.next().is_some_and(|of| is_one_of(of, &["API", "ACCESS", "PRIVATE", "SECRET"]))
}

/// Whether a key is that of a field by which stacks and environments describe secrets, or that of
/// none, as the items of lists, which are names.
pub(super) fn is_field_of_section(key: &str) -> bool {
    const FIELDS: [&str; 16] = [
        "",
        "backend",
        "name",
        "type",
        "rotate",
        "generate",
        "description",
        "remote",
        "default",
        "placeholders",
        "certificate",
        "scope",
        "store",
        "kind",
        "path",
        "refreshInterval",
    ];
    FIELDS.contains(&key)
}

/// Whether a key is that of a variable's value, or the slip of it.
pub(super) fn is_value(key: &str) -> bool {
    let is_near = || strsim::osa_distance(&key.to_ascii_lowercase(), "value") <= 2;
    key.len() <= "value".len() + 1 && is_near()
}

/// Whether such a value is the secret itself: no switch, no path of a file that holds it, and not
/// put together of other variables.
pub(crate) fn is_value_of_secret(value: &str) -> bool {
    let is_switch = matches!(value, "" | "true" | "false");
    !is_switch && !value.starts_with('/') && !value.contains("$(")
}

/// Whether the name of a field, of a variable or of a flag says that a scalar there is a secret.
/// In camel case, those that end in `Secret` or `secretKey` are names of Secrets and of their keys
/// (`existingSecret`).
pub(super) fn is_secret_field(name: &str) -> bool {
    if name == "automountServiceAccountToken" || name.eq_ignore_ascii_case("secret") {
        return false;
    }
    if is_secret_variable(name) || CREDENTIALS.iter().any(|it| name.eq_ignore_ascii_case(it)) {
        return true;
    }
    let is_camel = !name.contains(['_', '-', '.']) && name.contains(char::is_lowercase);
    let words = words(name);
    let numbered = |word: &&String| word.bytes().all(|byte| byte.is_ascii_digit());
    let mut words = words.iter().rev().skip_while(numbered).map(String::as_str);
    let last = words.next().unwrap_or_default();
    let of = words.next().unwrap_or_default();
    match last {
        "secret" => !is_camel || of == "client",
        "token" | "pwd" => true,
        "pass" => of != "proxy",
        "key" => KEYS.contains(&of) || of == "secret" && !is_camel,
        "base" => of == "key" && words.next() == Some("secret"),
        _ => ["password", "passwd", "passphrase", "apikey"].iter().any(|end| last.ends_with(end)),
    }
}

/// What a key is of that is a secret.
const KEYS: [&str; 8] =
    ["api", "access", "private", "encryption", "signing", "master", "auth", "hmac"];

/// The words of a name in small letters: `dbPassword` and `DB_PASSWORD` have two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_small = false;
    for character in name.chars() {
        let is_sign = matches!(character, '_' | '-' | '.');
        if is_sign || (was_small && character.is_ascii_uppercase()) {
            words.push(String::new());
        }
        was_small = character.is_ascii_lowercase();
        if let Some(word) = words.last_mut().filter(|_| !is_sign) {
            word.push(character.to_ascii_lowercase());
        }
    }
    words
}

/// Whether what stands under such a name is a secret by itself: no switch, and no expression or
/// variable that leads to one.
pub(super) fn is_literal(value: &str) -> bool {
    let is_reference = |(open, close): &(&str, &str)| {
        let inner = value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(|inner| !inner.contains(open) && !inner.contains(close))
    };
    let references = [("${{", "}}"), ("{{", "}}"), ("$(", ")"), ("${", "}")];
    !matches!(value, "" | "true" | "false") && !references.iter().any(is_reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_of_references() {
        let secret = [
            "password",
            "DB_PASSWORD",
            "adminPassword",
            "apiKey",
            "API_KEY",
            "client_secret",
            "clientSecret",
            ".dockerconfigjson",
            "client-key-data",
            "token",
            "bearerToken",
            "dbPassword",
            "PGPASSWORD",
            "MYSQL_PWD",
            "DB_PASS",
            "APIKEY",
            "DB_PASSWORD_2",
            "SECRET_KEY_BASE",
            "ENCRYPTION_KEY",
        ];
        let other = [
            "secretName",
            "existingSecret",
            "secret",
            "secretKey",
            "passwordKey",
            "max_tokens",
            "automountServiceAccountToken",
            "key",
            "keys",
            "tokenUrl",
            "secrets",
        ];
        assert_eq!(secret.map(is_secret_field), [true; 19]);
        assert_eq!(other.map(is_secret_field), [false; 11]);
    }

    #[test]
    fn kinds_that_carry_secrets_are_known_with_slips() {
        let kinds =
            ["Secret", "Sceret", "secret", "SealedSecret", "SopsSecrt", "ClusterPushSecret"];
        let found = kinds.map(Carrier::of_kind);
        let (whole, data) = (Some(Carrier::Secret), Some(Carrier::Data));
        assert_eq!(found, [whole, whole, whole, data, data, data]);
        let kinds = ["Service", "ConfigMap", "Deployment", "Role", "Ingress", "List"];
        assert_eq!(kinds.map(Carrier::of_kind), [None; 6]);
    }
}
