"""A busy server: locks of other sessions, no free connection, packets that are too large."""

import threading
import time
from contextlib import ExitStack, closing

import pymysql
import pytest

from tests.faults.moments import CHUNKS, Hearing
from vanishing_gradients.sql.connection import Session, connect_arguments
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.telemetry import session
from vanishing_gradients.telemetry.errors import OutageError
from vanishing_gradients.trainer.run import RunOptions

MEBIBYTE = 1 << 20


def until(condition, seconds: float = 20) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def other(ground):
    """Another session of the database, in a transaction that locks the gaps between rows."""
    arguments = connect_arguments(ground.server.url("root", ground.url.database))
    with closing(Session(**arguments)) as session, session.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET SESSION innodb_lock_wait_timeout = 30")
        yield cursor
        session.rollback()


@pytest.fixture
def short_lock_waits(server):
    (before,) = server.ask("SELECT @@GLOBAL.innodb_lock_wait_timeout")[0]
    server.ask("SET GLOBAL innodb_lock_wait_timeout = 1")
    yield
    server.ask(f"SET GLOBAL innodb_lock_wait_timeout = {before}")


@pytest.mark.parametrize(
    "rows",
    [
        "telemetry_progress WHERE run_id =",
        pytest.param("faulty_layer_1_input WHERE run_id =", marks=pytest.mark.faults),
        pytest.param("runs WHERE run_id =", marks=pytest.mark.faults),
    ],
)
def test_locks_of_another_session_are_outlasted(
    ground, moments, other, short_lock_waits, undisturbed, rows
):
    watcher = Hearing()

    def lock_for_a_while() -> None:
        other.execute(f"SELECT * FROM {rows} {watcher.run_id} FOR UPDATE")
        threading.Timer(1.5, other.connection.rollback).start()

    # Before a chunk is begun, so that the rows are unlocked.
    moments.when("committed", CHUNKS // 3, lock_for_a_while)
    assert ground.digest(ground.run(watcher)) == undisturbed
    assert moments.happened


def test_a_chunk_that_a_deadlock_takes_back_is_stored_again(
    ground, moments, other, undisturbed, monkeypatch
):
    monkeypatch.setattr(session, "WRITERS", 1)  # so that the first chunk is one of layer 1
    ground.ask("CREATE TABLE IF NOT EXISTS ballast (n INT)")
    watcher, ended = Hearing(), []

    def cross() -> None:
        # A deadlock does not roll back the session with the most changes.
        other.execute("INSERT INTO ballast VALUES " + ",".join(["(1)"] * 20_000))
        other.execute(
            f"SELECT * FROM telemetry_progress WHERE run_id = {watcher.run_id} FOR UPDATE"
        )
        threading.Thread(target=want_rows).start()

    def want_rows() -> None:
        table = "faulty_layer_1_input"
        other.execute(f"SELECT run_id FROM {table} WHERE run_id = {watcher.run_id} FOR UPDATE")
        other.connection.rollback()
        ended.append(True)

    moments.when("loaded", 1, cross)
    assert ground.digest(ground.run(watcher)) == undisturbed
    until(lambda: ended)
    (status,) = ground.ask("SHOW ENGINE INNODB STATUS")
    assert "LATEST DETECTED DEADLOCK" in status[2]


@pytest.fixture
def crowd(ground, server):
    """Return a function that uses up the server's connections, and one that frees them."""
    with ExitStack() as stack:
        session = stack.enter_context(server.root())
        cursor = stack.enter_context(session.cursor())
        cursor.execute("SELECT @@GLOBAL.max_connections")
        (before,) = cursor.fetchone()
        crowd = ExitStack()

        def come() -> None:
            for _ in range(15):
                crowd.enter_context(server.root())
            cursor.execute("SET GLOBAL max_connections = 10")
            cursor.execute(
                "SELECT id FROM information_schema.processlist "
                f"WHERE db = '{ground.url.database}' AND user = 'owner'"
            )
            for (number,) in cursor.fetchall():
                cursor.execute(f"KILL {number}")

        def go() -> None:
            cursor.execute(f"SET GLOBAL max_connections = {before}")
            crowd.close()

        yield come, go
        go()


@pytest.mark.faults
def test_a_server_without_a_connection_free_is_outlasted(ground, moments, crowd, undisturbed):
    watcher = Hearing()
    come, go = crowd

    def come_and_go() -> None:
        come()
        threading.Thread(target=lambda: (until(lambda: watcher.away), go())).start()

    moments.at(2 * CHUNKS, come_and_go)
    assert ground.digest(ground.run(watcher)) == undisturbed
    assert any("no free connection" in line or "Too many" in line for line in watcher.away)


@pytest.fixture
def packets(server):
    """Return a function that sets the largest packet, and ends all sessions with the old value."""
    (before,) = server.ask("SELECT @@GLOBAL.max_allowed_packet")[0]

    def limit(size: int) -> None:
        with server.root() as session, session.cursor() as cursor:
            cursor.execute(f"SET GLOBAL max_allowed_packet = {size}")
            cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'owner'")
            for (number,) in cursor.fetchall():
                try:
                    cursor.execute(f"KILL {number}")
                except pymysql.err.MySQLError as error:
                    if error.args[0] != 1094:
                        raise

    yield limit
    limit(before)


def test_packets_too_small_are_refused_before_a_run_begins(ground, packets):
    before = ground.newest_run()
    packets(MEBIBYTE)
    with pytest.raises(ServerError, match="SET GLOBAL max_allowed_packet = 4194304"):
        ground.run()
    assert ground.newest_run() == before


@pytest.mark.faults
def test_packets_made_too_small_in_the_middle_of_a_run_end_it_and_it_can_go_on(
    ground, moments, packets, undisturbed
):
    watcher = Hearing()
    moments.at(2 * CHUNKS, lambda: packets(1024))
    with pytest.raises(OutageError, match="SET GLOBAL max_allowed_packet = 4194304"):
        ground.run(watcher, RunOptions(patience=1))
    assert ground.status(watcher.run_id) == "interrupted"
    packets(64 * MEBIBYTE)
    ground.run(options=RunOptions(resumed=watcher.run_id))
    assert ground.digest(watcher.run_id) == undisturbed
