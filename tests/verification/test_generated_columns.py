"""Norm and Mean, their index, and the views over them are compared with the cells."""

from dataclasses import replace

import pytest

from tests.verification.conftest import Bench
from vanishing_gradients.sql.objects import newest
from vanishing_gradients.sql.registry import registered_shapes


@pytest.fixture(scope="module")
def own(laboratory, small):
    """Return a function that makes a bench with its own tables."""
    return lambda name: Bench(laboratory, small(name, batch_size=32))


def regenerated(bench: Bench, layer: int, column: str, expression: str) -> None:
    """Make a server compute Norm or Mean differently."""
    table = bench.table(layer)
    bench.execute(
        f"ALTER TABLE {table} DROP KEY norm_and_mean, DROP COLUMN {column}, "
        f"ADD COLUMN {column} DOUBLE GENERATED ALWAYS AS ({expression}) VIRTUAL, "
        "ADD KEY norm_and_mean (run_id, Epoch, Step, RowIndex, Norm, Mean)"
    )


OTHERWISE = {
    2: ("Norm", "ABS(Gradient1)", "the sum of Norm is"),
    3: ("Norm", "NULL + Gradient1", "the number of rows with a Norm is 0"),
    4: ("Mean", "Gradient1", "the sum of Mean is"),
    5: ("Mean", "NULL + Gradient1", "the number of rows with a Mean is 0"),
}
"""What a layer's server computes differently, and what is told of it."""


@pytest.fixture(scope="module")
def otherwise(own) -> dict[int, str]:
    """The first disagreement of each layer in one run."""
    bench, found = own("otherwise"), {}
    run_id = bench.run()
    for layer, (column, expression, _) in OTHERWISE.items():
        regenerated(bench, layer, column, expression)
    for each in bench.found(run_id):
        found.setdefault(each.layer, str(each))
    return found


@pytest.mark.not_on_oceanbase("it changes no generated column")
@pytest.mark.parametrize("layer", OTHERWISE)
def test_a_generated_column_that_is_not_of_its_row_is_found(otherwise, layer):
    *_, told = OTHERWISE[layer]
    assert told in otherwise[layer]


@pytest.mark.not_on_oceanbase("it changes no generated column")
def test_nothing_but_generated_columns_is_found(otherwise):
    assert otherwise.keys() == OTHERWISE.keys()


@pytest.mark.not_on_oceanbase("it changes no generated column")
def test_stored_norms_of_which_one_is_altered_are_found(own):
    """Norm as an ordinary column, which does not follow its row."""
    bench = own("stored")
    run_id, table = bench.run(), bench.table(2)
    bench.execute(f"ALTER TABLE {table} DROP KEY norm_and_mean, CHANGE COLUMN Norm Old DOUBLE AS "
                  "(SQRT(Gradient1 * Gradient1)) VIRTUAL, ADD COLUMN Norm DOUBLE NULL")  # fmt: skip
    squares = " + ".join(f"Gradient{number} * Gradient{number}" for number in range(1, 8))
    bench.execute(f"UPDATE {table} SET Norm = SQRT({squares})")
    bench.execute(f"ALTER TABLE {table} DROP COLUMN Old, "
                  "ADD KEY norm_and_mean (run_id, Epoch, Step, RowIndex, Norm, Mean)")  # fmt: skip
    assert bench.found(run_id) == ()
    bench.alter(run_id, 2, "Norm = Norm * 1.000001", "Epoch = 1 AND Step = 3 AND RowIndex = 2")
    assert bench.places(run_id) == {(2, 1, 3)}


@pytest.fixture(scope="module")
def viewed(own):
    """A bench and its run, which agrees again once all views are as they were."""
    bench = own("viewed")
    run_id = bench.run()
    yield bench, run_id
    assert bench.found(run_id) == ()


@pytest.mark.parametrize(
    ("view", "change"),
    [
        ("norm_avg", ("AVG(Norm)", "AVG(Norm) * 1.0000001")),
        ("gradient_norm_avg", ("ELSE SQRT(square_sum)", "ELSE 2 * SQRT(square_sum)")),
        ("mean_avg", ("AVG(Mean)", "AVG(ABS(Mean))")),
        ("near_zero", ("SUM(steps.below_1em3 * ", "SUM(0 * ")),
        ("near_zero", ("SUM(steps.below_1em5 * ", "SUM(0 * ")),
        ("ratio_avg", ("numerator.norm / ", "2 * numerator.norm / ")),
        ("gradient_norms", ("summed.gradient_norm AS", "2 * summed.gradient_norm AS")),
        ("epoch_means", ("summed.mean_abs AS", "summed.mean AS")),
        ("dense_norm_ratios", ("THEN next_norm / GREATEST", "THEN 2 * next_norm / GREATEST")),
        ("dense_norm_ratios", ("THEN next_gradient_norm / ", "THEN 2 * next_gradient_norm / ")),
        ("dense_norm_ratios", ("ratios.next_norm AS numerator", "ratios.norm AS numerator")),
        ("layer_sizes", ("SUM(steps.row_count)", "MAX(steps.row_count)")),
        ("layer_sizes", ("SUM(progress.row_count)", "MAX(progress.row_count)")),
        ("experiment_summary", ("last.accuracy AS", "last.loss AS")),
        ("experiment_summary", ("SUM(seconds)", "MAX(seconds)")),
        (
            "experiment_summary",
            ("SUM(progress.row_count * layers.width)", "SUM(progress.row_count)"),
        ),
    ],
)
def test_a_view_that_says_something_else_is_found(viewed, view, change):
    bench, run_id = viewed
    kept = newest(view)
    assert change[0] in kept.text
    made = replace(kept, text=kept.text.replace(*change))
    with bench.laboratory.engine.connect() as connection:
        every = registered_shapes(connection)
        shapes = [shape for shape in every if shape.experiment == bench.experiment.name]
        for _, statement in made.statements(shapes):
            connection.exec_driver_sql(statement)
        try:
            found = bench.found(run_id)
        finally:
            for _, statement in kept.statements(shapes):
                connection.exec_driver_sql(statement)
    assert found
    assert {each.step for each in found} == {None}
