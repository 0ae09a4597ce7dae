# shellcheck shell=bash
# Processes by name: a pid file holds the pid, the start time and in which boot that was, so that
# a pid that the system gave to somebody else is never taken for ours.

{ this_boot=$(</proc/sys/kernel/random/boot_id); } 2>/dev/null || this_boot=unknown

# birth PID: its start time in clock ticks; fails for a process that has ended (a zombie too).
birth() {
    local stat fields
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] && [ "${fields[0]}" != X ] && echo "${fields[19]}"
}

# pid_of NAME: fails where it does not run.
pid_of() {
    local pid born boot
    { read -r pid born boot <"$run/$1.pid"; } 2>/dev/null || return 1
    # A build before this one noted no boot.
    [ "${boot:-$this_boot}" = "$this_boot" ] && [ "$(birth "$pid")" = "$born" ] && echo "$pid"
}

is_running() { pid_of "$1" >/dev/null; }

any_running() {
    local name
    for name in $(process_names); do ! is_running "$name" || return 0; done
    return 1
}

# running, stopped (on request, or never started) or died (by itself or by a signal of others)
state_of() {
    if is_running "$1"; then echo running; elif [ -e "$run/$1.pid" ]; then echo died; else echo stopped; fi
}

# How many bytes the log of each had when it was started last.
declare -A log_before

# begin_log NAME: keeps its log small, and notes where that of the coming start begins.
begin_log() {
    local log size
    log=$(log_of "$1")
    size=$(stat -c %s "$log" 2>/dev/null || echo 0)
    [ "$size" -lt 67108864 ] || { mv "$log" "$log.1" && size=0; }
    log_before[$1]=$size
}

log_of_this_start() { tail -c "+$((log_before[$1] + 1))" "$(log_of "$1")"; }

# A killed master of nginx leaves its workers, which would go on to hold the port and to answer by
# an old configuration. Their group bears the master's pid, which nobody else gets while they live;
# after a reboot it is anybody's. Returns when the port is free, or after 5 s.
end_orphans() {
    local pid boot deadline=$((SECONDS + 5))
    { read -r pid _ boot <"$run/$1.pid"; } 2>/dev/null || return 0
    [ "$boot" = "$this_boot" ] || return 0
    [ -z "$(birth "$pid")" ] || return 0
    kill -KILL -- "-$pid" 2>/dev/null || return 0
    while is_listening "$(port_of "$1")" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.05; done
}

# launch NAME COMMAND...: in a session of its own, so that Ctrl-C reaches only us.
launch() {
    local name=$1 pid
    shift
    end_orphans "$name"
    setsid -- "$@" </dev/null >>"$(log_of "$name")" 2>&1 9>&- &
    pid=$!
    disown "$pid"
    echo "$pid $(birth "$pid" || echo 0) $this_boot" >"$run/$name.pid"
}

# postgres: SIGINT is its fast shutdown. A stopped process needs SIGCONT to hear anything.
signal_end() {
    local pid
    pid=$(pid_of "$1") || return 0
    case $1 in postgres) kill -INT "$pid" ;; *) kill -TERM "$pid" ;; esac 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
}

# How long a process may take to end: longer where a gateway may take its time to send clients elsewhere.
stop_seconds() {
    local drain=${DRAIN_SECONDS-} least=${STOP_SECONDS:-25}
    [ -n "$drain" ] || drain=$(sed -nE 's/^export DRAIN_SECONDS=([0-9]+)$/\1/p' "$run/settings" 2>/dev/null || true)
    [[ $drain =~ ^[0-9]+$ ]] || drain=10
    echo $((least > drain + 15 ? least : drain + 15))
}

# await_end NAME: bounded; past the bound the whole process group is killed.
await_end() {
    local patience deadline pid
    patience=$(stop_seconds)
    deadline=$((SECONDS + patience))
    while pid=$(pid_of "$1"); do
        if [ "$SECONDS" -ge "$deadline" ]; then
            say "  $1 (pid $pid) did not end in $patience s: killing it"
            kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
            deadline=$((SECONDS + 5))
        fi
        sleep 0.05
    done
    end_orphans "$1"
    rm -f "$run/$1.pid"
}

# end_together NAME...: one signal to all, then wait for each.
end_together() {
    local name
    for name; do signal_end "$name"; done
    for name; do await_end "$name"; done
}
