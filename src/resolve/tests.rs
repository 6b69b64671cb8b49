//! Stacks from their text to plans, in small environments.

mod expressions;
mod files;
mod flows;
mod needs;
mod places;
mod programs;
mod routes;
mod secrets;
mod stages;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Context, Interface, Merged, Surroundings, interface, place, plan};
use crate::diagnostic::{Diagnostics, Place as Shown};
use crate::fs::testing::MemoryFs;
use crate::plan::{EnvSource, Place, Plan, Program};
use crate::source::{Dialect, Origin, Sources, Span, parse};
use crate::spec::Environment;
use crate::spec::decode::{Decode, Decoder};

/// An environment that offers everything, in as few words as it takes.
const EVERYTHING: &str = "
domain: example.com
vars: { logLevel: info }
clusterCidrs: [10.0.0.0/8]
routing:
  ingress: { class: nginx, controller: { namespace: ingress-nginx } }
  tls: { clusterIssuer: letsencrypt }
storage: { default: standard, premium: ssd }
secrets:
  default: sealed
  placeholders: allowed
  sealed: {}
  external: { store: vault, path: \"prod/${{ stack.name }}/${{ secret.name }}\" }
  existing: { by-hand: [password, url] }
";

/// Stacks in an environment called `prod`.
#[derive(Default)]
struct World {
    environment: &'static str,
    stacks: Vec<(&'static str, &'static str)>,
    instance: Option<&'static str>,
    files: MemoryFs,
    on_demand: Vec<String>,
}

/// What became of them.
struct Outcome {
    place: Option<Arc<Place>>,
    plans: BTreeMap<String, Plan>,
    /// Each report as `CODE [text] message`, with the text it points at.
    reports: Vec<String>,
    /// What all reports advise.
    help: Vec<String>,
    /// The texts that reports show beside their own.
    also: Vec<String>,
    sources: Sources,
}

/// One stack called `shop` in an environment that offers everything.
fn shop(stack: &'static str) -> Outcome {
    World { environment: EVERYTHING, stacks: vec![("shop", stack)], ..World::default() }.resolve()
}

impl World {
    fn resolve(self) -> Outcome {
        let sources = Sources::default();
        let mut diagnostics = Diagnostics::default();
        let (spec, span) = read::<Environment>(
            &sources,
            "environments/prod.yaml",
            self.environment,
            &mut diagnostics,
        );
        let surroundings = Surroundings {
            name: "prod".to_owned(),
            chain: vec!["base".to_owned(), "prod".to_owned()],
            span,
            spec,
        };
        let place = place(&surroundings, &mut diagnostics);
        let mut plans = BTreeMap::new();
        if let Some(place) = &place {
            let stacks: Vec<Merged> = self
                .stacks
                .iter()
                .map(|(name, text)| {
                    let path = format!("stacks/{name}/stack.yaml");
                    let (body, span) = read(&sources, &path, text, &mut diagnostics);
                    let instance = self.instance.map(str::to_owned);
                    Merged {
                        stack: (*name).to_owned(),
                        name: match self.instance {
                            Some(instance) => format!("{name}-{instance}"),
                            None => (*name).to_owned(),
                        },
                        instance,
                        folder: format!("stacks/{name}"),
                        span,
                        body,
                    }
                })
                .collect();
            let neighbours: BTreeMap<String, Interface> = stacks
                .iter()
                .filter_map(|stack| {
                    let interface = interface(stack, &surroundings, place, &mut diagnostics)?;
                    Some((stack.name.clone(), interface))
                })
                .collect();
            let context = Context {
                surroundings: &surroundings,
                place,
                neighbours: &neighbours,
                fs: &self.files,
                root: Path::new(""),
                on_demand: &self.on_demand,
            };
            for stack in &stacks {
                if let Some(plan) = plan(stack, context, &mut diagnostics) {
                    plans.insert(stack.name.clone(), plan);
                }
            }
        }
        let text = |span: Span| sources.get(span.file).slice(span).trim().to_owned();
        let reports = diagnostics.iter().map(|found| {
            let shown = match &found.place {
                Shown::Span(span) => text(*span),
                Shown::Path(path) => path.clone(),
                Shown::Nowhere => String::new(),
            };
            format!("{} [{shown}] {}", found.code.id(), found.message)
        });
        Outcome {
            place,
            plans,
            reports: reports.collect(),
            help: diagnostics.iter().flat_map(|found| found.help.clone()).collect(),
            also: diagnostics
                .iter()
                .flat_map(|found| found.secondary.iter().map(|label| text(label.span)))
                .collect(),
            sources,
        }
    }
}

fn read<T: Decode>(
    sources: &Sources,
    path: &str,
    text: &str,
    diagnostics: &mut Diagnostics,
) -> (T, Span) {
    let file = sources.add(path, text);
    let whole = Span { file, start: 0, end: u32::try_from(text.len()).expect("it is short") };
    let (trees, found) = parse(&sources.get(file), Dialect::Strict);
    diagnostics.append(found);
    let tree = trees.first().expect("the text is one document");
    let mut decoder = Decoder::new(sources.get(file), whole, diagnostics);
    (T::decode(tree.root(), &mut decoder).expect("the text is of that type"), whole)
}

impl Outcome {
    /// The plan of the one sound stack.
    fn plan(&self) -> &Plan {
        assert_eq!(self.reports, [""; 0]);
        self.plans.values().next().expect("the stack is sound")
    }

    fn program(&self, name: &str) -> &Program {
        self.plan().program(name).expect("it is planned")
    }

    /// The environment of a component's own container, a line a variable.
    fn env(&self, component: &str) -> Vec<String> {
        env(&self.program(component).container)
    }

    /// The text that a value came from, and the rule that made it.
    fn origin(&self, at: Origin) -> String {
        let text = |span: Span| self.sources.get(span.file).slice(span).to_owned();
        match at {
            Origin::Written(span) => text(span),
            Origin::Derived { rule, from } => {
                format!("{} <{}>", from.map(text).unwrap_or_default(), rule.name())
            }
        }
    }
}

fn env(container: &crate::plan::Container) -> Vec<String> {
    let variables = container.env.iter().map(|variable| {
        let name = &variable.name.v;
        match &variable.source.v {
            EnvSource::Value(text) => format!("{name}={text}"),
            EnvSource::Secret { secret, key } => format!("{name} secret {secret}/{key}"),
            EnvSource::Field(field) => format!("{name} field {field}"),
        }
    });
    variables.collect()
}
