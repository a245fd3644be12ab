"""Faults of the steps, of too few images, too large, or too small, and of the loss they lead to."""

from dataclasses import replace

import numpy as np

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Signs
from vanishing_gradients.analysis.diagnosis.wording import epochs, layers, number, percent
from vanishing_gradients.analysis.words import counted


def noisy(evidence: RunEvidence) -> Signs | None:
    """Look at how the loss's own gradient varies from batch to batch, and at how far steps go.

    Such steps follow the few images of their batch rather than the task. Noise that small steps
    average out is no fault: it is one where steps are larger than usual too.
    """
    assert evidence.loss_layer is not None, "it is asked where the loss function is known"
    noise = float(evidence.variation.loc[evidence.loss_layer].iloc[-1])
    largest = remedies.largest_update(evidence, -1)
    line = thresholds.NOISE_OF_LEARNERS if evidence.learns else thresholds.NOISE
    batch = evidence.config.batch_size
    assert batch is not None, "it is that of the trainer's"
    few = batch <= thresholds.SMALL_BATCH
    if not few or not noise >= line or not largest > thresholds.LARGE_UPDATE:
        return None
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
    slower = remedies.smaller_rate(evidence, "smaller steps average over many batches")
    more = remedies.larger_batches(evidence, "the mean over more images deviates less")
    found = [more, replace(slower, source=remedies.BATCH_SIZE)]
    cause = f"batches of {counted(batch, 'image')} are too few for {remedies.the_rate(evidence)}"
    return Signs(seen, found, cause)


def restless(evidence: RunEvidence) -> Signs | None:
    """Look, where steps are large, for a loss that jumps or starts above guessing, and for spikes.

    Two of the three signs are asked of a network that learns, one of another. The best rate is
    close to the largest that does not make the training criterion diverge (Bengio, 2012, section
    3.1.1, https://arxiv.org/abs/1206.5533): here the loss jumps, and stays finite all the same.
    """
    loss = evidence.curves["loss"].astype(float)
    if loss.isna().any() or (evidence.guessing is None and not loss.min() > 0.0):
        return None
    curves = {"training": loss, "test": evidence.curves["test_loss"].astype(float)}
    rising = {name: curve / curve.cummin() for name, curve in curves.items()}
    of = max(rising, key=lambda name: rising[name].fillna(0.0).max())
    rises = rising[of]
    jumps = bool(rises.max() >= thresholds.JUMP)
    guessing = evidence.guessing
    high = guessing is not None and bool(loss.iloc[0] >= thresholds.HIGH * guessing)
    ratios = evidence.updates.pivot(index="layer", columns="epoch", values="ratio")
    largest = float(ratios.max().max())
    varied = evidence.variation.reindex(evidence.dense)
    spikes = varied.max()
    harmless = rising["training"].max() < thresholds.RISES and not high  # the loss only falls
    spiky = bool(spikes.max() >= thresholds.SPIKES) and not harmless
    grown = evidence.overgrown is not None
    needed = 1 if evidence.learns is False else 2
    signs = jumps + high + spiky
    if not evidence.learns:  # a network that learns stands its rate, whatever is usual
        signs += grown + (remedies.is_high(evidence.config) and not evidence.vanishes_at_first)
    if not (largest > thresholds.LARGE_UPDATE or grown) or signs < needed:
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
        where = int(varied[steep].idxmax())
        seen.append(
            f"From step to step of epoch {steep} the norm of the gradient of "
            f"{evidence.named(where)} deviates by "
            f"{number(spikes[steep])} times its mean: a few steps are far steeper than the rest."
        )
    if grown:
        seen.append(f"{evidence.grew}.")
    seen.append(
        f"A step changes the weights of {evidence.named(layer)} by {number(largest)} times their "
        f"size in the mean of epoch {epoch}, where 0.001 is usual."
    )
    found = [remedies.smaller_rate(evidence), remedies.batch_normalization()]
    if evidence.learns:
        found.insert(1, remedies.COSINE)
    return Signs(seen, remedies.fitting(evidence, *found))


def slow(evidence: RunEvidence) -> Signs | None:
    """Add up what all steps can have done at most, for the layer that moves most."""
    ratios = evidence.updates.pivot(index="layer", columns="epoch", values="ratio")
    ratios = ratios.dropna(how="all")
    if ratios.empty or not ratios.to_numpy().max() > 0.0:
        return None
    means = ratios.mean(axis=1)
    layer, usual = int(means.idxmax()), float(means.max())
    reached = usual * evidence.steps
    losses = f"The loss by epoch is {epochs(evidence.curves['loss'])}."
    if not (usual < thresholds.SMALL_UPDATE and reached < thresholds.REACHED):
        return None
    seen = [
        f"A step changes weights by {number(usual)} of their size, in the layer that moves most, "
        f"{layers([layer], evidence.names)}; 0.001 is usual.",
        f"All {evidence.steps:,} steps together can have moved them by {percent(reached)} at most.",
        losses if evidence.guessing is not None else evidence.losses,
    ]
    other = [] if evidence.config.adaptive else [remedies.ADAM]
    found = [remedies.larger_rate(evidence, usual), *other]
    return Signs(seen, remedies.fitting(evidence, *found))


def diverging(evidence: RunEvidence) -> Signs | None:
    """Look at the training loss, and for gradients that were not finite.

    A finite loss diverges where it rises from the first epoch on; one that was lower in between
    jumps, which is another fault.
    """
    loss = evidence.curves["loss"].astype(float)
    wild = evidence.non_finite[evidence.non_finite > 0]
    if evidence.guessing is None:  # nobody may have told what is missing
        loss = loss.dropna()
    lost = loss.index[loss.isna()]
    start = np.inf if loss.empty else max(float(loss.iloc[0]), evidence.guessing or 0.0)
    start = start if start > 0.0 else np.inf
    seen = []
    if len(lost):
        seen.append(f"The loss is no longer finite from epoch {lost[0]} on.")
    elif (
        len(loss)
        and loss.iloc[-1] >= thresholds.DIVERGED * start
        and loss.iloc[1:].min() > loss.iloc[0]
    ):
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
    flow = evidence.flow.iloc[:, 0].dropna() if evidence.flow.size else evidence.first_flow
    if len(flow):
        told = f"Until then the gradient of {evidence.named(int(flow.idxmax()))} had a mean norm of"
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
    cause = f"{remedies.rate_in_words(evidence)} is too large"
    return Signs(seen, remedies.fitting(evidence, *found), cause)
