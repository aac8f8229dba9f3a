# SPDX-License-Identifier: MIT OR Apache-2.0
"""TensorFlow.js graph models → TensorFlow graphs: the topology is a GraphDef in JSON, the weights lie beside it."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import attr_value_pb2, graph_pb2

RUNNER = Path(__file__).parent / "tfjs_runner"


def _weights(manifest: list, data: bytes) -> dict:
    """The weights by name, widened to their original type."""
    weights, at = {}, 0
    for spec in (w for group in manifest for w in group["weights"]):
        dtype = np.dtype(spec.get("quantization", {}).get("dtype", spec["dtype"]))
        count = int(np.prod(spec["shape"], dtype=np.int64))
        values = np.frombuffer(data, dtype, count, at).reshape(spec["shape"])
        weights[spec["name"]] = values.astype(spec["dtype"])
        at += values.nbytes
    assert at == len(data), f"{len(data) - at} bytes of weights are left over"
    return weights


def _expand_prelu(node: dict) -> list:
    """tfjs has an op for PReLU, TensorFlow has none: a·x + (1 − a)·relu(x), which optimise.find_prelu recognises."""
    name, (x, alpha) = node["name"], node["input"]
    op = lambda kind, output, *inputs: {
        "name": output, "op": kind, "input": list(inputs), "attr": {"T": {"type": "DT_FLOAT"}}
    }
    return [
        op("Mul", f"{name}/sloped", x, alpha),
        {"name": f"{name}/rest", "op": "Const"},
        op("Relu", f"{name}/positive", x),
        op("Mul", f"{name}/lifted", f"{name}/positive", f"{name}/rest"),
        op("AddV2", name, f"{name}/sloped", f"{name}/lifted"),
    ]


def rewritten(files: dict, rewrite) -> dict:
    """The model's files after `rewrite(nodes, weights)` has changed both in place."""
    model = json.loads(files["json"])
    weights = _weights(model["weightsManifest"], files["bin"])
    rewrite(model["modelTopology"]["node"], weights)
    specs = [{"name": name, "shape": list(w.shape), "dtype": w.dtype.name} for name, w in weights.items()]
    model["weightsManifest"] = [{"paths": [], "weights": specs}]
    return {"json": json.dumps(model).encode(), "bin": b"".join(w.tobytes() for w in weights.values())}


def load(model_json: bytes, data: bytes) -> graph_pb2.GraphDef:
    model = json.loads(model_json)
    weights = _weights(model["weightsManifest"], data)
    nodes = []
    for node in model["modelTopology"]["node"]:
        if node["op"] == "Prelu":
            nodes += _expand_prelu(node)
            weights[f"{node['name']}/rest"] = (1 - weights[node["input"][1]]).astype(np.float32)
        else:
            nodes.append(node)
    for node in nodes:
        if node["op"] == "Const":
            node["attr"] = {}
        if node["op"] == "Placeholder":
            # The plugin always runs one picture.
            node["attr"]["shape"]["shape"]["dim"][0]["size"] = "1"
    graph = json_format.ParseDict({"node": nodes}, graph_pb2.GraphDef())
    for node in graph.node:
        if node.op == "Const":
            tensor = tf.make_tensor_proto(weights[node.name])
            node.attr["value"].CopyFrom(attr_value_pb2.AttrValue(tensor=tensor))
            node.attr["dtype"].CopyFrom(attr_value_pb2.AttrValue(type=tensor.dtype))
    return graph


class Runtime:
    """TensorFlow.js with its plain JavaScript backend, in Node: the original's own runtime."""

    def __init__(self, folder: Path):
        """Installs the packages that tfjs_runner/package-lock.json pins, once."""
        self.folder = folder
        if not (folder / "node_modules").exists():
            print("fetching TensorFlow.js from npm …", flush=True)
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(RUNNER / name, folder)
            command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        # Beside its packages, where Node looks for them.
        shutil.copy(RUNNER / "run.mjs", folder)

    def run(self, files: dict, feed: np.ndarray, outputs: list) -> list:
        with tempfile.TemporaryDirectory() as name:
            scratch = Path(name)
            (scratch / "json").write_bytes(files["json"])
            (scratch / "bin").write_bytes(files["bin"])
            feed.tofile(scratch / "feed")
            paths = [str(scratch / part) for part in ("json", "bin", "feed")]
            shape = ",".join(map(str, feed.shape))
            subprocess.run(["node", "run.mjs", *paths, shape, name, *outputs], cwd=self.folder, check=True)
            return [np.fromfile(scratch / f"{i}.f32", np.float32) for i in range(len(outputs))]
