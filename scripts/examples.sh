#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs every example briefly, built as the tests are. Those that measure on labelled media need MEDIA (../shared/media) and are
# passed over without it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
media=${MEDIA:-../shared/media}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

try() {
    local example=$1
    shift
    echo "$example $*"
    cargo run --quiet --example "$example" -- "$@" >"$out/log" 2>&1 || { cat "$out/log" >&2; exit 1; }
    [ -s "$out/log" ] || [ -n "$(find "$out" -name '*.png')" ] || { echo "$example told and drew nothing" >&2; exit 1; }
}

try observe --age examples/media/astronaut.png
try portrait "$out/portrait.png" blink=1 cells=ff0000,0000ff/000000,ffffff
try rendered 2
try screens "$out" 640x480 de
try depth 2 "$out/depth.png"
try wrongcode 200 1
try soak 0.3
try cutin rendered 1
mkdir "$out/edits"
cp examples/media/astronaut.png "$out/edits/"
printf 'path\tlabel\tkind\nastronaut.png\tlive\timage\n' >"$out/edits/labels.tsv"
try edits "$out/edits/labels.tsv" --edits feather,blur
if [ -d "$media" ]; then
    mkdir "$out/lights"
    ln -s "$(realpath "$media/flash/yaleB01")" "$out/lights/"
    try reallight "$out/lights" 1
    try lamps "$media/flash"
    clips=$out/clips
    mkdir "$clips"
    head -n 1 "$media/events.jsonl" >"$clips/events.jsonl"
    cp "$media/labels.tsv" "$clips/"
    ln -s "$(realpath "$media/live_video")" "$clips/live_video"
    try actions "$clips" 3
    grep -e '^path' -e '^live_video/td[BC]_' "$media/labels.tsv" >"$clips/labels.tsv"
    try stillness "$clips"
else
    echo "passed over: reallight, lamps, actions and stillness measure on labelled media, and $media is not there"
fi
