"""The numbers by which a run is healthy, or by which one has to go on looking."""

import pandas as pd

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.settings import BOUNDED
from vanishing_gradients.analysis.diagnosis.wording import layers, number, percent

STILL_FALLING = 0.02
"""A loss that has lost this part of itself in the last epoch has not come to rest."""


def numbers(evidence: Evidence) -> list[str]:
    """Return a sentence each about learning, gradients, steps, neurons, and noise."""
    found = [learning(evidence), _gradients(evidence), _steps(evidence), _neurons(evidence)]
    noise = evidence.variation.loc[evidence.softmax].iloc[-1]
    if pd.notna(noise):
        found.append(
            f"From batch to batch the norm of the loss's gradient deviates by {number(noise)} "
            f"times its mean, with {evidence.settings.batch_size} images a batch{_scale(evidence)}."
        )
    return [sentence for sentence in found if sentence]


def learning(evidence: Evidence) -> str:
    """Return what became of loss and accuracy."""
    curves = evidence.curves
    first, last = curves.iloc[0], curves.iloc[-1]
    return (
        f"The loss is {number(first['loss'])} in epoch 1 and {number(last['loss'])} in epoch "
        f"{evidence.epochs}, where guessing costs {number(evidence.guessing)}; the accuracy at the "
        f"end {percent(last['accuracy'])} on training and "
        f"{percent(last['test_accuracy'])} on validation images."
    )


def falling(evidence: Evidence) -> bool:
    """Return whether the loss still fell in the last epoch."""
    loss = evidence.curves["loss"].astype(float)
    return len(loss) > 1 and bool(loss.iloc[-1] < (1.0 - STILL_FALLING) * loss.iloc[-2])


def _gradients(evidence: Evidence) -> str:
    flow = evidence.flow.iloc[:, -1].dropna()
    if len(flow) < 2 or not flow.iloc[-1] > 0.0:
        return ""
    first, last = (int(flow.index[place]) for place in (0, -1))
    return (
        f"Gradients get through: their norm is {number(flow[last])} in "
        f"{layers([last], evidence.names)} and {number(flow[first])} in "
        f"{layers([first], evidence.names)}, {number(flow[first] / flow[last])} times that."
    )


def _steps(evidence: Evidence) -> str:
    if evidence.updates is None:
        return ""
    ratios = evidence.of_epoch(evidence.updates, -1)["ratio"].dropna()
    if ratios.empty:
        return ""
    least, most = int(ratios.idxmin()), int(ratios.idxmax())
    return (
        f"A step changes weights by {number(ratios[least])} (layer {least}) to "
        f"{number(ratios[most])} (layer {most}) of their size in the last epoch; about 0.001 is "
        "usual."
    )


def _neurons(evidence: Evidence) -> str:
    if evidence.neurons is None or evidence.neurons.empty:
        return ""
    frame = evidence.of_epoch(evidence.neurons, -1)
    dead = frame["dead"] / frame["width"]
    parts = [f"Dead are {_most(dead, 'neurons')}" if dead.any() else "No neuron is dead"]
    flat = frame.loc[[evidence.kinds[each] in BOUNDED for each in frame.index], "saturated"]
    if flat.notna().any():
        flat = flat.fillna(0.0)
        parts.append(f"saturated are {_most(flat, 'values')}" if flat.any() else "none saturated")
    return "; ".join(parts) + "."


def _most(shares: pd.Series, of: str) -> str:
    worst = int(shares.idxmax())
    others = ", and fewer elsewhere" if len(shares) > 1 else ""
    return f"{percent(shares[worst])} of the {of} of layer {worst}{others}"


def _scale(evidence: Evidence) -> str:
    if evidence.noise_scale is None:
        return ""
    scale = evidence.noise_scale
    layer = evidence.dense[-1]
    if pd.isna(scale):
        return f"; in layer {layer} no common gradient can be told from that noise"
    return f"; the noise scale of layer {layer} is {number(scale)} images"
