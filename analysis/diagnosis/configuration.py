"""What a run was asked to do, as far as it is known."""

import json
import math
from typing import Any

import pandas as pd

PLAIN = ("sgd", "asgd")
"""Optimizers whose steps are as large as gradients are."""
USUAL_RATES = {
    "sgd": 0.1, "adam": 1e-3, "adamw": 1e-3, "amsgrad": 1e-3, "rmsprop": 1e-3, "adamax": 2e-3,
    "adagrad": 1e-2, "adadelta": 1.0, "adam_in_root": 1e-3,
}  # fmt: skip
"""Learning rates to begin with, by optimizer: those that their authors recommend, and for plain SGD
what it stands with weights that keep signals; at 1, which small weights need, ReLUs die."""
FULL_RATE = 16
"""The batch size from which on plain SGD stands its usual rate."""
SQUARED = 10.0
"""A mean squared error divides by the classes, of which the published data sets have ten."""


class RunConfig:
    """The configuration of a run; keys that it leaves out are at their defaults.

    Attributes:
        given: as in `runs.config`.
        file: what the experiment's file says; empty of a watched model, which has none.
        activations: the kinds of activation.
        batch_size: images in a batch.
        optimizer: its kind, rate and constants.
        learning_rate: the rate at the start.
        momentum: of plain SGD; 0 is none, and where it is not known.
        adaptive: whether steps are divided by the size of gradients.
        weight_pulls: what pulls weights to zero, by dotted key: penalties, and AdamW's decay.
        dropout: the rate, of several the largest; 0 is none.
        clipping: kind and limit; None where nothing is clipped, or not known.
        clipping_is_known: whether that says all about clipping.
        initialization: kind and constants; where layers have several, those of a constant one, else
            the kind 'several'.
        class_counts: how many training images there are of each class of somebody's own data; None
            of a published data set, of whose ten classes each has about as many.
        starts_equal: whether all neurons of each hidden layer are known to start equal, and nothing
            but rounding can make them different.
    """

    batch_size: int | None
    learning_rate: float | None
    dropout: float | None
    file: dict[str, Any]
    clipping_is_known = True
    class_counts: list[int] | None = None

    def __init__(self, config: str) -> None:
        given: dict[str, Any] = json.loads(config)
        kinds = given.get("activation", ())
        self.given = self.file = given
        self.class_counts = given.get("class_counts")
        self.activations = {kinds} if isinstance(kinds, str) else set(kinds)
        self.batch_size = int(given.get("batch_size", 128))
        self.optimizer: dict[str, Any] = given.get("optimizer", {})
        self.learning_rate = float(self.optimizer.get("learning_rate", 0.001))
        self.momentum = float(self.optimizer.get("momentum") or 0.0)
        self.adaptive = self.optimizer.get("kind") != "sgd"
        self.weight_pulls = {
            f"penalties.{key}": value
            for key, value in given.get("penalties", {}).items()
            if value and key.startswith("weight")
        }
        if decay := float(self.optimizer.get("weight_decay", 0.0)):
            self.weight_pulls["optimizer.weight_decay"] = decay
        rates = given.get("dropout", 0.0)
        self.dropout = float(max(rates, default=0.0) if isinstance(rates, list) else rates)
        self.clipping: dict[str, Any] | None = given.get("clipping")
        usual = {"kind": "normal", "scale": given.get("initial_weight_scale", 0.01)}
        drawn = given.get("initialization") or usual
        by_layer = drawn if isinstance(drawn, list) else [drawn]
        self.initialization: dict[str, Any] = _one(by_layer)
        constant = all(each["kind"] == "constant" for each in by_layer)
        self.starts_equal = constant and not self.dropout

    @property
    def squared_error(self) -> bool:
        """Whether the loss is known to be the squared error."""
        return bool(self.file.get("loss") == "mean_squared_error")

    @property
    def batch_normalized(self) -> bool:
        """Whether layers are known to be normalised over the batch."""
        return bool(self.file.get("batch_normalization"))

    @property
    def usual_rate(self) -> float | None:
        """A learning rate at which most networks train with this optimizer; None if unknown.

        Of plain SGD it is reached by momentum, which makes every step 1 / (1 - momentum) times as
        long in the end (Goodfellow, Bengio and Courville, 2016, Deep Learning, section 8.3.2,
        https://www.deeplearningbook.org/contents/optimization.html), and it goes with the size of
        small batches (Goyal et al., 2017, section 2.1, https://arxiv.org/abs/1706.02677). The
        squared error is a mean over the classes, and its gradients are as much smaller.
        """
        return self.rate_for(self.batch_size)

    def rate_for(self, batch_size: int | None) -> float | None:
        """Return `usual_rate` as it would be with batches of another size."""
        kind = self.optimizer.get("kind")
        if kind not in PLAIN:
            return USUAL_RATES.get(kind or "")
        rate = USUAL_RATES["sgd"] * (1.0 - self.momentum)
        rate *= min((batch_size or FULL_RATE) / FULL_RATE, 1.0)
        return rate * self.squares if self.squared_error else rate

    @property
    def squares(self) -> float:
        """How many classes a squared error is the mean over."""
        return float(len(self.class_counts)) if self.class_counts else SQUARED

    def guessing(self, outputs: int) -> float | None:
        """Return the loss of a network that knows how frequent classes are and no more, if known.

        It gives each class its share of the images, which costs least; one output tells two classes
        apart. Where shares are not known, or one class has all images, they count as equal.
        """
        shares = self._shares(max(outputs, 2))
        if self.squared_error:
            return sum(share * (1.0 - share) for share in shares) / len(shares)
        cost = sum(map(_nats, shares))
        if self.given.get("output") == "sigmoid":
            return (cost + sum(_nats(1.0 - share) for share in shares)) / len(shares)
        return cost

    def _shares(self, classes: int) -> list[float]:
        """Return the part of the training images that each class has."""
        counts = self.class_counts or []
        if sum(count > 0 for count in counts) < 2:
            return [1.0 / classes] * classes
        return [count / sum(counts) for count in counts]

    def has(self, key: str, value: Any) -> bool:
        """Return whether a dotted key already is what a remedy would set it to."""
        given = self.given.get(key)
        kinds = {
            "initialization": self.initialization,
            "optimizer": self.optimizer,
            "optimizer.schedule": self.optimizer.get("schedule") or {},
        }
        if key in kinds:
            return kinds[key].get("kind") == value["kind"]
        if key == "normalization" and self.given.get("batch_normalization"):
            return value == "batch"
        return bool(given) if key in ("residual", "clipping") else given == value


def _nats(share: float) -> float:
    """Return what a class of that share adds to the entropy."""
    return -share * math.log(share) if share else 0.0


def _one(initializations: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what stands for the initialisations of several layers."""
    kinds = {each["kind"]: each for each in initializations}
    if "constant" in kinds or len(kinds) == 1:
        return kinds.get("constant", initializations[0])
    return {"kind": "several"}


class WatchedConfig(RunConfig):
    """What was seen of a watched model's training; the rest is None: nothing has a default.

    `layers` has the rows of layer_sizes: what layers there are says which activations.
    """

    clipping_is_known = False

    def __init__(self, config: str, layers: pd.DataFrame) -> None:
        self.given, self.file = json.loads(config), {}
        seen: dict[str, Any] = self.given.get("watch") or {}
        kind, rate = seen.get("optimizer"), seen.get("learning_rate")
        self.momentum = float(seen.get("momentum") or 0.0)
        self.kinds = set(layers["kind"])
        self.activations = set(layers.loc[layers["gain"].notna(), "kind"])
        self.batch_size = seen.get("batch_size")
        self.optimizer = {"kind": kind.lower()} if kind else {}
        self.learning_rate = None if rate is None else float(rate)
        self.adaptive = kind is not None and kind.lower() not in PLAIN
        decay = seen.get("weight_decay")
        self.weight_pulls = {"optimizer.weight_decay": float(decay)} if decay else {}
        dropped = seen.get("dropout")
        self.dropout = None if dropped is None else float(dropped)
        self.clipping = None
        self.initialization = {"kind": None}
        self.starts_equal = False

    def guessing(self, outputs: int) -> float | None:
        """Return None: the loss function is not known."""
        return None

    def has(self, key: str, value: Any) -> bool:
        """Return whether the layers or the optimizer show that a remedy is there already."""
        if key == "optimizer":
            return bool(self.optimizer.get("kind") == value["kind"])
        if key == "activation":
            return self.activations == {value}
        return key == "normalization" and "normalization" in self.kinds
