"""Processor time per frame: the Rust analysis and anti-spoof check against MediaPipe's Face Landmarker and the same
anti-spoof net in Python, in turn, on the same decoded frames.

    OMP_NUM_THREADS=1 python cost.py face_landmarker.task antispoof.onnx FILE…

Both sides hold the frames in memory; decoding is not counted. MediaPipe's threads are all counted.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np
import onnxruntime

from common import OBSERVE, decode

FRAMES, EVERY, ROUNDS = 30, 2, 7
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


def rust(file, height):
    options = ["--time", "1", "--every", str(EVERY), "--limit", str(FRAMES)]
    options += ["--height", str(height)] if height else []
    line = subprocess.run([*OBSERVE, *options, str(file)], check=True, capture_output=True, text=True).stdout
    line = json.loads(line)
    return np.array([line["analysis_ms"], line["antispoof_ms"], line["faces"]])


def size(file, height):
    """The example tells the size of the first frame."""
    options = ["--limit", "1", *(["--height", str(height)] if height else [])]
    line = subprocess.run([*OBSERVE, *options, str(file)], check=True, capture_output=True, text=True).stdout
    line = json.loads(line.splitlines()[0])
    return line["width"], line["height"]


def main():
    cv2.setNumThreads(1)
    theirs, ratios = Python(sys.argv[1], sys.argv[2]), []
    for file in map(Path, sys.argv[3:]):
        for height in HEIGHTS:
            width, tall = size(file, height)
            scale = f",height={height},pixel-aspect-ratio=1/1" if height else ""
            frames = [picture for _, picture in decode(file, width, tall, EVERY, FRAMES, scale)]
            turns = [(rust(file, height), theirs.run(frames)) for _ in range(ROUNDS)]
            ours, python = (np.median([turn[side] for turn in turns], axis=0) for side in (0, 1))
            ratio = [a[:2].sum() / b[:2].sum() for a, b in turns]
            ratios += ratio
            print(f"{file.name[:32]:32} {width}x{tall} {len(frames)} frames, {ROUNDS} turns: "
                  f"Rust {ours[0]:.1f} + {ours[1]:.1f} ms (face in {ours[2]:.0%}), "
                  f"Python {python[0]:.1f} + {python[1]:.1f} ms ({python[2]:.0%}), "
                  f"ratio {np.median(ratio):.2f} ({min(ratio):.2f} to {max(ratio):.2f})", flush=True)
    print(f"all: ratio {np.median(ratios):.2f} (quartiles {np.percentile(ratios, 25):.2f} to {np.percentile(ratios, 75):.2f}), n {len(ratios)}")


if __name__ == "__main__":
    main()
