//! Redis.

use super::expression::Text;
use super::macros::spec;
use super::map::Open;
use super::secret::SecretKey;
use super::storage::Storage;
use super::value::{Setting, Value};
use super::workload::{AllowFrom, Pod};

spec! {
    /// Redis from the official image: a StatefulSet, a Service and a headless Service, and a
    /// secret with its password. With more than one replica, the first takes writes and the
    /// others follow it.
    ///
    /// Others read `host`, `port`, `address`, `password`, `url` and `secretName` of it.
    pub struct Redis {
        ..pod: Pod,
        /// The major version, in quotes; names the image `redis:VERSION` where `image` does not.
        version: Text,
        /// How many in all, the one that takes writes included.
        replicas: Value<u32>,
        /// The volume that holds the data of each.
        storage: Storage,
        /// Settings of `redis.conf`.
        settings: Open<Setting>,
        /// The name of the Secret with the password.
        credentials: Text,
        /// The back-end that keeps the password, where it is not the stack's.
        backend: Text,
        /// How the password is made, and further keys of the credentials.
        keys: Open<SecretKey>,
        /// After how long the password is due for a change, such as `90d`.
        rotate: Text,
        /// Who outside of the stack may call it.
        allow_from: AllowFrom,
    }
}
