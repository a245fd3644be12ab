"""Which runs are verified, and what each should hold according to the catalogue."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import TRAINER, Run, finished_runs, known_run, runs_of
from vanishing_gradients.analysis.verification.disagreement import Disagreement
from vanishing_gradients.analysis.views import ask, rows
from vanishing_gradients.sql.names import checked_experiment
from vanishing_gradients.sql.objects import Layer


@dataclass(frozen=True)
class LayerPlan(Layer):
    """A layer of a run, with its number of rows by step, for the recorded steps only.

    `full` says whether every gradient has its row. `most` is the largest possible number of rows if
    a step may have any subset, given by RowIndex; None if RowIndex runs from 0 without gaps.
    """

    rows: pd.Series
    full: bool = True
    most: int | None = None

    @property
    def values(self) -> int:
        """Gradient values of an epoch."""
        return int(self.rows.sum()) * self.width

    def nothing(self) -> "LayerPlan":
        """Return the plan of an epoch for which the run should hold nothing."""
        return replace(self, rows=self.rows.iloc[:0])


@dataclass(frozen=True)
class Plan:
    """What a run should hold: `layers` in each of the epochs 1 to `completed_epoch`.

    `config` is the experiment's, `float_type` 'double' or 'single', `batch_size` the samples of a
    full batch, None if the configuration does not say. For a watched model, whose `source` is not
    the trainer, `seen` has the rows by step of each (layer, epoch) with statistics: nothing but
    what was recorded can be expected.
    """

    run_id: int
    experiment: str
    status: str
    telemetry: str
    epochs: int | None
    completed_epoch: int
    config: dict[str, Any]
    float_type: str
    record_every: int
    batch_size: int | None
    layers: tuple[LayerPlan, ...]
    problems: tuple[Disagreement, ...]
    neuron_epochs: frozenset[int] = frozenset()
    """Those with anything introduced together with statistics of neurons, absent before."""
    source: str = TRAINER
    recorded_at: str = "before_clipping"
    seen: Mapping[tuple[int, int], pd.Series] = field(default_factory=dict)

    @property
    def watched(self) -> bool:
        """Whether it is of a watched model, trained by another loop."""
        return self.source != TRAINER

    @property
    def full(self) -> bool:
        """Whether the run should have gradient tables."""
        return self.telemetry == "full"

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The numbers of the layers."""
        return frozenset(layer.number for layer in self.layers)

    @property
    def stored(self) -> list[LayerPlan]:
        """The layers that should have gradient tables."""
        return [layer for layer in self.layers if self.full and layer.full]

    def planned(self, layer: int, epoch: int) -> bool:
        """Return whether the run should hold anything of a layer, by number, in an epoch."""
        is_seen = not self.watched or (layer, epoch) in self.seen
        return is_seen and layer in self.numbers and epoch in self.complete()

    def following(self, layer: int, epoch: int) -> int | None:
        """Return the number of the layer after one in an epoch; None for the last."""
        after = (number for number in sorted(self.numbers) if number > layer)
        return next((number for number in after if self.planned(number, epoch)), None)

    def complete(self) -> range:
        """Return the epochs that are verified."""
        return range(1, self.completed_epoch + 1)

    def pending(self, epoch: int) -> bool:
        """Return whether rows of an epoch are leftovers of a run that has not finished."""
        return self.status != "finished" and epoch > self.completed_epoch

    def parts(self) -> Iterator[tuple[LayerPlan, int]]:
        """Yield every layer and complete epoch, those with the most values first.

        For a watched model, those that were recorded.
        """
        for layer in sorted(self.layers, key=lambda layer: -layer.values):
            for epoch in self.complete():
                if self.planned(layer.number, epoch):
                    own = self.seen.get((layer.number, epoch))
                    yield (layer if own is None else replace(layer, rows=own)), epoch


def to_verify(summary: pd.DataFrame, run_id: int | None, experiment: str | None) -> list[Run]:
    """Return the finished runs with full telemetry, all or of one experiment; or run `run_id`.

    `summary` has rows of experiment_summary. Raises NoRowsError if there are none, ObjectError
    for an invalid `experiment` name.
    """
    if run_id is None:
        runs = finished_runs(summary, None, experiment)
        full = [run for run in runs if run.telemetry == "full"]
        if not full:
            how = f"train one with `make train EXP={runs[0].experiment}`"
            if runs[0].watched:
                how = 'watch one with telemetry="full"'
            raise NoRowsError(
                f"The finished runs kept statistics alone, and have no rows to verify: {how}, or "
                f"count those of one with `make verify RUN={runs[0].run_id}`."
            )
        return full
    if experiment is not None:
        checked_experiment(experiment)
    known_run(summary, run_id, experiment)
    return runs_of(summary[summary["run_id"] == run_id])


def plan_of(connection: Connection, run_id: int) -> Plan:
    """Read what a run should hold. Raises NoRowsError if there is no such run."""
    run = ask(connection, "run_provenance", run_id=run_id).iloc[0]
    expected = rows(connection, "expected_rows", run_id=run_id)
    watched = run["source"] != TRAINER
    completed = int(run["completed_epoch"])
    problems = list(_numbering(expected))
    seen: dict[tuple[int, int], pd.Series] = {}
    if watched:
        recorded = rows(connection, "recorded_steps", run_id=run_id)
        seen = _seen(rows(connection, "step_rows", run_id=run_id), completed)
        problems += _problems_of_watched(expected, recorded, seen, completed)
    else:
        problems += _problems(expected)
    if not watched and run["status"] == "finished" and completed != run["epochs"]:
        problems.append(Disagreement(f"it is finished after {completed} of {run['epochs']} epochs"))
    metrics = set(rows(connection, "training_curves", run_id=run_id)["epoch"])
    if run["status"] == "running":
        metrics = {epoch for epoch in metrics if epoch <= completed}
    for epoch in sorted(metrics ^ set(range(1, completed + 1))):
        uncompleted = "a row of an epoch that the run has not completed"
        has = uncompleted if epoch in metrics else "no row"
        problems.append(Disagreement(f"epoch_metrics has {has}", int(epoch)))
    # A layer with an impossible number has no views; it is among the problems.
    known = expected if watched else expected.dropna()
    known = known[known["layer"].between(1, len(expected))]
    steps = rows(connection, "recorded_epochs", run_id=run_id)
    neurons = rows(connection, "neuron_epochs", run_id=run_id)
    config = json.loads(run["config"])
    batch_size = _batch_size(config, run, watched)
    return Plan(
        run_id,
        run["experiment"],
        run["status"],
        run["telemetry"],
        None if pd.isna(run["epochs"]) else int(run["epochs"]),
        completed,
        config,
        run["float_type"],
        int(run["record_every"]),
        batch_size,
        tuple(_watched(row) if watched else _layer(row) for _, row in known.iterrows()),
        tuple(problems),
        frozenset(steps.loc[steps["norms"] > 0, "epoch"]) | frozenset(neurons["epoch"]),
        run["source"],
        run["recorded_at"],
        seen,
    )


def _batch_size(config: Mapping[str, Any], run: pd.Series, watched: bool) -> int | None:
    """Return the unit of noise scales; for a watched model the samples of the first batch."""
    if watched:
        seen = (config.get("watch") or {}).get("batch_size")
        return None if seen is None else int(seen)
    batch, images = config.get("batch_size"), run["training_images"]
    return None if batch is None or pd.isna(images) else min(int(batch), int(images))


def _layer(row: pd.Series) -> LayerPlan:
    steps = np.arange(1, row["steps"] + 1, row["record_every"])
    counts = np.where(steps == row["steps"], row["last_rows"], row["step_rows"])
    layer = (int(row["layer"]), row["layer_name"], int(row["width"]), row["row_meaning"])
    return LayerPlan(*layer, pd.Series(counts, steps, dtype="int64"), row["kept"] == "full")


def _watched(row: pd.Series) -> LayerPlan:
    """Return the plan of a watched model's layer, with the rows that were recorded."""
    layer = (int(row["layer"]), row["layer_name"], int(row["width"]), row["row_meaning"])
    most = int(row["layer_rows"]) if row["kind"] == "embedding" else None
    return LayerPlan(*layer, pd.Series(dtype="int64"), row["kept"] == "full", most)


def _seen(counts: pd.DataFrame, completed: int) -> dict[tuple[int, int], pd.Series]:
    """Return the rows by step of each (layer, epoch) that has statistics and is complete."""
    own = counts[counts["epoch"].between(1, completed)]
    return {
        (int(layer), int(epoch)): group.set_index("step")["row_count"]
        for (layer, epoch), group in own.groupby(["layer", "epoch"])
    }


def _problems_of_watched(
    expected: pd.DataFrame,
    recorded: pd.DataFrame,
    seen: Mapping[tuple[int, int], pd.Series],
    completed: int,
) -> Iterator[Disagreement]:
    """Yield what is impossible about the recorded rows.

    A layer may lack steps, or all of them, if it had no gradient. But every step must be a recorded
    one; a weight matrix has as many rows as inputs; other tensors may have fewer rows. How many
    rows a sample has is up to the model.
    """
    steps = {int(epoch): set(own["step"]) for epoch, own in recorded.groupby("epoch")}
    sizes = expected.set_index("layer")
    for (layer, epoch), counts in seen.items():
        for step in sorted(set(counts.index) - steps.get(epoch, set())):
            told = "step_statistics has a row, and recorded_steps has no such step"
            yield Disagreement(told, epoch, layer, int(step))
        if layer not in sizes.index or sizes["row_meaning"][layer] == "sample":
            continue
        rows, meaning = int(sizes["layer_rows"][layer]), sizes["row_meaning"][layer]
        for step, count in counts.items():
            if count > rows or (meaning == "input" and count != rows):
                least = "" if meaning == "input" else "at most "
                told = f"rows of step_statistics is {count:,}, and {least}{rows:,} are expected"
                yield Disagreement(told, epoch, layer, int(step))
    for epoch in sorted(set(steps) & set(range(1, completed + 1))):
        found = [set(counts.index) for (_, each), counts in seen.items() if each == epoch]
        for step in sorted(steps[epoch] - set().union(*found)):
            told = "recorded_steps has the step, and no layer has statistics of it"
            yield Disagreement(told, epoch, step=int(step))


def _numbering(expected: pd.DataFrame) -> Iterator[Disagreement]:
    numbers = expected["layer"].to_list()
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        listed = ", ".join(map(str, numbers)) or "none"
        yield Disagreement(f"`layers` does not number them from 1 on, it has {listed}")


def _problems(expected: pd.DataFrame) -> Iterator[Disagreement]:
    if expected["batch_size"].isna().any():
        yield Disagreement("its configuration names no batch size, so no row can be expected")
    for _, row in expected.dropna().iterrows():
        if row["layer_rows"] != row["step_rows"]:
            yield Disagreement(
                f"`layers` has {row['layer_rows']} rows a batch, {row['step_rows']} by its "
                "configuration",
                layer=row["layer"],
            )


def chunks_of(plan: Plan, chunks: pd.DataFrame) -> Iterator[Disagreement]:
    """Yield what is wrong with a run's chunks: each recorded step is in one, with all its rows.

    Chunks of epochs that an unfinished run has not completed are ignored.
    """
    layers = {layer.number: layer for layer in plan.stored}
    groups = dict(list(chunks.groupby(["layer", "epoch"])))
    for (number, epoch), group in groups.items():
        if number in layers and (plan.planned(number, epoch) or plan.pending(epoch)):
            continue
        for chunk in group.itertuples():
            told = "telemetry_progress has a chunk, and none is expected"
            yield Disagreement(told, epoch, number, chunk.first_step)
    for layer, epoch in plan.parts():
        if layer.number not in layers:
            continue
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
    """Yield statistics of layers that the run does not have, and of incomplete epochs."""
    for part in _unexpected(plan, recorded):
        with engine.connect() as connection:
            place = {"run_id": plan.run_id, "layer": part.layer, "epoch": part.epoch}
            found = rows(connection, "recorded_statistics", **place)
        for step in found["step"]:
            told = "step_statistics has a row, and none is expected"
            yield Disagreement(told, part.epoch, part.layer, int(step))


def unexpected_neurons(plan: Plan, neurons: pd.DataFrame) -> Iterator[Disagreement]:
    """Yield the layers and epochs that have statistics of neurons but should have none."""
    for part in _unexpected(plan, neurons):
        told = f"neuron_statistics has rows ({part.neurons}), and none is expected"
        yield Disagreement(told, part.epoch, part.layer)


def _unexpected(plan: Plan, parts: pd.DataFrame) -> Iterator[tuple]:
    for part in parts.itertuples():
        planned = plan.planned(part.layer, part.epoch)
        under_way = plan.status == "running" and part.epoch > plan.completed_epoch
        if not (planned or under_way):
            yield part
