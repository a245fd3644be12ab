"""Adam: momentum, and steps of about the learning rate."""

import numpy as np

from vanishing_gradients.trainer.network.optimizers.root_optimizer import RootOptimizer
from vanishing_gradients.trainer.network.schedules import Schedule


class Adam(RootOptimizer):
    """Adam: steps of about the learning rate, whatever the size of the gradient.

    m <- beta_1 m + (1 - beta_1) g, v <- beta_2 v + (1 - beta_2) g^2, and after step t
    w <- w - rate m_hat / (sqrt(v_hat) + epsilon), m_hat = m / (1 - beta_1^t), v_hat likewise.
    Epsilon is outside the root, as published, and not inside as in the paper's Equation 10.
    Source: Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1,
    https://arxiv.org/abs/1412.6980

    A gradient whose square overflows makes v infinite: from then on that parameter stays as it is.

    Args:
        learning_rate: the rate of the first step, or a schedule.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        epsilon: above 0, keeps the denominator from being 0.
        beta_1: how much of the first moment survives a step, in [0, 1).
        beta_2: the same of the second moment.
    """

    moments = ("first_moment", "second_moment")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        decay: float = 0.0,
        epsilon: float = 1e-7,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
    ) -> None:
        super().__init__(learning_rate, decay, epsilon)
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        # The moments are kept divided by 1 - beta, and both corrections are taken out of the
        # arrays: four passes over all parameters fewer than the formulas as printed.
        m, v = self._arrays["first_moment"], self._arrays["second_moment"]
        step = self.steps + 1
        m_correction = (1.0 - self.beta_1) / (1.0 - self.beta_1**step)
        v_root = ((1.0 - self.beta_2) / (1.0 - self.beta_2**step)) ** 0.5
        m *= self.beta_1
        m += gradients
        self._add_squares(v, gradients, self.beta_2)
        self._descend(parameters, m, self._under_root(v), m_correction, v_root)

    def _under_root(self, second_moment: np.ndarray) -> np.ndarray:
        """Return what the denominator is the root of."""
        return second_moment
