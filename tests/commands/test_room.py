"""Disk space is reported before a run, and without enough of it nothing starts."""

import re
from pathlib import Path

import pytest

from vanishing_gradients.telemetry import space
from vanishing_gradients.telemetry.space import Place


@pytest.fixture
def there_is(monkeypatch):
    """Return a function that sets the free space where the server keeps its data."""

    def say(free: int | None, **changes) -> None:
        values = {"folder": Path("/data"), "free": free, "binary_log": False, "redo_to_come": 0}
        monkeypatch.setattr(space, "place", lambda *_: Place(**values | changes))

    return say


@pytest.fixture
def train(trainer, experiment):
    """Return a function that trains a small experiment."""

    def go(*arguments: str):
        path = experiment(2)
        return trainer("train", "--exp", path, "--dataset", "sample", "--limit", "100", *arguments)

    return go


def line_on_room(outcome) -> str:
    (line,) = [line for line in outcome.errors if line.startswith("Room: ")]
    return line


def test_one_line_says_what_will_be_taken_and_what_is_free(train, there_is):
    there_is(10**9)
    found = line_on_room(train())
    assert re.fullmatch(r"Room: about [\d.]+ [kM]B to come, 1\.0 GB free in /data\.", found)


def test_where_nobody_can_tell_what_is_free_the_run_begins_all_the_same(train, there_is):
    there_is(None, folder=None)
    outcome = train()
    assert outcome.status == 0
    assert line_on_room(outcome).endswith(
        "B to come; how much is free where the server keeps its data cannot be seen from here."
    )


def test_a_run_that_keeps_statistics_alone_asks_for_no_room(train, there_is):
    there_is(0)
    outcome = train("--telemetry", "statistics")
    assert outcome.status == 0
    assert not [line for line in outcome.errors if line.startswith("Room: ")]


@pytest.fixture
def refusal(train, there_is, migrated, contents_of):
    """Return a function that trains without enough space, and returns the sentence."""

    def sentence(*arguments: str, free: int = 10_000, **changes) -> str:
        there_is(free, **changes)
        before = contents_of(migrated)
        outcome = train(*arguments)
        assert contents_of(migrated) == before
        assert outcome.status == 2
        assert outcome.output == []
        assert not [line for line in outcome.errors[:-1] if not line.startswith("Data set: ")]
        return outcome.errors[-1]

    return sentence


def test_a_run_that_cannot_fit_is_refused_and_leaves_nothing(refusal):
    assert re.fullmatch(
        r"Error: The run needs about [\d.]+ [kM]B, and 10\.0 kB are free in /data: LIMIT, "
        r"RECORD_EVERY, PRECISION=single or TELEMETRY=statistics take less, and `make drop "
        r"RUN=id` frees the space of an earlier run\.",
        refusal(),
    )


def test_several_runs_are_refused_before_the_first_begins(refusal):
    assert refusal("--seeds", "3").startswith("Error: These 3 runs need about ")


def needed(sentence: str) -> float:
    number, unit = re.search(r"about ([\d.]+) (kB|MB)", sentence).groups()
    return float(number) * {"kB": 1e3, "MB": 1e6}[unit]


@pytest.mark.parametrize(
    "choice", [["--precision", "single"], ["--record-every", "2"], ["--limit", "64"]],
    ids=" ".join,
)  # fmt: skip
def test_what_the_refusal_advises_takes_less(refusal, choice):
    assert needed(refusal(*choice)) < needed(refusal())


def test_a_binary_log_takes_as_much_again(refusal):
    found = refusal(binary_log=True)
    assert needed(found) == pytest.approx(2 * needed(refusal()), rel=0.05)
    assert "of it in the server's own logs" in found
