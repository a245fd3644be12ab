"""Sections 5.2 and 6.2: ReLU with SGD, Tables 8, 9 and 12, Figures 13 to 16."""

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue.architecture import NEAR_TABLE_9
from vanishing_gradients.analysis.audit.catalogue.training import (
    at_chance,
    divergence,
    loss_between,
)
from vanishing_gradients.analysis.audit.claim import Claim, Judge
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    WITHIN_SEEDS,
    Values,
    at,
    in_most_seeds,
    norms_of,
    number,
    ratios_of,
    sentence,
    span,
    within_seeds,
)
from vanishing_gradients.analysis.audit.nearest import nearest_storage
from vanishing_gradients.analysis.audit.stored import infinite, stored_ratios, view_of, zero
from vanishing_gradients.analysis.audit.verdict import Finding, Verdict, consistent_if

EXPERIMENT = "relu_sgd"
FIRST = (1, 1)
ZERO = 5e-7  # what rounds to zero in the six decimals of Table 8
HIDDEN = tuple(range(1, paper.LAYERS))  # all layers but the last


def _layer_12(norms: pd.DataFrame) -> pd.Series:
    last = norms[norms["layer"] == paper.LAYERS].set_index("epoch")["norm"]
    return (last - last.index.map(paper.printed_norms()["layer_12_norm"])).abs()


def _layer_5(norms: pd.DataFrame) -> pd.DataFrame:
    return norms[(norms["layer"] == 5) & (norms["epoch"] == 1)]


def _later(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["epoch"] > 1]


def _first_epoch(layer: int) -> Claim:
    text = paper.printed_cells(8).loc[1, layer]
    printed = float(text)
    return Claim(
        f"table_8_layer_{layer}",
        "Tables 8 and 12",
        f"layer {layer}: ratio {text} in epoch 1",
        f"of the logarithm, {WITHIN_SEEDS}, give or take half of the last digit printed; for "
        "rounded gradients, the same interval about them"
        if printed
        else f"below {ZERO:g}, zero to six decimals, {MOST_SEEDS}",
        _rounded(layer, printed, digit=10.0 ** -len(text.partition(".")[2])),
    )


def _rounded(layer: int, printed: float, digit: float) -> Judge:
    """Judge a ratio of epoch 1 by the plain rows, then by those of the nearest storage."""
    values = at(ratios_of(EXPERIMENT), "ratio", 1, layer)
    near = within_seeds(printed, values, logarithmic=True, digit=digit)
    plainly = near if printed else _zero(layer)

    def judge(evidence: Evidence, dataset: str) -> Finding:
        plain = plainly(evidence, dataset)
        if plain.verdict != Verdict.NOT_REPRODUCED:
            return plain
        storage = nearest_storage(evidence, EXPERIMENT, dataset)
        stored = float(
            stored_ratios(
                evidence, EXPERIMENT, dataset, [layer], storage.decimals, storage.filler, FIRST
            ).loc[1, layer]
        )
        told = f"{plain.found}; rounded to {storage.decimals} decimals"
        told += f" with {storage.filler:,.0f} in unused columns" if storage.filler else ""
        told += f", the nearest tried, {'undefined' if pd.isna(stored) else number(stored)}"
        if printed == 0:
            alike = stored < ZERO
        else:  # what storage made of the printed seed's ratio, were it what it made of ours
            own = values(evidence, dataset)[evidence.full(EXPERIMENT, dataset).seed]
            alike = stored > 0 and _like(printed / stored * own, values, evidence, dataset)
        if alike:
            return Finding(Verdict.ARTEFACT, told, view_of(EXPERIMENT, [layer]))
        return Finding(Verdict.NOT_REPRODUCED, told)

    return judge


def _like(value: float, values: Values, evidence: Evidence, dataset: str) -> bool:
    """Tell whether a value might be that of one more seed."""
    finding = within_seeds(value, values, logarithmic=True)(evidence, dataset)
    return finding.verdict == Verdict.REPRODUCED


def _zero(layer: int) -> Judge:
    """Judge that a ratio of epoch 1 is zero to the decimals that Table 8 prints."""

    def first(ratios: pd.DataFrame) -> pd.Series:
        return ratios.loc[(ratios["layer"] == layer) & (ratios["epoch"] == 1), "ratio"]

    return in_most_seeds(
        ratios_of(EXPERIMENT),
        lambda ratios: bool((first(ratios) < ZERO).all()),
        lambda ratios: f"ours is {span(first(ratios))}",
    )


def _infinite_not_undefined(evidence: Evidence, dataset: str) -> Finding:
    ratios = _later(evidence.ratios(EXPERIMENT, dataset))
    by_zero = ratios[ratios["denominator"] == 0]
    infinite_cells = int((by_zero["numerator"] > 0).sum())
    undefined = int((by_zero["numerator"] == 0).sum())
    zero_above = paper.printed_norms()["layer_11_norm"] == 0
    return consistent_if(
        not (np.isinf(paper.printed_ratios(8)[10]) & zero_above).any(),
        infinite_cells > len(ratios) / 2,
        f"{infinite_cells} of {len(ratios)} ratios after epoch 1 are x / 0, {undefined} are 0 / 0, "
        "which is undefined and not infinite; Table 8 has Infinity for layer 10, whose numerator, "
        "the norm of layer 11, is 0 in Table 9",
    )


CLAIMS = (
    Claim(
        "table_9_layer_12",
        "Table 9",
        "norms of layer 12, 0.007416549 falling to 0.007415816",
        f"{NEAR_TABLE_9:g} in every epoch, less than half of what they fall by, {MOST_SEEDS}",
        in_most_seeds(
            norms_of(EXPERIMENT),
            lambda norms: bool((_layer_12(norms) <= NEAR_TABLE_9).all()),
            lambda norms: f"at most {number(float(_layer_12(norms).max()))} off in any seed",
        ),
    ),
    Claim(
        "table_9_layer_11_first",
        "Table 9",
        "norm of layer 11 5.50477e-07 in epoch 1",
        f"of the logarithm, {WITHIN_SEEDS}",
        within_seeds(5.50477e-07, at(norms_of(EXPERIMENT), "norm", 1, 11), logarithmic=True),
    ),
    Claim(
        "table_9_layer_11_zero",
        "Table 9, Section 5.2.2",
        "norm of layer 11 exactly 0 from epoch 2 on",
        f"exact, {MOST_SEEDS}",
        in_most_seeds(
            norms_of(EXPERIMENT),
            lambda norms: bool((_later(norms[norms["layer"] == 11])["norm"] == 0).all()),
            lambda norms: f"its norms are {span(_later(norms[norms['layer'] == 11])['norm'])}",
        ),
    ),
    Claim(
        "table_9_ratio",
        "Table 9, Section 5.2.2",
        "ratio of layer 12 over layer 11 13472.949823516696 in epoch 1",
        f"of the logarithm, {WITHIN_SEEDS}",
        within_seeds(
            13472.949823516696, at(ratios_of(EXPERIMENT), "ratio", 1, 11), logarithmic=True
        ),
    ),
    Claim(
        "table_8_infinite_first",
        "Table 8, Section 5.2.1",
        "layers 1 to 4: Infinity in epoch 1, divided by zero gradient norms",
        "exact: a norm is zero or is not",
        infinite(EXPERIMENT, (1, 2, 3, 4), FIRST),
    ),
    *(_first_epoch(layer) for layer in (5, 6, 8, 9, 10, 11)),
    Claim(
        "table_8_no_number_later",
        "Table 8",
        "no ratio is a number from epoch 2 on",
        f"exact: all denominators are zero, {MOST_SEEDS}",
        in_most_seeds(
            ratios_of(EXPERIMENT),
            lambda ratios: bool((_later(ratios)["denominator"] == 0).all()),
            lambda ratios: (
                f"{(_later(ratios)['denominator'] == 0).mean():.0%} of the ratios have a zero "
                "denominator"
            ),
        ),
    ),
    Claim(
        "table_8_infinity",
        "Table 8, Section 5.2.1",
        "the ratio tends toward infinity because of the division by 0",
        "in more than half of the cells; x / 0 is infinite, 0 / 0 undefined, and Figure 9's SQL "
        "makes both NULL",
        _infinite_not_undefined,
    ),
    Claim(
        "zero_in_all_layers",
        "Section 5.2.1",
        "from epoch 2 in all layers the gradients are consistently 0",
        f"exact, {MOST_SEEDS}",
        sentence(
            lambda: bool((paper.printed_norms().loc[2:, "layer_12_norm"] == 0).all()),
            norms_of(EXPERIMENT),
            lambda norms: bool((_later(norms)["norm"] == 0).all()),
            lambda norms: (
                "layers 1 to 11: "
                f"{span(_later(norms[norms['layer'].isin(HIDDEN)])['norm'])}; layer 12: "
                f"{span(_later(norms[norms['layer'] == 12])['norm'])}"
            ),
        ),
    ),
    Claim(
        "layer_3_zero",
        "Section 5.2.3, Figures 14 and 15",
        "the gradient of layer 3 is exactly zero across all epochs",
        "exact: a norm is zero or is not",
        zero(EXPERIMENT, (3,)),
    ),
    Claim(
        "average_norm_7",
        "Section 6.2.1",
        "from layer 5 we were already at 7.31 as an average gradient norm",
        f"a factor of two, of either definition of the norm, {MOST_SEEDS}",
        sentence(
            lambda: round(float(paper.printed_ratios(8).loc[1, 5]), 2) != 7.31,
            norms_of(EXPERIMENT),
            lambda norms: bool(
                _layer_5(norms)[["norm", "gradient_norm"]]
                .apply(lambda found: found.between(7.31 / 2, 7.31 * 2))
                .any(axis=None)
            ),
            lambda norms: (
                f"its norm in epoch 1 is {span(_layer_5(norms)['norm'])}; 7.31 is its ratio in "
                "Table 8"
            ),
        ),
    ),
    Claim(
        "large_initial_gradients",
        "Section 6.2.1",
        "the initial gradients in our experiment were large",
        f"the norm of any whole layer above 1 in epoch 1, {MOST_SEEDS}",
        in_most_seeds(
            norms_of(EXPERIMENT),
            lambda norms: bool((norms.loc[norms["epoch"] == 1, "gradient_norm"] > 1).any()),
            lambda norms: (
                "mean norms of whole layers in epoch 1 are "
                + span(norms.loc[norms["epoch"] == 1, "gradient_norm"])
            ),
        ),
    ),
    divergence(EXPERIMENT, "Section 6.2.1", "loss divergence and infinite gradient norms"),
    at_chance(EXPERIMENT, "Section 5.2.4, Figure 16", "accuracy remains constant at 10%"),
    loss_between(EXPERIMENT, "Section 5.2.4, Figure 16", 2.303, 2.305),
)
