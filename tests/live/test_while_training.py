"""The page while something happens: epochs come, a trainer dies, servers go and come back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from tests.conftest import at_port
from tests.faults.proxy import Proxy
from tests.live.served import page_of
from vanishing_gradients.sql.connection import engine

MANY_EPOCHS, IMAGES = "500", "1600"
HUNDRED = 100
COMPLETE = """() => Math.max(...[...document.querySelectorAll("[id^='map-1-']")]
  .map((cell) => Number(cell.dataset.epoch ?? 0)))"""
HIDDEN = "Object.defineProperty(document, 'hidden', { value: true, configurable: true })"
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"
COPY = """
INSERT INTO runs (experiment, seed, dataset, float_type, telemetry, record_every, epochs, config,
    package_versions, status, started_at, completed_epoch)
SELECT experiment, :seed, dataset, float_type, telemetry, record_every, epochs, config,
    package_versions, status, started_at, completed_epoch
FROM runs WHERE run_id = :run_id
"""
TICK = 30_000  # bytes


@pytest.fixture
def tab(chromium) -> Iterator[object]:
    context = chromium.new_context()
    found = context.new_page()
    found.set_default_timeout(90_000)
    yield found
    context.close()


@pytest.fixture
def trainer(recorded) -> Iterator[subprocess.Popen]:
    """A process that trains a small network for as long as it is let."""
    command = [sys.executable, "-m", "vanishing_gradients", "train", "--exp", str(recorded.toml)]
    command += [
        "--dataset",
        "sample",
        "--limit",
        IMAGES,
        "--epochs",
        MANY_EPOCHS,
        "--telemetry",
        "statistics",
        "--seed",
        "5",
    ]
    url = recorded.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        command, env=os.environ | {"DATABASE_URL": url}, stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if "epoch 1/" in line:
            break
    yield process
    process.kill()
    process.wait(60)
    process.stderr.close()
    made = engine(recorded.url)
    with made.begin() as connection:
        connection.execute(text("DELETE FROM runs WHERE seed = 5"))
    made.dispose()


def newest(recorded) -> int:
    made = engine(recorded.url)
    with made.connect() as connection:
        found = connection.scalar(text("SELECT MAX(run_id) FROM runs"))
    made.dispose()
    return found


def test_an_epoch_arrives_and_the_focus_and_an_open_figure_stay(tab, page, recorded, trainer):
    tab.goto(page.address)
    tab.locator("[id^='map-1-']").first.wait_for()
    tab.get_by_text("Update-to-weight ratio").click()
    tab.locator("figure[aria-label^='Update-to-weight'] svg.main-svg").first.wait_for()
    cell = tab.locator("#map-3-1")
    cell.focus()
    before = tab.evaluate(COMPLETE)
    tab.locator(f"#map-1-{before + 1}").wait_for()
    assert tab.evaluate("document.activeElement.id") == "map-3-1"
    assert tab.locator("figure[aria-label^='Update-to-weight'] svg.main-svg").first.is_visible()
    assert " of 500" in tab.locator("#now").inner_text()


def test_a_killed_trainers_run_is_shown_as_one_without_a_process(tab, page, recorded, trainer):
    run_id = newest(recorded)
    trainer.send_signal(signal.SIGKILL)
    trainer.wait(60)
    made = engine(recorded.url)
    with made.begin() as connection:  # half a minute later
        connection.execute(text("UPDATE runs SET lease_until = UTC_TIMESTAMP(6) WHERE seed = 5"))
    made.dispose()
    tab.goto(f"{page.address}/?runs={run_id}")
    tab.get_by_text("its process is gone").first.wait_for()


@pytest.mark.not_on_oceanbase("it is reached by a Unix socket here, which no proxy can cut")
def test_the_page_says_that_the_database_is_away_and_goes_on_when_it_is_back(tab, recorded):
    with ExitStack() as ends:
        with Proxy(recorded.url.port) as proxy:
            page = ends.enter_context(page_of(at_port(recorded.url, proxy.port)))
            tab.goto(f"{page.address}/?runs={recorded.full}")
            tab.locator("#map-1-1").wait_for()
        refused(tab, "The database does not answer")
        assert tab.locator("#map-1-1").is_visible()
        with Proxy(recorded.url.port, proxy.port):
            tab.locator("#banner").wait_for(state="hidden")


def test_the_page_says_that_its_own_server_is_gone_and_goes_on_when_it_is_back(tab, recorded):
    with page_of(recorded.url) as page:
        tab.goto(f"{page.address}/?runs={recorded.full}")
        tab.locator("#map-1-1").wait_for()
    refused(tab, "The page's server does not answer")
    with page_of(recorded.url, page.port):
        tab.locator("#banner").wait_for(state="hidden")


def refused(tab, sentence: str) -> None:
    """Wait for the banner; coming back to the tab makes the page ask at once."""
    tab.evaluate(LOOKED_AT)
    tab.locator("#banner", has_text=sentence).wait_for()


def test_a_run_that_is_dropped_while_it_is_open_is_said_to_be_removed(tab, page, recorded):
    made = engine(recorded.url)
    with made.begin() as connection:
        run_id = connection.execute(text(COPY), {"run_id": recorded.full, "seed": 77}).lastrowid
    tab.goto(f"{page.address}/?runs={run_id}")
    tab.locator("#now", has_text=f"Run {run_id}").wait_for()
    with made.begin() as connection:
        connection.execute(text("DELETE FROM runs WHERE run_id = :run_id"), {"run_id": run_id})
    made.dispose()
    tab.evaluate(LOOKED_AT)
    tab.locator("#banner", has_text=f"Run {run_id} was removed").wait_for()
    tab.get_by_label(f"choose run {recorded.full}", exact=True).wait_for()


def test_a_page_without_a_run_in_its_address_follows_the_newest(tab, page, recorded):
    tab.goto(page.address)
    tab.locator("#now", has_text=f"Run {recorded.statistics}").wait_for()
    made = engine(recorded.url)
    with made.begin() as connection:
        run_id = connection.execute(text(COPY), {"run_id": recorded.full, "seed": 79}).lastrowid
    tab.evaluate(LOOKED_AT)
    tab.locator("#now", has_text=f"Run {run_id}").wait_for()
    with made.begin() as connection:
        connection.execute(text("DELETE FROM runs WHERE seed = 79"))
    made.dispose()


def test_a_hidden_page_asks_for_nothing(tab, page, recorded):
    tab.clock.install()
    tab.goto(f"{page.address}/?runs={recorded.full}")
    tab.locator("#map-1-1").wait_for()
    tab.wait_for_load_state("networkidle")
    tab.evaluate(f"{HIDDEN}; {LOOKED_AT}")
    asked = []
    tab.on("request", lambda sent: asked.append(sent.url))
    tab.clock.run_for(120_000)
    assert not asked
    with tab.expect_response("**/api/pulse**"):
        tab.evaluate(f"delete document.hidden; {LOOKED_AT}")


def test_a_hundred_runs_are_listed_and_a_tick_stays_small(tab, page, recorded):
    made = engine(recorded.url)
    with made.begin() as connection:
        connection.execute(text(COPY), [{"run_id": recorded.full, "seed": 78}] * HUNDRED)
    assert len(page.ask(f"/api/pulse?runs={recorded.full}").text) < TICK
    tab.goto(f"{page.address}/?tab=runs")
    tab.locator("table.runs tbody tr").nth(HUNDRED + 1).wait_for()
    tab.locator("#filter").fill("sigmoid_net")
    tab.locator("table.runs tbody tr").nth(1).wait_for(state="detached")
    with made.begin() as connection:
        connection.execute(text("DELETE FROM runs WHERE seed = 78"))
    made.dispose()


def test_a_database_without_runs_says_what_to_type(tab, schema, database):
    schema.copy(database)
    with page_of(database) as page:
        tab.goto(page.address)
        tab.get_by_text("make train EXP=sigmoid_sgd").wait_for()
        tab.goto(f"{page.address}/?tab=runs")
        tab.get_by_text("make train EXP=sigmoid_sgd").wait_for()
