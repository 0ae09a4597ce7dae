#!/bin/sh
# How nginx starts in the container: with the files that it is given, and what follows from the settings, in FOLDER, by
# default one of the container.
set -eu
given=$(dirname "$0")
folder=${1:-/tmp/parley}

mkdir -p "$folder"
cp "$given"/*.conf "$folder/"
sh "$given/settings.sh" "$folder"
# As many files as the container lets it have, and half as many connections, as what else is open has to fit too. A
# WebSocket is two of them: to the client and to a gateway.
files=$(ulimit -Hn)
if [ "$files" = unlimited ] || [ "$files" -gt 65536 ]; then files=65536; fi
printf 'worker_rlimit_nofile %s;\nevents { worker_connections %s; }\n' "$files" $((files / 2)) >"$folder/files.conf"
exec nginx -c "$folder/containers.conf" -e /dev/stderr
