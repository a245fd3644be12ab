"""Which runs can speak about the paper: complete ones of its networks, settings and data."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.runs import Run, runs_of
from vanishing_gradients.analysis.views import ask


@dataclass(frozen=True)
class LeftOut:
    """A run of one of the paper's experiments that says nothing about the paper, and why."""

    run_id: int
    experiment: str
    dataset: str
    reason: str


def eligible(connection: Connection, summary: pd.DataFrame) -> tuple[list[Run], list[LeftOut]]:
    """Sort the runs of the paper's experiments: those that count, by id, and those left out."""
    counted, left_out = [], []
    ours = summary[summary["experiment"].isin(paper.EXPERIMENTS)]
    for run in ours.to_dict("records"):
        provenance = ask(connection, "run_provenance", run_id=run["run_id"])
        reason = next(_objections(run, json.loads(provenance["config"].iloc[0])), None)
        if reason is None:
            counted.append(run["run_id"])
        else:
            left_out.append(LeftOut(run["run_id"], run["experiment"], run["dataset"], reason))
    return runs_of(ours[ours["run_id"].isin(counted)]), left_out


def _objections(run: Mapping[str, object], config: Mapping[str, object]) -> Iterator[str]:
    if run["dataset"] not in paper.DATASETS:
        yield f"it is on {run['dataset']}, and the paper on one of {', '.join(paper.DATASETS)}"
    if run["training_images"] != paper.TRAINING_IMAGES:
        images = f"it trained on {run['training_images']:,} images"
        yield f"{images}, and the paper on {paper.TRAINING_IMAGES:,}"
    if run["epochs"] != paper.EPOCHS:
        yield f"it is of {run['epochs']} epochs, and the paper of {paper.EPOCHS}"
    if run["status"] != "finished":
        state = f"{run['status']} after {run['completed_epoch']} of {run['epochs']} epochs"
        yield f"it is {state}: let it finish, or train another"
    if run["record_every"] != 1:
        yield f"it recorded one batch in {run['record_every']}"
    activation, _, optimizer = str(run["experiment"]).partition("_")
    for name, value in (paper.CONFIGURATION | {"activation": activation}).items():
        if config.get(name) != value:
            yield f"its {name} is {config.get(name)}, and the paper's {value}"
    found = config.get("optimizer", {})
    for name, value in ({"kind": optimizer} | paper.OPTIMIZERS[optimizer]).items():
        if found.get(name) != value:
            yield f"its optimizer's {name} is {found.get(name)}, and the paper's {value}"
    for name, value in config.get("penalties", {}).items():
        if value:
            yield f"its penalty {name} is {value}, and the paper's 0"
