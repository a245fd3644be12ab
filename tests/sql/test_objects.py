"""The loader of versioned SQL files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanishing_gradients.sql.cells import EDGES, balanced, gradient_columns, packed_bins
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import (
    RETIRED,
    Column,
    Definition,
    ExperimentSchema,
    Layer,
    create_table,
    definition,
    in_order,
    versions,
)

LAYERS = (
    Layer(1, "layer_1_input", 2, "input"),
    Layer(2, "layer_2_relu", 2, "sample"),
    Layer(3, "layer_3_softmax", 1, "sample"),
)
SHAPE = ExperimentSchema("mine", LAYERS)
OTHER = ExperimentSchema("yours", LAYERS[:2])


def view(text: str, name: str = "made_up") -> Definition:
    return Definition("views", name, 1, text)


def depth(expression: str) -> int:
    deepest = now = 0
    for character in expression:
        now += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, now)
    return deepest


@given(st.lists(st.integers(0, 999), min_size=1, max_size=200))
def test_a_balanced_sum_is_the_sum_of_its_terms_in_order(numbers):
    expression = balanced([str(number) for number in numbers])
    assert eval(expression) == sum(numbers)
    assert [int(number) for number in re.findall(r"\d+", expression)] == numbers


@pytest.mark.parametrize(("terms", "levels"), [(1, 0), (2, 1), (128, 7), (129, 8), (800, 10)])
def test_a_balanced_sum_is_as_deep_as_the_logarithm_of_its_length(terms, levels):
    assert depth(balanced(["x"] * terms)) == levels


def test_a_placeholder_that_nothing_fills_is_an_error():
    unknown = view("-- View: {experiment}_made_up\nSELECT {mistake}\n")
    with pytest.raises(ObjectError, match=r"Nothing fills the placeholder \{mistake\}"):
        list(unknown.statements([SHAPE]))


def test_a_file_that_does_not_name_its_object_is_an_error():
    with pytest.raises(ObjectError, match=r"made_up_v01\.sql has no line '-- View: name'"):
        list(view("SELECT 1\n").statements([SHAPE]))


def test_a_view_of_layers_is_made_once_a_layer():
    each = view("-- View:  {experiment}_layer_{layer}_made_up\n-- What: x\nON {view} {table}\n")
    assert list(each.statements([SHAPE, OTHER])) == [
        ("mine_layer_1_made_up", "ON `mine_layer_1_made_up` `mine_layer_1_input`\n"),
        ("mine_layer_2_made_up", "ON `mine_layer_2_made_up` `mine_layer_2_relu`\n"),
        ("mine_layer_3_made_up", "ON `mine_layer_3_made_up` `mine_layer_3_softmax`\n"),
        ("yours_layer_1_made_up", "ON `yours_layer_1_made_up` `yours_layer_1_input`\n"),
        ("yours_layer_2_made_up", "ON `yours_layer_2_made_up` `yours_layer_2_relu`\n"),
    ]


def test_a_view_of_pairs_is_made_once_a_pair_of_neighbours():
    pairs = view("-- View:  {experiment}_{next_layer}_{layer}\n{norm_avg} {next_norm_avg}\n")
    assert list(pairs.statements([SHAPE])) == [
        ("mine_2_1", "`mine_layer_1_norm_avg` `mine_layer_2_norm_avg`\n"),
        ("mine_3_2", "`mine_layer_2_norm_avg` `mine_layer_3_norm_avg`\n"),
    ]


def test_a_block_of_layers_is_joined_by_union_all():
    text = (
        "-- View: {experiment}_all\nHEAD\n-- each layer\nSELECT {layer} FROM {table}\n-- end\n"
        "TAIL\n"
    )
    ((_, statement),) = view(text).statements([OTHER])
    assert statement == (
        "HEAD\nSELECT 1 FROM `yours_layer_1_input`\nUNION ALL\n"
        "SELECT 2 FROM `yours_layer_2_relu`\nTAIL\n"
    )


def test_a_block_of_experiments_is_empty_where_there_is_none():
    text = (
        "-- View: all_of_them\nHEAD\n    -- each experiment\n    UNION ALL {experiment}\n"
        "    -- end\n"
    )
    assert list(view(text).statements([])) == [("all_of_them", "HEAD\n")]
    ((_, both),) = view(text).statements([SHAPE, OTHER])
    assert both == "HEAD\n    UNION ALL mine\n    UNION ALL yours\n"


def test_a_view_comes_after_those_it_needs():
    last = view("-- View: c\n-- Needs: b, a\n", "c")
    middle = view("-- View: b\n-- Needs: a, elsewhere\n", "b")
    first = view("-- View: a\n", "a")
    assert in_order([last, middle, first]) == [first, middle, last]


@pytest.fixture
def folder(tmp_path):
    """A folder with three versions of one view and another file."""
    (tmp_path / "views").mkdir()
    for number in (1, 2, 10):
        (tmp_path / "views" / f"made_up_v{number:02}.sql").write_text(f"-- View: v{number}\n")
    return tmp_path


def test_versions_are_listed_in_ascending_order(folder):
    assert versions("views", folder) == {"made_up": [1, 2, 10]}
    assert definition("views", "made_up", 10, folder).object_name == "v10"


@pytest.mark.parametrize(
    "name", ["made_up.sql", "made_up_v1.sql", "made_up_v001.sql", "Made_up_v01.sql", "_v01.sql"]
)
def test_a_file_name_without_its_version_is_an_error(folder, name):
    (folder / "views" / name).write_text("-- View: x\n")
    with pytest.raises(ObjectError, match=f"{re.escape(name)} is not a versioned file name"):
        versions("views", folder)


def test_a_version_that_does_not_exist_is_an_error_that_lists_those_that_do(folder):
    with pytest.raises(ObjectError, match=r"no version 3 of made_up: views has made_up \[1, 2, 10"):
        definition("views", "made_up", 3, folder)


def test_a_gradient_table_has_a_column_a_neuron_in_the_type_asked_for():
    statement = create_table(SHAPE, LAYERS[0], "FLOAT")
    assert "CREATE TABLE IF NOT EXISTS `mine_layer_1_input`" in statement
    assert re.findall(r"(\w+) FLOAT NULL", statement) == ["Gradient1", "Gradient2"]
    assert "SQRT((Gradient1 * Gradient1 + Gradient2 * Gradient2))" in statement
    assert "((Gradient1 + Gradient2) / 2)" in statement
    assert "--" not in statement


@pytest.mark.parametrize(("width", "last"), [(1, 1), (8, 8), (9, 8), (128, 8)])
def test_a_look_at_a_table_has_eight_cells_at_most(width, last):
    shape = ExperimentSchema("mine", (Layer(1, "layer_1_input", width, "input"),))
    ((_, statement),) = view("-- View: {experiment}_{layer}\n{first_columns}").statements([shape])
    expected = [f"Gradient{number}" for number in range(1, last + 1)]
    assert statement.strip().split(", ") == expected


def test_cells_are_numbered_from_one():
    assert gradient_columns(3) == ("Gradient1", "Gradient2", "Gradient3")


@pytest.mark.parametrize("name", ["", "Mine", "x`y", "1st", "x" * 33])
def test_a_shape_refuses_a_name_that_cannot_be_one(name):
    with pytest.raises(ObjectError, match="cannot name an experiment"):
        ExperimentSchema(name, LAYERS)


def test_a_layer_refuses_a_name_that_cannot_be_one():
    with pytest.raises(ObjectError, match="cannot name a layer"):
        Layer(1, "layer_1_in`put", 3, "input")


def test_a_block_of_neurons_is_repeated_for_each_of_the_layer():
    text = "-- View: {experiment}_{layer}\nHEAD\n-- each neuron\nn{neuron}\n-- end\nTAIL\n"
    first, *_, last = view(text).statements([SHAPE])
    assert first == ("mine_1", "HEAD\nn1\nn2\nTAIL\n")
    assert last == ("mine_3", "HEAD\nn1\nTAIL\n")


def test_a_view_of_some_layers_is_made_for_those_whose_names_end_so():
    some = view("-- View: {experiment}_{layer}\n-- Layers: input, softmax\nON {table}\n")
    assert list(some.names([SHAPE, OTHER])) == ["mine_1", "mine_3", "yours_1"]


def test_statements_but_for_those_of_some_names():
    each = view("-- View: {experiment}_{layer}\nON {view}\n")
    found = each.statements([SHAPE], but={"mine_1", "mine_3", "other"})
    assert list(found) == [("mine_2", "ON `mine_2`\n")]


@pytest.mark.parametrize("width", [1, 128, 255, 256, 800, 1017])
def test_each_bin_of_a_distribution_has_a_place_of_its_own(width):
    """Edges of a number start where its first bin that is read starts."""
    bins = []
    for first, edges, places, bits in packed_bins(width):
        assert width < 2**bits
        assert len(edges) == min(places.stop, len(EDGES) - first)
        assert bits * (places.stop - 1) + width.bit_length() <= 64
        assert first + len(edges) == len(EDGES) or bits * len(edges) >= 64
        bins += [first + place for place in places]
    assert bins == list(range(len(EDGES) + 1))


TYPED = """\
-- View:    typed
-- What:    what it holds,
--          in a sentence.
-- Grain:   one row per run_id.
-- Order:   epoch, layer
-- Columns:
--   run_id           INT          the run
--   ratio_{layer}_2  DOUBLE NULL  a ratio: 3 INT of it;
--                                 NULL where there is none
-- Why:     x
SELECT 1
"""


def test_a_header_states_the_columns_with_type_and_meaning():
    typed = view(TYPED)
    assert typed.columns == (
        Column("run_id", "INT", False, "the run"),
        Column("ratio_{layer}_2", "DOUBLE", True, "a ratio: 3 INT of it; NULL where there is none"),
    )
    assert typed.order == ("epoch", "layer")
    assert (typed.what, typed.grain) == ("what it holds, in a sentence.", "one row per run_id.")


def test_a_header_without_columns_has_none():
    assert view("-- View: old\nSELECT 1\n").columns == ()


@pytest.mark.parametrize(
    "line", ["--   mean  FLOAT  a mean", "--   mean  DOUBLE", "--   mean  DOUBLENULL  a mean"]
)
def test_a_line_that_states_no_column_is_an_error(line):
    wrong = view(f"-- View: wrong\n-- Columns:\n{line}\n")
    with pytest.raises(ObjectError, match=r"made_up_v01\.sql: '--   mean .*' is not a name"):
        assert wrong.columns


def test_a_view_of_rows_of_one_meaning_is_made_for_the_layers_that_have_them():
    some = view("-- View: {experiment}_{layer}\n-- Rows: input\nON {table}\n")
    assert list(some.names([SHAPE, OTHER])) == ["mine_1", "yours_1"]


def test_a_view_that_was_retired_is_read_and_not_listed():
    for name in RETIRED:
        assert definition("views", name, 1).name == name
    assert not RETIRED & set(versions("views"))
