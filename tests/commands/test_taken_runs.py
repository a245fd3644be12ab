"""What a sweep does about runs that another process has: it waits, and takes over what was stopped.

Nothing is trained here: the hands end each run at once.
"""

from collections import defaultdict
from concurrent.futures import Future

import pytest

from vanishing_gradients.console import progress
from vanishing_gradients.telemetry.resumption import Standing
from vanishing_gradients.trainer import sweep as module
from vanishing_gradients.trainer.errors import SweepError
from vanishing_gradients.trainer.jobs import Outcome
from vanishing_gradients.trainer.run import Settings, chosen, plans
from vanishing_gradients.trainer.sweep import sweep


class Hands:
    """Hands that end each run at once, as `outcomes` says by seed, else trained."""

    at_once = 1

    def __init__(self, **outcomes: list[Outcome]) -> None:
        self.outcomes = defaultdict(list, outcomes)
        self.begun: list[int] = []
        self.stopped = False

    def start(self, plan) -> Future:
        seed, future = plan.settings.seed, Future()
        self.begun.append(seed)
        future.set_result((self.outcomes[f"seed_{seed}"] or [Outcome("trained", "Done.")]).pop(0))
        return future

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def carried_out(monkeypatch, capsys):
    """Return a function that carries out a sweep of two seeds; it returns the lines said.

    `states` says what is found of each seed's run each time it is looked at; then it is finished if
    it was begun.
    """
    monkeypatch.setattr(module, "WAKE_SECONDS", 0.001)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)

    def carry_out(hands: Hands, **states: list[str]) -> list[str]:
        def look(plan):
            seed = plan.settings.seed
            if found := states.get(f"seed_{seed}"):
                return Standing(seed, found.pop(0))
            return Standing(seed, "finished") if seed in hands.begun else None

        wanted = plans(chosen("sigmoid_sgd", 1), [Settings(1), Settings(2)], "sample", None)
        sweep(wanted, hands, look, progress())
        return capsys.readouterr().err.splitlines()[1:]

    return carry_out


def test_a_run_that_another_process_finishes_is_reported_and_not_begun(carried_out):
    hands = Hands()
    assert carried_out(hands, seed_1=["held", "held", "finished"]) == [
        "sigmoid_sgd, seed 2. Done.",
        "Waiting for 1 run that other processes have begun.",
        "sigmoid_sgd, seed 1. Run 1 was trained by another process.",
    ]
    assert hands.begun == [2]


def test_a_run_that_another_process_stops_is_taken_over(carried_out):
    hands = Hands()
    said = carried_out(hands, seed_1=["held", "held", "stopped"])
    assert said[-1] == "sigmoid_sgd, seed 1. Done."
    assert hands.begun == [2, 1]


def test_a_run_that_another_process_took_first_is_looked_at_again(carried_out):
    hands = Hands(seed_1=[Outcome("taken")])
    assert carried_out(hands)[-1] == "sigmoid_sgd, seed 1. Run 1 was trained by another process."
    assert hands.begun == [1, 2]


def test_a_run_whose_machine_went_away_is_begun_again(carried_out):
    hands = Hands(seed_1=[Outcome("stopped")])
    carried_out(hands, seed_1=["stopped", "stopped"])
    assert hands.begun == [1, 2, 1]


def test_a_run_that_is_not_found_afterwards_was_trained_in_another_database(carried_out):
    hands = Hands()
    with pytest.raises(SweepError, match=r"^sigmoid_sgd, seed 1: the worker that trained it has "):
        carried_out(hands, seed_1=["stopped", "stopped"])
    assert hands.stopped
