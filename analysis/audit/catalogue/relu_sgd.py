"""Sections 5.2 and 6.2: ReLU with SGD, Tables 8, 9 and 12, Figures 13 to 16."""

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue import training
from vanishing_gradients.analysis.audit.catalogue.architecture import NEAR_TABLE_9
from vanishing_gradients.analysis.audit.claim import Finding, Section, Verdict
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    WITHIN_SEEDS,
    at,
    cells,
    in_most_seeds,
    number,
    span,
    within,
    within_seeds,
)
from vanishing_gradients.analysis.audit.nearest import nearest_storage
from vanishing_gradients.analysis.audit.stored import infinite, stored_ratios, view_of, zero

EXPERIMENT = "relu_sgd"
FIRST = (1, 1)
LATER = range(2, paper.EPOCHS + 1)
ZERO = 5e-7  # what rounds to zero in the six decimals of Table 8
HIDDEN = range(1, paper.LAYERS)  # all layers but the last

claim = Section("ReLU + SGD", EXPERIMENT)


@claim(
    "Table 9",
    tolerance=f"{NEAR_TABLE_9:g} in every epoch, less than half of what they fall by, {MOST_SEEDS}",
)
def table_9_layer_12(norms: pd.DataFrame) -> Finding:
    """norms of layer 12, 0.007416549 falling to 0.007415816"""
    ours = cells(norms, "norm", paper.LAYERS).droplevel("layer", axis=1)
    off = ours.sub(paper.printed_norms()["layer_12_norm"], axis=1).abs()
    return in_most_seeds(
        off <= NEAR_TABLE_9,
        f"at most {number(float(off.max(axis=None)))} off in any seed",
    )


@claim("Table 9", tolerance=f"of the logarithm, {WITHIN_SEEDS}")
def table_9_layer_11_first(norms: pd.DataFrame, dataset: str) -> Finding:
    """norm of layer 11 5.50477e-07 in epoch 1"""
    return within_seeds(5.50477e-07, at(norms, "norm", 1, 11), dataset, logarithmic=True)


@claim("Table 9, Section 5.2.2", tolerance=f"exact, {MOST_SEEDS}")
def table_9_layer_11_zero(norms: pd.DataFrame) -> Finding:
    """norm of layer 11 exactly 0 from epoch 2 on"""
    later = cells(norms, "norm", 11, LATER)
    return in_most_seeds(later == 0, f"its norms are {span(later)}")


@claim("Table 9, Section 5.2.2", tolerance=f"of the logarithm, {WITHIN_SEEDS}")
def table_9_ratio(ratios: pd.DataFrame, dataset: str) -> Finding:
    """ratio of layer 12 over layer 11 13472.949823516696 in epoch 1"""
    return within_seeds(13472.949823516696, at(ratios, "ratio", 1, 11), dataset, logarithmic=True)


@claim("Table 8, Section 5.2.1", tolerance="exact: a norm is zero or is not")
def table_8_infinite_first(evidence: Evidence, dataset: str) -> Finding:
    """layers 1 to 4: Infinity in epoch 1, divided by zero gradient norms"""
    return infinite(evidence, EXPERIMENT, dataset, (1, 2, 3, 4), FIRST)


def _first_epoch(layer: int) -> None:
    """Claim a ratio of epoch 1: of the plain rows, or else of those of the nearest storage."""
    text = paper.printed_cells(8).loc[1, layer]
    printed, digit = float(text), 10.0 ** -len(text.partition(".")[2])

    @claim(
        "Tables 8 and 12",
        printed=f"layer {layer}: ratio {text} in epoch 1",
        name=f"table_8_layer_{layer}",
        tolerance=f"of the logarithm, {WITHIN_SEEDS}, give or take half of the last digit printed; "
        "for rounded gradients, the same interval about them"
        if printed
        else f"below {ZERO:g}, zero to six decimals, {MOST_SEEDS}",
    )
    def table_8_layer(ratios: pd.DataFrame, evidence: Evidence, dataset: str) -> Finding:
        ours = at(ratios, "ratio", 1, layer)
        if printed:
            plain = within_seeds(printed, ours, dataset, logarithmic=True, digit=digit)
        else:
            plain = in_most_seeds(ours < ZERO, f"ours is {span(ours)}")
        if plain.verdict != Verdict.NOT_REPRODUCED:
            return plain
        storage = nearest_storage(evidence, EXPERIMENT, dataset)
        kept = (storage.decimals, storage.filler)
        ratio = stored_ratios(evidence, EXPERIMENT, dataset, [layer], *kept, FIRST)
        stored = float(ratio.loc[1, layer])
        told = f"{plain.found}; rounded to {storage.decimals} decimals"
        told += f" with {storage.filler:,.0f} in unused columns" if storage.filler else ""
        told += f", the nearest tried, {'undefined' if pd.isna(stored) else number(stored)}"
        if printed == 0:
            alike = stored < ZERO
        elif alike := stored > 0:  # the printed seed's, if storage made of it what it made of ours
            own = printed / stored * ours[evidence.full(EXPERIMENT, dataset).seed]
            seed = within_seeds(own, ours, dataset, logarithmic=True)
            alike = seed.verdict == Verdict.REPRODUCED
        return Finding.artefact_if(alike, told, view_of(EXPERIMENT, [layer]))


for _layer in (5, 6, 8, 9, 10, 11):
    _first_epoch(_layer)


@claim("Table 8", tolerance=f"exact: all denominators are zero, {MOST_SEEDS}")
def table_8_no_number_later(ratios: pd.DataFrame) -> Finding:
    """no ratio is a number from epoch 2 on"""
    by_zero = cells(ratios, "denominator", epochs=LATER) == 0
    return in_most_seeds(
        by_zero,
        f"{by_zero.to_numpy().mean():.0%} of the ratios have a zero denominator",
    )


@claim(
    "Table 8, Section 5.2.1",
    tolerance="in more than half of the cells; x / 0 is infinite, 0 / 0 undefined, and Figure 9's "
    "SQL makes both NULL",
)
def table_8_infinity(ratios: pd.DataFrame) -> Finding:
    """the ratio tends toward infinity because of the division by 0"""
    later = ratios[ratios["epoch"].isin(LATER)]
    by_zero = later[later["denominator"] == 0]
    infinite_cells = int((by_zero["numerator"] > 0).sum())
    undefined = int((by_zero["numerator"] == 0).sum())
    zero_above = paper.printed_norms()["layer_11_norm"] == 0
    return Finding.consistent_if(
        not (np.isinf(paper.printed_ratios(8)[10]) & zero_above).any(),
        infinite_cells > len(later) / 2,
        f"{infinite_cells} of {len(later)} ratios after epoch 1 are x / 0, {undefined} are 0 / 0, "
        "which is undefined and not infinite; Table 8 has Infinity for layer 10, whose numerator, "
        "the norm of layer 11, is 0 in Table 9",
    )


@claim("Section 5.2.1", tolerance=f"exact, {MOST_SEEDS}")
def zero_in_all_layers(norms: pd.DataFrame) -> Finding:
    """from epoch 2 in all layers the gradients are consistently 0"""
    hidden, last = (cells(norms, "norm", layers, LATER) for layers in (HIDDEN, paper.LAYERS))
    return in_most_seeds(
        cells(norms, "norm", epochs=LATER) == 0,
        f"layers 1 to 11: {span(hidden)}; layer 12: {span(last)}",
        in_paper=(paper.printed_norms().loc[2:, "layer_12_norm"] == 0).all(),
    )


@claim("Section 5.2.3, Figures 14 and 15", tolerance="exact: a norm is zero or is not")
def layer_3_zero(evidence: Evidence, dataset: str) -> Finding:
    """the gradient of layer 3 is exactly zero across all epochs"""
    return zero(evidence, EXPERIMENT, dataset, (3,))


@claim(
    "Section 6.2.1", tolerance=f"a factor of two, of either definition of the norm, {MOST_SEEDS}"
)
def average_norm_7(norms: pd.DataFrame) -> Finding:
    """from layer 5 we were already at 7.31 as an average gradient norm"""
    rows, whole = (at(norms, column, 1, 5) for column in ("norm", "gradient_norm"))
    return in_most_seeds(
        within(rows, 7.31 / 2, 7.31 * 2) | within(whole, 7.31 / 2, 7.31 * 2),
        f"its norm in epoch 1 is {span(rows)}; 7.31 is its ratio in Table 8",
        in_paper=round(float(paper.printed_ratios(8).loc[1, 5]), 2) != 7.31,
    )


@claim("Section 6.2.1", tolerance=f"the norm of any whole layer above 1 in epoch 1, {MOST_SEEDS}")
def large_initial_gradients(norms: pd.DataFrame) -> Finding:
    """the initial gradients in our experiment were large"""
    first = cells(norms, "gradient_norm", epochs=1)
    return in_most_seeds(
        (first > 1).any(axis=1), f"mean norms of whole layers in epoch 1 are {span(first)}"
    )


training.divergence(claim, "Section 6.2.1", "loss divergence and infinite gradient norms")
training.at_chance(claim, "Section 5.2.4, Figure 16", "accuracy remains constant at 10%")
training.loss_between(claim, "Section 5.2.4, Figure 16", 2.303, 2.305)
