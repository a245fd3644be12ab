"""Remedies, each with the keys that apply it and where it comes from.

Which of them fit a fault, and in which order, the faults say.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vanishing_gradients.analysis.diagnosis.configuration import FULL_RATE, RunConfig
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.pytorch import TIMES
from vanishing_gradients.analysis.diagnosis.thresholds import (
    LARGE_UPDATE,
    SMALL_UPDATE,
    USUAL_UPDATE,
    WHOLE_UPDATE,
)
from vanishing_gradients.analysis.diagnosis.wording import number
from vanishing_gradients.analysis.words import counted

SMALLEST_STEP, LARGEST_STEP = 1e-3, 0.1
USUAL_BATCH = 64
FEW_SAMPLES = 8
"""Batches over which the mean and the deviation of a neuron are mostly noise."""

HE = "He et al. (2015), https://arxiv.org/abs/1502.01852"
GLOROT = "Glorot and Bengio (2010), https://proceedings.mlr.press/v9/glorot10a.html"
SELU = "Klambauer et al. (2017), https://arxiv.org/abs/1706.02515"
BATCH_NORM = "Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167"
RESIDUAL = "He et al. (2016), https://arxiv.org/abs/1512.03385"
ISOMETRY = "Pennington, Schoenholz and Ganguli (2017), https://arxiv.org/abs/1711.04735"
RELU = "Glorot, Bordes and Bengio (2011), https://proceedings.mlr.press/v15/glorot11a.html"
RECTIFIERS = "Maas, Hannun and Ng (2013), https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf"
RATE = "Bengio (2012), section 3.1.1, https://arxiv.org/abs/1206.5533"
UPDATE = "Karpathy, CS231n, https://cs231n.github.io/neural-networks-3/#ratio"
CLIPPING = "Pascanu, Mikolov and Bengio (2013), https://arxiv.org/abs/1211.5063"
MOMENTS = "Kingma and Ba (2015), https://arxiv.org/abs/1412.6980"
DROPOUT = "Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html"
LABELS = "Karpathy (2019), https://karpathy.github.io/2019/04/25/recipe/"
INPUTS = "LeCun et al. (1998), section 4.3, http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf"
CROSS_ENTROPY = (
    "Goodfellow et al. (2016), section 6.2.2, https://www.deeplearningbook.org/contents/mlp.html"
)
CAPACITY = (
    "Goodfellow et al. (2016), section 6.4, https://www.deeplearningbook.org/contents/mlp.html"
)
LAYER_NORM = "Ba, Kiros and Hinton (2016), https://arxiv.org/abs/1607.06450"
RESTARTS = "Loshchilov and Hutter (2017), https://arxiv.org/abs/1608.03983"
BATCH_SIZE = "McCandlish et al. (2018), https://arxiv.org/abs/1812.06162"
DECAY = "Goodfellow et al. (2016), chapter 7, https://www.deeplearningbook.org/contents/regularization.html"
STOPPING = "Prechelt (1998), https://doi.org/10.1007/3-540-49430-8_3"


@dataclass(frozen=True)
class Remedy:
    """One change to the experiment's file.

    Attributes:
        what: what it is and why it helps here, a sentence without its full stop.
        change: dotted key -> value: what to write into the TOML file.
        source: author, year, address.
        example: a built-in experiment that has it; None where there is none.
    """

    what: str
    change: Mapping[str, object]
    source: str
    example: str | None = None


ORTHOGONAL = Remedy(
    "orthogonal weights of the sigmoid's own gain keep the gradient's size in every direction",
    {"initialization": {"kind": "orthogonal"}},
    ISOMETRY,
    "sigmoid_sgd_orthogonal",
)
COSINE = Remedy(
    "a rate that falls lets the loss come to rest, though late",
    {"optimizer.schedule": {"kind": "cosine"}, "optimizer.decay": 0.0},
    RESTARTS,
    "sigmoid_sgd_cosine",
)
ADAM = Remedy(
    "Adam divides each gradient by its usual size, so small ones move weights too",
    {"optimizer": {"kind": "adam", "learning_rate": 0.001}},
    MOMENTS,
    "sigmoid_adam",
)


class Signs(NamedTuple):
    """What shows a fault, in sentences; what to try, most likely first; and what brought it about.

    `cause` is a noun with its verb that follows "because"; empty where the name of the fault says
    it.
    """

    seen: list[str]
    remedies: list[Remedy]
    cause: str = ""


def initialization(evidence: RunEvidence, why: str) -> Remedy:
    """Return the initialisation that goes with the activations, for a reason."""
    if evidence.config.activations == {"selu"}:
        kind, example, source = "lecun", "sigmoid_sgd_selu_lecun", SELU
    elif evidence.flat_kinds("both"):
        kind, example, source = "glorot", "sigmoid_sgd_xavier", GLOROT
    else:
        kind, example, source = "he", "sigmoid_sgd_relu_he", HE
    change: dict[str, object] = {"initialization": {"kind": kind}}
    if "sigmoid" not in evidence.config.activations:
        change |= _rate(evidence.config)
    return Remedy(why, change, source, example)


def batch_normalization(why: str = "normalised layers stand larger steps") -> Remedy:
    """Return batch normalisation, for a reason."""
    return Remedy(why, {"normalization": "batch"}, BATCH_NORM, "sigmoid_sgd_batch_norm")


def biases(present: float) -> Remedy:
    """Return biases of 0 in place of those that switch neurons off from the start."""
    why = f"biases of {number(present)} switch off whatever sums do not reach {number(-present)}"
    return Remedy(why, {"initial_bias": 0.0}, RELU)


def rectifier(config: RunConfig) -> Remedy:
    """Return ReLU with He's initialisation in place of sigmoid or tanh."""
    change = {"activation": "relu", "initialization": {"kind": "he"}, **_rate(config)}
    why = "ReLU passes gradients on unchanged wherever it is on, and He's weights keep their size"
    return Remedy(why, change, RELU, "sigmoid_sgd_relu_he")


def _rate(config: RunConfig) -> dict[str, object]:
    """Return the rate that the optimizer needs with weights that let everything through, if less.

    Such weights have larger gradients than those that a large rate was chosen for.
    """
    return _at_most(config, config.usual_rate)


def _at_most(config: RunConfig, usual: float | None) -> dict[str, object]:
    """Return the change to a usual rate, where it is known and the present one is larger."""
    rate = config.learning_rate
    if rate is None or usual is None or rate <= usual:
        return {}
    return {"optimizer.learning_rate": rounded(usual)}


def leaky(evidence: RunEvidence) -> list[Remedy]:
    """Return the leaky ReLU in place of ReLUs, with the rate that it needs, if there are any."""
    if "relu" not in evidence.config.activations:
        return []
    why = "a leaky ReLU has a slope below zero too, by which a neuron comes back"
    change: dict[str, object] = {"activation": "leaky_relu", **_rate(evidence.config)}
    return [Remedy(why, change, RECTIFIERS, "sigmoid_sgd_leaky_relu")]


def residuals(evidence: RunEvidence) -> Remedy:
    """Return skips around every two hidden layers, or around the only one."""
    why = "skips give the gradient a way past the layers"
    change = {"residual": min(2, len(evidence.activations)), **_rate(evidence.config)}
    return Remedy(why, change, RESIDUAL, "sigmoid_sgd_20_residual")


def smaller_rate(evidence: RunEvidence, why: str = "") -> Remedy:
    """Return a learning rate by which updates would be of the usual size.

    It is at most a tenth of the present one, and at most what is usual for the optimizer, its
    momentum and the batch size: once neurons are dead or saturated, updates no longer show how much
    too large the rate was.
    """
    config = evidence.config
    why = why or f"{rate_in_words(evidence)} is too large"
    factor, largest = 0.01, largest_update(evidence, 0)
    if largest is not None and math.isfinite(largest) and largest > 0.0:
        factor = min(max(USUAL_UPDATE / largest, SMALLEST_STEP), LARGEST_STEP)
    rate, usual = config.learning_rate, config.usual_rate
    if rate is not None and usual is not None and rate > usual:
        factor = min(LARGEST_STEP, usual / rate)
    return Remedy(why, changed_rate(evidence, factor), RATE)


def rate_in_words(evidence: RunEvidence) -> str:
    """Return 'the learning rate of 0.1, with momentum 0.9 and batches of 1 image'."""
    config = evidence.config
    with_it = [f"momentum {number(config.momentum)}"] if config.momentum else []
    if config.batch_size is not None and config.batch_size < FULL_RATE:
        with_it.append(f"batches of {counted(config.batch_size, evidence.sample)}")
    beside = f", with {' and '.join(with_it)}," if with_it else ""
    return f"{the_rate(evidence)}{beside}"


def the_rate(evidence: RunEvidence) -> str:
    """Return 'the learning rate of 0.1', or 'the learning rate' where it is not known."""
    rate = evidence.config.learning_rate
    return "the learning rate" if rate is None else f"the learning rate of {number(rate)}"


def is_too_fast(evidence: RunEvidence) -> bool:
    """Return whether steps were far too long: by their length, what weights became, or the rate.

    Of a first step of weights that start at 0 the length says nothing.
    """
    first = evidence.first_updates[np.isfinite(evidence.first_updates.astype(float))]
    largest = largest_update(evidence, 0)
    return bool(
        evidence.overgrown is not None
        or (len(first) and first.max() >= WHOLE_UPDATE)
        or (largest is not None and largest > LARGE_UPDATE)
        or is_high(evidence.config)
    )


def is_low(evidence: RunEvidence) -> bool:
    """Return whether the rate is a tenth of what is usual, and less, and steps are as short."""
    rate, usual = evidence.config.learning_rate, evidence.config.usual_rate
    largest = largest_update(evidence, -1)
    low = rate is not None and usual is not None and rate <= LARGEST_STEP * usual
    return low and largest is not None and largest < SMALL_UPDATE


def is_high(config: RunConfig) -> bool:
    """Return whether the learning rate is ten times what is usual, and more."""
    rate, usual = config.learning_rate, config.usual_rate
    return rate is not None and usual is not None and rate >= usual / LARGEST_STEP


def changed_rate(evidence: RunEvidence, times: float) -> dict[str, object]:
    """Return the change to a learning rate so many times as large, known or not."""
    rate = evidence.config.learning_rate
    if rate is None:
        return {TIMES: rounded(times)}
    return {"optimizer.learning_rate": rounded(rate * times)}


def larger_rate(evidence: RunEvidence, largest: float) -> Remedy:
    """Return a learning rate by which the `largest` of the updates would be of the usual size."""
    why = f"a rate {number(USUAL_UPDATE / largest)} times as large makes updates of the usual size"
    return Remedy(why, changed_rate(evidence, USUAL_UPDATE / largest), UPDATE)


def larger_batches(evidence: RunEvidence, why: str) -> Remedy:
    """Return batches of the usual size, and the rate that goes with them if the present is more."""
    config = evidence.config
    size = max(USUAL_BATCH, 8 * (config.batch_size or 1))
    change = {"batch_size": size, **_at_most(config, config.rate_for(size))}
    return Remedy(why, change, BATCH_SIZE)


def suited_loss(evidence: RunEvidence) -> list[Remedy]:
    """Return the cross-entropy in place of a squared error, with the rate that goes with it.

    If steps are too short, Adam goes with it, whose steps do not depend on the gradients' size.
    """
    config = evidence.config
    if not config.squared_error:
        return []
    why = "the gradient of the cross-entropy is largest where outputs are surely wrong"
    change: dict[str, object] = {"loss": "cross_entropy"}
    rate, usual = config.learning_rate, config.usual_rate
    if not config.adaptive and rate is not None and usual is not None:
        suits = usual / config.squares
        change |= _at_most(config, suits)
        if rate < LARGEST_STEP * suits:
            change |= ADAM.change
            why += ", and Adam's steps do not depend on its size"
    return [Remedy(why, change, CROSS_ENTROPY)]


def clipping(why: str, limit: float) -> Remedy:
    """Return clipping by global norm, to a limit, for a reason."""
    change = {"clipping": {"kind": "global_norm", "limit": limit}}
    return Remedy(why, change, CLIPPING, "sigmoid_sgd_clipping")


def largest_update(evidence: RunEvidence, place: int) -> float | None:
    """Return the largest layer's update ratio of the first (0) or last (-1) epoch, if known."""
    if evidence.updates is None:
        return None
    return float(evidence.of_epoch(evidence.updates, place)["ratio"].max())


def fitting(evidence: RunEvidence, *remedies: Remedy) -> list[Remedy]:
    """Return the remedies that would change anything, and that the run's numbers allow.

    The first key of a change decides: the others only go with it. Batch normalisation over a few
    samples is no remedy; what goes by the sample is.
    """
    config = evidence.config
    few = config.batch_size is not None and config.batch_size < FEW_SAMPLES
    allowed = [
        Remedy(each.what, {"normalization": "layer"}, LAYER_NORM)
        if few and each.change == {"normalization": "batch"}
        else each
        for each in remedies
    ]
    return [each for each in allowed if not config.has(*next(iter(each.change.items())))]


def rounded(value: float) -> float:
    """Return a number with one significant digit, as people write learning rates."""
    return float(f"{value:.0e}")
