"""Faults of the steps, of too few images, too large, or too small, and of the loss they lead to."""

import numpy as np

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Remedy, Signs
from vanishing_gradients.analysis.diagnosis.wording import epochs, layers, number, percent
from vanishing_gradients.analysis.words import counted


def noisy(evidence: RunEvidence) -> Signs | None:
    """Look at how the loss's own gradient varies from batch to batch, and at how far steps go.

    Such steps follow the few images of their batch rather than the task. Noise that small steps
    average out is no fault: it is one where steps are larger than usual too.
    """
    noise = float(evidence.variation.loc[evidence.softmax].iloc[-1])
    largest = remedies.largest_update(evidence, -1)
    line = thresholds.NOISE_OF_LEARNERS if evidence.learns else thresholds.NOISE
    if not noise >= line or not largest > thresholds.LARGE_UPDATE:
        return None
    batch = evidence.config.batch_size
    seen = [
        f"Batches are of {counted(batch, 'image')}, and the norm of the loss's gradient deviates "
        f"from batch to batch by {number(noise)} times its mean, in epoch {evidence.epochs}.",
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
    smaller = max(thresholds.USUAL_UPDATE / largest, 1e-3)
    rate = remedies.rounded(evidence.config.learning_rate * smaller)
    more, slower = {"batch_size": max(64, 8 * batch)}, {"optimizer.learning_rate": rate}
    return seen, [
        Remedy("the mean over more images deviates less", more, remedies.BATCH_SIZE),
        Remedy("smaller steps average over many batches", slower, remedies.BATCH_SIZE),
    ]


def restless(evidence: RunEvidence) -> Signs | None:
    """Look, where steps are large, for a loss that jumps or starts above guessing, and for spikes.

    Two of the three signs are asked of a network that learns, one of another. The best rate is
    close to the largest that does not make the training criterion diverge (Bengio, 2012, section
    3.1.1, https://arxiv.org/abs/1206.5533): here the loss jumps, and stays finite all the same.
    """
    loss = evidence.curves["loss"].astype(float)
    if loss.isna().any():
        return None
    curves = {"training": loss, "test": evidence.curves["test_loss"].astype(float)}
    rising = {name: curve / curve.cummin() for name, curve in curves.items()}
    of = max(rising, key=lambda name: rising[name].max())
    rises = rising[of]
    jumps = bool(rises.max() >= thresholds.JUMP)
    high = bool(loss.iloc[0] >= thresholds.HIGH * evidence.guessing)
    ratios = evidence.updates.pivot(index="layer", columns="epoch", values="ratio")
    largest = float(ratios.max().max())
    spikes = evidence.variation.loc[evidence.dense].max()
    harmless = rising["training"].max() < thresholds.RISES and not high  # the loss only falls
    spiky = bool(spikes.max() >= thresholds.SPIKES) and not harmless
    needed = 2 if evidence.learns else 1
    if not largest > thresholds.LARGE_UPDATE or jumps + high + spiky < needed:
        return None
    layer, epoch = (int(each) for each in ratios.stack().idxmax())
    seen = [evidence.losses]
    if jumps:
        top = int(rises.idxmax())
        seen.append(
            f"The {of} loss rises to {number(curves[of][top])} in epoch {top}, "
            f"{number(rises[top])} times what it had been at its lowest."
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
    rate, norm = remedies.smaller_rate(evidence), remedies.batch_normalization()
    return seen, remedies.fitting(evidence, rate, remedies.COSINE, norm)


def slow(evidence: RunEvidence) -> Signs | None:
    """Add up what all steps can have done at most, for the layer that moves most."""
    ratios = evidence.updates.pivot(index="layer", columns="epoch", values="ratio")
    ratios = ratios.dropna(how="all")
    if ratios.empty or not ratios.to_numpy().max() > 0.0:
        return None
    means = ratios.mean(axis=1)
    layer, usual = int(means.idxmax()), float(means.max())
    reached = usual * evidence.steps
    if not (usual < thresholds.SMALL_UPDATE and reached < thresholds.REACHED):
        return None
    seen = [
        f"A step changes weights by {number(usual)} of their size, in the layer that moves most, "
        f"{layers([layer], evidence.names)}; 0.001 is usual.",
        f"All {evidence.steps:,} steps together can have moved them by {percent(reached)} at most.",
        f"The loss by epoch is {epochs(evidence.curves['loss'])}.",
    ]
    other = [] if evidence.config.adaptive else [remedies.ADAM]
    return seen, remedies.fitting(evidence, remedies.larger_rate(evidence, usual), *other)


LAST = 2
"""So many epochs at the end must all have the risen loss: one alone may be a stumble."""


def diverging(evidence: RunEvidence) -> Signs | None:
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
    elif loss.iloc[-1] >= thresholds.DIVERGED * start and loss.iloc[1:].min() > loss.iloc[0]:
        seen.append(
            f"The loss has grown to {number(loss.iloc[-1])}, from {number(loss.iloc[0])} in epoch "
            f"1: by epoch it is {epochs(loss)}."
        )
    if len(wild):
        seen.append(
            f"In epoch {int(wild.index[0])}, {int(wild.iloc[0]):,} values of gradients were not "
            "finite."
        )
    if not seen:
        return None
    flow = evidence.flow.iloc[:, 0].dropna()
    if len(flow):
        told = f"Until then layer {flow.idxmax()}'s gradient had a mean norm of"
        seen.append(f"{told} {number(flow.max())}.")
    largest = remedies.largest_update(evidence, 0)
    if largest is not None and not np.isnan(largest):
        seen.append(
            f"A step changed weights by {number(largest)} times their size in the mean of epoch 1, "
            "where 0.001 is usual."
        )
    found = [remedies.smaller_rate(evidence), remedies.batch_normalization()]
    if not evidence.config.adaptive:  # Adam does not feel clipping
        why = "clipping keeps one steep step from undoing all before it"
        found.insert(1, remedies.clipping(why, 1.0))
    return seen, remedies.fitting(evidence, *found)


def overfitted(evidence: RunEvidence) -> Signs | None:
    """Compare training with test images: accuracy at the end, and where the loss turned.

    Such a network has learned its training images by heart.
    """
    curves = evidence.curves
    last, loss = curves.iloc[-1], curves["test_loss"].astype(float)
    gap = last["accuracy"] - last["test_accuracy"]
    learned = 1.0 - last["loss"] / evidence.guessing
    risen = len(loss) > LAST and loss.iloc[-LAST:].min() >= thresholds.RISEN * loss.min()
    if not (learned >= thresholds.LEARNED and gap >= thresholds.OVERFITTED and risen):
        return None
    best = int(loss.idxmin())
    seen = [
        f"In epoch {evidence.epochs} the accuracy is {percent(last['accuracy'])} on training "
        f"images and {percent(last['test_accuracy'])} on test images.",
        f"The test loss was lowest in epoch {best}, {number(loss[best])}, and has risen to "
        f"{number(loss.iloc[-1])}.",
    ]
    return seen, [
        Remedy(f"stop after epoch {best}", {"epochs": best}, remedies.STOPPING),
        Remedy("dropout keeps neurons from relying on each other", {"dropout": 0.3},
               remedies.DROPOUT, "sigmoid_sgd_dropout"),
        Remedy("a penalty keeps weights small", {"penalties.weight_l2": 1e-4}, remedies.DECAY,
               "sigmoid_sgd_weight_decay"),
    ]  # fmt: skip
