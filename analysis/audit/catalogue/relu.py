"""Sections 5.1, 5.2, 6.1 and 6.2: ReLU with Adam and SGD, Tables 7 to 9, 12, Figures 10 to 16."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue import training
from vanishing_gradients.analysis.audit.catalogue.architecture import NEAR_TABLE_9
from vanishing_gradients.analysis.audit.catalogue.definitions import matching
from vanishing_gradients.analysis.audit.claim import Finding, Section, Verdict
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    WITHIN_SEEDS,
    at,
    cells,
    in_most_seeds,
    number,
    seeds,
    span,
    within,
    within_seeds,
)
from vanishing_gradients.analysis.audit.nearest import nearest_storage
from vanishing_gradients.analysis.audit.stored import (
    NEAR_ONE,
    infinite,
    stored_ratios,
    view_of,
    zero,
)

CELLS = 95  # of Table 7's 110: all but a column and a half
DENSE = range(1, paper.LAYERS, 2)
CLOSE_TO_ONE = (1, 3, 5, 7, 11)
VANISHING_MEAN = 1e-3
FIRST = (1, 1)
LATER = range(2, paper.EPOCHS + 1)
ZERO = 5e-7  # what rounds to zero in the six decimals of Table 8
HIDDEN = range(1, paper.LAYERS)  # all layers but the last
HALF = f"in at least half of the epochs, {MOST_SEEDS}"

adam = Section("ReLU + Adam", experiment="relu_adam")


@adam("Table 7", tolerance=f"{CELLS} of 110 cells, {MOST_SEEDS}")
def table_7_cells(ratios: pd.DataFrame) -> Finding:
    """110 cells stable, vanishing or exploding"""
    counts = matching(ratios)
    return in_most_seeds(
        [count >= CELLS for count in counts],
        f"{', '.join(map(str, sorted(counts)))} of 110 cells agree, seed by seed",
    )


def _columns(layers: range, word: str, first: int = 1) -> None:
    """Claim that layers have the class `word`, from an epoch on."""
    name = f"layer {layers[0]}" if len(layers) == 1 else f"layers {layers[0]} to {layers[-1]}"
    epochs = range(first, paper.EPOCHS + 1)

    @adam(
        "Table 7",
        printed=f"{name} {word} {'in all epochs' if first == 1 else f'from epoch {first} on'}",
        name=f"table_7_layers_{layers[0]}_{layers[-1]}",
        tolerance=f"{CELLS} of 110 cells or as large a share of them, {MOST_SEEDS}",
    )
    def table_7_layers(ratios: pd.DataFrame) -> Finding:
        shares = (cells(ratios, "class", layers, epochs) == word).mean(axis=1)
        return in_most_seeds(
            shares >= CELLS / 110,
            f"{shares.mean():.0%} of the cells are {word}; the ratio is "
            + span(cells(ratios, "ratio", layers, epochs)),
        )


_columns(range(1, 8), "stable")
_columns(range(8, 9), "exploding")
_columns(range(9, 10), "vanishing", first=2)
_columns(range(10, 11), "exploding")
_columns(range(11, 12), "stable")


def _layers_that_are(
    word: str, ratios: pd.DataFrame, among: Iterable[int], expected: set[int]
) -> Finding:
    """Test which layers have the class `word` in at least half of the epochs."""
    share = (cells(ratios, "class", among) == word).T.groupby(level="layer").mean()
    found = [set(share.index[share[seed] >= 0.5]) for seed in share]
    listed = Counter(", ".join(map(str, sorted(each))) or "none" for each in found)
    told = "; ".join(f"{layers} in {seeds(count)}" for layers, count in listed.most_common())
    return in_most_seeds(
        [each == expected for each in found],
        f"layers {word} in at least half of the epochs: {told}",
    )


@adam("Section 5.1.1", tolerance=f"vanishing {HALF}")
def one_layer_vanishes(ratios: pd.DataFrame) -> Finding:
    """vanishing gradients are visible only in one trainable layer, Layer 9"""
    return _layers_that_are("vanishing", ratios, DENSE, {9})


@adam(
    "Sections 5.1.1, 6.1",
    tolerance=f"of their ratios, which Figure 10 draws, in no epoch, {MOST_SEEDS}",
)
def no_trainable_explodes(ratios: pd.DataFrame) -> Finding:
    """no training layer had exploding gradients (gradient norms above 1e3)"""
    classes = cells(ratios, "class", DENSE)
    return in_most_seeds(
        classes.isin(("stable", "vanishing")),
        f"ratios of dense layers are {span(cells(ratios, 'ratio', DENSE))}",
    )


@adam("Section 5.1.1", tolerance=f"exploding {HALF}")
def explosion_in_8_and_10(ratios: pd.DataFrame) -> Finding:
    """the only explosion observed was in activation layers 8 and 10"""
    return _layers_that_are("exploding", ratios, range(1, paper.LAYERS), {8, 10})


@adam("Section 5.1.1, Figure 10", tolerance=f"all 110 ratios, {MOST_SEEDS}")
def figure_10_range(ratios: pd.DataFrame) -> Finding:
    """values across several magnitudes, from 1e-4 to 1e4"""
    found = cells(ratios, "ratio")
    return in_most_seeds(within(found, 1e-4, 1e4), f"ratios are {span(found)}")


@adam("Sections 6.1, 6.1.2", tolerance=f"in the last epoch, of the logarithm, {WITHIN_SEEDS}")
def layer_9_ratio(ratios: pd.DataFrame, dataset: str) -> Finding:
    """layer 9 with gradient-norm ratios around 0.0008"""
    return within_seeds(8e-4, at(ratios, "ratio", paper.EPOCHS, 9), dataset, logarithmic=True)


@adam(
    "Sections 6.1, 6.1.2",
    tolerance=f"a factor of two either way, in most of their 50 cells, {MOST_SEEDS}",
)
def ratios_close_to_one(ratios: pd.DataFrame) -> Finding:
    """layers 1, 3, 5, 7 and 11 maintaining stable ratios close to 1.0"""
    own = cells(ratios, "ratio", CLOSE_TO_ONE)
    near = within(own, *NEAR_ONE).mean(axis=1) > 0.5
    return in_most_seeds(near, f"their ratios are {span(own)}")


@adam("Section 6.1.2", tolerance=f"every norm of every layer and epoch, {MOST_SEEDS}")
def all_layers_above_1e2(norms: pd.DataFrame) -> Finding:
    """all layers stayed well above the threshold (1e-2 to 1e0)"""
    found = cells(norms, "norm")
    return in_most_seeds(
        within(found, 1e-2, 1.0),
        f"mean row norms are {span(found)}, norms of whole layers "
        f"{span(norms['gradient_norm'])}; Section 5.1.1 has layer 9 below 1e-3",
        in_paper=not (paper.printed_cells(7) == "vanishing").any(axis=None),
    )


@adam(
    "Section 5.1.2, Figure 11",
    tolerance=f"outside 1e-3 in epoch 1 and inside in the last, {MOST_SEEDS}",
)
def mean_gradient_layer_9(norms: pd.DataFrame) -> Finding:
    """layer 9's mean gradient: gradual decline, later epochs falling into the vanishing zones"""
    means = cells(norms, "mean", 9).abs()
    return in_most_seeds(
        (means.iloc[:, 0] > VANISHING_MEAN) & (means.iloc[:, -1] <= VANISHING_MEAN),
        f"its magnitude is {span(means)} in all epochs",
    )


training.first_and_last(adam, "Section 5.1.3, Figure 12")


@adam("Section 5.1.3", tolerance=f"higher in every epoch than in the one before, {MOST_SEEDS}")
def accuracy_rises_steadily(curves: pd.DataFrame) -> Finding:
    """as the number of epochs increases, accuracy improves steadily"""
    accuracies = cells(curves, "accuracy")
    return in_most_seeds(
        accuracies.diff(axis=1).iloc[:, 1:] > 0,
        f"training accuracy is {span(accuracies)}",
    )


@adam("Section 5.1.3", tolerance=f"lower in every epoch than in the one before, {MOST_SEEDS}")
def loss_falls_consistently(curves: pd.DataFrame) -> Finding:
    """the loss consistently decreases"""
    losses = cells(curves, "loss")
    return in_most_seeds(losses.diff(axis=1).iloc[:, 1:] < 0, f"the loss is {span(losses)}")


sgd = Section("ReLU + SGD", "relu_sgd")


@sgd(
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


@sgd("Table 9", tolerance=f"of the logarithm, {WITHIN_SEEDS}")
def table_9_layer_11_first(norms: pd.DataFrame, dataset: str) -> Finding:
    """norm of layer 11 5.50477e-07 in epoch 1"""
    return within_seeds(5.50477e-07, at(norms, "norm", 1, 11), dataset, logarithmic=True)


@sgd("Table 9, Section 5.2.2", tolerance=f"exact, {MOST_SEEDS}")
def table_9_layer_11_zero(norms: pd.DataFrame) -> Finding:
    """norm of layer 11 exactly 0 from epoch 2 on"""
    later = cells(norms, "norm", 11, LATER)
    return in_most_seeds(later == 0, f"its norms are {span(later)}")


@sgd("Table 9, Section 5.2.2", tolerance=f"of the logarithm, {WITHIN_SEEDS}")
def table_9_ratio(ratios: pd.DataFrame, dataset: str) -> Finding:
    """ratio of layer 12 over layer 11 13472.949823516696 in epoch 1"""
    return within_seeds(13472.949823516696, at(ratios, "ratio", 1, 11), dataset, logarithmic=True)


@sgd("Table 8, Section 5.2.1", tolerance="exact: a norm is zero or is not")
def table_8_infinite_first(evidence: Evidence, dataset: str) -> Finding:
    """layers 1 to 4: Infinity in epoch 1, divided by zero gradient norms"""
    return infinite(evidence, sgd.experiment, dataset, (1, 2, 3, 4), FIRST)


def _first_epoch(layer: int) -> None:
    """Claim a ratio of epoch 1: from the plain rows, or else from those of the nearest storage."""
    text = paper.printed_cells(8).loc[1, layer]
    printed, digit = float(text), 10.0 ** -len(text.partition(".")[2])

    @sgd(
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
        storage = nearest_storage(evidence, sgd.experiment, dataset)
        kept = (storage.decimals, storage.filler)
        ratio = stored_ratios(evidence, sgd.experiment, dataset, [layer], *kept, FIRST)
        stored = float(ratio.loc[1, layer])
        told = f"{plain.found}; rounded to {storage.decimals} decimals"
        told += f" with {storage.filler:,.0f} in unused columns" if storage.filler else ""
        told += f", the nearest tried, {'undefined' if pd.isna(stored) else number(stored)}"
        if printed == 0:
            alike = stored < ZERO
        elif alike := stored > 0:  # the printed seed's, if storage changed it as it changed ours
            own = printed / stored * ours[evidence.full(sgd.experiment, dataset).seed]
            seed = within_seeds(own, ours, dataset, logarithmic=True)
            alike = seed.verdict == Verdict.REPRODUCED
        return Finding.artefact_if(alike, told, view_of(sgd.experiment, [layer]))


for _layer in (5, 6, 8, 9, 10, 11):
    _first_epoch(_layer)


@sgd("Table 8", tolerance=f"exact: all denominators are zero, {MOST_SEEDS}")
def table_8_no_number_later(ratios: pd.DataFrame) -> Finding:
    """no ratio is a number from epoch 2 on"""
    by_zero = cells(ratios, "denominator", epochs=LATER) == 0
    return in_most_seeds(
        by_zero,
        f"{by_zero.to_numpy().mean():.0%} of the ratios have a zero denominator",
    )


@sgd(
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


@sgd("Section 5.2.1", tolerance=f"exact, {MOST_SEEDS}")
def zero_in_all_layers(norms: pd.DataFrame) -> Finding:
    """from epoch 2 in all layers the gradients are consistently 0"""
    hidden, last = (cells(norms, "norm", layers, LATER) for layers in (HIDDEN, paper.LAYERS))
    return in_most_seeds(
        cells(norms, "norm", epochs=LATER) == 0,
        f"layers 1 to 11: {span(hidden)}; layer 12: {span(last)}",
        in_paper=(paper.printed_norms().loc[2:, "layer_12_norm"] == 0).all(),
    )


@sgd("Section 5.2.3, Figures 14 and 15", tolerance="exact: a norm is zero or is not")
def layer_3_zero(evidence: Evidence, dataset: str) -> Finding:
    """the gradient of layer 3 is exactly zero across all epochs"""
    return zero(evidence, sgd.experiment, dataset, (3,))


@sgd("Section 6.2.1", tolerance=f"a factor of two, of either definition of the norm, {MOST_SEEDS}")
def average_norm_7(norms: pd.DataFrame) -> Finding:
    """from layer 5 we were already at 7.31 as an average gradient norm"""
    rows, whole = (at(norms, column, 1, 5) for column in ("norm", "gradient_norm"))
    return in_most_seeds(
        within(rows, 7.31 / 2, 7.31 * 2) | within(whole, 7.31 / 2, 7.31 * 2),
        f"its norm in epoch 1 is {span(rows)}; 7.31 is its ratio in Table 8",
        in_paper=round(float(paper.printed_ratios(8).loc[1, 5]), 2) != 7.31,
    )


@sgd("Section 6.2.1", tolerance=f"the norm of any whole layer above 1 in epoch 1, {MOST_SEEDS}")
def large_initial_gradients(norms: pd.DataFrame) -> Finding:
    """the initial gradients in our experiment were large"""
    first = cells(norms, "gradient_norm", epochs=1)
    return in_most_seeds(
        (first > 1).any(axis=1), f"mean norms of whole layers in epoch 1 are {span(first)}"
    )


training.divergence(sgd, "Section 6.2.1", "loss divergence and infinite gradient norms")
training.at_chance(sgd, "Section 5.2.4, Figure 16", "accuracy remains constant at 10%")
training.loss_between(sgd, "Section 5.2.4, Figure 16", 2.303, 2.305)
