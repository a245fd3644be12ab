"""Faults of what the file asks for: dropout, penalties or clipping, too much of it.

Each is looked for where the file asks for it, and the network has learned little.
"""

import math

import numpy as np

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent
from vanishing_gradients.analysis.words import counted

TRUE, BYTES = "true", "0..255"
GENTLE = 0.2
USUAL_PENALTY, USUAL_DECAY = 1e-4, 0.01


def mislabelled(evidence: RunEvidence) -> Signs | None:
    """Look for labels that the file asks to be none of the images' own."""
    labels = evidence.config.file.get("labels", TRUE)
    if labels == TRUE:
        return None
    last = evidence.curves.iloc[-1]
    seen = [
        f"Training images have {labels} labels, as the file asks, and test images their true ones: "
        "what is learned of the former says nothing about the latter.",
        f"The accuracy is {percent(last['accuracy'])} on training and "
        f"{percent(last['test_accuracy'])} on test images in epoch {evidence.epochs}.",
    ]
    true = Remedy("images with the labels that belong to them", {"labels": TRUE}, remedies.LABELS)
    return Signs(seen, [true])


def unscaled(evidence: RunEvidence) -> Signs | None:
    """Look for inputs of bytes as they are, where little is learned.

    Gradients of the first layer go with the size of its inputs, and so does the largest rate that
    it stands (LeCun, Bottou, Orr and Muller, 1998, Efficient BackProp, section 4.3,
    http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf).
    """
    inputs = evidence.config.file.get("inputs")
    if inputs != BYTES:
        return None
    seen = [
        f"Inputs are {inputs.replace('..', ' to ')}: the sums of the first layer, and the "
        "gradients of its weights, are a hundred times as large as with inputs of about 1.",
        evidence.losses,
    ]
    why = "the first layer's sums and gradients are then of the size that rates and weights suit"
    change: dict[str, object] = {"inputs": "standardised"}
    rate, usual = evidence.config.learning_rate, evidence.config.usual_rate
    if rate is not None and usual is not None and rate < remedies.LARGEST_STEP * usual:
        change["optimizer.learning_rate"] = remedies.rounded(remedies.LARGEST_STEP * usual)
        why += "; the rate may be larger then"
    return Signs(seen, [Remedy(why, change, remedies.INPUTS)])


def overdropped(evidence: RunEvidence) -> Signs | None:
    """Look at the rate, where neither training nor test images show that anything is learned.

    The rate is what the fault is: what it does to the gradients looks like many other faults.
    """
    rate = evidence.config.dropout
    if rate is None or rate <= thresholds.HIGH_DROPOUT:
        return None
    which = "a" if isinstance(evidence.config.file.get("dropout"), list) else "each"
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
    return Signs(seen, [
        Remedy("0.1 to 0.5 is usual in hidden layers", {"dropout": GENTLE}, remedies.DROPOUT,
               "sigmoid_sgd_dropout"),
        Remedy("a network that does not learn needs none", {"dropout": 0.0}, remedies.DROPOUT),
    ])  # fmt: skip


def normalised_over_few(evidence: RunEvidence) -> Signs | None:
    """Look for batch normalisation over so few samples that it takes away what they differ in.

    Tests then pass the means of all batches before, by which the outputs are others. Ioffe and
    Szegedy (2015), section 3, https://arxiv.org/abs/1502.03167
    """
    config = evidence.config
    few = config.batch_size is not None and config.batch_size < thresholds.FEW_TO_NORMALISE
    if not config.batch_normalized or not few:
        return None
    last = evidence.curves.iloc[-1]
    apart = last["test_loss"] / last["loss"] if last["loss"] > 0.0 else math.nan
    if evidence.learns and not apart >= thresholds.TELLS_APART:
        return None
    assert config.batch_size is not None, "it is few"
    left = "the shift alone, and no gradient passes it"
    if config.batch_size > 1:
        left = "little but the shift and the sign"
    seen = [
        f"Each hidden layer is normalised over batches of "
        f"{counted(config.batch_size, evidence.sample)}: what comes out of it is {left}.",
        f"{evidence.losses} On test {evidence.samples}, which pass the means of all batches "
        f"before, it is {number(last['test_loss'])} at the end.",
    ]
    why = "the mean and the deviation over a batch need many samples"
    other = Remedy("each sample is normalised by itself, over the neurons of the layer",
                   {"normalization": "layer"}, remedies.LAYER_NORM)  # fmt: skip
    return Signs(seen, [remedies.larger_batches(evidence, why), other])


def overregularised(evidence: RunEvidence) -> Signs | None:
    """Compare weights at the end with what they were at first, where something pulls at them."""
    pulls = evidence.config.weight_pulls
    left = evidence.relative_sizes(-1).dropna()
    shrunk = list(left.index[left < thresholds.SHRUNK])
    if not pulls or not shrunk:
        return None
    few = 2 * len(shrunk) < len(left)
    if few and left.min() >= thresholds.SHRUNK / 2:
        return None  # one layer alone is enough only where next to nothing is left of it
    worst, sizes = int(left.idxmin()), evidence.sizes(-1)
    named = " and ".join(f"{key} = {number(value)}" for key, value in pulls.items())
    seen = [
        f"The weights of {layers(shrunk, evidence.names)} have collapsed under {named}: those of "
        f"{evidence.named(worst)} to {percent(left[worst])} of their initial size, "
        f"{number(sizes[worst])} in root mean square in epoch {evidence.epochs}."
    ]
    usual = {key: USUAL_DECAY if key.endswith("decay") else USUAL_PENALTY for key in pulls}
    return Signs(seen, [
        Remedy("weaker by orders of magnitude, as is usual", usual, remedies.DECAY,
               "sigmoid_sgd_weight_decay"),
        Remedy("none at all, until the network learns", dict.fromkeys(pulls, 0.0), remedies.DECAY),
    ])  # fmt: skip


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
    return Signs(seen, [wider, *remedies.fitting(evidence, *others)])
