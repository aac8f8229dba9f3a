# SPDX-License-Identifier: MIT OR Apache-2.0
"""Exact rewrites that keep a graph inside ONNX Runtime's blocked layout (NCHWc), where its convolutions are fastest.

The runtime leaves that layout, at the price of two copies, for every PReLU, every padding and every convolution whose
channels do not fill a block of 16. So: PReLU becomes depthwise convolutions, channel padding a convolution with the unit
matrix, channels are filled up with zeros. The result is plain ONNX and computes the same values (models.toml says
how closely); on a machine without the blocked layout it costs about a fifth more than the untouched graph.
"""

import numpy as np
import onnx
from onnx import helper

from .graph import Graph, attribute

BLOCK = 16
NHWC_TO_NCHW, NCHW_TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]


def set_attribute(node: onnx.NodeProto, name: str, value) -> None:
    kept = [a for a in node.attribute if a.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])


def is_dense(node: onnx.NodeProto) -> bool:
    return node.op_type == "Conv" and attribute(node, "group", 1) == 1


def is_depthwise(graph: Graph, node: onnx.NodeProto) -> bool:
    """With one filter a channel."""
    return node.op_type == "Conv" and attribute(node, "group", 1) == len(graph.weights[node.input[1]])


def is_scalar(graph: Graph, name: str, value: float) -> bool:
    return name in graph.weights and graph.weights[name].size == 1 and graph.weights[name].item() == value


def own_weights(graph: Graph) -> None:
    """Gives each convolution and PReLU constants of its own, so that one can be changed without the other."""
    seen = set()
    for node in graph.nodes:
        if node.op_type in ("Conv", "PRelu"):
            for i, name in enumerate(node.input):
                if i and name in seen:
                    node.input[i] = graph.constant(f"{node.output[0]}/weight{i}", graph.weights[name])
                seen.add(name)


def find_prelu(graph: Graph) -> None:
    """Recognises PReLU where a format without it has written a·x + (1 − a)·relu(x), or max(x, 0) + a·min(x, 0)."""
    makers = graph.makers()

    def scaled(name: str) -> tuple:
        """x and c of c·x."""
        node = makers.get(name)
        if node is None or node.op_type != "Mul" or len(graph.data(node)) != 1 or len(graph.constants(node)) != 1:
            return None, None
        return graph.data(node)[0], graph.constants(node)[0]

    def half(name: str, op: str) -> str:
        """x of relu(x), max(x, 0) or min(x, 0)."""
        node = makers.get(name)
        if node is None or node.op_type not in (op, "Relu" if op == "Max" else op):
            return None
        zeros = [c for c in graph.constants(node) if not is_scalar(graph, c, 0.0)]
        return graph.data(node)[0] if not zeros and len(graph.data(node)) == 1 else None

    for node in graph.nodes:
        if node.op_type not in ("Add", "Sum") or len(node.input) != 2:
            continue
        for one, other in (node.input, reversed(node.input)):
            x, slope = scaled(other)
            if x is None:
                continue
            lifted, rest = scaled(one)
            if lifted and half(lifted, "Max") == x and np.allclose(graph.weights[rest], 1 - graph.weights[slope]):
                source = x
            elif half(one, "Max") and half(x, "Min") == half(one, "Max"):
                source = half(one, "Max")
            else:
                continue
            node.op_type, node.input[:] = "PRelu", [source, slope]
            break


def find_clip(graph: Graph) -> None:
    """max(min(relu(x), c), 0) is one Clip, which the runtime fuses into the convolution before it."""
    makers = graph.makers()
    for node in graph.nodes:
        if node.op_type != "Max" or len(graph.data(node)) != 1 or not is_scalar(graph, graph.constants(node)[0], 0.0):
            continue
        least = makers.get(graph.data(node)[0])
        if least is None or least.op_type != "Min" or len(graph.data(least)) != 1:
            continue
        relu = makers.get(graph.data(least)[0])
        top = graph.weights[graph.constants(least)[0]]
        if relu is None or relu.op_type != "Relu" or top.size != 1:
            continue
        name = node.output[0]
        low = graph.constant(f"{name}/low", np.float32(0))
        node.op_type, node.input[:] = "Clip", [relu.input[0], low, graph.constant(f"{name}/high", top.reshape(()))]


def move_islands(graph: Graph) -> None:
    """Sums and PReLUs that lie in NHWC between two transposes move to NCHW, which makes the transposes idle."""
    twins, moved, nodes = {}, set(), []
    for node in graph.nodes:
        if node.op_type == "Transpose" and list(attribute(node, "perm")) == NCHW_TO_NHWC:
            twins[node.output[0]] = node.input[0]
        if node.op_type == "Transpose" and list(attribute(node, "perm")) == NHWC_TO_NCHW:
            twins.setdefault(node.input[0], node.output[0])
    for node in graph.nodes:
        if node.op_type == "Transpose" and node.input[0] in moved:
            nodes.append(helper.make_node("Identity", [twins[node.input[0]]], list(node.output)))
            continue
        nodes.append(node)
        by_channel = all(graph.weights[c].size == graph.weights[c].shape[-1] > 1 for c in graph.constants(node) if graph.weights[c].ndim)
        known = graph.data(node) and all(name in twins for name in graph.data(node))
        if node.op_type in ("Add", "Sum", "PRelu") and known and by_channel and node.output[0] not in twins.values():
            inputs = [
                twins.get(name) or graph.constant(f"{name}/nchw", graph.weights[name].reshape(-1, 1, 1))
                for name in node.input
            ]
            output = node.output[0]
            nodes.append(helper.make_node(node.op_type, inputs, [f"{output}/nchw"]))
            twins[output] = f"{output}/nchw"
            moved.add(output)
    graph.nodes = nodes
    skip_identities(graph)


def skip_identities(graph: Graph) -> None:
    sources = {node.output[0]: node.input[0] for node in graph.nodes if node.op_type == "Identity"}

    def source(name: str) -> str:
        return source(sources[name]) if name in sources else name

    for node in graph.nodes:
        node.input[:] = [source(name) for name in node.input]
    graph.remove([node for node in graph.nodes if node.op_type == "Identity" and node.output[0] not in graph.outputs])
    graph.tidy()


def fold_bias(graph: Graph) -> None:
    """(residual + convolution) + bias becomes residual + (convolution with bias), which the runtime fuses."""
    makers, users, gone = graph.makers(), graph.users(), []
    for node in graph.nodes:
        if node.op_type == "Sum" and len(node.input) == 2:
            node.op_type = "Add"
    for node in graph.nodes:
        if node.op_type != "Add" or len(graph.constants(node)) != 1:
            continue
        bias, total = graph.weights[graph.constants(node)[0]], makers.get(graph.data(node)[0])
        if total is None or total.op_type != "Add" or len(users[total.output[0]]) != 1:
            continue
        for name in total.input:
            conv = makers.get(name)
            if conv is None or conv.op_type != "Conv" or len(conv.input) != 2 or len(users[name]) != 1:
                continue
            if bias.size != len(graph.weights[conv.input[1]]):
                continue
            conv.input.append(graph.constant(f"{name}/bias", bias.reshape(-1)))
            total.output[0] = node.output[0]
            gone.append(node)
            break
    graph.remove(gone)


def absorb_padding(graph: Graph) -> None:
    """Zeros around a picture go into the convolution after it; further channels of zeros become a convolution with the
    unit matrix."""
    makers = graph.makers()
    for node in graph.nodes:
        source = makers.get(node.input[0])
        if node.op_type != "Conv" or source is None or source.op_type != "Pad" or not pads_with_zero(graph, source):
            continue
        padding = graph.weights[source.input[1]].astype(int)
        if padding.size == 8 and not padding[[0, 1, 4, 5]].any():
            around = np.array(attribute(node, "pads", [0, 0, 0, 0])) + padding[[2, 3, 6, 7]]
            set_attribute(node, "pads", around.tolist())
            node.input[0] = source.input[0]
    graph.tidy()
    channels = channel_counts(graph)
    for node in graph.nodes:
        if node.op_type != "Pad" or not pads_with_zero(graph, node) or node.input[0] not in channels:
            continue
        padding = graph.weights[node.input[1]].astype(int)
        if padding.size == 8 and padding[5] and not np.delete(padding, 5).any():
            have = channels[node.input[0]]
            unit = np.eye(have + padding[5], have, dtype=np.float32).reshape(-1, have, 1, 1)
            node.op_type, node.input[:] = "Conv", [node.input[0], graph.constant(f"{node.output[0]}/unit", unit)]
            del node.attribute[:]
            set_attribute(node, "kernel_shape", [1, 1])


def pads_with_zero(graph: Graph, pad: onnx.NodeProto) -> bool:
    constant = attribute(pad, "mode", b"constant") == b"constant"
    return constant and (len(pad.input) < 3 or not pad.input[2] or not graph.weights[pad.input[2]].any())


def channel_counts(graph: Graph) -> dict:
    """The channels of every picture inside the net whose maker tells them."""
    counts = {}
    for node in graph.nodes:
        if node.op_type == "Conv":
            counts[node.output[0]] = len(graph.weights[node.input[1]])
        elif node.op_type in ("Relu", "PRelu", "Clip", "MaxPool", "Add"):
            known = [counts[name] for name in node.input if name in counts]
            counts.update({node.output[0]: known[0]} if known else {})
    return counts


def fill_blocks(graph: Graph) -> None:
    """Fills channels up to whole blocks with zeros, from the convolutions that make them to those that mix them."""
    counts = channel_counts(graph)
    parent = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    def by_channel(node: onnx.NodeProto) -> bool:
        if node.op_type == "PRelu":
            return graph.weights[node.input[1]].size == counts.get(node.output[0])
        if node.op_type == "Clip":
            return graph.weights[node.input[1]] <= 0 <= graph.weights[node.input[2]]
        if node.op_type == "Add":
            return not graph.constants(node)
        return node.op_type in ("Relu", "MaxPool") or is_depthwise(graph, node)

    fixed = set(graph.outputs)
    for node in graph.nodes:
        if by_channel(node):
            for name in graph.data(node):
                parent[root(name)] = root(node.output[0])
        elif not is_dense(node):
            fixed.update([*node.input, *node.output])
    fixed.update(value.name for value in graph.model.graph.input)
    keep = {root(name) for name in fixed}

    def missing(name: str) -> int:
        return 0 if root(name) in keep else -counts.get(name, 0) % BLOCK

    def widen(name: str, axis: int, more: int) -> None:
        value = graph.weights[name]
        graph.weights[name] = np.pad(value, [(0, more if i == axis else 0) for i in range(value.ndim)])

    for node in graph.nodes:
        more = missing(node.output[0])
        if more and node.op_type == "Conv":
            for name in node.input[1:]:
                widen(name, 0, more)
            if not is_dense(node):
                set_attribute(node, "group", attribute(node, "group") + more)
        elif more and node.op_type == "PRelu":
            widen(node.input[1], graph.weights[node.input[1]].ndim - 3, more)
        if is_dense(node) and missing(node.input[0]):
            widen(node.input[1], 1, missing(node.input[0]))


def expand_prelu(graph: Graph) -> None:
    """PReLU as depthwise convolutions of one point: a·x + (1 − a)·relu(x). Where only convolutions follow, they take the
    factor 1 − a into their weights, which leaves relu(x) + a / (1 − a)·x: one convolution, fused with the sum."""
    users, nodes = graph.users(), []
    for node in graph.nodes:
        nodes.append(node)
        if node.op_type != "PRelu" or not counts_by_channel(graph, node):
            continue
        x, y = node.input[0], node.output[0]
        slope = graph.weights[node.input[1]].astype(np.float64).reshape(-1)
        rest = 1 - slope

        def scale(source: str, factor: np.ndarray, output: str, y=y) -> onnx.NodeProto:
            weight = graph.constant(f"{output}/factor", factor.astype(np.float32).reshape(-1, 1, 1, 1))
            return helper.make_node("Conv", [source, weight], [output], group=factor.size, kernel_shape=[1, 1])

        relu = f"{y}/relu"
        expanded = [helper.make_node("Relu", [x], [relu])]
        if np.abs(rest).min() > 0.01 and y not in graph.outputs and all(takes_factor(graph, u, y) for u in users[y]):
            for user in users[y]:
                shape = (1, -1, 1, 1) if is_dense(user) else (-1, 1, 1, 1)
                weight = graph.weights[user.input[1]].astype(np.float64) * rest.reshape(shape)
                graph.weights[user.input[1]] = weight.astype(np.float32)
            positive, slope = relu, slope / rest
        else:
            positive = f"{y}/positive"
            expanded.append(scale(relu, rest, positive))
        expanded.append(scale(x, slope, f"{y}/sloped"))
        expanded.append(helper.make_node("Add", [f"{y}/sloped", positive], [y]))
        nodes[-1:] = expanded
    graph.nodes = nodes


def counts_by_channel(graph: Graph, prelu: onnx.NodeProto) -> bool:
    slope = graph.weights[prelu.input[1]]
    return slope.ndim >= 3 and slope.shape[-3] == slope.size


def takes_factor(graph: Graph, node: onnx.NodeProto, name: str) -> bool:
    return node.input[0] == name and (is_dense(node) or is_depthwise(graph, node))


def optimise(model: onnx.ModelProto) -> None:
    graph = Graph(model)
    own_weights(graph)
    for rewrite in (find_prelu, find_clip, move_islands, fold_bias, absorb_padding, fill_blocks, expand_prelu):
        rewrite(graph)
        graph.tidy()
    graph.write()
