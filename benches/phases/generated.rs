//! A stack of 100 components, of the kinds and sizes that real ones have: six domains with
//! their services, workers, jobs, data, configuration and routes, and what they share.

use std::fmt::Write;

use gen_compiler::fs::testing::MemoryFs;

/// The environment that the stack is generated for.
pub const ENVIRONMENT: &str = "prod";
/// The stack's name.
pub const STACK: &str = "market";

const DOMAINS: [&str; 6] = ["accounts", "catalog", "orders", "payments", "search", "shipping"];

/// Stands for the name of a domain in the texts below.
const DOMAIN: &str = "DOMAIN";

/// The sections of the stack: their key, what each domain has there, and what all share.
const SECTIONS: [(&str, &str, &str); 10] = [
    ("services", SERVICES, ""),
    ("workers", WORKERS, ""),
    ("cronjobs", CRONJOBS, ""),
    ("jobs", JOBS, ""),
    ("postgres", POSTGRES, ""),
    ("redis", REDIS, ""),
    ("configs", CONFIGS, SHARED_CONFIGS),
    ("secrets", SECRETS, ""),
    ("routes", ROUTES, ""),
    ("externals", "", EXTERNALS),
];

const HEAD: &str = r#"# A market place.
environments: [prod]

vars: { currency: EUR, region: eu-central }

images:
  registry.example.com/market/api: "3.14.1"
  registry.example.com/market/site: "3.14.1"
  registry.example.com/market/worker: { tag: "3.14.1" }

defaults:
  services: { spread: nodes }
  workers: { terminationGracePeriodSeconds: 60 }

volumes:
  uploads: { size: 50Gi, class: shared, accessModes: [ReadWriteMany] }

"#;

const SERVICES: &str = r#"  DOMAIN-api:
    image: registry.example.com/market/api
    replicas: 3
    ports: { http: { container: 8080, service: 80 }, metrics: 9090 }
    metrics: { port: metrics, path: /metrics }
    health: { path: /healthz, readiness: { periodSeconds: 5 } }
    needs: { DOMAIN-database: { wait: true }, DOMAIN-cache: {}, DOMAIN-events: {}, mail: {} }
    envFrom: [DOMAIN-settings, shared-settings]
    env:
      DATABASE_URL: ${{ DOMAIN-database.url }}
      CACHE_URL: ${{ DOMAIN-cache.url }}
      EVENTS_ADDRESS: ${{ DOMAIN-events.address }}
      SIGNING_KEY: ${{ secrets.DOMAIN-keys.SIGNING_KEY }}
      API_TOKEN: ${{ secrets.DOMAIN-keys.API_TOKEN }}
      PUBLIC_URL: ${{ routes.DOMAIN-public.url }}
      MAIL_FROM: "DOMAIN@${{ env.domain }}"
      CURRENCY: ${{ vars.currency }}
      POD_ADDRESS: ${{ pod.ip }}
    mounts: { /tmp: emptyDir, /uploads: { volume: uploads } }
    resources: { requests: { cpu: 250m, memory: 256Mi }, limits: { memory: 512Mi } }
  DOMAIN-site:
    image: registry.example.com/market/site
    replicas: 2
    ports: { http: { container: 3000, service: 80 } }
    health: /
    needs: [DOMAIN-api]
    env: { API_URL: "${{ DOMAIN-api.url }}", LOG_LEVEL: "${{ env.vars.logLevel }}" }
    mounts: { /tmp: emptyDir }
  DOMAIN-admin:
    image: registry.example.com/market/site
    args: [--admin]
    ports: { http: 3000 }
    health: /health
    needs: [DOMAIN-api, DOMAIN-reports]
    env:
      API_URL: ${{ DOMAIN-api.url }}
      REPORTS_URL: ${{ DOMAIN-reports.url }}
      SESSION_KEY: ${{ secrets.DOMAIN-keys.SESSION_KEY }}
  DOMAIN-events:
    image: registry.example.com/market/api
    args: [events]
    replicas: 2
    ports: { grpc: { container: 9000, appProtocol: grpc } }
    needs: [DOMAIN-cache]
    env: { CACHE_URL: "${{ DOMAIN-cache.url }}" }
    health:
      readiness: { grpc: { port: 9000 }, periodSeconds: 5 }
      liveness: { grpc: { port: 9000 }, initialDelaySeconds: 10 }
  DOMAIN-reports:
    image: registry.example.com/market/api
    args: [reports]
    ports: { http: 8080 }
    health: /healthz
    needs: [DOMAIN-database]
    env:
      DATABASE_URL: ${{ DOMAIN-database.url }}
      REGION: ${{ vars.region }}
    mounts: { /etc/reports: { config: DOMAIN-settings }, /tmp: { emptyDir: { sizeLimit: 1Gi } } }
  DOMAIN-hooks:
    image: registry.example.com/market/api
    args: [hooks]
    replicas: 2
    ports: { http: 8080 }
    health: /healthz
    needs: { DOMAIN-events: { wait: true }, partners: {} }
    env:
      EVENTS_ADDRESS: ${{ DOMAIN-events.address }}
      SIGNING_KEY: ${{ secrets.DOMAIN-keys.SIGNING_KEY }}
"#;

const WORKERS: &str = r"  DOMAIN-mailer:
    image: registry.example.com/market/worker
    command: [worker, --queue, DOMAIN-mail]
    needs: [DOMAIN-cache, mail]
    env:
      CACHE_URL: ${{ DOMAIN-cache.url }}
      MAIL_HOST: ${{ mail.host }}
  DOMAIN-importer:
    image: registry.example.com/market/worker
    command: [worker, --queue, DOMAIN-import]
    replicas: 2
    needs: { DOMAIN-database: { wait: true }, DOMAIN-cache: {} }
    env:
      DATABASE_URL: ${{ DOMAIN-database.url }}
      CACHE_URL: ${{ DOMAIN-cache.url }}
    mounts: { /uploads: { volume: uploads, readOnly: true } }
";

const CRONJOBS: &str = r#"  DOMAIN-cleanup:
    image: registry.example.com/market/worker
    command: [worker, --cleanup]
    schedule: "15 3 * * *"
    concurrencyPolicy: Forbid
    needs: [DOMAIN-database]
    env: { DATABASE_URL: "${{ DOMAIN-database.url }}" }
  DOMAIN-export:
    image: registry.example.com/market/worker
    command: [worker, --export]
    schedule: "0 */6 * * *"
    needs: [DOMAIN-database, partners]
    env:
      DATABASE_URL: ${{ DOMAIN-database.url }}
      TOKEN: ${{ secrets.DOMAIN-keys.API_TOKEN }}
"#;

const JOBS: &str = r#"  DOMAIN-migrate:
    image: registry.example.com/market/api
    args: [migrate]
    needs: { DOMAIN-database: { wait: true } }
    mounts: { /migrations: { files: migrations/ } }
    env: { DATABASE_URL: "${{ DOMAIN-database.url }}" }
"#;

const POSTGRES: &str = r#"  DOMAIN-database:
    version: "17"
    database: DOMAIN
    user: DOMAIN
    storage: 20Gi
    settings: { max_connections: 200 }
    backup: { schedule: "0 2 * * *", keep: 14, storage: 20Gi }
"#;

const REDIS: &str = r#"  DOMAIN-cache: { version: "7", replicas: 2, storage: 2Gi }
"#;

const CONFIGS: &str = r#"  DOMAIN-settings:
    data:
      LOG_LEVEL: ${{ env.vars.logLevel }}
      CORS_ORIGINS: ${{ routes.DOMAIN-public.url }}
      RATE_LIMIT: "100"
      TIMEOUT: 30s
      FEATURES: checkout,invoices,refunds
"#;

const SHARED_CONFIGS: &str = r#"  shared-settings: { data: { REGION: "${{ vars.region }}", CURRENCY: "${{ vars.currency }}" } }
"#;

const SECRETS: &str = r"  DOMAIN-keys:
    rotate: 90d
    keys: { SIGNING_KEY: { generate: 48 }, SESSION_KEY: { generate: 32 }, API_TOKEN: { generate: 32 } }
";

const ROUTES: &str = r"  DOMAIN-public:
    host: DOMAIN.${{ env.domain }}
    hsts: true
    paths:
      /: DOMAIN-site
      /api: { to: DOMAIN-api, port: http, rateLimit: 50/s }
      /admin: DOMAIN-admin
      /hooks: DOMAIN-hooks
";

const EXTERNALS: &str = r"  mail: { host: mail.example.net, cidr: 203.0.113.0/24, ports: [587] }
  partners: { cidr: 0.0.0.0/0, ports: [443] }
";

/// What differs for a domain in the environment.
const OVERLAY: &str = r"  DOMAIN-api:
    replicas: { min: 3, max: 12, cpu: 70 }
    resources: { requests: { cpu: 500m, memory: 512Mi }, limits: { cpu: 2000m, memory: 1Gi } }
";

const PLACE: &str = r#"kubernetes: "1.34"
policy: restricted
domain: example.com
vars: { logLevel: info }
dns: { namespace: kube-system, labels: { k8s-app: kube-dns } }
metrics: { namespace: monitoring, monitors: true }
storage: { default: standard, shared: shared }
clusterCidrs: [10.244.0.0/16, 10.245.0.0/16]
existing: { storageClasses: [standard, shared] }
routing:
  ingress: { class: nginx, controller: { namespace: ingress-nginx } }
  tls: { clusterIssuer: letsencrypt }
  httpsOnly: true
clusterIssuers: { letsencrypt: { acme: { email: ops@example.com } } }
secrets:
  default: external
  placeholders: allowed
  external: { store: vault, kind: ClusterSecretStore, path: "${{ stack.name }}/${{ secret.name }}" }
defaults:
  services:
    securityContext: { runAsUser: 1000, runAsGroup: 1000 }
    resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
  workers:
    securityContext: { runAsUser: 1000, runAsGroup: 1000 }
    resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
  jobs:
    securityContext: { runAsUser: 1000, runAsGroup: 1000 }
    resources: { requests: { cpu: 50m, memory: 64Mi }, limits: { memory: 256Mi } }
  cronjobs:
    securityContext: { runAsUser: 1000, runAsGroup: 1000 }
    resources: { requests: { cpu: 50m, memory: 64Mi }, limits: { memory: 256Mi } }
  postgres:
    resources: { requests: { cpu: 250m, memory: 256Mi }, limits: { cpu: 500m, memory: 512Mi } }
  redis:
    resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 256Mi } }
"#;

const MIGRATION: &str =
    "create table items (id bigint primary key, name text not null, made_at timestamptz);\n";

/// A project with the stack and its environment.
pub fn project() -> MemoryFs {
    let fs = MemoryFs::default();
    fs.put(format!("environments/{ENVIRONMENT}.yaml"), PLACE);
    fs.put(format!("stacks/{STACK}/stack.yaml"), stack());
    fs.put(
        format!("stacks/{STACK}/{ENVIRONMENT}.yaml"),
        format!("services:\n{}", for_each_domain(OVERLAY)),
    );
    fs.put(format!("stacks/{STACK}/migrations/V1__items.sql"), MIGRATION);
    fs
}

fn stack() -> String {
    let mut text = HEAD.to_owned();
    for (key, of_a_domain, shared) in SECTIONS {
        // Writing to a string cannot fail.
        let _ = write!(text, "{key}:\n{}{shared}\n", for_each_domain(of_a_domain));
    }
    text
}

fn for_each_domain(text: &str) -> String {
    DOMAINS.map(|domain| text.replace(DOMAIN, domain)).concat()
}
