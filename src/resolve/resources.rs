//! What containers ask for and may use at most.

use super::interface::open_entries;
use super::names;
use super::planner::Planner;
use super::read::Read;
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::{NameForm, Quantity};
use crate::plan::{Container, Map, Val};
use crate::source::{Origin, Rule, Span};
use crate::spec;
use crate::spec::expression::Text;
use crate::spec::map::Open;

/// The requests and limits of a container, by resource.
#[derive(Debug, Default)]
pub(super) struct Resources {
    pub requests: Map,
    pub limits: Map,
}

/// Whose defaults hold for the resources of which a container says nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unsaid<'a> {
    /// A program's own.
    Program,
    /// A PostgreSQL's.
    Postgres,
    /// An init container's: those of its program.
    Init(&'a Container),
    /// A sidecar's.
    Sidecar,
}

impl Unsaid<'_> {
    /// The defaults of a container that is declared at `at`.
    fn resources(self, at: Origin) -> Resources {
        let (rule, cpu, memory, most) = match self {
            Self::Program => (Rule::ProgramResources, "100m", "128Mi", "256Mi"),
            Self::Postgres => (Rule::PostgresResources, "250m", "256Mi", "512Mi"),
            Self::Sidecar => (Rule::SidecarResources, "10m", "32Mi", "128Mi"),
            Self::Init(program) => {
                let derived = |map: &Map| {
                    let entries = map.iter().map(|(resource, amount)| {
                        let at = amount.at.derive(Rule::InitResources);
                        (resource.clone(), Val::new(amount.v.clone(), at))
                    });
                    entries.collect()
                };
                return Resources {
                    requests: derived(&program.requests),
                    limits: derived(&program.limits),
                };
            }
        };
        let amount = |resource: &str, amount: &str| {
            (resource.to_owned(), Val::new(amount.to_owned(), at.derive(rule)))
        };
        Resources {
            requests: Map::from([amount("cpu", cpu), amount("memory", memory)]),
            limits: Map::from([amount("memory", most)]),
        }
    }
}

impl Resources {
    /// Whether anybody says how much of a resource is asked for. The server takes a limit for
    /// the request where there is none.
    pub fn is_said(container: &Container, resource: &str) -> bool {
        let amounts = [&container.requests, &container.limits];
        amounts.into_iter().filter_map(|map| map.get(resource)).any(|amount| {
            !matches!(
                amount.at,
                Origin::Derived { rule: Rule::ProgramResources | Rule::PostgresResources, .. }
            )
        })
    }
}

impl Planner<'_> {
    /// The resources of a container that is declared at `at`. A resource of which it says
    /// anything is left at that: a request without a limit has none.
    pub fn resources(
        &self,
        written: Option<&spec::Resources>,
        unsaid: Unsaid<'_>,
        at: Span,
        scope: &impl Read,
    ) -> Resources {
        let quantities = |map| self.quantities(map, scope);
        let mut resources = Resources {
            requests: quantities(written.and_then(|resources| resources.requests.as_ref())),
            limits: quantities(written.and_then(|resources| resources.limits.as_ref())),
        };
        self.check_requests(&resources);
        let Resources { mut requests, mut limits } = unsaid.resources(Origin::Written(at));
        for map in [&mut requests, &mut limits] {
            map.retain(|resource, _| {
                !resources.requests.contains_key(resource)
                    && !resources.limits.contains_key(resource)
            });
        }
        resources.requests.append(&mut requests);
        resources.limits.append(&mut limits);
        resources
    }

    fn quantities(&self, map: Option<&Open<Text>>, scope: &impl Read) -> Map {
        let quantities = scope.map(map, "a quantity");
        for (key, entry) in open_entries(map) {
            let at = Origin::Written(entry.key);
            names::check(NameForm::QualifiedName, key, at, "the name of a resource", self.log);
        }
        for quantity in quantities.values() {
            self.check_quantity(quantity);
        }
        quantities
    }

    /// Reports a text that is no quantity, or less than nothing.
    pub fn check_quantity(&self, quantity: &Val<String>) {
        let Some(span) = quantity.at.span() else { return };
        let problem = match quantity.v.parse::<Quantity>() {
            Err(error) => error.to_string(),
            Ok(amount) if amount.is_negative() => "a quantity is not less than 0".to_owned(),
            Ok(_) => return,
        };
        self.log.push(
            Diagnostic::error(
                Code::MalformedValue,
                span,
                format!("`{}` is not a quantity", quantity.v),
            )
            .help(problem),
        );
    }

    fn check_requests(&self, resources: &Resources) {
        for (resource, request) in &resources.requests {
            let Some(limit) = resources.limits.get(resource) else { continue };
            let (Ok(least), Ok(most)) =
                (request.v.parse::<Quantity>(), limit.v.parse::<Quantity>())
            else {
                continue;
            };
            if let (true, Some(span)) = (least > most, request.at.span()) {
                let mut diagnostic = Diagnostic::error(
                    Code::Conflicting,
                    span,
                    format!(
                        "more {resource} is requested than the limit allows: {} of {}",
                        request.v, limit.v
                    ),
                )
                .help("raise the limit, or request less");
                if let Some(other) = limit.at.span() {
                    diagnostic = diagnostic.also(other, "the limit");
                }
                self.log.push(diagnostic);
            }
        }
    }
}
