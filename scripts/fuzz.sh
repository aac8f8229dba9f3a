#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Fuzzes every target for SECONDS (20): `scripts/fuzz.sh [SECONDS] [TARGET…]`. Findings lie in fuzz/artifacts.
# The flags are cargo-fuzz's own without a sanitizer, so that the stable compiler will do.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
seconds=${1:-20}
shift || true
targets=${*:-$(sed -n 's/^name = "\([a-z]*\)"$/\1/p' fuzz/Cargo.toml)}
export GST_PLUGIN_PATH=  # the plugin under test is the one in the program
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1"
host=$(rustc -vV | sed -n 's/^host: //p')
# With a target named, build scripts and macros are not instrumented.
(cd fuzz && RUSTFLAGS="$flags" cargo build --quiet --release --target "$host")
for target in $targets; do
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    seeds=$([ ! -d "fuzz/seeds/$target" ] || echo "fuzz/seeds/$target")
    case $target in
        workflow) seeds=examples/workflows ;;
        image) seeds="$seeds examples/media tests/media" ;;
    esac
    echo "fuzzing $target for $seconds s"
    # shellcheck disable=SC2086
    fuzz/target/"$host"/release/"$target" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=4096 \
        -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 "fuzz/corpus/$target" $seeds 2>"fuzz/artifacts/$target.log" || {
        tail -40 "fuzz/artifacts/$target.log" >&2
        exit 1
    }
    sed -n 's/^stat::number_of_executed_units: */  inputs: /p; s/^stat::peak_rss_mb: */  peak MiB: /p' "fuzz/artifacts/$target.log"
done
