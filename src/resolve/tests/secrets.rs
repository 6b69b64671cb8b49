//! Secrets and the back-ends that keep them.

use super::{EVERYTHING, World, shop};
use crate::plan::SecretBackend;

#[test]
fn the_nearest_word_chooses_the_back_end() {
    let outcome = shop(
        r#"
backend: external
secrets:
  app: { keys: { jwt: { generate: 48 }, id: { remote: client-id } } }
  local: { keys: [a], backend: sealed }
  by-hand: { keys: [url], backend: existing }
postgres: { database: { version: "17", database: a, user: b, storage: 1Gi } }
"#,
    );
    let secrets: Vec<String> = outcome
        .plan()
        .secrets
        .iter()
        .map(|secret| {
            let path = secret.path.as_ref().map(|path| path.v.as_str()).unwrap_or_default();
            let keys: Vec<String> = secret
                .keys
                .iter()
                .map(|key| {
                    let generate = key.generate.map(|length| length.v);
                    format!("{}={} {generate:?}", key.name.v, key.remote.v)
                })
                .collect();
            format!("{} {:?} {path} {}", secret.name.v, secret.backend, keys.join(", "))
        })
        .collect();
    assert_eq!(
        secrets,
        [
            "app External prod/shop/app jwt=jwt Some(48), id=client-id None",
            "local Sealed  a=a None",
            "by-hand Existing  url=url None",
            "database-credentials External prod/shop/database-credentials password=password Some(32)",
        ]
    );
    let credentials = &outcome.plan().secrets[3];
    assert_eq!(outcome.origin(credentials.name.at), "database <credentials-name>");
}

#[test]
fn a_secret_made_by_hand_holds_whole_values() {
    let outcome = shop(
        r#"
services:
  web: { image: nginx:1.29, needs: [database], env: { URL: "${{ database.url }}" } }
postgres:
  database: { version: "17", database: a, user: b, storage: 1Gi, credentials: by-hand, backend: existing }
"#,
    );
    assert_eq!(outcome.env("web"), ["URL secret by-hand/url"]);
    assert_eq!(outcome.plan().secrets[0].backend, SecretBackend::Existing);
    let outcome = shop(
        r#"
services:
  web: { image: nginx:1.29, needs: [database], env: { URL: "${{ database.url }}?x=1" } }
postgres:
  database: { version: "17", database: a, user: b, storage: 1Gi, credentials: by-hand, backend: existing }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R018 [\"${{ database.url }}?x=1\"] the Secret `by-hand` is made by hand in `prod`, so nothing can be composed in it"
        ]
    );
    assert_eq!(
        outcome.help,
        [
            "let its key `web.URL` hold the whole value, `postgresql://b:<password, percent-encoded>@database:5432/a?x=1`, \
          and name the key in the environment: `secrets: { existing: { by-hand: [..., web.URL] } }`"
        ]
    );
}

#[test]
fn a_declared_key_goes_before_a_derived_url() {
    let outcome = shop(
        r#"
services:
  web: { image: nginx:1.29, needs: [database], env: { URL: "${{ database.url }}" } }
externals:
  database: { cidr: 192.0.2.0/24, ports: [5432], keys: { url: {} } }
"#,
    );
    assert_eq!(outcome.env("web"), ["URL secret database-credentials/url"]);
    assert!(outcome.plan().secrets[0].composed.is_empty());
}

#[test]
fn what_the_environment_does_not_offer_is_refused() {
    let outcome = World {
        environment: "secrets: { default: sealed, sealed: {}, placeholders: allowed }",
        stacks: vec![(
            "shop",
            "
secrets:
  a: { keys: [x], backend: external }
  b: { keys: [x], backend: seald }
  c: { keys: { x: { generate: 4 } }, rotate: sometimes }
  d: { keys: [] }
",
        )],
        ..World::default()
    }
    .resolve();
    assert_eq!(
        outcome.reports,
        [
            "R046 [external] `prod` does not offer the back-end `external`",
            "R046 [seald] `seald` is not a back-end",
            "R026 [4] a generated value of so few characters can be guessed",
            "R026 [sometimes] `sometimes` is no time after which values are due",
            "R022 [d] the secret `d` has no `keys`",
        ]
    );
}

#[test]
fn an_environment_without_back_ends_says_what_it_needs() {
    let outcome = World {
        environment: "{ domain: example.com }",
        stacks: vec![("shop", "secrets: { app: { keys: [jwt] } }")],
        ..World::default()
    }
    .resolve();
    assert_eq!(outcome.reports, ["R046 [app] nothing says where `prod` keeps the values of this"]);
}

#[test]
fn refused_placeholders_list_every_key_with_its_command() {
    let outcome = World {
        environment: "secrets: { default: sealed, sealed: {}, placeholders: refused }",
        stacks: vec![("shop", "secrets: { app: { keys: [jwt, csrf] } }")],
        ..World::default()
    }
    .resolve();
    assert_eq!(
        outcome.reports,
        ["R048 [app] `jwt`, `csrf` of the Secret `app` have no value in `prod`"]
    );
    assert_eq!(outcome.also, ["refused"]);
    assert_eq!(
        outcome.help,
        [
            "set it with `gen secret set prod shop/app jwt`",
            "set it with `gen secret set prod shop/app csrf`",
        ]
    );
}

#[test]
fn keys_made_by_hand_must_be_among_those_that_exist() {
    let outcome = shop(
        "
secrets:
  by-hand: { keys: [passwort], backend: existing }
  by-hnd: { keys: [a], backend: existing }
  twin: { name: app, keys: [a] }
  app: { keys: [a] }
",
    );
    assert_eq!(
        outcome.reports,
        [
            "R047 [passwort] `passwort` is not a key that the Secret `by-hand` has in `prod`",
            "R047 [by-hnd] `prod` knows no Secret `by-hnd` that exists there",
            "R024 [app] two Secrets of this stack are called `app`",
        ]
    );
    assert!(EVERYTHING.contains("by-hand"));
}
