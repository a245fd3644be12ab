"""What a run was told to do, as far as faults and remedies depend on it."""

import json
import math
from collections.abc import Mapping
from typing import Any

BOUNDED = ("sigmoid", "tanh")
"""Activations that are flat on both sides."""
ONE_SIDED = ("relu", "elu", "selu", "gelu", "swish", "softplus")
"""Activations that are flat, or nearly so, on the negative side alone."""


class Settings:
    """The configuration of a run; keys that it leaves out are at their defaults.

    Attributes:
        config: as in `runs.config`.
    """

    def __init__(self, config: str) -> None:
        self.config: Mapping[str, Any] = json.loads(config)

    @property
    def activations(self) -> set[str]:
        """The kinds of activation."""
        kinds = self.config.get("activation", ())
        return {kinds} if isinstance(kinds, str) else set(kinds)

    @property
    def batch_size(self) -> int:
        """Images in a batch."""
        return int(self.config.get("batch_size", 128))

    @property
    def optimizer(self) -> Mapping[str, Any]:
        """Kind, rate and constants of the optimizer."""
        return self.config.get("optimizer", {})

    @property
    def learning_rate(self) -> float:
        """The rate at the start."""
        return float(self.optimizer.get("learning_rate", 0.001))

    @property
    def adaptive(self) -> bool:
        """Whether steps are divided by the size of gradients."""
        return self.optimizer.get("kind") != "sgd"

    @property
    def weight_decay(self) -> float:
        """The decay of AdamW, 0 elsewhere."""
        return float(self.optimizer.get("weight_decay", 0.0))

    @property
    def penalties(self) -> Mapping[str, float]:
        """Those on weights that are on."""
        found = self.config.get("penalties", {})
        return {key: value for key, value in found.items() if value and key.startswith("weight")}

    @property
    def dropout(self) -> float:
        """The rate; 0 is none."""
        return float(self.config.get("dropout", 0.0))

    @property
    def clipping(self) -> Mapping[str, Any] | None:
        """Kind and limit."""
        return self.config.get("clipping")

    @property
    def normalization(self) -> str:
        """'none', 'batch', 'layer' or 'weight'."""
        if self.config.get("batch_normalization"):
            return "batch"
        return str(self.config.get("normalization") or "none")

    @property
    def residual(self) -> bool:
        """Whether there is any skip."""
        return bool(self.config.get("residual"))

    @property
    def initialization(self) -> Mapping[str, Any]:
        """Kind and constants."""
        given = self.config.get("initialization")
        return given or {"kind": "normal", "scale": self.config.get("initial_weight_scale", 0.01)}

    def guessing(self, classes: int) -> float:
        """Return the loss of a network that gives every class the same probability."""
        if self.config.get("loss") == "mean_squared_error":
            return (1.0 - 1.0 / classes) / classes
        return math.log(classes)

    def initial_size(self, inputs: int, neurons: int) -> float:
        """Return the root mean square that the weights of a dense layer have at first."""
        given = self.initialization
        match given["kind"]:
            case "normal":
                return float(given.get("scale", 0.01))
            case "uniform":
                return float(given.get("limit", 0.05)) / math.sqrt(3.0)
            case "he":
                return he_size(inputs)
            case "lecun":
                return math.sqrt(1.0 / inputs)
            case "orthogonal":
                return float(given.get("gain") or 1.0) / math.sqrt(max(inputs, neurons))
            case "constant":
                return abs(float(given.get("value", 0.0)))
        return glorot_size(inputs, neurons)


def he_size(inputs: int) -> float:
    """Return He et al.'s standard deviation of weights, sqrt(2 / inputs)."""
    return math.sqrt(2.0 / inputs)


def glorot_size(inputs: int, neurons: int) -> float:
    """Return Glorot and Bengio's standard deviation of weights, sqrt(2 / (inputs + neurons))."""
    return math.sqrt(2.0 / (inputs + neurons))
