"""Sections 5.1 and 6.1: ReLU with Adam, Table 7, Figures 10 to 12."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue import training
from vanishing_gradients.analysis.audit.catalogue.definitions import matching
from vanishing_gradients.analysis.audit.claim import Finding, Section
from vanishing_gradients.analysis.audit.judges import (
    SEEDS,
    WITHIN_SEEDS,
    at,
    cells,
    in_seeds,
    more_seeds,
    seeds,
    span,
    within,
    within_seeds,
)
from vanishing_gradients.analysis.audit.stored import NEAR_ONE
from vanishing_gradients.analysis.statistics import CONFIDENCE, FEWEST, prediction_interval

DENSE = range(1, paper.LAYERS, 2)
CLOSE_TO_ONE = (1, 3, 5, 7, 11)
VANISHING_MEAN = 1e-3
SOME = f"in some epoch, {SEEDS}"

claim = Section("ReLU + Adam", experiment="relu_adam")


@claim(
    "Table 7",
    tolerance="as many cells, in the median of our seeds, as one more seed of ours would have in "
    f"common with the others, with {CONFIDENCE:.0%}: the paper's seed is one more",
)
def table_7_cells(ratios: pd.DataFrame, dataset: str) -> Finding:
    """110 cells stable, vanishing or exploding"""
    counts = matching(ratios)
    told = f"{', '.join(map(str, sorted(counts)))} of 110 cells agree, seed by seed"
    if len(counts) < FEWEST:
        return Finding.untested(
            f"{told}; what seeds differ by takes {FEWEST}: {more_seeds(dataset)}"
        )
    own = cells(ratios, "class")
    between = [
        float(np.median([(row == other).sum() for other in own.drop(index=seed).to_numpy()]))
        for seed, row in own.iterrows()
    ]
    low, _ = prediction_interval(pd.Series(between))
    columns = ", ".join(
        f"{word} in layer{'s' * (len(layers) > 1)} {layers[0]}"
        + (f" to {layers[-1]} " if len(layers) > 1 else " ")
        + f"{(cells(ratios, 'class', layers) == word).to_numpy().mean():.0%}"
        for layers, word in (
            (range(1, 8), "stable"), ((8,), "exploding"), ((9,), "vanishing"), ((10,), "exploding"),
            ((11,), "stable"),
        )
    )  # fmt: skip
    return Finding.reproduced_if(
        float(np.median(counts)) >= low,
        f"{told}, {np.median(counts):g} in the median; each of our seeds agrees with the median of "
        f"the others in {min(between):g} to {max(between):g}, and one more would in {low:.0f} at "
        f"least. Cells as printed: {columns}",
    )


def _layers_that_are(
    word: str, ratios: pd.DataFrame, among: Iterable[int], expected: set[int]
) -> Finding:
    """Test which layers have the class `word` in some epoch."""
    some = (cells(ratios, "class", among) == word).T.groupby(level="layer").any()
    found = [set(some.index[some[seed]]) for seed in some]
    listed = Counter(", ".join(map(str, sorted(each))) or "no layer" for each in found)
    told = "; ".join(f"{layers} in {seeds(count)}" for layers, count in listed.most_common())
    epochs = (cells(ratios, "class", among) == word).T.groupby(level="layer").sum().T
    for layer in sorted(set().union(*found) ^ expected):
        told += f"; layer {layer} in {span(epochs[layer])} of {paper.EPOCHS} epochs"
    return in_seeds(
        [each == expected for each in found],
        f"layers that are {word} in some epoch: {told}",
    )


@claim("Section 5.1.1", tolerance=f"the one layer with weights that vanishes {SOME}")
def one_layer_vanishes(ratios: pd.DataFrame) -> Finding:
    """“visible only in one trainable layer, Layer 9”"""
    return _layers_that_are("vanishing", ratios, DENSE, {9})


@claim(
    "Sections 5.1.1, 6.1",
    tolerance=f"of their ratios, which Figure 10 draws, in no epoch, {SEEDS}",
)
def no_trainable_explodes(ratios: pd.DataFrame) -> Finding:
    """“No training layer had exploding gradients (gradient norms above 1e3).”"""
    classes = cells(ratios, "class", DENSE)
    return in_seeds(
        classes.isin(("stable", "vanishing")),
        f"ratios of dense layers are {span(cells(ratios, 'ratio', DENSE))}",
    )


@claim("Section 5.1.1", tolerance=f"the layers that explode {SOME}")
def explosion_in_8_and_10(ratios: pd.DataFrame) -> Finding:
    """“The only explosion observed was in activation layers 8 and 10.”"""
    return _layers_that_are("exploding", ratios, range(1, paper.LAYERS), {8, 10})


@claim("Section 5.1.1, Figure 10", tolerance=f"all 110 ratios, {SEEDS}")
def figure_10_range(ratios: pd.DataFrame) -> Finding:
    """“values across several magnitudes (from 1e-4 to 1e4)”"""
    found = cells(ratios, "ratio")
    return in_seeds(within(found, 1e-4, 1e4), f"ratios are {span(found)}")


@claim("Sections 6.1, 6.1.2", tolerance=f"in the last epoch, of the logarithm, {WITHIN_SEEDS}")
def layer_9_ratio(ratios: pd.DataFrame, dataset: str) -> Finding:
    """“mild vanishing was observed in hidden layer 9 (with gradient norm ratios around 0.0008)”"""
    return within_seeds(8e-4, at(ratios, "ratio", paper.EPOCHS, 9), dataset, logarithmic=True)


@claim(
    "Sections 6.1, 6.1.2",
    tolerance=f"a factor of two either way, in most of their 50 cells, {SEEDS}",
)
def ratios_close_to_one(ratios: pd.DataFrame) -> Finding:
    """“(Layers 1, 3, 5, 7, and 11) maintained stable ratios close to 1.0”"""
    own = cells(ratios, "ratio", CLOSE_TO_ONE)
    near = within(own, *NEAR_ONE).mean(axis=1) > 0.5
    return in_seeds(near, f"their ratios are {span(own)}")


@claim("Section 6.1.2", tolerance=f"every norm of every layer and epoch, {SEEDS}")
def all_layers_above_1e2(norms: pd.DataFrame) -> Finding:
    """“all layers stayed well above this threshold”, 1e-2 to 1e0"""
    found = cells(norms, "norm")
    return in_seeds(
        within(found, 1e-2, 1.0),
        f"mean row norms are {span(found)}, norms of whole layers "
        f"{span(norms['gradient_norm'])}; Section 5.1.1 has layer 9 below 1e-3",
        in_paper=not (paper.printed_cells(7) == "vanishing").any(axis=None),
    )


@claim(
    "Section 5.1.2, Figure 11",
    tolerance=f"outside 1e-3 in epoch 1 and inside in the last, {SEEDS}",
)
def mean_gradient_layer_9(norms: pd.DataFrame) -> Finding:
    """“The values show a gradual decline, with later epochs falling into the vanishing zones”"""
    means = cells(norms, "mean", 9).abs()
    falls = (means.diff(axis=1).iloc[:, 1:] < 0).to_numpy().mean()
    return in_seeds(
        (means.iloc[:, 0] > VANISHING_MEAN) & (means.iloc[:, -1] <= VANISHING_MEAN),
        f"its magnitude is {span(means)} in all epochs, and falls in {falls:.0%} of the steps from "
        "epoch to epoch",
    )


training.first_and_last(
    claim,
    "Section 5.1.3, Figure 12",
    {
        ("accuracy", "first"): "“accuracy improves steadily from 56.3%”",
        ("accuracy", "last"): "“to 80.1%”",
        ("loss", "first"): "“the loss consistently decreases from 1.064”",
        ("loss", "last"): "“from 1.064 to 0.617”",
    },
)


@claim("Section 5.1.3", tolerance=f"higher in every epoch than in the one before, {SEEDS}")
def accuracy_rises_steadily(curves: pd.DataFrame) -> Finding:
    """“As the number of epochs increases, accuracy improves steadily”"""
    return training.of_either(curves, "accuracy", lambda found: found.diff(axis=1).iloc[:, 1:] > 0)


@claim("Section 5.1.3", tolerance=f"lower in every epoch than in the one before, {SEEDS}")
def loss_falls_consistently(curves: pd.DataFrame) -> Finding:
    """“Simultaneously, the loss consistently decreases”"""
    return training.of_either(curves, "loss", lambda found: found.diff(axis=1).iloc[:, 1:] < 0)
