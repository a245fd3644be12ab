"""What Adagrad, RMSProp and Adam's family share: a root of squared gradients below."""

import numpy as np

from vanishing_gradients.trainer.network.optimizers.optimizer import Optimizer
from vanishing_gradients.trainer.network.schedules import Schedule


class RootOptimizer(Optimizer):
    """An optimizer that divides by the root of a sum of squared gradients.

    Args:
        learning_rate: the rate of the first step, or a schedule.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        epsilon: above 0, keeps the denominator from being 0.
    """

    def __init__(self, learning_rate: float | Schedule, decay: float, epsilon: float) -> None:
        super().__init__(learning_rate, decay)
        self.epsilon = epsilon

    def _add_squares(self, squares: np.ndarray, gradients: np.ndarray, memory: float) -> None:
        """Make of `squares` memory squares + gradients^2."""
        new = np.multiply(gradients, gradients, out=self._scratch)
        if memory != 1.0:
            squares *= memory
        squares += new

    def _descend(
        self,
        parameters: np.ndarray,
        direction: np.ndarray,
        squares: np.ndarray,
        scale: float = 1.0,
        root: float = 1.0,
    ) -> None:
        """Take rate scale direction / (root sqrt(squares) + epsilon) from `parameters`.

        `scale` and `root` are taken out of the arrays, which saves passes over all parameters.
        """
        change = np.sqrt(squares, out=self._scratch)
        change += self.epsilon / root
        np.divide(direction, change, out=change)
        change *= self.learning_rate * scale / root
        parameters -= change
