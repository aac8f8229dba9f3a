#!/bin/sh
# Runs all tests: with cargo-nextest where it is installed (each test in a process of its own), else with cargo test.
set -eu
if command -v cargo-nextest >/dev/null; then
    cargo nextest run --no-fail-fast "$@"
else
    cargo test --quiet --all-targets "$@"
fi
