"""The chunks of telemetry_progress against the steps that they are to cover."""

from collections.abc import Iterator

import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement
from vanishing_gradients.analysis.verification.plan import LayerPlan, Plan


def chunks_of(plan: Plan, chunks: pd.DataFrame) -> Iterator[Disagreement]:
    """Yield what is wrong with a run's chunks: each recorded step is in one, with all its rows.

    Chunks of epochs that an unfinished run has not completed are left alone.
    """
    layers = {layer.number: layer for layer in plan.layers} if plan.full else {}
    groups = dict(list(chunks.groupby(["layer", "epoch"])))
    for (number, epoch), group in groups.items():
        if number in layers and (epoch in plan.complete() or plan.pending(epoch)):
            continue
        for chunk in group.itertuples():
            told = "telemetry_progress has a chunk, and none is expected"
            yield Disagreement(told, epoch, number, chunk.first_step)
    for layer, epoch in plan.parts() if plan.full else ():
        yield from _epoch(layer, epoch, groups.get((layer.number, epoch), chunks.iloc[:0]))


def _epoch(layer: LayerPlan, epoch: int, chunks: pd.DataFrame) -> Iterator[Disagreement]:
    steps, last = layer.rows.index, 0
    covered = pd.Series(False, steps)
    for chunk in chunks.itertuples():
        inside = (steps >= chunk.first_step) & (steps <= chunk.last_step)
        rows = int(layer.rows[inside].sum())
        named = f"the chunk of steps {chunk.first_step} to {chunk.last_step} in telemetry_progress"
        told = None
        if chunk.first_step not in steps or chunk.last_step not in steps:
            told = f"{named} begins or ends at a step that is not recorded"
        elif chunk.first_step <= last or chunk.last_step < chunk.first_step:
            told = f"{named} overlaps another"
        elif chunk.row_count != rows:
            told = f"{named} has {chunk.row_count} rows, and {rows} are expected"
        if told:
            yield Disagreement(told, epoch, layer.number, chunk.first_step)
        covered |= inside
        last = max(last, chunk.last_step)
    for step in steps[~covered]:
        yield Disagreement(
            "telemetry_progress has no chunk with this step", epoch, layer.number, int(step)
        )
