"""Trials of remedies: a few epochs of each with statistics alone, stopped where they fail."""

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from rich.console import Console
from sqlalchemy import URL, Engine

from vanishing_gradients.analysis.diagnosis import examined
from vanishing_gradients.analysis.diagnosis.configuration import RunConfig
from vanishing_gradients.analysis.diagnosis.thresholds import AT_REST, HIGH
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.remedy.candidates import Candidate
from vanishing_gradients.telemetry.errors import StoppedEarlyError
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.resumption import same_run, stored_run
from vanishing_gradients.telemetry.session import RunOptions
from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.display import ProgressDisplay
from vanishing_gradients.trainer.errors import DatasetError
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.loop import Progress
from vanishing_gradients.trainer.run import (
    Plan,
    Settings,
    begun_with,
    data_of,
    run_experiment,
)

STORING = 60.0
"""Seconds that training waits for earlier epochs to be stored; a server may be away longer."""
PATIENT = 2
"""Epochs that a trial may stay at the loss of guessing."""


@dataclass(frozen=True)
class Sick:
    """The run that remedies are tried for, as it was registered."""

    run_id: int
    experiment: Experiment
    settings: Settings
    dataset: Dataset


@dataclass(frozen=True)
class Outcome:
    """What became of a run: accuracies are fractions, seconds wall time of its epochs.

    `left` names the first fault that its diagnosis finds; '' for none. `stopped` says why a trial
    did not go on.
    """

    run_id: int
    epochs: int
    loss: float
    accuracy: float
    test_accuracy: float
    seconds: float
    left: str
    stopped: str = ""


def sick(engine: Engine, run_id: int, data_dir: Path | None) -> Sick:
    """Return a trainer's run as it was registered, with its data set.

    Raises ResumeError, ExperimentError or DatasetError where it cannot be had any more.
    """
    found = stored_run(engine, run_id)
    experiment, settings = begun_with(run_id, found.values)
    assert found.dataset is not None, "the trainer registers it"
    dataset = load(data_of(experiment, found.dataset), data_dir)
    if dataset.sha256 != found.values["dataset_sha256"]:
        raise DatasetError(
            f"{found.dataset} is not the data set that run {run_id} was trained on: its files have "
            "other checksums; name their folder with DATA_DIR"
        )
    settings = replace(settings, telemetry="statistics", remedy_of=run_id)
    return Sick(run_id, experiment, settings, dataset)


class Trial(ProgressDisplay):
    """Shows the progress of one trial, and stops it where it fails."""

    def __init__(self, console: Console, guessing: float | None) -> None:
        super().__init__(console)
        self._guessing = guessing
        self._losses: list[float] = []
        self._begun = 0
        self._stored = threading.Condition()

    def epoch(self, metrics: EpochMetrics) -> None:
        """Print the metrics of an epoch, and keep its loss."""
        super().epoch(metrics)
        with self._stored:
            self._losses.append(_number(metrics.loss))
            self._stored.notify()

    def progress(self, progress: Progress) -> None:
        """Update the bar, and end a training that has failed.

        Before an epoch begins, those before it are stored, so that they are judged first.
        """
        super().progress(progress)
        if progress.step == 1:
            self._begun += 1
            with self._stored:
                self._stored.wait_for(lambda: len(self._losses) >= self._begun - 1, STORING)
        if reason := failure(self._losses, self._guessing):
            raise StoppedEarlyError(reason)


def failure(losses: Sequence[float], guessing: float | None) -> str:
    """Return why a training with these losses, one an epoch, need not go on; '' if it may."""
    if not losses:
        return ""
    if not math.isfinite(losses[-1]):
        return "the loss is no longer finite"
    if guessing is None or len(losses) < PATIENT:
        return ""
    last = losses[-PATIENT:]
    if last[-1] >= HIGH * guessing and last[-1] >= last[0]:
        return "the loss is above that of guessing, and does not fall"
    if min(last) >= (1.0 - AT_REST) * guessing and last[-1] >= (1.0 - AT_REST) * last[0]:
        return f"{PATIENT} epochs have changed nothing"
    return ""


def tried(
    engine: Engine, url: URL, patient: Sick, candidate: Candidate, console: Console
) -> Outcome:
    """Train a candidate, unless that was done before, and return what became of it."""
    plan = Plan(candidate.trial, patient.settings, patient.dataset, str(candidate.path))
    described = plan.description
    config = RunConfig(json.dumps(described.config))
    guessing = config.guessing(described.layers[-1].width)
    known = same_run(engine, plan.description)
    if known is not None and known.finished:
        return outcome(engine, known.run_id)
    stopped = failure([] if known is None else _losses(engine, known.run_id), guessing)
    if not stopped:
        options = RunOptions(resumed=None if known is None else known.run_id)
        with Trial(console, guessing) as trial:
            try:
                run_experiment(
                    plan.experiment, plan.dataset, plan.settings, url, trial, options
                )  # fmt: skip
            except StoppedEarlyError as error:
                stopped = str(error)
        known = same_run(engine, plan.description)
    assert known is not None, "it has been trained"
    return outcome(engine, known.run_id, stopped)


def outcome(engine: Engine, run_id: int, stopped: str = "") -> Outcome:
    """Return what became of a run, by the views."""
    evidence, diagnosis = examined(engine, run_id)
    faults = diagnosis.faults
    last = evidence.curves.iloc[-1]
    return Outcome(
        run_id=run_id,
        epochs=evidence.epochs,
        loss=_number(last["loss"]),
        accuracy=_number(last["accuracy"]),
        test_accuracy=_number(last["test_accuracy"]),
        seconds=_number(evidence.run["seconds"]),
        left=faults[0].name if faults else "",
        stopped=stopped,
    )


def _losses(engine: Engine, run_id: int) -> list[float]:
    with engine.connect() as connection:
        losses = ask(connection, "training_curves", run_id=run_id)["loss"]
    return [_number(loss) for loss in losses]


def _number(value: object) -> float:
    return math.nan if pd.isna(value) else float(value)  # type: ignore[arg-type]
