"""A run belongs to one process: leases taken, refused, renewed, run out and given back."""

import subprocess
import sys
import threading

import pytest

from tests.faults.test_busy_server import until
from vanishing_gradients.sql.owners import has_ended, new_owner, retire
from vanishing_gradients.telemetry import lock
from vanishing_gradients.telemetry.errors import RunBusyError
from vanishing_gradients.telemetry.lock import RunLock, mark_orphans, wait_for_lease

ELSEWHERE = "machine.1.1.random"
LASTS = "from vanishing_gradients.sql.owners import new_owner; print(new_owner(), flush=True); "


@pytest.fixture
def run(new_run, catalogue):
    """A registered run that nobody holds."""
    made = new_run("leased", telemetry="statistics")
    made.close()
    return made


@pytest.fixture
def held(run, catalogue):
    """Return a function that gives the run's lease to somebody, for some seconds."""

    def give(owner: str, seconds: float) -> None:
        with catalogue.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE runs SET lease_owner = '{owner}', lease_until = UTC_TIMESTAMP(6) "
                f"+ INTERVAL {round(seconds * 1e6)} MICROSECOND WHERE run_id = {run.run_id}"
            )

    return give


@pytest.fixture
def row(run, catalogue):
    """Return a function that reads columns of the run."""

    def read(columns: str) -> tuple:
        query = f"SELECT {columns} FROM runs WHERE run_id = {run.run_id}"
        with catalogue.connect() as connection:
            return tuple(connection.exec_driver_sql(query).one())

    return read


@pytest.fixture
def killed():
    """The name of a holder whose process has been killed."""
    command = [sys.executable, "-c", LASTS + "input()"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        owner = process.stdout.readline().strip()
        assert not has_ended(owner)
        process.kill()
    return owner


def locked(catalogue, run) -> RunLock:
    return RunLock(catalogue.connect(), run.run_id)


def test_two_cannot_hold_one_run(catalogue, run):
    with locked(catalogue, run), pytest.raises(RunBusyError, match=r"again\.$"):
        locked(catalogue, run)
    with locked(catalogue, run):
        pass


def test_a_lease_that_is_given_back_is_nobodys(catalogue, run, row):
    with locked(catalogue, run) as mine:
        assert row("lease_owner") == (mine.owner,)
    assert row("lease_owner, lease_until") == (None, None)


def test_the_run_of_a_killed_process_of_this_machine_is_free_at_once(
    catalogue, run, held, killed, row
):
    held(killed, 30)
    with locked(catalogue, run) as mine:
        assert row("lease_owner") == (mine.owner,)


def test_the_run_of_a_process_of_another_machine_is_free_when_its_lease_has_run_out(
    catalogue, run, held
):
    held(ELSEWHERE, 12.5)
    with pytest.raises(RunBusyError, match=r"If it was killed, the run is free in 1[23] s\.$"):
        locked(catalogue, run)
    held(ELSEWHERE, 0)
    with locked(catalogue, run):
        pass


def test_a_lease_that_runs_out_is_waited_for_and_that_is_said(catalogue, run, held):
    said = []
    held(ELSEWHERE, 0.2)
    wait_for_lease(catalogue, run.run_id, said.append)
    with locked(catalogue, run):
        pass
    assert len(said) == 1
    assert said[0].endswith("until that was killed: waiting up to 1 s to see.")


def test_a_lease_that_is_renewed_meanwhile_is_not_waited_for(catalogue, run, held, monkeypatch):
    monkeypatch.setattr(lock, "BEAT", 0)
    held(ELSEWHERE, 20)
    wait_for_lease(catalogue, run.run_id, lambda _: held(ELSEWHERE, 30))
    with pytest.raises(RunBusyError):
        locked(catalogue, run)


def test_the_heartbeat_renews_a_lease(catalogue, run, row, monkeypatch):
    monkeypatch.setattr(lock, "BEAT", 0.01)
    monkeypatch.setattr(lock, "RENEWAL", 0.01)
    with locked(catalogue, run):
        before = row("lease_until")
        until(lambda: row("lease_until") > before)


def test_a_holder_goes_on_after_its_lease_has_run_out_if_nobody_took_it(catalogue, run, held, row):
    with locked(catalogue, run) as mine:
        held(mine.owner, -100)
        mine.keep()
        assert row("lease_owner, lease_until > UTC_TIMESTAMP(6)") == (mine.owner, 1)


def test_a_lease_that_ends_when_it_did_before_is_kept_all_the_same(catalogue, run):
    connection = catalogue.connect()
    lock = RunLock(connection, run.run_id)
    connection.exec_driver_sql("SET timestamp = 1800000000")  # the server's clock stands still
    with lock:
        lock.keep()
        lock.keep()


@pytest.mark.parametrize("seconds", [-1, 30])
def test_a_holder_that_has_lost_the_run_is_told_so(catalogue, run, held, seconds):
    with locked(catalogue, run) as mine:
        held(ELSEWHERE, seconds)
        with pytest.raises(RunBusyError):
            mine.keep()


def test_a_holder_that_has_lost_the_run_leaves_the_lease_alone(catalogue, run, held, row):
    with locked(catalogue, run):
        held(ELSEWHERE, 30)
    assert row("lease_owner") == (ELSEWHERE,)


def test_a_holder_whose_session_is_ended_gives_the_run_back(catalogue, run, row):
    with locked(catalogue, run) as mine, catalogue.connect() as connection:
        connection.exec_driver_sql(f"KILL {mine.session.thread_id()}")
        with pytest.raises(Exception, match=r"."):
            mine._connection.exec_driver_sql("SELECT 1")
        mine._connection.rollback()
    assert row("lease_owner") == (None,)


def test_a_heartbeat_that_is_interrupted_closes_its_connection(catalogue, run, monkeypatch):
    monkeypatch.setattr(lock, "BEAT", 0.01)
    beating, go_on = threading.Event(), threading.Event()

    def tell(*_) -> None:
        beating.set()
        go_on.wait(10)

    mine = locked(catalogue, run)
    mine.tell(tell)
    assert beating.wait(10)
    session = mine.session
    mine.interrupt()
    mine.release()
    go_on.set()
    mine._heart.join(10)
    assert not session.open


@pytest.mark.parametrize(("seconds", "status"), [(30, "running"), (0, "interrupted")])
def test_a_running_run_is_interrupted_once_its_lease_has_run_out(
    catalogue, run, held, row, seconds, status
):
    held(ELSEWHERE, seconds)
    with catalogue.connect() as connection:
        found = mark_orphans(connection)
    assert row("status") == (status,)
    assert (run.run_id in found) == (status == "interrupted")


def test_a_running_run_is_interrupted_as_soon_as_its_process_is_killed(
    catalogue, run, held, row, killed
):
    held(killed, 30)
    with catalogue.connect() as connection:
        mark_orphans(connection)
    assert row("status") == ("interrupted",)


def test_a_holder_of_this_process_has_ended_when_it_says_so():
    """Whether or not the server has heard of it: a notebook lives on after its runs."""
    owner = new_owner()
    assert not has_ended(owner)
    retire(owner)
    assert has_ended(owner)


@pytest.mark.parametrize("owner", ["", "thief", ELSEWHERE, "machine.x.1.random"])
def test_of_another_machine_nobody_knows_who_has_ended(owner):
    assert not has_ended(owner)


def test_a_process_that_has_another_ones_number_is_not_taken_for_it():
    machine, _, _, number = new_owner().split(".")
    assert has_ended(f"{machine}.1.999999999999.{number}")
