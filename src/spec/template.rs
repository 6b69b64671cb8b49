//! Templates, of whole objects and of text files, and vendored manifests.

use super::expression::Text;
use super::macros::{spec, words};
use super::map::Open;
use super::raw::Raw;
use super::value::{List, Value};

spec! {
    /// Objects from a template of the project: the file `templates/NAME.yaml`, whose
    /// parameters are declared in `templates/NAME.parameters.yaml`.
    pub struct TemplateUse {
        /// The template's name, where it is not the name of this use.
        template: Text,
        /// The values of its parameters.
        with: Open<Raw>,
        /// Warnings of good practice that hold for none of its objects, by their codes, each with
        /// the reason.
        allow: Open<Text>,
    }
}

spec! {
    /// A text from a template of the project: the file `templates/NAME.j2`, whose parameters are
    /// declared in `templates/NAME.parameters.yaml`.
    pub struct TextTemplateUse {
        /// The template's name, where it is not the name of the key.
        template: Text,
        /// The values of its parameters.
        with: Open<Raw>,
    }
}

spec! {
    /// `templates/NAME.parameters.yaml`: the parameters that a template takes.
    pub struct TemplateParameters {
        /// What the template is for.
        description: Text,
        /// The parameters by name.
        parameters: Open<Parameter>,
    }
}

spec! {
    /// One parameter of a template. A type alone is a parameter that must be given.
    pub struct Parameter (short r#type) {
        /// What it takes.
        r#type: Value<ParameterType>,
        /// What it is for.
        description: Text,
        /// Its value where none is given.
        default: Raw,
        /// The values that it may take.
        r#enum: List<Raw>,
        /// A regular expression that a string must match.
        pattern: Text,
    }
}

words! {
    /// The type of a template's parameter.
    pub enum ParameterType {
        /// A string.
        String = "string",
        /// An integer.
        Integer = "integer",
        /// Any number.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
        /// A list.
        Array = "array",
        /// A map.
        Object = "object",
    }
}

spec! {
    /// Manifests from elsewhere, included as they are.
    pub struct Vendored (short file) {
        /// The file or folder beside the stack.
        file: Text,
        /// The SHA-256 digest of the file, in hexadecimal digits; required, so that a new
        /// version is a change that somebody sees. `gen explain R067` says what it is for a
        /// folder.
        sha256: Text,
        /// Warnings of good practice that hold for none of its objects, by their codes, each with
        /// the reason.
        allow: Open<Text>,
    }
}
