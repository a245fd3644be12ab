"""What a person sees of a run while it goes: a progress bar on a terminal, a line an epoch elsewhere."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from trainer.loop import Progress as TrainingProgress
from trainer.recording import EpochMetrics
from trainer.run import Watcher
from trainer.telemetry.runs import RunDescription
from trainer.telemetry.sink import Traffic

COLUMNS = (
    TextColumn("[bold]{task.fields[title]}"),
    BarColumn(bar_width=None),
    TextColumn("epoch {task.fields[epoch]}"),
    TextColumn("loss {task.fields[loss]}"),
    TextColumn("accuracy {task.fields[accuracy]}"),
    TextColumn("{task.fields[rows]} rows sent"),
    TextColumn("{task.fields[waiting]} behind"),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
)
EVERY = 10
"""Steps between two updates of the bar."""


class Display(Watcher):
    """Shows a run on `console`. Use as a context manager around the run."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar = Progress(*COLUMNS, console=console, disable=not console.is_terminal)
        self._task: TaskID | None = None
        self._run_id, self._epochs, self._rows = 0, 0, 0

    def __enter__(self) -> "Display":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def registered(self, run_id: int, description: RunDescription) -> None:
        """Say what run has begun."""
        self._run_id, self._epochs = run_id, description.epochs
        every = (
            "" if description.record_every == 1 else f", every {description.record_every}th batch"
        )
        kept = "every gradient" if description.telemetry == "full" else "statistics alone"
        self._say(
            f"Run {run_id}: {description.experiment} on {description.dataset}, seed {description.seed}, "
            f"{description.precision} precision, {description.epochs} epochs, {kept}{every}."
        )
        self._task = self._bar.add_task(
            "", total=None, title=f"run {run_id} {description.experiment}", epoch="1",
            loss="-", accuracy="-", rows="0", waiting="0",
        )  # fmt: skip

    def progress(self, progress: TrainingProgress, traffic: Traffic) -> None:
        """Move the bar."""
        self._rows = traffic.rows
        if progress.step % EVERY:
            return
        self._bar.update(
            self._task,
            total=progress.steps * self._epochs,
            completed=progress.steps * (progress.epoch - 1) + progress.step,
            epoch=f"{progress.epoch}/{self._epochs}",
            loss=f"{progress.loss:.4f}",
            accuracy=f"{progress.accuracy:.3f}",
            rows=f"{traffic.rows:,}",
            waiting=f"{traffic.waiting_rows:,}",
        )

    def epoch(self, metrics: EpochMetrics) -> None:
        """Say how an epoch went."""
        self._say(
            f"Run {self._run_id}, epoch {metrics.epoch}/{self._epochs}: "
            f"loss {metrics.loss:.4f}, accuracy {metrics.accuracy:.4f}, "
            f"test loss {metrics.validation_loss:.4f}, test accuracy {metrics.validation_accuracy:.4f}, "
            f"{metrics.seconds:.1f} s"
        )

    def warn(self, sentence: str) -> None:
        """Say what works, but not as well as it could."""
        self.console.print(f"[bold]Warning:[/bold] {sentence}", highlight=False, soft_wrap=True)

    def _say(self, line: str) -> None:
        self.console.print(line, highlight=False, soft_wrap=True, markup=False)
