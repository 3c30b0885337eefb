#!/bin/sh
# Makes the cluster at the first start, then becomes the server. The volume lives no longer than the
# sandbox, so it need not outlive the machine; but what was committed must outlive a killed Postgres.
set -eu
if [ ! -s /data/cluster/PG_VERSION ]; then
  umask 077
  printf '%s' "$POSTGRES_PASSWORD" >/data/password
  initdb -D /data/cluster -U "$POSTGRES_USER" --pwfile=/data/password --auth=scram-sha-256 \
    --no-sync -E UTF8 --locale=C.UTF-8 >/dev/null
  rm /data/password
  echo "host all all all scram-sha-256" >>/data/cluster/pg_hba.conf
  echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D /data/cluster postgres >/dev/null
fi
exec postgres -D /data/cluster -c listen_addresses='*' -c unix_socket_directories=/tmp \
  -c max_connections=300 -c timezone=UTC -c log_timezone=UTC -c shared_buffers=128MB \
  -c shared_preload_libraries=pg_stat_statements \
  -c fsync=off
