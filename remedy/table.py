"""Before and after: the run, and its remedies' trials, best first."""

import math
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from vanishing_gradients.analysis.diagnosis.wording import number, percent
from vanishing_gradients.remedy.candidates import Candidate
from vanishing_gradients.remedy.trials import Outcome

Tried = tuple[Candidate, Outcome]
HELPS = 0.01
"""A test accuracy above the run's by less is no cure."""


def ranked(trials: Sequence[Tried]) -> list[Tried]:
    """Return the trials, best test accuracy first; of equal ones, the lower loss."""

    def key(trial: Tried) -> tuple[float, float]:
        _, after = trial
        accuracy, loss = after.test_accuracy, after.loss
        return (
            -accuracy if math.isfinite(accuracy) else math.inf,
            loss if math.isfinite(loss) else math.inf,
        )

    return sorted(trials, key=key)


def table(before: Outcome, trials: Sequence[Tried]) -> Table:
    """Return a table with the run first, then its remedies as `trials` has them."""
    made = Table(
        Column("run", justify="right"),
        Column("change", overflow="fold"),
        Column("epochs", justify="right"),
        Column("loss", justify="right"),
        Column("accuracy", justify="right"),
        Column("test accuracy", justify="right"),
        Column("seconds", justify="right"),
        Column("what is left", overflow="fold"),
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    made.add_row(*_cells("none: as it was", before))
    for candidate, after in trials:
        made.add_row(*_cells(candidate.change, after))
    return made


def conclusion(before: Outcome, trials: Sequence[Tried]) -> str:
    """Return which remedy to go on with, in sentences."""
    candidate, after = trials[0]
    better = after.test_accuracy > before.test_accuracy + HELPS
    healed = bool(before.left) and not after.left and not after.stopped
    if not (better or healed) or after.test_accuracy < before.test_accuracy - HELPS:
        return (
            f"None of these changes helps run {before.run_id}. `make diagnose RUN={after.run_id}` "
            "says what is wrong with the best of them."
        )
    left = f" What is left then: {after.left}." if after.left else ""
    return (
        f"Best is {candidate.change}: test accuracy {percent(after.test_accuracy)} instead of "
        f"{percent(before.test_accuracy)}.{left} Go on with `make train EXP={candidate.path}`."
    )


def _cells(change: str, outcome: Outcome) -> list[str | Text]:
    return [
        str(outcome.run_id),
        Text(change),  # [optimizer] is no markup
        str(outcome.epochs),
        number(outcome.loss),
        _share(outcome.accuracy),
        _share(outcome.test_accuracy),
        f"{outcome.seconds:.1f}",
        f"stopped: {outcome.stopped}" if outcome.stopped else outcome.left or "nothing",
    ]


def _share(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "-"
