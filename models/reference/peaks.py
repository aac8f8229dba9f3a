# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares the peaks of yaw and pitch with the annotated ones.

    python peaks.py MEDIA

MEDIA holds events.jsonl, whose degrees are relative to the clip's median and have the opposite sign of ours.
"""

import json
import sys
from pathlib import Path

import numpy as np

from common import observe

SLACK = 3


def series(lines, axis):
    """The angle of every frame relative to the clip's median; NaN where no face was found."""
    faces = {line["frame"]: line["faces"][0] for line in lines if line["faces"] and axis in line["faces"][0]}
    values = np.array([faces[i][axis] if i in faces else np.nan for i in range(lines[-1]["frame"] + 1)])
    return values - np.nanmedian(values)


def main():
    media = Path(sys.argv[1])
    rows = []
    for line in (media / "events.jsonl").read_text().splitlines():
        clip = json.loads(line)
        if not clip["yaw"] and not clip["pitch"]:
            continue
        for file, lines in observe([media / clip["file"]]).items():
            for axis in ("yaw", "pitch"):
                ours = -series(lines, axis)
                for start, peak, end, degrees in clip[axis]:
                    part = ours[max(0, start - SLACK) : end + SLACK + 1] * np.sign(degrees)
                    if np.isnan(part).all():
                        print(f"{file.name} {axis} {start}-{end}: no face")
                        continue
                    rows.append((axis, clip["label"], degrees, np.sign(degrees) * np.nanmax(part)))
                    at = max(0, start - SLACK) + int(np.nanargmax(part))
                    print(f"{file.name[:40]:40} {axis:5} annotated {degrees:+6.1f} at {peak:4}  ours {rows[-1][3]:+6.1f} at {at:4}")
    for axis in ("yaw", "pitch"):
        for label in ("live", "attack"):
            part = np.array([r[2:] for r in rows if r[:2] == (axis, label)])
            if len(part):
                d = np.abs(part[:, 1] - part[:, 0])
                print(f"{axis} {label}: {len(part)} peaks, mean |difference| {d.mean():.1f}, median {np.median(d):.1f}, "
                      f"worst {d.max():.1f}; same sign {np.mean(np.sign(part[:, 0]) == np.sign(part[:, 1])):.0%}, "
                      f"r {np.corrcoef(part.T)[0, 1]:.3f}")


if __name__ == "__main__":
    main()
