"""The outside oracle of every backward pass: what the loss does when one number moves a little."""

from collections.abc import Callable

import numpy as np

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
