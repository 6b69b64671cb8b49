//! A stack, planned.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::config::ConfigNames;
use super::files::Files;
use super::flows::Ways;
use super::image::Images;
use super::log::Log;
use super::names;
use super::needs::check_waits;
use super::planner::{Planner, object_names};
use super::program::Running;
use super::read::Read;
use super::secrets::Secrets;
use super::{Context, Merged};
use crate::diagnostic::Diagnostics;
use crate::plan::{Config, MountSource, Plan, Program, ServiceAccount};
use crate::source::{Origin, Span};

/// Plans a stack. `None` when it is not sound, which the diagnostics say.
#[must_use]
pub fn plan(merged: &Merged, context: Context<'_>, diagnostics: &mut Diagnostics) -> Option<Plan> {
    let own = context.neighbours.get(&merged.name)?;
    let log = Log::default();
    let body = &merged.body;
    let secrets = Secrets::of(merged, own, context, &log);
    let config_names =
        object_names(body.configs.as_ref(), |config| config.name.as_ref(), own, &log);
    let config_names = ConfigNames::new(config_names);
    let volumes = object_names(body.volumes.as_ref(), |volume| volume.name.as_ref(), own, &log);
    let images = Images::of(body.images.as_ref(), own, &log);
    let files = Files::new(&merged.folder, context, &log);
    let planner = Planner {
        merged,
        context,
        own,
        secrets: &secrets,
        config_names: &config_names,
        configs: OnceCell::new(),
        volumes: &volumes,
        images: &images,
        files: &files,
        log: &log,
    };
    let draft = planner.draft();
    images.warn_unused(&log);
    config_names.check(&draft.configs, &log);
    let mounted = mounted(&draft);
    let from_files =
        files.into_configs().into_iter().filter(|config| mounted.contains(&config.name.v));
    let configs: Vec<Config> = draft.configs.into_iter().chain(from_files).collect();
    let sound = own.sound && !log.has_errors();
    diagnostics.append(log.into_diagnostics());
    sound.then(|| Plan { configs, secrets: secrets.into_plan(), ..draft })
}

impl Planner<'_> {
    /// The plan without its Secrets and without the ConfigMaps of mounted files, which are known
    /// when all that reads them is read.
    fn draft(&self) -> Plan {
        let scope = self.scope(None);
        let body = &self.merged.body;
        let labels = scope.map(body.labels.as_ref(), "a label");
        names::check_labels(&labels, self.log);
        let annotations = scope.map(body.annotations.as_ref(), "an annotation");
        names::check_annotations(&annotations, self.log);
        let mut ways = Ways::new(self);
        let programs = self.programs();
        let postgres = self.postgres();
        let redis = self.redis();
        let databases = postgres.iter().map(|planned| &planned.running);
        let caches = redis.iter().map(|planned| &planned.running);
        let running: Vec<&Running<'_>> = programs.iter().chain(databases).chain(caches).collect();
        self.check_waits(&running);
        for running in running {
            ways.of(running);
        }
        let mut volumes = self.volumes();
        volumes.extend(postgres.iter().filter_map(|planned| planned.dumps.clone()));
        let routes = self.routes();
        ways.routes(&routes);
        ways.consents();
        let mut plan = Plan {
            place: Arc::clone(self.context.place),
            name: self.merged.name.clone(),
            stack: self.merged.stack.clone(),
            at: Origin::Written(self.merged.span),
            namespace: self.own.namespace.clone(),
            owns_namespace: self.owns_namespace(),
            labels,
            annotations,
            programs: programs.into_iter().map(|running| running.program).collect(),
            postgres: postgres.into_iter().map(|planned| planned.database).collect(),
            redis: redis.into_iter().map(|planned| planned.database).collect(),
            volumes,
            configs: self.configs().to_vec(),
            secrets: Vec::new(),
            routes,
            flows: Vec::new(),
            templates: self.templates(),
            manifests: self.manifests(),
            patches: self.patches(),
            allowances: Vec::new(),
            allowed_changes: self.allowed_changes(),
        };
        plan.allowances = self.allowances(&plan);
        ways.databases(&plan.postgres, &plan.redis);
        plan.flows = ways.into_flows();
        share_accounts(&mut plan);
        plan
    }

    fn owns_namespace(&self) -> bool {
        let mut others =
            self.context.neighbours.values().filter(|other| other.name != self.own.name);
        others.all(|other| other.namespace.v != self.own.namespace.v)
    }

    fn check_waits(&self, running: &[&Running<'_>]) {
        let waits: IndexMap<&str, Vec<(&str, Span)>> = running
            .iter()
            .map(|running| {
                let own = running.needs.found.values().filter(|need| need.other.is_none());
                let waits = own.filter_map(|need| Some((need.name, need.wait?))).collect();
                (running.program.component.as_str(), waits)
            })
            .collect();
        check_waits(&waits, self.log);
    }
}

/// Of the programs that share an account, the first renders it.
fn share_accounts(plan: &mut Plan) {
    let mut known = BTreeSet::new();
    for program in plan.all_programs_mut() {
        let ServiceAccount { name, render, .. } = &mut program.service_account;
        *render = known.insert(name.v.clone());
    }
}

/// The names of the ConfigMaps that the plan's pods read.
fn mounted(plan: &Plan) -> BTreeSet<String> {
    let containers = plan.all_programs().flat_map(|program: &Program| {
        std::iter::once(&program.container).chain(&program.init).chain(&program.sidecars)
    });
    let mounts = containers.flat_map(|container| &container.mounts);
    let configs = mounts.filter_map(|mount| match &mount.source {
        MountSource::Config(name) => Some(name.v.clone()),
        _ => None,
    });
    let scripts = plan.postgres.iter().filter_map(|postgres| postgres.init_scripts.as_ref());
    configs.chain(scripts.map(|scripts| scripts.v.clone())).collect()
}
