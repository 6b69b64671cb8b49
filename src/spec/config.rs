//! Configuration.

use super::expression::Text;
use super::macros::spec;
use super::map::{Closed, Open};
use super::template::TextTemplateUse;
use super::value::Value;

spec! {
    /// A ConfigMap. A program that reads it starts again when it changes.
    pub struct Config {
        /// Keys and values; every value is a string. One with a secret in it stays in the Secret,
        /// and is read from there by who mounts the config or has it in `envFrom`.
        data: Closed<Text>,
        /// A file or a folder beside the stack, each file a key.
        files: Text,
        /// Texts from templates of the project, each a key.
        templates: Closed<TextTemplateUse>,
        /// The ConfigMap's name, where a live system has another one already.
        name: Text,
        /// Refuses changes.
        immutable: Value<bool>,
        /// Labels of the ConfigMap.
        labels: Open<Text>,
        /// Annotations of the ConfigMap.
        annotations: Open<Text>,
    }
}
