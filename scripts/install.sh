#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs what `make build` has built: the plugin; in a folder beside it the runtime and the launcher, which looks for
# the runtime where it lies itself; and a link to the launcher in PREFIX/bin. PREFIX is where GStreamer itself lies when
# unset; --remove takes it all away again.
set -eu

fail() {
    echo "install: $*" >&2
    exit 1
}

pkg-config --exists gstreamer-1.0 2>/dev/null || fail "pkg-config does not know gstreamer-1.0: run 'make setup' first"
ours=$(pkg-config --variable=prefix gstreamer-1.0)
plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0)
PREFIX=${PREFIX:-$ours} DESTDIR=${DESTDIR:-}
plugins=$PREFIX${plugins#"$ours"}

if [ "${1:-}" = --remove ]; then
    rm -f "$DESTDIR$PREFIX/bin/liveness-launch" "$DESTDIR$plugins/libgstliveness.so" \
        "$DESTDIR$plugins/liveness/libonnxruntime.so.1" "$DESTDIR$plugins/liveness/liveness-launch"
    [ ! -d "$DESTDIR$plugins/liveness" ] || rmdir "$DESTDIR$plugins/liveness"
    exit
fi

for file in libgstliveness.so liveness-launch liveness/libonnxruntime.so.1; do
    [ -e "target/release/$file" ] || fail "target/release/$file is missing: run 'make build' first"
done
mkdir -p "$DESTDIR$plugins" 2>/dev/null || :
[ -w "$DESTDIR$plugins" ] ||
    fail "$DESTDIR$plugins cannot be written: run 'sudo make install', or set PREFIX or DESTDIR"
echo "installing into $DESTDIR$plugins and $DESTDIR$PREFIX/bin" >&2
install -D -m 755 -t "$DESTDIR$plugins" target/release/libgstliveness.so
install -D -m 755 -t "$DESTDIR$plugins/liveness" target/release/liveness/libonnxruntime.so.1
install -D -m 755 -t "$DESTDIR$plugins/liveness" target/release/liveness-launch
mkdir -p "$DESTDIR$PREFIX/bin"
ln -sfr "$DESTDIR$plugins/liveness/liveness-launch" "$DESTDIR$PREFIX/bin/liveness-launch"
[ "$PREFIX" = "$ours" ] ||
    echo "GStreamer does not look there by itself: export GST_PLUGIN_PATH=$plugins" >&2
