"""What `make drop` asks and says."""

import sys

import click
from rich.console import Console
from sqlalchemy import Engine

from vanishing_gradients.telemetry.errors import RemovalError
from vanishing_gradients.telemetry.removal import RemovableRun, removable_run, remove
from vanishing_gradients.telemetry.space import in_words
from vanishing_gradients.trainer.display import say


def drop_run(engine: Engine, run_id: int, yes: bool, console: Console) -> None:
    """Remove a run; on a terminal ask first, unless `yes`.

    Raises RemovalError where there is no such run, or nobody to ask; RunBusyError where another
    process trains it.
    """
    with removable_run(engine, run_id) as found:
        if not (yes or _agreed(found)):
            say(console, f"Run {run_id} stays.")
            return
        say(console, f"{_title(found)} goes.")
        try:
            freed = remove(engine, found, lambda line: say(console, line))
        except KeyboardInterrupt:
            say(console, f"Stopped half-way: `make drop RUN={run_id}` goes on.")
            raise
    # Runs that are being trained may have filled its place already.
    back = f"{in_words(freed)} are free again" if freed > 0 else "others have taken its place"
    say(console, f"Run {run_id} is gone; {back}.")


def _agreed(found: RemovableRun) -> bool:
    if not sys.stdin.isatty():
        raise RemovalError(
            f"{_title(found)} stays, since there is no terminal to ask on: YES=1 (--yes) removes "
            "it without asking."
        )
    return click.confirm(f"{_title(found)}. Remove it for good?", err=True)


def _title(found: RemovableRun) -> str:
    held = f"{found.rows:,} gradient rows, " if found.telemetry == "full" else ""
    return (
        f"Run {found.run_id} ({found.shape.experiment} on {found.dataset}, seed {found.seed}, "
        f"{found.status}; {held}{in_words(found.size)})"
    )
