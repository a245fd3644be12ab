"""Judges of numbers that may be artefacts of storage: plain rows first, then stored ones."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import number, seeds, span
from vanishing_gradients.analysis.audit.verdict import Finding, Verdict

DECIMALS, FILLER = 6, 1e6  # the storage under which constants and infinities are looked for
DIGITS = 1e-8  # the paper prints ten digits
EPOCHS = (1, paper.EPOCHS)
NEAR_ONE = (0.5, 2.0)  # a factor of two either way


def stored_ratios(
    evidence: Evidence,
    experiment: str,
    dataset: str,
    layers: Iterable[int],
    decimals: int = DECIMALS,
    filler: float = FILLER,
    epochs: tuple[int, int] = EPOCHS,
) -> pd.DataFrame:
    """Return stored norms of layer + 1 over those of layer: epochs down, layers across.

    NaN where the denominator is zero, which the paper prints as Infinity.
    """
    layers = list(layers)
    needed = tuple(sorted({*layers, *(layer + 1 for layer in layers)}))
    norms = evidence.stored_norms(experiment, dataset, needed, decimals, filler, epochs)
    return pd.DataFrame(
        {layer: norms[layer + 1] / norms[layer].where(norms[layer] != 0) for layer in layers}
    )


def view_of(experiment: str, layers: Iterable[int], kind: str = "ratio") -> str:
    """Return the names of the views that show an artefact."""
    if kind == "norm":
        names = [f"{experiment}_layer_{layer}_stored_norm_avg" for layer in layers]
    else:
        names = [f"{experiment}_ratio_{layer + 1}_{layer}_stored_avg" for layer in layers]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def constant(experiment: str, table: int, layers: tuple[int, ...]):
    """Return the judge of columns that hold one number in all epochs."""

    def judge(evidence: Evidence, dataset: str) -> Finding:
        printed = float(paper.printed_ratios(table).loc[1, layers[0]])
        ratios = evidence.ratios(experiment, dataset)
        plain = ratios.loc[ratios["layer"].isin(layers), "ratio"]
        told = f"ours {span(plain)}, {seeds(ratios['seed'].nunique())}"
        if ((plain - printed).abs() <= DIGITS).all():
            return Finding(Verdict.REPRODUCED, told)
        stored = stored_ratios(evidence, experiment, dataset, layers)
        off = (stored - printed).abs().fillna(np.inf)
        largest = float(off.max().max())
        told += (
            f"; with {FILLER:,.0f} in the columns that a layer does not use, up to 128, "
            f"{stored.stack().mean():.9f} in all epochs, {number(largest)} off at most"
        )
        if largest <= DIGITS:
            return Finding(Verdict.ARTEFACT, told, view_of(experiment, layers))
        return Finding(Verdict.NOT_REPRODUCED, told)

    return judge


def infinite(experiment: str, layers: tuple[int, ...], epochs: tuple[int, int] = EPOCHS):
    """Return the judge of ratios that are printed as Infinity in `layers` and `epochs`."""

    def judge(evidence: Evidence, dataset: str) -> Finding:
        ratios = evidence.ratios(experiment, dataset)
        cells = ratios[ratios["layer"].isin(layers) & ratios["epoch"].between(*epochs)]
        zero = cells["denominator"] == 0
        told = f"{zero.sum()} of {len(cells)} plain ratios have a zero denominator; norms of "
        told += f"layers {layers[0]} to {layers[-1]} are {span(cells['denominator'])}"
        if zero.all():
            return Finding(Verdict.REPRODUCED, told)
        stored = evidence.stored_norms(experiment, dataset, layers, DECIMALS, 0.0, epochs)
        gone = int((stored == 0).sum().sum())
        told += f"; of gradients rounded to {DECIMALS} decimals {gone} of {stored.size} have one"
        if gone == stored.size:
            return Finding(Verdict.ARTEFACT, told, view_of(experiment, layers))
        return Finding(Verdict.NOT_REPRODUCED, told)

    return judge


def zero(experiment: str, layers: tuple[int, ...], epochs: tuple[int, int] = EPOCHS):
    """Return the judge of gradients that are said to be zero in `layers`, in all epochs."""

    def judge(evidence: Evidence, dataset: str) -> Finding:
        norms = evidence.norms(experiment, dataset)
        own = norms[norms["layer"].isin(layers) & norms["epoch"].between(*epochs)]
        zero = own["norm"] == 0
        told = f"{(~zero).sum()} of {len(own)} mean norms are not zero: {span(own['norm'])}"
        if zero.all():
            return Finding(Verdict.REPRODUCED, told)
        stored = evidence.stored_norms(experiment, dataset, layers, DECIMALS, 0.0, epochs)
        told += (
            f"; of gradients rounded to {DECIMALS} decimals the largest is "
            f"{number(float(stored.max().max()))}"
        )
        if bool((stored == 0).all(axis=None)):
            return Finding(Verdict.ARTEFACT, told, view_of(experiment, layers, "norm"))
        return Finding(Verdict.NOT_REPRODUCED, told)

    return judge


def all_ones(experiment: str, layers: tuple[int, ...]):
    """Return the judge of the sentence that ratios near one show a healthy flow of gradients."""

    def judge(evidence: Evidence, dataset: str) -> Finding:
        ratios = evidence.ratios(experiment, dataset)
        plain = ratios[ratios["layer"].isin(layers)]
        near = plain["ratio"].between(*NEAR_ONE)
        told = f"{near.sum()} of {len(plain)} plain ratios are within a factor of two of 1: "
        told += span(plain["ratio"])
        if near.mean() > 0.5:
            return Finding(Verdict.REPRODUCED, told)
        stored = stored_ratios(evidence, experiment, dataset, layers)
        told += f"; with {FILLER:,.0f} in unused columns all are {span(stored.stack())}"
        if bool(((stored >= NEAR_ONE[0]) & (stored <= NEAR_ONE[1])).all(axis=None)):
            return Finding(Verdict.ARTEFACT, told, view_of(experiment, layers))
        return Finding(Verdict.NOT_REPRODUCED, told)

    return judge
