//! Who may reach whom.

use super::{Map, Val};
use crate::source::Origin;

/// A way from callers to what they call. The stack that is an endpoint's owner renders its
/// side of it; ways to and from other stacks appear in both plans, each with its own side.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Who calls.
    pub from: Endpoint,
    /// Who is called.
    pub to: Endpoint,
    /// On which ports; never empty. These are the pods' own ports, not a Service's.
    pub ports: Vec<FlowPort>,
    /// The need, route or consent that makes it.
    pub at: Origin,
}

/// One end of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The pods of a component of this stack: of a program, a PostgreSQL or a Redis.
    Component(String),
    /// Pods with labels in a namespace that is known by name; all of them without labels.
    Pods {
        /// The namespace.
        namespace: Val<String>,
        /// The pods' labels.
        labels: Map,
    },
    /// All pods of the namespaces with these labels.
    Namespaces(Map),
    /// Addresses.
    Cidr {
        /// The block.
        block: Val<String>,
        /// The blocks inside of it that are left out.
        except: Vec<Val<String>>,
    },
}

/// A port of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowPort {
    /// The pods' port.
    pub port: Val<u16>,
    /// The transport protocol.
    pub protocol: crate::spec::Protocol,
}
