"""The remedies of a diagnosis as experiments, each with its file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from vanishing_gradients.analysis.diagnosis import Diagnosis, Remedy
from vanishing_gradients.analysis.diagnosis.wording import replacement
from vanishing_gradients.sql.names import LONGEST_EXPERIMENT
from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, with_epochs
from vanishing_gradients.trainer.experiments.changing import changed, file_text

FEW = 3
"""Epochs of a trial: what does not learn shows in the first, and what learns in the second."""
OF_LEARNERS = ("overfitting",)
"""Faults that show in the last epochs alone: their trials take as many as the run had."""
WIDTH = 98


@dataclass(frozen=True)
class Candidate:
    """A remedy, and the experiment with it.

    Attributes:
        remedy: from the diagnosis.
        change: what is written.
        instead: the same, and what it takes the place of.
        experiment: with as many epochs as the run was to have.
        trial: the same with as many as are tried.
        path: its file.
    """

    remedy: Remedy
    change: str
    instead: str
    experiment: Experiment
    trial: Experiment
    path: Path


def candidates(
    experiment: Experiment, run_id: int, diagnosis: Diagnosis, epochs: int | None, folder: Path
) -> list[Candidate]:
    """Return the first fault's remedies and the first of each other's, most likely first.

    Their trials take `epochs`, or a few where that is None; `folder` is where their files will be.
    """
    first, *others = diagnosis.faults
    remedies = [*first.remedies, *(each for fault in others for each in fault.remedies[:1])]
    given = experiment.model_dump(mode="json")
    whole = epochs or (experiment.epochs if first.name in OF_LEARNERS else FEW)
    found: dict[str, Candidate] = {}
    for remedy in remedies:
        name = _name(experiment.name, run_id, len(found) + 1)
        named = {"name": name, "description": f"a remedy of run {run_id}"}
        cured = changed(experiment, {**remedy.change, **named})
        change, instead = (replacement(remedy.change, each) for each in ({}, given))
        trial = _shortened(cured, min(whole, cured.epochs))
        path = folder / f"{name}.toml"
        found.setdefault(change, Candidate(remedy, change, instead, cured, trial, path))
    return list(found.values())


def write(chosen: Sequence[Candidate], run_id: int) -> None:
    """Write each candidate's file; one of an earlier trial is written anew.

    Raises ExperimentError where one cannot be written.
    """
    for each in chosen:
        said = f"A remedy of run {run_id}: {each.instead}: {each.remedy.what}. {each.remedy.source}"
        comment = fill(said, WIDTH, break_long_words=False, break_on_hyphens=False)
        try:
            each.path.parent.mkdir(parents=True, exist_ok=True)
            each.path.write_text(file_text(each.experiment, comment), encoding="utf-8")
        except OSError as error:
            raise ExperimentError(
                f"{each.path} cannot be written ({error.strerror}): make room there, or name "
                "another folder with OUTPUT"
            ) from None


def _name(experiment: str, run_id: int, number: int) -> str:
    suffix = f"_r{run_id}_{number}"
    return f"{experiment[: LONGEST_EXPERIMENT - len(suffix)]}{suffix}"


def _shortened(experiment: Experiment, epochs: int) -> Experiment:
    """Return it with fewer epochs, or as it is where its warm-up takes longer than those."""
    try:
        return with_epochs(experiment, epochs)
    except ExperimentError:
        return experiment
