"""PyTorch activations: catalogue data for each kind, and where its slope is flat.

Gains and flat sides are those of the trainer's activations of the same kind, which cite their
sources; a test compares the two, and the masks with slopes computed by PyTorch.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

Mask = Callable[["torch.nn.Module", "torch.Tensor"], "torch.Tensor"]

FLAT = 0.01
"""A slope below this fraction of the steepest counts as flat."""


@dataclass(frozen=True)
class TorchActivation:
    """A kind of activation.

    `flat` is the side on which its slope goes to 0: 'below', 'both' or None. `mask` takes the
    module and an input of any shape, and marks where |slope| is below 1 % of the steepest; None if
    no slope is so small, or that is unknown.
    """

    kind: str
    gain: float | None = None
    flat: str | None = None
    mask: Mask | None = None


def _beyond(limit: float) -> Mask:
    return lambda module, inputs: inputs.abs() > limit


def _below(limit: float) -> Mask:
    return lambda module, inputs: inputs < limit


def _outside(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    low, high = float(module.min_val), float(module.max_val)
    return (inputs <= low) | (inputs >= high)


def _elu(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    alpha = abs(float(module.alpha))
    limit = math.log(FLAT * max(1.0, alpha) / alpha) if alpha else 0.0
    return inputs <= min(0.0, limit)


def _celu(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    return inputs < float(module.alpha) * math.log(FLAT)


def _softplus(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    return inputs < math.log(FLAT / (1.0 - FLAT)) / float(module.beta)


def _gelu(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    from torch.special import ndtr

    density = (-0.5 * inputs * inputs).exp() / math.sqrt(2.0 * math.pi)
    return (ndtr(inputs) + inputs * density).abs() < FLAT * 1.129


def _swish(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    gate = inputs.sigmoid()
    return (gate * (1.0 + inputs * (1.0 - gate))).abs() < FLAT * 1.0998


def _hardswish(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    return (inputs <= -3) | ((inputs / 3.0 + 0.5).abs() < FLAT * 1.5)


def _mish(module: "torch.nn.Module", inputs: "torch.Tensor") -> "torch.Tensor":
    from torch.nn.functional import softplus

    squashed = softplus(inputs, threshold=40).tanh()
    slope = squashed + inputs * (1.0 - squashed * squashed) * inputs.sigmoid()
    return slope.abs() < FLAT * 1.0885


_SIGMOID = math.log((1.0 + math.sqrt(1.0 - FLAT)) / (1.0 - math.sqrt(1.0 - FLAT)))
"""Beyond it s (1 - s) of a sigmoid is below 1 % of 1/4: s is then (1 + sqrt(1 - FLAT)) / 2."""
_TANH = _SIGMOID / 2.0  # tanh(z) = 2 sigmoid(2 z) - 1, and so are their slopes

_RELU = TorchActivation("relu", math.sqrt(2.0), "below", lambda module, inputs: inputs <= 0)
_GELU = TorchActivation("gelu", 1.5335805217, "below", _gelu)
_SWISH = TorchActivation("swish", 1.6765324704, "below", _swish)

ACTIVATIONS: dict[str, TorchActivation] = {
    "ReLU": _RELU,
    "ReLU6": TorchActivation(
        "relu6", None, "both", lambda module, inputs: (inputs <= 0) | (inputs >= 6)
    ),
    "Sigmoid": TorchActivation("sigmoid", 4.0, "both", _beyond(_SIGMOID)),
    "Tanh": TorchActivation("tanh", 1.0, "both", _beyond(_TANH)),
    "LeakyReLU": TorchActivation("leaky_relu", math.sqrt(2.0 / 1.0001)),
    "RReLU": TorchActivation("rrelu"),
    "PReLU": TorchActivation("prelu", math.sqrt(2.0 / 1.0625)),
    "ELU": TorchActivation("elu", 1.2451983007, "below", _elu),
    "SELU": TorchActivation("selu", 1.0, "below", _below(math.log(FLAT))),
    "CELU": TorchActivation("celu", None, "below", _celu),
    "GELU": _GELU,
    "SiLU": _SWISH,
    "Mish": TorchActivation("mish", None, "below", _mish),
    "Softplus": TorchActivation("softplus", 2.0, "below", _softplus),
    "Softsign": TorchActivation("softsign", None, "both", _beyond(1.0 / math.sqrt(FLAT) - 1.0)),
    "LogSigmoid": TorchActivation("log_sigmoid"),
    "Hardtanh": TorchActivation("hardtanh", None, "both", _outside),
    "Hardsigmoid": TorchActivation("hardsigmoid", None, "both", _beyond(3.0)),
    "Hardswish": TorchActivation("hardswish", None, "below", _hardswish),
    "GLU": TorchActivation("glu"),
    "Softmax": TorchActivation("softmax"),
    "LogSoftmax": TorchActivation("log_softmax"),
    # Hugging Face's classes.
    "GELUActivation": _GELU,
    "NewGELUActivation": _GELU,
    "PytorchGELUTanh": _GELU,
    "GELUTanh": _GELU,
    "FastGELUActivation": _GELU,
    "QuickGELUActivation": _GELU,
    "SiLUActivation": _SWISH,
}
"""By the class name of the module."""


def activation_of(module: "torch.nn.Module") -> TorchActivation | None:
    """Return the data for a module that is an activation; None for any other."""
    for each in type(module).__mro__:
        if each.__name__ in ACTIVATIONS and not list(module.children()):
            return ACTIVATIONS[each.__name__]
    return None
