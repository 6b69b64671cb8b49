//! Custom kinds that gen writes itself, with the fields that it uses of them.
//!
//! Names and types are those of the projects' CRDs: sealed-secrets 0.32, External Secrets 1.3,
//! cert-manager 1.21, Gateway API 1.4, Prometheus operator 0.85. The structs are filled by
//! [`k8s!`](macro@crate::k8s) and written by [`Built::tree`](crate::lower::Built::tree), which leaves
//! out the fields that are `None`.

mod cert_manager;
mod external_secret;
mod gateway;
mod http_route;
mod monitor;
mod sealed_secret;

pub use cert_manager::*;
pub use external_secret::*;
pub use gateway::*;
pub use http_route::*;
pub use monitor::*;
pub use sealed_secret::*;

/// Declares a custom kind: a struct of `metadata` and `spec` that knows its API.
macro_rules! custom_kind {
    ($(#[$doc:meta])+ $kind:ident($spec:ty) = $group:literal / $version:literal, $plural:literal, $scope:ident) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $kind {
            /// Name, namespace, labels and annotations.
            pub metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
            /// What is wanted.
            pub spec: $spec,
        }

        impl k8s_openapi::Resource for $kind {
            const API_VERSION: &'static str = concat!($group, "/", $version);
            const GROUP: &'static str = $group;
            const KIND: &'static str = stringify!($kind);
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $plural;
            type Scope = k8s_openapi::$scope;
        }

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use k8s_openapi::Resource;
                use serde::ser::SerializeStruct;

                let mut fields = serializer.serialize_struct(Self::KIND, 4)?;
                fields.serialize_field("apiVersion", Self::API_VERSION)?;
                fields.serialize_field("kind", Self::KIND)?;
                fields.serialize_field("metadata", &self.metadata)?;
                fields.serialize_field("spec", &self.spec)?;
                fields.end()
            }
        }
    };
}
use custom_kind;

#[cfg(test)]
mod tests;
