"""The figures of the report, each with its number in the paper and how to read it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import plotly.graph_objects as go
from markupsafe import Markup

from vanishing_gradients.analysis import figures, paper
from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.marks import layer_names
from vanishing_gradients.analysis.figures.skips import residual_blocks
from vanishing_gradients.analysis.gallery import KINDS
from vanishing_gradients.analysis.pages import drawn
from vanishing_gradients.analysis.runs import Run

RATIO, MEAN, CURVES = "gradient_norm_ratio", "mean_gradient", "accuracy_and_loss"
IN_PAPER = {
    ("relu_adam", RATIO): "Figure 10",
    ("relu_adam", CURVES): "Figure 12",
    ("relu_sgd", RATIO): "Figure 13",
    ("relu_sgd", CURVES): "Figure 16",
    ("sigmoid_adam", RATIO): "Figures 17 and 18",
    ("sigmoid_adam", CURVES): "Figure 19",
    ("sigmoid_sgd", RATIO): "Figure 20",
    ("sigmoid_sgd", CURVES): "Figure 21",
}
ONE_LAYER = {"relu_adam": (9, "Figure 11"), "relu_sgd": (3, "Figure 15")}
OVER_SEEDS = "Lines are medians over seeds, bands reach from the smallest to the largest seed. "


@dataclass(frozen=True)
class Plate:
    """A figure ready for the page: where it stands in the paper, if it does, and its caption."""

    name: str
    in_paper: str
    caption: str
    html: Markup


def theory() -> list[Plate]:
    """Return Figures 1 to 3, which need no run."""
    return [
        _plate(
            "figure_1",
            "Figure 1",
            "The sigmoid and its derivative. Where the sigmoid is flat its derivative, by which a "
            "gradient is multiplied on its way back, is next to nothing.",
            figures.saturation(),
        ),
        _plate(
            "figure_2",
            "Figure 2",
            "Products of activation derivatives alone, by the number of layers. The weights "
            "between, by which a gradient is multiplied too, are left out; with the paper's small "
            "initial weights they shrink it far more, as the audit shows.",
            figures.derivative_products(),
        ),
        _plate(
            "figure_3",
            "Figure 3",
            "Sigmoid and ReLU, each with its derivative.",
            figures.activations(),
        ),
    ]


def network(evidence: Evidence, run: Run) -> Plate:
    """Return Figure 4, drawn from the layers of a run."""
    sizes = evidence.ask("layer_sizes", run_id=run.run_id)
    provenance = evidence.ask("run_provenance", run_id=run.run_id)
    blocks = residual_blocks(json.loads(provenance["config"].item()))
    return _plate(
        f"run_{run.run_id}_network",
        "Figure 4",
        f"The network of run {run.run_id}, {run.experiment} on {run.dataset}, from the view "
        "layer_sizes.",
        figures.network_diagram(sizes, f"The network of {run.experiment}", blocks),
    )


def of_run(evidence: Evidence, run: Run) -> Iterator[Plate]:
    """Yield the figures of one run: ratio, mean gradient, the layer the paper shows, curves."""
    norms = evidence.ask("gradient_norms", run_id=run.run_id)
    ratios = evidence.ask("gradient_norm_ratios", run_id=run.run_id)
    names = layer_names(norms)
    thresholds = evidence.ask("ratio_thresholds")
    if not ratios.empty:
        yield _of_run(RATIO, run, figures.gradient_norm_ratio(ratios, names, thresholds, run))
    layer, number = ONE_LAYER.get(run.experiment, (0, ""))
    if layer in names:
        yield _plate(
            f"run_{run.run_id}_{MEAN}_{layer}",
            number,
            f"Mean over all gradient values of layer {layer} in an epoch. Dashed lines at ±0.001 "
            "bound what the paper calls the vanishing region. View: gradient_norms.",
            figures.mean_gradient(norms, run, (layer,)),
        )
    yield _of_run(MEAN, run, figures.mean_gradient(norms, run))
    curves = evidence.ask("training_curves", run_id=run.run_id)
    yield _of_run(CURVES, run, figures.accuracy_and_loss(curves, run))


def over_seeds(evidence: Evidence, dataset: str) -> Iterator[Plate]:
    """Yield the figures over all seeds on a data set, of the experiments that have runs."""
    present = []
    for experiment in paper.EXPERIMENTS:
        try:
            present += evidence.seeds(experiment, dataset)
        except NoRowsError:
            continue
    if not present:
        return
    ids = tuple(run.run_id for run in present)
    curves = evidence.ask("training_curves", run_id=ids)
    norms = evidence.ask("epoch_means", run_id=ids)
    thresholds = evidence.ask("ratio_thresholds")
    stem = dataset.replace("-", "_")
    yield _plate(
        f"{stem}_accuracy_over_seeds",
        "Figure 22",
        f"{OVER_SEEDS}View: training_curves.",
        figures.accuracy_over_seeds(curves, present),
    )
    yield _plate(
        f"{stem}_loss_over_seeds",
        "Figure 23",
        f"{OVER_SEEDS}View: training_curves.",
        figures.loss_over_seeds(curves, present),
    )
    yield _plate(
        f"{stem}_norms_over_seeds",
        "",
        f"{OVER_SEEDS}Filled markers are dense layers, open ones all others, whose gradients are "
        "of another kind. View: epoch_means.",
        figures.norms_over_seeds(norms, present),
    )
    for experiment in dict.fromkeys(run.experiment for run in present):
        own = [run for run in present if run.experiment == experiment]
        yield _plate(
            f"{stem}_{experiment}_ratio_over_seeds",
            "",
            f"{OVER_SEEDS}View: epoch_means.",
            figures.ratio_over_seeds(norms[norms["experiment"] == experiment], thresholds, own),
        )


def _of_run(kind: str, run: Run, figure: go.Figure) -> Plate:
    in_paper = IN_PAPER.get((run.experiment, kind), "")
    return _plate(f"run_{run.run_id}_{kind}", in_paper, KINDS[kind][1], figure)


def _plate(name: str, in_paper: str, caption: str, figure: go.Figure) -> Plate:
    return Plate(name, in_paper, caption, drawn(figure, name))
