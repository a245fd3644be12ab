"""What a run has that it is not to have, or lacks: chunks, and statistics of steps and neurons."""

from collections.abc import Iterator

import pandas as pd
from sqlalchemy import Engine

from vanishing_gradients.analysis.verification.disagreement import Disagreement
from vanishing_gradients.analysis.verification.plan import LayerPlan, Plan
from vanishing_gradients.analysis.views import rows


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
        expected = int(layer.rows[inside].sum())
        named = f"the chunk of steps {chunk.first_step} to {chunk.last_step} in telemetry_progress"
        told = None
        if chunk.first_step not in steps or chunk.last_step not in steps:
            told = f"{named} begins or ends at a step that is not recorded"
        elif chunk.first_step <= last or chunk.last_step < chunk.first_step:
            told = f"{named} overlaps another"
        elif chunk.row_count != expected:
            told = f"{named} has {chunk.row_count} rows, and {expected} are expected"
        if told:
            yield Disagreement(told, epoch, layer.number, chunk.first_step)
        covered |= inside
        last = max(last, chunk.last_step)
    for step in steps[~covered]:
        told = "telemetry_progress has no chunk with this step"
        yield Disagreement(told, epoch, layer.number, int(step))


def unexpected_statistics(
    engine: Engine, plan: Plan, recorded: pd.DataFrame
) -> Iterator[Disagreement]:
    """Yield the statistics of layers that the run has not, and of epochs it has not completed."""
    for part in _unexpected(plan, recorded):
        with engine.connect() as connection:
            place = {"run_id": plan.run_id, "layer": part.layer, "epoch": part.epoch}
            found = rows(connection, "recorded_statistics", **place)
        for step in found["step"]:
            told = "step_statistics has a row, and none is expected"
            yield Disagreement(told, part.epoch, part.layer, int(step))


def unexpected_neurons(plan: Plan, neurons: pd.DataFrame) -> Iterator[Disagreement]:
    """Yield the layers and epochs that have statistics of neurons and are not to have any."""
    for part in _unexpected(plan, neurons):
        told = f"neuron_statistics has rows ({part.neurons}), and none is expected"
        yield Disagreement(told, part.epoch, part.layer)


def _unexpected(plan: Plan, parts: pd.DataFrame) -> Iterator[tuple]:
    numbers = {layer.number for layer in plan.layers}
    for part in parts.itertuples():
        planned = part.layer in numbers and part.epoch in plan.complete()
        under_way = plan.status == "running" and part.epoch > plan.completed_epoch
        if not (planned or under_way):
            yield part
