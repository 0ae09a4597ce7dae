# shellcheck shell=bash
# shellcheck disable=SC2034  # the names set here are read by the other parts
# Settings are environment variables. `up` remembers those given to it, so that a later
# `start NAME` from another shell gives the process the same, and so that the next `up` does
# where the cluster was not ended by `down`, but by the machine; what the shell sets, wins.

# What counts as a setting: these, and every name that a service's --help mentions.
known_settings=(
    ACCESS_TOKEN_TTL ADMIN_PASSWORD ADMIN_PASSWORD_FILE ADMIN_USERNAME ALLOWED_ORIGINS ALLOW_QUERY_TOKEN COMPRESSION COMPRESS_MIN_BYTES DRAIN_SECONDS
    JWT_ALGORITHM JWT_SECRET JWT_SECRET_FILE LIMITS LOG_LEVEL LOG_MAX_BYTES LOOPS MAX_CONNECTIONS_PER_IP
    MAX_CONNECTIONS_PER_USER MAX_CONTENT_CHARS MAX_MESSAGE_BYTES MESSAGE_RATE_LIMIT
    PARLEY_BIN RECENT_MAX RECENT_SECONDS REDIS_ACK_REPLICAS REDIS_APPENDFSYNC REDIS_MAXMEMORY REFRESH_TOKEN_TTL
    REGISTRATION SCRYPT_LOG_N TICKET_TTL TRUSTED_PROXIES
)
# Set by us for each process, whatever the shell says.
own_settings='^(PORT|HOST|REDIS_URL|DATABASE_URL|GATEWAY_ID|PATH|HOME|USER|LANG)$'

words_of_help() {
    local product
    for product in gateway auth history presence; do
        [ ! -x "$binaries/$product" ] || timeout 5 "$binaries/$product" --help </dev/null 2>/dev/null || true
    done | grep -oE '\b[A-Z][A-Z0-9_]{2,}\b' || true
}

setting_names() {
    { printf '%s\n' "${known_settings[@]}" && words_of_help; } | sort -u | grep -vE "$own_settings"
}

# The settings of this shell, quoted for `source`, one a line.
given_settings() {
    local name
    setting_names | while read -r name; do
        [ -z "${!name+set}" ] || printf 'export %s=%q\n' "$name" "${!name}"
    done
}

remember_settings() {
    (umask 077 && given_settings >"$run/settings.new" && mv "$run/settings.new" "$run/settings")
    echo "$gateways" >"$run/gateways"
}

# The names whose values differ from those that the running cluster was given.
changed_settings() {
    { diff <(given_settings) "$run/settings" || true; } | sed -nE 's/^[<>] export ([A-Z0-9_]+)=.*/\1/p' | sort -u
}

# Remembered settings, save those that this shell sets itself; then their names are in `recalled`.
recall_settings() {
    recalled=()
    [ -r "$run/settings" ] || return 0
    local line name
    while IFS= read -r line; do
        [[ $line =~ ^export\ ([A-Z][A-Z0-9_]*)= ]] || continue
        name=${BASH_REMATCH[1]}
        [ -z "${!name+set}" ] || continue
        eval "$line"
        recalled+=("$name")
    done <"$run/settings"
}
