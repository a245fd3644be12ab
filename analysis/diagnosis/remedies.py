"""Remedies, each with the keys that apply it and where it comes from.

Which of them fit a fault, and in which order, the faults say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Remedy
from vanishing_gradients.analysis.diagnosis.settings import BOUNDED, Settings
from vanishing_gradients.analysis.diagnosis.thresholds import USUAL_UPDATE
from vanishing_gradients.analysis.diagnosis.wording import number

SMALLEST_STEP, LARGEST_STEP = 1e-3, 0.1
BETWEEN = "normalised layers stand larger steps"
BATCH = 64
PLAIN_RATE = 0.1
"""What plain SGD stands with weights that keep signals: at 1, which small ones need, ReLUs die."""

HE = "He et al. (2015), https://arxiv.org/abs/1502.01852"
GLOROT = "Glorot and Bengio (2010), https://proceedings.mlr.press/v9/glorot10a.html"
SELU = "Klambauer et al. (2017), https://arxiv.org/abs/1706.02515"
BATCH_NORM = "Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167"
RESIDUAL = "He et al. (2016), https://arxiv.org/abs/1512.03385"
ISOMETRY = "Pennington, Schoenholz and Ganguli (2017), https://arxiv.org/abs/1711.04735"
RELU = "Glorot, Bordes and Bengio (2011), https://proceedings.mlr.press/v15/glorot11a.html"
LEAKY = "Maas, Hannun and Ng (2013), https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf"
RATE = "Bengio (2012), section 3.1.1, https://arxiv.org/abs/1206.5533"
UPDATE = "Karpathy, CS231n, https://cs231n.github.io/neural-networks-3/#ratio"
CLIPPING = "Pascanu, Mikolov and Bengio (2013), https://arxiv.org/abs/1211.5063"
ADAM = "Kingma and Ba (2015), https://arxiv.org/abs/1412.6980"
DROPOUT = "Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html"
COSINE = "Loshchilov and Hutter (2017), https://arxiv.org/abs/1608.03983"
BATCH_SIZE = "McCandlish et al. (2018), https://arxiv.org/abs/1812.06162"
DECAY = "Goodfellow et al. (2016), chapter 7, https://www.deeplearningbook.org/contents/regularization.html"
STOPPING = "Prechelt (1998), https://doi.org/10.1007/3-540-49430-8_3"


def initialization(settings: Settings, why: str) -> Remedy:
    """Return the initialisation that goes with the activations, for a reason."""
    if settings.activations == {"selu"}:
        kind, example, source = "lecun", "sigmoid_sgd_selu_lecun", SELU
    elif settings.activations & set(BOUNDED):
        kind, example, source = "glorot", "sigmoid_sgd_xavier", GLOROT
    else:
        kind, example, source = "he", "sigmoid_sgd_relu_he", HE
    change: dict[str, object] = {"initialization": {"kind": kind}}
    if "sigmoid" not in settings.activations:
        change |= _rate(settings)
    return Remedy(why, change, source, example)


def orthogonal() -> Remedy:
    """Return orthogonal weights, with the gain and biases that suit a sigmoid."""
    why = "orthogonal weights of the sigmoid's own gain keep the gradient's size in every direction"
    change = {"initialization": {"kind": "orthogonal"}}
    return Remedy(why, change, ISOMETRY, "sigmoid_sgd_orthogonal")


def batch_normalization(why: str) -> Remedy:
    """Return batch normalisation, for a reason."""
    return Remedy(why, {"normalization": "batch"}, BATCH_NORM, "sigmoid_sgd_batch_norm")


def rectifier(settings: Settings) -> Remedy:
    """Return ReLU with He's initialisation in place of sigmoid or tanh."""
    change = {"activation": "relu", "initialization": {"kind": "he"}, **_rate(settings)}
    why = "ReLU passes gradients on unchanged wherever it is on, and He's weights keep their size"
    return Remedy(why, change, RELU, "sigmoid_sgd_relu_he")


def _rate(settings: Settings) -> dict[str, object]:
    """Return the rate that plain SGD needs beside weights that let everything through, if less."""
    if settings.adaptive or settings.learning_rate <= PLAIN_RATE:
        return {}
    return {"optimizer.learning_rate": PLAIN_RATE}


def leaky() -> Remedy:
    """Return a leaky ReLU in place of ReLU."""
    why = "a leaky ReLU has a slope below zero too, by which a neuron comes back"
    return Remedy(why, {"activation": "leaky_relu"}, LEAKY, "sigmoid_sgd_leaky_relu")


def residuals(settings: Settings, depth: int) -> Remedy:
    """Return skips around every two hidden layers, or around each where there is one."""
    why = "skips give the gradient a way past the layers"
    change = {"residual": min(2, depth), **_rate(settings)}
    return Remedy(why, change, RESIDUAL, "sigmoid_sgd_20_residual")


def smaller_rate(evidence: Evidence, why: str) -> Remedy:
    """Return a learning rate by which updates would be of the usual size."""
    factor, largest = 0.01, largest_update(evidence, 0)
    if largest is not None and math.isfinite(largest) and largest > 0.0:
        factor = min(max(USUAL_UPDATE / largest, SMALLEST_STEP), LARGEST_STEP)
    rate = rounded(evidence.settings.learning_rate * factor)
    return Remedy(why, {"optimizer.learning_rate": rate}, RATE)


def larger_rate(evidence: Evidence, largest: float) -> Remedy:
    """Return a learning rate by which the `largest` of the updates would be of the usual size."""
    rate = rounded(evidence.settings.learning_rate * USUAL_UPDATE / largest)
    why = f"a rate {number(USUAL_UPDATE / largest)} times as large makes updates of the usual size"
    return Remedy(why, {"optimizer.learning_rate": rate}, UPDATE)


def cosine() -> Remedy:
    """Return a learning rate that falls to 0 along a cosine."""
    why = "a rate that falls lets the loss come to rest, though late"
    change = {"optimizer.schedule": {"kind": "cosine"}, "optimizer.decay": 0.0}
    return Remedy(why, change, COSINE, "sigmoid_sgd_cosine")


def global_clipping() -> Remedy:
    """Return clipping by global norm."""
    why = "clipping keeps one steep step from undoing all before it"
    change = {"clipping": {"kind": "global_norm", "limit": 1.0}}
    return Remedy(why, change, CLIPPING, "sigmoid_sgd_clipping")


def adam() -> Remedy:
    """Return Adam in place of plain SGD."""
    why = "Adam divides each gradient by its usual size, so small ones move weights too"
    return Remedy(
        why, {"optimizer": {"kind": "adam", "learning_rate": 0.001}}, ADAM, "sigmoid_adam"
    )


def largest_update(evidence: Evidence, place: int) -> float | None:
    """Return the largest layer's update ratio of the first (0) or last (-1) epoch, if known."""
    if evidence.updates is None:
        return None
    return float(evidence.of_epoch(evidence.updates, place)["ratio"].max())


def fitting(remedies: Iterable[Remedy], settings: Settings) -> tuple[Remedy, ...]:
    """Return the remedies that would change anything."""
    return tuple(each for each in remedies if not _has(each, settings))


def _has(remedy: Remedy, settings: Settings) -> bool:
    """Return whether the first key of the change, which the others only go with, is as it says."""
    key, value = next(iter(remedy.change.items()))
    match key:
        case "initialization":
            return settings.initialization["kind"] == value["kind"]
        case "normalization":
            return settings.normalization == value
        case "residual":
            return settings.residual
        case "clipping":
            return settings.clipping is not None
        case "optimizer":
            return settings.optimizer.get("kind") == value["kind"]
        case "optimizer.schedule":
            return (settings.optimizer.get("schedule") or {}).get("kind") == value["kind"]
    return settings.config.get(key) == value


def rounded(value: float) -> float:
    """Return a number with one significant digit, as people write learning rates."""
    return float(f"{value:.0e}")
