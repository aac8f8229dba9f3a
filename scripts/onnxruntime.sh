# SPDX-License-Identifier: MIT OR Apache-2.0
# shellcheck shell=sh disable=SC2034
# Which ONNX Runtime, and where it is kept: a cache outside the checkout, so that a second clone is quick. Sourced.
# One of your own, named by ORT_DYLIB_PATH, goes before it.
ORT_VERSION=1.23.2
case $(uname -m) in
    x86_64)
        ORT_PLATFORM=manylinux_2_27_x86_64
        ORT_WHEEL_SHA256=da44b99206e77734c5819aa2142c69e64f3b46edc3bd314f6a45a932defc0b3e
        ORT_SHA256=718c3fb0785d5ea06061b92c32ce4ad35be1bd4c71ae6192efe06f1ab21f0f8a
        ;;
    aarch64)
        ORT_PLATFORM=manylinux_2_27_aarch64
        ORT_WHEEL_SHA256=bbfd2fca76c855317568c1b36a885ddea2272c13cb0e395002c402f2360429a6
        ORT_SHA256=ab8c4363e06ac80b3d1279ea55ebea44e906c5b131ba783ff684a067540c0e94
        ;;
    *) ORT_PLATFORM='' ORT_WHEEL_SHA256='' ORT_SHA256='' ;;
esac
# One that env.sh has named is not your own.
case ${ORT_DYLIB_PATH:-} in */gst-plugin-liveness/onnxruntime-*) unset ORT_DYLIB_PATH ;; esac
ORT_LIBRARY=${ORT_DYLIB_PATH:-${XDG_CACHE_HOME:-$HOME/.cache}/gst-plugin-liveness/onnxruntime-$ORT_VERSION/libonnxruntime.so.$ORT_VERSION}
