//! The fast way to read the block subset of YAML says what the full parser says of any text: the
//! same trees, to the last byte of every span, and the same diagnostics.

#![no_main]

use gen_compiler::diagnostic::{Diagnostics, Report, json};
use gen_compiler::source::{Dialect, Sources, Tree, parse, parse_in_full};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sources = Sources::default();
    let source = sources.get(sources.add("fuzz.yaml", text));
    for dialect in [Dialect::Strict, Dialect::Kubectl] {
        let fast = seen(&parse(&source, dialect), &sources);
        let full = seen(&parse_in_full(&source, dialect), &sources);
        assert_eq!(fast, full, "{text:?} in {dialect:?}");
    }
});

/// Everything that can be seen of what a parser says.
fn seen((trees, diagnostics): &(Vec<Tree>, Diagnostics), sources: &Sources) -> Vec<String> {
    let mut seen = Vec::new();
    for tree in trees {
        seen.push("---".to_owned());
        tree.root().walk(&mut |path, node| {
            let value = (node.kind(), node.style(), node.text(), node.at());
            seen.push(format!("{} {value:?} {:?} {:?}", path.len(), node.key(), node.key_at()));
        });
    }
    seen.push(json(&Report::new(diagnostics, sources)));
    seen
}
