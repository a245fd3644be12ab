"""Connections ended by the server in the middle of a run, and a lease that is lost."""

import pytest

from tests.faults.moments import Hearing
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


def steal(ground, run_id: int) -> None:
    """Take a run's lease for another process."""
    ground.ask(
        "UPDATE runs SET lease_owner = 'thief', lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR "
        f"WHERE run_id = {run_id}"
    )


@pytest.mark.parametrize("times", [2, pytest.param(60, marks=pytest.mark.faults)])
def test_connections_that_are_ended_cost_no_row(
    ground, moments, chance, undisturbed, kill_one, times
):
    moments.scatter(chance, [kill_one] * times)
    assert ground.digest(ground.run()) == undisturbed
    assert len(moments.happened) == times


def test_a_lease_that_ran_out_meanwhile_is_renewed_by_its_owner(ground, undisturbed):
    """As after an outage of the server, during which nobody can renew it."""

    class Looking(Hearing):
        valid: tuple = ()

        def registered(self, run_id, *others) -> None:
            super().registered(run_id, *others)
            self.run_out()

        def epoch(self, metrics) -> None:
            held = "lease_until > UTC_TIMESTAMP(6) + INTERVAL 9 SECOND"
            self.valid += ground.ask(f"SELECT {held} FROM runs WHERE run_id = {self.run_id}")[0]
            self.run_out()

        def run_out(self) -> None:
            ground.ask(f"UPDATE runs SET lease_until = '2026-01-01' WHERE run_id = {self.run_id}")

    watcher = Looking()
    assert ground.digest(ground.run(watcher)) == undisturbed
    assert watcher.valid == (1, 1, 1)


def test_a_run_that_another_has_taken_ends_and_leaves_it_alone(ground):
    class Robbed(Hearing):
        def epoch(self, metrics) -> None:
            if metrics.epoch == 1:
                steal(ground, self.run_id)
                ended = "status = 'finished', finished_at = UTC_TIMESTAMP(6)"
                ground.ask(f"UPDATE runs SET {ended} WHERE run_id = {self.run_id}")

    watcher = Robbed()
    with pytest.raises(RunBusyError, match="belongs to another process"):
        ground.run(watcher)
    assert ground.ask(
        f"SELECT status, completed_epoch FROM runs WHERE run_id = {watcher.run_id}"
    ) == [("finished", 1)]


def test_a_writer_stores_nothing_once_another_has_the_run(ground, moments, monkeypatch):
    watcher, stored = Hearing(), []
    monkeypatch.setattr(session, "WRITERS", 1)

    def chunks() -> int:
        return ground.ask(
            f"SELECT COUNT(*) FROM telemetry_progress WHERE run_id = {watcher.run_id}"
        )[0][0]

    def take() -> None:
        steal(ground, watcher.run_id)
        stored.append(chunks())

    moments.when("committed", 20, take)
    with pytest.raises(RunBusyError):
        ground.run(watcher)
    assert [chunks()] == stored
