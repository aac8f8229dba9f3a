# SPDX-License-Identifier: MIT OR Apache-2.0
# shellcheck shell=sh
# Lets GStreamer find the plugin in this checkout. Source it from the checkout's root:  . scripts/env.sh
if [ -f scripts/onnxruntime.sh ]; then
    . scripts/onnxruntime.sh
    [ ! -f "$ORT_LIBRARY" ] || export ORT_DYLIB_PATH="$ORT_LIBRARY"
    export GST_PLUGIN_PATH="$PWD/target/release${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
    export PATH="$PWD/target/release:$PATH"
else
    echo "env.sh: source it from the root of the checkout" >&2
    false
fi
