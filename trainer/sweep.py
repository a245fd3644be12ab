"""A sweep: many runs that keep statistics alone, side by side, each in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from vanishing_gradients.interruption import postponed
from vanishing_gradients.trainer.display import say
from vanishing_gradients.trainer.errors import SweepError
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.run import Settings

WAKE_SECONDS = 0.2


@dataclass(frozen=True)
class Job:
    """One run of a sweep; `source` is the experiment's built-in name, or the path of its file."""

    experiment: Experiment
    settings: Settings
    source: str
    dataset: str
    data_dir: Path | None

    @property
    def title(self) -> str:
        """What the run is, in words."""
        return f"{self.experiment.name}, seed {self.settings.seed}"

    @property
    def options(self) -> list[str]:
        """The options of `train` that make this run."""
        values = asdict(self.settings) | {
            "exp": self.source,
            "epochs": self.experiment.epochs,
            "dataset": self.dataset,
            "data_dir": self.data_dir,
            "resume": True,
        }
        return [
            f"--{name.replace('_', '-')}={value}"
            for name, value in values.items()
            if value is not None
        ]


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def sweep(jobs: Sequence[Job], console: Console, at_once: int) -> None:
    """Carry out all jobs, `at_once` at a time, and say how each went.

    Raises SweepError where one fails: those under way are then interrupted, as by Ctrl-C, and those
    not yet begun never are.
    """
    processes: list[subprocess.Popen] = []

    def start(job: Job) -> str:
        process = subprocess.Popen(
            # -P: a file of the user's folder must not be imported in place of a library's.
            [sys.executable, "-P", "-m", "vanishing_gradients.cli", "train", *job.options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on
        )
        processes.append(process)
        return _outcome(job, process)

    pool = ThreadPoolExecutor(at_once, thread_name_prefix="sweep")
    try:
        with _bar(console, len(jobs)) as advance:
            waiting = {pool.submit(start, job) for job in jobs}
            while waiting:
                # A signal may reach another thread, and then wakes nobody who waits without end.
                done, waiting = wait(waiting, WAKE_SECONDS, FIRST_COMPLETED)
                for future in done:
                    advance(future.result())
    except KeyboardInterrupt:
        say(console, "Stopped: the same command goes on with the runs that are not finished.")
        raise
    finally:
        with postponed():
            # Jobs that wait are cancelled first, so that no process starts after the last signal.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
            pool.shutdown(wait=True)


def _outcome(job: Job, process: subprocess.Popen) -> str:
    """Wait for a run and return how its last epoch went; raise SweepError unless it finished."""
    said = process.communicate()[1].splitlines()
    if process.returncode:
        last = said[-1] if said else f"it ended with exit status {process.returncode}"
        which = f"seed {job.settings.seed} of {job.experiment.name}"
        raise SweepError(f"{which}: {last.removeprefix('Error: ')}")
    epochs = [line for line in said if ", epoch " in line]
    return f"{job.title}. {epochs[-1]}"


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Callable[[str], None]]:
    """Give a function that says how a run went and moves the bar, which is for terminals alone."""
    progress = Progress(console=console, transient=True, disable=not console.is_interactive)
    task = progress.add_task("runs", total=total)

    def advance(line: str) -> None:
        say(console, line)
        progress.advance(task)

    with progress:
        yield advance
