"""Scaling takes a pixel from 0..255 to -1..1."""

import numpy as np
from numpy.typing import DTypeLike

MIDDLE = 127.5


def scaled(images: np.ndarray, dtype: DTypeLike, out: np.ndarray | None = None) -> np.ndarray:
    """Return (images - 127.5) / 127.5, every operation done in `dtype`, of the shape of `images`.

    `images` holds uint8; `dtype` is float32 or float64, ValueError otherwise. `out`, an array of
    that dtype and shape, receives the result if given.
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"images are scaled in float32 or float64, not in {dtype}")
    middle = dtype.type(MIDDLE)
    if out is None:
        out = np.empty(images.shape, dtype)
    np.copyto(out, images)  # converting while subtracting would go through small buffers
    np.subtract(out, middle, out=out)
    return np.divide(out, middle, out=out)
