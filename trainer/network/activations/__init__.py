"""What neurons do to their sums, one family a file.

activation   what all activations share: a slope for each sample and neuron, and who is saturated
saturating   sigmoid, tanh
rectifiers   ReLU, leaky ReLU, PReLU, softplus
exponential  ELU, SELU
gated        GELU, swish
identity     identity
"""

from vanishing_gradients.trainer.network.activations.activation import Activation
from vanishing_gradients.trainer.network.activations.exponential import ELU, SELU
from vanishing_gradients.trainer.network.activations.gated import GELU, Swish
from vanishing_gradients.trainer.network.activations.identity import Identity
from vanishing_gradients.trainer.network.activations.rectifiers import (
    LeakyReLU,
    PReLU,
    ReLU,
    Softplus,
)
from vanishing_gradients.trainer.network.activations.saturating import Sigmoid, Tanh

ACTIVATIONS: dict[str, type[Activation]] = {
    layer.kind: layer
    for layer in (
        Sigmoid,
        ReLU,
        Tanh,
        LeakyReLU,
        PReLU,
        ELU,
        SELU,
        GELU,
        Swish,
        Softplus,
        Identity,
    )
}

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "Identity",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Sigmoid",
    "Softplus",
    "Swish",
    "Tanh",
]
