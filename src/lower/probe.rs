//! Probes.

use k8s_openapi::api::core::v1::{HTTPGetAction, Probe};

use super::Built;
use crate::k8s;
use crate::plan::Probes;
use crate::source::{Rule, Tree};

/// What a probe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Whether the program has started.
    Startup,
    /// Whether it can be sent requests.
    Readiness,
    /// Whether it must be started again.
    Liveness,
}

impl Check {
    pub(super) const ALL: [Self; 3] = [Self::Startup, Self::Readiness, Self::Liveness];

    /// The field of a container.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Startup => "startupProbe",
            Self::Readiness => "readinessProbe",
            Self::Liveness => "livenessProbe",
        }
    }

    /// What the stack says of it in Kubernetes' own shape.
    pub(super) fn said(self, probes: &Probes) -> Option<&Tree> {
        match self {
            Self::Startup => probes.startup.as_ref(),
            Self::Readiness => probes.readiness.as_ref(),
            Self::Liveness => probes.liveness.as_ref(),
        }
    }

    /// Seconds between two tries, and how many must fail.
    fn patience(self) -> (i32, i32) {
        match self {
            Self::Startup => (2, 60),
            Self::Readiness => (5, 3),
            Self::Liveness => (10, 6),
        }
    }
}

/// The probe that follows from a `health` path; what the stack says of it in Kubernetes' own
/// shape is yet to be laid over it.
pub(super) fn probe(check: Check, probes: &Probes) -> Option<Built<Probe>> {
    let (path, port) = probes.http.as_ref()?;
    let at = path.at.derive(Rule::HealthProbes);
    let (period_seconds, failure_threshold) = check.patience();
    let http_get =
        (!has_handler(check.said(probes))).then(|| k8s!(path.at; HTTPGetAction { path, port }));
    Some(k8s!(at; Probe { http_get, period_seconds, failure_threshold, timeout_seconds: 5 }))
}

/// Whether a probe says how to ask, other than by HTTP: a probe asks in one way only.
fn has_handler(said: Option<&Tree>) -> bool {
    let others = ["exec", "grpc", "tcpSocket"];
    said.is_some_and(|said| others.iter().any(|handler| said.root().get(handler).is_some()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{object, part, plan, service, text};
    use crate::source::listing::{at, tree};

    /// The probes of a service with that path, as the Deployment has them.
    fn probes(path: Option<&str>, startup: Option<serde_json::Value>) -> String {
        let mut plan = plan();
        let mut web = service("web", 30);
        let probes = &mut web.container.probes;
        probes.http = path.map(|path| (text(path, 40), text("http", 41)));
        probes.startup = startup.map(|said| tree(&said, at(50)));
        plan.programs.push(web);
        ["startupProbe", "readinessProbe", "livenessProbe"]
            .into_iter()
            .filter(|probe| object(&plan, "Deployment/web").contains(probe))
            .map(|probe| part(&plan, "Deployment/web", probe))
            .collect()
    }

    #[test]
    fn a_path_makes_all_three() {
        assert_eq!(
            probes(Some("/health"), None),
            "\
startupProbe: @health-probes:40
  httpGet: @40
    path: /health
    port: http @41
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
readinessProbe: @health-probes:40
  httpGet: @40
    path: /health
    port: http @41
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
livenessProbe: @health-probes:40
  httpGet: @40
    path: /health
    port: http @41
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
"
        );
    }

    #[test]
    fn what_is_said_is_laid_over() {
        let said = json!({ "failureThreshold": 300, "httpGet": { "path": "/started" } });
        assert_eq!(
            probes(Some("/health"), Some(said)),
            "\
startupProbe: @health-probes:40
  httpGet: @40
    path: /started @50
    port: http @41
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 300 @50
readinessProbe: @health-probes:40
  httpGet: @40
    path: /health
    port: http @41
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
livenessProbe: @health-probes:40
  httpGet: @40
    path: /health
    port: http @41
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
"
        );
    }

    #[test]
    fn another_way_to_ask_replaces_the_request() {
        let said = json!({ "exec": { "command": ["true"] } });
        assert_eq!(
            probes(Some("/health"), Some(said)),
            "\
startupProbe: @health-probes:40
  exec: @50
    command:
      - true
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
readinessProbe: @health-probes:40
  httpGet: @40
    path: /health
    port: http @41
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
livenessProbe: @health-probes:40
  httpGet: @40
    path: /health
    port: http @41
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
"
        );
    }

    #[test]
    fn without_a_path_there_is_what_is_said() {
        assert_eq!(
            probes(None, Some(json!({ "tcpSocket": { "port": 80 } }))),
            "\
startupProbe: @50
  tcpSocket:
    port: 80
"
        );
    }
}
