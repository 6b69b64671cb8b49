//! Services: the names and ports under which others reach a program.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};

use super::Built;
use super::container::protocol;
use super::metadata::{Owner, selector};
use crate::k8s;
use crate::plan::{Plan, Port, Program, Val};
use crate::source::Rule;

/// The Service of a program, with an address of its own in the cluster.
pub(super) fn of_program(plan: &Plan, program: &Program) -> Built<Service> {
    let at = program.at;
    k8s!(at; Service {
        metadata: Owner::program(plan, program).metadata(&program.name),
        spec: k8s!(at; ServiceSpec {
            selector: selector(plan, program),
            ports: ports(program),
        }),
    })
}

/// The Service of a StatefulSet, which gives its pods their names.
pub(super) fn headless(plan: &Plan, program: &Program) -> Built<Service> {
    let at = program.at.derive(Rule::HeadlessService);
    k8s!(at; Service {
        metadata: Owner::program(plan, program).metadata(&headless_name(program)),
        spec: k8s!(at; ServiceSpec {
            cluster_ip: "None",
            publish_not_ready_addresses: true,
            selector: selector(plan, program),
            ports: ports(program),
        }),
    })
}

/// The name of the headless Service of a program with [`stateful_set`](super::controller).
pub(super) fn headless_name(program: &Program) -> Val<String> {
    Val::new(program.headless_name(), program.name.at.derive(Rule::HeadlessService))
}

fn ports(program: &Program) -> Vec<Built<ServicePort>> {
    program.container.ports.iter().map(port).collect()
}

fn port(port: &Port) -> Built<ServicePort> {
    let Port { name, service, app_protocol, .. } = port;
    k8s!(service.at; ServicePort {
        name,
        port: *service,
        target_port: Val::new(name.v.as_str(), name.at.derive(Rule::ServiceOfPorts)),
        protocol: protocol(port),
        app_protocol,
    })
}
