"""The benchmark of watch measures what it claims."""

import pytest

from bench import watch

COSTS = {
    "nothing": [1.0, 2.0], "nothing again": [1.0, 2.0], "ours, all": [2.0, 4.0],
    "wandb.watch, all": [5.0, 10.0],
}  # fmt: skip


def test_a_cost_is_what_a_round_took_above_the_bare_loop():
    assert watch.above(COSTS, "ours, all") == [1.0, 2.0]
    assert watch.above(COSTS, "nothing") == [0.0, 0.0]


def test_a_ratio_is_of_costs_above_the_bare_loop():
    assert watch.ratio(COSTS, "ours, all", "wandb.watch, all") == 0.25


def test_trackers_that_are_not_installed_are_left_out(monkeypatch):
    monkeypatch.setattr(watch, "find_spec", lambda name: None)
    assert watch.contenders("mlp") == [*watch.NOTHING, *watch.OURS]


@pytest.mark.faults
@pytest.mark.parametrize("network", watch.STEPS)
def test_a_contender_trains_in_a_process_of_its_own_and_says_what_it_cost(network, migrated):
    pytest.importorskip("torch")
    bare = watch.ran(migrated, network, "nothing", 2)
    ours = watch.ran(migrated, network, "ours, all, timed", 2)
    assert 0 < ours["within"] < ours["cpu"]
    assert bare["within"] == 0 < bare["cpu"]
