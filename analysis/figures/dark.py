"""The same figures on a dark page: light ink, and colours lightened until they can be seen."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.utils import PlotlyJSONEncoder

from vanishing_gradients.analysis.figures import style

PAPER, INK, GRID = "#15181c", "#e6e6e6", "#3a4048"
PLAIN = {
    "white": PAPER, "#ffffff": PAPER, style.INK.lower(): INK, style.GRID.lower(): GRID,
    "#000000": INK,
}  # fmt: skip
CONTRAST = 4.5
"""At least this, of ink and lines on PAPER: WCAG 2.2, success criterion 1.4.3."""
NEARLY_WHITE = 1.3
"""The contrast to white that the first colour of a scale has at most if it stands for the page."""
SCALES = ("colorscale", "z", "customdata", "text", "hovertext", "x", "y", "bdata")
"""Keys of a trace below which nothing is a colour of a line or of text; colours of maps stay."""
HEX, RGB = re.compile(r"#[0-9a-fA-F]{6}"), re.compile(r"rgb\((\d+), ?(\d+), ?(\d+)\)")


def as_json(figure: go.Figure, dark: bool) -> dict[str, Any]:
    """Return a figure as plain values, for a light page or a dark one."""
    found = darkened(figure) if dark else figure.to_plotly_json()
    plain: dict[str, Any] = json.loads(json.dumps(found, cls=PlotlyJSONEncoder))
    return plain


def darkened(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as plotly's JSON has it, with the colours of a dark page."""
    found = figure.to_plotly_json()
    found["data"] = [_dark_scale(_walk(trace, _lightened)) for trace in found["data"]]
    found["layout"] = _walk(found["layout"], _lightened)
    return found


def _dark_scale(trace: dict[str, Any]) -> dict[str, Any]:
    """Turn round a colour scale that begins as pale as the page that it was made for."""
    scale = trace.get("colorscale")
    if not isinstance(scale, list | tuple) or len(scale) < 3:
        return trace
    colors = [color for _, color in scale]
    if contrast(colors[0], "#FFFFFF") > NEARLY_WHITE:
        return trace
    turned = [PAPER, *colors[-2:0:-1], colors[0]]
    return trace | {
        "colorscale": [(at, color) for (at, _), color in zip(scale, turned, strict=True)]
    }


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(_parts(first)), _luminance(_parts(second))))
    return (high + 0.05) / (low + 0.05)


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {key: each if key in SCALES else _walk(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def _lightened(text: str) -> str:
    if text.lower() in PLAIN:
        return PLAIN[text.lower()]
    parts = _parts(text)
    if parts is None:
        return text
    lighter = parts
    for _ in range(20):
        if (_luminance(lighter) + 0.05) / (_luminance(_parts(PAPER)) + 0.05) >= CONTRAST:
            break
        lighter = tuple(part + (255 - part) * 0.12 for part in lighter)
    return "#{:02x}{:02x}{:02x}".format(*(round(part) for part in lighter))


def _parts(text: str) -> tuple[float, ...] | None:
    """Return red, green and blue, from 0 to 255; None if the text is no such colour."""
    if HEX.fullmatch(text):
        return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))
    found = RGB.fullmatch(text)
    return tuple(float(part) for part in found.groups()) if found else None


def _luminance(parts: tuple[float, ...] | None) -> float:
    """Return the relative luminance of WCAG 2.2, from 0 to 1."""
    assert parts is not None
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
