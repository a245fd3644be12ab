"""The bare matrix products of a training step: what no way of training a network can leave out."""

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np


class Products:
    """Calls of np.matmul for a row of dense layers, on arrays made beforehand, and nothing else.

    One a layer forward (x W) and one for dL/dW (x^T dL/dz), and one for dL/dx (dL/dz W^T) of every
    layer but the first: nobody wants the gradient of the images.

    `widths` are those of the images and of every dense layer.
    """

    def __init__(
        self, widths: Sequence[int], batch: int, dtype: np.dtype, generator: np.random.Generator
    ) -> None:
        def array(*shape: int) -> np.ndarray:
            return generator.standard_normal(shape).astype(dtype)

        forward, backward = [], []
        for layer, (n_in, width) in enumerate(pairwise(widths)):
            inputs, weights, upstream = array(batch, n_in), array(n_in, width), array(batch, width)
            forward.append((inputs, weights, array(batch, width)))
            if layer:
                backward.append((upstream, weights.T, array(batch, n_in)))
            backward.append((inputs.T, upstream, array(n_in, width)))
        self.calls = forward + backward[::-1]

    def seconds(self, steps: int) -> float:
        """Return the CPU time that so many steps take, one after the other."""
        calls = self.calls
        start = time.process_time()
        for _ in range(steps):
            for left, right, product in calls:
                np.matmul(left, right, out=product)
        return time.process_time() - start
