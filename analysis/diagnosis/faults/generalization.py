"""The fault of networks that learn: their training images, and not what these have in common."""

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs
from vanishing_gradients.analysis.diagnosis.wording import number, percent

LAST = 2
"""So many epochs at the end must all have the risen loss: one alone may be a stumble."""
WIDE = 100
"""Neurons of a layer of which dropout leaves enough: Srivastava et al. (2014), section 7.3,
https://jmlr.org/papers/v15/srivastava14a.html, keep n neurons only by n / p of them."""


def overfitted(evidence: RunEvidence) -> Signs | None:
    """Compare training with test images: accuracy and loss at the end, and where the loss turned.

    Such a network has learned its training images by heart. Either the gap is wide by both
    measures, or it is there and the test loss has been rising.
    """
    curves = evidence.curves
    last, test = curves.iloc[-1], curves["test_loss"].astype(float)
    gap, ratio = last["accuracy"] - last["test_accuracy"], last["test_loss"] / last["loss"]
    cost = curves["loss"].iloc[0] if evidence.guessing is None else evidence.guessing
    learned = 1.0 - last["loss"] / cost if cost > 0.0 else np.nan
    rises = len(test) > LAST and test.iloc[-LAST:].min() >= thresholds.RISEN * test.min()
    wide = gap >= thresholds.WIDE_GAP and ratio >= thresholds.WIDE_RATIO
    if not learned >= thresholds.LEARNED or not (
        wide or (rises and gap >= thresholds.GAP and ratio >= thresholds.WIDE_RATIO)
    ):
        return None
    best, samples = int(test.idxmin()), evidence.samples
    seen = [
        f"In epoch {evidence.epochs} the accuracy is {percent(last['accuracy'])} on training "
        f"{samples} and {percent(last['test_accuracy'])} on test {samples}; the loss "
        f"{number(last['loss'])} and {number(last['test_loss'])}."
    ]
    if evidence.epochs > best:
        seen.append(
            f"The test loss was lowest in epoch {best}, {number(test[best])}, and is "
            f"{number(test.iloc[-1])} now."
        )
    images = evidence.run["training_images"]
    if pd.notna(images):
        seen.append(f"There are {int(images):,} training {samples}; more of them help most.")
    found = [
        Remedy("a penalty keeps weights small", {"penalties.weight_l2": 1e-4}, remedies.DECAY,
               "sigmoid_sgd_weight_decay"),
        Remedy("dropout keeps neurons from relying on each other", {"dropout": 0.5},
               remedies.DROPOUT, "sigmoid_sgd_dropout"),
    ]  # fmt: skip
    widths = [int(evidence.layers["width"][layer]) for layer in evidence.activations]
    if widths and min(widths) >= WIDE:
        found.reverse()
    if test.iloc[-1] >= (1.0 + thresholds.GAP) * test.min():
        found.insert(0, Remedy(f"stop after epoch {best}", {"epochs": best}, remedies.STOPPING))
    return Signs(seen, remedies.fitting(evidence, *found))
