# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes short clips of the shipped portrait whose head moves before a resting camera, as MJPEG in AVI.

    python clips.py PICTURE FOLDER
"""

import sys
from pathlib import Path

import cv2
import numpy as np

COUNT = 60
# Width, height, and how wide the picture is in it.
CLIPS = {"near": (640, 480, 640), "far": (1280, 720, 920)}
# The head in the picture, as shares of its width.
HEAD, RADIUS = (0.44, 0.22), 0.25


def placed(picture, clip, at):
    """The picture as it lies in the clip at a time from 0 to 1: it sways, leans by 3° and comes nearer."""
    width, height, wide = clip
    side = picture.shape[1]
    turn = cv2.getRotationMatrix2D((HEAD[0] * side, HEAD[1] * side), 3 * np.sin(4 * at), wide / side * (1 + 0.05 * at))
    turn[:, 2] += (width / 2 - HEAD[0] * side, height / 2 - HEAD[1] * side)
    turn[:, 2] += width / 80 * np.array([np.sin(4 * at), np.sin(3 * at)])
    return cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)


def frame(picture, clip, at):
    """Only the head moves: before a resting camera, human skips work that it does in a picture that all moves."""
    width, height, wide = clip
    mask = np.zeros((height, width, 1), np.float32)
    cv2.circle(mask, (width // 2, height // 2), int(RADIUS * wide), 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), wide / 25)[..., None]
    return (mask * placed(picture, clip, at) + (1 - mask) * placed(picture, clip, 0)).astype(np.uint8)


def main():
    picture, folder = cv2.imread(sys.argv[1]), Path(sys.argv[2])
    for name, clip in CLIPS.items():
        path = folder / f"{Path(sys.argv[1]).stem}-{name}.avi"
        out = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, clip[:2])
        for index in range(COUNT):
            out.write(frame(picture, clip, index / COUNT))
        out.release()
        print(path)


if __name__ == "__main__":
    main()
