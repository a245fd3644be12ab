"""Half an hour of news every second, as fast as the page takes it: nothing piles up."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from vanishing_gradients.sql.connection import engine

pytestmark = pytest.mark.faults

TICKS, WARM = 1800, 200
FLAT = 20e6  # bytes
STEPS = 2000
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"
UNDER_WAY = """
UPDATE runs SET status = 'running', epochs = 5, lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 DAY
WHERE run_id = :run_id
"""
PULSE = """
REPLACE INTO run_pulse
    (run_id, epoch, step, steps, loss, accuracy, steps_per_second, waiting_rows, updated_at)
VALUES (:run_id, 3, :step, :steps, 2 / :step, 0.5, 100, 7, UTC_TIMESTAMP(6))
"""


def used_by_the_page(devtools) -> int:
    """Return the bytes that JavaScript holds once all garbage is collected."""
    devtools.send("HeapProfiler.collectGarbage")
    return devtools.send("Runtime.getHeapUsage")["usedSize"]


def used_by_this_process() -> int:
    """Return the resident memory of this process, in which the page is served."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.M)[1])


def test_memory_of_page_and_server_stays_flat_over_half_an_hour_of_ticks(chromium, page, recorded):
    made = engine(recorded.url)
    tab = chromium.new_page()
    devtools = tab.context.new_cdp_session(tab)
    with made.begin() as connection:
        connection.execute(text(UNDER_WAY), {"run_id": recorded.full})
    tab.goto(f"{page.address}/?runs={recorded.full}")
    tab.locator("figure svg.main-svg").first.wait_for()
    before = (0, 0)
    for tick in range(1, TICKS + 1):
        values = {"run_id": recorded.full, "step": tick, "steps": STEPS}
        with made.begin() as connection:
            connection.execute(text(PULSE), values)
        tab.evaluate(LOOKED_AT)
        tab.locator("#now", has_text=f"step {tick} of").wait_for()
        if tick == WARM:
            before = used_by_the_page(devtools), used_by_this_process()
    after = used_by_the_page(devtools), used_by_this_process()
    made.dispose()
    tab.close()
    assert after[0] - before[0] < FLAT
    assert after[1] - before[1] < FLAT
