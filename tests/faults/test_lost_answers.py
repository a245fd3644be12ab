"""A connection that breaks between a commit and its answer, or anywhere else."""

import pytest

from tests.faults.moments import Hearing
from tests.faults.proxy import CHUNK, EPOCH
from vanishing_gradients.telemetry import session


class Losing:
    """Loses the answers of some commits of one kind, by their number from 1."""

    def __init__(self, kind: str, numbers) -> None:
        self.kind, self.numbers, self.count, self.lost = kind, set(numbers), 0, 0

    def __call__(self, kind: str) -> bool:
        if kind != self.kind:
            return False
        self.count += 1
        self.lost += self.count in self.numbers
        return self.count in self.numbers


@pytest.fixture
def through(ground, proxy):
    """Return a function that carries the run out through the proxy."""
    return lambda watcher=None: ground.run(watcher, url=ground.url.set(port=proxy.port))


def test_chunks_whose_commits_are_not_answered_are_stored_once(
    ground, proxy, through, chance, undisturbed
):
    proxy.lose = Losing(CHUNK, chance.sample(range(1, 130), 3))
    assert ground.digest(through()) == undisturbed
    assert proxy.lose.lost == 3


@pytest.mark.faults
@pytest.mark.parametrize("writers", [4, 1])
def test_every_third_commit_of_a_chunk_unanswered_costs_and_doubles_nothing(
    ground, proxy, through, monkeypatch, undisturbed, writers
):
    monkeypatch.setattr(session, "WRITERS", writers)
    proxy.lose = Losing(CHUNK, range(3, 137, 3))
    assert ground.digest(through()) == undisturbed
    assert proxy.lose.lost > 40


@pytest.mark.faults
def test_an_epoch_whose_closing_is_not_answered_is_closed_once(ground, proxy, through, undisturbed):
    proxy.lose = Losing(EPOCH, [1, 2, 3])
    assert ground.digest(through()) == undisturbed
    assert proxy.lose.lost == 3


@pytest.mark.faults
def test_chunks_whose_commits_are_not_answered_are_stored_once_by_inserts(
    session_ground, server, proxy, chance
):
    session_ground.road = "insert"
    undisturbed = session_ground.undisturbed()
    proxy.lose = Losing(CHUNK, range(3, 137, 5))
    run_id = session_ground.run(url=session_ground.url.set(port=proxy.port))
    assert session_ground.digest(run_id) == undisturbed
    assert proxy.lose.lost > 20


@pytest.mark.faults
@pytest.mark.parametrize("cuts", [3, 12, 30])
def test_connections_cut_at_random_bytes_cost_and_double_nothing(
    ground, proxy, through, chance, undisturbed, cuts
):
    class Cutting(Hearing):
        def registered(self, *arguments) -> None:
            self.registered_after = proxy.carried  # errors before it are not retried
            if size:
                proxy.scatter_cuts(chance, cuts, size)

    size, watcher = 0, Cutting()
    through(watcher)
    size = proxy.carried - watcher.registered_after
    assert ground.digest(through(watcher)) == undisturbed
    assert proxy.cuts >= cuts // 2
