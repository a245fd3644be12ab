"""PNG beside the HTML, drawn by an installed Chromium or Chrome; without one there are none."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import kaleido
import plotly.graph_objects as go
from choreographer.errors import BrowserDepsError, ChannelClosedError
from kaleido.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError

from vanishing_gradients.analysis.errors import ImageError

SCALE = 2
SECONDS = 60  # for one image

BROKEN = (BrowserFailedError, BrowserClosedError, BrowserDepsError, ChannelClosedError, OSError)


def write_images(figures: Mapping[Path, go.Figure], width: int) -> Sequence[Exception]:
    """Draw each figure into its path, `width` pixels wide and as high as it is, times SCALE.

    Return an error for each figure that the browser did not draw, or not within SECONDS. Raises
    ImageError where there is no browser, or none that starts.
    """
    try:
        return asyncio.run(_write(figures, width))
    except ChromeNotFoundError as error:
        raise ImageError(
            "No images, because no Chromium or Chrome was found: install one "
            "(apt-get install chromium) or name one in BROWSER_PATH; the pages need none."
        ) from error
    except BROKEN as error:
        raise ImageError(
            f"No images, because the browser does not start or stopped ({type(error).__name__}): "
            "try it by hand, or name another in BROWSER_PATH; the pages need none."
        ) from error


async def _write(figures: Mapping[Path, go.Figure], width: int) -> Sequence[Exception]:
    options = {"format": "png", "width": width, "scale": SCALE}
    # No MathJax: it would come from the network.
    async with kaleido.Kaleido(mathjax=False, timeout=SECONDS) as browser:
        return await browser.write_fig_from_object(
            {"fig": figure, "path": path, "opts": options | {"height": figure.layout.height}}
            for path, figure in figures.items()
        )
