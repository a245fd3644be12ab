"""Tables 1 to 6 in the paper's layout: networks, settings and readings of our runs and its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vanishing_gradients.analysis.paper import design
from vanishing_gradients.analysis.tables import Cell, PaperTable, norm_text

Config = Mapping[str, Any]
"""A run's configuration, as the view run_provenance has it."""

SEVERAL = "differs from run to run"
SCALED = "{} \N{MULTIPLICATION SIGN} normal"
DIGITS = 3  # of a quotient in Table 6


def network_table(number: int, layers: pd.DataFrame, config: Config) -> PaperTable:
    """Return the network of a run beside Table `number`, which is 1 to 4.

    `layers` has the rows of layer_sizes of the run, whose network is the paper's.
    """
    experiment, title = design.NETWORKS[number]
    activation, optimizer = experiment.split("_")
    ordered = layers.sort_values("layer")
    dense = ordered[ordered["kind"] == "dense"]
    kinds = ordered["kind"].to_list()
    after = [kinds[place + 1] for place, kind in enumerate(kinds) if kind == "dense"]
    ours = [("Input", int(dense["rows_per_step"].iloc[0]), "", "")]
    ours += [
        ("Dense", int(width), function, str(config["optimizer"]["kind"]))
        for width, function in zip(dense["width"], after, strict=True)
    ]
    rows = []
    for place, ((name, kind, neurons), own) in enumerate(zip(design.ROWS, ours, strict=True)):
        last = place == len(design.ROWS) - 1
        printed = ("softmax" if last else activation, optimizer) if place else ("", "")
        cells = (
            Cell(own[0], kind, kind.startswith(own[0])),
            Cell(f"{own[1]:,}", str(neurons), own[1] == neurons),
            *(_named(mine, theirs) for mine, theirs in zip(own[2:], printed, strict=True)),
        )
        rows.append((name, cells))
    return PaperTable(number, title, design.NETWORK_HEAD, tuple(rows))


def settings_table(configs: Sequence[Config]) -> PaperTable:
    """Return the settings of our runs of the four experiments beside Table 5."""
    rows = []
    for name, printed, (optimizer, *place) in design.SETTINGS:
        own = [each for each in configs if optimizer in ("", each["optimizer"]["kind"])]
        found = [value for each in own if (value := _setting(each, place)) is not None]
        if place == ["initial_weight_scale"]:
            texts = {SCALED.format(f"{value:g}") for value in found}
            cell = Cell(_one(texts), printed)
        else:
            agrees = all(value == float(printed) for value in found) if found else None
            cell = Cell(_one({f"{value:g}" for value in found}), printed, agrees)
        rows.append((name, (cell,)))
    head = ("Hyper-Parameter", "Value")
    return PaperTable(5, "Training hyperparameters", head, tuple(rows))


def readings_table(ratios: Mapping[str, pd.DataFrame]) -> PaperTable:
    """Return how many ratios of each run Table 6 would read how, beside that table.

    `ratios` has the rows of gradient_norm_ratios of a run by experiment. How much ratios vary, for
    which the paper has no number, is the median over the epochs of the largest over the smallest.
    """
    rows = []
    for condition, reading, kind in design.READINGS:
        cells = [Cell(kind.capitalize() or "No such class", reading)]
        for own in ratios.values():
            if kind:
                count = int((own["class_table_6"] == kind).sum())
                cells.append(Cell(f"{count} of {len(own)}"))
            else:
                cells.append(Cell(_spread(own)))
        rows.append((condition, tuple(cells)))
    head = ("Average gradient norm ratio", "Interpretation", *ratios)
    return PaperTable(6, "Interpretation of ratios", head, tuple(rows))


def _named(ours: str, printed: str) -> Cell:
    texts = (design.SPELLED.get(ours, ours), design.SPELLED.get(printed, printed))
    return Cell(*(text or "-" for text in texts), agrees=ours == printed)


def _setting(config: Config, place: Sequence[str]) -> float | None:
    """Return a setting; None if the configuration, of an older version, does not have it."""
    value: Any = config
    for key in place:
        value = value.get(key, {})
    return None if value == {} else float(value)


def _one(texts: set[str]) -> str:
    return next(iter(texts)) if len(texts) == 1 else SEVERAL if texts else ""


def _spread(ratios: pd.DataFrame) -> str:
    positive = ratios[ratios["ratio"] > 0].groupby("epoch")["ratio"]
    quotients = positive.max() / positive.min()
    if quotients.empty:
        return ""
    return f"\N{MULTIPLICATION SIGN} {norm_text(quotients.median(), DIGITS)}"
