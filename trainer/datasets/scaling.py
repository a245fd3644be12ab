"""The scale of inputs: what a pixel is when it enters the network.

A byte is a pixel from 0 to 255, whichever of these values an image has. Other numbers have no such
range, so that theirs is the one from the smallest to the largest of the training images.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import DTypeLike

from vanishing_gradients.trainer.errors import DatasetError

BYTES = 256
IMAGES_AT_ONCE = 1000
EQUAL = "Inputs of equal pixels cannot be standardised: take more images, or other inputs."


@dataclass(frozen=True)
class Scaling:
    """x = (pixel - shift) / divisor, for every pixel alike, or (pixels,) by each one's own."""

    shift: float | np.ndarray
    divisor: float | np.ndarray


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
        raise DatasetError(EQUAL)
    return Scaling(mean, deviation)


RANGES = {"-1..1": (-1.0, 1.0), "0..1": (0.0, 1.0), "0..255": (0.0, 255.0)}
"""By name, where the smallest and the largest pixel come to lie."""
STANDARDISED = "standardised"

INPUTS: Mapping[str, Callable[[np.ndarray], Scaling]] = MappingProxyType(
    {
        "-1..1": lambda images: PLUS_MINUS_ONE,
        "0..1": lambda images: Scaling(0.0, 255.0),
        "0..255": lambda images: Scaling(0.0, 1.0),
        STANDARDISED: standardising,
        "as_given": lambda images: Scaling(0.0, 1.0),
    }
)
"""By name, what makes a scaling of the bytes that are trained on. The first is the default."""


def scaling_of(inputs: str, images: np.ndarray, alike: bool = True) -> Scaling:
    """Return one of INPUTS for the images that are trained on, (n, pixels).

    `alike`: all pixels have one scale; else each has its own, which makes a pixel that never
    changes 0. That of bytes is always one. Raises DatasetError as `standardising` does.
    """
    if images.dtype == np.uint8 or inputs == "as_given":
        return INPUTS[inputs](images)
    axis = None if alike else 0
    low, high = (np.asarray(end(images, axis=axis), np.float64) for end in (np.min, np.max))
    same = low == high
    if inputs != STANDARDISED:
        first, last = RANGES[inputs]
        divisor = np.where(same, 1.0, (high - low) / (last - first))
        return Scaling(np.where(same, low, low - first * divisor), divisor)
    if alike and same:
        raise DatasetError(EQUAL)
    mean = _mean(images, axis)
    deviation = np.sqrt(_mean(images, axis, mean))
    return Scaling(np.where(same, low, mean), np.where(same, 1.0, deviation))


def _mean(images: np.ndarray, axis: int | None, about: np.ndarray | None = None) -> np.ndarray:
    """Return the mean of the pixels, or of their squared distances from what they are `about`."""
    total = np.zeros(() if axis is None else images.shape[1])
    for start in range(0, len(images), IMAGES_AT_ONCE):
        part = images[start : start + IMAGES_AT_ONCE].astype(np.float64)
        total += (part if about is None else np.square(part - about)).sum(axis=axis)
    return total / (images.size if axis is None else len(images))


def scaled(
    images: np.ndarray,
    dtype: DTypeLike,
    out: np.ndarray | None = None,
    scaling: Scaling = PLUS_MINUS_ONE,
) -> np.ndarray:
    """Return (images - shift) / divisor in `dtype`, shaped as `images`.

    Of bytes every operation is done in `dtype`, of other numbers in double precision: a column of
    large numbers that differ in their last digits keeps these. `dtype` is float32 or float64,
    ValueError otherwise. `out`, an array of that dtype and shape, receives the result if given.
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"images are scaled in float32 or float64, not in {dtype}")
    if out is None:
        out = np.empty(images.shape, dtype)
    if images.dtype != np.uint8:
        shifted = np.subtract(images, scaling.shift, dtype=np.float64)
        return np.divide(shifted, scaling.divisor, out=out, casting="same_kind")
    np.copyto(out, images)  # converting while subtracting would go through small buffers
    np.subtract(out, dtype.type(scaling.shift), out=out)
    return np.divide(out, dtype.type(scaling.divisor), out=out)
