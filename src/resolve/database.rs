//! PostgreSQL databases and Redis caches.

use super::interface::{ComponentKind, POSTGRES, REDIS, entries, missing};
use super::planner::Planner;
use super::program::{Declared, Running};
use super::read::Read;
use super::resources::Unsaid;
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{
    Backup, Container, Controller, Map, Postgres, ProgramKind, Redis, Replicas, Tls, Val, Volume,
};
use crate::source::{Origin, Rule, Span};
use crate::spec;
use crate::spec::expression::Text;

/// How many dumps are kept where nobody says it: a week of daily ones.
const KEPT_DUMPS: u32 = 7;

/// A database or cache with its pods as they are planned, for what pods have in common.
pub(super) struct Planned<'a, T> {
    pub database: T,
    pub running: Running<'a>,
    /// The claim that holds its dumps.
    pub dumps: Option<Volume>,
}

impl<'a> Planner<'a> {
    /// The stack's PostgreSQLs.
    pub fn postgres(&self) -> Vec<Planned<'a, Postgres>> {
        let all = entries(self.merged.body.postgres.as_ref());
        all.filter_map(|(name, entry)| self.one_postgres(name, entry.key, &entry.value.body))
            .collect()
    }

    fn one_postgres(
        &self,
        name: &str,
        at: Span,
        written: &spec::Postgres,
    ) -> Option<Planned<'a, Postgres>> {
        let ComponentKind::Postgres { database, user, tls } = &self.own.components.get(name)?.kind
        else {
            return None;
        };
        let image = self.default_image("postgres", written.version.as_ref(), at);
        let unsaid = Unsaid::Postgres;
        let declared = Declared { name, at, pod: &written.pod, image: Some(image), unsaid };
        let running = self.program(declared, |container, _| one_pod(container))?;
        let scope = self.scope(None);
        if written.storage.is_none() {
            self.log.push(missing(at, &format!("`{name}`"), "storage"));
        }
        let folder = scope.option(written.data_folder.as_ref(), "a folder");
        if let Some(folder) = &folder {
            self.check_data_folder(folder);
        }
        let scripts = scope.option(written.init_scripts.as_ref(), "a folder");
        let dumps =
            written.backup.as_ref().and_then(|backup| self.backup(backup, &running, at, &scope));
        let (backup, dumps) = dumps.unzip();
        let database = Postgres {
            version: scope.option(written.version.as_ref(), "a version"),
            database: database.clone(),
            user: user.clone(),
            port: POSTGRES,
            storage: written
                .storage
                .as_ref()
                .and_then(|storage| self.storage(storage, at, &scope))?,
            data_folder: folder,
            settings: scope.settings(written.settings.as_ref(), "a setting"),
            init_scripts: scripts.and_then(|folder| self.files.flat(&folder)),
            secret: self.secrets.credentials(name)?.object().clone(),
            tls: tls.and_then(|tls| self.tls(tls, &running)),
            backup,
            at: Origin::Written(at),
            program: running.program.clone(),
        };
        Some(Planned { database, running, dumps })
    }

    /// The stack's Redis caches.
    pub fn redis(&self) -> Vec<Planned<'a, Redis>> {
        let all = entries(self.merged.body.redis.as_ref());
        all.filter_map(|(name, entry)| self.one_redis(name, entry.key, &entry.value.body)).collect()
    }

    fn one_redis(&self, name: &str, at: Span, written: &spec::Redis) -> Option<Planned<'a, Redis>> {
        let image = self.default_image("redis", written.version.as_ref(), at);
        let unsaid = Unsaid::Program;
        let declared = Declared { name, at, pod: &written.pod, image: Some(image), unsaid };
        let running = self.program(declared, |container, _| one_pod(container))?;
        let scope = self.scope(None);
        let replicas = scope.value(written.replicas.as_ref(), "a number");
        if let Some(Val { v: 0, at: zero }) = &replicas
            && let Some(span) = zero.span()
        {
            self.log.push(
                Diagnostic::error(Code::MalformedValue, span, "a cache of no pods keeps nothing")
                    .help("write at least 1, or remove the cache"),
            );
        }
        let database = Redis {
            replicas: replicas
                .unwrap_or_else(|| Val::new(1, Origin::Written(at).derive(Rule::OneReplica))),
            port: REDIS,
            storage: match &written.storage {
                Some(storage) => Some(self.storage(storage, at, &scope)?),
                None => None,
            },
            settings: scope.settings(written.settings.as_ref(), "a setting"),
            secret: self.secrets.credentials(name)?.object().clone(),
            at: Origin::Written(at),
            program: running.program.clone(),
        };
        Some(Planned { database, running, dumps: None })
    }

    /// The official image of a database in the version that it names.
    fn default_image(&self, repository: &str, version: Option<&Text>, at: Span) -> Val<String> {
        let at = Origin::Written(version.map_or(at, |version| version.span));
        let version = self.own.ground.with(self.log).option(version, "a version");
        let image = version
            .map_or_else(|| repository.to_owned(), |version| format!("{repository}:{}", version.v));
        Val::new(image, at.derive(Rule::ImageOfVersion))
    }

    /// The whole image of a database, as its own container has it.
    pub fn database_image(
        &self,
        image: Option<&Text>,
        repository: &str,
        version: Option<&Text>,
        at: Span,
    ) -> Val<String> {
        let image = self.own.ground.with(self.log).option(image, "an image");
        let image = image.unwrap_or_else(|| self.default_image(repository, version, at));
        self.images.whole(&image, self.log)
    }

    fn check_data_folder(&self, folder: &Val<String>) {
        let parts = ["", ".", ".."];
        let sound = folder.v == "." || !folder.v.split('/').any(|part| parts.contains(&part));
        if let (false, Some(span)) = (sound, folder.at.span()) {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    format!("`{}` is not a folder inside of the volume", folder.v),
                )
                .help("write a name, such as `pgdata`, or `.` for the volume itself"),
            );
        }
    }

    fn tls(&self, asked: Val<bool>, running: &Running<'_>) -> Option<Tls> {
        let place = self.context.place;
        let issuer = place.routing.as_ref().and_then(|routing| routing.tls.as_ref());
        if issuer.is_none() {
            self.log.push(
                Diagnostic::error(
                    Code::RoutingCannot,
                    asked.at.span()?,
                    format!("`{}` has nobody who issues certificates", place.name),
                )
                .also(self.context.surroundings.span, "the environment is declared here")
                .help(
                    "name an issuer in the environment: `routing: { tls: { clusterIssuer: ... } }`",
                ),
            );
        }
        let name = &running.program.name.v;
        let namespace = &self.own.namespace.v;
        let service = format!("{name}.{namespace}.svc");
        Some(Tls {
            secret: Val::new(format!("{name}-tls"), asked.at.derive(Rule::CertificateName)),
            hosts: vec![name.clone(), format!("{name}.{namespace}"), service],
            at: asked.at,
        })
    }

    fn backup(
        &self,
        backup: &spec::Backup,
        running: &Running<'_>,
        at: Span,
        scope: &Scope<'_>,
    ) -> Option<(Backup, Volume)> {
        let span = backup.span.unwrap_or(at);
        for (field, written) in
            [("schedule", backup.schedule.is_some()), ("storage", backup.storage.is_some())]
        {
            if !written {
                self.log.push(missing(span, "this backup", field));
            }
        }
        let schedule = scope.option(backup.schedule.as_ref(), "a schedule")?;
        self.check_schedule(&schedule);
        let at = Origin::Written(span);
        let keep = scope.value(backup.keep.as_ref(), "a number");
        if let Some(Val { v: 0, at }) = &keep
            && let Some(span) = at.span()
        {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    "a backup that keeps no dump keeps nothing",
                )
                .help("write at least 1"),
            );
        }
        let program = &running.program;
        let claim = Val::new(backup_claim(&program.name.v), at.derive(Rule::BackupClaim));
        let volume = Volume {
            component: program.component.clone(),
            name: claim.clone(),
            storage: self.storage(backup.storage.as_ref()?, span, scope)?,
            labels: program.labels.clone(),
            annotations: Map::new(),
            extra: None,
            at,
        };
        let backup = Backup {
            schedule,
            time_zone: scope.option(backup.time_zone.as_ref(), "a time zone"),
            keep: keep.unwrap_or_else(|| Val::new(KEPT_DUMPS, at.derive(Rule::KeptDumps))),
            claim,
            extra: self.extra(backup.extra.as_ref(), scope),
            at,
        };
        Some((backup, volume))
    }
}

/// The name of the claim that holds the dumps of the PostgreSQL whose objects have that name.
pub(super) fn backup_claim(name: &str) -> String {
    format!("{name}-backup")
}

/// What keeps a database running as long as lowering has not made it what it is.
fn one_pod(container: &Container) -> ProgramKind {
    ProgramKind::Service(Controller {
        replicas: Replicas::Count(Val::new(1, container.at.derive(Rule::OneReplica))),
        per_node: false,
        storage: None,
        strategy: None,
        budget: None,
        spread: None,
    })
}
