"""Re-makes the plugin's ONNX files from registry packages; see ../build.py."""
