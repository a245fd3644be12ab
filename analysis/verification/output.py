"""Output of a verification: a bar while it runs, then what agrees and what does not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine

from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.verification.plan import Plan
from vanishing_gradients.analysis.verification.run import Verification, verify_run
from vanishing_gradients.analysis.words import Say, counted
from vanishing_gradients.console import progress, show

CURE = "; `make summarize RUN={}` does, from the cells"
SHOWN = 10
"""Disagreements per run that are printed."""


def verify(
    engine: Engine,
    runs: Sequence[Run],
    say: Say = show,
    console: Console | None = None,
) -> int:
    """Verify the runs one after another, report each, and return how many disagree."""
    wrong = 0
    for run in runs:
        with _bar(console or progress(), f"Run {run.run_id} ({run.experiment})") as bar:
            outcome = verify_run(engine, run.run_id, *bar)
        wrong += bool(outcome.disagreements)
        for line in told(outcome):
            say(line)
    return wrong


def told(outcome: Verification) -> Iterator[str]:
    """Yield the lines that report the result of a run's verification."""
    plan, found = outcome.plan, outcome.disagreements
    name = f"Run {plan.run_id} ({plan.experiment})"
    if found:
        number = counted(len(found), "disagreement") + ", the first" * (len(found) > 1)
        yield f"{name}: {number}: {found[0]}."
        yield from (f"  {each}." for each in found[1:SHOWN])
        if len(found) > SHOWN:
            yield f"  ... and {len(found) - SHOWN:,} more."
        yield f"  Verified: {_scope(outcome)}."
    else:
        yield f"{name}: {_scope(outcome)}, all agree."
    if outcome.unsummed:
        parts = counted(outcome.unsummed, "epoch") + " of layers"
        yield (
            f"{name} has neither noise scales nor histograms of {parts}: an older version did not "
            f"sum them up{CURE.format(plan.run_id) if plan.full else ''}."
        )
    if outcome.pending:
        yield (
            f"{name} is {plan.status} after {_epochs(plan)}: what "
            f"it holds of epoch {', '.join(map(str, outcome.pending))} is not complete, and was "
            "not verified."
        )


def _scope(outcome: Verification) -> str:
    what = f"{outcome.rows:,} rows, {outcome.values:,} values and"
    if not outcome.plan.full:
        what = "statistics alone, so there are no rows to verify: the counts of"
    epochs = counted(outcome.plan.completed_epoch, "epoch")
    alone = len(outcome.plan.layers) - len(outcome.plan.stored) if outcome.plan.full else 0
    but = f" ({counted(alone, 'layer')} kept statistics alone)" if alone else ""
    return f"{what} {outcome.steps:,} statistics in {epochs}{but}"


def _epochs(plan: Plan) -> str:
    if plan.epochs is None:
        return counted(plan.completed_epoch, "epoch")
    return f"{plan.completed_epoch} of {plan.epochs} epochs"


@contextmanager
def _bar(console: Console, name: str) -> Iterator[tuple]:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(name, total=None)
        yield lambda total: bar.update(task, total=total), lambda done: bar.advance(task, done)
