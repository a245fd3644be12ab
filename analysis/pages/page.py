"""Pages with figures, which need no network and fit a phone, and PNG next to them.

Output files are complete: they are written elsewhere, and moved when all of them are there. PNG
need an installed Chromium or Chrome.
"""

import asyncio
import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import kaleido
import plotly.graph_objects as go
from choreographer.errors import BrowserDepsError, ChannelClosedError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from kaleido.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from vanishing_gradients.analysis.errors import ImageError, OutputError
from vanishing_gradients.analysis.words import MINUS, Say
from vanishing_gradients.installation import as_typed

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT = "plotly.min.js"
INDEX = "index.html"

IMAGE_WIDTH = 1000  # pixels, before scaling
SCALE = 2
SECONDS = 60  # for one image
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BROKEN = (BrowserFailedError, BrowserClosedError, BrowserDepsError, ChannelClosedError, OSError)

# A finger that scrolls the page must not zoom the figure instead.
SCROLLABLE = """
if (window.matchMedia('(pointer: coarse)').matches) Plotly.relayout('{plot_id}', {dragmode: false});
"""

POWER = re.compile(r"(?<![\w.])(-?\d[\d.,]*)e([+-]?)0*(\d+)\b")
COMMAND = re.compile(r"`([^`]+)`")
NEGATIVE = re.compile(r"(?<![\w.)])-(?=\d)")
DATASETS = {
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "mnist-shuffled": "MNIST with shuffled labels",
}


def render(template: str, **values: object) -> str:
    """Return a page of `templates`; text among `values` is escaped unless it is Markup."""
    return _environment().get_template(f"{template}.html.j2").render(values, script_file=SCRIPT)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {each.__name__: each for each in (anchor, decades, spelled, typeset)}
    return environment


def script() -> Markup:
    """Return plotly's JavaScript."""
    return Markup(get_plotlyjs())  # noqa: S704


def drawn(figure: go.Figure, name: str) -> Markup:
    """Return a figure as part of a page that has already loaded plotly's JavaScript."""
    text = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        default_width="100%",
        default_height=f"{figure.layout.height}px",
        post_script=SCROLLABLE,
        config={
            "responsive": True,
            "displaylogo": False,
            "toImageButtonOptions": {"filename": name, "scale": 2},
        },
    )
    # Built by plotly from numbers and our own titles: it has no unescaped user text.
    return Markup(text)  # noqa: S704


def typeset(text: str) -> Markup:
    """Return text for HTML: 1.2e-06 as a power of ten, minus signs, `make` in backticks as code.

    Commands are shown as a user of this installation types them.
    """
    pieces = COMMAND.split(str(escape(as_typed(text))))  # every other one is a command
    pieces[::2] = [NEGATIVE.sub(MINUS, POWER.sub(_power, piece)) for piece in pieces[::2]]
    pieces[1::2] = [f"<code>{piece}</code>" for piece in pieces[1::2]]
    return Markup("".join(pieces))  # noqa: S704


def decades(difference: float) -> Markup:
    """Return a difference of logarithms, signed: two decimals, or one digit if those are 0."""
    digits = ".2f" if abs(difference) >= 0.005 or difference == 0 else ".0e"
    return typeset(f"{difference:+{digits}}")


def spelled(dataset: str) -> str:
    """Return a data set's name as its authors write it."""
    return DATASETS.get(dataset, dataset)


def anchor(text: str) -> str:
    """Return text as an anchor of a page."""
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())


def _power(match: re.Match[str]) -> str:
    sign = MINUS if match[2] == "-" else ""
    times = "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}"
    digits = "" if match[1] == "1" else f"{match[1]}{times}"
    return f"{digits}10<sup>{sign}{match[3]}</sup>"


@contextmanager
def staged(folder: Path, last: str) -> Iterator[Path]:
    """Yield an empty folder; at the end move its files into `folder`, the one named `last` last.

    Other files in `folder` stay as they are. After an error inside, nothing has changed.
    Raises OutputError if the folder cannot be created or written.
    """
    with _written(folder):
        # In `folder` or its nearest existing ancestor, so that files are moved atomically.
        near = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
        with tempfile.TemporaryDirectory(prefix=".drawing-", dir=near) as stage:
            yield Path(stage)
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(Path(stage).iterdir(), key=lambda path: path.name == last):
                os.replace(path, folder / path.name)


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"Cannot write figures to {folder} ({error.strerror}): "
            "make room there, or choose another folder with OUTPUT."
        ) from error


def publish(folder: Path, pages: Mapping[str, str], stale: Iterable[str] = ()) -> None:
    """Write pages by file name into `folder`, with plotly's JavaScript; INDEX comes last.

    Then removes the images of the `stale` figures, which show an older state of their pages.
    """
    with staged(folder, last=INDEX) as stage:
        for name, text in {SCRIPT: script(), **pages}.items():
            (stage / name).write_text(text, encoding="utf-8")
    with _written(folder):
        for name in stale:
            (folder / f"{name}.png").unlink(missing_ok=True)


def add_images(
    folder: Path,
    figures: Mapping[str, go.Figure],
    say: Say,
    beside: str,
    index: Callable[[set[str]], str] | None = None,
) -> None:
    """Draw a PNG for each figure, by name, into `folder`; say how many, or why there are none.

    `index` returns a new index, given the names of those that were drawn.
    """
    try:
        with staged(folder, last=INDEX) as stage:
            failures = _draw({stage / f"{name}.png": each for name, each in figures.items()})
            if index:
                text = index({path.stem for path in stage.glob("*.png")})
                (stage / INDEX).write_text(text, encoding="utf-8")
    except ImageError as error:
        say(str(error))
        return
    say(f"{len(figures) - len(failures)} images (PNG) next to the {beside}.")
    if failures:
        say(f"The browser did not draw {len(failures)} more ({failures[0]!r}): run this again.")


def _draw(figures: Mapping[Path, go.Figure]) -> Sequence[Exception]:
    """Draw each figure to its path, in its own height, scaled by SCALE.

    Returns an error for each figure that the browser did not draw, or not within SECONDS. Raises
    ImageError if there is no browser, or none that starts, and OSError if the disk is full.
    """
    options = {"format": "png", "width": IMAGE_WIDTH, "scale": SCALE}

    wanted = (
        {"fig": figure, "path": path, "opts": options | {"height": figure.layout.height}}
        for path, figure in figures.items()
    )
    browser = {"mathjax": False, "timeout": SECONDS}  # MathJax would come from the network
    try:
        failures = asyncio.run(_drawn(wanted, browser))
    except ChromeNotFoundError as error:
        raise ImageError(
            "No images, because no Chromium or Chrome was found: install one "
            "(apt-get install chromium) or name one in BROWSER_PATH; the pages need none."
        ) from error
    except BROKEN as error:
        if getattr(error, "errno", None) in NO_ROOM:
            raise
        raise ImageError(
            f"No images, because the browser does not start or stopped ({type(error).__name__}): "
            "try it by hand, or name another in BROWSER_PATH; the pages need none."
        ) from error
    for error in failures:
        if getattr(error, "errno", None) in NO_ROOM:
            raise error
    return failures


async def _drawn(
    wanted: Iterable[dict[str, Any]], options: Mapping[str, Any]
) -> Sequence[Exception]:
    """Let a browser draw the figures; if that is cancelled, end the browser."""
    drawing = kaleido.Kaleido(**options)
    try:
        with _ended(drawing):
            async with drawing:
                with _ended(drawing):
                    failures: Sequence[Exception] = await drawing.write_fig_from_object(wanted)
                    return failures
    except BaseException as error:
        if hasattr(drawing, "subprocess"):  # its pipes stay open if it is stopped while opening
            await drawing.close()
        task = asyncio.current_task()
        if isinstance(error, Exception) and task and task.cancelling():
            raise asyncio.CancelledError from None  # errors of the ended browser do not matter
        raise


@contextmanager
def _ended(drawing: kaleido.Kaleido) -> Iterator[None]:
    """End the browser if the block fails.

    Otherwise it would be asked to close, and waited for, by tasks that are cancelled as well.
    """
    try:
        yield
    except BaseException:
        # Its other tasks would then print their tracebacks.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        if process := getattr(drawing, "subprocess", None):
            process.kill()
            process.wait()
        raise
