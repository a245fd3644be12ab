"""A plan: one run that is wanted, before anything of it is in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vanishing_gradients.telemetry.runs import RunDescription
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.assembly import build_optimizer
from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.run import Settings, describe

GROUPS = {"all": "paper", "gallery": "gallery", "healthy": "healthy", "sick": "sick"}
"""What EXP may be besides an experiment, and the group of experiments that it stands for."""


@dataclass(frozen=True, eq=False)
class Plan:
    """An experiment, how it is to be trained, on what; `source` is its name or its file's path."""

    experiment: Experiment
    settings: Settings
    dataset: Dataset
    source: str

    @property
    def description(self) -> RunDescription:
        """What the run would be registered with."""
        limit = self.settings.limit
        data = self.dataset.limited(limit) if limit else self.dataset
        return describe(self.experiment, data, self.settings)

    @property
    def title(self) -> str:
        """What the run is, in words."""
        return f"{self.experiment.name}, seed {self.settings.seed}"


def chosen(exp: str, epochs: int | None) -> list[tuple[str, Experiment]]:
    """Return the experiments that `exp` stands for, each with its source, with `epochs` if given.

    Raises ExperimentError where one does not exist or cannot be used.
    """
    sources = experiments.names(GROUPS[exp]) if exp in GROUPS else [exp]
    found = [(source, experiments.load(source)) for source in sources]
    if epochs is None:
        return found
    return [(source, experiments.with_epochs(each, epochs)) for source, each in found]


def plans(
    found: Sequence[tuple[str, Experiment]],
    settings: Sequence[Settings],
    dataset: str | None,
    data_dir: Path | None,
) -> list[Plan]:
    """Return a plan for each of `settings` and each experiment, on `dataset` or on its own.

    Raises DatasetError where a data set cannot be had, and ExperimentError where a run would have
    too few steps.
    """
    names = [dataset or experiment.dataset or "auto" for _, experiment in found]
    loaded = {name: load(name, data_dir) for name in dict.fromkeys(names)}
    wanted = [
        Plan(experiment, each, loaded[name], source)
        for each in settings
        for name, (source, experiment) in zip(names, found, strict=True)
    ]
    for plan in wanted[: len(found)]:
        build_optimizer(plan.experiment, plan.description.training_images)
    return wanted
