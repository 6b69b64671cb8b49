#!/bin/sh
# Starts the server. The password travels by standard input, so that it is neither on a disk
# nor in the list of processes. LEADER is set where pods follow the first: its host and port.
set -eu
password=$(printf %s "$REDISCLI_AUTH" | sed 's/["\\]/\\&/g')

case ${LEADER:-} in
'' | "${POD_NAME:-}".*) follow= ;;
*) follow="replicaof $LEADER" ;;
esac

exec redis-server /etc/redis/redis.conf "$@" - <<END
requirepass "$password"
masterauth "$password"
$follow
END
