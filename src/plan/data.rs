//! Databases, caches, volumes and configuration.

use std::collections::BTreeMap;

use super::{Map, Program, SecretValue, TemplateUse, Val};
use crate::source::{Origin, Tree};

/// One PostgreSQL. Its pods are described by `program`, whose container has its port and what
/// the stack says of it alone; what makes it a PostgreSQL is lowering's to add.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// The pods: name, selector, container (image, port, resources, env, ...), one replica.
    pub program: Program,
    /// The major version, where the stack says it; an image's tag may say it instead.
    pub version: Option<Val<String>>,
    /// The database made at the first start.
    pub database: Val<String>,
    /// The user that owns it.
    pub user: Val<String>,
    /// The port.
    pub port: u16,
    /// The volume that holds the data.
    pub storage: Storage,
    /// The folder inside of the volume that holds the data; `.` for the volume itself.
    pub data_folder: Option<Val<String>>,
    /// Settings of `postgresql.conf` in the order of their names, as text.
    pub settings: Map,
    /// The ConfigMap with the scripts of the first start.
    pub init_scripts: Option<Val<String>>,
    /// The name of the Secret that holds the password.
    pub secret: Val<String>,
    /// The certificate that it serves with.
    pub tls: Option<Tls>,
    /// Regular dumps.
    pub backup: Option<Backup>,
    /// Where it is declared.
    pub at: Origin,
}

/// A certificate from the environment's issuer.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The Secret that holds it.
    pub secret: Val<String>,
    /// The host names that it is for.
    pub hosts: Vec<String>,
    /// Where it is asked for.
    pub at: Origin,
}

/// Regular dumps of a PostgreSQL.
#[derive(Debug, Clone)]
pub struct Backup {
    /// When.
    pub schedule: Val<String>,
    /// The IANA time zone.
    pub time_zone: Option<Val<String>>,
    /// How many dumps are kept.
    pub keep: Val<u32>,
    /// The name of the claim that holds them.
    pub claim: Val<String>,
    /// Fields of Kubernetes to merge.
    pub extra: Vec<super::Extra>,
    /// Where it is declared.
    pub at: Origin,
}

/// One Redis, or one that takes writes and others that follow it.
#[derive(Debug, Clone)]
pub struct Redis {
    /// The pods: name, selector, container, as of a PostgreSQL.
    pub program: Program,
    /// How many in all.
    pub replicas: Val<u32>,
    /// The port.
    pub port: u16,
    /// The volume that holds the data of each; without it the cache is empty after a restart.
    pub storage: Option<Storage>,
    /// Settings of `redis.conf` in the order of their names, as text.
    pub settings: Map,
    /// The name of the Secret that holds the password.
    pub secret: Val<String>,
    /// Where it is declared.
    pub at: Origin,
}

/// A volume to ask for.
#[derive(Debug, Clone)]
pub struct Storage {
    /// How much it holds, a Kubernetes quantity.
    pub size: Val<String>,
    /// The StorageClass's name in the cluster; `None` for the cluster's default.
    pub class: Option<Val<String>>,
    /// How it may be mounted.
    pub access_modes: Vec<Val<crate::spec::AccessMode>>,
    /// A folder on a node that holds it.
    pub local: Option<Val<String>>,
    /// What becomes of the data, with `local` only.
    pub reclaim: Reclaim,
    /// Where it is asked for.
    pub at: Origin,
}

/// What becomes of the data of a volume when its claim goes, where gen renders the volume.
#[derive(Debug, Clone)]
pub enum Reclaim {
    /// The storage class says.
    ByClass,
    /// As written.
    Policy(Val<crate::spec::ReclaimPolicy>),
}

/// A claim of the stack's own.
#[derive(Debug, Clone)]
pub struct Volume {
    /// The volume's name in the stack.
    pub component: String,
    /// The claim's name.
    pub name: Val<String>,
    /// What it asks for.
    pub storage: Storage,
    /// Labels of the claim.
    pub labels: Map,
    /// Annotations of the claim.
    pub annotations: Map,
    /// Fields of Kubernetes to merge into the claim.
    pub extra: Option<Tree>,
    /// Where it is declared.
    pub at: Origin,
}

/// A ConfigMap, and what belongs to it but is secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// The config's name in the stack; of mounted files, their path as a part of a name.
    pub component: String,
    /// The object's name.
    pub name: Val<String>,
    /// Keys and texts.
    pub data: Map,
    /// Keys and bytes of files that are not UTF-8.
    pub binary_data: Vec<(String, Val<Vec<u8>>)>,
    /// Keys whose values have secrets in them, and where the cluster holds those: they are no
    /// part of the object.
    pub secret_data: BTreeMap<String, Val<SecretValue>>,
    /// Keys whose texts templates of the project make; once these are rendered, they are part of
    /// `data`.
    pub templates: BTreeMap<String, TemplateUse>,
    /// Whether it refuses changes.
    pub immutable: Option<Val<bool>>,
    /// Labels of the object.
    pub labels: Map,
    /// Annotations of the object.
    pub annotations: Map,
    /// Where it is declared.
    pub at: Origin,
}

impl Config {
    /// Whether there is a ConfigMap: not where all values are secret.
    #[must_use]
    pub fn has_object(&self) -> bool {
        let nothing_plain =
            self.data.is_empty() && self.binary_data.is_empty() && self.templates.is_empty();
        self.secret_data.is_empty() || !nothing_plain
    }

    /// The keys whose values are text in the object.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.data.keys().chain(self.templates.keys()).map(String::as_str)
    }
}
