"""The live page: what following a run costs, and how soon the page is drawn.

The page's server is a process of its own. A client asks it for what the page asks for: a tick
every two seconds, and at the end of an epoch the maps, the diagnosis and the curves. What its
queries cost the database is measured on an idle one, by asking for the same many times; for the end
of an epoch and for drawing, of a page that has just started, since it keeps its answers.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from threading import Event, Thread

from sqlalchemy import URL, Engine, text

from bench import whole
from vanishing_gradients.console import show
from vanishing_gradients.migrations import history
from vanishing_gradients.sql.connection import engine

EXPERIMENT = "sigmoid_sgd"
OFTEN = 2.0  # seconds between ticks, as the page's
TICKS, LOADS = 200, 5
MANY = 100  # runs
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SUMMARIES = ("layers", "epoch_metrics", "epoch_layers")
LISTENING = re.compile(r"http://127\.0\.0\.1:(\d+)/")
SHOWN = (
    ("sentence and map", "/?runs={}", "#map-1-1"),
    ("list", "/?tab=runs", "table.runs tbody tr >> nth=0"),
)
"""What is drawn, its address, and what is there when it is."""
AT_THE_END_OF_AN_EPOCH = ("run/{}", "run/{}/diagnosis", "run/{}/figure/accuracy_and_loss")


@dataclass
class Page:
    """The process that serves the page, and a client of it."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, path: str) -> dict:
        """Return an answer of the API."""
        return json.loads(self.fetch(path))

    def fetch(self, path: str) -> bytes:
        """Return an answer as it is sent."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", f"/api/{path}")
        answer = connection.getresponse().read()
        connection.close()
        return answer

    @property
    def cpu(self) -> float:
        """The CPU seconds that it has used."""
        return whole.cpu_of(self.process.pid)


def measure(url: URL, dataset: str, epochs: int) -> None:
    """Train a run with the page open, print what it cost, and draw it with one run and MANY."""
    made = engine(url)
    history.upgrade(made)
    with opened(url) as page:
        page.ask("pulse")
        before, ended, ticks = page.cpu, Event(), []
        follower = Thread(target=_follow, args=(page, ended, ticks))
        follower.start()
        run = whole.train(url, made, EXPERIMENT, dataset, "double", epochs)
        ended.set()
        follower.join()
        spent = page.cpu - before
        tick = _cost(page, made, lambda: page.fetch(f"pulse?runs={run.run_id}"), TICKS)
        loads = [_load_of_a_new_page(url, made, run.run_id) for _ in range(LOADS)]
        load = tuple(map(median, zip(*loads, strict=True)))
        queries = len(ticks) * (tick[1] or 0.0) + epochs * load[1]
        together = run.trainer_cpu + (run.server_cpu or 0.0)
        size = len(page.fetch(f"pulse?runs={run.run_id}"))
        show(
            f"A tick: {_told(tick)}, {size / 1e3:.1f} kB; longest of {len(ticks)} while training "
            f"{1e3 * max(ticks):.0f} ms. The end of an epoch: {_told(load)}."
        )
        show(
            f"A run of {epochs} epochs, {run.seconds:.0f} s: trainer and database "
            f"{together:.1f} s of CPU; the page's server {spent:.2f} s and its queries "
            f"{queries:.2f} s, {(spent + queries) / together:.2%} of that."
        )
    _draw(url, "1 run", run.run_id)
    _copy(made, run.run_id)
    _draw(url, f"{MANY} runs", run.run_id)
    made.dispose()


def _load_of_a_new_page(url: URL, made: Engine, run_id: int) -> tuple[float, float]:
    """Return what the end of an epoch costs a page that has no answers yet."""
    with opened(url) as page:
        page.ask("pulse")
        own, server = _cost(page, made, lambda: _load(page, run_id), 1)
    return own, server or 0.0


@contextmanager
def opened(url: URL) -> Iterator[Page]:
    """Serve the page over a database, at any free port."""
    command = [sys.executable, "-m", "vanishing_gradients", "live", "--port", "0"]
    environment = os.environ | {"DATABASE_URL": url.render_as_string(hide_password=False)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=whole.ROOT
    )
    with process:
        try:
            assert process.stdout is not None
            found = next(filter(None, map(LISTENING.search, process.stdout)))
            yield Page(process, int(found[1]))
        finally:
            process.terminate()


def _follow(page: Page, ended: Event, ticks: list[float]) -> None:
    """Ask as the page does until the end; note the seconds of each tick."""
    complete: dict[str, int] = {}
    while not ended.wait(OFTEN):
        start = time.perf_counter()
        found = page.ask("pulse")["runs"]
        ticks.append(time.perf_counter() - start)
        for run_id, now in found.items():
            if complete.get(run_id) != now["completed_epoch"]:
                complete[run_id] = now["completed_epoch"]
                _load(page, run_id)


def _load(page: Page, run_id: int | str) -> None:
    """Ask for what changes at the end of an epoch."""
    for path in AT_THE_END_OF_AN_EPOCH:
        page.fetch(path.format(run_id))


def _cost(
    page: Page, made: Engine, ask: Callable[[], object], times: int
) -> tuple[float, float | None]:
    """Return the CPU seconds of the page's server and of the database for asking once."""
    own, server = page.cpu, whole.server_cpu(made)
    for _ in range(times):
        ask()
    after = whole.server_cpu(made)
    spent = None if server is None or after is None else (after - server) / times
    return (page.cpu - own) / times, spent


def _told(cost: tuple[float, float | None]) -> str:
    own, server = cost
    return f"{1e3 * own:.1f} ms of the page's CPU and {1e3 * (server or 0):.1f} of the database's"


def _draw(url: URL, of: str, run_id: int) -> None:
    """Say how long a browser takes, its cache cold and the page's server new, until sentence and
    map, or the list, are drawn."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        show("How soon it is drawn is not measured: `make browser` installs playwright.")
        return
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        show("How soon it is drawn is not measured: there is no Chromium here.")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        seconds = {}
        for what, path, seen in SHOWN:
            with opened(url) as page:
                tab = browser.new_context().new_page()
                start = time.perf_counter()
                tab.goto(f"http://127.0.0.1:{page.port}{path.format(run_id)}", wait_until="commit")
                tab.locator(seen).wait_for()
                seconds[what] = time.perf_counter() - start
                tab.context.close()
        browser.close()
    told = ", ".join(f"{what} {took:.2f} s" for what, took in seconds.items())
    show(f"Drawn with {of}, cold: {told}.")


def _copy(made: Engine, run_id: int) -> None:
    """Make MANY runs of one: what the page reads of them, without rows of gradients."""
    with made.begin() as connection:
        for number in range(MANY):
            for table in ("runs", *SUMMARIES):
                columns = connection.scalars(
                    text(
                        "SELECT column_name FROM information_schema.columns "
                        "WHERE table_schema = DATABASE() AND table_name = :name"
                    ),
                    {"name": table},
                ).all()
                others = ", ".join(f"`{each}`" for each in columns if each != "run_id")
                connection.execute(
                    text(
                        f"INSERT INTO {table} (run_id, {others}) SELECT :copy, {others} "
                        f"FROM {table} WHERE run_id = :run_id"
                    ),
                    {"copy": run_id + 1 + number, "run_id": run_id},
                )
