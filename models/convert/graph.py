# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rewrites of ONNX graphs: names, heads, the form in which they are stored."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def attribute(node: onnx.NodeProto, name: str, default=None):
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


class Graph:
    """A model's nodes and constants, for rewriting; `write` puts them back."""

    def __init__(self, model: onnx.ModelProto):
        self.model = model
        self.weights = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
        self.outputs = {output.name for output in model.graph.output}
        self.nodes = []
        for node in model.graph.node:
            if node.op_type == "Constant":
                self.weights[node.output[0]] = numpy_helper.to_array(attribute(node, "value"))
            else:
                self.nodes.append(node)

    def makers(self) -> dict:
        return {output: node for node in self.nodes for output in node.output}

    def users(self) -> dict:
        users = {}
        for node in self.nodes:
            for name in node.input:
                users.setdefault(name, []).append(node)
        return users

    def data(self, node: onnx.NodeProto) -> list:
        return [name for name in node.input if name not in self.weights]

    def constants(self, node: onnx.NodeProto) -> list:
        return [name for name in node.input if name in self.weights]

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights[name] = np.ascontiguousarray(value)
        return name

    def remove(self, gone: list) -> None:
        ids = {id(node) for node in gone}
        self.nodes = [node for node in self.nodes if id(node) not in ids]

    def tidy(self) -> None:
        """Puts the nodes into running order and drops those that nothing needs."""
        makers, ordered, seen = self.makers(), [], set()

        def visit(name: str) -> None:
            node = makers.get(name)
            if node is None or id(node) in seen:
                return
            seen.add(id(node))
            for needed in node.input:
                visit(needed)
            ordered.append(node)

        for output in self.model.graph.output:
            visit(output.name)
        self.nodes = ordered

    def write(self) -> None:
        self.tidy()
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in self.nodes]
        used = {name for node in nodes for name in node.input}
        graph = self.model.graph
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(nodes)
        graph.initializer.extend(
            numpy_helper.from_array(value, name) for name, value in self.weights.items() if name in used
        )


def rename(model: onnx.ModelProto, names: dict) -> None:
    """Renames tensors everywhere."""
    new = lambda name: names.get(name, name)
    for node in model.graph.node:
        node.input[:] = [new(i) for i in node.input]
        node.output[:] = [new(o) for o in node.output]
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer]:
        value.name = new(value.name)


def constant(model: onnx.ModelProto, name: str, value) -> str:
    model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return name


def add(model: onnx.ModelProto, op: str, inputs: list, output: str, **attributes) -> str:
    model.graph.node.append(helper.make_node(op, inputs, [output], name=output, **attributes))
    return output


def set_outputs(model: onnx.ModelProto, outputs: dict) -> None:
    """Makes these, and only these, the graph's outputs."""
    del model.graph.output[:]
    for name, shape in outputs.items():
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


def fix_batch(model: onnx.ModelProto) -> None:
    for value in model.graph.input:
        value.type.tensor_type.shape.dim[0].dim_value = 1


def halve_exact_weights(model: onnx.ModelProto) -> None:
    """Stores weights that are exact in float16 as such (most packages ship them so); ONNX Runtime widens them once,
    when it loads the model."""
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < 64:
            continue
        half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(half, name + "/half"))
        casts.append(helper.make_node("Cast", [name + "/half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _rename_by_order(model: onnx.ModelProto) -> None:
    """Gives inner tensors names by their place, since the converters' own differ from run to run."""
    kept = {value.name for value in [*model.graph.input, *model.graph.output]}
    names = {}
    for node in model.graph.node:
        for name in [*node.input, *node.output]:
            if name and name not in kept:
                names.setdefault(name, f"t{len(names)}")
    rename(model, names)
    for i, node in enumerate(model.graph.node):
        node.name = f"n{i}"
    weights = sorted(model.graph.initializer, key=lambda weight: int(weight.name[1:]))
    del model.graph.initializer[:]
    model.graph.initializer.extend(weights)


def finish(model: onnx.ModelProto) -> bytes:
    """Checks the model and strips what differs from run to run."""
    Graph(model).write()
    _rename_by_order(model)
    del model.graph.value_info[:]
    model.producer_name, model.producer_version, model.doc_string = "gst-plugin-liveness", "", ""
    model.graph.name, model.graph.doc_string = "model", ""
    for node in model.graph.node:
        node.doc_string = ""
    model.ir_version = 8
    used = [version for version in model.opset_import if version.domain in ("", "ai.onnx")]
    del model.opset_import[:]
    model.opset_import.extend(used)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
