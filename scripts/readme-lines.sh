#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs the lines of the sh blocks of README.md and docs/*.md as they stand; a line with "# needs" is passed over.
set -eu
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
# Joins lines that end in a backslash, inside ```sh blocks only.
awk '/^```sh/ { inside = 1; next } /^```/ { inside = 0 }
     inside { line = line $0; if (sub(/\\$/, "", line)) next; if (line ~ /^([A-Z_]+=[^ ]* )*(gst-launch|gst-inspect|liveness-launch)/) print line; line = "" }' \
    README.md docs/*.md >"$lines"
[ -s "$lines" ] || { echo "the documents have no lines to run" >&2; exit 1; }
count=0
while IFS= read -r line; do
    case $line in *"# needs"*) echo "passed over: $line"; continue ;; esac
    echo "\$ $line"
    timeout 120 sh -c "$line" >/dev/null </dev/null || { echo "this line failed ($?): $line" >&2; exit 1; }
    count=$((count + 1))
done <"$lines"
echo "$count lines of README.md and docs ran"
