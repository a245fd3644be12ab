"""A private server to disturb, a small run to carry out on it, and the undisturbed result."""

import os
import random
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.faults.digest import digest
from tests.faults.moments import Moments, watched_moments
from tests.faults.proxy import Proxy
from tests.faults.servers import FaultyServer, running
from vanishing_gradients.telemetry.roads import AUTO
from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.run import RunOptions, Settings, TrainingListener, run_experiment

IMAGES = 600
"""Training images of the run: nine batches of 64 and one of 24."""
CHUNK_VALUES = 2_000
"""Values per chunk: some 47 chunks per epoch."""
PATIENCE = 60


class Ground:
    """Carries out the small run in one database, and compares the results of runs."""

    def __init__(self, server: FaultyServer, url: URL, dataset: Dataset) -> None:
        self.server, self.url, self.dataset, self.road = server, url, dataset, AUTO
        self._undisturbed: dict[tuple, dict[str, str]] = {}

    def run(
        self,
        watcher: TrainingListener | None = None,
        options: RunOptions | None = None,
        url: URL | None = None,
        **settings,
    ) -> int:
        """Carry the run out and return its number."""
        return run_experiment(
            experiment(), self.dataset, Settings(**{"limit": IMAGES} | settings), url or self.url,
            watcher, replace(options or RunOptions(patience=PATIENCE), road=self.road),
        )  # fmt: skip

    def digest(self, run_id: int, url: URL | None = None) -> dict[str, str]:
        """One hash per table of a run's results."""
        return digest(url or self.url, run_id)

    def undisturbed(self, **settings) -> dict[str, str]:
        """The digest of the undisturbed run, carried out once per session."""
        key = tuple(sorted(settings.items()))
        if key not in self._undisturbed:
            self._undisturbed[key] = self.digest(self.run(**settings))
        return self._undisturbed[key]

    def status(self, run_id: int) -> str:
        """The registry's row of a run."""
        return self.ask(f"SELECT status FROM runs WHERE run_id = {run_id}")[0][0]

    def newest_run(self) -> int:
        """The latest registered run."""
        return self.ask("SELECT MAX(run_id) FROM runs")[0][0]

    def ask(self, statement: str) -> list[tuple]:
        """Run one statement in the database, as root, and return its rows."""
        with self.server.root() as session, session.cursor() as cursor:
            cursor.execute(f"USE `{self.url.database}`")
            cursor.execute(statement)
            return list(cursor.fetchall())


def experiment(name: str = "faulty", **changes) -> Experiment:
    """Five layers with weights, 7 to 32 neurons wide, and three epochs."""
    values = {
        "name": name, "activation": "sigmoid", "optimizer": {"kind": "adam"},
        "hidden_widths": [7, 32, 9, 16], "batch_size": 64, "epochs": 3, "initial_weight_scale": 0.3,
    }  # fmt: skip
    return Experiment.model_validate(values | changes)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a run have dozens of chunks."""
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", CHUNK_VALUES)


@pytest.fixture(scope="session")
def session_server(servers_folder: Path) -> Iterator[FaultyServer]:
    """A private server shared by the tests, which request it as `server`."""
    with running(servers_folder / "faults" / "server") as made:
        yield made


@pytest.fixture
def server(session_server: FaultyServer) -> FaultyServer:
    """A running server to disturb, which the next test finds running again."""
    session_server.wake()
    session_server.start()
    return session_server


@pytest.fixture(scope="session")
def session_ground(session_server: FaultyServer) -> Ground:
    """The database shared by the tests, which request it as `ground`."""
    data = load("sample", announce=lambda _: None)
    return Ground(session_server, session_server.new_database(), data)


@pytest.fixture(params=["binary", pytest.param("text", marks=pytest.mark.faults)])
def ground(request, server: FaultyServer, session_ground: Ground) -> Ground:
    """A database, on the server to disturb, in which the small run is carried out by one road."""
    session_ground.road = request.param
    return session_ground


@pytest.fixture
def undisturbed(ground: Ground) -> dict[str, str]:
    """The result of the undisturbed run: one hash per table."""
    return ground.undisturbed()


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moments]:
    """The moments of the test's run, once something is planned."""
    with watched_moments(monkeypatch) as found:
        yield found


@pytest.fixture
def proxy(server: FaultyServer) -> Iterator[Proxy]:
    """Forwards bytes to the server, and drops them on request."""
    with Proxy(server.url("owner").port) as made:
        yield made


@pytest.fixture
def chance() -> random.Random:
    """Randomness whose seed is printed; FAULT_SEED repeats a failure."""
    seed = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**9))
    print(f"FAULT_SEED={seed} repeats this")
    return random.Random(seed)
