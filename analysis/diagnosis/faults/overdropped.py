"""Dropout that silences so many neurons that no signal is left."""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.remedies import DROPOUT
from vanishing_gradients.analysis.diagnosis.thresholds import HIGH_DROPOUT, LEARNED
from vanishing_gradients.analysis.diagnosis.wording import epochs, number, percent

GENTLE = 0.2


def judge(evidence: Evidence) -> Finding | None:
    """Look at the rate, where neither training nor validation images show that anything is learned.

    The rate is what the fault is: what it does to the gradients looks like many other faults.
    """
    rate = evidence.settings.dropout
    if rate <= HIGH_DROPOUT or evidence.learned >= LEARNED:
        return None
    last = evidence.softmax
    seen = [
        f"Dropout silences {percent(rate)} of the neurons of each hidden layer at every step, and "
        f"multiplies the rest by {number(1.0 / (1.0 - rate))}.",
        f"The loss by epoch is {epochs(evidence.curves['loss'])}; guessing costs "
        f"{number(evidence.guessing)}.",
    ]
    below = [layer for layer in evidence.dense if layer in evidence.variation.index]
    varied = evidence.variation.loc[below].iloc[:, -1]
    if len(varied) and varied.max() > 1.0:
        layer = int(varied.idxmax())
        seen.append(
            f"From step to step the gradient of layer {layer} varies by {number(varied.max())} "
            f"times its mean in the last epoch, that of layer {last} by "
            f"{number(evidence.variation.loc[last].iloc[-1])}."
        )
    remedies = (
        Remedy("0.1 to 0.5 is usual in hidden layers", {"dropout": GENTLE}, DROPOUT,
               "sigmoid_sgd_dropout"),
        Remedy("a network that does not learn needs none", {"dropout": 0.0}, DROPOUT),
    )  # fmt: skip
    return Finding("dropout drowns the signal", tuple(seen), remedies)
