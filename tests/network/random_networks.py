"""Networks of random structure: any activations and normalisations, nested or sequential blocks."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from vanishing_gradients.trainer.network.activations import ACTIVATIONS
from vanishing_gradients.trainer.network.dense import Dense, WeightNormalizedDense
from vanishing_gradients.trainer.network.initializers import Normal
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.normalizations import (
    BatchNormalization,
    LayerNormalization,
)
from vanishing_gradients.trainer.network.output import Output
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.sigmoid_output import SigmoidOutput
from vanishing_gradients.trainer.network.softmax import Softmax

FEATURES, CLASSES = 4, 3
NORMALIZATIONS = {"batch": BatchNormalization, "layer": LayerNormalization}


@dataclass(frozen=True)
class Plan:
    """The structure of a network.

    Attributes:
        widths: of its hidden layers.
        activations: their kinds.
        normalizations: 'none', 'batch', 'layer' or 'weight', one per hidden layer.
        blocks: first and last hidden layer of each block, from 0; several may end together.
        loss: the loss's name.
        output: the class of the last layer.
    """

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    normalizations: tuple[str, ...]
    blocks: tuple[tuple[int, int], ...]
    loss: str = "cross_entropy"
    output: type[Output] = Softmax


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of up to five hidden layers with up to four blocks."""
    depth = draw(st.integers(1, 5))
    place = st.integers(0, depth - 1)
    blocks = draw(st.lists(st.tuples(place, place).map(sorted).map(tuple), max_size=4))
    return Plan(
        widths=tuple(draw(st.integers(3, 5)) for _ in range(depth)),
        activations=tuple(draw(st.sampled_from(sorted(ACTIVATIONS))) for _ in range(depth)),
        normalizations=tuple(
            draw(st.sampled_from(["none", "batch", "layer", "weight"])) for _ in range(depth)
        ),
        blocks=tuple(blocks),
        loss=draw(st.sampled_from(["cross_entropy", "mean_squared_error"])),
        output=draw(st.sampled_from([Softmax, SigmoidOutput])),
    )


def build(plan: Plan, seed: int = 0, dtype: type = np.float64) -> Network:
    """Return the network, with no parameter at 0 or at its usual initial value."""
    generator = np.random.default_rng(seed)
    layers: list[Layer] = []
    starts: list[tuple[int, int]] = []  # number of each hidden layer's dense layer, and its n_in
    width = FEATURES
    for hidden, n_out in enumerate(plan.widths):
        starts.append((len(layers) + 1, width))
        normalization = plan.normalizations[hidden]
        kind = WeightNormalizedDense if normalization == "weight" else Dense
        layers.append(kind(width, n_out, dtype, generator, Normal(0.7)))
        if normalization in NORMALIZATIONS:
            layers.append(NORMALIZATIONS[normalization](n_out, dtype))
        layers.append(ACTIVATIONS[plan.activations[hidden]](n_out, dtype))
        for first, last in plan.blocks:
            if last == hidden:
                start, n_in = starts[first]
                if n_in != n_out:
                    layers.append(Projection(n_in, n_out, dtype, generator, Normal(0.7), start))
                layers.append(Residual(n_out, dtype, start))
        width = n_out
    layers += [Dense(width, CLASSES, dtype, generator), plan.output(CLASSES, dtype, plan.loss)]
    network = Network(layers)
    network.parameters += generator.uniform(0.05, 0.3, network.parameters.shape).astype(dtype)
    return network


def batch(size: int = 6, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return images (size, FEATURES) and labels (size,)."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(size, FEATURES)), generator.integers(0, CLASSES, size)
