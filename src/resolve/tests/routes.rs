//! Routes, as the environment routes.

use super::{EVERYTHING, Outcome, World, shop};
use crate::diagnostic::Diagnostics;
use crate::plan::{RateLimit, RatePeriod, RouteKind};
use crate::resolve::check_routes;

fn routed(environment: &'static str, stack: &'static str) -> Outcome {
    World { environment, stacks: vec![("shop", stack)], ..World::default() }.resolve()
}

const WEB: &str = r#"
services:
  web: { image: nginx:1.29, ports: { http: { container: 8080, service: 80 } }, env: { URL: "${{ routes.public.url }}" } }
routes:
  public: { host: "shop.${{ env.domain }}", hsts: true, paths: { /: { to: web, rateLimit: 20/s }, /exact: { to: web, pathType: Exact } } }
"#;

#[test]
fn a_route_leads_to_a_port_of_a_service() {
    let outcome = shop(WEB);
    let route = &outcome.plan().routes[0];
    let RouteKind::Host { host, paths, tls_secret, https_only, hsts } = &route.kind else {
        panic!("it has a host")
    };
    assert_eq!(host.v, "shop.example.com");
    assert_eq!(tls_secret.as_ref().map(|secret| secret.v.as_str()), Some("public-tls"));
    assert!(https_only.v);
    assert_eq!(outcome.origin(https_only.at), "public <https-only>");
    assert_eq!(hsts.map(|hsts| hsts.v), Some(true));
    assert_eq!(
        (paths[0].service.v.as_str(), paths[0].port.v.as_str(), paths[0].port_number),
        ("web", "http", 80)
    );
    let limit = RateLimit { requests: 20, per: RatePeriod::Second };
    assert_eq!(paths[0].rate_limit.map(|limit| limit.v), Some(limit));
    assert_eq!(paths[1].path_type.v, crate::spec::PathType::Exact);
    assert_eq!(outcome.env("web"), ["URL=https://shop.example.com"]);
}

#[test]
fn without_routing_there_are_addresses_and_no_routes() {
    let outcome = routed("{ domain: dev.example.com, routing: none }", WEB);
    assert!(outcome.plan().routes.is_empty() && outcome.plan().flows.is_empty());
    assert_eq!(outcome.env("web"), ["URL=http://shop.dev.example.com"]);
    let outcome = routed("{ domain: dev.example.com }", WEB);
    assert_eq!(outcome.reports, ["R050 [public] `prod` does not say how traffic comes in"]);
}

#[test]
fn what_the_routing_cannot_do_is_refused() {
    let outcome = routed(
        "
domain: example.com
routing:
  ingress: { class: haproxy, controller: { namespace: haproxy } }
  tls: { clusterIssuer: x }
  httpsOnly: true
",
        WEB,
    );
    assert_eq!(
        outcome.reports,
        [
            "R050 [true] in `prod`, the ingress class `haproxy` gives gen no way to redirect HTTP to HTTPS",
            "R050 [true] in `prod`, the ingress class `haproxy` gives gen no way to tell browsers to use HTTPS only",
            "R050 [20/s] in `prod`, the ingress class `haproxy` gives gen no way to limit how many requests an address makes",
        ]
    );
    let outcome = routed(
        "
domain: example.com
routing:
  gateway: { name: public, namespace: gateways, controller: { namespace: gateways } }
  tls: { clusterIssuer: x }
",
        WEB,
    );
    assert_eq!(
        outcome.reports,
        [
            "R050 [20/s] in `prod`, the Gateway `public` gives gen no way to limit how many requests an address makes"
        ]
    );
}

#[test]
fn routes_say_what_they_need_to() {
    let outcome = shop(
        "
services:
  web: { image: nginx:1.29, ports: { http: 80, admin: 81 } }
  bare: { image: nginx:1.29 }
workers: { mailer: { image: nginx:1.29 } }
routes:
  a: { paths: { /: { to: web, port: http } } }
  b: { host: b.example.com, paths: { /: web } }
  c: { host: c.example.com, paths: { c: bare, /x: mailer, /y: we } }
  d: { host: d.example.com }
  e: { host: e.example.com, paths: { /: { to: web, port: htp, rateLimit: 20 per second } } }
  f: { host: f.example.com, tls: false, hsts: true, paths: { /: { to: web, port: http } } }
  g: { host: F_G.example.com, httpsOnly: false, paths: { /: { to: web, port: http } } }
  h: { loadBalancer: { to: mailer } }
",
    );
    assert_eq!(
        outcome.reports,
        [
            "R023 [F_G.example.com] `F_G.example.com` cannot be a host name",
            "R022 [a] the route `a` has no `host`",
            "R032 [web] `web` has several ports",
            "R026 [c] `c` is not the path of a URL",
            "R032 [bare] `bare` has no ports",
            "R027 [mailer] `mailer` is a worker, not a service",
            "R027 [we] `we` is not a service of this stack",
            "R025 [d] this route leads nowhere",
            "R026 [20 per second] `20 per second` is not a rate of requests",
            "R032 [htp] `htp` is not a port that is declared here",
            "R025 [true] `hsts` means nothing for a route without HTTPS",
            "R027 [mailer] `mailer` is a worker, not a component with a Service",
        ]
    );
}

#[test]
fn the_environments_word_on_redirects_counts() {
    let outcome = routed(
        "
domain: example.com
routing: { ingress: { class: nginx, controller: { namespace: nginx } }, tls: { selfSigned: true }, httpsOnly: true }
",
        "
services: { web: { image: nginx:1.29, ports: { http: 80 } } }
routes: { public: { host: a.example.com, httpsOnly: false, paths: { /: web } } }
",
    );
    assert_eq!(outcome.reports, ["R025 [false] the environment says otherwise of `httpsOnly`"]);
    assert_eq!(outcome.also, ["true"]);
}

#[test]
fn two_routes_alike_are_found_over_all_stacks() {
    let one = "
services: { web: { image: nginx:1.29, ports: { http: 80 } } }
routes: { public: { host: a.example.com, paths: { /: web, /x: web } } }
";
    let other = "
services: { web: { image: nginx:1.29, ports: { http: 80 } } }
routes: { public: { host: A.example.com, paths: { /x: web, /y: web } } }
";
    let lower = other.replace("A.example.com", "a.example.com");
    let outcome = World {
        environment: EVERYTHING,
        stacks: vec![("one", one), ("other", lower.leak())],
        ..World::default()
    }
    .resolve();
    assert_eq!(outcome.reports, [""; 0]);
    let mut diagnostics = Diagnostics::default();
    check_routes(outcome.plans.values(), &mut diagnostics);
    let messages: Vec<&str> = diagnostics.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(messages, ["`a.example.com/x` leads to `one` already"]);
}
