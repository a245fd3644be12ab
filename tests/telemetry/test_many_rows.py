"""Rows of numbers sent as text arrive exactly, however many they are."""

import math

import numpy as np
import pytest
from sqlalchemy import Column, Double, Integer, MetaData, Table, select

from vanishing_gradients.telemetry import many_rows
from vanishing_gradients.telemetry.many_rows import insert_rows

NUMBERS = Table(
    "rows_of_numbers",
    MetaData(),
    Column("id", Integer),
    Column("max", Double),
    Column("n", Integer),
)
COLUMNS = ("id", "max", "n")


@pytest.fixture
def connection(catalogue):
    with catalogue.connect() as opened:
        opened.exec_driver_sql(
            "CREATE TABLE rows_of_numbers (id INT PRIMARY KEY, `max` DOUBLE, n BIGINT)"
        )
        yield opened
        opened.rollback()
        opened.exec_driver_sql("DROP TABLE rows_of_numbers")


def stored(connection) -> list[tuple]:
    return [tuple(row) for row in connection.execute(select(NUMBERS).order_by(NUMBERS.c.id))]


def test_floats_of_every_magnitude_keep_their_bits(connection):
    exponents = np.random.default_rng(1).uniform(-320, 308, 500)
    values = (10.0**exponents * np.random.default_rng(2).choice([-1, 1], 500)).tolist()
    values += [5e-324, -2.2250738585072014e-308, math.pi, 0.1, 123456789.0, 1e22]
    rows = [(number, value, None) for number, value in enumerate(values)]
    insert_rows(connection, NUMBERS, COLUMNS, rows)
    found = [value for _, value, _ in stored(connection)]
    assert found == values


def test_what_is_not_known_is_null_and_whole_numbers_stay_whole(connection):
    rows = [(1, None, 2**53 + 1), (2, np.float64(0.5), None), (3, None, None)]
    insert_rows(connection, NUMBERS, COLUMNS, rows)
    assert stored(connection) == rows


@pytest.mark.parametrize("count", [0, 1, 6, 7, 15])
def test_more_rows_than_a_statement_takes_are_stored_all(connection, monkeypatch, count):
    monkeypatch.setattr(many_rows, "AT_ONCE", 7)
    rows = [(number, number / 3, number) for number in range(count)]
    insert_rows(connection, NUMBERS, COLUMNS, rows)
    assert stored(connection) == rows
