//! Any text is read as manifests or refused; what is read can be written and read again.

#![no_main]

use gen_compiler::emit;
use gen_compiler::source::{Dialect, Sources, Tree, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sources = Sources::default();
    let read = |text: &str| parse(&sources.get(sources.add("fuzz.yaml", text)), Dialect::Kubectl);
    let (trees, diagnostics) = read(text);
    if diagnostics.has_errors() {
        return;
    }
    let written = emit::stream(trees.iter().map(Tree::root));
    let (again, diagnostics) = read(&written);
    assert!(diagnostics.is_empty(), "{diagnostics:?} {written:?}");
    assert_eq!(again.len(), trees.len());
    for (again, tree) in again.iter().zip(&trees) {
        assert!(again.root().same(tree.root()), "{written:?}");
    }
});
