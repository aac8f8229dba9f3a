#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs what is missing to build and run the plugin on Debian 12: apt packages and the ONNX Runtime library. Quick
# when nothing is missing. Fails with one sentence that says what to do.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=scripts/onnxruntime.sh
. scripts/onnxruntime.sh

# fonts-dejavu-core has the letters of all languages of the kiosk screen but Japanese, which are fonts-vlgothic's.
# openssl makes the CAs of the tests, xvfb is their screen. The last four are for Python programs: on the bus, as in examples/,
# and the RTSP server of the tests.
PACKAGES="libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libpango1.0-dev gstreamer1.0-tools gstreamer1.0-plugins-base \
gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-x gstreamer1.0-libav fonts-dejavu-core fonts-vlgothic pkg-config gcc libc6-dev openssl xvfb python3 python3-pip \
python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0 gir1.2-gst-rtsp-server-1.0"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "setup: $*" >&2
    exit 1
}

# Runs a command quietly; what it said is kept only when it fails, and then $log names it.
quietly() {
    "$@" >"$work/log" 2>&1 </dev/null && return
    log=$(mktemp -t liveness-setup-XXXXXX.log)
    cp "$work/log" "$log"
    return 1
}

check_rust() {
    needed=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' Cargo.toml)
    command -v cargo >/dev/null || fail "cargo was not found: install Rust 1.$needed or newer (https://rustup.rs)"
    found=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p')
    [ -n "$found" ] || fail "rustc does not run: install Rust 1.$needed or newer (rustup toolchain install stable)"
    [ "$found" -ge "$needed" ] || fail "Rust 1.$found is too old: 1.$needed or newer is needed (rustup update)"
}

installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

install_packages() {
    command -v dpkg-query >/dev/null || { check_foreign; return; }
    missing=
    for package in $PACKAGES; do
        installed "$package" || missing="$missing $package"
    done
    # A Python with pip of the machine's own serves as well as Debian's.
    if python3 -m pip --version >/dev/null 2>&1; then
        missing=$(echo "$missing" | sed 's/ python3-pip//; s/ python3$//; s/ python3 / /')
    fi
    [ -n "$missing" ] || return 0
    root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "packages are missing and there is no sudo: as root, run apt-get install$missing"
        sudo -v || fail "packages are missing and sudo refused: as root, run apt-get install$missing"
        root=sudo
    fi
    echo "setup: installing$missing (a minute or two) …" >&2
    # An index that could not be fetched shows when the packages are.
    quietly $root apt-get update || rm -f "$log"
    # shellcheck disable=SC2086
    quietly $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing ||
        fail "apt-get could not install what is missing (is there a network? its output is in $log)"
}

# Elsewhere than on Debian, only look.
check_foreign() {
    pkg-config --exists 'gstreamer-1.0 >= 1.22' gstreamer-video-1.0 pangocairo 2>/dev/null ||
        fail "this is no Debian: install GStreamer 1.22 or newer and Pango with their headers, gcc and pkg-config yourself"
    python3 -m pip --version >/dev/null 2>&1 || fail "this is no Debian: install Python 3 with pip yourself"
}

digest() {
    sha256sum "$1" 2>/dev/null | cut -d' ' -f1
}

# The library lies in PyPI's wheel; one wheel per architecture, by its sha256 and that of the library in it.
fetch_onnxruntime() {
    if [ -n "${ORT_DYLIB_PATH:-}" ]; then
        [ -f "$ORT_DYLIB_PATH" ] || fail "ORT_DYLIB_PATH names $ORT_DYLIB_PATH, which is not there: mend or unset it"
        return
    fi
    [ -n "$ORT_SHA256" ] || fail "no ONNX Runtime is pinned for $(uname -m): set ORT_DYLIB_PATH to a libonnxruntime.so of your own"
    [ "$(digest "$ORT_LIBRARY")" != "$ORT_SHA256" ] || return 0
    echo "setup: fetching ONNX Runtime $ORT_VERSION (17 MB) …" >&2
    echo "onnxruntime==$ORT_VERSION --hash=sha256:$ORT_WHEEL_SHA256" >"$work/requirements.txt"
    quietly python3 -m pip download --disable-pip-version-check --progress-bar off --retries 2 --no-deps \
        --only-binary=:all: --require-hashes --python-version 3.11 --implementation cp --abi cp311 \
        --platform "$ORT_PLATFORM" -d "$work" -r "$work/requirements.txt" ||
        if grep -q 'DO NOT MATCH THE HASHES' "$work/log"; then
            fail "PyPI's wheel of ONNX Runtime $ORT_VERSION has not the sha256 pinned in scripts/onnxruntime.sh, so it is not used (pip's output is in $log)"
        else
            fail "ONNX Runtime $ORT_VERSION could not be fetched from PyPI (is there a network? pip's output is in $log)"
        fi
    mkdir -p "$(dirname "$ORT_LIBRARY")" 2>/dev/null || fail "$(dirname "$ORT_LIBRARY") cannot be made: set XDG_CACHE_HOME to a writable folder"
    # Beside its place first, so that another set-up at the same time never sees half of it.
    part=$ORT_LIBRARY.$$
    quietly python3 -c 'import glob, sys, zipfile
wheel, name, part = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]), sys.argv[2], sys.argv[3]
open(part, "wb").write(wheel.read("onnxruntime/capi/" + name))' "$work" "$(basename "$ORT_LIBRARY")" "$part" ||
        { rm -f "$part"; fail "the ONNX Runtime wheel could not be unpacked into $(dirname "$ORT_LIBRARY") (Python's output is in $log)"; }
    if [ "$(digest "$part")" != "$ORT_SHA256" ]; then
        rm -f "$part"
        fail "the library in ONNX Runtime's wheel has not the sha256 pinned in scripts/onnxruntime.sh, so it is not used"
    fi
    mv "$part" "$ORT_LIBRARY"
}

check_rust
install_packages
fetch_onnxruntime
