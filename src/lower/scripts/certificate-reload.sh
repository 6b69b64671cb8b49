#!/bin/sh
# Has PostgreSQL read its certificate again every hour.
set -eu
trap 'exit 0' TERM # the first process of a container has no default for it

while :; do
    sleep 3600 &
    wait "$!"
    psql --no-psqlrc --quiet --output=/dev/null --command='SELECT pg_reload_conf()' || true
done
