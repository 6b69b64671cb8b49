//! Templates, vendored manifests and patches, with their expressions evaluated.

use super::interface::{entries, open_entries};
use super::planner::Planner;
use super::read::Read;
use crate::plan::{Argument, Patch, TemplateUse, Val, Vendored};
use crate::source::Origin;

impl Planner<'_> {
    pub fn templates(&self) -> Vec<TemplateUse> {
        let scope = self.scope(None);
        entries(self.merged.body.templates.as_ref())
            .map(|(name, entry)| {
                let said = scope.option(entry.value.template.as_ref(), "the name of a template");
                let with = open_entries(entry.value.with.as_ref())
                    .map(|(name, argument)| {
                        let value = scope.raw(&argument.value, "a template's parameter");
                        (name.clone(), Argument { key: argument.key, value })
                    })
                    .collect();
                TemplateUse {
                    template: said
                        .unwrap_or_else(|| Val::new(name.clone(), Origin::Written(entry.key))),
                    with,
                    at: entry.key,
                }
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
