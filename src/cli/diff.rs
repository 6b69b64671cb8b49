//! `gen diff`: what differs between two sides, and what that does to the cluster.

use std::path::Path;

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::pager;
use super::project::{
    allow, compile_all, environments, file_sets, maker, review_of, sides_of_update,
};
use super::sides::{Files, SideName};
use super::{Exit, Output};
use crate::compile::{Compiled, Loaded, Request};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
use crate::diff::impact::Class;
use crate::diff::{self, Comparison, Content, Review, Show};
use crate::emit;
use crate::fs::Disk;
use crate::k8s::Version;
use crate::source::{Dialect, Sources, parse};

/// Show what a fresh render would change in out/ENV and what that does to the cluster, or compare
/// any two sides; exits with 1 when they differ
#[derive(Debug, Args)]
#[command(override_usage = "gen diff [OPTIONS] <ENV> [STACK]...\n       \
                            gen diff [OPTIONS] --from <SIDE> --to <SIDE>")]
pub(super) struct Diff {
    /// The environment (a family stands for its members), then stacks [default: all of them]
    #[arg(value_names = ["ENV", "STACK"], num_args = 1.., required_unless_present_all = ["from", "to"])]
    names: Vec<String>,
    /// The old side [default: out:ENV]: out:ENV, render:ENV, git:REVISION (its out/), a file, a
    /// folder, or - for standard input
    #[arg(long, value_name = "SIDE")]
    from: Option<SideName>,
    /// The new side, likewise [default: render:ENV]
    #[arg(long, value_name = "SIDE")]
    to: Option<SideName>,
    /// How the result is written to standard output
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
    /// Exit with 3 when a change does one of these, unless the input allows it: restart,
    /// recreate, exposure, breaks, data-loss
    #[arg(long, value_name = "CLASSES", value_delimiter = ',', value_parser = class)]
    fail_on: Vec<Class>,
    /// Show objects too that mean the same and are written otherwise
    #[arg(long)]
    spelling: bool,
    /// Render this onDemand job too; may be repeated. One rendered before is removed without it
    #[arg(long, value_name = "JOB")]
    with: Vec<String>,
    /// Exit with 0 whether there are differences or not
    #[arg(long)]
    exit_zero: bool,
    /// Do not show a long text in a pager
    #[arg(long)]
    no_pager: bool,
}

/// How a review is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A plan, then a unified diff of each object
    #[default]
    Text,
    /// The plan alone
    Summary,
    /// One document for programs
    Json,
    /// A comment for a pull request, no longer than GitHub takes
    Markdown,
    /// Workflow commands of GitHub Actions, at the lines of the input
    Github,
}

fn class(text: &str) -> Result<Class, String> {
    Class::from_name(text).filter(|class| class.can_stop()).ok_or_else(|| {
        let all = Class::ALL.into_iter().filter(|class| class.can_stop());
        let names: Vec<&str> = all.map(Class::name).collect();
        format!("there is no such class: write one of {}", names.join(", "))
    })
}

impl Diff {
    /// Whether no project is needed.
    pub(super) fn is_of_files(&self) -> bool {
        let is_file =
            |side: &Option<SideName>| matches!(side, Some(SideName::Path(_) | SideName::Stdin));
        self.names.is_empty() && is_file(&self.from) && is_file(&self.to)
    }

    /// Compares two sides that are no part of a project.
    pub(super) fn run_on_files(&self, output: &mut Output) -> anyhow::Result<Exit> {
        let sides = [&self.from, &self.to].map(Option::as_ref);
        let [Some(from), Some(to)] = sides else { return Ok(Exit::Failed) };
        self.compare(from, to, &[], Path::new("."), &Sources::default(), output)
    }

    pub(super) fn run(&self, root: &Path, output: &mut Output) -> anyhow::Result<Exit> {
        let loaded = Loaded::new(&Disk, root);
        let sources = &loaded.project.sources;
        let stacks = self.names.get(1..).unwrap_or(&[]);
        let request = Request { stacks, with: &self.with };
        let own: Vec<String> = self.names.first().cloned().into_iter().collect();
        let mut asked = own.clone();
        for side in [&self.from, &self.to] {
            if let Some(SideName::Render(name)) = side {
                asked.push(name.clone());
            }
        }
        let (names, mut diagnostics) = match asked[..] {
            [] => (Vec::new(), Diagnostics::default()),
            _ => environments(&loaded, &asked, request),
        };
        let needs_render = self.to.is_none()
            || [&self.from, &self.to].iter().any(|side| matches!(side, Some(SideName::Render(_))));
        let compiled = if needs_render {
            compile_all(&loaded, &names, request, &mut diagnostics)
        } else {
            Vec::new()
        };
        let failure = format!("could not compare {}", asked.first().map_or("", String::as_str));
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, sources, &failure);
            return Ok(Exit::Failed);
        }
        if self.from.is_none() && self.to.is_none() {
            return self.updates(&compiled, request, diagnostics, root, sources, &failure, output);
        }
        output.diagnostics(&diagnostics, sources, &failure);
        let members = match &own[..] {
            [] => Vec::new(),
            own => environments(&loaded, own, request).0,
        };
        let (from, to) = match (&self.from, &self.to, &members[..]) {
            (Some(from), Some(to), _) => (from.clone(), to.clone()),
            (Some(from), None, [name]) => (from.clone(), SideName::Render(name.clone())),
            (None, Some(to), [name]) => (SideName::Out(name.clone()), to.clone()),
            (_, _, names) => {
                bail!("two sides are of one environment each: name one of {}", names.join(", "))
            }
        };
        self.compare(&from, &to, &compiled, root, sources, output)
    }

    /// Compares each environment's output with its fresh render.
    #[expect(clippy::too_many_arguments, reason = "the parts of one run")]
    fn updates(
        &self,
        compiled: &[Compiled],
        request: Request<'_>,
        mut diagnostics: Diagnostics,
        root: &Path,
        sources: &Sources,
        failure: &str,
        output: &mut Output,
    ) -> anyhow::Result<Exit> {
        let target = emit::Output::new(&Disk, root.join("out"), "out");
        let mut updates = Vec::new();
        for one in compiled {
            let (sets, scope) = file_sets(one, request, sources);
            let update = target.compare(&one.environment, sets, scope, &maker(one))?;
            // A file in the way stops a render, not a look at what would change.
            diagnostics.append(update.diagnostics.clone().into_warnings());
            updates.push(update);
        }
        let sides: Vec<_> = updates
            .iter()
            .zip(compiled)
            .map(|(update, one)| sides_of_update(update, one))
            .collect();
        let reviews: Vec<Review<'_>> = sides
            .iter()
            .zip(compiled)
            .map(|((old, new), one)| review_of(old, new, one, sources))
            .collect();
        output.diagnostics(&diagnostics, sources, failure);
        self.show(&reviews, output)
    }

    fn compare(
        &self,
        from: &SideName,
        to: &SideName,
        compiled: &[Compiled],
        root: &Path,
        sources: &Sources,
        output: &mut Output,
    ) -> anyhow::Result<Exit> {
        if (from, to) == (&SideName::Stdin, &SideName::Stdin) {
            bail!("standard input can be one of the two sides only");
        }
        let request = Request { stacks: self.names.get(1..).unwrap_or(&[]), with: &self.with };
        let environment = self.names.first().map(String::as_str).or_else(|| {
            [from, to].into_iter().find_map(|side| match side {
                SideName::Out(name) | SideName::Render(name) => Some(name.as_str()),
                _ => None,
            })
        });
        let mut diagnostics = Diagnostics::default();
        let mut read = |name: &SideName| match name {
            SideName::Render(name) => {
                let found = compiled.iter().find(|one| one.environment == *name);
                let Some(found) = found else {
                    bail!("`render:{name}` must be an environment, not a family of them");
                };
                Ok(Files::of_render(found, request, sources))
            }
            other => Files::read(other, environment, root, &mut diagnostics),
        };
        let (mut old, mut new) = (read(from)?, read(to)?);
        let failure = format!("could not compare {from} with {to}");
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, sources, &failure);
            return Ok(Exit::Failed);
        }
        if !request.stacks.is_empty() {
            let folders: Vec<String> =
                [&old, &new].iter().flat_map(|one| one.folders()).map(str::to_owned).collect();
            let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
            old.retain(&folders);
            new.retain(&folders);
        }
        let version = compiled.first().map_or_else(Version::default, |one| one.kubernetes);
        let of = |side: &SideName| match side {
            SideName::Out(name) | SideName::Render(name) => Some(name.clone()),
            SideName::Git(_) => environment.map(str::to_owned),
            SideName::Path(_) | SideName::Stdin => None,
        };
        let is_one = of(from).is_some() && of(from) == of(to);
        let (old_side, new_side) = (old.side(is_one), new.side(is_one));
        let comparison = Comparison::new(&old_side, &new_side, version);
        check(&comparison, [&old, &new], sources, &mut diagnostics);
        if comparison.has_nothing_in_common() {
            let message = format!("{from} and {to} have no object in common");
            let (code, severity) = (Code::NothingInCommon, Severity::Warning);
            let warning = Diagnostic::new(code, severity, Place::Nowhere, message);
            let help = "objects are paired by API group, kind, namespace and name";
            diagnostics.push(warning.help(help));
        }
        let is_of_places = matches!((from, to), (SideName::Render(_), SideName::Render(_)));
        let review = if is_of_places { Review::of_places } else { Review::new };
        let mut review = review(from.to_string(), to.to_string(), comparison, sources);
        let target = compiled.iter().find(|one| *to == SideName::Render(one.environment.clone()));
        if let Some(target) = target.filter(|_| is_one) {
            let unused = allow(&mut review, target);
            // Against the base of a branch, what is not made is made already.
            if matches!(from, SideName::Git(_)) {
                diagnostics.append(unused);
            }
        }
        output.diagnostics(&diagnostics, sources, &failure);
        if diagnostics.has_errors() {
            return Ok(Exit::Failed);
        }
        self.show(&[review], output)
    }

    fn show(&self, reviews: &[Review<'_>], output: &mut Output) -> anyhow::Result<Exit> {
        let show = Show { color: output.result_has_color(), spelling: self.spelling };
        let each = |render: fn(&Review<'_>, Show) -> String| {
            let mut text = String::new();
            for review in reviews {
                let rendered = render(review, show);
                if reviews.len() > 1 && !rendered.is_empty() {
                    text.extend(["# ", &review.to, "\n"]);
                }
                text += &rendered;
            }
            text
        };
        let text = match self.output {
            Format::Text => each(diff::text),
            Format::Summary => each(diff::plan),
            Format::Json => diff::json(reviews),
            Format::Markdown => diff::markdown(reviews),
            Format::Github => diff::github(reviews),
        };
        if self.output == Format::Text && !self.no_pager {
            pager::show(&text, output)?;
        } else {
            output.result(text.as_bytes())?;
        }
        let stopped = reviews.iter().any(|review| {
            review
                .all_impacts()
                .any(|impact| impact.allowed.is_none() && self.fail_on.contains(&impact.class))
        });
        if stopped {
            return Ok(Exit::Stopped);
        }
        let differs = reviews.iter().any(|review| !review.comparison.is_empty());
        Ok(if differs && !self.exit_zero { Exit::Differs } else { Exit::Done })
    }
}

/// Says what is wrong with files from anywhere that hold no objects.
fn check(
    comparison: &Comparison<'_>,
    sides: [&Files<'_>; 2],
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) {
    for change in &comparison.changes {
        for (content, files) in [&change.old, &change.new].into_iter().zip(sides) {
            let Some(Content::Text { path, .. }) = content else { continue };
            let Some(bytes) = files.foreign(path) else { continue };
            match sources.add_bytes(path.clone(), bytes.to_owned()) {
                Err(diagnostic) => diagnostics.push(*diagnostic),
                Ok(file) => {
                    let text = String::from_utf8_lossy(bytes);
                    let (trees, found) = parse(file, &text, Dialect::Kubectl);
                    diagnostics.append(found);
                    for tree in trees {
                        diagnostics.append(crate::manifests::not_objects(tree.root()));
                    }
                }
            }
        }
    }
}
