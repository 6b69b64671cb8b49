//! The components of a stack, whatever their kinds: the one list of these.
//!
//! Who goes through all of them matches on [`Written`], so that a new kind does not compile before
//! each of these places says what it means there.

use super::interface::entries;
use crate::source::Span;
use crate::spec::{self, StackBody};

/// A component as a stack declares it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration<'a> {
    pub name: &'a str,
    /// Where its name stands.
    pub at: Span,
    /// What it says.
    pub written: Written<'a>,
    /// What an overlay adds to that.
    pub added: Option<Written<'a>>,
}

/// Declares each kind with its section of a stack, in the order in which components are planned.
macro_rules! kinds {
    ($($kind:ident in $section:ident;)*) => {
        /// What a component says, by its kind.
        #[derive(Debug, Clone, Copy)]
        pub(super) enum Written<'a> {
            $($kind(&'a spec::$kind),)*
        }

        /// The components of a stack, kind by kind, each in the order declared.
        pub(super) fn declarations(body: &StackBody) -> impl Iterator<Item = Declaration<'_>> {
            let none = std::iter::empty();
            $(let none = none.chain(entries(body.$section.as_ref()).map(|(name, entry)| Declaration {
                name,
                at: entry.key,
                written: Written::$kind(&entry.value.body),
                added: entry.value.add.as_deref().map(Written::$kind),
            }));)*
            none
        }

        /// The sections of a stack that hold components.
        #[cfg(test)]
        const SECTIONS: &[&str] = &[$(stringify!($section)),*];
    };
}

kinds! {
    Service in services;
    Worker in workers;
    Job in jobs;
    CronJob in cronjobs;
    Postgres in postgres;
    Redis in redis;
    External in externals;
}

impl<'a> Written<'a> {
    /// The pods that it runs; none where it runs elsewhere.
    pub fn pod(self) -> Option<&'a spec::Pod> {
        match self {
            Self::Service(service) => Some(&service.controller.pod),
            Self::Worker(worker) => Some(&worker.controller.pod),
            Self::Job(job) => Some(&job.task.pod),
            Self::CronJob(job) => Some(&job.task.pod),
            Self::Postgres(postgres) => Some(&postgres.pod),
            Self::Redis(redis) => Some(&redis.pod),
            Self::External(_) => None,
        }
    }

    /// Which other stacks it lets call it.
    pub fn consent(self) -> Option<&'a spec::AllowFrom> {
        match self {
            Self::Service(service) => service.allow_from.as_ref(),
            Self::Postgres(postgres) => postgres.allow_from.as_ref(),
            Self::Redis(redis) => redis.allow_from.as_ref(),
            Self::Worker(_) | Self::Job(_) | Self::CronJob(_) | Self::External(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::spec::decode::Fields as _;

    /// What stands in maps under `defaults` but is no component.
    const OTHERS: [&str; 4] = ["configs", "routes", "secrets", "volumes"];

    #[test]
    fn every_kind_is_in_the_list() {
        let known: BTreeSet<&str> = SECTIONS.iter().chain(&OTHERS).copied().collect();
        let mut layered = Vec::new();
        spec::Defaults::field_names(&mut layered);
        let layered: BTreeSet<&str> = layered.iter().map(String::as_str).collect();
        assert_eq!(known, layered);
    }
}
