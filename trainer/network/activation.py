"""An activation bends each neuron's sum z on its own: a = f(z), dL/dz = dL/da f'(z).

What all have in common, and the older ones: sigmoid, tanh, and rectifiers of straight lines.
"""

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

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a = f(z); (batch, width) -> (batch, width). Keeps `inputs`, does not copy."""
        self._inputs = inputs
        outputs = self._rows("outputs", len(inputs))
        self._fill(outputs, inputs)
        return outputs

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/dz = dL/da f'(z); (batch, width) -> (batch, width)."""
        batch = len(upstream)
        gradient = self._gradient = self._rows("gradient", batch)
        np.multiply(upstream, self._slopes(batch), out=gradient)
        gradient += 0.0  # a negative number times 0 is -0.0, which databases print as "-0"
        return gradient

    def saturated(self) -> np.ndarray | None:
        """Return of how many samples each neuron's |f'(z)| was below 1 % of `steepest`.

        (width,), int64, for the latest backward; valid until the next forward. A slope that is not
        a number is not counted.
        """
        return np.count_nonzero(self._flat(len(self._gradient)), axis=0)

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        """Fill `outputs` with f(z) of the inputs, (batch, width) both."""
        raise NotImplementedError

    def _slopes(self, batch: int) -> np.ndarray:
        """Fill the kept array "slope" with f'(z) of the latest forward, and return it."""
        raise NotImplementedError

    def _flat(self, batch: int) -> np.ndarray:
        """Return (batch, width), True where the latest backward met a slope that counts as flat."""
        # In the layer's precision, where a slope of 0.01 is below no bound of 0.01.
        bound = np.multiply(SATURATED_BELOW, self.steepest).astype(self.dtype)
        return np.abs(self._rows("slope", batch)) < bound


class Sigmoid(Activation):
    """The logistic function, a = 1 / (1 + exp(-z)).

    For z below about -709 (double) or -88 (single) exp(-z) overflows and a is 0, as it should be.
    """

    kind = "sigmoid"
    gain = 4.0
    offset = 0.5
    flat = "both"
    steepest = 0.25

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        decay = self._rows("decay", len(inputs))
        with np.errstate(over="ignore"):
            np.negative(inputs, out=decay)
            np.exp(decay, out=decay)
        np.add(decay, 1.0, out=outputs)
        np.divide(1.0, outputs, out=outputs)

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/dz = dL/da a (1 - a)."""
        gradient = self._gradient = self._rows("gradient", len(upstream))
        return np.multiply(upstream, self._slopes(len(upstream)), out=gradient)

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 - a is computed as exp(-z) a: where a rounds to 1, subtracting would give a slope of
        # zero that is none, and slopes that are small but not zero are what this project looks at.
        outputs, slope = self._rows("outputs", batch), self._rows("slope", batch)
        # An infinite exp(-z) meets a = 0 here, and must not make NaN of it.
        largest = self._filled("largest", batch, np.finfo(self.dtype).max)
        np.minimum(self._rows("decay", batch), largest, out=slope)
        slope *= outputs
        slope *= outputs
        return slope


class ReLU(Activation):
    """The rectified linear unit, a = max(z, 0), with slope 0 at z = 0.

    Source: Nair and Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann Machines,
    https://icml.cc/Conferences/2010/papers/432.pdf
    """

    kind = "relu"
    gain = 2.0**0.5
    flat = "below"

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        np.maximum(inputs, self._filled("zeros", len(inputs), 0.0), out=outputs)  # NaN stays NaN

    def _slopes(self, batch: int) -> np.ndarray:
        # A factor, not a choice: a NaN from above passes dead neurons too, instead of looking like
        # a gradient that vanished.
        active = self._rows("active", batch, dtype=np.bool_)
        return np.greater(self._rows("outputs", batch), 0.0, out=active)

    def _flat(self, batch: int) -> np.ndarray:
        return self._rows("outputs", batch) <= 0.0


class Tanh(Activation):
    """The hyperbolic tangent, a = tanh(z).

    Source: LeCun, Bottou, Orr and Mueller (1998), Efficient BackProp, section 4.4,
    http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf
    """

    kind = "tanh"
    flat = "both"

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        np.tanh(inputs, out=outputs)

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 - a^2 = 4 d / (1 + d)^2 with d = exp(-2 |z|), which nothing is subtracted from.
        half, slope = self._rows("half", batch), self._rows("slope", batch)
        np.abs(self._inputs, out=slope)
        slope *= -2.0
        np.exp(slope, out=slope)
        np.multiply(slope, 0.5, out=half)
        half += 0.5
        slope /= half
        slope /= half
        return slope


class LeakyReLU(Activation):
    """The leaky rectifier, a = z above zero and `slope` z below, with slope `slope` at z = 0.

    Source: Maas, Hannun and Ng (2013), Rectifier Nonlinearities Improve Neural Network Acoustic
    Models, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """

    kind = "leaky_relu"
    slope = 0.01
    gain = (2.0 / (1.0 + slope**2)) ** 0.5

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        np.multiply(inputs, self.slope, out=outputs)
        np.maximum(inputs, outputs, out=outputs)

    def _slopes(self, batch: int) -> np.ndarray:
        slope = np.sign(self._inputs, out=self._rows("slope", batch))
        return np.clip(slope, self.slope, 1.0, out=slope)  # NaN stays NaN


class PReLU(Activation):
    """The parametric rectifier: a = z above zero and s z below, s learned, one a neuron.

    Source: He, Zhang, Ren and Sun (2015), Delving Deep into Rectifiers: Surpassing Human-Level
    Performance on ImageNet Classification, section 2.1, https://arxiv.org/abs/1502.01852
    """

    kind = "prelu"
    initial_slope = 0.25
    gain = (2.0 / (1.0 + initial_slope**2)) ** 0.5

    def __init__(self, width: int, dtype: np.dtype) -> None:
        super().__init__(width, dtype)
        self._add_parameter("slope", np.full(width, self.initial_slope, self.dtype))

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        below, above = (self._rows(name, len(inputs)) for name in ("below", "slope"))
        np.minimum(inputs, 0.0, out=below)
        np.multiply(below, self.parameters["slope"], out=outputs)
        outputs += np.maximum(inputs, 0.0, out=above)

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/ds = sum over the batch of dL/da min(z, 0), and return dL/dz = dL/da f'(z)."""
        below, products = (self._rows(name, len(upstream)) for name in ("below", "products"))
        np.multiply(upstream, below, out=products)
        np.add.reduce(products, axis=0, out=self.parameter_gradients["slope"])
        return super().backward(upstream)

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 above zero and s elsewhere, NaN where z is: u + (1 - u) s, u being 1, 0 or NaN.
        above, slope = self._rows("above", batch), self._rows("slope", batch)
        np.clip(np.sign(self._inputs, out=above), 0.0, 1.0, out=above)
        np.subtract(1.0, above, out=slope)
        slope *= self.parameters["slope"]
        slope += above
        # By the slopes of this backward: the optimizer changes them before `saturated` may ask.
        self.steepest = np.maximum(np.abs(self.parameters["slope"]), 1.0)
        return slope
