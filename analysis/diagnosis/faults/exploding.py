"""Gradients that grow from layer to layer on their way back, with the weights as they start.

He et al. (2015), section 2.2, https://arxiv.org/abs/1502.01852
"""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding
from vanishing_gradients.analysis.diagnosis.remedies import (
    batch_normalization,
    fitting,
    initialization,
)
from vanishing_gradients.analysis.diagnosis.settings import he_size
from vanishing_gradients.analysis.diagnosis.thresholds import EXPLODING, LEARNED
from vanishing_gradients.analysis.diagnosis.wording import epochs, layers, number


def judge(evidence: Evidence) -> Finding | None:
    """Follow the gradient back through the first step's network: later ones may be past saving.

    A fault of the initial weights alone; what a learning rate does to them is another one.
    """
    flow, settings = evidence.first_flow, evidence.settings
    if evidence.learned >= LEARNED or len(flow) < 2:
        return None
    if flow.isna().any():
        lost = int(flow.index[flow.isna()][-1])
        seen = [
            "Already in the first step, with the weights as they start, the gradient of "
            f"{layers([lost], evidence.names)} is not finite."
        ]
    elif flow.iloc[-1] > 0.0 and flow.iloc[0] >= EXPLODING * flow.iloc[-1]:
        seen = [_journey(evidence)]
    else:
        return None
    middle = evidence.dense[len(evidence.dense) // 2]
    size = settings.initial_size(evidence.inputs[middle], evidence.widths[middle])
    kept = he_size(evidence.inputs[middle])
    if size > kept:
        seen.append(
            f"The weights of layer {middle} start with a deviation of {number(size)}; "
            f"{number(kept)} would keep the size of signals (He et al., 2015)."
        )
    seen.append(
        f"The loss by epoch is {epochs(evidence.curves['loss'])}; guessing costs "
        f"{number(evidence.guessing)}."
    )
    remedies = [
        initialization(settings, "weights of this size neither grow nor shrink what passes them"),
        batch_normalization("normalised layers do not hand on the size of their weights"),
    ]
    return Finding("exploding gradients", tuple(seen), fitting(remedies, settings))


def _journey(evidence: Evidence) -> str:
    flow = evidence.first_flow
    hidden, growth = len(flow) - 1, flow.iloc[0] / flow.iloc[-1]
    first, last = (int(flow.index[place]) for place in (0, -1))
    return (
        f"In the first step the norm of the gradient is {number(flow[last])} in "
        f"{layers([last], evidence.names)} and {number(flow[first])} in "
        f"{layers([first], evidence.names)}: {number(growth)} times as large, {hidden} "
        f"layer{'s' if hidden > 1 else ''} below, {number(growth ** (1 / hidden))} times a layer."
    )
