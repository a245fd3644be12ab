"""An initializer says what weights are before the first step."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Normal:
    """Weights drawn from a normal distribution of mean 0 and standard deviation `scale`."""

    scale: float = 0.01

    def draw(
        self, shape: tuple[int, ...], dtype: np.dtype, generator: np.random.Generator
    ) -> np.ndarray:
        """Return an array of that shape and dtype.

        The draw is made in double precision whatever the dtype: networks of one seed start from
        the same weights in both precisions, up to rounding.
        """
        return (generator.standard_normal(shape) * self.scale).astype(dtype)
