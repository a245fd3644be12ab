"""Names of layers in figures: for a watched model those of its own program, as paths."""

from collections.abc import Callable
from html import escape, unescape

import pandas as pd

Ask = Callable[..., pd.DataFrame]
"""views.ask on a connection: the name of a view and its arguments -> its rows."""

NAMES_OF_LAYERS = "layer_sizes"  # only describes layers, so captions do not name it
LONGEST, TAIL = 26, 15
"""Most letters of a name on an axis, in a menu or a legend, and of its end; hovers show all."""
CUT = "\N{HORIZONTAL ELLIPSIS}"
BY = ["run_id", "layer"]


def in_own_names(ask: Ask) -> Ask:
    """Return an `ask` whose rows have the layer's name in its own model as `layer_name`.

    It is ready for HTML. Layers of the trainer's networks keep their names.
    """

    def named(view: str, **asked: object) -> pd.DataFrame:
        rows = ask(view, **asked)
        if "layer_name" not in rows or "run_id" not in asked:
            return rows
        known = rows if view == NAMES_OF_LAYERS else ask(NAMES_OF_LAYERS, run_id=asked["run_id"])
        own = known.dropna(subset=["source_name"])
        if own.empty:
            return rows
        names = own.set_index(BY)["source_name"].map(escape)
        places = pd.MultiIndex.from_frame(rows[BY])
        found = pd.Series(names.reindex(places).to_numpy(), rows.index)
        return rows.assign(layer_name=found.fillna(rows["layer_name"]), own_name=found.notna())

    return named


def layer_names(rows: pd.DataFrame) -> dict[int, str]:
    """Return number -> name of the layers in `rows`."""
    return dict(zip(rows["layer"], rows["layer_name"], strict=True))


def layer_labels(rows: pd.DataFrame) -> dict[int, str]:
    """Return number -> label of the layers in `rows`, for an axis or a legend.

    The label is the number, followed by the shortened name in a watched model.
    """
    own = rows.get("own_name", pd.Series(False, rows.index))
    return {
        layer: f"{layer} {shortened(name)}" if its_own else f"{layer}"
        for layer, name, its_own in zip(rows["layer"], rows["layer_name"], own, strict=True)
    }


def menu_names(rows: pd.DataFrame) -> dict[int, str]:
    """Return number -> menu entry of the layers in `rows`: the name, or number and own name."""
    labels, names = layer_labels(rows), layer_names(rows)
    return {
        layer: names[layer] if label == f"{layer}" else label for layer, label in labels.items()
    }


def shortened(name: str) -> str:
    """Return a name, ready for HTML, cut in its middle to at most LONGEST letters.

    A path keeps its beginning, numbers in its middle, and its end: backbone...17...fc1.weight.
    """
    path = unescape(name)
    if len(path) <= LONGEST:
        return name
    parts = path.split(".")
    last = 1
    while last < len(parts) and len(".".join(parts[-last - 1 :])) <= TAIL:
        last += 1
    end = ".".join(parts[-last:])
    numbers = ".".join([part for part in parts[:-last] if part.isdigit()][-2:])
    if numbers:
        end = f"{numbers}{'.' if parts[-last - 1].isdigit() else CUT}{end}"
    end = end[-(LONGEST - 2) :]
    return escape(f"{parts[0][: LONGEST - 1 - len(end)]}{CUT}{end}")
