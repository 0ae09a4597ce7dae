#!/bin/sh
# Makes the secrets of a cluster in containers, once; what is there stays as it is.
# The volumes are the border: whoever mounts one may read all in it.
set -eu

make_random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# keep FILE: standard input becomes the file, whole or not at all.
keep() {
    cat >"$1.new"
    chmod 444 "$1.new"
    mv "$1.new" "$1"
}

cd /secrets/database
[ -s database-password ] || make_random | keep database-password
[ -s database-url ] || echo "postgres://parley:$(cat database-password)@postgres:5432/parley" | keep database-url

cd /secrets/admin
[ -s admin-password ] || make_random | keep admin-password
