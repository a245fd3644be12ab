"""Gradients that shrink from layer to layer on their way back, until nothing is left.

Hochreiter et al. (2001), Gradient flow in recurrent nets, https://www.bioinf.jku.at/publications/older/ch7.pdf;
Glorot and Bengio (2010), https://proceedings.mlr.press/v9/glorot10a.html
"""

import pandas as pd

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.remedies import (
    batch_normalization,
    fitting,
    initialization,
    orthogonal,
    rectifier,
    residuals,
)
from vanishing_gradients.analysis.diagnosis.settings import BOUNDED
from vanishing_gradients.analysis.diagnosis.thresholds import LEARNED, VANISHING
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent

FEW = 0.1
"""Where less than this part of a layer is saturated, saturation is not why gradients vanish."""


def judge(evidence: Evidence) -> Finding | None:
    """Compare the first activation's gradient with the softmax's, epoch by epoch."""
    if evidence.learned >= LEARNED or len(evidence.flow) < 2:
        return None
    share = evidence.flow.iloc[0] / evidence.flow.iloc[-1]
    small = share[share <= VANISHING]
    if small.empty:
        return None
    epoch = int(small.index[-1])
    flow = evidence.flow[epoch]
    seen = [_journey(evidence, flow, epoch)]
    if epoch < evidence.epochs and share.iloc[-1] > VANISHING:
        seen.append(
            f"By epoch {evidence.epochs} the latter is {number(share.iloc[-1])} times the former."
        )
    if evidence.updates is not None:
        moved = evidence.of_epoch(evidence.updates, -1)["ratio"].reindex(evidence.dense)
        first, last = moved.iloc[0], moved.iloc[-1]
        seen.append(
            f"A step changes the weights of layer {evidence.dense[0]} by {number(first)} of their "
            f"size, those of layer {evidence.dense[-1]} by {number(last)}; 0.001 is usual."
        )
    saturated = _saturation(evidence)
    if saturated is not None:
        seen.append(saturated)
    return Finding("vanishing gradients", tuple(seen), _remedies(evidence))


def _journey(evidence: Evidence, flow: pd.Series, epoch: int) -> str:
    first, last = (int(flow.index[place]) for place in (0, -1))
    hidden = len(flow) - 1
    text = (
        f"In epoch {epoch} the norm of the gradient is {number(flow[last])} in "
        f"{layers([last], evidence.names)} and {number(flow[first])} in "
        f"{layers([first], evidence.names)}"
    )
    if flow[first] == 0.0:
        return text + ": nothing arrives at all."
    lost = flow[last] / flow[first]
    return f"{text}: each of {hidden} layers divides it by {number(lost ** (1 / hidden))}."


def _saturation(evidence: Evidence) -> str | None:
    """Say that saturation is not the cause, where it would be the first to be thought of."""
    if evidence.neurons is None or not evidence.settings.activations & set(BOUNDED):
        return None
    most = float(evidence.of_epoch(evidence.neurons, -1)["saturated"].max())
    if not most < FEW:
        return None
    cause = "weights are too small"
    if "sigmoid" in evidence.settings.activations:
        cause = f"a sigmoid's slope is 1/4 at most, and {cause} to make up for that"
    return (
        f"It is not that neurons are saturated (at most {percent(most)} of a layer's values are): "
        f"{cause}."
    )


def _remedies(evidence: Evidence) -> tuple[Remedy, ...]:
    settings = evidence.settings
    norm = batch_normalization("normalised layers keep values, and so gradients, at their size")
    weights = initialization(settings, "weights of this size keep the gradient's")
    skips = residuals(settings, len(evidence.activations))
    if "sigmoid" in settings.activations:
        found = [rectifier(settings), orthogonal(), norm, skips]
    else:
        found = [weights, norm, skips]
    return fitting(found, settings)
