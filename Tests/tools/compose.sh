#!/usr/bin/env bash
# The images built, the cluster started with three gateways, a chat across them, and all gone again.
# Called by `Tests/run compose`: $python has websockets, $tally takes the counts, 3 is the operator.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source Tests/tools/containers.sh

project=parley-test-$$
compose=(docker compose -p "$project" -f compose/compose.yaml)

skip() {
    echo "-- compose: SKIPPED, $*" >&3
    echo 'skipped 1' >>"$tally"
    exit 0
}

step() { echo "   $*" >&3; }

# Volumes too: each run begins with nothing.
take_down() {
    local status=$?
    trap - EXIT
    [ $status -eq 0 ] || "${compose[@]}" logs --no-color --tail 25 || true
    "${compose[@]}" down -v --remove-orphans --rmi local -t 15 || status=1
    exit $status
}

free_port() {
    "$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

ensure_engine || skip "no container engine can be had here (see Tests/.output/compose.log)"
ensure_images || skip "the base images can neither be pulled nor made here (see Tests/.output/compose.log)"

trap take_down EXIT
trap 'exit 130' INT TERM
PORT_BASE=$(free_port)
export PORT_BASE LIMITS=off

step "building the images"
"${compose[@]}" --progress plain build
echo 'passed 1' >>"$tally"

step "starting, with three gateways"
"${compose[@]}" up -d --no-build --wait --wait-timeout 180 --scale gateway=3
echo 'passed 1' >>"$tally"

step "chatting across the gateways"
"$python" Tests/EndToEnd/compose_check.py "http://127.0.0.1:$PORT_BASE" 3
echo 'passed 1' >>"$tally"
