//! The two macros that declare the language's types, so that decoding, merging, the JSON
//! Schema and the reference all follow from one declaration.

/// Declares a struct of the language.
///
/// Every field is optional in a file, because every file may be an overlay of another; what
/// a component cannot do without is the resolver's to say. The field's name in YAML is its
/// Rust name in camel case. Fields of a struct named after `..` stand directly among the
/// struct's own. A value that is no map stands for the field after `short`.
macro_rules! spec {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $((short $short:ident))? {
            $(.. $flat:ident: $flat_type:ty,)*
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, schemars::JsonSchema)]
        #[schemars(rename_all = "camelCase", deny_unknown_fields)]
        $(#[schemars(transform = |schema: &mut schemars::Schema| {
            $crate::spec::decode::short_form(schema, stringify!($short));
        })])?
        pub struct $name {
            $(
                #[schemars(flatten)]
                #[doc = concat!("The fields that it shares with the other users of [`", stringify!($flat_type), "`].")]
                pub $flat: $flat_type,
            )*
            $($(#[$field_meta])* pub $field: Option<$type>,)*
            /// Where it stands, when a file wrote it.
            #[schemars(skip)]
            pub span: Option<$crate::source::Span>,
        }

        impl $crate::spec::decode::Fields for $name {
            fn decode_field(
                &mut self,
                entry: $crate::source::NodeRef<'_>,
                decoder: &mut $crate::spec::decode::Decoder<'_>,
            ) -> bool {
                let key = entry.key().unwrap_or_default();
                $(
                    if $crate::spec::decode::is_field(key, stringify!($field)) {
                        self.$field = $crate::spec::decode::Decode::decode(entry, decoder);
                        return true;
                    }
                )*
                $(
                    if $crate::spec::decode::Fields::decode_field(&mut self.$flat, entry, decoder) {
                        return true;
                    }
                )*
                let _ = (key, decoder);
                false
            }

            fn field_names(names: &mut Vec<String>) {
                $(names.push($crate::spec::decode::field_name(stringify!($field)));)*
                $(<$flat_type as $crate::spec::decode::Fields>::field_names(names);)*
            }

            fn merge_fields(
                &mut self,
                over: Self,
                layer: $crate::spec::merge::Layer,
                merger: &mut $crate::spec::merge::Merger<'_>,
            ) {
                self.span = over.span.or(self.span);
                $(
                    if let Some(over) = over.$field {
                        merger.enter($crate::spec::decode::field_name(stringify!($field)));
                        $crate::spec::merge::merge_option(&mut self.$field, over, layer, merger);
                        merger.leave();
                    }
                )*
                $($crate::spec::decode::Fields::merge_fields(&mut self.$flat, over.$flat, layer, merger);)*
            }

            fn remove_field(
                &mut self,
                name: &str,
                removal: Option<&$crate::spec::merge::Removal>,
                merger: &mut $crate::spec::merge::Merger<'_>,
            ) -> Option<bool> {
                $(
                    if $crate::spec::decode::is_field(name, stringify!($field)) {
                        return Some($crate::spec::merge::remove_option(&mut self.$field, removal, merger));
                    }
                )*
                $(
                    if let Some(found) =
                        $crate::spec::decode::Fields::remove_field(&mut self.$flat, name, removal, merger)
                    {
                        return Some(found);
                    }
                )*
                let _ = (name, removal, merger);
                None
            }
        }

        impl $crate::spec::decode::Decode for $name {
            fn decode(
                node: $crate::source::NodeRef<'_>,
                decoder: &mut $crate::spec::decode::Decoder<'_>,
            ) -> Option<Self> {
                $(
                    if node.kind() != $crate::source::Kind::Map {
                        let mut value = Self { span: node.at().span(), ..Self::default() };
                        value.$short = Some($crate::spec::decode::Decode::decode(node, decoder)?);
                        return Some(value);
                    }
                )?
                let mut value = decoder.fields::<Self>(node)?;
                value.span = node.at().span();
                Some(value)
            }
        }

        impl $crate::spec::merge::Merge for $name {
            fn merge(
                &mut self,
                over: Self,
                layer: $crate::spec::merge::Layer,
                merger: &mut $crate::spec::merge::Merger<'_>,
            ) {
                $crate::spec::decode::Fields::merge_fields(self, over, layer, merger);
            }

            fn remove(
                &mut self,
                removal: &$crate::spec::merge::Removal,
                merger: &mut $crate::spec::merge::Merger<'_>,
            ) {
                $crate::spec::merge::remove_fields(self, removal, merger);
            }

            fn missing() -> Option<Self> {
                Some(Self::default())
            }
        }
    };
}

/// Declares a field that takes one word of a fixed few.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, schemars::JsonSchema)]
        pub enum $name {
            $($(#[$variant_meta])* #[schemars(rename = $word)] $variant,)+
        }

        impl $name {
            /// The word that a file holds.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::spec::value::Scalar for $name {
            fn expected() -> std::borrow::Cow<'static, str> {
                let words = <Self as $crate::spec::value::Scalar>::words();
                format!("one of `{}`", words.join("`, `")).into()
            }

            fn from_text(kind: $crate::source::Kind, text: &str) -> Option<Self> {
                match text {
                    _ if kind != $crate::source::Kind::Str => None,
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn words() -> &'static [&'static str] {
                &[$($word),+]
            }
        }
    };
}

pub(crate) use {spec, words};
