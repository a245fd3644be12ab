"""A headless browser without a network, and the results of scripts on a page."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium or Chrome here to open the pages: apt-get install chromium"
)

TELEPHONE, DESKTOP = 390, 1200  # pixels
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --allow-file-access-from-files "
    "--enable-logging=stderr --virtual-time-budget=20000 --dump-dom"
)


def found_in(page: Path, profile: Path) -> tuple[list, list[str]]:
    """Open a page that writes JSON into a <pre>; return that, and the lines on its console."""
    command = [BROWSER, *FLAGS.split(), "--host-resolver-rules=MAP * ~NOTFOUND"]
    command += [f"--user-data-dir={profile}", page.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"<pre>(.*)</pre>", shown.stdout, re.S)
    assert found, shown.stderr
    console = [line for line in shown.stderr.splitlines() if ":CONSOLE" in line]
    return json.loads(unescape(found[1])), console
