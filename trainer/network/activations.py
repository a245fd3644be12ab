"""All activations, by kind.

To add one, add a class here and its formula in `tests/network/exact_activations.py`.
"""

import numpy as np

from vanishing_gradients.trainer.network.layer import Activation, Layer
from vanishing_gradients.trainer.network.settings import by_kind


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
        # 1 - a is computed as exp(-z) a: if a rounds to 1, subtracting would give a false zero, and
        # small nonzero slopes are what this project studies.
        outputs, slope = self._rows("outputs", batch), self._rows("slope", batch)
        # An infinite exp(-z) meets a = 0 here; the product must not become NaN.
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
        # A multiplication, not a selection: an upstream NaN passes dead neurons too, instead of
        # looking like a vanished gradient.
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
        # 1 - a^2 = 4 d / (1 + d)^2 with d = exp(-2 |z|), without a subtraction.
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
    """The parametric rectifier: a = z above zero and s z below, s learned per neuron.

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
        # With the slopes of this backward: the optimizer changes them before `saturated` is called.
        self.steepest = np.maximum(np.abs(self.parameters["slope"]), 1.0)
        return slope


class ELU(Activation):
    """The exponential linear unit, a = z above zero and alpha (exp(z) - 1) elsewhere.

    Source: Clevert, Unterthiner and Hochreiter (2016), Fast and Accurate Deep Network Learning by
    Exponential Linear Units (ELUs), equation 15, https://arxiv.org/abs/1511.07289
    """

    kind = "elu"
    gain = 1.2451983007
    flat = "below"
    alpha = scale = 1.0

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        batch = len(inputs)
        # No exponential is above 1, and above zero alpha (exp(0) - 1) adds nothing.
        below = np.minimum(inputs, 0.0, out=self._rows("below", batch))
        np.expm1(below, out=outputs)
        outputs *= self.alpha
        outputs += np.maximum(inputs, 0.0, out=self._rows("slope", batch))
        outputs *= self.scale

    def _slopes(self, batch: int) -> np.ndarray:
        # alpha exp(z), not a + alpha, which far below zero would round to a false zero.
        slope = np.exp(self._rows("below", batch), out=self._rows("slope", batch))
        slope *= self.scale * self.alpha
        above = np.greater(self._inputs, 0.0, out=self._rows("above", batch, dtype=np.bool_))
        np.putmask(slope, above, self.scale)
        return slope


class SELU(ELU):
    """The scaled exponential linear unit: lambda times an ELU, with both constants fixed.

    With weights of mean 0 and variance 1 / n_in (LeCun's initialisation) they keep outputs at mean
    0 and variance 1 from layer to layer.
    Source: Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-Normalizing Neural Networks,
    equation 2 and appendix A1 (the constants' digits), https://arxiv.org/abs/1706.02515
    """

    kind = "selu"
    gain = 1.0
    alpha = 1.6732632423543772848170429916717
    scale = 1.0507009873554804934193349852946
    steepest = scale * alpha


class Gated(Activation):
    """The common part of GELU and swish: f'(z) = s + z g'(z) s (1 - s), s short for s(g(z)).

    Both come from d = exp(-|g|), which cannot overflow: s is 1 / (1 + d) or, if g is negative,
    d / (1 + d), and s (1 - s) is d / (1 + d)^2. Beyond `bound` on either side d is 0, and z is
    limited to it where infinity times zero would give NaN: f(-infinity) is 0.
    """

    flat = "below"
    bound: float

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        batch = len(inputs)
        within, decay, gate = (self._rows(name, batch) for name in ("within", "decay", "gate"))
        np.clip(inputs, -self.bound, self.bound, out=within)
        self._fill_gate_sums(within, decay)
        np.greater_equal(decay, 0.0, out=gate, casting="unsafe")  # 1 or 0
        np.exp(np.negative(np.abs(decay, out=decay), out=decay), out=decay)
        np.maximum(gate, decay, out=gate)
        gate /= np.add(decay, 1.0, out=self._rows("sum", batch))
        np.maximum(inputs, within, out=outputs)  # bounded only from below
        outputs *= gate

    def _slopes(self, batch: int) -> np.ndarray:
        slope, total = self._rows("slope", batch), self._rows("sum", batch)
        np.divide(self._rows("decay", batch), total, out=slope)
        slope /= total
        slope *= self._rows("within", batch)
        self._times_dg(slope)
        slope += self._rows("gate", batch)
        return slope

    def _fill_gate_sums(self, within: np.ndarray, out: np.ndarray) -> None:
        """Write g(z) into `out`, (batch, width), for z in `within`: here z itself."""
        np.copyto(out, within)

    def _times_dg(self, slope: np.ndarray) -> None:
        """Multiply `slope` by g'(z) in place, with z from `within` of the latest forward."""


class GELU(Gated):
    """The Gaussian error linear unit in its tanh form: g(z) = 2 c (z + 0.044715 z^3).

    c = sqrt(2 / pi); 0.5 z (1 + tanh(g / 2)), as published, is z s(g).
    Source: Hendrycks and Gimpel (2016), Gaussian Error Linear Units (GELUs), section 2,
    https://arxiv.org/abs/1606.08415
    """

    kind = "gelu"
    gain = 1.5335805217
    bound = 30.0  # g(30) is 1,975, and exp(-746) is 0 in double precision
    steepest = 1.129  # near z = 1.42
    _LINEAR = 2.0 * (2.0 / np.pi) ** 0.5
    _CUBIC = 0.044715 * _LINEAR

    def _fill_gate_sums(self, within: np.ndarray, out: np.ndarray) -> None:
        square = np.square(within, out=self._rows("square", len(within)))
        np.multiply(square, self._CUBIC, out=out)
        out += self._LINEAR
        out *= within

    def _times_dg(self, slope: np.ndarray) -> None:
        square, dg = self._rows("square", len(slope)), self._rows("dg", len(slope))
        np.multiply(square, 3.0 * self._CUBIC, out=dg)
        dg += self._LINEAR
        slope *= dg


class Swish(Gated):
    """Swish with beta = 1, also called SiLU: a = z s(z), g(z) being z itself.

    Sources: Ramachandran, Zoph and Le (2017), Searching for Activation Functions,
    https://arxiv.org/abs/1710.05941; Elfwing, Uchibe and Doya (2018), Sigmoid-Weighted Linear Units
    for Neural Network Function Approximation in Reinforcement Learning,
    https://arxiv.org/abs/1702.03118
    """

    kind = "swish"
    gain = 1.6765324704
    bound = 800.0  # exp(-746) is 0 in double precision
    steepest = 1.0998  # near z = 2.40


class Softplus(Activation):
    """The smooth rectifier, a = log(1 + exp(z)), whose slope is the sigmoid.

    Source: Dugas, Bengio, Belisle, Nadeau and Garcia (2001), Incorporating Second-Order Functional
    Knowledge for Better Option Pricing, section 3.1,
    https://proceedings.neurips.cc/paper/2000/file/44968aece94f667e4095002d140b5896-Paper.pdf
    """

    kind = "softplus"
    gain = 2.0
    offset = float(np.log(2.0))
    flat = "below"

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        # max(z, 0) + log(1 + exp(-|z|)), which cannot overflow.
        decay = self._rows("decay", len(inputs))
        np.exp(np.negative(np.abs(inputs, out=decay), out=decay), out=decay)
        np.log1p(decay, out=outputs)
        outputs += np.maximum(inputs, 0.0, out=self._rows("slope", len(inputs)))

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 / (1 + d) above zero and d / (1 + d) below, with d = exp(-|z|), which is at most 1.
        decay, slope = self._rows("decay", batch), self._rows("slope", batch)
        np.greater_equal(self._inputs, 0.0, out=slope, casting="unsafe")  # 1 or 0
        np.maximum(slope, decay, out=slope)
        slope /= np.add(decay, 1.0, out=self._rows("sum", batch))
        return slope


class Identity(Activation):
    """a = z; a network of only these is linear, and still has vanishing gradients.

    Source: Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks, https://arxiv.org/abs/1312.6120
    """

    kind = "identity"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return the inputs themselves, (batch, width)."""
        return inputs

    backward = Layer.backward
    saturated = Layer.saturated  # None: a constant slope cannot saturate


ACTIVATIONS: dict[str, type[Activation]] = by_kind(Activation)
