"""Stochastic gradient descent, plain, with momentum, and with Nesterov's."""

import numpy as np

from vanishing_gradients.trainer.network.optimizers.optimizer import Optimizer
from vanishing_gradients.trainer.network.schedules import Schedule


class SGD(Optimizer):
    """Stochastic gradient descent: u <- momentum u - rate g, w <- w + u.

    With Nesterov's momentum w <- w + momentum u - rate g: the parameters kept are those at which
    the next gradient is wanted, a step of the momentum ahead of the published ones.
    Source: Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and
    momentum in deep learning, equations 1 to 4, https://proceedings.mlr.press/v28/sutskever13.html;
    the parameters ahead: Bengio, Boulanger-Lewandowski and Pascanu (2013), Advances in Optimizing
    Recurrent Networks, equations 6 and 7, https://arxiv.org/abs/1212.0901

    PyTorch multiplies by the rate after the momentum, and differs where the rate changes.

    Args:
        learning_rate: the rate of the first step, or a schedule.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        momentum: in [0, 1); 0 is plain descent, w <- w - rate g.
        nesterov: whether the momentum is Nesterov's.

    Raises:
        ValueError: Nesterov's momentum of 0, or a decay besides a schedule.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1.0,
        decay: float = 0.0,
        momentum: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(learning_rate, decay)
        if nesterov and not momentum:
            raise ValueError("Nesterov's momentum needs a momentum above 0")
        self.momentum = momentum
        self.nesterov = nesterov
        if momentum:
            self.moments = ("update",)

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        change = np.multiply(gradients, self.learning_rate, out=self._scratch)
        if not self.momentum:
            parameters -= change
            return
        update = self._arrays["update"]
        update *= self.momentum
        update -= change
        if self.nesterov:
            parameters -= change
            update = np.multiply(update, self.momentum, out=change)
        parameters += update
