"""Rewrites of ONNX graphs: names, heads, and forms that ONNX Runtime runs faster."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


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


def expand_prelu(model: onnx.ModelProto) -> None:
    """PRelu as Max(x, a·x) where no slope is above 1, else as a·x + (1 − a)·Relu(x): newer ONNX Runtimes have no fast
    PRelu beside their blocked layout (1.32 takes 1.8 times as long with it), older ones are as fast either way."""
    weights = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type != "PRelu":
            nodes.append(node)
            continue
        (x, slope), y = node.input, node.output[0]
        nodes.append(helper.make_node("Mul", [x, slope], [y + "/sloped"]))
        if (weights[slope] <= 1).all():
            nodes.append(helper.make_node("Max", [x, y + "/sloped"], [y]))
            continue
        rest = constant(model, y + "/rest", (1 - weights[slope]).astype(np.float32))
        nodes += [
            helper.make_node("Relu", [x], [y + "/positive"]),
            helper.make_node("Mul", [y + "/positive", rest], [y + "/lifted"]),
            helper.make_node("Add", [y + "/sloped", y + "/lifted"], [y]),
        ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


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


def _sort_from_outputs(model: onnx.ModelProto) -> None:
    """Orders the nodes by a depth-first walk from the outputs, whatever order the converter left them in, and drops
    nodes and weights that no output needs."""
    makers = {output: node for node in model.graph.node for output in node.output}
    ordered, seen = [], set()

    def visit(name: str) -> None:
        node = makers.get(name)
        if node is None or id(node) in seen:
            return
        seen.add(id(node))
        for needed in node.input:
            visit(needed)
        ordered.append(node)

    for output in model.graph.output:
        visit(output.name)
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in ordered]
    del model.graph.node[:]
    model.graph.node.extend(copies)
    used = {name for node in copies for name in node.input}
    weights = [i for i in model.graph.initializer if i.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(weights)


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
    _sort_from_outputs(model)
    _rename_by_order(model)
    del model.graph.value_info[:]
    model.producer_name, model.producer_version, model.doc_string = "gst-plugin-liveness", "", ""
    model.graph.name, model.graph.doc_string = "model", ""
    for node in model.graph.node:
        node.doc_string = ""
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
