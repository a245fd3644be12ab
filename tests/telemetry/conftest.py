"""A migrated database, and a small network's shape to fill it with."""

import numpy as np
import pytest
from sqlalchemy import URL, Engine

from vanishing_gradients.sql.connection import connect_arguments, engine
from vanishing_gradients.telemetry.connection import BufferConnection
from vanishing_gradients.telemetry.loader import Loader
from vanishing_gradients.telemetry.runs import Run, RunDescription, RunLayer, register

DTYPES = {"DOUBLE": np.dtype(np.float64), "FLOAT": np.dtype(np.float32)}


@pytest.fixture
def catalogue(migrated: URL):
    """An engine on the migrated database."""
    made = engine(migrated)
    yield made
    made.dispose()


@pytest.fixture
def describe():
    """Return a description of a run of a two-layer network, 4 inputs to 3 neurons."""

    def description(experiment: str, **changes) -> RunDescription:
        values = {
            "experiment": experiment,
            "seed": 1,
            "dataset": "sample",
            "dataset_sha256": "0" * 64,
            "precision": "double",
            "telemetry": "full",
            "record_every": 1,
            "training_images": 10,
            "epochs": 2,
            "config": {},
            "layers": (
                RunLayer(1, "layer_1_input", "dense", 4, 3, "input"),
                RunLayer(2, "layer_2_softmax", "softmax", 5, 3, "sample"),
            ),
        }
        return RunDescription(**values | changes)

    return description


@pytest.fixture
def loader_of(migrated: URL):
    """Return a function that gives a loader for a run, its connection closed after the test."""
    opened: list[Loader] = []

    def make(run: Run, road: str = "text", in_bulk: bool = True) -> Loader:
        connection = BufferConnection(**connect_arguments(migrated))
        connection.takes_bulk &= in_bulk
        dtypes = {number: DTYPES[kind] for number, kind in run.table_types.items()}
        opened.append(Loader(connection, run.shape, run.run_id, dtypes, road))
        return opened[-1]

    yield make
    for loader in opened:
        loader.close()


@pytest.fixture
def stored(catalogue: Engine):
    """Return a function that reads a table back: keys (rows, 3) and cells (rows, width)."""

    def read(run: Run, layer: int) -> tuple[np.ndarray, np.ndarray]:
        member = run.shape.layers[layer - 1]
        # A FLOAT is shown with six digits; as an operand of + it has all of them.
        cells = ", ".join(f"Gradient{n} + 0e0" for n in range(1, member.width + 1))
        with catalogue.connect() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT Epoch, Step, RowIndex, {cells} FROM {run.shape.table(member)} "
                f"WHERE run_id = {run.run_id} ORDER BY Epoch, Step, RowIndex"
            ).all()
        table = np.array(
            [[np.nan if cell is None else cell for cell in row] for row in rows], float
        )
        table = table.reshape(len(rows), 3 + member.width)
        return table[:, :3].astype(int), table[:, 3:]

    return read


@pytest.fixture
def new_run(catalogue: Engine, describe):
    """Return a function that registers a run."""

    def make(experiment: str, **changes) -> Run:
        return register(catalogue, describe(experiment, **changes))

    return make
