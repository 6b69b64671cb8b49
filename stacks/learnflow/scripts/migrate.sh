#!/bin/sh
# Applies the migrations that were not applied yet, in the order of their numbers. Each runs in
# one transaction with the note that it was applied, so a failed or killed run leaves nothing
# half done, and of two runs at once the second waits. Migrations hold no BEGIN or COMMIT.
set -eu

migrations=${MIGRATIONS:-/migrations}

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 <<'SQL'
SET client_min_messages TO warning;
CREATE TABLE IF NOT EXISTS applied_migrations (
    name       text        PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
SQL

found=no
for up in "$migrations"/*/up.sql; do
    [ -e "$up" ] || continue
    found=yes
    folder=${up%/up.sql}
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
        --set=name="${folder##*/}" --set=up="$up" <<'SQL'
BEGIN;
LOCK TABLE applied_migrations IN EXCLUSIVE MODE;
SELECT NOT EXISTS (SELECT FROM applied_migrations WHERE name = :'name') AS pending \gset
\if :pending
    \echo applying :name
    \i :'up'
    INSERT INTO applied_migrations (name) VALUES (:'name');
\else
    \echo :name was applied before
\endif
COMMIT;
SQL
done

if [ "$found" = no ]; then
    echo "there is no migration in $migrations" >&2
    exit 1
fi
