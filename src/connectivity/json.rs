//! A relation for programs: the form that `docs/connectivity.md` describes.

use serde_json::{Value, json};

use super::difference::{Difference, EdgeChange, WayInChange};
use super::entry::{Door, WayIn};
use super::listing::Listing;
use super::pods::{Pods, Workload};
use super::ports::Ports;
use super::table::End;

/// The version of the form. What is added to it later does not change the version.
const VERSION: u32 = 1;

impl Listing<'_> {
    /// The listing as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "version": VERSION,
            "waysIn": self.ways_in.iter().map(WayIn::json).collect::<Vec<_>>(),
            "edges": self
                .edges
                .iter()
                .map(|edge| {
                    json!({
                        "from": edge.from.json(),
                        "to": edge.to.json(),
                        "ports": edge.ports.json(),
                    })
                })
                .collect::<Vec<_>>(),
            "hostNetwork": self.host_network.iter().map(|one| workload(*one)).collect::<Vec<_>>(),
        })
    }
}

impl Difference<'_> {
    /// The difference as JSON: `edges` and `waysIn`, each with what is gained and lost.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "waysIn": self.ways_in.iter().map(WayInChange::json).collect::<Vec<_>>(),
            "edges": self.edges.iter().map(EdgeChange::json).collect::<Vec<_>>(),
        })
    }
}

impl EdgeChange<'_> {
    /// The change as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "from": self.from.json(),
            "to": self.to.json(),
            "gained": self.gained.json(),
            "lost": self.lost.json(),
        })
    }
}

impl WayInChange<'_> {
    /// The change as JSON: how the way was and how it is, null where it is not there.
    #[must_use]
    pub fn json(&self) -> Value {
        let side = |way: &Option<WayIn<'_>>| way.as_ref().map_or(Value::Null, WayIn::json);
        json!({ "wider": self.is_wider(), "old": side(&self.old), "new": side(&self.new) })
    }
}

impl End<'_> {
    /// The end as JSON: its `pods` or its `addresses`.
    fn json(&self) -> Value {
        match self {
            Self::Pods(all) => json!({ "pods": all.iter().map(pods).collect::<Vec<_>>() }),
            Self::Addresses(addresses) => {
                let block = |block: &super::addresses::Block| {
                    let except: Vec<String> =
                        block.except.iter().map(ToString::to_string).collect();
                    json!({ "cidr": block.cidr.to_string(), "except": except })
                };
                json!({ "addresses": addresses.blocks().iter().map(block).collect::<Vec<_>>() })
            }
        }
    }
}

impl WayIn<'_> {
    /// The way as JSON.
    fn json(&self) -> Value {
        json!({
            "door": door(&self.door),
            "sources": End::Addresses(self.sources.clone()).json()["addresses"],
            "service": self.service.map(|service| {
                json!({
                    "namespace": service.namespace,
                    "name": service.name,
                    "port": service.port,
                })
            }),
            "to": self.to.as_ref().map(pods),
            "ports": self.ports.json(),
            "through": self.through.iter().map(End::json).collect::<Vec<_>>(),
        })
    }
}

impl Ports<'_> {
    /// The ranges and the names as JSON.
    fn json(&self) -> Value {
        let ranges = self.ranges().map(|(protocol, first, last)| {
            json!({ "protocol": protocol.to_string(), "first": first, "last": last })
        });
        let names = self
            .names()
            .map(|(protocol, name)| json!({ "protocol": protocol.to_string(), "name": name }));
        ranges.chain(names).collect()
    }
}

fn door(door: &Door<'_>) -> Value {
    match door {
        Door::Host { host, path, kind, namespace, name } => json!({
            "type": "Host",
            "host": host,
            "path": path,
            "by": { "kind": kind, "namespace": namespace, "name": name },
        }),
        Door::LoadBalancer { protocol, port } => {
            json!({ "type": "LoadBalancer", "protocol": protocol.to_string(), "port": port })
        }
        Door::NodePort { protocol, port } => {
            json!({ "type": "NodePort", "protocol": protocol.to_string(), "port": port })
        }
        Door::ExternalIp { address, protocol, port } => json!({
            "type": "ExternalIP",
            "address": address,
            "protocol": protocol.to_string(),
            "port": port,
        }),
        Door::HostPort { protocol, port } => {
            json!({ "type": "HostPort", "protocol": protocol.to_string(), "port": port })
        }
    }
}

fn workload(workload: Workload<'_>) -> Value {
    json!({
        "kind": workload.kind,
        "namespace": workload.namespace,
        "name": workload.name,
    })
}

fn pods(pods: &Pods<'_>) -> Value {
    match pods {
        Pods::Workload(one) => workload(*one),
        Pods::Others(others) => json!({
            "namespace": others.namespace,
            "namespaceLabels": others.namespace_labels,
            "labels": others.labels,
        }),
    }
}
