#!/bin/sh
# Dumps the database, then removes the oldest dumps beyond $KEEP. A run that is killed leaves a
# .part at most, and no dump goes before a newer one is there and can be read.
set -eu
umask 027
cd "$BACKUPS"

rm -f ./*.part
dump=$(date -u +%Y-%m-%dT%H-%M-%SZ).dump # so that names sort by time
pg_dump --format=custom --file="$dump.part"
pg_restore --list "$dump.part" >/dev/null
mv "$dump.part" "$dump"

set -- ./*.dump
while [ "$#" -gt "$KEEP" ]; do
    rm "$1"
    shift
done
