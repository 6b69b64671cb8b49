//! Any text is read as manifests or refused; what is read can be written and read again.

#![no_main]

use gen_compiler::emit;
use gen_compiler::source::{Dialect, Sources, Tree, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = Sources::default().add("fuzz.yaml", text);
    let (trees, diagnostics) = parse(file, text, Dialect::Kubectl);
    if diagnostics.has_errors() {
        return;
    }
    let written = emit::stream(trees.iter().map(Tree::root));
    let (again, diagnostics) = parse(file, &written, Dialect::Kubectl);
    assert!(diagnostics.is_empty(), "{diagnostics:?} {written:?}");
    assert_eq!(again.len(), trees.len());
    for (again, tree) in again.iter().zip(&trees) {
        assert!(again.root().same(tree.root()), "{written:?}");
    }
});
