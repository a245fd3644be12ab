"""Optimizers, each in place over a network's flat arrays.

optimizer       what all share: schedule, moments, state
sgd             stochastic gradient descent, momentum, Nesterov's momentum
root_optimizer  what those share that divide by the root of squared gradients
adagrad         all squares so far
rmsprop         a running mean of squares
adam            RMSProp with momentum, both corrected for their start
adamw           Adam with decoupled weight decay
amsgrad         Adam whose denominators never fall
"""

from vanishing_gradients.trainer.network.optimizers.adagrad import Adagrad
from vanishing_gradients.trainer.network.optimizers.adam import Adam
from vanishing_gradients.trainer.network.optimizers.adamw import AdamW
from vanishing_gradients.trainer.network.optimizers.amsgrad import AMSGrad
from vanishing_gradients.trainer.network.optimizers.optimizer import Optimizer
from vanishing_gradients.trainer.network.optimizers.rmsprop import RMSProp
from vanishing_gradients.trainer.network.optimizers.sgd import SGD

__all__ = ["SGD", "AMSGrad", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSProp"]
