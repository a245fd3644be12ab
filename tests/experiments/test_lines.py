"""Where in a TOML file each key and each value of a list is written."""

import tomllib
from collections.abc import Iterator

import pytest

from vanishing_gradients.trainer.experiments import built_in
from vanishing_gradients.trainer.experiments.lines import Lines

TEXT = '''\
# a comment with key = "value" and [table]
name = "it's [not] a = table"  # nor is = this

hidden_widths = [
    128,  # the first, ] and not the end
    64, 32,
    16,
]
optimizer.kind = "sgd"
optimizer . "learning_rate" = 0.5
penalties = { weight_l1 = 0.1, weight_l2 = { deep = [1, 2] } }
long = """
inside = 1
[inside]
a "quoted" \\""" end"""
short = \'\'\'
x = 'y\'\'\'\'
when = 2020-01-01 10:00:00
"a \\u0062.c" = 1
'd.e' = [[1, 2],
  [3,
   4]]

[optimizer.schedule]
kind = "step"
every = 3

[[blocks]]
first = 1
[blocks.inner]
second = 2
[[blocks]]
first = 3
'''


def keys(value: object, before: tuple = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of everything in what tomllib read."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for part, inner in parts:
        yield (*before, part)
        if isinstance(inner, dict | list):
            yield from keys(inner, (*before, part))


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("name",), 2),
        (("hidden_widths",), 4),
        (("hidden_widths", 0), 5),
        (("hidden_widths", 1), 6),
        (("hidden_widths", 2), 6),
        (("hidden_widths", 3), 7),
        (("optimizer", "kind"), 9),
        (("optimizer", "learning_rate"), 10),
        (("penalties", "weight_l2", "deep", 1), 11),
        (("long",), 12),
        (("short",), 16),
        (("when",), 18),
        (("a b.c",), 19),
        (("d.e", 0, 1), 20),
        (("d.e", 1), 21),
        (("d.e", 1, 0), 21),
        (("d.e", 1, 1), 22),
        (("optimizer", "schedule"), 24),
        (("optimizer", "schedule", "every"), 26),
        (("blocks", 0, "first"), 29),
        (("blocks", 0, "inner", "second"), 31),
        (("blocks", 1, "first"), 33),
    ],
)
def test_every_way_to_write_a_key_has_its_line(key, line):
    assert Lines(TEXT).of(key) == line


def test_nothing_that_tomllib_reads_is_missed():
    lines = Lines(TEXT)
    for key in keys(tomllib.loads(TEXT)):
        assert lines.of(key) is not None
        assert lines.of((*key, "absent")) == lines.of(key)


def test_what_is_not_there_is_in_the_whole_file():
    assert Lines(TEXT).of(("absent",)) is None


def test_a_key_that_is_missing_in_a_table_has_the_tables_line():
    assert Lines("a = 1\n\n[b]\nc = 2\n").of(("b", "absent")) == 3


def test_lines_that_end_as_on_windows_count_once():
    assert Lines("a = 1\r\n\r\nb = [\r\n1,\r\n2]\r\n").of(("b", 1)) == 5


@pytest.mark.parametrize("name", built_in())
def test_the_line_of_every_key_of_a_built_in_file_holds_that_key(name):
    text = built_in()[name].read_text(encoding="utf-8")
    lines, rows = Lines(text), text.split("\n")
    for key in keys(tomllib.loads(text)):
        last = next(part for part in reversed(key) if isinstance(part, str))
        assert last in rows[lines.of(key) - 1]
