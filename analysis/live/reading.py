"""What the page reads of runs, of any status, each answer kept until the run has a new epoch."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import TypeVar

import pandas as pd
from sqlalchemy import Connection, Engine

from vanishing_gradients.analysis.diagnosis import RunEvidence, evaluate
from vanishing_gradients.analysis.diagnosis.output import lines
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.figure import Ask
from vanishing_gradients.analysis.live.kept import Kept
from vanishing_gradients.analysis.live.sentences import Place, places
from vanishing_gradients.analysis.runs import Run, known_run, no_run, runs_of
from vanishing_gradients.analysis.views import ask, records, rows
from vanishing_gradients.installation import as_typed

NOT_YET = "The diagnosis begins when the first epoch is complete."

T = TypeVar("T")


class Reader:
    """Reads runs as `engine`'s account, and keeps answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._kept = engine, Kept()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open a connection."""
        with self._engine.connect() as connection:
            yield connection

    def places(self) -> dict[int, Place]:
        """Return where all runs are, by run."""
        with self.connection() as connection:
            return places(records(connection, "run_cursor"))

    def place(self, run_id: int) -> Place:
        """Return where a run is; raise NoRowsError if there is no such run."""
        (found,) = self.places_of([run_id])
        return found

    def places_of(self, run_ids: Sequence[int]) -> list[Place]:
        """Return where runs are, in this order; raise NoRowsError if one of them is missing."""
        places = self.places()
        for run_id in run_ids:
            if run_id not in places:
                raise no_run(run_id)
        return [places[run_id] for run_id in run_ids]

    def kept(self, place: Place, what: object, compute: Callable[[Connection, Ask], T]) -> T:
        """Return an answer about a run as it is at this place, computed once."""

        def computed() -> T:
            with self.connection() as connection:
                return compute(connection, cache(partial(ask, connection)))

        return self._kept.get((place.state, what), computed)

    def run(self, place: Place) -> Run:
        """Return the run as figures take it: with the epochs that are complete."""
        return self.kept(place, "run", lambda _, asked: run_so_far(asked, place.run_id))

    def curves(self, place: Place) -> pd.DataFrame:
        """Return the rows of training_curves of a run; there may be none."""
        return self.kept(
            place,
            "curves",
            lambda connection, _: rows(connection, "training_curves", run_id=place.run_id),
        )

    def layers(self, place: Place) -> pd.DataFrame:
        """Return the rows of layer_sizes of a run; there may be none."""
        return self.kept(
            place,
            "layers",
            lambda connection, _: rows(connection, "layer_sizes", run_id=place.run_id),
        )

    def diagnosis(self, place: Place) -> dict[str, object]:
        """Return the diagnosis of a run so far.

        It has `kind` (sick, well, or unjudged before the first epoch is complete), the `finding` in
        one sentence, the `fault`'s name, and all `lines`, unwrapped.
        """

        def judged(connection: Connection, asked: Ask) -> dict[str, object]:
            if place.completed_epoch == 0:
                return {"kind": "unjudged", "finding": NOT_YET, "fault": None, "lines": []}
            try:
                evidence = RunEvidence(
                    connection, known_run(asked("experiment_summary"), place.run_id)
                )
            except NoRowsError as error:
                return {
                    "kind": "unjudged", "finding": as_typed(str(error)), "fault": None, "lines": [],
                }  # fmt: skip
            found = evaluate(evidence)
            told = [" ".join(as_typed(line).split()) for line in lines(evidence, found)]
            return {
                "kind": "sick" if found.faults else "well",
                "finding": _but_its_colon(told[1]),
                "fault": found.faults[0].name if found.faults else None,
                "lines": told,
            }

        return self.kept(place, "diagnosis", judged)

    def judged(self, place: Place) -> dict[str, object] | None:
        """Return the diagnosis if it is kept already."""
        return self._kept.peek((place.state, "diagnosis"))


def run_so_far(asked: Ask, *run_ids: int) -> Run:
    """Return a run, whatever its status, with as many epochs as it has completed."""
    (found,) = runs_so_far(asked, run_ids)
    return found


def runs_so_far(asked: Ask, run_ids: Sequence[int]) -> list[Run]:
    """Return runs, in this order, as run_so_far does."""
    summary = asked("experiment_summary")
    chosen = summary[summary["run_id"].isin(run_ids)]
    complete = dict(zip(chosen["run_id"], chosen["completed_epoch"], strict=True))
    known = {run.run_id: replace(run, epochs=int(complete[run.run_id])) for run in runs_of(chosen)}
    return [known[run_id] for run_id in run_ids]


def _but_its_colon(text: str) -> str:
    """Return sentences without a last one that only announces what follows it."""
    return f"{text.rpartition('. ')[0]}." if text.endswith(":") else text
