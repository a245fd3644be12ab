"""The SQL files themselves: what every one of them says and none of them does."""

import re

import pytest

from vanishing_gradients.sql.cells import over_cells
from vanishing_gradients.sql.objects import HERE, PLACEHOLDER, definition, in_order, versions

FILES = sorted(HERE.rglob("*.sql"))
VIEWS = [path for path in FILES if path.parent.name == "views"]
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


@pytest.mark.parametrize("path", VIEWS, ids=names(VIEWS))
def test_a_view_names_its_columns_and_asks_as_whoever_reads_it(path):
    """The columns are named behind the view's own name."""
    assert re.match(
        r"CREATE OR REPLACE SQL SECURITY INVOKER VIEW [\w{}]+ \(\s*[\w{}`]+(,\s+[\w{}`]+)*\s*\) AS",
        statement(path),
    )


@pytest.mark.parametrize("path", VIEWS, ids=names(VIEWS))
def test_a_division_by_a_column_cannot_fail_on_zero(path):
    divisors = re.findall(r"/ (\w+)", statement(path))
    assert set(divisors) <= {"NULLIF", "2"}


def test_every_view_that_is_needed_exists():
    known = versions("views")
    for name, numbers in known.items():
        for number in numbers:
            assert set(definition("views", name, number).needs) <= set(known), name


def test_every_view_comes_after_those_whose_names_it_reads():
    """A view that another one's statement mentions stands before it."""
    newest = [definition("views", name, numbers[-1]) for name, numbers in versions("views").items()]
    done: list[str] = []
    for each in in_order(newest):
        body = "\n".join(line for line in each.text.splitlines() if not line.startswith("--"))
        words = set(re.findall(r"\w+", body)) | set(PLACEHOLDER.findall(body))
        later = {other.name for other in newest} - {*done, each.name}
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
        "gradient_columns", "sum_of_squares", "sum", "width", "neuron",
    }  # fmt: skip
    for path in OBJECTS:
        assert set(PLACEHOLDER.findall(statement(path))) <= known, path.name
