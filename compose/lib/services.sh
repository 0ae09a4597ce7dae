# shellcheck shell=bash
# The four services: same start, another product and a few settings of their own.

private_networks=127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7

# Whose word on a client's address counts: nginx' in any case. TRUSTED_PROXIES are those before it, whose word nginx
# takes (compose/nginx/settings.sh); they may come straight to a service, too.
trusted_by_services() {
    if [ -n "${TRUSTED_PROXIES-}" ]; then
        echo "127.0.0.1,$TRUSTED_PROXIES"
    else
        echo "$private_networks"
    fi
}

# start_service NAME PRODUCT [SETTING=VALUE...]
start_service() {
    local name=$1 product=$2
    shift 2
    launch "$name" env HOST=127.0.0.1 PORT="$(port_of "$name")" REDIS_URL="$(url_of redis)" \
        TRUSTED_PROXIES="$(trusted_by_services)" "$@" "$binaries/$product"
}

# Whether the operator names the first administrator's password; else it is made at random.
is_password_given() { [ -n "${ADMIN_PASSWORD-}${ADMIN_PASSWORD_FILE-}" ]; }

start_auth() {
    local -a password=()
    if ! is_password_given; then
        secret admin-password >/dev/null
        password=(ADMIN_PASSWORD_FILE="$secrets/admin-password")
    fi
    start_service auth auth DATABASE_URL="$(database_url)" ADMIN_USERNAME="${ADMIN_USERNAME:-admin}" "${password[@]}"
}

start_history() { start_service history history DATABASE_URL="$(database_url)"; }
start_presence() { start_service presence presence; }
start_gateway() { start_service "$1" gateway GATEWAY_ID="$1"; }
