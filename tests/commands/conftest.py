"""The trainer's command line, on the module's own database."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import URL, inspect

from vanishing_gradients.cli import main
from vanishing_gradients.sql.connection import engine

ROOT = Path(__file__).parents[2]
SOME_IMAGES = ("--dataset", "sample", "--limit", "128")
TOML = """
name = "{name}"
activation = "relu"
hidden_widths = [6]
batch_size = 64
epochs = {epochs}

[optimizer]
kind = "adam"
"""


@dataclass(frozen=True)
class Outcome:
    """The result of a command: exit status, and lines on standard output and standard error."""

    status: int
    output: list[str]
    errors: list[str]


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def trainer(migrated, tmp_path, monkeypatch):
    """Return a function that runs a command of the trainer; `url` is DATABASE_URL."""
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "server"))
    monkeypatch.delenv("DATA_DIR", raising=False)
    monkeypatch.delenv("READER_DATABASE_URL", raising=False)

    def run(*arguments: str, url: URL | str | None = migrated, **environment: str) -> Outcome:
        address = text(url) if isinstance(url, URL) else url
        result = CliRunner().invoke(
            main, arguments, env={"DATABASE_URL": address, **environment}, catch_exceptions=False
        )
        return Outcome(result.exit_code, result.stdout.splitlines(), result.stderr.splitlines())

    return run


@pytest.fixture(scope="module")
def path(request, tmp_path_factory) -> str:
    """The experiment of the module's TOML, as a file."""
    path = tmp_path_factory.mktemp("own") / "own.toml"
    path.write_text(request.module.TOML)
    return str(path)


@pytest.fixture
def ask(trainer, migrated):
    """Return a function that runs a command, which must succeed, and returns what it printed."""

    def run(*arguments: str) -> str:
        outcome = trainer(*arguments, READER_DATABASE_URL=text(migrated))
        assert outcome.status == 0, outcome
        return "\n".join([*outcome.output, *outcome.errors])

    return run


@pytest.fixture
def started(migrated, tmp_path):
    """Return a function that starts a command of the trainer as a process.

    `by` is a command that starts another one.
    """
    processes = []

    def start(*arguments: str, by: Sequence[str] = (), **streams) -> subprocess.Popen:
        environment = os.environ | {
            "DATABASE_URL": text(migrated),
            "SERVER_DIR": str(tmp_path / "server"),
            "TERM": "xterm-256color",
        }
        environment.pop("COLUMNS", None)
        command = [*by, sys.executable, "-m", "vanishing_gradients", *arguments]
        processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, **streams))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def experiment(tmp_path):
    """Return a function that writes the file of a small experiment."""

    def write(epochs: int = 2, name: str = "small") -> str:
        path = tmp_path / f"{name}.toml"
        path.write_text(TOML.format(name=name, epochs=epochs))
        return str(path)

    return write


@pytest.fixture
def select(migrated):
    """Return a function that queries the module's database."""
    made = engine(migrated)

    def ask(query: str) -> list[tuple]:
        with made.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    yield ask
    made.dispose()


def _contents(url: URL) -> tuple[list[str], int]:
    """Return the names of all tables and views, and the number of runs."""
    made = engine(url)
    names = inspect(made)
    found = sorted([*names.get_table_names(), *names.get_view_names()])
    count = 0
    if "runs" in found:
        with made.connect() as connection:
            count = connection.exec_driver_sql("SELECT COUNT(*) FROM runs").scalar_one()
    made.dispose()
    return found, count


@pytest.fixture
def contents_of():
    """Return a function that returns the names of all tables and views, and the number of runs."""
    return _contents
