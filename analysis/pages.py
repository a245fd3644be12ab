"""The HTML around the figures, which needs no network and fits a telephone."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from vanishing_gradients.analysis.figures.style import HEIGHT
from vanishing_gradients.analysis.gallery import Plate
from vanishing_gradients.analysis.runs import Run

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT = "plotly.min.js"
INDEX = "index.html"

IMAGE_WIDTH, IMAGE_HEIGHT = 1000, HEIGHT  # pixels, before scaling

# A finger that scrolls the page must not zoom the figure instead.
SCROLLABLE = """
if (window.matchMedia('(pointer: coarse)').matches) Plotly.relayout('{plot_id}', {dragmode: false});
"""


def script() -> str:
    """Return plotly's JavaScript, which all pages share as the file SCRIPT beside them."""
    return get_plotlyjs()


def drawn(figure: go.Figure, name: str) -> str:
    """Return a figure as part of a page that has loaded plotly's JavaScript before it."""
    return figure.to_html(
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


def figure_page(plate: Plate, figure: go.Figure, others: Sequence[Plate]) -> str:
    """Return the page of one figure, with links to `others` of the same run or data set."""
    links = "".join(
        f'<a href="{escape(other.name)}.html">{escape(other.heading)}</a>' for other in others
    )
    return _filled(
        "figure.html",
        mark=mark(plate),
        title=escape(plate.title),
        name=escape(plate.name),
        others=links,
        figure=drawn(figure, plate.name),
        caption=escape(plate.caption),
    )


def mark(plate: Plate) -> str:
    """Return the line of a page that says which runs it shows.

    By it the index tells a page of these runs from an older one of the same name.
    """
    runs = "; ".join(
        f"run {run.run_id}, {run.experiment}, finished {run.finished_at.isoformat()}"
        for run in plate.runs
    )
    return f'<meta name="description" content="{escape(runs)}">'


def index_page(
    comparisons: Sequence[Plate], runs: Mapping[Run, Sequence[Plate]], images: set[str]
) -> str:
    """Return the index: figures over several runs, then the runs in a table, newest first.

    `images` holds the names of the plates that have a PNG; the others are linked by their heading.
    """
    pairs = "\n".join(
        f"<h2>Experiments compared, {escape(dataset)}</h2>\n"
        f'<div class="pair">{"".join(_link(plate, images) for plate in plates)}</div>'
        for dataset, plates in _by_dataset(comparisons).items()
    )
    newest = sorted(runs, key=lambda run: -run.run_id)
    count = f"{len(runs)} finished run{'s' * (len(runs) != 1)}."
    return _filled(
        "index.html",
        count=count,
        comparisons=pairs,
        runs="\n".join(_row(run, runs[run], images) for run in newest),
    )


def _by_dataset(plates: Sequence[Plate]) -> dict[str, list[Plate]]:
    grouped: dict[str, list[Plate]] = {}
    for plate in plates:
        grouped.setdefault(plate.runs[0].dataset, []).append(plate)
    return grouped


def _link(plate: Plate, images: set[str]) -> str:
    picture = ""
    if plate.name in images:
        picture = (
            f'<img src="{escape(plate.name)}.png" alt="" loading="lazy" '
            f'width="{IMAGE_WIDTH}" height="{IMAGE_HEIGHT}">'
        )
    return f'<a href="{escape(plate.name)}.html">{picture}{escape(plate.heading)}</a>'


def _row(run: Run, plates: Sequence[Plate], images: set[str]) -> str:
    cells = (
        ("Run", "number", str(run.run_id)),
        ("Experiment", "", run.experiment),
        ("Data set", "", run.dataset),
        ("Images", "number", f"{run.training_images:,}"),
        ("Seed", "number", str(run.seed)),
        ("Precision", "", run.precision),
        ("Epochs", "number", str(run.epochs)),
        ("Accuracy", "number", _accuracy(run)),
        ("Loss", "number", _loss(run)),
    )
    text = "".join(
        f'<td class="{kind}" data-label="{label}">{escape(value)}</td>'
        for label, kind, value in cells
    )
    links = "".join(_link(plate, images) for plate in plates) or "none drawn"
    return f'<tr>{text}<td class="links"><div class="thumbnails">{links}</div></td></tr>'


def _accuracy(run: Run) -> str:
    return "unknown" if run.test_accuracy is None else f"{run.test_accuracy:.1%}"


def _loss(run: Run) -> str:
    if run.test_loss is None:
        return "unknown" if run.test_accuracy is None else "not finite"
    return f"{run.test_loss:.4f}"


def _filled(template: str, **values: str) -> str:
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8").rstrip()
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return Template(text).substitute(values, style=style)
