"""Connections that the server ends in the middle of a run: those of writers, and the run's lock."""

import pytest


@pytest.fixture
def kill_one(ground, chance):
    """Return a function that ends one of the run's connections, whichever."""

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
        if error.args[0] != 1094:  # gone by itself meanwhile
            raise


def holder(ground, run_id: int) -> int | None:
    """The connection that holds a run's lock."""
    return ground.ask(f"SELECT IS_USED_LOCK('run.{run_id}.{ground.url.database}')")[0][0]


@pytest.mark.parametrize("times", [10, pytest.param(60, marks=pytest.mark.faults)])
def test_connections_that_are_ended_cost_no_row(
    ground, moments, chance, undisturbed, kill_one, times
):
    moments.scatter(chance, [kill_one] * times)
    assert ground.digest(ground.run()) == undisturbed
    assert len(moments.happened) == times
