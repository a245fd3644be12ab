"""A learning rate so large that the loss jumps, and stays finite all the same.

Bengio (2012), section 3.1.1: the best rate is close to the largest that does not make the training
criterion diverge, https://arxiv.org/abs/1206.5533
"""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding
from vanishing_gradients.analysis.diagnosis.remedies import (
    BETWEEN,
    batch_normalization,
    cosine,
    fitting,
    smaller_rate,
)
from vanishing_gradients.analysis.diagnosis.thresholds import (
    HIGH,
    JUMP,
    LARGE_UPDATE,
    LEARNED,
    RISES,
    SPIKES,
)
from vanishing_gradients.analysis.diagnosis.wording import epochs, number


def judge(evidence: Evidence) -> Finding | None:
    """Look, where steps are large, for a loss that jumps or starts above guessing, and for spikes.

    Two of the three signs are asked of a network that learns, one of another.
    """
    loss = evidence.curves["loss"].astype(float)
    if loss.isna().any():
        return None
    validation = evidence.curves["test_loss"].astype(float)
    of, rises = max(
        (("training", loss / loss.cummin()), ("validation", validation / validation.cummin())),
        key=lambda each: each[1].max(),
    )
    jumps, high = bool(rises.max() >= JUMP), bool(loss.iloc[0] >= HIGH * evidence.guessing)
    ratios = evidence.updates.pivot(index="layer", columns="epoch", values="ratio")
    largest = float(ratios.max().max())
    spikes = evidence.variation.loc[evidence.dense].max()
    falls = (loss / loss.cummin()).max() < RISES  # spikes by which it only falls do no harm
    spiky = bool(spikes.max() >= SPIKES) and (high or not falls)
    signs = jumps + high + spiky
    if not largest > LARGE_UPDATE or signs < (2 if evidence.learned >= LEARNED else 1):
        return None
    layer, epoch = (int(each) for each in ratios.stack().idxmax())
    seen = [f"The loss by epoch is {epochs(loss)}; guessing costs {number(evidence.guessing)}."]
    if jumps:
        top = int(rises.idxmax())
        risen = (loss if of == "training" else validation)[top]
        seen.append(
            f"The {of} loss rises to {number(risen)} in epoch {top}, {number(rises[top])} times "
            "what it had been at its lowest."
        )
    if spiky:
        steep = int(spikes.idxmax())
        where = int(evidence.variation.loc[evidence.dense, steep].idxmax())
        seen.append(
            f"From step to step of epoch {steep} the norm of layer {where}'s gradient deviates by "
            f"{number(spikes[steep])} times its mean: a few steps are far steeper than the rest."
        )
    seen.append(
        f"A step changes the weights of layer {layer} by {number(largest)} times their size in the "
        f"mean of epoch {epoch}, where 0.001 is usual."
    )
    settings = evidence.settings
    rate = smaller_rate(
        evidence, f"the learning rate of {number(settings.learning_rate)} is too large"
    )
    remedies = fitting([rate, cosine(), batch_normalization(BETWEEN)], settings)
    return Finding("learning rate too large", tuple(seen), remedies)
