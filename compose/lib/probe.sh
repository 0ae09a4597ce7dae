# shellcheck shell=bash
# shellcheck disable=SC2016  # the inner bash expands its own arguments
# Is it ready? Asked over TCP by bash itself: a bare Debian has no curl. A service that speaks TLS asks itself.

# exchange PORT REQUEST: the first line of the answer.
exchange() {
    timeout 3 bash -c '
        exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
        printf "%b" "$2" >&3
        IFS= read -r line <&3 && printf "%s\n" "${line%$'"'\r'"'}"' - "$1" "$2" 2>/dev/null
}

http_status() {
    local version status rest
    read -r version status rest < <(exchange "$1" "GET $2 HTTP/1.1\r\nHost: 127.0.0.1:$1\r\nConnection: close\r\n\r\n")
    [[ $version = HTTP/* ]] && echo "$status"
}

is_listening() { timeout 1 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"' - "$1" 2>/dev/null; }

is_ready() {
    local port
    port=$(port_of "$1")
    case $1 in
        redis) [ "$(exchange "$port" 'PING\r\n')" = +PONG ] ;;
        postgres) "$postgres_programs/pg_isready" -q -h 127.0.0.1 -p "$port" -U parley -d parley -t 3 ;;
        nginx) [ "$(http_status "$port" /healthz)" = 404 ] ;; # it hides the services' own page: that is its answer
        *) is_service_ready "$1" "$port" ;;
    esac
}

is_service_ready() {
    if [ "$(service_scheme)" = https ]; then
        HOST=127.0.0.1 PORT=$2 "$binaries/${1%%-*}" health >/dev/null 2>&1
    else
        [ "$(http_status "$2" /readyz)" = 200 ]
    fi
}

# await_ready NAME: 0 ready, 1 died, 2 not in time. A service that is at its schema (SchemaProgress.swift) is not late:
# who would end it then had it begin anew with the next start.
await_ready() {
    local deadline=$((SECONDS + ${START_SECONDS:-60})) looked=$SECONDS step told='' told_at=0
    until is_ready "$1" && is_running "$1"; do
        is_running "$1" || return 1
        if [ "$SECONDS" -gt "$looked" ]; then
            looked=$SECONDS
            step=$(schema_step "$1")
            [ -z "$step" ] || deadline=$((SECONDS + ${START_SECONDS:-60}))
            if [ -n "$step" ] && { [ "$step" != "$told" ] || [ $((SECONDS - told_at)) -ge 60 ]; }; then
                say "  $(printf '%-11s' "$1") is $step (may take long: what is interrupted begins anew)"
                told=$step told_at=$SECONDS
            fi
        fi
        [ "$SECONDS" -lt "$deadline" ] || return 2
        sleep 0.1
    done
}

# What a service does to its schema, in its own words; nothing where it does nothing.
schema_step() {
    case $1 in
        auth | history)
            HOST=127.0.0.1 PORT=$(port_of "$1") "$binaries/$1" health 2>/dev/null </dev/null 9>&- \
                | grep -o 'bringing the schema up to date.*' || true
            ;;
    esac
}
