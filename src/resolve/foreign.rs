//! Templates, vendored manifests and patches, with their expressions evaluated.

use super::interface::{entries, open_entries};
use super::planner::Planner;
use super::read::Read;
use crate::plan::{Argument, Patch, TemplateUse, Val, Vendored};
use crate::source::{Origin, Span};
use crate::spec;
use crate::spec::expression::Text;
use crate::spec::map::Open;
use crate::spec::raw::Raw;

impl Planner<'_> {
    pub fn templates(&self) -> Vec<TemplateUse> {
        let scope = self.scope(None);
        entries(self.merged.body.templates.as_ref())
            .map(|(name, entry)| {
                let spec::TemplateUse { template, with, .. } = &entry.value;
                template_use(name, entry.key, template.as_ref(), with.as_ref(), &scope)
            })
            .collect()
    }

    pub fn manifests(&self) -> Vec<Vendored> {
        let scope = self.scope(None);
        entries(self.merged.body.manifests.as_ref())
            .filter_map(|(_, entry)| {
                let vendored = &entry.value;
                if vendored.file.is_none() {
                    self.log.push(super::interface::missing(entry.key, "a manifest", "file"));
                }
                Some(Vendored {
                    file: scope.option(vendored.file.as_ref(), "a path")?,
                    sha256: scope.option(vendored.sha256.as_ref(), "a digest"),
                    at: entry.key,
                })
            })
            .collect()
    }

    pub fn patches(&self) -> Vec<Patch> {
        let scope = self.scope(None);
        open_entries(self.merged.body.patches.as_ref())
            .map(|(target, entry)| Patch {
                target: Val::new(target.clone(), Origin::Written(entry.key)),
                tree: self.fragment(&entry.value, "a patch", &scope),
            })
            .collect()
    }
}

/// A use of a template, which has the name of the use unless it says another one.
pub(super) fn template_use(
    name: &str,
    at: Span,
    template: Option<&Text>,
    with: Option<&Open<Raw>>,
    scope: &impl Read,
) -> TemplateUse {
    let said = scope.option(template, "the name of a template");
    let with = open_entries(with).map(|(name, argument)| {
        let value = scope.raw(&argument.value, "a template's parameter");
        (name.clone(), Argument { key: argument.key, value })
    });
    TemplateUse {
        template: said.unwrap_or_else(|| Val::new(name.to_owned(), Origin::Written(at))),
        with: with.collect(),
        at,
    }
}
