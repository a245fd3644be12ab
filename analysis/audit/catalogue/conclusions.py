"""Sections 6.5 and 7, H0 and H1, and the paper's answers to its five research questions."""

import math
from collections.abc import Sequence

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding, Section
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    at,
    cells,
    in_most_seeds,
    more_seeds,
    number,
    seeds,
    span,
)
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.hypotheses import CONTRASTS, Effect
from vanishing_gradients.analysis.statistics import ALPHA, REJECTED, TOO_FEW

DEEP = range(5, paper.LAYERS)
EARLY = (1, 2, 3, 4)
BEST = "relu_adam"
LEARNS = 0.5  # accuracy that guessing never reaches
SMALL = 1e-3  # the paper's line for a vanishing gradient
FEWER = "ReLU leads to significantly fewer vanishing gradients compared to sigmoid"
BY_TEST = f"a permutation test of seeds in pairs, two-sided, {ALPHA:g} after Holm's correction"

claim = Section("Conclusions", BEST)


@claim("Abstract", tolerance=f"test accuracy of the last epoch, {MOST_SEEDS}")
def highest_accuracy(evidence: Evidence, dataset: str) -> Finding:
    """ReLU with Adam achieves the highest accuracy"""
    last = _last(evidence, dataset)
    told = ", ".join(f"{name} {span(last[name])}" for name in last)
    return Finding.reproduced_if(
        _best(last) > len(last) / 2,
        f"{BEST} is best in {_best(last)} of {seeds(len(last))}: {told}",
    )


@claim(
    "Section 6.1.2",
    tolerance=f"accuracy above {LEARNS:.0%} and a loss that falls by a tenth, {MOST_SEEDS}",
)
def only_relu_adam_converges(evidence: Evidence, dataset: str) -> Finding:
    """only ReLU-Adam led to a convergent and accurate model"""
    learns = _last(evidence, dataset) > LEARNS
    falls = {}
    for experiment in paper.EXPERIMENTS:
        losses = cells(evidence.curves(experiment, dataset), "loss")
        falls[experiment] = losses[paper.EPOCHS] < 0.9 * losses[1]
    both = learns & pd.DataFrame(falls).loc[learns.index].astype("bool")
    alone = both[BEST] & ~both.drop(columns=BEST).any(axis=1)
    printed = paper.printed_curves()
    in_paper = (printed["accuracy_last"] > LEARNS) & (
        printed["loss_last"] < 0.9 * printed["loss_first"]
    )
    told = ", ".join(f"{name} {both[name].sum()}" for name in both)
    return Finding.consistent_if(
        list(in_paper.index[in_paper]) == [BEST],
        alone.sum() > len(alone) / 2,
        f"convergent and accurate, of {seeds(len(both))}: {told}",
    )


@claim("Section 7", tolerance=f"all cells of these layers stable, {MOST_SEEDS}")
def deep_layers_stable(ratios: pd.DataFrame) -> Finding:
    """ReLU with Adam consistently maintained stable ratios in the deeper layers (5 - 11)"""
    stable = cells(ratios, "class", DEEP) == "stable"
    return in_most_seeds(
        stable,
        f"{stable.to_numpy().mean():.0%} of their cells are stable",
        in_paper=(paper.printed_cells(7)[list(DEEP)] == "stable").all(axis=None),
    )


@claim("Section 7", tolerance=f"no cell exploding, {MOST_SEEDS}")
def no_evidence_of_explosion(ratios: pd.DataFrame) -> Finding:
    """ReLU with Adam: resilient across all epochs, with no evidence of exploding gradients"""
    return in_most_seeds(
        cells(ratios, "class").isin(("stable", "vanishing")),
        f"{(ratios['class'] == 'exploding').mean():.0%} of all cells explode",
        in_paper=not (paper.printed_cells(7) == "exploding").any(axis=None),
    )


def _early(name: str, place: str, printed: str, also: str, *experiments: str) -> None:
    """Claim that gradients vanish in the early layers of all these experiments."""
    line = f"norms of layers 1 to 4 below {SMALL:g} in nine of ten cells"

    @claim(place, printed=printed, name=name, tolerance=line + also)
    def early_layers(evidence: Evidence, dataset: str) -> Finding:
        told, shares = [], []
        for experiment in experiments:
            norms = cells(evidence.norms(experiment, dataset), "norm", EARLY)
            shares.append((norms < SMALL).to_numpy().mean())
            told.append(f"{experiment}: norms {span(norms)}, {shares[-1]:.0%} below {SMALL:g}")
        return Finding.reproduced_if(min(shares) > 0.9, "; ".join(told))


_early(
    "sigmoid_vanishes_early", "Section 7",
    "sigmoid, regardless of optimizer, consistently led to vanishing gradients in early layers",
    "", "sigmoid_sgd", "sigmoid_adam",
)  # fmt: skip
_early(
    "sgd_vanishes", "Section 6.5",
    "SGD with either activation resulted in significant vanishing or exploding gradients",
    ": vanishing", "sigmoid_sgd", "relu_sgd",
)  # fmt: skip


def _larger(name: str, place: str, printed: str, also: str, *contrasts: str) -> None:
    """Claim that H0 is rejected for all contrasts of these names, and norms are larger."""

    @claim(place, printed=printed, name=name, tolerance=BY_TEST + also)
    def larger(evidence: Evidence, dataset: str) -> Finding:
        for contrast in CONTRASTS:
            if contrast.name in contrasts:
                for experiment in contrast.first + contrast.second:
                    evidence.seeds(experiment, dataset)
        found = [each for each in evidence.effects(dataset) if each.contrast.name in contrasts]
        told = ". ".join(map(_in_words, found))
        overall = [each.overall for each in found]
        if len(found) < len(contrasts) or any(each.conclusion == TOO_FEW for each in overall):
            told = told or "no seed is common to the groups"
            return Finding.untested(f"{told}: {more_seeds(dataset)}")
        holds = all(each.conclusion == REJECTED and each.difference > 0 for each in overall)
        return Finding.reproduced_if(holds, told)


for _claimed in (
    ("h1_with_sgd", "Section 4.1.2, H1", f"{FEWER}: with SGD", "", "activation_sgd"),
    ("h1_with_adam", "Section 4.1.2, H1", f"{FEWER}: with Adam", "", "activation_adam"),
    ("question_1_activation", "Question 1, Section 3.1.1",
     "ReLU generally maintains gradient flow better than sigmoid in deep architectures",
     ", with either optimizer", "activation_sgd", "activation_adam"),
    ("question_2_optimizer", "Question 2, Section 3.3",
     "Adam mitigates the effects of vanishing gradients better than SGD in many cases",
     ", with either activation", "optimizer_sigmoid", "optimizer_relu"),
    ("question_3_interaction", "Question 3, Abstract, Section 6.5",
     "the importance of activation-optimizer synergy",
     ": Adam's effect is larger with ReLU than with sigmoid", "interaction"),
):  # fmt: skip
    _larger(*_claimed)


@claim(
    "Question 4, Sections 6.2, 6.4.3",
    tolerance="test accuracy of the last epoch below 15 %, in every seed",
)
def question_4_performance(evidence: Evidence, dataset: str) -> Finding:
    """with SGD no effective learning; the network fails to learn beyond random performance"""
    last = _last(evidence, dataset, ("sigmoid_sgd", "relu_sgd"))
    told = ", ".join(f"{name} {span(last[name])}" for name in last)
    return Finding.reproduced_if(
        bool((last < 0.15).all(axis=None)), f"test accuracy, {seeds(len(last))}: {told}"
    )


@claim(
    "Question 5, Section 6.5", tolerance=f"the dense layer that gets least gets most, {MOST_SEEDS}"
)
def question_5_best(evidence: Evidence, dataset: str) -> Finding:
    """ReLU with Adam was the most effective in minimizing vanishing gradients"""
    norms = {name: evidence.norms(name, dataset) for name in paper.EXPERIMENTS}
    least = _by_seed({name: _least_of_dense(norms[name]) for name in norms}, dataset)
    told = ", ".join(f"{name} {number(float(least[name].median()))}" for name in least)
    return Finding.reproduced_if(
        _best(least) > len(least) / 2,
        f"of each, the norm of the dense layer that gets least: largest with {BEST} in "
        f"{_best(least)} of {seeds(len(least))}; medians: {told}",
    )


def _least_of_dense(norms: pd.DataFrame) -> pd.Series:
    """Return by seed the smallest of the dense layers' mean norms over all epochs."""
    dense = norms[norms["layer"] % 2 == 1]
    return dense.groupby(["seed", "layer"])["norm"].mean().unstack().min(axis=1)


def _by_seed(columns: dict[str, pd.Series], dataset: str) -> pd.DataFrame:
    """Return the seeds that have a number in every column, seeds down."""
    frame = pd.DataFrame(columns).dropna()
    if frame.empty:
        told = f"No seed on {dataset} has numbers of {', '.join(columns)}"
        raise NoRowsError(f"{told}: {more_seeds(dataset)}.")
    return frame


def _last(
    evidence: Evidence, dataset: str, experiments: Sequence[str] = paper.EXPERIMENTS
) -> pd.DataFrame:
    """Return the test accuracy of the last epoch, seeds down, experiments across."""
    curves = {name: evidence.curves(name, dataset) for name in experiments}
    last = {name: at(rows, "test_accuracy", paper.EPOCHS) for name, rows in curves.items()}
    return _by_seed(last, dataset)


def _best(values: pd.DataFrame) -> int:
    """Return in how many seeds BEST is larger than all others."""
    return int((values[BEST] > values.drop(columns=BEST).max(axis=1)).sum())


def _in_words(effect: Effect) -> str:
    """Return an effect's overall comparison in one sentence."""
    found = effect.overall
    if math.isnan(found.difference):
        return f"{effect.contrast.title}: no seed has finite norms in all layers and epochs"
    text = f"{effect.contrast.title}: norms differ by {found.difference:+.2f} decades"
    if not math.isnan(found.low):
        text += f" ({found.low:+.2f} to {found.high:+.2f}), p = {found.adjusted:.3g}"
    layers = sum(each.conclusion == REJECTED for each in effect.layers)
    return (
        f"{text}, {seeds(found.seeds)}: {found.conclusion}; in {layers} of {len(effect.layers)} "
        "layers alone it is rejected"
    )
