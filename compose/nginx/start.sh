#!/bin/sh
# How nginx starts in the container: with the files that it is given, and what follows from the settings, in FOLDER, by
# default one of the container.
set -eu
given=$(dirname "$0")
folder=${1:-/tmp/parley}

mkdir -p "$folder"
cp "$given"/*.conf "$folder/"
sh "$given/settings.sh" "$folder"
exec nginx -c "$folder/containers.conf" -e /dev/stderr
