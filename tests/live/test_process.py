"""The page's process, as `make live` starts it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection

import pytest

from tests.faults.test_busy_server import until
from vanishing_gradients.sql.connection import connected

LISTENING = re.compile(r"http://127\.0\.0\.1:(\d+)/")
HELD_UP = (
    "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
)


@contextmanager
def started(url) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start the command; give its process and its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vanishing_gradients", "live", "--port", "0"],
        env=os.environ | {"DATABASE_URL": url.render_as_string(hide_password=False)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process, int(LISTENING.search(process.stdout.readline())[1])
    finally:
        process.kill()
        process.communicate()
        process.communicate()


def _number(session, statement: str) -> int:
    cursor = session.cursor()
    cursor.execute(statement)
    return cursor.fetchone()[0]


@pytest.mark.not_on_oceanbase("LOCK TABLES holds nobody up there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_without_a_word_though_a_request_waits_for_the_database(recorded, number):
    with started(recorded.url) as (process, port), connected(recorded.url) as owner:
        cursor = owner.cursor()
        cursor.execute("LOCK TABLES runs WRITE, telemetry_progress WRITE, run_pulse WRITE")
        with (
            closing(HTTPConnection("127.0.0.1", port)) as request,
            connected(recorded.url) as other,
        ):
            request.request("GET", "/api/pulse")
            until(lambda: process.poll() is not None or _number(other, HELD_UP), 60)
            assert process.poll() is None
            process.send_signal(number)
            assert process.communicate(timeout=30)[0] == ""


def test_what_it_first_asks_for_is_loaded_with_its_scripts(recorded, page):
    shown = page.ask(f"/?runs={recorded.full},{recorded.statistics}").text
    loaded = re.findall(r'href="(/[^"]+)"', shown)
    assert f"/api/run/{recorded.full}" in loaded
    assert len([path for path in loaded if path.endswith(".js")]) > 10
    assert {page.ask(path).status for path in loaded} == {200}


@pytest.mark.parametrize(
    "address", ["", "?runs=", "?runs=x", "?runs=1&tab=runs", "?runs=1&layer=2"]
)
def test_it_loads_no_run_that_it_does_not_show(page, address):
    assert 'as="fetch"' not in page.ask(f"/{address}").text
