"""Activations and their slopes to fifty digits, by formulas without visible cancellation.

1 - tanh(x)^2 is 4 s(2x) s(-2x), and 1 + tanh(x) is 2 s(2x), s being the sigmoid.
"""

from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext

import numpy as np

CONTEXT = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN)
ALPHA = Decimal("1.6732632423543772848170429916717")
LEAK = Decimal("0.01")
LAMBDA = Decimal("1.0507009873554804934193349852946")
ROOT_OF_2_OVER_PI = Decimal("0.797884560802865355879892119868763736951717")

Function = Callable[[Decimal], Decimal]


def sigmoid(z: Decimal) -> Decimal:
    return 1 / (1 + (-z).exp())


def tanh(z: Decimal) -> Decimal:
    return 2 * sigmoid(2 * z) - 1


def gelu_slope(z: Decimal) -> Decimal:
    open_, shut = sigmoid(2 * _inner(z)), sigmoid(-2 * _inner(z))
    inner_slope = ROOT_OF_2_OVER_PI * (1 + 3 * Decimal("0.044715") * z**2)
    return open_ + 2 * z * open_ * shut * inner_slope


def softplus(z: Decimal) -> Decimal:
    e = z.exp()
    return (1 + e).ln() if e > Decimal("1e-20") else e - e**2 / 2


def _inner(z: Decimal) -> Decimal:
    return ROOT_OF_2_OVER_PI * (z + Decimal("0.044715") * z**3)


def _rectifier(above: Function, below: Function) -> Function:
    return lambda z: above(z) if z > 0 else below(z)


EXACT: dict[str, tuple[Function, Function]] = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "relu": (lambda z: max(z, Decimal(0)), lambda z: Decimal(z > 0)),
    "tanh": (tanh, lambda z: 4 * sigmoid(2 * z) * sigmoid(-2 * z)),
    "leaky_relu": (
        _rectifier(lambda z: z, lambda z: z * LEAK),
        _rectifier(lambda z: Decimal(1), lambda z: LEAK),
    ),
    "prelu": (
        _rectifier(lambda z: z, lambda z: z / 4),
        _rectifier(lambda z: Decimal(1), lambda z: Decimal(1) / 4),
    ),
    "elu": (
        _rectifier(lambda z: z, lambda z: z.exp() - 1),
        _rectifier(lambda z: Decimal(1), lambda z: z.exp()),
    ),
    "selu": (
        _rectifier(lambda z: LAMBDA * z, lambda z: LAMBDA * ALPHA * (z.exp() - 1)),
        _rectifier(lambda z: LAMBDA, lambda z: LAMBDA * ALPHA * z.exp()),
    ),
    "gelu": (lambda z: z * sigmoid(2 * _inner(z)), gelu_slope),
    "swish": (
        lambda z: z * sigmoid(z),
        lambda z: sigmoid(z) * (1 + z * sigmoid(-z)),
    ),
    "softplus": (softplus, sigmoid),
    "identity": (lambda z: z, lambda z: Decimal(1)),
}


def exact(kind: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs and slopes, correctly rounded to double precision, shaped as z."""
    with localcontext(CONTEXT):
        output, slope = (
            np.array([float(function(Decimal(float(each)))) for each in z.flat]).reshape(z.shape)
            for function in EXACT[kind]
        )
    return output, slope
