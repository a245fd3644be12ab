"""Lines of medians over seeds, with bands from the smallest seed to the largest.

Also: which runs belong together, and how the title describes them.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb, unlabel_rgb

from vanishing_gradients.analysis.figures import marks, style
from vanishing_gradients.analysis.figures.lines import Vertex, add_outlines, line_of
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import counted, exact

FILL, EDGE = 0.18, 0.45  # opacity


@dataclass(frozen=True)
class Point:
    """One x of a line over its seeds: y of the median (None if it is not drawn), and of the band.

    Zero and infinity count in the median, as smallest and largest; the band covers the `seeds`
    whose values have a place on the axis. `mark` is that of the median; `marks` has y of every mark
    that at least one seed has.
    """

    x: int
    strand: int
    y: float | None
    mark: str
    low: float
    high: float
    seeds: int
    marks: Mapping[str, float]
    hover: str


def by_experiment(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Return the runs of each experiment, which differ in their seeds, sorted by name.

    Raises ValueError for no run, for different data sets, and if a seed would count twice.
    """
    datasets = sorted({f"{run.dataset}" for run in runs})
    if len(datasets) != 1:
        raise ValueError(f"one figure compares runs on one data set, not on {datasets}")
    groups: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.experiment, run.seed)):
        groups.setdefault(run.experiment, []).append(run)
    for experiment, members in groups.items():
        seeds = [run.seed for run in members]
        if len(set(seeds)) < len(seeds):
            raise ValueError(f"several runs of {experiment} have the same seed, of {seeds}")
    return groups


def title_over_seeds(what: str, runs: Sequence[Run], of_gradients: bool) -> str:
    """Return a title: what, on which data set, over how many seeds and with what in common."""
    groups = by_experiment(runs)
    name = f"<b>{runs[0].experiment}</b>" if len(groups) == 1 else ""
    counts = sorted({len(members) for members in groups.values()})
    on = f"{name}{style.on_dataset(runs[0].dataset)}".strip()
    subject = f"{on}, {_span(counts, 'seed')}"
    precision = " and ".join(sorted({run.float_type for run in runs}))
    images = sorted({run.training_images or 0 for run in runs})
    source = f"{precision} precision, {_span(images, 'training image')}"
    recorded = sorted({run.record_every for run in runs})
    if of_gradients and recorded != [1]:
        source += f", 1 batch in {' or '.join(map(str, recorded))}"
    bands = ["line: median, band: smallest to largest"] if counts[-1] > 1 else []
    return style.with_subtitle(what, subject, source, *bands)


class _Value(NamedTuple):
    """The value of one seed at one x."""

    strand: int
    x: int
    seed: int
    value: float
    mark: str
    heading: str

    @property
    def known(self) -> bool:
        return not math.isnan(self.value)


def points_over_seeds(values: pd.DataFrame, places: Mapping[str, float]) -> list[Point]:
    """Return the points of one line.

    `values` has a row per seed and x: strand (what a line connects), x, seed, value (from zero to
    infinity, NaN if missing), mark and heading (of the hover text). `places` says where values with
    a mark are drawn; zero without a place is an ordinary number.
    """
    ordered = values.sort_values(["strand", "x"], kind="stable")
    rows = map(_Value, *(ordered[name] for name in _Value._fields))
    return [
        _point(int(strand), int(x), list(own), places)
        for (strand, x), own in groupby(rows, key=attrgetter("strand", "x"))
    ]


def _point(strand: int, x: int, own: Sequence[_Value], places: Mapping[str, float]) -> Point:
    known = sorted((each for each in own if each.known), key=attrgetter("value"))
    counts = Counter(each.mark for each in own if each.mark != marks.ORDINARY).most_common()
    if not known:
        median, mark = math.nan, counts[0][0]
        y = places.get(mark)
    else:
        median = float(np.median([each.value for each in known]))
        mark = {0.0: marks.ZERO, math.inf: marks.INFINITE}.get(median, marks.ORDINARY)
        mark = mark if mark in places else marks.ORDINARY
        y = places.get(mark, median)
    ordinary = [each.value for each in known if each.mark not in places]
    return Point(
        x=x,
        strand=strand,
        y=y,
        mark=mark if y is not None else marks.ORDINARY,
        low=min(ordinary, default=math.nan),
        high=max(ordinary, default=math.nan),
        seeds=len(ordinary),
        marks={key: places[key] for key, _ in counts if key in places},
        hover=_hover(own, known, median, counts),
    )


def _hover(
    own: Sequence[_Value],
    known: Sequence[_Value],
    median: float,
    counts: Sequence[tuple[str, int]],
) -> str:
    lines = [own[0].heading]
    if len(own) == 1:
        lines.append(f"{exact(median)} (seed {own[0].seed})")
    else:
        lines.append(f"median {exact(median)} of {counted(len(known), 'seed')}")
        for word, place in (("smallest", 0), ("largest", -1)) if known else ():
            lines.append(f"{word} {exact(known[place].value)} (seed {known[place].seed})")
    lines += [f"{mark} in {count} of {counted(len(own), 'seed')}" for mark, count in counts]
    return "<br>".join(lines)


def draw_lines(
    figure: go.Figure,
    row: int,
    lines: Sequence[tuple[marks.Look, Sequence[Point]]],
    meanings: Mapping[str, marks.Mark],
    shown: set[str],
) -> None:
    """Draw the lines of panel `row`, with bands below them; `shown` are already in the legend."""
    for look, points in lines:
        if any(point.seeds > 1 for point in points):
            figure.add_trace(_band(look, points), row, 1)
    special: list[tuple[float, float, str]] = []
    for place, (look, points) in enumerate(lines):
        offset = marks.beside(place, len(lines))
        drawn = list(_vertices(look, points, offset, meanings))
        if not any(y is not None for _, y, _, _ in drawn):
            continue
        legend = {"legendgroup": look.name, "showlegend": look.name not in shown}
        figure.add_trace(line_of(look, drawn, 7, cliponaxis=False, **legend), row, 1)
        shown.add(look.name)
        special += [
            (point.x + offset, y, key) for point in points for key, y in point.marks.items()
        ]
    outlined = pd.DataFrame(special, columns=["x", "y", "mark"])
    found = {key: meanings[key] for key in outlined["mark"].unique()}
    add_outlines(figure, row, outlined, found, shown)


def _vertices(
    look: marks.Look, points: Sequence[Point], offset: float, meanings: Mapping[str, marks.Mark]
) -> Iterator[Vertex]:
    """Yield what the line connects, then the marks, of medians and of single seeds, each alone.

    A point without coordinates comes first: the legend shows the first symbol.
    """
    for strand, own in groupby(points, key=lambda point: point.strand):
        symbol = look.symbol + "-open" * (strand > 0)
        nowhere = (None, None, symbol, "")
        yield nowhere
        for point in own:
            apart = point.mark or point.y is None
            yield nowhere if apart else (point.x, point.y, symbol, point.hover)
    for point in points:
        for key, y in point.marks.items():
            yield (None, None, look.symbol, "")
            yield (point.x + offset, y, meanings[key].symbol, point.hover)


def _band(look: marks.Look, points: Sequence[Point]) -> go.Scatter:
    """Return one trace of closed shapes, one per stretch of points with ordinary values."""
    corners: list[tuple[float | None, float | None]] = []
    for (_, banded), own in groupby(points, key=lambda point: (point.strand, point.seeds > 0)):
        if banded:
            there = list(own)
            low = [(point.x, point.low) for point in there]
            high = [(point.x, point.high) for point in there]
            corners += [*low, *reversed(high), low[0], (None, None)]
    xs, ys = zip(*corners, strict=True)
    hexadecimal = look.color.startswith("#")
    red, green, blue = hex_to_rgb(look.color) if hexadecimal else unlabel_rgb(look.color)
    rgb = f"{red:g},{green:g},{blue:g}"
    return go.Scatter(
        x=xs,
        y=ys,
        mode="lines",
        fill="toself",
        fillcolor=f"rgba({rgb},{FILL})",
        line={"color": f"rgba({rgb},{EDGE})", "width": 1},  # makes a band of one x visible
        name=look.name,
        legendgroup=look.name,
        showlegend=False,
        hoverinfo="skip",
    )


def _span(numbers: Sequence[int], one: str) -> str:
    """Return smallest to largest of sorted numbers, or one number if all are equal."""
    start = f"{numbers[0]:,} to " if len(numbers) > 1 else ""
    return start + counted(numbers[-1], one)
