"""A network small enough to vary every one of its parameters."""

import numpy as np

from vanishing_gradients.trainer.assembly import build_network
from vanishing_gradients.trainer.experiments import Experiment, Penalties
from vanishing_gradients.trainer.network.network import Network

FEATURES, CLASSES, BATCH = 5, 3, 8
PENALTIES = Penalties(weight_l1=0.01, weight_l2=0.02, bias_l1=0.03, bias_l2=0.04)


def experiment(**settings) -> Experiment:
    """Return an experiment of two hidden layers, with large initial weights and SGD."""
    defaults = {
        "name": "small",
        "hidden_widths": (6, 4),
        "activation": "sigmoid",
        "optimizer": {"kind": "sgd", "learning_rate": 0.5, "decay": 0.1},
        "initial_weight_scale": 1.0,
    }
    return Experiment(**(defaults | settings))


def build(chosen: Experiment, dtype: type = np.float64, seed: int = 1) -> Network:
    """Return its network."""
    return build_network(chosen, FEATURES, CLASSES, dtype, np.random.default_rng(seed))


def batch(seed: int = 0, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Return images (BATCH, FEATURES) and labels (BATCH,)."""
    generator = np.random.default_rng(seed)
    images = generator.normal(size=(BATCH, FEATURES)).astype(dtype)
    return images, generator.integers(0, CLASSES, BATCH)
