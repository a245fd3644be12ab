"""The reports' SELECTs on their way to the server."""

import re

import pytest

from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.sql.queries import query, query_of_layer


def test_a_query_has_no_header():
    assert query("ratio_thresholds").startswith("SELECT")


def test_a_placeholder_becomes_a_quoted_identifier():
    assert "FROM `my``view`" in query("norm_avg", view="my`view")


def test_what_cannot_be_a_name_is_refused():
    with pytest.raises(ObjectError, match="cannot name"):
        query("norm_avg", view="")


def test_a_query_of_a_layer_is_filled_in_for_its_table():
    found = query_of_layer("first_cells", "mine", Layer(3, "layer_3_relu", 2, "sample"))
    assert found.startswith("SELECT")
    assert "    Gradient1, Gradient2,\n" in found
    assert "FROM `mine_layer_3_relu`\n" in found


def test_a_query_of_a_layer_names_every_neuron():
    found = query_of_layer("layer_neurons", "mine", Layer(1, "layer_1_input", 3, "input"))
    assert re.findall(r"WHEN (\d) THEN sums.null", found) == ["1", "2", "3"]
    assert "--" not in found


def test_a_query_of_a_layer_refuses_what_cannot_name_an_experiment():
    with pytest.raises(ObjectError, match="cannot name an experiment"):
        query_of_layer("index_sums", "x`y", Layer(1, "layer_1_input", 3, "input"))
