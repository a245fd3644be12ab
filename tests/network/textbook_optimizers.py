"""Optimizers written as their papers print them: one new array per line, as a walk from a start.

A walk takes the initial parameters, the gradient of each step and the rate of each step, and
returns the parameters after each. Hyper-parameters are named as in the papers.
"""

from collections.abc import Sequence

import numpy as np

Arrays = Sequence[np.ndarray]


def sgd(w: np.ndarray, gradients: Arrays, rates: Sequence[float], mu: float = 0.0) -> Arrays:
    """Sutskever et al. (2013), equations 1 and 2."""
    velocity, path = np.zeros_like(w), []
    for g, rate in zip(gradients, rates, strict=True):
        velocity = mu * velocity - rate * g
        w = w + velocity
        path.append(w)
    return path


def nesterov(w: np.ndarray, gradients: Arrays, rates: Sequence[float], mu: float) -> Arrays:
    """Sutskever et al. (2013), equations 3 and 4, with each gradient taken at w + mu v.

    Returns the points w + mu v at which the next gradients are taken.
    """
    velocity, path = np.zeros_like(w), []
    for g, rate in zip(gradients, rates, strict=True):
        velocity = mu * velocity - rate * g
        w = w + velocity
        path.append(w + mu * velocity)
    return path


def adagrad(w: np.ndarray, gradients: Arrays, rates: Sequence[float], epsilon: float) -> Arrays:
    """Duchi et al. (2011), figure 1."""
    total, path = np.zeros_like(w), []
    for g, rate in zip(gradients, rates, strict=True):
        total = total + g**2
        w = w - rate * g / (np.sqrt(total) + epsilon)
        path.append(w)
    return path


def rmsprop(
    w: np.ndarray, gradients: Arrays, rates: Sequence[float], epsilon: float, rho: float
) -> Arrays:
    """Tieleman and Hinton (2012), lecture 6e."""
    mean_square, path = np.zeros_like(w), []
    for g, rate in zip(gradients, rates, strict=True):
        mean_square = rho * mean_square + (1 - rho) * g**2
        w = w - rate * g / (np.sqrt(mean_square) + epsilon)
        path.append(w)
    return path


def adam(
    w: np.ndarray,
    gradients: Arrays,
    rates: Sequence[float],
    epsilon: float,
    betas: tuple[float, float],
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    in_root: bool = False,
) -> Arrays:
    """Kingma and Ba (2015); Loshchilov and Hutter (2019); Reddi et al. (2018), algorithms 1, 2, 2.

    AMSGrad with Adam's two corrections, that of v after the maximum. `in_root`: epsilon is in it.
    """
    beta_1, beta_2 = betas
    m, v, largest, path = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w), []
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        largest = np.maximum(largest, v)
        m_hat = m / (1 - beta_1**t)
        v_hat = (largest if amsgrad else v) / (1 - beta_2**t)
        root = np.sqrt(v_hat + epsilon) if in_root else np.sqrt(v_hat) + epsilon
        w = w - rate * m_hat / root - rate * weight_decay * w
        path.append(w)
    return path


def adamax(
    w: np.ndarray,
    gradients: Arrays,
    rates: Sequence[float],
    epsilon: float,
    betas: tuple[float, float],
) -> Arrays:
    """Kingma and Ba (2015), algorithm 2; with epsilon, which the paper has not, beside |g|."""
    beta_1, beta_2 = betas
    m, u, path = np.zeros_like(w), np.zeros_like(w), []
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = beta_1 * m + (1 - beta_1) * g
        u = np.maximum(beta_2 * u, np.abs(g) + epsilon)
        w = w - rate / (1 - beta_1**t) * m / u
        path.append(w)
    return path


def adadelta(
    w: np.ndarray, gradients: Arrays, rates: Sequence[float], epsilon: float, rho: float
) -> Arrays:
    """Zeiler (2012), algorithm 1; with a rate, which the paper has not."""
    mean_g, mean_x, path = np.zeros_like(w), np.zeros_like(w), []
    for g, rate in zip(gradients, rates, strict=True):
        mean_g = rho * mean_g + (1 - rho) * g**2
        change = -np.sqrt(mean_x + epsilon) / np.sqrt(mean_g + epsilon) * g
        mean_x = rho * mean_x + (1 - rho) * change**2
        w = w + rate * change
        path.append(w)
    return path
