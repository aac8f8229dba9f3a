# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the scripts share: the media's labels, the frames as the Rust example decodes them, and what it saw in them."""

import csv
import json
import os
import shlex
import subprocess
from pathlib import Path

import numpy as np

# The example, with options if need be ("observe --models DIR").
OBSERVE = shlex.split(os.environ.get("OBSERVE", "target/release/examples/observe"))
DECODE = "decodebin ! videoflip video-direction=auto ! videoconvert ! videoscale ! video/x-raw,format=RGB"


def labels(media):
    """The rows of labels.tsv whose path is a file."""
    with open(media / "labels.tsv", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if (media / row["path"]).is_file()]


def observe(files, *options):
    """The example's lines, by file."""
    command = [*OBSERVE, *options, *map(str, files)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    seen = {}
    for line in map(json.loads, lines):
        seen.setdefault(Path(line["file"]), []).append(line)
    return seen


def decode(file, width, height, every=1, limit=None, scale=""):
    """(index, RGB picture) of every n-th frame, from the same GStreamer elements that the example uses."""
    line = ["gst-launch-1.0", "-q", "filesrc", f"location={file}", "!", *(DECODE + scale).split(), "!", "fdsink"]
    stride = (3 * width + 3) // 4 * 4
    with subprocess.Popen(line, stdout=subprocess.PIPE, bufsize=1 << 20) as process:
        index = 0
        while limit is None or index < limit * every:
            data = process.stdout.read(stride * height)
            if not data:
                break
            assert len(data) == stride * height, f"{file}: not {width} x {height}"
            if index % every == 0:
                rows = np.frombuffer(data, np.uint8).reshape(height, stride)
                yield index, np.ascontiguousarray(rows[:, : 3 * width].reshape(height, width, 3))
            index += 1
        process.terminate()


def pairs_of(file, lines, every=1):
    """(the example's line, the RGB frame it is about)."""
    frames = {line["frame"]: line for line in lines}
    size = lines[0]["width"], lines[0]["height"]
    for index, picture in decode(file, *size, every):
        if index in frames:
            yield frames.pop(index), picture
    assert not frames, f"{file}: {len(frames)} frames that only the example decoded"
