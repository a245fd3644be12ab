"""Norms after a lossy storage, for many layers at once, cached once measured.

They come from the stored_norm_avg views, which read every cell of a layer: minutes for a whole run.
Results are kept in a file, under a digest of what was measured: the layer's plain norms, which the
server generates from the same cells, and the versions of the views. If a row changes, so does its
norm, and the old result is no longer found.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from vanishing_gradients.analysis.errors import NoRowsError, OutputError
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.analysis.words import Say, counted
from vanishing_gradients.sql.connection import affordable
from vanishing_gradients.sql.objects import versions

VIEWS = ("stored_norm_avg", "storage_hypotheses")
CONNECTIONS = min(4, os.cpu_count() or 1)


def question(
    run: Run, layer: int, decimals: int, filler: float, epochs: tuple[int, int]
) -> dict[str, object]:
    """Return the arguments for querying stored_norm_avg of one layer.

    `decimals` places are kept, and unused columns hold `filler`; `epochs` are the first and the
    last to read.
    """
    return {
        "experiment": run.experiment,
        "layer": layer,
        "run_id": run.run_id,
        "epoch": range(epochs[0], epochs[1] + 1),
        "decimals": decimals,
        "filler": filler,
    }


class Storage:
    """Answers from the cache in `path`, or from the server, and caches the answers."""

    def __init__(self, engine: Engine, path: Path | None, say: Say) -> None:
        self._engine = engine
        self._path = path
        self._say = say
        self._kept: dict[str, dict[str, float]] = _read(path)
        self._digests: dict[tuple, str] = {}
        self._versions = {name: versions("views")[name][-1] for name in VIEWS}

    def norms(
        self, run: Run, layers: Iterable[int], decimals: int, filler: float, epochs: tuple[int, int]
    ) -> pd.DataFrame:
        """Return the stored norms, epochs down, layers across.

        Raises NoRowsError for a run whose gradient rows are missing or incomplete.
        """
        asked = {layer: question(run, layer, decimals, filler, epochs) for layer in layers}
        with ThreadPoolExecutor(affordable(self._engine, CONNECTIONS)) as pool:
            keys = dict(zip(asked, pool.map(self._key, asked.values()), strict=True))
            missing = [layer for layer, key in keys.items() if key not in self._kept]
            if missing:
                first, last = epochs
                when = f"epoch {first}" if first == last else f"epochs {first} to {last}"
                self._say(
                    f"Run {run.run_id}, {run.experiment} on {run.dataset}: reading "
                    f"{counted(len(missing), 'layer')} of {when}, {decimals} decimals, "
                    f"filler {filler:g} ..."
                )
                measured = pool.map(self._measured, (asked[layer] for layer in missing))
                for layer, found in zip(missing, measured, strict=True):
                    self._kept[keys[layer]] = found
                self._write()
        columns = {
            layer: pd.Series(self._kept[key], dtype="float64").rename(index=int)
            for layer, key in keys.items()
        }
        norms = pd.DataFrame(columns).sort_index().rename_axis("epoch")
        if list(norms.index) != list(range(epochs[0], epochs[1] + 1)):
            raise NoRowsError(
                f"Run {run.run_id} has lost rows of its gradient tables: `make train "
                f"EXP={run.experiment} DATASET={run.dataset}` for one that has them all."
            )
        return norms

    def _measured(self, asked: dict[str, object]) -> dict[str, float]:
        with self._engine.connect() as connection:
            frame = ask(connection, "stored_norm_avg", **asked)
        return dict(zip(map(str, frame["epoch"]), frame["norm"].tolist(), strict=True))

    def _key(self, asked: dict[str, object]) -> str:
        place = {name: asked[name] for name in ("experiment", "layer", "run_id")}
        run = tuple(place.values())
        if run not in self._digests:
            with self._engine.connect() as connection:
                plain = ask(connection, "norm_avg", **place)
            self._digests[run] = plain.to_csv(index=False)
        rest = {name: str(value) for name, value in asked.items() if name != "run_id"}
        parts = [self._digests[run], self._versions, rest]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _write(self) -> None:
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(self._kept), encoding="utf-8")
            os.replace(fresh, self._path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise OutputError(
                f"Cannot keep what was measured in {self._path} ({error.strerror}): "
                "make room there, or choose another folder with OUTPUT."
            ) from error


def _read(path: Path | None) -> dict[str, dict[str, float]]:
    if path is None or not path.is_file():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(key): {str(int(epoch)): float(norm) for epoch, norm in norms.items()}
            for key, norms in kept.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # damaged or unreadable: measure again
