"""TensorFlow.js graph models → TensorFlow graphs: the topology is a GraphDef in JSON, the weights lie beside it."""

import json

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import attr_value_pb2, graph_pb2


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


def _expand_prelu(node: dict, slopes: np.ndarray) -> list:
    """tfjs has an op for PReLU, TensorFlow has none; see graph.expand_prelu for the two forms."""
    name, (x, alpha) = node["name"], node["input"]
    op = lambda kind, output, *inputs: {
        "name": output, "op": kind, "input": list(inputs), "attr": {"T": {"type": "DT_FLOAT"}}
    }
    sloped = op("Mul", f"{name}/sloped", x, alpha)
    if (slopes <= 1).all():
        return [sloped, op("Maximum", name, x, sloped["name"])]
    return [
        sloped,
        {"name": f"{name}/rest", "op": "Const"},
        op("Relu", f"{name}/positive", x),
        op("Mul", f"{name}/lifted", f"{name}/positive", f"{name}/rest"),
        op("AddV2", name, sloped["name"], f"{name}/lifted"),
    ]


def load(model_json: bytes, data: bytes, mend=lambda nodes, weights: nodes) -> graph_pb2.GraphDef:
    """The graph, after `mend` has put right what an earlier converter got wrong."""
    model = json.loads(model_json)
    weights = _weights(model["weightsManifest"], data)
    nodes = []
    for node in mend(model["modelTopology"]["node"], weights):
        if node["op"] == "Prelu":
            slopes = weights[node["input"][1]]
            nodes += _expand_prelu(node, slopes)
            weights[f"{node['name']}/rest"] = (1 - slopes).astype(np.float32)
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


def run(graph: graph_pb2.GraphDef, feed: dict, outputs: list) -> list:
    """Runs the graph in TensorFlow: the reference for the converted file."""
    with tf.Graph().as_default() as g, tf.compat.v1.Session(graph=g) as session:
        tf.import_graph_def(graph, name="")
        return session.run(outputs, feed)
