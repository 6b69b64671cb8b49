//! One stack in one environment with nothing left open: what resolving makes and lowering
//! reads. Every leaf knows where it came from; nothing here knows files, layers or
//! expressions.

mod allowance;
mod data;
mod foreign;
mod network;
mod place;
mod program;
mod route;
mod secret;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::Origin;

pub use allowance::{Allowance, AllowedChange, Scope};
pub use data::{Backup, Config, Postgres, Reclaim, Redis, Storage, Tls, Volume};
pub use foreign::{Argument, Patch, TemplateUse, Vendored};
pub use network::{Endpoint, Flow, FlowPort};
pub use place::{
    ClusterIssuer, ControllerPods, Dns, ExternalStore, IssuerKind, Place, PriorityClass, Routing,
    RoutingKind, Scraper, SealedSecrets, StorageClass, TlsSource,
};
pub use program::{
    Budget, Container, Controller, CronSchedule, EnvFrom, EnvSource, EnvVar, Extra, Metrics, Mount,
    MountSource, Port, Probes, Program, ProgramKind, RbacRule, Replicas, SecurityContext,
    ServiceAccount, Task, Wait, WaitFor, headless_name, ports_to_call,
};
pub use route::{RateLimit, RatePeriod, Route, RouteKind, RoutePath};
pub use secret::{Composed, Piece, Secret, SecretBackend, SecretKey, SecretValue};
pub use value::Val;

/// Values by name, each with its origin; sorted, as Kubernetes sorts them.
pub type Map = BTreeMap<String, Val<String>>;

/// One stack, or one instance of a stack, in one environment.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The environment.
    pub place: Arc<Place>,
    /// The stack's name; of an instance `STACK-INSTANCE`. Also the name of its output folder.
    pub name: String,
    /// The stack's name, of an instance too.
    pub stack: String,
    /// Where the stack as a whole is declared.
    pub at: Origin,
    /// The namespace of all of its objects.
    pub namespace: Val<String>,
    /// Whether no other stack of the environment uses the namespace, so that the namespace
    /// and its default deny are this stack's to render.
    pub owns_namespace: bool,
    /// Labels on all of its objects.
    pub labels: Map,
    /// Annotations on all of its objects.
    pub annotations: Map,
    /// Services, workers, jobs and cron jobs, in the order declared.
    pub programs: Vec<Program>,
    /// PostgreSQL databases.
    pub postgres: Vec<Postgres>,
    /// Redis caches.
    pub redis: Vec<Redis>,
    /// Claims of the stack's own.
    pub volumes: Vec<Volume>,
    /// ConfigMaps, those of mounted files included.
    pub configs: Vec<Config>,
    /// Secrets, the credentials of databases and externals included.
    pub secrets: Vec<Secret>,
    /// Ways in from outside.
    pub routes: Vec<Route>,
    /// Who may reach whom: everything else is denied.
    pub flows: Vec<Flow>,
    /// Templates whose objects join the stack's, in the order declared.
    pub templates: Vec<TemplateUse>,
    /// Manifests that join the stack's objects as they are, in the order declared.
    pub manifests: Vec<Vendored>,
    /// Partial objects to merge over rendered ones.
    pub patches: Vec<Patch>,
    /// Warnings of good practice that it lives with.
    pub allowances: Vec<Allowance>,
    /// The changes that it means to make.
    pub allowed_changes: Vec<AllowedChange>,
}

impl Plan {
    /// All that runs pods: programs, PostgreSQLs and Redis caches.
    pub fn all_programs(&self) -> impl Iterator<Item = &Program> {
        let databases = self.postgres.iter().map(|postgres| &postgres.program);
        let caches = self.redis.iter().map(|redis| &redis.program);
        self.programs.iter().chain(databases).chain(caches)
    }

    /// The same, to be changed.
    pub(crate) fn all_programs_mut(&mut self) -> impl Iterator<Item = &mut Program> {
        let databases = self.postgres.iter_mut().map(|postgres| &mut postgres.program);
        let caches = self.redis.iter_mut().map(|redis| &mut redis.program);
        self.programs.iter_mut().chain(databases).chain(caches)
    }

    /// The pods of a component.
    #[must_use]
    pub fn program(&self, component: &str) -> Option<&Program> {
        self.all_programs().find(|program| program.component == component)
    }
}
