"""A network that has learned its training images by heart."""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.remedies import DECAY, DROPOUT, STOPPING
from vanishing_gradients.analysis.diagnosis.thresholds import LEARNED, OVERFITTED, RISEN
from vanishing_gradients.analysis.diagnosis.wording import number, percent

LAST = 2
"""So many epochs at the end must all have the risen loss: one alone may be a stumble."""


def judge(evidence: Evidence) -> Finding | None:
    """Compare training with validation images: accuracy at the end, and where the loss turned."""
    curves = evidence.curves
    last, loss = curves.iloc[-1], curves["test_loss"].astype(float)
    gap = last["accuracy"] - last["test_accuracy"]
    learned = 1.0 - last["loss"] / evidence.guessing
    risen = len(loss) > LAST and loss.iloc[-LAST:].min() >= RISEN * loss.min()
    if not (learned >= LEARNED and gap >= OVERFITTED and risen):
        return None
    best = int(loss.idxmin())
    seen = (
        f"In epoch {evidence.epochs} the accuracy is {percent(last['accuracy'])} on training "
        f"images and {percent(last['test_accuracy'])} on validation images.",
        f"The validation loss was lowest in epoch {best}, {number(loss[best])}, and has risen to "
        f"{number(loss.iloc[-1])}.",
    )
    remedies = [
        Remedy(f"stop after epoch {best}", {"epochs": best}, STOPPING),
        Remedy("dropout keeps neurons from relying on each other", {"dropout": 0.3}, DROPOUT,
               "sigmoid_sgd_dropout"),
        Remedy("a penalty keeps weights small", {"penalties.weight_l2": 1e-4}, DECAY,
               "sigmoid_sgd_weight_decay"),
    ]  # fmt: skip
    return Finding("overfitting", seen, tuple(remedies))
