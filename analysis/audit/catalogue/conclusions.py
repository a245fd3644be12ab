"""Sections 6.5 and 7, H0 and H1, and the paper's answers to its five research questions."""

import math
from collections.abc import Sequence

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import (
    Finding,
    Section,
    Verdict,
    consistent_if,
    reproduced_if,
)
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    at,
    cells,
    in_most_seeds,
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
LEARNS = 0.5  # accuracy that no guessing reaches
SMALL = 1e-3  # the paper's line for a vanishing gradient
BY_TEST = f"a permutation test of seeds in pairs, two-sided, {ALPHA:g} after Holm's correction"

claim = Section("Conclusions", BEST)


@claim(
    place="Abstract",
    printed="ReLU with Adam achieves the highest accuracy",
    tolerance=f"test accuracy of the last epoch, {MOST_SEEDS}",
)
def highest_accuracy(evidence: Evidence, dataset: str) -> Finding:
    last = _last(evidence, dataset)
    told = ", ".join(f"{name} {span(last[name])}" for name in last)
    return reproduced_if(
        _best(last) > len(last) / 2,
        f"{BEST} is best in {_best(last)} of {seeds(len(last))}: {told}",
    )


@claim(
    place="Section 6.1.2",
    printed="only ReLU-Adam led to a convergent and accurate model",
    tolerance=f"accuracy above {LEARNS:.0%} and a loss that falls by a tenth, {MOST_SEEDS}",
)
def only_relu_adam_converges(evidence: Evidence, dataset: str) -> Finding:
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
    return consistent_if(
        list(in_paper.index[in_paper]) == [BEST],
        alone.sum() > len(alone) / 2,
        f"convergent and accurate, of {seeds(len(both))}: {told}",
    )


@claim(
    place="Section 7",
    printed="ReLU with Adam consistently maintained stable ratios in the deeper layers (5 - 11)",
    tolerance=f"all cells of these layers stable, {MOST_SEEDS}",
)
def deep_layers_stable(ratios: pd.DataFrame) -> Finding:
    stable = cells(ratios, "class", DEEP) == "stable"
    return in_most_seeds(
        stable.all(axis=1),
        f"{stable.to_numpy().mean():.0%} of their cells are stable",
        in_paper=bool((paper.printed_cells(7)[list(DEEP)] == "stable").all(axis=None)),
    )


@claim(
    place="Section 7",
    printed="ReLU with Adam: resilient across all epochs, with no evidence of exploding gradients",
    tolerance=f"no cell exploding, {MOST_SEEDS}",
)
def no_evidence_of_explosion(ratios: pd.DataFrame) -> Finding:
    return in_most_seeds(
        cells(ratios, "class").isin(("stable", "vanishing")).all(axis=1),
        f"{(ratios['class'] == 'exploding').mean():.0%} of all cells explode",
        in_paper=not (paper.printed_cells(7) == "exploding").any(axis=None),
    )


@claim(
    place="Section 7",
    printed="sigmoid, regardless of optimizer, consistently led to vanishing gradients in early "
    "layers",
    tolerance=f"norms of layers 1 to 4 below {SMALL:g} in nine of ten cells",
)
def sigmoid_vanishes_early(evidence: Evidence, dataset: str) -> Finding:
    return _early_layers(evidence, dataset, "sigmoid_sgd", "sigmoid_adam")


@claim(
    place="Section 6.5",
    printed="SGD with either activation resulted in significant vanishing or exploding gradients",
    tolerance=f"norms of layers 1 to 4 below {SMALL:g} in nine of ten cells: vanishing",
)
def sgd_vanishes(evidence: Evidence, dataset: str) -> Finding:
    return _early_layers(evidence, dataset, "sigmoid_sgd", "relu_sgd")


@claim(
    place="Section 4.1.2, H1",
    printed="ReLU leads to significantly fewer vanishing gradients compared to sigmoid: with SGD",
    tolerance=BY_TEST,
)
def h1_with_sgd(evidence: Evidence, dataset: str) -> Finding:
    return _larger(evidence, dataset, "activation_sgd")


@claim(
    place="Section 4.1.2, H1",
    printed="ReLU leads to significantly fewer vanishing gradients compared to sigmoid: with Adam",
    tolerance=BY_TEST,
)
def h1_with_adam(evidence: Evidence, dataset: str) -> Finding:
    return _larger(evidence, dataset, "activation_adam")


@claim(
    place="Question 1, Section 3.1.1",
    printed="ReLU generally maintains gradient flow better than sigmoid in deep architectures",
    tolerance=f"{BY_TEST}, with either optimizer",
)
def question_1_activation(evidence: Evidence, dataset: str) -> Finding:
    return _larger(evidence, dataset, "activation_sgd", "activation_adam")


@claim(
    place="Question 2, Section 3.3",
    printed="Adam mitigates the effects of vanishing gradients better than SGD in many cases",
    tolerance=f"{BY_TEST}, with either activation",
)
def question_2_optimizer(evidence: Evidence, dataset: str) -> Finding:
    return _larger(evidence, dataset, "optimizer_sigmoid", "optimizer_relu")


@claim(
    place="Question 3, Abstract, Section 6.5",
    printed="the importance of activation-optimizer synergy",
    tolerance=f"{BY_TEST}: Adam's effect is larger with ReLU than with sigmoid",
)
def question_3_interaction(evidence: Evidence, dataset: str) -> Finding:
    return _larger(evidence, dataset, "interaction")


@claim(
    place="Question 4, Sections 6.2, 6.4.3",
    printed="with SGD no effective learning; the network fails to learn beyond random performance",
    tolerance="test accuracy of the last epoch below 15 %, in every seed",
)
def question_4_performance(evidence: Evidence, dataset: str) -> Finding:
    last = _last(evidence, dataset, ("sigmoid_sgd", "relu_sgd"))
    told = ", ".join(f"{name} {span(last[name])}" for name in last)
    return reproduced_if(
        bool((last < 0.15).all(axis=None)), f"test accuracy, {seeds(len(last))}: {told}"
    )


@claim(
    place="Question 5, Section 6.5",
    printed="ReLU with Adam was the most effective in minimizing vanishing gradients",
    tolerance=f"the dense layer that gets least gets most, {MOST_SEEDS}",
)
def question_5_best(evidence: Evidence, dataset: str) -> Finding:
    norms = {name: evidence.norms(name, dataset) for name in paper.EXPERIMENTS}
    least = _by_seed({name: _least_of_dense(frame) for name, frame in norms.items()}, dataset)
    told = ", ".join(f"{name} {number(float(least[name].median()))}" for name in least)
    return reproduced_if(
        _best(least) > len(least) / 2,
        f"of each, the norm of the dense layer that gets least: largest with {BEST} in "
        f"{_best(least)} of {seeds(len(least))}; medians: {told}",
    )


def _least_of_dense(norms: pd.DataFrame) -> pd.Series:
    """Return by seed the mean norm over all epochs of the dense layer that gets least."""
    dense = norms[norms["layer"] % 2 == 1]
    return dense.groupby(["seed", "layer"])["norm"].mean().unstack().min(axis=1)


def _by_seed(columns: dict[str, pd.Series], dataset: str) -> pd.DataFrame:
    """Return the seeds that have a number in every column, seeds down."""
    frame = pd.DataFrame(columns).dropna()
    if frame.empty:
        raise NoRowsError(
            f"No seed on {dataset} has numbers of {', '.join(columns)}: `make train EXP=all "
            f"SEEDS=10 TELEMETRY=statistics DATASET={dataset}`."
        )
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


def _early_layers(evidence: Evidence, dataset: str, *experiments: str) -> Finding:
    told, shares = [], []
    for experiment in experiments:
        norms = cells(evidence.norms(experiment, dataset), "norm", EARLY)
        shares.append((norms < SMALL).to_numpy().mean())
        told.append(f"{experiment}: norms {span(norms)}, {shares[-1]:.0%} below {SMALL:g}")
    return reproduced_if(min(shares) > 0.9, "; ".join(told))


def _larger(evidence: Evidence, dataset: str, *names: str) -> Finding:
    """Test that H0 is rejected for all contrasts of these names, and norms are larger."""
    for contrast in CONTRASTS:
        if contrast.name in names:
            for experiment in contrast.first + contrast.second:
                evidence.seeds(experiment, dataset)
    found = [each for each in evidence.effects(dataset) if each.contrast.name in names]
    told = ". ".join(map(_in_words, found))
    if len(found) < len(names) or any(e.overall.conclusion == TOO_FEW for e in found):
        return Finding(
            Verdict.UNTESTED,
            f"{told or 'no seed is common to the groups'}: `make train EXP=all SEEDS=10 "
            f"TELEMETRY=statistics DATASET={dataset}`",
        )
    holds = all(
        each.overall.conclusion == REJECTED and each.overall.difference > 0 for each in found
    )
    return reproduced_if(holds, told)


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
