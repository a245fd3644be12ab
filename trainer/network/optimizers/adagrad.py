"""Adagrad: the more a parameter's gradient has been, the smaller its steps."""

import numpy as np

from vanishing_gradients.trainer.network.optimizers.root_optimizer import RootOptimizer
from vanishing_gradients.trainer.network.schedules import Schedule


class Adagrad(RootOptimizer):
    """Adagrad: G <- G + g^2, w <- w - rate g / (sqrt(G) + epsilon).

    Source: Duchi, Hazan and Singer (2011), Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization, figure 1 with diagonal matrices,
    https://jmlr.org/papers/v12/duchi11a.html

    The first step is rate sign(g), as far as |g| is well above epsilon; a parameter whose gradient
    was always 0 stays. A gradient whose square overflows makes G infinite: from then on that
    parameter stays as it is.

    Args:
        learning_rate: the rate of the first step, or a schedule.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        epsilon: above 0, keeps the denominator from being 0.
    """

    moments = ("square_sum",)

    def __init__(
        self, learning_rate: float | Schedule = 0.01, decay: float = 0.0, epsilon: float = 1e-7
    ) -> None:
        super().__init__(learning_rate, decay, epsilon)

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        squares = self._arrays["square_sum"]
        self._add_squares(squares, gradients, memory=1.0)
        self._descend(parameters, gradients, squares)
