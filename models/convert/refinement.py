# SPDX-License-Identifier: MIT OR Apache-2.0
"""The attention mesh's heads put together as MediaPipe's LandmarksRefinementCalculator does (its
face_landmarks_with_attention configuration): lips and eyes replace the mesh's x and y, irises are appended with the mean
depth of their eye's contour."""

import numpy as np

from . import graph

LIPS = [
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407,
]
# "Left" and "right" are the model's words: left is the person's right eye.
LEFT_EYE = [
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189,
    35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245,
    156, 70, 63, 105, 66, 107, 55, 193,
]
RIGHT_EYE = [
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413,
    265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465,
    383, 300, 293, 334, 296, 336, 285, 417,
]
CONTOUR = 16
HEADS = ["output_lips:0", "output_left_eye:0", "output_right_eye:0", "output_left_iris:0", "output_right_iris:0"]
REFINED = [LIPS, LEFT_EYE, RIGHT_EYE]


def mend_crops(nodes: list, weights: dict) -> None:
    """Puts right how PINTO's conversion cuts the regions of lips and eyes out of the feature map.

    MediaPipe (transform_tensor_bilinear.cc, version 2) samples at A·(i + ½) + t − ½, the conversion at A·i + t: the lips
    came out 2.5 % of the eye distance too high, the eyes 0.8 %. And the last index is 47 of 48, not 48: a region beyond
    the picture's edge made ONNX Runtime fail. With both mended all 478 points equal MediaPipe's.
    """
    by_name = {node["name"]: node for node in nodes}
    mended = []
    for floor in [node for node in nodes if node["op"] == "Floor"]:
        add = by_name[floor["input"][0]]
        product = next(by_name[i] for i in add["input"] if by_name[i]["op"] == "BatchMatMulV2")
        if product["input"][0] not in mended:
            mended.append(product["input"][0])
            weights[mended[-1]] = weights[mended[-1]] + np.float32(0.5)
        corner, half = f"{add['name']}/corner", f"{add['name']}/half"
        constant = {"name": half, "op": "Const", "attr": {"dtype": {"type": "DT_FLOAT"}}}
        nodes += [{**add, "name": corner}, constant]
        weights[half] = np.float32(-0.5)
        add["input"] = [corner, half]
    for least in [node for node in nodes if node["op"] == "Minimum"]:
        limit = least["input"][1]
        if np.array_equal(weights.get(limit), [48, 48]) and limit not in mended:
            mended.append(limit)
            weights[limit] = weights[limit] - 1
    assert len(mended) >= 2, "the graph is not the one that needs mending"


def _order() -> np.ndarray:
    """Where each of the 478 points' x and y come from, in the concatenation mesh, lips, eyes, irises."""
    order, at = list(range(468)), 468
    for indices in REFINED:
        for i, index in enumerate(indices):
            order[index] = at + i
        at += len(indices)
    return np.array([*order, *range(at, at + 10)], np.int64)


def assemble(model) -> None:
    """Adds the outputs `landmarks` [1, 478, 3] in input pixels and `presence` [1, 1] (0–1)."""
    c = lambda name, value: graph.constant(model, name, np.array(value, np.int64))
    mesh = graph.add(model, "Reshape", ["output_mesh_identity:0", c("mesh_shape", [468, 3])], "mesh")
    graph.add(model, "Split", [mesh, c("xy_z", [2, 1])], "mesh_xy", axis=1)
    model.graph.node[-1].output.append("mesh_z")
    heads = ["mesh_xy"]
    for i, head in enumerate(HEADS):
        heads.append(graph.add(model, "Reshape", [head, c(f"head_shape_{i}", [-1, 2])], f"head_{i}"))
    every = graph.add(model, "Concat", heads, "all_xy", axis=0)
    xy = graph.add(model, "Gather", [every, graph.constant(model, "order", _order())], "xy", axis=0)
    depths = ["mesh_z"]
    for side, eye in (("left", LEFT_EYE), ("right", RIGHT_EYE)):
        contour = graph.add(model, "Gather", ["mesh_z", c(f"{side}_contour", eye[:CONTOUR])], f"{side}_z", axis=0)
        mean = graph.add(model, "ReduceMean", [contour], f"{side}_depth", axes=[0], keepdims=1)
        depths.append(graph.add(model, "Expand", [mean, c(f"{side}_five", [5, 1])], f"{side}_iris_z"))
    z = graph.add(model, "Concat", depths, "z", axis=0)
    xyz = graph.add(model, "Concat", [xy, z], "xyz", axis=1)
    graph.add(model, "Unsqueeze", [xyz, c("batch_axis", [0])], "landmarks")
    flag = graph.add(model, "Reshape", ["conv_faceflag:0", c("flag_shape", [1, 1])], "flag")
    graph.add(model, "Sigmoid", [flag], "presence")
    graph.set_outputs(model, {"landmarks": [1, 478, 3], "presence": [1, 1]})


def reference(mesh: np.ndarray, refined: list) -> np.ndarray:
    """The same in numpy, step by step as MediaPipe describes it."""
    points = np.concatenate([mesh.reshape(468, 3), np.zeros((10, 3), np.float32)])
    depths = [points[eye[:CONTOUR], 2].mean() for eye in (LEFT_EYE, RIGHT_EYE)]
    for indices, head in zip(REFINED, refined):
        points[indices, :2] = head.reshape(-1, 2)
    for i, (head, depth) in enumerate(zip(refined[3:], depths)):
        at = 468 + 5 * i
        points[at : at + 5, :2] = head.reshape(5, 2)
        points[at : at + 5, 2] = depth
    return points
