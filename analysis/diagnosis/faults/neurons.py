"""Faults of neurons: all of a layer the same, or where the activation lets no gradient through."""

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.diagnosis import remedies, thresholds
from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.remedies import Signs
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent

LARGE = 3.0
"""Weights this many times as large as Glorot's, or as at first, are called too large."""


def symmetric(evidence: RunEvidence) -> Signs | None:
    """Compare the neurons of each activation by their gradients of the first epoch.

    Neurons that are all the same stay so, since all get the same gradient: the initial parameters
    must "break symmetry" between units (Goodfellow, Bengio and Courville, 2016, Deep Learning,
    section 8.4, https://www.deeplearningbook.org/contents/optimization.html). Weights that are all
    0 are equal too; no gradient gets through them, and none can be compared.
    """
    frame = evidence.of_epoch(evidence.neurons, 0)
    frame = frame[frame["width"] > 1]
    spread = (frame["largest"] - frame["least"]) / frame["mean"].where(frame["mean"] > 0.0)
    given = evidence.config.initialization
    nought = len(evidence.initial_sizes) > 0 and bool(evidence.initial_sizes.eq(0.0).all())
    constant, value = given["kind"] == "constant" or nought, number(given.get("value", 0.0))
    # Rounding drives equal neurons apart in single precision; that does not make them different.
    equal = evidence.config.starts_equal & (frame["mean"] > 0.0)
    same = list(spread.index[(spread <= thresholds.SAME) | equal])
    silent = list(frame.index[frame["mean"] == 0.0]) if constant else []
    seen = []
    if same:
        layer = same[0]
        width, mean = int(frame["width"][layer]), frame["mean"][layer]
        alike = spread[layer] <= thresholds.SAME
        how = "the same gradient" if alike else "gradients that only rounding tells apart"
        seen.append(
            f"All {width} neurons of {layers([layer], evidence.names)} get {how} in "
            f"epoch {int(frame['epoch'][layer])}, of mean size {number(mean)} each, with a spread "
            f"of {number(spread[layer])}: they are one neuron, {width} times."
        )
        if len(same) > 1:
            seen.append(f"So it is in {layers(same, evidence.names)}.")
        if constant:
            seen.append(f"All weights start as {value}.")
    elif silent:
        seen.append(
            f"All weights start as {value}, and through {layers(silent, evidence.names)} no "
            "gradient comes at all."
        )
    else:
        return None
    why = "random weights make neurons differ, at a size that keeps the signal's"
    cause = "all weights start with the same value" if constant else ""
    return Signs(seen, remedies.fitting(evidence, remedies.initialization(evidence, why)), cause)


def saturated(evidence: RunEvidence) -> Signs | None:
    """Look at how much of the hidden layers lies where the slope is below 1 % of its largest.

    Glorot and Bengio (2010), section 3, https://proceedings.mlr.press/v9/glorot10a.html
    """
    frame = evidence.flat("both", evidence.of_epoch(evidence.neurons, -1))
    if frame.empty:
        return None
    overall = (frame["saturated"] * frame["width"]).sum() / frame["width"].sum()
    # One layer is enough, whatever the mean says, unless nothing reached those below it anyway.
    alone = (
        frame["saturated"].max() >= thresholds.SATURATED_LAYER and not evidence.vanishes_at_first
    )
    if not (overall >= thresholds.SATURATED or alone):
        return None
    if remedies.is_low(evidence) and overall < thresholds.SATURATED_LAYER:
        return None  # larger steps would move what is not saturated
    worst, first = int(frame["saturated"].idxmax()), evidence.of_epoch(evidence.neurons, 0)
    seen = [
        f"{percent(overall)} of all values in the hidden layers lie where "
        f"{' and '.join(evidence.flat_kinds('both'))} is flat, most in "
        f"{layers([worst], evidence.names)}: {percent(frame['saturated'][worst])} in epoch "
        f"{evidence.epochs}, {percent(first['saturated'][worst])} in epoch 1."
    ]
    flat = list(frame.index[frame["saturated"] >= thresholds.SATURATED])
    if len(flat) > 1:
        seen.append(f"It is more than half in {layers(flat, evidence.names)}.")
    why = "weights of the right size keep values where it is steep"
    weights = remedies.initialization(evidence, why)
    sizes = evidence.layers.loc[evidence.dense[:-1]].query("kind == 'dense'")
    glorot = np.sqrt(2.0 / (sizes["rows_per_step"] + sizes["width"]))  # their equation 12
    at_first = (evidence.initial_sizes[sizes.index] / glorot).dropna()
    grown = evidence.relative_sizes(-1).dropna()
    if len(at_first) and at_first.max() > LARGE:
        seen.append(
            f"The weights of {evidence.named(int(at_first.idxmax()))} start "
            f"{number(at_first.max())} times as large as Glorot's."
        )
        found = [weights, remedies.rectifier(evidence.config)]
        cause = "the initial weights are too large"
        return Signs(seen, remedies.fitting(evidence, *found), cause)
    if len(grown) and grown.max() > LARGE:
        seen.append(
            f"The weights of {evidence.named(int(grown.idxmax()))} have grown to "
            f"{number(grown.max())} times their initial size."
        )
    why = "smaller steps leave weights near the size they start with"
    norm = "normalised values lie around zero, where the slope is largest"
    rate, norms = remedies.smaller_rate(evidence, why), remedies.batch_normalization(norm)
    cause = ""
    if remedies.is_too_fast(evidence) or (len(grown) and grown.max() > LARGE):
        cause = f"{remedies.rate_in_words(evidence)} is too large"
    return Signs(seen, remedies.fitting(evidence, rate, norms, weights), cause)


def dead(evidence: RunEvidence) -> Signs | None:
    """Look at the rectifiers whose slope is 0, or next to it, for every image of the last epoch.

    No gradient reaches their weights, and none ever will (Lu, Shin, Su and Karniadakis, 2019, Dying
    ReLU and Initialization, https://arxiv.org/abs/1903.06733). A gradient of 0 alone says less:
    below a dead layer all gradients are 0, whoever is alive.
    """
    frame = evidence.flat("below", evidence.of_epoch(evidence.neurons, -1))
    share = (frame["saturated_neurons"] / frame["width"]).dropna()
    if share.empty or not share.max() >= thresholds.DEAD:
        return None
    worst, counts = int(share.idxmax()), frame["saturated_neurons"].astype(int)
    first = evidence.of_epoch(evidence.neurons, 0)["saturated_neurons"]
    seen = [
        f"{counts[worst]} of the {frame['width'][worst]} neurons of "
        f"{layers([worst], evidence.names)} are off for every {evidence.sample} in epoch "
        f"{evidence.epochs}"
        + (f"; in epoch 1 it was {int(first[worst])}." if evidence.epochs > 1 else ".")
    ]
    mostly = list(share.index[share >= thresholds.DEAD])
    if len(mostly) > 1:
        shares = ", ".join(percent(share[layer]) for layer in mostly[:6])
        seen.append(f"Most are off in {layers(mostly, evidence.names)}: {shares}.")
    seen += _silence(evidence)
    ratios = evidence.of_epoch(evidence.updates, 0)["ratio"]
    small = _small_signal(evidence)
    large = remedies.is_too_fast(evidence) and not small
    seen += small
    if large and evidence.overgrown is not None:
        seen.append(f"{evidence.grew}: neurons die of steps that throw them below zero.")
    elif large:
        seen.append(
            f"In epoch 1 a step changed the weights of {evidence.named(int(ratios.idxmax()))} by "
            f"{number(ratios.max())} times their size, where 0.001 is usual: neurons die of steps "
            "that throw them below zero."
        )
    why = "weights of this size keep about half the neurons on"
    found = [remedies.initialization(evidence, why)]
    bias = evidence.config.file.get("initial_bias")
    if bias is not None and bias < 0.0 and counts.sum() and first.max() >= counts.max():
        found.insert(0, remedies.biases(bias))
        return Signs(
            seen, remedies.fitting(evidence, *found), f"all biases start at {number(bias)}"
        )
    why = f"normalised values are above zero for about half the {evidence.samples}"
    found.append(remedies.batch_normalization(why))
    if not small:  # else no slope and no step mends what does not arrive
        found += remedies.leaky(evidence)
        rate = remedies.smaller_rate(evidence, "smaller steps do not throw neurons below zero")
        found.insert(0 if large else len(found), rate)
    cause = "the initial weights are too small" if small else ""
    if large:
        cause = f"{remedies.rate_in_words(evidence)} is too large"
    return Signs(seen, remedies.fitting(evidence, *found), cause)


def _small_signal(evidence: RunEvidence) -> list[str]:
    """Say that nothing went through the initial weights already: what dies then dies of biases."""
    if not evidence.vanishes_at_first:
        return []
    flow = evidence.first_flow.dropna()
    first, last = flow.index[[0, -1]]
    return [
        f"Already in the first step the norm of the gradient is {number(flow[last])} in "
        f"{evidence.named(last)} and {number(flow[first])} in {evidence.named(first)}: through the "
        "initial weights next to "
        "nothing passes, and biases alone decide who is on."
    ]


def _silence(evidence: RunEvidence) -> list[str]:
    """Say from which layer down, and since when, no gradient came at all, if so."""
    zero: pd.DataFrame = evidence.flow.eq(0.0)
    silent = zero.index[zero.iloc[:, -1]]
    if silent.empty:
        return []
    since = zero.loc[silent].all()
    last = max(since.index[~since], default=0)
    return [f"From epoch {last + 1} on all gradients from layer {max(silent)} down are exactly 0."]
