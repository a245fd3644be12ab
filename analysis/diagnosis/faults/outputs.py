"""Faults of the output and its loss: saturated, or a loss that tells the network too little."""

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs
from vanishing_gradients.analysis.diagnosis.wording import number


def saturated(evidence: RunEvidence) -> Signs | None:
    """Look for a gradient of the loss that has faded while the loss has not.

    LeCun, Bottou, Orr and Muller (1998), Efficient BackProp, section 4.5,
    http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf
    """
    if not evidence.stalled <= thresholds.STALLED:
        return None
    assert evidence.loss_layer is not None, "it has a gradient"
    first = float(evidence.first_flow[evidence.loss_layer])
    seen = [
        f"The norm of the loss's gradient, at {evidence.named(evidence.loss_layer)}, is "
        f"{number(first)} in the first step and {number(first * evidence.stalled)} in the last "
        "epoch: the outputs are sure of themselves and wrong, where their slope is next to 0.",
        evidence.losses,
    ]
    if evidence.overgrown is not None:
        seen.append(f"{evidence.grew}.")
    suited = remedies.suited_loss(evidence)
    if remedies.is_too_fast(evidence):
        cause = f"{remedies.rate_in_words(evidence)} is too large"
        why = "smaller steps do not throw the outputs where they are flat"
        found = [remedies.smaller_rate(evidence, why), *suited]
        return Signs(seen, remedies.fitting(evidence, *found), cause)
    why = "smaller weights leave the outputs unsure at first"
    found = [*suited, remedies.initialization(evidence, why)]
    cause = "of the squared error" if suited else ""
    return Signs(seen, remedies.fitting(evidence, *found), cause)


def unsuited(evidence: RunEvidence) -> Signs | None:
    """Look for a squared error, or a softmax in a watched model, where little is learned.

    A class that is surely wrong costs 1 at most, and its gradient fades (Goodfellow, Bengio and
    Courville, 2016, Deep Learning, section 6.2.2,
    https://www.deeplearningbook.org/contents/mlp.html).
    """
    if evidence.watched:
        return _softmax_in_the_model(evidence)
    if not evidence.config.squared_error:
        return None
    outputs = evidence.config.file.get("output", "softmax")
    seen = [
        f"The loss is the mean squared error of {outputs} outputs: whatever they say, it is small, "
        "and so are its gradients; they fade where outputs are surely wrong.",
        evidence.losses,
    ]
    updates = evidence.updates
    if updates is not None:
        ratios = evidence.of_epoch(updates, -1)["ratio"].dropna()
        if len(ratios) and ratios.max() < thresholds.SMALL_UPDATE:
            seen.append(
                f"A step changes weights by {number(ratios.max())} of their size at most, in the "
                f"last epoch; {number(thresholds.USUAL_UPDATE)} is usual."
            )
    return Signs(seen, remedies.suited_loss(evidence))


def _softmax_in_the_model(evidence: RunEvidence) -> Signs | None:
    """Look for a model that ends with a softmax: losses of PyTorch expect what goes into it.

    Two softmaxes, or a squared error behind one, leave next to nothing of the gradient.
    """
    layers = evidence.layers[evidence.layers["kind"] != "output"]
    if evidence.learns is not False or layers.empty or layers["kind"].iloc[-1] != "softmax":
        return None
    last = int(layers.index[-1])
    seen = [
        f"The model ends with a softmax, {evidence.named(last)}: nn.CrossEntropyLoss expects what "
        "goes into it, and a squared error behind it has gradients that fade where outputs are "
        "surely wrong.",
        evidence.losses,
    ]
    why = "the loss has a softmax of its own, and a gradient that is largest where that is wrong"
    return Signs(seen, [Remedy(why, {"loss": "cross_entropy"}, remedies.CROSS_ENTROPY)])
