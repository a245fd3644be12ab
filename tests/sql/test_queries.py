"""The reports' SELECTs before they reach the server."""

import re

import pytest

from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import Layer, newest
from vanishing_gradients.sql.queries import HERE, columns_of, query, query_of_layer, select


def test_a_query_has_no_header():
    assert query("neuron_ranges").startswith("SELECT")


def test_a_view_is_asked_for_all_its_columns_in_the_order_of_its_file():
    assert select(
        newest("ratio_avg"), {"run_id": 1}, experiment="x", layer="2", next_layer="3"
    ) == (
        "SELECT\n    run_id,\n    Epoch AS epoch,\n    ratio_3_2 AS ratio\n"
        "FROM `x_ratio_3_2_avg`\nWHERE run_id = :run_id\nORDER BY Epoch"
    )


def test_several_values_are_a_list_and_a_range_has_two_ends():
    where = {"run_id": [1, 2], "epoch": range(1, 3)}
    found = select(newest("training_curves"), where).splitlines()
    assert found[-2:] == [
        "WHERE run_id IN :run_id AND epoch BETWEEN :first_epoch AND :last_epoch",
        "ORDER BY run_id, epoch",
    ]


def test_what_is_no_column_of_a_view_cannot_be_a_condition():
    with pytest.raises(KeyError, match="colour"):
        select(newest("training_curves"), {"colour": 1})


def test_a_placeholder_becomes_a_quoted_identifier():
    names = {"experiment": "my`view", "layer": "1", "next_layer": "2"}
    assert "FROM `my``view_layer_1_norm_avg`" in select(newest("norm_avg"), {}, **names)


@pytest.mark.parametrize(
    "path", sorted({*HERE.glob("*.sql")} - {HERE / "runs.sql"}), ids=lambda path: path.stem
)
def test_a_query_states_the_columns_it_gives(path):
    layer = Layer(1, "layer_1_input", 3, "input")
    of_layer = "{table}" in path.read_text(encoding="utf-8")
    text = query_of_layer(path.stem, "x", layer) if of_layer else query(path.stem)
    outermost = re.split(r"\nFROM ", re.split(r"^SELECT\n", text, flags=re.M)[-1])[0]
    listed = re.split(r",\s*\n    (?=\S)", outermost)
    given = [
        name for each in listed for name in re.findall(r"(\w+)(?:,|$)", each.split(" AS ")[-1])
    ]
    stated = [each.name for each in columns_of(path.stem, layer if of_layer else None)]
    assert given == stated


def test_a_query_of_a_layer_is_filled_in_for_its_table():
    found = query_of_layer("first_cells", "mine", Layer(3, "layer_3_relu", 2, "sample"))
    assert found.startswith("SELECT")
    assert "    Gradient1, Gradient2,\n" in found
    assert "FROM `mine_layer_3_relu`\n" in found


def test_a_query_of_a_layer_refuses_what_cannot_name_an_experiment():
    with pytest.raises(ObjectError, match="cannot name an experiment"):
        query_of_layer("index_sums", "x`y", Layer(1, "layer_1_input", 3, "input"))
