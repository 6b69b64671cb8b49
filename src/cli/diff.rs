//! `gen diff`: what differs between two sides, and what that does to the cluster.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};

use super::project::{
    allow, compile_all, environments, file_sets, maker, review_of, sides_of_update,
};
use super::sides::{Files, SideName};
use super::{Exit, Output};
use super::{destination, pager};
use crate::compile::{Compiled, Loaded, Request};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity, framed, on_one_line};
use crate::diff::impact::{Class, Impact};
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

/// What there is to compare with.
#[derive(Clone, Copy)]
struct Project<'p> {
    root: &'p Path,
    /// What was rendered last.
    output: &'p emit::Output<'p>,
    sources: &'p Sources,
    /// The fresh renders.
    compiled: &'p [Compiled],
    request: Request<'p>,
}

impl<'p> Project<'p> {
    /// The fresh render of an environment.
    fn compiled(self, environment: &str) -> Option<&'p Compiled> {
        self.compiled.iter().find(|one| one.environment == environment)
    }

    /// The files of a side; of a revision, those of an environment.
    fn files(
        self,
        name: &SideName,
        environment: Option<&str>,
        diagnostics: &mut Diagnostics,
    ) -> anyhow::Result<Files<'p>> {
        let render = |environment: &str| {
            let Some(compiled) = self.compiled(environment) else {
                bail!("`{name}` must be an environment, not a family of them");
            };
            let (sets, _) = file_sets(compiled, self.request, self.sources);
            Ok(Files::Rendered(compiled, sets))
        };
        Files::read(name, environment, self.root, self.output, render, diagnostics)
    }
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
        let (Some(from), Some(to)) = (&self.from, &self.to) else { return Ok(Exit::Failed) };
        let (sources, request) = (Sources::default(), Request::default());
        let root = Path::new(".");
        let last = emit::Output::new(&Disk, root.join("out"), "out");
        let project = Project { root, output: &last, sources: &sources, compiled: &[], request };
        self.compare(from, to, project, Diagnostics::default(), output)
    }

    pub(super) fn run(&self, root: &Path, output: &mut Output) -> anyhow::Result<Exit> {
        let loaded = Loaded::new(&Disk, root);
        let sources = &loaded.project.sources;
        let stacks = self.names.get(1..).unwrap_or(&[]);
        let request = Request { stacks, with: &self.with };
        let mut diagnostics = Diagnostics::default();
        let mut members_of = |name: &String| {
            let (members, found) = environments(&loaded, std::slice::from_ref(name), request);
            diagnostics.append(found);
            members
        };
        let members: Vec<String> = self.names.first().map(&mut members_of).unwrap_or_default();
        let mut rendered = if self.to.is_none() { members.clone() } else { Vec::new() };
        for side in [&self.from, &self.to] {
            if let Some(SideName::Render(name)) = side {
                rendered.extend(members_of(name));
            }
        }
        rendered.sort();
        rendered.dedup();
        let compiled = match rendered[..] {
            [] => Vec::new(),
            _ => compile_all(&loaded, &rendered, request, &mut diagnostics),
        };
        let last = destination::output(&loaded.project, None, &[])?;
        let project = Project { root, output: &last, sources, compiled: &compiled, request };
        if diagnostics.has_errors() {
            let failure = format!("could not compare {}", self.subject());
            output.diagnostics(&diagnostics, sources, &failure);
            return Ok(Exit::Failed);
        }
        let (from, to) = match (&self.from, &self.to, &members[..]) {
            (None, None, _) => return self.updates(project, diagnostics, output),
            (Some(from), Some(to), _) => (from.clone(), to.clone()),
            (Some(from), None, [name]) => (from.clone(), SideName::Render(name.clone())),
            (None, Some(to), [name]) => (SideName::Out(name.clone()), to.clone()),
            (_, _, names) => {
                bail!("two sides are of one environment each: name one of {}", names.join(", "))
            }
        };
        self.compare(&from, &to, project, diagnostics, output)
    }

    /// What is compared, for people.
    fn subject(&self) -> String {
        let sides = [&self.from, &self.to].into_iter().flatten().map(ToString::to_string);
        let names = self.names.iter().take(1).cloned().chain(sides);
        names.collect::<Vec<_>>().join(" with ")
    }

    /// Compares each environment's output with its fresh render.
    fn updates(
        &self,
        project: Project<'_>,
        mut diagnostics: Diagnostics,
        output: &mut Output,
    ) -> anyhow::Result<Exit> {
        let Project { sources, compiled, request, .. } = project;
        let mut updates = Vec::new();
        for one in compiled {
            let (sets, scope) = file_sets(one, request, sources);
            let update = project.output.compare(&one.environment, sets, scope, &maker(one))?;
            // A file in the way stops a render, not a look at what would change; a folder does.
            let found = update.diagnostics.clone();
            diagnostics.append(if update.is_whole { found.into_warnings() } else { found });
            updates.push(update);
        }
        let failure = format!("could not compare {}", self.subject());
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, sources, &failure);
            return Ok(Exit::Failed);
        }
        let updates = updates.iter().zip(compiled);
        let sides: Vec<_> =
            updates.map(|(update, one)| (sides_of_update(update, one), one)).collect();
        let reviews: Vec<Review<'_>> =
            sides.iter().map(|((old, new), one)| review_of(old, new, one, sources)).collect();
        output.diagnostics(&diagnostics, sources, &failure);
        self.show(&reviews, output)
    }

    fn compare(
        &self,
        from: &SideName,
        to: &SideName,
        project: Project<'_>,
        mut diagnostics: Diagnostics,
        output: &mut Output,
    ) -> anyhow::Result<Exit> {
        if (from, to) == (&SideName::Stdin, &SideName::Stdin) {
            bail!("standard input can be one of the two sides only");
        }
        let Project { sources, compiled, .. } = project;
        let failure = format!("could not compare {from} with {to}");
        // That of a revision is the one that is named, or else that of the other side.
        let named = self.names.first().map(String::as_str);
        let environment = named.or_else(|| from.environment()).or_else(|| to.environment());
        let mut old = project.files(from, environment, &mut diagnostics)?;
        let mut new = project.files(to, environment, &mut diagnostics)?;
        if diagnostics.has_errors() {
            output.diagnostics(&diagnostics, sources, &failure);
            return Ok(Exit::Failed);
        }
        if !project.request.stacks.is_empty() {
            let folders: Vec<String> =
                [&old, &new].iter().flat_map(|one| one.folders()).map(str::to_owned).collect();
            old.retain(&folders);
            new.retain(&folders);
        }
        let of = |side: &SideName| match side {
            SideName::Git(_) => environment.map(str::to_owned),
            other => other.environment().map(str::to_owned),
        };
        let is_one_environment = of(from).is_some() && of(from) == of(to);
        let (old_side, new_side) = (old.side(is_one_environment), new.side(is_one_environment));
        let version = compiled.first().map_or_else(Version::default, |one| one.kubernetes);
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
        if let SideName::Render(name) = to
            && is_one_environment
            && let Some(target) = project.compiled(name)
        {
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
        let show = Show { spelling: self.spelling, ..output.show_result() };
        let each = |render: fn(&Review<'_>, Show) -> String| {
            let mut text = String::new();
            for review in reviews {
                let rendered = render(review, show);
                if reviews.len() > 1 && !rendered.is_empty() {
                    text.extend(["# ", &on_one_line(&review.to), "\n"]);
                }
                text += &rendered;
            }
            text
        };
        let text = match self.output {
            Format::Text => framed(&each(diff::text)).into_owned(),
            Format::Summary => framed(&each(diff::plan)).into_owned(),
            Format::Json => diff::json(reviews),
            Format::Markdown => diff::markdown(reviews),
            Format::Github => diff::github(reviews),
        };
        match self.output {
            Format::Text if !self.no_pager => pager::show(&framed(&text), output)?,
            Format::Text | Format::Summary | Format::Markdown => output.text(&text)?,
            Format::Json | Format::Github => output.result(text.as_bytes())?,
        }
        let is_stopped =
            |impact: &Impact| impact.allowed.is_none() && self.fail_on.contains(&impact.class);
        let impacts = reviews.iter().flat_map(Review::all_impacts);
        let stopped = impacts.filter(|(_, impact)| is_stopped(impact));
        let stopped: BTreeSet<String> =
            stopped.map(|(subject, impact)| format!("{subject} ({})", impact.class)).collect();
        if !stopped.is_empty() {
            let all = stopped.into_iter().collect::<Vec<_>>().join(", ");
            output.error(&anyhow!("`--fail-on` stops this: {all}"));
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
    // A file may hold many such parts, and says of all of them what is wrong.
    let mut checked = BTreeSet::new();
    for change in &comparison.changes {
        for (side, content) in [&change.old, &change.new].into_iter().enumerate() {
            let Some(Content::Text { path, .. }) = content else { continue };
            let files = sides[side];
            if !checked.insert((side, path.as_str())) {
                continue;
            }
            let Some(bytes) = files.foreign(path) else { continue };
            match sources.add_bytes(path.clone(), bytes.to_owned()) {
                Err(diagnostic) => diagnostics.push(*diagnostic),
                Ok(file) => {
                    let (trees, found) = parse(&sources.get(file), Dialect::Kubectl);
                    diagnostics.append(found);
                    for tree in trees {
                        diagnostics.append(crate::manifests::not_objects(tree.root()));
                    }
                }
            }
        }
    }
}
