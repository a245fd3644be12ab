"""Files reach the output folder complete, or not at all."""

import pytest

from vanishing_gradients.analysis.errors import OutputError
from vanishing_gradients.analysis.pages.page import staged


def test_files_appear_at_the_end(tmp_path):
    folder = tmp_path / "figures"
    with staged(folder, last="b") as stage:
        (stage / "a").write_text("one")
        assert not folder.exists()
    assert (folder / "a").read_text() == "one"


def half_done(folder):
    with staged(folder, last="b") as stage:
        (stage / "a").write_text("new")
        raise KeyError


def test_after_an_error_nothing_has_changed(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyError):
        half_done(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}


def test_a_folder_that_was_not_there_is_not_there_after_an_error(tmp_path):
    with pytest.raises(KeyError):
        half_done(tmp_path / "some" / "where")
    assert list(tmp_path.iterdir()) == []


def test_files_of_other_names_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with staged(tmp_path, last="b") as stage:
        (stage / "a").write_text("one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "notes.txt"]


def test_a_file_in_place_of_the_folder_is_an_error_that_names_it(tmp_path):
    (tmp_path / "figures").write_text("a file")
    with pytest.raises(OutputError, match=r"figures .*OUTPUT"):
        staged(tmp_path / "figures", last="b").__enter__()
    assert (tmp_path / "figures").read_text() == "a file"
