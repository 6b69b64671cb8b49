//! Any text comes back as it was from every place where it can stand: as a value, a key, an
//! item, nested, and at the end of a document.

#![no_main]

use gen_compiler::emit;
use gen_compiler::source::{Dialect, Kind, Origin, Rule, Sources, Tree, TreeBuilder, parse};
use libfuzzer_sys::fuzz_target;

const AT: Origin = Origin::Derived { rule: Rule::ObjectIdentity, from: None };

fn tree(text: &str) -> Tree {
    let mut builder = TreeBuilder::default();
    builder.map(AT);
    builder.key(text, AT);
    builder.list(AT);
    builder.scalar(Kind::Str, text, AT);
    builder.list(AT);
    builder.scalar(Kind::Str, text, AT);
    builder.close();
    builder.map(AT);
    builder.key(text, AT);
    builder.scalar(Kind::Str, text, AT);
    builder.key("nested", AT);
    builder.map(AT);
    builder.key(text, AT);
    builder.scalar(Kind::Str, text, AT);
    builder.close();
    builder.close();
    builder.scalar(Kind::Str, text, AT);
    builder.close();
    builder.close();
    builder.finish()
}

fuzz_target!(|text: &str| {
    if text == "nested" {
        return;
    }
    let tree = tree(text);
    let sources = Sources::default();
    let read = |text: &str, dialect| parse(&sources.get(sources.add("fuzz.yaml", text)), dialect);
    let written = emit::stream([tree.root()]);
    let (trees, diagnostics) = read(&written, Dialect::Strict);
    assert!(diagnostics.is_empty(), "{diagnostics:?} {written:?}");
    assert!(trees[0].root().same(tree.root()), "{written:?}");
    let (trees, diagnostics) = read(&emit::stream([tree.root(); 2]), Dialect::Kubectl);
    assert!(diagnostics.is_empty(), "{diagnostics:?} {written:?}");
    assert!(trees.len() == 2 && trees.iter().all(|read| read.root().same(tree.root())));
});
