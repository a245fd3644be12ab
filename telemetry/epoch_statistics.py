"""What a run keeps of an epoch beside its rows: first of every chunk, then of all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from vanishing_gradients.telemetry import neuron_statistics, statistics
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.finite_rows import finite_rows
from vanishing_gradients.telemetry.neuron_statistics import NeuronStatistics
from vanishing_gradients.telemetry.statistics import step_statistics

STEP_COLUMNS = ("layer", "epoch", "step", *statistics.COLUMNS)
NEURON_COLUMNS = ("layer", "epoch", *neuron_statistics.COLUMNS)


@dataclass(frozen=True)
class ChunkStatistics:
    """Of one chunk: its rows of `step_statistics`, and what it adds to its layer's neurons."""

    layer: int
    epoch: int
    first_step: int
    steps: list[tuple]
    neurons: NeuronStatistics


@dataclass(frozen=True)
class EpochStatistics:
    """Rows of `step_statistics`, by STEP_COLUMNS, and of `neuron_statistics`, by NEURON_COLUMNS."""

    steps: list[tuple]
    neurons: list[tuple]


def chunk_statistics(chunk: Chunk) -> ChunkStatistics:
    """Summarise a chunk, step by step and neuron by neuron."""
    number, epoch = chunk.layer.number, chunk.epoch
    neurons = NeuronStatistics(chunk.layer.width)
    steps = []
    for place, (step, values) in enumerate(chunk.by_step()):
        update = None if chunk.updates is None else chunk.updates[place]
        saturated = None if chunk.saturated is None else chunk.saturated[place]
        finite = finite_rows(values)
        row = vars(step_statistics(finite, update, saturated)).values()  # astuple would copy each
        steps.append((number, epoch, step, *row))
        neurons.add(finite)
    if chunk.saturated is not None:
        neurons.add_saturated(chunk.saturated.sum(axis=0))
    return ChunkStatistics(number, epoch, chunk.first_step, steps, neurons)


def epoch_statistics(chunks: Iterable[ChunkStatistics]) -> EpochStatistics:
    """Join the chunks of an epoch, given in whatever order writers finished them.

    They are added by layer and step, so that sums have the same bits whoever was first.
    """
    steps: list[tuple] = []
    layers: dict[tuple[int, int], NeuronStatistics] = {}
    for chunk in sorted(chunks, key=lambda each: (each.layer, each.first_step)):
        steps += chunk.steps
        place = (chunk.layer, chunk.epoch)
        if place not in layers:
            layers[place] = NeuronStatistics(len(chunk.neurons.nonzero))
        layers[place].join(chunk.neurons)
    rows = [(*place, *row) for place, neurons in layers.items() for row in neurons.rows()]
    return EpochStatistics(steps, rows)
