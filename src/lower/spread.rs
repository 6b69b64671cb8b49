//! Where the pods of a program are put.

use k8s_openapi::api::core::v1::{
    Affinity, PodAffinityTerm, PodAntiAffinity, TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::Built;
use super::metadata::selector;
use crate::k8s;
use crate::plan::{Map, Plan, Program, ProgramKind};
use crate::source::{Origin, Rule};
use crate::spec::Spread;

/// The label that tells the revisions of a Deployment apart.
const REVISION: &str = "pod-template-hash";

/// What the pods of a program are spread over, and where that is said.
fn spread(program: &Program) -> Option<(Spread, Origin)> {
    match &program.kind {
        ProgramKind::Service(controller) | ProgramKind::Worker(controller)
            if !controller.per_node =>
        {
            controller.spread.map(|spread| (spread.v, spread.at))
        }
        _ => None,
    }
}

/// Labels by whose values the pods are told apart that are spread on their own: a StatefulSet
/// stops the old pod first, so that no revision stands in another's way.
fn revision(program: &Program) -> &'static [&'static str] {
    match &program.kind {
        ProgramKind::Service(controller) | ProgramKind::Worker(controller)
            if controller.storage.is_none() =>
        {
            &[REVISION]
        }
        _ => &[],
    }
}

/// Keeps pods of a program apart, on different nodes.
pub(super) fn affinity(plan: &Plan, program: &Program) -> Option<Built<Affinity>> {
    let (Spread::Nodes | Spread::Zones, at) = spread(program)? else { return None };
    let at = at.derive(Rule::SpreadNodes);
    let apart = k8s!(at; WeightedPodAffinityTerm {
        weight: 100,
        pod_affinity_term: k8s!(at; PodAffinityTerm {
            label_selector: pods(selector(plan, program), at),
            match_label_keys: revision(program).to_vec(),
            topology_key: "kubernetes.io/hostname",
        }),
    });
    Some(k8s!(at; Affinity {
        pod_anti_affinity: k8s!(at; PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: [apart],
        }),
    }))
}

/// Spreads pods of a program over zones.
pub(super) fn constraints(plan: &Plan, program: &Program) -> Vec<Built<TopologySpreadConstraint>> {
    let Some((Spread::Zones, at)) = spread(program) else { return Vec::new() };
    let at = at.derive(Rule::SpreadZones);
    vec![k8s!(at; TopologySpreadConstraint {
        max_skew: 1,
        topology_key: "topology.kubernetes.io/zone",
        when_unsatisfiable: "ScheduleAnyway",
        label_selector: pods(selector(plan, program), at),
        match_label_keys: revision(program).to_vec(),
    })]
}

fn pods(labels: Map, at: Origin) -> Built<LabelSelector> {
    k8s!(at; LabelSelector { match_labels: labels })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{controller, object, part, plan, program, storage, text, val};
    use super::*;

    fn spread_over(spread: Spread) -> Plan {
        let mut plan = plan();
        let mut running = controller(30);
        running.spread = Some(val(spread, 40));
        plan.programs.push(program("web", 30, ProgramKind::Worker(running)));
        plan
    }

    #[test]
    fn over_nodes_pods_keep_apart() {
        let plan = spread_over(Spread::Nodes);
        assert_eq!(
            part(&plan, "Deployment/web", "affinity"),
            "\
affinity: @spread-nodes:40
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      -
        weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              app.kubernetes.io/instance: shop-acme @stable-selector:10
              app.kubernetes.io/name: web @stable-selector:30
          matchLabelKeys:
            - pod-template-hash
"
        );
        assert!(!object(&plan, "Deployment/web").contains("topologySpreadConstraints"));
    }

    #[test]
    fn over_zones_they_are_even_too() {
        let plan = spread_over(Spread::Zones);
        assert_eq!(
            part(&plan, "Deployment/web", "topologySpreadConstraints"),
            "\
topologySpreadConstraints:
  - @spread-zones:40
    maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        app.kubernetes.io/instance: shop-acme @stable-selector:10
        app.kubernetes.io/name: web @stable-selector:30
    matchLabelKeys:
      - pod-template-hash
"
        );
        assert!(object(&plan, "Deployment/web").contains("podAntiAffinity"));
    }

    #[test]
    fn over_nothing_there_is_neither() {
        let deployment = object(&spread_over(Spread::None), "Deployment/web");
        assert!(!deployment.contains("affinity") && !deployment.contains("topology"));
    }

    #[test]
    fn the_pods_of_a_stateful_set_have_no_revision_of_their_own() {
        let mut plan = spread_over(Spread::Nodes);
        if let ProgramKind::Worker(running) = &mut plan.programs[0].kind {
            running.storage = Some((storage(50), text("/data", 51)));
        }
        assert!(!object(&plan, "StatefulSet/web").contains("matchLabelKeys"));
    }
}
