//! Volumes, and the storage that databases and programs ask for.

use super::interface::{entries, missing, open_entries};
use super::names;
use super::planner::{Planner, own_name};
use super::read::{Read, unknown};
use crate::diagnostic::{Code, Diagnostic};
use crate::k8s::{NameForm, Quantity};
use crate::plan::{Reclaim, Storage, Val, Volume};
use crate::source::{Origin, Rule, Span};
use crate::spec;

/// The name among an environment's storage classes that stands for those that name none.
const DEFAULT: &str = "default";

impl Planner<'_> {
    /// A volume to ask for. `at` is where it is asked for, should no line of its own say so.
    pub fn storage(&self, written: &spec::Storage, at: Span, read: &impl Read) -> Option<Storage> {
        let span = written.span.unwrap_or(at);
        let at = Origin::Written(span);
        if written.size.is_none() {
            self.log.push(missing(span, "this storage", "size"));
        }
        let size = read.option(written.size.as_ref(), "a quantity")?;
        self.check_quantity(&size);
        if let (Ok(amount), Some(span)) = (size.v.parse::<Quantity>(), size.at.span())
            && amount.is_zero()
        {
            self.log.push(
                Diagnostic::error(
                    Code::MalformedValue,
                    span,
                    "a volume of this size holds nothing",
                )
                .help("write how much it holds, such as `10Gi`"),
            );
        }
        let local = read.option(written.local.as_ref(), "a folder");
        let reclaim = read.value(written.reclaim_policy.as_ref(), "a policy");
        let class = match (&local, &written.class) {
            (Some(folder), Some(class)) => {
                let mut diagnostic = Diagnostic::error(
                    Code::Conflicting,
                    class.span,
                    "`class` and `local` cannot both be: a folder on a node has a class of its own",
                )
                .help("remove one of the two");
                if let Some(folder) = folder.at.span() {
                    diagnostic = diagnostic.also(folder, "the folder");
                }
                self.log.push(diagnostic);
                None
            }
            (Some(_), None) => None,
            (None, _) => self.class(written, at, read),
        };
        if let (None, Some(span)) = (&local, reclaim.and_then(|reclaim| reclaim.at.span())) {
            self.log.push(
                Diagnostic::error(
                    Code::Conflicting,
                    span,
                    "the storage class says what becomes of the data",
                )
                .help("choose a `class` that keeps it; `reclaimPolicy` goes with `local` alone"),
            );
        }
        let modes = written.access_modes.iter().flat_map(|modes| &modes.items);
        let access_modes =
            modes.filter_map(|mode| read.value(Some(mode), "an access mode")).collect();
        Some(Storage {
            size,
            class,
            access_modes,
            local,
            reclaim: reclaim.map_or(Reclaim::ByClass, Reclaim::Policy),
            at,
        })
    }

    /// The cluster's name of the class that a storage names.
    fn class(&self, written: &spec::Storage, at: Origin, read: &impl Read) -> Option<Val<String>> {
        let surroundings = self.context.surroundings;
        let classes = surroundings.spec.storage.as_ref();
        let ground = self.own.ground.with(self.log);
        let in_cluster = |name: &str| {
            let entry = classes?.entries.get(name)?;
            ground.text(&entry.value, "the name of a storage class")
        };
        let Some(class) = &written.class else {
            return in_cluster(DEFAULT)
                .map(|class| Val::new(class.v, at.derive(Rule::DefaultStorageClass)));
        };
        let class = read.text(class, "the name of a storage class")?;
        let span = class.at.span()?;
        if classes.is_none_or(|classes| !classes.entries.contains_key(&class.v)) {
            let what = format!("a storage class that `{}` names", self.context.place.name);
            let known = open_entries(classes).map(|(name, _)| name.as_str());
            self.log.push(unknown(Code::UnknownStorageClass, &class.v, span, &what, known).help(
                format!(
                    "the environment says which of its classes is meant: `storage: {{ {}: ... }}`",
                    class.v
                ),
            ));
        }
        Some(Val::new(in_cluster(&class.v)?.v, class.at))
    }

    /// The stack's volumes.
    pub fn volumes(&self) -> Vec<Volume> {
        let scope = self.scope(None);
        entries(self.merged.body.volumes.as_ref())
            .filter_map(|(name, entry)| {
                let volume = &entry.value.body;
                let object =
                    self.volumes.get(name).cloned().unwrap_or_else(|| own_name(name, entry.key));
                names::check(
                    NameForm::DnsSubdomain,
                    &object.v,
                    object.at,
                    "the name of a claim",
                    self.log,
                );
                let labels = scope.map(volume.labels.as_ref(), "a label");
                names::check_labels(&labels, self.log);
                let annotations = scope.map(volume.annotations.as_ref(), "an annotation");
                names::check_annotations(&annotations, self.log);
                let mut extra = None;
                for (place, raw) in open_entries(volume.extra.as_ref()) {
                    if place == "claim" {
                        extra = Some(self.fragment(&raw.value, "`extra`", &scope));
                    } else {
                        let what = "an object of a volume";
                        self.log.push(unknown(
                            Code::UnknownReference,
                            place,
                            raw.key,
                            what,
                            ["claim"],
                        ));
                    }
                }
                Some(Volume {
                    component: name.clone(),
                    name: object,
                    storage: self.storage(&volume.storage, entry.key, &scope)?,
                    labels,
                    annotations,
                    extra,
                    at: Origin::Written(entry.key),
                })
            })
            .collect()
    }
}
