"""Neurons of sigmoid or tanh that sit where the function is flat, and let no gradient through.

Glorot and Bengio (2010), section 3, https://proceedings.mlr.press/v9/glorot10a.html
"""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding
from vanishing_gradients.analysis.diagnosis.remedies import (
    batch_normalization,
    fitting,
    initialization,
    rectifier,
    smaller_rate,
)
from vanishing_gradients.analysis.diagnosis.settings import BOUNDED, glorot_size
from vanishing_gradients.analysis.diagnosis.thresholds import LEARNED, SATURATED
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent

LARGE = 3.0
"""Weights so many times as large as Glorot's, or as at first, are said to be too large."""


def judge(evidence: Evidence) -> Finding | None:
    """Look at how much of the hidden layers lies where the slope is below 1 % of its largest."""
    if evidence.learned >= LEARNED:
        return None
    frame = evidence.of_epoch(evidence.neurons, -1)
    frame = frame.loc[[evidence.kinds[layer] in BOUNDED for layer in frame.index]]
    if frame.empty:
        return None
    overall = (frame["saturated"] * frame["width"]).sum() / frame["width"].sum()
    if not overall >= SATURATED:
        return None
    worst, first = int(frame["saturated"].idxmax()), evidence.of_epoch(evidence.neurons, 0)
    flat = [int(layer) for layer in frame.index[frame["saturated"] >= SATURATED]]
    seen = [
        f"{percent(overall)} of all values in the hidden layers lie where "
        f"{' and '.join(sorted(evidence.settings.activations & set(BOUNDED)))} is flat, most in "
        f"{layers([worst], evidence.names)}: {percent(frame['saturated'][worst])} in epoch "
        f"{evidence.epochs}, {percent(first['saturated'][worst])} in epoch 1.",
    ]
    if len(flat) > 1:
        seen.append(f"It is more than half in {layers(flat, evidence.names)}.")
    settings, remedies = evidence.settings, []
    weights = initialization(settings, "weights of the right size keep values where it is steep")
    rate = smaller_rate(evidence, "smaller steps leave weights near the size they start with")
    norm = batch_normalization("normalised values lie around zero, where the slope is largest")
    if (large := _large_at_first(evidence)) is not None:
        layer, times = large
        seen.append(
            f"The weights of layer {layer} start {number(times)} times as large as Glorot's."
        )
        remedies = [weights, rectifier(settings)]
    else:
        grown = evidence.relative_sizes(-1).dropna() if evidence.updates is not None else []
        if len(grown) and grown.max() > LARGE:
            seen.append(
                f"The weights of layer {int(grown.idxmax())} have grown to {number(grown.max())} "
                "times their initial size."
            )
        remedies = [rate, norm, weights]
    return Finding("saturated neurons", tuple(seen), fitting(remedies, settings))


def _large_at_first(evidence: Evidence) -> tuple[int, float] | None:
    """Return the hidden layer whose initial weights are the most times Glorot's, if many times."""
    times = {
        each: evidence.settings.initial_size(evidence.inputs[each], evidence.widths[each])
        / glorot_size(evidence.inputs[each], evidence.widths[each])
        for each in evidence.dense[:-1]
    }
    worst = max(times, key=times.get)
    return (worst, times[worst]) if times[worst] > LARGE else None
