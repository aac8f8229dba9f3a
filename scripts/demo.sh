#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A whole check on a rendered person: movement and light, a store, a webhook to a receiver on this machine, evidence.
set -eu
folder=liveness-demo
mkdir -p "$folder"
chmod 700 "$folder"
# Random secrets, made once; they never stand on a command line.
for secret in store.key webhook.secret; do
    [ -s "$folder/$secret" ] || (umask 077 && head -c 32 /dev/urandom | base64 >"$folder/$secret")
done
# What an earlier run left would pass for "listening".
rm -f "$folder/webhook.log"
python3 examples/webhook_receiver.py 8787 "$folder/webhook.secret" >"$folder/webhook.log" 2>&1 &
receiver=$!
trap 'kill $receiver 2>/dev/null || true' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$folder/webhook.log" ] && break
    sleep 0.3
done
status=0
liveness-launch run examples/workflows/demo.json --picture liveness-demo.png --evidence "$folder" || status=$?
cat "$folder/webhook.log" >&2
log=$(liveness-launch sessions verify --store "$folder/store.db" --key-file "$folder/store.key")
echo "audit log: $log" >&2
echo "What it saw: $PWD/liveness-demo.png, what the light showed: $PWD/$folder/light.png" >&2
exit "$status"
