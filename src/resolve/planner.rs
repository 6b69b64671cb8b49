//! What the planning of one stack needs in all of its parts.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::config::ConfigNames;
use super::files::Files;
use super::image::Images;
use super::interface::{Interface, entries};
use super::log::Log;
use super::read::Read;
use super::scope::{Scope, Viewer};
use super::secrets::Secrets;
use super::{Context, Merged};
use crate::plan::{Config, Val};
use crate::source::{Origin, Rule, Span};
use crate::spec::expression::Text;
use crate::spec::map::Closed;
use crate::spec::merge::Layered;

/// A stack while it is planned. Each part of the plan is a file of this module, whose functions
/// read what the stack says of it.
pub(super) struct Planner<'a> {
    pub merged: &'a Merged,
    pub context: Context<'a>,
    pub own: &'a Interface,
    pub secrets: &'a Secrets,
    pub config_names: &'a ConfigNames,
    /// The stack's configs, once somebody asks for them.
    pub configs: OnceCell<Vec<Config>>,
    /// The names of the claims of the stack's volumes.
    pub volumes: &'a BTreeMap<String, Val<String>>,
    pub images: &'a Images,
    pub files: &'a Files<'a>,
    pub log: &'a Log,
}

impl Planner<'_> {
    /// What expressions can name, seen from a component or from none.
    pub fn scope<'s>(&'s self, viewer: Option<Viewer<'s>>) -> Scope<'s> {
        let Self { own, secrets, config_names: configs, log, .. } = *self;
        Scope { own, secrets, configs, viewer, log }
    }
}

/// The names of the objects of the entries of a map: what they say, or their own names.
pub(super) fn object_names<T>(
    map: Option<&Closed<Layered<T>>>,
    name: impl Fn(&T) -> Option<&Text>,
    own: &Interface,
    log: &Log,
) -> BTreeMap<String, Val<String>> {
    let read = own.ground.with(log);
    entries(map)
        .map(|(key, entry)| {
            let said = read.option(name(&entry.value.body), "a name");
            let object = said.unwrap_or_else(|| own_name(key, entry.key));
            (key.clone(), object)
        })
        .collect()
}

/// The name that an object has because its entry has it.
pub(super) fn own_name(key: &str, at: Span) -> Val<String> {
    Val::new(key.to_owned(), Origin::Written(at).derive(Rule::ComponentName))
}
