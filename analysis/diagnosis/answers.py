"""Answers to what people ask about a network that learns, from its curves alone."""

from collections.abc import Iterator

import pandas as pd

from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence
from vanishing_gradients.analysis.diagnosis.thresholds import AT_REST, GAP, RISES
from vanishing_gradients.analysis.diagnosis.wording import number, percent

BETTER = 0.005
"""A test accuracy above the training accuracy by less may be chance, over 10,000 images."""
BY_HEART = 0.99
"""The training accuracy of a network that is large enough for its images."""
REFERENCE = "Xiao, Rasul and Vollgraf (2017), table 3, https://arxiv.org/abs/1708.07747"
KNOWN = {"mnist": 0.972, "fashion-mnist": 0.871}
"""Test accuracy of one hidden layer of 100 ReLUs, by data set, as REFERENCE has it."""
ALL_IMAGES = 60_000


def answers(evidence: RunEvidence) -> Iterator[str]:
    """Yield a question and its answer each, where the run has what the answer needs."""
    if evidence.learns is False:
        return
    curves = evidence.curves[["loss", "accuracy", "test_loss", "test_accuracy"]].astype(float)
    told = curves.dropna(how="all")
    if told.empty:
        return
    for answer in (_better_held_out, _loss_and_accuracy, _more_training, _size, _good):
        yield from answer(evidence, told)


def _better_held_out(evidence: RunEvidence, curves: pd.DataFrame) -> Iterator[str]:
    last = curves.iloc[-1]
    if not last["test_accuracy"] >= last["accuracy"] + BETTER:
        return
    question = f"Why is the test accuracy better than the training accuracy ({_pair(last)})?"
    inputs = float(evidence.config.file.get("input_dropout", 0.0))
    dropped = max(evidence.dropout or 0.0, inputs)
    if dropped:
        yield (
            f"{question} Because of dropout: training is measured with up to {percent(dropped)} of "
            "a layer silenced, the test with all of it."
        )
    else:
        more = "" if evidence.dropout is not None else " Dropout, if there is any, does so too."
        yield (
            f"{question} Training is measured while the weights change, as the mean over an epoch; "
            f"the test with the weights at its end, which are better.{more}"
        )


def _loss_and_accuracy(evidence: RunEvidence, curves: pd.DataFrame) -> Iterator[str]:
    told = curves[["test_loss", "test_accuracy"]].dropna()
    if len(told) < 2:
        return
    best, last = told.loc[told["test_loss"].idxmin()], told.iloc[-1]
    rises = last["test_loss"] >= (1.0 + GAP) * best["test_loss"]
    if rises and last["test_accuracy"] > best["test_accuracy"]:
        yield (
            f"Why does the test loss rise (from {number(best['test_loss'])} in epoch {best.name} "
            f"to {number(last['test_loss'])}) while the test accuracy does, too (from "
            f"{_exact(best['test_accuracy'])} to {_exact(last['test_accuracy'])})? The network "
            f"grows ever surer of itself, also of the {evidence.samples} that it gets wrong; the "
            "loss counts how sure it is, the accuracy only whether it is right. If the "
            f"probabilities matter, stop after epoch {best.name}."
        )


def _more_training(evidence: RunEvidence, curves: pd.DataFrame) -> Iterator[str]:
    """Compare the last two epochs: a rate that has gone to 0 brings any loss to rest."""
    question = "Is more training worth it?"
    loss = curves["loss"].dropna()
    if len(loss) < 2 or not loss.iloc[-2] > 0.0:
        return
    falls = _fall(loss)
    test = curves["test_loss"].dropna()
    rates = evidence.curves["learning_rate"].astype(float).dropna()
    told = f"the training loss fell by {percent(falls)} in the last epoch"
    if len(rates) and rates.iloc[-1] < 0.01 * rates.max():
        yield f"{question} Not with this schedule: the learning rate has come down to next to 0."
    elif len(test) > 1 and test.iloc[-1] >= RISES * test.min():
        yield (
            f"{question} Not as it is: the test loss was lowest in epoch {test.idxmin()}, "
            f"{number(test.min())}, and is {number(test.iloc[-1])} now."
        )
    elif falls > AT_REST and len(test) > 1:
        gain = 1.0 - test.iloc[-1] / test.iloc[:-1].min()
        verdict = "Yes" if gain > AT_REST else "A little"
        yield f"{question} {verdict}: {told}, and the test loss by {percent(max(gain, 0.0))}."
    elif falls > AT_REST:
        yield f"{question} Perhaps: {told}."
    else:
        yield f"{question} Hardly: the loss has come to rest, at {number(loss.iloc[-1])}."


def _size(evidence: RunEvidence, curves: pd.DataFrame) -> Iterator[str]:
    """Judge by the training images: a network that is large enough can learn them by heart."""
    last = curves.iloc[-1]
    loss, accuracy = curves["loss"].dropna(), last["accuracy"]
    if len(loss) < 2 or pd.isna(accuracy):
        return
    question, gap = "Is the network too small?", accuracy - last["test_accuracy"]
    if accuracy >= BY_HEART or gap >= GAP:
        yield (
            f"{question} No: it gets {percent(accuracy)} of its training {evidence.samples} right"
            + (f", and {percent(last['test_accuracy'])} of the others." if gap == gap else ".")
        )
    elif not (loss.iloc[-2] > 0.0 and _fall(loss) > AT_REST):
        yield (
            f"{question} Perhaps: its training loss has come to rest at {number(loss.iloc[-1])}, "
            f"with {percent(accuracy)} of its training {evidence.samples} right. Double its "
            "widths, and see whether that falls further."
        )


def _good(evidence: RunEvidence, curves: pd.DataFrame) -> Iterator[str]:
    run = evidence.run
    reached, known = curves.iloc[-1]["test_accuracy"], KNOWN.get(run["dataset"])
    if known is None or run["training_images"] != ALL_IMAGES or pd.isna(reached):
        return
    yield (
        f"Is {_exact(reached)} good on {run['dataset']}? One hidden layer of 100 ReLUs gets "
        f"{_exact(known)} ({REFERENCE}); its error is {_exact(1.0 - known)}, this one's "
        f"{_exact(1.0 - reached)}."
    )


def _fall(loss: pd.Series) -> float:
    """Return the part of itself that a loss has lost in the last epoch."""
    return float(1.0 - loss.iloc[-1] / loss.iloc[-2])


def _pair(last: pd.Series) -> str:
    return f"{_exact(last['test_accuracy'])} against {_exact(last['accuracy'])}"


def _exact(share: float) -> str:
    """Return a fraction as 97.2 %."""
    return f"{100 * share:.1f} %"
