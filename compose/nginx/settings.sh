#!/bin/sh
# What of nginx' configuration follows from the settings: writes settings.conf and lasting.conf into FOLDER, where
# the other files are. compose/local runs it, and start.sh in the container: no more than a POSIX shell is needed.
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

# plain TEXT: the number that a setting's text means, 65536 or 64KiB. What is none, the services name.
plain() {
    case $1 in
        *KiB) factor=1024 number=${1%KiB} ;;
        *MiB) factor=1048576 number=${1%MiB} ;;
        *GiB) factor=1073741824 number=${1%GiB} ;;
        *) factor=1 number=$1 ;;
    esac
    case $number in
        '' | *[!0-9]*) echo 0 ;;
        *) expr "$number" \* "$factor" || true ;; # 0 counts as a failure there
    esac
}

# raised VALUE DEFAULT OURS: what nginx bounds by OURS while the setting is as it comes, or lower (then the service is
# the stricter one); a setting above its default moves the bound, if that is narrower.
raised() {
    if [ "$1" -gt "$2" ] && [ "$1" -gt "$3" ]; then echo "$1"; else echo "$3"; fi
}

# Bounds for what a stranger sends. The services have their own, and say why; a larger one must not end here.
bounds() {
    body=$(raised "$(plain "${MAX_BODY_BYTES:-64KiB}")" 65536 262144)
    header=$(raised "$(plain "${MAX_HEADER_BYTES:-32KiB}")" 32768 16384)
    line=$(raised "$(plain "${MAX_REQUEST_LINE_BYTES:-8KiB}")" 8192 16384)
    [ "$line" -le "$header" ] || header=$line
    echo "client_max_body_size $body;"
    # One field, or the line, has to fit into one buffer, with the end of its line.
    [ "$header" -eq 16384 ] || header=$((header + 1024))
    echo "large_client_header_buffers 4 $header;"
    echo "client_header_timeout $(raised "$(plain "${HEADER_SECONDS:-10}")" 10 10)s;"
    # Without a byte; BODY_SECONDS is for the whole.
    echo "client_body_timeout $(raised "$(plain "${BODY_SECONDS:-30}")" 30 15)s;"
}

# Long-lived: a heartbeat passes every 25 s (WebSocket; always sooner than SILENCE_SECONDS, after which a gateway closes)
# or 15 s (events). When 30 s more go by without a word, it is an end.
lasting() {
    silence=$(raised "$(plain "${SILENCE_SECONDS:-60}")" 60 60)
    echo "proxy_read_timeout $((silence + 30))s;"
    echo "proxy_send_timeout $((silence + 30))s;"
}

# A variable for http.conf.
allowed_origins() { printf 'map "" $allowed_origins { default "%s"; }\n' "${ALLOWED_ORIGINS:-}"; }

trusted=$(proxies)
{ client_address "$trusted" && allowed_origins && bounds; } >"$folder/settings.conf"
lasting >"$folder/lasting.conf"
