#!/bin/sh
# Makes the secrets of a cluster in containers, once, in FOLDER (/secrets); what is there stays as it is.
# The volumes are the border: whoever mounts one may read all in it.
set -eu
folder=${1:-/secrets}

make_random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# keep FILE: standard input becomes the file, whole or not at all.
keep() {
    cat >"$1.new"
    chmod 444 "$1.new"
    mv "$1.new" "$1"
}

cd "$folder/database"
[ -s database-password ] || make_random | keep database-password
[ -s database-url ] || echo "postgres://parley:$(cat database-password)@postgres:5432/parley" | keep database-url

cd "$folder/admin"
if [ ! -s admin-password ] && [ -n "${ADMIN_PASSWORD:-}" ]; then
    # Kept for good, so what auth would refuse must not get here.
    [ "${#ADMIN_PASSWORD}" -ge 8 ] || { echo "ADMIN_PASSWORD has less than 8 bytes" >&2 && exit 2; }
    printf '%s' "$ADMIN_PASSWORD" | keep admin-password
fi
[ -s admin-password ] || make_random | keep admin-password
