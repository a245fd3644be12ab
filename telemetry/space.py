"""Whether a run fits where the server keeps its data, asked before anything of it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import URL

from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry.errors import RoomError
from vanishing_gradients.telemetry.runs import RunDescription
from vanishing_gradients.telemetry.storage import (
    NEURON_ROW,
    STATISTICS_ROW,
    Place,
    gradient_table_bytes,
    in_words,
    place,
)

UNKNOWN = "what is free where the server keeps its data cannot be seen from here"


@dataclass(frozen=True)
class Need:
    """What runs will take, in bytes: their rows, and what the server writes beside them."""

    rows: int
    beside: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.rows + self.beside


def check_room(url: URL, runs: Sequence[tuple[RunDescription, int]]) -> str:
    """Return in one line how much room runs will take and how much there is.

    `runs` are descriptions, each with the number of epochs still to come. Raises RoomError where
    they cannot fit. Where nobody can tell what is free, the line says so.
    """
    database = engine(url)
    try:
        with database.connect() as connection:
            found = place(connection, url)
    finally:
        database.dispose()
    need = _need(runs, found)
    taken = f"Room: about {in_words(need.total)} to come"
    if found.folder is None or found.free is None:
        return f"{taken}; {UNKNOWN}."
    if need.total > found.free:
        raise RoomError(
            f"{_subject(runs)} about {in_words(need.total)}{_of_it(need)}, and "
            f"{in_words(found.free)} are free in {found.folder}: LIMIT, RECORD_EVERY, "
            "PRECISION=single or TELEMETRY=statistics take less, and `make drop RUN=id` gives the "
            "space of an earlier run back."
        )
    return f"{taken}, {in_words(found.free)} free in {found.folder}."


def run_bytes(description: RunDescription, epochs: int) -> int:
    """Estimate what the tables of a run grow by in `epochs` epochs."""
    steps = -(-_steps(description) // description.record_every)
    neurons = sum(layer.width for layer in description.layers)
    of_an_epoch = len(description.layers) * steps * STATISTICS_ROW + neurons * NEURON_ROW
    statistics = epochs * of_an_epoch
    if description.telemetry != "full":
        return statistics
    rows = layer_rows(description, epochs)
    values = [count * layer.width for count, layer in zip(rows, description.layers, strict=True)]
    return statistics + sum(
        gradient_table_bytes(count, layer.width, description.precision, value / max(1, sum(values)))
        for count, value, layer in zip(rows, values, description.layers, strict=True)
    )


def layer_rows(description: RunDescription, epochs: int) -> list[int]:
    """Return how many rows each layer stores in `epochs` epochs, to the row."""
    batch, steps = _batch(description), _steps(description)
    every = description.record_every
    recorded = -(-steps // every)
    samples = recorded * batch
    if (steps - 1) % every == 0:  # the last batch, which may be a smaller one, is recorded
        samples -= steps * batch - description.training_images
    return [
        epochs * (layer.row_count * recorded if layer.has_weights else samples)
        for layer in description.layers
    ]


def _need(runs: Sequence[tuple[RunDescription, int]], found: Place) -> Need:
    rows = sum(run_bytes(description, epochs) for description, epochs in runs)
    return Need(rows, min(rows, found.redo_to_come) + (rows if found.binary_log else 0))


def _subject(runs: Sequence[tuple[RunDescription, int]]) -> str:
    return "The run needs" if len(runs) == 1 else f"These {len(runs)} runs need"


def _of_it(need: Need) -> str:
    return f" ({in_words(need.beside)} of it in the server's own logs)" if need.beside else ""


def _batch(description: RunDescription) -> int:
    """Return the samples of a full batch, which all layers without weights have a row each for."""
    return max(layer.row_count for layer in description.layers if not layer.has_weights)


def _steps(description: RunDescription) -> int:
    return -(-description.training_images // _batch(description))
