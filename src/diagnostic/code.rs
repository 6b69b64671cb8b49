//! The registry of diagnostics: a stable code, a title and a page for each.

/// Declares [`Code`]; the doc comment is the page that `gen explain CODE` prints.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $title:literal;)+) => {
        /// A kind of mistake. Its code is stable and never reused; the letter names the phase
        /// that finds it: `L` load, `R` resolve, `W` write, `V` validate, `D` diff.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code, such as `L001`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// What it is about, a lower-case phrase.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// The long text: when it appears, why it is wrong, what to write. Markdown.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc, "\n"),+)),+ }
            }
        }
    };
}

codes! {
    /// The file is not YAML: the parser met something that no document can hold at that place.
    ///
    /// ```yaml
    /// services:
    ///   web: { image: nginx:1.29
    /// ```
    ///
    /// Close what is open, indent with spaces, and quote text that starts with a character
    /// that means something in YAML.
    Syntax = "L001", "not YAML";
    /// A field that the language does not have at that place.
    ///
    /// ```yaml
    /// services:
    ///   web: { imagee: nginx:1.29 }
    /// ```
    ///
    /// Fields are checked everywhere, so that a slip of the pen is never silently ignored.
    UnknownField = "L010", "unknown field";
}
