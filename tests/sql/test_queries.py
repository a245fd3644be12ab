"""The reports' SELECTs on their way to the server."""

import pytest

from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.queries import query


def test_a_query_has_no_header():
    assert query("ratio_thresholds").startswith("SELECT")


def test_a_placeholder_becomes_a_quoted_identifier():
    assert "FROM `my``view`" in query("norm_avg", view="my`view")


def test_a_placeholder_of_several_names_becomes_their_list():
    found = query("first_cells", view="looked", gradient_columns=("Gradient1", "Gradient2"))
    assert "`Gradient1`, `Gradient2`" in found


@pytest.mark.parametrize("names", ["", ("Gradient1", "")])
def test_what_cannot_be_a_name_is_refused(names):
    with pytest.raises(ObjectError, match="cannot name"):
        query("first_cells", view="looked", gradient_columns=names)
