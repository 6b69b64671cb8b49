//! gen compiles a typed description of a stack into validated Kubernetes YAML.
//!
//! # Phases
//!
//! ```text
//! load      files -> the language's types                          source, spec, load
//! resolve   layers, expressions, needs -> a Plan                   resolve, plan
//! lower     Plan -> typed Kubernetes objects -> trees              lower, k8s, foreign
//! link      digests of what pods read, names of Jobs               link
//! validate  schema, rules, references                              validate
//! emit      trees -> files in memory -> the disk, in one step      emit
//! diff      what lies on the disk against what would               diff
//! ```
//!
//! Each phase is a function from one type to the next, and the types carry the phase: a
//! [`plan::Plan`] has no expression left to evaluate, and nothing behind it knows that there
//! are files. [`compile`] chains them. A phase reports all that it finds, as
//! [`diagnostic::Diagnostic`]s; a stack with an error goes no further, the others do, and
//! nothing is written unless all that was asked for is sound.
//!
//! # The spine
//!
//! Everything that is checked, written or compared is one kind of tree, a [`source::Tree`],
//! whether a stack's file, a template, somebody's manifest or gen itself made it. Each of its
//! nodes carries a [`source::Origin`]: the place in an input that wrote the value, or the named
//! rule of gen that worked it out and the input that the rule followed. That is how an error
//! about a rendered object points at a line that somebody wrote.
//!
//! Modules depend on those before them in the list above, never the other way. Only [`fs`]
//! touches the disk, and only [`cli`] prints and exits.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests make their own files"))]

pub mod cli;
pub mod compile;
mod conceal;
pub mod connectivity;
pub mod diagnostic;
pub mod diff;
pub mod emit;
pub mod foreign;
pub mod fs;
pub mod k8s;
pub mod link;
pub mod load;
pub mod lower;
pub mod manifests;
mod parallel;
pub mod plan;
pub mod resolve;
pub mod source;
pub mod spec;
pub mod validate;
