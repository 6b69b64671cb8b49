//! How values travel: plain, secret, runtime, and mixed.

use super::shop;
use crate::plan::{EnvFrom, MountSource, Piece};

const DATABASE: &str = "
    needs: [database, cache, queue]
";

fn with_env(env: &str) -> super::Outcome {
    let stack = format!(
        r#"
services:
  web:
    image: nginx:1.29
    ports: {{ http: 8080 }}{DATABASE}    env:{env}
postgres:
  database: {{ version: "17", database: shop, user: "the shop", storage: 1Gi }}
redis:
  cache: {{ version: "7" }}
externals:
  queue: {{ host: queue.example.com, cidr: 192.0.2.0/24, ports: [5671], keys: [token, other] }}
secrets:
  app: {{ keys: [jwt, csrf] }}
"#
    );
    shop(stack.leak())
}

/// The strings composed in a Secret: `key = text`, with `<key>` and `<key|urlencode>` in it.
fn composed(outcome: &super::Outcome, secret: &str) -> Vec<String> {
    let secret = outcome.plan().secrets.iter().find(|known| known.name.v == secret);
    let composed = secret.map(|secret| secret.composed.as_slice()).unwrap_or_default();
    let text = |piece: &Piece| match piece {
        Piece::Plain(text) => text.clone(),
        Piece::Secret { key, url_encode: true, .. } => format!("<{key}|urlencode>"),
        Piece::Secret { key, .. } => format!("<{key}>"),
        Piece::Runtime(field) => format!("<{field}>"),
    };
    composed
        .iter()
        .map(|key| format!("{} = {}", key.name, key.pieces.iter().map(text).collect::<String>()))
        .collect()
}

#[test]
fn a_whole_value_becomes_a_reference() {
    let outcome = with_env(
        "
      JWT: ${{ secrets.app.jwt }}
      PASSWORD: ${{ database.password }}
      TOKEN: ${{ queue.token }}
      IP: ${{ pod.ip }}
      NODE: ${{ node.name }}
      SECRET_NAME: ${{ secrets.app.name }} ${{ database.secretName }}
      USER: ${{ database.user }}
      ADDRESS: ${{ queue.address }}
",
    );
    assert_eq!(
        outcome.env("web"),
        [
            "JWT secret app/jwt",
            "PASSWORD secret database-credentials/password",
            "TOKEN secret queue-credentials/token",
            "IP field status.podIP",
            "NODE field spec.nodeName",
            "SECRET_NAME=app database-credentials",
            "USER=the shop",
            "ADDRESS=queue.example.com:5671",
        ]
    );
}

#[test]
fn derived_urls_are_composed_once_and_encoded() {
    let outcome = with_env(
        "
      URL: ${{ database.url }}
      AGAIN: ${{ database.url }}
      REDIS: ${{ cache.url }}
      JDBC: ${{ database.jdbcUrl }}
      WITH_OPTIONS: ${{ database.url }}?application_name=web
",
    );
    assert_eq!(
        outcome.env("web"),
        [
            "URL secret database-credentials/url",
            "AGAIN secret database-credentials/url",
            "REDIS secret cache-credentials/url",
            "JDBC=jdbc:postgresql://database:5432/shop",
            "WITH_OPTIONS secret database-credentials/web.WITH_OPTIONS",
        ]
    );
    assert_eq!(
        composed(&outcome, "database-credentials"),
        [
            "url = postgresql://the%20shop:<password|urlencode>@database:5432/shop",
            "web.WITH_OPTIONS = postgresql://the%20shop:<password|urlencode>@database:5432/shop?application_name=web",
        ]
    );
    assert_eq!(
        composed(&outcome, "cache-credentials"),
        ["url = redis://:<password|urlencode>@cache:6379/0"]
    );
}

#[test]
fn a_secret_in_a_longer_string_is_composed_in_its_secret() {
    let outcome = with_env(
        r#"
      LOGIN: "${{ secrets.app.jwt }}:${{ secrets.app.csrf }}"
      ENCODED: ${{ queue.token | urlencode }}
"#,
    );
    assert_eq!(
        outcome.env("web"),
        ["LOGIN secret app/web.LOGIN", "ENCODED secret queue-credentials/web.ENCODED"]
    );
    assert_eq!(composed(&outcome, "app"), ["web.LOGIN = <jwt>:<csrf>"]);
    assert_eq!(composed(&outcome, "queue-credentials"), ["web.ENCODED = <token|urlencode>"]);
}

#[test]
fn runtime_values_in_longer_strings_become_references_to_variables() {
    let outcome = with_env(
        r#"
      OWN: ${{ pod.name }}
      LISTEN: "http://${{ pod.ip }}:8080/$(x)"
      NAMED: "${{ pod.name }}@${{ pod.ip }}"
      MIXED: "${{ pod.ip }} ${{ secrets.app.jwt }}"
"#,
    );
    assert_eq!(
        outcome.env("web"),
        [
            "OWN field metadata.name",
            "GEN_STATUS_PODIP field status.podIP",
            "LISTEN=http://$(GEN_STATUS_PODIP):8080/$$(x)",
            "NAMED=$(OWN)@$(GEN_STATUS_PODIP)",
            "GEN_APP_JWT secret app/jwt",
            "MIXED=$(GEN_STATUS_PODIP) $(GEN_APP_JWT)",
        ]
    );
    let helper = &outcome.program("web").container.env[1];
    assert_eq!(
        outcome.origin(helper.name.at),
        "\"http://${{ pod.ip }}:8080/$(x)\" <helper-variable>"
    );
}

#[test]
fn what_cannot_travel_is_an_error() {
    let outcome = with_env(
        r#"
      TWO: "${{ secrets.app.jwt }} ${{ queue.token }}"
      FILTERED: ${{ secrets.app.jwt | base64 }}
      TWICE: ${{ database.url | urlencode }}
      BOTH: "http://${{ pod.ip }}/${{ secrets.app.jwt | urlencode }}"
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R017 [\"${{ secrets.app.jwt }} ${{ queue.token }}\"] this string is made of two Secrets, `app` and `queue-credentials`",
            "R019 [base64] `secrets.app.jwt` is known in the cluster alone and cannot pass `base64`",
            "R019 [urlencode] `database.url` is known in the cluster alone and cannot pass `urlencode`",
            "R020 [${{ pod.ip }}] `pod.ip` percent-encodes the secret `jwt` in a string that is known on the node alone",
        ]
    );
}

#[test]
fn a_secret_in_a_url_without_encoding_is_a_warning() {
    let outcome = with_env(
        r#"
      A: "amqp://user:${{ queue.token }}@${{ queue.address }}"
      B: "amqp://user:${{ queue.token | urlencode }}@${{ queue.address }}"
      C: "token ${{ queue.token }}"
      D: |
        site: https://example.com/
        token: ${{ queue.token }}
      E: '{ "site": "https://example.com", "token": "${{ queue.token }}" }'
"#,
    );
    assert_eq!(
        outcome.reports,
        ["R021 [${{ queue.token }}] the secret `token` stands in a URL without percent-encoding"]
    );
    assert!(outcome.plans.contains_key("shop"), "a warning stops nothing");
}

#[test]
fn secrets_and_runtime_values_do_not_stand_where_everybody_reads() {
    let outcome = shop(
        r#"
services:
  web:
    image: nginx:1.29
    needs: [database]
    args: ["--password=${{ database.password }}", "--ip=${{ pod.ip }}", "--$(HOME)"]
    labels: { a: "${{ database.url }}", b: "${{ node.ip }}" }
    extra: { pod: { hostname: "${{ database.password }}" } }
configs:
  app:
    data: { ip: "${{ pod.ip }}", both: "${{ database.url }} ${{ pod.ip }}" }
    labels: { url: "${{ database.url }}" }
routes:
  public: { host: "${{ secrets.app.host }}", paths: { /: web } }
postgres:
  database: { version: "17", database: shop, user: shop, storage: 1Gi }
secrets: { app: { keys: [host] } }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R011 [${{ secrets.app.host }}] `secrets.app.host` is not known here",
            "R015 [${{ database.password }}] `database.password` is secret, and an argument is readable by everybody",
            "R015 [${{ database.url }}] `database.url` is secret, and a label is readable by everybody",
            "R016 [${{ node.ip }}] `node.ip` is known on the node alone, too late for a label",
            "R015 [${{ database.password }}] `database.password` is secret, and `extra` is readable by everybody",
            "R032 [web] `web` has no ports",
            "R016 [${{ pod.ip }}] `pod.ip` is known on the node alone, too late for a ConfigMap",
            "R016 [\"${{ database.url }} ${{ pod.ip }}\"] a part of this is known on the node alone, and another is secret",
            "R015 [${{ database.url }}] `database.url` is secret, and a label is readable by everybody",
        ]
    );
    assert!(
        outcome
            .help
            .iter()
            .any(|help| help.contains(r#"`env: { NAME: "${{ database.password }}" }`"#))
    );
}

#[test]
fn arguments_reach_the_kubelet_by_variables_and_keep_references() {
    let outcome = shop(
        r#"
services:
  web: { image: nginx:1.29, command: [sh, -c, "echo $(date)"], args: ["--ip=${{ pod.ip }}", $(HOME)] }
"#,
    );
    let container = &outcome.program("web").container;
    let texts = |list: &Option<Vec<crate::plan::Val<String>>>| -> Vec<String> {
        list.iter().flatten().map(|text| text.v.clone()).collect()
    };
    assert_eq!(texts(&container.command), ["sh", "-c", "echo $(date)"]);
    assert_eq!(texts(&container.args), ["--ip=$(GEN_STATUS_PODIP)", "$(HOME)"]);
    assert_eq!(outcome.env("web"), ["GEN_STATUS_PODIP field status.podIP"]);
}

const CONFIG: &str = r#"
services:
  web:
    image: nginx:1.29
    envFrom: [settings, tokens]
    env: { OVERRIDDEN: "by the program" }
    mounts: { /etc/app: { config: settings }, /etc/tokens: { config: tokens, subPath: JWT } }
configs:
  settings:
    data:
      LEVEL: info
      LATER: ${{ secrets.app.csrf }}
      OVERRIDDEN: ${{ secrets.app.csrf }}
      app.ini: |
        [app]
        token = ${{ secrets.app.jwt }}
      url: ${{ database.url }}
  tokens: { data: { JWT: "${{ secrets.app.jwt }}", LATER: "${{ secrets.app.jwt }}" } }
postgres:
  database: { version: "17", database: shop, user: shop, storage: 1Gi }
secrets:
  app: { keys: [jwt, csrf] }
"#;

#[test]
fn a_secret_in_a_config_stays_in_its_secret() {
    let outcome = shop(CONFIG);
    let configs: Vec<String> = outcome
        .plan()
        .configs
        .iter()
        .map(|config| {
            let plain: Vec<&String> = config.data.keys().collect();
            let secret: Vec<String> = config
                .secret_data
                .iter()
                .map(|(key, value)| format!("{key}={}/{}", value.v.secret, value.v.key))
                .collect();
            format!("{} {plain:?} {}", config.component, secret.join(" "))
        })
        .collect();
    assert_eq!(
        configs,
        [
            "settings [\"LEVEL\"] LATER=app/csrf OVERRIDDEN=app/csrf app.ini=app/settings.app.ini \
             url=database-credentials/url",
            "tokens [] JWT=app/jwt LATER=app/jwt",
        ]
    );
    assert_eq!(composed(&outcome, "app"), ["settings.app.ini = [app]\ntoken = <jwt>\n"]);
    assert_eq!(
        composed(&outcome, "database-credentials"),
        ["url = postgresql://shop:<password|urlencode>@database:5432/shop"]
    );
}

#[test]
fn who_reads_a_config_gets_its_secret_values() {
    let outcome = shop(CONFIG);
    assert_eq!(
        outcome.env("web"),
        [
            "app.ini secret app/settings.app.ini",
            "url secret database-credentials/url",
            "JWT secret app/jwt",
            "LATER secret app/jwt",
            "OVERRIDDEN=by the program",
        ]
    );
    let container = &outcome.program("web").container;
    let from: Vec<&str> = container
        .env_from
        .iter()
        .map(|from| match from {
            EnvFrom::Config(name) | EnvFrom::Secret(name) => name.v.as_str(),
        })
        .collect();
    assert_eq!(from, ["settings"], "`tokens` has no ConfigMap");
    let mounts: Vec<String> = container
        .mounts
        .iter()
        .map(|mount| match &mount.source {
            MountSource::Projected { name, config, secrets } => {
                let files: Vec<&String> = secrets.keys().collect();
                format!("{} {config} {files:?}", name.v)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        mounts,
        [
            r#"settings true ["LATER", "OVERRIDDEN", "app.ini", "url"]"#,
            r#"tokens false ["JWT", "LATER"]"#,
        ]
    );
    let variable = &container.env[0];
    assert_eq!(
        outcome.origin(variable.name.at),
        "[app]\n        token = ${{ secrets.app.jwt }} <secret-of-config>"
    );
}

#[test]
fn a_config_cannot_hold_what_no_secret_can() {
    let outcome = shop(
        r#"
services:
  web: { image: nginx:1.29, env: { NAME: "${{ configs.alone.name }} ${{ configs.both.name }}" } }
configs:
  alone: { data: { token: "${{ secrets.app.jwt }}" } }
  both: { data: { token: "${{ secrets.app.jwt }}", level: info } }
  two: { data: { token: "${{ secrets.app.jwt }} ${{ secrets.by-hand.password }}" } }
  hand: { data: { token: "https://${{ secrets.by-hand.password }}@example.com" } }
secrets:
  app: { keys: [jwt] }
  by-hand: { keys: [password], backend: existing }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R017 [\"${{ secrets.app.jwt }} ${{ secrets.by-hand.password }}\"] this string is made of two Secrets, `app` and `by-hand`",
            "R021 [${{ secrets.by-hand.password }}] the secret `password` stands in a URL without percent-encoding",
            "R018 [\"https://${{ secrets.by-hand.password }}@example.com\"] the Secret `by-hand` is made by hand in `prod`, so nothing can be composed in it",
            "R010 [${{ configs.alone.name }}] all values of the config `alone` are secret, so it has no ConfigMap",
        ]
    );
    assert!(
        outcome
            .help
            .iter()
            .any(|help| { help.contains("let its key `hand.token` hold the whole value") })
    );
}
