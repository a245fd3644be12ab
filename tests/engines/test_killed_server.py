"""A seekdb of our own is killed in the middle of a run, and started again: the run goes on."""

import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.faults.conftest import IMAGES, experiment
from tests.faults.digest import digest
from tests.faults.moments import Hearing
from tools import seekdb
from vanishing_gradients.migrations import history
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.run import RunOptions, Settings, run_experiment

PATIENCE = 120


class Killable:
    """A seekdb in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen = seekdb.start(folder)

    @property
    def url(self) -> URL:
        """Its address, without a database."""
        return address.parse(seekdb.address(self._folder), "seekdb")

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()

    def start(self) -> None:
        """Start it again, over its data."""
        self._process = seekdb.start(self._folder)


@pytest.fixture
def server() -> Iterator[Killable]:
    with tempfile.TemporaryDirectory(prefix="seekdb-") as name:
        made = Killable(Path(name))
        yield made
        made.kill()


def test_a_server_killed_in_mid_run_costs_no_row(server):
    with connected(address.without_database(server.url)) as session:
        url = server.url.set(database=f"gradients_test_{secrets.token_hex(6)}")
        session.cursor().execute(accounts.create_database(url.database))
    made = engine(url)
    history.upgrade(made)
    made.dispose()
    data, settings = load("sample", announce=lambda _: None), Settings(limit=IMAGES)
    undisturbed = run_experiment(experiment(), data, settings, url)

    class Killer(Hearing):
        def epoch(self, metrics) -> None:
            if metrics.epoch == 1:
                server.kill()
                threading.Thread(target=server.start).start()

    watcher = Killer()
    disturbed = run_experiment(
        experiment(), data, settings, url, watcher, RunOptions(patience=PATIENCE)
    )
    assert digest(url, disturbed) == digest(url, undisturbed)
    assert (len(watcher.away), len(watcher.back)) == (1, 1)
