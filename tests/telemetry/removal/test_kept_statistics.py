"""A run without its gradient rows is a run that kept statistics only."""

import pytest

from vanishing_gradients.telemetry.errors import RemovalError

OF_ROWS = ("runs", "telemetry_progress", "layers")


def kept(left: dict) -> dict:
    """What is left of a run without its rows."""
    return {name: rows for name, rows in left.items() if name not in OF_ROWS and "layer_1" not in
            name and "layer_2" not in name}  # fmt: skip


def test_rows_go_and_all_else_stays(filled, left_by, rows_removed, select):
    run, other = filled("thinned"), filled("thinned", seed=2)
    before, of_other = left_by(run), left_by(other)
    rows_removed(run.run_id)
    after = left_by(run)
    assert kept(after) == kept(before)
    saying = {"runs", "layers"}
    assert not any(rows for name, rows in after.items() if name not in kept(after).keys() | saying)
    assert select(f"SELECT DISTINCT kept FROM layers WHERE run_id = {run.run_id}") == [
        ("statistics",)
    ]
    assert select(f"SELECT telemetry FROM runs WHERE run_id = {run.run_id}") == [("statistics",)]
    assert left_by(other) == of_other


def test_the_last_rows_take_tables_and_views_along(
    filled, rows_removed, objects, select, server_brand
):
    run = filled("thinned_last")
    asked = f"SELECT COUNT(*), MAX(norm) FROM gradient_norms WHERE run_id = {run.run_id}"
    before = select(asked)
    # OceanBase gives the size of what it has on disk, which is nothing of these few rows yet.
    assert rows_removed(run.run_id) > 0 or server_brand.flavour == "oceanbase"
    assert objects("thinned_last") == []
    assert select(asked) == before
    assert select(f"SELECT * FROM telemetry_progress WHERE run_id = {run.run_id}") == []


def test_a_run_without_rows_has_none_to_remove(filled, rows_removed):
    run = filled("thin_already", telemetry="statistics")
    with pytest.raises(RemovalError, match="keeps statistics alone"):
        rows_removed(run.run_id)


def test_what_ended_half_way_can_be_done_again(filled, rows_removed, left_by, catalogue):
    run, _ = filled("thinned_twice"), filled("thinned_twice", seed=2)
    with catalogue.begin() as connection:  # the state after a stop after the first statement
        connection.exec_driver_sql(
            f"UPDATE runs SET telemetry = 'statistics' WHERE run_id = {run.run_id}"
        )
    rows_removed(run.run_id)
    assert left_by(run)["telemetry_progress"] == []
    assert left_by(run)["thinned_twice_layer_1_input"] == []


def test_rows_stay_from_which_alone_something_is_known(filled, rows_removed, catalogue, left_by):
    run = filled("thinned_old")
    with catalogue.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM layer_histograms WHERE run_id = {run.run_id}")
    before = left_by(run)
    with pytest.raises(RemovalError, match=f"`make summarize RUN={run.run_id}` stores them"):
        rows_removed(run.run_id)
    assert left_by(run) == before
