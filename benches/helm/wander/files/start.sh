#!/bin/sh
set -eu
secret=$(printf %s "$REDISCLI_AUTH" | sed 's/["\\]/\\&/g')
role=""
if [ "${POD_NAME##*-}" != 0 ]; then
  role="replicaof cache-0.cache-headless 6379"
fi
printf 'requirepass "%s"\nmasterauth "%s"\n%s\n' "$secret" "$secret" "$role" |
  exec redis-server /etc/redis/redis.conf -
