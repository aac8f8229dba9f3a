# SPDX-License-Identifier: MIT OR Apache-2.0
"""Re-makes the plugin's ONNX files from registry packages; see ../build.py."""
