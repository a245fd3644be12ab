"""Whatever bytes are in the file, the answer comes at once: an experiment, or one short sentence.

HYPOTHESIS_PROFILE=thorough tries many more of them.
"""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, built_in, load

BUILT_IN = [path.read_bytes() for path in built_in().values()]
START = 'name = "mine"\nactivation = "relu"\n'
WHOLE = START + 'optimizer.kind = "sgd"\n'
PIECES = [b"", b"\0", b"\n", b"[", b"]", b"{", b"}", b'"', b"'''", b"=", b".", b"#", b"\\", b",",
          b"-", b"9", b"e", b"\xff", b"\xe2\x80\xa8", b"[[x]]", b"nan", b"1e999"]  # fmt: skip
SECONDS = 1.0


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("experiments") / "any.toml"


def answer(path: Path, content: bytes) -> Experiment | str:
    """The experiment in a file of this content, or the sentence about it, checked to be short."""
    path.write_bytes(content)
    began = time.process_time()
    try:
        found = load(path)
    except ExperimentError as error:
        found = str(error)
    assert time.process_time() - began < SECONDS
    if isinstance(found, str):
        assert found.startswith(str(path))
        assert found.isprintable()
        assert len(found) < len(str(path)) + 600
    return found


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """A built-in experiment's file with some pieces of it replaced by others."""
    content = draw(st.sampled_from(BUILT_IN))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 20))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=4))
        content = content[:place] + piece + content[place + length :]
    return content


@settings(deadline=None)
@given(content=bent())
def test_a_built_in_file_with_pieces_replaced(path, content):
    assert answer(path, content)


@settings(deadline=None)
@given(content=st.binary(max_size=200))
def test_random_bytes(path, content):
    assert isinstance(answer(path, content), str)


@settings(deadline=None)
@given(content=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_random_text_behind_a_good_beginning(path, content):
    assert answer(path, (WHOLE + content).encode())


@settings(deadline=None)
@given(content=st.text("[]{}.,=#'\"\\ \na1-", max_size=300))
def test_random_punctuation(path, content):
    assert answer(path, (WHOLE + content).encode())


@settings(deadline=None)
@given(
    piece=st.sampled_from(["[", "{a=", "a.", '"', "\\", "'", "[[a]]\n", "[a.", " ", "\n", "#", "1,",
                           "\N{GRINNING FACE}", "\0", "[\n{a.a=", "-"]),
    before=st.sampled_from(["", "x = ", "optimizer.", "optimizer = ", "hidden_widths = ["]),
    length=st.integers(1, 65_000),
)  # fmt: skip
def test_one_piece_over_and_over(path, piece, before, length):
    text = START + before + piece * (length // len(piece.encode()) + 1)
    assert isinstance(answer(path, text.encode()), str)


def test_a_megabyte_of_brackets_is_refused_without_being_read(path):
    assert "is larger than 65,536 bytes" in answer(path, b"[" * 2**20)


@pytest.mark.parametrize("key", ["", "optimizer.", "name.", "hidden_widths."])
def test_a_key_of_very_many_dots_is_refused_at_once(path, key):
    line = key + ".".join(["a"] * 30_000) + " = 1"
    assert answer(path, f"{START}{line}\n".encode()) == (
        f"{path} nests its values too deeply to be read (at line 3)"
    )


@pytest.mark.parametrize("key", ["optimizer", "name", "hidden_widths", "epochs", "penalties.x"])
def test_a_key_of_many_dots_is_a_table_in_place_of_a_value(path, key):
    line = f"{key}." + ".".join(["a"] * 1_500) + " = 1"
    others = {"name": START.splitlines()[1], "optimizer": START.removesuffix("\n")}
    text = f"{others.get(key, WHOLE)}\n{line}\n"
    sentence = answer(path, text.encode())
    assert "nested hundreds of levels deep" in sentence or "is unknown" in sentence
    assert key in sentence


def test_a_description_of_dots_is_no_nesting(path):
    line = f'description = "{"." * 1_000}"\n'
    assert answer(path, (WHOLE + line).encode()).description == "." * 1_000


def test_an_unknown_key_as_long_as_the_file_is_not_repeated_in_full(path):
    assert "is unknown" in answer(path, f"{WHOLE}{'k' * 60_000} = 1\n".encode())


def test_a_long_key_given_twice_is_not_repeated_in_full_and_its_line_is_named(path):
    key = "k" * 30_000
    sentence = answer(path, f"{WHOLE}x = {{{key} = 1, {key} = 2}}\n".encode())
    assert re.search(r"is not valid TOML: .*\.\.\..*\(at line 4, column \d+\)$", sentence)


def test_a_line_separator_within_a_value_begins_no_new_line(path):
    sentence = answer(path, "x = ['\N{LINE SEPARATOR}'\n".encode())
    assert sentence.endswith("(at line 1, the end of the file)")
