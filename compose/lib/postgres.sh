# shellcheck shell=bash
# PostgreSQL refuses to run as root: then the account that its package made runs it.

postgres_programs=/usr/lib/postgresql/15/bin

as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

# It has its name only when it is whole: an `up` that is killed meanwhile leaves nothing that looks like a database.
prepare_postgres() {
    local folder=$data/postgres.new
    [ ! -s "$data/postgres/PG_VERSION" ] || return 0
    # So what is there all the same is a restore that is not done, or damage; a link, a disk that is not mounted.
    if [ -L "$data/postgres" ] || { [ -d "$data/postgres" ] && ! rmdir "$data/postgres" 2>/dev/null; }; then
        fail "$data/postgres is there, but no database (PG_VERSION is missing), so it is left alone:" \
            "mend or mount it, or move it away to begin with an empty one"
    fi
    rm -rf "$folder"
    mkdir -m 700 "$folder"
    if [ "$(id -u)" = 0 ]; then
        chown postgres:postgres "$folder"
        as_postgres test -x "$folder" \
            || fail "the account postgres cannot enter $folder: set PARLEY_DATA to a folder below ones that others may pass through"
    fi
    initialise "$folder" >>"$(log_of postgres)" 2>&1 || {
        tail -5 "$(log_of postgres)" >&2
        rm -rf "$folder"
        fail "initdb failed"
    }
    mv "$folder" "$data/postgres"
}

# Who may come in: the owner of the database, which is no superuser, by password. Single-user mode
# makes it without an open port.
initialise() {
    (cd / && as_postgres "$postgres_programs/initdb" --pgdata="$1" --username=postgres --encoding=UTF8 \
        --locale=C.UTF-8 --auth=reject --no-instructions) || return
    echo 'host parley parley 127.0.0.1/32 scram-sha-256' >"$1/pg_hba.conf"
    (cd / && as_postgres "$postgres_programs/postgres" --single -D "$1" postgres) >/dev/null <<SQL
CREATE ROLE parley LOGIN PASSWORD '$(secret database-password)'
CREATE DATABASE parley OWNER parley
SQL
}

# What was freed stays with the session, for the next batch of rows: else every page of it is asked of the system again.
# (Bytes; the first is the most that glibc takes. compose.yaml has the same.)
postgres_memory=(MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=67108864)

# For libpq: the password stands in a file that the address names, so that neither shows it.
database_url() {
    local file=$secrets/pgpass
    [ -s "$file" ] || (umask 077 && echo "*:*:parley:parley:$(secret database-password)" >"$file")
    echo "$(url_of postgres)?passfile=$(percent_coded "$file")"
}

# percent_coded TEXT: as a value in the query of an address.
percent_coded() {
    local LC_ALL=C text=$1 index byte
    for ((index = 0; index < ${#text}; index++)); do
        byte=${text:index:1}
        case $byte in
            [A-Za-z0-9/._~-]) printf '%s' "$byte" ;;
            *) printf '%%%02X' $(($(printf '%d' "'$byte") & 255)) ;;
        esac
    done
}

start_postgres() {
    prepare_postgres
    cp "$top/compose/postgres.conf" "$data/postgres/parley.conf"
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$data/postgres/parley.conf"
    local -a identity=()
    [ "$(id -u)" != 0 ] || identity=(setpriv --reuid=postgres --regid=postgres --init-groups --)
    (cd / && launch postgres env "${postgres_memory[@]}" "${identity[@]}" "$postgres_programs/postgres" -D "$data/postgres" \
        -c config_file="$data/postgres/parley.conf" -c listen_addresses=127.0.0.1 \
        -c port="$(port_of postgres)" -c unix_socket_directories=)
}
