//! PostgreSQL.

use super::expression::Text;
use super::macros::spec;
use super::map::Open;
use super::raw::Raw;
use super::secret::SecretKey;
use super::storage::Storage;
use super::value::{Setting, Value};
use super::workload::{AllowFrom, Pod};

spec! {
    /// One PostgreSQL from the official image: a StatefulSet, a Service and a headless
    /// Service, and a secret with its password.
    ///
    /// Others read `host`, `port`, `database`, `user`, `password`, `url`, `jdbcUrl` and
    /// `secretName` of it.
    pub struct Postgres {
        ..pod: Pod,
        /// The major version, in quotes; names the image `postgres:VERSION` where `image`
        /// does not.
        version: Text,
        /// The database that is made at the first start.
        database: Text,
        /// The user that owns it.
        user: Text,
        /// The volume that holds the data.
        storage: Storage,
        /// The folder inside of the volume that holds the data, for volumes that are not
        /// empty when new.
        data_folder: Text,
        /// Settings of `postgresql.conf`.
        settings: Open<Setting>,
        /// A folder beside the stack with scripts that run at the first start.
        init_scripts: Text,
        /// The name of the Secret with the credentials.
        credentials: Text,
        /// The back-end that keeps the credentials, where it is not the stack's.
        backend: Text,
        /// How the password is made, and further keys of the credentials.
        keys: Open<SecretKey>,
        /// After how long the credentials are due for a change, such as `90d`.
        rotate: Text,
        /// Serves over TLS with a certificate from the environment's issuer.
        tls: Value<bool>,
        /// Who outside of the stack may call it.
        allow_from: AllowFrom,
        /// Regular dumps to a volume.
        backup: Backup,
    }
}

spec! {
    /// Dumps by `pg_dump` to a volume of their own.
    pub struct Backup {
        /// When, in the five fields of cron.
        schedule: Text,
        /// The IANA time zone of the schedule.
        time_zone: Text,
        /// How many dumps are kept.
        keep: Value<u32>,
        /// The volume that holds the dumps.
        storage: Storage,
        /// Fields of Kubernetes that the language has no word for, under `pod`, `container`
        /// or `cronJob`.
        extra: Open<Raw>,
    }
}
