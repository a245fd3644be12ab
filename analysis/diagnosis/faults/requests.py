"""Faults of what the file asks for: dropout, penalties or clipping, too much of it.

Each is looked for where the file asks for it, and the network has learned little.
"""

import math

import numpy as np

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent

GENTLE = 0.2
USUAL_PENALTY, USUAL_DECAY = 1e-4, 0.01


def overdropped(evidence: RunEvidence) -> Signs | None:
    """Look at the rate, where neither training nor test images show that anything is learned.

    The rate is what the fault is: what it does to the gradients looks like many other faults.
    """
    rate = evidence.config.dropout
    if rate is None or rate <= thresholds.HIGH_DROPOUT:
        return None
    which = "a" if isinstance(evidence.config.given.get("dropout"), list) else "each"
    seen = [
        f"Dropout silences {percent(rate)} of the neurons of {which} hidden layer at every step, "
        f"and multiplies the rest by {number(1.0 / (1.0 - rate))}.",
        evidence.losses,
    ]
    last = evidence.variation.iloc[:, -1]
    varied = last[last.index.isin(evidence.dense)]
    if len(varied) and varied.max() > 1.0 and evidence.loss_layer is not None:
        seen.append(
            f"From step to step the gradient of layer {int(varied.idxmax())} varies by "
            f"{number(varied.max())} times its mean in the last epoch, that of layer "
            f"{evidence.loss_layer} by {number(last[evidence.loss_layer])}."
        )
    return seen, [
        Remedy("0.1 to 0.5 is usual in hidden layers", {"dropout": GENTLE}, remedies.DROPOUT,
               "sigmoid_sgd_dropout"),
        Remedy("a network that does not learn needs none", {"dropout": 0.0}, remedies.DROPOUT),
    ]  # fmt: skip


def overregularised(evidence: RunEvidence) -> Signs | None:
    """Compare weights at the end with what they were at first, where something pulls at them."""
    pulls = evidence.config.weight_pulls
    left = evidence.relative_sizes(-1).dropna()
    shrunk = list(left.index[left < thresholds.SHRUNK])
    if not pulls or 2 * len(shrunk) < len(left) or not shrunk:
        return None
    worst, sizes = int(left.idxmin()), evidence.sizes(-1)
    named = " and ".join(f"{key} = {number(value)}" for key, value in pulls.items())
    seen = [
        f"The weights of {layers(shrunk, evidence.names)} have collapsed under {named}: those of "
        f"{evidence.named(worst)} to {percent(left[worst])} of their initial size, "
        f"{number(sizes[worst])} in root mean square in epoch {evidence.epochs}."
    ]
    usual = {key: USUAL_DECAY if key.endswith("decay") else USUAL_PENALTY for key in pulls}
    return seen, [
        Remedy("weaker by orders of magnitude, as is usual", usual, remedies.DECAY,
               "sigmoid_sgd_weight_decay"),
        Remedy("none at all, until the network learns", dict.fromkeys(pulls, 0.0), remedies.DECAY),
    ]  # fmt: skip


def overclipped(evidence: RunEvidence) -> Signs | None:
    """Look at gradients before and after clipping, and at what the steps do all the same.

    An optimizer that divides by the gradient's size, such as Adam, does not feel being clipped.
    """
    asked, known = evidence.config.clipping, evidence.config.clipping_is_known
    frame = evidence.of_epoch(evidence.updates, -1)
    left = frame["clipped_norm"] / frame["gradient_norm"].replace(0.0, np.nan)
    cut = frame[(frame["clipped"] >= thresholds.CLIPPED_STEPS) & (left < thresholds.CLIPPED_TO)]
    still = bool(frame["ratio"].max() < thresholds.SMALL_UPDATE)
    if (asked is None and known) or 2 * len(cut) < len(frame) or cut.empty or not still:
        return None
    how = f" by {asked['kind'].replace('_', ' ')} to {number(asked['limit'])}" if asked else ""
    worst = int(left.loc[cut.index].idxmin())
    row = frame.loc[worst]
    seen = [
        f"Clipping{how} shortens {percent(row['clipped'])} of the gradients of "
        f"{layers([*cut.index], evidence.names)} in epoch {evidence.epochs}: of the norm of "
        f"{evidence.named(worst)}, {number(row['gradient_norm'])}, it leaves "
        f"{number(row['clipped_norm'])}.",
        f"What is left moves no layer's weights by more than {number(frame['ratio'].max())} of "
        "their size a step; 0.001 is usual.",
    ]
    usual = remedies.rounded(math.hypot(*frame["gradient_norm"]))  # before clipping
    wider = remedies.clipping("a limit near the usual norm leaves usual gradients alone", usual)
    others = [] if evidence.config.adaptive else [remedies.ADAM]
    return seen, [wider, *remedies.fitting(evidence, *others)]
