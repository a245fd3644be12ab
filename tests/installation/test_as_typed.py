"""A command in a message, as a user of this installation types it."""

import pytest

from vanishing_gradients import installation
from vanishing_gradients.analysis.pages.page import typeset
from vanishing_gradients.installation import as_typed
from vanishing_gradients.trainer.experiments.starting_file import starting_text


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("run `make up`, or", "run `vanishing-gradients up`, or"),
        ("`make drop RUN=7` goes on", "`vanishing-gradients drop --run=7` goes on"),
        (
            "`make train EXP=all SEEDS=10 RECORD_EVERY=2`.",
            "`vanishing-gradients train --exp=all --seeds=10 --record-every=2`.",
        ),
        ("`make runs` or `make data`", "`vanishing-gradients runs` or `vanishing-gradients data`"),
        ("over with `make clean ALL=1`", "over with `vanishing-gradients down --delete`"),
        ("(`make bench` measures both)", "(`make bench` measures both)"),
        ("RESUME=1 resumes; PATIENCE says", "--resume=1 resumes; --patience says"),
        ("LIMIT, RECORD_EVERY or DATA_DIR", "--limit, --record-every or --data-dir"),
        ("choose another folder with OUTPUT.", "choose another folder with --output."),
        ("RUN (--run): it must be given.", "--run: it must be given."),
        (
            "SET GLOBAL max_allowed_packet, in DATABASE_URL",
            "SET GLOBAL max_allowed_packet, in DATABASE_URL",
        ),
        ("SERVER_DIR, TRUNCATE, EXPLAIN", "SERVER_DIR, TRUNCATE, EXPLAIN"),
        ("a sigmoid cannot make up for it", "a sigmoid cannot make up for it"),
    ],
)
def test_where_there_is_no_makefile_the_console_command_is_named(monkeypatch, said, typed):
    assert as_typed(said) == said
    monkeypatch.setattr(installation, "IS_CHECKOUT", False)
    assert as_typed(said) == typed


def test_a_page_names_the_console_command(monkeypatch):
    monkeypatch.setattr(installation, "IS_CHECKOUT", False)
    assert typeset("`make gallery` trains") == "<code>vanishing-gradients gallery</code> trains"


def test_a_starting_file_names_the_console_command(monkeypatch):
    assert "`make train EXP=mine.toml`" in starting_text("mine")
    monkeypatch.setattr(installation, "IS_CHECKOUT", False)
    assert "`vanishing-gradients train --exp=mine.toml`" in starting_text("mine")
