"""Mean 0 and variance 1 for numbers so large that their squares overflow."""

import numpy as np


def standardize(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (values - mean) / deviation along an axis, and 1 / deviation, that axis of length 1.

    Squares of numbers beyond 1e154 (double) or 1e19 (single) overflow, and one over an infinite
    deviation would be a zero that is none: everything is divided by the largest magnitude first.
    What holds an infinity or NaN becomes NaN throughout.
    """
    peak = np.abs(values).max(axis=axis, keepdims=True)
    scaled = values / peak
    scaled -= scaled.mean(axis=axis, keepdims=True)
    deviation = np.sqrt(np.square(scaled).mean(axis=axis, keepdims=True))
    return scaled / deviation, 1.0 / deviation / peak
