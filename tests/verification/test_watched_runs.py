"""Verification of watched runs: what was recorded is what is expected."""

from dataclasses import replace

import pytest

from tests.watched import CONVOLUTIONS, MIXED, MLP, WEIGHTS, watched_run
from vanishing_gradients.analysis.verification import Verification, verify_run
from vanishing_gradients.sql.connection import engine

TABLE = "{}_layer_2_hidden"


class Desk:
    """Records watched runs, corrupts them, verifies them."""

    def __init__(self, url) -> None:
        self.url, self.engine = url, engine(url)

    def run(self, experiment: str, *arguments, **changes) -> int:
        return watched_run(self.url, experiment, *arguments, **changes)

    def spoil(self, statement: str) -> None:
        """Carry out a statement, which must change something."""
        with self.engine.begin() as connection:
            assert connection.exec_driver_sql(statement).rowcount

    def outcome(self, run_id: int) -> Verification:
        return verify_run(self.engine, run_id, lambda _: None, lambda _: None)

    def found(self, run_id: int) -> list[str]:
        return [str(each) for each in self.outcome(run_id).disagreements]


@pytest.fixture(scope="module")
def desk(migrated):
    made = Desk(migrated)
    yield made
    made.engine.dispose()


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("mlp", MLP), ("cnn", CONVOLUTIONS), ("mixed", MIXED), ("weights", WEIGHTS),
        ("full_mlp", MLP.kept("full")), ("full_cnn", CONVOLUTIONS.kept("full")),
    ],
)  # fmt: skip
def test_a_run_as_it_was_recorded_agrees(desk, name, model):
    assert desk.found(desk.run(name, model)) == []


def test_rows_of_the_layers_that_keep_them_are_read(desk):
    outcome = desk.outcome(desk.run("counted", MIXED, steps=(1, 4)))
    # Of the embedding 3, of the two matrices 4 and 6, of the output 16, at 2 steps of 2 epochs.
    assert outcome.rows == (3 + 4 + 6 + 16) * 4
    assert outcome.steps == 6 * 4


def test_a_changed_cell_is_found(desk):
    run_id = desk.run("celled", MIXED)
    desk.spoil(
        f"UPDATE {TABLE.format('celled')} SET Gradient1 = Gradient1 + 1 "
        f"WHERE run_id = {run_id} AND Epoch = 2 AND Step = 3 AND RowIndex = 1"
    )
    assert all(each.startswith("layer 2, epoch 2, ") for each in desk.found(run_id))
    assert desk.found(run_id)


def test_a_row_that_is_gone_is_found(desk):
    run_id = desk.run("rowless", MIXED)
    desk.spoil(
        f"DELETE FROM {TABLE.format('rowless')} "
        f"WHERE run_id = {run_id} AND Epoch = 1 AND Step = 5 AND RowIndex = 3"
    )
    told = "layer 2, epoch 1, step 5: the gradient table has 3 rows, and 4 are expected"
    assert told in desk.found(run_id)


def test_rows_of_a_layer_that_had_no_gradient_are_found(desk):
    run_id = desk.run("frozen", CONVOLUTIONS.kept("full"))
    desk.spoil(
        "INSERT INTO frozen_layer_4_convolution (run_id, Epoch, Step, RowIndex, Gradient1) "
        f"VALUES ({run_id}, 1, 1, 0, 1.0)"
    )
    assert any(
        each.startswith("layer 4, epoch 1, step 1: the gradient table has rows (1)")
        for each in desk.found(run_id)
    )


def test_a_row_that_an_embedding_has_not_is_found(desk):
    run_id = desk.run("words", MIXED)
    desk.spoil(
        "UPDATE words_layer_1_embedding SET RowIndex = 50 "
        f"WHERE run_id = {run_id} AND Epoch = 1 AND Step = 1 AND RowIndex = 49"
    )
    assert desk.found(run_id) == [
        "layer 1, epoch 1, step 1: RowIndex goes to 50, and there are 50 rows"
    ]


def test_statistics_of_a_step_that_was_not_recorded_are_found(desk):
    run_id = desk.run("stepless", MLP)
    desk.spoil(f"DELETE FROM recorded_steps WHERE run_id = {run_id} AND epoch = 1 AND step = 5")
    assert desk.found(run_id) == [
        f"layer {layer}, epoch 1, step 5: step_statistics has a row, and recorded_steps has no "
        "such step"
        for layer in range(1, 7)
    ]


def test_a_recorded_step_of_which_nothing_is_kept_is_found(desk):
    run_id = desk.run("empty_step", MLP)
    desk.spoil(f"INSERT INTO recorded_steps VALUES ({run_id}, 2, 9, 16)")
    assert desk.found(run_id) == [
        "epoch 2, step 9: recorded_steps has the step, and no layer has statistics of it"
    ]


def test_weights_that_lack_a_row_are_found(desk):
    run_id = desk.run("shorter", MLP)
    desk.spoil(
        "UPDATE step_statistics SET row_count = 5, finite_rows = 5 "
        f"WHERE run_id = {run_id} AND layer = 1 AND epoch = 1 AND step = 2"
    )
    assert (
        "layer 1, epoch 1, step 2: rows of step_statistics is 5, and 6 are expected"
        in desk.found(run_id)
    )


def test_a_clipped_norm_is_held_against_the_gradient_as_the_optimizer_got_it(desk):
    run_id = desk.run("clipped", MIXED)
    desk.spoil(
        "UPDATE step_statistics SET clipped_norm = clipped_norm / 2 "
        f"WHERE run_id = {run_id} AND layer = 4 AND epoch = 2 AND step = 1"
    )
    assert any("layer 4, epoch 2, step 1: clipped_norm" in each for each in desk.found(run_id))


def test_gradients_recorded_before_clipping_may_be_clipped_to_anything(desk):
    run_id = desk.run("before", MIXED, recorded_at="before_clipping")
    for table in ("step_statistics", "epoch_layers"):
        desk.spoil(f"UPDATE {table} SET clipped_norm = 0.5 WHERE run_id = {run_id} AND layer = 4")
    desk.spoil(f"UPDATE epoch_layers SET clipped = 1 WHERE run_id = {run_id} AND layer = 4")
    assert desk.found(run_id) == []


def test_a_run_that_ended_before_the_epochs_it_was_told_is_not_wrong(desk):
    assert desk.found(desk.run("early", MLP, epochs=9)) == []


def test_a_step_without_an_update_is_not_wrong(desk):
    assert desk.found(desk.run("skipped", replace(MIXED, skipped=(2, 5)))) == []
