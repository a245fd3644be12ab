"""The five research questions of Section 2, answered with numbers from queries."""

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue.conclusions import LEARNS
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import between, number, seeds, span
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.hypotheses import Effect
from vanishing_gradients.analysis.statistics import CONFIDENCE, TOO_FEW

NAMES = {
    "relu_adam": "ReLU + Adam",
    "relu_sgd": "ReLU + SGD",
    "sigmoid_adam": "sigmoid + Adam",
    "sigmoid_sgd": "sigmoid + SGD",
}


def answers(evidence: Evidence, dataset: str) -> list[tuple[str, list[str]]]:
    """Return the five questions as the paper asks them, with our answers from `dataset`."""
    effects = {each.contrast.name: each for each in evidence.effects(dataset)}
    found = []
    for place, (question, answer) in enumerate(QUESTIONS.items(), start=1):
        try:
            sentences = answer(evidence, dataset, effects)
        except NoRowsError as error:
            sentences = [f"This cannot be answered yet. {error}"]
        found.append((f"{place}. {question}", sentences))
    return found


def _activation(evidence: Evidence, dataset: str, effects: dict[str, Effect]) -> list[str]:
    found = [_effect(effects, name) for name in ("activation_sgd", "activation_adam")]
    for experiment in ("sigmoid_sgd", "relu_sgd"):
        first = _norms(evidence, experiment, dataset, 1)
        last = _norms(evidence, experiment, dataset, paper.EPOCHS)
        zero = (last == 0).all(axis=None)
        found.append(
            f"With {NAMES[experiment]} the first layer's mean row norm is "
            f"{span(first[1])} in epoch 1 and {span(last[1])} in epoch {paper.EPOCHS}"
            + (", exactly zero in every seed and layer below the last." if zero else ".")
        )
    return found


def _optimizer(evidence: Evidence, dataset: str, effects: dict[str, Effect]) -> list[str]:
    found = [_effect(effects, name) for name in ("optimizer_sigmoid", "optimizer_relu")]
    for activation in ("sigmoid", "relu"):
        sgd = _norms(evidence, f"{activation}_sgd", dataset, paper.EPOCHS)[1]
        adam = _norms(evidence, f"{activation}_adam", dataset, paper.EPOCHS)[1]
        found.append(
            f"In epoch {paper.EPOCHS} the first layer of {NAMES[f'{activation}_adam']} has a norm "
            f"of {span(adam)}, that of {NAMES[f'{activation}_sgd']} {span(sgd)}."
        )
    return found


def _interaction(_evidence: Evidence, _dataset: str, effects: dict[str, Effect]) -> list[str]:
    return [_effect(effects, "interaction")]


def _performance(evidence: Evidence, dataset: str, _effects: dict[str, Effect]) -> list[str]:
    found = []
    for experiment in paper.EXPERIMENTS:
        curves = evidence.curves(experiment, dataset)
        last = curves[curves["epoch"] == paper.EPOCHS]
        learned = curves[curves["test_accuracy"] > LEARNS].groupby("seed")["epoch"].min()
        count = last["seed"].nunique()
        ends = last["test_accuracy"].agg(["min", "max"])
        speed = (
            f"above {LEARNS:.0%} by epoch {learned.median():g} in {len(learned)} of {seeds(count)}"
            if len(learned)
            else f"never above {LEARNS:.0%} in {seeds(count)}"
        )
        found.append(
            f"{NAMES[experiment]} ends at a test accuracy of {last['test_accuracy'].median():.1%} "
            f"({between([f'{end:.1%}' for end in ends])}) and a test loss of "
            f"{number(float(last['test_loss'].median()))}, {speed}."
        )
    return found


def _best(evidence: Evidence, dataset: str, _effects: dict[str, Effect]) -> list[str]:
    least, stable = {}, {}
    for experiment in paper.EXPERIMENTS:
        norms = evidence.norms(experiment, dataset)
        dense = norms[norms["layer"] % 2 == 1].groupby(["seed", "layer"])["norm"].mean().unstack()
        least[experiment] = dense.min(axis=1)
        ratios = evidence.ratios(experiment, dataset)
        stable[experiment] = (ratios["class"] == "stable").mean()
    medians = pd.Series({name: values.median() for name, values in least.items()})
    order = medians.sort_values(ascending=False).index
    listed = "; ".join(f"{NAMES[name]} {span(least[name])}" for name in order)
    shares = ", ".join(f"{NAMES[name]} {stable[name]:.0%}" for name in order)
    return [
        f"{NAMES[order[0]]}: the dense layer that gets the smallest gradient gets the largest "
        f"there. Its mean row norm over all epochs: {listed}.",
        f"By the paper's own measure, the share of stable ratios, the order is different: "
        f"{shares}. A ratio compares layers of different kind and says little about learning.",
    ]


def _norms(evidence: Evidence, experiment: str, dataset: str, epoch: int) -> pd.DataFrame:
    """Return norms below the last layer, seeds down, layers across."""
    norms = evidence.norms(experiment, dataset)
    own = norms[(norms["epoch"] == epoch) & (norms["layer"] < paper.LAYERS)]
    return own.pivot(index="seed", columns="layer", values="norm")


def _effect(effects: dict[str, Effect], name: str) -> str:
    if name not in effects:
        raise NoRowsError(
            "It takes runs of all four experiments with seeds in common: "
            "`make train EXP=all SEEDS=10 TELEMETRY=statistics`."
        )
    effect = effects[name]
    found = effect.overall
    what = "it is" if name == "interaction" else "gradients are"
    way = "larger" if found.difference > 0 else "smaller"
    text = f"{effect.contrast.title}: {what} {abs(found.difference):.2f} decades {way}"
    if found.low == found.low:
        text += f" ({CONFIDENCE:.0%} interval {found.low:+.2f} to {found.high:+.2f})"
    chance = "" if found.conclusion == TOO_FEW else f", p = {found.adjusted:.3g}"
    text += f", {seeds(found.seeds)}{chance}: {found.conclusion}."
    if effect.zeros:
        text += (
            f" {effect.zeros} norms were exactly zero and count as the smallest positive one, so "
            "the difference is a lower bound."
        )
    return text


QUESTIONS = {
    "How does the choice of activation function affect the occurrence and severity of vanishing "
    "gradients?": _activation,
    "What are the impacts of optimization algorithms on gradient flow and mitigation of vanishing "
    "gradients?": _optimizer,
    "What is the interaction effect between activation functions and optimization techniques?": (
        _interaction
    ),
    "How do the combinations affect convergence speed and final performance?": _performance,
    "Which combination is most effective in minimizing vanishing gradients?": _best,
}
