//! Warnings of good practice that a stack lives with.

use super::declaration::declarations;
use super::interface::{entries, open_entries};
use super::planner::Planner;
use super::read::Read;
use crate::plan::{Allowance, AllowedChange, Plan, Scope};
use crate::source::{Origin, Span};
use crate::spec::expression::Text;
use crate::spec::map::Open;

impl Planner<'_> {
    /// What the stack and its parts allow. The rest of the plan says where the objects of each
    /// component come from.
    pub fn allowances(&self, plan: &Plan) -> Vec<Allowance> {
        let body = &self.merged.body;
        let mut all = self.allowed(body.allow.as_ref(), &Scope::Stack);
        for (name, allow) in self.allowing_components() {
            all.extend(self.allowed(allow, &Scope::Component(places(plan, name))));
        }
        for (_, entry) in entries(body.templates.as_ref()) {
            all.extend(self.allowed(entry.value.allow.as_ref(), &Scope::Foreign(entry.key)));
        }
        for (_, entry) in entries(body.manifests.as_ref()) {
            all.extend(self.allowed(entry.value.allow.as_ref(), &Scope::Foreign(entry.key)));
        }
        all
    }

    /// The changes that the stack means to make.
    pub fn allowed_changes(&self) -> Vec<AllowedChange> {
        self.scope(None).allowed_changes(self.merged.body.allow_changes.as_ref())
    }

    fn allowing_components(&self) -> impl Iterator<Item = (&str, Option<&Open<Text>>)> {
        declarations(&self.merged.body)
            .filter_map(|component| Some((component.name, component.written.pod()?.allow.as_ref())))
    }

    fn allowed(&self, allow: Option<&Open<Text>>, scope: &Scope) -> Vec<Allowance> {
        let read = self.scope(None);
        open_entries(allow)
            .filter_map(|(code, entry)| {
                Some(Allowance {
                    code: code.clone(),
                    reason: read.text(&entry.value, "a reason")?,
                    at: entry.key,
                    scope: scope.clone(),
                })
            })
            .collect()
    }
}

/// Where the objects of a component come from: the component itself, and its parts that are
/// objects of their own.
fn places(plan: &Plan, component: &str) -> Vec<Span> {
    let program = plan.program(component);
    let postgres = plan.postgres.iter().filter(|found| found.program.component == component);
    let backups = postgres.filter_map(|postgres| postgres.backup.as_ref());
    let rules = program.into_iter().flat_map(|program| &program.rbac);
    let origins = program.map(|program| program.at).into_iter();
    let origins = origins.chain(backups.map(|backup| backup.at)).chain(rules.map(|rule| rule.at));
    origins.filter_map(Origin::span).collect()
}
