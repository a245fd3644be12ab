"""RMSProp: Adagrad that forgets."""

import numpy as np

from vanishing_gradients.trainer.network.optimizers.root_optimizer import RootOptimizer
from vanishing_gradients.trainer.network.schedules import Schedule


class RMSProp(RootOptimizer):
    """RMSProp: v <- rho v + (1 - rho) g^2, w <- w - rate g / (sqrt(v) + epsilon).

    Source: Tieleman and Hinton (2012), Neural Networks for Machine Learning, lecture 6e,
    https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf

    v starts at 0, uncorrected: the first step is rate / sqrt(1 - rho), about three rates. A
    gradient whose square overflows makes v infinite: from then on that parameter stays as it is.

    Args:
        learning_rate: the rate of the first step, or a schedule.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        epsilon: above 0, keeps the denominator from being 0.
        rho: how much of the mean square survives a step, in [0, 1).
    """

    moments = ("mean_square",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        decay: float = 0.0,
        epsilon: float = 1e-7,
        rho: float = 0.9,
    ) -> None:
        super().__init__(learning_rate, decay, epsilon)
        self.rho = rho

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        squares = self._arrays["mean_square"]  # kept divided by 1 - rho
        self._add_squares(squares, gradients, self.rho)
        self._descend(parameters, gradients, squares, root=(1.0 - self.rho) ** 0.5)
