"""Tests for numbers that may be artefacts of storage: plain rows first, then stored ones.

One storage is tried for all tables: six decimals kept, and 1e5 in the columns up to 128 that a
layer does not use. It makes Table 11 and most of Table 10; Table 8 shows its decimals but not its
constant, and Figure 8's COALESCE(..., 0) suggests NULL, not a constant, in unused columns.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import cells, number, seeds, span, within

DECIMALS, FILLER = 6, 1e5
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

    NaN if the denominator is zero, which the paper prints as Infinity.
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


def constant(
    evidence: Evidence,
    experiment: str,
    dataset: str,
    table: int,
    columns: Mapping[tuple[int, ...], str],
) -> Finding:
    """Test columns of a table that hold one number each, in all epochs: layers -> the number."""
    layers = sorted(layer for group in columns for layer in group)
    printed = pd.Series(
        {layer: float(paper.printed_ratios(table).loc[1, layer]) for layer in layers}
    )
    plain = cells(evidence.ratios(experiment, dataset), "ratio", layers)
    off = (plain - printed.reindex(plain.columns.get_level_values("layer")).to_numpy()).abs()
    told = f"ours are {span(plain)}, {seeds(len(plain))}"
    if (off <= DIGITS).all(axis=None):
        return Finding.reproduced_if(True, told)
    stored = stored_ratios(evidence, experiment, dataset, layers)
    largest = float((stored - printed).abs().fillna(np.inf).max(axis=None))
    means = ", ".join(f"{stored[group[0]].mean():.9f}" for group in columns)
    told += (
        f"; with {FILLER:,.0f} in the columns that a layer does not use, up to 128, they are "
        f"{means} in all epochs, {number(largest)} off at most"
    )
    return Finding.artefact_if(largest <= DIGITS, told, view_of(experiment, layers))


def infinite(
    evidence: Evidence,
    experiment: str,
    dataset: str,
    layers: tuple[int, ...],
    epochs: tuple[int, int] = EPOCHS,
) -> Finding:
    """Test ratios printed as Infinity in `layers`, between two epochs."""
    ratios = evidence.ratios(experiment, dataset)
    denominators = cells(ratios, "denominator", layers, range(epochs[0], epochs[1] + 1))
    zero = denominators == 0
    told = f"{zero.to_numpy().sum()} of {zero.size} plain ratios have a zero denominator; norms of "
    told += f"layers {layers[0]} to {layers[-1]} are {span(denominators)}"
    if zero.all(axis=None):
        return Finding.reproduced_if(True, told)
    stored = evidence.stored_norms(experiment, dataset, layers, DECIMALS, 0.0, epochs)
    gone = int((stored == 0).to_numpy().sum())
    told += f"; of one run's gradients, rounded to {DECIMALS} decimals, {gone} of {stored.size} do"
    return Finding.artefact_if(gone == stored.size, told, view_of(experiment, layers))


def zero(evidence: Evidence, experiment: str, dataset: str, layers: tuple[int, ...]) -> Finding:
    """Test gradients said to be zero in `layers`, in all epochs."""
    norms = cells(evidence.norms(experiment, dataset), "norm", layers)
    other = norms != 0
    told = f"{other.to_numpy().sum()} of {norms.size} mean norms are not zero: {span(norms)}"
    if not other.any(axis=None):
        return Finding.reproduced_if(True, told)
    stored = evidence.stored_norms(experiment, dataset, layers, DECIMALS, 0.0)
    told += (
        f"; of one run's gradients, rounded to {DECIMALS} decimals, the largest is "
        f"{number(float(stored.max(axis=None)))}"
    )
    gone = bool((stored == 0).all(axis=None))
    return Finding.artefact_if(gone, told, view_of(experiment, layers, "norm"))


def all_ones(evidence: Evidence, experiment: str, dataset: str, layers: tuple[int, ...]) -> Finding:
    """Test the sentence that ratios near one show a healthy flow of gradients."""
    plain = cells(evidence.ratios(experiment, dataset), "ratio", layers)
    near = within(plain, *NEAR_ONE)
    told = f"{near.to_numpy().sum()} of {plain.size} plain ratios are within a factor of two of 1, "
    told += f"and all lie in {span(plain)}"
    if near.to_numpy().mean() > 0.5:
        return Finding.reproduced_if(True, told)
    stored = stored_ratios(evidence, experiment, dataset, layers)
    told += f"; with {FILLER:,.0f} in unused columns all are {span(stored)}"
    ones = bool(within(stored, *NEAR_ONE).all(axis=None))
    return Finding.artefact_if(ones, told, view_of(experiment, layers))
