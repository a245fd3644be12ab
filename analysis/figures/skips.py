"""Residual connections: which layers of a network they go around, and how a diagram shows them."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

Block = tuple[int, int]
"""First and last hidden layer, from 1, that a connection goes around."""

COLOR = "#009E73"
CORNER = 0.16  # of the distance between two layers, that a connection keeps from either
LANE = 1.1  # slots beside the widest layer


def residual_blocks(config: Mapping[str, object]) -> list[Block]:
    """Return the blocks of an experiment's configuration, as it was registered with a run.

    Its key `residual` is a number of hidden layers that each connection spans, one connection after
    the other, or a list of blocks; without it there is none.
    """
    residual = config.get("residual")
    if not residual:
        return []
    if isinstance(residual, int):
        hidden = len(config["hidden_widths"])
        return [(last - residual + 1, last) for last in range(residual, hidden + 1, residual)]
    return [(first, last) for first, last in residual]


def connections(
    blocks: Sequence[Block],
    edges: Sequence[float],
    pitch: float,
    projected: Sequence[bool],
    hovers: Sequence[str],
) -> list[go.Scatter]:
    """Return a line a block, from the layer before it to its last one, down the right-hand side.

    `edges` has the place of the rightmost circle of inputs and each dense layer, which are `pitch`
    apart, downwards; those of blocks that are `projected` are dashed.
    """
    traces = []
    lane = max(edges) + LANE
    for (first, last), dashed, hover in zip(blocks, projected, hovers, strict=True):
        start, end = -(first - 1 + CORNER) * pitch, -(last - CORNER) * pitch
        xs = [edges[first - 1] + 0.4, lane, lane, edges[last] + 0.4]
        ys = [start, start, end, end]
        traces.append(
            go.Scatter(
                x=xs,
                y=ys,
                mode="lines+markers",
                line={"color": COLOR, "width": 2, "dash": "dot" if dashed else "solid"},
                marker={
                    "color": COLOR,
                    "size": [0, 0, 0, 9],
                    "symbol": "triangle-left",
                    "opacity": 1,
                },
                text=[hover] * len(xs),
                hovertemplate="%{text}<extra></extra>",
            )
        )
    return traces
