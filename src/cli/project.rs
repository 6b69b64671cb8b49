//! What the commands that compile have in common.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;

use crate::compile::{Compiled, Loaded, Request, check_on_demand};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
use crate::diff::{self, Comparison, Review, Side};
use crate::emit::{FileSet, Maker, Scope, Update, file_set};
use crate::manifests::Input;
use crate::parallel;
use crate::plan::AllowedChange;
use crate::source::Sources;

/// The concrete environments that names on the command line mean, without repetition; all of
/// them where there are no names. Unknown names are reported, and broken environments, for which
/// nothing can be compiled, with all else that is wrong in the files.
pub(super) fn environments(
    loaded: &Loaded<'_>,
    names: &[String],
    request: Request<'_>,
) -> (Vec<String>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    if names.is_empty() {
        let all = loaded.environments.concrete().map(str::to_owned).collect();
        return (all, loaded.diagnostics().clone());
    }
    let mut members: Vec<String> = Vec::new();
    for name in names {
        match loaded.members(name) {
            Ok(found) if found.is_empty() => diagnostics.append(loaded.all_diagnostics(request)),
            Ok(found) => {
                let found = found.into_iter().map(str::to_owned);
                members
                    .extend(found.filter(|member| !members.contains(member)).collect::<Vec<_>>());
            }
            Err(diagnostic) => {
                // What is wrong with the environments themselves may be why.
                diagnostics.append(loaded.diagnostics().clone());
                diagnostics.push(*diagnostic);
            }
        }
    }
    (members, diagnostics)
}

/// Compiles several environments in parallel; what is wrong is added to `diagnostics`.
pub(super) fn compile_all(
    loaded: &Loaded<'_>,
    environments: &[String],
    request: Request<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Compiled> {
    let mut all = parallel::map(environments, |name| loaded.compile(name, request));
    for compiled in &mut all {
        diagnostics.append(std::mem::take(&mut compiled.diagnostics));
    }
    // A stack that is broken may be the one with the job.
    if !diagnostics.has_errors() {
        check_on_demand(&all, request, diagnostics);
    }
    all
}

/// The files of an environment, and what they stand for.
pub(super) fn file_sets(
    compiled: &Compiled,
    request: Request<'_>,
    sources: &Sources,
) -> (Vec<FileSet>, Scope) {
    let sets = parallel::map(&compiled.folders, |folder| {
        let files = folder.files.iter().map(|(name, object)| (name.as_str(), object));
        file_set(&folder.name, files, sources)
    });
    let scope = if request.stacks.is_empty() { Scope::Environment } else { Scope::Stacks };
    (sets, scope)
}

/// Who makes the files of an environment.
pub(super) fn maker(compiled: &Compiled) -> Maker {
    Maker {
        generator: env!("CARGO_PKG_VERSION").to_owned(),
        schema: compiled.kubernetes.to_string(),
    }
}

/// The two sides of an update: what lies on the disk, and the render.
pub(super) fn sides_of_update<'a>(
    update: &'a Update,
    compiled: &'a Compiled,
) -> (Side<'a>, Side<'a>) {
    diff::sides_of(update, &maker(compiled), |folder, file| {
        let folder = compiled.folders.iter().find(|one| one.name == folder)?;
        // The files are sorted by their names.
        let place = folder.files.binary_search_by(|(name, _)| name.as_str().cmp(file)).ok()?;
        Some(&folder.files[place].1)
    })
}

/// What a render changes in `out/`.
pub(super) fn review_of<'a>(
    old: &'a Side<'a>,
    new: &'a Side<'a>,
    compiled: &Compiled,
    sources: &Sources,
) -> Review<'a> {
    let comparison = Comparison::new(old, new, compiled.kubernetes);
    let environment = &compiled.environment;
    let (from, to) = (format!("out:{environment}"), format!("render:{environment}"));
    let mut review = Review::new(from, to, comparison, sources);
    // What is rendered already and not yet merged still needs its reason.
    let _ = allow(&mut review, compiled);
    review
}

/// Notes the changes that the stacks mean to make; a warning for each that is not made.
#[must_use]
pub(super) fn allow(review: &mut Review<'_>, compiled: &Compiled) -> Diagnostics {
    let mut unused = Diagnostics::default();
    for folder in &compiled.folders {
        for (class, AllowedChange { object, reason, at, .. }) in &folder.allowed_changes {
            if !review.allow(&folder.name, object, *class, &reason.v) {
                let message = format!("`{object}` has no change that does `{class}`");
                let (code, place) = (Code::UnusedAllowance, Place::Span(*at));
                let warning = Diagnostic::new(code, Severity::Warning, place, message);
                unused.push(warning.help("delete the line: the change is made, or never was"));
            }
        }
    }
    unused
}

/// The manifests that `-f` names; `-` is standard input, however often it is named.
pub(super) fn inputs(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut read = false;
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() != "-" {
            inputs.push(Input::Path(path.clone()));
        } else if !std::mem::replace(&mut read, true) {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
            inputs.push(Input::Bytes("<stdin>".to_owned(), bytes));
        }
    }
    Ok(inputs)
}
