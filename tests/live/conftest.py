"""A database with a few runs, the page over it, and a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.browser import BROWSER
from tests.live.served import Served, page_of
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.run import Settings, run_experiment

TOML = """
name = "{name}"
activation = "{activation}"
hidden_widths = [10, 6]
batch_size = 32
epochs = {epochs}

[optimizer]
kind = "adam"
"""
IMAGES = 320  # ten steps an epoch


@dataclass(frozen=True)
class Recorded:
    """The address of a database, and its runs: with rows, with statistics alone, as file `toml`."""

    url: URL
    full: int
    statistics: int
    toml: Path


@pytest.fixture(scope="module")
def recorded(migrated: URL, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder, data, runs = tmp_path_factory.mktemp("live"), load("sample"), {}
    for telemetry, activation in (("full", "relu"), ("statistics", "sigmoid")):
        path = folder / f"{activation}_net.toml"
        path.write_text(TOML.format(name=path.stem, activation=activation, epochs=2))
        settings = Settings(1, "double", telemetry, limit=IMAGES)
        runs[telemetry] = run_experiment(experiments.load(path), data, settings, migrated)
    return Recorded(migrated, runs["full"], runs["statistics"], folder / "relu_net.toml")


@pytest.fixture(scope="module")
def page(recorded: Recorded) -> Iterator[Served]:
    with page_of(recorded.url) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A browser without a window; its tests are skipped where there is none, or no playwright."""
    sync = pytest.importorskip("playwright.sync_api", reason="`make browser` installs playwright")
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome here to open the page: apt-get install chromium")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()
