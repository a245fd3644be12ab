"""Sweeps over the workers of a Dask cluster, here a scheduler and workers on loopback."""

import signal
import socket
import subprocess
import sys
from functools import partial
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from sqlalchemy import URL

from tests.commands.conftest import text
from tests.conftest import at_port
from tests.faults.digest import digest
from vanishing_gradients.sql.connection import connected

pytest.importorskip("distributed", reason="needs Dask: pip install 'vanishing-gradients[dask]'")
import psutil

from tests.commands.dask_cluster import running

EPOCHS = 25
SOME = ("--dataset", "sample", "--limit", "128")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running(tmp_path_factory.mktemp("dask")) as made:
        yield made


@pytest.fixture
def worker(cluster, migrated):
    """Return a function that starts a worker, which is ended after the test."""
    started = []

    def start(**environment: str | None) -> subprocess.Popen:
        url = {"DATABASE_URL": text(migrated), "READER_DATABASE_URL": None}
        started.append(cluster.worker(**url | environment))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            cluster.end(process)


@pytest.fixture
def client(cluster, started):
    """Return a function that starts `train` on the cluster as a process."""
    return partial(
        started, "train", *SOME, "--scheduler", cluster.address,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def rows(url: URL, name: str) -> list[dict[str, str]]:
    """The hashes of an experiment's runs, by seed."""
    with connected(url) as session, session.cursor() as cursor:
        cursor.execute("SELECT run_id FROM runs WHERE experiment = %s ORDER BY seed", (name,))
        return [digest(url, run_id) for (run_id,) in cursor.fetchall()]


def leases_of(worker: subprocess.Popen) -> list[str]:
    """Return the conditions that a run is held by a process of a worker: it starts others, too."""
    children = psutil.Process(worker.pid).children()
    return [f"LOCATE('.{child.pid}.', lease_owner)" for child in children]


def until(select, number: int, runs: str, process: subprocess.Popen | None = None) -> None:
    """Wait until so many runs are as the condition says, while the process goes on."""
    while len(select(f"SELECT run_id FROM runs WHERE {runs}")) < number:
        assert process is None or process.poll() is None, process.communicate()


def test_a_killed_workers_run_goes_on_elsewhere_to_the_same_rows_as_without_a_cluster(
    cluster, worker, client, trainer, experiment, select, migrated, migrated_database
):
    path = experiment(EPOCHS, "dealt")
    first, _ = worker(), worker()
    process = client("--exp", path, "--seeds", "2")
    begun = "SELECT status, completed_epoch FROM runs WHERE {} AND completed_epoch > 0"
    while not (its := [held for held in leases_of(first) if select(begun.format(held))]):
        assert process.poll() is None, process.communicate()
    cluster.lose(first)
    ((status, epoch),) = select(begun.format(its[0]))
    assert status == "running"
    assert epoch < EPOCHS
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 0, said
    assert said.count("dealt, seed ") == 2
    assert trainer("train", "--exp", path, "--seeds", "2", *SOME, url=migrated_database).status == 0
    there = rows(migrated, "dealt")
    assert len(there) == 2
    assert there == rows(migrated_database, "dealt")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl_c", "killed"])
def test_runs_stop_when_their_client_does(worker, client, experiment, select, number):
    name = f"ended_{number.value}"
    worker()
    process = client("--exp", experiment(10_000, name), "--seeds", "3")
    until(select, 1, f"experiment = '{name}' AND completed_epoch > 0", process)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert said.splitlines()[-1].startswith("Stopped: the same command continues")
    else:
        until(select, 1, f"experiment = '{name}' AND status <> 'running'")
    assert select(f"SELECT status FROM runs WHERE experiment = '{name}'") == [("interrupted",)]


@pytest.fixture
def refusal(trainer, experiment, contents_of, migrated):
    """Return a function that runs `train` on a cluster, and returns the sentence of its refusal."""

    def sentence(address: str) -> str:
        before = contents_of(migrated)
        outcome = trainer("train", "--exp", experiment(), *SOME, "--scheduler", address)
        assert contents_of(migrated) == before
        assert outcome.status == 2
        (last,) = [line for line in outcome.errors if not line.startswith("Data set: ")]
        return last.removeprefix("Error: ")

    return sentence


@pytest.mark.parametrize(
    "address",
    ["host", "http://host:8786", "tcp://:8786", "tcp://host:port", "tcp://a:1/b", "tcp://"],
)
def test_an_address_that_cannot_be_a_schedulers(refusal, address):
    assert refusal(address) == (
        f"SCHEDULER is {address!r}, and not the address of a Dask scheduler: write it as "
        "tcp://host:8786"
    )


def test_an_address_where_nobody_listens(refusal):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{held.getsockname()[1]}"
        said = refusal(address)
    assert said.startswith(f"No Dask scheduler answers at {address} (Connection refused): see ")


def test_a_host_that_does_not_exist(refusal):
    assert refusal("tcp://no-such-host.invalid:8786").startswith("No Dask scheduler answers at ")


def test_a_listener_that_says_nothing(refusal, monkeypatch):
    monkeypatch.setattr("vanishing_gradients.trainer.cluster.SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert refusal(address).startswith(f"What listens at {address} is not a Dask scheduler, ")


class Mail(StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")


def test_something_else_that_listens(refusal):
    with ThreadingTCPServer(("127.0.0.1", 0), Mail) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{other.server_address[1]}"
        assert refusal(address).startswith(f"What listens at {address} is not a Dask scheduler, ")
        other.shutdown()


def test_dask_that_is_not_installed(refusal, cluster, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refusal(cluster.address) == (
        "SCHEDULER needs Dask, which is not installed here: run "
        "pip install 'vanishing-gradients[dask]'"
    )


def test_a_cluster_without_workers(refusal, cluster):
    address = cluster.address
    assert refusal(address) == (
        f"The cluster at {address} has no workers: start some with `dask worker {address}`"
    )


def test_a_worker_without_an_address_of_the_database(refusal, cluster, worker):
    worker()
    worker(DATABASE_URL=None)
    said = refusal(cluster.address)
    assert said.startswith("The worker tcp://127.0.0.1:")
    assert said.endswith(" has no DATABASE_URL: set it where the worker is started")


def test_a_worker_with_another_database(refusal, cluster, worker, migrated_database):
    worker(DATABASE_URL=text(migrated_database))
    assert " has another database than this command: set " in refusal(cluster.address)


def test_a_worker_whose_database_does_not_answer(refusal, cluster, worker, migrated):
    worker(DATABASE_URL=text(at_port(migrated, 1).set(password="secret")))
    said = refusal(cluster.address)
    assert " cannot use its DATABASE_URL: no server answers at 127.0.0.1:1: " in said
    assert "secret" not in said


def test_a_worker_without_the_package(refusal, cluster, worker, tmp_path):
    (tmp_path / "vanishing_gradients.py").touch()
    worker(PYTHONPATH=str(tmp_path))
    assert ": install vanishing-gradients[dask] there, in the same " in refusal(cluster.address)


def test_other_code_than_the_clusters(refusal, cluster, worker, monkeypatch):
    worker()
    monkeypatch.setattr("vanishing_gradients.trainer.cluster.version", lambda: "0.0.9")
    said = refusal(cluster.address)
    assert said.startswith(f"The scheduler {cluster.address} has version 0.1.0")
    assert "of this package, and this command 0.0.9: install the same one on all machines" in said
