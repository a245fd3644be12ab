"""`summarize`, and `drop` with KEEP=statistics: their messages."""

import re

import pytest


@pytest.fixture
def run_id(trainer, experiment, select) -> int:
    """A small separate run, with gradient tables."""
    outcome = trainer(
        "train", "--exp", experiment(1, "summed"), "--dataset", "sample", "--limit", "100"
    )
    assert outcome.status == 0
    return select("SELECT MAX(run_id) FROM runs")[0][0]


def test_a_run_that_is_summed_up_is_said_to_be(trainer, run_id):
    outcome = trainer("summarize", "--run", str(run_id))
    assert outcome.status == 0
    assert outcome.errors == [
        f"Run {run_id} is summarized already, or has no gradient rows to do it from."
    ]


def test_rows_go_and_it_is_said_how_much_came_back(trainer, run_id, select):
    outcome = trainer("drop", "--run", str(run_id), "--keep", "statistics", "--yes")
    assert outcome.status == 0
    assert outcome.errors[0].endswith(" keeps only its statistics.")
    back = r"([\d.]+ [kM]B are free again|others have used it)"
    last = rf"The gradient rows of run {run_id} are gone; {back}\."
    assert re.fullmatch(last, outcome.errors[-1])
    assert select(f"SELECT telemetry FROM runs WHERE run_id = {run_id}") == [("statistics",)]
