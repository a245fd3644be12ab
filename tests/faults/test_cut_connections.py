"""Connections ended by the server in the middle of a run: those of writers, and the run's lock."""

import pytest

from tests.faults.moments import Hearing
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.telemetry import session
from vanishing_gradients.telemetry.errors import RunBusyError


@pytest.fixture
def kill_one(ground, chance):
    """Return a function that ends one of the run's connections."""

    def kill() -> None:
        found = ground.ask(
            "SELECT id FROM information_schema.processlist "
            f"WHERE db = '{ground.url.database}' AND user = 'owner' ORDER BY id"
        )
        end(ground, chance.choice(found)[0])

    return kill


def end(ground, connection: int) -> None:
    try:
        ground.ask(f"KILL {connection}")
    except Exception as error:
        if error.args[0] != 1094:  # it has already ended
            raise


def holder(ground, run_id: int) -> int | None:
    """The connection that holds a run's lock."""
    return ground.ask(f"SELECT IS_USED_LOCK('run.{run_id}.{ground.url.database}')")[0][0]


@pytest.mark.parametrize("times", [5, pytest.param(60, marks=pytest.mark.faults)])
def test_connections_that_are_ended_cost_no_row(
    ground, moments, chance, undisturbed, kill_one, times
):
    moments.scatter(chance, [kill_one] * times)
    assert ground.digest(ground.run()) == undisturbed
    assert len(moments.happened) == times


def test_a_lock_whose_session_is_ended_is_taken_anew_and_nobody_else_can(ground, undisturbed):
    class Looking(Hearing):
        taken: tuple = ()

        def epoch(self, metrics) -> None:
            name = f"run.{self.run_id}.{ground.url.database}"
            self.taken += tuple(ground.ask(f"SELECT GET_LOCK('{name}', 0)")[0])
            end(ground, holder(ground, self.run_id))

    watcher = Looking()
    assert ground.digest(ground.run(watcher)) == undisturbed
    assert watcher.taken == (0, 0, 0)


@pytest.mark.faults
def test_a_lock_that_is_lost_again_and_again_costs_no_row(ground, moments, chance, undisturbed):
    def end_lock() -> None:
        found = holder(ground, watcher.run_id)
        if found:
            end(ground, found)

    watcher = Hearing()
    moments.scatter(chance, [end_lock] * 40)
    assert ground.digest(ground.run(watcher)) == undisturbed


@pytest.fixture
def thief(ground):
    """Return a function that ends the session of a run's lock and takes the lock."""
    with connected(ground.url) as session:

        def take(run_id: int) -> None:
            end(ground, holder(ground, run_id))
            with session.cursor() as cursor:
                name = f"run.{run_id}.{ground.url.database}"
                cursor.execute(f"SELECT GET_LOCK('{name}', 10)")
                assert cursor.fetchone() == (1,)

        yield take


def test_a_run_whose_lock_another_has_taken_ends_and_leaves_it_alone(ground, thief):
    class Robbed(Hearing):
        def epoch(self, metrics) -> None:
            if metrics.epoch == 1:
                thief(self.run_id)
                ground.ask(f"UPDATE runs SET status = 'finished' WHERE run_id = {self.run_id}")

    watcher = Robbed()
    with pytest.raises(RunBusyError, match="belongs to another process"):
        ground.run(watcher)
    assert ground.ask(
        f"SELECT status, completed_epoch FROM runs WHERE run_id = {watcher.run_id}"
    ) == [("finished", 1)]


def test_a_writer_that_connects_anew_stores_nothing_once_another_has_the_lock(
    ground, moments, thief, monkeypatch
):
    watcher, stored = Hearing(), []
    monkeypatch.setattr(session, "WRITERS", 1)

    def chunks() -> int:
        return ground.ask(
            f"SELECT COUNT(*) FROM telemetry_progress WHERE run_id = {watcher.run_id}"
        )[0][0]

    def steal() -> None:
        thief(watcher.run_id)
        stored.append(chunks())
        for (number,) in ground.ask(
            "SELECT id FROM information_schema.processlist "
            f"WHERE db = '{ground.url.database}' AND user = 'owner' "
            f"AND id <> {holder(ground, watcher.run_id)}"
        ):
            end(ground, number)

    moments.when("committed", 20, steal)
    with pytest.raises(RunBusyError):
        ground.run(watcher)
    assert [chunks()] == stored
