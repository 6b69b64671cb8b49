//! Any text is read as a file of the language or refused; what is read can be written and read
//! again.

#![no_main]

use gen_compiler::emit;
use gen_compiler::source::{Dialect, Sources, Tree, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sources = Sources::default();
    let read = |text: &str| parse(&sources.get(sources.add("fuzz.yaml", text)), Dialect::Strict);
    let (trees, diagnostics) = read(text);
    assert!(trees.len() <= 1);
    assert!(!trees.is_empty() || diagnostics.has_errors());
    if diagnostics.has_errors() {
        return;
    }
    let written = emit::stream(trees.iter().map(Tree::root));
    let (again, diagnostics) = read(&written);
    assert!(diagnostics.is_empty(), "{diagnostics:?} {written:?}");
    assert!(again[0].root().same(trees[0].root()), "{written:?}");
});
