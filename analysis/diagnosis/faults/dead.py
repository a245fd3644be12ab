"""Rectifiers that are off for every image: no gradient reaches their weights, and none ever will.

Lu, Shin, Su and Karniadakis (2019), Dying ReLU and Initialization, https://arxiv.org/abs/1903.06733
"""

import pandas as pd

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding
from vanishing_gradients.analysis.diagnosis.remedies import (
    batch_normalization,
    fitting,
    initialization,
    leaky,
    smaller_rate,
)
from vanishing_gradients.analysis.diagnosis.settings import ONE_SIDED
from vanishing_gradients.analysis.diagnosis.thresholds import DEAD, LARGE_UPDATE, LEARNED, VANISHING
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent


def judge(evidence: Evidence) -> Finding | None:
    """Look at the neurons whose slope is 0, or next to it, for every image of the last epoch.

    A gradient of 0 alone says less: below a dead layer all gradients are 0, whoever is alive.
    """
    if evidence.learned >= LEARNED:
        return None
    frame = evidence.of_epoch(evidence.neurons, -1)
    frame = frame.loc[[evidence.kinds[layer] in ONE_SIDED for layer in frame.index]]
    dead = (frame["saturated_neurons"] / frame["width"]).dropna()
    if dead.empty or not dead.max() >= DEAD:
        return None
    worst, counts = int(dead.idxmax()), frame["saturated_neurons"].astype(int)
    seen = [
        f"{counts[worst]} of the {frame['width'][worst]} neurons of "
        f"{layers([worst], evidence.names)} are off for every image in epoch {evidence.epochs}"
        + (f"; in epoch 1 it was {_at_first(evidence, worst)}." if evidence.epochs > 1 else "."),
    ]
    mostly = [int(layer) for layer in dead.index[dead >= DEAD]]
    if len(mostly) > 1:
        shares = ", ".join(percent(dead[layer]) for layer in mostly[:6])
        seen.append(f"Most are off in {layers(mostly, evidence.names)}: {shares}.")
    seen += _silence(evidence)
    settings, first = evidence.settings, evidence.of_epoch(evidence.updates, 0)["ratio"]
    small = _small_signal(evidence)
    large = first.max() > LARGE_UPDATE and small is None
    seen += [small] if small else []
    if large:
        seen.append(
            f"In epoch 1 a step changed the weights of layer {int(first.idxmax())} by "
            f"{number(first.max())} times their size, where 0.001 is usual: neurons die of steps "
            "that throw them below zero."
        )
    weights = initialization(settings, "weights of this size keep about half the neurons on")
    norm = batch_normalization("normalised values are above zero for about half the images")
    rate = smaller_rate(evidence, "smaller steps do not throw neurons below zero")
    own = [leaky()] if "relu" in settings.activations else []
    if small:  # no slope and no step mends what does not arrive
        remedies = [weights, norm]
    else:
        remedies = [rate, weights, norm, *own] if large else [weights, norm, *own, rate]
    return Finding("dead neurons", tuple(seen), fitting(remedies, settings))


def _at_first(evidence: Evidence, layer: int) -> str:
    frame: pd.DataFrame = evidence.of_epoch(evidence.neurons, 0)
    return f"{int(frame['saturated_neurons'][layer])}"


def _small_signal(evidence: Evidence) -> str | None:
    """Say that nothing went through the initial weights already: what dies then dies of biases."""
    flow = evidence.first_flow.dropna()
    if len(flow) < 2 or not flow.iloc[0] <= VANISHING * flow.iloc[-1]:
        return None
    first, last = (int(flow.index[place]) for place in (0, -1))
    return (
        f"Already in the first step the norm of the gradient is {number(flow[last])} in layer "
        f"{last} and {number(flow[first])} in layer {first}: through the initial weights next to "
        "nothing passes, and biases alone decide who is on."
    )


def _silence(evidence: Evidence) -> list[str]:
    """Say from which layer down, and since when, no gradient came at all, if so."""
    zero = evidence.flow.eq(0.0)
    silent = [int(layer) for layer in zero.index[zero.iloc[:, -1]]]
    if not silent:
        return []
    since = zero.loc[silent].all()
    last = max((epoch for epoch in since.index if not since[epoch]), default=0)
    return [f"From epoch {last + 1} on all gradients from layer {max(silent)} down are exactly 0."]
