//! What a component says that it needs, looked up.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::Context;
use super::interface::{Component, ComponentKind, Interface, entries};
use super::log::Log;
use super::order::order;
use super::read::{Read, unknown};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Port;
use crate::source::Span;
use crate::spec;
use crate::spec::map::{Closed, Entry};

/// The needs of a component, by the names that it uses for them.
#[derive(Debug, Default)]
pub(super) struct Needs<'a> {
    /// Those that were found, in the order declared.
    pub found: IndexMap<String, Need<'a>>,
    /// Those that were not, which is reported.
    pub lost: BTreeSet<String>,
}

/// Something that a component calls.
#[derive(Debug, Clone)]
pub(super) struct Need<'a> {
    /// The name of what it calls, in the stack that runs it.
    pub name: &'a str,
    /// What it calls.
    pub component: &'a Component,
    /// The stack that runs it, where it is another one.
    pub other: Option<&'a Interface>,
    /// The ports that it calls.
    pub ports: Vec<&'a Port>,
    /// Where it is asked to wait for it.
    pub wait: Option<Span>,
    /// Where the need stands.
    pub at: Span,
}

/// Looks up the needs of the component `name`.
pub(super) fn needs<'a>(
    name: &str,
    written: Option<&Closed<spec::Need>>,
    own: &'a Interface,
    context: Context<'a>,
    read: &impl Read,
    log: &Log,
) -> Needs<'a> {
    let mut needs = Needs::default();
    for (alias, entry) in entries(written) {
        let finder = Finder { name, own, context, log };
        let options = &entry.value.options;
        let found = match &options.from {
            None => finder.own(alias, entry),
            Some(from) => read
                .text(from, "the name of a component")
                .and_then(|from| finder.other(alias, &from.v, entry)),
        };
        let wait = read.value(options.wait.as_ref(), "a switch").filter(|wait| wait.v);
        match found {
            None => {
                needs.lost.insert(alias.clone());
            }
            Some(need) => {
                let ports = finder.ports(&need, options, read);
                let wait = wait.and_then(|wait| wait.at.span());
                needs.found.insert(alias.clone(), Need { ports, wait, ..need });
            }
        }
    }
    needs
}

struct Finder<'f, 'a> {
    name: &'f str,
    own: &'a Interface,
    context: Context<'a>,
    log: &'f Log,
}

impl<'a> Finder<'_, 'a> {
    fn own(&self, alias: &str, entry: &Entry<spec::Need>) -> Option<Need<'a>> {
        let Some((name, component)) = self.own.components.get_key_value(alias) else {
            let called = self.own.components.iter().filter(|(_, known)| known.kind.is_called());
            let what = "a component or external of this stack";
            let known = called.map(|(name, _)| name.as_str());
            self.log.push(unknown(Code::UnknownNeed, alias, entry.key, what, known).help(
                "that of another stack is named with its stack: `needs: { NAME: { from: STACK/COMPONENT } }`",
            ));
            return None;
        };
        if !component.kind.is_called() {
            self.log.push(uncalled(alias, component, entry.key));
            return None;
        }
        Some(Need { name, component, other: None, ports: Vec::new(), wait: None, at: entry.key })
    }

    fn other(&self, alias: &str, from: &str, entry: &Entry<spec::Need>) -> Option<Need<'a>> {
        let at = entry.value.options.from.as_ref().map_or(entry.key, |from| from.span);
        let Some((stack, component)) = from.split_once('/') else {
            self.log.push(
                Diagnostic::error(
                    Code::UnknownNeed,
                    at,
                    format!("`{from}` does not name a component of another stack"),
                )
                .help("write the stack and its component, `from: STACK/COMPONENT`"),
            );
            return None;
        };
        if let Some(twin) = self.own.components.get(alias) {
            self.log.push(
                Diagnostic::error(
                    Code::SameName,
                    entry.key,
                    format!("`{alias}` is the name of {} of this stack already", twin.kind.noun()),
                )
                .also(twin.declared, "declared here")
                .help("call the other stack's component by another name"),
            );
            return None;
        }
        let neighbours = self.context.neighbours;
        let Some(other) = neighbours.get(stack).filter(|other| other.name != self.own.name) else {
            let environment = &self.context.place.name;
            let diagnostic = if stack == self.own.name {
                Diagnostic::error(Code::UnknownNeed, at, format!("`{stack}` is this stack itself"))
                    .help(format!("write `needs: [{component}]`"))
            } else {
                let what = format!("a stack that runs in `{environment}`");
                let names = neighbours.keys().map(String::as_str);
                let known = names.filter(|known| *known != self.own.name);
                let mut diagnostic = unknown(Code::UnknownNeed, stack, at, &what, known);
                if let Some(suggestion) = &mut diagnostic.suggestion {
                    suggestion.text = format!("{}/{component}", suggestion.text);
                }
                diagnostic
            };
            self.log.push(diagnostic);
            return None;
        };
        let Some((name, found)) = other.components.get_key_value(component) else {
            let what = format!("a component of the stack `{stack}`");
            let called = other.components.iter().filter(|(_, known)| known.kind.is_called());
            let known = called.map(|(name, _)| name.as_str());
            let mut diagnostic = unknown(Code::UnknownNeed, component, at, &what, known);
            if let Some(suggestion) = &mut diagnostic.suggestion {
                suggestion.text = format!("{stack}/{}", suggestion.text);
            }
            self.log.push(diagnostic);
            return None;
        };
        if !found.kind.is_called() || matches!(found.kind, ComponentKind::External { .. }) {
            self.log.push(uncalled(from, found, at));
            return None;
        }
        let consents = |stack: &str| stack == self.own.stack || stack == self.own.name;
        if !found.allow_from.iter().any(|stack| consents(&stack.v)) {
            self.log.push(
                Diagnostic::error(
                    Code::NoConsent,
                    at,
                    format!("`{from}` does not let the stack `{}` in", self.own.stack),
                )
                .also(found.declared, "its owner says here who may call it")
                .help(format!(
                    "its owner writes `{component}: {{ allowFrom: {{ stacks: [{}] }} }}`",
                    self.own.stack
                )),
            );
            return None;
        }
        Some(Need {
            name,
            component: found,
            other: Some(other),
            ports: Vec::new(),
            wait: None,
            at: entry.key,
        })
    }

    fn ports(
        &self,
        need: &Need<'a>,
        options: &spec::NeedOptions,
        read: &impl Read,
    ) -> Vec<&'a Port> {
        let ports = &need.component.ports;
        if let Some(names) = &options.ports {
            let named = names.items.iter().filter_map(|name| read.text(name, "the name of a port"));
            return named
                .filter_map(|name| {
                    let port = ports.iter().find(|port| port.name.v == name.v);
                    if let (None, Some(span)) = (port, name.at.span()) {
                        let what = format!("a port of `{}`", need.name);
                        let known = ports.iter().map(|port| port.name.v.as_str());
                        self.log.push(
                            unknown(Code::UnknownPort, &name.v, span, &what, known)
                                .also(need.component.declared, "declared here"),
                        );
                    }
                    port
                })
                .collect();
        }
        // An external without ports is an error where it is declared.
        if ports.is_empty() && !matches!(need.component.kind, ComponentKind::External { .. }) {
            self.log.push(
                Diagnostic::error(
                    Code::UnknownPort,
                    need.at,
                    format!("`{}` needs `{}`, which has no ports", self.name, need.name),
                )
                .also(need.component.declared, "declared here")
                .help("declare them there, such as `ports: { http: 8080 }`"),
            );
        }
        need.component.ports_to_call().collect()
    }
}

/// Something that has no address.
fn uncalled(name: &str, component: &Component, at: Span) -> Diagnostic {
    let noun = component.kind.noun();
    let diagnostic = Diagnostic::error(
        Code::UnknownNeed,
        at,
        format!("`{name}` is {noun}, which nobody can call"),
    )
    .also(component.declared, "declared here");
    if matches!(component.kind, ComponentKind::Worker) {
        diagnostic.help("declare it under `services` to give it an address")
    } else {
        diagnostic.help("only what runs all the time can be called")
    }
}

/// Reports circles among the waits of a stack, each as a path. `waits` has the components of
/// the stack with what each waits for.
pub(super) fn check_waits(waits: &IndexMap<&str, Vec<(&str, Span)>>, log: &Log) {
    let names: Vec<&str> = waits.keys().copied().collect();
    let number = |name: &str| waits.get_index_of(name);
    let dependencies: Vec<Vec<usize>> = waits
        .values()
        .map(|waits| waits.iter().filter_map(|(name, _)| number(name)).collect())
        .collect();
    for circle in order(&dependencies).circles {
        let span = |at: usize| {
            let next = names[circle[(at + 1) % circle.len()]];
            waits[circle[at]].iter().find(|(name, _)| *name == next).map(|(_, span)| *span)
        };
        let Some(first) = span(0) else { continue };
        let mut path: Vec<String> = circle.iter().map(|&at| format!("`{}`", names[at])).collect();
        path.extend(path.first().cloned());
        let mut diagnostic = Diagnostic::error(
            Code::WaitCircle,
            first,
            format!("each waits for the next and none can start: {}", path.join(" → ")),
        )
        .help("take `wait: true` from one of them; a need alone may run in a circle");
        for at in 1..circle.len() {
            if let Some(span) = span(at) {
                let name = names[circle[at]];
                diagnostic = diagnostic.also(span, format!("`{name}` waits here"));
            }
        }
        log.push(diagnostic);
    }
}
