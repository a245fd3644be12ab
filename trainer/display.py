"""Output for the user: the progress of a run, and the tables of all runs and experiments."""

import time
from collections.abc import Callable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import Engine, RowMapping, text

from vanishing_gradients.console import say
from vanishing_gradients.sql.queries import query
from vanishing_gradients.sql.registry import require_migrated
from vanishing_gradients.telemetry.lock import mark_orphans
from vanishing_gradients.telemetry.recording import WIDTH_MAX, EpochMetrics
from vanishing_gradients.telemetry.runs import TRAINER, RunDescription, Status
from vanishing_gradients.telemetry.sink import Traffic
from vanishing_gradients.telemetry.space import in_words, run_sizes
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.loop import Progress as TrainingProgress
from vanishing_gradients.trainer.run import TrainingListener
from vanishing_gradients.words import counted

INTERVAL = 0.1
"""Seconds between two updates of the bar."""
ROOMY = 96
"""The least width of a terminal, in columns, for a bar with a title and full words."""
TEXTS = ("experiment", "source", "data set", "precision", "status")
FIRST = "No run yet: `make train EXP=sigmoid_sgd` makes the first."


class ProgressDisplay(TrainingListener, Progress):
    """Shows one run on `console`: a line per epoch, and on a terminal a bar; a context manager."""

    def __init__(self, console: Console) -> None:
        roomy, title = console.width >= ROOMY, lambda task: task.description
        super().__init__(
            *([_WordsColumn(title, "bold", cut=True)] if roomy else []),
            BarColumn(bar_width=None),
            _WordsColumn(lambda task: f"epoch {task.fields['epoch']}/{task.fields['epochs']}"),
            _WordsColumn(lambda task: f"loss {task.fields['loss']}"),
            _WordsColumn(lambda task: f"accuracy {task.fields['accuracy']}"),
            _WordsColumn(lambda task: _traffic(task, " rows" if roomy else "")),
            # Elapsed and remaining time, as in 1:05<4:12.
            _WordsColumn(lambda task: f"{_clock(task.elapsed or 0)}<{_clock(task.time_remaining)}"),
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
        """Announce the run that has started or resumed."""
        self._name, self._epochs = f"Run {run_id}", description.epochs
        every = description.record_every
        kept = "every gradient" if description.telemetry == "full" else "statistics alone"
        say(
            f"{self._name}: {description.experiment} on {description.dataset}, "
            f"seed {description.seed}, {description.precision} precision, "
            f"{counted(description.epochs, 'epoch')}, {kept}"
            f"{'' if every == 1 else f' of one batch in {every}'}.",
            self.console,
        )
        full, members = description.telemetry == "full", len(description.layers)
        if full and (wide := members - len(description.stored.layers)):
            say(
                f"{self._name} keeps statistics and no rows of {wide} of its {members} layers: no "
                f"table holds a layer of more than {WIDTH_MAX} neurons.",
                self.console,
            )
        if completed_epoch:
            say(f"{self._name} continues with epoch {completed_epoch + 1}.", self.console)
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
        """Update the bar, at most every few steps."""
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
        """Print the metrics of an epoch."""
        say(
            f"{self._name}, epoch {metrics.epoch}/{self._epochs}: loss {_loss(metrics.loss)}, "
            f"accuracy {metrics.accuracy:.4f}, test loss {_loss(metrics.test_loss)}, test "
            f"accuracy {metrics.test_accuracy:.4f}, {metrics.seconds:.1f} s",
            self.console,
        )

    def ended(self, run_id: int, status: Status) -> None:
        """Print how the run ended."""
        verb = "has failed" if status == "failed" else f"is {status}"
        say(f"Run {run_id} {verb}.", self.console)

    def note(self, sentence: str) -> None:
        """Print a note."""
        say(sentence, self.console)

    def warn(self, sentence: str) -> None:
        """Print a warning."""
        say(f"Warning: {sentence}", self.console)


class _WordsColumn(ProgressColumn):
    """Text about the run, on one line; with `cut` it may be shortened to fit."""

    def __init__(self, words: Callable[[Task], str], style: str = "", cut: bool = False) -> None:
        self._words, self._style = words, style
        super().__init__(Column(no_wrap=not cut))

    def render(self, task: Task) -> Text:
        """Return the current text."""
        return Text(self._words(task), style=self._style, no_wrap=True, overflow="ellipsis")


def _traffic(task: Task, unit: str) -> str:
    traffic, verb = task.fields["traffic"](), "sent" if task.fields["sent"] else "read"
    if traffic.outage is not None:
        return f"server away {_clock(traffic.outage)} {_short(traffic.waiting_rows)} behind"
    return f"{_short(traffic.rows)}{unit} {verb} {_short(traffic.waiting_rows)} behind"


def _loss(value: float) -> str:
    """Format a loss in at most nine characters, however far it has diverged."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.2e}"


def _short(number: int) -> str:
    """Format a count of rows in at most five characters: 980, 12.3k, 123k, 9.0M."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.{0 if number >= 100 * unit else 1}f}{name}"
    return str(number)


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def experiments_table() -> str:
    """Return the built-in experiments, one per line, under titles of their groups and topics."""
    width = max(map(len, experiments.built_in()))
    lines = []
    for group, title in experiments.GROUPS.items():
        lines += ["", title]
        for topic, names in experiments.topics(group).items():
            lines += [f"  {topic}"] if topic else []
            lines += [f"    {name:{width}}  {experiments.load(name).description}" for name in names]
    return "\n".join(lines[1:])


def runs_table(engine: Engine) -> Table | str:
    """Return a table with a row per run, oldest first, or how to make the first run.

    Accuracy and loss are those of the last completed epoch, on the training images. A run's size is
    its share of the tables that hold its rows, as the server estimates them, if it says. Abandoned
    runs are first marked interrupted. If there are watched models, a column says who trained;
    unknown values are left blank. Raises ObjectError if the database is not migrated.
    """
    with engine.connect() as connection:
        require_migrated(connection)
        mark_orphans(connection)
        rows = connection.execute(text(query("runs"))).mappings().all()
        sizes = run_sizes(connection)
    if not rows:
        return FIRST
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_footer=True)
    watched = any(row["source"] != TRAINER for row in rows)
    lines = [_cells(row, sizes.get(row["run_id"], 0) if sizes else None, watched) for row in rows]
    below = {
        "run": "total",
        "size": in_words(sum(sizes.values()) if sizes else None),
        "gradient rows": f"{sum(int(row['gradient_rows']) for row in rows):,}",
    }
    for heading in lines[0]:
        side = "left" if heading in TEXTS else "right"
        table.add_column(heading, below.get(heading, ""), justify=side, overflow="fold")
    for line in lines:
        table.add_row(*line.values())
    return table


def _cells(row: RowMapping, size: int | None, watched: bool) -> dict[str, str]:
    """Return a run's cells, by heading, with who trained if any run was `watched`."""

    def number(name: str, form: str = "") -> str:
        return "-" if row[name] is None else format(row[name], form)

    of_all = "" if row["epochs"] is None else f"/{row['epochs']}"
    return {
        "run": str(row["run_id"]),
        "experiment": row["experiment"],
        **({"source": row["source"]} if watched else {}),
        "data set": number("dataset"),
        "seed": number("seed"),
        "precision": row["float_type"],
        "status": row["status"],
        "epochs": f"{row['completed_epoch']}{of_all}",
        "accuracy": number("accuracy", ".4f"),
        "loss": number("loss", ".4g"),
        "seconds": number("seconds", ".1f"),
        "size": "-" if size == 0 else in_words(size),
        "gradient rows": f"{int(row['gradient_rows']):,}"
        if row["telemetry"] == "full"
        else "statistics alone",
    }
