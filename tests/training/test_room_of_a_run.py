"""The predicted size of a run, against its real size."""

import pytest

from vanishing_gradients.telemetry.space import (
    layer_rows,
    measure,
    place,
    run_bytes,
    run_sizes,
    table_sizes,
)
from vanishing_gradients.trainer.run import Settings, describe

STATISTICS = ("step_statistics", "neuron_statistics", "epoch_layers", "layer_histograms")
NEAR = 1.35
"""The size of a small table varies by some extents of a megabyte."""


@pytest.fixture(scope="module")
def room_of(laboratory, small):
    """Return a function that returns the description of a run, and carries it out."""

    def go(name: str, hidden_widths, **settings):
        experiment = small(name, hidden_widths=hidden_widths)
        chosen = Settings(**{"limit": 300} | settings)
        description = describe(experiment, laboratory.dataset.limited(chosen.limit), chosen)
        return description, laboratory.run(experiment, **settings)

    return go


@pytest.mark.parametrize("record_every", [1, 2, 3, 7])
@pytest.mark.parametrize("limit", [300, 320, 20])
def test_the_rows_of_every_layer_are_foretold_to_the_row(laboratory, room_of, limit, record_every):
    description, run_id = room_of("rows", [7, 5], limit=limit, record_every=record_every)
    found = laboratory.select(
        "SELECT SUM(row_count) FROM telemetry_progress "
        f"WHERE run_id = {run_id} GROUP BY layer ORDER BY layer"
    )
    assert layer_rows(description, 2) == [int(rows) for (rows,) in found]


@pytest.mark.not_on_oceanbase("it compresses tables, some time after rows are stored")
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("widths", [[200], [64, 32]], ids=str)
def test_the_size_of_a_run_is_foretold_nearly(laboratory, room_of, widths, precision):
    name = f"size_{len(widths)}_{precision}"
    description, _ = room_of(name, widths, precision=precision, limit=1000)
    tables = [description.shape.table(layer) for layer in description.shape.layers]
    with laboratory.engine.connect() as connection:
        measure(connection, tables)
        sizes = table_sizes(connection)
    taken = sum(sizes[table].file for table in tables)
    assert taken > 5_000_000
    assert taken / NEAR < run_bytes(description, 2) < taken * NEAR


def test_a_run_with_fewer_epochs_to_come_takes_less(room_of):
    description, _ = room_of("epochs", [7])
    assert run_bytes(description, 1) < run_bytes(description, 2)


def test_a_run_with_statistics_alone_takes_little(room_of):
    full, _ = room_of("whole", [7])
    light, _ = room_of("light", [7], telemetry="statistics")
    assert run_bytes(light, 2) < run_bytes(full, 2) / 10


def test_the_sizes_of_runs_add_up_to_the_tables_that_hold_them(laboratory, room_of):
    first, run_id = room_of("shared", [64], limit=600)
    room_of("shared", [64], limit=300)
    names = [first.shape.table(layer) for layer in first.shape.layers]
    with laboratory.engine.connect() as connection:
        measure(connection, [*names, *STATISTICS])
        tables = table_sizes(connection)
        sizes = run_sizes(connection, tables)  # a busy server re-estimates them meanwhile
    everything = laboratory.select(
        "SELECT DISTINCT CONCAT(experiment, '_', layer_name) FROM layers JOIN runs USING (run_id) "
        "WHERE telemetry = 'full'"
    )
    expected = sum(tables[name].used for name in [*(name for (name,) in everything), *STATISTICS])
    assert sum(sizes.values()) == pytest.approx(expected, abs=len(sizes))
    assert sizes[run_id] > sizes[run_id + 1] > 0


def test_the_rows_of_statistics_are_foretold_to_the_row(laboratory, room_of):
    room_of("odd", [7], limit=300, record_every=3)
    with laboratory.engine.connect() as connection:
        sizes = run_sizes(connection)
        tables = table_sizes(connection)
    light = dict(laboratory.select("SELECT run_id, 1 FROM runs WHERE telemetry = 'statistics'"))
    assert light
    expected: dict[str, dict[int, float]] = {}
    for table in STATISTICS:
        rows = dict(laboratory.select(f"SELECT run_id, COUNT(*) FROM {table} GROUP BY run_id"))
        share = tables[table].used / sum(rows.values())
        expected[table] = {run_id: share * rows[run_id] for run_id in light}
    for run_id in light:
        own = [of_runs[run_id] for of_runs in expected.values()]
        # The histogram rows of one step stand for those of other steps.
        nearly = 1 + 0.15 * expected["layer_histograms"][run_id]
        assert sizes[run_id] == pytest.approx(sum(own), abs=nearly)


def test_the_space_on_another_machine_is_unknown(laboratory):
    with laboratory.engine.connect() as connection:
        found = place(connection, laboratory.url.set(host="db.example.org"))
    assert (found.folder, found.free) == (None, None)


def test_the_space_is_that_of_the_servers_folder_where_it_is_seen(laboratory):
    with laboratory.engine.connect() as connection:
        found = place(connection, laboratory.url)
        folder = connection.exec_driver_sql("SELECT @@datadir").scalar_one()
    if found.folder is None:  # a server in a container
        assert found.free is None
    else:
        assert found.folder.samefile(folder)
        assert found.free > 0
