"""The SQL files themselves: what all of them must and must not contain."""

import re

import pytest

from vanishing_gradients.sql.cells import over_cells
from vanishing_gradients.sql.objects import (
    HERE,
    PLACEHOLDER,
    RETIRED,
    definition,
    in_order,
    newest_views,
    versions,
)

FILES = sorted(HERE.rglob("*.sql"))
VIEWS = [path for path in FILES if path.parent.name == "views"]
NEWEST = newest_views()
SQL = [
    *(HERE / "views" / f"{each.name}_v{each.version:02}.sql" for each in NEWEST),
    *(path for path in FILES if path.parent.name == "queries"),
]
OLD_HEADER = re.compile(
    r"CREATE OR REPLACE SQL SECURITY INVOKER VIEW [\w{}]+ \(\s*[\w{}`]+(,\s+[\w{}`]+)*\s*\) AS"
)
HEADER = (
    "CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ "
    "VIEW {view} AS\n"
)
OBJECTS = [path for path in FILES if path.parent.name in ("tables", "views")]


def names(paths) -> list[str]:
    return [path.name for path in paths]


@pytest.fixture(params=FILES, ids=names(FILES))
def file(request):
    return request.param


def header(path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("-- ")]


def test_there_are_tables_views_and_queries():
    assert {path.parent.name for path in FILES} == {"tables", "views", "queries"}


def test_a_file_says_what_it_means_and_its_grain(file):
    for label in ("What", "Grain"):
        assert [line for line in header(file) if re.match(rf"-- {label}: +\S", line)], label


def statement(path) -> str:
    """Return the file without comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


def test_no_file_selects_everything(file):
    assert not re.search(r"(SELECT|,)\s+(\w+\.)?\*", statement(file))


def test_no_file_holds_more_than_one_statement(file):
    assert ";" not in statement(file)


@pytest.fixture(params=NEWEST, ids=[each.name for each in NEWEST])
def newest(request):
    return request.param


@pytest.mark.parametrize("path", VIEWS, ids=names(VIEWS))
def test_a_view_asks_as_whoever_reads_it(path):
    """First versions named the columns after the view's own name."""
    made = statement(path)
    assert made.startswith(HEADER) or OLD_HEADER.match(made)


def test_the_newest_version_of_a_view_is_made_by_one_header_on_every_server(newest):
    assert HEADER in newest.text


def test_the_newest_version_of_a_view_states_columns_order_and_grain(newest):
    names = [column.name for column in newest.columns]
    assert len(names) == len(set(names)) > 0
    assert newest.what.endswith(".")
    assert newest.grain.startswith("one row")
    assert set(newest.order) <= set(names)


def test_a_column_that_may_be_null_says_what_null_means(newest):
    """Its own meaning says so, or an earlier column's meaning covers it."""
    for column in newest.columns:
        if column.nullable and "NULL" not in column.meaning:
            assert any("NULL" in each.meaning for each in newest.columns), column.name


def test_a_column_that_is_never_null_does_not_speak_of_null(newest):
    for column in newest.columns:
        assert column.nullable or not re.search(r"\bNULL where", column.meaning), column.name


@pytest.mark.parametrize("path", SQL, ids=names(SQL))
def test_no_number_can_become_a_decimal(path):
    """OceanBase stores 1e0 as 1 and 1e-3 as 0.001 in a view, and then computes in decimals.

    A number with a point may be compared, or cast in place.
    """
    plain = re.sub(r"'[^']*'|CAST\([\d.]+ AS DOUBLE\)|[<>]=? [\d.]+", "", statement(path))
    assert not re.findall(r"\b\d+\.\d+|\b\d+e[-+]?\d+", plain)


def test_no_term_over_the_cells_of_a_row_can_become_a_decimal():
    text = " ".join(over_cells(9).values())
    assert not re.findall(r"\d\.?\d*e[-+]?\d", re.sub("'[^']*'", "", text))


@pytest.mark.parametrize("path", VIEWS, ids=names(VIEWS))
def test_a_division_by_a_column_cannot_fail_on_zero(path):
    divisors = re.findall(r"(?<!\*)/ (\w+)", statement(path))
    assert set(divisors) <= {"NULLIF", "2", "CAST", "GREATEST"}
    text = " ".join(statement(path).split())
    for divisor in re.findall(r"/ GREATEST\(([a-z_.]+),", text):  # zeros never reach this
        assert re.search(
            rf"WHEN {re.escape(divisor)} > 0 THEN [a-z_.]+ / GREATEST\({divisor},", text
        )


def test_every_view_that_is_needed_exists():
    known = versions("views")
    for name, numbers in known.items():
        for number in numbers:
            assert set(definition("views", name, number).needs) <= {*known, *RETIRED}, name


def test_every_view_comes_after_those_whose_names_it_reads():
    """A view mentioned by another one's statement comes before it."""
    done: list[str] = []
    for each in in_order(NEWEST):
        body = "\n".join(line for line in each.text.splitlines() if not line.startswith("--"))
        words = set(re.findall(r"\w+", body)) | set(PLACEHOLDER.findall(body))
        later = {other.name for other in NEWEST} - {*done, each.name}
        assert not later & (words - {"gradient_norm_avg"}), each.name
        done.append(each.name)


@pytest.mark.parametrize("path", OBJECTS, ids=names(OBJECTS))
def test_a_table_or_view_begins_with_its_name(path):
    word = {"tables": "Table", "views": "View"}[path.parent.name]
    assert re.match(rf"-- {word}: +\S+\n", path.read_text(encoding="utf-8"))


def test_every_placeholder_is_one_that_the_loader_fills():
    known = set(over_cells(1)) | {
        "view", "table", "experiment", "experiment_norms", "layer", "layer_name", "next_layer",
        "norm_avg", "next_norm_avg", "stored_norm_avg", "next_stored_norm_avg",
        "gradient_columns", "column_type", "sum_of_squares", "sum", "width", "neuron",
    }  # fmt: skip
    for path in OBJECTS:
        assert set(PLACEHOLDER.findall(statement(path))) <= known, path.name


def test_what_readers_sort_by_leaves_no_ties(newest):
    """Without one, the order of rows varies, and with it the last digits of sums."""
    grain = re.search(r"per \(?([\w, ]+?)\)?(?:[,.]|$)", newest.grain)
    keys = set(grain[1].split(", ")) if grain else set()
    assert keys <= {"run_id", *newest.order}


def test_a_rank_leaves_no_ties(newest):
    for ordered in re.findall(r"ROW_NUMBER\(\) OVER \(.*? ORDER BY (.*?)\)", newest.text):
        assert ordered.split(", ")[-1] in ("step", "layer", "neuron")
