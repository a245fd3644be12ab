"""Runs in the module's own database, and the same gradients collected without a database."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from sqlalchemy import URL, Engine
from threadpoolctl import threadpool_limits

from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.runs import DTYPES
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.assembly import build_clipping, build_network, build_optimizer
from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.loop import train
from vanishing_gradients.trainer.run import (
    RunOptions,
    Settings,
    TrainingListener,
    run_experiment,
    trained_on,
)

IMAGES = 300
"""Training images of a small experiment: four batches of 64 and one of 44."""


@dataclass
class Collection:
    """A recorder that keeps copies of all gradients, saturated counts and updates.

    By (epoch, step), one per layer.
    """

    gradients: dict[tuple[int, int], list[np.ndarray]] = field(default_factory=dict)
    saturated: dict[tuple[int, int], list[np.ndarray | None]] = field(default_factory=dict)
    updates: dict[tuple[int, int], list] = field(default_factory=dict)
    metrics: list[EpochMetrics] = field(default_factory=list)

    def record(self, epoch, step, layers) -> bool:
        self.gradients[epoch, step] = [layer.gradient.copy() for layer in layers]
        self.saturated[epoch, step] = [layer.saturated() for layer in layers]
        return True

    def record_updates(self, updates) -> None:
        self.updates[max(self.gradients)] = updates

    def close_epoch(self, metrics, state) -> None:
        self.metrics.append(metrics)

    def finish(self) -> None:
        pass

    def layer(self, number: int, epoch: int) -> list[np.ndarray]:
        """The gradients of one layer in one epoch, step by step, in double precision."""
        return [
            layers[number - 1].astype(np.float64)
            for (each, _), layers in self.gradients.items()
            if each == epoch
        ]


class Laboratory:
    """Carries out runs, and reads back what they stored."""

    def __init__(self, url: URL, made: Engine, dataset: Dataset) -> None:
        self.url, self.engine, self.dataset = url, made, dataset

    def run(
        self,
        experiment: Experiment,
        watcher: TrainingListener | None = None,
        options: RunOptions | None = None,
        **settings,
    ) -> int:
        chosen = Settings(**{"limit": IMAGES} | settings)
        return run_experiment(experiment, self.dataset, chosen, self.url, watcher, options)

    def collect(self, experiment: Experiment, **settings) -> Collection:
        """Train as `run` does, but into lists."""
        chosen = Settings(**{"limit": IMAGES} | settings)
        generator = np.random.default_rng(chosen.seed)
        data = trained_on(experiment, self.dataset, chosen).shuffled(generator)
        network = build_network(experiment, 784, 10, DTYPES[chosen.precision], generator)
        collection = Collection()
        with threadpool_limits(1):
            train(
                network, build_optimizer(experiment, chosen.limit), data, experiment.batch_size,
                experiment.epochs, generator, collection, lambda _: None,
                clipping=build_clipping(experiment),
            )  # fmt: skip
        return collection

    def select(self, query: str) -> list[tuple]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def status(self, run_id: int) -> str:
        return self.select(f"SELECT status FROM runs WHERE run_id = {run_id}")[0][0]

    def newest_run(self) -> int:
        return self.select("SELECT MAX(run_id) FROM runs")[0][0]

    def stored(self, experiment: Experiment, number: int, run_id: int) -> dict:
        """Read a layer's gradients back: by (epoch, step), shape (rows, width), NULL as NaN.

        Asserts that RowIndex counts each step's rows from 0.
        """
        spec = experiment.layer_specs()[number - 1]
        # A FLOAT is shown with six digits; as an operand of + it has all of them.
        cells = ", ".join(f"Gradient{n} + 0e0" for n in range(1, spec.width + 1))
        rows = self.select(
            f"SELECT Epoch, Step, RowIndex, {cells} FROM {experiment.name}_{spec.name} "
            f"WHERE run_id = {run_id} ORDER BY Epoch, Step, RowIndex"
        )
        found: dict[tuple[int, int], list[tuple]] = {}
        for epoch, step, index, *values in rows:
            step_rows = found.setdefault((epoch, step), [])
            assert index == len(step_rows)
            step_rows.append([np.nan if value is None else value for value in values])
        return {key: np.array(values, float) for key, values in found.items()}


@pytest.fixture(scope="session")
def sample() -> Dataset:
    return load("sample", announce=lambda _: None)


@pytest.fixture(scope="module")
def laboratory(migrated, sample):
    made = engine(migrated)
    yield Laboratory(migrated, made, sample)
    made.dispose()


@pytest.fixture(scope="session")
def small():
    """Return a function that makes a small experiment."""

    def make(name: str, activation: str = "sigmoid", optimizer: str = "sgd", **changes):
        values = {
            "name": name, "activation": activation, "optimizer": {"kind": optimizer, "decay": 1e-3},
            "hidden_widths": [7, 5], "batch_size": 64, "epochs": 2, "initial_weight_scale": 0.3,
        }  # fmt: skip
        return Experiment.model_validate(values | changes)

    return make


@pytest.fixture(scope="session")
def built_in():
    """Return a function that returns a built-in experiment with two epochs."""

    def load_two_epochs(name: str) -> Experiment:
        return experiments.load(name).model_copy(update={"epochs": 2})

    return load_two_epochs
