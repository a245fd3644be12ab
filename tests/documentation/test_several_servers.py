"""What docs/scale.md says about a few plain servers, with two of them, as it is printed there."""

import io
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import MEMORY, WATCHER
from tests.faults.servers import FaultyServer, running
from vanishing_gradients.migrations import history
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.run import Settings, run_experiment

PAGE = (Path(__file__).parents[2] / "docs/scale.md").read_text(encoding="utf-8")
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
(QUESTION,) = re.findall(r"^\S+/python everywhere\.py '(.*?)' < addresses", PAGE, re.M)
COUNTING = dict(re.findall(r"^(auto_increment_\w+) = (\d+)$", PAGE, re.M))


@dataclass(frozen=True)
class Answer:
    status: int
    output: str
    errors: str


@pytest.fixture(scope="module")
def servers(pytestconfig):
    """Two servers that count as the page says, each with two runs; and those runs' numbers.

    In memory: what is made here waits for the disk hundreds of times.
    """
    with ExitStack() as stack:
        place = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        folder = Path(stack.enter_context(place))
        pytestconfig.stash[WATCHER].note(f"{folder}/")
        found = [stack.enter_context(running(folder / name)) for name in ("first", "second")]
        yield found, [filled(each, k) for k, each in enumerate(found, 1)]


def filled(server: FaultyServer, k: int) -> list[int]:
    assert set(COUNTING) == {"auto_increment_increment", "auto_increment_offset"}
    step = COUNTING["auto_increment_increment"]
    server.ask(f"SET GLOBAL auto_increment_increment = {step}, auto_increment_offset = {k}")
    url = server.url(accounts.OWNER)
    made = engine(url)
    history.upgrade(made)
    made.dispose()
    network = Experiment.model_validate(
        {"name": "plain", "activation": "relu", "hidden_widths": [4], "optimizer": {"kind": "sgd"}}
        | {"epochs": 1, "batch_size": 64}
    )
    data = load("sample", announce=lambda line: None)
    chosen = {"telemetry": "statistics", "limit": 64}
    return [run_experiment(network, data, Settings(seed, **chosen), url) for seed in (1, 2)]


@pytest.fixture
def ask(tmp_path):
    """Return a function that asks all servers what the page asks."""
    (tmp_path / "everywhere.py").write_text(PROGRAM, encoding="utf-8")

    def asked(servers: list[FaultyServer]) -> Answer:
        urls = [address.for_sqlalchemy(each.url(accounts.READER)) for each in servers]
        done = subprocess.run(
            [sys.executable, "everywhere.py", QUESTION],
            input="\n".join(address.rendered(url, address.DRIVER) for url in urls),
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return asked


def test_numbers_of_runs_never_meet_and_one_frame_has_the_runs_of_all_servers(servers, ask):
    found, ((first, third), (second, fourth)) = servers
    step = int(COUNTING["auto_increment_increment"])
    assert [first, second, third, fourth] == [1, 2, 1 + step, 2 + step]
    answer = ask(found)
    assert (answer.status, answer.errors) == (0, "")
    frame = pd.read_csv(io.StringIO(answer.output))
    runs = frame.groupby("server", sort=False)["run_id"].unique()
    assert [sorted(each) for each in runs] == [[first, third], [second, fourth]]
    assert list(frame.columns[:3]) == ["server", "run_id", "experiment"]
    assert (frame["norm"] > 0).all()


def test_a_server_that_does_not_answer_is_named_and_there_is_no_answer_without_it(servers, ask):
    (first, second), _ = servers
    name = address.public(second.url(accounts.READER))
    second.stop()
    answer = ask([first, second])
    assert (answer.status, answer.output) == (1, "")
    assert answer.errors.startswith(f"{name} did not answer: ")
    assert address.public(first.url(accounts.READER)) not in answer.errors
