"""A penalty is what large parameters add to the loss: l1 sum |w| + l2 sum w^2, not averaged.

Source: Goodfellow, Bengio and Courville (2016), Deep Learning, section 7.1,
https://www.deeplearningbook.org/contents/regularization.html (there with a factor 1/2 on L2).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Penalty:
    """The penalty on one array of parameters; both strengths are at least 0, and 0 is off."""

    l1: float = 0.0
    l2: float = 0.0

    def value(self, parameter: np.ndarray) -> float:
        """Return l1 sum |w| + l2 sum w^2 over all elements."""
        total = 0.0
        if self.l1:
            total += self.l1 * float(np.abs(parameter).sum())
        if self.l2:
            flat = parameter.ravel()
            total += self.l2 * float(flat @ flat)
        return total

    def add_gradient(self, parameter: np.ndarray, gradient: np.ndarray) -> None:
        """Add l1 sign(w) + 2 l2 w to `gradient` in place; at w = 0 the L1 part is 0."""
        if self.l1:
            gradient += self.l1 * np.sign(parameter)
        if self.l2:
            gradient += (2.0 * self.l2) * parameter
