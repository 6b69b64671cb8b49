//! Where Prometheus finds the metrics of a program.

use super::joining::Joining;
use super::metadata::{Owner, label_selector};
use crate::k8s;
use crate::k8s::custom::{MetricsEndpoint, PodMonitor, PodMonitorSpec};
use crate::plan::{Metrics, Plan, Program};
use crate::source::Rule;

/// The PodMonitor, where the place's scraper reads such. Pods rather than Services are
/// monitored, since every program that serves metrics has them.
pub(super) fn lower(plan: &Plan, program: &Program, out: &mut Joining<'_>) {
    let Some(Metrics { port, path, interval }) = &program.metrics else { return };
    if !plan.place.scraper.as_ref().is_some_and(|scraper| scraper.monitors) {
        return;
    }
    let at = port.at.derive(Rule::MonitorOfMetrics);
    let monitor = k8s!(at; PodMonitor {
        metadata: Owner::program(plan, program).metadata(&program.name),
        spec: k8s!(at; PodMonitorSpec {
            job_label: "app.kubernetes.io/name",
            selector: label_selector(plan, program),
            pod_metrics_endpoints: [k8s!(at; MetricsEndpoint { port, path, interval })],
        }),
    });
    out.push(monitor.object());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{lowered, object, place, plan, service, text};
    use super::*;
    use crate::plan::{ControllerPods, Map, Scraper};

    fn scraped(monitors: bool) -> Plan {
        let mut place = place();
        let pods = ControllerPods { namespace: text("monitoring", 8), labels: Map::new() };
        place.scraper = Some(Scraper { pods, monitors });
        let mut plan = plan();
        plan.place = Arc::new(place);
        let mut web = service("web", 30);
        web.metrics = Some(Metrics {
            port: text("http", 40),
            path: Some(text("/metrics", 41)),
            interval: Some(text("30s", 42)),
        });
        plan.programs.push(web);
        plan
    }

    #[test]
    fn metrics_make_a_monitor() {
        assert_eq!(
            object(&scraped(true), "PodMonitor/web"),
            "\
apiVersion: monitoring.coreos.com/v1 @object-identity:40
kind: PodMonitor @object-identity:40
metadata: @30
  name: web
  namespace: shop @stack-namespace:11
  labels:
    app.kubernetes.io/instance: shop-acme @recommended-labels:10
    app.kubernetes.io/managed-by: gen @recommended-labels:30
    app.kubernetes.io/name: web @recommended-labels:30
    app.kubernetes.io/part-of: shop @recommended-labels:10
spec:
  selector: @30
    matchLabels:
      app.kubernetes.io/instance: shop-acme @stable-selector:10
      app.kubernetes.io/name: web @stable-selector:30
  jobLabel: app.kubernetes.io/name
  podMetricsEndpoints:
    -
      path: /metrics @41
      port: http @40
      interval: 30s @42
"
        );
    }

    #[test]
    fn unless_the_scraper_reads_none() {
        assert!(!lowered(&scraped(false)).contains_key("PodMonitor/web"));
    }
}
