"""An optimizer's walk over given gradients, without a network."""

from collections.abc import Iterable
from types import SimpleNamespace

import numpy as np

from vanishing_gradients.trainer.network.optimizers import Optimizer

SIZE, STEPS = 7, 40


def walked(optimizer: Optimizer, start: np.ndarray, gradients: Iterable[np.ndarray]) -> np.ndarray:
    """Return the parameters, (n,), after each of the given gradients: (steps, n)."""
    network = SimpleNamespace(parameters=start.copy(), gradients=np.zeros_like(start))
    path = []
    for gradient in gradients:
        network.gradients[:] = gradient
        optimizer.step(network)
        path.append(network.parameters.copy())
    return np.array(path)


def drawn(seed: int = 0, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Return a start, (SIZE,), and gradients, (STEPS, SIZE), from 1e-4 to 1e3 in size."""
    generator = np.random.default_rng(seed)
    sizes = 10.0 ** np.arange(-4, 3)
    gradients = generator.standard_normal((STEPS, SIZE)) * sizes
    return generator.standard_normal(SIZE).astype(dtype), gradients.astype(dtype)
