"""The external oracle of every backward pass: how the loss changes when one number changes."""

from collections.abc import Callable, Sequence

import numpy as np

from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.output import Output

STEP = 1e-6

# A central difference of a loss near 1 in double precision is wrong by about
# STEP^2 (truncation) + 1e-16 / STEP (rounding) = 1e-10; gradients here are 1e-3 and larger.
TOLERANCE = {"rtol": 1e-6, "atol": 1e-8}


def central_differences(loss: Callable[[], float], array: np.ndarray) -> np.ndarray:
    """Return dL/d(array), moving each of its elements in place by STEP to both sides."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        before = array[index]
        array[index] = before + STEP
        above = loss()
        array[index] = before - STEP
        below = loss()
        array[index] = before
        gradient[index] = (above - below) / (2 * STEP)
    return gradient


def gradients_of_output(
    output: Output, logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return dL/d(logits) as an output computes it, and by central differences."""

    def loss() -> float:
        output.forward(logits, training=True)
        return output.loss(labels)

    expected = central_differences(loss, logits)
    loss()
    return output.backward(labels), expected


def penalty_of(layers: Sequence[Layer]) -> float:
    """The penalties of layers in the loss: l1 sum |w| + l2 sum w^2 of each."""
    total = 0.0
    for layer in layers:
        if isinstance(layer, Dense):
            for of, array in (
                (layer.weight_penalty, layer.weights),
                (layer.bias_penalty, layer.parameters["biases"]),
            ):
                with np.errstate(over="ignore"):
                    total += float(of.l1 * np.abs(array).sum() + of.l2 * np.square(array).sum())
    return total
