#!/bin/sh
# What of nginx' configuration follows from the settings: writes settings.conf into FOLDER, where the other files are.
# compose/local runs it, and start.sh in the container: no more than a POSIX shell is needed.
set -eu
folder=$1

# The proxies before nginx, as words. The services name what is wrong with a list; here it must only stay one.
proxies() {
    case ${TRUSTED_PROXIES:-} in
        *[!0-9A-Fa-f.:/,[:space:]]*)
            echo "TRUSTED_PROXIES is not a list of addresses and ranges: $TRUSTED_PROXIES" >&2
            exit 2
            ;;
    esac
    printf '%s' "${TRUSTED_PROXIES:-}" | tr -d '[:space:]' | tr ',' ' '
}

# Of a proxy that is trusted, nginx takes the client's address; of anybody else, their own.
client_address() {
    for proxy in $1; do echo "set_real_ip_from $proxy;"; done
    echo 'real_ip_header X-Forwarded-For;'
    echo 'real_ip_recursive on;'
    echo 'geo $realip_remote_addr $is_from_proxy {'
    echo '    default 0;'
    for proxy in $1; do echo "    $proxy 1;"; done
    echo '}'
}

# A variable for http.conf.
allowed_origins() { printf 'map "" $allowed_origins { default "%s"; }\n' "${ALLOWED_ORIGINS:-}"; }

trusted=$(proxies)
{ client_address "$trusted" && allowed_origins; } >"$folder/settings.conf"
