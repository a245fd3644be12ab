"""The report's sections on a run and on a data set: tables, figures, tests, nearest storage."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis import design_tables as design
from vanishing_gradients.analysis import paper, tables
from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.audit.nearest import nearest
from vanishing_gradients.analysis.audit.stored import DECIMALS, FILLER, stored_ratios
from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures import derivatives, over_seeds
from vanishing_gradients.analysis.figures.components import components
from vanishing_gradients.analysis.figures.curves import accuracy_and_loss
from vanishing_gradients.analysis.figures.figure import Figure
from vanishing_gradients.analysis.figures.layer_names import in_own_names
from vanishing_gradients.analysis.figures.network_diagram import (
    network_diagram,
    residual_blocks,
    table_of_layers,
)
from vanishing_gradients.analysis.figures.over_epochs import gradient_norm_ratio, mean_gradient
from vanishing_gradients.analysis.pages.answers import NAMES, answers
from vanishing_gradients.analysis.pages.page import drawn, spelled
from vanishing_gradients.analysis.paper.design import NETWORKS
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.tables import PaperTable

DEEP = tuple(range(5, paper.LAYERS))
EARLY = (1, 2, 3, 4)
SNAPSHOT = (3, 2, 6)  # layer, first epochs and rows of Figure 14
IN_PAPER = {
    ("relu_adam", gradient_norm_ratio): "Figure 10",
    ("relu_adam", accuracy_and_loss): "Figure 12",
    ("relu_sgd", gradient_norm_ratio): "Figure 13",
    ("relu_sgd", accuracy_and_loss): "Figure 16",
    ("sigmoid_adam", gradient_norm_ratio): "Figures 17 and 18",
    ("sigmoid_adam", accuracy_and_loss): "Figure 19",
    ("sigmoid_sgd", gradient_norm_ratio): "Figure 20",
    ("sigmoid_sgd", accuracy_and_loss): "Figure 21",
}
ONE_LAYER = {"relu_adam": (9, "Figure 11"), "relu_sgd": (3, "Figure 15")}
THEORY = (derivatives.saturation, derivatives.derivative_products, derivatives.activations)
OVER_SEEDS = {
    over_seeds.accuracy_over_seeds: "Figure 22",
    over_seeds.loss_over_seeds: "Figure 23",
    over_seeds.norms_over_seeds: "",
}

Shown = dict[str, str]
"""A figure on the page: its `html`, its `caption`, and its place in the paper, if any."""
Section = dict[str, Any]
"""The parts of a section, by their names in the template."""


def theory() -> list[Shown]:
    """Return Figures 1 to 3, which need no run."""
    return [
        _shown(f"figure_{number}", f"Figure {number}", each.caption, each())
        for number, each in enumerate(THEORY, start=1)
    ]


def parts() -> Shown:
    """Return Figure 5, which needs no run: this program's parts in place of the paper's."""
    return _shown("figure_5", "Figure 5", components.caption, components())


def design_tables(evidence: Evidence, runs: Sequence[Run]) -> list[PaperTable]:
    """Return Tables 1 to 6 beside those of `runs` that are of the paper's experiments."""
    own = {run.experiment: run for run in reversed(runs) if run in evidence.runs}
    if not own:
        return []
    configs = {
        name: json.loads(evidence.ask("run_provenance", run_id=run.run_id)["config"].item())
        | {"epochs": run.epochs}
        for name, run in own.items()
    }
    found = [
        design.network_table(
            number, evidence.ask("layer_sizes", run_id=own[name].run_id), configs[name]
        )
        for number, (name, _) in NETWORKS.items()
        if name in own
    ]
    ratios = {
        name: evidence.ask("gradient_norm_ratios", run_id=run.run_id)
        for name, run in sorted(own.items())
    }
    found += [design.settings_table(list(configs.values())), design.readings_table(ratios)]
    return found


def networks(evidence: Evidence, runs: Sequence[Run]) -> list[Shown]:
    """Return Figure 4: the network of the first run, and of each run with another network."""
    found: dict[tuple, Shown] = {}
    for run in runs:
        sizes = evidence.ask("layer_sizes", run_id=run.run_id)
        shape = (run.experiment.partition("_")[0], *sizes["width"], sizes["rows_per_step"].iloc[0])
        if shape in found:
            continue
        provenance = evidence.ask("run_provenance", run_id=run.run_id)
        title = f"The network of {run.experiment}"
        if run.watched:
            named = in_own_names(evidence.ask)
            diagram = table_of_layers(named("layer_sizes", run_id=run.run_id), title)
        else:
            blocks = residual_blocks(json.loads(provenance["config"].item()))
            diagram = network_diagram(sizes, title, blocks)
        on = f" on {run.dataset}" if run.dataset else ""
        found[shape] = _shown(
            f"run_{run.run_id}_network",
            "" if run.watched else "Figure 4",
            f"The network of run {run.run_id}, {run.experiment}{on}, from the view layer_sizes.",
            diagram,
        )
    return list(found.values())


def run_section(evidence: Evidence, run: Run, remark: str = "") -> Section:
    """Return the section of one run, in the paper's order, with what its views have rows for."""
    name = NAMES.get(run.experiment, run.experiment)
    on = f" on {spelled(run.dataset)}" if run.dataset else ""
    title = f"{name[0].upper()}{name[1:]}{on}, run {run.run_id}"
    found: Section = {"tables": [], "figures": [], "snapshots": [], "wanting": []}
    try:
        found["tables"] += _tables(evidence, run)
        for each in _figures(evidence, run):
            found["figures"].append(each)
    except NoRowsError as error:
        found["wanting"].append(str(error))
    except LeftOutError as error:
        found["wanting"].append("Left out: {}, since {}.".format(*error.args))
    try:
        found["tables"] += _stored_tables(evidence, run)
        found["snapshots"] += _snapshots(evidence, run)
    except NoRowsError as error:
        found["wanting"].append(str(error))
    return found | {"run": run, "title": title, "remark": remark}


def dataset_section(evidence: Evidence, dataset: str) -> Section:
    """Return the section of one data set; `table` is None if there is no run for it."""
    try:
        table = tables.seeds_table(evidence.ratios(paper.CLASS_TABLE, dataset))
    except NoRowsError:
        table = None
    return {
        "dataset": dataset,
        "answers": answers(evidence, dataset),
        "effects": evidence.effects(dataset),
        "nearest": [
            (paper.RATIO_TABLES[experiment], tried)
            for (searched, experiment), tried in nearest(evidence).items()
            if searched == dataset
        ],
        "table": table,
        "figures": list(_over_seeds(evidence, dataset)),
    }


def configurations(evidence: Evidence, runs: Sequence[Run]) -> list[Section]:
    """Return the distinct configurations of `runs`, and their other differences, except seeds."""
    keys = ("experiment", "dataset", "sha256", "commit", "packages", "config")
    found: dict[tuple[str, ...], list[str]] = {}
    for run in runs:
        row = evidence.ask("run_provenance", run_id=run.run_id).iloc[0]
        commit = row["git_commit"] if isinstance(row["git_commit"], str) else "unknown"
        packages = ", ".join(
            f"{name} {version}" for name, version in json.loads(row["package_versions"]).items()
        )
        config = json.dumps(json.loads(row["config"]), indent=1, sort_keys=True)
        sha256 = row["dataset_sha256"] if isinstance(row["dataset_sha256"], str) else ""
        key = (run.experiment, run.dataset or "", sha256, commit, packages, config)
        seed = "" if run.seed is None else f"seed {run.seed}, "
        told = f"run {run.run_id} ({seed}{run.float_type}, {run.telemetry})"
        found.setdefault(key, []).append(told)
    return [dict(zip(keys, key, strict=True)) | {"runs": told} for key, told in found.items()]


def _shown(name: str, in_paper: str, caption: str, figure: go.Figure) -> Shown:
    return {"html": drawn(figure, name), "caption": caption, "in_paper": in_paper}


def _of_figure(
    figure: Figure, name: str, in_paper: str, evidence: Evidence, **about: object
) -> Shown:
    return _shown(name, in_paper, figure.caption, figure.drawn(evidence.ask, **about))


def _figures(evidence: Evidence, run: Run) -> Iterator[Shown]:
    """Yield the figures of one run: ratio, mean gradient, the layer the paper shows, curves."""
    layer, number = ONE_LAYER.get(run.experiment, (0, ""))
    for each in (gradient_norm_ratio, mean_gradient, accuracy_and_loss):
        name = f"run_{run.run_id}_{each.name}"
        norms = evidence.ask("gradient_norms", run_id=run.run_id)
        if each is mean_gradient and layer in set(norms["layer"]):
            caption = (
                f"Mean over all gradient values of layer {layer} in an epoch. Dashed lines at "
                "±0.001 bound what the paper calls the vanishing region. View: gradient_norms."
            )
            figure = each.drawn(evidence.ask, run=run, only=(layer,))
            yield _shown(f"{name}_{layer}", number, caption, figure)
        yield _of_figure(each, name, IN_PAPER.get((run.experiment, each), ""), evidence, run=run)


def _over_seeds(evidence: Evidence, dataset: str) -> Iterator[Shown]:
    """Yield the figures over all seeds on a data set, of the experiments that have runs."""
    present: dict[str, list[Run]] = {}
    for experiment in paper.EXPERIMENTS:
        try:
            present[experiment] = evidence.seeds(experiment, dataset)
        except NoRowsError:
            continue
    if not present:
        return
    stem = dataset.replace("-", "_")
    runs = [run for own in present.values() for run in own]
    for each, in_paper in OVER_SEEDS.items():
        yield _of_figure(each, f"{stem}_{each.name}", in_paper, evidence, runs=runs)
    for experiment, own in present.items():
        each = over_seeds.ratio_over_seeds
        yield _of_figure(each, f"{stem}_{experiment}_{each.name}", "", evidence, runs=own)


def _tables(evidence: Evidence, run: Run) -> list[PaperTable]:
    ratios = evidence.ask("gradient_norm_ratios", run_id=run.run_id)
    shown = [tables.ratio_table, tables.class_table]
    if run.experiment not in paper.EXPERIMENTS or run.experiment == "relu_sgd":
        shown += [tables.last_layers_table, tables.first_epoch_table]
    return [table(ratios, run.experiment) for table in shown]


def _stored_tables(evidence: Evidence, run: Run) -> list[PaperTable]:
    """Return the sigmoid tables after storage: the constants, the infinities."""
    if not run.experiment.startswith("sigmoid_") or run not in evidence.runs:
        return []
    ratios = [_stored(evidence, run, DEEP, FILLER)]
    if run.experiment == "sigmoid_sgd":
        ratios.insert(0, _stored(evidence, run, EARLY, 0.0))
    kept = f"{DECIMALS} decimals kept and {FILLER:,.0f} in unused columns"
    title = f"The same with {kept} (views stored_norm_avg)"
    digits = tables.PRINTED_DIGITS
    return [tables.ratio_table(pd.concat(ratios), run.experiment, title, digits)]


def _stored(evidence: Evidence, run: Run, layers: Sequence[int], filler: float) -> pd.DataFrame:
    found = stored_ratios(evidence, run.experiment, run.dataset, layers, DECIMALS, filler)
    rows = found.rename_axis(columns="layer").stack(future_stack=True).rename("ratio").reset_index()
    # A NaN is x / 0 or 0 / 0; the paper prints Infinity for both.
    return rows.assign(
        numerator=1.0, denominator=rows["ratio"].notna() * 1.0, **{"class": "stable"}
    )


def _snapshots(evidence: Evidence, run: Run) -> list[tuple[str, pd.DataFrame]]:
    """Return Figure 14: the first rows of a gradient table, as an SQL client shows them."""
    layer, epochs, rows = SNAPSHOT
    if run.experiment != "relu_sgd" or run.telemetry != "full":
        return []
    own: dict[str, object] = {"experiment": run.experiment, "run_id": run.run_id}
    own |= {"layer": evidence.layer(run, layer), "step": 1, "rows": rows}
    shown = range(1, min(epochs, run.epochs) + 1)
    return [
        (
            f"Layer {layer}, epoch {each}, first batch",
            evidence.ask("first_cells", epoch=each, row=0, **own),
        )
        for each in shown
    ]
