"""Sections 5.1 and 6.1: ReLU with Adam, Table 7, Figures 10 to 12."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue.definitions import matching
from vanishing_gradients.analysis.audit.catalogue.training import first_and_last
from vanishing_gradients.analysis.audit.claim import Claim
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    WITHIN_SEEDS,
    at,
    curves_of,
    in_most_seeds,
    norms_of,
    ratios_of,
    seeds,
    sentence,
    span,
    within_seeds,
)
from vanishing_gradients.analysis.audit.stored import NEAR_ONE
from vanishing_gradients.analysis.audit.verdict import Finding

EXPERIMENT = "relu_adam"
CELLS = 95  # of Table 7's 110: all but a column and a half
DENSE = tuple(range(1, paper.LAYERS, 2))
VANISHING_MEAN = 1e-3


def _table_7(evidence: Evidence, dataset: str) -> Finding:
    def holds(ratios: pd.DataFrame) -> bool:
        return matching(ratios) >= CELLS

    def found(ratios: pd.DataFrame) -> str:
        counts = sorted(matching(own) for _, own in ratios.groupby("seed"))
        return f"{', '.join(map(str, counts))} of 110 cells agree, seed by seed"

    return in_most_seeds(ratios_of(EXPERIMENT), holds, found)(evidence, dataset)


def _columns(layers: Iterable[int], word: str, first: int = 1) -> Claim:
    layers = list(layers)
    name = f"layer {layers[0]}" if len(layers) == 1 else f"layers {layers[0]} to {layers[-1]}"
    when = "in all epochs" if first == 1 else f"from epoch {first} on"

    def own(ratios: pd.DataFrame) -> pd.Series:
        cells = ratios[ratios["layer"].isin(layers) & (ratios["epoch"] >= first)]
        return cells.groupby("seed")["class"].agg(lambda found: (found == word).mean())

    def holds(ratios: pd.DataFrame) -> bool:
        return bool((own(ratios) >= CELLS / 110).all())

    return Claim(
        f"table_7_layers_{layers[0]}_{layers[-1]}",
        "Table 7",
        f"{name} {word} {when}",
        f"{CELLS} of 110 cells or as large a share of them, {MOST_SEEDS}",
        in_most_seeds(
            ratios_of(EXPERIMENT),
            holds,
            lambda ratios: (
                f"{own(ratios).mean():.0%} of the cells are {word}; the ratio is "
                + span(
                    ratios.loc[ratios["layer"].isin(layers) & (ratios["epoch"] >= first), "ratio"]
                )
            ),
        ),
    )


def _layers_that_are(word: str, ratios: pd.DataFrame, among: Iterable[int]) -> set[int]:
    """Return the layers of which at least half of the epochs are `word`."""
    share = (ratios["class"] == word).groupby(ratios["layer"]).mean()
    return set(share[share >= 0.5].index) & set(among)


def _listed(word: str, among: Iterable[int]):
    def found(ratios: pd.DataFrame) -> str:
        sets = Counter(
            ", ".join(map(str, sorted(_layers_that_are(word, own, among)))) or "none"
            for _, own in ratios.groupby("seed")
        )
        each = [f"{layers} in {seeds(count)}" for layers, count in sets.most_common()]
        return f"layers {word} in at least half of the epochs: {'; '.join(each)}"

    return found


def _printed_share(word: str, layers: Iterable[int]) -> float:
    return float((paper.printed_cells(7)[list(layers)] == word).mean().mean())


def _near_one(ratios: pd.DataFrame) -> bool:
    own = ratios.loc[ratios["layer"].isin((1, 3, 5, 7, 11)), "ratio"]
    return bool(own.between(*NEAR_ONE).mean() > 0.5)


def _above(norms: pd.DataFrame) -> bool:
    return bool(norms["norm"].between(1e-2, 1.0).all())


def _mean_9(norms: pd.DataFrame) -> pd.Series:
    return norms[norms["layer"] == 9].sort_values("epoch")["mean"].abs()


def _falls_into_region(norms: pd.DataFrame) -> bool:
    means = _mean_9(norms)
    return bool(means.iloc[0] > VANISHING_MEAN >= means.iloc[-1])


def _steady(column: str, sign: int):
    def holds(curves: pd.DataFrame) -> bool:
        steps = curves.sort_values("epoch")[column].diff().iloc[1:]
        return bool((sign * steps > 0).all())

    return holds


CLAIMS = (
    Claim(
        "table_7_cells",
        "Table 7",
        "110 cells stable, vanishing or exploding",
        f"{CELLS} of 110 cells, {MOST_SEEDS}",
        _table_7,
    ),
    _columns(range(1, 8), "stable"),
    _columns([8], "exploding"),
    _columns([9], "vanishing", first=2),
    _columns([10], "exploding"),
    _columns([11], "stable"),
    Claim(
        "one_layer_vanishes",
        "Section 5.1.1",
        "vanishing gradients are visible only in one trainable layer, Layer 9",
        f"vanishing in at least half of the epochs, {MOST_SEEDS}",
        in_most_seeds(
            ratios_of(EXPERIMENT),
            lambda ratios: _layers_that_are("vanishing", ratios, DENSE) == {9},
            _listed("vanishing", DENSE),
        ),
    ),
    Claim(
        "no_trainable_explodes",
        "Sections 5.1.1, 6.1",
        "no training layer had exploding gradients (gradient norms above 1e3)",
        f"of their ratios, which Figure 10 draws, in no epoch, {MOST_SEEDS}",
        in_most_seeds(
            ratios_of(EXPERIMENT),
            lambda ratios: bool(
                ratios.loc[ratios["layer"].isin(DENSE), "class"].isin(("stable", "vanishing")).all()
            ),
            lambda ratios: (
                "ratios of dense layers are "
                + span(ratios.loc[ratios["layer"].isin(DENSE), "ratio"])
            ),
        ),
    ),
    Claim(
        "explosion_in_8_and_10",
        "Section 5.1.1",
        "the only explosion observed was in activation layers 8 and 10",
        f"exploding in at least half of the epochs, {MOST_SEEDS}",
        in_most_seeds(
            ratios_of(EXPERIMENT),
            lambda ratios: _layers_that_are("exploding", ratios, range(1, 12)) == {8, 10},
            _listed("exploding", range(1, 12)),
        ),
    ),
    Claim(
        "figure_10_range",
        "Section 5.1.1, Figure 10",
        "values across several magnitudes, from 1e-4 to 1e4",
        f"all 110 ratios, {MOST_SEEDS}",
        in_most_seeds(
            ratios_of(EXPERIMENT),
            lambda ratios: ratios["ratio"].between(1e-4, 1e4).all(),
            lambda ratios: f"ratios are {span(ratios['ratio'])}",
        ),
    ),
    Claim(
        "layer_9_ratio",
        "Sections 6.1, 6.1.2",
        "layer 9 with gradient-norm ratios around 0.0008",
        f"in the last epoch, of the logarithm, {WITHIN_SEEDS}",
        within_seeds(8e-4, at(ratios_of(EXPERIMENT), "ratio", paper.EPOCHS, 9), logarithmic=True),
    ),
    Claim(
        "ratios_close_to_one",
        "Sections 6.1, 6.1.2",
        "layers 1, 3, 5, 7 and 11 maintaining stable ratios close to 1.0",
        f"a factor of two either way, in most of their 50 cells, {MOST_SEEDS}",
        in_most_seeds(
            ratios_of(EXPERIMENT),
            _near_one,
            lambda ratios: (
                "their ratios are "
                + span(ratios.loc[ratios["layer"].isin((1, 3, 5, 7, 11)), "ratio"])
            ),
        ),
    ),
    Claim(
        "all_layers_above_1e2",
        "Section 6.1.2",
        "all layers stayed well above the threshold (1e-2 to 1e0)",
        f"every norm of every layer and epoch, {MOST_SEEDS}",
        sentence(
            lambda: _printed_share("vanishing", range(1, 12)) == 0,
            norms_of(EXPERIMENT),
            _above,
            lambda norms: (
                f"mean row norms are {span(norms['norm'])}, norms of whole layers "
                f"{span(norms['gradient_norm'])}; Section 5.1.1 has layer 9 below 1e-3"
            ),
        ),
    ),
    Claim(
        "mean_gradient_layer_9",
        "Section 5.1.2, Figure 11",
        "layer 9's mean gradient: gradual decline, later epochs falling into the vanishing zones",
        f"outside 1e-3 in epoch 1 and inside in the last, {MOST_SEEDS}",
        in_most_seeds(
            norms_of(EXPERIMENT),
            _falls_into_region,
            lambda norms: f"its magnitude is {span(_mean_9(norms))} in all epochs",
        ),
    ),
    *first_and_last(EXPERIMENT, "Section 5.1.3, Figure 12"),
    Claim(
        "accuracy_rises_steadily",
        "Section 5.1.3",
        "as the number of epochs increases, accuracy improves steadily",
        f"higher in every epoch than in the one before, {MOST_SEEDS}",
        in_most_seeds(
            curves_of(EXPERIMENT),
            _steady("accuracy", 1),
            lambda curves: f"training accuracy is {span(curves['accuracy'])}",
        ),
    ),
    Claim(
        "loss_falls_consistently",
        "Section 5.1.3",
        "the loss consistently decreases",
        f"lower in every epoch than in the one before, {MOST_SEEDS}",
        in_most_seeds(
            curves_of(EXPERIMENT),
            _steady("loss", -1),
            lambda curves: f"the loss is {span(curves['loss'])}",
        ),
    ),
)
