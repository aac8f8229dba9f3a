#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs all tests: with cargo-nextest where it is installed (each test in a process of its own), else with cargo test;
# then the examples in the documentation, which nextest leaves out.
set -eu
if command -v cargo-nextest >/dev/null; then
    cargo nextest run --no-fail-fast "$@"
else
    cargo test --no-fail-fast --lib --bins --tests --examples "$@"
fi
[ $# -gt 0 ] || cargo test --quiet --doc
