//! The phases of one system one by one, each with what it takes from the one before it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gen_compiler::compile::{self, Compiled, Folder};
use gen_compiler::diagnostic::Diagnostics;
use gen_compiler::diff::{Comparison, Review, Show};
use gen_compiler::emit::{self, FileSet, Maker, Output, Scope};
use gen_compiler::k8s::Object;
use gen_compiler::load::{Environments, Project, StackFiles};
use gen_compiler::plan::{Place, Plan};
use gen_compiler::resolve::{self, Layers};
use gen_compiler::source::Sources;
use gen_compiler::validate::CustomKinds;
use gen_compiler::{diff, link, lower};

use crate::system::System;

/// Where a system was rendered earlier.
const OUT: &str = "out";

/// A system, and what each of its phases takes.
pub struct Chain<'s> {
    system: &'s System,
    project: Project<'s>,
    environments: Environments,
    files: StackFiles,
    place: Arc<Place>,
    plans: Vec<Plan>,
    built: Vec<Object>,
    compiled: Compiled,
    sets: Vec<FileSet>,
}

impl<'s> Chain<'s> {
    /// Runs all phases of a system, and puts an earlier render of it into `out/`.
    pub fn new(system: &'s System) -> Self {
        let mut diagnostics = Diagnostics::default();
        let project = Project::new(&system.fs, "");
        let environments = Environments::load(&project, &mut diagnostics);
        let mut files = project.stacks(std::slice::from_ref(&system.name), &environments);
        let files = files.remove(&system.name).expect("what was asked for");

        let loaded = system.load();
        let compiled = system.compile(&loaded);
        system.assert_sound(&compiled.diagnostics, &loaded.project.sources);
        let sets = file_sets(&compiled, &loaded.project.sources);
        write_earlier(system, &compiled, sets.clone());

        let layers = Layers::new(&environments, system.environment, &mut diagnostics);
        let place =
            layers.and_then(|layers| resolve::place(&layers.surroundings, &mut diagnostics));
        let place = place.expect("a sound environment is a place");
        let (plans, built) = (Vec::new(), Vec::new());
        let mut chain =
            Self { system, project, environments, files, place, plans, built, compiled, sets };
        chain.plans = chain.resolve();
        chain.built = chain.lower();
        chain
    }

    /// How many objects come of it all.
    pub fn objects(&self) -> usize {
        self.compiled.objects().count()
    }

    /// From files to plans.
    pub fn resolve(&self) -> Vec<Plan> {
        let mut diagnostics = Diagnostics::default();
        let layers = Layers::new(&self.environments, self.system.environment, &mut diagnostics)
            .expect("a sound environment has layers");
        let place = resolve::place(&layers.surroundings, &mut diagnostics)
            .expect("a sound environment is a place");
        let merged = layers.merge(&self.system.name, &self.files, &mut diagnostics);
        let mut neighbours = BTreeMap::new();
        for stack in &merged {
            let interface =
                resolve::interface(stack, &layers.surroundings, &place, &mut diagnostics);
            neighbours.insert(stack.name.clone(), interface.expect("a sound stack has one"));
        }
        let context = resolve::Context {
            surroundings: &layers.surroundings,
            place: &place,
            neighbours: &neighbours,
            fs: &self.project.fs,
            root: Path::new(""),
            on_demand: &[],
        };
        let plan = |stack| resolve::plan(stack, context, &mut diagnostics);
        let plans: Option<Vec<Plan>> = merged.iter().map(plan).collect();
        plans.expect("a sound stack has a plan")
    }

    /// From plans to objects.
    pub fn lower(&self) -> Vec<Object> {
        let mut diagnostics = Diagnostics::default();
        self.plans.iter().flat_map(|plan| lower::lower(plan, &mut diagnostics)).collect()
    }

    /// The objects that come of lowering.
    pub fn built(&self) -> Vec<Object> {
        self.built.clone()
    }

    /// From objects to complete objects.
    pub fn link(&self, built: Vec<Object>) -> Vec<Object> {
        link::link(built, Vec::new(), self.compiled.kubernetes)
    }

    /// From complete objects to what is wrong with them.
    pub fn validate(&self) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let custom = CustomKinds::default();
        let never = |_| false;
        compile::validate(
            &self.compiled.folders,
            &self.place,
            &custom,
            &[],
            never,
            &mut diagnostics,
        );
        diagnostics
    }

    /// From complete objects to files.
    pub fn emit(&self) -> Vec<FileSet> {
        file_sets(&self.compiled, &self.project.sources)
    }

    /// From files to what they change in `out/`, as text.
    pub fn compare(&self) -> String {
        compare(self.system, &self.compiled, self.sets.clone())
    }
}

/// All phases: from files to what they change in `out/`, as text.
pub fn compile(system: &System) -> String {
    let loaded = system.load();
    let compiled = system.compile(&loaded);
    compare(system, &compiled, file_sets(&compiled, &loaded.project.sources))
}

fn compare(system: &System, compiled: &Compiled, sets: Vec<FileSet>) -> String {
    let output = Output::new(&system.fs, OUT, OUT);
    let update = output.compare(system.environment, sets, Scope::Stacks, &maker(compiled));
    let update = update.expect("memory can be read");
    let (old, new) = diff::sides_of(&update, &maker(compiled), |_, _| None);
    let comparison = Comparison::new(&old, &new, compiled.kubernetes);
    let review = Review::new(String::new(), String::new(), comparison, &Sources::default());
    diff::text(&review, Show::default())
}

fn file_sets(compiled: &Compiled, sources: &Sources) -> Vec<FileSet> {
    let files = |folder: &'_ Folder| {
        let files = folder.files.iter().map(|(name, object)| (name.as_str(), object));
        emit::file_set(&folder.name, files, sources)
    };
    compiled.folders.iter().map(files).collect()
}

/// Writes what an earlier version of the stack rendered: with other images, so that all
/// programs differ and all else is the same.
fn write_earlier(system: &System, compiled: &Compiled, mut sets: Vec<FileSet>) {
    for file in sets.iter_mut().flat_map(|set| set.files.values_mut()) {
        let text =
            String::from_utf8_lossy(&file.bytes).replace(" image: ", " image: mirror.example.com/");
        file.bytes = text.into_bytes();
    }
    let output = Output::new(&system.fs, OUT, OUT);
    let held = output.hold().expect("memory can be written");
    let update = held.prepare(system.environment, sets, Scope::Stacks, &maker(compiled));
    update.and_then(|update| update.write()).expect("memory can be written");
}

fn maker(compiled: &Compiled) -> Maker {
    let generator = env!("CARGO_PKG_VERSION").to_owned();
    Maker { generator, schema: compiled.kubernetes.to_string() }
}
