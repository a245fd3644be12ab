"""Faults of the loss: it leaves its start upwards, or falls on the training images alone."""

import numpy as np

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs
from vanishing_gradients.analysis.diagnosis.wording import epochs, number, percent

LAST = 2
"""So many epochs at the end must all have the risen loss: one alone may be a stumble."""


def diverging(evidence: RunEvidence) -> Signs | None:
    """Look at the training loss, and for gradients that were not finite.

    A finite loss diverges where it rises from the first epoch on; one that was lower in between
    jumps, which is another fault.
    """
    loss = evidence.curves["loss"].astype(float)
    lost, wild = loss.index[loss.isna()], evidence.non_finite[evidence.non_finite > 0]
    start = max(float(loss.iloc[0]), evidence.guessing)
    seen = []
    if len(lost):
        seen.append(f"The loss is no longer finite from epoch {lost[0]} on.")
    elif loss.iloc[-1] >= thresholds.DIVERGED * start and loss.iloc[1:].min() > loss.iloc[0]:
        seen.append(
            f"The loss has grown to {number(loss.iloc[-1])}, from {number(loss.iloc[0])} in epoch "
            f"1: by epoch it is {epochs(loss)}."
        )
    if len(wild):
        seen.append(
            f"In epoch {int(wild.index[0])}, {int(wild.iloc[0]):,} values of gradients were not "
            "finite."
        )
    if not seen:
        return None
    flow = evidence.flow.iloc[:, 0].dropna()
    if len(flow):
        told = f"Until then layer {flow.idxmax()}'s gradient had a mean norm of"
        seen.append(f"{told} {number(flow.max())}.")
    largest = remedies.largest_update(evidence, 0)
    if largest is not None and not np.isnan(largest):
        seen.append(
            f"A step changed weights by {number(largest)} times their size in the mean of epoch 1, "
            "where 0.001 is usual."
        )
    found = [remedies.smaller_rate(evidence), remedies.batch_normalization()]
    if not evidence.config.adaptive:  # Adam does not feel clipping
        why = "clipping keeps one steep step from undoing all before it"
        found.insert(1, remedies.clipping(why, 1.0))
    return seen, remedies.fitting(evidence, *found)


def overfitted(evidence: RunEvidence) -> Signs | None:
    """Compare training with test images: accuracy at the end, and where the loss turned.

    Such a network has learned its training images by heart.
    """
    curves = evidence.curves
    last, loss = curves.iloc[-1], curves["test_loss"].astype(float)
    gap = last["accuracy"] - last["test_accuracy"]
    learned = 1.0 - last["loss"] / evidence.guessing
    risen = len(loss) > LAST and loss.iloc[-LAST:].min() >= thresholds.RISEN * loss.min()
    if not (learned >= thresholds.LEARNED and gap >= thresholds.OVERFITTED and risen):
        return None
    best = int(loss.idxmin())
    seen = [
        f"In epoch {evidence.epochs} the accuracy is {percent(last['accuracy'])} on training "
        f"images and {percent(last['test_accuracy'])} on test images.",
        f"The test loss was lowest in epoch {best}, {number(loss[best])}, and has risen to "
        f"{number(loss.iloc[-1])}.",
    ]
    return seen, [
        Remedy(f"stop after epoch {best}", {"epochs": best}, remedies.STOPPING),
        Remedy("dropout keeps neurons from relying on each other", {"dropout": 0.3},
               remedies.DROPOUT, "sigmoid_sgd_dropout"),
        Remedy("a penalty keeps weights small", {"penalties.weight_l2": 1e-4}, remedies.DECAY,
               "sigmoid_sgd_weight_decay"),
    ]  # fmt: skip
