# shellcheck shell=bash
# One function per command of compose/local.

# ---- up ----

command_up() {
    local wanted='' detach='' install=yes
    while [ $# -gt 0 ]; do
        case $1 in
            --gateways=*) wanted=${1#*=} ;;
            --gateways) wanted=${2-} && shift ;;
            --detach | -d) detach=yes ;;
            --no-install) install='' ;;
            *) misuse "up does not know: $1" ;;
        esac
        shift || misuse "--gateways wants a number"
    done
    [ -z "$wanted" ] || [[ $wanted =~ ^[1-9][0-9]?$ && $wanted -le $max_gateways ]] \
        || misuse "--gateways is not a number from 1 to $max_gateways: $wanted"
    make_folders
    lock_cluster
    find_binaries
    if is_up && any_running; then
        join_running "$wanted"
    else
        ! is_up || go_on "$wanted"
        begin "${wanted:-$gateways}" "$install"
        [ -n "$detach" ] || hold
    fi
}

is_up() { [ -e "$run/settings" ]; }

# A cluster that runs is not begun anew; what of it has ended is started again.
join_running() {
    local changed name missing=()
    [ -z "$1" ] || [ "$1" = "$gateways" ] \
        || misuse "running already, with $gateways gateways and not $1: compose/local down first"
    changed=$(changed_settings | paste -sd ' ')
    [ -z "$changed" ] || misuse "running already, with other settings ($changed): compose/local down first"
    for name in $(process_names); do is_running "$name" || missing+=("$name"); done
    say "running already: $(url_of nginx)"
    [ ${#missing[@]} -eq 0 ] || { say "starting what has ended:" && bring_up "${missing[@]}"; }
}

# What ended without `down`, with the machine or killed, is begun as it was.
go_on() {
    # Should this `up` fail, the next one goes on with what there was.
    cp -p "$run/settings" "$run/settings.before"
    cp -p "$run/gateways" "$run/gateways.before" 2>/dev/null || true
    recall_settings
    find_binaries
    local what="${recalled[*]}"
    [ -n "$1" ] || [ "$gateways" = 1 ] || what="--gateways $gateways${what:+, $what}"
    [ -z "$what" ] || say "as it was not ended by down, with what the last up was given: $what (compose/local down forgets it)"
}

begin() {
    gateways=$1
    local name began=$EPOCHREALTIME
    check_program_source
    check_packages "$2"
    build_binaries
    check_settings auth presence history gateway-1
    for name in $(process_names); do end_orphans "$name"; done
    check_ports
    rm -f "$run"/*.pid
    remember_settings
    trap 'say && exit 130' INT TERM HUP
    trap abandon EXIT
    say "starting, with data and logs in $data"
    bring_up redis postgres
    bring_up auth presence history
    # shellcheck disable=SC2046
    bring_up $(gateway_names)
    bring_up nginx
    trap - EXIT
    rm -f "$run"/*.before
    tell_address "$began"
}

# An `up` that fails or is interrupted leaves nothing running, and remembers what it found.
abandon() {
    local name
    trap '' INT TERM HUP
    say "stopping what was started"
    end_all
    for name in settings gateways; do
        [ ! -e "$run/$name.before" ] || mv "$run/$name.before" "$run/$name"
    done
}

check_packages() {
    local -a wanted=("${server_packages[@]}" "${runtime_packages[@]}") missing
    [ -n "${PARLEY_BIN:-}" ] || wanted+=("${build_packages[@]}")
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    [ ${#missing[@]} -gt 0 ] || return 0
    [ -n "$1" ] || fail "missing packages. As root: apt-get install --no-install-recommends ${missing[*]}"
    install_packages "${missing[@]}"
}

check_ports() {
    local name taken=()
    for name in $(process_names); do
        ! is_listening "$(port_of "$name")" || taken+=("$(port_of "$name") ($name)")
    done
    [ ${#taken[@]} -eq 0 ] || fail "ports are in use by somebody else: ${taken[*]}. Set PORT_BASE to move the cluster"
}

raise_file_limit() {
    local most
    most=$(ulimit -Hn)
    [ "$most" != unlimited ] || most=1048576
    ulimit -n "$most"
}

tell_address() {
    say
    say "ready in $(elapsed "$1"): $(url_of nginx)"
    if is_password_given; then
        say "administrator: ${ADMIN_USERNAME:-admin}, where there was none with the password that was given"
    else
        say "administrator: ${ADMIN_USERNAME:-admin}, the password stands in $secrets/admin-password"
    fi
}

# hold: stay until Ctrl-C, or until all has been stopped from elsewhere; tell once of what dies.
hold() {
    local name told=' ' over=''
    unlock_cluster
    trap 'over=yes' INT TERM HUP
    say "Ctrl-C stops everything"
    while [ -z "$over" ] && is_up; do
        for name in $(process_names); do
            [ "$(state_of "$name")" = died ] || { told=${told// $name / } && continue; }
            [[ $told = *" $name "* ]] || say "$name has died: compose/local start $name"
            told="${told// $name / }$name "
        done
        sleep 1 || true
    done
    trap '' INT TERM HUP
    is_up || return 0
    say "stopping"
    lock_cluster
    end_all
}

# ---- starting ----

# bring_up NAME...: start them together, then wait for each.
bring_up() {
    local name began=$EPOCHREALTIME
    raise_file_limit
    for name; do start_process "$name"; done
    for name; do
        await_or_tell "$name" || exit 1
        printf '  %-11s ready after %s, pid %s\n' "$name" "$(elapsed "$began")" "$(pid_of "$name" || echo -)" >&2
    done
}

start_process() {
    begin_log "$1"
    case $1 in
        redis | postgres | nginx) "start_$1" ;;
        *) start_service "$1" ;;
    esac
}

# A killed postgres leaves children that hold its memory for a moment: then it is tried again.
await_or_tell() {
    local name=$1 result tries=1
    [ "$name" != postgres ] || tries=8
    while true; do
        result=0
        await_ready "$name" || result=$?
        if [ $result -ne 1 ] || [ $((tries -= 1)) -eq 0 ]; then break; fi
        sleep 0.5
        start_process "$name"
    done
    case $result in
        0) return 0 ;;
        1) say "$name ended while it was starting. Its last lines:" ;;
        2) say "$name is not ready after ${START_SECONDS:-60} s. Its last lines:" ;;
    esac
    log_of_this_start "$name" | tail -n 15 | sed 's/^/    /' >&2
    say "all of it: compose/local logs $name"
    return 1
}

# ---- stopping ----

end_all() {
    local -a edge
    mapfile -t edge < <(gateway_names)
    end_together nginx
    end_together "${edge[@]}"
    end_together history presence auth
    end_together postgres redis
    rm -f "$run"/*.pid "$run/settings" "$run/gateways"
}

command_down() {
    local wipe=''
    case ${1-} in
        '') ;;
        --wipe) wipe=yes ;;
        *) misuse "down does not know: $1" ;;
    esac
    [ -d "$data" ] || { say "nothing runs, and there is no data in $data" && return 0; }
    lock_cluster
    if any_running; then end_all && say "stopped"; else end_all && say "nothing was running"; fi
    rm -f "$run"/*.before
    [ -z "$wipe" ] || { rm -rf -- "$data" && say "wiped $data"; }
}

# ---- some processes ----

check_names() {
    local name
    [ $# -gt 0 ] || misuse "which one? $(process_names | paste -sd ' ')"
    for name; do is_name "$name" || misuse "there is no process $name, but $(process_names | paste -sd ' ')"; done
}

check_name() {
    [ $# -eq 1 ] || misuse "which one? $(process_names | paste -sd ' ')"
    check_names "$1"
}

open_cluster() {
    is_up || fail "the cluster of PORT_BASE $base is not up: compose/local up first"
    lock_cluster
    find_binaries
    recall_settings
    find_binaries
    raise_file_limit
}

command_start() {
    local name
    check_names "$@"
    open_cluster
    check_settings "$@"
    for name; do
        if is_running "$name"; then say "$name runs already, pid $(pid_of "$name")"; else start_one "$name"; fi
    done
}

start_one() {
    start_process "$1"
    await_or_tell "$1" || exit 1
    [[ $1 != gateway-* ]] || await_balancer
    say "$1 is ready, pid $(pid_of "$1")"
}

# nginx, which has found all gateways away, turns to none of them for two seconds.
await_balancer() {
    local deadline=$((SECONDS + 4))
    while is_running nginx && [ "$(http_status "$(port_of nginx)" /)" = 503 ] && [ "$SECONDS" -lt "$deadline" ]; do
        sleep 0.1
    done
}

command_stop() {
    local name
    check_names "$@"
    open_cluster
    end_together "$@"
    for name; do say "$name is stopped"; done
}

command_restart() {
    local name
    check_names "$@"
    open_cluster
    check_settings "$@"
    for name; do
        end_together "$name"
        start_one "$name"
    done
}

# ---- looking ----

command_status() {
    case ${1-} in
        '') status_table ;;
        --json) status_json ;;
        *) misuse "status does not know: $1" ;;
    esac
}

status_table() {
    local name
    printf '%-11s %-8s %-8s %s\n' NAME STATE PID URL
    for name in $(process_names); do
        printf '%-11s %-8s %-8s %s\n' "$name" "$(state_of "$name")" "$(pid_of "$name" || echo -)" "$(url_of "$name")"
    done
}

# Every value is a plain word, a number or an address of ours: nothing to escape.
status_json() {
    local name separator=''
    printf '{"processes":['
    for name in $(process_names); do
        printf '%s{"name":"%s","pid":%s,"url":"%s","state":"%s"}' "$separator" "$name" \
            "$(pid_of "$name" || echo null)" "$(connection_url "$name")" "$(state_of "$name")"
        separator=,
    done
    printf ']}\n'
}

# For programs the address of the database is one that can be used as it is, by who may read
# the file with the password.
connection_url() {
    if [ "$1" = postgres ] && [ -r "$secrets/pgpass" ]; then database_url; else url_of "$1"; fi
}

command_url() {
    check_name "$@"
    connection_url "$1"
}

command_logs() {
    local show='cat'
    if [ "${1-}" = --path ]; then shift && show='echo'; fi
    if [ $# -eq 0 ]; then all_logs "$show" && return; fi
    check_name "$@"
    [ "$show" = echo ] || [ -e "$(log_of "$1")" ] || fail "$1 has written no log yet"
    "$show" "$(log_of "$1")"
}

all_logs() {
    local name
    if [ "$1" = echo ]; then echo "$logs" && return; fi
    for name in $(process_names); do
        [ ! -e "$(log_of "$name")" ] || { echo "==> $name <==" && cat "$(log_of "$name")"; }
    done
}
