"""Remedies, each with the keys that apply it and where it comes from.

Which of them fit a fault, and in which order, the faults say.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vanishing_gradients.analysis.diagnosis.configuration import RunConfig
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.pytorch import TIMES
from vanishing_gradients.analysis.diagnosis.thresholds import USUAL_UPDATE
from vanishing_gradients.analysis.diagnosis.wording import number

SMALLEST_STEP, LARGEST_STEP = 1e-3, 0.1
PLAIN_RATE = 0.1
"""What plain SGD stands with weights that keep signals: at 1, which small ones need, ReLUs die."""

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
LEAKY = Remedy(
    "a leaky ReLU has a slope below zero too, by which a neuron comes back",
    {"activation": "leaky_relu"},
    RECTIFIERS,
    "sigmoid_sgd_leaky_relu",
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
Signs = tuple[list[str], list[Remedy]]
"""What shows a fault, in sentences, and what to try, most likely first."""


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


def rectifier(config: RunConfig) -> Remedy:
    """Return ReLU with He's initialisation in place of sigmoid or tanh."""
    change = {"activation": "relu", "initialization": {"kind": "he"}, **_rate(config)}
    why = "ReLU passes gradients on unchanged wherever it is on, and He's weights keep their size"
    return Remedy(why, change, RELU, "sigmoid_sgd_relu_he")


def _rate(config: RunConfig) -> dict[str, object]:
    """Return the rate that plain SGD needs with weights that let everything through, if less."""
    rate = config.learning_rate
    if config.adaptive or rate is None or rate <= PLAIN_RATE:
        return {}
    return {"optimizer.learning_rate": PLAIN_RATE}


def residuals(evidence: RunEvidence) -> Remedy:
    """Return skips around every two hidden layers, or around the only one."""
    why = "skips give the gradient a way past the layers"
    change = {"residual": min(2, len(evidence.activations)), **_rate(evidence.config)}
    return Remedy(why, change, RESIDUAL, "sigmoid_sgd_20_residual")


def smaller_rate(evidence: RunEvidence, why: str = "") -> Remedy:
    """Return a learning rate by which updates would be of the usual size."""
    rate = evidence.config.learning_rate
    of = "" if rate is None else f" of {number(rate)}"
    why = why or f"the learning rate{of} is too large"
    factor, largest = 0.01, largest_update(evidence, 0)
    if largest is not None and math.isfinite(largest) and largest > 0.0:
        factor = min(max(USUAL_UPDATE / largest, SMALLEST_STEP), LARGEST_STEP)
    return Remedy(why, changed_rate(evidence, factor), RATE)


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
    """Return the remedies that would change anything.

    The first key of a change decides: the others only go with it.
    """
    has = evidence.config.has
    return [each for each in remedies if not has(*next(iter(each.change.items())))]


def rounded(value: float) -> float:
    """Return a number with one significant digit, as people write learning rates."""
    return float(f"{value:.0e}")
