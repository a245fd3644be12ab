"""The scale of inputs: what a pixel of 0 to 255 is when it enters the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import DTypeLike

from vanishing_gradients.trainer.errors import DatasetError

BYTES = 256
IMAGES_AT_ONCE = 1000


@dataclass(frozen=True)
class Scaling:
    """x = (pixel - shift) / divisor, for every pixel alike."""

    shift: float
    divisor: float


PLUS_MINUS_ONE = Scaling(127.5, 127.5)
"""Black is -1 and white 1."""


def standardising(images: np.ndarray) -> Scaling:
    """Return the scaling that gives these images, uint8 (n, pixels), mean 0 and variance 1.

    x = (pixel - m) / s, with m the mean and s the standard deviation (the root of the mean square
    of pixel - m) over all pixels of all images together. Both come from exact counts, so that the
    order of the images does not matter. Of MNIST's 60,000 they are 33.32 and 78.57, which as parts
    of 255 are the 0.1307 and 0.3081 of PyTorch's example,
    https://github.com/pytorch/examples/blob/main/mnist/main.py
    Raises DatasetError where all pixels are the same.
    """
    counts = np.zeros(BYTES, np.int64)
    for start in range(0, len(images), IMAGES_AT_ONCE):
        part = images[start : start + IMAGES_AT_ONCE]
        counts += np.bincount(part.ravel(), minlength=BYTES)
    values, pixels = np.arange(BYTES), counts.sum()
    mean = float(values @ counts / pixels)
    deviation = float(np.sqrt(np.square(values - mean) @ counts / pixels))
    if not deviation:
        raise DatasetError(
            "Inputs of equal pixels cannot be standardised: take more images, or other inputs."
        )
    return Scaling(mean, deviation)


INPUTS: Mapping[str, Callable[[np.ndarray], Scaling]] = MappingProxyType(
    {
        "-1..1": lambda images: PLUS_MINUS_ONE,
        "0..1": lambda images: Scaling(0.0, 255.0),
        "0..255": lambda images: Scaling(0.0, 1.0),
        "standardised": standardising,
    }
)
"""By name, what makes a scaling of the images that are trained on. The first is the default."""


def scaled(
    images: np.ndarray,
    dtype: DTypeLike,
    out: np.ndarray | None = None,
    scaling: Scaling = PLUS_MINUS_ONE,
) -> np.ndarray:
    """Return (images - shift) / divisor, every operation done in `dtype`, shaped as `images`.

    `images` holds uint8; `dtype` is float32 or float64, ValueError otherwise. `out`, an array of
    that dtype and shape, receives the result if given.
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"images are scaled in float32 or float64, not in {dtype}")
    if out is None:
        out = np.empty(images.shape, dtype)
    np.copyto(out, images)  # converting while subtracting would go through small buffers
    np.subtract(out, dtype.type(scaling.shift), out=out)
    return np.divide(out, dtype.type(scaling.divisor), out=out)
