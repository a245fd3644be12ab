"""Sections 6.5 and 7, H0 and H1, and the paper's answers to its five research questions."""

import math
from collections.abc import Sequence

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Claim, Judge
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    number,
    ratios_of,
    seeds,
    sentence,
    span,
)
from vanishing_gradients.analysis.audit.verdict import (
    Finding,
    Verdict,
    consistent_if,
    reproduced_if,
)
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.hypotheses import CONTRASTS, Effect
from vanishing_gradients.analysis.statistics import ALPHA, REJECTED, TOO_FEW

DEEP = tuple(range(5, paper.LAYERS))
BEST = "relu_adam"
LEARNS = 0.5  # accuracy that no guessing reaches
SMALL = 1e-3  # the paper's line for a vanishing gradient

BY_TEST = f"a permutation test of seeds in pairs, two-sided, {ALPHA:g} after Holm's correction"


def all_effects(evidence: Evidence, dataset: str) -> list[Effect]:
    """Return the effects of activation and optimizer that the runs on a data set allow."""
    return evidence.effects(dataset)


def in_words(effect: Effect) -> str:
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


def _contrast(*names: str) -> Judge:
    """Judge that H0 is rejected for all contrasts of these names, and norms are larger."""

    def judge(evidence: Evidence, dataset: str) -> Finding:
        for contrast in CONTRASTS:
            if contrast.name in names:
                for experiment in contrast.first + contrast.second:
                    evidence.seeds(experiment, dataset)
        found = [each for each in all_effects(evidence, dataset) if each.contrast.name in names]
        told = ". ".join(map(in_words, found))
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

    return judge


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
    columns = {}
    for experiment in experiments:
        curves = evidence.curves(experiment, dataset)
        last = curves[curves["epoch"] == paper.EPOCHS]
        columns[experiment] = last.set_index("seed")["test_accuracy"]
    return _by_seed(columns, dataset)


def _best(values: pd.DataFrame) -> int:
    """Return in how many seeds BEST is larger than all others."""
    return int((values[BEST] > values.drop(columns=BEST).max(axis=1)).sum())


def _highest_accuracy(evidence: Evidence, dataset: str) -> Finding:
    last = _last(evidence, dataset)
    told = ", ".join(f"{name} {span(last[name])}" for name in last)
    return reproduced_if(
        _best(last) > len(last) / 2,
        f"{BEST} is best in {_best(last)} of {seeds(len(last))}: {told}",
    )


def _only_one_learns(evidence: Evidence, dataset: str) -> Finding:
    learns = _last(evidence, dataset) > LEARNS
    falls = {}
    for experiment in paper.EXPERIMENTS:
        curves = evidence.curves(experiment, dataset)
        losses = curves.pivot(index="seed", columns="epoch", values="loss")
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


def _early_layers(experiments: tuple[str, ...], layers: tuple[int, ...]) -> Judge:
    def judge(evidence: Evidence, dataset: str) -> Finding:
        told, shares = [], []
        for experiment in experiments:
            norms = evidence.norms(experiment, dataset)
            own = norms[norms["layer"].isin(layers)]
            shares.append((own["norm"] < SMALL).mean())
            told.append(
                f"{experiment}: norms {span(own['norm'])}, {shares[-1]:.0%} below {SMALL:g}"
            )
        return reproduced_if(min(shares) > 0.9, "; ".join(told))

    return judge


def _most_effective(evidence: Evidence, dataset: str) -> Finding:
    norms = {name: evidence.norms(name, dataset) for name in paper.EXPERIMENTS}
    least = {
        name: frame[frame["layer"] % 2 == 1]
        .groupby(["seed", "layer"])["norm"]
        .mean()
        .unstack()
        .min(axis=1)
        for name, frame in norms.items()
    }
    smallest = _by_seed(least, dataset)
    told = ", ".join(f"{name} {number(float(smallest[name].median()))}" for name in smallest)
    return reproduced_if(
        _best(smallest) > len(smallest) / 2,
        f"of each, the norm of the dense layer that gets least: largest with {BEST} in "
        f"{_best(smallest)} of {seeds(len(smallest))}; medians: {told}",
    )


def _fails(evidence: Evidence, dataset: str) -> Finding:
    last = _last(evidence, dataset, ("sigmoid_sgd", "relu_sgd"))
    told = ", ".join(f"{name} {span(last[name])}" for name in last)
    return reproduced_if(
        bool((last < 0.15).all(axis=None)), f"test accuracy, {seeds(len(last))}: {told}"
    )


CLAIMS = (
    Claim(
        "highest_accuracy",
        "Abstract",
        "ReLU with Adam achieves the highest accuracy",
        f"test accuracy of the last epoch, {MOST_SEEDS}",
        _highest_accuracy,
    ),
    Claim(
        "only_relu_adam_converges",
        "Section 6.1.2",
        "only ReLU-Adam led to a convergent and accurate model",
        f"accuracy above {LEARNS:.0%} and a loss that falls by a tenth, {MOST_SEEDS}",
        _only_one_learns,
    ),
    Claim(
        "deep_layers_stable",
        "Section 7",
        "ReLU with Adam consistently maintained stable ratios in the deeper layers (5 - 11)",
        f"all cells of these layers stable, {MOST_SEEDS}",
        sentence(
            lambda: bool((paper.printed_cells(7)[list(DEEP)] == "stable").all(axis=None)),
            ratios_of(BEST),
            lambda ratios: bool(
                (ratios.loc[ratios["layer"].isin(DEEP), "class"] == "stable").all()
            ),
            lambda ratios: (
                f"{(ratios.loc[ratios['layer'].isin(DEEP), 'class'] == 'stable').mean():.0%} "
                "of their cells are stable"
            ),
        ),
    ),
    Claim(
        "no_evidence_of_explosion",
        "Section 7",
        "ReLU with Adam: resilient across all epochs, with no evidence of exploding gradients",
        f"no cell exploding, {MOST_SEEDS}",
        sentence(
            lambda: not bool((paper.printed_cells(7) == "exploding").any(axis=None)),
            ratios_of(BEST),
            lambda ratios: bool(ratios["class"].isin(("stable", "vanishing")).all()),
            lambda ratios: f"{(ratios['class'] == 'exploding').mean():.0%} of all cells explode",
        ),
    ),
    Claim(
        "sigmoid_vanishes_early",
        "Section 7",
        "sigmoid, regardless of optimizer, consistently led to vanishing gradients in early layers",
        f"norms of layers 1 to 4 below {SMALL:g} in nine of ten cells",
        _early_layers(("sigmoid_sgd", "sigmoid_adam"), (1, 2, 3, 4)),
    ),
    Claim(
        "sgd_vanishes",
        "Section 6.5",
        "SGD with either activation resulted in significant vanishing or exploding gradients",
        f"norms of layers 1 to 4 below {SMALL:g} in nine of ten cells: vanishing",
        _early_layers(("sigmoid_sgd", "relu_sgd"), (1, 2, 3, 4)),
    ),
    Claim(
        "h1_with_sgd",
        "Section 4.1.2, H1",
        "ReLU leads to significantly fewer vanishing gradients compared to sigmoid: with SGD",
        BY_TEST,
        _contrast("activation_sgd"),
    ),
    Claim(
        "h1_with_adam",
        "Section 4.1.2, H1",
        "ReLU leads to significantly fewer vanishing gradients compared to sigmoid: with Adam",
        BY_TEST,
        _contrast("activation_adam"),
    ),
    Claim(
        "question_1_activation",
        "Question 1, Section 3.1.1",
        "ReLU generally maintains gradient flow better than sigmoid in deep architectures",
        f"{BY_TEST}, with either optimizer",
        _contrast("activation_sgd", "activation_adam"),
    ),
    Claim(
        "question_2_optimizer",
        "Question 2, Section 3.3",
        "Adam mitigates the effects of vanishing gradients better than SGD in many cases",
        f"{BY_TEST}, with either activation",
        _contrast("optimizer_sigmoid", "optimizer_relu"),
    ),
    Claim(
        "question_3_interaction",
        "Question 3, Abstract, Section 6.5",
        "the importance of activation-optimizer synergy",
        f"{BY_TEST}: Adam's effect is larger with ReLU than with sigmoid",
        _contrast("interaction"),
    ),
    Claim(
        "question_4_performance",
        "Question 4, Sections 6.2, 6.4.3",
        "with SGD no effective learning; the network fails to learn beyond random performance",
        "test accuracy of the last epoch below 15 %, in every seed",
        _fails,
    ),
    Claim(
        "question_5_best",
        "Question 5, Section 6.5",
        "ReLU with Adam was the most effective in minimizing vanishing gradients",
        f"the dense layer that gets least gets most, {MOST_SEEDS}",
        _most_effective,
    ),
)
