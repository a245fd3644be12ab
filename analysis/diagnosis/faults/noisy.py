"""Steps that follow the few images of their batch rather than the task."""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.remedies import (
    BATCH,
    BATCH_SIZE,
    largest_update,
    rounded,
)
from vanishing_gradients.analysis.diagnosis.thresholds import (
    LARGE_UPDATE,
    LEARNED,
    NOISE,
    NOISE_OF_LEARNERS,
    USUAL_UPDATE,
)
from vanishing_gradients.analysis.diagnosis.wording import number


def judge(evidence: Evidence) -> Finding | None:
    """Look at how the loss's own gradient varies from batch to batch, and at how far steps go.

    Noise that small steps average out is no fault: it is one where steps are larger than usual too.
    """
    noise = float(evidence.variation.loc[evidence.softmax].iloc[-1])
    largest = largest_update(evidence, -1)
    line = NOISE_OF_LEARNERS if evidence.learned >= LEARNED else NOISE
    if not noise >= line or not largest > LARGE_UPDATE:
        return None
    batch = evidence.settings.batch_size
    seen = [
        f"Batches are of {batch} image{'s' if batch > 1 else ''}, and the norm of the loss's "
        f"gradient deviates from batch to batch by {number(noise)} times its mean, in epoch "
        f"{evidence.epochs}.",
        f"Each step, all the same, moves weights by up to {number(largest)} of their size; what "
        "one learns the next undoes.",
    ]
    if evidence.noise_scale is not None:
        scale = evidence.noise_scale
        seen.append(
            f"The noise scale of layer {evidence.dense[-1]} is {number(scale)} images: of smaller "
            "batches' gradients most is noise."
            if scale == scale
            else f"In layer {evidence.dense[-1]} no common gradient can be told from the noise."
        )
    rate = rounded(evidence.settings.learning_rate * max(USUAL_UPDATE / largest, 1e-3))
    larger = max(BATCH, 8 * batch)
    remedies = [
        Remedy("the mean over more images deviates less", {"batch_size": larger}, BATCH_SIZE),
        Remedy("smaller steps average over many batches", {"optimizer.learning_rate": rate},
               BATCH_SIZE),
    ]  # fmt: skip
    return Finding("gradient noise above the signal", tuple(seen), tuple(remedies))
