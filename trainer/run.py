"""A run: its settings, its description, and its execution."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError
from sqlalchemy import URL
from threadpoolctl import threadpool_limits

from vanishing_gradients.interruption import postponed
from vanishing_gradients.telemetry.recording import kept
from vanishing_gradients.telemetry.runs import DTYPES, RunDescription, RunLayer
from vanishing_gradients.telemetry.session import RecordingSession, RunListener, RunOptions
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.assembly import build_clipping, build_network, build_optimizer
from vanishing_gradients.trainer.datasets import Dataset, is_path, load
from vanishing_gradients.trainer.errors import DatasetError, ExperimentError
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.loop import Progress, restore_training, train
from vanishing_gradients.trainer.network.output import BINARY

GROUPS = {"all": "paper"} | {name: name for name in experiments.GROUPS if name != "paper"}
"""The values of EXP that stand for a group of experiments."""

COUNTS = "class_counts"
"""The key of `runs.config` that says how many training images of one's own each class has."""


@dataclass(frozen=True)
class Settings:
    """A user's choices for a run besides its experiment; `remedy_of` is the run it is to cure."""

    seed: int = 1
    precision: Literal["double", "single"] = "double"
    telemetry: Literal["full", "statistics"] = "full"
    record_every: int = 1
    limit: int | None = None
    remedy_of: int | None = None


class TrainingListener(RunListener):
    """Receives the progress of a run, step by step; this one ignores it."""

    def progress(self, progress: Progress) -> None:
        """A step is done."""


def run_experiment(
    experiment: Experiment,
    dataset: Dataset,
    settings: Settings,
    url: URL,
    listener: TrainingListener | None = None,
    options: RunOptions | None = None,
) -> int:
    """Train one experiment, recording everything in the database at `url`, and return its run id.

    If anything ends the run early, it is recorded in `runs.status` (interrupted for Ctrl-C and for
    a server that stays away, else failed) and raised again. Raises DatabaseError or DatasetError,
    before creating anything, if the database or the data cannot be used.
    """
    listener = listener or TrainingListener()
    generator = np.random.default_rng(settings.seed)
    dtype = DTYPES[settings.precision]
    data = trained_on(experiment, dataset, settings).shuffled(generator)
    network = build_network(experiment, data.train_images.shape[1], data.classes, dtype, generator)
    optimizer = build_optimizer(experiment, len(data.train_images))
    description = describe(experiment, data, settings)
    with RecordingSession(url, description, listener, options, postponed) as session:

        def observe(progress: Progress) -> None:
            session.pulse.at(
                progress.epoch, progress.step, progress.steps, progress.loss, progress.accuracy
            )
            listener.progress(progress)

        if session.start.state:
            restore_training(session.start.state, network, optimizer, generator)
        with threadpool_limits(1):
            train(
                network, optimizer, data, experiment.batch_size, experiment.epochs, generator,
                session.recorder, observe, session.start.completed_epoch + 1,
                build_clipping(experiment),
            )  # fmt: skip
        session.finish()
    return session.run.run_id


def trained_on(experiment: Experiment, dataset: Dataset, settings: Settings) -> Dataset:
    """Return what of a data set the run trains on, in the order of its files, as it is asked for.

    Raises DatasetError where that cannot be had.
    """
    data = dataset.limited(settings.limit) if settings.limit else dataset
    return data.with_inputs(experiment.inputs).with_labels(experiment.labels, settings.seed)


def describe(experiment: Experiment, dataset: Dataset, settings: Settings) -> RunDescription:
    """Return what the run is registered with.

    Raises DatasetError where there are more classes than the loss can tell apart.
    """
    if experiment.loss == BINARY and dataset.classes != 2:
        raise DatasetError(
            f"The loss {BINARY!r} of {experiment.name} is for two classes, and {dataset.name} has "
            f"{dataset.classes:,}: take the loss 'cross_entropy', or data of two classes."
        )
    images, features = dataset.train_images.shape
    chosen = asdict(settings)
    of_data: dict[str, Any] = {"limit": chosen.pop("limit")}
    if dataset.class_counts is not None:
        of_data[COUNTS] = list(dataset.class_counts)
    return RunDescription(
        **chosen,
        experiment=experiment.name,
        dataset=dataset.name,
        dataset_sha256=dataset.sha256,
        training_images=images,
        epochs=experiment.epochs,
        config=experiment.model_dump(mode="json") | of_data,
        layers=tuple(
            RunLayer(
                layer=spec.number,
                layer_name=spec.name,
                kind=spec.kind,
                row_count=spec.rows or min(experiment.batch_size, images),
                width=spec.width,
                row_meaning=spec.made.row_meaning,
                gain=spec.made.gain,
                flat=spec.made.flat,
                kept=kept(spec.width),
                parameters=spec.rows * spec.width if spec.rows else None,
            )
            for spec in experiment.layer_specs(features, dataset.classes)
        ),
    )


def begun_with(run_id: int, values: Mapping[str, Any]) -> tuple[Experiment, Settings]:
    """Return the experiment and the settings that a run was registered with, from its `values`.

    Raises ExperimentError if older or newer code registered them, with other keys.
    """
    config: dict[str, Any] = dict(values["config"])
    config.pop(COUNTS, None)
    known = {"limit": config.pop("limit", None), **values}
    names = [each.name for each in fields(Settings) if each.name in known]
    settings = Settings(**{name: known[name] for name in names})
    try:
        experiment = Experiment.model_validate(config)
        now = experiment.model_dump(mode="json")
        other = {key for key in now | config if now.get(key) != config.get(key)}
    except ValidationError as error:
        other = {".".join(map(str, each["loc"])) for each in error.errors()}
    if "limit" not in values["config"]:
        other.add("limit")
    if other:
        raise ExperimentError(
            f"run {run_id} was started by another version of this project, whose settings are not "
            f"this one's ({', '.join(sorted(other))}): resume it with that version, which "
            "the view run_provenance names, or start a new run without RUN"
        )
    return experiment, settings


@dataclass(frozen=True, eq=False)
class Plan:
    """What to train, how and on what; `source` is the experiment's name or its file's path."""

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
    def data(self) -> str:
        """What DATASET would be: the name of the data set, or the path of one's own."""
        return data_of(self.experiment, self.dataset.name)

    @property
    def title(self) -> str:
        """What the run is, in words."""
        return f"{self.experiment.name}, seed {self.settings.seed}"


def data_of(experiment: Experiment, registered: str) -> str:
    """Return what to `load` for a run that was registered on a data set of that name."""
    own = experiment.dataset
    return own if own and is_path(own) else registered


def _placed(experiment: Experiment, data: str) -> Experiment:
    """Return the experiment with the data it is trained on, wherever they are somebody's own."""
    if is_path(data) or is_path(experiment.dataset or ""):
        return experiment.model_copy(update={"dataset": data})
    return experiment


def chosen(exp: str, epochs: int | None) -> list[tuple[str, Experiment]]:
    """Return the experiments that `exp` stands for, each with its source, with `epochs` if given.

    Raises ExperimentError if one does not exist or cannot be used.
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

    Raises DatasetError if a data set is not available, and ExperimentError if a run would have too
    few steps.
    """
    names = [dataset or experiment.dataset or "auto" for _, experiment in found]
    loaded = {name: load(name, data_dir) for name in dict.fromkeys(names)}
    wanted = [
        Plan(_placed(experiment, name), each, loaded[name], source)
        for each in settings
        for name, (source, experiment) in zip(names, found, strict=True)
    ]
    for plan in wanted[: len(found)]:
        build_optimizer(plan.experiment, plan.description.training_images)
    return wanted
