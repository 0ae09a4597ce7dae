# shellcheck shell=bash
# shellcheck disable=SC2034  # the names set here are read by the other parts
# One cluster: its folder, its ports, the names of its processes.

max_gateways=16

# Sets base, data, run, logs, secrets and gateways (the number of the last `up` that was not ended).
locate_cluster() {
    base=${PORT_BASE:-8000}
    [[ $base =~ ^[1-9][0-9]{0,4}$ && $base -le 65400 ]] \
        || misuse "PORT_BASE is not a port from 1 to 65400: $base"
    check_seconds START_SECONDS STOP_SECONDS
    local home=/var/lib/parley
    [ "$(id -u)" = 0 ] || home=${XDG_STATE_HOME:-${HOME:?}/.local/state}/parley
    data=${PARLEY_DATA:-$home}
    [[ $data = /* ]] || data=$PWD/$data
    data=$data/$base
    run=$data/run logs=$data/log secrets=$data/secrets
    gateways=1
    # A machine that has crashed may leave an empty file.
    [ ! -s "$run/gateways" ] || gateways=$(<"$run/gateways")
}

check_seconds() {
    local name
    for name; do
        [[ ${!name:-0} =~ ^(0|[1-9][0-9]{0,4})$ ]] || misuse "$name is not a number of seconds from 0 to 99999: ${!name}"
    done
}

# Others may pass through the outer folder (postgres has an account of its own), not look.
make_folders() {
    (umask 066 && mkdir -p "$data") || fail "cannot make $data: set PARLEY_DATA to a folder of yours"
    (umask 077 && mkdir -p "$run" "$logs" "$secrets" "$data/redis" "$data/nginx")
}

# The lock belongs to this command alone: what it starts must not inherit descriptor 9.
lock_cluster() {
    exec 9>"$data/lock"
    flock -w 120 9 || fail "another compose/local is busy with $data"
}
unlock_cluster() { exec 9>&-; }

# secret NAME: made at random on first use, kept in a file that only its owner reads.
secret() {
    local file=$secrets/$1
    [ -s "$file" ] || (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file.new" && mv "$file.new" "$file")
    cat "$file"
}

gateway_names() { seq -f 'gateway-%g' 1 "$gateways"; }

# Every process, in the order of starting.
process_names() {
    printf '%s\n' redis postgres auth presence history
    gateway_names
    echo nginx
}

# Not grep -q: it would end the pipe early, which counts as a failure here (pipefail).
is_name() { process_names | grep -xF -- "$1" >/dev/null; }

port_of() {
    case $1 in
        nginx) echo "$base" ;;
        postgres) echo $((base + 78)) ;;
        redis) echo $((base + 79)) ;;
        gateway-1) echo $((base + 80)) ;;
        auth) echo $((base + 81)) ;;
        history) echo $((base + 82)) ;;
        presence) echo $((base + 83)) ;;
        gateway-*) echo $((base + 82 + ${1#gateway-})) ;;
    esac
}

url_of() {
    case $1 in
        redis) echo "redis://127.0.0.1:$(port_of redis)" ;;
        postgres) echo "postgres://parley@127.0.0.1:$(port_of postgres)/parley" ;;
        nginx) echo "http://127.0.0.1:$(port_of nginx)" ;;
        *) echo "$(service_scheme)://127.0.0.1:$(port_of "$1")" ;;
    esac
}

# How the services are spoken to: by TLS where this shell, or the last `up`, gave them a certificate.
service_scheme() {
    if [ -n "${TLS_CERT-}" ] || grep -qs "^export TLS_CERT=[^']" "$run/settings"; then echo https; else echo http; fi
}

log_of() { echo "$logs/$1.log"; }
