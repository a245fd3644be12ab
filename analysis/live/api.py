"""What the page asks for: each answer is JSON, or a sentence that says why there is none."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial, wraps
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vanishing_gradients.analysis.errors import AnalysisError, NoRowsError
from vanishing_gradients.analysis.figures import compared
from vanishing_gradients.analysis.figures.figure import Ask
from vanishing_gradients.analysis.figures.layer_names import in_own_names
from vanishing_gradients.analysis.live import pictures, seeds
from vanishing_gradients.analysis.live.errors import RequestError
from vanishing_gradients.analysis.live.flow import cell, flow, layer_names, plain
from vanishing_gradients.analysis.live.reading import Reader, runs_so_far
from vanishing_gradients.analysis.live.sentences import Place, conspicuous, how_it_goes
from vanishing_gradients.analysis.pages.compare_page import outcomes, remarks
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.settings import differences
from vanishing_gradients.analysis.views import ask, layer_of, records, rows, statement
from vanishing_gradients.installation import as_typed
from vanishing_gradients.sql.errors import AccessError, DatabaseError, ObjectError

MOST_RUNS = 8
"""Runs that are shown over one another."""
MOST_OVER_SEEDS = 200
"""Runs that are shown as bands over their seeds."""
MOST_KNOWN = 1000
"""Numbers of runs, the newest, that one can go through."""
PAGE = 20
"""Raw rows shown at a time."""
LARGEST = 2**31 - 1
AWAY = "The database does not answer"
REFUSED = "The database refuses the account that reads: `make up` sets it up again."
SUMMARY = (
    "run_id", "experiment", "source", "dataset", "seed", "status", "completed_epoch", "epochs",
    "loss", "accuracy", "test_accuracy", "seconds", "started_at", "gradient_rows", "remedy_of",
)  # fmt: skip

Answer = Mapping[str, Any]


class Api:
    """The answers, read by a Reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def routes(self) -> list[Route]:
        """All routes."""
        paths: dict[str, Callable[[Request], Answer]] = {
            "pulse": self.pulse,
            "runs": self.runs,
            "run/{run_id}": self.run,
            "run/{run_id}/diagnosis": self.diagnosis,
            "run/{run_id}/figure/{name}": self.figure,
            "run/{run_id}/table/{name}": self.table,
            "run/{run_id}/layer/{layer}/neurons": self.neurons,
            "run/{run_id}/layer/{layer}/rows": self.rows,
            "compare": self.compare,
            "compare/figure/{name}": self.figure_of_runs,
            "compare/table/{name}": self.table_of_runs,
        }
        return [Route(f"/api/{path}", answered(own)) for path, own in paths.items()]

    def pulse(self, request: Request) -> Answer:
        """Return where runs are now: the small answer that the page polls."""
        places = self._reader.places()
        asked = _runs(request) or list(places)[-1:]
        states = [(*place.state, place.experiment) for place in places.values()]
        return {
            "digest": sha256(repr(states).encode()).hexdigest()[:16],
            "newest": max(places, default=None),
            "known": list(places)[-MOST_KNOWN:],
            "running": [each.run_id for each in places.values() if each.status == "running"],
            "runs": {
                run_id: self._now(places[run_id], first=run_id == asked[0])
                if run_id in places
                else None
                for run_id in asked
            },
        }

    def _now(self, place: Place, first: bool) -> Answer:
        found: dict[str, Any] = {
            "status": place.status,
            "lost": place.lost,
            "completed_epoch": place.completed_epoch,
            "epochs": place.epochs,
            "sentence": as_typed(how_it_goes(place, self._reader.curves(place))),
            "pulse": None,
        }
        if place.status == "running" and place.epoch is not None:
            names = ("epoch", "step", "steps", "loss", "accuracy", "age")
            found["pulse"] = {name: plain(getattr(place, name)) for name in names}
            if first:
                with self._reader.connection() as connection:
                    layers = rows(connection, "layer_pulses", run_id=place.run_id)
                known = layer_names(self._reader.layers(place))
                found["warnings"] = list(conspicuous(layers, known))
                found["layers"] = [
                    {"layer": row.layer, "norm": plain(row.norm), "zeros": plain(row.zeros)}
                    for row in layers.itertuples()
                ]
        return found

    def runs(self, request: Request) -> Answer:
        """Return the list of all runs."""
        with self._reader.connection() as connection:
            summary = rows(connection, "experiment_summary")
        places = self._reader.places()
        listed = []
        for row in summary[list(SUMMARY)].itertuples(index=False):
            place = places.get(row.run_id)
            if place is None:  # removed in this moment
                continue
            judged = self._reader.judged(place)
            listed.append(
                {name: cell(value) for name, value in row._asdict().items()}
                | {"lost": place.lost, "finding": judged and judged["finding"]}
            )
        return {"runs": listed, "sql": [f"{statement('experiment_summary')};"]}

    def run(self, request: Request) -> Answer:
        """Return a run: where it is, and the maps of its layers and epochs."""
        place = self._place(request)
        layers = self._reader.layers(place)
        maps = self._reader.kept(
            place, "flow", lambda connection, _: flow(connection, place.run_id, layers)
        )
        curves = self._reader.curves(place)
        run = self._reader.run(place)
        with self._reader.connection() as connection:
            tried = records(connection, "experiment_summary", remedy_of=place.run_id)
        remedies = [
            {name: each[name] for name in ("run_id", "experiment", "status")}
            | {"accuracy": plain(each["test_accuracy"])}
            for each in tried
        ]
        return {
            "run_id": place.run_id,
            "experiment": place.experiment,
            "status": place.status,
            "lost": place.lost,
            "completed_epoch": place.completed_epoch,
            "telemetry": run.telemetry,
            "watched": run.watched,
            "sentence": as_typed(how_it_goes(place, curves)),
            "flow": maps,
            "remedy_of": run.remedy_of,
            "remedies": remedies,
            "figures": {each.name: each.heading for each in pictures.OF_RUN},
        }

    def diagnosis(self, request: Request) -> Answer:
        """Return the diagnosis of a run so far."""
        place = self._place(request)
        return {"judged": place.completed_epoch, "epochs": place.epochs} | self._reader.diagnosis(
            place
        )

    def figure(self, request: Request) -> Answer:
        """Return a figure of a run, or of one of its layers."""
        place, name, about = self._place(request), request.path_params["name"], _about(request)
        run, dark = self._reader.run(place), _dark(request)
        if place.completed_epoch == 0:
            return {"left_out": "There is nothing to draw before the first epoch is complete."}
        return self._reader.kept(
            place,
            ("figure", name, dark, *about.items()),
            lambda connection, _: pictures.picture(connection, name, [run], dark, **about),
        )

    def table(self, request: Request) -> Answer:
        """Return the rows of a figure."""
        place, name = self._place(request), request.path_params["name"]
        run = self._reader.run(place)
        with self._reader.connection() as connection:
            return pictures.table(connection, name, [run], **_about(request))

    def neurons(self, request: Request) -> Answer:
        """Return all neurons of a layer in an epoch."""
        place = self._place(request)
        asked = {
            "run_id": place.run_id,
            "layer": _number(request.path_params["layer"], "layer"),
            "epoch": _number(request.query_params.get("epoch"), "epoch", place.completed_epoch),
        }
        with self._reader.connection() as connection:
            layer_of(connection, asked["run_id"], asked["layer"])
            found = rows(connection, "neurons", **asked)
        kept = ["neuron", "mean_abs", "cells", "zeros", "dead", "saturated"]
        return pictures.as_table(found[kept], f"{statement('neurons', **asked)};", 1024)

    def rows(self, request: Request) -> Answer:
        """Return some rows of a layer's gradient table."""
        place, query = self._place(request), request.query_params
        number = _number(request.path_params["layer"], "layer")
        asked: dict[str, Any] = {
            "run_id": place.run_id,
            "epoch": _number(query.get("epoch"), "epoch", max(1, place.completed_epoch)),
            "step": _number(query.get("step"), "step", 1),
            "row": _number(query.get("row"), "row", 0, least=0),
            "rows": PAGE,
        }
        with self._reader.connection() as connection:
            layer = layer_of(connection, place.run_id, number)
            sizes = self._reader.layers(place).set_index("layer")
            if sizes.loc[number, "kept"] != "full":
                return {"left_out": "This run keeps statistics alone, and no rows of this layer."}
            asked |= {"layer": layer, "experiment": place.experiment}
            found = rows(connection, "first_cells", **asked)
            sql = f"{statement('first_cells', **asked)};"
        if found.empty:
            return {
                "left_out": f"There are no rows of step {asked['step']} in epoch {asked['epoch']} "
                f"from row {asked['row']} on."
            }
        shown = pictures.as_table(found.drop(columns=["run_id", "Epoch", "Step"]), sql)
        of = f"the first {min(8, layer.width)} of {layer.width} columns" if layer.width > 8 else ""
        return shown | {"note": of, "next": asked["row"] + PAGE if len(found) == PAGE else None}

    def compare(self, request: Request) -> Answer:
        """Return how runs differ, and what came of each."""
        places = self._places(request)
        if len(places) > MOST_RUNS:
            with self._reader.connection() as connection:
                asked = cache(partial(ask, connection))
                return seeds.grouped(asked, self._with_epochs(asked, places))
        with self._reader.connection() as connection:
            asked = cache(in_own_names(cache(partial(ask, connection))))
            runs = self._with_epochs(asked, places)
            ids = tuple(run.run_id for run in runs)
            sizes = asked("layer_sizes", run_id=ids)
            dense = compared.dense_norms(asked("epoch_means", run_id=ids), sizes)
            return {
                "labels": [compared.label(run) for run in runs],
                "notes": [as_typed(note) for note in remarks(runs, dense, sizes)],
                "differences": differences(asked("run_provenance", run_id=ids), ids),
                "outcomes": outcomes(asked, runs, dense),
                "figures": [each.draw.__name__ for each in pictures.COMPARED],
                "sql": [f"{statement('epoch_means', run_id=list(ids))};"],
            }

    def figure_of_runs(self, request: Request) -> Answer:
        """Return a figure that compares runs."""
        with self._reader.connection() as connection:
            name, runs = self._compared(connection, request)
            return pictures.picture(connection, name, runs, _dark(request))

    def table_of_runs(self, request: Request) -> Answer:
        """Return the rows of such a figure."""
        with self._reader.connection() as connection:
            name, runs = self._compared(connection, request)
            return pictures.table(connection, name, runs)

    def _compared(self, connection: Connection, request: Request) -> tuple[str, list[Run]]:
        """Return the name of a figure that compares runs, and the runs that it shows."""
        asked, name = cache(partial(ask, connection)), request.path_params["name"]
        runs = self._with_epochs(asked, self._places(request))
        if name in {each.draw.__name__ for each in seeds.OVER_SEEDS}:
            return name, seeds.members(runs)
        if len(runs) > MOST_RUNS:
            raise RequestError(too_many(len(runs), MOST_RUNS))
        return name, runs

    @staticmethod
    def _with_epochs(asked: Ask, places: Sequence[Place]) -> list[Run]:
        runs = runs_so_far(asked, [place.run_id for place in places])
        without = [run.run_id for run in runs if not run.has_epochs]
        if without:
            raise RequestError(f"Run {without[0]} has no complete epoch to compare yet.", 409)
        return runs

    def _place(self, request: Request) -> Place:
        return self._reader.place(_number(request.path_params["run_id"], "run"))

    def _places(self, request: Request) -> list[Place]:
        asked = _runs(request, MOST_OVER_SEEDS)
        if len(asked) < 2:
            raise RequestError("A comparison takes at least two runs: choose them in the list.")
        return self._reader.places_of(asked)


def answered(own: Callable[[Request], Answer]) -> Callable[[Request], Response]:
    """Return an endpoint that answers with JSON, or with a sentence and a status."""

    @wraps(own)
    def endpoint(request: Request) -> Response:
        try:
            return _response(own(request), 200)
        except RequestError as error:
            return _response({"error": str(error)}, error.status)
        except NoRowsError as error:
            return _response({"error": as_typed(str(error))}, 404)
        except AnalysisError as error:
            return _response({"error": as_typed(str(error))}, 400)
        except DatabaseError as error:
            return _response({"error": as_typed(unavailable(error))}, 503)

    return endpoint


def unavailable(error: DatabaseError) -> str:
    """Return a sentence for an error of the database, without its address or an account's name."""
    if isinstance(error, ObjectError) and " at " not in str(error):
        return str(error)
    if isinstance(error, AccessError):
        return REFUSED
    late = "too little time" in str(error) or "ended the query" in str(error)
    return f"{AWAY}{' in time' * late}."


def _response(answer: Answer, status: int) -> Response:
    text = json.dumps(answer, allow_nan=False, separators=(",", ":"))
    return Response(text, status, {"cache-control": "no-store"}, "application/json")


def _runs(request: Request, most: int = MOST_RUNS) -> list[int]:
    text = request.query_params.get("runs", "")
    found = list(dict.fromkeys(_number(part, "run") for part in text.split(",") if part))
    if len(found) > most:
        raise RequestError(too_many(len(found), most))
    return found


def too_many(runs: int, most: int) -> str:
    """Return a sentence for more runs than can be shown at once."""
    return f"{runs} runs are too many to show at once: choose {most}."


def _about(request: Request) -> dict[str, int]:
    """Return the layer, neuron and epoch that a figure is asked for."""
    names = ("layer", "neuron", "epoch")
    return {
        name: _number(request.query_params[name], name)
        for name in names
        if name in request.query_params
    }


def _dark(request: Request) -> bool:
    return request.query_params.get("theme") == "dark"


def _number(text: str | None, name: str, default: int | None = None, least: int = 1) -> int:
    """Return a whole number of the address; raise RequestError for anything else."""
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdigit()) or not least <= int(text) <= LARGEST:
        shown = "" if text is None else f" {text[:20]!r}"
        raise RequestError(f"{name}{shown} is not a whole number of at least {least}.")
    return int(text)
