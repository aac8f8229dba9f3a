# SPDX-License-Identifier: MIT OR Apache-2.0
"""Processor time per frame: the Rust analysis and anti-spoof check against MediaPipe's Face Landmarker and the same
anti-spoof net in Python, and against npm's @vladmandic/human in Node, in turn, on the same decoded frames.

    OMP_NUM_THREADS=1 python cost.py face_landmarker.task antispoof.onnx FILE…

All hold the frames in memory; decoding is not counted. MediaPipe's and Node's threads are all counted. human is left out
where Node or its package ($NODE_MODULES) is not there. `make compare` brings all that is needed. $ROUNDS: how many turns.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np
import onnxruntime

from common import OBSERVE, decode

NODE_MODULES = Path(os.environ.get("NODE_MODULES", "target/compare/node_modules"))
FRAMES, EVERY, ROUNDS = 30, 2, int(os.environ.get("ROUNDS", 7))
CROPS = (0.9, 2.4)
HEIGHTS = (None, 1080)


class Python:
    """What one would write in Python: the Face Landmarker on a video, then the anti-spoof net on two crops."""

    def __init__(self, task, antispoof):
        vision = mp.tasks.vision
        self.options = vision.FaceLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_path=task),
            running_mode=vision.RunningMode.VIDEO,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        single = onnxruntime.SessionOptions()
        single.intra_op_num_threads = single.inter_op_num_threads = 1
        self.net = onnxruntime.InferenceSession(antispoof, single, providers=["CPUExecutionProvider"])

    def run(self, frames):
        """Milliseconds per frame of the landmarker and of the net, and the share of frames with a face."""
        landmarker = mp.tasks.vision.FaceLandmarker.create_from_options(self.options)
        analysis = check = faces = 0.0
        for warm in (True, False):
            for index, picture in enumerate(frames):
                start = time.process_time()
                image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
                found = landmarker.detect_for_video(image, 40 * (index + (not warm) * len(frames)))
                analysed = time.process_time()
                if found.face_landmarks:
                    self.check(picture, found.face_landmarks[0])
                if not warm:
                    analysis, check = analysis + analysed - start, check + time.process_time() - analysed
                    faces += bool(found.face_landmarks)
        landmarker.close()
        return np.array([1e3 * analysis, 1e3 * check, faces]) / len(frames)

    def check(self, picture, landmarks):
        height, width = picture.shape[:2]
        points = np.array([[p.x * width, p.y * height] for p in landmarks])
        low, high = points.min(axis=0), points.max(axis=0)
        (x, y), side = (low + high) / 2, (high - low).max()
        for scale in CROPS:
            half = scale * side / 2
            left, top, right, bottom = (int(round(v)) for v in (x - half, y - half, x + half, y + half))
            crop = picture[max(top, 0) : bottom, max(left, 0) : right, ::-1]
            crop = cv2.resize(np.ascontiguousarray(crop), (128, 128))
            self.net.run(["logits"], {"input": crop.transpose(2, 0, 1)[None].astype(np.float32)})


class Human:
    """human.mjs: a process for each turn, as for the Rust example; it warms up by itself."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="cost-")
        self.file = Path(self.folder.name) / "frames.rgb"

    def keep(self, frames):
        with open(self.file, "wb") as out:
            for picture in frames:
                out.write(picture)
        self.size = [str(frames[0].shape[1]), str(frames[0].shape[0])]

    def run(self):
        """Milliseconds per frame, those when it may keep its judgements, and the share of frames with a face."""
        command = ["node", str(Path(__file__).with_name("human.mjs")), str(NODE_MODULES), str(self.file), *self.size]
        line = json.loads(output(command))
        return np.array([line["ms"], line["kept_ms"], line["faces"]])


def output(command):
    """What a program prints; what it complains of ends the comparison."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} failed: {(done.stderr.splitlines() or ['without a word'])[-1]}")
    return done.stdout


def human():
    """None, and why, where it cannot run."""
    lacking = None
    if not shutil.which("node"):
        lacking = "there is no node"
    elif not (NODE_MODULES / "@vladmandic/human").is_dir():
        lacking = f"{NODE_MODULES} does not hold @vladmandic/human (make compare installs it)"
    if lacking:
        print(f"human is left out: {lacking}.", flush=True)
    return None if lacking else Human()


def rust(file, height):
    options = ["--time", "1", "--every", str(EVERY), "--limit", str(FRAMES)]
    options += ["--height", str(height)] if height else []
    line = json.loads(output([*OBSERVE, *options, str(file)]))
    return np.array([line["analysis_ms"], line["antispoof_ms"], line["faces"]])


def size(file, height):
    """The example tells the size of the first frame."""
    options = ["--limit", "1", *(["--height", str(height)] if height else [])]
    line = json.loads(output([*OBSERVE, *options, str(file)]).splitlines()[0])
    if "error" in line:
        sys.exit(f"{file} cannot be decoded: {line['error']}")
    return line["width"], line["height"]


def quartiles(values):
    low, middle, high = np.percentile(values, [25, 50, 75])
    return f"{middle:.2f} (quartiles {low:.2f} to {high:.2f})"


def totals(turn):
    """What a frame took in each program; None for one that is left out."""
    ours, python, node = turn
    return {
        "Rust": ours[:2].sum(),
        "Python": python[:2].sum(),
        "human": None if node is None else node[0],
        "human that skips": None if node is None else node[1],
    }


def ratios(taken):
    """Rust against each other program, turn by turn."""
    return {
        f"Rust/{name}": [turn["Rust"] / turn[name] for turn in taken]
        for name in list(taken[0])[1:]
        if taken[0][name] is not None
    }


def tell(name, frames, turns):
    height, width = frames[0].shape[:2]
    ours, python, node = (None if side[0] is None else np.median(side, axis=0) for side in zip(*turns))
    print(f"{name[:32]} {width}x{height}, {len(frames)} frames, {len(turns)} turns, ms a frame: "
          f"Rust {ours[0]:.1f} + {ours[1]:.1f} (face in {ours[2]:.0%}), "
          f"Python {python[0]:.1f} + {python[1]:.1f} ({python[2]:.0%})"
          + ("" if node is None else f", human {node[0]:.1f}, {node[1]:.1f} when it skips ({node[2]:.0%})"))
    for pair, values in ratios([totals(turn) for turn in turns]).items():
        print(f"  {pair} {quartiles(values)}")
    sys.stdout.flush()


def noise(blocks):
    """How far a program's turns on one clip lie around their median: the machine's doing, as the work is the same."""
    for name in (name for name, taken in blocks[0][0].items() if taken is not None):
        around = [turn[name] / np.median([t[name] for t in block]) for block in blocks for turn in block]
        low, high = np.percentile(around, [25, 75])
        print(f"  noise of {name}: quartiles {low:.2f} to {high:.2f}, extremes {min(around):.2f} to {max(around):.2f} of its median")


def main():
    cv2.setNumThreads(1)
    theirs, third, blocks = Python(sys.argv[1], sys.argv[2]), human(), []
    for file in map(Path, sys.argv[3:]):
        for height in HEIGHTS:
            scale = f",height={height},pixel-aspect-ratio=1/1" if height else ""
            frames = [picture for _, picture in decode(file, *size(file, height), EVERY, FRAMES, scale)]
            if third:
                third.keep(frames)
            turns = [(rust(file, height), theirs.run(frames), third and third.run()) for _ in range(ROUNDS)]
            tell(file.name, frames, turns)
            blocks.append([totals(turn) for turn in turns])
    taken = [turn for block in blocks for turn in block]
    print(f"all {len(blocks)} clips and sizes, {len(taken)} turns; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for pair, values in ratios(taken).items():
        print(f"  {pair} {quartiles(values)}")
    noise(blocks)


if __name__ == "__main__":
    main()
