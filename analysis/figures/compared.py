"""A few runs of any kind side by side: how they learn, and how far gradients reach."""

from collections.abc import Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis import words
from vanishing_gradients.analysis.errors import LeftOutError
from vanishing_gradients.analysis.figures import marks, style
from vanishing_gradients.analysis.figures.curves import NOBODY, add_curves
from vanishing_gradients.analysis.figures.figure import figure
from vanishing_gradients.analysis.figures.lines import add_outlines, marked_line
from vanishing_gradients.analysis.runs import Run

CURVES = {
    "Test accuracy": "test_accuracy",
    "Test loss": "test_loss",
    "Training accuracy": "accuracy",
    "Training loss": "loss",
}
MARKS = marks.with_symbols(
    {
        marks.ZERO: "exactly zero, at the bottom",
        marks.INFINITE: f"{words.INFINITE}, at the top",
        marks.UNDEFINED: f"{words.UNDEFINED}, at the top",
        marks.NOT_FINITE: f"{words.NO_GRADIENT}, at the top",
    }
)
RUN = "<b>run {run_id} {experiment}"
EVEN = 1.0  # first and last layer get gradients of one size


def label(run: Run) -> str:
    """Return the name of a run in figures and tables with others."""
    return f"{run.run_id} {run.experiment}"


@figure(curves="training_curves")
def curves_compared(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw accuracy and loss of `runs`, a line each; `curves` holds rows of training_curves.

    Training values are averages over the epoch, while the weights change; test values are after the
    epoch.

    Values unknown for all runs get no panel. Raises LeftOutError if nothing is known.
    """
    trained = any(not run.watched for run in runs)
    shown = {name: each for name, each in CURVES.items() if trained or curves[each].notna().any()}
    if not shown:
        raise LeftOutError("accuracy and loss", NOBODY)
    title = style.with_subtitle("Accuracy and loss", _data(runs))
    height = round(1.5 * style.HEIGHT * (len(shown) + 1) / (len(CURVES) + 1))
    figure = style.stacked(title, list(shown), 0.05 * len(CURVES) / len(shown), height)
    watched = [label(run) for run in runs if run.watched]
    for row, (heading, column) in enumerate(shown.items(), start=1):
        lines = {
            label(run): (label(run), column, curves[curves["run_id"] == run.run_id]) for run in runs
        }
        add_curves(figure, row, lines, heading.lower(), watched)
        figure.update_yaxes(**style.METRIC_AXES[column.removeprefix("test_")], row=row)
    style.whole_axis(figure, curves["epoch"], "epoch")
    return figure


@figure(norms="epoch_means", layers="layer_sizes")
def norms_compared(norms: pd.DataFrame, layers: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the norm of every dense layer of `runs` in the first epoch, and in the last of each.

    Mean L2 norm of a row of the gradient of the weights.

    `norms` holds rows of epoch_means. If the runs differ in their number of dense layers, the axis
    is relative depth: 0 is the first dense layer, 1 the last.
    """
    dense = _some(dense_norms(norms, layers))
    depths = dense.groupby("run_id")["depth"].max()
    relative = depths.nunique() > 1
    steps = (dense["run_id"].map(depths) - 1).clip(lower=1)
    dense = dense.assign(x=(dense["depth"] - 1) / steps if relative else dense["depth"])
    epochs = dense.groupby("run_id")["epoch"]
    panels = {
        "First epoch": dense[dense["epoch"] == epochs.transform("min")],
        "Last epoch": dense[dense["epoch"] == epochs.transform("max")],
    }
    axis = style.log_panel(pd.concat(panels.values())["norm"])
    norm = "mean L2 norm of a row"
    title = style.with_subtitle("Gradient norm of dense layers", _data(runs), norm)
    figure = style.stacked(title, list(panels), 0.1)
    shown: set[str] = set()
    for row, panel in enumerate(panels.values(), start=1):
        kinds = marks.special(panel["norm"])
        points = panel[["run_id", "x"]].assign(
            y=panel["norm"].mask(kinds == marks.ZERO, axis.bottom).fillna(axis.top),
            mark=kinds,
            hover=style.hovers(
                panel.assign(of=panel["run_id"].map(depths)),
                RUN + "</b>",
                "{layer_name} (dense {depth} of {of}), epoch {epoch}",
                "norm {norm}",
            ),
        )
        _draw(figure, row, points, runs, shown)
    figure.update_yaxes(**axis.layout("norm"))
    if relative:
        figure.update_xaxes(range=[-0.04, 1.04])
        what = "relative depth: 0 first dense layer, 1 last"
        return figure.update_xaxes(title_text=what, row=len(panels))
    style.whole_axis(figure, dense["depth"], "number of dense layer")
    return figure


@figure(norms="epoch_means", layers="layer_sizes")
def first_to_last_compared(
    norms: pd.DataFrame, layers: pd.DataFrame, runs: Sequence[Run]
) -> go.Figure:
    """Draw the norm of the first dense layer over that of the last, by epoch, one line per run.

    Norm of the first dense layer over that of the last: far below 1 gradients vanish on their way
    to the input, far above 1 they explode.
    """
    ratios = first_to_last(_some(dense_norms(norms, layers)))
    endless = ratios["ratio"].where(ratios["mark"].isin((marks.ORDINARY, marks.ZERO)))
    axis = style.log_panel(endless, [EVEN])
    points = ratios.assign(
        x=ratios["epoch"],
        y=endless.mask(ratios["mark"] == marks.ZERO, axis.bottom).fillna(axis.top),
        hover=style.hovers(
            ratios,
            RUN + ", epoch {epoch}</b>",
            "first / last {ratio}",
            "first: norm {first}",
            "last: norm {last}",
        ),
    )
    title = style.with_subtitle("First dense layer's norm over the last one's", _data(runs))
    figure = style.stacked(title, [""], 0)
    _draw(figure, 1, points, runs, set())
    style.whole_axis(figure, ratios["epoch"], "epoch")
    figure.update_yaxes(**axis.layout("norm of first / norm of last"))
    style.level(figure, EVEN, "as large as in the last", (style.INK, "dot"), below=False)
    return figure


def dense_norms(norms: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of dense layers, with `depth`: 1 is the first dense layer of its run.

    `norms` holds rows of epoch_means, `layers` those of layer_sizes.
    """
    dense = norms.merge(layers.loc[marks.is_dense(layers), ["run_id", "layer"]])
    return dense.assign(
        depth=dense.groupby(["run_id", "epoch"])["layer"].rank().astype("int64")
    ).sort_values(["run_id", "epoch", "layer"])


def _some(dense: pd.DataFrame) -> pd.DataFrame:
    if dense.empty:
        raise LeftOutError("norms of dense layers", "no layer has weights whose rows are inputs")
    return dense


def first_to_last(dense: pd.DataFrame) -> pd.DataFrame:
    """Return one row per (run, epoch) of dense_norms: ratio, its layers (first, last), its mark.

    `ratio` is infinite for x / 0, and NaN for 0 / 0 or if a norm is not finite.
    """
    groups = dense.groupby(["run_id", "experiment", "epoch"], sort=True)
    # Not first() and last(), which skip NaN.
    ends = groups["norm"].agg(first=lambda own: own.iloc[0], last=lambda own: own.iloc[-1])
    ends = ends.reset_index()
    return ends.join(marks.divided(ends["first"], ends["last"]))


def ratio_in_words(row: pd.Series, number: int) -> str:
    """Return a row of first_to_last as text, with `number` significant digits."""
    undefined = {
        marks.INFINITE: words.INFINITE,
        marks.UNDEFINED: words.UNDEFINED,
        marks.NOT_FINITE: words.NOT_FINITE,
    }
    return undefined.get(row["mark"]) or words.digits(row["ratio"], number)


def _draw(
    figure: go.Figure, row: int, points: pd.DataFrame, runs: Sequence[Run], shown: set[str]
) -> None:
    """Draw a line for each of `runs`, which looks the same in every figure."""
    for place, run in enumerate(runs):
        own = points[points["run_id"] == run.run_id]
        if own.empty:
            continue
        look = marks.numbered_look(label(run), place)
        legend = {"legendgroup": look.name, "showlegend": look.name not in shown}
        figure.add_trace(marked_line(own, look, MARKS, cliponaxis=False, **legend), row, 1)
        shown.add(look.name)
    add_outlines(figure, row, points, MARKS, shown)


def _data(runs: Sequence[Run]) -> str:
    datasets = sorted({run.dataset or "" for run in runs})
    if len(datasets) == 1:
        return f"{len(runs)} runs{style.on_dataset(datasets[0])}"
    named = ", ".join(escape(each) or "unknown" for each in datasets)
    return f"{len(runs)} runs, on <b>different data sets</b>: {named}"
