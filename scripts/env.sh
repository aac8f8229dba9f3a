# Lets GStreamer find the plugin in this checkout. Source it from the checkout's root:  . scripts/env.sh
. scripts/onnxruntime.sh
export GST_PLUGIN_PATH="$PWD/target/release${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
export ORT_DYLIB_PATH="${ORT_DYLIB_PATH:-$ORT_LIBRARY}"
export PATH="$PWD/target/release:$PATH"
