"""Verifies one run: its layers and epochs in parallel, over a few connections."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Engine

from vanishing_gradients.analysis.verification import histograms, steps, summaries, sums
from vanishing_gradients.analysis.verification.cells import Cells, sum_up
from vanishing_gradients.analysis.verification.disagreement import Disagreement
from vanishing_gradients.analysis.verification.noise import (
    Noise,
    disagreeing_noise,
    has_noise_scale,
    noise_of_steps,
)
from vanishing_gradients.analysis.verification.plan import (
    LayerPlan,
    Plan,
    chunks_of,
    plan_of,
    unexpected_neurons,
    unexpected_statistics,
)
from vanishing_gradients.analysis.verification.sums import Truth, Views
from vanishing_gradients.analysis.verification.updates import (
    UPDATES,
    disagreeing_updates,
    unclipped,
)
from vanishing_gradients.analysis.views import rows
from vanishing_gradients.sql.connection import affordable

CONNECTIONS = max(2, min(4, os.cpu_count() or 1))


@dataclass(frozen=True)
class Verification:
    """The result of a run's verification.

    `rows` and `values` were read from the gradient tables; `steps` is the number of statistics
    compared; `pending` lists incomplete epochs of which an unfinished run holds rows; `unsummed`
    counts the epochs of layers that have neither histograms nor noise scale.
    """

    plan: Plan
    disagreements: tuple[Disagreement, ...]
    rows: int
    values: int
    steps: int
    pending: tuple[int, ...]
    unsummed: int


def verify_run(
    engine: Engine, run_id: int, begin: Callable[[int], None], advance: Callable[[int], None]
) -> Verification:
    """Verify a run's complete epochs.

    `begin` gets the number of gradient values to verify, `advance` that of each part when it is
    done. Raises NoRowsError if there is no such run, ObjectError if a view is missing.
    """
    with engine.connect() as connection:
        plan = plan_of(connection, run_id)
        chunks = rows(connection, "recorded_chunks", run_id=run_id)
        recorded = rows(connection, "recorded_epochs", run_id=run_id)
        counted = rows(connection, "neuron_epochs", run_id=run_id)
    found = [*plan.problems, *chunks_of(plan, chunks)]
    found += unexpected_statistics(engine, plan, recorded)
    found += unexpected_neurons(plan, counted)
    begin(sum(layer.values for layer, _ in plan.parts()))
    pool = ThreadPoolExecutor(affordable(engine, CONNECTIONS), thread_name_prefix="verifier")
    try:
        job = _Job(engine, plan, advance)
        found += job.run(pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if not found:  # views would only repeat the errors in what they summarize
        with engine.connect() as connection:
            found += sums.summaries(connection, plan)
    return Verification(
        plan,
        tuple(sorted(found, key=lambda each: each.order)),
        job.rows,
        job.values,
        sum(len(layer.rows) for layer, _ in plan.parts()),
        tuple(sorted(job.pending | {epoch for epoch in chunks["epoch"] if plan.pending(epoch)})),
        len(job.unsummed),
    )


class _Job:
    """A verification in progress: what was read so far, and epochs that are not complete.

    Cells are compared with catalogue, statistics, index and views; for a run with statistics only,
    their counts with the catalogue.
    """

    def __init__(self, engine: Engine, plan: Plan, advance: Callable[[int], None]) -> None:
        self.engine, self.plan, self.advance = engine, plan, advance
        self.rows = self.values = 0
        self.updates: list[pd.DataFrame] = []
        self.pending: set[int] = set()
        self.unsummed: set[tuple[int, int]] = set()
        self._lock = threading.Lock()

    def run(self, pool: ThreadPoolExecutor) -> list[Disagreement]:
        plan, views, strays = self.plan, [], []
        if plan.full:
            views = [pool.submit(self._views, sums.layer_views, layer) for layer in plan.stored]
            views.append(pool.submit(self._views, sums.overall_views))
        parts = {
            (layer.number, epoch): pool.submit(self._part, layer, epoch)
            for layer, epoch in plan.parts()
        }
        if plan.full:
            strays = self._strays(pool, [view.result() for view in views[:-1]])
        found: list[Disagreement] = []
        truths: dict[tuple[int, int], Truth] = {}
        for place, part in parts.items():
            truth, own = part.result()
            found += own
            if truth and not own:  # views would only repeat the errors of their steps
                truths[place] = truth
        if self.updates:
            norms = pd.concat(self.updates)
            if not plan.watched:
                every = plan.record_every
                found += disagreeing_updates(plan.config, plan.float_type, every, norms)
            elif plan.recorded_at == "as_stepped":
                found += unclipped(plan.float_type, norms)
        for stray in strays:
            found += stray.result()[1]
        found += self._skipped()
        for view in views:
            found += sums.disagreeing(plan, view.result(), truths)
        if plan.full:
            with self.engine.connect() as connection:
                found += sums.dense_ratios(connection, plan, truths)
        return found

    def _views(self, read: Callable[..., Views], *layer: LayerPlan) -> Views:
        with self.engine.connect() as connection:
            return read(connection, self.plan, *layer)

    def _strays(self, pool: ThreadPoolExecutor, views: list[Views]) -> list[Future]:
        """Check epochs that have rows but should not."""
        strays = []
        for layer, view in zip(self.plan.stored, views, strict=True):
            for epoch in view["norm_avg", layer.number].index:
                if self.plan.pending(epoch):
                    self.pending.add(int(epoch))
                elif not self.plan.planned(layer.number, epoch):
                    strays.append(pool.submit(self._part, layer.nothing(), int(epoch)))
        return strays

    def _part(self, layer: LayerPlan, epoch: int) -> tuple[Truth, list[Disagreement]]:
        full = self.plan.full and layer.full
        place = {"run_id": self.plan.run_id, "epoch": epoch}
        own = {"experiment": self.plan.experiment, "layer": layer, **place}
        truth: Truth = {}
        with self.engine.connect() as connection:
            recorded = rows(connection, "recorded_statistics", layer=layer.number, **place)
            if full:
                medians = recorded.set_index("step")["median"].dropna()
                experiment = self.plan.experiment
                of_cells = sum_up(
                    connection, experiment, layer, place, medians, self.advance,
                    histograms.counted_steps(layer),
                    int(layer.rows.max()) if has_noise_scale(layer) else None,
                )  # fmt: skip
                cells = of_cells.steps
                index = rows(connection, "index_sums", **own)
                found = steps.stored_steps(layer, epoch, cells, index, recorded)
                truth = sums.truth_of(layer, cells, recorded)
                count = int(cells["row_count"].sum())
                norms = cells[["step", "norm"]].rename(columns={"norm": "gradient_norm"})
                norms = norms.merge(recorded[["step", *UPDATES]], on="step")
                with self._lock:
                    if layer.row_meaning == "input" and not found:
                        self.updates.append(norms.assign(layer=layer.number, epoch=epoch))
                    self.rows += count
                    self.values += count * layer.width
            else:
                found = steps.recorded_steps(layer, epoch, recorded)
            neurons = None
            if not found and epoch in self.plan.neuron_epochs:
                said = neurons = rows(connection, "recorded_neurons", layer=layer.number, **place)
                found += steps.neurons_there(layer, epoch, said)
                if not found and len(layer.rows) and full:
                    found += steps.neurons_of_cells(layer, epoch, of_cells.neurons, said)
                if not found and len(layer.rows):
                    found += steps.neurons_of_steps(layer, epoch, said, recorded)
            if not found and len(layer.rows):
                summed = rows(connection, "epoch_layers", layer=layer.number, **place)
                found += summaries.disagreeing(layer, epoch, summed, recorded, neurons)
                if not found:
                    counts = rows(connection, "epoch_histograms", layer=layer.number, **place)
                    source = of_cells if full else recorded
                    found += self._counted(layer, epoch, summed.iloc[0], counts, source)
        if not full:
            self.advance(layer.values)
        return truth, found

    def _counted(
        self,
        layer: LayerPlan,
        epoch: int,
        summed: pd.Series,
        counts: pd.DataFrame,
        source: Cells | pd.DataFrame,
    ) -> Iterator[Disagreement]:
        """Compare histograms and noise scale, which come together, with cells or statistics."""
        noise: Noise | None = None
        if counts.empty:
            with self._lock:
                self.unsummed.add((layer.number, epoch))
        elif isinstance(source, Cells):
            yield from histograms.of_cells(layer, epoch, counts, source.histogram)
            noise = source.noise
        else:
            yield from histograms.of_steps(layer, epoch, counts, source)
            if has_noise_scale(layer):
                noise = noise_of_steps(layer, source)
                if noise is None:  # cannot be checked
                    return
        yield from disagreeing_noise(layer, epoch, summed, noise, self.plan.batch_size)

    def _skipped(self) -> Iterator[Disagreement]:
        """Yield layers without histograms if a later layer in the epoch has some.

        A trainer summarizes all layers at once, and `make summarize` goes in order.
        """
        last = max((layer.number for layer in self.plan.layers), default=0)
        for number, epoch in sorted(self.unsummed):
            if (last, epoch) not in self.unsummed:
                told = "layer_histograms has no row, although a later layer has some"
                yield Disagreement(told, epoch, number)
