"""Sections 5.2 and 6.2: ReLU with SGD, Tables 8, 9 and 12, Figures 13 to 16."""

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue import training
from vanishing_gradients.analysis.audit.catalogue.definitions import NEAR_TABLE_9
from vanishing_gradients.analysis.audit.claim import Finding, Section, Verdict
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    SEEDS,
    WITHIN_SEEDS,
    at,
    cells,
    in_seeds,
    number,
    percents,
    span,
    within_seeds,
)
from vanishing_gradients.analysis.audit.stored import (
    DECIMALS,
    infinite,
    stored_ratios,
    view_of,
    zero,
)

FIRST = (1, 1)
LATER = range(2, paper.EPOCHS + 1)
ZERO = 5e-7  # what rounds to zero in the six decimals of Table 8
HIDDEN = range(1, paper.LAYERS)  # all layers but the last
LARGE_STEP = 0.1  # of the weights' own norm: a hundred times the usual 1e-3
DEAD = 0.99  # of the hidden neurons

claim = Section("ReLU + SGD", "relu_sgd")


@claim(
    "Table 9",
    tolerance=f"{NEAR_TABLE_9:g} in every epoch, less than half of what they fall by, {SEEDS}. By "
    "this table the data set is chosen, too",
)
def table_9_layer_12(norms: pd.DataFrame) -> Finding:
    """norms of layer 12, 0.007416549 falling to 0.007415816"""
    ours = cells(norms, "norm", paper.LAYERS).droplevel("layer", axis=1)
    off = ours.sub(paper.printed_norms()["layer_12_norm"], axis=1).abs()
    return in_seeds(
        off <= NEAR_TABLE_9, f"at most {number(float(off.max(axis=None)))} off in any seed"
    )


@claim("Tables 8, 9 and 12, Section 5.2.2", tolerance=f"of the logarithm, {WITHIN_SEEDS}")
def table_9_ratio(ratios: pd.DataFrame, dataset: str) -> Finding:
    """“13472.949823516696”, layer 12 over layer 11 in epoch 1"""
    return within_seeds(13472.949823516696, at(ratios, "ratio", 1, 11), dataset, logarithmic=True)


@claim("Table 9", tolerance=f"of the logarithm, {WITHIN_SEEDS}", same_as="table_9_ratio")
def table_9_layer_11_first(norms: pd.DataFrame, dataset: str) -> Finding:
    """norm of layer 11 “5.50477e-07” in epoch 1"""
    return within_seeds(5.50477e-07, at(norms, "norm", 1, 11), dataset, logarithmic=True)


@claim("Table 9, Section 5.2.2", tolerance=f"exact, {SEEDS}", same_as="zero_in_all_layers")
def table_9_layer_11_zero(norms: pd.DataFrame) -> Finding:
    """“layer 11's gradient norm is zero”, in epochs 2 to 10"""
    later = cells(norms, "norm", 11, LATER)
    return in_seeds(later == 0, f"its norms are {span(later)}")


@claim("Table 8, Section 5.2.1", tolerance="exact: a norm is zero or is not")
def table_8_infinite_first(evidence: Evidence, dataset: str) -> Finding:
    """layers 1 to 4: Infinity in epoch 1, “they were divided by zero gradient norms”"""
    return infinite(evidence, claim.experiment, dataset, (1, 2, 3, 4), FIRST)


def _first_epoch(layer: int) -> None:
    """Claim a ratio of epoch 1: from the plain rows, or else from those that were stored."""
    text = paper.printed_cells(8).loc[1, layer]
    printed, digit = float(text), 10.0 ** -len(text.partition(".")[2])

    @claim(
        "Tables 8 and 12",
        printed=f"layer {layer}: ratio “{text}” in epoch 1",
        name=f"table_8_layer_{layer}",
        tolerance=f"of the logarithm, {WITHIN_SEEDS}; give or take half of the last digit printed"
        if printed
        else f"below {ZERO:g}, zero to six decimals, {SEEDS}",
        same_as="table_9_ratio" if layer == 11 else "",
    )
    def table_8_layer(ratios: pd.DataFrame, evidence: Evidence, dataset: str) -> Finding:
        ours = at(ratios, "ratio", 1, layer)
        if printed:
            return within_seeds(printed, ours, dataset, logarithmic=True, digit=digit)
        plain = in_seeds(ours < ZERO, f"ours is {span(ours)}")
        if plain.verdict != Verdict.NOT_REPRODUCED:
            return plain
        stored = stored_ratios(
            evidence, claim.experiment, dataset, [layer], filler=0.0, epochs=FIRST
        )
        kept = float(stored.loc[1, layer])
        told = f"{plain.found}; of gradients rounded to {DECIMALS} decimals it is "
        told += "undefined, since the norm it is divided by is 0" if kept != kept else number(kept)
        alike = bool(stored.loc[1, layer] < ZERO)
        return Finding.artefact_if(alike, told, view_of(claim.experiment, [layer]))


for _layer in (5, 6, 8, 9, 10, 11):
    _first_epoch(_layer)


@claim(
    "Table 8",
    tolerance=f"between 1e-3 and 1e3, the lines of Section 5.1.1, {SEEDS}; by Table 6 a ratio "
    "above 5 would possibly be exploding",
)
def table_8_layer_7(ratios: pd.DataFrame) -> Finding:
    """layer 7: “Stable” in epoch 1, the only class among the numbers"""
    ours = at(ratios, "class", 1, 7)
    return in_seeds(ours == "stable", f"the ratio is {span(at(ratios, 'ratio', 1, 7))}")


@claim(
    "Table 8, Section 5.2.1",
    tolerance=f"every denominator is zero from epoch 2 on, {SEEDS}. Figure 9's SQL gives NULL "
    "there; the paper prints Infinity for x / 0 and for 0 / 0 alike",
    same_as="zero_in_all_layers",
)
def table_8_infinity(ratios: pd.DataFrame) -> Finding:
    """“the gradient norm ratio tends toward infinity because of the division by 0”"""
    by_zero = cells(ratios, "denominator", epochs=LATER) == 0
    later = ratios[ratios["epoch"].isin(LATER)]
    undefined = int(((later["denominator"] == 0) & (later["numerator"] == 0)).sum())
    return in_seeds(
        by_zero,
        f"{by_zero.to_numpy().mean():.0%} of the ratios after epoch 1 have a zero denominator; "
        f"{undefined} of {len(later)} are 0 / 0, which is undefined rather than infinite, as "
        "layer 10's is, whose numerator is 0 by Table 9",
    )


@claim("Section 5.2.1", tolerance=f"exact, of all layers below the softmax, {SEEDS}")
def zero_in_all_layers(norms: pd.DataFrame) -> Finding:
    """“complete vanishing gradients from epoch 2 in all layers because the gradients are
    consistently 0”
    """
    hidden, last = (cells(norms, "norm", layers, LATER) for layers in (HIDDEN, paper.LAYERS))
    return in_seeds(
        hidden == 0,
        f"layers 1 to 11: {span(hidden)}; layer 12, of which Table 9 prints 0.0074: {span(last)}",
    )


@claim("Section 5.2.3, Figures 14 and 15", tolerance="exact: a norm is zero or is not")
def layer_3_zero(evidence: Evidence, dataset: str) -> Finding:
    """“The gradient is exactly zero across all epochs.”, of layer 3"""
    return zero(evidence, claim.experiment, dataset, (3,))


@claim(
    "Table 12, Section 5.2.4",
    tolerance=f"{DEAD:.0%} of the neurons of the hidden activations get no gradient in a whole "
    f"epoch, from epoch 2 on, {SEEDS}: Table 12 calls “no gradient flow” dead",
    same_as="zero_in_all_layers",
)
def dead_neurons(dead: pd.DataFrame) -> Finding:
    """“Dead neurons (no gradient flow)”"""
    shares = cells(dead, "fraction", range(2, paper.LAYERS, 2), LATER)
    return in_seeds(
        shares >= DEAD,
        f"in layers 2, 4, 6, 8 and 10 {percents(shares)} of the neurons get no gradient in epochs "
        "2 to 10. Whether their output is 0 too, as Section 3.2 has it, gradients do not tell",
    )


@claim(
    "Section 6.2.1",
    tolerance=f"the mean norm of any whole layer above 1 in epoch 1, {SEEDS}; the line is ours",
)
def large_initial_gradients(norms: pd.DataFrame) -> Finding:
    """“the initial gradients in our experiment were large”"""
    first = cells(norms, "gradient_norm", epochs=1)
    return in_seeds(
        (first > 1).any(axis=1), f"mean norms of whole layers over epoch 1 are {span(first)}"
    )


@claim(
    "Section 6.2.1",
    tolerance=f"a step of {LARGE_STEP:g} of the weights' norm, in any layer, on average over epoch "
    f"1, {SEEDS}; about 1e-3 is usual, and the line is ours",
)
def overshoot(updates: pd.DataFrame) -> Finding:
    """“became excessively large, causing the weights to overshoot the minimum”"""
    steps = cells(updates, "ratio", epochs=1)
    return in_seeds(
        (steps > LARGE_STEP).any(axis=1),
        f"on average over epoch 1 a step moves the weights of a layer by {span(steps)} of their "
        "norm; a single larger step is not excluded",
    )


training.divergence(
    claim, "Section 6.2.1", "“resulting in loss divergence and infinite gradient norms”"
)
training.at_chance(
    claim, "Section 5.2.4, Figure 16",
    "“Accuracy remains constant at 10%, which corresponds to random guessing”",
)  # fmt: skip
training.loss_between(
    claim, "Section 5.2.4, Figure 16", "“Loss stays around 2.303 - 2.305”", 2.303, 2.305
)
