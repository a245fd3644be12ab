"""A run of a sweep: what to do as text, and a process of its own that does it.

The process reads its job from standard input. When that ends, because whoever started it has closed
it or is gone, the run stops as by Ctrl-C.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

from vanishing_gradients.interruption import INTERRUPTED
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.errors import DatasetError
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.run import Plan, Settings

WAKE_SECONDS = 0.2
AGAIN = 60.0
"""Seconds after which a process that should stop is told so again."""
TAKEN = 75
"""The exit status for a run that another process has, or has finished: EX_TEMPFAIL of sysexits."""


@dataclass(frozen=True)
class Job:
    """A plan as another process or machine gets it: all that determines the run's numbers.

    Where the server is and where the data sets lie is up to that machine, unless `data_dir` says.
    """

    source: str
    experiment: dict[str, Any]
    settings: dict[str, Any]
    dataset: str
    dataset_sha256: str
    patience: int
    road: str
    data_dir: str | None = None

    @classmethod
    def of(cls, plan: Plan, patience: int, road: str, data_dir: Path | None = None) -> "Job":
        """Return the job of carrying out a plan."""
        return cls(
            plan.source,
            plan.experiment.model_dump(mode="json"),
            asdict(plan.settings),
            plan.data,
            plan.dataset.sha256,
            patience,
            road,
            None if data_dir is None else str(data_dir),
        )

    @classmethod
    def parsed(cls, text: str) -> "Job":
        """Return the job that `text` describes."""
        return cls(**json.loads(text))

    @property
    def text(self) -> str:
        """The job on one line."""
        return json.dumps(asdict(self))

    def plan(self, data_dir: Path | None = None) -> Plan:
        """Return the plan; `data_dir` is this machine's own folder of data sets.

        Raises DatasetError if the data are missing here, or are others.
        """
        dataset = load(self.dataset, Path(self.data_dir) if self.data_dir else data_dir)
        if dataset.sha256 != self.dataset_sha256:
            raise DatasetError(
                f"The data set {self.dataset} of {dataset.source} is not the one that the sweep "
                "was planned with: use the same files on every machine."
            )
        experiment = Experiment.model_validate(self.experiment)
        return Plan(experiment, Settings(**self.settings), dataset, self.source)


@dataclass(frozen=True)
class Outcome:
    """How a run of a sweep ended, and one line about it.

    A run is `taken` if another process has it, or has finished it.
    """

    ending: Literal["trained", "taken", "stopped", "failed"]
    said: str = ""


def carry_out(job: Job, told_to_stop: Callable[[], bool]) -> Outcome:
    """Carry out a job in a process of its own, until it ends or is told to stop."""
    # -P: no file in the user's folder may shadow a library's module.
    command = [sys.executable, "-P", "-m", "vanishing_gradients", "planned"]
    told = False
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,  # Ctrl-C reaches only whoever started it, who passes it on
        )
        try:
            with suppress(BrokenPipeError):  # it has failed already, and said why
                process.stdin.write(f"{job.text}\n".encode())
                process.stdin.flush()
            while process.poll() is None:
                if not told and told_to_stop():
                    told = True
                    _close(process.stdin)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(WAKE_SECONDS)
        finally:
            _close(process.stdin)
            process.wait()
        said.seek(0)
        lines = said.read().decode(errors="replace").splitlines()
    return _outcome(process.returncode, lines, told)


def stop_at_the_end_of(stream: IO[bytes]) -> None:
    """Let this process be interrupted, as by Ctrl-C, when `stream` ends.

    Again after a while, if it is still there: an exception that a signal raises can get lost.
    """
    # Whoever runs in the background of a script ignores the signal, and so would this process.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def watch() -> None:
        while os.read(stream.fileno(), 1):
            pass
        while True:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(AGAIN)

    threading.Thread(target=watch, name="end of input", daemon=True).start()


def _outcome(status: int, lines: list[str], told: bool) -> Outcome:
    if status == 0:
        epochs = [line for line in lines if ", epoch " in line]
        return Outcome("trained", (epochs or lines)[-1])
    if status == TAKEN:
        return Outcome("taken")
    if told and status == INTERRUPTED:
        return Outcome("stopped")
    errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    ended = f"a signal ({-status})" if status < 0 else f"exit status {status}"
    return Outcome("failed", errors[-1] if errors else f"its process ended with {ended}")


def _close(stream: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        stream.close()
