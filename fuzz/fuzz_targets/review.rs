//! Any two texts are compared, and a text with itself is the same.

#![no_main]

use gen_compiler::diff::{self, Comparison, Review, Show, Side};
use gen_compiler::k8s::Version;
use gen_compiler::source::Sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (mut old, mut new) = (Side::default(), Side::default());
    old.file("fuzz.yaml", texts.0.as_bytes(), None);
    new.file("fuzz.yaml", texts.1.as_bytes(), None);
    for (old, new) in [(&old, &new), (&new, &old), (&old, &old)] {
        let comparison = Comparison::new(old, new, Version::newest());
        assert!(!std::ptr::eq(old, new) || comparison.is_empty());
        let review = Review::new(String::new(), String::new(), comparison, &Sources::default());
        let _ = diff::text(&review, Show { color: true, spelling: true, ..Show::default() });
        let reviews = [review];
        let _ = diff::json(&reviews);
        assert!(diff::markdown(&reviews).chars().count() <= 65_536);
        let _ = diff::github(&reviews);
    }
});
