"""Faults of size: hidden layers that are too narrow, or that have no non-linearity."""

from vanishing_gradients.analysis.diagnosis import remedies
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs
from vanishing_gradients.analysis.diagnosis.wording import layers, number

LINEAR = {"identity"}
FEWEST = 4
"""Neurons that are too few for any task of several outputs, where nothing is learned."""
ENOUGH = 64
"""Neurons of a hidden layer with which public networks on such images begin."""


def narrow(evidence: RunEvidence) -> Signs | None:
    """Look for hidden layers with fewer neurons than there are outputs, where all are dense.

    What such a layer does not let through no layer after it can restore; and of few ReLUs all may
    be off for an image (Lu, Shin, Su and Karniadakis, 2019, https://arxiv.org/abs/1903.06733).
    Weights that first steps have thrown out of place, or that let next to nothing through from the
    start, are other faults.
    """
    if evidence.layers.loc[evidence.dense, "kind"].nunique() != 1:
        return None  # a narrow layer among others may be meant to be narrow
    width = evidence.layers["width"]
    *hidden, last = evidence.dense
    widths, classes = [int(width[layer]) for layer in hidden], int(width[last])
    least = min(widths, default=classes)
    if evidence.watched:  # of whose outputs nobody knows that they are classes
        few = evidence.learns is False and least <= min(FEWEST, classes - 1)
    else:
        few = 2 * least <= classes or (
            least < classes and not evidence.learns and not evidence.still_falls
        )
    faint = evidence.vanishes_at_first and evidence.first_flow.iloc[0] > 0.0  # of 0, all are off
    if not few or evidence.overgrown is not None or faint:
        return None
    narrow_ones = [layer for layer in hidden if width[layer] < classes]
    seen = [
        f"There are {classes} outputs, and {layers(narrow_ones, evidence.names)} "
        f"{'has' if len(narrow_ones) == 1 else 'have'} fewer neurons, {least} in the narrowest.",
        evidence.losses,
    ]
    wider: dict[str, object] = {
        "hidden_widths": [width if width >= classes else ENOUGH for width in widths]
    }
    why = "as many neurons as classes and more leave every class a direction of its own"
    found = [Remedy(why, wider, remedies.CAPACITY), *remedies.leaky(evidence)]
    norm = "normalised values are above zero for about half the images"
    found.append(remedies.batch_normalization(norm))
    return Signs(seen, remedies.fitting(evidence, *found))


def linear(evidence: RunEvidence) -> Signs | None:
    """Look for hidden layers whose activations are all the identity.

    A product of matrices is a matrix (Goodfellow, Bengio and Courville, 2016, Deep Learning,
    section 6.1, https://www.deeplearningbook.org/contents/mlp.html).
    """
    if not evidence.config.activations or not evidence.config.activations <= LINEAR:
        return None
    last = evidence.curves.iloc[-1]
    seen = [
        f"The activations of all {len(evidence.activations)} hidden layers are the identity: "
        "together they are one matrix, and the network is a linear classifier, however deep.",
        f"Its training loss is {number(last['loss'])} in epoch {evidence.epochs}.",
    ]
    return Signs(seen, remedies.fitting(evidence, remedies.rectifier(evidence.config)))
