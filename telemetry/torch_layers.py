"""How the gradient of a PyTorch weight is split into layers, and what its rows and columns are.

A layer is a weight tensor, or a part of one, such as a gate of an LSTM.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

GATES = {"LSTM": "ifgo", "GRU": "rzn"}
"""The gates of a recurrent layer, in the order that PyTorch stacks them."""


@dataclass(frozen=True)
class WeightPart:
    """A weight tensor, or a part of it, as a matrix whose columns are neurons.

    `suffix` distinguishes it from other parts of the tensor. `role` ends the layer's name; `kind`
    goes into the table `layers`. `own` cuts the part out of a tensor of the parameter's shape, as a
    view, and `matrix` turns that into a view of shape (rows, width). `row_meaning` is 'input' if
    rows are the inputs of weights, else 'element'. `touched` says that only the rows of tokens in
    the batch have a gradient.
    """

    role: str
    kind: str
    row_meaning: str
    matrix: "Callable[[torch.Tensor], torch.Tensor]"
    suffix: str = ""
    own: "Callable[[torch.Tensor], torch.Tensor]" = lambda tensor: tensor
    touched: bool = False


def weight_parts(
    module: "torch.nn.Module", name: str, parameter: "torch.Tensor"
) -> Iterator[WeightPart]:
    """Yield the layers that a parameter, called `name` in `module`, is recorded as.

    Linear weights, (out, in), have a row per input and a column per neuron. For a convolution,
    (out, in, ...), a neuron is a filter; also for a transposed one, (in, out, ...). A recurrent
    layer's stacked gates, and the query, key and value of an attention, are separate layers. For an
    embedding, (tokens, dimensions), a row is a token. A vector is a single row; any other tensor
    has a column for each index of its first dimension.
    """
    import torch
    from torch import nn

    if parameter.ndim <= 1:
        vector = "normalization" if _normalizes(module) else "bias"
        kind = vector if name in ("weight", "bias") else "parameter"
        yield WeightPart(kind, kind, "element", lambda tensor: tensor.reshape(1, -1))
    elif isinstance(module, nn.Linear) and name == "weight":
        yield WeightPart("hidden", "dense", "input", torch.t)
    elif type(module).__name__ == "Conv1D" and name == "weight" and parameter.ndim == 2:
        # Hugging Face's linear layer with weights (in, out).
        yield WeightPart("hidden", "dense", "input", lambda tensor: tensor)
    elif isinstance(module, nn.modules.conv._ConvTransposeNd) and name == "weight":
        yield WeightPart("convolution", "convolution", "input", _transposed_filters(module.groups))
    elif isinstance(module, nn.modules.conv._ConvNd) and name == "weight":
        yield WeightPart("convolution", "convolution", "input", first_dimension_last)
    elif isinstance(module, nn.Embedding | nn.EmbeddingBag) and name == "weight":
        yield WeightPart("embedding", "embedding", "element", lambda tensor: tensor, touched=True)
    elif (
        isinstance(module, nn.RNNBase | nn.RNNCellBase)
        and name.startswith("weight_")
        and (name[7:9] in ("ih", "hh"))
    ):
        yield from _gates(module, name[7:9])
    elif isinstance(module, nn.MultiheadAttention) and name == "in_proj_weight":
        for place, role in enumerate(("query", "key", "value")):
            yield WeightPart(role, "attention", "input", torch.t, f"[{role}]", _chunk(place, 3))
    elif isinstance(module, nn.MultiheadAttention) and name.endswith("_proj_weight"):
        role = {"q": "query", "k": "key", "v": "value"}[name[0]]
        yield WeightPart(role, "attention", "input", torch.t)
    else:
        yield WeightPart("parameter", "parameter", "element", first_dimension_last)


def first_dimension_last(tensor: "torch.Tensor") -> "torch.Tensor":
    """Return a tensor (n, ...) as (the rest, n)."""
    return tensor.reshape(tensor.shape[0], -1).t()


def _transposed_filters(groups: int) -> "Callable[[torch.Tensor], torch.Tensor]":
    def matrix(tensor: "torch.Tensor") -> "torch.Tensor":
        inputs, outputs = tensor.shape[0] // groups, tensor.shape[1]
        grouped = tensor.reshape(groups, inputs, outputs, -1)
        return grouped.permute(1, 3, 0, 2).reshape(-1, groups * outputs)

    return matrix


def _chunk(place: int, parts: int) -> "Callable[[torch.Tensor], torch.Tensor]":
    return lambda tensor: tensor.chunk(parts)[place]


def _gates(module: "torch.nn.Module", which: str) -> Iterator[WeightPart]:
    """Yield the gates of a weight, (gates x hidden, n), in the order that PyTorch stacks them."""
    import torch

    kind = str(getattr(module, "mode", type(module).__name__))
    letters = next((found for name, found in GATES.items() if kind.startswith(name)), "")
    for place, letter in enumerate(letters):
        own = _chunk(place, len(letters))
        yield WeightPart(f"{which}_{letter}", "recurrent", "input", torch.t, f"[{letter}]", own)
    if not letters:
        yield WeightPart(which, "recurrent", "input", torch.t)


def _normalizes(module: "torch.nn.Module") -> bool:
    return "Norm" in type(module).__name__
