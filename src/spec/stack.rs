//! Stacks and their overlays.

use super::config::Config;
use super::expression::Text;
use super::external::External;
use super::macros::spec;
use super::map::{Closed, Open};
use super::merge::Layered;
use super::postgres::Postgres;
use super::raw::Raw;
use super::redis::Redis;
use super::route::Route;
use super::secret::Secret;
use super::storage::Volume;
use super::template::{TemplateUse, Vendored};
use super::value::{List, Setting};
use super::workload::{CronJob, Job, Service, Worker};

spec! {
    /// `stacks/NAME/stack.yaml`: what a system is and in which environments it runs.
    pub struct Stack {
        ..body: StackBody,
        /// The environments, or families of environments, in which it runs.
        environments: List<Text>,
        /// What all of its components of a kind have in common.
        defaults: Defaults,
    }
}

spec! {
    /// What a stack says, and what an overlay of it changes.
    pub struct StackBody {
        /// The namespace, where it is not the environment's.
        namespace: Text,
        /// Values for expressions, `${{ vars.NAME }}`.
        vars: Open<Setting>,
        /// The back-end that keeps its secrets, of those that the environment offers.
        backend: Text,
        /// The tag, and perhaps the digest, of each image by its repository.
        images: Open<Image>,
        /// The stack once for each of these, with its own values and overlays.
        instances: Closed<Instance>,
        /// Programs that others reach by name.
        services: Closed<Layered<Service>>,
        /// Programs that nobody calls.
        workers: Closed<Layered<Worker>>,
        /// Programs that run to their end, once for each change.
        jobs: Closed<Layered<Job>>,
        /// Programs that run to their end at set times.
        cronjobs: Closed<Layered<CronJob>>,
        /// PostgreSQL databases.
        postgres: Closed<Layered<Postgres>>,
        /// Redis caches.
        redis: Closed<Layered<Redis>>,
        /// Volumes that programs share or keep.
        volumes: Closed<Layered<Volume>>,
        /// Configuration.
        configs: Closed<Layered<Config>>,
        /// Secrets.
        secrets: Closed<Layered<Secret>>,
        /// What it calls but does not run.
        externals: Closed<Layered<External>>,
        /// Ways in from outside of the cluster.
        routes: Closed<Layered<Route>>,
        /// Objects from templates of the project.
        templates: Closed<TemplateUse>,
        /// Manifests from elsewhere, by a name.
        manifests: Closed<Vendored>,
        /// Partial objects to merge over rendered ones, by `Kind/name`.
        patches: Open<Raw>,
        /// Labels on all of its objects.
        labels: Open<Text>,
        /// Annotations on all of its objects.
        annotations: Open<Text>,
        /// Warnings of good practice that hold for none of its objects, by their codes, each with
        /// the reason.
        allow: Open<Text>,
        /// Changes that are meant, by the objects as `Kind/name` and by what they do (`recreate`,
        /// `data-loss`, `exposure`, `breaks` or `restart`), each with the reason.
        allow_changes: Open<Open<Text>>,
    }
}

spec! {
    /// What all components of a kind have in common.
    // Boxed, since a layer is large and most places set few of them.
    pub struct Defaults {
        /// Of services.
        services: Box<Layered<Service>>,
        /// Of workers.
        workers: Box<Layered<Worker>>,
        /// Of jobs.
        jobs: Box<Layered<Job>>,
        /// Of cron jobs.
        cronjobs: Box<Layered<CronJob>>,
        /// Of PostgreSQL databases.
        postgres: Box<Layered<Postgres>>,
        /// Of Redis caches.
        redis: Box<Layered<Redis>>,
        /// Of volumes.
        volumes: Box<Layered<Volume>>,
        /// Of configs.
        configs: Box<Layered<Config>>,
        /// Of secrets.
        secrets: Box<Layered<Secret>>,
        /// Of externals.
        externals: Box<Layered<External>>,
        /// Of routes.
        routes: Box<Layered<Route>>,
    }
}

spec! {
    /// Which version of an image to use. A string alone is the tag.
    pub struct Image (short tag) {
        /// The tag.
        tag: Text,
        /// The digest, `sha256:...`.
        digest: Text,
    }
}

spec! {
    /// One of several copies of a stack.
    pub struct Instance {
        /// Values for expressions, over the stack's own.
        vars: Open<Setting>,
    }
}

/// `stacks/NAME/ENVIRONMENT.yaml`: what differs for a stack in an environment.
pub type Overlay = Layered<StackBody>;
