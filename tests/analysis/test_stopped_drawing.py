"""Drawing images can be stopped immediately, and leaves neither files nor a browser behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import needs_browser
from tests.leftovers import HEARS_SIGNALS

DRAWING = """
import sys, threading
from pathlib import Path
import kaleido
import plotly.graph_objects as go
from vanishing_gradients.analysis.pages.page import add_images
from vanishing_gradients.interruption import as_keyboard_interrupt

folder, moment = Path(sys.argv[1]), sys.argv[2]
figures = {str(number): go.Figure(layout={"height": 300}) for number in range(2_000)}

def look():
    while not list(folder.glob(".drawing-*/*.png")):
        threading.Event().wait(0.02)
    print("drawing", flush=True)

opens = kaleido.Kaleido.populate_targets

async def told(browser):
    print("opening", flush=True)
    await opens(browser)

if moment == "opening":
    kaleido.Kaleido.populate_targets = told
else:
    threading.Thread(target=look, daemon=True).start()
try:
    with as_keyboard_interrupt():
        add_images(folder, figures, print, "pages")
except KeyboardInterrupt:
    sys.exit(130)
"""


def programs_of(session: int) -> list[str]:
    """The command lines of what still runs in a session of processes."""
    listed = subprocess.run(
        ["ps", "-o", "args=", "-s", str(session)], capture_output=True, text=True, check=False
    )
    return listed.stdout.splitlines()


@needs_browser
@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("SIGINT", "opening"),
        ("SIGTERM", "drawing"),
        ("SIGHUP", "opening"),
        pytest.param("SIGINT", "drawing", marks=pytest.mark.faults),
        pytest.param("SIGTERM", "opening", marks=pytest.mark.faults),
        pytest.param("SIGHUP", "drawing", marks=pytest.mark.faults),
    ],
)
def test_drawing_that_is_stopped_ends_without_a_word_and_leaves_no_image_and_no_browser(
    tmp_path: Path, name: str, moment: str
):
    command = [sys.executable, "-c", DRAWING, str(tmp_path), moment]
    with subprocess.Popen(
        [*HEARS_SIGNALS, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout.readline() == f"{moment}\n"
            process.send_signal(getattr(signal, name))
            said, _ = process.communicate(timeout=60)
            assert (process.returncode, said) == (130, "")
        finally:
            left = programs_of(process.pid)
            if left:
                os.killpg(process.pid, signal.SIGKILL)
    assert left == []
    assert list(tmp_path.iterdir()) == []
