"""A removal that was stopped halfway: its state, and that it can be repeated."""

import pytest

STOPS = ("Removed from the catalogue", "_layer_1_input: ", "_layer_2_softmax: ")


@pytest.fixture
def stopped(removed):
    """Return a function that removes a run until a given message, then presses Ctrl-C."""

    def go(run_id: int, saying: str) -> None:
        def listen(line: str) -> None:
            if saying in line:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            removed(run_id, listen)

    return go


@pytest.mark.parametrize("saying", STOPS)
def test_a_removal_that_was_stopped_leaves_a_run_that_is_not_finished(
    filled, stopped, select, saying
):
    filled("stopped", seed=1)
    run = filled("stopped", seed=2)
    stopped(run.run_id, saying)
    found = select(f"SELECT status, completed_epoch FROM runs WHERE run_id = {run.run_id}")
    assert found == [("interrupted", 0)]


@pytest.mark.parametrize("saying", STOPS)
def test_a_removal_that_was_stopped_can_be_repeated(filled, stopped, removed, left_by, saying):
    other, run = filled("repeated", seed=1), filled("repeated", seed=2)
    before = left_by(other)
    stopped(run.run_id, saying)
    removed(run.run_id)
    assert not any(left_by(run).values())
    assert left_by(other) == before


def test_the_removal_of_the_last_run_can_be_repeated(filled, stopped, removed, objects, select):
    run = filled("ended")
    stopped(run.run_id, "The last run of ended")
    assert objects("ended")
    removed(run.run_id)
    assert objects("ended") == []
    assert select(f"SELECT run_id FROM runs WHERE run_id = {run.run_id}") == []


def test_others_can_register_where_the_removal_of_a_last_run_was_stopped(
    filled, stopped, removed, left_by, overall_views
):
    run = filled("orphan")
    stopped(run.run_id, "The last run of orphan")
    other = filled("orphan", seed=2)
    before = left_by(other)
    removed(run.run_id)
    assert not any(left_by(run).values())
    assert left_by(other) == before
    assert overall_views()["gradient_norms"] > 0
