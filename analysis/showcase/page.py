"""The gallery in HTML: a table of all experiments by accuracy, then a card each, by topic."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from vanishing_gradients.analysis.figures.experiment_card import common_axis, experiment_card
from vanishing_gradients.analysis.pages import INDEX, SCRIPT, TEMPLATES, drawn, script
from vanishing_gradients.analysis.publishing import staged
from vanishing_gradients.analysis.showcase.exhibits import Exhibit, exhibits
from vanishing_gradients.analysis.words import counted

Say = Callable[[str], None]


def show(connection: Connection, folder: Path, say: Say) -> None:
    """Write the gallery of all experiments with a finished run into `folder`, with its figures.

    Raises NoRowsError where there is none but the paper's.
    """
    found = exhibits(connection)
    with staged(folder, last=INDEX) as stage:
        (stage / SCRIPT).write_text(script(), encoding="utf-8")
        (stage / INDEX).write_text(_page(found), encoding="utf-8")
    for dataset, own in found.items():
        best = max(own, key=_rank)
        say(
            f"{counted(len(own), 'experiment')} on {dataset}; best test accuracy: {best.accuracy} "
            f"with {best.run.experiment} (run {best.run.run_id})."
        )
    say(f"{folder / INDEX}: open it in a browser; it needs no network.")


def _page(found: Mapping[str, Sequence[Exhibit]]) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = [
        {
            "dataset": dataset,
            "ranked": sorted(own, key=_rank, reverse=True),
            "topics": [
                (topic, [(each, _card(each, own)) for each in members])
                for topic, members in groupby(own, key=lambda each: each.topic)
            ],
        }
        for dataset, own in found.items()
    ]
    return environment.get_template("gallery.html.j2").render(
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        script=SCRIPT,
        sections=sections,
    )


def _card(exhibit: Exhibit, beside: Sequence[Exhibit]) -> Markup:
    figure = experiment_card(
        exhibit.norms, exhibit.curves, common_axis([each.norms for each in beside])
    )
    # Built by plotly from numbers and our own titles: nothing in it is a user's text unescaped.
    return Markup(drawn(figure, f"run_{exhibit.run.run_id}"))  # noqa: S704


def _rank(exhibit: Exhibit) -> tuple[float, int]:
    in_order = sorted(exhibit.accuracies)
    return in_order[len(in_order) // 2], -exhibit.run.run_id
