"""The columns described in the views' files, compared with those on the server."""

import pytest

from vanishing_gradients.sql.objects import newest_views

NEWEST = newest_views()
FAMILIES = {
    "INT": {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal"},
    "DOUBLE": {"double"},
    "TEXT": {"char", "varchar", "text", "mediumtext", "longtext", "json"},
    "DATETIME": {"datetime", "timestamp"},
}


@pytest.fixture(scope="module")
def made(hand):
    """The columns of all tables and views, in order, by name: (name, type, scale, nullable)."""
    hand.run("told")
    rows = hand.select(
        "SELECT table_name, column_name, data_type, numeric_scale, is_nullable "
        "FROM information_schema.columns WHERE table_schema = DATABASE() "
        "ORDER BY table_name, ordinal_position"
    )
    found: dict[str, list[tuple]] = {}
    for table, *column in rows:
        found.setdefault(table, []).append(tuple(column))
    return found


@pytest.fixture(params=NEWEST, ids=[each.name for each in NEWEST])
def said(request):
    return request.param


PLACE = {"experiment": "told", "layer": 1, "next_layer": 2}


@pytest.fixture
def server(said, made):
    """The columns of one view of the kind."""
    return made[said.object_name.format(**PLACE)]


def test_the_columns_are_those_of_the_header_in_order(said, server):
    assert [name for name, *_ in server] == [each.name.format(**PLACE) for each in said.columns]


def test_the_types_are_those_of_the_header(said, server):
    for (name, kind, scale, _), column in zip(server, said.columns, strict=True):
        assert kind in FAMILIES[column.type], name
        assert column.type != "INT" or scale == 0, name


@pytest.mark.not_on_oceanbase("it does not know which column of a view may be NULL")
def test_a_column_that_may_be_null_can_be(said, server):
    for (name, _, _, nullable), column in zip(server, said.columns, strict=True):
        assert nullable == "YES" or not column.nullable, name


def test_no_column_is_a_reserved_word(hand, made):
    """Every column of every table and view can be queried without backticks."""
    for name in sorted({column[0] for columns in made.values() for column in columns}):
        assert hand.select(f"SELECT {name} FROM (SELECT 1 AS {name}) AS it") == [(1,)]


def test_the_run_has_one_name_everywhere(made):
    keyed = {"gradient_tables", "numbers", "ratio_thresholds", "storage_hypotheses"}
    keyed |= {"view_versions", "alembic_version", "leases"}
    for table, columns in made.items():
        assert table in keyed or "run_id" in {name for name, *_ in columns}, table


def test_two_views_of_a_layer_are_joined_by_their_keys(hand, made):
    query = (
        "SELECT COUNT(*) FROM told_layer_1_norm_avg INNER JOIN told_layer_1_near_zero "
        "USING (run_id, Epoch) INNER JOIN runs USING (run_id)"
    )
    assert hand.select(query) == [(0,)]


def test_a_small_norm_that_is_given_is_the_norm(hand):
    run_id = hand.run("small")
    hand.rows(run_id, "small", 1, [(1, 1, 0, 3.0, 4.0), (1, 1, 1, 3e-200, 4e-200)])
    with hand.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE small_layer_1_input SET SmallNorm = 5e-200 WHERE RowIndex"
        )
    found = hand.select("SELECT Norm FROM small_layer_1_input ORDER BY RowIndex")
    assert found == [(5.0,), (5e-200,)]
