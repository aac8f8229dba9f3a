#!/bin/sh
# Installs what is missing to build and run the plugin on Debian 12: apt packages and the ONNX Runtime library. Quick
# when nothing is missing. Fails with one sentence that says what to do.
set -eu
. "$(dirname "$0")/onnxruntime.sh"

PACKAGES="libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev gstreamer1.0-tools gstreamer1.0-plugins-base \
gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav fonts-dejavu-core pkg-config gcc libc6-dev python3 python3-pip"

fail() {
    echo "setup: $*" >&2
    exit 1
}

installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        DEBIAN_FRONTEND=noninteractive "$@"
    elif command -v sudo >/dev/null; then
        sudo DEBIAN_FRONTEND=noninteractive "$@"
    else
        fail "installing packages needs root: run 'apt-get install$missing' as root and try again"
    fi
}

install_packages() {
    missing=
    for package in $PACKAGES; do
        installed "$package" || missing="$missing $package"
    done
    # A Python with pip of the machine's own serves as well as Debian's.
    if python3 -m pip --version >/dev/null 2>&1; then
        missing=$(echo "$missing" | sed 's/ python3-pip//; s/ python3$//')
    fi
    [ -z "$missing" ] && return
    command -v apt-get >/dev/null || fail "this is no Debian: install the like of$missing yourself and try again"
    echo "setup: installing$missing …" >&2
    as_root apt-get update -qq || fail "apt-get update failed: is there a network?"
    # shellcheck disable=SC2086
    as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "apt-get could not install$missing"
}

check_rust() {
    command -v cargo >/dev/null || fail "cargo was not found: install Rust 1.92 or newer (https://rustup.rs)"
    version=$(rustc --version | sed 's/^rustc \([0-9]*\)\.\([0-9]*\).*/\1 \2/')
    # shellcheck disable=SC2086
    set -- $version
    [ "$1" -gt 1 ] || [ "$2" -ge 92 ] || fail "Rust $1.$2 is too old: 1.92 or newer is needed"
}

# The library lies in PyPI's wheel; one wheel per architecture, by its sha256 and that of the library in it.
fetch_onnxruntime() {
    [ "$(digest "$ORT_LIBRARY")" = "$ORT_SHA256" ] && return
    echo "setup: fetching ONNX Runtime $ORT_VERSION …" >&2
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    echo "onnxruntime==$ORT_VERSION --hash=sha256:$ORT_WHEEL_SHA256" >"$work/requirements.txt"
    python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --python-version 3.11 --implementation cp --abi cp311 --platform "$ORT_PLATFORM" \
        -d "$work" -r "$work/requirements.txt" ||
        fail "ONNX Runtime $ORT_VERSION could not be fetched from PyPI (no network, or not the pinned file)"
    mkdir -p "$(dirname "$ORT_LIBRARY")"
    python3 - "$work" "$ORT_LIBRARY" <<'PY' || fail "the ONNX Runtime wheel could not be unpacked"
import glob, sys, zipfile
work, target = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(f"{work}/*.whl")[0])
name = next(n for n in wheel.namelist() if "/libonnxruntime.so" in n)
open(target, "wb").write(wheel.read(name))
PY
    [ "$(digest "$ORT_LIBRARY")" = "$ORT_SHA256" ] || fail "$ORT_LIBRARY is not the pinned library; remove it and try again"
}

install_packages
check_rust
fetch_onnxruntime
