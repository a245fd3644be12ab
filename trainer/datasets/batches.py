"""A batch is a run of consecutive images; scaling waits until then, so that images stay bytes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import DTypeLike

from vanishing_gradients.trainer.datasets.scaling import scaled


def batches(
    images: np.ndarray, labels: np.ndarray, size: int, dtype: DTypeLike
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield (step, x, y) in order: step from 1, x (batch, pixels) scaled in `dtype`, y (batch,).

    `images` is uint8 (n, pixels), `labels` (n,). The last batch holds what is left and may be
    smaller. All x share one buffer: a batch is overwritten by the next one, so copy what is to be
    kept. Raises ValueError on a size below 1 or on images and labels of different number.
    """
    if size < 1:
        raise ValueError(f"a batch of {size} images: at least 1 is needed")
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images and {len(labels)} labels do not belong together")
    return _slices(images, labels, size, dtype)


def _slices(
    images: np.ndarray, labels: np.ndarray, size: int, dtype: DTypeLike
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    buffer = np.empty((min(size, len(images)), *images.shape[1:]), dtype)
    for step, start in enumerate(range(0, len(images), size), start=1):
        batch = images[start : start + size]
        x = scaled(batch, dtype, out=buffer[: len(batch)])
        yield step, x, labels[start : start + size]
