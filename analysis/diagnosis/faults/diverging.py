"""A loss that is no longer finite, or that has left its start behind, upwards."""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding
from vanishing_gradients.analysis.diagnosis.remedies import (
    BETWEEN,
    batch_normalization,
    fitting,
    global_clipping,
    smaller_rate,
)
from vanishing_gradients.analysis.diagnosis.thresholds import DIVERGED
from vanishing_gradients.analysis.diagnosis.wording import epochs, number


def judge(evidence: Evidence) -> Finding | None:
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
    elif loss.iloc[-1] >= DIVERGED * start and loss.iloc[1:].min() > loss.iloc[0]:
        seen.append(
            f"The loss has grown to {number(loss.iloc[-1])}, from {number(loss.iloc[0])} in epoch "
            f"1: by epoch it is {epochs(loss)}."
        )
    if not seen and not len(wild):
        return None
    if len(wild):
        seen.append(
            f"In epoch {int(wild.index[0])}, {int(wild.iloc[0]):,} values of gradients were not "
            "finite."
        )
    flow, largest = evidence.flow.iloc[:, 0].dropna(), None
    if len(flow):
        layer = int(flow.idxmax())
        seen.append(
            f"Until then layer {layer}'s gradient had a mean norm of {number(flow[layer])}."
        )
    if evidence.updates is not None:
        ratios = evidence.of_epoch(evidence.updates, 0)["ratio"].dropna()
        largest = ratios.max() if len(ratios) else None
    if largest is not None:
        seen.append(
            f"A step changed weights by {number(largest)} times their size in the mean of epoch 1, "
            "where 0.001 is usual."
        )
    settings = evidence.settings
    rate = smaller_rate(
        evidence, f"the learning rate of {number(settings.learning_rate)} is too large"
    )
    others = [] if settings.adaptive else [global_clipping()]  # Adam does not feel it
    remedies = fitting([rate, *others, batch_normalization(BETWEEN)], settings)
    return Finding("divergence", tuple(seen), remedies)
