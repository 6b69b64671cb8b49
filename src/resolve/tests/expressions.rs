//! What expressions lead to, and what they say when they lead nowhere.

use std::fmt::Write as _;

use super::{EVERYTHING, World, shop};

#[test]
fn variables_are_made_of_each_other_and_of_the_environment() {
    let outcome = shop(
        r#"
vars: { url: "https://${{ vars.host }}", host: "${{ stack.name }}.${{ env.domain }}", count: 2 }
services:
  web:
    image: nginx:1.29
    replicas: ${{ vars.count }}
    ports: { http: 8080 }
    env:
      URL: ${{ vars.url }}
      COUNT: "${{ vars.count }} of ${{ env.name }}"
      LEVEL: ${{ env.vars.logLevel | upper }}
      PORT: ${{ self.port }}
      ESCAPED: $${{ not.one }}
      QUERY: "${{ vars.url | urlencode }}"
      JSON: ${{ vars.count | json }}
      BASE: ${{ env.name | base64 }}
"#,
    );
    assert_eq!(
        outcome.env("web"),
        [
            "URL=https://shop.example.com",
            "COUNT=2 of prod",
            "LEVEL=INFO",
            "PORT=8080",
            "ESCAPED=${{ not.one }}",
            "QUERY=https%3A%2F%2Fshop.example.com",
            "JSON=\"2\"",
            "BASE=cHJvZA==",
        ]
    );
}

#[test]
fn a_circle_of_variables_is_shown_as_a_path() {
    let outcome = shop(
        r#"
vars: { a: "${{ vars.b }}", b: "x${{ vars.c }}", c: "${{ vars.a }}", d: "${{ vars.a }}" }
services: { web: { image: "nginx:${{ vars.d }}" } }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R012 [a] these variables are made of each other: `vars.a` of `vars.b` of `vars.c` of `vars.a`"
        ]
    );
    assert_eq!(outcome.also, ["b", "c"]);
}

#[test]
fn doubling_variables_end() {
    let mut vars = String::from("vars:\n  v0: 0123456789abcdef\n");
    for number in 1..40 {
        let last = number - 1;
        writeln!(vars, "  v{number}: ${{{{ vars.v{last} }}}}${{{{ vars.v{last} }}}}")
            .expect("a string takes all");
    }
    let outcome = shop(vars.leak());
    assert_eq!(
        outcome.reports,
        [
            "R014 [${{ vars.v16 }}${{ vars.v16 }}] this string is longer than 1 MiB with its expressions evaluated"
        ]
    );
}

#[test]
fn undefined_names_are_reported_with_what_there_is() {
    let outcome = shop(
        r#"
vars: { name: x }
services:
  web:
    image: nginx:1.29
    ports: { http: 8080 }
    needs: [database]
    env:
      A: ${{ vars.nam }}
      B: ${{ env.vars.loglevel }}
      C: ${{ env.region }}
      D: ${{ databse.url }}
      E: ${{ database.uri }}
      F: ${{ database.ports.http }}
      G: ${{ secrets.app.jwt }}
      H: ${{ secrets.tokens.jtw }}
      I: ${{ routes.public.url }}
      J: ${{ configs.settings.name }}
      K: ${{ pod.address }}
      L: ${{ instance.name }}
      M: ${{ database }}
      Q: ${{ secret.name }}
      O: ${{ self.host.name }}
      P: ${{ vars }}
postgres:
  database: { version: "17", database: shop, user: shop, storage: 1Gi }
secrets:
  tokens: { keys: [jwt, csrf] }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R010 [nam] `nam` is not a variable of the stack",
            "R010 [loglevel] `loglevel` is not a variable of the environment `prod`",
            "R010 [region] `region` is not a value of the environment",
            "R010 [databse] `databse` is not a component of this stack or anything else that expressions know",
            "R010 [uri] `uri` is not something that `database` tells",
            "R010 [http] `http` is not a port of `database`",
            "R010 [app] `app` is not a secret of this stack",
            "R010 [jtw] `jtw` is not a key of the secret `tokens`",
            "R010 [public] `public` is not a route of this stack",
            "R010 [settings] `settings` is not a config of this stack",
            "R010 [address] `address` is not a field of the pod",
            "R011 [${{ instance.name }}] this stack has no instances",
            "R010 [${{ database }}] `database` is not a value",
            "R011 [${{ secret.name }}] `secret` is known in an environment's `secrets.external.path` alone",
            "R010 [name] there is nothing below this value",
            "R010 [${{ vars }}] `vars` is a map, not a value",
        ]
    );
    for help in [
        "did you mean `name`?",
        "did you mean `logLevel`?",
        "there is `name`, `domain`, `vars`",
        "did you mean `database`?",
        "did you mean `jwt`?",
        "there is `ip`, `name`, `namespace`, `uid`",
    ] {
        assert!(outcome.help.iter().any(|known| known == help), "{help}: {:?}", outcome.help);
    }
}

#[test]
fn what_comes_first_knows_only_what_is_known_from_the_start() {
    let outcome = shop(
        r#"
services:
  web: { name: "${{ database.host }}-web", image: nginx:1.29, ports: { http: 80 } }
postgres:
  database: { version: "17", database: shop, user: shop, storage: 1Gi }
"#,
    );
    assert_eq!(outcome.reports, ["R011 [${{ database.host }}] `database.host` is not known here"]);
}

#[test]
fn an_environment_knows_no_stack() {
    let world =
        World { environment: "domain: \"${{ stack.name }}.example.com\"", ..World::default() };
    let outcome = world.resolve();
    assert!(outcome.place.is_none());
    assert_eq!(
        outcome.reports,
        [
            "R011 [${{ stack.name }}] `stack.name` is not known here: an environment is one for all of its stacks"
        ]
    );
}

#[test]
fn a_whole_expression_keeps_its_type_and_must_fit() {
    let outcome = shop(
        r#"
vars: { count: "3", policy: always, port: 70000 }
services:
  web:
    image: nginx:1.29
    replicas: ${{ vars.count }}
    imagePullPolicy: ${{ vars.policy }}
    ports: { http: "${{ vars.port }}" }
"#,
    );
    assert_eq!(
        outcome.reports,
        [
            "R013 [\"${{ vars.port }}\"] this is the number `70000` where an integer from 0 to 65535 belongs",
            "R013 [${{ vars.policy }}] this is the string `always` where one of `Always`, `IfNotPresent`, `Never` belongs",
            "R013 [${{ vars.count }}] this is the string `3` where an integer from 0 to 4294967295 belongs",
        ]
    );
}

#[test]
fn fragments_keep_their_places_and_their_values_types() {
    let outcome = shop(
        r#"
vars: { seconds: 7, zone: a }
services:
  web:
    image: nginx:1.29
    extra:
      pod: { hostAliases: [{ ip: 10.0.0.1, hostnames: ["${{ vars.zone }}.local"] }], activeDeadlineSeconds: "${{ vars.seconds }}" }
"#,
    );
    let extra = &outcome.program("web").extra[0];
    assert_eq!(extra.place.v, "pod");
    assert_eq!(
        format!("{:?}", extra.tree),
        r#"{"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a.local"]}], "activeDeadlineSeconds": 7}"#
    );
    let seconds =
        extra.tree.root().get("activeDeadlineSeconds").map(|node| outcome.origin(node.at()));
    assert_eq!(seconds.as_deref(), Some("\"${{ vars.seconds }}\""));
}

#[test]
fn an_instance_has_its_own_values_over_the_stacks() {
    let outcome = World {
        environment: EVERYTHING,
        stacks: vec![(
            "shop",
            r#"
vars: { plan: free, region: eu }
instances: { acme: { vars: { plan: gold } } }
services: { web: { image: nginx:1.29, env: { A: "${{ stack.name }} ${{ instance.name }} ${{ vars.plan }} ${{ vars.region }}" } } }
"#,
        )],
        instance: Some("acme"),
        ..World::default()
    }
    .resolve();
    assert_eq!(outcome.env("web"), ["A=shop-acme acme gold eu"]);
    assert_eq!(outcome.plan().namespace.v, "shop-acme");
    assert_eq!(outcome.plan().stack, "shop");
}
