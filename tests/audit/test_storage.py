"""Measurements on the gradient tables are cached as long as they are valid."""

import json

import pytest

from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.errors import OutputError

QUESTION = ("sigmoid_sgd", "fashion-mnist", (5, 6), 6, 1e6, (1, 2))
TABLE = "sigmoid_sgd_layer_5_hidden"


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "kept.json"


@pytest.fixture
def ask(reader, kept, statements):
    """Return a function that asks again, and returns the norms and how many were measured."""

    def norms():
        evidence = Evidence(reader, kept)
        statements.clear()
        found = evidence.stored_norms(*QUESTION)
        return found, sum("_stored_norm_avg" in statement for statement in statements)

    return norms


def test_what_was_measured_is_not_measured_again(ask):
    first, measured = ask()
    again, then = ask()
    assert (measured, then) == (2, 0)
    assert again.equals(first)


def test_one_evidence_asks_once_even_where_nothing_is_kept(reader, statements):
    evidence = Evidence(reader, None)
    for _ in range(2):
        evidence.stored_norms(*QUESTION)
    assert sum("_stored_norm_avg" in statement for statement in statements) == 2


def test_a_row_that_changed_is_measured_again(ask, change):
    first, _ = ask()
    change(
        f"UPDATE {TABLE} SET Gradient1 = Gradient1 + 5000000 WHERE Epoch = 1",
        f"UPDATE {TABLE} SET Gradient1 = Gradient2",
    )
    again, measured = ask()
    assert measured == 1
    assert again.loc[1, 5] > first.loc[1, 5]
    assert again.loc[2, 5] == first.loc[2, 5]


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "null", '{"a": 1}', '{"a": {"x": 1}}', '{"a": {"1": null}}', "\udcff"]
)
def test_a_damaged_file_is_measured_again(ask, kept, text):
    first, _ = ask()
    kept.write_text(text, encoding="utf-8", errors="surrogateescape")
    again, measured = ask()
    assert measured == 2
    assert again.equals(first)
    assert [list(norms) for norms in json.loads(kept.read_text()).values()] == [["1", "2"]] * 2


def test_norms_that_were_not_finite_are_kept_as_well(ask, change):
    change(
        f"UPDATE {TABLE} SET Gradient1 = NULL WHERE Epoch = 2",
        f"UPDATE {TABLE} SET Gradient1 = Gradient2",
    )
    first, _ = ask()
    again, measured = ask()
    assert measured == 0
    assert first[5].isna().tolist() == [False, True]
    assert again.equals(first)


def test_a_folder_that_cannot_be_written_is_an_error_with_a_cure(reader, tmp_path):
    (tmp_path / "file").touch()
    evidence = Evidence(reader, tmp_path / "file" / "kept.json")
    with pytest.raises(OutputError, match="choose another folder with OUTPUT"):
        evidence.stored_norms(*QUESTION)


def test_a_long_reading_is_announced(reader):
    said = []
    Evidence(reader, None, said.append).stored_norms(*QUESTION)
    assert len(said) == 1
    assert said[0].endswith(
        "sigmoid_sgd on fashion-mnist: reading 2 layers of epochs 1 to 2, 6 decimals, "
        "filler 1e+06 ..."
    )
