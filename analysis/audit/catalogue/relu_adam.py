"""Sections 5.1 and 6.1: ReLU with Adam, Table 7, Figures 10 to 12."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue.definitions import matching
from vanishing_gradients.analysis.audit.catalogue.training import first_and_last
from vanishing_gradients.analysis.audit.claim import Finding, Section
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    WITHIN_SEEDS,
    at,
    cells,
    in_most_seeds,
    seeds,
    span,
    within,
    within_seeds,
)
from vanishing_gradients.analysis.audit.stored import NEAR_ONE

CELLS = 95  # of Table 7's 110: all but a column and a half
DENSE = range(1, paper.LAYERS, 2)
CLOSE_TO_ONE = (1, 3, 5, 7, 11)
VANISHING_MEAN = 1e-3
HALF = f"in at least half of the epochs, {MOST_SEEDS}"

claim = Section("ReLU + Adam", experiment="relu_adam")


@claim("Table 7", tolerance=f"{CELLS} of 110 cells, {MOST_SEEDS}")
def table_7_cells(ratios: pd.DataFrame) -> Finding:
    """110 cells stable, vanishing or exploding"""
    counts = matching(ratios)
    return in_most_seeds(
        [count >= CELLS for count in counts],
        f"{', '.join(map(str, sorted(counts)))} of 110 cells agree, seed by seed",
    )


def _columns(layers: range, word: str, first: int = 1) -> None:
    """Claim that layers are what a word says, from an epoch on."""
    name = f"layer {layers[0]}" if len(layers) == 1 else f"layers {layers[0]} to {layers[-1]}"
    epochs = range(first, paper.EPOCHS + 1)

    @claim(
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
    """Test which layers are what a word says in at least half of the epochs."""
    share = (cells(ratios, "class", among) == word).T.groupby(level="layer").mean()
    found = [set(share.index[share[seed] >= 0.5]) for seed in share]
    listed = Counter(", ".join(map(str, sorted(each))) or "none" for each in found)
    told = "; ".join(f"{layers} in {seeds(count)}" for layers, count in listed.most_common())
    return in_most_seeds(
        [each == expected for each in found],
        f"layers {word} in at least half of the epochs: {told}",
    )


@claim("Section 5.1.1", tolerance=f"vanishing {HALF}")
def one_layer_vanishes(ratios: pd.DataFrame) -> Finding:
    """vanishing gradients are visible only in one trainable layer, Layer 9"""
    return _layers_that_are("vanishing", ratios, DENSE, {9})


@claim(
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


@claim("Section 5.1.1", tolerance=f"exploding {HALF}")
def explosion_in_8_and_10(ratios: pd.DataFrame) -> Finding:
    """the only explosion observed was in activation layers 8 and 10"""
    return _layers_that_are("exploding", ratios, range(1, paper.LAYERS), {8, 10})


@claim("Section 5.1.1, Figure 10", tolerance=f"all 110 ratios, {MOST_SEEDS}")
def figure_10_range(ratios: pd.DataFrame) -> Finding:
    """values across several magnitudes, from 1e-4 to 1e4"""
    found = cells(ratios, "ratio")
    return in_most_seeds(within(found, 1e-4, 1e4), f"ratios are {span(found)}")


@claim("Sections 6.1, 6.1.2", tolerance=f"in the last epoch, of the logarithm, {WITHIN_SEEDS}")
def layer_9_ratio(ratios: pd.DataFrame, dataset: str) -> Finding:
    """layer 9 with gradient-norm ratios around 0.0008"""
    return within_seeds(8e-4, at(ratios, "ratio", paper.EPOCHS, 9), dataset, logarithmic=True)


@claim(
    "Sections 6.1, 6.1.2",
    tolerance=f"a factor of two either way, in most of their 50 cells, {MOST_SEEDS}",
)
def ratios_close_to_one(ratios: pd.DataFrame) -> Finding:
    """layers 1, 3, 5, 7 and 11 maintaining stable ratios close to 1.0"""
    own = cells(ratios, "ratio", CLOSE_TO_ONE)
    near = within(own, *NEAR_ONE).mean(axis=1) > 0.5
    return in_most_seeds(near, f"their ratios are {span(own)}")


@claim("Section 6.1.2", tolerance=f"every norm of every layer and epoch, {MOST_SEEDS}")
def all_layers_above_1e2(norms: pd.DataFrame) -> Finding:
    """all layers stayed well above the threshold (1e-2 to 1e0)"""
    found = cells(norms, "norm")
    return in_most_seeds(
        within(found, 1e-2, 1.0),
        f"mean row norms are {span(found)}, norms of whole layers "
        f"{span(norms['gradient_norm'])}; Section 5.1.1 has layer 9 below 1e-3",
        in_paper=not (paper.printed_cells(7) == "vanishing").any(axis=None),
    )


@claim(
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


first_and_last(claim, "Section 5.1.3, Figure 12")


@claim("Section 5.1.3", tolerance=f"higher in every epoch than in the one before, {MOST_SEEDS}")
def accuracy_rises_steadily(curves: pd.DataFrame) -> Finding:
    """as the number of epochs increases, accuracy improves steadily"""
    accuracies = cells(curves, "accuracy")
    return in_most_seeds(
        accuracies.diff(axis=1).iloc[:, 1:] > 0,
        f"training accuracy is {span(accuracies)}",
    )


@claim("Section 5.1.3", tolerance=f"lower in every epoch than in the one before, {MOST_SEEDS}")
def loss_falls_consistently(curves: pd.DataFrame) -> Finding:
    """the loss consistently decreases"""
    losses = cells(curves, "loss")
    return in_most_seeds(losses.diff(axis=1).iloc[:, 1:] < 0, f"the loss is {span(losses)}")
