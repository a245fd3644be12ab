"""Which views a registration creates: missing ones, and those that must read something else."""

import re

import pytest
from sqlalchemy import event

from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.registry import replace_view, view_names
from vanishing_gradients.telemetry.runs import RunDescription, RunLayer, register

LAYERS = (
    RunLayer(1, "layer_1_input", "dense", 2, 2, "input"),
    RunLayer(2, "layer_2_softmax", "softmax", 2, 2, "sample"),
)
MARKED = "CREATE OR REPLACE VIEW {} AS SELECT 'by hand' AS mark"


@pytest.fixture
def migrated(migrated_database):
    made = engine(migrated_database)
    yield made
    made.dispose()


def registered(made, experiment: str, telemetry: str = "full") -> None:
    register(made, RunDescription(
        experiment=experiment, seed=1, dataset="sample", dataset_sha256="0" * 64,
        precision="double", telemetry=telemetry, record_every=1, training_images=2, epochs=1,
        config={}, layers=LAYERS,
    )).close()  # fmt: skip


def execute(made, statement: str) -> None:
    with made.begin() as connection:
        connection.exec_driver_sql(statement)


def columns(made, view: str) -> list[str]:
    with made.connect() as connection:
        return list(connection.exec_driver_sql(f"SELECT * FROM {view}").keys())


@pytest.fixture
def views_made(migrated):
    """The statements that created views since the experiment `first` was registered."""
    registered(migrated, "first")
    statements: list[str] = []

    def notice(connection, cursor, statement, *rest) -> None:
        if statement.startswith("CREATE OR REPLACE"):
            statements.append(statement)

    event.listen(migrated, "before_cursor_execute", notice)
    return statements


def test_a_second_run_makes_no_view(migrated, views_made):
    registered(migrated, "first")
    assert views_made == []


def test_a_run_of_statistics_makes_no_view(migrated, views_made):
    registered(migrated, "other", telemetry="statistics")
    assert views_made == []


def test_a_new_experiment_makes_its_own_views_and_no_other(migrated, views_made):
    registered(migrated, "second")
    made = [re.search(r"VIEW `(\w+)`", each)[1] for each in views_made]
    assert made
    assert all(name.startswith("second_") for name in made)


def test_a_missing_view_is_made_and_nothing_else(migrated, views_made):
    execute(migrated, "DROP VIEW first_layer_2_norm_avg")
    registered(migrated, "first")
    assert len(views_made) == 1
    assert columns(migrated, "first_layer_2_norm_avg") == ["run_id", "Epoch", "norm"]


def test_a_missing_view_over_all_experiments_is_made(migrated, views_made):
    execute(migrated, "DROP VIEW epoch_means")
    registered(migrated, "first", telemetry="statistics")
    assert len(views_made) == 1
    assert "non_finite" in columns(migrated, "epoch_means")


def test_what_an_experiment_has_left_behind_is_made_anew(migrated, views_made):
    execute(migrated, "DELETE FROM runs")
    execute(migrated, MARKED.format("first_layer_1_norm_avg"))
    registered(migrated, "first")
    assert columns(migrated, "first_layer_1_norm_avg") == ["run_id", "Epoch", "norm"]


def test_a_registration_that_ended_half_way_leaves_what_it_had_made(migrated, views_made):
    for name in ("first_ratio_2_1_avg", "first_layer_2_near_zero"):
        execute(migrated, f"DROP VIEW {name}")
    registered(migrated, "first")
    assert len(views_made) == 2


def test_a_migration_makes_anew_what_is_there(migrated, views_made):
    execute(migrated, MARKED.format("first_layer_1_norm_avg"))
    with migrated.connect() as connection:
        replace_view(connection, "norm_avg", 2)
        connection.commit()
    assert columns(migrated, "first_layer_1_norm_avg") == ["run_id", "Epoch", "norm"]


def test_views_are_told_from_tables(migrated, views_made):
    with migrated.connect() as connection:
        found = view_names(connection)
    assert {"first_layer_1_norm_avg", "gradient_norms"} <= found
    assert not {"runs", "first_layer_1_input"} & found
