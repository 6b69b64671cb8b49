//! Any text is a string with expressions, or one of which is said what is wrong, at places in the
//! file; and any text is a quantity, a duration, a block of addresses, or none.

#![no_main]

use gen_compiler::diagnostic::Diagnostics;
use gen_compiler::k8s::duration::GoDuration;
use gen_compiler::k8s::{Cidr, Quantity};
use gen_compiler::source::{Dialect, Kind, Sources, Span, parse};
use gen_compiler::spec::decode::Decoder;
use gen_compiler::spec::expression::{self, Segment};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = text.parse::<Quantity>();
    let _ = text.parse::<GoDuration>().map(|duration| duration.to_string());
    let _ = text.parse::<Cidr>().map(|block| (block.network(), block.last()));
    plain(text);
    in_a_file(text);
});

fn plain(text: &str) {
    let file = Sources::default().add("fuzz.yaml", "");
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let span = |start, end| Span { file, start: offset(start), end: offset(end) };
    match expression::parse(text, span(0, text.len()), &mut |start, end| span(start, end)) {
        Ok(parsed) => {
            for segment in &parsed.segments {
                let Segment::Expression(expression) = segment else { continue };
                let whole = &text[expression.span.start as usize..expression.span.end as usize];
                assert!(whole.starts_with("${{") && whole.ends_with("}}"), "{whole:?}");
            }
        }
        Err(error) => assert!(text.get(error.start..error.end).is_some(), "{error:?}"),
    }
}

fn in_a_file(text: &str) {
    let sources = Sources::default();
    let source = sources.get(sources.add("fuzz.yaml", text));
    let (trees, _) = parse(&source, Dialect::Strict);
    let mut diagnostics = Diagnostics::default();
    let whole = Span { file: source.id, start: 0, end: 0 };
    let mut decoder = Decoder::new(source.clone(), whole, &mut diagnostics);
    for tree in &trees {
        tree.root().walk(&mut |_, node| {
            if node.kind() == Kind::Str {
                let _ = decoder.text(node);
            }
        });
    }
}
