"""Which runs are evidence: those of the paper's networks, and of controls, as they should be."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.runs import TRAINER, Run, runs_of
from vanishing_gradients.analysis.views import ask

JUDGED_OTHERWISE = {
    "name", "description", "activation", "optimizer", "penalties", "dataset", "epochs", "limit",
}  # fmt: skip
"""Keys of a configuration of which nothing is to be said, or something else is looked at."""

CONTROLS = {
    "control_equation_10": ("sigmoid_adam", {"optimizer.kind"}),
    "control_relu_sgd_he": ("relu_sgd", {"initial_weight_scale", "initialization"}),
    "control_relu_sgd_he_slow": (
        "relu_sgd", {"initial_weight_scale", "initialization", "optimizer.learning_rate"},
    ),
    "control_relu_sgd_he_clipped": (
        "relu_sgd",
        {"initial_weight_scale", "initialization", "clipping"},
    ),
    "control_relu_sgd_slow": ("relu_sgd", {"optimizer.learning_rate"}),
    "control_shuffled_relu_sgd": ("relu_sgd", set()),
    "control_shuffled_relu_adam": ("relu_adam", set()),
    "sigmoid_sgd_leaky_relu": ("sigmoid_sgd", {"activation"}),
    "sigmoid_sgd_relu_he": (
        "sigmoid_sgd",
        {"activation", "initial_weight_scale", "initialization", "optimizer.learning_rate"},
    ),
    "sigmoid_sgd_xavier": ("sigmoid_sgd", {"initial_weight_scale", "initialization"}),
    "sigmoid_sgd_he": ("sigmoid_sgd", {"initial_weight_scale", "initialization"}),
    "sigmoid_sgd_orthogonal": ("sigmoid_sgd", {"initial_weight_scale", "initialization"}),
    "sigmoid_sgd_batch_norm": ("sigmoid_sgd", {"batch_normalization", "normalization"}),
    "sigmoid_sgd_layer_norm": ("sigmoid_sgd", {"batch_normalization", "normalization"}),
    "sigmoid_sgd_residual": ("sigmoid_sgd", {"residual"}),
    "sigmoid_sgd_rmsprop": (
        "sigmoid_sgd",
        {f"optimizer.{name}" for name in ("kind", "learning_rate", "momentum")},
    ),
}  # fmt: skip
"""Experiments that some claims need besides the paper's four: the one that each changes, and what
it may change. All else is as the paper has it."""


@dataclass(frozen=True)
class LeftOut:
    """A run that cannot be compared with the paper, and why."""

    run_id: int
    experiment: str
    dataset: str | None
    reason: str


def eligible(connection: Connection, summary: pd.DataFrame) -> tuple[list[Run], list[LeftOut]]:
    """Split the runs of the paper's experiments and its controls, by id: used ones, excluded ones.

    Complete runs of its networks, with its settings and data, are used.
    """
    counted, left_out = [], []
    bases = {name: (name, set[str]()) for name in paper.EXPERIMENTS} | CONTROLS
    ours = summary[summary["experiment"].isin(bases)]
    if ours.empty:
        return [], []
    told = ask(connection, "run_provenance", run_id=ours["run_id"].tolist())
    configs = dict(zip(told["run_id"], told["config"], strict=True))
    for run in ours.to_dict("records"):
        config = json.loads(configs[run["run_id"]])
        reason = next(_objections(run, config, *bases[run["experiment"]]), None)
        if reason is None:
            counted.append(run["run_id"])
        else:
            left_out.append(LeftOut(run["run_id"], run["experiment"], run["dataset"], reason))
    return runs_of(ours[ours["run_id"].isin(counted)]), left_out


def _objections(
    run: Mapping[str, object], config: Mapping[str, object], base: str, changed: Collection[str]
) -> Iterator[str]:
    """Yield what makes a run another one than `base` with only `changed` keys changed."""
    if run["source"] != TRAINER:
        yield f"it is of a {run['source']} model that was watched, and the paper's is the trainer's"
        return
    if run["dataset"] not in (*paper.DATASETS, paper.CONTROL_DATASET):
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
    activation, _, optimizer = base.partition("_")
    for name, value in (paper.CONFIGURATION | {"activation": activation}).items():
        if name not in changed and config.get(name) != value:
            yield f"its {name} is {config.get(name)}, and here it is to be {value}"
    # Keys that later versions have are left out where they are at their defaults, as in the paper.
    known = paper.CONFIGURATION.keys() | JUDGED_OTHERWISE | set(changed)
    for name in sorted(config.keys() - known):
        yield f"its {name} is {config[name]}, and the paper's networks have none but the usual"
    found = config.get("optimizer", {})
    for name, value in ({"kind": optimizer} | paper.OPTIMIZERS[optimizer]).items():
        if f"optimizer.{name}" not in changed and found.get(name) != value:
            yield f"its optimizer's {name} is {found.get(name)}, and the paper's {value}"
    for name, value in config.get("penalties", {}).items():
        if value:
            yield f"its penalty {name} is {value}, and the paper's 0"
