"""Chunks in, rows out: on a real server."""

import numpy as np
import pymysql
import pytest
from sqlalchemy import select

from vanishing_gradients.sql.catalogue import telemetry_progress
from vanishing_gradients.sql.connection import connect_arguments, connected
from vanishing_gradients.telemetry import roads
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.connection import BufferConnection
from vanishing_gradients.telemetry.errors import TelemetryError
from vanishing_gradients.telemetry.roads import ROADS

WAYS = {**{road: (road,) for road in ROADS}, "binary without bulk": ("binary", False)}
"""Arguments of `loader_of` besides a run. Only MariaDB accepts binary rows in bulk."""


@pytest.fixture
def warns(migrated) -> None:
    """The server counts what LOAD DATA had to change."""
    with connected(migrated) as session:
        if session.brand.flavour == "oceanbase":
            pytest.skip("OceanBase does not say what it changes of lines that are cut or garbled")


def chunk_of(run, values, steps=(1, 2), row_counts=(4, 2), layer=1, epoch=1) -> Chunk:
    return Chunk(run.shape.layers[layer - 1], epoch, np.array(steps), np.array(row_counts), values)


def named(way: str) -> str:
    return way.replace(" ", "_")


def random_values(dtype, seed=1) -> np.ndarray:
    """Numbers of all magnitudes that a gradient can have, including subnormal ones."""
    generator = np.random.default_rng(seed)
    lowest, highest = (-320, 149) if dtype == np.float64 else (-45, 37)
    exponents = generator.uniform(lowest, highest, (6, 3))
    values = (generator.choice([-1, 1], (6, 3)) * 10.0**exponents).astype(dtype)
    values[0] = [0.0, 1.0, -1.0]
    return values


@pytest.mark.parametrize("road", WAYS)
@pytest.mark.parametrize("precision", ["double", "single"])
def test_what_is_stored_is_what_was_sent_cell_by_cell(new_run, loader_of, stored, precision, road):
    run = new_run(f"exact_{precision}_{named(road)}", precision=precision)
    values = random_values(np.float64 if precision == "double" else np.float32)
    loader_of(run, *WAYS[road]).put(chunk_of(run, values))
    keys, cells = stored(run, 1)
    assert keys.tolist() == [[1, 1, 0], [1, 1, 1], [1, 1, 2], [1, 1, 3], [1, 2, 0], [1, 2, 1]]
    assert np.array_equal(cells, values.astype(np.float64))


def test_a_single_precision_run_into_double_tables_is_exact(new_run, loader_of, stored):
    new_run("widened", precision="double")
    run = new_run("widened", precision="single")
    values = random_values(np.float32)
    loader_of(run).put(chunk_of(run, values))
    assert run.table_types[1] == "DOUBLE"
    assert np.array_equal(stored(run, 1)[1], values.astype(np.float64))


def test_tables_of_single_precision_become_double_without_changing_a_value(
    new_run, loader_of, stored
):
    single = new_run("grown", precision="single")
    values = random_values(np.float32)
    loader_of(single).put(chunk_of(single, values))
    double = new_run("grown", precision="double")
    exact = random_values(np.float64, seed=2)
    loader_of(double).put(chunk_of(double, exact))
    assert np.array_equal(stored(single, 1)[1], values.astype(np.float64))
    assert np.array_equal(stored(double, 1)[1], exact)


@pytest.mark.parametrize("road", WAYS)
def test_non_finite_values_become_null_and_take_the_norm_with_them(
    new_run, loader_of, catalogue, stored, road
):
    run = new_run(f"diverged_{named(road)}")
    values = np.ones((6, 3))
    values[1, 1], values[2, 0], values[3, 2] = np.nan, np.inf, 1e200
    loader_of(run, *WAYS[road]).put(chunk_of(run, values))
    cells = stored(run, 1)[1]
    assert np.isnan(cells).sum() == 3
    assert np.isnan([cells[1, 1], cells[2, 0], cells[3, 2]]).all()
    with catalogue.connect() as connection:
        norms = connection.exec_driver_sql(
            f"SELECT Norm, Mean FROM {run.shape.experiment}_layer_1_input ORDER BY Step, RowIndex"
        ).all()
    assert [norm is None for norm, _ in norms] == [False, True, True, True, False, False]
    assert norms[0] == pytest.approx((3**0.5, 1.0), rel=1e-15)


def test_a_chunk_sent_twice_is_refused_and_the_first_stays(new_run, loader_of, stored):
    run = new_run("twice")
    loader, values = loader_of(run), random_values(np.float64)
    loader.put(chunk_of(run, values))
    with pytest.raises(
        TelemetryError, match=r"0 of 6 rows arrived as sent; the chunk was rolled back\..*Duplicate"
    ):
        loader.put(chunk_of(run, values))
    assert np.array_equal(stored(run, 1)[1], values)


def test_a_cell_the_server_cannot_read_is_an_error_and_never_a_silent_zero(
    new_run, loader_of, stored, monkeypatch, warns
):
    run = new_run("garbled")
    garbled = b"1,0,1.5,2.5,x\n" + b"".join(b"1,%d,1.5,2.5,3.5\n" % row for row in range(1, 6))
    monkeypatch.setattr(roads, "encode", lambda *_: garbled)
    with pytest.raises(TelemetryError, match=r"garbled_layer_1_input, run .*first warning"):
        loader_of(run).put(chunk_of(run, np.ones((6, 3))))
    assert len(stored(run, 1)[0]) == 0


def test_a_row_cut_short_is_an_error(new_run, loader_of, stored, monkeypatch, warns):
    run = new_run("cut")
    monkeypatch.setattr(roads, "encode", lambda *_: b"1,0,1.5,2.5\n" * 6)
    with pytest.raises(TelemetryError):
        loader_of(run).put(chunk_of(run, np.ones((6, 3))))
    assert len(stored(run, 1)[0]) == 0


def test_a_chunk_and_its_progress_arrive_together(new_run, loader_of, catalogue):
    run = new_run("together")
    loader_of(run).put(chunk_of(run, np.ones((6, 3)), steps=(3, 4)))
    with catalogue.connect() as connection:
        (row,) = connection.execute(
            select(telemetry_progress).where(telemetry_progress.c.run_id == run.run_id)
        ).mappings()
    names = ("layer", "epoch", "first_step", "last_step", "row_count")
    assert [row[name] for name in names] == [1, 1, 3, 4, 6]


def test_a_payload_of_many_packets_arrives_whole(new_run, loader_of, stored):
    run = new_run("large")
    values = np.random.default_rng(3).normal(size=(30_000, 3))
    loader_of(run).put(chunk_of(run, values, steps=(1,), row_counts=(30_000,)))
    assert np.array_equal(stored(run, 1)[1], values)


def test_the_client_sends_its_buffer_whatever_file_is_named(new_run, migrated, catalogue):
    run = new_run("named")
    connection = BufferConnection(**connect_arguments(migrated))
    result = connection.load(
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE named_layer_1_input "
        "FIELDS TERMINATED BY ',' "
        f"(Step, RowIndex, Gradient1, Gradient2, Gradient3) SET run_id = {run.run_id}, Epoch = 1",
        b"1,0,1,2,3\n",
    )
    connection.commit()
    connection.close()
    assert (result.rows, result.warnings) == (1, 0)


def test_the_client_sends_no_file_when_nothing_is_being_loaded(new_run, migrated, stored):
    run = new_run("unasked")
    connection = BufferConnection(**connect_arguments(migrated))
    with pytest.raises(pymysql.OperationalError, match="nothing was sent"):
        connection.query("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE unasked_layer_1_input")
    connection.commit()
    connection.close()
    assert len(stored(run, 1)[0]) == 0


@pytest.mark.parametrize("precision", ["double", "single"])
def test_every_road_stores_the_same_bits(new_run, loader_of, catalogue, precision):
    """One row per road, of random bit patterns, including the sign of 0."""
    dtype = np.dtype("u8" if precision == "double" else "u4")
    bits = np.random.default_rng(7).integers(0, np.iinfo(dtype).max, (3000, 3), dtype)
    values = bits.view("f8" if precision == "double" else "f4")
    values[0] = [-0.0, 0.0, 1.0]
    found = []
    for road in WAYS:
        run = new_run(f"bits_{precision}_{named(road)}", precision=precision)
        loader_of(run, *WAYS[road]).put(chunk_of(run, values, steps=(1,), row_counts=(3000,)))
        with catalogue.connect() as connection:
            found.append(
                connection.exec_driver_sql(
                    "SELECT Gradient1 + 0e0, Gradient2 + 0e0, Gradient3 + 0e0, "
                    "CAST(Gradient1 AS CHAR), SmallNorm, Norm, Mean "
                    f"FROM bits_{precision}_{named(road)}_layer_1_input ORDER BY RowIndex"
                ).all()
            )
    assert all(rows == found[0] for rows in found)
    assert any(None in row for row in found[0])
