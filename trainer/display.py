"""What a person sees of a run while it goes: a bar on a terminal, a line an epoch elsewhere."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from vanishing_gradients.installation import as_typed
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.runs import RunDescription, Status
from vanishing_gradients.telemetry.sink import Traffic
from vanishing_gradients.trainer.loop import Progress as TrainingProgress
from vanishing_gradients.trainer.run import TrainingListener
from vanishing_gradients.words import counted

INTERVAL = 0.1
"""Seconds between two updates of the bar."""
ROOMY = 96
"""Columns of a terminal from which on the bar has room for a title and for all words."""


class ProgressDisplay(TrainingListener, Progress):
    """Shows one run on `console`. Use as a context manager around the run."""

    def __init__(self, console: Console) -> None:
        roomy, title = console.width >= ROOMY, lambda task: task.description
        super().__init__(
            *([_WordsColumn(title, "bold", cut=True)] if roomy else []),
            BarColumn(bar_width=None),
            _WordsColumn(lambda task: f"epoch {task.fields['epoch']}/{task.fields['epochs']}"),
            _WordsColumn(lambda task: f"loss {task.fields['loss']}"),
            _WordsColumn(lambda task: f"accuracy {task.fields['accuracy']}"),
            _WordsColumn(lambda task: _traffic(task, " rows" if roomy else "")),
            _WordsColumn(_time),
            console=console,
            transient=True,
            disable=not console.is_interactive,
        )
        self._task: TaskID | None = None
        self._name, self._epochs, self._shown = "", 0, 0.0

    def registered(
        self,
        run_id: int,
        description: RunDescription,
        traffic: Callable[[], Traffic],
        completed_epoch: int,
    ) -> None:
        """Say what run has begun, or goes on."""
        self._name, self._epochs = f"Run {run_id}", description.epochs
        every = description.record_every
        kept = "every gradient" if description.telemetry == "full" else "statistics alone"
        say(
            self.console,
            f"{self._name}: {description.experiment} on {description.dataset}, "
            f"seed {description.seed}, {description.precision} precision, "
            f"{counted(description.epochs, 'epoch')}, {kept}"
            f"{'' if every == 1 else f' of one batch in {every}'}.",
        )
        if completed_epoch:
            say(self.console, f"{self._name} goes on with epoch {completed_epoch + 1}.")
        self._task = self.add_task(
            description.experiment,
            total=None,
            epoch=min(completed_epoch + 1, self._epochs),
            epochs=self._epochs,
            loss="-",
            accuracy="-",
            traffic=traffic,
            sent=description.telemetry == "full",
        )

    def progress(self, progress: TrainingProgress) -> None:
        """Move the bar, now and then."""
        now = time.monotonic()
        if self._task is None or (progress.step < progress.steps and now < self._shown + INTERVAL):
            return
        self._shown = now
        self.update(
            self._task,
            total=progress.steps * self._epochs,
            completed=progress.steps * (progress.epoch - 1) + progress.step,
            epoch=progress.epoch,
            loss=_loss(progress.loss),
            accuracy=f"{progress.accuracy:.3f}",
        )

    def epoch(self, metrics: EpochMetrics) -> None:
        """Say how an epoch went."""
        say(
            self.console,
            f"{self._name}, epoch {metrics.epoch}/{self._epochs}: "
            f"loss {_loss(metrics.loss)}, accuracy {metrics.accuracy:.4f}, "
            f"test loss {_loss(metrics.test_loss)}, "
            f"test accuracy {metrics.test_accuracy:.4f}, {metrics.seconds:.1f} s",
        )

    def ended(self, run_id: int, status: Status) -> None:
        """Say how the run ended."""
        verb = "has failed" if status == "failed" else f"is {status}"
        say(self.console, f"Run {run_id} {verb}.")

    def warn(self, sentence: str) -> None:
        """Say what works, but not as well as it could."""
        say(self.console, f"Warning: {sentence}")


def say(console: Console, line: str) -> None:
    """Print a line as it is, however long, above a bar if there is one."""
    console.print(as_typed(line), highlight=False, soft_wrap=True, markup=False)


class _WordsColumn(ProgressColumn):
    """Words about the run, on one line; `cut` lets them be shortened where there is no room."""

    def __init__(self, words: Callable[[Task], str], style: str = "", cut: bool = False) -> None:
        self._words, self._style = words, style
        super().__init__(Column(no_wrap=not cut))

    def render(self, task: Task) -> Text:
        """Return the words as they are now."""
        return Text(self._words(task), style=self._style, no_wrap=True, overflow="ellipsis")


def _traffic(task: Task, unit: str) -> str:
    traffic, verb = task.fields["traffic"](), "sent" if task.fields["sent"] else "read"
    if traffic.outage is not None:
        return f"server away {_clock(traffic.outage)} {_short(traffic.waiting_rows)} behind"
    return f"{_short(traffic.rows)}{unit} {verb} {_short(traffic.waiting_rows)} behind"


def _time(task: Task) -> str:
    """Time elapsed and time to come, as in 1:05<4:12."""
    left = "?" if task.time_remaining is None else _clock(task.time_remaining)
    return f"{_clock(task.elapsed or 0)}<{left}"


def _loss(value: float) -> str:
    """Write a loss in at most nine characters, however far it has diverged."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.2e}"


def _short(number: int) -> str:
    """Write a count of rows in at most five characters: 980, 12.3k, 123k, 9.0M."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.{0 if number >= 100 * unit else 1}f}{name}"
    return str(number)


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
