"""Sections 6.5 and 7, H0 and H1, and the paper's answers to its five research questions."""

import math
from collections.abc import Callable, Sequence

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding, Section, Verdict
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    SEEDS,
    at,
    cells,
    in_seeds,
    more_seeds,
    percents,
    seeds,
    span,
)
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.hypotheses import CONTRASTS, Effect
from vanishing_gradients.analysis.statistics import ALPHA, REJECTED, TOO_FEW

DEEP = range(5, paper.LAYERS)
DENSE = range(1, paper.LAYERS, 2)
EARLY = (1, 2, 3, 4)
BEST = "relu_adam"
LEARNS = 0.5  # accuracy that guessing never reaches
NOT_LEARNT = 0.15
NEAR_ZERO = "the share of values below 1e-3, which Section 4.3.4 proposes"
MOST = 0.5
STEPS = 10.0
LINES = (1e-3, 1e3)  # between which Table 7 calls a ratio stable
BY_TEST = (
    f"a permutation test of the norms of seeds in pairs, two-sided, {ALPHA:g} after Holm's "
    "correction"
)
AND_NEAR_ZERO = f", and {NEAR_ZERO}, the same way"

claim = Section("Conclusions", BEST)


@claim("Abstract", tolerance=f"test accuracy of the last epoch, {SEEDS}")
def highest_accuracy(evidence: Evidence, dataset: str) -> Finding:
    """“ReLU with Adam maintains the most stable gradient flow and achieves the highest accuracy”:
    accuracy
    """
    last = _last(evidence, dataset)
    return in_seeds(_best(last), f"test accuracy: {_told(last)}")


@claim(
    "Abstract, Section 6.1",
    tolerance=f"the largest share of stable cells, by the lines of Table 7, {SEEDS}",
)
def most_stable_flow(evidence: Evidence, dataset: str) -> Finding:
    """“ReLU with Adam maintains the most stable gradient flow”"""
    stable = {
        name: (cells(evidence.ratios(name, dataset), "class") == "stable").mean(axis=1)
        for name in paper.EXPERIMENTS
    }
    shares = _by_seed(stable, dataset)
    words = (paper.printed_cells(7) == "stable").to_numpy().mean()
    printed = {
        number: ((found > LINES[0]) & (found <= LINES[1])).to_numpy().mean()
        for number, found in ((each, paper.printed_ratios(each)) for each in (10, 11))
    }
    return in_seeds(
        _best(shares),
        f"stable cells: {_told(shares)}; as printed {words:.0%} in Table 7, "
        + ", ".join(f"{share:.0%} in Table {number}" for number, share in printed.items())
        + ", in both of which layers 5 to 11 are an artefact of storage. By the range of the "
        "printed ratios it is so: 1e-4 to 1e4 (Section 5.1.1), against 2.8e12 in Table 10 and "
        "“Infinity” in Tables 8 and 11",
    )


@claim(
    "Section 6.1.2",
    tolerance=f"test accuracy above {LEARNS:.0%}, and a training loss that falls by a tenth, "
    f"{SEEDS}",
)
def only_relu_adam_converges(evidence: Evidence, dataset: str) -> Finding:
    """“only ReLU-Adam led to a convergent and accurate model”"""
    learns = _last(evidence, dataset) > LEARNS
    falls = {}
    for experiment in paper.EXPERIMENTS:
        losses = cells(evidence.curves(experiment, dataset), "loss")
        falls[experiment] = losses[paper.EPOCHS] < 0.9 * losses[1]
    both = learns & pd.DataFrame(falls).loc[learns.index].astype("bool")
    printed = paper.printed_curves()
    in_paper = (printed["accuracy_last"] > LEARNS) & (
        printed["loss_last"] < 0.9 * printed["loss_first"]
    )
    told = ", ".join(f"{name} {both[name].sum()}" for name in both)
    return in_seeds(
        both[BEST] & ~both.drop(columns=BEST).any(axis=1),
        f"convergent and accurate, of {seeds(len(both))}: {told}",
        in_paper=list(in_paper.index[in_paper]) == [BEST],
    )


@claim("Section 7", tolerance=f"all cells of these layers stable, {SEEDS}")
def deep_layers_stable(ratios: pd.DataFrame) -> Finding:
    """“It consistently maintained stable gradient norm ratios in the deeper layers (Layers 5 -
    11)”
    """
    stable = cells(ratios, "class", DEEP) == "stable"
    return in_seeds(
        stable,
        f"{stable.to_numpy().mean():.0%} of their cells are stable",
        in_paper=(paper.printed_cells(7)[list(DEEP)] == "stable").all(axis=None),
    )


@claim(
    "Section 7",
    tolerance=f"no cell of a layer with weights, as Section 6.1 has it, {SEEDS}; Table 7 has "
    "explosions in activations",
    same_as="no_trainable_explodes",
)
def no_evidence_of_explosion(ratios: pd.DataFrame) -> Finding:
    """“This pairing proved resilient across all epochs, with no evidence of exploding gradients”"""
    return in_seeds(
        cells(ratios, "class", DENSE).isin(("stable", "vanishing")),
        f"{(ratios['class'] == 'exploding').mean():.0%} of all cells explode, those of activations "
        "among them",
    )


def _early(name: str, place: str, printed: str, *experiments: str) -> None:
    """Claim that gradients vanish in the early layers of all these experiments."""

    @claim(
        place,
        printed=printed,
        name=name,
        tolerance="most of the values of layers 1 to 4 below 1e-5, a line of Section 4.3.4, in the "
        f"mean over these layers and all epochs, {SEEDS}; and not with {BEST} in the mean over "
        "seeds, since at 1e-3, the other line, most are with any",
    )
    def early_layers(evidence: Evidence, dataset: str) -> Finding:
        shares = {
            each: cells(evidence.norms(each, dataset), "below_1em5", EARLY).mean(axis=1)
            for each in (*experiments, BEST)
        }
        told = ", ".join(f"{each} {percents(share)}" for each, share in shares.items())
        found = f"values of layers 1 to 4 below 1e-5: {told}"
        if shares[BEST].mean() >= MOST:
            return Finding(Verdict.UNDECIDED, f"{found}: the line tells nothing apart here")
        own = _by_seed({each: shares[each] for each in experiments}, dataset)
        return in_seeds(own >= MOST, found)


_early(
    "sigmoid_vanishes_early", "Section 7",
    "“The use of the Sigmoid activation function, regardless of optimizer, consistently led to "
    "vanishing gradients in early layers.”",
    "sigmoid_sgd", "sigmoid_adam",
)  # fmt: skip
_early(
    "sgd_vanishes", "Section 6.5",
    "“SGD, when combined with either activation function, resulted in significant vanishing or "
    "exploding gradients.”",
    "sigmoid_sgd", "relu_sgd",
)  # fmt: skip


def _fewer(
    name: str, place: str, printed: str, same_as: str, *contrasts: str, note: str = ""
) -> None:
    """Claim that H0 is rejected for these contrasts, norms are larger, and fewer near zero.

    If that is so for some of several contrasts, nothing is told of what is said of all in general.
    """

    pair = all(len(each.first) == 1 for each in CONTRASTS if each.name in contrasts)
    tolerance = f"{BY_TEST}{AND_NEAR_ZERO}" if pair else BY_TEST

    @claim(place, printed=printed, name=name, tolerance=tolerance, same_as=same_as)
    def fewer(evidence: Evidence, dataset: str) -> Finding:
        chosen = [contrast for contrast in CONTRASTS if contrast.name in contrasts]
        near, told = [], []
        for contrast in chosen:
            for experiment in contrast.first + contrast.second:
                evidence.seeds(experiment, dataset)
            pairs = zip(contrast.first, contrast.second, strict=True)
            for before, after in pairs if len(contrast.first) == 1 else ():
                shares = [_near_zero(evidence, each, dataset) for each in (before, after)]
                near.append(shares[1] < shares[0])
                told.append(f"{after} has {shares[1]:.1%} of its values below 1e-3, {before} "
                            f"{shares[0]:.1%}")  # fmt: skip
        found = [each for each in evidence.effects(dataset) if each.contrast.name in contrasts]
        text = ". ".join([*map(_in_words, found), *told])
        overall = [each.overall for each in found]
        if len(found) < len(contrasts) or any(each.conclusion == TOO_FEW for each in overall):
            text = text or "no seed is common to the groups"
            return Finding.untested(f"{text}: {more_seeds(dataset)}")
        holds = [each.conclusion == REJECTED and each.difference > 0 for each in overall]
        if near:
            holds = [one and other for one, other in zip(holds, near, strict=True)]
        if any(holds) and not all(holds):
            return Finding(Verdict.UNDECIDED, f"{text}{note}")
        return Finding.reproduced_if(all(holds), f"{text}{note}")


NOTES = {
    "h1_with_sgd": ". H1 is a hypothesis, and Section 5.2.1, too, reports that the gradients of "
    "ReLU with SGD vanish completely",
}
FEWER = "“ReLU leads to significantly fewer vanishing gradients compared to sigmoid.”"
for _claimed in (
    ("h1_with_sgd", "Section 4.1.2, H1", f"{FEWER}, with SGD", "", "activation_sgd"),
    ("h1_with_adam", "Section 4.1.2, H1", f"{FEWER}, with Adam", "", "activation_adam"),
    ("question_1_activation", "Question 1, Section 3.1.1",
     "“it generally maintains gradient flow better than sigmoid in deep architectures”, from the "
     "literature, with the concession that ReLUs can die", "h1_with_sgd", "activation_sgd",
     "activation_adam"),
    ("question_3_interaction", "Question 3, Section 6.5",
     "“This highlights the importance of activation-optimizer synergy”, read as: Adam's effect is "
     "larger with ReLU than with sigmoid", "", "interaction"),
):  # fmt: skip
    _fewer(*_claimed, note=NOTES.get(_claimed[0], ""))


def _adam_against_sgd(
    name: str,
    place: str,
    printed: str,
    tolerance: str,
    what: str,
    measure: Callable[[Evidence, str, str], pd.Series],
    holds: Callable[[pd.Series, pd.Series], pd.Series],
    always: bool = True,
    learnt: bool = False,
) -> None:
    """Claim that Adam and SGD differ in a measure, one value a seed.

    With both activations, or if not `always` with one at least. If `learnt`, a network that SGD
    taught nothing tells nothing.
    """

    @claim(place, printed=printed, name=name, tolerance=f"{tolerance}, {SEEDS}")
    def adam_against_sgd(evidence: Evidence, dataset: str) -> Finding:
        found = _by_seed(
            {each: measure(evidence, each, dataset) for each in paper.EXPERIMENTS}, dataset
        )
        if learnt:
            last = _last(evidence, dataset, ("sigmoid_sgd", "relu_sgd"))
            if (last < NOT_LEARNT).all(axis=None):
                return Finding(
                    Verdict.UNDECIDED,
                    f"{what}: {_told(found)}; SGD has learnt nothing here, test accuracy "
                    f"{_told(last)}, and has nothing to generalize",
                )
        verdicts = pd.DataFrame(
            {
                activation: holds(found[f"{activation}_adam"], found[f"{activation}_sgd"])
                for activation in ("relu", "sigmoid")
            }
        )
        holding = verdicts.all(axis=1) if always else verdicts.any(axis=1)
        return in_seeds(holding, f"{what}: {_told(found)}")


def _first_step(evidence: Evidence, experiment: str, dataset: str) -> pd.Series:
    return at(evidence.updates(experiment, dataset), "ratio", 1, 1)


def _gap(evidence: Evidence, experiment: str, dataset: str) -> pd.Series:
    curves = evidence.curves(experiment, dataset)
    return at(curves, "accuracy", paper.EPOCHS) - at(curves, "test_accuracy", paper.EPOCHS)


def _loss_left(evidence: Evidence, experiment: str, dataset: str) -> pd.Series:
    curves = evidence.curves(experiment, dataset)
    return at(curves, "loss", paper.EPOCHS) / at(curves, "loss", 1)


_adam_against_sgd(
    "question_2_optimizer", "Question 2, Section 3.3",
    "“Adam mitigates the effects of vanishing gradients better in many cases”, from the literature",
    f"Adam's steps of layer 1, over the norm of its weights, {STEPS:g} times SGD's in epoch 1. "
    "That Adam's are about its rate is so by construction; that SGD's are less is not",
    "a step of layer 1 in epoch 1, over its weights", _first_step,
    lambda adam, sgd: adam > STEPS * sgd,
)  # fmt: skip
_adam_against_sgd(
    "adam_generalizes_worse", "Section 3.3",
    "“it can lead to poorer generalization compared to SGD in some tasks”",
    "a larger gap between training and test accuracy in the last epoch, with one activation at "
    "least: the sentence is of what can be",
    "training less test accuracy in the last epoch", _gap, lambda adam, sgd: adam > sgd,
    always=False, learnt=True,
)  # fmt: skip
_adam_against_sgd(
    "question_4_convergence", "Question 4, Section 3.3",
    "“Adam often converges faster and with greater stability compared to SGD in complex or deep "
    "architectures”, from the literature: “faster” alone",
    "a smaller share of the first epoch's loss left in the last", "loss left of the first epoch's",
    _loss_left, lambda adam, sgd: adam < sgd,
)  # fmt: skip


@claim(
    "Question 4, Section 6.4.3",
    tolerance=f"test accuracy of the last epoch below {NOT_LEARNT:.0%}, {SEEDS}",
    same_as="sigmoid_sgd_accuracy_constant",
)
def question_4_performance(evidence: Evidence, dataset: str) -> Finding:
    """“the network fails to learn beyond random performance due to vanishing gradients”, sigmoid
    with SGD
    """
    last = _last(evidence, dataset, ("sigmoid_sgd",))
    return in_seeds(last < NOT_LEARNT, f"test accuracy: {_told(last)}")


@claim("Question 5, Section 6.5", tolerance=f"the smallest of {NEAR_ZERO}, {SEEDS}")
def question_5_best(evidence: Evidence, dataset: str) -> Finding:
    """“Across all combinations, ReLU with Adam was the most effective in minimizing vanishing
    gradients”
    """
    shares = _by_seed(
        {
            name: cells(evidence.norms(name, dataset), "below_1em3").mean(axis=1)
            for name in paper.EXPERIMENTS
        },
        dataset,
    )
    return in_seeds(_best(-shares), f"values below 1e-3, over layers and epochs: {_told(shares)}")


def _near_zero(evidence: Evidence, experiment: str, dataset: str) -> float:
    """Return the mean share of values below 1e-3 over seeds, layers and epochs."""
    return float(evidence.norms(experiment, dataset)["below_1em3"].mean())


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


def _best(values: pd.DataFrame) -> pd.Series:
    """Return in which seeds BEST is larger than all others."""
    return values[BEST] > values.drop(columns=BEST).max(axis=1)


def _told(values: pd.DataFrame) -> str:
    return ", ".join(f"{name} {span(values[name])}" for name in values)


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
