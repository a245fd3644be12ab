"""One layer of a run over its epochs: its size, its histogram, and a single neuron of it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures import maps, marks, style
from vanishing_gradients.analysis.figures.figure import Ask, figure
from vanishing_gradients.analysis.figures.gradient_distribution import SCALE
from vanishing_gradients.analysis.figures.over_epochs import USUAL_UPDATE
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import counted, power

PANEL = 150  # pixels
MEASURES = {
    "gradient_norms": ("norm", "mean row norm", None),
    "gradient_norm_ratios": ("ratio", "ratio of the next layer's norm to it", 1.0),
    "update_ratios": ("ratio", "update / weights", USUAL_UPDATE),
    "noise_scales": ("noise_scale", "noise scale, in samples", None),
}
"""By view: the column of a panel, its heading, and a line across it."""
MOST_COLUMNS = 80
NOT_COUNTED = "the cells of this layer were not counted while it was recorded"
NO_NEURONS = "its neurons were not recorded"


def _measures(ask: Ask, run: Run, layer: int) -> dict[str, pd.DataFrame]:
    found = {}
    for view in MEASURES:
        try:
            found[view] = ask(view, run_id=run.run_id, layer=layer)
        except NoRowsError:
            continue
    if not found:
        raise LeftOutError("the course of this layer", "it has no gradients")
    return found


@figure("Over the epochs", views=f"Views: {', '.join(MEASURES)}", measures=_measures)
def layer_course(measures: dict[str, pd.DataFrame], run: Run, layer: int) -> go.Figure:
    """Draw what is known of a layer in each epoch, a panel each, on logarithmic axes.

    Norms and ratios of this layer by epoch, on logarithmic axes; zeros are triangles at the bottom
    of their panel, values that are not finite or undefined hourglasses at its top. About 0.001 is a
    usual ratio of update and weights.
    """
    headings = [MEASURES[view][1] for view in measures]
    title = style.title_of_run(_what(_first(measures), layer), run)
    height = PANEL * len(headings) + style.height_of(title) + 60
    drawn = style.stacked(title, headings, 0.3 / len(headings) if len(headings) > 1 else 0, height)
    for row, (view, frame) in enumerate(measures.items(), start=1):
        column, what, line = MEASURES[view]
        values = frame[column].clip(lower=0)
        panel = style.log_panel(values, [line] if line else [])
        points = frame.assign(value=values)
        texts = style.hovers(points, f"epoch {{epoch}}: {what} {{value}}")
        line_of_layer = _line(points, panel, texts, style.PALETTE[0])
        drawn.add_trace(line_of_layer.update(showlegend=False), row, 1)
        drawn.update_yaxes(**panel.layout(""), row=row)
        if line:
            drawn.add_hline(y=line, row=row, line={"color": style.VANISHING[0], "dash": "dash"})
    epochs = sorted(set().union(*(frame["epoch"] for frame in measures.values())))
    style.whole_axis(drawn, epochs, "epoch")
    return drawn


def _histograms(ask: Ask, run: Run, layer: int, epoch: int | None = None) -> pd.DataFrame:
    within = {} if epoch is None else {"epoch": epoch}
    try:
        return ask("gradient_histograms", run_id=run.run_id, layer=layer, **within)
    except NoRowsError:
        raise LeftOutError("the histogram of this layer", NOT_COUNTED) from None


@figure("Histogram", views="View: gradient_histograms", cells=_histograms)
def layer_histograms(
    cells: pd.DataFrame, run: Run, layer: int, epoch: int | None = None
) -> go.Figure:
    """Draw a layer's histogram by powers of two over the epochs, or over the steps of one.

    Each column is a histogram of this layer's gradient by magnitude, in powers of two: the share
    of its values, those that are exactly zero in a row of their own below. Columns are epochs, or
    the steps of one epoch that were counted: the first, every tenth after it, and the last.
    """
    by = "epoch" if epoch is None else "step"
    columns = sorted(set(cells[by]))
    columns = columns[:: -(-len(columns) // MOST_COLUMNS)]
    counts = cells.pivot_table("cells", "exponent", by, "sum", fill_value=0, dropna=False)
    zeros = cells[cells["exponent"].isna()].groupby(by)["cells"].sum()
    counts = counts[counts.index.notna()]
    low, high = (int(counts.index.min()), int(counts.index.max())) if len(counts) else (-1, 0)
    counts = counts.reindex(index=range(low, high + 1), columns=columns, fill_value=0)
    zeros = zeros.reindex(columns, fill_value=0)
    total = (counts.sum() + zeros).where(lambda sums: sums > 0)
    shares = counts.div(total).to_numpy(dtype="float64")
    z = np.vstack(
        [zeros.div(total).to_numpy(dtype="float64"), np.full(len(columns), np.nan), shares]
    )
    words = [
        "exactly zero",
        "",
        *(f"{power(at, 2)} to {power(at + 1, 2)}" for at in range(low, high + 1)),
    ]
    within = "" if epoch is None else f", within epoch {epoch}"
    title = style.title_of_run(f"{_what(cells, layer)}{within}", run)
    drawn = style.stacked(title, [""], 0, 440)
    y = [low - 2, low - 1, *range(low, high + 1)]
    shown = go.Heatmap(
        x=columns,
        y=y,
        z=z,
        text=[[f"{by} {column}<br>{word}" for column in columns] for word in words],
        hovertemplate="%{text}: %{z:.3%} of values<extra></extra>",
        xgap=1,
        **_colors(max(0.05, float(np.nanmax(z)))).of_map((0.0, 1.0), 300),
    )
    drawn.add_trace(shown, 1, 1)
    step = -(-(high - low + 1) // 8)
    edges = [at for at in range(low, high + 1) if at % step == 0]
    drawn.update_yaxes(
        tickvals=[low - 2, *(at - 0.5 for at in edges)],
        ticktext=["0", *(power(at, 2) for at in edges)],
        showgrid=False,
        title_text="magnitude of the gradient",
    )
    style.whole_axis(drawn, columns, by)
    return drawn.update_xaxes(showgrid=False)


def _neurons(ask: Ask, run: Run, layer: int, **_about: int) -> pd.DataFrame:
    try:
        return ask("neurons", run_id=run.run_id, layer=layer)
    except NoRowsError:
        raise LeftOutError("the neurons of this layer", NO_NEURONS) from None


@figure("One neuron", views="View: neurons", neurons=_neurons)
def neuron_course(neurons: pd.DataFrame, run: Run, layer: int, neuron: int) -> go.Figure:
    """Draw the mean magnitude of a neuron's gradient by epoch, among those of its layer.

    Mean magnitude of this neuron's gradient in each epoch, on a logarithmic axis; the band is from
    the smallest to the largest of its layer, the line within it their median. Zeros are triangles
    at the bottom.
    """
    own = neurons[neurons["neuron"] == neuron]
    if own.empty:
        raise LeftOutError(
            f"neuron {neuron}", f"layer {layer} has neurons 1 to {neurons['neuron'].max()}"
        )
    among = neurons.groupby("epoch")["mean_abs"].agg(["min", "median", "max"])
    panel = style.log_panel(pd.concat([neurons["mean_abs"], own["mean_abs"]]))
    dead = own.loc[own["dead"] == 1, "epoch"]
    told = f"dead in {counted(len(dead), 'epoch')} of {len(own)}" if len(dead) else "never dead"
    title = style.title_of_run(f"Neuron {neuron} of {_what(own, layer)}", run, told)
    drawn = style.stacked(title, [""], 0, 400)
    floor = among.clip(lower=panel.bottom).fillna(panel.bottom)
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    drawn.add_trace(go.Scatter(x=floor.index, y=floor["max"], showlegend=False, **edge))
    drawn.add_trace(
        go.Scatter(
            x=floor.index, y=floor["min"], fill="tonexty", fillcolor="rgba(86,180,233,0.35)",
            name="all neurons of the layer", **edge,
        )
    )  # fmt: skip
    drawn.add_trace(
        go.Scatter(
            x=floor.index, y=floor["median"], mode="lines", name="their median",
            line={"color": style.PALETTE[5], "dash": "dot"}, hoverinfo="skip",
        )
    )  # fmt: skip
    points = own.assign(value=own["mean_abs"])
    texts = style.hovers(points, "epoch {epoch}: {value}")
    drawn.add_trace(
        _line(points, panel, texts, style.PALETTE[1]).update(name=f"neuron {neuron}", marker_size=9)
    )
    drawn.update_yaxes(**panel.layout("mean magnitude of its gradient"))
    style.whole_axis(drawn, own["epoch"], "epoch")
    return drawn


def _line(
    points: pd.DataFrame, panel: style.LogPanel, texts: Sequence[str], color: str
) -> go.Scatter:
    """Return a line of `value` by epoch: zeros at the bottom of its panel, NaN at the top."""
    kinds = marks.special(points["value"])
    return go.Scatter(
        x=points["epoch"],
        y=points["value"].mask(kinds == marks.ZERO, panel.bottom).fillna(panel.top),
        mode="lines+markers",
        line={"color": color},
        marker={"symbol": [marks.MARK_SYMBOLS.get(kind, "circle") for kind in kinds], "size": 8},
        text=texts,
        hovertemplate="%{text}<extra></extra>",
    )


def _first(measures: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the first frame, whose rows name the layer."""
    return next(iter(measures.values()))


def _what(rows: pd.DataFrame, layer: int) -> str:
    return f"Layer {layer}, {rows['layer_name'].iloc[0]}"


def _colors(top: float) -> maps.Colors:
    ticks = {top * part: f"{top * part:.0%}" for part in (0.0, 0.5, 1.0)}
    return maps.Colors(SCALE, 0, top, "share of values", ticks)
