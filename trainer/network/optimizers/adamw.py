"""AdamW: Adam whose weight decay does not go through the moments."""

import numpy as np

from vanishing_gradients.trainer.network.optimizers.adam import Adam
from vanishing_gradients.trainer.network.schedules import Schedule


class AdamW(Adam):
    """Adam with decoupled weight decay: w <- w - rate weight_decay w, then Adam's step.

    An L2 penalty would be divided by the root of v like the rest of the gradient, and hardly
    decay the weights whose gradients are large. All parameters decay, biases included.
    Source: Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization, algorithm 2,
    https://arxiv.org/abs/1711.05101; there the decay is multiplied by the schedule alone, here, as
    in PyTorch, by the learning rate.

    Args:
        learning_rate: the rate of the first step, or a schedule.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        epsilon: above 0, keeps the denominator from being 0.
        beta_1: how much of the first moment survives a step, in [0, 1).
        beta_2: the same of the second moment.
        weight_decay: at least 0; which part of a parameter goes in a step, per learning rate.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        decay: float = 0.0,
        epsilon: float = 1e-7,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate, decay, epsilon, beta_1, beta_2)
        self.weight_decay = weight_decay

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        parameters *= 1.0 - self.learning_rate * self.weight_decay
        super()._update(parameters, gradients)
