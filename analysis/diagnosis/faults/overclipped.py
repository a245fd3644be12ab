"""Gradients of which clipping leaves so little that weights do not move."""

import numpy as np

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.remedies import CLIPPING, adam, fitting, rounded
from vanishing_gradients.analysis.diagnosis.thresholds import (
    CLIPPED_STEPS,
    CLIPPED_TO,
    LEARNED,
    SMALL_UPDATE,
)
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent


def judge(evidence: Evidence) -> Finding | None:
    """Look at gradients before and after clipping, and at what the steps do all the same.

    An optimizer that divides by the gradient's size, such as Adam, does not feel being clipped.
    """
    clipping = evidence.settings.clipping
    if clipping is None or evidence.learned >= LEARNED:
        return None
    frame = evidence.of_epoch(evidence.updates, -1)
    left = frame["clipped_norm"] / frame["gradient_norm"].replace(0.0, np.nan)
    cut = frame[(frame["clipped"] >= CLIPPED_STEPS) & (left < CLIPPED_TO)]
    if 2 * len(cut) < len(frame) or not frame["ratio"].max() < SMALL_UPDATE:
        return None
    worst = int(left.loc[cut.index].idxmin())
    row = frame.loc[worst]
    seen = (
        f"Clipping by {clipping['kind'].replace('_', ' ')} to {number(clipping['limit'])} shortens "
        f"{percent(row['clipped'])} of the gradients of {layers([*cut.index], evidence.names)} in "
        f"epoch {evidence.epochs}: of layer {worst}'s norm of {number(row['gradient_norm'])} it "
        f"leaves {number(row['clipped_norm'])}.",
        f"What is left moves no layer's weights by more than {number(frame['ratio'].max())} of "
        "their size a step; 0.001 is usual.",
    )
    limit = _usual_norm(evidence)
    wider = Remedy(
        "a limit near the usual norm leaves usual gradients alone",
        {"clipping": {"kind": "global_norm", "limit": limit}}, CLIPPING, "sigmoid_sgd_clipping",
    )  # fmt: skip
    others = [adam()] if not evidence.settings.adaptive else []
    return Finding("gradients clipped away", seen, (wider, *fitting(others, evidence.settings)))


def _usual_norm(evidence: Evidence) -> float:
    """Return the global norm of the weights' gradients, before clipping, with one digit."""
    norms = evidence.of_epoch(evidence.updates, -1)["gradient_norm"]
    return rounded(float(np.sqrt((norms**2).sum())))
