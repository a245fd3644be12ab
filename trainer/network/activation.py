"""An activation bends each neuron's sum z on its own: a = f(z), dL/dz = dL/da f'(z)."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.layer import Layer

SATURATED_BELOW = 0.01


class Activation(Layer):
    """What all activations have in common: a slope for each sample and neuron.

    f and f' are computed so that a slope too small to be told from zero by the plain formula
    (1 - a^2 of a tanh that rounds to 1) is still the number it is: small slopes are what this
    project looks at. A z that is not a number gives an output and a slope that are none either.

    A class that can be chosen by name says so with `kind`, and states its `gain` and `flat`.

    The gain is by one of two rules:
    - 1 / f'(0) where f is steepest at 0, so that small signals pass unchanged: sigmoid, tanh,
      softplus, identity (Saxe, McClelland and Ganguli 2014, https://arxiv.org/abs/1312.6120;
      Pennington, Schoenholz and Ganguli 2017, https://arxiv.org/abs/1711.04735);
    - 1 / sqrt(E[f(z)^2]), z standard normal, so that a signal of mean square 1 keeps it: He, Zhang,
      Ren and Sun 2015, https://arxiv.org/abs/1502.01852, whose equation 15 is sqrt(2 / (1 + a^2))
      for a ReLU of slope a below 0. For SELU it is 1, which is what SELU was made for (Klambauer et
      al. 2017, https://arxiv.org/abs/1706.02515). For GELU and swish no gain holds at every scale.

    Attributes:
        gain: what orthogonal weights are multiplied by whose inputs come out of this activation.
        offset: f(0).
        steepest: the largest |f'(z)| of all z; one for the layer, or (width,) where neurons differ.
    """

    gain: ClassVar[float] = 1.0
    offset: ClassVar[float] = 0.0
    steepest: float | np.ndarray = 1.0

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/dz = dL/da f'(z); (batch, width) -> (batch, width)."""
        batch = len(upstream)
        gradient = np.multiply(upstream, self._slopes(batch), out=self._rows("gradient", batch))
        gradient += 0.0  # a negative number times 0 is -0.0, which databases print as "-0"
        self._gradient = gradient
        return gradient

    def saturated(self) -> np.ndarray | None:
        """Return of how many samples each neuron's |f'(z)| was below 1 % of `steepest`.

        (width,), int64, for the latest backward; valid until the next forward. A slope that is not
        a number is not counted.
        """
        return np.count_nonzero(self._flat(len(self._gradient)), axis=0)

    def _slopes(self, batch: int) -> np.ndarray:
        """Fill the kept array "slope" with f'(z) of the latest forward, and return it."""
        raise NotImplementedError

    def _flat(self, batch: int) -> np.ndarray:
        """Return (batch, width), True where the latest backward met a slope that counts as flat."""
        # In the layer's precision, where a slope of 0.01 is below no bound of 0.01.
        bound = np.multiply(SATURATED_BELOW, self.steepest).astype(self.dtype)
        return np.abs(self._rows("slope", batch)) < bound
