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

# service_command NAME: into `service`, its program with the settings that are its own here.
service_command() {
    local -a own=()
    case $1 in
        auth | history) own=(DATABASE_URL="$(database_url)") ;;
        gateway-*) own=(GATEWAY_ID="$1") ;;
    esac
    if [ "$1" = auth ]; then
        own+=(ADMIN_USERNAME="${ADMIN_USERNAME:-admin}")
        if ! is_password_given; then
            secret admin-password >/dev/null
            own+=(ADMIN_PASSWORD_FILE="$secrets/admin-password")
        fi
    fi
    service=(env HOST=127.0.0.1 PORT="$(port_of "$1")" REDIS_URL="$(url_of redis)"
        TRUSTED_PROXIES="$(trusted_by_services)" "${own[@]}" "$binaries/${1%%-*}")
}

start_service() {
    service_command "$1"
    launch "$1" "${service[@]}"
}

# check_settings NAME...: all that the services among them would refuse, at once and before anything is touched.
check_settings() {
    local name problems=''
    for name; do
        case $name in auth | history | presence | gateway-*) ;; *) continue ;; esac
        service_command "$name"
        problems+=$(settings_problems)$'\n'
    done
    [ -z "${problems//$'\n'/}" ] || refuse_settings "$problems"
}

# Of `service`, a line each with its product's name before it. What it would not start for otherwise, its start tells.
settings_problems() {
    local told status=0
    told=$("${service[@]}" --check-config </dev/null 2>&1 9>&-) || status=$?
    [ $status -ne 2 ] || printf '%s\n' "$told"
}

# What several say is said once.
refuse_settings() {
    say "parley: nothing was started or stopped, as these settings are refused:"
    sed -E 's/^[a-z]+: /    /' <<<"$1" | awk 'NF && !told[$0]++' >&2
    exit 2
}

# Whether the operator names the first administrator's password; else it is made at random.
is_password_given() { [ -n "${ADMIN_PASSWORD-}${ADMIN_PASSWORD_FILE-}" ]; }
