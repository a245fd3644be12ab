"""Weights that a penalty or weight decay pulls to zero, harder than the data pull them away."""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.remedies import DECAY
from vanishing_gradients.analysis.diagnosis.thresholds import LEARNED, SHRUNK
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent

USUAL_PENALTY, USUAL_DECAY = 1e-4, 0.01


def judge(evidence: Evidence) -> Finding | None:
    """Compare weights at the end with what they were at first, where something pulls at them."""
    settings = evidence.settings
    if not (settings.penalties or settings.weight_decay) or evidence.learned >= LEARNED:
        return None
    left = evidence.relative_sizes(-1).dropna()
    shrunk = [int(layer) for layer in left.index[left < SHRUNK]]
    if 2 * len(shrunk) < len(left) or not shrunk:
        return None
    worst = int(left.idxmin())
    sizes = evidence.sizes(-1)
    pulls = {f"penalties.{key}": value for key, value in settings.penalties.items()}
    if settings.weight_decay:
        pulls["optimizer.weight_decay"] = settings.weight_decay
    named = " and ".join(f"{key} = {number(value)}" for key, value in pulls.items())
    seen = (
        f"The weights of {layers(shrunk, evidence.names)} have collapsed under {named}: those of "
        f"layer {worst} to {percent(left[worst])} of their initial size, {number(sizes[worst])} in "
        f"root mean square in epoch {evidence.epochs}.",
    )
    usual = {key: USUAL_DECAY if key.endswith("decay") else USUAL_PENALTY for key in pulls}
    remedies = (
        Remedy("weaker by orders of magnitude, as is usual", usual, DECAY,
               "sigmoid_sgd_weight_decay"),
        Remedy("none at all, until the network learns", dict.fromkeys(pulls, 0.0), DECAY),
    )  # fmt: skip
    return Finding("weights collapse under a penalty", seen, remedies)
